extension Builtin {
    static let higherOrderFunctions: [Builtin] = [
        Builtin("map", "<af>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let items = arguments[0].items, let function = arguments.function(1) else { return .undefined }
            var results: [Value] = []
            for index in 0..<items.count {
                let value = try evaluator.call(function, items[index], Value(index), arguments[0])
                if !value.isUndefined { results.append(value) }
            }
            try evaluator.allocate(elements: results.count)
            return .sequence(results)
        },
        Builtin("filter", "<af>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let items = arguments[0].items, let function = arguments.function(1) else { return .undefined }
            var results: [Value] = []
            for index in 0..<items.count {
                let item = items[index]
                let result = try evaluator.call(function, item, Value(index), arguments[0])
                if try evaluator.isTrue(result) { results.append(item) }
            }
            try evaluator.allocate(elements: results.count)
            return .sequence(results)
        },
        Builtin("single", "<af?>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let items = arguments[0].items else { return .undefined }
            var found: Value?
            for index in 0..<items.count {
                let item = items[index]
                try evaluator.pace(index)
                if let function = arguments.function(1) {
                    let result = try evaluator.call(function, item, Value(index), arguments[0])
                    guard try evaluator.isTrue(result) else { continue }
                }
                if found != nil { throw JSONataError("D3138", details: .init(index: index)) }
                found = item
            }
            guard let found else { throw JSONataError("D3139") }
            return found
        },
        Builtin("reduce", "<afj?:j>", arity: 3) { arguments, evaluator throws(JSONataError) in
            guard let items = arguments[0].items, let function = arguments.function(1) else { return .undefined }
            let arity = function.arity
            guard arity >= 2 else { throw JSONataError("D3050", details: .init(index: 1)) }
            var result = arguments[2]
            var index = 0
            if result.isUndefined, !items.isEmpty {
                result = items[0]
                index = 1
            }
            while index < items.count {
                var values = [result, items[index]]
                if arity >= 3 { values.append(Value(index)) }
                if arity >= 4 { values.append(arguments[0]) }
                result = try evaluator.call(function, values)
                index += 1
            }
            return result
        },
        Builtin("sift", "<o-f?:o>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let members = Members(arguments[0]), let function = arguments.function(1) else { return .undefined }
            let result = ObjectValue()
            for index in 0..<members.count {
                let (key, value) = (members.keys[index], members.values[index])
                let isWanted = try evaluator.call(function, value, .string(key), arguments[0])
                if try evaluator.isTrue(isWanted) { result[key] = value }
            }
            try evaluator.allocate(result.count * 48)
            return result.count == 0 ? .undefined : .object(result)
        },
        Builtin("each", "<o-f:a>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let members = Members(arguments[0]), let function = arguments.function(1) else { return .undefined }
            var results: [Value] = []
            for index in 0..<members.count {
                let value = try evaluator.call(
                    function, members.values[index], .string(members.keys[index]), arguments[0])
                if !value.isUndefined { results.append(value) }
            }
            try evaluator.allocate(elements: results.count)
            return .sequence(results)
        },
    ]
}

extension Evaluator {
    /// Calls a function with a value, its place and the whole, as many of them as it takes.
    func call(
        _ function: Function, _ value: Value, _ place: Value, _ whole: Value
    ) throws(JSONataError) -> Value {
        switch function.arity {
        case ...1: try call(function, [value])
        case 2: try call(function, [value, place])
        default: try call(function, [value, place, whole])
        }
    }
}
