/// A date and time of the proleptic Gregorian calendar in UTC, by arithmetic alone.
struct CalendarDate {
    let milliseconds: Double
    let year: Int
    /// From 1.
    let month: Int
    let day: Int
    /// Days since 1970-01-01.
    let dayNumber: Int
    let millisecondOfDay: Int

    init(milliseconds: Double) {
        // JavaScript's dates end 100 million days from the epoch.
        let whole = milliseconds.isFinite ? max(min(milliseconds.rounded(.towardZero), 8.64e15), -8.64e15) : 0
        self.milliseconds = whole
        let days = (whole / 86_400_000).rounded(.down)
        dayNumber = Int(days)
        millisecondOfDay = Int(whole - days * 86_400_000)
        // Years are counted from March, so that the leap day is the last of its year; 400 of them have 146,097 days.
        let shifted = dayNumber + 719_468
        let era = Int((Double(shifted) / 146_097).rounded(.down))
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// Days from 1970-01-01; months and days beyond their range run over.
    static func dayNumber(year: Int, month: Int, day: Int) -> Int {
        let months = year * 12 + month - 1
        let year = Int((Double(months) / 12).rounded(.down))
        let month = months - year * 12 + 1
        let marchYear = month <= 2 ? year - 1 : year
        let era = Int((Double(marchYear) / 400).rounded(.down))
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// 1 is Monday, 7 Sunday.
    static func weekday(_ dayNumber: Int) -> Int {
        let index = (dayNumber + 3) % 7
        return (index < 0 ? index + 7 : index) + 1
    }

    /// The Monday of the first week, the one with the first Thursday, of a year or a month.
    private static func firstWeek(year: Int, month: Int) -> Int {
        let first = dayNumber(year: year, month: month, day: 1)
        let weekday = weekday(first)
        return weekday > 4 ? first + 8 - weekday : first - weekday + 1
    }

    /// A component of a date picture.
    func component(_ letter: Character) -> Int {
        switch letter {
        case "Y": return year
        case "M": return month
        case "D": return day
        case "d": return dayNumber - Self.dayNumber(year: year, month: 1, day: 1) + 1
        case "F": return Self.weekday(dayNumber)
        case "W": return week(of: (year, 1), next: (year + 1, 1), previous: (year - 1, 1))
        case "w": return week(of: (year, month), next: (year, month + 1), previous: (year, month - 1))
        case "X":
            if dayNumber < Self.firstWeek(year: year, month: 1) { return year - 1 }
            return dayNumber >= Self.firstWeek(year: year + 1, month: 1) ? year + 1 : year
        case "x":
            if dayNumber < Self.firstWeek(year: year, month: month) { return month == 1 ? 12 : month - 1 }
            return dayNumber >= Self.firstWeek(year: year, month: month + 1) ? month % 12 + 1 : month
        case "H": return millisecondOfDay / 3_600_000
        case "h":
            let hour = millisecondOfDay / 3_600_000 % 12
            return hour == 0 ? 12 : hour
        case "P": return millisecondOfDay >= 43_200_000 ? 1 : 0
        case "m": return millisecondOfDay / 60_000 % 60
        case "s": return millisecondOfDay / 1_000 % 60
        case "f": return millisecondOfDay % 1_000
        default: return 0
        }
    }

    private func week(of own: (Int, Int), next: (Int, Int), previous: (Int, Int)) -> Int {
        let start = Self.firstWeek(year: own.0, month: own.1)
        if dayNumber >= Self.firstWeek(year: next.0, month: next.1) { return 1 }
        if dayNumber >= start { return (dayNumber - start) / 7 + 1 }
        return (dayNumber - Self.firstWeek(year: previous.0, month: previous.1)) / 7 + 1
    }

    static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    static let dayNames = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
}
