internal import JSONValue

/// `a.b.c`: each step is evaluated for every item that the step before it selected.
final class PathNode: Node, @unchecked Sendable {
    @exclusivity(unchecked) private(set) var steps: [Node]
    /// A step is followed by `[]`.
    @exclusivity(unchecked) var keepsSingleton = false
    /// The variable with the name of the first step, for the hint about a missing `$`.
    var calledVariable: VariableID?

    init(_ steps: [Node], _ position: Int) {
        self.steps = steps
        super.init(position)
    }

    func append(_ step: Node) { steps.append(step) }

    /// The keys, if the path does nothing but select members.
    @exclusivity(unchecked) private var plainKeys: [String]?
    @exclusivity(unchecked) private var beginsWithVariable = false

    /// To be called when the analysis is over.
    func seal() {
        if case .variable = steps[0].kind { beginsWithVariable = true }
        let isPlain = !keepsSingleton && !keepsArray && group == nil && !bindsTuple
        let keys = steps.compactMap { $0.stages.isEmpty && !$0.bindsTuple && !$0.keepsArray ? $0.plainKey : nil }
        plainKeys = isPlain && keys.count == steps.count ? keys : nil
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        var value = input
        var start = 0
        if let plainKeys {
            // From object to object there is nothing to flatten.
            while start < plainKeys.count {
                switch value {
                case .jsonObject(let object):
                    guard let member = object[plainKeys[start]] else { return .undefined }
                    value = Value(member)
                case .object(let object): value = object[plainKeys[start]]
                case .array, .jsonArray: return try compute(value, from: start, frame, evaluator)
                default: return .undefined
                }
                start += 1
            }
            return value
        }
        return try compute(input, from: 0, frame, evaluator)
    }

    private func compute(
        _ input: Value, from start: Int, _ frame: Frame, _ evaluator: Evaluator
    ) throws(JSONataError) -> Value {
        var current: Selection
        if !(start == 0 && beginsWithVariable), let items = input.items {
            current = .items(items)
        } else {
            current = .one(input)
        }
        let last = steps.count - 1
        for index in start..<steps.count {
            let step = steps[index]
            if step.bindsTuple {
                return try finish(try tuples(from: index, current, frame, evaluator), frame, evaluator)
            }
            if index == 0, step.isConstructor {
                let context = if case .one(let value) = current { Value.sequence([value]) } else { current.boxed }
                current = .whole(try step.evaluate(context, frame, evaluator))
            } else {
                current = try select(step, current, isLast: index == last, frame, evaluator)
            }
            if current.isEmpty { break }
        }
        return try finish(current, frame, evaluator)
    }

    private func finish(
        _ selection: Selection, _ frame: Frame, _ evaluator: Evaluator
    ) throws(JSONataError) -> Value {
        let keeps = keepsSingleton || keepsArray
        let result: Value
        switch selection {
        case .none: result = .undefined
        case .one(let value): result = keeps ? .array(ArrayValue([value], [.sequence, .keepsSingleton])) : value
        case .items(let items):
            switch items.count {
            case 0: result = .undefined
            case 1 where !keeps: result = items[0]
            default: result = .array(ArrayValue(items.values, keeps ? [.sequence, .keepsSingleton] : .sequence))
            }
        case .whole(let value):
            if keepsSingleton, case .array(let array) = value, array.flags.contains(.constructed), !array.isSequence {
                result = .array(ArrayValue([value], [.sequence, .keepsSingleton]))
            } else {
                result = value
            }
        case .tuples(let stream): result = .tuples(stream)
        }
        guard let group else { return result }
        // An array that was selected as one item must not be taken apart.
        if case .one(let value) = selection, value.isArray {
            return try group.evaluate(.sequence([value]), frame, evaluator)
        }
        return try group.evaluate(result.isUndefined ? .sequence([]) : result, frame, evaluator)
    }

