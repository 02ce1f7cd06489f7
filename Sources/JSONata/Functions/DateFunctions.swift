internal import JSONValue

extension Builtin {
    static let dateFunctions: [Builtin] = [
        Builtin("now", "<s?s?:s>", arity: 2) { arguments, evaluator throws(JSONataError) in
            let picture = arguments.string(0) ?? DatePicture.iso8601
            try evaluator.spend(picture: picture)
            return .string(try DatePicture(picture).format(evaluator.now, timezone: arguments.string(1)))
        },
        Builtin("millis", "<:n>", arity: 0) { arguments, evaluator throws(JSONataError) in .number(evaluator.now) },
        Builtin("fromMillis", "<n-s?s?:s>", arity: 3) { arguments, evaluator throws(JSONataError) in
            guard let milliseconds = try arguments.number(0) else { return .undefined }
            let picture = arguments.string(1) ?? DatePicture.iso8601
            try evaluator.spend(picture: picture)
            return .string(try DatePicture(picture).format(milliseconds, timezone: arguments.string(2)))
        },
        Builtin("toMillis", "<s-s?:n>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let text = arguments.string(0) else { return .undefined }
            if let picture = arguments.string(1) {
                try evaluator.spend(picture: picture)
                let result = try DatePicture(picture).parse(text, now: evaluator.now, evaluator)
                return result.map { .number($0) } ?? .undefined
            }
            var reader = ISODateReader(text)
            guard let milliseconds = reader.read() else { throw JSONataError("D3110", arguments[0]) }
            return .number(milliseconds)
        },
    ]
}

extension Evaluator {
    /// The time of the evaluation in milliseconds.
    var now: Double { Double(environment.now.milliseconds) }
}

/// Reads what the reference takes for an ISO 8601 timestamp: year, month, day, time with a fraction, offset, each part
/// after the year optional.
private struct ISODateReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func number(_ digits: Int) -> Int? {
        guard position + digits <= bytes.count else { return nil }
        var value = 0
        for index in position..<position + digits {
            guard bytes[index] &- 0x30 < 10 else { return nil }
            value = value * 10 + Int(bytes[index] - 0x30)
        }
        position += digits
        return value
    }

    /// Nil for any other form; NaN for a month, day or hour that cannot be.
    mutating func read() -> Double? {
        guard let year = number(4) else { return nil }
        var (month, day, time, offset) = (1, 1, 0.0, 0.0)
        if skip("-") {
            guard let value = number(2), value < 20 else { return nil }
            month = value
            if skip("-") {
                guard let value = number(2), value < 40 else { return nil }
                day = value
            }
        }
        var hour = 0
        if skip("T") {
            guard let hours = number(2), hours < 30, skip(":"), let minutes = number(2), minutes < 60, skip(":"),
                let seconds = number(2), seconds < 60
            else { return nil }
            hour = hours
            time = Double(hours * 3_600 + minutes * 60 + seconds)
        }
        if skip(".") {
            guard let milliseconds = fraction() else { return nil }
            time += milliseconds / 1_000
        }
        if !skip("Z"), position < bytes.count {
            guard let value = zone() else { return nil }
            offset = value
        }
        guard position == bytes.count else { return nil }
        guard (1...12).contains(month), (1...31).contains(day), hour <= 24 else { return .nan }
        let days = CalendarDate.dayNumber(year: year, month: month, day: day)
        return ((Double(days) * 86_400 + time - offset) * 1_000).rounded()
    }

    /// Milliseconds; digits beyond them are dropped.
    private mutating func fraction() -> Double? {
        var value = 0
        var digits = 0
        while position < bytes.count, bytes[position] &- 0x30 < 10 {
            if digits < 3 { value = value * 10 + Int(bytes[position] - 0x30) }
            digits += 1
            position += 1
        }
        guard digits > 0 else { return nil }
        for _ in min(digits, 3)..<3 { value *= 10 }
        return Double(value)
    }

    /// Seconds.
    private mutating func zone() -> Double? {
        let isNegative = skip("-")
        guard isNegative || skip("+"), let hours = number(2), hours < 30 else { return nil }
        _ = skip(":")
        guard let minutes = number(2), minutes < 60 else { return nil }
        let seconds = Double(hours * 3_600 + minutes * 60)
        return isNegative ? -seconds : seconds
    }
}
