/// An item on its way through a path, with the variables that steps before have bound.
struct Tuple {
    var context: Value
    private(set) var bindings: [Binding] = []

    init(context: Value) { self.context = context }

    mutating func bind(_ variable: VariableID, _ value: Value) {
        for index in bindings.indices where bindings[index].id == variable {
            bindings[index].value = value
            return
        }
        bindings.append(Binding(id: variable, value: value))
    }

    mutating func adopt(_ other: Tuple) {
        context = other.context
        for binding in other.bindings { bind(binding.id, binding.value) }
    }

    func frame(_ outer: Frame) -> Frame { Frame(parent: outer, bindings: bindings) }

    /// One tuple of several: contexts and variables of the same name become arrays.
    init(merging tuples: [Tuple]) {
        guard let first = tuples.first else {
            self.init(context: .undefined)
            return
        }
        self = first
        guard tuples.count > 1 else { return }
        func merged(_ values: [Value]) -> Value {
            var elements: [Value] = []
            for value in values {
                if let items = value.items { items.append(to: &elements) } else { elements.append(value) }
            }
            return .array(of: elements)
        }
        context = merged(tuples.map(\.context))
        var ids: [VariableID] = []
        for tuple in tuples {
            for binding in tuple.bindings where !ids.contains(binding.id) { ids.append(binding.id) }
        }
        for id in ids {
            let values = tuples.compactMap { tuple in tuple.bindings.first { $0.id == id }?.value }
            bind(id, values.count == 1 ? values[0] : merged(values))
        }
    }
}

/// The items of a path whose steps bind variables.
final class TupleStream {
    let tuples: [Tuple]

    init(_ tuples: [Tuple]) { self.tuples = tuples }

    /// Evaluates a step for each tuple.
    func select(_ step: Node, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> TupleStream {
        var results: [Tuple] = []
        for tuple in tuples {
            let value = try step.evaluate(tuple.context, tuple.frame(frame), evaluator)
            if value.isUndefined { continue }
            if case .tuples(let inner) = value {
                for other in inner.tuples {
                    var result = tuple
                    result.adopt(other)
                    results.append(result)
                }
                continue
            }
            let items = value.asItems
            try evaluator.spend(items.count)
            try evaluator.allocate(items.count * 64)
            for position in 0..<items.count {
                var result = tuple
                if let focus = step.focus {
                    result.bind(focus, items[position])
                } else {
                    result.context = items[position]
                }
                if let index = step.index { result.bind(index, Value(position)) }
                if let ancestor = step.ancestor { result.bind(ancestor.variable, tuple.context) }
                results.append(result)
            }
        }
        return TupleStream(results)
    }

    func filtered(by predicate: Node, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> TupleStream {
        if let literal = predicate as? LiteralNode, let number = literal.value.doubleValue {
            let floored = number.rounded(.down)
            let index = floored < 0 ? floored + Double(tuples.count) : floored
            guard index >= 0, index < Double(tuples.count) else { return TupleStream([]) }
            return TupleStream([tuples[Int(index)]])
        }
        var results: [Tuple] = []
        for (index, tuple) in tuples.enumerated() {
            let result = try predicate.evaluate(tuple.context, tuple.frame(frame), evaluator)
            try JSONata.select(result, index: index, count: tuples.count) { results.append(tuple) }
        }
        return TupleStream(results)
    }

    func numbered(_ variable: VariableID) -> TupleStream {
        TupleStream(
            tuples.enumerated().map { position, tuple in
                var tuple = tuple
                tuple.bind(variable, Value(position))
                return tuple
            })
    }
}
