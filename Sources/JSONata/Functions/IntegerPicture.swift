internal import JSONValue

/// A picture string of `$formatInteger` and `$parseInteger`, after XPath and XQuery Functions and Operators 3.1,
/// section 4.6: digits with grouping, letters, Roman numerals or words.
struct IntegerPicture {
    enum Kind {
        case decimal
        case letters
        case roman
        case words
        /// A numbering that is not known.
        case sequence(String)
    }

    enum LetterCase {
        case lower, upper, title
    }

    struct Separator {
        let position: Int
        let character: String
    }

    private(set) var kind = Kind.decimal
    private(set) var letterCase = LetterCase.lower
    var isOrdinal = false
    private(set) var zero: UInt32 = 0x30
    var mandatoryDigits = 0
    private(set) var optionalDigits = 0
    /// The distance of separators if it is always the same.
    private(set) var regularGrouping = 0
    private(set) var separators: [Separator] = []
    /// How many digits to read, where another number follows at once.
    var parseWidth: Int?

    init(_ picture: String) throws(JSONataError) {
        var primary = Array(picture.unicodeScalars)
        if let semicolon = primary.lastIndex(of: ";") {
            if semicolon + 1 < primary.count, primary[semicolon + 1] == "o" { isOrdinal = true }
            primary.removeSubrange(semicolon...)
        }
        switch String(String.UnicodeScalarView(primary)) {
        case "A": (kind, letterCase) = (.letters, .upper)
        case "a": kind = .letters
        case "I": (kind, letterCase) = (.roman, .upper)
        case "i": kind = .roman
        case "W": (kind, letterCase) = (.words, .upper)
        case "Ww": (kind, letterCase) = (.words, .title)
        case "w": kind = .words
        default: try analyseDigits(primary)
        }
    }

    private mutating func analyseDigits(_ picture: [Unicode.Scalar]) throws(JSONataError) {
        var family: UInt32?
        var position = 0
        // From the right, because separators count from there.
        for scalar in picture.reversed() {
            if let zero = Self.digitFamilies.first(where: { scalar.value >= $0 && scalar.value <= $0 + 9 }) {
                if let family, family != zero { throw JSONataError("D3131") }
                family = zero
                mandatoryDigits += 1
                position += 1
            } else if scalar == "#" {
                optionalDigits += 1
                position += 1
            } else {
                separators.append(Separator(position: position, character: String(scalar)))
            }
        }
        guard let family else {
            kind = .sequence(String(String.UnicodeScalarView(picture)))
            return
        }
        zero = family
        if let first = separators.first, separators.allSatisfy({ $0.character == first.character }) {
            regularGrouping = regularInterval(separators.map(\.position))
        }
    }

    func format(_ value: Double) throws(JSONataError) -> String {
        let magnitude = value.magnitude
        var text: String
        switch kind {
        case .letters: text = Self.letters(magnitude, upper: letterCase == .upper)
        case .roman:
            text = Self.roman(magnitude)
            if letterCase == .upper { text = text.uppercased() }
        case .words:
            text = EnglishNumber.words(magnitude, isOrdinal: isOrdinal)
            switch letterCase {
            case .upper: text = text.uppercased()
            case .lower: text = text.lowercased()
            case .title: break
            }
        case .decimal: text = decimal(magnitude)
        case .sequence(let token): throw JSONataError("D3130", value: .string(token))
        }
        return value < 0 ? "-" + text : text
    }

    private func decimal(_ value: Double) -> String {
        var digits = Array(value.ecmaScriptText.unicodeScalars)
        if digits.count < mandatoryDigits {
            digits.insert(contentsOf: repeatElement("0", count: min(mandatoryDigits - digits.count, 10_000)), at: 0)
        }
        let last = digits.last
        let isTeen = digits.count > 1 && digits[digits.count - 2] == "1"
        digits = digits.map { Unicode.Scalar($0.value + zero - 0x30) ?? $0 }
        var result = String.UnicodeScalarView()
        if regularGrouping > 0 {
            for (index, digit) in digits.enumerated() {
                if index > 0, (digits.count - index) % regularGrouping == 0 {
                    result.append(contentsOf: separators[0].character.unicodeScalars)
                }
                result.append(digit)
            }
        } else {
            // From the left. A separator beyond the digits cuts them, as it does in the reference.
            for separator in separators.reversed() {
                let place = digits.count - separator.position
                if place < 0 { digits.removeFirst(max(digits.count + place, 0)) }
                digits.insert(contentsOf: separator.character.unicodeScalars, at: max(place, 0))
            }
            result.append(contentsOf: digits)
        }
        guard isOrdinal else { return String(result) }
        let suffix: String
        switch last {
        case "1" where !isTeen: suffix = "st"
        case "2" where !isTeen: suffix = "nd"
        case "3" where !isTeen: suffix = "rd"
        default: suffix = "th"
        }
        return String(result) + suffix
    }

