import JSONValue

struct FieldError: Error {
    let message: String
}

/// The members of an object that this program once wrote.
struct Fields {
    private let object: JSONObject

    init(_ value: JSON) throws(FieldError) {
        guard case .object(let object) = value else { throw FieldError(message: "an object is expected") }
        self.object = object
    }

    func json(_ key: String) throws(FieldError) -> JSON {
        guard let value = object[key] else { throw FieldError(message: "there is no \(key)") }
        return value
    }

    func has(_ key: String) -> Bool { object[key] != nil }
    func optionalJSON(_ key: String) -> JSON? { object[key] }

    func fields(_ key: String) throws(FieldError) -> Fields { try Fields(try json(key)) }

    func int(_ key: String) throws(FieldError) -> Int {
        guard let value = try json(key).intValue else { throw FieldError(message: "\(key) is not a whole number") }
        return Int(value)
    }

    func optionalInt(_ key: String) throws(FieldError) -> Int? { try has(key) ? int(key) : nil }

    func double(_ key: String) throws(FieldError) -> Double {
        guard let value = try json(key).doubleValue else { throw FieldError(message: "\(key) is not a number") }
        return value
    }

    func bool(_ key: String) throws(FieldError) -> Bool {
        guard let value = try json(key).boolValue else { throw FieldError(message: "\(key) is not a boolean") }
        return value
    }

    func string(_ key: String) throws(FieldError) -> String {
        guard let value = try json(key).stringValue else { throw FieldError(message: "\(key) is not a text") }
        return value
    }

    func optionalString(_ key: String) throws(FieldError) -> String? { try has(key) ? string(key) : nil }

    /// The members of an object; none where there is no such field.
    func optionalObject(_ key: String) throws(FieldError) -> JSONObject {
        switch object[key] {
        case nil: return JSONObject()
        case .object(let members)?: return members
        default: throw FieldError(message: "\(key) is not an object")
        }
    }

    func array(_ key: String) throws(FieldError) -> [JSON] {
        guard let value = try json(key).arrayValue else { throw FieldError(message: "\(key) is not an array") }
        return value
    }

    func value<Value: RawRepresentable<String>>(_ key: String) throws(FieldError) -> Value {
        let text = try string(key)
        guard let value = Value(rawValue: text) else { throw FieldError(message: "\(key) is unknown: \(text)") }
        return value
    }

    func time(_ key: String) throws(FieldError) -> Timestamp {
        Timestamp(microseconds: Int64(try int(key)))
    }
}
