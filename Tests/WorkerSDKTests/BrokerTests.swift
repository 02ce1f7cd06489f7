import AMQP
import BrokerFixture
import JSONValue
import Synchronization
import TaskMessaging
import TaskProtocol
import Testing

@testable import WorkerSDK

/// Workers on a real broker.
@Suite(.enabled(if: BrokerFixture.isAvailable), .serialized, .timeLimit(.minutes(10)))
struct BrokerTests {
    @Test(arguments: [nil, 10]) func `many tasks are answered once each`(batch: Int?) async throws {
        try await Fleet.with(BrokerFixture.shared()) { fleet in
            try await fleet.withWorker(prefetch: 50, handler: { input, _ in ["got": input] }) { fleet in
                for number in 0..<200 { await fleet.send("\(number)", body: "\(number)", batch: batch) }
                let outcomes = await fleet.outcomes(200)
                #expect(outcomes.count == 200)
                for outcome in outcomes {
                    #expect(outcome.worker == "w")
                    #expect(String(decoding: outcome.body, as: UTF8.self) == #"{"got":\#(outcome.token)}"#)
                }
            }
            #expect(try await fleet.broker.inspect(queue: fleet.queue)?.messageCount == 0)
        }
    }

    @Test func `the task of a worker that dies goes to another`() async throws {
        try await Fleet.with(BrokerFixture.shared()) { fleet in
            let gate = Gate()
            try await fleet.withWorker(
                "first", dies: true,
                handler: { input, _ in
                    await gate.pass()
                    try Task.checkCancellation()
                    return input
                }
            ) { fleet in
                await fleet.send("t")
                await gate.arrival()
            }
            try await fleet.withWorker(
                "second",
                handler: { _, context in
                    ["redelivered": .bool(context.redelivered), "key": .string(context.idempotencyKey)]
                }
            ) { fleet in
                let outcomes = await fleet.outcomes(1)
                #expect(outcomes.map(\.worker) == ["second"])
                let body = outcomes.first.map { String(decoding: $0.body, as: UTF8.self) }
                #expect(body == #"{"redelivered":true,"key":"attempt-t"}"#)
            }
        }
    }

    @Test func `past the lease the broker has no copy any more`() async throws {
        try await Fleet.with(BrokerFixture.shared()) { fleet in
            let gate = Gate()
            try await fleet.withWorker(
                lease: .milliseconds(300),
                handler: { input, _ in
                    await gate.pass()
                    return input
                }
            ) { fleet in
                await fleet.send("t")
                // The first heartbeat precedes the acknowledgement, the second one proves that the lease is over.
                await fleet.answers.wait { answers in answers.count { $0.kind == .heartbeat } >= 3 }
                gate.open()
                #expect(await fleet.outcomes(1).map(\.kind) == [.success])
            }
            #expect(fleet.answers.values.first?.kind == .started)
        }
    }

    @Test func `a cancellation reaches the handler`() async throws {
        try await Fleet.with(BrokerFixture.shared()) { fleet in
            let gate = Gate()
            let cancelled = Signal()
            try await fleet.withWorker(handler: { input, _ in
                await gate.pass()
                if Task.isCancelled { cancelled.send() }
                return input
            }) { fleet in
                await fleet.send("t")
                await gate.arrival()
                await fleet.cancel("t")
                await cancelled.waitForOne()
            }
            #expect(fleet.answers.values.allSatisfy { $0.kind == .started })
            #expect(try await fleet.broker.inspect(queue: fleet.queue)?.messageCount == 0)
        }
    }

