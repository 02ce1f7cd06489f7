import AMQP
import TaskMessaging
import TaskProtocol

/// The broker as the kit uses it: tasks go out as the orchestrator sends them, answers come to a queue of the kit's own.
struct CheckBroker: Sendable {
    let connection: AMQPConnection
    let names: TopologyNames
    let results: String
    let log: AnswerLog

    private let plan: CheckPlan

    init(_ plan: CheckPlan) {
        self.plan = plan
        names = plan.names
        results = "\(plan.names.prefix).check.\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        log = AnswerLog()
        connection = AMQPConnection(
            AMQPConfiguration(
                url: plan.url, connectionName: "baton worker check",
                reconnectDelay: .milliseconds(100) ... .seconds(1), logger: plan.logger))
    }

    /// Waits for the connection, declares what both sides need, and listens.
    func open() async throws(CheckError) {
        guard await eventually(.seconds(10), { connection.status.isUsable }) else {
            var reason = "no answer"
            if case .connecting(let error?) = connection.status { reason = error.description }
            throw CheckError(description: "the broker at \(plan.url) cannot be reached: \(reason)")
        }
        do throws(AMQPError) {
            try await connection.declare(
                Topology(exchanges: [
                    .init(names.tasksExchange, kind: .direct), .init(names.controlExchange, kind: .fanout),
                ]))
            try await listen(on: results)
        } catch {
            throw CheckError(description: "the broker refuses the kit's queue or exchanges: \(error)")
        }
    }

    func close() async {
        for queue in [results, late] { try? await connection.delete(queue: queue) }
        await connection.shutdown()
    }

    /// A second queue for answers, which is not there at first.
    var late: String { results + ".late" }

    /// Outlives the broker's restart, but nobody who has forgotten it.
    func listen(on queue: String) async throws(AMQPError) {
        try await connection.declare(
            Topology(queues: [
                .init(queue, arguments: ["x-queue-type": .string("classic"), "x-expires": .int(600_000)])
            ]))
        _ = try await connection.consume(queue, prefetch: 100) { [log, connection] deliveries in
            let now = ContinuousClock.now
            log.note(deliveries.map { HeardAnswer($0, at: now) })
            connection.ack(deliveries)
        }
    }

    /// Messages that wait, and consumers; nil where there is no such queue or no connection.
    func look() async -> (waiting: Int, consumers: Int)? {
        guard let queue = try? await connection.inspect(queue: plan.queue) else { return nil }
        return (queue.messageCount, queue.consumerCount)
    }

    /// Publishes until the broker has it.
    /// - Returns: whether the exchange led it to the queue. If not it went there all the same.
    @discardableResult
    func send(_ envelope: ProtocolEnvelope) async throws(CheckError) -> Bool {
        if try await publish(
            envelope.message(exchange: names.tasksExchange, routingKey: plan.routingKey, mandatory: true))
        {
            return true
        }
        guard try await publish(envelope.message(routingKey: plan.queue, mandatory: true)) else {
            throw CheckError(description: "there is no queue \(plan.queue) any more")
        }
        return false
    }

    func cancel(token: String) async throws(CheckError) {
        _ = try await publish(
            CancelMessage(token: token).encoded().message(exchange: names.controlExchange, routingKey: ""))
    }

    private func publish(_ message: OutboundMessage) async throws(CheckError) -> Bool {
        var outcome: PublishOutcome?
        _ = await eventually(.seconds(30)) {
            outcome = await connection.publish([message]).first
            return outcome != .lost
        }
        switch outcome {
        case .confirmed: return true
        case .returned: return false
        case .rejected, .lost, nil:
            throw CheckError(description: "the broker does not take the kit's messages any more")
        }
    }

    /// Takes the kit's own tasks off a queue that nobody consumes any more.
    func sweep() async {
        var others: [Delivery] = []
        while let look = await look(), look.consumers == 0, look.waiting > 0,
            let delivery = try? await connection.get(queue: plan.queue)
        {
            if delivery.properties.correlationID?.hasPrefix(CheckTask.tokenPrefix) == true {
                connection.ack([delivery])
            } else {
                others.append(delivery)
            }
        }
        connection.nack(others, requeue: true)
    }
}
