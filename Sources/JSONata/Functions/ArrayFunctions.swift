extension Builtin {
    static let arrayFunctions: [Builtin] = [
        Builtin("count", "<a:n>", arity: 1) { arguments, evaluator throws(JSONataError) in
            Value(arguments[0].items?.count ?? 0)
        },
        Builtin("append", "<xx:a>", arity: 2) { arguments, evaluator throws(JSONataError) in
            if arguments[0].isUndefined { return arguments[1] }
            if arguments[1].isUndefined { return arguments[0] }
            let (first, second) = (arguments[0].asItems, arguments[1].asItems)
            try evaluator.spend((first.count + second.count) / 8)
            try evaluator.allocate(elements: first.count + second.count)
            var result: [Value] = []
            result.reserveCapacity(first.count + second.count)
            first.append(to: &result)
            second.append(to: &result)
            return .array(of: result)
        },
        Builtin("reverse", "<a:a>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let items = arguments[0].items, items.count > 1 else { return arguments[0] }
            try evaluator.spend(items.count / 8)
            try evaluator.allocate(elements: items.count)
            return .array(of: items.values.reversed())
        },
        Builtin("shuffle", "<a:a>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let items = arguments[0].items, items.count > 1 else { return arguments[0] }
            try evaluator.spend(items.count)
            try evaluator.allocate(elements: items.count)
            return .array(of: items.values.shuffled(using: &evaluator.random))
        },
        Builtin("distinct", "<x:x>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let items = arguments[0].items, items.count > 1 else { return arguments[0] }
            var seen = Set<DistinctValue>()
            var result: [Value] = []
            for index in 0..<items.count {
                let item = items[index]
                try evaluator.spend()
                try evaluator.spend(walking: item)
                try evaluator.allocate(elements: 3)
                if seen.insert(DistinctValue(value: item)).inserted { result.append(item) }
            }
            return arguments[0].isSequence ? .sequence(result) : .array(of: result)
        },
        Builtin("zip", "<a+>", arity: 0) { arguments, evaluator throws(JSONataError) in
            let arrays = arguments.values.map(\.items)
            let length = arrays.map { $0?.count ?? 0 }.min() ?? 0
            var result: [Value] = []
            for index in 0..<length {
                try evaluator.spend(arrays.count)
                try evaluator.allocate(elements: arrays.count + 2)
                result.append(.array(of: arrays.compactMap { $0?[index] }))
            }
            return .array(of: result)
        },
        Builtin("sort", "<af?:a>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let items = arguments[0].items, items.count > 1 else { return arguments[0] }
            let values = items.values
            try evaluator.allocate(elements: values.count * 2)
            if let comparator = arguments.function(1) {
                var order = FunctionOrder(comparator: comparator, evaluator: evaluator)
                return .array(of: try mergeSort(values, by: &order, evaluator))
            }
            return .array(of: try sorted(values, evaluator))
        },
    ]

    /// All numbers or all strings.
    private static func sorted(_ values: [Value], _ evaluator: Evaluator) throws(JSONataError) -> [Value] {
        try evaluator.spend(values.count / 8)
        var numbers = 0
        for value in values where try value.finiteNumber() != nil { numbers += 1 }
        if numbers == values.count {
            var order = NumberOrder()
            return try mergeSort(values, by: &order, evaluator)
        }
        guard values.allSatisfy({ $0.stringValue != nil }) else {
            throw JSONataError("D3070", details: .init(index: 1))
        }
        var order = TextOrder(evaluator: evaluator)
        return try mergeSort(values, by: &order, evaluator)
    }
}

private struct FunctionOrder: SortOrder {
    let comparator: Function
    let evaluator: Evaluator

    func isAfter(_ left: Value, _ right: Value) throws(JSONataError) -> Bool {
        try evaluator.isTrue(try evaluator.call(comparator, [left, right]))
    }
}

private struct NumberOrder: SortOrder {
    func isAfter(_ left: Value, _ right: Value) -> Bool { (left.doubleValue ?? 0) > (right.doubleValue ?? 0) }
}

private struct TextOrder: SortOrder {
    let evaluator: Evaluator

    func isAfter(_ left: Value, _ right: Value) throws(JSONataError) -> Bool {
        guard case .string(let left) = left, case .string(let right) = right else { return false }
        // Long texts may have much in common.
        try evaluator.spend(bytes: min(left.utf8.count, right.utf8.count))
        return right.isOrderedBefore(left)
    }
}
