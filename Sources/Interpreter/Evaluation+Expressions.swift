import Intrinsics
import JSONPath
import JSONValue
import JSONata
import StatesLanguage

/// What the expressions of a field find in `$states` besides the state's input.
struct StatesValues {
    var result: JSON?
    var errorOutput: JSON?
    /// The token of the attempt that is about to be made, for tasks that hand it on.
    var token: String?
    /// Index and value of the iteration that is about to start.
    var item: (index: Int, value: JSON)?
}

extension Execution {
    /// Makes the JSON of a field with expressions in it.
    mutating func evaluate(
        _ template: ExpressionTemplate, with values: StatesValues = StatesValues(), _ slot: Int,
        _ turn: inout Turn
    ) throws(Failure) -> JSON {
        switch template {
        case .constant(let value): return value
        case .expression(let expression): return try evaluate(expression, with: values, slot, &turn)
        case .array(let elements):
            var made: [JSON] = []
            for element in elements { made.append(try evaluate(element, with: values, slot, &turn)) }
            return .array(made)
        case .object(let members):
            var made = JSONObject()
            for member in members { made.set(member.key, try evaluate(member.value, with: values, slot, &turn)) }
            return .object(made)
        }
    }

    /// Evaluates one expression. What it cannot know itself comes from the turn, and its work is bounded.
    mutating func evaluate(
        _ field: FieldExpression, with values: StatesValues = StatesValues(), _ slot: Int,
        _ turn: inout Turn
    ) throws(Failure) -> JSON {
        let names = field.expression.freeVariables
        var bindings: [String: JSON] = [:]
        if !names.isEmpty {
            let variables = variables(of: slot)
            for name in names { bindings[name] = variables[name] }
            if names.contains("states") { bindings["states"] = states(values, slot) }
        }
        let environment = EvaluationEnvironment(
            now: turn.now, seed: turn.random.next(), limits: evaluationLimits(), nonFiniteNumbers: .text,
            hash: { digest($0.rawValue, of: $1) ?? [] })
        let outcome: Expression.Outcome
        var steps = 0
        defer { note(steps) }
        do throws(JSONataError) {
            outcome = try field.expression.outcome(nil, bindings: bindings, environment: environment, steps: &steps)
        } catch {
            // What a slice is too small for is not over yet.
            if error.exceededLimit != nil, work.isSlice { work.meter?.exhaust() }
            // Errors without a code end the sentence in their own way.
            let problem =
                error.exceededLimit == nil ? ". \(error.code): \(error.message)" : ": \(error.message)"
            throw evaluationFailure(slot, field, "threw an error during evaluation" + problem)
        }
        switch outcome {
        case .value(let value): return value
        case .nothing: throw evaluationFailure(slot, field, "returned nothing (undefined).")
        case .function: throw evaluationFailure(slot, field, "returned an unsupported result type.")
        }
    }

    /// `$states`
    private func states(_ values: StatesValues, _ slot: Int) -> JSON {
        var states = JSONObject([
            ("input", scopes[slot].input), ("context", context(slot, token: values.token, item: values.item)),
        ])
        states["result"] = values.result
        states["errorOutput"] = values.errorOutput
        return .object(states)
    }

    // MARK: Failures

    /// States.QueryEvaluationError, which history tells of with an event of its own.
    func evaluationFailure(_ slot: Int, at field: String?, _ detail: String) -> Failure {
        var failure = runtime(slot, detail)
        failure.failure.error = ErrorName.queryEvaluationError
        failure.isTerminal = false
        failure.evaluation = Failure.Evaluation(field: field)
        return failure
    }

    private func evaluationFailure(_ slot: Int, _ field: FieldExpression, _ detail: String) -> Failure {
        evaluationFailure(
            slot, at: field.field,
            "The JSONata expression '\(field.expression.source)' specified for the field '\(field.field)' \(detail)")
    }

    func wrongType(_ value: JSON, expected: String, of field: FieldExpression, _ slot: Int) -> Failure {
        evaluationFailure(
            slot, field,
            "returned an unexpected result type. Expected '\(expected)', but was '\(value.typeName)' for value: "
                + value.serialized())
    }

    // MARK: Values of one type

    mutating func boolean(
        _ field: FieldExpression, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) -> Bool {
        let value = try evaluate(field, slot, &turn)
        guard let flag = value.boolValue else { throw wrongType(value, expected: "boolean", of: field, slot) }
        return flag
    }

    mutating func string(
        _ field: FieldExpression, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) -> String {
        let value = try evaluate(field, slot, &turn)
        guard let text = value.stringValue else { throw wrongType(value, expected: "string", of: field, slot) }
        return text
    }

    mutating func number(
        _ field: FieldExpression, in range: ClosedRange<Double>, _ slot: Int,
        _ turn: inout Turn
    ) throws(Failure) -> Double {
        let value = try evaluate(field, slot, &turn)
        guard let number = value.doubleValue else { throw wrongType(value, expected: "number", of: field, slot) }
        guard range.contains(number) else {
            throw evaluationFailure(
                slot, at: field.field,
                "The field '\(field.field)' must be from \(JSON.double(range.lowerBound).bareText) to "
                    + "\(JSON.double(range.upperBound).bareText) but was: \(value.serialized())")
        }
        return number
    }

    mutating func wholeNumber(
        _ field: FieldExpression, in range: ClosedRange<Int>, _ slot: Int,
        _ turn: inout Turn
    ) throws(Failure) -> Int {
        let value = try evaluate(field, slot, &turn)
        guard let number = value.doubleValue else { throw wrongType(value, expected: "number", of: field, slot) }
        guard let whole = Int(exactly: number), range.contains(whole) else {
            throw evaluationFailure(
                slot, at: field.field,
                "The field '\(field.field)' must be a whole number from \(range.lowerBound) to \(range.upperBound) "
                    + "but was: \(value.serialized())")
        }
        return whole
    }
}

extension Execution {
    /// What the next expression may cost.
    private mutating func evaluationLimits() -> EvaluationLimits {
        var bounds = EvaluationLimits(
            depth: limits.expressionDepth, steps: limits.expressionSteps, memory: limits.expressionMemory)
        if work.isSlice {
            bounds.steps = min(bounds.steps, max(0, work.meter?.stepsLeft ?? 0))
            bounds.memory = min(bounds.memory, limits.slice.memory)
            bounds.stack = min(bounds.stack, limits.slice.stack)
        } else if let watch = work.watch {
            bounds.interrupt = watch.begin()
        }
        return bounds
    }

    /// Expressions share the steps of a slice; otherwise each has its own.
    private mutating func note(_ steps: Int) {
        if work.isSlice { work.meter?.spend(steps) } else { work.meter?.note(steps) }
    }
}

extension JSON {
    /// As messages about expressions name types.
    fileprivate var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .int, .double, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
