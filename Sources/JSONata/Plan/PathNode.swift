internal import JSONValue

/// `a.b.c`: each step is evaluated for every item that the step before it selected.
final class PathNode: Node, @unchecked Sendable {
    @exclusivity(unchecked) private(set) var steps: [Node]
    /// A step is followed by `[]`.
    @exclusivity(unchecked) var keepsSingleton = false
    private let beginsWithVariable: Bool

    init(_ steps: [Node], _ position: Int) {
        self.steps = []
        self.steps.reserveCapacity(max(4, steps.count + 2))
        self.steps += steps
        beginsWithVariable = if case .variable = steps[0].kind { true } else { false }
        super.init(position)
    }

    func append(_ step: Node) { steps.append(step) }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        var current: Selection
        if !beginsWithVariable, let items = input.items {
            current = .items(items)
        } else {
            current = .one(input)
        }
        let last = steps.count - 1
        var index = 0
        while index <= last {
            let step = steps[index]
            if step.bindsTuple {
                return try finish(try tuples(from: index, current, frame, evaluator), frame, evaluator)
            }
            if index == 0, step.isConstructor {
                let context = if case .one(let value) = current { Value.sequence([value]) } else { current.boxed }
                current = .whole(try step.evaluate(context, frame, evaluator))
            } else if index < last, step.isPlain, let descendants = step as? DescendantsNode,
                case .one(let value) = current, !steps[index + 1].bindsTuple, !steps[index + 1].hasStages,
                let key = steps[index + 1].plainKey
            {
                // Of all there is in a document only few values have the member.
                let step = steps[index + 1]
                index += 1
                current = try descendants.members(
                    key, of: value, keepsArray: step.keepsArray, isLast: index == last, evaluator)
            } else {
                current = try select(step, current, isLast: index == last, frame, evaluator)
            }
            if current.isEmpty { break }
            index += 1
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
        if let key = step.plainKey, !step.hasStages {
            return try current.members(key, keepsArray: step.keepsArray, isLast: isLast, evaluator)
        }
        let items: Items
        switch current {
        case .one(let item):
            let value = try result(of: step, item, frame, evaluator)
            return value.isUndefined ? .none : Selection(flattening: value, isLast: isLast)
        case .items(let selected): items = selected
        case .whole(let value): items = value.asItems
        case .none, .tuples: return .none
        }
        var results = StepResults()
        for index in 0..<items.count {
            try results.append(try result(of: step, items[index], frame, evaluator), of: items.count, evaluator)
        }
        return results.selection(isLast: isLast)
    }

    @inline(__always)
    private func result(
        of step: Node, _ item: Value, _ frame: Frame, _ evaluator: Evaluator
    ) throws(JSONataError) -> Value {
        var value = try step.evaluate(item, frame, evaluator)
        guard step.hasStages else { return value }
        for stage in step.stages {
            guard case .filter(let predicate) = stage else { continue }
            value = try filter(value, by: predicate, frame, evaluator).boxed
        }
        return value
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
