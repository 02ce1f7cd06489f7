/// Parses the text of a regular expression.
struct RegexParser {
    private let scalars: [Unicode.Scalar]
    private let flags: RegularExpression.Flags
    let dialect: RegularExpression.Dialect
    var position = 0
    private(set) var groupCount = 0
    private(set) var groupNames: [String: Int] = [:]
    private var depth = 0
    private var namedReferences: [String] = []

    static let maximumDepth = 100
    static let maximumRepetition = 10_000

    init(_ pattern: String, flags: RegularExpression.Flags, dialect: RegularExpression.Dialect) {
        scalars = Array(pattern.unicodeScalars)
        self.flags = flags
        self.dialect = dialect
        // Numbers of all groups are known in advance, because a back reference may come first.
        (totalGroups, allNames) = Self.countGroups(scalars, dialect: dialect)
    }

    private let totalGroups: Int
    private let allNames: [String: Int]

    func syntaxError(_ message: String) -> RegularExpressionError {
        RegularExpressionError(.syntax, message, offset: position)
    }

    var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    func peek(_ distance: Int) -> Unicode.Scalar? {
        position + distance < scalars.count ? scalars[position + distance] : nil
    }

    mutating func skip(_ text: StaticString) -> Bool {
        for index in 0..<text.utf8CodeUnitCount where peek(index)?.value != UInt32(text.utf8Start[index]) {
            return false
        }
        position += text.utf8CodeUnitCount
        return true
    }

    mutating func parse() throws(RegularExpressionError) -> RegexNode {
        let node = try parseAlternatives()
        guard current == nil else { throw syntaxError("Unmatched ')'") }
        // Both ways of counting must agree, or a back reference could name a group that does not exist.
        guard groupCount == totalGroups else { throw syntaxError("The groups cannot be told apart") }
        groupNames = allNames
        return node
    }

    private static func countGroups(
        _ scalars: [Unicode.Scalar], dialect: RegularExpression.Dialect
    ) -> (Int, [String: Int]) {
        var count = 0
        var names: [String: Int] = [:]
        var classDepth = 0
        var index = 0
        func scalar(_ distance: Int) -> Unicode.Scalar? {
            index + distance < scalars.count ? scalars[index + distance] : nil
        }
        while let current = scalar(0) {
            switch current {
            case "\\" where dialect == .java && classDepth == 0 && scalar(1) == "Q":
                index += 2
                while let quoted = scalar(0), !(quoted == "\\" && scalar(1) == "E") { index += 1 }
                index += 1
            case "\\":
                index += 1
            case "[" where classDepth == 0 || dialect == .java:
                classDepth += 1
                if scalar(1) == "^" { index += 1 }
                if dialect == .java, scalar(1) == "]" { index += 1 }
            case "]" where classDepth > 0:
                classDepth -= 1
            case "(" where classDepth == 0:
                guard scalar(1) == "?" else {
                    count += 1
                    break
                }
                guard scalar(2) == "<", let first = scalar(3), first != "=", first != "!" else { break }
                count += 1
                let name = scalars[(index + 3)...].prefix { $0 != ">" }
                names[String(String.UnicodeScalarView(name))] = count
            default:
                break
            }
            index += 1
        }
        return (count, names)
    }

