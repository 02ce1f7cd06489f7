internal import JSONValue

extension Builtin {
    static let encodingFunctions: [Builtin] = [
        Builtin("base64encode", "<s-:s>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            try evaluator.spend(bytes: text.utf8.count * 16)
            try evaluator.allocate(text.utf8.count * 2)
            return .string(Base64.encode(latin1(text)))
        },
        Builtin("base64decode", "<s-:s>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            try evaluator.spend(bytes: text.utf8.count * 16)
            try evaluator.allocate(text.utf8.count)
            var result = String.UnicodeScalarView()
            for byte in Base64.decode(text) { result.append(Unicode.Scalar(byte)) }
            return .string(String(result))
        },
        urlFunction("encodeUrlComponent") { URLText.encode($0, keeping: URLText.unreserved) },
        urlFunction("encodeUrl") { URLText.encode($0, keeping: URLText.unreserved.union(URLText.reserved)) },
        urlFunction("decodeUrlComponent") { URLText.decode($0, keeping: []) },
        urlFunction("decodeUrl") { URLText.decode($0, keeping: URLText.reserved) },
    ]

    private static func urlFunction(_ name: String, _ convert: @escaping @Sendable (String) -> String?) -> Builtin {
        Builtin(name, "<s-:s>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            try evaluator.spend(bytes: text.utf8.count * 16)
            try evaluator.allocate(text.utf8.count * 3)
            guard let result = convert(text) else {
                throw JSONataError("D3140", .string(text), details: .init(functionName: name))
            }
            return .string(result)
        }
    }

    /// The low byte of each code unit, which is what the reference encodes.
    private static func latin1(_ text: String) -> [UInt8] { text.utf16.map { UInt8(truncatingIfNeeded: $0) } }
}

enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for index in 0..<3 { group = group << 8 | (index < count ? UInt32(bytes[start + index]) : 0) }
            for index in 0..<4 {
                let digit = alphabet[Int(group >> UInt32(18 - 6 * index) & 63)]
                result.append(index <= count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Lenient: skips what is no digit, takes the digits of URLs too, ends at the padding.
    static func decode(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        var group: UInt32 = 0
        var bits = 0
        for byte in text.utf8 {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte + 4
            case UInt8(ascii: "+"), UInt8(ascii: "-"): digit = 62
            case UInt8(ascii: "/"), UInt8(ascii: "_"): digit = 63
            case UInt8(ascii: "="): return result
            default: continue
            }
            group = group << 6 | UInt32(digit)
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return result
    }
}

/// ECMAScript's encodeURI and its relatives.
enum URLText {
    static let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()".utf8)
    static let reserved = Set(";/?:@&=+$,#".utf8)

    /// Nil for a text with half a surrogate pair, which stands here as U+FFFD.
    static func encode(_ text: String, keeping kept: Set<UInt8>) -> String? {
        guard !text.unicodeScalars.contains("\u{FFFD}") else { return nil }
        var result: [UInt8] = []
        for byte in text.utf8 {
            if kept.contains(byte) {
                result.append(byte)
            } else {
                result.append(UInt8(ascii: "%"))
                result.append(upperHexDigits[Int(byte >> 4)])
                result.append(upperHexDigits[Int(byte & 15)])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Leaves escapes of `kept` characters as they are; nil for an escape that is none, or bytes that are not UTF-8.
    static func decode(_ text: String, keeping kept: Set<UInt8>) -> String? {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "%") else {
                result.append(bytes[position])
                position += 1
                continue
            }
            guard position + 2 < bytes.count, let high = hexValue(bytes[position + 1]),
                let low = hexValue(bytes[position + 2])
            else { return nil }
            let byte = UInt8(high << 4 | low)
            if kept.contains(byte) {
                result.append(contentsOf: bytes[position..<position + 3])
            } else {
                result.append(byte)
            }
            position += 3
        }
        return String(validating: result, as: UTF8.self)
    }
}

private let upperHexDigits = Array("0123456789ABCDEF".utf8)
