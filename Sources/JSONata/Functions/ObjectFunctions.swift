internal import JSONValue

extension Builtin {
    static let objectFunctions: [Builtin] = [
        Builtin("keys", "<x-:a<s>>", arity: 1) { arguments, evaluator throws(JSONataError) in
            let value = arguments[0]
            if let items = value.items {
                let union = ObjectValue()
                for index in 0..<items.count { try collectKeys(items[index], into: union, evaluator) }
                return .sequence(union.keys.map { .string($0) })
            }
            let keys = Members(value)?.keys ?? []
            try evaluator.allocate(elements: keys.count)
            return .sequence(keys.map { .string($0) })
        },
        Builtin("lookup", "<x-s:x>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let key = arguments.string(1) else { return .undefined }
            try evaluator.spend(arguments[0].items?.count ?? 1)
            return try arguments[0].member(key, evaluator)
        },
        Builtin("spread", "<x-:a<o>>", arity: 1) { arguments, evaluator throws(JSONataError) in
            try spread(arguments[0], evaluator)
        },
        Builtin("merge", "<a<o>:o>", arity: 1) { arguments, evaluator throws(JSONataError) in
            guard let items = arguments[0].items else { return .undefined }
            let result = ObjectValue()
            for index in 0..<items.count {
                guard let members = Members(items[index]) else { continue }
                try evaluator.spend(members.count)
                try evaluator.allocate(members.count * 48)
                for position in 0..<members.count { result[members.keys[position]] = members.values[position] }
            }
            return .object(result)
        },
        Builtin("clone", "<(oa)-:o>", arity: 1) { arguments, evaluator throws(JSONataError) in
            try copy(arguments[0], evaluator)
        },
    ]

    private static func collectKeys(
        _ value: Value, into union: ObjectValue, _ evaluator: Evaluator
    ) throws(JSONataError) {
        try evaluator.spend()
        if let items = value.items {
            for index in 0..<items.count { try collectKeys(items[index], into: union, evaluator) }
        } else if let members = Members(value) {
            try evaluator.spend(members.count)
            let before = union.count
            for key in members.keys { union[key] = .bool(true) }
            try evaluator.allocate((union.count - before) * 64)
        }
    }

    private static func spread(_ value: Value, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        if let items = value.items {
            var result: [Value] = []
            for index in 0..<items.count {
                let item = try spread(items[index], evaluator).asItems
                try evaluator.spend()
                try evaluator.allocate(elements: item.count)
                item.append(to: &result)
            }
            // Put together of several, it is no sequence any more.
            return items.isEmpty ? .sequence([]) : .array(of: result)
        }
        guard let members = Members(value) else {
            if case .function = value { return .sequence([]) }
            return value
        }
        var result: [Value] = []
        for index in 0..<members.count {
            try evaluator.spend()
            try evaluator.allocate(128)
            let object = ObjectValue(capacity: 1)
            object[members.keys[index]] = members.values[index]
            result.append(.object(object))
        }
        return .sequence(result)
    }

    /// A copy that shares nothing that could be changed. Functions become empty text.
    private static func copy(_ value: Value, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        try evaluator.enter()
        defer { evaluator.leave() }
        switch value {
        case .array, .jsonArray:
            let items = value.asItems
            try evaluator.allocate(elements: items.count)
            var elements: [Value] = []
            elements.reserveCapacity(items.count)
            for index in 0..<items.count { elements.append(try copy(items[index], evaluator)) }
            return .array(of: elements)
        case .object, .jsonObject:
            guard let members = Members(value) else { return value }
            try evaluator.allocate(members.count * 48)
            let object = ObjectValue(capacity: members.count)
            for index in 0..<members.count { object[members.keys[index]] = try copy(members.values[index], evaluator) }
            return .object(object)
        case .function: return .string("")
        default: return value
        }
    }
}
