extension JSONParser {
    /// Parses a string; the current byte is its opening quote.
    mutating func parseString() throws(JSONError) -> String {
        let start = offset + 1
        var end = start
        // The high bits of all bytes of the string.
        var high: UInt64 = 0
        // Eight bytes at a time, up to one that needs a closer look.
        while end + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self))
            let stops = word.quotesBackslashesAndControls
            guard stops == 0 else {
                let plain = stops.trailingZeroBitCount & ~7
                high |= word & ((1 << UInt64(plain)) - 1)
                end += plain / 8
                break
            }
            high |= word
            end += 8
        }
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") {
                offset = end + 1
                return try string(in: start..<end, isASCII: high & 0x8080_8080_8080_8080 == 0)
            }
            if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start, to: end) }
            if byte < 0x20 {
                offset = end
                throw error("control character in a string")
            }
            high |= UInt64(byte)
            end += 1
        }
        throw JSONError(message: "unexpected end of input in a string", offset: bytes.count)
    }

    private func string(in place: Range<Int>, isASCII: Bool) throws(JSONError) -> String {
        let bytes = UnsafeRawBufferPointer(rebasing: bytes[place])
        if isASCII {
            // Short ones, as most keys are, are written where they stay.
            if bytes.count > 15 { return String(decoding: bytes, as: UTF8.self) }
            return String(unsafeUninitializedCapacity: bytes.count) { text in
                UnsafeMutableRawBufferPointer(text).copyMemory(from: bytes)
                return bytes.count
            }
        }
        guard let string = String(validating: bytes, as: UTF8.self) else {
            let offset = place.lowerBound + Self.firstInvalidByte(of: bytes)
            throw JSONError(message: "invalid UTF-8 in a string", offset: offset)
        }
        return string
    }

    private static func firstInvalidByte(of bytes: UnsafeRawBufferPointer) -> Int {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var valid = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { valid += UTF8.width(scalar) }
        return valid
    }

    private mutating func parseEscapedString(from start: Int, to firstEscape: Int) throws(JSONError) -> String {
        unescaped.removeAll(keepingCapacity: true)
        unescaped.append(contentsOf: bytes[start..<firstEscape])
        offset = firstEscape
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                let result = unescaped.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
                guard let result else { throw JSONError(message: "invalid UTF-8 in a string", offset: start) }
                return result
            case UInt8(ascii: "\\"):
                offset += 1
                try parseEscape()
            case 0..<0x20:
                throw error("control character in a string")
            default:
                unescaped.append(byte)
                offset += 1
            }
        }
        throw error("unexpected end of input in a string")
    }

    /// The current byte is the one after the backslash.
    private mutating func parseEscape() throws(JSONError) {
        let byte = current
        let replacement: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): replacement = byte
        case UInt8(ascii: "b"): replacement = 0x08
        case UInt8(ascii: "f"): replacement = 0x0C
        case UInt8(ascii: "n"): replacement = 0x0A
        case UInt8(ascii: "r"): replacement = 0x0D
        case UInt8(ascii: "t"): replacement = 0x09
        case UInt8(ascii: "u"):
            offset += 1
            try parseUnicodeEscape()
            return
        default:
            throw unexpected("a character that can be escaped")
        }
        unescaped.append(replacement)
        offset += 1
    }

    private mutating func parseUnicodeEscape() throws(JSONError) {
        let unit = try parseFourHexDigits()
        var scalar = Unicode.Scalar(unit)
        if unit & 0xFC00 == 0xD800, current == UInt8(ascii: "\\"), offset + 1 < bytes.count,
            bytes[offset + 1] == UInt8(ascii: "u")
        {
            let beforeSecond = offset
            offset += 2
            let low = try parseFourHexDigits()
            if low & 0xFC00 == 0xDC00 {
                scalar = Unicode.Scalar(0x10000 + (UInt32(unit & 0x3FF) << 10) + UInt32(low & 0x3FF))
            } else {
                offset = beforeSecond
            }
        }
        unescaped.append(contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
    }

    private mutating func parseFourHexDigits() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Self.hexDigit(current) else { throw unexpected("four hexadecimal digits") }
            value = value << 4 | UInt16(digit)
            offset += 1
        }
        return value
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension UInt64 {
    /// The high bit of each of its eight bytes that ends or interrupts the plain text of a JSON string. False positives
    /// occur only above the lowest one.
    @inline(__always)
    var quotesBackslashesAndControls: UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quote = self ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslash = self ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let matches =
            ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((self &- ones &* 0x20) & ~self)
        return matches & highs
    }
}
