/// Cuts the text of an expression into tokens, one at a time, because only the parser knows whether a `/` divides or
/// begins a regular expression.
struct Lexer {
    private let bytes: [UInt8]
    private let level: CompatibilityLevel
    private var position = 0
    /// Texts that differ from their source.
    private(set) var unescaped: [String] = []

    init(_ source: [UInt8], level: CompatibilityLevel) {
        bytes = source
        self.level = level
    }

    func string(_ text: SourceText) -> String { text.string(in: bytes, unescaped) }

    /// What errors show of a token.
    func text(of token: Token) -> String {
        switch token.kind {
        case .end: "(end)"
        case .name, .variable, .string: string(token.text)
        case .number: token.number.ecmaScriptText
        case .bool(let value): value ? "true" : "false"
        case .null: "null"
        case .regex: "/\(string(token.text))/" + flags(of: token)
        case .symbol(let symbol): symbol.rawValue
        }
    }

    private func flags(of token: Token) -> String {
        guard case .source(let pattern) = token.text.place else { return "" }
        return String(decoding: bytes[min(pattern.upperBound + 1, token.position)..<token.position], as: UTF8.self)
    }

    private func peek(_ distance: Int = 0) -> UInt8 {
        position + distance < bytes.count ? bytes[position + distance] : 0
    }

