import CBatonShims
import Logging

/// One connection to an AMQP 0-9-1 broker that keeps itself alive: it connects, declares its topology, subscribes its
/// consumers, and does all of that again, with backoff, whenever the connection ends.
///
/// Publishing and consuming belong on two connections where throughput matters: a broker that blocks publishers stops
/// reading the whole connection, acknowledgements included.
package final class AMQPConnection: Sendable {
    /// Hears the names of queues that do not exist, and calls `create` when they may be created, on any thread.
    package typealias MissingQueuesHandler =
        @Sendable (_ missing: [String], _ create: @escaping @Sendable () -> Void) -> Void

    private let core: ConnectionCore

    /// - Parameters:
    ///   - onStatus: called on the connection's thread at every change of status; must not block.
    ///   - onTopologyRecovered: called on the connection's thread after every (re)connect, before consumers are
    ///     subscribed, and whenever a queue had to be declared again under a consumer, with the names of those queues of
    ///     the topology that did not exist and were created. Exclusive queues are left out: they never survive.
    ///     Must not block.
    ///   - onMissing: called on the connection's thread before queues are created that the topology knows and the broker
    ///     does not, whenever that is found. Nothing else of the topology is declared, and a connection does not become
    ///     ready, before `create` was called. Exclusive queues are left out. Must not block.
    ///   - onUnanswered: called on the connection's thread whenever a queue that is there does not answer a subscription.
    ///     Must not block.
    package init(
        _ configuration: AMQPConfiguration,
        onStatus: (@Sendable (ConnectionStatus) -> Void)? = nil,
        onTopologyRecovered: (@Sendable (_ createdAnew: [String]) -> Void)? = nil,
        onMissing: MissingQueuesHandler? = nil,
        onUnanswered: (@Sendable (_ queue: String) -> Void)? = nil
    ) {
        core = ConnectionCore(
            configuration, onStatus: onStatus, onTopologyRecovered: onTopologyRecovered, onMissing: onMissing,
            onUnanswered: onUnanswered)
    }

    /// Runs until cancelled or shut down. Does not fail for an absent broker: it tries again for ever. May be called once.
    package func run() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard core.begin(continuation) else { return continuation.resume() }
                let argument = Unmanaged.passRetained(core).toOpaque()
                // Tables in messages may nest deeply and the decoder recurses: a stack of the size the main thread has.
                let error = baton_thread_start("amqp", 8 << 20, runConnectionThread, argument)
                if error != 0 {
                    core.configuration.logger.critical("cannot start a thread for AMQP: errno \(-error)")
                    Unmanaged<ConnectionCore>.fromOpaque(argument).release()
                    core.ended()
                }
            }
        } onCancel: {
            core.stop(drain: .zero)
        }
    }

    /// Waits up to `drain` for published messages to be settled, then closes the connection and ends `run()`.
    /// Returns when everything has stopped.
    package func shutdown(drain: Duration = .seconds(5)) async {
        core.stop(drain: drain)
        await core.waitForEnd()
    }

    /// Whether messages can be sent at this moment. False already while those who published hear of what was lost with the
    /// connection; the status changes after that.
    package var isStanding: Bool { core.isReady }

    package var status: ConnectionStatus { core.status }

    package var statistics: AMQPStatistics { core.statistics }

    // MARK: Topology

    /// Adds to the recovered topology and, where connected, declares it now; otherwise the next connect will, and the
    /// result is empty.
    /// - Returns: one answer per queue of `topology`, in its order.
    @discardableResult
    package func declare(_ topology: Topology) async throws(AMQPError) -> [QueueDeclared] {
        for name in topology.exchanges.map(\.name) + topology.queues.map(\.name) { try check(name) }
        for binding in topology.bindings { try check(binding.routingKey, mayBeEmpty: true) }
        core.extend(topology)
        guard let reply = try await connected({ .declare(topology, $0) }), case .declared(let queues) = reply else {
            return []
        }
        return queues
    }

    /// Removes the queue and its bindings from the recovered topology; the broker's queue stays.
    package func forget(queue: String) { core.forget(queue: queue) }

    /// Removes the exchange and the bindings to it from the recovered topology; the broker's exchange stays.
    package func forget(exchange: String) { core.forget(exchange: exchange) }

    /// Forgets and deletes the queue; deleting one that does not exist succeeds.
    package func delete(queue: String) async throws(AMQPError) {
        try check(queue)
        core.forget(queue: queue)
        _ = try await core.request { .delete(queue, $0) }.get()
    }

    /// - Returns: how many messages were removed.
    @discardableResult
    package func purge(queue: String) async throws(AMQPError) -> Int {
        try check(queue)
        guard case .count(let count) = try await core.request({ .purge(queue, $0) }).get() else { return 0 }
        return count
    }

    /// - Returns: nil where the queue does not exist.
    package func inspect(queue: String) async throws(AMQPError) -> QueueDeclared? {
        try check(queue)
        guard case .inspected(let declared) = try await core.request({ .inspect(queue, $0) }).get() else { return nil }
        return declared
    }

    // MARK: Publishing

    /// Publishes a batch with publisher confirms, in order.
    /// - Returns: one outcome per message, once every one is settled. While there is no connection: `lost` for all, at once.
    package func publish(_ messages: [OutboundMessage]) async -> [PublishOutcome] {
        await withCheckedContinuation { continuation in
            publish(messages) { continuation.resume(returning: $0) }
        }
    }

    /// The same for hot paths. `then` is called once: on the connection's thread, or, where there is no connection, on
    /// the caller's before this returns. It must not block.
    package func publish(_ messages: [OutboundMessage], then: @escaping @Sendable ([PublishOutcome]) -> Void) {
        if messages.isEmpty || !core.post(.publish(messages, then)) { then(messages.map { _ in .lost }) }
    }

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
    ) async throws(AMQPError) -> Consumer {
        try check(queue)
        let spec = core.register(queue, prefetch: prefetch, exclusive: exclusive, handler)
        _ = try await connected { .consume(spec, handler, $0) }
        return Consumer(id: spec.id, queue: queue)
    }

    /// Ends the subscription; returns when no further delivery can come.
    /// - Parameter requeueUnacknowledged: true gives back what is not acknowledged at once; false lets it still be
    ///   acknowledged until the connection ends.
    package func cancel(_ consumer: Consumer, requeueUnacknowledged: Bool = false) async {
        core.unregister(consumer.id)
        _ = await core.request { .cancel(consumer.id, requeue: requeueUnacknowledged, $0) }
    }

    /// Changes the limit on unacknowledged deliveries; those that are outstanding stay valid.
    package func setPrefetch(_ prefetch: UInt16, for consumer: Consumer) { core.setPrefetch(prefetch, consumer.id) }

    /// Acknowledges; what belongs to an ended channel, or was settled before, is ignored.
    package func ack(_ deliveries: [Delivery]) { ack(deliveries.map(\.ticket)) }
    package func ack(_ tickets: [DeliveryTicket]) {
        if !tickets.isEmpty { _ = core.post(.acknowledge(tickets)) }
    }

    /// Gives back (`requeue`) or drops to the dead-letter exchange, where the queue has one.
    package func nack(_ deliveries: [Delivery], requeue: Bool) {
        nack(deliveries.map(\.ticket), requeue: requeue)
    }
    package func nack(_ tickets: [DeliveryTicket], requeue: Bool) {
        if !tickets.isEmpty { _ = core.post(.giveBack(tickets, requeue: requeue)) }
    }

    /// Takes one message; it has to be acknowledged.
    /// - Returns: nil where the queue is empty.
    package func get(queue: String) async throws(AMQPError) -> Delivery? {
        try check(queue)
        guard case .delivery(let delivery) = try await core.request({ .get(queue, $0) }).get() else { return nil }
        return delivery
    }

    // MARK: -

    /// nil where there is no connection.
    private func connected(
        _ command: (ConnectionCore.RequestContinuation) -> ConnectionCore.Command
    ) async throws(AMQPError) -> Reply? {
        switch await core.request(command) {
        case .success(let reply): return reply
        case .failure(let error) where error.code == .notConnected || error.code == .connectionLost: return nil
        case .failure(let error): throw error
        }
    }

    /// Names are short strings; an empty one would have the broker make one up, which could not be recovered.
    private func check(_ name: String, mayBeEmpty: Bool = false) throws(AMQPError) {
        guard mayBeEmpty || !name.isEmpty, name.utf8.count <= 255 else {
            throw AMQPError(.invalidArgument, "a name in AMQP has 1 to 255 bytes of UTF-8")
        }
    }
}
