extension Value {
    /// The value as `$string` and `&` write it: text as it is, functions as nothing, all else as JSON. Nil for nothing.
    func text(_ evaluator: Evaluator, isPretty: Bool = false) throws(JSONataError) -> String? {
        switch self {
        case .undefined, .tailCall, .tuples: return nil
        case .string(let value): return value
        case .function: return ""
        case .number(let value):
            guard value.isFinite else { throw JSONataError("D3001", self) }
            return value.roundedText(evaluator.level)
        case .array(let array) where array.flags.contains(.outerWrapper):
            return try array.elements.first?.text(evaluator, isPretty: isPretty)
        default:
            var writer = TextWriter(evaluator, isPretty: isPretty)
            try writer.write(self, indent: 0)
            return String(decoding: writer.bytes, as: UTF8.self)
        }
    }
}

extension Double {
    /// The number with at most 15 significant digits, which hides the errors of binary arithmetic.
    func roundedText(_ level: CompatibilityLevel) -> String {
        let largest: UInt64 = level == .v206 ? 1_000_000_000_000_000 : 1 << 53
        if let integer = Int64(exactly: self), integer.magnitude < largest { return String(integer) }
        if level != .v206, self == rounded(.towardZero) { return ecmaScriptText }
        return roundedTo15Digits.ecmaScriptText
    }

    var roundedTo15Digits: Double {
        guard isFinite, self != 0 else { return self }
        guard magnitude.shortestDigits.digits.count > 15 else { return self }
        let rounded = DecimalExpansion(magnitude).rounded(toSignificant: 15)
        return (self < 0 ? -1 : 1) * (Double(rounded) ?? magnitude)
    }
}

/// Writes values as JavaScript's JSON.stringify does.
private struct TextWriter {
    private let evaluator: Evaluator
    private let isPretty: Bool
    private(set) var bytes: [UInt8] = []
    private var counted = 0

    init(_ evaluator: Evaluator, isPretty: Bool) {
        self.evaluator = evaluator
        self.isPretty = isPretty
    }

    mutating func write(_ value: Value, indent: Int) throws(JSONataError) {
        try evaluator.spend()
        try evaluator.allocate(bytes.count - counted)
        counted = bytes.count
        switch value {
        case .null, .undefined, .tailCall, .tuples: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let value):
            guard value.isFinite else { throw JSONataError("D1001", .number(value)) }
            bytes.append(contentsOf: value.roundedText(evaluator.level).utf8)
        case .integer(let value):
            bytes.append(contentsOf: Double(value).roundedText(evaluator.level).utf8)
        case .string(let value):
            try evaluator.spend(bytes: value.utf8.count * 4)
            write(value)
        case .function: bytes.append(contentsOf: "\"\"".utf8)
        case .array, .jsonArray:
            let items = value.asItems
            bytes.append(UInt8(ascii: "["))
            for index in 0..<items.count {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                breakLine(indent + 1)
                try write(items[index], indent: indent + 1)
            }
            if !items.isEmpty { breakLine(indent) }
            bytes.append(UInt8(ascii: "]"))
        case .object, .jsonObject:
            guard let members = Members(value) else { return }
            bytes.append(UInt8(ascii: "{"))
            var isFirst = true
            for index in 0..<members.count {
                let member = members.values[index]
                if member.isUndefined { continue }
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                breakLine(indent + 1)
                write(members.keys[index])
                bytes.append(UInt8(ascii: ":"))
                if isPretty { bytes.append(0x20) }
                try write(member, indent: indent + 1)
            }
            if !isFirst { breakLine(indent) }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func breakLine(_ indent: Int) {
        guard isPretty else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * indent))
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x08: bytes.append(contentsOf: "\\b".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0C: bytes.append(contentsOf: "\\f".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(hexDigits[Int(byte >> 4)])
                bytes.append(hexDigits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

let hexDigits = Array("0123456789abcdef".utf8)
