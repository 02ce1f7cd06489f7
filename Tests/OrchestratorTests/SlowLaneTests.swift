import BatonTestKit
import Dispatch
import Interpreter
import JSONValue
import MemoryStore
import OrderedCollections
import Synchronization
import Telemetry
import Testing

@testable import Orchestrator

/// What takes long is computed apart, and everything else goes on.
@Suite struct SlowLaneTests {
    /// Some hundred thousand steps: more than a slice, less than a limit.
    static let slow = "$count([1..30000][$ % 7 = 3])"
    static let slowMachine = jsonata(#""S":{"Type":"Pass","Output":"{% \#(slow) %}","End":true}"#)
    static let task = #""Type":"Task","Resource":"\#(EngineHarness.account):activity:work""#

    /// A branch that goes on after a failure, slowly.
    static func fragile(_ name: String, then next: String) -> String {
        #"{"StartAt":"\#(name)","States":{"\#(name)":{\#(task),"End":true,"#
            + #""Catch":[{"ErrorEquals":["E"],"Output":"{% \#(slow) %}","Next":"\#(next)"}]},"#
            + #""\#(next)":{"Type":"Pass","End":true}}}"#
    }
    static let broken = TaskAnswer.Kind.failure(StateFailure(error: "E", cause: nil))

    static func jsonata(_ states: String, start: String = "S", more: String = "") -> String {
        #"{"QueryLanguage":"JSONata","StartAt":"\#(start)"\#(more),"States":{\#(states)}}"#
    }

    @Test func `a start is answered before what it leads to is computed, and others go on`() throws {
        let engine = try EngineHarness()
        engine.createMachine("slow", Self.slowMachine)
        engine.createMachine("quick", Self.jsonata(#""S":{"Type":"Pass","Output":"{% 1 + 1 %}","End":true}"#))
        let (slow, effects) = try engine.start("slow")
        #expect(effects.compute.count == 1)
        #expect(try engine.execution(slow).status == .running)
        #expect(try engine.history(slow) == ["ExecutionStarted"])

        let (quick, others) = try engine.start("quick")
        #expect(others.compute.isEmpty)
        #expect(try engine.execution(quick).output == "2")

        try engine.computeNext()
        engine.resume()
        let record = try engine.execution(slow)
        #expect(record.status == .succeeded)
        #expect(record.output == "4286")
        #expect(
            try engine.history(slow) == [
                "ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded",
            ])
        #expect(try engine.core.writer.timers(dueBy: .distantFuture).isEmpty)
        let metrics = engine.registry.render()
        #expect(metrics.contains("baton_slow_steps_total 1"))
        #expect(metrics.contains("baton_executions_computing 0"))
    }

    @Test func `a crash while the ends of several map runs wait for their parent forgets none of them`() throws {
        let engine = try EngineHarness()
        let config = #""ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}"#
        let branches = ["A", "B", "C"].map { name in
            #"{"StartAt":"\#(name)","States":{"\#(name)":{"Type":"Map","Items":"{% [1] %}","#
                + #""ItemProcessor":{"StartAt":"I\#(name)",\#(config),"#
                + #""States":{"I\#(name)":{"Type":"Pass","End":true}}},"Output":"{% \#(Self.slow) %}","End":true}}}"#
        }
        engine.createMachine(
            "m",
            Self.jsonata(#""S":{"Type":"Parallel","Branches":[\#(branches.joined(separator: ","))],"End":true}"#))
        let started = try engine.start("m").result
        engine.resume()
        #expect(engine.computations.count == 1, "one is told its parent, the others wait")
        _ = try engine.crash()
        for _ in 0..<3 {
            engine.resume()
            try engine.computeNext()
        }
        engine.resume()
        #expect(try engine.execution(started).output == "[4286,4286,4286]")
    }

    @Test func `an answer is acknowledged with the step that it led to, and what came meanwhile follows in order`()
        throws
    {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine(
            "m",
            Self.jsonata(
                #""S":{"Type":"Parallel","End":true,"Branches":["#
                    + Self.fragile("A", then: "X") + "," + Self.fragile("B", then: "Y")
                    + #",{"StartAt":"C","States":{"C":{\#(Self.task),"End":true}}}]}"#))
        let (started, effects) = try engine.start("m")
        let tokens = effects.publish.values.map(\.token)
        try #require(tokens.count == 3)

        let first = engine.process(engine.answer(tokens[0], Self.broken, delivery: 1))
        #expect(first.acknowledge.isEmpty)
        let box = Box<Result<Void, ServiceError>>()
        let meanwhile = engine.process(
            engine.answer(tokens[1], Self.broken, delivery: 2),
            .tokenAnswer(token: tokens[2], .success(3)) { box.value = $0 },
            engine.answer(tokens[0], Self.broken, delivery: 4))
        #expect(meanwhile.acknowledge.isEmpty)
        #expect(meanwhile.compute.isEmpty)
        #expect(box.value == nil)
        #expect(try engine.history(started).count == 9)

        // The second answer takes long as well: what came after it waits on.
        let second = try engine.computeNext()
        #expect(second.acknowledge.map(\.id) == [1])
        #expect(second.compute.count == 1)
        #expect(box.value == nil)
        let third = try engine.computeNext()
        #expect(third.acknowledge.map(\.id) == [2, 4])
        engine.resume()
        #expect(throws: Never.self) { try box.value?.get() }
        #expect(try engine.execution(started).output == "[4286,4286,3]")
        #expect(engine.core.computing.isEmpty)
    }

    @Test(arguments: [false, true])
    func `after a crash all of it happens once more`(byTimer: Bool) throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        let state =
            #""S":{\#(Self.task),"TimeoutSeconds":60,"#
            + #""Catch":[{"ErrorEquals":["States.Timeout"],"Output":"{% \#(Self.slow) + 1 %}","Next":"T"},"#
            + #"{"ErrorEquals":["E"],"Output":"{% \#(Self.slow) %}","Next":"T"}],"End":true},"#
            + #""T":{"Type":"Pass","End":true}"#
        engine.createMachine("m", Self.jsonata(state))
        let (started, effects) = try engine.start("m")
        let token = try #require(effects.publish.values.first).token
        let answer = engine.answer(token, Self.broken, delivery: 7)
        if byTimer { engine.advance(seconds: 60) } else { engine.process(answer) }
        #expect(engine.computations.count == 1)
        #expect(try engine.history(started).count == 3)

        _ = try engine.crash()
        // The broker delivers again what was not acknowledged.
        if !byTimer { engine.process(answer) }
        let finished = try engine.computeNext()
        #expect(finished.acknowledge.map(\.id) == (byTimer ? [] : [7]))
        engine.resume()
        #expect(try engine.execution(started).output == (byTimer ? "4287" : "4286"))
        #expect(try engine.core.writer.timers(dueBy: .distantFuture).isEmpty)
    }

    @Test func `an execution that was only going on goes on after a crash`() throws {
        let engine = try EngineHarness()
        engine.createMachine("slow", Self.slowMachine)
        let (started, _) = try engine.start("slow")
        _ = try engine.crash()
        #expect(engine.computations.count == 1)
        try engine.computeNext()
        engine.resume()
        #expect(try engine.execution(started).output == "4286")
    }

    @Test func `a success is taken at once, and what its state makes of it follows`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine(
            "m", Self.jsonata(#""S":{\#(Self.task),"Output":"{% \#(Self.slow) + $states.result %}","End":true}"#))
        let (started, effects) = try engine.start("m")
        let token = try #require(effects.publish.values.first).token
        let taken = engine.process(engine.answer(token, .success(1), delivery: 1))
        #expect(taken.acknowledge.map(\.id) == [1])
        #expect(try engine.history(started).last == "ActivitySucceeded")
        _ = try engine.crash()
        try engine.computeNext()
        engine.resume()
        #expect(try engine.execution(started).output == "4287")
    }

    @Test func `a stop takes effect at once, and what waited is too late`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine(
            "m", Self.jsonata(#""S":{"Type":"Parallel","End":true,"Branches":[\#(Self.fragile("A", then: "B"))]}"#))
        let (started, effects) = try engine.start("m")
        let token = try #require(effects.publish.values.first).token
        engine.process(engine.answer(token, Self.broken, delivery: 1))
        engine.process(engine.answer(token, .heartbeat(nil), delivery: 2))
        let stopped = engine.process(
            .stop(executionARN: try started.get().arn, StateFailure(error: "E", cause: nil)) { _ in })
        #expect(stopped.acknowledge.map(\.id) == [1, 2])
        #expect(stopped.abandon.allSatisfy { !$0.isCancelled })
        for cancellation in stopped.abandon { cancellation.cancel() }
        #expect(engine.computations.first?.cancellation.isCancelled == true)
        #expect(try engine.execution(started).status == .aborted)
        let length = try engine.history(started).count
        try engine.computeNext()
        #expect(try engine.history(started).count == length)
    }

    @Test func `the execution's own limit overtakes as well`() throws {
        let engine = try EngineHarness()
        engine.createMachine(
            "m",
            Self.jsonata(
                #""S":{"Type":"Pass","Output":"{% \#(Self.slow) %}","End":true}"#, more: #","TimeoutSeconds":5"#))
        let (started, _) = try engine.start("m")
        engine.advance(seconds: 5)
        #expect(try engine.execution(started).status == .timedOut)
        try engine.computeNext()
        #expect(try engine.execution(started).status == .timedOut)
        #expect(try engine.core.writer.timers(dueBy: .distantFuture).isEmpty)
    }

    @Test func `a sign of life that waited keeps its task alive`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine(
            "m",
            Self.jsonata(
                #""S":{"Type":"Parallel","End":true,"Branches":["#
                    + #"{"StartAt":"A","States":{"A":{\#(Self.task),"Output":"{% \#(Self.slow) %}","End":true}}},"#
                    + #"{"StartAt":"B","States":{"B":{\#(Self.task),"HeartbeatSeconds":2,"End":true}}}]}"#))
        let (started, effects) = try engine.start("m")
        let tokens = effects.publish.values.map(\.token)
        engine.process(engine.answer(tokens[1], .started))
        engine.process(engine.answer(tokens[0], .success(1)))
        engine.clock.advance(seconds: 1)
        engine.process(engine.answer(tokens[1], .heartbeat(nil)))
        engine.advance(seconds: 1)
        try engine.computeNext()
        engine.resume()
        #expect(try engine.execution(started).status == .running)
        engine.process(engine.answer(tokens[1], .success(5)))
        #expect(try engine.execution(started).output == "[4286,5]")
    }

    @Test func `what the store refuses is tried again, computed or not`() throws {
        let engine = try EngineHarness()
        engine.createActivity("work")
        engine.createMachine(
            "m", Self.jsonata(#""S":{"Type":"Parallel","End":true,"Branches":[\#(Self.fragile("A", then: "B"))]}"#))
        let (started, effects) = try engine.start("m")
        let token = try #require(effects.publish.values.first).token
        engine.store.failNextCommit(StoreError(.diskFull, "The disk is full."))
        // By itself what is to be computed writes nothing.
        engine.process([engine.answer(token, Self.broken, delivery: 1), try engine.startEvent("m", name: "other")])
        #expect(engine.computations.isEmpty)
        engine.advance(seconds: 1)
        #expect(engine.computations.count == 1)

        engine.store.failNextCommit(StoreError(.diskFull, "The disk is full."))
        #expect(try engine.computeNext().acknowledge.isEmpty)
        #expect(try engine.execution(started).status == .running)
        #expect(engine.advance(seconds: 1).acknowledge.map(\.id) == [1])
        engine.resume()
        #expect(try engine.execution(started).output == "[4286]")
        #expect(engine.registry.render().contains("baton_executions_started_total 1"))
    }

    @Test func `many cheap transitions are cut into steps, and none of them needs the slow lane`() throws {
        var configuration = EngineConfiguration()
        configuration.foldCheckInterval = 1
        let engine = try EngineHarness(configuration)
        let item = #"{"StartAt":"I","States":{"I":{"Type":"Pass","Output":"{% $sum([1..100].($ * 2)) %}","End":true}}}"#
        engine.createMachine(
            "m", Self.jsonata(#""S":{"Type":"Map","Items":"{% [1..300] %}","ItemProcessor":\#(item),"End":true}"#))
        let (started, _) = try engine.start("m")
        var steps = 1
        while try engine.execution(started).status == .running, steps < 1_000 {
            engine.process(.wake)
            steps += 1
        }
        #expect(steps > 3)
        #expect(engine.computations.isEmpty)
        #expect(try engine.execution(started).status == .succeeded)
        #expect(engine.registry.render().contains("baton_fold_mismatches_total 0"))
    }

    @Test func `the threads compute side by side, and end`() throws {
        let lane = SlowLane(threads: 2)
        let sum = Atomic(0)
        let done = DispatchSemaphore(value: 0)
        for number in 1...100 {
            lane.submit {
                if sum.add(number, ordering: .relaxed).newValue == 5_050 { done.signal() }
            }
        }
        done.wait()
        lane.close()
        #expect(sum.load(ordering: .relaxed) == 5_050)
    }
}

extension Timestamp {
    fileprivate static let distantFuture = Timestamp(microseconds: .max)
}
