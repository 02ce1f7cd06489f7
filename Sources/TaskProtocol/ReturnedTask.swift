/// A task that the broker gives up: the policy of the task queues sends it to the start queue, with a reason, instead of
/// to a worker.
///
/// The headers are RabbitMQ's: https://www.rabbitmq.com/docs/dlx#effects
package struct ReturnedTask: Sendable, Hashable {
    package var token: String
    /// `delivery_limit`, `rejected`, `expired`, `maxlen`.
    package var reason: String
    /// The queue that it was on.
    package var queue: String

    static let reasonHeader: HeaderName = "x-first-death-reason"
    static let queueHeader: HeaderName = "x-first-death-queue"

    package init(decoding envelope: ProtocolEnvelope) throws(MalformedMessage) {
        try envelope.checkVersion()
        let type = try envelope.messageType()
        guard type == .task else { throw MalformedMessage("type \(type.rawValue) where task was expected") }
        guard let reason = envelope.text(Self.reasonHeader) else {
            throw MalformedMessage("a task that the broker did not return")
        }
        token = try envelope.token()
        self.reason = reason
        queue = envelope.text(Self.queueHeader) ?? ""
    }

    /// What becomes of the attempt; nil where its own time-out ends it.
    package var failure: TaskFailureBody? {
        switch reason {
        case "expired": nil
        case "delivery_limit":
            TaskFailureBody(
                error: "Worker.Died",
                cause: "the task was delivered as often as the broker's policy for \(queue) allows, and no worker "
                    + "answered it: do they die over it?")
        case "rejected":
            TaskFailureBody(error: "Worker.Rejected", cause: "a worker of \(queue) rejected the task")
        default:
            TaskFailureBody(error: "Worker.Rejected", cause: "the broker dropped the task from \(queue): \(reason)")
        }
    }
}