    private mutating func parseAlternatives() throws(RegularExpressionError) -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw syntaxError("The expression is nested too deep") }
        var alternatives = [try parseSequence()]
        while skip("|") { alternatives.append(try parseSequence()) }
        return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
    }

    private mutating func parseSequence() throws(RegularExpressionError) -> RegexNode {
        var nodes: [RegexNode] = []
        while true {
            skipComments()
            guard let next = current, next != "|", next != ")" else { break }
            let atom = try parseAtom()
            nodes.append(try parseQuantifiers(of: atom))
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private mutating func skipComments() {
        guard flags.contains(.comments) else { return }
        while let next = current {
            if next.properties.isWhitespace {
                position += 1
            } else if next == "#" {
                while let next = current, next != "\n" { position += 1 }
            } else {
                return
            }
        }
    }

    private mutating func parseQuantifiers(of atom: RegexNode) throws(RegularExpressionError) -> RegexNode {
        skipComments()
        let minimum: Int
        let maximum: Int?
        switch current {
        case "*": (minimum, maximum) = (0, nil)
        case "+": (minimum, maximum) = (1, nil)
        case "?": (minimum, maximum) = (0, 1)
        case "{":
            guard let bounds = try parseBounds() else {
                // In JavaScript a brace that opens no bounds is a character; the atom parser takes it.
                return atom
            }
            (minimum, maximum) = bounds
            position -= 1
        default: return atom
        }
        position += 1
        if dialect == .ecmaScript {
            switch atom {
            case .anchor, .look(_, isAhead: false, _): throw syntaxError("Nothing to repeat")
            default: break
            }
        }
        var kind = RegexNode.RepetitionKind.greedy
        if skip("?") {
            kind = .lazy
        } else if dialect == .java, skip("+") {
            kind = .possessive
        }
        if let next = current, next == "*" || next == "+" || next == "?" {
            throw syntaxError("Nothing to repeat")
        }
        return .repetition(atom, minimum: minimum, maximum: maximum, kind)
    }

    /// `{n}`, `{n,}`, `{n,m}`. Leaves the position after the brace; nil, and the position as it was, for anything else.
    private mutating func parseBounds() throws(RegularExpressionError) -> (Int, Int?)? {
        let start = position
        position += 1
        guard let minimum = parseInteger() else {
            position = start
            if dialect == .java { throw syntaxError("Illegal repetition") }
            return nil
        }
        var maximum: Int? = minimum
        if skip(",") { maximum = parseInteger() }
        guard skip("}") else {
            position = start
            if dialect == .java { throw syntaxError("Unclosed counted closure") }
            return nil
        }
        if let maximum, maximum < minimum { throw syntaxError("Numbers out of order in a quantifier") }
        guard max(minimum, maximum ?? 0) <= Self.maximumRepetition else {
            throw RegularExpressionError(.tooLarge, "A repetition is too large", offset: start)
        }
        return (minimum, maximum)
    }

    mutating func parseInteger() -> Int? {
        var value: Int?
        while let next = current, ("0"..."9").contains(next) {
            let digit = Int(next.value - 0x30)
            value = min((value ?? 0) * 10 + digit, 1_000_000)
            position += 1
        }
        return value
    }

    private mutating func parseAtom() throws(RegularExpressionError) -> RegexNode {
        guard let next = current else { return .empty }
        switch next {
        case "(": return try parseGroup()
        case "[":
            position += 1
            return .set(try parseClass())
        case ".":
            position += 1
            return .any
        case "^":
            position += 1
            return .anchor(.lineStart)
        case "$":
            position += 1
            return .anchor(.lineEnd)
        case "\\":
            position += 1
            return try parseEscape()
        case "*", "+", "?":
            throw syntaxError("Nothing to repeat")
        case "{" where dialect == .java:
            throw syntaxError("Illegal repetition")
        case "{":
            let start = position
            if try parseBounds() != nil {
                position = start
                throw syntaxError("Nothing to repeat")
            }
            position += 1
            return .scalar(next.value)
        default:
            position += 1
            return .scalar(next.value)
        }
    }

    private mutating func parseGroup() throws(RegularExpressionError) -> RegexNode {
        position += 1
        let wrap: (RegexNode) -> RegexNode
        if skip("?:") {
            // A sequence of its own, so that a quantifier is not taken for one of an anchor.
            wrap = { .sequence([$0]) }
        } else if skip("?=") {
            wrap = { .look($0, isAhead: true, isNegated: false) }
        } else if skip("?!") {
            wrap = { .look($0, isAhead: true, isNegated: true) }
        } else if skip("?<=") {
            wrap = { .look($0, isAhead: false, isNegated: false) }
        } else if skip("?<!") {
            wrap = { .look($0, isAhead: false, isNegated: true) }
        } else if dialect == .java, skip("?>") {
            wrap = { .atomic($0) }
        } else if skip("?<") {
            let name = try parseGroupName()
            groupCount += 1
            guard allNames[name] == groupCount else { throw syntaxError("Duplicate group name '\(name)'") }
            let number = groupCount
            wrap = { .group($0, number: number) }
        } else if current == "?" {
            throw syntaxError("Unknown group")
        } else {
            groupCount += 1
            let number = groupCount
            wrap = { .group($0, number: number) }
        }
        let node = try parseAlternatives()
        guard skip(")") else { throw syntaxError("Unterminated group") }
        return wrap(node)
    }

    private mutating func parseGroupName() throws(RegularExpressionError) -> String {
        var name = String.UnicodeScalarView()
        while let next = current, next != ">" {
            let isAllowed = name.isEmpty ? next.properties.isIDStart || next == "_" : next.properties.isIDContinue
            guard isAllowed || next == "$" else { throw syntaxError("Invalid group name") }
            name.append(next)
            position += 1
        }
        guard skip(">"), !name.isEmpty else { throw syntaxError("Invalid group name") }
        return String(name)
    }

    /// The current scalar is the one after the backslash.
    private mutating func parseEscape() throws(RegularExpressionError) -> RegexNode {
        guard let next = current else { throw syntaxError("A backslash ends the pattern") }
        switch next {
        case "b":
            position += 1
            return .anchor(.wordBoundary)
        case "B":
            position += 1
            return .anchor(.noWordBoundary)
        case "A" where dialect == .java:
            position += 1
            return .anchor(.textStart)
        case "z" where dialect == .java:
            position += 1
            return .anchor(.textEnd)
        case "Z" where dialect == .java:
            position += 1
            return .anchor(.lastLineEnd)
        case "Q" where dialect == .java:
            position += 1
            return parseQuotation()
        case "k" where peek(1) == "<":
            position += 2
            let name = try parseGroupName()
            guard let number = allNames[name] else { throw syntaxError("Unknown group '\(name)'") }
            return .backReference(number)
        case "1"..."9":
            let start = position
            if let number = parseInteger(), number <= totalGroups { return .backReference(number) }
            position = start
            if dialect == .java {
                // A group that does not exist takes no part in any match.
                position += 1
                return .set(ScalarSet(dialect: dialect))
            }
            return .scalar(parseLegacyEscape(next))
        default:
            if let predefined = parsePredefined() {
                return .set(ScalarSet(members: [predefined], dialect: dialect))
            }
            return .scalar(try parseScalarEscape())
        }
    }

    /// In JavaScript `\12` is the octal number of a scalar if there are not so many groups, and `\8` is the digit.
    private mutating func parseLegacyEscape(_ first: Unicode.Scalar) -> UInt32 {
        guard ("1"..."7").contains(first) else {
            position += 1
            return first.value
        }
        var value: UInt32 = 0
        while let next = current, ("0"..."7").contains(next), value < 32 {
            value = value * 8 + next.value - 0x30
            position += 1
        }
        return value
    }

    /// `\Q...\E`
    private mutating func parseQuotation() -> RegexNode {
        var nodes: [RegexNode] = []
        while let next = current, !skip("\\E") {
            nodes.append(.scalar(next.value))
            position += 1
        }
        return .sequence(nodes)
    }
}
