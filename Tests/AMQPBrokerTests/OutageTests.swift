import AMQP
import BrokerFixture
import Interpreter
import JSONValue
import Orchestrator
import TaskProtocol
import Telemetry
import Testing
import WorkerSDK

@testable import AMQPBroker

/// Others with the same names, workers, and a broker that goes away.
@Suite(.enabled(if: BrokerFixture.isAvailable), .serialized, .timeLimit(.minutes(10)))
struct OutageTests {
    @Test func `a second orchestrator of the same names is refused, and takes over when the first ends`() async throws {
        let fixture = try await BrokerFixture.shared()
        try await Bench.with(fixture) { bench in
            let second = AMQPBroker(try Bench.configuration(fixture, bench.names), metrics: MetricsRegistry())
            let answers = Recorder<TaskAnswer>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await second.run { event in
                        guard case .answers(let batch) = event else { return }
                        answers.append(batch)
                        second.acknowledge(batch.map(\.delivery))
                    }
                }
                defer { group.cancelAll() }
                // Every look asks the broker something, so nothing spins here.
                let refused = try await eventually {
                    _ = try await bench.client.inspect(queue: bench.names.startQueue)
                    return second.status
                } until: {
                    if case .blocked = $0 { true } else { false }
                }
                guard case .blocked(let reason) = refused else { return }
                #expect(reason.contains("another orchestrator consumes \(bench.names.resultsQueue(0))"))
                for number in 0..<20 { await bench.answer(.success, "\(number)", "1") }
                await bench.answers.wait(count: 20)
                #expect(answers.values.isEmpty)
                #expect(await bench.broker.queues()?.first?.consumers == 1)

                await bench.broker.shutdown()
                await bench.answer(.success, "after", "1")
                #expect(await answers.one().token == "after")
                if case .connected = second.status {} else { Issue.record("\(second.status)") }
                await second.shutdown()
            }
        }
    }

    @Test(.enabled(if: BrokerFixture.isControllable))
    func `what is lost with its connection replaces no queue`() async throws {
        let node = try await BrokerFixture.start()
        try await Bench.with(node, heartbeat: 1) { bench in
            let before = bench.recreated.values.count
            try await node.freeze(true)
            for number in 0..<6 { bench.broker.publish([bench.row(number)]) }
            // Its silence is noticed within two heartbeats.
            #expect(await bench.published.wait(count: 6).allSatisfy { $0.1 == .lost })
            try await node.freeze(false)
            await bench.readiness.wait(count: 3)
            let chores = Recorder<Void>()
            bench.broker.work.add { chores.append(()) }
            _ = await chores.one()
            await bench.publish([bench.row(7)])
            #expect(bench.recreated.values.count == before)
        }
    }

    @Test(.enabled(if: BrokerFixture.isControllable))
    func `a broker that is started again finds everything in its place`() async throws {
        let node = try await BrokerFixture.start()
        try await Bench.with(node) { bench in
            await bench.publish((0..<10).map { bench.row($0) })
            try await node.ctl("close_all_connections", "maintenance")
            await bench.readiness.wait(count: 3)
            try await node.restart()
            await bench.readiness.wait(count: 5)
            #expect(bench.readiness.values == [true, false, true, false, true])
            await bench.clientStatuses.connected(3)
            await bench.publish((10..<20).map { bench.row($0) })
            try await bench.count(bench.names.activityQueue("work"), is: 20)
            var token: String?
            while token == nil {
                token = await bench.broker.take(activity: "work", timeout: .seconds(1))?.token
            }
            #expect(token == "token-0")
            while await bench.send(
                AnswerMessage(token: "t", kind: .success, body: [0x31]).encoded(), to: bench.names.resultsQueue(0))
                != .confirmed
            {}
            #expect(await bench.answers.one().token == "t")
        }
        try await node.stop(kill: true)
    }

    @Test(.enabled(if: BrokerFixture.isControllable))
    func `a broker that was wiped gets its queues again, and the engine hears of it`() async throws {
        let node = try await BrokerFixture.start()
        try await Bench.with(node, targets: [.work, .f]) { bench in
            await bench.publish([bench.row(1), bench.row(2, .f)])
            let before = bench.recreated.values.count
            try await node.wipe()
            let recreated = await bench.recreated.wait { recreated in
                Set(recreated.dropFirst(before).map(bench.names.queue)).count == 2
            }
            #expect(recreated.count >= before + 2)
            await bench.clientStatuses.connected(2)
            try await bench.settle([.work, .f])
            await bench.publish([bench.row(1), bench.row(2, .f)])
            try await bench.count(bench.names.activityQueue("work"), is: 1)
            try await bench.count(bench.names.functionQueue("f"), is: 1)
        }
        try await node.stop(kill: true)
    }

    @Test func `a worker's queue is deleted with tasks on it: they are published again and done`() async throws {
        let fixture = try await BrokerFixture.shared()
        try await Bench.with(fixture) { bench in
            let begun = Recorder<Int>()
            let (opening, open) = AsyncStream<Void>.makeStream()
            var worker = Worker(
                WorkerConfiguration(name: "worker", amqpURL: fixture.url, prefix: bench.names.prefix, prefetch: 1))
            worker.activity(
                "work",
                raw: { input, _ in
                    begun.append(1)
                    for await _ in opening { break }
                    return input
                })
            try await withThrowingTaskGroup(of: Void.self) { [worker] group in
                group.addTask { try await worker.run() }
                defer { group.cancelAll() }
                await bench.publish((0..<5).map { bench.row($0) })
                _ = await begun.one()
                // One is in the worker's hands, four are on the queue.
                let before = bench.recreated.values.count
                try await bench.client.delete(queue: bench.names.activityQueue("work"))
                let recreated = await bench.recreated.wait(count: before + 1)
                #expect(recreated.last == .activity(arn: "", name: "work"))
                // What the engine does.
                await bench.publish((0..<5).map { bench.row($0) })
                open.finish()
                let answers = await bench.answers.wait { answers in
                    Set(answers.filter { if case .success = $0.kind { true } else { false } }.map(\.token)).count == 5
                }
                #expect(answers.count >= 5)
            }
        }
    }
}
