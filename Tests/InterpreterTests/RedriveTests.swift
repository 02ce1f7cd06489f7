import Interpreter
import JSONValue
import StatesLanguage
import TestSupport
import Testing

/// Executions that are taken up again after they failed.
@Suite struct RedriveTests {
    /// A function that fails at first, by the state that calls it; its input says which.
    private final class Host {
        var failing: Set<String>
        private(set) var calls: [String] = []

        init(failing: Set<String>) { self.failing = failing }

        func answer(_ input: JSON) -> FunctionAnswer {
            let name = input["name"]?.stringValue ?? ""
            calls.append(name)
            return failing.contains(name) ? .failure("E", "not yet") : .success(.string("done \(name)"))
        }
    }

    private func world(_ definition: String, _ input: JSON = [:], failing: String...) throws -> (World, Host) {
        let host = Host(failing: Set(failing))
        nonisolated(unsafe) let shared = host
        let world = try play(definition, input) { _, input, _ in shared.answer(input) }
        return (world, host)
    }

    private func redrive(_ world: inout World) {
        let isTaken = world.redrive()
        #expect(isTaken)
    }

    private func call(_ name: String, _ more: String = #""End":true"#) -> String {
        #""\#(name)":{\#(function),"Parameters":{"name":"\#(name)"},\#(more)}"#
    }

