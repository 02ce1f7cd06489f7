import AMQP
package import Interpreter
import Logging
import Orchestrator
import Synchronization
import TaskProtocol

/// Exchanges and queues: declared, owned, consumed, and noticed to be new.
extension AMQPBroker {
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
    func declareToTake(_ activity: String) async throws(AMQPError) {
        let topology = configuration.names.topology(of: [.activity(arn: "", name: activity)])
        let anew = try await consumer.declare(topology).filter(\.createdAnew)
        if !anew.isEmpty { queuesWereCreatedAnew(anew.map(\.name)) }
    }

    /// What there has to be whatever the activities and functions.
    var baseTopology: Topology {
        var base = configuration.names.base(partition: configuration.partition)
        if configuration.servesExpress {
            base.add(configuration.names.expressResults(partition: configuration.expressPartition))
        }
        return base
    }

    func setUp() async {
        let base = baseTopology
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
        var consumers: [Consumer] = []
        do throws(AMQPError) {
            let route = self.route
            consumers.append(
                try await consume(names.resultsQueue(configuration.partition), configuration.answersPrefetch) {
                    $0.received(answers: $1, for: route)
                })
            if let route = express?.route {
                consumers.append(
                    try await consume(
                        names.resultsQueue(configuration.expressPartition), configuration.answersPrefetch
                    ) { $0.received(answers: $1, for: route) })
            }
            consumers.append(
                try await consume(names.startQueue, configuration.startsPrefetch) { $0.received(starts: $1) })
            return consumers
        } catch {
            for consumer in consumers { await self.consumer.cancel(consumer, requeueUnacknowledged: true) }
            throw error
        }
    }

    private func consume(
        _ queue: String, _ prefetch: UInt16, take: @escaping @Sendable (AMQPBroker, [Delivery]) -> Void
    ) async throws(AMQPError) -> Consumer {
        let consumer = try await consumer.consume(queue, prefetch: prefetch) { [weak self] deliveries in
            if let self { take(self, deliveries) }
        }
        intakes.withLock { $0[queue] = Intake(consumer: consumer, window: DeliveryWindow(prefetch: prefetch)) }
        return consumer
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

    /// What a lost queue held is lost: tasks of it, or, where it was the results queue, anybody's answers. The engine
    /// writes that down before the queue is there again: afterwards nothing would tell that it ever was gone.
    func queuesAreMissing(_ queues: [String], create: @escaping @Sendable () -> Void) {
        silent.withLock { $0.created(queues, at: .now) }
        let everybody = targets.withLock { Array($0) }
        if queues.contains(configuration.names.resultsQueue(configuration.expressPartition)), !everybody.isEmpty {
            express?.route.send(.missing(MissingQueues(targets: everybody), create: {}))
        }
        let isWiped = queues.contains(configuration.names.resultsQueue(configuration.partition))
        let lost = isWiped ? everybody : queues.compactMap { configuration.names.target(ofQueue: $0) }
        let isFirst = lost.isEmpty && publisher.statistics.connects <= 1 && consumer.statistics.connects <= 1
        guard signals.hasListener, !lost.isEmpty || isWiped && !isFirst else { return create() }
        configuration.logger.notice(
            "queues have to be created anew: what was outstanding on them is published again",
            metadata: ["queues": "\(queues.sorted().joined(separator: ", "))"])
        let missing = MissingQueues(targets: lost, isWiped: isWiped)
        signals.sendToExpress(.missing(missing, create: {}))
        signals.send(.missing(missing, create: create))
    }

    func queuesWereCreatedAnew(_ queues: [String]) {
        if !queues.isEmpty { signals.broadcast(.declared) }
    }
}
