/// Random UUIDs (RFC 9562, version 4) as text.
package enum RandomUUID {
    package static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return make(high: random.next(), low: random.next())
    }

    package static func make(high: UInt64, low: UInt64) -> String {
        let digits = hexadecimal(high & ~0xF000 | 0x4000) + hexadecimal(low & ~(0b11 << 62) | 0b10 << 62)
        var text = ""
        text.reserveCapacity(36)
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