    /// Evaluates a step for the items selected so far. Arrays that it yields are flattened, except a constructed one,
    /// and except the only result of the last step, which stays the array that it is.
    private func select(
        _ step: Node, _ current: Selection, isLast: Bool, _ frame: Frame, _ evaluator: Evaluator
    ) throws(JSONataError) -> Selection {
        if case .sort = step.kind, let sort = step as? SortNode {
            return try sort.select(current, frame, evaluator)
        }
        if let key = step.plainKey, step.stages.isEmpty {
            switch current {
            case .items(.json(let elements)), .whole(.jsonArray(let elements)):
                return try select(key, step, elements, isLast: isLast, evaluator) { Value($0).member(key) }
            case .items(.values(let elements)):
                return try select(key, step, elements, isLast: isLast, evaluator) { $0.member(key) }
            default: break
            }
        }
        let items: Items
        switch current {
        case .one(let item):
            let value = try result(of: step, item, frame, evaluator)
            return value.isUndefined ? .none : flattened(value, isLast: isLast)
        case .items(let selected): items = selected
        case .whole(let value): items = value.asItems
        case .none, .tuples: return .none
        }
        var first = Value.undefined
        var count = 0
        var results: [Value] = []
        for index in 0..<items.count {
            let value = try result(of: step, items[index], frame, evaluator)
            if value.isUndefined { continue }
            count += 1
            if count == 1 {
                first = value
                continue
            }
            if count == 2 {
                results.reserveCapacity(items.count)
                append(first, to: &results)
            }
            append(value, to: &results)
        }
        if count < 2 { return count == 0 ? .none : flattened(first, isLast: isLast) }
        try evaluator.allocate(elements: results.count)
        return .items(.values(results))
    }

    /// A step that only selects a member, of many items.
    @inline(__always)
    private func select<Element>(
        _ key: String, _ step: Node, _ elements: [Element], isLast: Bool, _ evaluator: Evaluator,
        member: (Element) -> Value
    ) throws(JSONataError) -> Selection {
        try evaluator.spend(elements.count)
        var first = Value.undefined
        var count = 0
        var results: [Value] = []
        for element in elements {
            let value = step.unwrapped(member(element))
            if value.isUndefined { continue }
            count += 1
            if count == 1 {
                first = value
                continue
            }
            if count == 2 {
                results.reserveCapacity(elements.count)
                append(first, to: &results)
            }
            append(value, to: &results)
        }
        if count < 2 { return count == 0 ? .none : flattened(first, isLast: isLast) }
        try evaluator.allocate(elements: results.count)
        return .items(.values(results))
    }

    @inline(__always)
    private func result(
        of step: Node, _ item: Value, _ frame: Frame, _ evaluator: Evaluator
    ) throws(JSONataError) -> Value {
        if let key = step.plainKey, step.stages.isEmpty {
            try evaluator.spend()
            return step.unwrapped(item.member(key))
        }
        var value = try step.evaluate(item, frame, evaluator)
        for stage in step.stages {
            guard case .filter(let predicate) = stage else { continue }
            value = try filter(value, by: predicate, frame, evaluator).boxed
        }
        return value
    }

    private func append(_ value: Value, to results: inout [Value]) {
        switch value {
        case .array(let array) where !array.flags.contains(.constructed): results.append(contentsOf: array.elements)
        case .jsonArray(let elements): Items.json(elements).append(to: &results)
        default: results.append(value)
        }
    }

    private func flattened(_ value: Value, isLast: Bool) -> Selection {
        switch value {
        case .array(let array):
            if isLast, !array.isSequence { return .whole(value) }
            if array.flags.contains(.constructed) { return .one(value) }
            return array.elements.isEmpty ? .none : .items(.values(array.elements))
        case .jsonArray(let elements):
            if isLast { return .whole(value) }
            return elements.isEmpty ? .none : .items(.json(elements))
        default:
            return .one(value)
        }
    }

    // MARK: Tuples

    /// The steps from the first one that binds a variable.
    private func tuples(
        from start: Int, _ current: Selection, _ frame: Frame, _ evaluator: Evaluator
    ) throws(JSONataError) -> Selection {
        var stream: TupleStream?
        for index in start..<steps.count {
            let step = steps[index]
            if let sort = step as? SortNode {
                stream = try sort.select(stream, current, frame, evaluator)
            } else if index == 0, step.isConstructor {
                let value = try step.evaluate(current.boxed, frame, evaluator)
                stream = TupleStream(value.asItems.values.map { Tuple(context: $0) })
            } else {
                let input = stream ?? TupleStream(current.items.values.map { Tuple(context: $0) })
                stream = try input.select(step, frame, evaluator)
            }
            for stage in step.stages {
                guard let current = stream else { break }
                switch stage {
                case .filter(let predicate): stream = try current.filtered(by: predicate, frame, evaluator)
                case .index(let variable): stream = current.numbered(variable)
                }
            }
        }
        let result = stream ?? TupleStream([])
        if bindsTuple || group != nil { return .tuples(result) }
        return result.tuples.isEmpty ? .none : .items(.values(result.tuples.map(\.context)))
    }
}

extension Selection {
    var items: Items {
        switch self {
        case .none, .tuples: .values([])
        case .one(let value): .values([value])
        case .items(let items): items
        case .whole(let value): value.asItems
        }
    }
}
