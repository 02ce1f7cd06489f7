/// Starts an execution.
package struct StartMessage: Sendable, Hashable {
    /// A name, or the ARN of a state machine, a version or an alias.
    package var stateMachine: String
    /// The execution's name, by which a repeated start is recognised; nil to have one made.
    package var name: String?
    /// JSON text; `{}` where the message had no body.
    package var input: [UInt8]
    /// The queue to which the outcome goes; nil where nobody waits for it.
    package var replyTo: String?
    /// Comes back with the outcome.
    package var correlationID: String?
    /// W3C trace context.
    package var traceparent: String?

    package init(
        stateMachine: String,
        name: String? = nil,
        input: [UInt8],
        replyTo: String? = nil,
        correlationID: String? = nil,
        traceparent: String? = nil
    ) {
        self.stateMachine = stateMachine
        self.name = name
        self.input = input
        self.replyTo = replyTo
        self.correlationID = correlationID
        self.traceparent = traceparent
    }
}

extension StartMessage {
    /// To be published to the default exchange with the start queue as routing key.
    package func encoded() -> ProtocolEnvelope {
        var headers: MessageHeaders = [
            HeaderName.version: .int(ProtocolVersion.current),
            HeaderName.stateMachine: .string(stateMachine),
        ]
        if let traceparent { headers[HeaderName.traceparent] = .string(traceparent) }
        return ProtocolEnvelope(
            contentType: ProtocolEnvelope.json,
            deliveryMode: 2,
            messageID: name,
            correlationID: correlationID,
            replyTo: replyTo,
            type: MessageType.start.rawValue,
            headers: headers,
            body: input
        )
    }

    /// Reads a start; a body that is not JSON or too large is malformed, no body at all is `{}`. The type may be absent.
    package init(decoding envelope: ProtocolEnvelope) throws(MalformedMessage) {
        try envelope.checkVersion()
        if envelope.type != nil {
            let type = try envelope.messageType()
            guard type == .start else { throw MalformedMessage("type \(type.rawValue) where a start was expected") }
        }
        guard let stateMachine = envelope.text(HeaderName.stateMachine), !stateMachine.isEmpty else {
            throw MalformedMessage("no header \(HeaderName.stateMachine)")
        }
        if !envelope.body.isEmpty { _ = try envelope.json() }
        func present(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
        self.init(
            stateMachine: stateMachine,
            name: present(envelope.messageID),
            input: envelope.body.isEmpty ? Array("{}".utf8) : envelope.body,
            replyTo: present(envelope.replyTo),
            correlationID: present(envelope.correlationID),
            traceparent: envelope.text(HeaderName.traceparent)
        )
    }
}

/// How an execution ended that was started by a message, or why it could not start; goes to the start's `reply_to`.
package struct StartOutcome: Sendable, Hashable {
    /// The start's own correlation id, else its message id.
    package var correlationID: String?
    /// ARN; nil where no execution came to be.
    package var execution: String?
    package var succeeded: Bool
    /// JSON text: the output, or the body of a failure.
    package var body: [UInt8]

    package init(correlationID: String?, execution: String?, succeeded: Bool, body: [UInt8]) {
        self.correlationID = correlationID
        self.execution = execution
        self.succeeded = succeeded
        self.body = body
    }

    /// To be published to the default exchange with the start's `reply_to` as routing key.
    package func encoded() -> ProtocolEnvelope {
        var headers: MessageHeaders = [HeaderName.version: .int(ProtocolVersion.current)]
        if let execution { headers[HeaderName.execution] = .string(execution) }
        return ProtocolEnvelope(
            contentType: ProtocolEnvelope.json,
            deliveryMode: 2,
            correlationID: correlationID,
            type: (succeeded ? MessageType.success : .failure).rawValue,
            appID: ProtocolEnvelope.app,
            headers: headers,
            body: body
        )
    }
}
