import AMQP
import BrokerFixture
import Orchestrator
import TaskProtocol
import Testing

@testable import AMQPBroker

/// Tasks for clients that poll.
@Suite(.enabled(if: BrokerFixture.isAvailable), .timeLimit(.minutes(10)))
struct PollingTests {
    let fixture: BrokerFixture

    init() async throws { fixture = try await .shared() }

    /// Until nobody waits any more. The broker's own count of consumers is no help: a consumer that was cancelled counts
    /// until all that it has is settled.
    private func closes(_ bench: Bench) async throws {
        _ = try await eventually {
            _ = try await bench.client.inspect(queue: bench.names.activityQueue("work"))
            return bench.broker.desk.isIdle
        } until: {
            $0
        }
    }

    private func waits(_ bench: Bench, consumers: Int) async throws {
        let queue = bench.names.activityQueue("work")
        _ = try await eventually {
            try await bench.client.inspect(queue: queue)
        } until: {
            $0?.consumerCount == consumers
        }
    }

    @Test func `hundreds of pollers share few tasks: each goes to one, and the others leave empty-handed`() async throws
    {
        try await Bench.with(fixture) { bench in
            let total = 40
            let taken = Recorder<TakenTask?>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<300 {
                    group.addTask {
                        let task = await bench.broker.take(activity: "work", timeout: .seconds(600))
                        if let task { bench.broker.acknowledge([task.delivery]) }
                        taken.append(task)
                    }
                }
                await bench.publish((0..<total).map { bench.row($0) })
                let found = await taken.wait { $0.count { $0 != nil } == total }
                #expect(found.count == total)
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(taken.values.count == 300)
            let tokens = taken.values.compactMap { $0?.token }
            #expect(tokens.count == total)
            #expect(Set(tokens) == Set((0..<total).map { "token-\($0)" }))
            // Nobody waits, so nobody consumes, and all is done.
            try await closes(bench)
            try await bench.count(bench.names.activityQueue("work"), is: 0)
        }
    }

    @Test func `pollers that give up lose nothing`() async throws {
        try await Bench.with(fixture) { bench in
            let total = 60
            let kept = Recorder<String>()
            @Sendable func keep(_ task: TakenTask?) {
                guard let task else { return }
                kept.append(task.token)
                bench.broker.acknowledge([task.delivery])
            }
            await withTaskGroup(of: Void.self) { group in
                // Half of them are cancelled at once or soon, half have hardly any time, while tasks come in.
                for number in 0..<200 {
                    group.addTask {
                        if number.isMultiple(of: 2) {
                            await withTaskGroup(of: TakenTask?.self) { poller in
                                poller.addTask { await bench.broker.take(activity: "work", timeout: .seconds(600)) }
                                for _ in 0..<(number % 30) { await Task.yield() }
                                poller.cancelAll()
                                for await task in poller { keep(task) }
                            }
                        } else {
                            keep(await bench.broker.take(activity: "work", timeout: .milliseconds(number % 20)))
                        }
                    }
                }
                group.addTask { await bench.publish((0..<total).map { bench.row($0) }) }
            }
            try await closes(bench)
            // What nobody kept is on the queue again, every one.
            let left = total - kept.values.count
            try await bench.count(bench.names.activityQueue("work"), is: left)
            let rest = try await bench.consume(bench.names.activityQueue("work"))
            let others = await rest.wait(count: left).compactMap(\.properties.correlationID)
            #expect(Set(kept.values + others) == Set((0..<total).map { "token-\($0)" }))
            #expect(Set(kept.values).isDisjoint(with: others))
        }
    }

    @Test func `no more is taken from the queue than there are pollers`() async throws {
        try await Bench.with(fixture) { bench in
            await bench.publish((0..<50).map { bench.row($0) })
            let queue = bench.names.activityQueue("work")
            try await bench.count(queue, is: 50)
            let tasks: [TakenTask] = await withTaskGroup(of: TakenTask?.self) { group in
                for _ in 0..<5 { group.addTask { await bench.broker.take(activity: "work", timeout: .seconds(600)) } }
                return await group.reduce(into: [TakenTask]()) { tasks, task in if let task { tasks.append(task) } }
            }
            #expect(tasks.count == 5)
            try await closes(bench)
            try await bench.count(queue, is: 45)
            // The first come first.
            #expect(Set(tasks.map(\.token)) == Set((0..<5).map { "token-\($0)" }))
            bench.broker.giveBack(Array(tasks.prefix(2)).map(\.delivery))
            bench.broker.acknowledge(Array(tasks.dropFirst(2)).map(\.delivery))
            try await bench.count(queue, is: 47)
        }
    }

    @Test func `a task that was taken can be acknowledged long after the line has closed`() async throws {
        try await Bench.with(fixture) { bench in
            await bench.publish([bench.row(1)])
            let task = try #require(await bench.broker.take(activity: "work", timeout: .seconds(600)))
            #expect(task.input == #"{"n":1}"#)
            try await closes(bench)
            bench.broker.acknowledge([task.delivery])
            await bench.publish([bench.row(2)])
            let other = try #require(await bench.broker.take(activity: "work", timeout: .seconds(600)))
            #expect(other.token == "token-2")
            bench.broker.acknowledge([other.delivery])
        }
    }

    @Test func `a poller waits through the deletion of its queue`() async throws {
        try await Bench.with(fixture) { bench in
            async let taken = bench.broker.take(activity: "work", timeout: .seconds(600))
            try await waits(bench, consumers: 1)
            let before = bench.recreated.values.count
            try await bench.client.delete(queue: bench.names.activityQueue("work"))
            await bench.recreated.wait(count: before + 1)
            await bench.publish([bench.row(1)])
            let task = try #require(await taken)
            #expect(task.token == "token-1")
            bench.broker.acknowledge([task.delivery])
        }
    }

    @Test func `no time at all is an answer at once`() async throws {
        try await Bench.with(fixture) { bench in
            #expect(await bench.broker.take(activity: "work", timeout: .zero) == nil)
            try await closes(bench)
        }
    }

    @Test func `what is no task goes to the dead letters, and the poller gets the next`() async throws {
        try await Bench.with(fixture) { bench in
            await bench.send(.init(body: [1]), to: bench.names.activityQueue("work"))
            await bench.publish([bench.row(1)])
            let task = try #require(await bench.broker.take(activity: "work", timeout: .seconds(600)))
            #expect(task.token == "token-1")
            bench.broker.acknowledge([task.delivery])
            let dead = try await bench.consume(bench.names.deadQueue)
            #expect(await dead.one().body == [1])
        }
    }
}
