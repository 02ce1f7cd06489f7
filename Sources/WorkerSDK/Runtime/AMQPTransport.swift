import AMQP
import Logging
import Synchronization
import TaskMessaging
import TaskProtocol

/// Two connections: a broker that blocks publishers stops reading their connection, and acknowledgements should not
/// have to wait for that.
final class AMQPTransport: WorkerTransport {
    typealias Ticket = DeliveryTicket
    typealias Receive = @Sendable (TransportEvent<DeliveryTicket>) -> Void

    private struct State {
        var consumers: [TaskSource: Consumer] = [:]
        var control: Consumer?
        var isStopping = false
    }

    private let names: TopologyNames
    private let capacities: [TaskSource: Int]
    private let consuming: AMQPConnection
    private let publishing: AMQPConnection
    private let controlQueue: String
    private let logger: Logger
    private let receiver: Receiver
    private let state = Mutex(State())
    private let changes: AsyncStream<(TaskSource, Int)>
    private let change: AsyncStream<(TaskSource, Int)>.Continuation
    private let losses: AsyncStream<LostQueues>

    init(_ configuration: WorkerConfiguration, sources: [TaskSource: Int], logger: Logger) throws {
        let url: AMQPURL
        do {
            url = try AMQPURL(configuration.amqpURL)
        } catch {
            throw WorkerConfigurationError(error.message)
        }
        names = TopologyNames(prefix: configuration.prefix)
        capacities = sources
        self.logger = logger
        // Of this process alone: a name that is random cannot be held by a connection that the broker believes alive.
        controlQueue =
            "\(names.controlExchange).\(configuration.name).\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let receiver = Receiver()
        self.receiver = receiver
        // One value per connection that found something missing.
        let (losses, lost) = AsyncStream<LostQueues>.makeStream()
        self.losses = losses
        let queues = Set(sources.keys.map { [names] in $0.queue(names) })
        consuming = AMQPConnection(
            Self.connection(url, "\(configuration.identity) (tasks)", logger),
            onStatus: { status in receiver.call(.connected(status.isUsable)) },
            onMissing: { missing, create in
                let own = missing.filter(queues.contains)
                if own.isEmpty { create() } else { lost.yield(LostQueues(queues: own, create: create)) }
            })
        publishing = AMQPConnection(
            Self.connection(url, "\(configuration.identity) (answers)", logger))
        // Few, and only as many as there are leases that end.
        (changes, change) = AsyncStream.makeStream()
    }

    /// A worker has nothing to do without the broker, so it asks for it rather often.
    private static func connection(_ url: AMQPURL, _ name: String, _ logger: Logger) -> AMQPConfiguration {
        var configuration = AMQPConfiguration(
            url: url, connectionName: name, reconnectDelay: .milliseconds(100) ... .seconds(3), logger: logger)
        // A worker's user may be one that reads its own queues and no more.
        configuration.acceptsForeignTopology = true
        return configuration
    }

