import BatonTestKit
import Interpreter
import JSONValue
import Logging
import OrderedCollections
import Telemetry
import TestSupport

@testable import Orchestrator

/// The orchestrator's process: the engine's core, and what dies with it.
struct SimulatedProcess {
    /// Counts starts; what belongs to an earlier one is void.
    var life = 0
    var core: EngineCore<InMemoryWriter, SeededGenerator>?
    var store: InMemoryStore
    var inbox: [EngineEvent] = []
    var isTurnScheduled = false
    var pausedUntil = 0.0
    var turns = 0
    var isInstalled = false
    /// The present connection to the broker; nil without one.
    var connection: Int?
    var connections = 0
    /// Handed to the broker on this connection, and not confirmed.
    var unconfirmed: [TaskKey: TaskRow] = [:]
    /// The queues that it has to see to.
    var targets: Set<ScheduledTask.Target> = []
    let metrics = MetricsRegistry()
}

extension Simulation {
    private var configuration: EngineConfiguration {
        var configuration = EngineConfiguration()
        configuration.account = Self.account
        configuration.cachedExecutions = scenario.cachedExecutions
        configuration.unconfirmedTasks = scenario.unconfirmedTasks
        configuration.limits.events = 200
        configuration.limits.transitionsPerStep = scenario.transitionsPerStep
        configuration.limits.slice.steps = scenario.sliceSteps
        configuration.leaseSilence = 60
        configuration.foldCheckInterval = 1
        return configuration
    }

    func boot() {
        process.life += 1
        var logger = Logger(label: "simulation")
        logger.logLevel = .critical
        do {
            var core = EngineCore(
                configuration: configuration, writer: try process.store.makeWriter(),
                metrics: EngineMetrics(process.metrics), logger: logger,
                random: SeededGenerator(fixed: dice.number("engine", UInt64(process.life))))
            process.targets = Set(try core.recover(at: wallClock))
            process.core = core
        } catch {
            verdict.violations.append("the orchestrator cannot start: \(error)")
            return
        }
        verdict.lives += 1
        if let fault = pendingFaults.first(where: {
            if case .crashInRecovery(let turn) = $0 { turn <= process.turns } else { false }
        }),
            process.life > 1
        {
            pendingFaults.remove(fault)
            crash()
            return
        }
        submit([.wake])
        after(0.1, .connect(life: process.life))
    }

    /// The process is gone, with everything that only it knew.
    func crash() {
        guard process.core != nil else { return }
        verdict.crashes += 1
        trace?("\(now) crash")
        process.core = nil
        process.life += 1
        process.store = process.store.reopened()
        process.inbox = []
        process.isTurnScheduled = false
        process.pausedUntil = 0
        process.connection = nil
        process.unconfirmed = [:]
        broker.releaseOrchestrator()
        for queue in SimulatedBroker.taskQueues { after(0.01, .take(queue: queue)) }
        for index in clients.indices { clients[index].callFailed() }
        for (index, client) in clients.enumerated() where client.wantsCall { after(1, .start(index)) }
        for (token, answer) in outstandingTokenAnswers { after(1, .answerToken(token: token, answer)) }
        outstandingTokenAnswers = [:]
        after(dice.seconds(0.2...3, "restart", UInt64(process.life)), .boot(life: process.life))
    }

    func submit(_ events: [EngineEvent]) {
        guard process.core != nil, !events.isEmpty else { return }
        process.inbox += events
        scheduleTurn()
    }

    func scheduleTurn() {
        guard process.core != nil, !process.isTurnScheduled, !process.inbox.isEmpty else { return }
        process.isTurnScheduled = true
        agenda.add(.turn(life: process.life), at: max(now + 0.004, process.pausedUntil))
    }

    /// One batch of the engine, with whatever goes wrong at it.
    func turn() {
        process.isTurnScheduled = false
        guard process.core != nil else { return }
        guard process.pausedUntil <= now else { return scheduleTurn() }
        let events = process.inbox
        process.inbox = []
        guard !events.isEmpty else { return }
        process.turns += 1
        verdict.turns += 1
        var crashesAfter: Int?
        var crashesBefore = false
        for fault in pendingFaults where process.isInstalled {
            switch fault {
            case .crashBeforeCommit(process.turns): crashesBefore = true
            case .crashAfterCommit(process.turns, let effects): crashesAfter = effects
            case .commitFails(process.turns):
                process.store.failNextCommit(StoreError(.inputOutput, "The simulated disk failed a commit."))
            case .writeFails(process.turns, let operation):
                process.store.failOperation(
                    after: operation, StoreError(.inputOutput, "The simulated disk failed a write."))
            default: continue
            }
            pendingFaults.remove(fault)
        }
        if crashesBefore { return crash() }
        guard let effects = process.core?.process(events, at: wallClock) else { return }
        trace?(
            "\(now) turn \(process.turns): \(events.map(Self.name)) -> \(effects.replies.count) replies, \(effects.publish.count) tasks, \(effects.send.count) sent"
        )
        carryOut(effects, upTo: crashesAfter ?? .max)
        if crashesAfter != nil { return crash() }
        if process.turns % 8 == 0 { judgeTheStore() }
        if let due = process.core?.nextDeadline(at: wallClock) {
            let seconds = Double(due.microseconds - wallClock.microseconds) / 1_000_000
            after(max(0, seconds), .alarm(life: process.life))
        }
    }

    private static func name(_ event: EngineEvent) -> String {
        String("\(event)".prefix { $0 != "(" })
    }

    private func carryOut(_ effects: Effects, upTo limit: Int) {
        let kinds: [() -> Void] = [
            { for reply in effects.replies { reply() } },
            { self.acknowledge(effects.acknowledge) },
            { self.giveBack(effects.giveBack) },
            { self.acknowledge(effects.bury.map(\.delivery)) },
            { self.declare(effects.declare) },
            { for row in effects.publish.values { self.publish(row) } },
            { for message in effects.send { self.send(message) } },
            { for cancellation in effects.abandon { cancellation.cancel() } },
            { for computation in effects.compute { self.compute(computation) } },
        ]
        for kind in kinds.prefix(limit) { kind() }
    }

    /// The slow lane: the step comes when it comes.
    private func compute(_ computation: Computation) {
        verdict.computations += 1
        let seconds = dice.seconds(0.01...3, "computation", UInt64(computation.key), computation.ticket)
        after(seconds, .computed(computation, life: process.life))
    }

    func computed(_ computation: Computation) {
        var random = SeededGenerator(fixed: dice.number("lane", UInt64(process.life), computation.ticket))
        submit([.computed(computation.run(at: wallClock, watch: nil, using: &random))])
    }
}
