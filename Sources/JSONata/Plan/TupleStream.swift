/// An item on its way through a path, with the variables that steps before have bound.
struct Tuple {
    var context: Value
    private var ids: [VariableID] = []
    private var values: [Value] = []

    init(context: Value) { self.context = context }

    mutating func bind(_ variable: VariableID, _ value: Value) {
        for index in ids.indices where ids[index] == variable {
            values[index] = value
            return
        }
        ids.append(variable)
        values.append(value)
    }

    mutating func adopt(_ other: Tuple) {
        context = other.context
        for index in other.ids.indices { bind(other.ids[index], other.values[index]) }
    }

    func frame(_ outer: Frame) -> Frame { Frame(parent: outer, ids: ids, values: values) }

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
        var all: [VariableID] = []
        for tuple in tuples {
            for id in tuple.ids where !all.contains(id) { all.append(id) }
        }
        for id in all {
            let found = tuples.compactMap { tuple in tuple.ids.firstIndex(of: id).map { tuple.values[$0] } }
            bind(id, found.count == 1 ? found[0] : merged(found))
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
                try evaluator.spend(inner.tuples.count)
                try evaluator.allocate(inner.tuples.count * 64)
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
        if case .number(let number) = predicate.kind {
            let floored = number.rounded(.down)
            let index = floored < 0 ? floored + Double(tuples.count) : floored
            guard index >= 0, index < Double(tuples.count) else { return TupleStream([]) }
            return TupleStream([tuples[Int(index)]])
        }
        var results: [Tuple] = []
        for (index, tuple) in tuples.enumerated() {
            let result = try predicate.evaluate(tuple.context, tuple.frame(frame), evaluator)
            try JSONata.select(result, index: index, count: tuples.count, evaluator) { () throws(JSONataError) in
                try evaluator.allocate(64)
                results.append(tuple)
            }
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
