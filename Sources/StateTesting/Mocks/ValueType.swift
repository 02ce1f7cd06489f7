/// The type of a field, read from its text in the service models.
indirect enum ValueType {
    case string(length: Bounds, pattern: String?)
    case blob(length: Bounds)
    case number(Bounds)
    case boolean, timestamp, anything
    case oneOf([Substring])
    case list(ValueType)
    case map(ValueType)
    case structure(String)

    /// Bounds that may be open on either side.
    struct Bounds {
        var least: Double?
        var most: Double?

        /// `1-64`, `-64` is below 64, `1-` at least 1; a minus sign may stand before each number.
        init(_ text: some StringProtocol) {
            guard let dash = text.dropFirst().firstIndex(of: "-") ?? text.firstIndex(of: "-") else { return }
            least = Double(text[..<dash])
            most = Double(text[text.index(after: dash)...])
        }
    }

    init(_ text: some StringProtocol) {
        let rest = text.dropFirst()
        switch text.first {
        case "s":
            let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            self = .string(length: Bounds(parts.first ?? ""), pattern: parts.count > 1 ? String(parts[1]) : nil)
        case "=": self = .oneOf(String(rest).split(separator: "|"))
        case "B": self = .blob(length: Bounds(rest))
        case "n": self = .number(Bounds(rest))
        case "b": self = .boolean
        case "t": self = .timestamp
        case "[": self = .list(ValueType(String(rest)))
        case "{": self = .map(ValueType(String(rest)))
        case "#": self = .structure(String(rest))
        default: self = .anything
        }
    }
}
