internal import JSONValue

extension Evaluator {
    /// Calls a function and makes the calls that it ends with.
    func apply(_ function: Function, _ arguments: [Value], context: Value, frame: Frame) throws(JSONataError) -> Value {
        var result = try applyOnce(function, arguments, context, frame)
        while case .tailCall = result {
            guard let pending = tailCall else { return .undefined }
            tailCall = nil
            try spend()
            let call = pending.call
            let next = try call.procedure.evaluate(pending.input, pending.frame, self)
            var arguments: [Value] = []
            arguments.reserveCapacity(call.arguments.count)
            for argument in call.arguments {
                arguments.append(try argument.evaluate(pending.input, pending.frame, self))
            }
            guard let function = next.functionValue else { throw JSONataError("T1006", position: call.position) }
            do throws(JSONataError) {
                result = try applyOnce(function, arguments, context, frame)
            } catch {
                var error = error
                if error.token == nil { error.token = call.procedureName }
                throw error
            }
        }
        return result
    }

    /// Calls a function for another one: there is no context then.
    func call(_ function: Function, _ arguments: [Value]) throws(JSONataError) -> Value {
        try apply(function, arguments, context: .null, frame: globals)
    }

    private func applyOnce(
        _ function: Function, _ arguments: [Value], _ context: Value, _ frame: Frame
    ) throws(JSONataError) -> Value {
        switch function.kind {
        case .builtin(let builtin):
            let arguments = try builtin.signature.validate(arguments, context: context, self)
            return try builtin.body(Arguments(values: arguments, context: context, frame: frame), self)
        case .lambda(let closure):
            guard let signature = closure.node.signature else { return try closure.call(arguments, self) }
            return try closure.call(try signature.validate(arguments, context: context, self), self)
        case .partial(let inner, let slots):
            return try apply(partial: inner, slots, arguments, frame)
        case .chain(let first, let second):
            let value = try apply(first, arguments, context: context, frame: frame)
            return try apply(second, [value], context: .undefined, frame: frame)
        case .transform(let node, let frame):
            let arguments = try TransformNode.signature.validate(arguments, context: context, self)
            return try node.transform(arguments.first ?? .undefined, frame, self)
        case .regex(let regex, let source, let position):
            guard let text = arguments.first?.stringValue else { return .undefined }
            let search = try RegexSearch(regex, text, source: source, position: position, self)
            return try search.next(self)?.value(search) ?? .undefined
        case .nextMatch(let search):
            return try search.next(self, isFirst: false)?.value(search) ?? .undefined
        }
    }

    private func apply(
        partial inner: Function, _ slots: [Value?], _ arguments: [Value], _ frame: Frame
    ) throws(JSONataError) -> Value {
        var rest = arguments[...]
        let complete = slots.map { $0 ?? rest.popFirst() ?? .undefined }
        // The signature of a lambda does not apply to what is made of it.
        if case .lambda(let closure) = inner.kind { return try closure.call(complete, self) }
        return try applyOnce(inner, complete, .undefined, frame)
    }
}
