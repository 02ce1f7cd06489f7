import AMQP
import BrokerFixture
import Orchestrator
import Synchronization
import TaskMessaging
import TaskProtocol
import Testing

@testable import AMQPBroker

/// Batches on a real broker.
@Suite(.enabled(if: BrokerFixture.isAvailable), .timeLimit(.minutes(10)))
struct BatchTests {
    let fixture: BrokerFixture

    init() async throws { fixture = try await .shared() }

    static func answer(_ token: String, _ kind: AnswerMessage.Kind = .success, _ body: String = "1") -> ProtocolEnvelope
    {
        AnswerMessage(token: token, kind: kind, worker: "w", body: Array(body.utf8)).encoded()
    }

    static let failure = #"{"error":"E"}"#
    static let nonsense = ProtocolEnvelope(deliveryMode: 2, correlationID: "x", type: "nonsense", body: Array("1".utf8))

    @Test func `a batch of answers is acknowledged when the last of them is`() async throws {
        try await Bench.with(fixture, acknowledging: false) { bench in
            let results = bench.names.resultsQueue(0)
            let batch = MessageBatch.pack([
                Self.answer("a"), Self.answer("b", .failure, Self.failure), Self.nonsense,
                Self.answer("c", .started, ""),
            ])
            await bench.send(batch, to: results)
            let answers = await bench.answers.wait(count: 3)
            #expect(answers.map(\.token) == ["a", "b", "c"])
            #expect(answers.allSatisfy { $0.worker == "w" })
            // The one that nobody understands is safe before the others are acknowledged.
            let dead = try await bench.consume(bench.names.deadQueue)
            let letter = await dead.one()
            #expect(letter.properties.correlationID == "x")
            #expect(letter.properties.headers["baton-dead-reason"]?.stringValue == "unknown type \"nonsense\"")
            #expect(letter.properties.headers["baton-dead-queue"]?.stringValue == results)
            #expect(letter.body == Array("1".utf8))
            bench.broker.acknowledge([answers[0].delivery, answers[2].delivery])
            // Not all are settled: an orchestrator that dies now gets all of them again.
            #expect(bench.broker.unsettled.withLock { !$0.isEmpty })
            bench.broker.acknowledge([answers[1].delivery])
            await bench.broker.shutdown()
            try await bench.count(results, is: 0)
        }
    }

    @Test func `of a batch that is settled in part everything comes again to the next orchestrator`() async throws {
        try await Bench.with(fixture, acknowledging: false) { bench in
            let results = bench.names.resultsQueue(0)
            await bench.send(MessageBatch.pack([Self.answer("a"), Self.answer("b")]), to: results)
            let answers = await bench.answers.wait(count: 2)
            bench.broker.acknowledge([answers[0].delivery])
            await bench.broker.shutdown()
            try await bench.count(results, is: 1)
        }
    }

    @Test func `what is given back of a batch comes again alone, and the batch does not`() async throws {
        try await Bench.with(fixture, acknowledging: false) { bench in
            let start = bench.names.startQueue
            let batch = MessageBatch.pack(
                ["a", "b"].map { StartMessage(stateMachine: "m", input: Array("{}".utf8), correlationID: $0).encoded() }
            )
            await bench.send(batch, to: start)
            let first = await bench.starts.wait(count: 2)
            bench.broker.giveBack([first[0].delivery])
            bench.broker.acknowledge([first[1].delivery])
            let starts = await bench.starts.wait(count: 3)
            #expect(starts[2].stateMachine == "m")
            bench.broker.bury(starts[2].delivery, reason: "seen")
            let dead = try await bench.consume(bench.names.deadQueue)
            #expect(await dead.one().properties.correlationID == "a")
            await bench.broker.shutdown()
            try await bench.count(start, is: 0)
            #expect(bench.starts.values.count == 3)
        }
    }

    @Test func `a batch that is none is buried whole, and whoever waits is told`() async throws {
        try await Bench.with(fixture) { bench in
            try await bench.client.declare(Topology(queues: [.init("\(bench.names.prefix).replies", exclusive: true)]))
            var batch = MessageBatch.pack([
                StartMessage(stateMachine: "m", input: [], replyTo: "\(bench.names.prefix).replies").encoded()
            ])
            batch.body.append(0x20)
            await bench.send(batch, to: bench.names.startQueue)
            await bench.send(batch, to: bench.names.resultsQueue(0))
            let dead = try await bench.consume(bench.names.deadQueue)
            for letter in await dead.wait(count: 2) {
                #expect(letter.properties.type == "batch")
                #expect(letter.body == batch.body)
                #expect(
                    letter.properties.headers["baton-dead-reason"]?.stringValue
                        == "message 2 of the batch: length of its head is not a decimal number")
            }
            let replies = try await bench.consume("\(bench.names.prefix).replies")
            #expect(String(decoding: await replies.one().body, as: UTF8.self).contains("InvalidStart"))
            #expect(bench.starts.values.isEmpty && bench.answers.values.isEmpty)
        }
    }

    @Test func `who starts in a batch is answered in one, and all that are in it count as sent`() async throws {
        try await Bench.with(fixture) { bench in
            let queue = "\(bench.names.prefix).replies"
            try await bench.client.declare(Topology(queues: [.init(queue, exclusive: true)]))
            let batch = MessageBatch.pack(
                (1...3).map {
                    StartMessage(
                        stateMachine: "m", name: "n\($0)", input: Array("{}".utf8), replyTo: queue,
                        correlationID: "c\($0)"
                    ).encoded()
                })
            #expect(batch.replyTo == queue)
            await bench.send(batch, to: bench.names.startQueue)
            let starts = await bench.starts.wait(count: 3)
            #expect(starts.map(\.name) == ["n1", "n2", "n3"])
            #expect(starts.map { $0.reply?.queue } == [queue, queue, queue])
            #expect(starts.map { $0.reply?.correlationID } == ["c1", "c2", "c3"])
            let replies = try await bench.consume(queue)
            bench.broker.send((1...3).map { BatchingClientsTests.reply($0, queue) })
            #expect(await bench.sent.wait(count: 3) == [1, 2, 3])
            let unpacked = try MessageBatch.unpack(ProtocolEnvelope(await replies.one()))
            #expect(unpacked.map(\.correlationID) == ["c1", "c2", "c3"])
            #expect(unpacked.map(\.type) == ["success", "success", "success"])
            #expect(unpacked.map { $0.headers["baton-execution"] } == ["e1", "e2", "e3"])
        }
    }

    @Test func `many batches arrive once each, while the prefetch follows their size`() async throws {
        try await Bench.with(fixture) { bench in
            let results = bench.names.resultsQueue(0)
            let tokens = (0..<6_000).map { "t\($0)" }
            let batches = stride(from: 0, to: tokens.count, by: 100).map { first in
                MessageBatch.pack(tokens[first..<first + 100].map { Self.answer($0) })
            }
            let messages = batches.map { $0.message(routingKey: results, mandatory: true) }
            for first in stride(from: 0, to: messages.count, by: 20) {
                let outcomes = await bench.client.publish(Array(messages[first..<first + 20]))
                #expect(outcomes.allSatisfy { $0 == .confirmed })
            }
            await bench.answer(.success, "last", "1")
            let answers = await bench.answers.wait(count: tokens.count + 1)
            #expect(Set(answers.map(\.token)) == Set(tokens + ["last"]))
            #expect(answers.count == tokens.count + 1)
            let window = try #require(bench.broker.intakes.withLock { $0[results]?.window })
            #expect(window.prefetch < 1_000)
            await bench.broker.shutdown()
            try await bench.count(results, is: 0)
        }
    }
}
