/// A picture string of `$formatNumber`, after XPath and XQuery Functions and Operators 3.1, section 4.7, with the
/// characters of its decimal format.
struct NumberPicture {
    /// The characters with a meaning. Names are those of the options of `$formatNumber`.
    struct Format {
        var decimalSeparator = "."
        var groupingSeparator = ","
        var exponentSeparator = "e"
        var minusSign = "-"
        var percent = "%"
        var perMille = "\u{2030}"
        var zeroDigit = "0"
        var digit = "#"
        var patternSeparator = ";"

        mutating func set(_ name: String, _ value: String) {
            switch name {
            case "decimal-separator": decimalSeparator = value
            case "grouping-separator": groupingSeparator = value
            case "exponent-separator": exponentSeparator = value
            case "minus-sign": minusSign = value
            case "percent": percent = value
            case "per-mille": perMille = value
            case "zero-digit": zeroDigit = value
            case "digit": digit = value
            case "pattern-separator": patternSeparator = value
            default: break
            }
        }
    }

    /// One of the two sub-pictures, analysed.
    private struct SubPicture {
        var prefix: [String]
        let suffix: [String]
        let characters: [String]
        let integer: [String]
        let fraction: [String]
        let exponent: [String]?
        let active: [String]
        let mantissa: [String]

        /// Once, or several times; signs may have more than one character.
        func occurrences(of sign: String) -> Int {
            let text = characters.joined()
            guard !sign.isEmpty, let first = text.firstRange(of: sign) else { return 0 }
            return text.firstRange(of: sign, from: first.upperBound) == nil ? 1 : 2
        }
    }

    private struct Variables {
        var integerGrouping: [Int]
        var regularGrouping: Int
        var minimumInteger: Int
        var scaling: Int
        var prefix: String
        var fractionGrouping: [Int]
        var minimumFraction: Int
        var maximumFraction: Int
        var minimumExponent: Int
        var suffix: String
    }

    private let format: Format
    private let digits: [String]
    private let variables: [(sub: SubPicture, values: Variables)]

    init(_ picture: String, _ format: Format) throws(JSONataError) {
        self.format = format
        let zero = format.zeroDigit.unicodeScalars.first?.value ?? 0x30
        let digits = (0..<10).map { Unicode.Scalar(zero + $0).map { String($0) } ?? "" }
        self.digits = digits
        let characters = picture.unicodeScalars.map { String($0) }
        let parts = characters.split(separator: format.patternSeparator, omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw JSONataError("D3080") }
        var result: [(SubPicture, Variables)] = []
        for part in parts {
            let sub = Self.parse(Array(part), format, digits)
            if let code = Self.fault(sub, format, digits) { throw JSONataError(code) }
            result.append((sub, Self.analyse(sub, format, digits)))
        }
        variables = result
    }

    private static func parse(_ picture: [String], _ format: Format, _ digits: [String]) -> SubPicture {
        // The exponent separator alone does not begin or end the active part.
        let bounding =
            digits + [
                format.decimalSeparator, format.groupingSeparator, format.digit, format.patternSeparator,
            ]
        let start = picture.firstIndex { bounding.contains($0) && $0 != format.exponentSeparator } ?? 0
        let last = picture.lastIndex { bounding.contains($0) && $0 != format.exponentSeparator }
        let end = last.map { $0 + 1 } ?? picture.count
        let active = Array(picture[start..<end])
        let suffix = Array(picture[end...])
        var mantissa = active
        var exponent: [String]?
        if let separator = active.firstIndex(of: format.exponentSeparator) {
            mantissa = Array(active[..<separator])
            exponent = Array(active[(separator + 1)...])
        }
        let point = mantissa.firstIndex(of: format.decimalSeparator)
        return SubPicture(
            prefix: Array(picture[..<start]), suffix: suffix, characters: picture,
            integer: Array(mantissa[..<(point ?? mantissa.count)]),
            fraction: point.map { Array(mantissa[($0 + 1)...]) } ?? suffix, exponent: exponent, active: active,
            mantissa: mantissa)
    }

    /// The code of the last rule of section 4.7.3 that the sub-picture breaks.
    private static func fault(_ sub: SubPicture, _ format: Format, _ digits: [String]) -> String? {
        var code: String?
        let picture = sub.characters
        func count(_ text: String) -> Int { sub.occurrences(of: text) }
        if count(format.decimalSeparator) > 1 { code = "D3081" }
        if count(format.percent) > 1 { code = "D3082" }
        if count(format.perMille) > 1 { code = "D3083" }
        if count(format.percent) > 0, count(format.perMille) > 0 { code = "D3084" }
        if !sub.mantissa.contains(where: { digits.contains($0) || $0 == format.digit }) { code = "D3085" }
        let activeCharacters =
            digits + [
                format.decimalSeparator, format.exponentSeparator, format.groupingSeparator, format.digit,
                format.patternSeparator,
            ]
        if sub.active.contains(where: { !activeCharacters.contains($0) }) { code = "D3086" }
        if let point = picture.firstIndex(of: format.decimalSeparator) {
            if point > 0 && picture[point - 1] == format.groupingSeparator
                || point + 1 < picture.count && picture[point + 1] == format.groupingSeparator
            {
                code = "D3087"
            }
        } else if sub.integer.last == format.groupingSeparator {
            code = "D3088"
        }
        for index in picture.indices.dropFirst()
        where picture[index] == format.groupingSeparator && picture[index - 1] == format.groupingSeparator {
            code = "D3089"
        }
        if let optional = sub.integer.firstIndex(of: format.digit),
            sub.integer[..<optional].contains(where: { digits.contains($0) })
        {
            code = "D3090"
        }
        if let optional = sub.fraction.lastIndex(of: format.digit),
            sub.fraction[optional...].contains(where: { digits.contains($0) })
        {
            code = "D3091"
        }
        if let exponent = sub.exponent {
            if !exponent.isEmpty, count(format.percent) + count(format.perMille) > 0 { code = "D3092" }
            if exponent.isEmpty || exponent.contains(where: { !digits.contains($0) }) { code = "D3093" }
        }
        return code
    }

