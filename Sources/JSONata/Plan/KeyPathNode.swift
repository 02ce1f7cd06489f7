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

    func append(_ other: KeyPathNode) {
        rest.append((other.first, other.position))
        rest += other.rest
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
        var current = Selection.items(value.asItems)
        for index in start..<rest.count {
            current = try current.members(
                index < 0 ? first : rest[index].key, keepsArray: false, isLast: index == rest.count - 1, evaluator)
            if current.isEmpty { break }
        }
        switch current {
        case .none, .tuples: return .undefined
        case .one(let value), .whole(let value): return value
        case .items(let items): return items.count == 1 ? items[0] : items.isEmpty ? .undefined : .sequence(items.values)
        }
    }
}
