internal import JSONValue

/// `[a, b]`
final class ArrayNode: Node, @unchecked Sendable {
    let items: [Node]
    /// Arrays written as such are elements; all others are flattened.
    private let areArrays: [Bool]

    init(_ items: [Node], _ position: Int) {
        self.items = items
        areArrays = items.map { $0 is ArrayNode }
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        var elements: [Value] = []
        elements.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            let value = try item.evaluate(input, frame, evaluator)
            if value.isUndefined { continue }
            if !areArrays[index], let inner = value.items {
                if items.count == 1, !isConstructor, case .values(let values) = inner { return .array(of: values) }
                inner.append(to: &elements)
            } else {
                elements.append(value)
            }
        }
        try evaluator.allocate(elements: elements.count)
        return .array(ArrayValue(elements, isConstructor ? .constructed : []))
    }
}

/// `{key: value}`
final class ObjectNode: Node, @unchecked Sendable {
    let grouping: Grouping

    init(_ grouping: Grouping, _ position: Int) {
        self.grouping = grouping
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        try grouping.evaluate(input, frame, evaluator)
    }
}

/// Pairs of keys and values: makes one object of all items, those with the same key together.
final class Grouping {
    let pairs: [(key: Node, value: Node)]
    let position: Int
    /// The keys, if all are different literals.
    private let literalKeys: [String]?

    init(_ pairs: [(key: Node, value: Node)], _ position: Int) {
        self.pairs = pairs
        self.position = position
        var keys: [String] = []
        for pair in pairs {
            if let literal = pair.key as? LiteralNode, case .string(let key) = literal.value, literal.isPlain,
                !keys.contains(where: { $0.hasSameUTF8(as: key) })
            {
                keys.append(key)
            }
        }
        literalKeys = keys.count == pairs.count && keys.allSatisfy { arrayIndex($0) == nil } ? keys : nil
    }

    func evaluate(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        if case .tuples(let stream) = input { return try evaluate(stream, frame, evaluator) }
        // Without any item the object is made of nothing, which lets literal objects stand on their own.
        var items = input.items ?? .values([input])
        if items.isEmpty { items = .values([.undefined]) }
        try evaluator.allocate(64 + pairs.count * 48)
        if items.count == 1 { return try evaluateSingle(items[0], frame, evaluator) }
        var groups = Groups<Value>()
        for index in 0..<items.count {
            let item = items[index]
            for (pairIndex, pair) in pairs.enumerated() {
                guard let key = try key(of: pair.key, item, frame, evaluator) else { continue }
                try groups.add(key, pairIndex, item, position)
            }
        }
        let result = ObjectValue(capacity: groups.count)
        for (key, pairIndex, members) in groups.inOrder {
            let context: Value = members.count == 1 ? members[0] : .array(of: flattened(members))
            let value = try pairs[pairIndex].value.evaluate(context, frame, evaluator)
            if !value.isUndefined { result[key] = value }
        }
        try evaluator.allocate(result.count * 48)
        return .object(result)
    }

    private func evaluateSingle(_ item: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        if let literalKeys {
            var values: [Value] = []
            values.reserveCapacity(pairs.count)
            for pair in pairs { values.append(try pair.value.evaluate(item, frame, evaluator)) }
            return .object(ObjectValue(distinct: literalKeys, values))
        }
        let result = ObjectValue(capacity: pairs.count)
        var groups = Groups<Value>()
        for (pairIndex, pair) in pairs.enumerated() {
            guard let key = try key(of: pair.key, item, frame, evaluator) else { continue }
            try groups.add(key, pairIndex, item, position)
        }
        for (key, pairIndex, _) in groups.inOrder {
            let value = try pairs[pairIndex].value.evaluate(item, frame, evaluator)
            if !value.isUndefined { result[key] = value }
        }
        return .object(result)
    }

    private func evaluate(_ stream: TupleStream, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        var groups = Groups<Tuple>()
        for tuple in stream.tuples {
            let inner = tuple.frame(frame)
            for (pairIndex, pair) in pairs.enumerated() {
                guard let key = try key(of: pair.key, tuple.context, inner, evaluator) else { continue }
                try groups.add(key, pairIndex, tuple, position)
            }
        }
        let result = ObjectValue(capacity: groups.count)
        for (key, pairIndex, members) in groups.inOrder {
            let merged = Tuple(merging: members)
            let value = try pairs[pairIndex].value.evaluate(merged.context, merged.frame(frame), evaluator)
            if !value.isUndefined { result[key] = value }
        }
        return .object(result)
    }

    /// Nil for nothing, which leaves the pair out.
    private func key(
        of node: Node, _ item: Value, _ frame: Frame, _ evaluator: Evaluator
    ) throws(JSONataError) -> String? {
        let key = try node.evaluate(item, frame, evaluator)
        if case .string(let key) = key { return key }
        if key.isUndefined { return nil }
        throw JSONataError("T1003", key, position: position)
    }

    private func flattened(_ members: [Value]) -> [Value] {
        var result: [Value] = []
        result.reserveCapacity(members.count)
        for member in members {
            if let items = member.items { items.append(to: &result) } else { result.append(member) }
        }
        return result
    }
}

/// What was found for each key, in JavaScript's order of keys.
private struct Groups<Element> {
    private let order = ObjectValue()
    private var entries: [(pairIndex: Int, members: [Element])] = []

    var count: Int { entries.count }

    /// Two pairs must not make the same key.
    mutating func add(_ key: String, _ pairIndex: Int, _ element: Element, _ position: Int) throws(JSONataError) {
        if let place = order.position(of: key), case .number(let number) = order.values[place] {
            let entry = Int(number)
            guard entries[entry].pairIndex == pairIndex else {
                throw JSONataError("D1009", position: position, value: .string(key))
            }
            entries[entry].members.append(element)
        } else {
            order[key] = .number(Double(entries.count))
            entries.append((pairIndex, [element]))
        }
    }

    var inOrder: [(key: String, pairIndex: Int, members: [Element])] {
        order.keys.indices.map { place in
            let entry = entries[order.values[place].doubleValue.map { Int($0) } ?? 0]
            return (order.keys[place], entry.pairIndex, entry.members)
        }
    }
}
