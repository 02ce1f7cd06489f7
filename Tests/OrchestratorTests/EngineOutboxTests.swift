import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import OrderedCollections
import Testing

@testable import Orchestrator

@Suite struct EngineOutboxTests {
    @Test func `tasks wait on disk while the broker is away`() throws {
        let engine = try EngineHarness(connected: false)
        engine.createMachine("m", EngineHarness.activityTask())
        #expect(try engine.start("m").effects.publish.isEmpty)
        #expect(engine.process(.brokerReady).publish.count == 1)
        // Handed over, not confirmed: not handed over twice.
        #expect(engine.process(.wake).publish.isEmpty)
    }

    @Test func `what was not confirmed is published again after a crash, and nothing else`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        let confirmed = try #require(try engine.start("m").effects.publish.values.first)
        let lost = try #require(try engine.start("m").effects.publish.values.first)
        engine.process(.published([(confirmed.key, .confirmed)]))
        #expect(engine.advance(seconds: engine.configuration.confirmationDelay).publish.isEmpty)
        #expect(try engine.crash().publish.keys.elements == [lost.key])
    }

    @Test func `that a task is with the broker is written down after a while, or at the end`() throws {
        for ends in [false, true] {
            let engine = try EngineHarness()
            engine.createMachine("m", EngineHarness.activityTask())
            let row = try #require(try engine.start("m").effects.publish.values.first)
            engine.process(.published([(row.key, .confirmed)]))
            #expect(try engine.core.writer.task(row.key)?.phase == .pending)
            // Not published twice for that.
            engine.process(.brokerLost)
            #expect(engine.process(.brokerReady).publish.isEmpty)
            #expect(try engine.core.writer.task(row.key)?.phase == .published)

            let next = try #require(try engine.start("m").effects.publish.values.first)
            engine.process(.published([(next.key, .confirmed)]))
            if ends {
                engine.end()
            } else {
                let due = try #require(engine.nextDeadline)
                #expect(due == engine.clock.now().adding(seconds: engine.configuration.confirmationDelay))
                engine.advance(seconds: engine.configuration.confirmationDelay)
            }
            #expect(try engine.core.writer.task(next.key)?.phase == .published)
            #expect(engine.nextDeadline == nil)
        }
    }

    @Test func `that a reply is with the broker is written down with what comes next, or after a while`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", #"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#)
        func reply() throws -> [Int64] {
            let start = StartDelivery(
                stateMachine: "m", name: "n\(engine.core.batchNumber)", input: "{}",
                reply: .init(queue: "q", correlationID: "c"), traceHeader: nil,
                delivery: BrokerDelivery(id: 1, epoch: 0))
            return engine.process(.startMessage(start)).send.map(\.number)
        }
        engine.process(.sent(try reply()))
        #expect(try engine.core.writer.outbox().count == 1)
        let next = try reply()
        #expect(try engine.core.writer.outbox().map(\.number) == next)
        engine.process(.sent(next))
        engine.advance(seconds: engine.configuration.confirmationDelay)
        #expect(try engine.core.writer.outbox().isEmpty)
        #expect(engine.nextDeadline == nil)
    }

    @Test func `a task that is answered at once is never marked as published`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        let row = try #require(try engine.start("m").effects.publish.values.first)
        engine.process(.published([(row.key, .confirmed)]))
        engine.process(engine.answer(row.token, .success(1)))
        #expect(engine.core.outbox.confirmed.isEmpty)
        #expect(engine.nextDeadline == nil)
    }

    @Test func `an event's task ends with its delivery, also after a crash`() throws {
        let engine = try EngineHarness()
        engine.createMachine(
            "m",
            """
            {"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,
            "Parameters":{"FunctionName":"work","InvocationType":"Event"}}}}
            """)
        let (started, effects) = try engine.start("m")
        let row = try #require(effects.publish.values.first)
        #expect(try engine.execution(started).status == .running)
        #expect(try engine.crash().publish.keys.elements == [row.key])
        engine.process(.published([(row.key, .confirmed)]))
        #expect(try JSON(parsing: try engine.execution(started).output ?? "")["StatusCode"] == 202)
        #expect(try engine.core.writer.task(row.key) == nil)
        #expect(engine.process(engine.answer(row.token, .success(1), delivery: 3)).acknowledge.map(\.id) == [3])
    }

    @Test func `a lost publish is tried again`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        let row = try #require(try engine.start("m").effects.publish.values.first)
        #expect(engine.process(.published([(row.key, .lost)])).publish.isEmpty)
        #expect(engine.advance(seconds: 1).publish.keys.elements == [row.key])
    }

    @Test func `a queue that was created anew gets all that was outstanding on it`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine("m", EngineHarness.activityTask())
        var rows: [TaskRow] = []
        for _ in 0..<3 { rows.append(try #require(try engine.start("m").effects.publish.values.first)) }
        engine.process(.published(rows.map { ($0.key, .confirmed) }))
        let task = TakenTask(token: rows[0].token, input: "{}", delivery: BrokerDelivery(id: 1, epoch: 0))
        engine.process(.taken(task, worker: "w") { _ in })
        // Adapters know a queue by its name alone.
        let effects = engine.process(.recreated([.activity(arn: "", name: "work")]))
        let again = Set(effects.publish.keys).union(engine.process(.wake).publish.keys)
        #expect(again == [rows[1].key, rows[2].key])
    }

    @Test func `a function that nobody ever served is unknown, one that was seen is healed`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.functionTask())
        let (started, effects) = try engine.start("m")
        let row = try #require(effects.publish.values.first)
        engine.process(.published([(row.key, .unroutable)]))
        let record = try engine.execution(started)
        #expect(record.status == .failed)
        #expect(record.error == "Lambda.ResourceNotFoundException")

        let seen = try #require(try engine.start("m").effects.publish.values.first)
        engine.process(.published([(seen.key, .confirmed)]))
        let second = try #require(try engine.start("m").effects.publish.values.first)
        let healed = engine.process(.published([(second.key, .unroutable)]))
        #expect(healed.declare == [.function(name: "work")])
        #expect(engine.advance(seconds: 1).publish.keys.contains(second.key))
        #expect(try engine.crash().publish.keys.contains(second.key))
        #expect(engine.core.knownFunctions == ["work"])
    }

    @Test func `no more tasks are with the broker than the window allows`() throws {
        var configuration = EngineConfiguration()
        configuration.unconfirmedTasks = 2
        let engine = try EngineHarness(configuration)
        engine.createMachine("m", EngineHarness.activityTask())
        var published: [TaskKey] = []
        for _ in 0..<5 { published += try engine.start("m").effects.publish.keys }
        #expect(published.count == 2)
        while published.count < 5 {
            let confirmed = published.suffix(1).map { ($0, PublishResult.confirmed) }
            let more = Array(engine.process(.published(confirmed)).publish.keys) + engine.process(.wake).publish.keys
            #expect(more.count == 1)
            published += more
        }
        #expect(Set(published).count == 5)
    }

    @Test func `a task is handed to one poller, and to another when the first hung up`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine("m", EngineHarness.activityTask())
        let (started, effects) = try engine.start("m")
        let row = try #require(effects.publish.values.first)
        engine.process(.published([(row.key, .confirmed)]))
        func take(_ id: UInt64) throws -> HandedOutTask? {
            let box = Box<Result<HandedOutTask?, ServiceError>>()
            let task = TakenTask(token: row.token, input: "{}", delivery: BrokerDelivery(id: id, epoch: 0))
            let effects = engine.process(.taken(task, worker: "w\(id)") { box.value = $0 })
            #expect(effects.acknowledge.map(\.id) == [id])
            return try #require(box.value).get()
        }
        #expect(try take(1)?.token == row.token)
        #expect(try take(2) == nil)
        engine.process(.handBack(token: row.token))
        let again = Array(engine.process(.wake).publish.keys)
        #expect(again == [row.key] || engine.core.outbox.inFlight[row.key] != nil)
        #expect(try take(3)?.token == row.token)
        #expect(try engine.history(started).filter { $0 == "ActivityStarted" }.count == 1)
    }

    @Test func `a task that is handed back before the broker confirmed it is published again`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine("m", EngineHarness.activityTask())
        let row = try #require(try engine.start("m").effects.publish.values.first)
        let task = TakenTask(token: row.token, input: "{}", delivery: BrokerDelivery(id: 1, epoch: 0))
        engine.process(.taken(task, worker: "w") { _ in })
        engine.process(.handBack(token: row.token))
        // Its outcome is not known yet: it is not published twice.
        #expect(engine.process(.wake).publish.isEmpty)
        engine.process(.published([(row.key, .confirmed)]))
        #expect(Array(engine.process(.wake).publish.keys) == [row.key])
        engine.process(.published([(row.key, .confirmed)]))
        #expect(engine.advance(seconds: engine.configuration.confirmationDelay).publish.isEmpty)
        #expect(try engine.core.writer.task(row.key)?.phase == .published)
    }

    @Test func `a task that is taken before the broker confirmed it stays taken`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine("m", EngineHarness.activityTask())
        let row = try #require(try engine.start("m").effects.publish.values.first)
        let task = TakenTask(token: row.token, input: "{}", delivery: BrokerDelivery(id: 1, epoch: 0))
        engine.process(.taken(task, worker: "w") { _ in })
        engine.process(.published([(row.key, .confirmed)]))
        #expect(engine.process(.wake).publish.isEmpty)
        #expect(try engine.core.writer.task(row.key)?.phase == .taken)
    }

    @Test func `a task that is taken in the batch that learns of its confirmation stays taken`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine("m", EngineHarness.activityTask())
        let row = try #require(try engine.start("m").effects.publish.values.first)
        let task = TakenTask(token: row.token, input: "{}", delivery: BrokerDelivery(id: 1, epoch: 0))
        engine.process(.published([(row.key, .confirmed)]), .taken(task, worker: "w") { _ in })
        #expect(try engine.core.writer.task(row.key)?.phase == .taken)
    }
}

