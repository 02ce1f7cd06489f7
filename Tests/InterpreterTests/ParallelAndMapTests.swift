import Interpreter
import JSONValue
import StatesLanguage
import TestSupport
import Testing

@Suite struct ParallelAndMapTests {
    private func parallel(_ branches: [String], _ fields: String = #""End":true"#, more: String = "") -> String {
        let texts = branches.enumerated().map { #"{"StartAt":"B\#($0)","States":{"B\#($0)":{\#($1)}}}"# }
        return machine(#""Type":"Parallel","Branches":[\#(texts.joined(separator: ","))],\#(fields)"#, more: more)
    }

    private func map(_ state: String, _ fields: String = "", more: String = "") -> String {
        machine(
            #""Type":"Map",\#(fields)"ItemProcessor":{"StartAt":"I","States":{"I":{\#(state)}}},"End":true"#, more: more
        )
    }

    @Test func `branches run on links of their own`() throws {
        let world = try play(
            parallel([#""Type":"Pass","Result":1,"End":true"#, #""Type":"Wait","Seconds":5,"End":true"#]), ["a": 1])
        #expect(world.output == [1, ["a": 1]])
        #expect(
            world.types == [
                "ExecutionStarted", "ParallelStateEntered", "ParallelStateStarted", "PassStateEntered",
                "PassStateExited", "WaitStateEntered", "WaitStateExited", "ParallelStateSucceeded",
                "ParallelStateExited", "ExecutionSucceeded",
            ])
        #expect(world.previousIDs == [0, 0, 2, 3, 4, 3, 6, 7, 7, 9])
    }

    @Test func `a failing branch ends the others`() throws {
        var world = World(
            try StateMachineDefinition.compile(
                parallel(
                    [
                        #"\#(activity),"TimeoutSeconds":9,"End":true"#, #""Type":"Wait","Seconds":5,"End":true"#,
                        #"\#(activity),"End":true"#,
                    ], #""Catch":[{"ErrorEquals":["E"],"Next":"C"}],"End":true"#, more: #""C":{"Type":"Succeed"}"#)),
            input: [:])
        #expect(world.execution.openTasks.count == 2)
        let failing = try #require(world.scheduled.last)
        world.handle(.taskFailed(task: failing.task, failure: StateFailure(error: "E", cause: "c"), worker: nil))
        #expect(world.output == ["Error": "E", "Cause": "c"])
        #expect(
            world.types.suffix(10) == [
                "ActivityStarted", "ActivityFailed", "TaskStateAborted", "TaskStateAborted", "WaitStateAborted",
                "ParallelStateFailed", "ParallelStateExited", "SucceedStateEntered", "SucceedStateExited",
                "ExecutionSucceeded",
            ])
        #expect(world.open.subtracting([failing.task]).isEmpty)
        #expect(world.armed.isEmpty)
        #expect(world.problems == [])
    }

    @Test func `a Parallel state that is retried starts all branches again`() throws {
        let world = try play(
            parallel(
                [#""Type":"Fail","Error":"E""#],
                #""Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],"End":true"#))
        #expect(
            world.types == [
                "ExecutionStarted", "ParallelStateEntered", "ParallelStateStarted", "FailStateEntered",
                "ParallelStateStarted", "FailStateEntered", "ParallelStateFailed", "ExecutionFailed",
            ])
        #expect(world.previousIDs == [0, 0, 2, 3, 4, 5, 6, 7])
    }

    @Test func `a runtime error in a branch ends everything at once`() throws {
        let world = try play(
            parallel([
                #""Type":"Pass","Parameters":{"m.$":"$.nope"},"End":true"#,
                #""Type":"Wait","Seconds":5,"End":true"#,
            ]))
        #expect(world.types.suffix(2) == ["PassStateEntered", "ExecutionFailed"])
        #expect(world.previousIDs.last == 4)
        #expect(world.error == "States.Runtime")
    }

    @Test func `a Map runs its items`() throws {
        let world = try play(
            map(
                #""Type":"Pass","End":true"#,
                #""ItemsPath":"$.items","ItemSelector":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value","#
                    + #""x.$":"$.x"},"ResultPath":"$.out","#), ["items": ["a", "b"], "x": 1])
        #expect(
            world.output == [
                "items": ["a", "b"], "x": 1,
                "out": [["i": 0, "v": "a", "x": 1], ["i": 1, "v": "b", "x": 1]],
            ])
    }

    @Test func `a Map over nothing`() throws {
        let world = try play(map(#""Type":"Pass","End":true"#), [])
        #expect(world.output == [])
        #expect(world.previousIDs == [0, 0, 2, 3, 3, 5])
    }

    @Test func `what is not an array`() throws {
        let world = try play(map(#""Type":"Pass","End":true"#, #""ItemsPath":"$.x","#), ["x": 1])
        #expect(
            world.cause == "An error occurred while executing the state 'S' (entered at the event id #2). Reference "
                + "path \"$.x\" must point to array.")
    }

    @Test(arguments: [(0, 5), (1, 1), (2, 2), (7, 5)])
    func `no more at once than allowed`(_ concurrency: Int, _ most: Int) throws {
        var world = World(
            try StateMachineDefinition.compile(
                map(#"\#(activity),"End":true"#, #""MaxConcurrency":\#(concurrency),"#)), input: [1, 2, 3, 4, 5])
        var seen = 0
        while let task = world.execution.openTasks.last {
            #expect(world.execution.openTasks.count <= most)
            seen = max(seen, world.execution.openTasks.count)
            world.handle(.taskSucceeded(task: task.task, output: task.input, worker: nil))
        }
        #expect(seen == most)
        #expect(world.output == [1, 2, 3, 4, 5])
        #expect(world.problems == [])
    }

    @Test(arguments: [
        ("", "E"), (#""ToleratedFailureCount":1,"#, "States.ExceedToleratedFailureThreshold"),
        (#""ToleratedFailureCount":2,"#, nil), (#""ToleratedFailurePercentage":40,"#, nil),
        (#""ToleratedFailurePercentage":39.9,"#, "States.ExceedToleratedFailureThreshold"),
        (#""ToleratedFailureCountPath":"$[1]","#, "States.ExceedToleratedFailureThreshold"),
    ])
    func `failures are tolerated up to a limit`(_ fields: String, _ error: String?) throws {
        let world = try play(map("\(function),\"End\":true", fields), [0, 1, 0, 1, 0]) { _, input, _ in
            input == 1 ? .failure("E", "c") : .success(input)
        }
        #expect(world.error == error)
        if error == nil { #expect(world.output == [0, 0, 0]) }
    }

    @Test func `a failing iteration ends the others`() throws {
        var world = World(
            try StateMachineDefinition.compile(map(#"\#(activity),"End":true"#)), input: [1, 2])
        let task = try #require(world.execution.openTasks.first)
        world.handle(.taskFailed(task: task.task, failure: StateFailure(error: "E", cause: nil), worker: nil))
        #expect(
            world.types.suffix(7) == [
                "ActivityFailed", "TaskStateAborted", "MapIterationFailed", "TaskStateAborted",
                "MapIterationAborted", "MapStateFailed", "ExecutionFailed",
            ])
        #expect(world.problems == [])
    }

    @Test func `a Map over many items takes time and memory in proportion`() throws {
        var limits = InterpreterLimits()
        limits.events = 10_000_000
        let definition = try StateMachineDefinition.compile(map(#""Type":"Pass","End":true"#))
        var random = SeededGenerator(fixed: 1)
        let items: JSON = .array((0..<10_000).map { .int(Int64($0)) })
        var (execution, step) = Execution.start(
            .test, definition: definition, input: items, limits: limits, at: ExecutionIdentity.test.startedAt,
            using: &random)
        var steps = 1
        while step.wantsResume {
            #expect(step.events.count <= limits.transitionsPerStep * 3)
            step = execution.handle(.resume, at: ExecutionIdentity.test.startedAt, using: &random)
            steps += 1
        }
        #expect(execution.outcome?.output == items)
        #expect(steps > 10)
    }

    @Test func `deep nesting`() throws {
        var text = #"{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}"#
        for level in 0..<45 {
            text =
                #"{"StartAt":"P\#(level)","States":{"P\#(level)":{"Type":"Parallel","Branches":[\#(text)],"End":true}}}"#
        }
        let world = try play(text)
        #expect(world.execution.status == .succeeded)
    }

    @Test(arguments: [50, 200, InterpreterLimits().events]) func `an execution has room for so many events`(
        most: Int
    ) throws {
        #expect(InterpreterLimits().events == 25_000)
        var limits = InterpreterLimits()
        limits.events = most
        let world = try play(
            machine(
                #""Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"E"}],"Default":"S""#,
                more: #""E":{"Type":"Succeed"}"#), limits: limits)
        #expect(world.history.count == most)
        #expect(world.types.last == "ExecutionFailed")
        #expect(world.error == "States.Runtime")
        #expect(world.cause == "The execution reached the maximum number of history events (\(most)).")
    }
}
