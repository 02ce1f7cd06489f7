import JSONValue

/// Pass, Wait and Fail.
extension DefinitionDecoder {
    mutating func pass(_ node: SourceNode, _ language: QueryLanguage) -> State.Kind? {
        guard language == .jsonPath else {
            return .pass(PassState(result: nil, parameters: nil, resultPath: .replace))
        }
        if let result = node["Result"] { warnAboutStaticResult(result) }
        return .pass(
            PassState(
                result: node["Result"]?.value, parameters: template(node, "Parameters"),
                resultPath: resultPath(node, language)))
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
        guard language == .jsonPath else { return isUnique ? waitForExpression(node) : nil }
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

    private mutating func waitForExpression(_ node: SourceNode) -> State.Kind? {
        let seconds = expression(node, "Seconds", .jsonata)
        if seconds.isExpression { return seconds.expression.map { .wait(WaitState(until: .secondsExpression($0))) } }
        let timestamp = expression(node, "Timestamp", .jsonata)
        if timestamp.isExpression {
            return timestamp.expression.map { .wait(WaitState(until: .timestampExpression($0))) }
        }
        if let seconds = integer(node, "Seconds", in: 0...99_999_999) {
            return .wait(WaitState(until: .seconds(seconds)))
        }
        guard let text = string(node, "Timestamp"), let field = node["Timestamp"] else { return nil }
        return self.timestamp(text, at: field).map { .wait(WaitState(until: .timestamp($0))) }
    }

    mutating func timestamp(_ text: String, at node: SourceNode) -> Timestamp? {
        guard let timestamp = Timestamp(rfc3339: text) else {
            report("String does not match RFC3339 timestamp", at: node)
            return nil
        }
        return timestamp
    }

    mutating func fail(_ node: SourceNode, _ language: QueryLanguage) -> State.Kind? {
        .fail(FailState(error: textOrPath(node, "Error", language), cause: textOrPath(node, "Cause", language)))
    }
}
