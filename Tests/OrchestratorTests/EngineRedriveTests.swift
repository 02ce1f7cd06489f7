import BatonTestKit
import Interpreter
import JSONValue
import OrderedCollections
import Telemetry
import Testing

@testable import Orchestrator

@Suite struct EngineRedriveTests {
    private func redrive(
        _ started: Result<StartedExecution, ServiceError>, token: String? = nil, _ engine: EngineHarness
    ) throws -> (result: Result<Timestamp, ServiceError>, effects: Effects) {
        let box = Box<Result<Timestamp, ServiceError>>()
        let effects = engine.process(
            .redrive(executionARN: try started.get().arn, clientToken: token) { box.value = $0 })
        return (try #require(box.value), effects)
    }

    private func failed(_ engine: EngineHarness) throws -> Result<StartedExecution, ServiceError> {
        let (started, effects) = try engine.start("m")
        let token = try #require(effects.publish.values.first).token
        engine.process(engine.answer(token, .failure(StateFailure(error: "E", cause: nil))))
        #expect(try engine.execution(started).status == .failed)
        return started
    }

    @Test func `a failed execution goes on, also after a crash`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine("m", EngineHarness.activityTask())
        let started = try failed(engine)
        engine.advance(seconds: 60)
        let (result, effects) = try redrive(started, engine)
        #expect(try result.get() == engine.clock.now())
        let record = try engine.execution(started)
        #expect(record.status == .running && record.error == nil && record.stoppedAt == nil)
        #expect(record.identity.redriveCount == 1 && record.redrivenAt == engine.clock.now())
        #expect(effects.announce.map(\.status) == [.running])
        let task = try #require(effects.publish.values.first)

        #expect(try engine.crash().publish.values.map(\.token) == [task.token])
        engine.process(engine.answer(task.token, .success(1)))
        #expect(try engine.execution(started).output == "1")
        #expect(
            try engine.history(started).suffix(6)
                == [
                    "ExecutionFailed", "ExecutionRedriven", "ActivityScheduled", "ActivityStarted", "ActivitySucceeded",
                    "TaskStateExited", "ExecutionSucceeded",
                ].suffix(6))
        #expect(engine.registry.render().contains("baton_fold_mismatches_total 0"))
    }

    @Test func `a client token makes a repeated request the same one`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        let started = try failed(engine)
        let first = try redrive(started, token: "t", engine).result.get()
        engine.advance(seconds: 60)
        #expect(try redrive(started, token: "t", engine).result.get() == first)
        let other = try redrive(started, token: "u", engine).result
        #expect(throws: ServiceError(.executionNotRedrivable, "Execution is RUNNING and cannot be redriven")) {
            try other.get()
        }
        engine.advance(seconds: 900)
        #expect(throws: ServiceError.self) { try redrive(started, token: "t", engine).result.get() }
    }

    @Test func `what cannot be redriven says why`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineHarness.activityTask())
        func obstacle(_ started: Result<StartedExecution, ServiceError>) throws -> String? {
            guard case .failure(let error) = try redrive(started, engine).result else { return nil }
            #expect(error.code == .executionNotRedrivable)
            return error.message
        }
        let old = try failed(engine)
        engine.advance(seconds: 14 * 86_400 + 1)
        #expect(try obstacle(old) == "Execution redrivable period exceeded")

        let (done, effects) = try engine.start("m")
        engine.process(engine.answer(try #require(effects.publish.values.first).token, .success(1)))
        #expect(try obstacle(done) == "Execution is SUCCEEDED and cannot be redriven")

        let orphan = try failed(engine)
        engine.process(
            .transact(
                Transaction(
                    body: { _ in ([.deleteStateMachine(arn: "\(EngineHarness.account):stateMachine:m")], {}) },
                    failed: { _ in })))
        #expect(try obstacle(orphan) == "State machine is in DELETING status")
        guard
            case .failure(let error) = try redrive(
                .success(StartedExecution(arn: "arn:x", startedAt: engine.clock.now())), engine
            ).result
        else {
            Issue.record("an execution that never was cannot be redriven")
            return
        }
        #expect(error.code == .executionDoesNotExist)
    }

    @Test func `a history that is nearly full leaves no room`() throws {
        var configuration = EngineConfiguration()
        configuration.limits.events = 6
        let engine = try EngineHarness(configuration)
        engine.createMachine("m", EngineHarness.activityTask())
        let started = try failed(engine)
        #expect(try engine.history(started).count == 6)
        guard case .failure(let error) = try redrive(started, engine).result else { return }
        #expect(error.message == "Execution history event limit exceeded")
    }

    @Test func `timers and time-outs of the redriven run count from the redrive`() throws {
        let engine = try EngineHarness()
        engine.createMachine(
            "m", #"{"StartAt":"W","TimeoutSeconds":100,"States":{"W":{"Type":"Wait","Seconds":90,"End":true}}}"#)
        let started = try engine.start("m").result
        engine.advance(seconds: 50)
        engine.process(.stop(executionARN: try started.get().arn, StateFailure(error: nil, cause: nil)) { _ in })
        engine.advance(seconds: 500)
        _ = try redrive(started, engine)
        engine.advance(seconds: 89)
        #expect(try engine.execution(started).status == .running)
        engine.advance(seconds: 1)
        #expect(try engine.execution(started).status == .succeeded)
    }
}
