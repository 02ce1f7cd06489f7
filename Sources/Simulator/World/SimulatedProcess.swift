import BatonTestKit
import Interpreter
import JSONValue
import Logging
import MemoryStore
import Orchestrator
import OrderedCollections
import Telemetry
import TestSupport

/// The orchestrator's process: the cores of its two engines, and what dies with them.
struct SimulatedProcess {
    /// Counts starts; what belongs to an earlier one is void.
    var life = 0
    var core: EngineCore<InMemoryWriter, SeededGenerator>?
    /// Of Express executions.
    var express: EngineCore<MemoryWriter, SeededGenerator>?
    var store: InMemoryStore
    var pausedUntil = 0.0
    /// Turns of the durable engine, of all lives and of this one.
    var turns = 0
    var turnsOfLife = 0
    var isInstalled = false
    /// The present connection to the broker; nil without one.
    var connection: Int?
    var connections = 0
    /// The queues that it has to see to.
    var targets: Set<ScheduledTask.Target> = []
    let metrics = MetricsRegistry()
    private var sides = [Side(), Side()]

    init(store: InMemoryStore) { self.store = store }

    /// What each engine has for itself.
    struct Side {
        var inbox: [EngineEvent] = []
        var isTurnScheduled = false
        /// A commit takes its time until then.
        var busyUntil = 0.0
        /// The alarm that counts, and when it is.
        var alarm = 0
        var alarmAt: Double?
        /// Handed to the broker on this connection, and not confirmed.
        var unconfirmed: [TaskKey: TaskRow] = [:]
        /// Replies that were sent on this connection, and whose outcome is not known.
        var unsettled: Set<Int64> = []
    }

    subscript(lane: Lane) -> Side {
        _read { yield sides[lane.rawValue] }
        _modify { yield &sides[lane.rawValue] }
    }

    mutating func die() {
        (core, express) = (nil, nil)
        life += 1
        turnsOfLife = 0
        store = store.reopened()
        sides = [Side(), Side()]
        pausedUntil = 0
        connection = nil
    }
}

extension Simulation {
    var configuration: EngineConfiguration {
        var configuration = EngineConfiguration()
        configuration.account = Scenario.account
        configuration.cachedExecutions = scenario.cachedExecutions
        configuration.unconfirmedTasks = scenario.unconfirmedTasks
        configuration.limits = scenario.limits
        configuration.timerHorizon = scenario.timerHorizon
        configuration.mapRunChildrenPerBatch = scenario.childrenPerBatch
        configuration.leaseSilence = 60
        configuration.foldCheckInterval = 1
        return configuration
    }

    private var expressConfiguration: EngineConfiguration {
        var configuration = EngineConfiguration.express(beside: 0, openExecutions: 1_000)
        configuration.account = Scenario.account
        configuration.limits = scenario.limits
        configuration.unconfirmedTasks = scenario.unconfirmedTasks
        configuration.timerHorizon = scenario.timerHorizon
        configuration.leaseSilence = 60
        return configuration
    }

    func boot() {
        process.life += 1
        process.turnsOfLife = 0
        var logger = Logger(label: "simulation")
        logger.logLevel = .critical
        do {
            var core = EngineCore(
                configuration: configuration, writer: try process.store.makeWriter(),
                metrics: EngineMetrics(process.metrics), logger: logger,
                random: SeededGenerator(fixed: dice.number("engine", UInt64(process.life))))
            core.use(SimulatedCaller())
            process.targets = Set(try core.recover(at: wallClock))
            process.core = core
            if scenario.machines.contains(where: \.isExpress) {
                var express = EngineCore(
                    configuration: expressConfiguration,
                    writer: try MemoryStore(functions: try core.writer.knownFunctions()).makeWriter(),
                    metrics: EngineMetrics(process.metrics, isExpress: true), logger: logger,
                    random: SeededGenerator(fixed: dice.number("express", UInt64(process.life))))
                express.use(SimulatedCaller())
                _ = try express.recover(at: wallClock)
                process.express = express
            }
        } catch {
            violation("the orchestrator cannot start: \(error)")
            return
        }
        verdict.lives += 1
        if dies(inTurn: 0) { return crash() }
        submit([.wake], .standard)
        submit([.wake], .express)
        after(0.1, .connect(life: process.life))
    }

