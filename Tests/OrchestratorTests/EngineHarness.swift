import BatonTestKit
import Interpreter
import JSONValue
import Logging
import MemoryStore
import OrderedCollections
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Orchestrator

/// The engine's core over an in-memory store under a virtual clock: one thread, and nothing happens unless told.
final class EngineHarness {
    private(set) var store: InMemoryStore
    let clock = VirtualClock()
    let registry = MetricsRegistry()
    private var crashes: UInt64 = 0
    /// What the engine wants computed apart, in order.
    private(set) var computations: [Computation] = []
    var configuration: EngineConfiguration
    private(set) var core: EngineCore<InMemoryWriter, SeededGenerator>

    static let account = "arn:aws:states:us-east-1:000000000000"

    init(_ configuration: EngineConfiguration = .init(), connected: Bool = true) throws {
        self.configuration = configuration
        store = InMemoryStore()
        core = try Self.makeCore(configuration, store, registry, seed: 7)
        _ = try core.recover(at: clock.now())
        if connected { process(.brokerReady) }
    }

    private static func makeCore(
        _ configuration: EngineConfiguration, _ store: InMemoryStore, _ registry: MetricsRegistry, seed: UInt64
    ) throws -> EngineCore<InMemoryWriter, SeededGenerator> {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return EngineCore(
            configuration: configuration, writer: try store.makeWriter(), metrics: EngineMetrics(registry),
            logger: logger, random: SeededGenerator(fixed: seed))
    }

    /// Forgets everything in memory, as a crash does, and starts anew on what was committed.
    func crash(connected: Bool = true) throws -> Effects {
        store = store.reopened()
        // Other random numbers than before: names that were made up must not come again.
        crashes += 1
        computations = []
        core = try Self.makeCore(configuration, store, registry, seed: 7 + crashes)
        _ = try core.recover(at: clock.now())
        return connected ? process(.brokerReady) : Effects()
    }

    /// One batch. Callers are answered, as the engine's shell does.
    @discardableResult
    func process(_ events: EngineEvent...) -> Effects { process(events) }

    @discardableResult
    func process(_ events: [EngineEvent]) -> Effects {
        let effects = core.process(events, at: clock.now())
        computations += effects.compute
        for reply in effects.replies { reply() }
        return effects
    }

    /// Lets executions that paused go on.
    func resume() {
        while let due = nextDeadline, due <= clock.now() { process(.wake) }
    }

    /// What the slow lane does: computes the step that waits longest, and hands it in.
    @discardableResult
    func computeNext() throws -> Effects {
        try #require(!computations.isEmpty, "nothing is to be computed")
        var random = SeededGenerator(fixed: computations[0].ticket)
        let computation = computations.removeFirst()
        return process(.computed(computation.run(at: clock.now(), watch: nil, using: &random)))
    }

    @discardableResult
    func advance(seconds: Double) -> Effects {
        clock.advance(seconds: seconds)
        return process(.wake)
    }

    /// What an engine does when its process ends in an orderly way.
    func end() { core.noteConfirmedAtEnd() }

    func setCaller(_ caller: any ServiceCaller) { core.services.caller = caller }

    var nextDeadline: Timestamp? { core.nextDeadline(at: clock.now()) }

    // MARK: What clients do

    func createMachine(_ name: String, _ definition: String) {
        let now = clock.now()
        let arn = "\(Self.account):stateMachine:\(name)"
        transact { writer in
            [
                .insertStateMachine(
                    StateMachineRecord(
                        arn: arn, name: name, kind: .standard, status: .active, createdAt: now,
                        revision: StateMachineRevision(
                            number: try writer.nextRevisionNumber(), id: "r", definition: definition, roleARN: "role",
                            createdAt: now), settings: .object(JSONObject())))
            ]
        }
    }

    func createActivity(_ name: String) {
        let record = ActivityRecord(
            arn: "\(Self.account):activity:\(name)", name: name, createdAt: clock.now())
        transact { _ in [.insertActivity(record)] }
    }

    private func transact(_ body: @escaping @Sendable (any StoreWriter) throws -> [WriteOperation]) {
        process(.transact(Transaction(body: { (try body($0), {}) }, failed: { _ in })))
    }

    /// Starts an execution; what the engine wants done is in `effects`.
    func start(
        _ machine: String, name: String? = nil, input: String = "{}"
    ) throws -> (result: Result<StartedExecution, ServiceError>, effects: Effects) {
        let box = Box<Result<StartedExecution, ServiceError>>()
        let effects = process(try startEvent(machine, name: name, input: input) { box.value = $0 })
        return (try #require(box.value), effects)
    }

    func startEvent(
        _ machine: String, name: String? = nil, input: String = "{}",
        _ reply: @escaping Reply<StartedExecution> = { _ in }
    ) throws -> EngineEvent {
        .start(
            StartCommand(
                stateMachineARN: "\(Self.account):stateMachine:\(machine)", name: name, inputText: input,
                input: try JSON(parsing: input), traceHeader: nil), reply)
    }

    func answer(_ token: String, _ kind: TaskAnswer.Kind, delivery: UInt64 = 1) -> EngineEvent {
        .answer(TaskAnswer(token: token, kind: kind, worker: "w", delivery: BrokerDelivery(id: delivery, epoch: 0)))
    }

    func execution(_ started: Result<StartedExecution, ServiceError>) throws -> ExecutionRecord {
        try #require(try core.writer.execution(arn: try started.get().arn))
    }

    func history(_ started: Result<StartedExecution, ServiceError>) throws -> [String] {
        let record = try execution(started)
        return try core.writer.journal(execution: record.identity.key, after: -1)
            .flatMap { try Journal.decode($0.events) }
            .compactMap { History.event($0, includeExecutionData: false)?["type"]?.stringValue }
    }

    var pending: [TaskRow] { get throws { try core.writer.pendingTasks(after: nil, limit: 1_000) } }

    static func activityTask(_ extra: String = "") -> String {
        """
        {"StartAt":"A","States":{"A":{"Type":"Task","Resource":"\(account):activity:work"\(extra),"End":true}}}
        """
    }

    static func functionTask(_ extra: String = "") -> String {
        """
        {"StartAt":"A","States":{"A":{"Type":"Task",
        "Resource":"arn:aws:lambda:us-east-1:000000000000:function:work"\(extra),"End":true}}}
        """
    }
}

/// Lets a callback that is called before the caller goes on leave its value.
final class Box<Value: Sendable>: Sendable {
    private let storage = Mutex<Value?>(nil)
    var value: Value? {
        get { storage.withLock { $0 } }
        set { storage.withLock { $0 = newValue } }
    }
}
