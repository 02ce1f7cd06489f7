import JSONValue

extension IntrinsicArguments {
    /// The parts of a text between its `{}`.
    static func parts(of text: String) -> [String] {
        var parts: [String.UnicodeScalarView] = [.init()]
        let scalars = Array(text.unicodeScalars)
        var index = 0
        while index < scalars.count {
            if scalars[index] == "{", index + 1 < scalars.count, scalars[index + 1] == "}" {
                parts.append(.init())
                index += 2
            } else {
                parts[parts.count - 1].append(scalars[index])
                index += 1
            }
        }
        return parts.map { String($0) }
    }

    /// Puts the arguments after the first between the parts.
    func format(_ parts: [String]) throws(IntrinsicError) -> JSON {
        guard parts.count == values.count else {
            throw failure("\(parts.count - 1) placeholders, but \(values.count - 1) arguments")
        }
        var text = parts[0]
        for (value, part) in zip(values.dropFirst(), parts.dropFirst()) {
            text += value.javaText
            text += part
        }
        return .string(text)
    }

    func stringToJson() throws(IntrinsicError) -> JSON {
        let text = try string(0)
        guard !text.unicodeScalars.allSatisfy(\.properties.isWhitespace) else { return .null }
        do throws(JSONError) {
            return try JSON(parsing: text)
        } catch {
            throw failure("the text is not JSON: \(error.message) at byte \(error.offset)")
        }
    }

    /// The delimiter is a set of characters; empty pieces are dropped.
    func stringSplit() throws(IntrinsicError) -> JSON {
        let text = try string(0)
        let delimiters = Set(try string(1).unicodeScalars)
        let pieces = text.unicodeScalars.split { delimiters.contains($0) }
        return .array(pieces.map { .string(String($0)) })
    }

    func base64Decode() throws(IntrinsicError) -> JSON {
        guard let bytes = base64Decoded(try limitedText(string(0))) else {
            throw failure("the input is not Base64")
        }
        return .string(String(decoding: bytes, as: UTF8.self))
    }

    func hash() throws(IntrinsicError) -> JSON {
        let text = try limitedText(values[0].stringValue ?? values[0].serialized())
        let bytes = Array(text.utf8)
        let name = try string(1)
        guard let digest = digest(name, of: bytes) else {
            throw failure("hash algorithm '\(name)' must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512")
        }
        return .string(hexadecimal(digest))
    }

    func uuid(using random: inout some RandomNumberGenerator) -> String {
        var bytes: [UInt8] = []
        for _ in 0..<2 {
            let word = random.next()
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        // Version 4, variant 1 (RFC 9562 section 5.4).
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text += "-" }
            text += hexadecimal([byte])
        }
        return text
    }
}

private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
