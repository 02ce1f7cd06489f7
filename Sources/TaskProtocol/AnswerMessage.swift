package import JSONValue

/// What a worker says about a task that it was given.
package struct AnswerMessage: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The task succeeded; the body is its output.
        case success
        /// The task failed; the body names error and cause.
        case failure
        /// The worker is alive; the body is empty or a progress value.
        case heartbeat
        /// The worker has taken the task.
        case started
    }

    package var token: String
    package var kind: Kind
    /// Who answers, for history and logs; nil where the worker does not say.
    package var worker: String?
    /// How long the worker had the task, in seconds, where it says so; whole milliseconds survive the way.
    package var duration: Double?
    /// JSON text, or empty where the kind allows it. In a decoded answer it is valid JSON within the limits.
    package var body: [UInt8]

    package init(token: String, kind: Kind, worker: String? = nil, body: [UInt8] = []) {
        self.token = token
        self.kind = kind
        self.worker = worker
        self.body = body
    }

    /// A failure; error and cause are cut to their limits.
    package static func failure(token: String, error: String?, cause: String?, worker: String? = nil) -> AnswerMessage {
        let failure = TaskFailureBody(error: error, cause: cause)
        return AnswerMessage(token: token, kind: .failure, worker: worker, body: failure.encoded())
    }

    /// Error and cause of a failure; nil for any other kind.
    package var failure: TaskFailureBody? {
        kind == .failure ? try? TaskFailureBody(decoding: body) : nil
    }

    /// The body as JSON; nil where it is empty.
    package var json: JSON? { body.isEmpty ? nil : try? JSON(parsing: body) }
}

extension AnswerMessage {
    /// To be published to the default exchange with the task's `reply_to` as routing key.
    package func encoded() -> ProtocolEnvelope {
        var headers: MessageHeaders = [.version: .int(ProtocolVersion.current)]
        if let worker { headers[HeaderName.worker] = .string(worker) }
        if let duration { headers[HeaderName.duration] = .int(Int64((duration * 1000).rounded())) }
        return ProtocolEnvelope(
            contentType: body.isEmpty ? nil : ProtocolEnvelope.json,
            deliveryMode: 2,
            correlationID: token,
            type: kind.rawValue,
            headers: headers,
            body: body
        )
    }

    /// Reads an answer and checks all that can be checked without knowing the task.
    package init(decoding envelope: ProtocolEnvelope) throws(MalformedMessage) {
        self = try Self.read(envelope).0
    }

    /// Reads an answer as ``init(decoding:)`` does, and hands on what the body of a success or heartbeat was parsed to;
    /// nil for one without.
    package static func read(_ envelope: ProtocolEnvelope) throws(MalformedMessage) -> (AnswerMessage, json: JSON?) {
        try envelope.checkVersion()
        let type = try envelope.messageType()
        guard let kind = Kind(rawValue: type.rawValue) else {
            throw MalformedMessage("type \(type.rawValue) is not an answer")
        }
        let token = try envelope.token()
        var json: JSON?
        switch kind {
        // An output beyond the limit is understood all the same: it fails its task, as it does on AWS.
        case .success: json = try envelope.json(limit: ProtocolLimits.readableBodyBytes)
        case .failure: _ = try TaskFailureBody(decoding: envelope.body)
        case .heartbeat: if !envelope.body.isEmpty { json = try envelope.json() }
        case .started:
            // Nothing is read from it, so only its size can be wrong.
            guard envelope.body.count <= ProtocolLimits.bodyBytes else { throw MalformedMessage("body too large") }
        }
        var message = AnswerMessage(
            token: token, kind: kind, worker: envelope.text(HeaderName.worker),
            body: kind == .started ? [] : envelope.body)
        if let milliseconds = envelope.headers[HeaderName.duration]?.integer, milliseconds >= 0 {
            message.duration = Double(milliseconds) / 1000
        }
        return (message, json)
    }
}
