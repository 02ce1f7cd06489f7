import JSONValue

/// A decimal number of any size, for comparing numbers exactly.
struct DecimalNumber: Sendable {
    /// The number as `java.math.BigDecimal` prints it, as far as the literals that occur need it.
    let text: String
    private let isNegative: Bool
    /// Without leading and trailing zeros; empty for zero.
    private let digits: [UInt8]
    /// The value is 0.d1d2d3… times ten to this power.
    private let exponent: Int
    /// The double whose shortest notation has just this value, if there is one: such numbers compare as doubles.
    let double: Double?

    init?(_ text: some StringProtocol) {
        var bytes = Substring(text).utf8[...]
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative || bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
        var digits: [UInt8] = []
        var pointPosition: Int?
        var power = 0
        scan: while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits.append(byte - UInt8(ascii: "0"))
            case UInt8(ascii: ".") where pointPosition == nil:
                pointPosition = digits.count
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard let value = Int(Substring(bytes)), value.magnitude < 1_000_000 else { return nil }
                power = value
                break scan
            default:
                return nil
            }
        }
        guard !digits.isEmpty else { return nil }
        let leadingZeros = digits.prefix { $0 == 0 }.count
        var exponent = (pointPosition ?? digits.count) + power - leadingZeros
        digits.removeFirst(leadingZeros)
        while digits.last == 0 { digits.removeLast() }
        if digits.isEmpty { exponent = 0 }
        self.text = String(text)
        self.isNegative = isNegative && !digits.isEmpty
        self.digits = digits
        self.exponent = exponent
        // Fifteen digits survive the way through a double and back.
        double = digits.count <= 15 && (-300...300).contains(exponent) ? Double(self.text) : nil
    }

    /// -1, 0 or 1.
    func compare(to other: DecimalNumber) -> Int {
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        let magnitude = compareMagnitude(to: other)
        return isNegative ? -magnitude : magnitude
    }

    private func compareMagnitude(to other: DecimalNumber) -> Int {
        if digits.isEmpty || other.digits.isEmpty {
            return digits.isEmpty ? (other.digits.isEmpty ? 0 : -1) : 1
        }
        if exponent != other.exponent { return exponent < other.exponent ? -1 : 1 }
        if digits == other.digits { return 0 }
        return digits.lexicographicallyPrecedes(other.digits) ? -1 : 1
    }
}
