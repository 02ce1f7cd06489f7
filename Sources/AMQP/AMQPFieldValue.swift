/// A value in a field table: message headers, queue arguments, server properties.
///
/// Integers of every width are read as `int`; an unsigned one above `Int64.max` as `double`. Decimals are read as
/// `double`.
package enum AMQPFieldValue: Sendable, Hashable {
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    /// Seconds since 1970-01-01T00:00:00Z.
    case timestamp(Int64)
    case array([AMQPFieldValue])
    case table([String: AMQPFieldValue])
    case null

    /// The text of a string, or of bytes that are valid UTF-8: brokers and clients disagree on which of the two is sent.
    package var stringValue: String? {
        switch self {
        case .string(let text): text
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        default: nil
        }
    }

    package var intValue: Int64? {
        if case .int(let value) = self { value } else { nil }
    }
}

extension AMQPFieldValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}
