import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import Testing

@testable import Orchestrator

/// Commits that report failure and are kept, and what is to be found again after a crash.
@Suite struct DoubtfulCommitTests {
    private static let silence = StoreError(.inputOutput, "The disk did not answer.")

    @Test func `a timer comes due though the commit that armed it reported failure`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", EngineTimerTests.wait)
        engine.store.failNextCommit(Self.silence, keepingIt: true)
        guard case .failure = try engine.start("m", name: "n").result else {
            Issue.record("the failure was not told")
            return
        }
        let started = try engine.start("m", name: "n").result
        engine.advance(seconds: 31)
        #expect(try engine.execution(started).status == .succeeded)
    }

    @Test func `a reply is sent though the commit that wrote it reported failure`() throws {
        let engine = try EngineHarness()
        engine.createMachine("m", #"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#)
        engine.store.failNextCommit(Self.silence, keepingIt: true)
        let message = StartDelivery(
            stateMachine: "m", name: "n", input: "{}", reply: .init(queue: "q", correlationID: "c"), traceHeader: nil,
            delivery: BrokerDelivery(id: 1, epoch: 0))
        #expect(engine.process(.startMessage(message)).send.isEmpty)
        let effects = engine.advance(seconds: 2)
        #expect(effects.send.contains { $0.correlationID == "c" && $0.type == "success" })
        #expect(effects.acknowledge.map(\.id) == [1])
    }

    @Test func `a portion of items that was kept is not kept twice`() async throws {
        let engine = try EngineHarness()
        engine.createMachine(
            "m",
            #"""
            {"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemReader":{
            "Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON"},
            "Parameters":{"Bucket":"b","Key":"k"}},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",
            "ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}
            """#)
        engine.store.failNextCommit(Self.silence, keepingIt: true)
        _ = try engine.start("m", name: "n")
        // The read was lost with the answer, and is asked for again.
        guard case .read(let run, _)? = engine.advance(seconds: 2).mapRunJobs.first else {
            Issue.record("nothing is read")
            return
        }
        func portion(_ first: Int, _ content: MapItemsPortion.Content) -> EngineEvent {
            .mapItems(MapItemsPortion(mapRun: run, first: first, content: content)) { _ in }
        }
        engine.process(portion(0, .items(count: 1, bytes: Array("[1]".utf8))))
        engine.store.failNextCommit(Self.silence, keepingIt: true)
        engine.process(portion(1, .items(count: 2, bytes: Array("[2,3]".utf8))))
        engine.advance(seconds: 2)
        engine.process(portion(3, .end))
        engine.resume()
        let started = try engine.start("m", name: "n").result
        guard case .failure = started else {
            Issue.record("it goes on")
            return
        }
        let record = try engine.core.writer.execution(arn: "\(EngineHarness.account):execution:m:n")
        #expect(record?.output == "[1,2,3]")
    }

    @Test func `a slow step that was kept is not taken twice`() throws {
        let engine = try EngineHarness()
        engine.createMachine("slow", SlowLaneTests.slowMachine)
        let started = try engine.start("slow").result
        engine.store.failNextCommit(Self.silence, keepingIt: true)
        try engine.computeNext()
        engine.advance(seconds: 2)
        #expect(try engine.execution(started).status == .succeeded)
        #expect(
            try engine.history(started) == [
                "ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded",
            ])
    }

    /// One branch waits for the slow lane while the other's call waits behind it.
    @Test(arguments: [false, true])
    func `a call of a service that waits for a slow step survives a crash`(slowFirst: Bool) throws {
        let engine = try EngineHarness()
        engine.createMachine("child", #"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#)
        let slow =
            #"{"StartAt":"S","States":{"S":{"Type":"Pass","QueryLanguage":"JSONata","End":true,"#
            + #""Output":"{% \#(SlowLaneTests.slow) %}"}}}"#
        let call =
            #"{"StartAt":"C","States":{"C":{"Type":"Task","End":true,"#
            + #""Resource":"arn:aws:states:::states:startExecution","#
            + #""Parameters":{"StateMachineArn":"\#(EngineHarness.account):stateMachine:child"}}}}"#
        let branches = slowFirst ? "\(slow),\(call)" : "\(call),\(slow)"
        engine.createMachine(
            "m", #"{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[\#(branches)]}}}"#)
        let started = try engine.start("m").result
        #expect(try engine.execution(started).status == .running)
        _ = try engine.crash()
        for _ in 0..<5 {
            engine.resume()
            while !engine.computations.isEmpty { try engine.computeNext() }
        }
        #expect(try engine.execution(started).status == .succeeded)
    }
}
