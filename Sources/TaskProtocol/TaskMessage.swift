package import JSONValue

/// One attempt of one task, on its way to a worker.
package struct TaskMessage: Sendable, Hashable {
    /// Names the attempt towards the orchestrator; an answer carries it.
    package var token: String
    /// Id of this attempt: the same however often the message is delivered.
    package var messageID: String
    /// The queue to which answers go.
    package var replyTo: String
    /// When the task was scheduled; whole seconds survive the way.
    package var timestamp: Timestamp?
    /// The broker may drop the message when it waited that long: nobody waits for the task any more.
    package var expirationMilliseconds: Int64?
    /// ARNs.
    package var execution: String
    package var stateMachine: String
    /// Name of the state that is waiting.
    package var state: String
    /// 0 for the first try, then counting its retries.
    package var attempt: Int
    /// The longest silence that the orchestrator accepts; nil where the state sets none.
    package var heartbeatSeconds: Int64?
    /// When the orchestrator gives the task up.
    package var deadline: Timestamp?
    /// How many answers the orchestrator takes in one batch; nil where it takes none.
    package var answerBatch: Int?
    /// W3C trace context.
    package var traceparent: String?
    /// The input: JSON text, at most `ProtocolLimits.bodyBytes`.
    package var body: [UInt8]

    package init(
        token: String,
        messageID: String,
        replyTo: String,
        timestamp: Timestamp? = nil,
        expirationMilliseconds: Int64? = nil,
        execution: String,
        stateMachine: String,
        state: String,
        attempt: Int = 0,
        heartbeatSeconds: Int64? = nil,
        deadline: Timestamp? = nil,
        answerBatch: Int? = nil,
        traceparent: String? = nil,
        body: [UInt8]
    ) {
        self.token = token
        self.messageID = messageID
        self.replyTo = replyTo
        self.timestamp = timestamp
        self.expirationMilliseconds = expirationMilliseconds
        self.execution = execution
        self.stateMachine = stateMachine
        self.state = state
        self.attempt = attempt
        self.heartbeatSeconds = heartbeatSeconds
        self.deadline = deadline
        self.answerBatch = answerBatch
        self.traceparent = traceparent
        self.body = body
    }
}

extension TaskMessage {
    package func encoded() -> ProtocolEnvelope {
        var headers = MessageHeaders(capacity: 9)
        headers.append(.version, .int(ProtocolVersion.current))
        headers.append(.execution, .string(execution))
        headers.append(.stateMachine, .string(stateMachine))
        headers.append(.state, .string(state))
        headers.append(.attempt, .int(Int64(attempt)))
        if let heartbeatSeconds { headers.append(.heartbeatSeconds, .int(heartbeatSeconds)) }
        if let deadline { headers.append(.deadline, .string(deadline.rfc3339)) }
        if let answerBatch { headers.append(.batch, .int(Int64(answerBatch))) }
        if let traceparent { headers.append(.traceparent, .string(traceparent)) }
        return ProtocolEnvelope(
            contentType: ProtocolEnvelope.json,
            deliveryMode: 2,
            messageID: messageID,
            correlationID: token,
            replyTo: replyTo,
            type: MessageType.task.rawValue,
            timestamp: timestamp.map { $0.milliseconds / 1_000 },
            appID: ProtocolEnvelope.app,
            expiration: expirationMilliseconds.map { String(max(0, $0)) },
            headers: headers,
            body: body
        )
    }

    /// Reads a task.
    ///
    /// Without token or reply address nobody could be answered, so those are required; of the headers, what is absent
    /// is empty. The body is not looked at: a worker can answer a task whose input it cannot read.
    package init(decoding envelope: ProtocolEnvelope) throws(MalformedMessage) {
        try envelope.checkVersion()
        if envelope.type != nil {
            let type = try envelope.messageType()
            guard type == .task else { throw MalformedMessage("type \(type.rawValue) where a task was expected") }
        }
        let token = try envelope.token()
        guard let replyTo = envelope.replyTo, !replyTo.isEmpty else { throw MalformedMessage("no reply_to") }
        var expiration: Int64?
        if let text = envelope.expiration {
            guard let value = Int64(text), value >= 0 else { throw MalformedMessage("expiration is not a number") }
            expiration = value
        }
        let attempt = try Self.number(HeaderName.attempt, in: envelope) ?? 0
        guard (0...Int64(Int32.max)).contains(attempt) else {
            throw MalformedMessage("header \(HeaderName.attempt) is out of range")
        }
        let heartbeat = try Self.number(HeaderName.heartbeatSeconds, in: envelope)
        if let heartbeat, heartbeat <= 0 {
            throw MalformedMessage("header \(HeaderName.heartbeatSeconds) is not positive")
        }
        var deadline: Timestamp?
        if let text = envelope.text(HeaderName.deadline) {
            guard let time = Timestamp(rfc3339: text) else {
                throw MalformedMessage("header \(HeaderName.deadline) is not an RFC 3339 time")
            }
            deadline = time
        }
        self.init(
            token: token,
            messageID: envelope.messageID.flatMap { $0.isEmpty ? nil : $0 } ?? token,
            replyTo: replyTo,
            timestamp: envelope.timestamp.flatMap(Self.time(seconds:)),
            expirationMilliseconds: expiration,
            execution: envelope.text(HeaderName.execution) ?? "",
            stateMachine: envelope.text(HeaderName.stateMachine) ?? "",
            state: envelope.text(HeaderName.state) ?? "",
            attempt: Int(attempt),
            heartbeatSeconds: heartbeat,
            deadline: deadline,
            answerBatch: Self.answerBatch(envelope),
            traceparent: envelope.text(HeaderName.traceparent),
            body: envelope.body
        )
    }

    private static func number(_ header: HeaderName, in envelope: ProtocolEnvelope) throws(MalformedMessage) -> Int64? {
        guard let value = envelope.headers[header] else { return nil }
        guard let number = value.integer else { throw MalformedMessage("header \(header) is not a number") }
        return number
    }

    /// What does not say how many there may be is no leave to send several.
    private static func answerBatch(_ envelope: ProtocolEnvelope) -> Int? {
        guard let most = envelope.headers[HeaderName.batch]?.integer, most > 1 else { return nil }
        return Int(min(most, Int64(MessageBatch.maximumCount)))
    }

    /// Nil where a foreign clock is beyond all bounds.
    private static func time(seconds: Int64) -> Timestamp? {
        let (microseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? nil : Timestamp(microseconds: microseconds)
    }
}
