import BatonTestKit
import Interpreter
import JSONValue
import Orchestrator

/// One run of a scenario: the real interpreter and engine in a world of doubles, one thread, virtual time.
package final class Simulation {
    let scenario: Scenario
    let dice: Dice
    var agenda = Agenda<Happening>()
    /// Seconds since the beginning.
    var now = 0.0
    /// What the machine's wall clock is off by.
    var clockError = 0.0
    var process: SimulatedProcess
    var broker = SimulatedBroker()
    var clients: [SimulatedClient]
    var counters = Counters()
    /// Faults that are still to come, in order.
    var pendingFaults: [Fault]
    /// Calls of SendTask* without an answer yet, by token.
    var outstandingTokenAnswers: [String: TokenAnswer] = [:]
    /// Open calls of StartSyncExecution, by number; true for those whose process died.
    var syncCalls: [Int: Int] = [:]
    var verdict = Verdict()
    var judge: Judge
    /// The turn from which on the store is looked at again.
    var nextJudgement = 0
    var isCutShort = false
    /// Receives a line for everything that happens.
    package var trace: ((String) -> Void)?
    /// Hears of every step.
    package var pulse: Pulse?

    struct Counters {
        var tasks = 0
        var answers = 0
        var deliveries = 0
        var syncCalls = 0
    }

    static let epoch: Int64 = 1_700_000_000_000_000
    // Runs end far earlier, unless something goes round in circles.
    private static let mostHappenings = 150_000
    /// Steps after which a run that has started many executions is brought to its end.
    private static let manyHappenings = 20_000
    private static let mostSeconds = 100_000.0

    package init(_ scenario: Scenario) {
        self.scenario = scenario
        dice = Dice(seed: scenario.seed)
        process = SimulatedProcess(store: InMemoryStore())
        clients = scenario.starts.map { _ in SimulatedClient() }
        pendingFaults = scenario.faults
        judge = Judge(scenario)
    }

    var wallClock: Timestamp {
        Timestamp(microseconds: Self.epoch + Int64(((now + clockError) * 1_000_000).rounded()))
    }

    /// Plays the scenario to its end, and judges it.
    package func run() -> Verdict {
        for queue in SimulatedBroker.taskQueues { broker.tasks[queue] = .init() }
        broker.hasInboundQueues = true
        boot()
        install()
        for (index, start) in scenario.starts.enumerated() { agenda.add(.start(index), at: start.at) }
        for fault in scenario.faults { if let at = fault.start { agenda.add(.fault(fault), at: at) } }
        while verdict.violations.isEmpty, let (at, happening) = agenda.next() {
            now = max(now, at)
            verdict.happenings += 1
            pulse?.beat()
            if verdict.happenings % Self.manyHappenings == 0, !isCutShort, isLong() {
                verdict.cutShort = 1
                cutShort()
            }
            if verdict.happenings > Self.mostHappenings || now > Self.mostSeconds {
                violation("stuck: the run does not end (\(verdict.happenings) happenings, \(Int(now)) s)")
                break
            }
            trace?("\(now) \(happening)")
            happen(happening)
        }
        verdict.virtualSeconds = now
        if verdict.violations.isEmpty { judgeTheEnd() }
        return verdict
    }

    func violation(_ text: String) { verdict.violations.append(text) }

    /// Whether a fault is due; it happens once.
    func takes(_ isDue: (Fault) -> Bool) -> Fault? {
        guard let index = pendingFaults.firstIndex(where: isDue) else { return nil }
        let fault = pendingFaults.remove(at: index)
        verdict.faults[fault.name, default: 0] += 1
        trace?("\(now) fault \(fault)")
        return fault
    }

    func after(_ seconds: Double, _ happening: Happening) { agenda.add(happening, at: now + seconds) }

    private func happen(_ happening: Happening) {
        switch happening {
        case .fault(let fault): strike(fault)
        case .boot(let life): if life == process.life, process.core == nil { boot() }
        case .turn(let life, let lane): if life == process.life { turn(lane) }
        case .alarm(let life, let lane, let number):
            if life == process.life, number == process[lane].alarm { submit([.wake], lane) }
        case .committed(let effects, let limit, let life, let lane):
            if life == process.life { committed(effects, upTo: limit, lane) }
        case .ghostWakes(let effects): ghostWakes(effects)
        case .computed(let computation, let life, let lane): if life == process.life { computed(computation, lane) }
        case .serviceCalled(let call, let life, let lane): if life == process.life { serviceCalled(call, lane) }
        case .objectJob(let job, let life): if life == process.life { objectJob(job) }
        case .mapItems(let portions, let life): if life == process.life { hand(portions) }
        case .resumed:
            scheduleTurn(.standard)
            scheduleTurn(.express)
        case .diskFree: process.store.failWrites(nil)
        case .brokerBack:
            broker.isUp = true
            after(dice.seconds(0.1...2, "workers reconnect", now.bitPattern), .workersReconnect)
            after(
                dice.seconds(0.1...2, "orchestrator reconnects", now.bitPattern), .connect(life: process.life))
        case .connect(let life): if life == process.life { connect() }
        case .publishersFree: unblock()
        case .taskArrives(let message, let connection, let lane): arrive(message, connection, lane)
        case .confirmed(let key, let result, let connection, let lane):
            guard connection == process.connection else { return }
            process[lane].unconfirmed[key] = nil
            submit([.published([(key, result)])], lane)
        case .replyArrives(let message, let connection, let lane): arrive(message, connection, lane)
        case .consume(let connection): if connection == process.connection { consume() }
        case .take(let queue): take(from: queue)
        case .workersReconnect: workersReconnect()
        case .declareQueue(let queue): declareQueue(queue)
        case .work(let act, let message): work(act, message)
        case .start(let index): start(index)
        case .startTwin(let index): startTwin(index)
        case .stop(let index): stop(index)
        case .redrive(let index): redrive(index)
        case .answerToken(let token, let answer): answerToken(token, answer)
        case .cutShort: cutShort()
        }
    }
}
