extension Double {
    /// The number as Java's `Double.toString` writes it: plain notation from 10^-3 to 10^7, always with a fraction,
    /// otherwise `d.dddE±n`. JSON has no notation for a number that is not finite: `null`.
    package var javaText: String {
        guard isFinite else { return "null" }
        // In this range Swift's notation is the same.
        if self == 0 || (magnitude >= 1e-3 && magnitude < 1e7) { return description }

        // Swift prints the same digits, the shortest that give the same double, in another layout.
        var digits: [UInt8] = []
        var pointPosition: Int?
        var exponent = 0
        var text = Substring(magnitude.description)
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = text[..<mark]
        }
        for byte in text.utf8 {
            if byte == UInt8(ascii: ".") { pointPosition = digits.count } else { digits.append(byte) }
        }
        var decimalExponent = exponent + (pointPosition ?? digits.count) - 1
        let leadingZeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(leadingZeros)
        decimalExponent -= leadingZeros
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }

        let first = String(decoding: digits.prefix(1), as: UTF8.self)
        let rest = String(decoding: digits.dropFirst(), as: UTF8.self)
        return "\(self < 0 ? "-" : "")\(first).\(rest.isEmpty ? "0" : rest)E\(decimalExponent)"
    }
}
