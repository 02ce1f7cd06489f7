import AMQP
package import Interpreter
import JSONValue
import Logging
package import Orchestrator
import Synchronization
import TaskProtocol
package import Telemetry

/// The broker port over AMQP 0-9-1, speaking the worker protocol.
///
/// Two connections: a broker that blocks publishers stops reading them, and acknowledgements have to go on.
package final class AMQPBroker: TaskBroker {
    let configuration: BrokerConfiguration
    let messages: Messages
    let publisher: AMQPConnection
    let consumer: AMQPConnection
    let metrics: BrokerMetrics
    let desk: PollDesk
    private let unsettled = Mutex(Unsettled())
    private let work = Worklist()
    private let targets = Mutex<Set<ScheduledTask.Target>>([])
    private let signals: Signals
    /// Why this orchestrator cannot do its work though the broker is there.
    private let obstacle = Mutex<String?>(nil)

    /// Passes on what the connections say, once there is somebody to listen.
    private final class Signals: Sendable {
        let listener = Mutex<(@Sendable (BrokerEvent) -> Void)?>(nil)
        let recovered = Mutex<(@Sendable ([String]) -> Void)?>(nil)
        let isReady = Mutex(false)
        let consumerUp = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

        func send(_ event: BrokerEvent) { listener.withLock { $0 }?(event) }

        func publisherChanged(_ status: ConnectionStatus) {
            let change: BrokerEvent? = isReady.withLock { isReady in
                let usable = status.isUsable
                guard usable != isReady else { return nil }
                isReady = usable
                if usable { return .ready }
                if case .connecting(let error?) = status { return .disconnected(reason: "\(error)") }
                return .disconnected(reason: "closed")
            }
            if let change { send(change) }
        }
    }

    package init(_ configuration: BrokerConfiguration, metrics registry: MetricsRegistry) {
        self.configuration = configuration
        messages = Messages(names: configuration.names, partition: configuration.partition)
        metrics = BrokerMetrics(registry)
        let signals = Signals()
        self.signals = signals
        func connection(_ name: String, onStatus: (@Sendable (ConnectionStatus) -> Void)?) -> AMQPConnection {
            AMQPConnection(
                AMQPConfiguration(
                    url: configuration.url, connectionName: "baton.\(name).\(configuration.partition)",
                    logger: configuration.logger),
                onStatus: onStatus,
                onTopologyRecovered: { names in signals.recovered.withLock { $0 }?(names) })
        }
        publisher = connection("publish") { signals.publisherChanged($0) }
        consumer = connection("consume") { if $0.isUsable { signals.consumerUp.continuation.yield() } }
        desk = PollDesk(names: configuration.names)
        signals.recovered.withLock { $0 = { [weak self] in self?.queuesWereCreatedAnew($0) } }
    }

    package func run(_ events: @escaping @Sendable (BrokerEvent) -> Void) async {
        signals.listener.withLock { $0 = events }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.setUp() }
            group.addTask { await self.publisher.run() }
            group.addTask { await self.consumer.run() }
            group.addTask { await self.work.run() }
            group.addTask { await self.desk.run(on: self.consumer) { self.handedOver($0) } }
            await group.waitForAll()
        }
        signals.listener.withLock { $0 = nil }
    }

    /// Waits for what is being published, then closes both connections; `run` returns.
    package func shutdown() async {
        await publisher.shutdown()
        await consumer.shutdown()
    }

    package var status: BrokerStatus {
        if publisher.status.isUsable, let obstacle = obstacle.withLock({ $0 }) { return .blocked(reason: obstacle) }
        return switch publisher.status {
        case .connected(let server): .connected(server: "\(server.product) \(server.version)")
        case .blocked(let reason): .blocked(reason: reason)
        case .connecting(let error): .connecting(lastError: error.map { "\($0)" })
        case .closed: .connecting(lastError: "closed")
        }
    }

    // MARK: Topology

    package func declare(_ added: [ScheduledTask.Target]) {
        targets.withLock { $0.formUnion(added) }
        let topology = configuration.names.topology(of: added)
        work.add {
            do throws(AMQPError) {
                let anew = try await self.publisher.declare(topology).filter(\.createdAnew)
                if !anew.isEmpty { self.queuesWereCreatedAnew(anew.map(\.name)) }
            } catch {
                self.configuration.logger.error("a queue cannot be declared", metadata: ["reason": "\(error)"])
            }
        }
    }

    package func remove(_ target: ScheduledTask.Target) {
        targets.withLock { _ = $0.remove(target) }
        let queue = configuration.names.queue(of: target)
        work.add {
            do throws(AMQPError) {
                try await self.publisher.delete(queue: queue)
            } catch {
                self.configuration.logger.warning(
                    "a queue cannot be deleted", metadata: ["queue": "\(queue)", "reason": "\(error)"])
            }
        }
    }

    private func setUp() async {
        let base = configuration.names.base(partition: configuration.partition)
        // The connections know from here on what to declare, whenever they come up; a refusal shows with the first.
        _ = try? await publisher.declare(base)
        _ = try? await consumer.declare(base)
        for await _ in signals.consumerUp.stream { break }
        await insist("the broker refuses Baton's queues: does another application use these names?") {
            () throws(AMQPError) in
            try await self.publisher.declare(base)
            try await self.consumer.declare(base)
        }
        // Two orchestrators that take each other's answers would both wait for ever. Quorum queues know no exclusive
        // consumers, so an exclusive queue is the lock: it lives and dies with its connection.
        let results = configuration.names.resultsQueue(configuration.partition)
        await insist("another orchestrator consumes \(results): give each its own --prefix, or end one of them") {
            () throws(AMQPError) in
            try await self.consumer.declare(self.configuration.names.ownership(of: self.configuration.partition))
        }
        await insist("answers and starts cannot be consumed") { () throws(AMQPError) in
            _ = try await self.consumer.consume(results, prefetch: self.configuration.answersPrefetch) {
                [weak self] in self?.received(answers: $0)
            }
            _ = try await self.consumer.consume(
                self.configuration.names.startQueue, prefetch: self.configuration.startsPrefetch
            ) { [weak self] in self?.received(starts: $0) }
        }
    }

    /// Tries until the broker agrees; meanwhile the status says what is in the way.
    private func insist(_ complaint: String, _ attempt: () async throws(AMQPError) -> Void) async {
        while !Task.isCancelled {
            do throws(AMQPError) {
                try await attempt()
                obstacle.withLock { $0 = nil }
                return
            } catch {
                let isNew = obstacle.withLock { obstacle in
                    defer { obstacle = complaint }
                    return obstacle != complaint
                }
                if isNew { configuration.logger.critical("\(complaint)", metadata: ["reason": "\(error)"]) }
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// What a lost queue held is lost: tasks of it, or, where it was the results queue, anybody's answers.
    private func queuesWereCreatedAnew(_ queues: [String]) {
        let lost: [ScheduledTask.Target]
        if queues.contains(configuration.names.resultsQueue(configuration.partition)) {
            lost = targets.withLock { Array($0) }
        } else {
            lost = queues.compactMap { configuration.names.target(ofQueue: $0) }
        }
        guard !lost.isEmpty else { return }
        configuration.logger.notice(
            "queues had to be created anew: what was outstanding on them is published again",
            metadata: ["queues": "\(queues.sorted().joined(separator: ", "))"])
        signals.send(.recreated(lost))
    }

    // MARK: Publishing

    package func publish(_ tasks: [TaskRow]) { publish(tasks, findingQueues: true) }

    private func publish(_ tasks: [TaskRow], findingQueues: Bool) {
        let now = WallTime.now()
        publisher.publish(tasks.map { messages.task($0, at: now) }) { [weak self] outcomes in
            guard let self else { return }
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
            if !results.isEmpty { signals.send(.published(results)) }
            if !unbound.isEmpty { bindAndPublish(unbound) }
        }
    }

    /// A function exists once its queue does; a plain worker may have declared it without binding it.
    private func bindAndPublish(_ tasks: [TaskRow]) {
        work.add {
            for (target, tasks) in Dictionary(grouping: tasks, by: \.target) {
                do throws(AMQPError) {
                    guard try await self.publisher.inspect(queue: self.configuration.names.queue(of: target)) != nil
                    else {
                        self.metrics.count(tasks.map { _ in .unroutable })
                        self.signals.send(.published(tasks.map { ($0.key, .unroutable) }))
                        continue
                    }
                    try await self.publisher.declare(self.configuration.names.topology(of: [target]))
                    _ = self.targets.withLock { $0.insert(target) }
                    self.publish(tasks, findingQueues: false)
                } catch {
                    self.signals.send(.published(tasks.map { ($0.key, .lost) }))
                }
            }
        }
    }

    package func send(_ outbox: [OutboxMessage]) {
        let numbers = outbox.map(\.number)
        publisher.publish(outbox.map(messages.reply)) { [signals] outcomes in
            var settled: [Int64] = []
            var failed: [Int64] = []
            for (number, outcome) in zip(numbers, outcomes) {
                switch outcome {
                // A reply queue that is gone belonged to somebody who no longer waits.
                case .confirmed, .returned: settled.append(number)
                case .rejected, .lost: failed.append(number)
                }
            }
            if !settled.isEmpty { signals.send(.sent(settled)) }
            if !failed.isEmpty { signals.send(.sendFailed(failed)) }
        }
    }

    package func cancel(tokens: [String]) {
        publisher.publish(tokens.map(messages.cancellation)) { _ in }
    }

    package func announce(_ changes: [ExecutionAnnouncement]) {
        publisher.publish(changes.map(messages.announcement)) { _ in }
    }

    // MARK: Consuming

    private func received(answers deliveries: [Delivery]) {
        var answers: [TaskAnswer] = []
        answers.reserveCapacity(deliveries.count)
        for delivery in deliveries {
            if let target = recreationNotice(delivery) {
                signals.send(.recreated([target]))
                consumer.ack([delivery.ticket])
                continue
            }
            do throws(MalformedMessage) {
                let message = try AnswerMessage(decoding: ProtocolEnvelope(delivery))
                answers.append(
                    TaskAnswer(
                        token: message.token, kind: message.answerKind, worker: message.worker,
                        delivery: hold(delivery)))
            } catch {
                bury(delivery, reason: error.reason)
            }
        }
        if !answers.isEmpty { signals.send(.answers(answers)) }
    }

    private func received(starts deliveries: [Delivery]) {
        var starts: [StartDelivery] = []
        for delivery in deliveries {
            if let target = recreationNotice(delivery) {
                signals.send(.recreated([target]))
                consumer.ack([delivery.ticket])
                continue
            }
            do throws(MalformedMessage) {
                let message = try TaskProtocol.StartMessage(decoding: ProtocolEnvelope(delivery))
                starts.append(
                    StartDelivery(
                        stateMachine: message.stateMachine, name: message.name,
                        input: String(decoding: message.input, as: UTF8.self),
                        reply: message.replyTo.map {
                            .init(queue: $0, correlationID: message.correlationID ?? message.name)
                        }, traceHeader: message.traceparent, delivery: hold(delivery)))
            } catch {
                bury(delivery, reason: error.reason)
            }
        }
        if !starts.isEmpty { signals.send(.starts(starts)) }
    }

    /// A worker found its queue gone and declared it again: only it can know.
    private func recreationNotice(_ delivery: Delivery) -> ScheduledTask.Target? {
        guard delivery.properties.type == "recreated",
            case .string(let queue)? = delivery.properties.headers["baton-queue"]
        else { return nil }
        return configuration.names.target(ofQueue: queue)
    }

    private func handedOver(_ delivery: Delivery) -> TakenTask? {
        guard let token = delivery.properties.correlationID else {
            bury(delivery, reason: "no correlation_id (the task token)")
            return nil
        }
        return TakenTask(
            token: token, input: String(decoding: delivery.body, as: UTF8.self), delivery: hold(delivery))
    }

    package func take(activity name: String, timeout: Duration) async -> TakenTask? {
        await desk.take(activity: name, timeout: timeout)
    }

    // MARK: Settling

    /// Deliveries that the engine has and has not settled yet.
    private struct Unsettled {
        var next: UInt64 = 0
        var deliveries: [UInt64: Delivery] = [:]

        mutating func take(_ references: [BrokerDelivery]) -> [DeliveryTicket] {
            references.compactMap { deliveries.removeValue(forKey: $0.id)?.ticket }
        }
    }

    private func hold(_ delivery: Delivery) -> BrokerDelivery {
        unsettled.withLock { unsettled in
            unsettled.next += 1
            unsettled.deliveries[unsettled.next] = delivery
            return BrokerDelivery(id: unsettled.next, epoch: delivery.epoch)
        }
    }

    package func acknowledge(_ references: [BrokerDelivery]) {
        consumer.ack(unsettled.withLock { $0.take(references) })
    }

    package func giveBack(_ references: [BrokerDelivery]) {
        consumer.nack(unsettled.withLock { $0.take(references) }, requeue: true)
    }

    package func bury(_ reference: BrokerDelivery, reason: String) {
        guard let delivery = unsettled.withLock({ $0.deliveries.removeValue(forKey: reference.id) }) else { return }
        bury(delivery, reason: reason)
    }

    /// Acknowledged once the dead letter is safe; without a broker to take it, it comes again.
    private func bury(_ delivery: Delivery, reason: String) {
        metrics.dead.increment()
        configuration.logger.warning(
            "a message was moved to the dead letters",
            metadata: ["queue": "\(delivery.queue)", "reason": "\(reason)"])
        publisher.publish([messages.dead(delivery, reason: reason)]) { [consumer] outcomes in
            if outcomes == [.confirmed] {
                consumer.ack([delivery.ticket])
            } else {
                consumer.nack([delivery.ticket], requeue: true)
            }
        }
    }

    // MARK: Looking

    package func queues() async -> [QueueStatistics]? {
        guard publisher.status.isUsable else { return nil }
        let names = configuration.names
        var queues = [names.resultsQueue(configuration.partition), names.startQueue, names.deadQueue]
        queues += targets.withLock { $0.map(names.queue) }.sorted()
        var statistics: [QueueStatistics] = []
        for queue in queues {
            guard let found = try? await publisher.inspect(queue: queue) else { continue }
            statistics.append(
                QueueStatistics(name: queue, messages: found.messageCount, consumers: found.consumerCount))
        }
        return statistics
    }
}

extension AnswerMessage {
    fileprivate var answerKind: TaskAnswer.Kind {
        switch kind {
        case .started: .started
        case .heartbeat: .heartbeat(json)
        case .success: .success(json ?? .null)
        case .failure: .failure(StateFailure(error: failure?.error, cause: failure?.cause))
        }
    }
}
