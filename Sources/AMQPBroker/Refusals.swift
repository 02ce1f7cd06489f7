import TaskProtocol

extension MalformedMessage {
    /// What becomes of a task whose outcome came in a version that is not spoken here: it fails, and says why. Nobody
    /// would be helped if it waited for its time-out. Nil where there is no task to fail, or where it may go on.
    func refusal(of envelope: ProtocolEnvelope) -> AnswerMessage? {
        guard isOfUnknownVersion, let token = envelope.correlationID, !token.isEmpty,
            token.unicodeScalars.count <= ProtocolLimits.tokenLength,
            envelope.type == MessageType.success.rawValue || envelope.type == MessageType.failure.rawValue
        else { return nil }
        return .failure(
            token: token, error: "Worker.ProtocolVersion", cause: "the worker's answer cannot be read: \(reason)",
            worker: envelope.headers[HeaderName.worker]?.text)
    }

    /// What is told to whoever sent a start that cannot be read; nil where nobody waits for an outcome.
    func outcome(of envelope: ProtocolEnvelope) -> StartOutcome? {
        // A task's reply address is that of its answers.
        let notices = [MessageType.recreated.rawValue, MessageType.task.rawValue]
        guard let queue = envelope.replyTo, !queue.isEmpty, !notices.contains(envelope.type ?? "") else { return nil }
        let failure = TaskFailureBody(error: isOfUnknownVersion ? "ProtocolVersion" : "InvalidStart", cause: reason)
        return StartOutcome(
            correlationID: envelope.correlationID ?? envelope.messageID, execution: nil, succeeded: false,
            body: failure.encoded())
    }
}
