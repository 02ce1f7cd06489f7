internal import JSONValue
internal import RegularExpression

extension DatePicture {
    /// Milliseconds since 1970; nil for a text that the picture does not describe. What the picture leaves out on the
    /// left is taken from `now`, on the right it is the beginning.
    func parse(_ text: String, now: Double, _ evaluator: Evaluator) throws(JSONataError) -> Double? {
        guard let found = try components(text, evaluator), !found.isEmpty else { return nil }
        let given = Set(found.filter { $0.value != 0 && !$0.value.isNaN }.keys)

        // Which set of components describes the date, which the time: all given must belong to it.
        func isType(_ letters: String, of all: String) -> Bool {
            let mine = Set(letters)
            let relevant = given.intersection(all)
            return !relevant.isEmpty && relevant.isSubset(of: mine)
        }
        let dates = "YXMxWwdD"
        let isOrdinalDate = !isType("YMD", of: dates) && isType("Yd", of: dates)
        let isMonthWeek = isType("Xxw", of: dates)
        let isYearWeek = !isMonthWeek && isType("XW", of: dates)
        let isHalfDay = !isType("Hmsf", of: "PHhmsf") && isType("Phmsf", of: "PHhmsf")

        // In the ordinal date the gaps are looked for as the reference does it, with the day of the month.
        let date = isOrdinalDate ? "YD" : isMonthWeek ? "XxwF" : isYearWeek ? "XWF" : "YMD"
        var values = found
        let today = CalendarDate(milliseconds: now)
        var hasStarted = false
        var hasEnded = false
        for letter in date + (isHalfDay ? "Phmsf" : "Hmsf") {
            if values[letter] != nil {
                hasStarted = true
                if hasEnded { throw JSONataError("D3136") }
            } else if hasStarted {
                values[letter] = "MDd".contains(letter) ? 1 : 0
                hasEnded = true
            } else {
                values[letter] = Double(today.component(letter))
            }
        }
        guard !isMonthWeek, !isYearWeek else { throw JSONataError("D3136") }
        // Far beyond any date; sums and products of such numbers stay within an Int.
        func value(_ letter: Character) -> Int { max(min(Int(clamping: values[letter] ?? 0), 1 << 30), -1 << 30) }
        var day: Int
        // Years 0 to 99 are those of the last century, as JavaScript has it.
        let year = (0...99).contains(value("Y")) ? value("Y") + 1900 : max(min(value("Y"), 1_000_000), -1_000_000)
        if isOrdinalDate {
            day = CalendarDate.dayNumber(year: year, month: 1, day: 1) + min(value("d"), 1_000_000) - 1
        } else {
            let month = max(min(value("M"), 1_000_000), 1)
            day = CalendarDate.dayNumber(year: year, month: month, day: 1) + min(value("D"), 1_000_000) - 1
        }
        var hour = value("H")
        if isHalfDay {
            hour = value("h") == 12 ? 0 : value("h")
            if value("P") == 1 { hour += 12 }
        }
        let offset = found["Z"] ?? found["z"] ?? 0
        let seconds = Double(hour) * 3_600 + Double(value("m")) * 60 + Double(value("s"))
        let milliseconds = Double(day) * 86_400_000 + seconds * 1_000 + Double(value("f"))
        // Beyond that JavaScript knows no dates.
        return milliseconds.magnitude <= 8.64e15 ? milliseconds - offset * 60_000 : .nan
    }

    private func components(
        _ text: String, _ evaluator: Evaluator
    ) throws(JSONataError) -> [Character: Double]? {
        var pattern = "^"
        for part in parts {
            switch part {
            case .literal(let text): pattern += "(" + escaped(text) + ")"
            case .marker(let marker): pattern += "(" + (try self.pattern(marker)) + ")"
            }
        }
        let regex: RegularExpression
        do throws(RegularExpressionError) {
            regex = try RegularExpression(pattern + "$", flags: .ignoresCase, dialect: .ecmaScript)
        } catch {
            throw JSONataError("D3136")
        }
        let scalars = Array(text.unicodeScalars)
        guard let match = try evaluator.firstMatch(regex, in: scalars, from: 0) else { return nil }
        var result: [Character: Double] = [:]
        for (part, group) in zip(parts, match.groups) {
            guard case .marker(let marker) = part, let group else { continue }
            let value = try parse(marker, String(String.UnicodeScalarView(scalars[group])))
            if let value { result[marker.component] = value }
        }
        return result
    }

    private func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if ".*+?^${}()|[]\\/".unicodeScalars.contains(scalar) { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    private func separator(_ marker: Marker) -> String? {
        guard let integer = marker.integer, integer.regularGrouping > 0 else { return nil }
        return integer.separators.first?.character
    }

    private func pattern(_ marker: Marker) throws(JSONataError) -> String {
        switch marker.component {
        case "Z", "z":
            let digits = "[-+][0-9]+" + (separator(marker).map { escaped($0) + "[0-9]+" } ?? "")
            let prefixed = (marker.component == "z" ? "GMT" : "") + digits
            return marker.isTraditional ? "(?:Z|\(prefixed))" : prefixed
        default:
            if let integer = marker.integer {
                if case .sequence(let token) = integer.kind { throw JSONataError("D3130", value: .string(token)) }
                return integer.pattern
            }
            guard "MxFP".contains(marker.component) else {
                throw JSONataError("D3133", value: .string(String(marker.component)))
            }
            return "[a-zA-Z]+"
        }
    }

    private func parse(_ marker: Marker, _ text: String) throws(JSONataError) -> Double? {
        switch marker.component {
        case "Z", "z": return offset(marker, marker.component == "z" && text != "Z" ? String(text.dropFirst(3)) : text)
        case "P" where marker.integer == nil:
            return ["am": 0, "AM": 0, "pm": 1, "PM": 1][text]
        case "M" where marker.integer == nil, "x" where marker.integer == nil:
            return position(of: text, in: CalendarDate.monthNames, marker)
        case "F" where marker.integer == nil:
            return position(of: text, in: CalendarDate.dayNames, marker)
        default: return try marker.integer?.parse(text)
        }
    }

    private func position(of text: String, in names: [String], _ marker: Marker) -> Double? {
        let width = marker.maximumWidth ?? Int.max
        return names.firstIndex { $0.prefix(width) == text }.map { Double($0 + 1) }
    }

    /// Minutes.
    private func offset(_ marker: Marker, _ text: String) -> Double {
        if text == "Z" || text == "z" { return 0 }
        if let separator = separator(marker), let range = text.firstRange(of: separator) {
            return leadingInteger(String(text[..<range.lowerBound])) * 60
                + leadingInteger(String(text[range.upperBound...]))
        }
        if text.utf8.count <= 3 { return leadingInteger(text) * 60 }
        return leadingInteger(String(text.prefix(3))) * 60 + leadingInteger(String(text.dropFirst(3)))
    }
}
