extension JSON {
    /// The value as Java prints it: text without quotes, lists as `[a, b]`, maps as `{k=v}`. AWS's services let this form
    /// show in some messages and in `States.Format`.
    package var javaText: String {
        switch self {
        case .string(let value): value
        case .array(let elements): "[" + elements.map(\.javaText).joined(separator: ", ") + "]"
        case .object(let object):
            "{" + object.members.map { $0.key + "=" + $0.value.javaText }.joined(separator: ", ") + "}"
        default: serialized()
        }
    }

    /// The class by which a Java service names the value in its messages; `null` for null.
    package var javaClassName: String {
        switch self {
        case .null: "null"
        case .bool: "java.lang.Boolean"
        case .int(let value): Int32(exactly: value) == nil ? "java.lang.Long" : "java.lang.Integer"
        case .double: "java.lang.Double"
        case .number: "java.math.BigInteger"
        case .string: "java.lang.String"
        case .array: "java.util.ArrayList"
        case .object: "java.util.LinkedHashMap"
        }
    }
}
