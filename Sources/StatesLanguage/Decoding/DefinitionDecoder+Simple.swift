import JSONValue

/// Pass, Wait and Fail.
extension DefinitionDecoder {
    mutating func pass(_ node: SourceNode, _ language: QueryLanguage) -> State.Kind? {
        guard language == .jsonPath else { return nil }
        if let result = node["Result"] { warnAboutStaticResult(result) }
        return .pass(
            PassState(
                result: node["Result"]?.value, parameters: template(node, "Parameters"), resultPath: resultPath(node)))
    }

    private mutating func warnAboutStaticResult(_ node: SourceNode) {
        for (key, member) in node.members {
            if key.hasSuffix(".$") {
                report(
                    "'Result' is taken as it is: '\(key)' is not evaluated, which 'Parameters' would do", at: node,
                    key: key, code: Code.passResultIsStatic, severity: .warning)
            }
            warnAboutStaticResult(member)
        }
        for element in node.elements { warnAboutStaticResult(element) }
    }

    mutating func wait(_ node: SourceNode, _ language: QueryLanguage) -> State.Kind? {
        let fields = ["SecondsPath", "Seconds", "TimestampPath", "Timestamp"]
        let isUnique = exactlyOne(of: fields, in: node)
        guard language == .jsonPath else { return nil }
        // All are read, also where only one may be there: each may be wrong in itself.
        let seconds = integer(node, "Seconds", in: 0...99_999_999)
        let secondsPath = singlePath(node, "SecondsPath")
        let timestampPath = singlePath(node, "TimestampPath")
        var timestamp: Timestamp?
        if let text = string(node, "Timestamp"), let field = node["Timestamp"] {
            timestamp = self.timestamp(text, at: field)
        }
        guard isUnique else { return nil }
        if let seconds { return .wait(WaitState(until: .seconds(seconds))) }
        if let secondsPath { return .wait(WaitState(until: .secondsPath(secondsPath))) }
        if let timestampPath { return .wait(WaitState(until: .timestampPath(timestampPath))) }
        return timestamp.map { .wait(WaitState(until: .timestamp($0))) }
    }

    mutating func timestamp(_ text: String, at node: SourceNode) -> Timestamp? {
        guard let timestamp = Timestamp(rfc3339: text) else {
            report("String does not match RFC3339 timestamp", at: node)
            return nil
        }
        return timestamp
    }

    mutating func fail(_ node: SourceNode, _ language: QueryLanguage) -> State.Kind? {
        guard language == .jsonPath else { return nil }
        return .fail(FailState(error: textOrPath(node, "Error"), cause: textOrPath(node, "Cause")))
    }
}
