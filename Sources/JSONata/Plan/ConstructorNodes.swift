internal import JSONValue

/// `[a, b]`
final class ArrayNode: Node, @unchecked Sendable {
    let items: [Node]

    init(_ items: [Node], _ position: Int) {
        self.items = items
        super.init(position)
        kind = .array
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        var elements: [Value] = []
        elements.reserveCapacity(items.count)
        for item in items {
            let value = try item.evaluate(input, frame, evaluator)
            if value.isUndefined { continue }
            // Arrays written as such are elements; all others are flattened.
            let isElement = if case .array = item.kind { true } else { false }
            if !isElement, let inner = value.items {
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
        literalKeys = Self.literalKeys(pairs)
    }

    private static func literalKeys(_ pairs: [(key: Node, value: Node)]) -> [String]? {
        var keys: [String] = []
        keys.reserveCapacity(pairs.count)
        for pair in pairs {
            guard let literal = pair.key as? LiteralNode, case .string(let key) = literal.value, literal.isPlain,
                arrayIndex(key) == nil
            else { return nil }
            keys.append(key)
        }
        if keys.count > 16 { return Set(keys.map { UTF8Key($0) }).count == keys.count ? keys : nil }
        for (index, key) in keys.enumerated() {
            for other in keys[..<index] where other.hasSameUTF8(as: key) { return nil }
        }
        return keys
    }

    func evaluate(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        if case .tuples(let stream) = input { return try evaluate(stream, frame, evaluator) }
        // Without any item the object is made of nothing, which lets literal objects stand on their own.
        var items = input.items ?? .values([input])
        if items.isEmpty { items = .values([.undefined]) }
        try evaluator.allocate(64 + pairs.count * 48)
        if items.count == 1 { return try evaluateSingle(items[0], frame, evaluator) }
        try evaluator.spend(items.count)
        if let literalKeys {
            // Every item belongs to every key.
            return .object(ObjectValue(distinct: literalKeys, try values(of: Self.context(items), frame, evaluator)))
        }
        try evaluator.allocate(elements: items.count)
        var groups = Groups<Value>()
        for index in 0..<items.count {
            let item = items[index]
            for pairIndex in pairs.indices {
                guard let key = try key(of: pairs[pairIndex].key, item, frame, evaluator) else { continue }
                try groups.add(key, pairIndex, item, position)
            }
        }
        return .object(
            try groups.object(evaluator) { (pairIndex, members) throws(JSONataError) -> Value in
                let context = members.count == 1 ? members[0] : Self.context(.values(members))
                return try pairs[pairIndex].value.evaluate(context, frame, evaluator)
            })
    }

    private func values(of context: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(pairs.count)
        for pair in pairs { values.append(try pair.value.evaluate(context, frame, evaluator)) }
        return values
    }

    /// Several items as the context for the value of their key: arrays among them are flattened.
    private static func context(_ items: Items) -> Value {
        var isFlat = true
        for index in 0..<items.count where items[index].isArray {
            isFlat = false
            break
        }
        if isFlat { return items.array }
        var result: [Value] = []
        for index in 0..<items.count { items[index].asItems.append(to: &result) }
        return .array(of: result)
    }

    private func evaluateSingle(_ item: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        if let literalKeys {
            return .object(ObjectValue(distinct: literalKeys, try values(of: item, frame, evaluator)))
        }
        var groups = Groups<Value>()
        for pairIndex in pairs.indices {
            guard let key = try key(of: pairs[pairIndex].key, item, frame, evaluator) else { continue }
            try groups.add(key, pairIndex, item, position)
        }
        return .object(
            try groups.object(evaluator) { (pairIndex, _) throws(JSONataError) -> Value in
                try pairs[pairIndex].value.evaluate(item, frame, evaluator)
            })
    }

    private func evaluate(_ stream: TupleStream, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        var groups = Groups<Tuple>()
        for tuple in stream.tuples {
            let inner = tuple.frame(frame)
            for pairIndex in pairs.indices {
                guard let key = try key(of: pairs[pairIndex].key, tuple.context, inner, evaluator) else { continue }
                try groups.add(key, pairIndex, tuple, position)
            }
        }
        return .object(
            try groups.object(evaluator) { (pairIndex, members) throws(JSONataError) -> Value in
                let merged = Tuple(merging: members)
                return try pairs[pairIndex].value.evaluate(merged.context, merged.frame(frame), evaluator)
            })
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
}

/// What was found for each key.
private struct Groups<Element> {
    private var keys: [String] = []
    private var pairIndexes: [Int] = []
    private var members: [[Element]] = []
    /// The places of the keys; few are found faster one by one.
    private var places: [UTF8Key: Int] = [:]

    private static var largestWithoutPlaces: Int { 8 }

    /// Two pairs must not make the same key.
    mutating func add(_ key: String, _ pairIndex: Int, _ element: Element, _ position: Int) throws(JSONataError) {
        guard let place = place(of: key) else {
            keys.append(key)
            pairIndexes.append(pairIndex)
            members.append([element])
            if keys.count > Self.largestWithoutPlaces { indexKeys() }
            return
        }
        guard pairIndexes[place] == pairIndex else {
            throw JSONataError("D1009", position: position, value: .string(key))
        }
        members[place].append(element)
    }

    private func place(of key: String) -> Int? {
        if !places.isEmpty { return places[UTF8Key(key)] }
        for place in keys.indices where keys[place].hasSameUTF8(as: key) { return place }
        return nil
    }

    private mutating func indexKeys() {
        for place in places.count..<keys.count { places[UTF8Key(keys[place])] = place }
    }

    /// The object with a value for each key, made in JavaScript's order of keys.
    func object(
        _ evaluator: Evaluator, value: (Int, [Element]) throws(JSONataError) -> Value
    ) throws(JSONataError) -> ObjectValue {
        try evaluator.allocate(keys.count * 48)
        var values: [Value] = []
        values.reserveCapacity(keys.count)
        guard keys.contains(where: { arrayIndex($0) != nil }) else {
            for place in keys.indices { values.append(try value(pairIndexes[place], members[place])) }
            return ObjectValue(distinct: keys, values)
        }
        let order = ObjectValue(capacity: keys.count)
        for place in keys.indices { order[keys[place]] = Value(place) }
        let result = ObjectValue(capacity: keys.count)
        for (position, key) in order.keys.enumerated() {
            let place = order.values[position].doubleValue.map { Int($0) } ?? 0
            let value = try value(pairIndexes[place], members[place])
            if !value.isUndefined { result[key] = value }
        }
        return result
    }
}
