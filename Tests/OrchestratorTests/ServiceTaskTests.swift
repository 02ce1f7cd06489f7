import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import OrderedCollections
import Telemetry
import Testing

@testable import Orchestrator

/// Tasks that the engine carries out itself.
@Suite struct ServiceTaskTests {
    private static let pass = #"{"StartAt":"P","States":{"P":{"Type":"Pass","Result":{"x":1},"End":true}}}"#

    private static func task(_ resource: String, _ parameters: String, _ extra: String = "") -> String {
        """
        {"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::\(resource)",
        "Parameters":\(parameters)\(extra),"End":true}}}
        """
    }

    private static func start(
        _ pattern: String, child: String = "child", name: String = "c", _ extra: String = ""
    ) -> String {
        task(
            "states:startExecution\(pattern)",
            #"{"StateMachineArn":"\#(EngineHarness.account):stateMachine:\#(child)","Name":"\#(name)"}"#, extra)
    }

    private func execution(_ machine: String, _ name: String, _ engine: EngineHarness) throws -> ExecutionRecord? {
        try engine.core.writer.execution(arn: "\(EngineHarness.account):execution:\(machine):\(name)")
    }

    @Test func `a child that ends at once ends its parent's task in the same commit`() throws {
        let engine = try EngineHarness()
        engine.createMachine("child", Self.pass)
        engine.createMachine("parent", Self.start(".sync:2"))
        let before = engine.store.statistics.commits
        let parent = try engine.start("parent").result
        #expect(engine.store.statistics.commits == before + 1)
        #expect(
            try engine.history(parent) == [
                "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted",
                "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded",
            ])
        let output = try JSON(parsing: try engine.execution(parent).output ?? "")
        #expect(output["Output"] == ["x": 1] && output["Input"] == .object(JSONObject()))
        #expect(output["Status"] == "SUCCEEDED" && output["Name"] == "c")
        #expect(try engine.core.writer.serviceTasks().isEmpty)
    }

