/// A JSON value as it was read: integers stay exact, decimals keep their kind, object members keep their order.
///
/// Strings, and with them object keys, compare by their UTF-8 bytes, never by Unicode's canonical equivalence
/// (RFC 8259 section 8.3): `"é"` and `"e\u{301}"` are two different keys.
public enum JSON: Sendable {
    case null
    case bool(Bool)
    /// An integer literal that fits 64 bits.
    case int(Int64)
    /// A literal with a fraction or an exponent.
    case double(Double)
    /// A number that neither of the above holds exactly: its literal, untouched (`12345678901234567890`).
    case number(String)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

extension JSON {
    public var isNull: Bool { if case .null = self { true } else { false } }
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var intValue: Int64? { if case .int(let value) = self { value } else { nil } }
    public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    public var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }
    public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }

    /// Any number as binary64, the precision in which ASL compares numbers.
    public var doubleValue: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        case .number(let literal): Double(literal)
        default: nil
        }
    }

    public subscript(key: String) -> JSON? { objectValue?[key] }
    public subscript(index: Int) -> JSON? {
        guard let array = arrayValue, array.indices.contains(index) else { return nil }
        return array[index]
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(JSONObject(elements))
    }
}
