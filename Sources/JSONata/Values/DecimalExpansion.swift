/// All decimal digits of a double, exactly: for rounding at a decimal place, where the shortest digits could mislead.
struct DecimalExpansion {
    /// Digits from the most significant, values 0 to 9, without leading zeros.
    private(set) var digits: [UInt8]
    /// The number is 0.digits × 10^exponent.
    private(set) var exponent: Int

    /// The number is finite and not negative.
    init(_ number: Double) {
        guard number > 0 else {
            (digits, exponent) = ([], 0)
            return
        }
        let binaryExponent = number.exponentBitPattern == 0 ? -1074 : Int(number.exponentBitPattern) - 1075
        let significand = number.significandBitPattern | (number.exponentBitPattern == 0 ? 0 : 1 << 52)
        // Limbs of nine decimal digits, the least significant first.
        var limbs: [UInt64] = []
        var rest = significand
        while rest > 0 {
            limbs.append(rest % 1_000_000_000)
            rest /= 1_000_000_000
        }
        func multiply(by factor: UInt64) {
            var carry: UInt64 = 0
            for index in limbs.indices {
                let product = limbs[index] * factor + carry
                limbs[index] = product % 1_000_000_000
                carry = product / 1_000_000_000
            }
            if carry > 0 { limbs.append(carry) }
        }
        // m × 2^-k is m × 5^k ÷ 10^k.
        let (base, shift) = binaryExponent < 0 ? (UInt64(5), -binaryExponent) : (2, binaryExponent)
        let chunk = base == 5 ? 12 : 29
        var power: UInt64 = 1
        for _ in 0..<chunk { power *= base }
        var left = shift
        while left >= chunk {
            multiply(by: power)
            left -= chunk
        }
        for _ in 0..<left { multiply(by: base) }
        var result: [UInt8] = []
        for limb in limbs.reversed() {
            let text = String(limb)
            for _ in text.utf8.count..<9 { result.append(0) }
            result.append(contentsOf: text.utf8.map { $0 - 0x30 })
        }
        let zeros = result.prefix { $0 == 0 }.count
        digits = Array(result.dropFirst(zeros))
        exponent = digits.count - (binaryExponent < 0 ? -binaryExponent : 0)
    }

    /// The digits rounded half up behind so many of them, as a literal that can be read back.
    func rounded(toSignificant count: Int) -> String {
        let (kept, carry) = round(keeping: count)
        let text = String(decoding: kept.map { $0 + 0x30 }, as: UTF8.self)
        return "0.\(text)e\(exponent + (carry ? 1 : 0))"
    }

    /// Plain notation with so many decimal places, rounded half up, like JavaScript's toFixed.
    func fixed(_ places: Int) -> String {
        let keep = exponent + places
        var (kept, carry): ([UInt8], Bool) = keep < 0 ? ([], false) : round(keeping: keep)
        var pointPosition = exponent
        if carry { pointPosition += 1 }
        if kept.isEmpty { pointPosition = 0 }
        // Zeros between the point and the first digit, and behind the last one.
        if pointPosition <= 0 {
            kept.insert(contentsOf: repeatElement(0, count: 1 - pointPosition), at: 0)
            pointPosition = 1
        }
        while kept.count < pointPosition + places { kept.append(0) }
        let text = kept.prefix(pointPosition + places).map { $0 + 0x30 }
        let whole = String(decoding: text[..<pointPosition], as: UTF8.self)
        return places == 0 ? whole : whole + "." + String(decoding: text[pointPosition...], as: UTF8.self)
    }

    /// Keeps so many digits; with a carry out of the first one the number has one digit more before the point.
    private func round(keeping count: Int) -> ([UInt8], Bool) {
        guard count < digits.count else { return (digits, false) }
        var kept = Array(digits[..<count])
        guard digits[count] >= 5 else { return (kept, false) }
        var index = count - 1
        while index >= 0 {
            if kept[index] < 9 {
                kept[index] += 1
                return (kept, false)
            }
            kept[index] = 0
            index -= 1
        }
        kept.insert(1, at: 0)
        return (kept, true)
    }
}