    func run(receive: @escaping Receive) async {
        receiver.set(receive)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [consuming] in await consuming.run() }
            group.addTask { [publishing] in await publishing.run() }
            group.addTask { [self] in await subscribe() }
            group.addTask { [self] in await giveNotice() }
            for _ in 0..<3 { await group.next() }
            group.cancelAll()
        }
    }

    private var topology: Topology {
        var topology = Topology(
            exchanges: [
                .init(names.tasksExchange, kind: .direct),
                .init(names.controlExchange, kind: .fanout),
            ],
            queues: [
                .quorum(names.deadQueue),
                .quorum(names.startQueue),
                .init(controlQueue, durable: false, exclusive: true, autoDelete: true),
            ],
            bindings: [.init(queue: controlQueue, exchange: names.controlExchange)])
        for source in capacities.keys {
            let queue = source.queue(names)
            topology.add(Topology.Queue.quorum(queue))
            topology.add(
                Topology.Binding(queue: queue, exchange: names.tasksExchange, routingKey: source.routingKey(names)))
        }
        return topology
    }

    /// Tells the orchestrator of queues that were gone, and whatever they held with them.
    private func giveNotice() async {
        for await loss in losses {
            await loss.restore { [self] notice in
                await withCheckedContinuation { continuation in
                    publish([notice], to: names.startQueue) { continuation.resume(returning: $0.first ?? .lost) }
                }
            } declareStarts: { [self] in
                // Where this user may not, the orchestrator will.
                _ = try? await publishing.declare(Topology(queues: [.quorum(names.startQueue)]))
            } pause: {
                try await Task.sleep(for: $0)
            }
        }
    }

    /// Declares, subscribes, and then follows the changes of capacity, one by one.
    private func subscribe() async {
        await untilDone("declare") { [self] () async throws(AMQPError) in try await consuming.declare(topology) }
        await untilDone("listen to cancellations") { [self] () async throws(AMQPError) in
            let consumer = try await consuming.consume(controlQueue, prefetch: 100) { [receiver, consuming] batch in
                for delivery in batch { receiver.call(.control(ProtocolEnvelope(delivery))) }
                consuming.ack(batch)
            }
            state.withLock { $0.control = consumer }
        }
        for (source, capacity) in capacities { await adjust(source, to: capacity) }
        for await (source, capacity) in changes { await adjust(source, to: capacity) }
    }

    private func adjust(_ source: TaskSource, to capacity: Int) async {
        let (consumer, isStopping) = state.withLock { ($0.consumers[source], $0.isStopping) }
        guard !isStopping else { return }
        let prefetch = UInt16(clamping: capacity)
        switch (consumer, prefetch) {
        case (let consumer?, 0):
            state.withLock { $0.consumers[source] = nil }
            await consuming.cancel(consumer)
        case (let consumer?, _):
            consuming.setPrefetch(prefetch, for: consumer)
        case (nil, 0):
            break
        case (nil, _):
            let queue = source.queue(names)
            await untilDone("consume \(queue)") { [self] () async throws(AMQPError) in
                let consumer = try await consuming.consume(queue, prefetch: prefetch) { [receiver] batch in
                    let tasks = batch.map {
                        TaskDelivery(
                            envelope: ProtocolEnvelope($0), ticket: $0.ticket, redelivered: $0.redelivered)
                    }
                    receiver.call(.tasks(source, tasks))
                }
                let isStopping = state.withLock { state in
                    if !state.isStopping { state.consumers[source] = consumer }
                    return state.isStopping
                }
                if isStopping { await consuming.cancel(consumer) }
            }
        }
    }

    /// Tries again, ever more slowly, what the broker refuses: most likely somebody is about to put it right.
    private func untilDone(_ what: String, _ body: () async throws(AMQPError) -> Void) async {
        var pause = Duration.seconds(1)
        while !state.withLock({ $0.isStopping }) {
            do {
                try await body()
                return
            } catch  where error.code == .closed {
                return
            } catch {
                logger.error("cannot \(what)", metadata: ["reason": .string(error.description)])
            }
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            pause = min(pause * 2, .seconds(30))
        }
    }

    func publish(
        _ messages: [ProtocolEnvelope], to queue: String, then: @escaping @Sendable ([PublishResult]) -> Void
    ) {
        publishing.publish(messages.map { $0.message(routingKey: queue, mandatory: true) }) { outcomes in
            then(outcomes.map { Self.result($0, queue) })
        }
    }

    private static func result(_ outcome: PublishOutcome, _ queue: String) -> PublishResult {
        switch outcome {
        case .confirmed: .confirmed
        case .returned(_, let text): .refused("no queue \(queue): \(text)")
        case .rejected: .refused("rejected by the broker")
        case .lost: .lost
        }
    }

    func acknowledge(_ tickets: [DeliveryTicket]) { consuming.ack(tickets) }

    func setCapacity(_ capacity: Int, of source: TaskSource) { change.yield((source, capacity)) }

    func stopConsuming() async {
        let consumers = state.withLock { state in
            state.isStopping = true
            defer { state.consumers = [:] }
            return Array(state.consumers.values)
        }
        change.finish()
        for consumer in consumers { await consuming.cancel(consumer) }
    }

    func close() async {
        await stopConsuming()
        await publishing.shutdown()
        await consuming.shutdown()
    }

    /// Where events go; set once the transport runs.
    private final class Receiver: Sendable {
        /// In a value: behind a lock as such, a function would be wrapped once more by every look at it.
        private struct State {
            var receive: Receive?
        }

        private let state = Mutex(State())

        func set(_ new: @escaping Receive) { state.withLock { $0.receive = new } }

        func call(_ event: TransportEvent<DeliveryTicket>) { state.withLock { $0.receive }?(event) }
    }
}
