import AMQP
import Interpreter
import Logging
import Synchronization
import TaskProtocol

/// Queues that take nothing any more.
extension AMQPBroker {
    func look(for outcomes: some Sequence<(ScheduledTask.Target, PublishOutcome)>, sentOn connects: Int) {
        // With the connection everything is lost that was under way, which says nothing about a queue.
        let isSameConnection = publisher.isStanding && publisher.statistics.connects == connects
        for target in stuck.withLock({ $0.note(outcomes, onSameConnection: isSameConnection) }) { heal(target) }
    }

    /// A queue that takes nothing any more, though the broker answers: a quorum queue that lost its leader for good (a
    /// node killed a moment after the queue's declaration can leave one behind). Only a new queue helps; what the old one
    /// held is published again.
    func heal(_ target: ScheduledTask.Target) {
        guard stuck.withLock({ $0.beginReplacing(target) }) else { return }
        let queue = configuration.names.queue(of: target)
        configuration.logger.warning(
            "a queue confirms nothing any more: it is deleted and created anew", metadata: ["queue": "\(queue)"])
        work.add {
            defer { self.stuck.withLock { $0.endReplacing(target) } }
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

    /// A queue of the orchestrator's own that is there and does not answer.
    func didNotAnswer(_ queue: String) {
        let names = configuration.names
        let answers = [names.resultsQueue(configuration.partition), names.resultsQueue(configuration.expressPartition)]
        let connectedAt = signals.connectedAt.withLock { $0 }
        let verdict = silent.withLock {
            $0.note(queue, at: .now, connectedAt: connectedAt, isDispensable: answers.contains(queue))
        }
        switch verdict {
        case .wait: break
        case .complain:
            configuration.logger.critical(
                "a queue does not answer: if it is lost for good, delete it (rabbitmqctl delete_queue), and Baton makes it anew",
                metadata: ["queue": "\(queue)"])
        case .replace:
            configuration.logger.warning(
                "a queue does not answer any more: it is deleted and created anew", metadata: ["queue": "\(queue)"])
            work.add {
                do throws(AMQPError) {
                    try await self.delete(queue: queue)
                    try await self.publisher.declare(self.baseTopology)
                } catch {
                    self.configuration.logger.error(
                        "a queue cannot be replaced", metadata: ["queue": "\(queue)", "reason": "\(error)"])
                }
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
}
