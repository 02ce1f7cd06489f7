extension JSON {
    /// The value as compact JSON text. Decimals print as Java prints doubles: `100.0`, `1.0E300`.
    public func serialized() -> String {
        var bytes: [UInt8] = []
        serialize(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the value as compact JSON text in UTF-8.
    public func serialize(into bytes: inout [UInt8]) {
        switch self {
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                element.serialize(into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            var isFirst = true
            for member in object.members {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                Self.serialize(member.key, into: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.serialize(into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        default:
            serializeScalar(into: &bytes)
        }
    }

    /// The value on several lines, each level indented by so many spaces. Ends without a line break.
    public func prettyPrinted(indent: Int = 2) -> String {
        var bytes: [UInt8] = []
        prettyPrint(into: &bytes, indent: max(indent, 0), level: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func prettyPrint(into bytes: inout [UInt8], indent: Int, level: Int) {
        func beginLine(_ level: Int) {
            bytes.append(0x0A)
            bytes.append(contentsOf: repeatElement(0x20, count: indent * level))
        }
        switch self {
        case .array(let elements) where !elements.isEmpty:
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                beginLine(level + 1)
                element.prettyPrint(into: &bytes, indent: indent, level: level + 1)
            }
            beginLine(level)
            bytes.append(UInt8(ascii: "]"))
        case .object(let object) where !object.isEmpty:
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                beginLine(level + 1)
                Self.serialize(member.key, into: &bytes)
                bytes.append(UInt8(ascii: ":"))
                bytes.append(0x20)
                member.value.prettyPrint(into: &bytes, indent: indent, level: level + 1)
            }
            beginLine(level)
            bytes.append(UInt8(ascii: "}"))
        default:
            serialize(into: &bytes)
        }
    }

    private func serializeScalar(into bytes: inout [UInt8]) {
        switch self {
        case .bool(true): bytes.append(contentsOf: "true".utf8)
        case .bool(false): bytes.append(contentsOf: "false".utf8)
        case .int(let value): Self.serialize(value, into: &bytes)
        case .double(let value): bytes.append(contentsOf: value.javaText.utf8)
        case .number(let literal): bytes.append(contentsOf: literal.utf8)
        case .string(let value): Self.serialize(value, into: &bytes)
        case .null, .array, .object: bytes.append(contentsOf: "null".utf8)
        }
    }

    private static func serialize(_ value: Int64, into bytes: inout [UInt8]) {
        if value >= 0, value < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(value))
            return
        }
        // From the end: 20 bytes hold every one.
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var start = digits.count
            var rest = value.magnitude
            repeat {
                let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: remainder)
                rest = quotient
            } while rest != 0
            if value < 0 {
                start -= 1
                digits[start] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }

    /// Appends a string with its quotes. Only what RFC 8259 demands is escaped.
    private static func serialize(_ string: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        let written: Void? = string.utf8.withContiguousStorageIfAvailable { utf8 in
            if hasEscapes(utf8) { escape(utf8, into: &bytes) } else { bytes.append(contentsOf: utf8) }
        }
        if written == nil { Array(string.utf8).withUnsafeBufferPointer { escape($0, into: &bytes) } }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func hasEscapes(_ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        let raw = UnsafeRawBufferPointer(utf8)
        var offset = 0
        while offset + 8 <= raw.count {
            if raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self).hasQuoteBackslashOrControl { return true }
            offset += 8
        }
        while offset < raw.count {
            let byte = raw[offset]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return true }
            offset += 1
        }
        return false
    }

    private static func escape(_ utf8: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) {
        var plainStart = 0
        for index in utf8.indices {
            let byte = utf8[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            bytes.append(contentsOf: utf8[plainStart..<index])
            plainStart = index + 1
            bytes.append(UInt8(ascii: "\\"))
            switch byte {
            case 0x08: bytes.append(UInt8(ascii: "b"))
            case 0x09: bytes.append(UInt8(ascii: "t"))
            case 0x0A: bytes.append(UInt8(ascii: "n"))
            case 0x0C: bytes.append(UInt8(ascii: "f"))
            case 0x0D: bytes.append(UInt8(ascii: "r"))
            case 0..<0x20:
                bytes.append(contentsOf: "u00".utf8)
                bytes.append(hexDigits[Int(byte >> 4)])
                bytes.append(hexDigits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(contentsOf: utf8[plainStart..<utf8.count])
    }
}

private let hexDigits = Array("0123456789ABCDEF".utf8)

extension JSON: CustomStringConvertible {
    public var description: String { serialized() }
}
