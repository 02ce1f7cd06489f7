import JSONValue

struct FieldError: Error {
    let message: String
}

/// The members of an object that this program once wrote. They are found fastest in the order in which they were
/// written.
struct Fields {
    private let object: JSONObject
    /// Behind the one that was found last.
    private var next = 0

    init(_ value: JSON) throws(FieldError) {
        guard case .object(let object) = value else { throw FieldError(message: "an object is expected") }
        self.object = object
    }

    mutating func optionalJSON(_ key: String) -> JSON? {
        guard let place = object.position(of: key, near: next) else { return nil }
        next = place + 1
        return object.members[place].value
    }

    mutating func json(_ key: String) throws(FieldError) -> JSON {
        guard let value = optionalJSON(key) else { throw FieldError(message: "there is no \(key)") }
        return value
    }

    func has(_ key: String) -> Bool { object.position(of: key, near: next) != nil }

    mutating func fields(_ key: String) throws(FieldError) -> Fields { try Fields(try json(key)) }

    mutating func optionalFields(_ key: String) throws(FieldError) -> Fields? {
        guard let value = optionalJSON(key) else { return nil }
        return try Fields(value)
    }

    mutating func int(_ key: String) throws(FieldError) -> Int { try Self.int(try json(key), key) }

    mutating func optionalInt(_ key: String) throws(FieldError) -> Int? {
        guard let value = optionalJSON(key) else { return nil }
        return try Self.int(value, key)
    }

    mutating func double(_ key: String) throws(FieldError) -> Double {
        guard let value = try json(key).doubleValue else { throw FieldError(message: "\(key) is not a number") }
        return value
    }

    mutating func bool(_ key: String) throws(FieldError) -> Bool {
        guard let value = try json(key).boolValue else { throw FieldError(message: "\(key) is not a boolean") }
        return value
    }

    mutating func string(_ key: String) throws(FieldError) -> String { try Self.string(try json(key), key) }

    mutating func optionalString(_ key: String) throws(FieldError) -> String? {
        guard let value = optionalJSON(key) else { return nil }
        return try Self.string(value, key)
    }

    /// The members of an object; none where there is no such field.
    mutating func optionalObject(_ key: String) throws(FieldError) -> JSONObject {
        switch optionalJSON(key) {
        case nil: return JSONObject()
        case .object(let members)?: return members
        default: throw FieldError(message: "\(key) is not an object")
        }
    }

    mutating func array(_ key: String) throws(FieldError) -> [JSON] {
        guard let value = try json(key).arrayValue else { throw FieldError(message: "\(key) is not an array") }
        return value
    }

    mutating func value<Value: RawRepresentable<String>>(_ key: String) throws(FieldError) -> Value {
        let text = try string(key)
        guard let value = Value(rawValue: text) else { throw FieldError(message: "\(key) is unknown: \(text)") }
        return value
    }

    mutating func time(_ key: String) throws(FieldError) -> Timestamp {
        Timestamp(microseconds: Int64(try int(key)))
    }

    private static func int(_ value: JSON, _ key: String) throws(FieldError) -> Int {
        guard let number = value.intValue else { throw FieldError(message: "\(key) is not a whole number") }
        return Int(number)
    }

    private static func string(_ value: JSON, _ key: String) throws(FieldError) -> String {
        guard let text = value.stringValue else { throw FieldError(message: "\(key) is not a text") }
        return text
    }
}
