import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import OrderedCollections
import Telemetry
import Testing

@testable import Orchestrator

@Suite struct EngineCoreTests {
    @Test func `a task is published after its commit, and its answer ends the execution`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine("m", EngineHarness.activityTask())
        let (started, effects) = try engine.start("m", input: #"{"a":1}"#)
        let row = try #require(effects.publish.values.first)
        #expect(String(decoding: row.input, as: UTF8.self) == #"{"a":1}"#)
        #expect(try engine.pending.map(\.key) == [row.key])

        engine.process(.published([(row.key, .confirmed)]))
        engine.advance(seconds: engine.configuration.confirmationDelay)
        #expect(try engine.pending.isEmpty)
        #expect(try engine.core.writer.task(row.key)?.phase == .published)

        let after = engine.process(engine.answer(row.token, .success(["ok": true]), delivery: 9))
        #expect(after.acknowledge.map(\.id) == [9])
        let record = try engine.execution(started)
        #expect(record.status == .succeeded)
        #expect(record.output == #"{"ok":true}"#)
        #expect(try engine.core.writer.task(row.key) == nil)
        #expect(
            try engine.history(started) == [
                "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivitySucceeded",
                "TaskStateExited", "ExecutionSucceeded",
            ])
    }

    @Test func `everything that gathered is one commit`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", #"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#)
        let before = engine.store.statistics.commits
        engine.process(try (0..<100).map { _ in try engine.startEvent("m") })
        #expect(engine.store.statistics.commits == before + 1)
        #expect(engine.registry.render().contains("baton_executions_started_total 100"))
    }

    @Test func `starts are idempotent by name and input while the execution runs`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        let first = try engine.start("m", name: "n", input: "{}").result
        #expect(try engine.start("m", name: "n", input: "{}").result.get() == first.get())
        let other = try engine.start("m", name: "n", input: "[]").result
        #expect(throws: ServiceError.self) { try other.get() }
        guard case .failure(let error) = other else { return }
        #expect(error.code == .executionAlreadyExists)
        #expect(error.message.hasSuffix(":execution:m:n'"))
    }

    @Test func `late, doubled and forged answers change nothing`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        let (started, effects) = try engine.start("m")
        let token = try #require(effects.publish.values.first).token
        var forged = try #require(TaskToken(token))
        forged.secret.low ^= 1

        var foreign = forged
        foreign.execution += 1_000
        let refused = engine.process(
            engine.answer(forged.text, .success(1), delivery: 1), engine.answer("nonsense", .success(2), delivery: 2),
            engine.answer(foreign.text, .success(3), delivery: 3))
        #expect(refused.acknowledge.map(\.id) == [1])
        #expect(refused.bury.map(\.delivery.id) == [2, 3])
        #expect(try engine.execution(started).status == .running)

        engine.process(engine.answer(token, .success(3)), engine.answer(token, .success(4)))
        #expect(try engine.execution(started).output == "3")
        let length = try engine.history(started).count
        let late = engine.process(engine.answer(token, .failure(StateFailure(error: "E", cause: nil)), delivery: 5))
        #expect(late.acknowledge.map(\.id) == [5])
        #expect(try engine.history(started).count == length)
    }

    @Test func `a commit that fails tells callers, and keeps what the broker brought`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        let (started, effects) = try engine.start("m")
        let token = try #require(effects.publish.values.first).token

        engine.store.failNextCommit(StoreError(.diskFull, "The disk is full."))
        let box = Box<Result<StartedExecution, ServiceError>>()
        let failed = engine.process(
            engine.answer(token, .success(1), delivery: 3), try engine.startEvent("m", name: "x") { box.value = $0 })
        #expect(failed.acknowledge.isEmpty)
        guard case .failure(let error)? = box.value else {
            Issue.record("the start was not refused")
            return
        }
        #expect(error.code == .serviceUnavailable)
        #expect(try engine.execution(started).status == .running)
        #expect(engine.nextDeadline != nil)

        let retried = engine.advance(seconds: 1)
        #expect(retried.acknowledge.map(\.id) == [3])
        #expect(try engine.execution(started).status == .succeeded)
    }

    @Test func `executions beyond the cache are rebuilt from their journal`() throws {
        var configuration = EngineConfiguration()
        configuration.cachedExecutions = 4
        configuration.foldCheckInterval = 1
        let engine = try EngineHarness(configuration)
        engine.createMachine("m", EngineHarness.activityTask())
        var tokens: [String] = []
        for _ in 0..<50 { tokens.append(try #require(try engine.start("m").effects.publish.values.first).token) }
        #expect(engine.core.live.count <= 5)
        engine.process(tokens.map { engine.answer($0, .success(1)) })
        let metrics = engine.registry.render()
        #expect(metrics.contains(#"baton_executions_finished_total{status="SUCCEEDED"} 50"#))
        #expect(metrics.contains("baton_fold_checks_total 50"))
        #expect(metrics.contains("baton_fold_mismatches_total 0"))
    }

    @Test func `executions that nothing happens to leave memory after a while, but for some`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        let patience = try #require(engine.configuration.cachePatience)
        var tokens: [String] = []
        func start(_ count: Int) throws {
            for _ in 0..<count { tokens.append(try #require(try engine.start("m").effects.publish.values.first).token) }
        }
        try start(LiveExecutions.kept)
        engine.process(.published(try engine.pending.map { ($0.key, .confirmed) }))
        engine.advance(seconds: 10 * patience)
        #expect(engine.core.live.count == LiveExecutions.kept)
        #expect(engine.nextDeadline == nil)

        try start(2)
        engine.process(.published(try engine.pending.map { ($0.key, .confirmed) }))
        engine.advance(seconds: patience - 1)
        #expect(engine.core.live.count == LiveExecutions.kept + 2)
        // Something happens to one of the first, and to one of the last.
        engine.process([engine.answer(tokens[0], .heartbeat(nil)), engine.answer(tokens[1001], .heartbeat(nil))])
        engine.advance(seconds: 1)
        #expect(engine.core.live.count == 3)
        #expect(engine.advance(seconds: MemoryRelease.moment).releasesMemory)
        // All are still there.
        engine.process(tokens.map { engine.answer($0, .success(1)) })
        #expect(engine.registry.render().contains(#"baton_executions_finished_total{status="SUCCEEDED"} 1002"#))
        #expect(engine.advance(seconds: MemoryRelease.moment).releasesMemory)
        #expect(engine.nextDeadline == nil)
    }

    @Test func `a stopped execution cancels its tasks`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        let (started, effects) = try engine.start("m")
        let row = try #require(effects.publish.values.first)
        let stopped = engine.process(
            .stop(executionARN: try started.get().arn, StateFailure(error: "E", cause: "C")) { _ in })
        #expect(stopped.cancel == [row.token])
        #expect(try engine.core.writer.task(row.key) == nil)
        let record = try engine.execution(started)
        #expect(record.status == .aborted)
        #expect(record.error == "E")
    }

    @Test func `the outcome of an execution that a message started goes to its reply queue`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        func delivery(_ machine: String, _ id: UInt64) -> StartDelivery {
            StartDelivery(
                stateMachine: machine, name: "n\(id)", input: "{}", reply: .init(queue: "q", correlationID: "c"),
                traceHeader: nil, delivery: BrokerDelivery(id: id, epoch: 0))
        }
        let effects = engine.process(.startMessage(delivery("m", 1)), .startMessage(delivery("absent", 2)))
        #expect(effects.acknowledge.map(\.id) == [1, 2])
        #expect(effects.send.map(\.type) == ["failure"])
        let token = try #require(effects.publish.values.first).token

        let finished = engine.process(engine.answer(token, .success(7)))
        #expect(finished.send.map(\.type) == ["success"])
        #expect(finished.send.map { String(decoding: $0.body, as: UTF8.self) } == ["7"])
        // Not confirmed: after a crash both go out again.
        #expect(try engine.crash().send.count == 2)
        engine.process(.sent(try engine.core.writer.outbox().map(\.number)))
        // Written down with what is written next, or after a moment, and until then not sent again.
        #expect(try engine.core.writer.outbox().count == 2)
        #expect(engine.process(.brokerLost, .brokerReady).send.isEmpty)
        #expect(try engine.core.writer.outbox().isEmpty)

        // Delivered again after the end, the message gets the outcome again; another start of that name is refused.
        let again = engine.process(.startMessage(delivery("m", 1)))
        #expect(again.acknowledge.map(\.id) == [1])
        #expect(again.send.map { String(decoding: $0.body, as: UTF8.self) } == ["7"])
        var other = delivery("m", 1)
        other.input = "[]"
        #expect(engine.process(.startMessage(other)).send.map(\.type) == ["failure"])
    }

    @Test func `an execution that cannot be read harms no other`() throws {
        var configuration = EngineConfiguration()
        configuration.cachedExecutions = 1
        let engine = try EngineHarness(configuration)
        engine.createMachine("m", EngineHarness.activityTask(#","TimeoutSeconds":60"#))
        let (broken, brokenEffects) = try engine.start("m")
        let (well, wellEffects) = try engine.start("m")
        let key = try engine.execution(broken).identity.key
        let garbage = JournalRow(
            execution: key, sequence: 1, historyIDs: nil, time: engine.clock.now(), events: Array("not a journal".utf8))
        engine.process(.transact(Transaction(body: { _ in ([.appendJournal(garbage)], {}) }, failed: { _ in })))
        _ = try engine.crash()

        let tokens = [brokenEffects, wellEffects].compactMap { $0.publish.values.first?.token }
        let effects = engine.process(
            engine.answer(tokens[0], .success(1), delivery: 1), engine.answer(tokens[1], .success(2), delivery: 2))
        #expect(effects.bury.map(\.delivery.id) == [1])
        #expect(effects.acknowledge.map(\.id) == [2])
        #expect(try engine.execution(well).status == .succeeded)
        let other = try engine.start("m").result
        engine.advance(seconds: 61)
        #expect(try engine.execution(other).status == .failed)
        #expect(try engine.execution(broken).status == .running)
        #expect(engine.core.storeFailure == nil)
    }
}
