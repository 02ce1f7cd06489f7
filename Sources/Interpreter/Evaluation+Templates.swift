import Intrinsics
import JSONPath
import JSONValue
import StatesLanguage

extension Execution {
    /// Parameters, ResultSelector or ItemSelector.
    ///
    /// - Parameter values: What paths see in the context object.
    mutating func evaluate(
        _ template: PayloadTemplate, on document: JSON, with values: StatesValues = StatesValues(), _ slot: Int,
        using random: inout some RandomNumberGenerator
    ) throws(Failure) -> JSON {
        var scope = PathScope(document: document, meter: work.meter)
        if template.usesContext { scope.context = context(slot, token: values.token, item: values.item) }
        if template.usesVariables { scope.variables = variables(of: slot) }
        do throws(TemplateError) {
            return try template.evaluate(in: scope, using: &random)
        } catch {
            if case .intrinsic = error { throw intrinsicFailure(slot, error.description) }
            throw runtime(slot, error.description)
        }
    }

    /// A template in either language.
    ///
    /// - Parameters:
    ///   - document: What paths see as `$`.
    ///   - values: What expressions see in `$states`, and paths in the context object.
    mutating func evaluate(
        _ template: Template, on document: JSON, with values: StatesValues = StatesValues(), _ slot: Int,
        _ turn: inout Turn
    ) throws(Failure) -> JSON {
        switch template {
        case .paths(let template):
            try evaluate(template, on: document, with: values, slot, using: &turn.random)
        case .expressions(let template): try evaluate(template, with: values, slot, &turn)
        }
    }

    /// ErrorPath or CausePath that is a function call.
    mutating func evaluate(
        _ call: IntrinsicCall, _ field: String, on document: JSON, _ slot: Int,
        using random: inout some RandomNumberGenerator
    ) throws(Failure) -> JSON {
        var scope = PathScope(document: document, meter: work.meter)
        if call.paths.contains(where: { $0.root == .context }) { scope.context = context(slot) }
        if call.paths.contains(where: \.isVariable) { scope.variables = variables(of: slot) }
        do throws(IntrinsicError) {
            return try call.evaluate(in: scope, using: &random)
        } catch {
            switch error {
            case .path(let error, let text):
                if error.code == .notFound { throw notFound(text, field, document, slot) }
                throw runtime(slot, "Invalid path '\(text)' : \(error.message)")
            case .invalid, .failed:
                throw intrinsicFailure(slot, "The function '\(field)' had the following error: \(error.description)")
            }
        }
    }

    private func intrinsicFailure(_ slot: Int, _ detail: String) -> Failure {
        var failure = runtime(slot, detail)
        failure.failure.error = "States.IntrinsicFailure"
        failure.isTerminal = false
        return failure
    }
}

extension Path {
    var isVariable: Bool { if case .variable = root { true } else { false } }
}

extension PayloadTemplate {
    /// Whether a path in it begins with `$$`.
    var usesContext: Bool {
        switch self {
        case .constant: false
        case .path(let path, _): path.root == .context
        case .intrinsic(let call, _): call.paths.contains { $0.root == .context }
        case .object(let members): members.contains { $0.value.usesContext }
        case .array(let elements): elements.contains { $0.usesContext }
        }
    }

    /// Whether a path in it begins with a variable.
    var usesVariables: Bool {
        switch self {
        case .constant: false
        case .path(let path, _): path.isVariable
        case .intrinsic(let call, _): call.paths.contains { $0.isVariable }
        case .object(let members): members.contains { $0.value.usesVariables }
        case .array(let elements): elements.contains { $0.usesVariables }
        }
    }
}
