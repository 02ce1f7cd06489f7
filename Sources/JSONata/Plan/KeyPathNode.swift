internal import JSONValue

/// `a.b.c`: a path that does nothing but select members. The analysis makes a ``PathNode`` of it as soon as anything
/// else happens on the way.
final class KeyPathNode: Node, @unchecked Sendable {
    let first: String
    @exclusivity(unchecked) private(set) var rest: [(key: String, position: Int)] = []

    init(_ key: String, _ position: Int) {
        first = key
        super.init(position)
    }

    func append(_ key: String, _ position: Int) {
        if rest.isEmpty { rest.reserveCapacity(3) }
        rest.append((key, position))
    }

    /// The same as a path of steps.
    var steps: [Node] { [NameNode(first, position)] + rest.map { NameNode($0.key, $0.position) } }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        // From object to object there is nothing to flatten.
        var value = input
        var index = -1
        while index < rest.count {
            let key = index < 0 ? first : rest[index].key
            switch value {
            case .jsonObject(let object):
                guard let member = object[key] else { return .undefined }
                value = Value(member)
            case .object(let object): value = object[key]
            case .array, .jsonArray: return try select(from: value, index, evaluator)
            default: return .undefined
            }
            index += 1
        }
        return value
    }

    private func select(from value: Value, _ start: Int, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        if case .jsonArray(let elements) = value {
            var results = StepResults()
            if try collect(elements, start, into: &results, evaluator) {
                return Self.value(results.selection(isLast: true))
            }
        }
        var current = Selection.items(value.asItems)
        for index in start..<rest.count {
            current = try current.members(key(index), keepsArray: false, isLast: index == rest.count - 1, evaluator)
            if current.isEmpty { break }
        }
        return Self.value(current)
    }

    private func key(_ index: Int) -> String { index < 0 ? first : rest[index].key }

    private static func value(_ selection: Selection) -> Value {
        switch selection {
        case .none, .tuples: .undefined
        case .one(let value), .whole(let value): value
        case .items(let items): items.count == 1 ? items[0] : items.isEmpty ? .undefined : .sequence(items.values)
        }
    }

    /// Follows the keys from each element to the end, without lists of what is on the way. Answers false where arrays
    /// are directly within arrays, which need such lists.
    private func collect(
        _ elements: [JSON], _ index: Int, into results: inout StepResults, _ evaluator: Evaluator
    ) throws(JSONataError) -> Bool {
        try evaluator.spend(elements.count)
        let key = key(index)
        // Objects in a row mostly have their members in the same places.
        var place = 0
        for element in elements {
            switch element {
            case .object(let object):
                guard try follow(object, key, index, near: &place, into: &results, evaluator) else { return false }
            case .array: return false
            default: break
            }
        }
        return true
    }

    /// `key` is that at the index.
    private func follow(
        _ object: JSONObject, _ key: String, _ index: Int, near place: inout Int, into results: inout StepResults,
        _ evaluator: Evaluator
    ) throws(JSONataError) -> Bool {
        guard let found = object.position(of: key, near: place) else { return true }
        place = found
        if index == rest.count - 1 {
            try results.append(Value(object.members[found].value), of: 4, evaluator)
            return true
        }
        switch object.members[found].value {
        case .object(let inner):
            var place = 0
            return try follow(inner, self.key(index + 1), index + 1, near: &place, into: &results, evaluator)
        case .array(let inner): return try collect(inner, index + 1, into: &results, evaluator)
        default: return true
        }
    }
}
