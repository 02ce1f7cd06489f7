import TaskProtocol

/// The way to the broker, as the runtime needs it.
protocol WorkerTransport: Sendable {
    associatedtype Ticket: Sendable

    /// Connects, consumes, and goes on until `close()` or cancellation. `receive` is called on any thread and does not
    /// block.
    func run(receive: @escaping @Sendable (TransportEvent<Ticket>) -> Void) async

    /// `then` is called once, with one result per message, when the broker has answered or cannot be asked: on any
    /// thread, and perhaps before this returns. It does not block.
    func publish(
        _ messages: [ProtocolEnvelope], to queue: String, then: @escaping @Sendable ([PublishResult]) -> Void)

    func acknowledge(_ tickets: [Ticket])

    /// Changes how many unacknowledged tasks of a queue may be here; 0 stops taking any.
    func setCapacity(_ capacity: Int, of source: TaskSource)

    /// Returns when no further task can come; those that are here can still be acknowledged.
    func stopConsuming() async

    /// Ends `run`. What is not acknowledged goes to others.
    func close() async
}

enum TransportEvent<Ticket: Sendable>: Sendable {
    /// Tasks that came together.
    case tasks(TaskSource, [TaskDelivery<Ticket>])
    case control(ProtocolEnvelope)
    case connected(Bool)
}

struct TaskDelivery<Ticket: Sendable>: Sendable {
    let envelope: ProtocolEnvelope
    let ticket: Ticket
    /// Whether the broker has delivered it before.
    let redelivered: Bool
}

enum PublishResult: Sendable, Hashable {
    case confirmed
    /// The broker would not take it; it says why.
    case refused(String)
    /// There is no connection, or it ended first.
    case lost
}
