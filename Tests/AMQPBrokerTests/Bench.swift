import AMQP
import BrokerFixture
import Interpreter
import JSONValue
import Logging
import Orchestrator
import Synchronization
import TaskMessaging
import TaskProtocol
import Telemetry

@testable import AMQPBroker

/// An orchestrator's end of a real broker, below a prefix of its own, beside a plain AMQP client: any worker, any
/// listener, any stranger.
final class Bench: Sendable {
    let names: TopologyNames
    let fixture: BrokerFixture
    let client: AMQPConnection
    let clientStatuses: Recorder<ConnectionStatus>
    let broker: AMQPBroker
    let registry = MetricsRegistry()
    let answers = Recorder<TaskAnswer>()
    let starts = Recorder<StartDelivery>()
    let published = Recorder<(TaskKey, PublishResult)>()
    let recreated = Recorder<ScheduledTask.Target>()
    let sent = Recorder<Int64>()
    /// true for ready, false for disconnected.
    let readiness = Recorder<Bool>()
    /// Answers and starts are acknowledged as they come.
    let isAcknowledging: Bool

    private init(
        _ fixture: BrokerFixture, names: TopologyNames, client: AMQPConnection,
        _ clientStatuses: Recorder<ConnectionStatus>, isAcknowledging: Bool, heartbeat: Int?
    ) throws {
        self.clientStatuses = clientStatuses
        self.fixture = fixture
        self.names = names
        self.client = client
        self.isAcknowledging = isAcknowledging
        var configuration = try Self.configuration(fixture, names)
        configuration.url.heartbeat = heartbeat.map { .seconds($0) } ?? configuration.url.heartbeat
        broker = AMQPBroker(configuration, metrics: registry)
    }

    static func configuration(_ fixture: BrokerFixture, _ names: TopologyNames) throws -> BrokerConfiguration {
        let logger = try fixture.configuration().logger
        return BrokerConfiguration(url: try AMQPURL(fixture.url), names: names, logger: logger)
    }

    /// Runs the broker while `body` does; what it leaves behind is removed.
    static func with(
        _ fixture: BrokerFixture, acknowledging: Bool = true, heartbeat: Int? = nil,
        targets: [ScheduledTask.Target] = [.work],
        _ body: @Sendable (Bench) async throws -> Void
    ) async throws {
        let names = TopologyNames(prefix: "bench-\(String(UInt64.random(in: 0 ... .max), radix: 36))")
        try await withConnection(try fixture.configuration("client")) { client, statuses in
            await statuses.connected()
            let bench = try Bench(
                fixture, names: names, client: client, statuses, isAcknowledging: acknowledging, heartbeat: heartbeat)
            bench.broker.declare(targets)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await bench.broker.run { bench.take($0) } }
                do {
                    try await bench.settle(targets)
                    try await body(bench)
                } catch {
                    group.cancelAll()
                    throw error
                }
                await bench.broker.shutdown()
            }
            let queues = [names.resultsQueue(0), names.startQueue, names.deadQueue, names.functionQueue("f")]
            for queue in queues + targets.map(names.queue) { try await client.delete(queue: queue) }
        }
    }

    private func take(_ event: BrokerEvent) {
        switch event {
        case .ready: readiness.append(true)
        case .disconnected: readiness.append(false)
        case .missing(let missing, let create):
            recreated.append(missing.targets)
            create()
        case .declared: break
        case .recreated(let targets, let delivery):
            recreated.append(targets)
            if let delivery { broker.acknowledge([delivery]) }
        case .published(let results): published.append(results)
        case .sent(let numbers): sent.append(numbers)
        case .sendFailed: break
        case .answers(let batch):
            answers.append(batch)
            if isAcknowledging { broker.acknowledge(batch.map(\.delivery)) }
        case .starts(let batch):
            starts.append(batch)
            if isAcknowledging { broker.acknowledge(batch.map(\.delivery)) }
        }
    }

    /// Until it consumes, everything is declared, and what was created anew is known.
    func settle(_ targets: [ScheduledTask.Target] = [.work]) async throws {
        _ = await readiness.one()
        let chores = Recorder<Void>()
        broker.work.add { chores.append(()) }
        _ = await chores.one()
        for queue in [names.resultsQueue(0), names.startQueue] {
            _ = try await eventually {
                try await client.inspect(queue: queue)
            } until: {
                $0?.consumerCount == 1
            }
        }
        for target in targets {
            let queue = names.queue(of: target)
            _ = try await eventually {
                try await client.inspect(queue: queue)
            } until: {
                $0 != nil
            }
        }
    }

    func count(_ queue: String, is count: Int) async throws {
        _ = try await eventually {
            try await client.inspect(queue: queue)?.messageCount
        } until: {
            $0 == count
        }
    }

    // MARK: Tasks

    func row(_ number: Int, _ target: ScheduledTask.Target = .work, timeoutSeconds: Int? = nil) -> TaskRow {
        TaskRow(
            key: TaskKey(execution: 1, task: number), phase: .pending, target: target, token: "token-\(number)",
            state: "State", attempt: 2, input: Array(#"{"n":\#(number)}"#.utf8), scheduledAt: WallTime.now(),
            timeoutSeconds: timeoutSeconds, heartbeatSeconds: 30, executionARN: "execution",
            stateMachineARN: "machine")
    }

    /// Publishes until every one is confirmed, as the engine's outbox does.
    func publish(_ rows: [TaskRow]) async {
        var open = rows
        while !open.isEmpty {
            let before = published.values.count
            broker.publish(open)
            let results = await published.wait(count: before + open.count).dropFirst(before)
            let confirmed = Set(results.filter { $0.1 == .confirmed }.map(\.0))
            open.removeAll { confirmed.contains($0.key) }
        }
    }

    // MARK: As a plain client

    @discardableResult
    func send(_ envelope: ProtocolEnvelope, to queue: String) async -> PublishOutcome? {
        await client.publish([envelope.message(routingKey: queue, mandatory: true)]).first
    }

    func answer(_ kind: AnswerMessage.Kind, _ token: String, _ body: String = "") async {
        await send(
            AnswerMessage(token: token, kind: kind, worker: "somebody", body: Array(body.utf8)).encoded(),
            to: names.resultsQueue(0))
    }

    /// Takes what comes, and acknowledges.
    func consume(_ queue: String) async throws -> Recorder<Delivery> {
        let received = Recorder<Delivery>()
        _ = try await client.consume(queue, prefetch: 100) { [client] batch in
            received.append(batch)
            client.ack(batch)
        }
        return received
    }

    /// A queue of the client's own, bound to an exchange.
    func listen(to exchange: String, _ kind: Topology.Exchange.Kind, key: String = "") async throws
        -> Recorder<Delivery>
    {
        let queue = "\(names.prefix).listener"
        try await client.declare(
            Topology(
                exchanges: [.init(exchange, kind: kind)], queues: [.init(queue, durable: false, exclusive: true)],
                bindings: [.init(queue: queue, exchange: exchange, routingKey: key)]))
        return try await consume(queue)
    }
}

extension ScheduledTask.Target {
    static let work = Self.activity(arn: "arn:work", name: "work")
    static let f = Self.function(name: "f")
}

extension Recorder {
    func one() async -> Value { await wait(count: 1)[0] }
}
