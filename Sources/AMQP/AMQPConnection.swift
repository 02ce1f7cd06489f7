/// One connection to an AMQP 0-9-1 broker that keeps itself alive: it connects, declares its topology, subscribes its
/// consumers, and does all of that again, with backoff, whenever the connection ends.
///
/// Publishing and consuming belong on two connections where throughput matters: a broker that blocks publishers stops
/// reading the whole connection, acknowledgements included.
package final class AMQPConnection: Sendable {
    /// - Parameters:
    ///   - onStatus: called on the connection's thread at every change of status; must not block.
    ///   - onTopologyRecovered: called on the connection's thread after every (re)connect, before consumers are
    ///     subscribed, and whenever a queue had to be declared again under a consumer, with the names of those queues of
    ///     the topology that did not exist and were created. Exclusive queues are left out: they never survive.
    ///     Must not block.
    package init(
        _ configuration: AMQPConfiguration,
        onStatus: (@Sendable (ConnectionStatus) -> Void)? = nil,
        onTopologyRecovered: (@Sendable (_ createdAnew: [String]) -> Void)? = nil
    ) {
    }

    /// Runs until cancelled or shut down. Does not fail for an absent broker: it tries again for ever. May be called once.
    package func run() async {
    }

    /// Waits up to `drain` for published messages to be settled, then closes the connection and ends `run()`.
    /// Returns when everything has stopped.
    package func shutdown(drain: Duration = .seconds(5)) async {
    }

    package var status: ConnectionStatus { .closed }

    package var statistics: AMQPStatistics { AMQPStatistics() }

    // MARK: Topology

    /// Adds to the recovered topology and, where connected, declares it now; otherwise the next connect will, and the
    /// result is empty.
    /// - Returns: one answer per queue of `topology`, in its order.
    @discardableResult
    package func declare(_ topology: Topology) async throws(AMQPError) -> [QueueDeclared] { [] }

    /// Removes the queue and its bindings from the recovered topology; the broker's queue stays.
    package func forget(queue: String) {}

    /// Removes the exchange and the bindings to it from the recovered topology; the broker's exchange stays.
    package func forget(exchange: String) {}

    /// Forgets and deletes the queue; deleting one that does not exist succeeds.
    package func delete(queue: String) async throws(AMQPError) {}

    /// - Returns: how many messages were removed.
    @discardableResult
    package func purge(queue: String) async throws(AMQPError) -> Int { 0 }

    /// - Returns: nil where the queue does not exist.
    package func inspect(queue: String) async throws(AMQPError) -> QueueDeclared? { nil }

    // MARK: Publishing

    /// Publishes a batch with publisher confirms, in order.
    /// - Returns: one outcome per message, once every one is settled. While there is no connection: `lost` for all, at once.
    package func publish(_ messages: [OutboundMessage]) async -> [PublishOutcome] { [] }

    /// The same for hot paths. `then` is called once: on the connection's thread, or, where there is no connection, on
    /// the caller's before this returns. It must not block.
    package func publish(_ messages: [OutboundMessage], then: @escaping @Sendable ([PublishOutcome]) -> Void) {}

    // MARK: Consuming

    /// Subscribes to a queue on a channel of its own.
    ///
    /// The subscription survives reconnects and the queue's deletion (it is declared again if the topology knows it).
    /// Without a connection it is kept and made later.
    /// - Parameters:
    ///   - prefetch: how many unacknowledged deliveries the broker may have outstanding; 0 is unlimited.
    ///   - handler: called on the connection's thread with batches; must not block.
    /// - Throws: the broker's refusal (404 no such queue, 403 in exclusive use); the subscription is then not kept.
    package func consume(
        _ queue: String,
        prefetch: UInt16,
        exclusive: Bool = false,
        handler: @escaping @Sendable ([Delivery]) -> Void
    ) async throws(AMQPError) -> Consumer { Consumer(id: 0, queue: queue) }

    /// Ends the subscription; returns when no further delivery can come.
    /// - Parameter requeueUnacknowledged: true gives back what is not acknowledged at once; false lets it still be
    ///   acknowledged until the connection ends.
    package func cancel(_ consumer: Consumer, requeueUnacknowledged: Bool = false) async {}

    /// Changes the limit on unacknowledged deliveries; those that are outstanding stay valid.
    package func setPrefetch(_ prefetch: UInt16, for consumer: Consumer) {}

    /// Acknowledges; what belongs to an ended channel, or was settled before, is ignored.
    package func ack(_ deliveries: [Delivery]) {}
    package func ack(_ tickets: [DeliveryTicket]) {}

    /// Gives back (`requeue`) or drops to the dead-letter exchange, where the queue has one.
    package func nack(_ deliveries: [Delivery], requeue: Bool) {}
    package func nack(_ tickets: [DeliveryTicket], requeue: Bool) {}

    /// Takes one message; it has to be acknowledged.
    /// - Returns: nil where the queue is empty.
    package func get(queue: String) async throws(AMQPError) -> Delivery? { nil }
}
