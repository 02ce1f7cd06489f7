import JSONValue
import StatesLanguage

/// Variables: each scope has its own, and sees those of the scopes around it.
extension Execution {
    /// The variables that a state in this scope can see. They cannot change while it runs: the scopes around it wait.
    func variables(of slot: Int) -> JSONObject {
        let (own, parent) = (scopes[slot].variables, scopes[slot].parent)
        guard parent >= 0 else { return own }
        let outer = variables(of: parent)
        return outer.isEmpty ? own : outer.merging(own)
    }

    /// The values of an `Assign`, all made of what was there before any of them is set.
    ///
    /// - Parameters:
    ///   - document: What paths see as `$`.
    ///   - values: What expressions see in `$states`.
    ///
    /// Throws States.DataLimitExceeded if they are too large, each, together or with all that there are.
    mutating func evaluate(
        assign: Template, on document: JSON, with values: StatesValues, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) -> JSONObject {
        guard case .object(let values) = try evaluate(assign, on: document, with: values, slot, &turn) else {
            return JSONObject()
        }
        try checkSize(ofVariables: values, slot)
        return values
    }

    private func checkSize(ofVariables values: JSONObject, _ slot: Int) throws(Failure) {
        var total = variableBytes
        for (name, value) in values {
            total += JSONObject.bytes(of: value) - JSONObject.bytes(of: scopes[slot].variables[name])
        }
        let problem: String
        if values.members.contains(where: { $0.value.isNested(deeperThan: JSON.maximumDepth - 1) }) {
            problem = "The state assigns a value that is nested too deeply."
        } else if values.bytes > limits.payloadBytes {
            problem = "The variables that the state assigns exceed the limit of \(limits.payloadBytes) bytes."
        } else if total > limits.variableBytes {
            problem = "The variables of the execution exceed the limit of \(limits.variableBytes) bytes."
        } else {
            return
        }
        var failure = runtime(slot, problem)
        failure.failure.error = ErrorName.dataLimitExceeded
        failure.isTerminal = false
        throw failure
    }
}

extension JSONObject {
    /// Bytes of the values, as compact texts.
    var bytes: Int { members.reduce(0) { $0 + Self.bytes(of: $1.value) } }

    static func bytes(of value: JSON?) -> Int { value?.byteCount ?? 0 }
}
