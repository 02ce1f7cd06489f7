import AMQP
import CrashPoints
import Interpreter
import Logging
package import Orchestrator
import Synchronization
import TaskMessaging
import TaskProtocol
package import Telemetry

/// The broker port over AMQP 0-9-1, speaking the worker protocol.
///
/// Two connections: a broker that blocks publishers stops reading them, and acknowledgements have to go on.
package final class AMQPBroker: TaskBroker {
    let configuration: BrokerConfiguration
    let messages: Messages
    /// The broker of the Express executions, over the same two connections; where the configuration wants it.
    package let express: ExpressLane?
    let publisher: AMQPConnection
    private let unheard = UnheardKeys<ExecutionAnnouncement>()
    let consumer: AMQPConnection
    let metrics: BrokerMetrics
    let desk: PollDesk
    let meter: WorkloadMeter
    let watch: QueueWatch
    let unsettled = Mutex(Unsettled())
    let intakes = Mutex<[String: Intake]>([:])
    let batchingClients = BatchingClients()
    let work = Worklist()
    let targets = Mutex<Set<ScheduledTask.Target>>([])
    let stranded = Mutex<[Transfer]>([])
    let stuck = Mutex(StuckTargets())
    let silent = Mutex(SilentQueues())
    let signals: Signals
    /// Why this orchestrator cannot do its work though the broker is there.
    let obstacle = Mutex<String?>(nil)

    /// What is consumed, by its queue.
    struct Intake: Sendable {
        let consumer: Consumer
        var window: DeliveryWindow
    }

    /// Passes on what the connections say, once there is somebody to listen.
    final class Signals: Sendable {
        /// Functions in a value: kept behind a lock as such, each would be wrapped once more by every look at it, as the
        /// lock's storage is generic and holds them in another form, until calling them overflows the stack.
        struct Listeners {
            var standard: (@Sendable (BrokerEvent) -> Void)?
            /// The engine of Express executions.
            var express: (@Sendable (BrokerEvent) -> Void)?
            var recovered: (@Sendable ([String]) -> Void)?
            var missing: AMQPConnection.MissingQueuesHandler?
            var unanswered: (@Sendable (String) -> Void)?
            var publisherReady: (@Sendable () -> Void)?
        }

        let listeners = Mutex(Listeners())
        let isReady = Mutex(false)
        let connectedAt = Mutex(ContinuousClock.now)
        let consumerUp = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

        func send(_ event: BrokerEvent) { listeners.withLock { $0.standard }?(event) }

        var hasListener: Bool { listeners.withLock { $0.standard != nil } }

        func sendToExpress(_ event: BrokerEvent) { listeners.withLock { $0.express }?(event) }

        /// What concerns every engine.
        func broadcast(_ event: BrokerEvent) {
            send(event)
            sendToExpress(event)
        }

        func attachExpress(_ listener: @escaping @Sendable (BrokerEvent) -> Void) {
            isReady.withLock { isReady in
                listeners.withLock { $0.express = listener }
                if isReady { listener(.ready) }
            }
        }

        func publisherChanged(_ status: ConnectionStatus) {
            let change: BrokerEvent? = isReady.withLock { isReady in
                let usable = status.isUsable
                guard usable != isReady else { return nil }
                isReady = usable
                if usable { return .ready }
                if case .connecting(let error?) = status { return .disconnected(reason: "\(error)") }
                return .disconnected(reason: "closed")
            }
            guard let change else { return }
            broadcast(change)
            if status.isUsable { listeners.withLock { $0.publisherReady }?() }
        }
    }

    package init(_ configuration: BrokerConfiguration, metrics registry: MetricsRegistry) {
        self.configuration = configuration
        messages = Messages(names: configuration.names, partition: configuration.partition)
        metrics = BrokerMetrics(registry)
        let signals = Signals()
        self.signals = signals
        express = configuration.servesExpress ? ExpressLane(configuration, signals) : nil
        func connection(_ name: String, onStatus: (@Sendable (ConnectionStatus) -> Void)?) -> AMQPConnection {
            AMQPConnection(
                AMQPConfiguration(
                    url: configuration.url, connectionName: "baton.\(name).\(configuration.partition)",
                    // Everything waits for it, and one process that asks every other second is no burden.
                    reconnectDelay: .milliseconds(100) ... .seconds(2), logger: configuration.logger),
                onStatus: onStatus,
                onTopologyRecovered: { names in signals.listeners.withLock { $0.recovered }?(names) },
                onMissing: { names, create in
                    guard let handler = signals.listeners.withLock({ $0.missing }) else { return create() }
                    handler(names, create)
                },
                onUnanswered: { queue in signals.listeners.withLock { $0.unanswered }?(queue) })
        }
        publisher = connection("publish") { signals.publisherChanged($0) }
        consumer = connection("consume") { status in
            guard status.isUsable else { return }
            signals.connectedAt.withLock { $0 = .now }
            signals.consumerUp.continuation.yield()
        }
        desk = PollDesk(names: configuration.names)
        let start = ContinuousClock.now
        meter = WorkloadMeter { (ContinuousClock.now - start) / .seconds(1) }
        // Not over the publishing connection, whose questions stay unanswered while the broker blocks it.
        watch = QueueWatch(metrics: metrics, logger: configuration.logger) { [consumer, meter] queue in
            guard let found = try? await consumer.inspect(queue: queue) else { return nil }
            meter.looked(queue, waiting: found.messageCount)
            return (found.messageCount, found.consumerCount)
        }
        signals.listeners.withLock { $0.recovered = { [weak self] in self?.queuesWereCreatedAnew($0) } }
        signals.listeners.withLock {
            $0.missing = { [weak self] queues, create in
                guard let self else { return create() }
                queuesAreMissing(queues, create: create)
            }
        }
        signals.listeners.withLock { $0.unanswered = { [weak self] in self?.didNotAnswer($0) } }
        express?.attach(to: self)
        signals.listeners.withLock { $0.publisherReady = { [weak self] in self?.transferAgain() } }
    }

    package func run(_ events: @escaping @Sendable (BrokerEvent) -> Void) async {
        signals.listeners.withLock { $0.standard = events }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.setUp() }
            group.addTask { await self.work.run() }
            group.addTask { await self.watch.run() }
            group.addTask {
                await self.desk.run(on: self.consumer) { activity async throws(AMQPError) in
                    try await self.declareToTake(activity)
                } accept: {
                    self.handedOver($0)
                }
            }
            // The others serve the connections, and end with them.
            async let publishing: Void = publisher.run()
            await consumer.run()
            await publishing
            group.cancelAll()
        }
        signals.listeners.withLock { $0.standard = nil }
    }

    /// Waits for what is being published, then closes both connections; `run` returns.
    package func shutdown() async {
        await publisher.shutdown()
        await consumer.shutdown()
    }

    package var status: BrokerStatus {
        let status = publisher.status
        if status.isUsable {
            if let obstacle = obstacle.withLock({ $0 }) { return .blocked(reason: obstacle) }
            // Tasks go out, but their answers do not come in.
            if case .connecting(let error) = consumer.status { return .connecting(lastError: error.map { "\($0)" }) }
        }
        return switch status {
        case .connected(let server): .connected(server: "\(server.product) \(server.version)")
        case .blocked(let reason): .blocked(reason: reason)
        case .connecting(let error): .connecting(lastError: error.map { "\($0)" })
        case .closed: .connecting(lastError: "closed")
        }
    }

    // MARK: Publishing

    /// Which engine's tasks these are: where their answers go, and who hears what became of them.
    struct Route: Sendable {
        let messages: Messages
        let send: @Sendable (BrokerEvent) -> Void
    }

    var route: Route { Route(messages: messages) { [signals] in signals.send($0) } }

    package func publish(_ tasks: [TaskRow]) { publish(tasks, on: route) }

    func publish(_ tasks: [TaskRow], on route: Route, findingQueues: Bool = true) {
        let now = WallTime.now()
        let connects = publisher.statistics.connects
        crashPoint(.beforePublish)
        defer { crashPoint(.afterPublish) }
        let queues = queues(of: tasks)
        meter.handedOver(zip(tasks, queues).lazy.map { (token: $0.token, queue: $1) })
        publisher.publish(tasks.map { route.messages.task($0, at: now) }) { [weak self] outcomes in
            guard let self else { return }
            crashPoint(.afterConfirm)
            var results: [(TaskKey, PublishResult)] = []
            results.reserveCapacity(tasks.count)
            var unbound: [TaskRow] = []
            for (task, outcome) in zip(tasks, outcomes) {
                switch outcome {
                case .confirmed: results.append((task.key, .confirmed))
                case .returned where findingQueues && task.target.isFunction: unbound.append(task)
                case .returned: results.append((task.key, .unroutable))
                case .rejected, .lost: results.append((task.key, .lost))
                }
            }
            metrics.count(results.map(\.1))
            measure(tasks, in: queues, outcomes)
            look(for: zip(tasks.map(\.target), outcomes), sentOn: connects)
            if !results.isEmpty { route.send(.published(results)) }
            if !unbound.isEmpty { bindAndPublish(unbound, on: route) }
        }
    }

    private func queues(of tasks: [TaskRow]) -> [String] {
        var names: [ScheduledTask.Target: String] = [:]
        return tasks.map { task in
            let queue = names[task.target] ?? configuration.names.queue(of: task.target)
            names[task.target] = queue
            return queue
        }
    }

    private func measure(_ tasks: [TaskRow], in queues: [String], _ outcomes: [PublishOutcome]) {
        var failed: [String] = []
        var confirmed: [String] = []
        for ((task, queue), outcome) in zip(zip(tasks, queues), outcomes) {
            if outcome == .confirmed { confirmed.append(queue) } else { failed.append(task.token) }
        }
        if !failed.isEmpty { meter.forget(failed) }
        guard !confirmed.isEmpty else { return }
        meter.published(to: confirmed)
        watch.published(to: Set(confirmed))
    }

    /// A function exists once its queue does; a plain worker may have declared it without binding it.
    private func bindAndPublish(_ tasks: [TaskRow], on route: Route) {
        work.add {
            for (target, tasks) in Dictionary(grouping: tasks, by: \.target) {
                do throws(AMQPError) {
                    guard try await self.publisher.inspect(queue: self.configuration.names.queue(of: target)) != nil
                    else {
                        self.metrics.count(tasks.map { _ in .unroutable })
                        route.send(.published(tasks.map { ($0.key, .unroutable) }))
                        continue
                    }
                    try await self.publisher.declare(self.configuration.names.topology(of: [target]))
                    _ = self.targets.withLock { $0.insert(target) }
                    self.publish(tasks, on: route, findingQueues: false)
                } catch {
                    route.send(.published(tasks.map { ($0.key, .lost) }))
                }
            }
        }
    }

    package func send(_ outbox: [OutboxMessage]) { send(outbox, on: route) }

    func send(_ outbox: [OutboxMessage], on route: Route) {
        let replies = batchingClients.portions(of: outbox)
        publisher.publish(replies.map(\.message)) { outcomes in
            var settled: [Int64] = []
            var failed: [Int64] = []
            for (reply, outcome) in zip(replies, outcomes) {
                switch outcome {
                // A reply queue that is gone belonged to somebody who no longer waits.
                case .confirmed, .returned: settled += reply.numbers
                case .rejected, .lost: failed += reply.numbers
                }
            }
            if !settled.isEmpty { route.send(.sent(settled)) }
            if !failed.isEmpty { route.send(.sendFailed(failed)) }
        }
    }

    package func cancel(tokens: [String]) {
        meter.forget(tokens)
        publisher.publish(tokens.map(messages.cancellation)) { _ in }
    }

    package func announce(_ changes: [ExecutionAnnouncement]) {
        let now = ContinuousClock.now
        var heard: [(change: ExecutionAnnouncement, key: String)] = []
        for change in changes {
            let key = messages.eventKey(change)
            let bytes = (change.output?.utf8.count ?? 0) + (change.cause?.utf8.count ?? 0)
            if unheard.admit(change, bytes: bytes, to: key, at: now) {
                heard.append((change, key))
            }
        }
        tell(heard)
    }

    private func tell(_ changes: [(change: ExecutionAnnouncement, key: String)]) {
        guard !changes.isEmpty else { return }
        let keys = changes.map(\.key)
        publisher.publish(changes.map { messages.announcement($0.change, key: $0.key) }) { [weak self] outcomes in
            guard let self else { return }
            func those(_ matches: (PublishOutcome) -> Bool) -> [String] {
                zip(keys, outcomes).filter { matches($1) }.map(\.0)
            }
            unheard.cameBack(those { if case .returned = $0 { true } else { false } }, at: .now)
            unheard.wereLost(those { $0 == .lost || $0 == .rejected })
            let waiting = unheard.wereTaken(those { $0 == .confirmed })
            tell(waiting.map { ($0, messages.eventKey($0)) })
        }
    }

    // MARK: Looking

    package func queues() async -> [QueueStatistics]? {
        guard publisher.status.isUsable else { return nil }
        let names = configuration.names
        var queues = [names.resultsQueue(configuration.partition), names.startQueue, names.deadQueue]
        if configuration.servesExpress { queues.insert(names.resultsQueue(configuration.expressPartition), at: 1) }
        queues += targets.withLock { $0.map(names.queue) }.sorted()
        var statistics: [QueueStatistics] = []
        for queue in queues {
            guard let found = try? await publisher.inspect(queue: queue) else { continue }
            let isForTasks = names.target(ofQueue: queue) != nil
            if isForTasks {
                watch.note(queue, waiting: found.messageCount, consumers: found.consumerCount)
                meter.looked(queue, waiting: found.messageCount)
            } else {
                metrics.note(queue, waiting: found.messageCount, consumers: found.consumerCount)
            }
            statistics.append(
                QueueStatistics(
                    name: queue, messages: found.messageCount, consumers: found.consumerCount,
                    workload: isForTasks ? meter.workload(queue) : nil))
        }
        return statistics
    }
}
