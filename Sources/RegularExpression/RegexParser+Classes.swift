extension RegexParser {
    /// A class; the position is after its opening bracket.
    mutating func parseClass() throws(RegularExpressionError) -> ScalarSet {
        var set = ScalarSet(dialect: dialect)
        set.isNegated = skip("^")
        try parseMembers(into: &set, nesting: 1)
        return set
    }

    /// Reads to the closing bracket.
    private mutating func parseMembers(into set: inout ScalarSet, nesting: Int) throws(RegularExpressionError) {
        guard nesting <= Self.maximumDepth else { throw syntaxError("The class is nested too deep") }
        var isFirst = true
        while true {
            guard let next = current else { throw syntaxError("Unterminated character class") }
            // In Java a bracket that comes first is a member; in JavaScript `[]` matches nothing.
            if next == "]", !(isFirst && dialect == .java) {
                position += 1
                return
            }
            isFirst = false
            if dialect == .java, next == "[" {
                position += 1
                var inner = ScalarSet(dialect: dialect)
                inner.isNegated = skip("^")
                try parseMembers(into: &inner, nesting: nesting + 1)
                set.members.append(.set(inner))
                continue
            }
            if dialect == .java, skip("&&") {
                var right = ScalarSet(dialect: dialect)
                try parseMembers(into: &right, nesting: nesting + 1)
                set.intersections.append(right)
                return
            }
            if next == "\\" {
                position += 1
                if let predefined = parsePredefined() {
                    set.members.append(predefined)
                    continue
                }
                position -= 1
            }
            try parseRange(into: &set)
        }
    }

    private mutating func parseRange(into set: inout ScalarSet) throws(RegularExpressionError) {
        let first = try parseClassScalar()
        guard current == "-", let afterDash = peek(1), afterDash != "]" else {
            set.members.append(.range(first...first))
            return
        }
        if afterDash == "\\", let kind = peek(2), "dDwWsS".unicodeScalars.contains(kind) {
            set.members.append(.range(first...first))
            return
        }
        if dialect == .java, afterDash == "[" {
            set.members.append(.range(first...first))
            return
        }
        position += 1
        let last = try parseClassScalar()
        guard first <= last else { throw syntaxError("Range out of order in a character class") }
        set.members.append(.range(first...last))
    }

    private mutating func parseClassScalar() throws(RegularExpressionError) -> UInt32 {
        guard let next = current else { throw syntaxError("Unterminated character class") }
        position += 1
        guard next == "\\" else { return next.value }
        if current == "b", dialect == .ecmaScript {
            position += 1
            return 0x08
        }
        return try parseScalarEscape()
    }

    /// `\d` and its like; the position is after the backslash, and stays there for anything else.
    mutating func parsePredefined() -> ScalarSet.Member? {
        let member: ScalarSet.Member
        switch current {
        case "d": member = .predefined(.digit, isNegated: false)
        case "D": member = .predefined(.digit, isNegated: true)
        case "w": member = .predefined(.word, isNegated: false)
        case "W": member = .predefined(.word, isNegated: true)
        case "s": member = .predefined(.space, isNegated: false)
        case "S": member = .predefined(.space, isNegated: true)
        default: return nil
        }
        position += 1
        return member
    }

    /// An escape that stands for one scalar; the position is after the backslash.
    mutating func parseScalarEscape() throws(RegularExpressionError) -> UInt32 {
        guard let next = current else { throw syntaxError("A backslash ends the pattern") }
        position += 1
        switch next {
        case "t": return 0x09
        case "n": return 0x0A
        case "v": return 0x0B
        case "f": return 0x0C
        case "r": return 0x0D
        case "a" where dialect == .java: return 0x07
        case "e" where dialect == .java: return 0x1B
        case "0":
            guard dialect == .java else { return 0 }
            return parseOctal()
        case "c":
            guard let letter = current, letter.isASCII else { throw syntaxError("Illegal control escape") }
            position += 1
            return dialect == .java ? letter.value ^ 64 : letter.value & 31
        case "x":
            if let value = parseHex(digits: 2) { return value }
            if dialect == .java { throw syntaxError("Illegal hexadecimal escape sequence") }
            return next.value
        case "u":
            if let value = parseUnicode() { return value }
            if dialect == .java { throw syntaxError("Illegal Unicode escape sequence") }
            return next.value
        default:
            let isLetter = (next.value | 0x20) &- 0x61 < 26
            if isLetter, dialect == .java { throw syntaxError("Illegal escape sequence") }
            return next.value
        }
    }

    private mutating func parseUnicode() -> UInt32? {
        guard let high = parseHex(digits: 4) else { return nil }
        guard high & 0xFC00 == 0xD800, current == "\\", peek(1) == "u" else { return high }
        let start = position
        position += 2
        if let low = parseHex(digits: 4), low & 0xFC00 == 0xDC00 {
            return 0x10000 + (high & 0x3FF) << 10 + low & 0x3FF
        }
        position = start
        return high
    }

    private mutating func parseHex(digits: Int) -> UInt32? {
        var value: UInt32 = 0
        for index in 0..<digits {
            guard let next = peek(index), next.properties.isASCIIHexDigit, let digit = UInt32(String(next), radix: 16)
            else { return nil }
            value = value << 4 | digit
        }
        position += digits
        return value
    }

    private mutating func parseOctal() -> UInt32 {
        var value: UInt32 = 0
        while let next = current, ("0"..."7").contains(next), value < 32 {
            value = value * 8 + next.value - 0x30
            position += 1
        }
        return value
    }
}
