internal import JSONValue

/// An object made by an expression. Members have the order of JavaScript: keys that are array indexes first, by their
/// number, then the others as they were added.
///
/// Changed in place only by who makes it: constructors, and transforms, which work on a copy of their own.
final class ObjectValue {
    @exclusivity(unchecked) private(set) var keys: [String] = []
    @exclusivity(unchecked) private(set) var values: [Value] = []
    @exclusivity(unchecked) private var index: [UTF8Key: Int]?
    @exclusivity(unchecked) private var indexKeyCount = 0
    @exclusivity(unchecked) private(set) var nesting = Nesting()

    private static let largestWithoutIndex = 12

    init() {}

    init(capacity: Int) {
        keys.reserveCapacity(capacity)
        values.reserveCapacity(capacity)
    }

    /// Of keys that are known to be different and no indexes; those without a value are left out.
    init(distinct keys: [String], _ values: [Value]) {
        for value in values { nesting.contain(value) }
        if values.contains(where: \.isUndefined) {
            let present = values.indices.filter { !values[$0].isUndefined }
            self.keys = present.map { keys[$0] }
            self.values = present.map { values[$0] }
        } else {
            self.keys = keys
            self.values = values
        }
        buildIndexIfLarge()
    }

    convenience init(_ object: JSONObject) {
        self.init(capacity: object.count)
        for member in object.members { self[member.key] = Value(member.value) }
    }

    var count: Int { keys.count }

    subscript(key: String) -> Value {
        get { position(of: key).map { values[$0] } ?? .undefined }
        set {
            nesting.contain(newValue)
            if let position = position(of: key) {
                values[position] = newValue
            } else {
                insert(key, newValue)
            }
        }
    }

    /// Adds a member whose key is known to be new and no index of an array.
    func append(new key: String, _ value: Value) {
        nesting.contain(value)
        keys.append(key)
        values.append(value)
        if keys.count > Self.largestWithoutIndex { buildIndexIfLarge() }
    }

    func removeAll() {
        keys = []
        values = []
        index = nil
        indexKeyCount = 0
    }

    func contains(_ key: String) -> Bool { position(of: key) != nil }

    func remove(_ key: String) {
        guard let position = position(of: key) else { return }
        if position < indexKeyCount { indexKeyCount -= 1 }
        keys.remove(at: position)
        values.remove(at: position)
        index = nil
        buildIndexIfLarge()
    }

    func position(of key: String) -> Int? {
        if let index { return index[UTF8Key(key)] }
        for position in keys.indices where keys[position].hasSameUTF8(as: key) { return position }
        return nil
    }

    private func insert(_ key: String, _ value: Value) {
        if let number = arrayIndex(key) {
            var position = 0
            while position < indexKeyCount, let other = arrayIndex(keys[position]), other < number { position += 1 }
            indexKeyCount += 1
            if position < keys.count {
                keys.insert(key, at: position)
                values.insert(value, at: position)
                index = nil
                buildIndexIfLarge()
                return
            }
        }
        keys.append(key)
        values.append(value)
        if index != nil {
            index?[UTF8Key(key)] = keys.count - 1
        } else {
            buildIndexIfLarge()
        }
    }

    private func buildIndexIfLarge() {
        guard keys.count > Self.largestWithoutIndex else { return }
        var index = [UTF8Key: Int](minimumCapacity: keys.count * 2)
        for (position, key) in keys.enumerated() { index[UTF8Key(key)] = position }
        self.index = index
    }
}

/// The number of a key that JavaScript takes for an index of an array: decimal digits without leading zeros, below
/// 2^32 - 1.
func arrayIndex(_ key: String) -> UInt32? {
    let utf8 = key.utf8
    guard utf8.count <= 10, let first = utf8.first, first &- 0x30 < 10 else { return nil }
    if first == 0x30 { return utf8.count == 1 ? 0 : nil }
    var value: UInt64 = 0
    for byte in utf8 {
        guard byte &- 0x30 < 10 else { return nil }
        value = value * 10 + UInt64(byte - 0x30)
    }
    return value < UInt64(UInt32.max) ? UInt32(value) : nil
}

extension JSONObject {
    /// Whether JavaScript would have the members in another order.
    var hasIndexKeys: Bool {
        for index in members.indices where arrayIndex(members[index].key) != nil { return true }
        return false
    }
}

/// The members of an object in JavaScript's order.
struct Members {
    let keys: [String]
    let values: Items

    init?(_ value: Value) {
        switch value {
        case .object(let object):
            keys = object.keys
            values = .values(object.values)
        case .jsonObject(let object):
            if object.hasIndexKeys {
                let ordered = ObjectValue(object)
                keys = ordered.keys
                values = .values(ordered.values)
            } else {
                keys = object.members.map(\.key)
                values = .json(object.members.map(\.value))
            }
        default:
            return nil
        }
    }

    var count: Int { keys.count }
}

extension Value {
    /// The member of an object; of an array those of all its elements, flattened, as a sequence.
    @inline(__always)
    func member(_ key: String, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        switch self {
        case .jsonObject, .object: member(key)
        case .array, .jsonArray: try membersOfElements(key, evaluator)
        default: .undefined
        }
    }

    /// The member of an object.
    @inline(__always)
    func member(_ key: String) -> Value {
        switch self {
        case .jsonObject(let object):
            if let value = object[key] { return Value(value) }
            return .undefined
        case .object(let object):
            return object[key]
        default:
            return .undefined
        }
    }

    private func membersOfElements(_ key: String, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        var found: [Value] = []
        try collectMember(key, into: &found, evaluator)
        return .sequence(found)
    }

    private func collectMember(
        _ key: String, into found: inout [Value], _ evaluator: Evaluator
    ) throws(JSONataError) {
        guard let items else { return }
        for index in 0..<items.count {
            try evaluator.spend()
            let item = items[index]
            if item.isArray {
                try item.collectMember(key, into: &found, evaluator)
                continue
            }
            let value = item.member(key)
            if let elements = value.items {
                try evaluator.spend(elements.count)
                try evaluator.allocate(elements: elements.count)
                elements.append(to: &found)
            } else if !value.isUndefined {
                try evaluator.allocate(elements: 1)
                found.append(value)
            }
        }
    }
}
