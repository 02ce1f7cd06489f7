import BatonTestKit
import Interpreter
import JSONValue

@testable import Orchestrator

/// One run of a scenario: the real interpreter and engine in a world of doubles, one thread, virtual time.
final class Simulation {
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
    /// Faults that are still to come, by what triggers them.
    var pendingFaults: Set<Fault>
    /// Calls of SendTask* without an answer yet.
    var outstandingTokenAnswers: [String: TokenAnswer] = [:]
    var verdict = Verdict()
    /// Receives a line for everything that happens.
    var trace: ((String) -> Void)?

    struct Counters {
        var tasks = 0
        var answers = 0
        var deliveries = 0
    }

    static let account = "arn:aws:states:us-east-1:123456789012"
    static let epoch: Int64 = 1_700_000_000_000_000
    /// Runs end far earlier, unless something goes round in circles.
    static let mostHappenings = 60_000

    init(_ scenario: Scenario) {
        self.scenario = scenario
        dice = Dice(seed: scenario.seed)
        process = SimulatedProcess(store: InMemoryStore())
        clients = scenario.starts.map { _ in SimulatedClient() }
        pendingFaults = Set(scenario.faults)
    }

    var wallClock: Timestamp {
        Timestamp(microseconds: Self.epoch + Int64(((now + clockError) * 1_000_000).rounded()))
    }

    /// Plays the scenario to its end, and judges it.
    func run() -> Verdict {
        for queue in SimulatedBroker.taskQueues { broker.tasks[queue] = .init() }
        broker.hasInboundQueues = true
        boot()
        install()
        for (index, start) in scenario.starts.enumerated() { agenda.add(.start(index), at: start.at) }
        for fault in scenario.faults { if let at = fault.start { agenda.add(.fault(fault), at: at) } }
        while verdict.violations.isEmpty, let (at, happening) = agenda.next() {
            now = max(now, at)
            verdict.happenings += 1
            if verdict.happenings > Self.mostHappenings {
                verdict.violations.append("the run does not end: \(Self.mostHappenings) happenings")
                break
            }
            trace?("\(now) \(happening)")
            happen(happening)
        }
        verdict.virtualSeconds = now
        if verdict.violations.isEmpty { judgeTheEnd() }
        return verdict
    }

    func after(_ seconds: Double, _ happening: Happening) { agenda.add(happening, at: now + seconds) }

    private func happen(_ happening: Happening) {
        switch happening {
        case .fault(let fault): strike(fault)
        case .boot(let life): if life == process.life, process.core == nil { boot() }
        case .turn(let life): if life == process.life { turn() }
        case .alarm(let life): if life == process.life { submit([.wake]) }
        case .computed(let computation, let life): if life == process.life { computed(computation) }
        case .resumed: scheduleTurn()
        case .diskFree: process.store.failWrites(nil)
        case .brokerBack:
            broker.isUp = true
            after(dice.seconds(0.1...2, "workers reconnect", bits(now)), .workersReconnect)
            after(dice.seconds(0.1...2, "orchestrator reconnects", bits(now)), .connect(life: process.life))
        case .connect(let life): if life == process.life { connect() }
        case .taskArrives(let message, let connection): arrive(message, connection)
        case .confirmed(let key, let result, let connection):
            guard connection == process.connection else { return }
            process.unconfirmed[key] = nil
            submit([.published([(key, result)])])
        case .replyArrives(let message, let connection): arrive(message, connection)
        case .consume(let connection): if connection == process.connection { consume() }
        case .take(let queue): take(from: queue)
        case .workersReconnect: workersReconnect()
        case .work(let act, let message): work(act, message)
        case .start(let index): start(index)
        case .stop(let index): stop(index)
        case .answerToken(let token, let answer): answerToken(token, answer)
        }
    }

    func bits(_ value: Double) -> UInt64 { value.bitPattern }
}

extension Fault {
    /// The second at which a timed fault begins; nil for a counted one.
    var start: Double? {
        switch self {
        case .diskFull(let at, _), .pause(let at, _), .clockJump(let at, _), .brokerRestart(let at, _),
            .brokerWipe(let at, _), .queueDeleted(let at, _), .connectionLost(let at, _):
            at
        default: nil
        }
    }
}
