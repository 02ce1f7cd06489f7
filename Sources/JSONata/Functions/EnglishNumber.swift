/// Numbers in English words.
enum EnglishNumber {
    private static let units = [
        "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
        "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
    ]
    private static let ordinalUnits = [
        "Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth",
        "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth",
        "Nineteenth",
    ]
    private static let tens = ["Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"]
    private static let magnitudes = ["Thousand", "Million", "Billion", "Trillion"]

    static func words(_ value: Double, isOrdinal: Bool) -> String {
        guard value.isFinite else { return "" }
        return words(value, follows: false, isOrdinal)
    }

    /// `follows`: larger parts of the number stand before.
    private static func words(_ value: Double, follows: Bool, _ isOrdinal: Bool) -> String {
        if value <= 19 {
            let index = Int(value)
            return (follows ? " and " : "") + (isOrdinal ? ordinalUnits[index] : units[index])
        }
        if value < 100 {
            let ten = tens[Int(value / 10) - 2]
            let rest = value.truncatingRemainder(dividingBy: 10)
            let text = (follows ? " and " : "") + ten
            if rest > 0 { return text + "-" + words(rest, follows: false, isOrdinal) }
            return isOrdinal ? text.dropLast() + "ieth" : text
        }
        let factor: Double
        let name: String
        if value < 1_000 {
            (factor, name) = (100, "Hundred")
        } else {
            let index = value >= 1e12 ? 3 : value >= 1e9 ? 2 : value >= 1e6 ? 1 : 0
            (factor, name) = ([1e3, 1e6, 1e9, 1e12][index], magnitudes[index])
        }
        let count = (value / factor).rounded(.down)
        let rest = value - count * factor
        let head = value < 1_000 ? units[Int(count)] : words(count, follows: false, false)
        let text = (follows ? ", " : "") + head + " " + name
        if rest > 0 { return text + words(rest, follows: true, isOrdinal) }
        return isOrdinal ? text + "th" : text
    }

    private static let values: [String: Double] = {
        var values: [String: Double] = [:]
        for (index, word) in units.enumerated() { values[word.lowercased()] = Double(index) }
        for (index, word) in ordinalUnits.enumerated() { values[word.lowercased()] = Double(index) }
        for (index, word) in (tens + ["Hundred"]).enumerated() {
            values[word.lowercased()] = Double(index + 2) * 10
            values[word.lowercased().dropLast() + "ieth"] = Double(index + 2) * 10
        }
        values["hundredth"] = 100
        for (index, word) in magnitudes.enumerated() {
            let value = [1e3, 1e6, 1e9, 1e12][index]
            values[word.lowercased()] = value
            values[word.lowercased() + "th"] = value
        }
        return values
    }()

    /// In an order in which a longer word comes before the one that it begins with.
    static let allWords = values.keys.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }

    /// NaN if a word is no number.
    static func parse(_ text: String) -> Double {
        var segments: [Double] = [0]
        for word in split(text) {
            let value = values[word] ?? .nan
            var top = segments.popLast() ?? 0
            if value < 100 {
                if top >= 1_000 {
                    segments.append(top)
                    top = 0
                }
                segments.append(top + value)
            } else {
                segments.append(top * value)
            }
        }
        return segments.reduce(0, +)
    }

    /// Words end at blanks, hyphens, a comma with a blank, and an "and" between blanks.
    private static func split(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        let scalars = Array(text.unicodeScalars)
        var position = 0
        while position < scalars.count {
            let scalar = scalars[position]
            let isBlank = scalar.properties.isWhitespace
            if scalar == ",", position + 1 < scalars.count, scalars[position + 1].properties.isWhitespace {
                position += 2
            } else if isBlank, position + 4 < scalars.count,
                String(String.UnicodeScalarView(scalars[position + 1..<position + 4])) == "and",
                scalars[position + 4].properties.isWhitespace
            {
                position += 5
            } else if isBlank || scalar == "-" || scalar == "\\" {
                position += 1
            } else {
                word.unicodeScalars.append(scalar)
                position += 1
                continue
            }
            words.append(word)
            word = ""
        }
        return words + [word]
    }
}