    /// NaN for what is no number.
    func parse(_ text: String) throws(JSONataError) -> Double {
        switch kind {
        case .letters:
            let first: UInt32 = letterCase == .upper ? 0x41 : 0x61
            return text.unicodeScalars.reduce(0) { $0 * 26 + Double(Int($1.value) - Int(first) + 1) }
        case .roman: return Self.parseRoman(letterCase == .upper ? text : text.uppercased())
        case .words: return EnglishNumber.parse(text.lowercased())
        case .decimal: return parseDecimal(text)
        case .sequence(let token): throw JSONataError("D3130", value: .string(token))
        }
    }

    private func parseDecimal(_ text: String) -> Double {
        var scalars = Array(text.unicodeScalars)
        if isOrdinal { scalars.removeLast(min(2, scalars.count)) }
        let ignored = regularGrouping > 0 ? [","] : separators.map(\.character)
        var digits = ""
        for scalar in scalars where !ignored.contains(String(scalar)) {
            digits.unicodeScalars.append(Unicode.Scalar(scalar.value &- zero &+ 0x30) ?? scalar)
        }
        return leadingInteger(digits)
    }

    /// The pattern of texts that `parse` understands.
    var pattern: String {
        switch kind {
        case .letters: return letterCase == .upper ? "[A-Z]+" : "[a-z]+"
        case .roman: return letterCase == .upper ? "[MDCLXVI]+" : "[mdclxvi]+"
        case .words: return "(?:" + (EnglishNumber.allWords + ["and", "[\\-, ]"]).joined(separator: "|") + ")+"
        case .decimal, .sequence:
            var pattern = zero == 0x30 ? "[0-9]" : "[\\u\(hex(zero))-\\u\(hex(zero + 9))]"
            pattern += parseWidth.map { "{\($0)}" } ?? "+"
            return isOrdinal ? pattern + "(?:th|st|nd|rd)" : pattern
        }
    }

    private func hex(_ value: UInt32) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text
    }

    private static func letters(_ value: Double, upper: Bool) -> String {
        var result: [UInt8] = []
        var rest = value
        while rest > 0 {
            let letter = (rest - 1).truncatingRemainder(dividingBy: 26)
            result.append((upper ? 0x41 : 0x61) + UInt8(letter))
            rest = ((rest - 1) / 26).rounded(.down)
        }
        return String(decoding: result.reversed(), as: UTF8.self)
    }

    private static let numerals: [(value: Double, text: String)] = [
        (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
        (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
    ]

    private static func roman(_ value: Double) -> String {
        // Thousands have one letter each; beyond any use the text is cut.
        var rest = min(value, 10_000_000)
        var result = ""
        for numeral in numerals {
            while rest >= numeral.value {
                result += numeral.text
                rest -= numeral.value
            }
        }
        return result
    }

    private static func parseRoman(_ text: String) -> Double {
        let values: [Character: Double] = ["M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1]
        var result = 0.0
        var largest = 1.0
        for character in text.reversed() {
            guard let value = values[character] else { return .nan }
            if value < largest {
                result -= value
            } else {
                largest = value
                result += value
            }
        }
        return result
    }

    /// The zeros of the families of decimal digits.
    private static let digitFamilies: [UInt32] = [
        0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
        0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0,
        0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    ]
}

/// The integer that a text begins with, as JavaScript's parseInt reads it; NaN without one.
func leadingInteger(_ text: String) -> Double {
    var bytes = Array(text.utf8)[...]
    while let first = bytes.first, first == 0x20 || (0x09...0x0D).contains(first) { bytes = bytes.dropFirst() }
    let isNegative = bytes.first == UInt8(ascii: "-")
    if isNegative || bytes.first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
    let digits = bytes.prefix { $0 &- 0x30 < 10 }
    guard !digits.isEmpty, let value = Double(String(decoding: digits, as: UTF8.self)) else { return .nan }
    return isNegative ? -value : value
}
