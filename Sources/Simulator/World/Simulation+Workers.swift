import Interpreter
import JSONValue
import Orchestrator

/// How a task ends, whoever does it and however often: what the oracle needs to know as well.
struct TaskResult {
    var answer: TokenAnswer
    var seconds: Double

    /// - Parameters:
    ///   - execution: what tells its attempts from those of others, and is the same in every run of the seed.
    ///   - attempt: what tells its attempts from one another.
    init(_ dice: Dice, execution: String, state: String, attempt: UInt64) {
        let key = [Dice.hash(execution), Dice.hash(state), attempt]
        let roll = dice.number("result", key)
        seconds = Double(dice.number("duration", key) % 3_000) / 1_000
        switch roll % 10 {
        case 0: answer = .failure(StateFailure(error: "E1", cause: "{\"a\": 1}"))
        case 1: answer = .failure(StateFailure(error: "E2", cause: nil))
        default: answer = .success(["from": .string(state), "roll": .int(Int64(roll % 100)), "seconds": 1])
        }
    }

    /// As a worker says it.
    var kind: TaskAnswer.Kind {
        switch answer {
        case .success(let output): .success(output)
        case .failure(let failure): .failure(failure)
        case .heartbeat: .heartbeat(nil)
        }
    }
}

extension Simulation {
    /// Workers are many, and idle ones take what is there.
    func take(from queue: String) {
        guard broker.isUp, let waiting = broker.tasks[queue]?.ready, !waiting.isEmpty else { return }
        broker.tasks[queue]?.ready = []
        for message in waiting {
            if queue == SimulatedBroker.activityQueue, message.row.timeoutSeconds != nil,
                SimulatedBroker.lane(ofToken: message.row.token) == .standard,
                dice.chance(40, "poller", message.id), takeOverHTTP(message)
            {
                continue
            }
            broker.tasks[queue]?.unacknowledged[message.id] = message
            begin(message)
        }
    }

    /// GetActivityTask. A poller that never hears of its task is a reason to have a timeout, so only such tasks are
    /// polled for.
    private func takeOverHTTP(_ message: TaskMessage) -> Bool {
        guard process.core != nil, process.connection != nil else { return false }
        broker.taken[message.id] = message
        let delivery = BrokerDelivery(id: message.id, epoch: UInt64(process.connections))
        let task = TakenTask(
            token: message.row.token, input: String(decoding: message.row.input, as: UTF8.self), delivery: delivery)
        let inbox = Inbox(self)
        submit([
            .taken(task, worker: "poller") { result in
                guard case .success(let task?) = result else { return }
                inbox.simulation?.polled(task.token, message)
            }
        ])
        return true
    }

    private func polled(_ token: String, _ message: TaskMessage) {
        if dice.chance(15, "hangs up", message.id) {
            submit([.handBack(token: token)])
            return
        }
        let result = result(of: message.row)
        after(result.seconds, .answerToken(token: token, result.answer))
    }

    private func result(of row: TaskRow) -> TaskResult {
        let (execution, attempt) = judge.identity(of: row)
        return TaskResult(dice, execution: execution, state: row.state, attempt: attempt)
    }

    /// Plans what the worker will do with the task.
    private func begin(_ message: TaskMessage) {
        counters.deliveries += 1
        verdict.deliveries += 1
        let row = message.row
        let key = message.id
        let result = result(of: row)
        let number = counters.deliveries
        if takes({ $0 == .workerCrash(message: number) }) != nil {
            return after(result.seconds / 2, .work(.die, message))
        }
        // Heartbeats are watched from the first sign of life on.
        let isBounded = row.timeoutSeconds != nil
        var kind = result.kind
        if waitsForPerson(row) {
            kind = .success(.null)
            person(row, result)
        }
        if dice.chance(50, "says started", key) { after(0.01, .work(.started, message)) }
        let style = dice.index(below: 20, "style", key)
        switch style {
        case 0 where isBounded: return  // It hangs.
        case 1 where isBounded: after(result.seconds + 30, .work(.answer(kind), message))
        case 2, 3:
            for beat in 1...8 { after(Double(beat) * 0.7, .work(.heartbeat, message)) }
            after(result.seconds + 6, .work(.answer(kind), message))
        case 4:
            after(result.seconds, .work(.answer(kind), message))
            after(result.seconds + 0.3, .work(.again(kind), message))
        default: after(result.seconds, .work(.answer(kind), message))
        }
    }

