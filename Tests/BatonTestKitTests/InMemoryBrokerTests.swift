import BatonTestKit
import Interpreter
import JSONValue
import Orchestrator
import Synchronization
import Testing

/// The double keeps the port's promises, or tests built on it prove nothing.
@Suite struct InMemoryBrokerTests {
    private let broker = InMemoryBroker()
    private let log = EventLog()
    private let approve = ScheduledTask.Target.activity(arn: "arn:approve", name: "approve")
    private let resize = ScheduledTask.Target.function(name: "approve")

    private func task(_ number: Int, _ target: ScheduledTask.Target) -> TaskRow {
        TaskRow(
            key: TaskKey(execution: 1, task: number), phase: .pending, target: target, token: "t\(number)", state: "S",
            attempt: 0, input: Array("{}".utf8), scheduledAt: Timestamp(microseconds: 0), timeoutSeconds: nil,
            heartbeatSeconds: nil, executionARN: "arn:e", stateMachineARN: "arn:m")
    }

    @Test func `publishes are confirmed, unroutable, or held and settled`() {
        broker.attach(log.add)
        broker.declare([approve])
        broker.publish([task(1, approve), task(2, resize)])
        broker.scriptPublishes([.lost])
        broker.publish([task(3, approve)])
        broker.setConfirms(.held)
        broker.publish([task(4, approve), task(5, approve), task(6, approve)])
        #expect(broker.waiting(on: approve)?.map(\.key.task) == [1])
        broker.settle(1)
        broker.settle(1, as: .lost)
        broker.settle()
        #expect(
            log.taken() == [
                "ready", "published 1 confirmed 2 unroutable", "published 3 lost", "published 4 confirmed",
                "published 5 lost", "published 6 confirmed",
            ])
        #expect(broker.waiting(on: approve)?.map(\.key.task) == [1, 4, 6])
        #expect(broker.waiting(on: resize) == nil)
    }

    @Test func `answers come again until they are acknowledged`() {
        broker.attach(log.add)
        broker.declare([approve])
        broker.publish([task(1, approve), task(2, approve)])
        #expect(broker.answerAll { $0.key.task == 1 ? .success(1) : nil } == 2)
        broker.answer("t2", .failure(StateFailure(error: "E", cause: nil)))
        broker.start("machine")
        #expect(broker.unacknowledged == 3)
        broker.acknowledge([log.deliveries[0]])
        broker.bury(log.deliveries[2], reason: "nonsense")
        broker.giveBack([log.deliveries[1]])
        _ = log.taken()
        broker.disconnect()
        broker.publish([task(3, approve)])
        let old = log.deliveries
        broker.connect()
        #expect(log.taken() == ["disconnected", "published 3 lost", "ready", "answer t2"])
        broker.acknowledge(old)
        #expect(broker.unacknowledged == 1, "a delivery of a lost connection cannot be acknowledged")
        #expect(broker.record.buried == ["nonsense"])
    }

    @Test func `lost queues are created anew and reported`() {
        broker.attach(log.add)
        broker.declare([approve, resize])
        broker.publish([task(1, approve)])
        broker.wipe()
        broker.disconnect()
        broker.connect()
        _ = log.taken()
        broker.deleteQueue(approve, notice: true)
        #expect(log.taken() == ["recreated 1"])
        broker.disconnect()
        broker.wipe()
        broker.connect()
        #expect(log.taken() == ["disconnected", "missing 2", "ready"])
        #expect(broker.waiting(on: approve) == [])
    }

    @Test(.timeLimit(.minutes(10)))
    func `tasks are taken once, and given back`() async {
        broker.declare([approve])
        broker.publish([task(1, approve)])
        let taken = await broker.take(activity: "approve", timeout: .zero)
        #expect(taken?.token == "t1")
        #expect(await broker.take(activity: "approve", timeout: .zero) == nil)
        async let waiting = broker.take(activity: "approve", timeout: .seconds(60))
        if let taken { broker.giveBack([taken.delivery]) }
        #expect(await waiting?.token == "t1")

        let cancelled = Task { await broker.take(activity: "approve", timeout: .seconds(60)) }
        cancelled.cancel()
        #expect(await cancelled.value == nil)
        #expect(await broker.take(activity: "approve", timeout: .milliseconds(1)) == nil)
    }

    @Test(.timeLimit(.minutes(10)))
    func `run ends when it is cancelled`() async {
        let running = Task { await broker.run(log.add) }
        running.cancel()
        await running.value
        #expect(log.taken() == ["ready"])
    }
}

/// Events as short texts.
private final class EventLog: Sendable {
    private let state = Mutex<(texts: [String], deliveries: [BrokerDelivery])>(([], []))

    var deliveries: [BrokerDelivery] { state.withLock { $0.deliveries } }

    func taken() -> [String] {
        state.withLock { state in
            defer { state.texts = [] }
            return state.texts
        }
    }

    @Sendable func add(_ event: BrokerEvent) {
        defer { if case .missing(_, let create) = event { create() } }
        state.withLock { state in
            switch event {
            case .ready: state.texts.append("ready")
            case .disconnected: state.texts.append("disconnected")
            case .missing(let missing, _): state.texts.append("missing \(missing.targets.count)")
            case .declared: state.texts.append("declared")
            case .recreated(let targets, _): state.texts.append("recreated \(targets.count)")
            case .published(let results):
                state.texts.append("published " + results.map { "\($0.0.task) \($0.1)" }.joined(separator: " "))
            case .sent(let numbers): state.texts.append("sent \(numbers)")
            case .sendFailed(let numbers): state.texts.append("not sent \(numbers)")
            case .answers(let answers):
                for answer in answers {
                    state.texts.append("answer \(answer.token)")
                    state.deliveries.append(answer.delivery)
                }
            case .starts(let starts):
                for start in starts {
                    state.texts.append("start \(start.stateMachine)")
                    state.deliveries.append(start.delivery)
                }
            }
        }
    }
}
