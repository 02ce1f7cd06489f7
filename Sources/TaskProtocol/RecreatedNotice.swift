/// A worker's word that its queue is gone and that it is about to declare it again: what the queue held is lost, and only
/// the worker can know. Without it the orchestrator would wait for answers to tasks that nobody has.
package struct RecreatedNotice: Sendable, Hashable {
    /// Name of the queue.
    package var queue: String

    package init(queue: String) { self.queue = queue }

    /// To be published to the default exchange with the start queue as routing key.
    package func encoded() -> ProtocolEnvelope {
        ProtocolEnvelope(
            deliveryMode: 2,
            type: MessageType.recreated.rawValue,
            headers: [HeaderName.version: .int(ProtocolVersion.current), HeaderName.queue: .string(queue)]
        )
    }

    package init(decoding envelope: ProtocolEnvelope) throws(MalformedMessage) {
        try envelope.checkVersion()
        let type = try envelope.messageType()
        guard type == .recreated else { throw MalformedMessage("type \(type.rawValue) where recreated was expected") }
        guard let queue = envelope.text(HeaderName.queue), !queue.isEmpty else {
            throw MalformedMessage("no header \(HeaderName.queue)")
        }
        self.init(queue: queue)
    }
}
