package import Interpreter
package import Orchestrator
import Synchronization

/// The broker as the engine of Express executions sees it: the same connections and the same queues of work, with a
/// results queue of its own.
package final class ExpressLane: TaskBroker {
    private let signals: AMQPBroker.Signals
    let route: AMQPBroker.Route
    private let broker = Mutex<Weak>(Weak())
    private let end = AsyncStream.makeStream(of: Never.self)

    private struct Weak: Sendable {
        weak let broker: AMQPBroker?
        init(_ broker: AMQPBroker? = nil) { self.broker = broker }
    }

    init(_ configuration: BrokerConfiguration, _ signals: AMQPBroker.Signals) {
        self.signals = signals
        route = AMQPBroker.Route(
            messages: Messages(names: configuration.names, partition: configuration.expressPartition)
        ) { signals.sendToExpress($0) }
    }

    func attach(to broker: AMQPBroker) { self.broker.withLock { $0 = Weak(broker) } }

    private var whole: AMQPBroker? { broker.withLock { $0.broker } }

    /// Listens until the task is cancelled or `shutdown` is called; the connections are the whole broker's matter.
    package func run(_ events: @escaping @Sendable (BrokerEvent) -> Void) async {
        signals.attachExpress(events)
        for await _ in end.stream {}
        signals.listeners.withLock { $0.express = nil }
    }

    package func shutdown() { end.continuation.finish() }

    package var status: BrokerStatus { whole?.status ?? .connecting(lastError: "closed") }

    package func declare(_ targets: [ScheduledTask.Target]) {
        // Nothing to declare is what an engine says that starts without a memory.
        if !targets.isEmpty { whole?.declare(targets) }
    }

    package func remove(_ target: ScheduledTask.Target) { whole?.remove(target) }
    package func publish(_ tasks: [TaskRow]) { whole?.publish(tasks, on: route) }
    package func send(_ messages: [OutboxMessage]) { whole?.send(messages, on: route) }
    package func acknowledge(_ deliveries: [BrokerDelivery]) { whole?.acknowledge(deliveries) }
    package func giveBack(_ deliveries: [BrokerDelivery]) { whole?.giveBack(deliveries) }
    package func bury(_ delivery: BrokerDelivery, reason: String) { whole?.bury(delivery, reason: reason) }
    package func cancel(tokens: [String]) { whole?.cancel(tokens: tokens) }
    package func announce(_ changes: [ExecutionAnnouncement]) { whole?.announce(changes) }

    /// Express executions have no activities.
    package func take(activity name: String, timeout: Duration) async -> TakenTask? { nil }

    package func queues() async -> [QueueStatistics]? { await whole?.queues() }
}
