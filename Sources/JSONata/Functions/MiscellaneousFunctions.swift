internal import JSONValue

extension Builtin {
    static let miscellaneousFunctions: [Builtin] = [
        Builtin("boolean", "<x-:b>", arity: 1) { arguments, evaluator throws(JSONataError) in
            try evaluator.boolean(arguments[0]).map { .bool($0) } ?? .undefined
        },
        Builtin("not", "<x-:b>", arity: 1) { arguments, evaluator throws(JSONataError) in
            try evaluator.boolean(arguments[0]).map { .bool(!$0) } ?? .undefined
        },
        Builtin("exists", "<x:b>", arity: 1) { arguments, evaluator throws(JSONataError) in
            .bool(!arguments[0].isUndefined)
        },
        Builtin("type", "<x:s>", arity: 1) { arguments, evaluator throws(JSONataError) in
            switch arguments[0] {
            case .undefined, .tailCall, .tuples: .undefined
            case .null: .string("null")
            case .number, .integer: .string("number")
            case .string: .string("string")
            case .bool: .string("boolean")
            case .array, .jsonArray: .string("array")
            case .function: .string("function")
            case .object, .jsonObject: .string("object")
            }
        },
        Builtin("error", "<s?:x>", arity: 1) { arguments, evaluator throws(JSONataError) in
            let message = arguments.string(0) ?? ""
            throw JSONataError("D3137", message: message.isEmpty ? "$error() function evaluated" : message)
        },
        Builtin("assert", "<bs?:x>", arity: 2) { arguments, evaluator throws(JSONataError) in
            if try evaluator.isTrue(arguments[0]) { return .undefined }
            let message = arguments.string(1) ?? ""
            throw JSONataError("D3141", message: message.isEmpty ? "$assert() statement failed" : message)
        },
        Builtin("eval", "<sx?:x>", arity: 2) { arguments, evaluator throws(JSONataError) in
            guard let source = arguments.string(0) else { return .undefined }
            let context = arguments[1].isUndefined ? arguments.context : arguments[1]
            return try evaluator.evaluate(source, context, arguments.frame)
        },
    ]
}

extension Evaluator {
    /// Parses and evaluates an expression in a scope of this evaluation.
    fileprivate func evaluate(_ source: String, _ context: Value, _ frame: Frame) throws(JSONataError) -> Value {
        try spend(source.utf8.count)
        try allocate(source.utf8.count * 16)
        let plan: Plan
        do throws(JSONataError) {
            plan = try Analyzer.plan(
                try Parser.parse(source, level: level, during: self), names: names, dialect: dialect)
        } catch {
            if error.code == "U1001" { throw error }
            throw JSONataError("D3120", value: .string(error.message))
        }
        adopt(plan.names)
        do throws(JSONataError) {
            return try plan.root.evaluate(context, frame, self)
        } catch {
            if error.code == "U1001" { throw error }
            throw JSONataError("D3121", value: .string(error.message))
        }
    }
}
