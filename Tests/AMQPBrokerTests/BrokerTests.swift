import AMQP
import BrokerFixture
import Interpreter
import JSONValue
import Orchestrator
import TaskProtocol
import Telemetry
import Testing

@testable import AMQPBroker

/// The broker port on a real broker that nobody harms; every test has a prefix of its own.
@Suite(.enabled(if: BrokerFixture.isAvailable), .timeLimit(.minutes(10)))
struct BrokerTests {
    let fixture: BrokerFixture

    init() async throws { fixture = try await .shared() }

    @Test func `exchanges, queues and bindings are declared as the protocol says`() async throws {
        try await Bench.with(fixture, targets: [.work, .f]) { bench in
            // The broker refuses a second declaration that differs from the first.
            var documented = Topology(
                exchanges: [
                    .init("\(bench.names.prefix).tasks", kind: .direct),
                    .init("\(bench.names.prefix).events", kind: .topic),
                    .init("\(bench.names.prefix).control", kind: .fanout),
                ])
            for queue in ["activity.work", "function.f", "results.0", "start", "dead"] {
                documented.add(
                    Topology.Queue("\(bench.names.prefix).\(queue)", arguments: ["x-queue-type": "quorum"]))
            }
            let declared = try await bench.client.declare(documented)
            #expect(declared.count == 5)
            #expect(declared.allSatisfy { !$0.createdAnew })
            for key in ["activity.work", "function.f"] {
                let outcome = await bench.client.publish([
                    .init(exchange: "\(bench.names.prefix).tasks", routingKey: key, mandatory: true)
                ])
                #expect(outcome == [.confirmed])
                try await bench.count("\(bench.names.prefix).\(key)", is: 1)
            }
            #expect(Set(await bench.broker.queues()?.map(\.name) ?? []).count == 5)
        }
    }