    private static func analyse(_ sub: SubPicture, _ format: Format, _ digits: [String]) -> Variables {
        func isDigit(_ character: String) -> Bool { digits.contains(character) || character == format.digit }
        let integerGrouping = sub.integer.indices.filter { sub.integer[$0] == format.groupingSeparator }
            .map { sub.integer[$0...].count(where: isDigit) }
        let fractionGrouping = sub.fraction.indices.filter { sub.fraction[$0] == format.groupingSeparator }
            .map { sub.fraction[..<$0].count(where: isDigit) }
        var minimumInteger = sub.integer.count { digits.contains($0) }
        let scaling = minimumInteger
        var minimumFraction = sub.fraction.count { digits.contains($0) }
        var maximumFraction = sub.fraction.count(where: isDigit)
        if minimumInteger == 0, maximumFraction == 0 {
            if sub.exponent != nil {
                minimumFraction = 1
                maximumFraction = 1
            } else {
                minimumInteger = 1
            }
        }
        if sub.exponent != nil, minimumInteger == 0, sub.integer.contains(format.digit) { minimumInteger = 1 }
        if minimumInteger == 0, minimumFraction == 0 { minimumFraction = 1 }
        return Variables(
            integerGrouping: integerGrouping, regularGrouping: regularInterval(integerGrouping),
            minimumInteger: minimumInteger, scaling: scaling, prefix: sub.prefix.joined(),
            fractionGrouping: fractionGrouping, minimumFraction: minimumFraction, maximumFraction: maximumFraction,
            minimumExponent: sub.exponent?.count { digits.contains($0) } ?? 0, suffix: sub.suffix.joined())
    }

    func format(_ value: Double) -> String {
        var (sub, pic) = variables[value >= 0 ? 0 : variables.count - 1]
        if value < 0, variables.count == 1 { pic.prefix = format.minusSign + pic.prefix }
        var number = value
        if sub.occurrences(of: format.percent) > 0 {
            number *= 100
        } else if sub.occurrences(of: format.perMille) > 0 {
            number *= 1_000
        }
        var exponent: Int?
        if pic.minimumExponent > 0 { (number, exponent) = Self.scaled(number, digits: pic.scaling) }
        let rounded = round(number, places: pic.maximumFraction)
        let parts = DecimalExpansion(rounded.magnitude).fixed(pic.maximumFraction).split(separator: ".")
        var integer = (parts.first ?? "").drop { $0 == "0" }.map { $0 }
        var fraction = parts.count > 1 ? Array(parts[1]) : []
        while fraction.last == "0" { fraction.removeLast() }
        while integer.count < pic.minimumInteger { integer.insert("0", at: 0) }
        while fraction.count < pic.minimumFraction { fraction.append("0") }

        var result = pic.prefix + translated(grouped(integer, pic))
        if !fraction.isEmpty, sub.characters.contains(format.decimalSeparator) || pic.minimumFraction > 0 {
            result += format.decimalSeparator
            for (index, digit) in fraction.enumerated() {
                if pic.fractionGrouping.contains(index), index > 0 { result += format.groupingSeparator }
                result += translated(String(digit))
            }
        }
        if let exponent {
            var text = String(exponent.magnitude)
            while text.utf8.count < pic.minimumExponent { text = "0" + text }
            result += format.exponentSeparator + (exponent < 0 ? format.minusSign : "") + translated(text)
        }
        return result + pic.suffix
    }

    /// Mantissa with so many digits before the point, and the exponent. Zero has no digits to move.
    private static func scaled(_ number: Double, digits: Int) -> (Double, Int) {
        guard number != 0, number.isFinite else { return (number, 0) }
        let maximum = pow10(digits)
        let minimum = pow10(digits - 1)
        var mantissa = number
        var exponent = 0
        while mantissa.magnitude < minimum {
            mantissa *= 10
            exponent -= 1
        }
        while mantissa.magnitude > maximum {
            mantissa /= 10
            exponent += 1
        }
        return (mantissa, exponent)
    }

    private static func pow10(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? 1 }

    private func grouped(_ integer: [Character], _ pic: Variables) -> String {
        var result = ""
        for (index, digit) in integer.enumerated() {
            let right = integer.count - index
            let isBoundary =
                pic.regularGrouping > 0 ? right % pic.regularGrouping == 0 : pic.integerGrouping.contains(right)
            if index > 0, isBoundary { result += format.groupingSeparator }
            result.append(digit)
        }
        return result
    }

    /// Digits in the family of the picture.
    private func translated(_ text: String) -> String {
        guard format.zeroDigit != "0" else { return text }
        return text.map { $0.wholeNumberValue.map { $0 < 10 ? digits[$0] : "" } ?? String($0) }.joined()
    }
}

/// The distance between separators if all have the same; 0 if not.
func regularInterval(_ positions: [Int]) -> Int {
    guard var factor = positions.first else { return 0 }
    for position in positions {
        var (a, b) = (factor, position)
        while b != 0 { (a, b) = (b, a % b) }
        factor = a
    }
    guard factor > 0 else { return 0 }
    for index in 1...positions.count where !positions.contains(index * factor) { return 0 }
    return factor
}
