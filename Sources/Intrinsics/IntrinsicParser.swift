import JSONPath
import JSONValue

/// Parses `States.Name(argument, ...)`.
struct IntrinsicParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private(set) var paths: [Path] = []

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func parse() throws(IntrinsicError) -> IntrinsicCall.Invocation {
        let invocation = try parseInvocation(depth: 1)
        skipBlanks()
        guard position == scalars.count else { throw invalid("Unexpected text after the call") }
        return invocation
    }

    private func invalid(_ message: String) -> IntrinsicError { .invalid(message, offset: position) }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private func text(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[range])
        return String(view)
    }

    private mutating func skipBlanks() {
        while let next = current, next == " " || next == "\t" || next == "\n" || next == "\r" { position += 1 }
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard current == scalar else { return false }
        position += 1
        return true
    }

    private mutating func parseInvocation(depth: Int) throws(IntrinsicError) -> IntrinsicCall.Invocation {
        guard depth <= IntrinsicCall.maximumDepth else {
            throw invalid("Calls may be nested \(IntrinsicCall.maximumDepth) deep at most")
        }
        let start = position
        while let next = current, next.isASCII, next.properties.isAlphabetic || next == "." || isDigit(next) {
            position += 1
        }
        let name = text(start..<position)
        guard let function = IntrinsicFunction(rawValue: name) else {
            position = start
            throw invalid("'\(name)' is not an intrinsic function")
        }
        guard skip("(") else { throw invalid("Expected '(' after \(name)") }
        var arguments: [IntrinsicCall.Argument] = []
        if !skip(")") {
            while true {
                arguments.append(try parseArgument(depth: depth))
                if skip(")") { break }
                guard skip(",") else { throw invalid("Expected ',' or ')'") }
            }
        }
        guard function.arity.contains(arguments.count) else {
            throw invalid("\(name) does not take \(arguments.count) argument\(arguments.count == 1 ? "" : "s")")
        }
        return IntrinsicCall.Invocation(function: function, arguments: arguments)
    }

    private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private mutating func parseArgument(depth: Int) throws(IntrinsicError) -> IntrinsicCall.Argument {
        skipBlanks()
        switch current {
        case "'": return try parseString()
        case "$": return .path(try parsePath())
        case "S": return .call(try parseInvocation(depth: depth + 1))
        default: return .literal(try parseLiteral())
        }
    }

    /// Only `\'`, `\{`, `\}` and `\\` are escapes.
    private mutating func parseString() throws(IntrinsicError) -> IntrinsicCall.Argument {
        position += 1
        var parts: [String.UnicodeScalarView] = [.init()]
        var whole = String.UnicodeScalarView()
        while let next = current {
            position += 1
            switch next {
            case "'":
                return .text(String(whole), parts: parts.map { String($0) })
            case "\\":
                guard let escaped = current, escaped == "'" || escaped == "{" || escaped == "}" || escaped == "\\"
                else { throw invalid("Illegal escape in a string") }
                position += 1
                parts[parts.count - 1].append(escaped)
                whole.append(escaped)
            case "{" where current == "}":
                position += 1
                parts.append(.init())
                whole.append(contentsOf: "{}".unicodeScalars)
            default:
                parts[parts.count - 1].append(next)
                whole.append(next)
            }
        }
        throw invalid("A string is not closed")
    }

    /// A path ends at a comma or parenthesis that belongs to the call.
    private mutating func parsePath() throws(IntrinsicError) -> Path {
        let start = position
        var brackets = 0
        var parentheses = 0
        scan: while let next = current {
            switch next {
            case "'" where brackets > 0, "\"" where brackets > 0:
                position += 1
                while let inner = current, inner != next { position += inner == "\\" ? 2 : 1 }
            case "[": brackets += 1
            case "]": brackets -= 1
            case "(": parentheses += 1
            case ")" where parentheses > 0: parentheses -= 1
            case ",", ")":
                if brackets <= 0, parentheses == 0 { break scan }
            default: break
            }
            position += 1
        }
        position = min(position, scalars.count)
        var end = position
        while end > start, scalars[end - 1].properties.isWhitespace { end -= 1 }
        do throws(PathError) {
            let path = try Path(text(start..<end))
            paths.append(path)
            return path
        } catch {
            throw .invalid(error.message, offset: start + (error.offset ?? 0))
        }
    }

    private mutating func parseLiteral() throws(IntrinsicError) -> JSON {
        let start = position
        while let next = current, next != ",", next != ")", !next.properties.isWhitespace { position += 1 }
        let literal = text(start..<position)
        guard let value = try? JSON(parsing: literal), value.isNumber || value.isNull || value.boolValue != nil else {
            position = start
            throw invalid("'\(literal)' is not an argument")
        }
        return value
    }
}
