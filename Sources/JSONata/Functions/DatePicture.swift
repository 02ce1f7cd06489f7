internal import JSONValue

/// A picture string of `$fromMillis` and `$toMillis`, after XPath and XQuery Functions and Operators 3.1, section 9.8,
/// with the additions X and x: the year that a week belongs to, and the month.
struct DatePicture {
    enum Part {
        case literal(String)
        case marker(Marker)
    }

    struct Marker {
        let component: Character
        var names: IntegerPicture.LetterCase?
        var integer: IntegerPicture?
        var minimumWidth: Int?
        var maximumWidth: Int?
        /// `t`: `Z` for no offset.
        var isTraditional = false
        /// Years are cut to so many digits.
        var yearDigits: Int?
    }

    private(set) var parts: [Part] = []

    static let iso8601 = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"

    private static let defaults: [Character: String] = [
        "Y": "1", "M": "1", "D": "1", "d": "1", "F": "n", "W": "1", "w": "1", "X": "1", "x": "1", "H": "1", "h": "1",
        "P": "n", "m": "01", "s": "01", "f": "1", "Z": "01:01", "z": "01:01", "C": "n", "E": "n",
    ]

    init(_ picture: String) throws(JSONataError) {
        let scalars = Array(picture.unicodeScalars)
        var literal = ""
        var position = 0
        func flush() {
            guard !literal.isEmpty else { return }
            parts.append(.literal(literal))
            literal = ""
        }
        while position < scalars.count {
            let scalar = scalars[position]
            if scalar == "[" {
                if position + 1 < scalars.count, scalars[position + 1] == "[" {
                    literal += "["
                    position += 2
                    continue
                }
                flush()
                guard let end = scalars[position...].firstIndex(of: "]") else { throw JSONataError("D3135") }
                let marker = scalars[position + 1..<end].filter { !$0.properties.isWhitespace }
                try add(marker)
                position = end + 1
                continue
            }
            literal.unicodeScalars.append(scalar)
            // A doubled bracket stands for one.
            let isDoubled = scalar == "]" && position + 1 < scalars.count && scalars[position + 1] == "]"
            position += isDoubled ? 2 : 1
        }
        flush()
    }

    private mutating func add(_ scalars: [Unicode.Scalar]) throws(JSONataError) {
        var marker = Marker(component: scalars.first.map { Character($0) } ?? " ")
        var presentation = scalars.dropFirst()
        if let comma = presentation.lastIndex(of: ",") {
            let widths = presentation[(comma + 1)...]
                .split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            func width(_ index: Int) -> Int? {
                guard index < widths.count else { return nil }
                let number = leadingInteger(String(String.UnicodeScalarView(widths[index])))
                return number.isNaN || number < 0 || number > 10_000 ? nil : Int(number)
            }
            (marker.minimumWidth, marker.maximumWidth) = (width(0), width(1))
            presentation = presentation[..<comma]
        }
        var second: Unicode.Scalar?
        if presentation.count > 1, let last = presentation.last, "atco".unicodeScalars.contains(last) {
            second = last
            presentation = presentation.dropLast()
        }
        marker.isTraditional = second == "t"
        var first = String(String.UnicodeScalarView(presentation))
        if presentation.isEmpty {
            guard let standard = Self.defaults[marker.component] else {
                throw JSONataError("D3132", value: .string(String(marker.component)))
            }
            first = standard
        }
        if first.hasPrefix("n") {
            marker.names = .lower
        } else if first.hasPrefix("N") {
            marker.names = first.hasPrefix("Nn") ? .title : .upper
        } else if "YMDdFWwXxHhmsf".contains(marker.component) {
            try setInteger(&marker, first, second)
        }
        if marker.component == "Z" || marker.component == "z" { marker.integer = try IntegerPicture(first) }
        parts.append(.marker(marker))
    }

    private mutating func setInteger(
        _ marker: inout Marker, _ first: String, _ second: Unicode.Scalar?
    ) throws(JSONataError) {
        var integer = try IntegerPicture(second.map { first + ";" + String($0) } ?? first)
        if let minimum = marker.minimumWidth, integer.mandatoryDigits < minimum { integer.mandatoryDigits = minimum }
        if marker.component == "Y" {
            if let maximum = marker.maximumWidth {
                marker.yearDigits = maximum
                integer.mandatoryDigits = maximum
            } else if integer.mandatoryDigits + integer.optionalDigits >= 2 {
                marker.yearDigits = integer.mandatoryDigits + integer.optionalDigits
            }
        }
        marker.integer = integer
        // Numbers that follow each other at once are told apart by their width only.
        if case .marker(var previous)? = parts.last, let width = previous.integer?.mandatoryDigits {
            previous.integer?.parseWidth = width
            parts[parts.count - 1] = .marker(previous)
        }
    }

    // MARK: Formatting

    func format(_ milliseconds: Double, timezone: String?) throws(JSONataError) -> String {
        var hours = 0
        var minutes = 0
        if let timezone {
            let offset = leadingInteger(timezone)
            if !offset.isNaN, offset.magnitude < 1e6 {
                hours = Int((offset / 100).rounded(.down))
                minutes = Int(offset.truncatingRemainder(dividingBy: 100))
            }
        }
        let date = CalendarDate(milliseconds: milliseconds + Double(60 * hours + minutes) * 60_000)
        var result = ""
        for part in parts {
            switch part {
            case .literal(let text): result += text
            case .marker(let marker): result += try format(marker, date, hours, minutes)
            }
        }
        return result
    }

    private func format(
        _ marker: Marker, _ date: CalendarDate, _ hours: Int, _ minutes: Int
    ) throws(JSONataError) -> String {
        switch marker.component {
        case "Z", "z": return try offset(marker, hours, minutes)
        case "P":
            let text = date.component("P") == 1 ? "pm" : "am"
            return marker.names == .upper ? text.uppercased() : text
        case "C", "E": return "ISO"
        default: break
        }
        var value = date.component(marker.component)
        guard let names = marker.names, marker.component != "f" else {
            if let digits = marker.yearDigits, digits < 18 {
                var modulus = 1
                for _ in 0..<digits { modulus *= 10 }
                value %= modulus
            }
            return try marker.integer?.format(Double(value)) ?? String(value)
        }
        var text: String
        switch marker.component {
        case "M", "x": text = CalendarDate.monthNames[value - 1]
        case "F": text = CalendarDate.dayNames[value - 1]
        default: throw JSONataError("D3133", value: .string(String(marker.component)))
        }
        if names == .upper { text = text.uppercased() } else if names == .lower { text = text.lowercased() }
        if let maximum = marker.maximumWidth { text = String(text.prefix(maximum)) }
        return text
    }

    private func offset(_ marker: Marker, _ hours: Int, _ minutes: Int) throws(JSONataError) -> String {
        guard let integer = marker.integer else { return "" }
        let offset = hours * 100 + minutes
        var text: String
        if integer.regularGrouping > 0 {
            text = try integer.format(Double(offset))
        } else {
            switch integer.mandatoryDigits {
            case 1, 2:
                text = try integer.format(Double(hours))
                if minutes != 0 { text += ":" + (try IntegerPicture("00").format(Double(minutes))) }
            case 3, 4: text = try integer.format(Double(offset))
            default: throw JSONataError("D3134", value: .int(Int64(integer.mandatoryDigits)))
            }
        }
        if offset == 0, marker.isTraditional { return "Z" }
        if offset >= 0 { text = "+" + text }
        return marker.component == "z" ? "GMT" + text : text
    }
}
