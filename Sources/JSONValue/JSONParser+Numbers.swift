extension JSONParser {
    /// Parses a number; the current byte is a digit or `-`.
    mutating func parseNumber() throws(JSONError) -> JSON {
        let start = offset
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { offset += 1 }

        var digits: UInt64 = 0
        // 19 digits always fit 64 bits.
        var digitCount = 0
        let integerStart = offset
        guard Self.isDigit(current) else { throw unexpected("a digit") }
        if current == UInt8(ascii: "0") {
            offset += 1
            guard !Self.isDigit(current) else { throw error("a number must not begin with 0") }
        } else {
            while Self.isDigit(current) {
                digits = digits &* 10 &+ UInt64(current - UInt8(ascii: "0"))
                offset += 1
            }
            digitCount = offset - integerStart
        }

        guard current == UInt8(ascii: ".") || current | 0x20 == UInt8(ascii: "e") else {
            if digitCount <= 18 { return .int(isNegative ? -Int64(digits) : Int64(digits)) }
            let literal = literal(from: start)
            return Int64(literal).map(JSON.int) ?? .number(literal)
        }

        var exponent = 0
        if current == UInt8(ascii: ".") {
            offset += 1
            let fractionStart = offset
            while Self.isDigit(current) {
                digits = digits &* 10 &+ UInt64(current - UInt8(ascii: "0"))
                offset += 1
            }
            guard offset > fractionStart else { throw unexpected("a digit") }
            digitCount += offset - fractionStart
            exponent = fractionStart - offset
        }
        if current | 0x20 == UInt8(ascii: "e") {
            offset += 1
            let isNegativeExponent = current == UInt8(ascii: "-")
            if isNegativeExponent || current == UInt8(ascii: "+") { offset += 1 }
            guard Self.isDigit(current) else { throw unexpected("a digit") }
            var written = 0
            while Self.isDigit(current) {
                if written < 100_000 { written = written * 10 + Int(current - UInt8(ascii: "0")) }
                offset += 1
            }
            exponent += isNegativeExponent ? -written : written
        }
        if digitCount <= 18, let value = Self.exact(digits: digits, exponent: exponent) {
            return .double(isNegative ? -value : value)
        }
        let literal = literal(from: start)
        guard let value = Double(literal), value.isFinite, value != 0 || digits == 0 else { return .number(literal) }
        return .double(value)
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private func literal(from start: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), as: UTF8.self)
    }

    /// Digits and power of ten that both are exact in binary64 give the nearest double in one operation (Clinger).
    @inline(__always)
    private static func exact(digits: UInt64, exponent: Int) -> Double? {
        guard digits <= 1 << 53, exponent >= -22, exponent <= 22 else { return nil }
        return exponent < 0 ? Double(digits) / powersOfTen[-exponent] : Double(digits) * powersOfTen[exponent]
    }
}

private let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]
