import JSONValue

/// The members of a request whose shape was checked: reading one that is there cannot fail.
struct Fields: Sendable {
    private let members: JSONObject

    init(_ request: JSON) { members = request.objectValue ?? JSONObject() }

    /// JSON's null counts as absent.
    subscript(name: String) -> JSON? {
        guard let value = members[name], !value.isNull else { return nil }
        return value
    }

    func has(_ name: String) -> Bool { self[name] != nil }
    func string(_ name: String) -> String? { self[name]?.stringValue }
    func integer(_ name: String) -> Int? { self[name]?.intValue.map(Int.init) }
    func boolean(_ name: String) -> Bool? { self[name]?.boolValue }
    func list(_ name: String) -> [JSON]? { self[name]?.arrayValue }
    func fields(_ name: String) -> Fields? { self[name].map(Fields.init) }

    /// A member that the shape requires.
    func required(_ name: String) -> String { string(name) ?? "" }
}

extension JSON {
    /// A point in time as AWS JSON 1.0 writes it: seconds since the epoch, with milliseconds.
    init(epochSeconds time: Timestamp) {
        let milliseconds = time.milliseconds
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        guard milliseconds >= 0 else {
            self = .double(Double(milliseconds) / 1000)
            return
        }
        let fraction = String(rest)
        self = .number("\(seconds)." + String(repeating: "0", count: 3 - fraction.count) + fraction)
    }

    /// An object of the members that are there; AWS writes no nulls.
    init(members: [(String, JSON?)]) {
        var object = JSONObject()
        object.reserveCapacity(members.count)
        for (key, value) in members {
            if let value, !value.isNull { object[key] = value }
        }
        self = .object(object)
    }

    /// Without the members of objects that are null: to AWS they are absent.
    var withoutNulls: JSON { hasNulls ? droppingNulls : self }

    private var hasNulls: Bool {
        switch self {
        case .object(let members): members.members.contains { $0.value.isNull || $0.value.hasNulls }
        case .array(let elements): elements.contains(where: \.hasNulls)
        default: false
        }
    }

    private var droppingNulls: JSON {
        switch self {
        case .object(let members):
            var kept = JSONObject()
            kept.reserveCapacity(members.count)
            for (key, value) in members where !value.isNull { kept[key] = value.droppingNulls }
            return .object(kept)
        case .array(let elements): return .array(elements.map(\.droppingNulls))
        default: return self
        }
    }

    init?(optional text: String?) {
        guard let text else { return nil }
        self = .string(text)
    }
}
