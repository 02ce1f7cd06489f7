/// Tells workers that nobody waits for a task any more. Best effort: it may be lost, and it may be ignored.
package struct CancelMessage: Sendable, Hashable {
    package var token: String

    package init(token: String) { self.token = token }

    /// To be published to the control exchange; not persistent, since it means nothing after a restart.
    package func encoded() -> ProtocolEnvelope {
        ProtocolEnvelope(
            deliveryMode: 1,
            correlationID: token,
            type: MessageType.cancel.rawValue,
            appID: ProtocolEnvelope.app,
            headers: [HeaderName.version: .int(ProtocolVersion.current)]
        )
    }

    package init(decoding envelope: ProtocolEnvelope) throws(MalformedMessage) {
        try envelope.checkVersion()
        let type = try envelope.messageType()
        guard type == .cancel else { throw MalformedMessage("type \(type.rawValue) where a cancellation was expected") }
        self.init(token: try envelope.token())
    }
}