extension EngineOutboxTests {
    @Test func `a reply that did not reach the broker is sent again after a pause`() throws {
        let engine = try EngineHarness()
        let delivery = StartDelivery(
            stateMachine: "absent", name: nil, input: "{}", reply: .init(queue: "q", correlationID: "c"),
            traceHeader: nil, delivery: BrokerDelivery(id: 1, epoch: 0))
        let sent = engine.process(.startMessage(delivery)).send
        #expect(sent.count == 1)
        #expect(engine.process(.sendFailed(sent.map(\.number))).send.isEmpty)
        #expect(engine.nextDeadline == engine.clock.now().adding(seconds: engine.configuration.publishRetryDelay))
        #expect(engine.advance(seconds: engine.configuration.publishRetryDelay).send == sent)
        engine.process(.sent(sent.map(\.number)))
        #expect(engine.advance(seconds: 10).send.isEmpty)
    }

    @Test func `no more executions run than allowed`() throws {
        var configuration = EngineConfiguration()
        configuration.openExecutions = 2
        let engine = try EngineHarness(configuration)
        engine.createMachine("m", #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}"#)
        for _ in 0..<2 { _ = try engine.start("m").result.get() }
        #expect(throws: ServiceError.self) { try engine.start("m").result.get() }
        _ = try engine.crash()
        guard case .failure(let error) = try engine.start("m").result else {
            Issue.record("a third execution was started")
            return
        }
        #expect(error.code == .executionLimitExceeded)
        engine.advance(seconds: 60)
        _ = try engine.start("m").result.get()
    }
}
