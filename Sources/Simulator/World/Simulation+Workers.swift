import Interpreter
import JSONValue

@testable import Orchestrator

/// How a task ends, whoever does it and however often: what the oracle needs to know as well.
struct TaskResult {
    var result: Result<JSON, StateFailure>
    var seconds: Double

    /// By execution, state and attempt.
    init(_ dice: Dice, execution: String, state: String, attempt: Int) {
        let key = [Dice.hash(execution), Dice.hash(state), UInt64(attempt)]
        let roll = dice.number("result", key)
        seconds = Double(dice.number("duration", key) % 3_000) / 1_000
        switch roll % 10 {
        case 0: result = .failure(StateFailure(error: "E1", cause: "{\"a\": 1}"))
        case 1: result = .failure(StateFailure(error: "E2", cause: nil))
        default: result = .success(["from": .string(state), "roll": .int(Int64(roll % 100)), "seconds": 1])
        }
    }
}

extension StateFailure: Error {}

extension Simulation {
    /// Workers are many, and idle ones take what is there.
    func take(from queue: String) {
        guard broker.isUp, let waiting = broker.tasks[queue]?.ready, !waiting.isEmpty else { return }
        broker.tasks[queue]?.ready = []
        for message in waiting {
            if queue == SimulatedBroker.activityQueue, message.row.timeoutSeconds != nil,
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
        let answer: TokenAnswer =
            switch result.result {
            case .success(let output): .success(output)
            case .failure(let failure): .failure(failure)
            }
        after(result.seconds, .answerToken(token: token, answer))
    }

    private func result(of row: TaskRow) -> TaskResult {
        TaskResult(dice, execution: row.executionARN, state: row.state, attempt: row.attempt)
    }

    /// Plans what the worker will do with the task.
    private func begin(_ message: TaskMessage) {
        counters.deliveries += 1
        verdict.deliveries += 1
        let row = message.row
        let key = message.id
        let result = result(of: row)
        if let crash = pendingFaults.first(where: { $0 == .workerCrash(message: counters.deliveries) }) {
            pendingFaults.remove(crash)
            return after(result.seconds / 2, .work(.die, message))
        }
        let isBounded = row.timeoutSeconds != nil || row.heartbeatSeconds != nil
        var kind: TaskAnswer.Kind =
            switch result.result {
            case .success(let output): .success(output)
            case .failure(let failure): .failure(failure)
            }
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
        let answer: TokenAnswer =
            switch result.result {
            case .success(let output): .success(output)
            case .failure(let failure): .failure(failure)
            }
        after(result.seconds + 1, .answerToken(token: row.token, answer))
    }

    /// An act of a worker; one whose connection broke meanwhile has lost its message, but not its voice.
    func work(_ act: Act, _ message: TaskMessage) {
        guard broker.isUp, broker.hasInboundQueues else {
            // It tries again until the broker takes it.
            if case .die = act { return }
            return after(1, .work(act, message))
        }
        let token = message.row.token
        switch act {
        case .started: enqueueInbound(.answer(token: token, .started))
        case .heartbeat: enqueueInbound(.answer(token: token, .heartbeat(nil)))
        case .garbage: enqueueInbound(.answer(token: "no token", .success(.null)))
        case .die:
            guard broker.tasks[message.queue]?.unacknowledged.removeValue(forKey: message.id) != nil else { return }
            broker.tasks[message.queue]?.ready.append(message)
            after(0.1, .take(queue: message.queue))
        case .again(let kind): enqueueInbound(.answer(token: token, kind))
        case .answer(let kind):
            counters.answers += 1
            for fault in pendingFaults {
                switch fault {
                case .answerDelayed(counters.answers, let seconds):
                    pendingFaults.remove(fault)
                    return after(seconds, .work(act, message))
                case .answerDoubled(counters.answers): after(0.2, .work(.again(kind), message))
                case .answerCorrupted(counters.answers): after(0, .work(.garbage, message))
                default: continue
                }
                pendingFaults.remove(fault)
            }
            enqueueInbound(.answer(token: token, kind))
            broker.acknowledge(message)
        }
    }

    /// Workers declare their queues; one that finds its queue gone says so, because the orchestrator may not see it.
    func workersReconnect() {
        guard broker.isUp else { return }
        for queue in SimulatedBroker.taskQueues {
            if broker.tasks[queue] == nil {
                guard broker.hasInboundQueues else {
                    after(0.5, .workersReconnect)
                    return
                }
                broker.tasks[queue] = .init()
                enqueueInbound(.recreated(queue: queue))
            }
            after(0.01, .take(queue: queue))
        }
    }
}

/// Lets a callback that the engine holds reach the simulation.
// Proof: engine, callbacks and simulation run on one thread.
final class Inbox: @unchecked Sendable {
    weak var simulation: Simulation?
    init(_ simulation: Simulation) { self.simulation = simulation }
}
