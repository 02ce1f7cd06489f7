import Interpreter
import JSONValue
import Logging
import Orchestrator
import OrderedCollections
import SQLiteStore
import Telemetry

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Runs executions through an engine's core. What a broker and its workers would say to a batch comes in the next one.
final class EngineHarness {
    private let store: SQLiteStore
    private let folder: String
    private var core: EngineCore<SQLiteWriter, SplitMix>
    private let input: (text: String, value: JSON)
    private let answer: JSON
    private var now = Timestamp(microseconds: 1_700_000_000_000_000)
    private var events: [EngineEvent] = []
    private var started = 0
    private var succeeded = 0
    private var deliveries: UInt64 = 0

    private static let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:m"

    init(definition: String, input: String, answer: JSON) throws {
        self.input = (input, try JSON(parsing: input))
        self.answer = answer
        folder = try Self.makeFolder()
        store = try SQLiteStore(path: folder + "/baton.db")
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        core = EngineCore(
            configuration: EngineConfiguration(), writer: try store.makeWriter(),
            metrics: EngineMetrics(MetricsRegistry()), logger: logger, random: SplitMix(state: 1))
        _ = try core.recover(at: now)
        _ = core.process([.brokerReady, Self.creation(of: definition, at: now)], at: now)
    }

    deinit {
        try? store.close()
        for ending in ["", "-wal", "-shm", "-lock"] { unlink("\(folder)/baton.db\(ending)") }
        rmdir(folder)
    }

    private static func makeFolder() throws -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/baton-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw WorkFailed("no folder can be made in \(parent): set TMPDIR") }
        return template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? parent }
    }

    private static func creation(of definition: String, at now: Timestamp) -> EngineEvent {
        .transact(
            Transaction(
                body: { writer in
                    let revision = StateMachineRevision(
                        number: try writer.nextRevisionNumber(), id: "r", definition: definition, roleARN: "role",
                        createdAt: now)
                    let record = StateMachineRecord(
                        arn: machine, name: "m", kind: .standard, status: .active, createdAt: now, revision: revision,
                        settings: .object(JSONObject()))
                    return ([.insertStateMachine(record)], {})
                }, failed: { _ in }))
    }

    /// Runs so many executions side by side. Answers whether all of them succeeded.
    func run(_ executions: Int) -> Bool {
        let goal = succeeded + executions
        for _ in 0..<executions {
            started += 1
            events.append(
                .start(
                    StartCommand(
                        stateMachineARN: Self.machine, name: "execution-\(started)", inputText: input.text,
                        input: input.value, traceHeader: nil), { _ in }))
        }
        while !events.isEmpty { processBatch() }
        return succeeded == goal
    }

    private func processBatch() {
        now = now.adding(seconds: 0.01)
        let batch = events
        events = []
        let effects = core.process(batch, at: now)
        for reply in effects.replies { reply() }
        succeeded += effects.announce.count { $0.status == .succeeded }
        guard !effects.publish.isEmpty else { return }
        events.append(.published(effects.publish.keys.map { ($0, .confirmed) }))
        for row in effects.publish.values {
            deliveries += 1
            events.append(
                .answer(
                    TaskAnswer(
                        token: row.token, kind: .success(answer), worker: "worker-1",
                        delivery: BrokerDelivery(id: deliveries, epoch: 1))))
        }
    }
}
