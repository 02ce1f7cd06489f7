import JSONValue
import RegularExpression

/// Parses what stands between `[?` and `]`.
struct FilterParser {
    var path: PathParser
    private let text: String
    private var position: Int
    private let end: Int
    private var depth: Int

    init(path: PathParser, from start: Int, to end: Int, text: String) {
        self.path = path
        self.text = text
        self.position = start
        self.end = end
        self.depth = path.depth
    }

    mutating func parse() throws(PathError) -> FilterExpression {
        let expression = try parseAlternatives()
        skipBlanks()
        guard position >= end else {
            throw invalid("Expected end of filter expression instead of: \(path.text(position, end))")
        }
        return expression
    }

    private func invalid(_ message: String) -> PathError { PathError(.invalid, message, offset: position) }

    private var unparsable: PathError {
        let character = current.map(String.init) ?? ""
        return invalid("Failed to parse filter: \(text), error on position: \(position), char: \(character)")
    }

    private var current: Unicode.Scalar? { position < end ? path.scalars[position] : nil }

    private mutating func skipBlanks() {
        while current == " " { position += 1 }
    }

    private mutating func skip(_ word: StaticString) -> Bool {
        let start = position
        skipBlanks()
        for index in 0..<word.utf8CodeUnitCount {
            guard current?.value == UInt32(word.utf8Start[index]) else {
                position = start
                return false
            }
            position += 1
        }
        return true
    }

    private mutating func descend() throws(PathError) {
        depth += 1
        guard depth <= PathParser.maximumDepth else { throw invalid("The filter is nested too deep") }
    }

    private mutating func parseAlternatives() throws(PathError) -> FilterExpression {
        var operands = [try parseConjunction()]
        while skip("||") { operands.append(try parseConjunction()) }
        return operands.count == 1 ? operands[0] : .any(operands)
    }

    private mutating func parseConjunction() throws(PathError) -> FilterExpression {
        var operands = [try parseCondition()]
        while skip("&&") { operands.append(try parseCondition()) }
        return operands.count == 1 ? operands[0] : .all(operands)
    }

    private mutating func parseCondition() throws(PathError) -> FilterExpression {
        try descend()
        defer { depth -= 1 }
        skipBlanks()
        let start = position
        if skip("!") {
            skipBlanks()
            // `!@.a` is a test of a path, not the negation of a condition: an operator may follow it.
            if current == "@" || current == "$" {
                position = start
            } else {
                return .not(try parseCondition())
            }
        }
        if skip("(") {
            let inner = try parseAlternatives()
            guard skip(")") else { throw invalid("Expected character: )") }
            return inner
        }
        return try parseComparison()
    }

    private mutating func parseComparison() throws(PathError) -> FilterExpression {
        skipBlanks()
        let isNegated = skip("!")
        if isNegated {
            skipBlanks()
            guard current == "@" || current == "$" else { throw invalid("Unexpected character: !") }
        }
        let left = try parseOperand()
        let afterLeft = position
        if let filterOperator = parseOperator() {
            if let right = try? parseOperand() {
                return .comparison(left, filterOperator, right)
            }
        }
        position = afterLeft
        guard case .path(let filterPath) = left else {
            // A number is all that can stand for a text that does not begin an operand.
            throw invalid("Expected path node")
        }
        return .exists(filterPath, !isNegated)
    }

    private mutating func parseOperator() -> FilterOperator? {
        skipBlanks()
        let start = position
        if let first = current, Self.isOperatorSymbol(first) {
            while let next = current, Self.isOperatorSymbol(next) { position += 1 }
        } else {
            while let next = current, next != " " { position += 1 }
        }
        return FilterOperator(rawValue: path.text(start, position).uppercased())
    }

    private static func isOperatorSymbol(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "<", ">", "=", "~", "!": true
        default: false
        }
    }

    private mutating func parseOperand() throws(PathError) -> FilterOperand {
        skipBlanks()
        switch current {
        case "$", "@": return .path(try parsePath())
        case "'", "\"": return .value(.json(.string(try parseString())))
        case "t":
            guard skip("true") else { throw invalid("Expected boolean literal") }
            return .value(.json(.bool(true)))
        case "f":
            guard skip("false") else { throw invalid("Expected boolean literal") }
            return .value(.json(.bool(false)))
        case "n":
            guard skip("null") else { throw invalid("Expected <null> value") }
            return .value(.json(.null))
        case "/": return .value(.pattern(try parsePattern()))
        case "[", "{":
            var reader = LenientJSONReader(path.scalars, from: position, to: end)
            let value = try reader.read()
            position = reader.position
            return .value(.json(value))
        default: return .value(.number(try parseNumber()))
        }
    }

    private mutating func parseNumber() throws(PathError) -> DecimalNumber {
        let start = position
        while let next = current, ("0"..."9").contains(next) || "-.eE".unicodeScalars.contains(next) { position += 1 }
        guard let number = DecimalNumber(path.text(start, position)) else {
            position = start
            throw unparsable
        }
        return number
    }

    private mutating func parseString() throws(PathError) -> String {
        guard let quote = current, let close = path.indexOfUnescaped(quote, after: position), close < end else {
            throw invalid("String literal does not have matching quotes.")
        }
        defer { position = close + 1 }
        return path.unescapedText(position + 1, close)
    }

    private mutating func parsePattern() throws(PathError) -> RegularExpression {
        guard let close = path.indexOfUnescaped("/", after: position), close < end else {
            throw invalid("Pattern not closed. Expected / in: \(text)")
        }
        let pattern = path.text(position + 1, close)
        var flags: RegularExpression.Flags = []
        var index = close + 1
        flags: while index < end {
            switch path.scalars[index] {
            case "i": flags.insert(.ignoresCase)
            case "m": flags.insert(.multiline)
            case "s": flags.insert(.dotMatchesLineBreaks)
            case "x": flags.insert(.comments)
            case "d", "u", "U": break
            default: break flags
            }
            index += 1
        }
        do throws(RegularExpressionError) {
            let expression = try RegularExpression(pattern, flags: flags, dialect: .java)
            position = index
            return expression
        } catch {
            throw invalid("\(error.message) in the pattern /\(pattern)/")
        }
    }

    /// A path ends at a blank, an operator or the parenthesis that closes its condition.
    private mutating func parsePath() throws(PathError) -> FilterPath {
        let start = position
        position += 1
        while position < end {
            if current == "[" {
                guard let close = path.indexOfClosing(from: position, open: "[", close: "]", skipsRegexes: false) else {
                    throw invalid("Square brackets does not match in filter \(text)")
                }
                position = min(close + 1, end)
            }
            guard let next = current, next != " ", !Self.isOperatorSymbol(next) else { break }
            if next == ")", !isEndOfCall(pathStart: start) { break }
            if next != "[" { position += 1 }
        }
        path.depth = depth
        let plan = try path.parseNestedPath(from: start, to: position)
        path.filterPathCount += 1
        return FilterPath(isOnDocument: path.scalars[start] == "$", plan: plan, number: path.filterPathCount)
    }

    /// Whether the current parenthesis closes a call without arguments, `.length()`.
    private func isEndOfCall(pathStart: Int) -> Bool {
        var index = position - 1
        while index > pathStart, path.scalars[index] == " " { index -= 1 }
        guard index > pathStart, path.scalars[index] == "(" else { return false }
        return path.scalars[pathStart + 1..<index].contains(".")
    }
}
