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
    let work = Worklist()
    private let targets = Mutex<Set<ScheduledTask.Target>>([])
    let unburied = Mutex<[DeadLetter]>([])
    private let stuck = Mutex(StuckTargets())
    private let signals: Signals
    /// Why this orchestrator cannot do its work though the broker is there.
    private let obstacle = Mutex<String?>(nil)

    /// Passes on what the connections say, once there is somebody to listen.
    private final class Signals: Sendable {
        let listener = Mutex<(@Sendable (BrokerEvent) -> Void)?>(nil)
        let recovered = Mutex<(@Sendable ([String]) -> Void)?>(nil)
        let isReady = Mutex(false)
        let publisherReady = Mutex<(@Sendable () -> Void)?>(nil)
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
            guard let change else { return }
            send(change)
            if status.isUsable { publisherReady.withLock { $0 }?() }
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
        signals.publisherReady.withLock { $0 = { [weak self] in self?.buryAgain() } }
    }

    package func run(_ events: @escaping @Sendable (BrokerEvent) -> Void) async {
        signals.listener.withLock { $0 = events }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.setUp() }
            group.addTask { await self.work.run() }
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
        signals.listener.withLock { $0 = nil }
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
            self.consumer.forget(queue: queue)
            do throws(AMQPError) {
                try await self.publisher.delete(queue: queue)
            } catch {
                self.configuration.logger.warning(
                    "a queue cannot be deleted", metadata: ["queue": "\(queue)", "reason": "\(error)"])
            }
        }
    }

    /// The queue of an activity that somebody polls: as long as it is consumed, its consumer's connection declares it.
    private func declareToTake(_ activity: String) async throws(AMQPError) {
        let topology = configuration.names.topology(of: [.activity(arn: "", name: activity)])
        let anew = try await consumer.declare(topology).filter(\.createdAnew)
        if !anew.isEmpty { queuesWereCreatedAnew(anew.map(\.name)) }
    }

    private func setUp() async {
        let base = configuration.names.base(partition: configuration.partition)
        // The connections know from here on what to declare, whenever they come up; a refusal shows with the first.
        _ = try? await publisher.declare(base)
        _ = try? await consumer.declare(base)
        var consumers: [Consumer] = []
        for await _ in signals.consumerUp.stream {
            await insist("the broker refuses Baton's queues: does another application use these names?") {
                () throws(AMQPError) in
                try await self.publisher.declare(base)
                try await self.consumer.declare(base)
            }
            await own(whileWithout: &consumers)
            if consumers.isEmpty {
                await insist("answers and starts cannot be consumed") { () throws(AMQPError) in
                    consumers = try await self.consume()
                }
            }
        }
    }

    /// Two orchestrators that take each other's answers would both wait for ever. Quorum queues know no exclusive
    /// consumers, so an exclusive queue is the lock: it lives and dies with its connection. Whoever comes back from an
    /// outage may find it taken, and stops consuming until it is free.
    private func own(whileWithout consumers: inout [Consumer]) async {
        let lock = configuration.names.ownership(of: configuration.partition)
        do throws(AMQPError) {
            try await consumer.declare(lock)
        } catch {
            for consumer in consumers { await self.consumer.cancel(consumer, requeueUnacknowledged: true) }
            consumers = []
            let results = configuration.names.resultsQueue(configuration.partition)
            await insist("another orchestrator consumes \(results): give each its own --prefix, or end one of them") {
                () throws(AMQPError) in try await self.consumer.declare(lock)
            }
        }
    }

    private func consume() async throws(AMQPError) -> [Consumer] {
        let names = configuration.names
        let answers = try await consumer.consume(
            names.resultsQueue(configuration.partition), prefetch: configuration.answersPrefetch
        ) { [weak self] in self?.received(answers: $0) }
        do throws(AMQPError) {
            let starts = try await consumer.consume(names.startQueue, prefetch: configuration.startsPrefetch) {
                [weak self] in self?.received(starts: $0)
            }
            return [answers, starts]
        } catch {
            await consumer.cancel(answers, requeueUnacknowledged: true)
            throw error
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
        let connects = publisher.statistics.connects
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
            look(for: zip(tasks.map(\.target), outcomes), sentOn: connects)
            if !results.isEmpty { signals.send(.published(results)) }
            if !unbound.isEmpty { bindAndPublish(unbound) }
        }
    }

    private func look(for outcomes: some Sequence<(ScheduledTask.Target, PublishOutcome)>, sentOn connects: Int) {
        // With the connection everything is lost that was under way, which says nothing about a queue.
        let isSameConnection = publisher.status.isUsable && publisher.statistics.connects == connects
        for target in stuck.withLock({ $0.note(outcomes, onSameConnection: isSameConnection) }) { heal(target) }
    }

    /// A queue that takes nothing any more, though the broker answers: a quorum queue that lost its leader for good (a
    /// node killed a moment after the queue's declaration can leave one behind). Only a new queue helps; what the old one
    /// held is published again.
    func heal(_ target: ScheduledTask.Target) {
        let queue = configuration.names.queue(of: target)
        configuration.logger.warning(
            "a queue confirms nothing any more: it is deleted and created anew", metadata: ["queue": "\(queue)"])
        work.add {
            do throws(AMQPError) {
                try await self.delete(queue: queue)
                try await self.publisher.declare(self.configuration.names.topology(of: [target]))
                self.queuesWereCreatedAnew([queue])
            } catch {
                self.configuration.logger.error(
                    "a queue cannot be replaced", metadata: ["queue": "\(queue)", "reason": "\(error)"])
            }
        }
    }

    /// On a connection of its own: the deletion of a broken queue may never be answered, and a connection that waits for
    /// answers in vain is given up.
    private func delete(queue: String) async throws(AMQPError) {
        let usable = AsyncStream.makeStream(of: Bool.self)
        let connection = AMQPConnection(
            AMQPConfiguration(
                url: configuration.url, connectionName: "baton.heal.\(configuration.partition)",
                logger: configuration.logger),
            onStatus: { usable.continuation.yield($0.isUsable) })
        let result = await withTaskGroup(of: Void.self) { group in
            group.addTask { await connection.run() }
            var result: Result<Void, AMQPError> = .failure(AMQPError(.notConnected, "there is no connection"))
            if await usable.stream.first(where: { _ in true }) == true {
                do throws(AMQPError) {
                    try await connection.delete(queue: queue)
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
            }
            group.cancelAll()
            return result
        }
        try result.get()
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
            let envelope = ProtocolEnvelope(delivery)
            do throws(MalformedMessage) {
                if envelope.type == MessageType.recreated.rawValue {
                    try noticed(RecreatedNotice(decoding: envelope))
                    consumer.ack([delivery.ticket])
                    continue
                }
                let message = try TaskProtocol.StartMessage(decoding: envelope)
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
    private func noticed(_ notice: RecreatedNotice) throws(MalformedMessage) {
        guard let target = configuration.names.target(ofQueue: notice.queue) else {
            throw MalformedMessage("\(notice.queue) is no queue for tasks")
        }
        configuration.logger.notice(
            "a worker had to create its queue anew: what was outstanding on it is published again",
            metadata: ["queue": "\(notice.queue)"])
        signals.send(.recreated([target]))
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
