import JSONValue

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Instants and durations as people read them, in the machine's time zone.
enum LocalTime {
    /// `2026-03-01 14:05:09`
    static func dateAndTime(_ instant: Timestamp) -> String {
        let parts = components(instant)
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) \(clock(parts))"
    }

    /// `14:05:09.123`
    static func timeOfDay(_ instant: Timestamp) -> String {
        let milliseconds = ((instant.milliseconds % 1000) + 1000) % 1000
        return "\(clock(components(instant))).\(String(milliseconds + 1000).dropFirst())"
    }

    /// `83 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`
    static func duration(seconds: Double) -> String {
        let seconds = max(0, seconds)
        if seconds < 0.9995 { return "\(Int((seconds * 1000).rounded())) ms" }
        if seconds < 59.95 {
            let tenths = Int((seconds * 10).rounded())
            return "\(tenths / 10).\(tenths % 10) s"
        }
        guard seconds < 1e12 else { return "for ever" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        if whole < 86_400 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
        return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
    }

    private static func components(_ instant: Timestamp) -> tm {
        var seconds = time_t((instant.seconds).rounded(.down))
        var parts = tm()
        localtime_r(&seconds, &parts)
        return parts
    }

    private static func clock(_ parts: tm) -> String {
        "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }

    private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension JSON {
    /// A timestamp of the AWS JSON protocol: seconds since 1970, with a fraction.
    var instant: Timestamp? {
        doubleValue.flatMap { seconds in
            abs(seconds) < 1e12 ? Timestamp(microseconds: Int64((seconds * 1_000_000).rounded())) : nil
        }
    }
}