    /// A function that was given a token lets somebody else answer.
    private func waitsForPerson(_ row: TaskRow) -> Bool {
        guard case .function = row.target else { return false }
        return String(decoding: row.input, as: UTF8.self).contains(row.token)
    }

    private func person(_ row: TaskRow, _ result: TaskResult) {
        if row.timeoutSeconds != nil, dice.chance(20, "forgets", Dice.hash(row.token)) { return }
        after(result.seconds + 1, .answerToken(token: row.token, result.answer))
    }

    /// An act of a worker; one whose connection broke meanwhile has lost its message, but not its voice.
    func work(_ act: Act, _ message: TaskMessage) {
        if broker.dropped.contains(message.id) { return }
        if case .die = act { return die(message) }
        guard broker.isUp, broker.hasInboundQueues, broker.blockedUntil <= now else {
            // It tries again until the broker takes it.
            return after(1, .work(act, message))
        }
        let token = message.row.token
        switch act {
        case .started: enqueueInbound(.answer(token: token, .started))
        case .heartbeat: enqueueInbound(.answer(token: token, .heartbeat(nil)))
        case .garbage(let damage):
            enqueueInbound(.answer(token: Self.damaged(token, damage), .success("of a damaged message")))
        case .die: break
        case .again(let kind): enqueueInbound(.answer(token: token, kind))
        case .answer(let kind): answer(kind, message)
        }
    }

    /// The broker notices, and hands the task to another one.
    private func die(_ message: TaskMessage) {
        guard broker.tasks[message.queue]?.unacknowledged.removeValue(forKey: message.id) != nil else { return }
        broker.tasks[message.queue]?.ready.append(message)
        after(0.1, .take(queue: message.queue))
    }

    private func answer(_ kind: TaskAnswer.Kind, _ message: TaskMessage) {
        counters.answers += 1
        let number = counters.answers
        var dies = false
        while let fault = takes({ $0.answeredTask == number }) {
            switch fault {
            case .answerDelayed(_, let seconds): return after(seconds, .work(.answer(kind), message))
            case .answerDoubled: after(0.2, .work(.again(kind), message))
            case .answerCorrupted(_, let damage): work(.garbage(damage), message)
            case .workerCrashAfterAnswer: dies = true
            default: break
            }
        }
        enqueueInbound(.answer(token: message.row.token, kind))
        if dies { after(0.1, .work(.die, message)) } else { broker.acknowledge(message) }
    }

    private static func damaged(_ token: String, _ damage: Fault.Damage) -> String {
        guard let whole = TaskToken(token), damage != .noToken else { return "no token" }
        var parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        switch damage {
        case .noToken: break
        case .wrongSecret: parts[3] = String(parts[3].reversed())
        case .wrongPartition: parts[0] = String(whole.partition + 7)
        case .wrongExecution: parts[1] = String(whole.execution + 1_000_000)
        }
        return parts.joined(separator: ".")
    }

    /// Workers look for their queues; one that finds its queue gone says so, because the orchestrator may not see it, and
    /// declares it afterwards.
    func workersReconnect() {
        guard broker.isUp else { return }
        for queue in SimulatedBroker.taskQueues {
            if broker.tasks[queue] == nil {
                guard broker.hasInboundQueues, broker.blockedUntil <= now else {
                    after(0.5, .workersReconnect)
                    return
                }
                let number = broker.newID()
                enqueueInbound(.recreated(queue: queue))
                if dice.chance(20, "dies after its notice", number) {
                    // Another one comes, and begins anew.
                    after(dice.seconds(0.5...5, "next worker", number), .workersReconnect)
                } else {
                    after(dice.seconds(0.001...1, "declares", number), .declareQueue(queue))
                }
            }
            after(0.01, .take(queue: queue))
        }
    }

    /// Whatever became of the broker since the notice was confirmed.
    func declareQueue(_ queue: String) {
        guard broker.isUp else { return }
        if broker.tasks[queue] == nil { broker.tasks[queue] = .init() }
        after(0.01, .take(queue: queue))
    }
}

extension Fault {
    /// The answer, counted as it is sent, that it concerns.
    fileprivate var answeredTask: Int? {
        switch self {
        case .answerDelayed(let message, _), .answerDoubled(let message), .answerCorrupted(let message, _),
            .workerCrashAfterAnswer(let message):
            message
        default: nil
        }
    }
}

/// Lets a callback that the engine holds reach the simulation.
// Proof: engine, callbacks and simulation run on one thread.
final class Inbox: @unchecked Sendable {
    weak var simulation: Simulation?
    init(_ simulation: Simulation) { self.simulation = simulation }
}