    @Test func `a task reaches a plain consumer with all that belongs to it`() async throws {
        try await Bench.with(fixture) { bench in
            let tasks = try await bench.consume("\(bench.names.prefix).activity.work")
            let row = bench.row(7, timeoutSeconds: 60)
            await bench.publish([row])
            let task = await tasks.one()
            #expect(task.exchange == "\(bench.names.prefix).tasks")
            #expect(task.routingKey == "activity.work")
            #expect(String(decoding: task.body, as: UTF8.self) == #"{"n":7}"#)
            let properties = task.properties
            #expect(properties.contentType == "application/json")
            #expect(properties.deliveryMode == 2)
            #expect(properties.messageID == "execution#7")
            #expect(properties.correlationID == "token-7")
            #expect(properties.replyTo == "\(bench.names.prefix).results.0")
            #expect(properties.type == "task")
            #expect(properties.appID == "baton")
            #expect(properties.timestamp == row.scheduledAt.milliseconds / 1_000)
            let expiration = try #require(properties.expiration.flatMap { Int($0) })
            #expect((1...60_000).contains(expiration))
            let headers = properties.headers.dictionary
                .compactMapValues { $0.stringValue ?? $0.intValue.map { "\($0)" } }
            #expect(
                headers == [
                    "baton-protocol": "1", "baton-execution": "execution", "baton-state-machine": "machine",
                    "baton-state": "State", "baton-attempt": "2", "baton-heartbeat-seconds": "30",
                    "baton-batch": "1000",
                    "baton-deadline": row.scheduledAt.adding(seconds: 60).rfc3339,
                ])
            #expect(bench.registry.render().contains(#"baton_tasks_published_total{result="confirmed"} 1"#))
        }
    }

    @Test func `answers of all kinds arrive`() async throws {
        try await Bench.with(fixture) { bench in
            await bench.answer(.started, "a")
            await bench.answer(.heartbeat, "b")
            await bench.answer(.heartbeat, "c", "0.5")
            await bench.answer(.success, "d", #"{"x":1}"#)
            await bench.answer(.failure, "e", #"{"error":"E","cause":"C"}"#)
            let answers = await bench.answers.wait(count: 5)
            #expect(answers.map(\.token) == ["a", "b", "c", "d", "e"])
            #expect(answers.allSatisfy { $0.worker == "somebody" })
            if case .started = answers[0].kind {} else { Issue.record("\(answers[0])") }
            if case .heartbeat(nil) = answers[1].kind {} else { Issue.record("\(answers[1])") }
            if case .heartbeat(.double(0.5)) = answers[2].kind {} else { Issue.record("\(answers[2])") }
            if case .success(["x": 1]) = answers[3].kind {} else { Issue.record("\(answers[3])") }
            guard case .failure(let failure) = answers[4].kind else {
                Issue.record("\(answers[4])")
                return
            }
            #expect(failure.error == "E")
            #expect(failure.cause == "C")
        }
    }

    @Test func `what nobody acknowledges comes again to the next orchestrator, and once given back to the same`()
        async throws
    {
        try await Bench.with(fixture, acknowledging: false) { bench in
            await bench.answer(.success, "t", "1")
            let first = await bench.answers.one()
            bench.broker.giveBack([first.delivery])
            let second = await bench.answers.wait(count: 2)[1]
            #expect(second.token == "t")
            bench.broker.acknowledge([second.delivery])
            // Settled twice: nothing happens.
            bench.broker.giveBack([second.delivery])
            await bench.answer(.success, "u", "1")
            let third = await bench.answers.wait(count: 3)[2]
            #expect(third.token == "u")
            bench.broker.acknowledge([third.delivery])
        }
    }

    struct Noise: Sendable, CustomTestStringConvertible {
        var name: String
        var envelope: ProtocolEnvelope
        var reason: String
        var testDescription: String { name }
    }

    static let answersBeyondUnderstanding: [Noise] = [
        .init(name: "nothing at all", envelope: .init(), reason: "type"),
        .init(name: "no token", envelope: .init(type: "success", body: Array("1".utf8)), reason: "correlation_id"),
        .init(
            name: "unknown type", envelope: .init(correlationID: "t", type: "victory", body: Array("1".utf8)),
            reason: "victory"),
        .init(
            name: "not JSON", envelope: .init(correlationID: "t", type: "success", body: [0xFF, 0x7B]), reason: ""),
        .init(
            name: "a task", envelope: .init(correlationID: "t", type: "task", body: Array("1".utf8)), reason: "task"),
        .init(
            name: "a later protocol",
            envelope: .init(correlationID: "t", type: "heartbeat", headers: ["baton-protocol": 99]),
            reason: "99"),
    ]

    @Test(arguments: answersBeyondUnderstanding)
    func `an answer beyond understanding goes to the dead letters, and the next is read`(noise: Noise) async throws {
        try await Bench.with(fixture) { bench in
            try await bench.sendNoise(noise, to: bench.names.resultsQueue(0))
            await bench.answer(.success, "fine", "1")
            #expect(await bench.answers.one().token == "fine")
        }
    }

    @Test func `an answer of a later protocol fails its task`() async throws {
        try await Bench.with(fixture) { bench in
            let envelope = ProtocolEnvelope(
                correlationID: "t", type: "success", headers: ["baton-protocol": 99], body: Array("1".utf8))
            await bench.send(envelope, to: bench.names.resultsQueue(0))
            let answer = await bench.answers.one()
            guard answer.token == "t", case .failure(let failure) = answer.kind else {
                Issue.record("\(answer)")
                return
            }
            #expect(failure.error == "Worker.ProtocolVersion" && failure.cause?.contains("99") == true)
        }
    }

    static let startsBeyondUnderstanding: [Noise] = [
        .init(name: "nothing at all", envelope: .init(), reason: "baton-state-machine"),
        .init(
            name: "not JSON",
            envelope: .init(headers: ["baton-state-machine": "m"], body: Array("{".utf8)), reason: ""),
        .init(
            name: "an answer", envelope: .init(correlationID: "t", type: "success", body: Array("1".utf8)),
            reason: "success"),
        .init(
            name: "a notice of a queue that is none of ours",
            envelope: RecreatedNotice(queue: "somewhere.else").encoded(), reason: "somewhere.else"),
        .init(name: "a notice of nothing", envelope: .init(type: "recreated"), reason: "baton-queue"),
    ]

    @Test(arguments: startsBeyondUnderstanding)
    func `a start beyond understanding goes to the dead letters, and the next is read`(noise: Noise) async throws {
        try await Bench.with(fixture) { bench in
            let before = bench.recreated.values
            try await bench.sendNoise(noise, to: bench.names.startQueue)
            await bench.send(StartMessage(stateMachine: "m", input: []).encoded(), to: bench.names.startQueue)
            #expect(await bench.starts.one().stateMachine == "m")
            #expect(bench.recreated.values == before)
        }
    }

    @Test func `what the engine cannot use is buried by its word`() async throws {
        try await Bench.with(fixture, acknowledging: false) { bench in
            await bench.send(StartMessage(stateMachine: "none", input: []).encoded(), to: bench.names.startQueue)
            bench.broker.bury(await bench.starts.one().delivery, reason: "no such machine")
            let dead = try await bench.consume(bench.names.deadQueue)
            #expect(await dead.one().properties.headers["baton-dead-reason"]?.stringValue == "no such machine")
        }
    }

    @Test func `without a queue for dead letters, one is made`() async throws {
        try await Bench.with(fixture) { bench in
            try await bench.client.delete(queue: bench.names.deadQueue)
            try await bench.sendNoise(Self.answersBeyondUnderstanding[0], to: bench.names.resultsQueue(0))
            await bench.answer(.success, "fine", "1")
            _ = await bench.answers.one()
        }
    }

    @Test func `starts arrive as they were sent`() async throws {
        try await Bench.with(fixture) { bench in
            let message = StartMessage(
                stateMachine: "machine", name: "order-1", input: Array(#"{"a":1}"#.utf8), replyTo: "replies",
                correlationID: "c", traceparent: "00-trace")
            await bench.send(message.encoded(), to: bench.names.startQueue)
            // The least that a client may send.
            await bench.send(.init(headers: ["baton-state-machine": "machine"]), to: bench.names.startQueue)
            let starts = await bench.starts.wait(count: 2)
            #expect(starts[0].stateMachine == "machine")
            #expect(starts[0].name == "order-1")
            #expect(starts[0].input == #"{"a":1}"#)
            #expect(starts[0].reply?.queue == "replies")
            #expect(starts[0].reply?.correlationID == "c")
            #expect(starts[0].traceHeader == "00-trace")
            #expect(starts[1].input == "{}")
            #expect(starts[1].name == nil)
            #expect(starts[1].reply == nil)
        }
    }

    @Test func `replies reach their queue; one that is gone settles them`() async throws {
        try await Bench.with(fixture) { bench in
            let queue = "\(bench.names.prefix).replies"
            try await bench.client.declare(Topology(queues: [.init(queue, durable: false, exclusive: true)]))
            let replies = try await bench.consume(queue)
            func message(_ number: Int64, _ queue: String) -> OutboxMessage {
                OutboxMessage(
                    number: number, queue: queue, correlationID: "c", type: "success", executionARN: "execution",
                    body: Array("1".utf8))
            }
            bench.broker.send([message(1, queue), message(2, "\(queue).gone")])
            #expect(Set(await bench.sent.wait(count: 2)) == [1, 2])
            let reply = await replies.one()
            #expect(reply.properties.correlationID == "c")
            #expect(reply.properties.type == "success")
            #expect(reply.properties.headers["baton-execution"]?.stringValue == "execution")
            #expect(reply.body == Array("1".utf8))
        }
    }

    @Test func `changes of status are announced`() async throws {
        try await Bench.with(fixture) { bench in
            let events = try await bench.listen(to: bench.names.eventsExchange, .topic, key: "execution.FAILED.*")
            func change(_ status: ExecutionStatus) -> ExecutionAnnouncement {
                ExecutionAnnouncement(
                    executionARN: "execution", stateMachineARN: "machine", stateMachineName: "orders", name: "n",
                    status: status, startedAt: WallTime.now(), error: "E", cause: "C")
            }
            bench.broker.announce([change(.running), change(.failed)])
            let event = await events.one()
            #expect(event.routingKey == "execution.FAILED.orders")
            let body = try JSON(parsing: event.body)
            #expect(body["status"] == "FAILED")
            #expect(body["error"] == "E")
            #expect(body["executionArn"] == "execution")
        }
    }

    @Test func `cancellations reach whoever listens`() async throws {
        try await Bench.with(fixture) { bench in
            let control = try await bench.listen(to: bench.names.controlExchange, .fanout)
            bench.broker.cancel(tokens: ["a", "b"])
            let messages = await control.wait(count: 2)
            #expect(messages.map(\.properties.correlationID) == ["a", "b"])
            #expect(messages.allSatisfy { $0.properties.type == "cancel" })
        }
    }

    // MARK: Queues that are not there

    @Test func `a function is unknown until a plain worker declares its queue, bound or not`() async throws {
        try await Bench.with(fixture) { bench in
            bench.broker.publish([bench.row(1, .f)])
            #expect(await bench.published.one().1 == .unroutable)
            try await bench.client.declare(Topology(queues: [.quorum("\(bench.names.prefix).function.f")]))
            bench.broker.publish([bench.row(2, .f)])
            #expect(await bench.published.wait(count: 2)[1].1 == .confirmed)
            let tasks = try await bench.consume("\(bench.names.prefix).function.f")
            #expect(await tasks.one().properties.correlationID == "token-2")
            // Bound for good.
            bench.broker.publish([bench.row(3, .f)])
            _ = await tasks.wait(count: 2)
        }
    }

    @Test func `a queue that was deleted is created anew, which is said`() async throws {
        try await Bench.with(fixture) { bench in
            await bench.publish([bench.row(1)])
            try await bench.client.delete(queue: bench.names.activityQueue("work"))
            bench.broker.publish([bench.row(2)])
            #expect(await bench.published.wait(count: 2)[1].1 == .unroutable)
            let before = bench.recreated.values.count
            // What the engine does with an activity that exists.
            bench.broker.declare([.work])
            await bench.recreated.wait(count: before + 1)
            await bench.publish([bench.row(1), bench.row(2)])
            try await bench.count(bench.names.activityQueue("work"), is: 2)
        }
    }

    @Test func `with the results queue all that was outstanding may have lost its answer`() async throws {
        try await Bench.with(fixture, targets: [.work, .f]) { bench in
            let before = bench.recreated.values.count
            try await bench.client.delete(queue: bench.names.resultsQueue(0))
            let recreated = await bench.recreated.wait(count: before + 2)
            #expect(Set(recreated.dropFirst(before)) == [.work, .f])
            try await bench.settle([.work, .f])
            await bench.answer(.success, "t", "1")
            #expect(await bench.answers.one().token == "t")
        }
    }

    @Test func `a queue that takes nothing is replaced, and said to be new`() async throws {
        try await Bench.with(fixture) { bench in
            await bench.publish([bench.row(1)])
            let before = bench.recreated.values.count
            bench.broker.heal(.work)
            let recreated = await bench.recreated.wait(count: before + 1)
            #expect(recreated.last == .activity(arn: "", name: "work"))
            try await bench.count(bench.names.activityQueue("work"), is: 0)
            await bench.publish([bench.row(1)])
            try await bench.count(bench.names.activityQueue("work"), is: 1)
        }
    }

    @Test func `an activity's queue goes with the activity`() async throws {
        try await Bench.with(fixture) { bench in
            bench.broker.remove(.work)
            let queue = bench.names.activityQueue("work")
            _ = try await eventually {
                try await bench.client.inspect(queue: queue)
            } until: {
                $0 == nil
            }
            bench.broker.publish([bench.row(1)])
            #expect(await bench.published.one().1 == .unroutable)
        }
    }

    @Test func `shutting down ends the run, and pollers go home`() async throws {
        try await Bench.with(fixture) { bench in
            async let taken = bench.broker.take(activity: "work", timeout: .seconds(100))
            let queue = bench.names.activityQueue("work")
            _ = try await eventually {
                try await bench.client.inspect(queue: queue)
            } until: {
                $0?.consumerCount == 1
            }
            await bench.broker.shutdown()
            #expect(await taken == nil)
            #expect(await bench.broker.take(activity: "work", timeout: .seconds(100)) == nil)
        }
    }
}

extension Bench {
    /// Sends it and finds it among the dead letters, as it was, with what is known of it.
    fileprivate func sendNoise(_ noise: BrokerTests.Noise, to queue: String) async throws {
        #expect(await send(noise.envelope, to: queue) == .confirmed)
        let found = try await eventually {
            try? await client.get(queue: names.deadQueue)
        } until: {
            $0 != nil
        }
        let dead = try #require(found)
        client.ack([dead])
        #expect(dead.body == noise.envelope.body)
        #expect(dead.properties.type == noise.envelope.type)
        #expect(dead.properties.correlationID == noise.envelope.correlationID)
        let reason = try #require(dead.properties.headers["baton-dead-reason"]?.stringValue)
        #expect(noise.reason.isEmpty || reason.contains(noise.reason), "\(reason)")
        #expect(dead.properties.headers["baton-dead-queue"]?.stringValue == queue)
        #expect(registry.render().contains("baton_dead_messages_total 1"))
        // Taken from its queue for good.
        try await count(queue, is: 0)
    }
}