    @Test func `the failed state is attempted again, and what succeeded is kept`() throws {
        let definition = """
            {"StartAt":"a","TimeoutSeconds":100,
            "States":{\(call("a", #""ResultPath":"$.a","Next":"b""#)),\(call("b", #""ResultPath":"$.b","End":true"#))}}
            """
        var (world, host) = try world(definition, failing: "b")
        #expect(world.error == "E")
        host.failing = []
        world.now = world.now.adding(seconds: 1_000)
        redrive(&world)
        world.run()
        #expect(world.problems == [])
        #expect(world.output == ["a": "done a", "b": "done b"])
        #expect(host.calls == ["a", "b", "b"])
        #expect(
            world.types.suffix(7)
                == [
                    "LambdaFunctionFailed", "ExecutionFailed", "ExecutionRedriven", "LambdaFunctionScheduled",
                    "LambdaFunctionStarted", "LambdaFunctionSucceeded", "TaskStateExited", "ExecutionSucceeded",
                ].suffix(7))
        #expect(world.details("ExecutionRedriven") == ["redriveCount": 1])
        let ids = world.history.compactMap { $0["id"]?.intValue }
        #expect(ids == Array(1...Int64(ids.count)))
        let again = world.redrive()
        #expect(!again)
    }

    @Test func `retries are counted anew`() throws {
        let retry = #""Retry":[{"ErrorEquals":["E"],"MaxAttempts":2,"IntervalSeconds":1}],"End":true"#
        var (world, host) = try world(#"{"StartAt":"a","States":{\#(call("a", retry))}}"#, failing: "a")
        #expect(host.calls.count == 3)
        for round in 2...3 {
            redrive(&world)
            world.run()
            #expect(host.calls.count == 3 * round && world.problems == [])
        }
        #expect(world.details("ExecutionRedriven", 1) == ["redriveCount": 2])
        #expect(world.execution.redriveCount == 2)
    }

    @Test func `of a Parallel state the branches that had not succeeded go on`() throws {
        let definition = """
            {"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
            {"StartAt":"a","States":{\(call("a"))}},
            {"StartAt":"b1","States":{\(call("b1", #""Next":"b2""#)),\(call("b2"))}},
            {"StartAt":"w","States":{"w":{"Type":"Wait","Seconds":1000,"Next":"c"},\(call("c"))}}]}}}
            """
        var (world, host) = try world(definition, failing: "b2")
        #expect(world.error == "E")
        host.failing = []
        redrive(&world)
        world.run()
        #expect(world.problems == [])
        #expect(world.output == ["done a", "done b2", "done c"])
        #expect(host.calls == ["a", "b1", "b2", "b2", "c"])
        #expect(world.types.filter { $0 == "ParallelStateStarted" }.count == 1)
    }

    @Test func `of a Map state the iterations that had not succeeded go on, tolerated ones too`() throws {
        let definition = """
            {"StartAt":"M","States":{"M":{"Type":"Map","ToleratedFailureCount":1,"End":true,"ItemsPath":"$.items",
            "ItemProcessor":{"StartAt":"p","States":{"p":{"Type":"Pass","Next":"f"},
            "f":{\(function),"Parameters":{"name.$":"$"},"End":true}}}}}}
            """
        var (world, host) = try world(definition, ["items": ["a", "b", "c", "d"]], failing: "b", "d")
        #expect(world.error == "States.ExceedToleratedFailureThreshold")
        host.failing = []
        redrive(&world)
        world.run()
        #expect(world.problems == [])
        #expect(world.output == ["done a", "done b", "done c", "done d"])
        #expect(host.calls.sorted() == ["a", "b", "b", "c", "d", "d"])
    }

    @Test func `a state that failed for the size of its data is rerun whole`() throws {
        let definition = """
            {"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
            {"StartAt":"a","States":{\(call("a"))}},{"StartAt":"b","States":{\(call("b"))}}]}}}
            """
        var limits = InterpreterLimits()
        limits.payloadBytes = 16
        let host = Host(failing: [])
        nonisolated(unsafe) let shared = host
        var world = try play(definition, limits: limits) { _, input, _ in shared.answer(input) }
        #expect(world.error == "States.DataLimitExceeded")
        redrive(&world)
        world.run()
        #expect(world.problems == [])
        #expect(host.calls == ["a", "b", "a", "b"])
        #expect(world.types.filter { $0 == "ParallelStateStarted" }.count == 2)
    }

    @Test func `a failure that was caught before is not gone back to`() throws {
        let definition = """
            {"StartAt":"a","States":{\(call("a", #""Catch":[{"ErrorEquals":["E"],"Next":"b"}],"End":true"#)),
            \(call("b"))}}
            """
        var (world, host) = try world(definition, failing: "a", "b")
        #expect(host.calls == ["a", "b"])
        host.failing = []
        redrive(&world)
        world.run()
        #expect(host.calls == ["a", "b", "b"])
        #expect(world.output == "done b")
    }

    @Test func `what was stopped or timed out goes on with everything that was under way`() throws {
        let definition = """
            {"StartAt":"P","TimeoutSeconds":50,"States":{"P":{"Type":"Parallel","End":true,"Branches":[
            {"StartAt":"w","States":{"w":{"Type":"Wait","Seconds":40,"End":true}}},
            {"StartAt":"t","States":{"t":{\(activity),"End":true}}}]}}}
            """
        var world = try play(definition)
        #expect(world.execution.status == .timedOut)
        let first = try #require(world.scheduled.last)
        for end in 0..<2 {
            redrive(&world)
            let task = try #require(world.scheduled.last)
            #expect(task.task > first.task && world.open == [task.task])
            if end == 0 {
                world.handle(.stop(StateFailure(error: nil, cause: nil)))
                #expect(world.execution.status == .aborted)
            } else {
                world.handle(.taskSucceeded(task: first.task, output: 1, worker: nil))
                #expect(world.execution.status == .running)
                world.handle(.taskSucceeded(task: task.task, output: 2, worker: nil))
                world.run()
            }
        }
        #expect(world.problems == [])
        #expect(world.execution.status == .succeeded)
    }

    @Test func `the context tells of redrives`() throws {
        let template = #""Parameters":{"name":"a","count.$":"$$.Execution.RedriveCount"},"End":true"#
        var (world, host) = try world(#"{"StartAt":"a","States":{"a":{\#(function),\#(template)}}}"#, failing: "a")
        host.failing = []
        redrive(&world)
        #expect(world.scheduled.map { $0.input["count"] } == [0, 1])
    }
}