    @Test func `a worker that stops answers what it has begun`() async throws {
        try await Fleet.with(BrokerFixture.shared()) { fleet in
            let gate = Gate()
            try await fleet.withWorker(
                prefetch: 3,
                handler: { input, _ in
                    await gate.pass()
                    return input
                }
            ) { fleet in
                for token in ["a", "b", "c", "d"] { await fleet.send(token) }
                for _ in 0..<3 { await gate.arrival() }
                gate.open()
            }
            #expect(await fleet.outcomes(3).count >= 3)
            let left = try await fleet.broker.inspect(queue: fleet.queue)?.messageCount ?? -1
            #expect(left + fleet.answers.values.count { $0.kind == .success } == 4)
        }
    }

    @Test func `an answer waits for its queue`() async throws {
        try await Fleet.with(BrokerFixture.shared(), results: false) { fleet in
            let gate = Gate()
            try await fleet.withWorker(handler: { input, _ in
                await gate.pass()
                return input
            }) { fleet in
                gate.open()
                await fleet.send("t")
                await gate.arrival()
                try await fleet.listen()
                #expect(await fleet.outcomes(1).map(\.token) == ["t"])
            }
            #expect(try await fleet.broker.inspect(queue: fleet.queue)?.messageCount == 0)
        }
    }

    @Test func `a queue that had to be declared anew is made known`() async throws {
        try await Fleet.with(BrokerFixture.shared()) { fleet in
            let notices = Recorder<RecreatedNotice>()
            try await fleet.broker.declare(Topology(queues: [.quorum(fleet.names.startQueue)]))
            _ = try await fleet.broker.consume(fleet.names.startQueue, prefetch: 10) { [broker = fleet.broker] batch in
                notices.append(batch.compactMap { try? RecreatedNotice(decoding: ProtocolEnvelope($0)) })
                broker.ack(batch)
            }
            try await fleet.withWorker(handler: { input, _ in input }) { fleet in
                await fleet.send("before")
                _ = await fleet.outcomes(1)
                #expect(notices.values == [])
                try await fleet.broker.delete(queue: fleet.queue)
                await notices.wait(count: 1)
                #expect(notices.values == [RecreatedNotice(queue: fleet.queue)])
                await fleet.send("after")
                _ = await fleet.outcomes(2)
            }
            try await fleet.broker.delete(queue: fleet.names.startQueue)
        }
    }

    @Test func `noise goes to the dead queue with a reason`() async throws {
        try await Fleet.with(BrokerFixture.shared()) { fleet in
            try await fleet.withWorker(handler: { input, _ in input }) { fleet in
                _ = await fleet.broker.publish([
                    .init(
                        exchange: fleet.names.tasksExchange, routingKey: fleet.names.activityKey("work"),
                        properties: .init(headers: ["alien": .array([1, true])]), body: Array("noise".utf8))
                ])
                // The worker goes on.
                await fleet.send("t")
                #expect(await fleet.outcomes(1).map(\.kind) == [.success])
            }
            let dead = try #require(try await fleet.broker.get(queue: fleet.names.deadQueue))
            #expect(dead.body == Array("noise".utf8))
            #expect(dead.properties.headers["baton-dead-reason"]?.stringValue == "no correlation_id (the task token)")
            #expect(dead.properties.headers["baton-dead-queue"]?.stringValue == fleet.queue)
            fleet.broker.ack([dead])
        }
    }

    @Test(.enabled(if: BrokerFixture.isControllable))
    func `a broker that dies and comes back loses no answer`() async throws {
        let node = try await BrokerFixture.start()
        try await Fleet.with(node) { fleet in
            let gate = Gate()
            try await fleet.withWorker(handler: { input, _ in
                await gate.pass()
                return input
            }) { fleet in
                for number in 0..<5 { await fleet.send("\(number)") }
                for _ in 0..<5 { await gate.arrival() }
                try await node.stop(kill: true)
                gate.open()
                try await node.startAgain()
                let outcomes = await fleet.outcomes(5)
                #expect(outcomes.allSatisfy { $0.kind == .success })
                // New work is taken, too.
                await fleet.send("after")
                _ = await fleet.outcomes(6)
            }
        }
        try await node.stop(kill: true)
    }
}