    /// `isInfix`: an operator may follow here, so that a slash divides.
    mutating func next(isInfix: Bool) throws(JSONataError) -> Token {
        try skipBlanksAndComments()
        guard position < bytes.count else { return Token(.end, position: bytes.count) }
        let byte = bytes[position]
        if byte == UInt8(ascii: "/"), !isInfix {
            position += 1
            return try scanRegex()
        }
        if let symbol = scanSymbol(byte) { return token(.symbol(symbol)) }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return try scanString(quote: byte)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return try scanNumber()
        case UInt8(ascii: "`"): return try scanQuotedName()
        default: return scanName()
        }
    }

    private func token(_ kind: Token.Kind) -> Token { Token(kind, position: position) }

    private func token(_ kind: Token.Kind, _ range: Range<Int>) -> Token {
        Token(kind, SourceText(range), position: position)
    }

    private mutating func skipBlanksAndComments() throws(JSONataError) {
        while position < bytes.count {
            if isBlank(bytes[position]) {
                position += 1
            } else if bytes[position] == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                let start = position
                position += 2
                while !(peek() == UInt8(ascii: "*") && peek(1) == UInt8(ascii: "/")) {
                    position += 1
                    guard position < bytes.count else { throw JSONataError("S0106", position: start) }
                }
                position += 2
            } else {
                return
            }
        }
    }

    private mutating func scanSymbol(_ byte: UInt8) -> Symbol? {
        guard let single = Symbol(byte) else { return nil }
        let double: Symbol? =
            switch (byte, peek(1)) {
            case (UInt8(ascii: "."), UInt8(ascii: ".")): .range
            case (UInt8(ascii: ":"), UInt8(ascii: "=")): .assign
            case (UInt8(ascii: "!"), UInt8(ascii: "=")): .notEqual
            case (UInt8(ascii: ">"), UInt8(ascii: "=")): .greaterOrEqual
            case (UInt8(ascii: "<"), UInt8(ascii: "=")): .lessOrEqual
            case (UInt8(ascii: "*"), UInt8(ascii: "*")): .starStar
            case (UInt8(ascii: "~"), UInt8(ascii: ">")): .chain
            case (UInt8(ascii: "?"), UInt8(ascii: ":")) where level >= .v22: .defaulting
            case (UInt8(ascii: "?"), UInt8(ascii: "?")) where level >= .v22: .coalescing
            default: nil
            }
        position += double == nil ? 1 : 2
        return double ?? single
    }

    private mutating func scanNumber() throws(JSONataError) -> Token {
        let start = position
        var value = 0.0
        if peek() == UInt8(ascii: "0") {
            position += 1
        } else {
            while isDigit(peek()) {
                value = value * 10 + Double(peek() - UInt8(ascii: "0"))
                position += 1
            }
        }
        var isPlain = position - start <= 15
        if peek() == UInt8(ascii: "."), isDigit(peek(1)) {
            isPlain = false
            position += 1
            while isDigit(peek()) { position += 1 }
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            let signLength = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-") ? 1 : 0
            if isDigit(peek(1 + signLength)) {
                isPlain = false
                position += 1 + signLength
                while isDigit(peek()) { position += 1 }
            }
        }
        if isPlain { return Token(.number, number: value, position: position) }
        let literal = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let number = Double(literal), number.isFinite else {
            throw JSONataError("S0102", position: start, token: literal)
        }
        return Token(.number, number: number, position: position)
    }

    private mutating func scanQuotedName() throws(JSONataError) -> Token {
        let start = position + 1
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "`")) else {
            throw JSONataError("S0105", position: bytes.count)
        }
        position = end + 1
        return token(.name, start..<end)
    }

    private mutating func scanName() -> Token {
        let start = position
        while position < bytes.count, !isBlank(bytes[position]), Symbol(bytes[position]) == nil { position += 1 }
        if bytes[start] == UInt8(ascii: "$") { return token(.variable, start + 1..<position) }
        return token(keyword(start..<position) ?? .name, start..<position)
    }

    private func keyword(_ range: Range<Int>) -> Token.Kind? {
        func isWord(_ word: StaticString) -> Bool { SourceText(range).isEqual(to: word, in: bytes) }
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "a"): return isWord("and") ? .symbol(.and) : nil
        case UInt8(ascii: "o"): return isWord("or") ? .symbol(.or) : nil
        case UInt8(ascii: "i"): return isWord("in") ? .symbol(.in) : nil
        case UInt8(ascii: "t"): return isWord("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return isWord("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return isWord("null") ? .null : nil
        default: return nil
        }
    }

    private mutating func scanString(quote: UInt8) throws(JSONataError) -> Token {
        position += 1
        let start = position
        while position < bytes.count, bytes[position] != quote, bytes[position] != UInt8(ascii: "\\") { position += 1 }
        if position < bytes.count, bytes[position] == quote {
            position += 1
            return token(.string, start..<position - 1)
        }
        var content = Array(bytes[start..<position])
        // A surrogate that waits for its other half.
        var high: UInt32?
        func append(_ scalar: UInt32) {
            content.append(contentsOf: String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8)
        }
        while position < bytes.count {
            let byte = bytes[position]
            var unit: UInt32?
            if byte == UInt8(ascii: "\\") {
                position += 1
                unit = try scanEscape()
            }
            if let first = high {
                high = nil
                if let second = unit, second & 0xFC00 == 0xDC00 {
                    append(0x10000 + (first & 0x3FF) << 10 + second & 0x3FF)
                    position += 1
                    continue
                }
                append(0xFFFD)
            }
            if let unit {
                if unit & 0xFC00 == 0xD800 { high = unit } else { append(unit) }
            } else if byte == quote {
                position += 1
                unescaped.append(String(decoding: content, as: UTF8.self))
                return Token(.string, SourceText(unescaped: unescaped.count - 1), position: position)
            } else {
                content.append(byte)
            }
            position += 1
        }
        throw JSONataError("S0101", position: bytes.count)
    }

    /// The code unit that an escape stands for. Leaves the position at the last byte of the escape.
    private mutating func scanEscape() throws(JSONataError) -> UInt32 {
        switch peek() {
        case UInt8(ascii: "\""): return 0x22
        case UInt8(ascii: "\\"): return 0x5C
        case UInt8(ascii: "/"): return 0x2F
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"):
            var value: UInt32 = 0
            for distance in 1...4 {
                guard let digit = hexValue(peek(distance)) else { throw JSONataError("S0104", position: position) }
                value = value << 4 | digit
            }
            position += 4
            return value
        default:
            let rest = String(decoding: bytes[min(position, bytes.count)...].prefix(4), as: UTF8.self)
            throw JSONataError("S0103", position: position, token: rest.unicodeScalars.first.map { String($0) } ?? "")
        }
    }

    /// The position is behind the opening slash. Slashes within brackets, and escaped ones, do not close.
    private mutating func scanRegex() throws(JSONataError) -> Token {
        let start = position
        var depth = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "/"), depth == 0 {
                var backslashes = 0
                while position - backslashes > start, bytes[position - backslashes - 1] == UInt8(ascii: "\\") {
                    backslashes += 1
                }
                if backslashes.isMultiple(of: 2) {
                    guard position > start else { throw JSONataError("S0301", position: position) }
                    let pattern = start..<position
                    position += 1
                    while peek() == UInt8(ascii: "i") || peek() == UInt8(ascii: "m") { position += 1 }
                    return token(.regex, pattern)
                }
            }
            let isEscaped = position > start && bytes[position - 1] == UInt8(ascii: "\\")
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): if !isEscaped { depth += 1 }
            case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): if !isEscaped { depth -= 1 }
            default: break
            }
            position += 1
        }
        throw JSONataError("S0302", position: position)
    }
}

private func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D || byte == 0x0B
}

private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

func hexValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - 0x30)
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - 0x57)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - 0x37)
    default: nil
    }
}