    /// Whether the process dies again at this turn of its life.
    private func dies(inTurn turn: Int) -> Bool {
        guard process.isInstalled else { return false }
        return takes { fault in
            if case .crashAfterStart(let life, let turns) = fault {
                life <= verdict.lives && turns == turn
            } else {
                false
            }
        } != nil
    }

    /// The process is gone, with everything that only it knew.
    func crash() {
        guard process.core != nil else { return }
        verdict.crashes += 1
        trace?("\(now) crash")
        process.die()
        broker.releaseOrchestrator()
        broker.heldBack = []
        for queue in SimulatedBroker.taskQueues { after(0.01, .take(queue: queue)) }
        for (index, client) in clients.enumerated() where client.wantsCall { after(1, .start(index)) }
        for index in clients.indices { clients[index].wantsCall = false }
        for (token, answer) in outstandingTokenAnswers.sorted(by: { $0.key < $1.key }) {
            after(1, .answerToken(token: token, answer))
        }
        outstandingTokenAnswers = [:]
        syncCalls = [:]
        after(dice.seconds(0.2...3, "restart", UInt64(process.life)), .boot(life: process.life))
    }

    func submit(_ events: [EngineEvent], _ lane: Lane = .standard) {
        guard process.core != nil, lane == .standard || process.express != nil, !events.isEmpty else { return }
        process[lane].inbox += events
        scheduleTurn(lane)
    }

    func scheduleTurn(_ lane: Lane) {
        guard process.core != nil, !process[lane].isTurnScheduled, !process[lane].inbox.isEmpty else { return }
        process[lane].isTurnScheduled = true
        agenda.add(
            .turn(life: process.life, lane), at: max(now + 0.004, process.pausedUntil, process[lane].busyUntil))
    }

    /// One batch of an engine, with whatever goes wrong at it.
    func turn(_ lane: Lane) {
        process[lane].isTurnScheduled = false
        guard process.core != nil else { return }
        guard process.pausedUntil <= now, process[lane].busyUntil <= now else { return scheduleTurn(lane) }
        let events = process[lane].inbox
        process[lane].inbox = []
        guard !events.isEmpty else { return }
        verdict.turns += 1
        if lane == .express {
            guard let effects = process.express?.process(events, at: wallClock) else { return }
            trace?("\(now) express turn: \(events.map(Self.name))")
            return committed(effects, upTo: .max, lane)
        }
        process.turns += 1
        process.turnsOfLife += 1
        let turn = process.turns
        var crashesAfter: Int?
        var stall: Double?
        var ghost: Double?
        if process.isInstalled {
            if takes({ $0 == .crashBeforeCommit(turn: turn) }) != nil || dies(inTurn: process.turnsOfLife) {
                return crash()
            }
            while let fault = takes({ $0.turn == turn }) {
                switch fault {
                case .crashAfterCommit(_, let effects): crashesAfter = effects
                case .takeover(_, let seconds): ghost = seconds
                case .commitStalls(_, let seconds): stall = seconds
                case .commitFails:
                    process.store.failNextCommit(StoreError(.inputOutput, "The simulated disk failed a commit."))
                case .commitInDoubt:
                    process.store.failNextCommit(
                        StoreError(.inputOutput, "The simulated disk lost its answer."), keepingIt: true)
                case .writeFails(_, let operation):
                    process.store.failOperation(
                        after: operation, StoreError(.inputOutput, "The simulated disk failed a write."))
                default: break
                }
            }
        }
        guard let effects = process.core?.process(events, at: wallClock) else { return }
        trace?(
            "\(now) turn \(turn): \(events.map(Self.name)) -> \(effects.replies.count) replies, "
                + "\(effects.publish.count) tasks, \(effects.send.count) sent")
        if let ghost {
            after(ghost, .ghostWakes(effects))
            return crash()
        }
        if let stall {
            process[lane].busyUntil = now + stall
            return after(
                stall, .committed(effects, upTo: crashesAfter ?? .max, life: process.life, lane))
        }
        committed(effects, upTo: crashesAfter ?? .max, lane)
    }

