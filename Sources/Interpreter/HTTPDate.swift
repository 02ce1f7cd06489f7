package import JSONValue

extension Timestamp {
    /// As HTTP headers tell the time (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    package var httpDate: String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let text = rfc3339
        let date = text.prefix { $0 != "T" }.split(separator: "-")
        // 1970 began on a Thursday.
        let remainder = (milliseconds / 86_400_000) % 7
        guard date.count == 3, let month = Int(date[1]), months.indices.contains(month - 1), remainder >= 0 else {
            return text
        }
        let time = text.drop { $0 != "T" }.dropFirst().prefix(8)
        return "\(days[Int(remainder)]), \(date[2]) \(months[month - 1]) \(date[0]) \(time) GMT"
    }
}
