import JSONValue

/// Retry and Catch.
extension DefinitionDecoder {
    /// The names the language reserves.
    private static let reservedErrors: Set<String> = [
        "States.ALL", "States.BranchFailed", "States.DataLimitExceeded", "States.ExceedToleratedFailureThreshold",
        "States.HeartbeatTimeout", "States.Http.Socket", "States.IntrinsicFailure", "States.ItemReaderFailed",
        "States.NoChoiceMatched", "States.ParameterPathFailure", "States.Permissions",
        "States.QueryEvaluationError", "States.ResultPathMatchFailure", "States.ResultWriterFailed",
        "States.Runtime", "States.TaskFailed", "States.Timeout",
    ]

    mutating func retriers(of state: SourceNode) -> [Retrier] {
        let entries = array(state, "Retry", allowEmpty: true) ?? []
        return entries.enumerated().compactMap { index, node in
            retrier(node, isLast: index == entries.count - 1)
        }
    }

    private mutating func retrier(_ node: SourceNode, isLast: Bool) -> Retrier? {
        guard node.isObject else {
            report("Expected value of type Object", at: node)
            return nil
        }
        checkFields(of: node, allowed: FieldTable.retrier)
        _ = string(node, "Comment")
        let errors = errorNames(of: node, isLast: isLast)
        var retrier = Retrier(errors: errors)
        // AWS takes 0 seconds here, unlike the specification.
        if let seconds = integer(node, "IntervalSeconds", in: 0...99_999_999) { retrier.intervalSeconds = seconds }
        if let attempts = integer(node, "MaxAttempts", in: 0...99_999_999) { retrier.maxAttempts = attempts }
        if let rate = number(node, "BackoffRate", minimum: 1) { retrier.backoffRate = rate }
        retrier.maxDelaySeconds = integer(node, "MaxDelaySeconds", in: 1...31_622_400)
        if let strategy = string(node, "JitterStrategy"), let field = node["JitterStrategy"] {
            switch strategy {
            case "FULL": retrier.fullJitter = true
            case "NONE": retrier.fullJitter = false
            default: report("Value should be one of the following: [NONE, FULL]", at: field)
            }
        }
        return retrier
    }

    mutating func catchers(
        of state: SourceNode, _ language: QueryLanguage, _ vertex: inout TransitionGraph.Vertex
    ) -> [Catcher] {
        let entries = array(state, "Catch", allowEmpty: true) ?? []
        var catchers: [Catcher] = []
        for (index, node) in entries.enumerated() {
            guard node.isObject else {
                report("Expected value of type Object", at: node)
                continue
            }
            checkFields(of: node, allowed: FieldTable.catcher)
            checkLanguage(of: node, allowed: FieldTable.catcher, language)
            _ = string(node, "Comment")
            let errors = errorNames(of: node, isLast: index == entries.count - 1)
            require(["Next"], of: node)
            let next = target(node, "Next", &vertex)
            let resultPath = resultPath(node, language)
            let place = "Catch[\(index)]/"
            let assign = assign(node, language, at: place, using: .errorOutput)
            let output = language == .jsonata ? expressions(node, "Output", at: place, using: .errorOutput) : nil
            if let next {
                catchers.append(
                    Catcher(errors: errors, next: next, resultPath: resultPath, assign: assign, output: output))
            }
        }
        return catchers
    }

    private mutating func errorNames(of node: SourceNode, isLast: Bool) -> [String] {
        require(["ErrorEquals"], of: node)
        guard let elements = array(node, "ErrorEquals"), let field = node["ErrorEquals"] else { return [] }
        var names: [String] = []
        for element in elements {
            guard let name = element.value.stringValue else {
                report("Expected value of type String", at: element)
                continue
            }
            if name.hasPrefix("States.") && !Self.reservedErrors.contains(name) {
                report(
                    "'\(name)' is none of the error names of the language, and no task may report such a name",
                    at: element, code: Code.unknownErrorName, severity: .warning)
            }
            names.append(name)
        }
        if names.contains("States.ALL") && (elements.count > 1 || !isLast) {
            report("States.ALL must appear alone and at end of list", at: field)
        }
        return names
    }
}