    /// The transaction is on disk.
    func committed(_ effects: Effects, upTo limit: Int, _ lane: Lane) {
        carryOut(effects, upTo: limit, lane)
        guard limit == .max else { return crash() }
        if lane == .standard { judgeTheStoreNowAndThen() }
        let due =
            lane == .standard
            ? process.core?.nextDeadline(at: wallClock) : process.express?.nextDeadline(at: wallClock)
        let seconds = due.map { max(0, Double($0.microseconds - wallClock.microseconds) / 1_000_000) }
        setAlarm(seconds.map { now + $0 }, lane)
        scheduleTurn(lane)
    }

    private func setAlarm(_ time: Double?, _ lane: Lane) {
        if let time, let present = process[lane].alarmAt, present == time, present > now { return }
        process[lane].alarm += 1
        process[lane].alarmAt = time
        if let time { agenda.add(.alarm(life: process.life, lane, number: process[lane].alarm), at: time) }
    }

    private static func name(_ event: EngineEvent) -> String {
        String("\(event)".prefix { $0 != "(" })
    }

    private func carryOut(_ effects: Effects, upTo limit: Int, _ lane: Lane) {
        for kind in 0..<min(limit, 12) {
            switch kind {
            case 0: for reply in effects.replies { reply() }
            case 1: for job in effects.mapRunJobs { run(job) }
            case 2: acknowledge(effects.acknowledge)
            case 3: giveBack(effects.giveBack)
            case 4: acknowledge(effects.bury.map(\.delivery))
            case 5: declare(effects.declare)
            case 6: for row in effects.publish.values { publish(row, lane) }
            case 7: for message in effects.send { send(message, lane) }
            case 8: for call in effects.calls { self.call(call, lane) }
            case 9: for message in effects.handOver { handOver(message) }
            case 10: for cancellation in effects.abandon { cancellation.cancel() }
            default: for computation in effects.compute { compute(computation, lane) }
            }
        }
    }

    /// A process that was presumed dead. Its connections are gone, and the store is another's: what it had decided is
    /// told to callers that still listen, and tasks may reach the broker over a connection that was not cut yet.
    func ghostWakes(_ effects: Effects) {
        for reply in effects.replies { reply() }
        guard broker.isUp else { return }
        for row in effects.publish.values {
            let message = TaskMessage(id: broker.newID(), row: row, queue: SimulatedBroker.queue(of: row.target))
            after(0.01, .taskArrives(message, connection: -1, .standard))
        }
        for message in effects.send { after(0.01, .replyArrives(message, connection: -1, .standard)) }
    }

    /// The slow lane: the step comes when it comes.
    private func compute(_ computation: Computation, _ lane: Lane) {
        verdict.computations += 1
        let seconds = dice.seconds(0.01...3, "computation", UInt64(computation.key), computation.ticket)
        after(seconds, .computed(computation, life: process.life, lane))
    }

    func computed(_ computation: Computation, _ lane: Lane) {
        var random = SeededGenerator(fixed: dice.number("lane", UInt64(process.life), computation.ticket))
        submit([.computed(computation.run(at: wallClock, watch: nil, using: &random))], lane)
    }
}

extension Scenario {
    var limits: InterpreterLimits {
        var limits = InterpreterLimits()
        limits.events = Self.mostEvents
        limits.transitionsPerStep = transitionsPerStep
        limits.slice.steps = sliceSteps
        return limits
    }
}

extension Fault {
    /// The turn at whose commit it happens.
    fileprivate var turn: Int? {
        switch self {
        case .crashAfterCommit(let turn, _), .takeover(let turn, _), .commitFails(let turn),
            .commitInDoubt(let turn), .commitStalls(let turn, _), .writeFails(let turn, _):
            turn
        default: nil
        }
    }
}