    @Test(arguments: 0..<12) func `a write that fails in the middle of a stop leaves nothing of it`(
        operation: Int
    ) throws {
        let engine = try EngineHarness()
        engine.createMachine("m", Self.task("aws-sdk:sfn:stopExecution", #"{"ExecutionArn.$":"$$.Execution.Id"}"#))
        engine.store.failOperation(after: operation, StoreError(.inputOutput, "The disk failed a write."))
        _ = try engine.start("m", name: "n")
        engine.advance(seconds: engine.configuration.storeRetryDelay)
        if try execution("m", "n", engine) == nil { _ = try engine.start("m", name: "n") }
        engine.advance(seconds: engine.configuration.storeRetryDelay)
        let record = try #require(try execution("m", "n", engine))
        let journal = try engine.core.writer.journal(execution: record.identity.key, after: -1)
        let last = try Journal.decode(try #require(journal.last).events).last
        let type = try #require(last.flatMap { History.event($0, includeExecutionData: false) })["type"]
        #expect(record.status == .aborted && type == "ExecutionAborted", "the row says what the journal says")
    }

    @Test(arguments: ["", ".sync", ".sync:2", ".waitForTaskToken"])
    func `each pattern waits for what it says`(pattern: String) throws {
        let engine = try EngineHarness()
        engine.createMachine("child", EngineHarness.activityTask())
        engine.createMachine("parent", Self.start(pattern))
        let parent = try engine.start("parent").result
        #expect(try engine.execution(parent).status == (pattern.isEmpty ? .succeeded : .running))
        #expect(try execution("child", "c", engine)?.status == .running)
        guard !pattern.isEmpty else { return }
        #expect(try engine.history(parent).last == "TaskSubmitted")
        let row = try #require(try engine.core.writer.serviceTasks().first)
        #expect(row.phase == .taken)

        // A crash forgets nothing of it.
        let effects = try engine.crash()
        if pattern == ".waitForTaskToken" {
            engine.process(.tokenAnswer(token: row.token, .success(["told": true])) { _ in })
            #expect(try engine.execution(parent).output == #"{"told":true}"#)
            return
        }
        #expect(row.worker == (try execution("child", "c", engine)?.identity.arn))
        let token = try #require(effects.publish.values.first).token
        engine.process(engine.answer(token, .success(7)))
        let output = try JSON(parsing: try engine.execution(parent).output ?? "")
        #expect(output["Output"] == (pattern == ".sync" ? "7" : 7))
        #expect(try engine.core.writer.serviceTasks().isEmpty)
    }

    @Test func `a child's failure is its parent's, with the child's description as cause`() throws {
        let engine = try EngineHarness()
        engine.createMachine("child", #"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"C"}}}"#)
        engine.createMachine("parent", Self.start(".sync"))
        let record = try engine.execution(try engine.start("parent").result)
        #expect(record.status == .failed && record.error == "States.TaskFailed")
        let cause = try JSON(parsing: record.cause ?? "")
        #expect(cause["Error"] == "E" && cause["Cause"] == "C" && cause["Status"] == "FAILED")
    }

    @Test func `whoever waits for a job stops it on giving up`() throws {
        let engine = try EngineHarness()
        engine.createMachine("child", EngineHarness.activityTask())
        engine.createMachine("stopped", Self.start(".sync", name: "a"))
        engine.createMachine("late", Self.start(".sync", name: "b", #","TimeoutSeconds":60"#))
        let stopped = try engine.start("stopped").result
        let late = try engine.start("late").result
        engine.process(
            .stop(executionARN: try stopped.get().arn, StateFailure(error: "E", cause: nil)) { _ in })
        #expect(try engine.execution(stopped).status == .aborted)
        #expect(try execution("child", "a", engine)?.status == .aborted)

        engine.advance(seconds: 61)
        #expect(try engine.execution(late).error == "States.Timeout")
        #expect(try engine.history(late).suffix(2) == ["TaskTimedOut", "ExecutionFailed"])
        #expect(try execution("child", "b", engine)?.status == .aborted)
        #expect(try engine.core.writer.serviceTasks().isEmpty)
    }

    @Test func `a job that runs already under that name is waited for`() throws {
        let engine = try EngineHarness()
        engine.createMachine("child", EngineHarness.activityTask())
        let (child, effects) = try engine.start("child", name: "c")
        engine.createMachine("parent", Self.start(".sync"))
        let parent = try engine.start("parent").result
        let token = try #require(effects.publish.values.first).token
        engine.process(engine.answer(token, .success(1)))
        #expect(try engine.execution(child).status == .succeeded)
        #expect(try engine.execution(parent).status == .succeeded)
        // One that is over is no job of anybody's.
        let record = try engine.execution(try engine.start("parent").result)
        #expect(record.error == "StepFunctions.ExecutionAlreadyExistsException")
    }

    @Test func `executions that start each other without end leave others their turn`() throws {
        let engine = try EngineHarness()
        engine.createMachine("child", Self.pass)
        engine.createMachine(
            "loop",
            Self.task(
                "states:startExecution",
                #"{"StateMachineArn":"\#(EngineHarness.account):stateMachine:loop"}"#))
        _ = try engine.start("loop")
        #expect(engine.nextDeadline == engine.clock.now())
        let pending = try engine.core.writer.serviceTasks()
        #expect(pending.count == 1 && pending.first?.phase == .pending)
        #expect(try engine.pending.isEmpty)
        let other = try engine.start("child").result
        #expect(try engine.execution(other).status == .succeeded)
        // After a crash it goes on.
        let before = engine.registry.render()
        _ = try engine.crash()
        engine.process(.wake)
        #expect(engine.registry.render() != before)
        #expect(try engine.core.writer.serviceTasks().count == 1)
    }

    @Test func `what the store refuses is done again`() throws {
        let engine = try EngineHarness()
        engine.createMachine("child", EngineHarness.activityTask())
        engine.createMachine("parent", Self.start(".sync"))
        let (parent, effects) = try engine.start("parent")
        let token = try #require(effects.publish.values.first).token
        engine.store.failNextCommit(StoreError(.diskFull, "full"))
        engine.process(engine.answer(token, .success(1)))
        #expect(try engine.execution(parent).status == .running)
        engine.advance(seconds: 2)
        #expect(try engine.execution(parent).status == .succeeded)
        #expect(try execution("child", "c", engine)?.status == .succeeded)
    }

    @Test func `an integration that Baton has not fails its state with what is missing`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", Self.task("sqs:sendMessage", #"{"QueueUrl":"q","MessageBody":"b"}"#))
        let started = try engine.start("m").result
        let record = try engine.execution(started)
        #expect(record.status == .failed && record.error == "States.TaskFailed")
        #expect(record.cause?.contains("'sqs:sendMessage'") == true)
        #expect(
            try engine.history(started) == [
                "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskFailed", "ExecutionFailed",
            ])
        engine.createMachine(
            "caught",
            Self.task(
                "aws-sdk:kms:encrypt", "{}",
                #","Catch":[{"ErrorEquals":["States.ALL"],"Next":"B"}]"#
            ).replacing(#""End":true}}"#, with: #""End":true},"B":{"Type":"Pass","End":true}}"#))
        #expect(try engine.execution(try engine.start("caught").result).status == .succeeded)
    }

    @Test func `operations that take their time are called beside the engine, and again after a crash`() throws {
        let engine = try EngineHarness()
        engine.setCaller(StubCaller())
        engine.createMachine("m", Self.task("aws-sdk:sfn:listExecutions", #"{"StateMachineArn":"x"}"#))
        let (started, effects) = try engine.start("m")
        let call = try #require(effects.calls.first)
        #expect(call.service == "aws-sdk:sfn" && call.action == "listExecutions")
        #expect(call.parameters == ["StateMachineArn": "x"])
        #expect(engine.process(.wake).calls.isEmpty)

        _ = try engine.crash(connected: false)
        engine.setCaller(StubCaller())
        let again = try #require(engine.process(.wake).calls.first)
        #expect(again.task == call.task)
        engine.process(.serviceAnswered(again.task, .success(["Executions": []])))
        #expect(try engine.execution(started).output == #"{"Executions":[]}"#)
        // An answer that comes twice finds nothing.
        engine.process(.serviceAnswered(again.task, .failure(ServiceError(.internalFailure, "late"))))
        #expect(try engine.execution(started).status == .succeeded)
    }

    @Test func `answers to tokens are given in the transaction of the task that gives them`() throws {
        let engine = try EngineHarness()
        engine.createMachine("waiting", EngineHarness.activityTask())
        let (waiting, effects) = try engine.start("waiting")
        let token = try #require(effects.publish.values.first).token
        engine.createMachine(
            "teller", Self.task("aws-sdk:sfn:sendTaskSuccess", #"{"TaskToken.$":"$.t","Output.$":"$.o"}"#))
        let bad = try engine.start("teller", input: #"{"t":"\#(token)","o":"{"}"#).result
        #expect(try engine.execution(bad).error == "Sfn.InvalidOutputException")
        let good = try engine.start("teller", input: #"{"t":"\#(token)","o":"[1]"}"#).result
        #expect(try engine.execution(good).output == "{}")
        #expect(try engine.execution(waiting).output == "[1]")
        let late = try engine.start("teller", input: #"{"t":"\#(token)","o":"[1]"}"#).result
        #expect(try engine.execution(late).error == "Sfn.TaskTimedOutException")
    }
}

private struct StubCaller: ServiceCaller {
    func canCall(_ service: String, _ action: String) -> Bool { service == "aws-sdk:sfn" }

    func call(_ service: String, _ action: String, _ parameters: JSON) async throws(ServiceError) -> JSON {
        throw ServiceError(.internalFailure, "not called in these tests")
    }
}
