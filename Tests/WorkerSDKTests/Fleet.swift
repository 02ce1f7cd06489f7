import AMQP
import BrokerFixture
import JSONValue
import Logging
import TaskMessaging
import TaskProtocol
import Telemetry

@testable import WorkerSDK

/// The orchestrator's side of a real broker, and workers on it; below a prefix of its own, so that tests can share a
/// broker.
struct Fleet: Sendable {
    static let work = TaskSource.activity("work")

    let names: TopologyNames
    let url: String
    let broker: AMQPConnection
    /// Answers, in the order of their arrival; acknowledged.
    let answers = Recorder<AnswerMessage>()

    private init(_ fixture: BrokerFixture, _ broker: AMQPConnection) {
        names = TopologyNames(prefix: "test-\(String(UInt64.random(in: 0 ... .max), radix: 36))")
        url = fixture.url
        self.broker = broker
    }

    static func with(
        _ fixture: BrokerFixture, results: Bool = true, _ body: @Sendable (Fleet) async throws -> Void
    ) async throws {
        try await withConnection(try fixture.configuration("orchestrator")) { broker, statuses in
            await statuses.connected()
            let fleet = Fleet(fixture, broker)
            try await broker.declare(
                Topology(
                    exchanges: [.init(fleet.names.tasksExchange, kind: .direct)],
                    queues: [.quorum(fleet.queue)],
                    bindings: [
                        .init(
                            queue: fleet.queue, exchange: fleet.names.tasksExchange,
                            routingKey: fleet.names.activityKey("work"))
                    ]))
            if results { try await fleet.listen() }
            try await body(fleet)
            for queue in [
                fleet.queue, fleet.names.resultsQueue(0), fleet.names.deadQueue, fleet.names.startQueue,
            ] {
                try await broker.delete(queue: queue)
            }
        }
    }

    var queue: String { names.activityQueue("work") }

    /// Declares the results queue and takes what comes.
    func listen() async throws {
        let results = names.resultsQueue(0)
        try await broker.declare(Topology(queues: [.quorum(results)]))
        _ = try await broker.consume(results, prefetch: 100) { [answers, broker] batch in
            answers.append(batch.flatMap { Self.messages(in: $0) }.compactMap { try? AnswerMessage(decoding: $0) })
            broker.ack(batch)
        }
    }

    /// A batch's messages, or the one that it is.
    private static func messages(in delivery: Delivery) -> [ProtocolEnvelope] {
        let envelope = ProtocolEnvelope(delivery)
        return (try? MessageBatch.unpack(envelope)) ?? [envelope]
    }

    /// - Parameter batch: how many answers may come in one message.
    func send(_ token: String, body: String = "1", heartbeat: Int64? = nil, batch: Int? = nil) async {
        let task = TaskMessage(
            token: token, messageID: "attempt-\(token)", replyTo: names.resultsQueue(0), execution: "e",
            stateMachine: "m", state: "S", heartbeatSeconds: heartbeat, answerBatch: batch, body: Array(body.utf8))
        let envelope = task.encoded()
        var outcome: PublishOutcome?
        while outcome != .confirmed {
            outcome = await broker.publish([
                OutboundMessage(
                    exchange: names.tasksExchange, routingKey: names.activityKey("work"), mandatory: true,
                    properties: envelope.amqpProperties, body: envelope.body)
            ]).first
        }
    }

    func cancel(_ token: String) async {
        let envelope = CancelMessage(token: token).encoded()
        _ = await broker.publish([
            OutboundMessage(
                exchange: names.controlExchange, routingKey: "", properties: envelope.amqpProperties,
                body: envelope.body)
        ])
    }

    /// Waits for success or failure of that many tasks.
    func outcomes(_ count: Int) async -> [AnswerMessage] {
        @Sendable func outcomes(_ answers: [AnswerMessage]) -> [AnswerMessage] {
            answers.filter { $0.kind == .success || $0.kind == .failure }
        }
        return outcomes(await answers.wait { Set(outcomes($0).map(\.token)).count >= count })
    }

    /// Runs a worker while `body` does. It drains afterwards, unless it is to die: then its connections end with what it
    /// holds.
    func withWorker(
        _ name: String = "w", lease: Duration = .seconds(600), prefetch: Int = 10, dies: Bool = false,
        handler: @escaping @Sendable (JSON, TaskContext) async throws -> JSON,
        _ body: @Sendable (Fleet) async throws -> Void
    ) async throws {
        let configuration = WorkerConfiguration(
            name: name, identity: name, amqpURL: url, prefix: names.prefix, prefetch: prefetch, lease: lease,
            drainTimeout: .seconds(10))
        let logger = Logger(label: name) { _ in SwiftLogNoOpLogHandler() }
        let runtime = try WorkerRuntime(
            configuration: configuration,
            handlers: [Self.work: TaskHandler(Self.work, prefetch: nil, raw: handler)],
            clock: SystemClock(), metrics: MetricsRegistry(), logger: logger)
        let transport = try AMQPTransport(configuration, sources: runtime.capacities, logger: logger)
        let (stops, stop) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await runtime.run(on: transport, stop: stops) }
            do {
                try await body(self)
            } catch {
                group.cancelAll()
                throw error
            }
            if dies { group.cancelAll() } else { stop.yield() }
            try await group.waitForAll()
        }
    }
}
