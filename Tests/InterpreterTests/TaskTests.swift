import Interpreter
import JSONValue
import StatesLanguage
import Testing

@Suite struct TaskTests {
    private func start(_ fields: String, _ input: JSON = [:]) throws -> World {
        World(try StateMachineDefinition.compile(machine(fields)), input: input)
    }

    @Test func `an activity's task is started by who takes it`() throws {
        var world = try start(#"\#(activity),"TimeoutSeconds":60,"HeartbeatSeconds":10,"End":true"#, ["a": 1])
        let task = try #require(world.scheduled.first)
        #expect(task.target == .activity(arn: "arn:aws:states:us-east-1:123456789012:activity:work", name: "work"))
        #expect(task.token.text == world.execution.openTasks.first?.token.text)
        #expect(task.attempt == 0)
        #expect(world.execution.openTimers.map(\.purpose) == [.taskTimeout])
        world.now = world.now.adding(seconds: 3)
        world.handle(.taskStarted(task: task.task, worker: "me", at: world.now.adding(seconds: -1)))
        #expect(Set(world.execution.openTimers.map(\.purpose)) == [.taskTimeout, .heartbeat])
        #expect(world.execution.openTimers.last?.timer == task.heartbeatTimer)
        world.handle(.taskStarted(task: task.task, worker: "another", at: world.now))
        world.handle(.taskSucceeded(task: task.task, output: "done", worker: "me"))
        world.handle(.taskSucceeded(task: task.task, output: "again", worker: "me"))
        #expect(
            world.types == [
                "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivitySucceeded",
                "TaskStateExited", "ExecutionSucceeded",
            ])
        #expect(world.details("ActivityStarted") == ["workerName": "me"])
        #expect(world.history[3]["timestamp"] == .double(ExecutionIdentity.test.startedAt.seconds + 2))
        #expect(world.details("ActivityScheduled")?["heartbeatInSeconds"] == 10)
        #expect(world.output == "done")
        #expect(world.execution.openTimers.isEmpty && world.armed.isEmpty)
        #expect(world.problems == [])
    }

    @Test func `an answer without a start stands for it`() throws {
        var world = try start(#"\#(activity),"End":true"#)
        world.handle(.taskFailed(task: 1, failure: StateFailure(error: "E", cause: "c"), worker: "w"))
        #expect(
            world.types == [
                "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivityFailed",
                "ExecutionFailed",
            ])
        #expect(world.previousIDs == [0, 0, 2, 3, 4, 5])
        #expect(world.problems == [])
    }

    @Test func `functions are started when they are scheduled`() throws {
        let world = try play(machine(#"\#(function),"End":true"#), ["a": 1]) { _, input, _ in .success(input) }
        #expect(
            world.types == [
                "ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled", "LambdaFunctionStarted",
                "LambdaFunctionSucceeded", "TaskStateExited", "ExecutionSucceeded",
            ])
    }

    @Test func `a callback waits for who holds the token`() throws {
        let compiled = try StateMachineDefinition.compile(machine(#"\#(callback),"HeartbeatSeconds":5,"End":true"#))
        var world = World(compiled, input: [:]) { _, _, _ in .success("thanks") }
        let task = try #require(world.scheduled.first)
        #expect(task.waitsForToken)
        #expect(task.input == ["token": .string(task.token.text)])
        #expect(TaskToken(task.token.text) == task.token)
        #expect(world.execution.openTimers.map(\.purpose) == [.heartbeat])
        _ = world.next()
        #expect(world.types.last == "TaskSubmitted")
        world.handle(.taskSucceeded(task: task.task, output: ["by": "a person"], worker: nil))
        #expect(world.output == ["by": "a person"])
        #expect(
            world.details("TaskSucceeded") == [
                "resourceType": "lambda", "resource": "invoke.waitForTaskToken",
                "output": #"{"by":"a person"}"#, "outputDetails": ["truncated": false],
            ])
        #expect(world.problems == [])
    }

    @Test(arguments: [("TimeoutSeconds\":7", 7.0), ("TimeoutSecondsPath\":\"$.t", 6), ("TimeoutSeconds\":9", 9)])
    func `a task times out`(_ field: String, _ seconds: Double) throws {
        let quoted = field.hasSuffix("$.t") ? field + "\"" : field
        let world = try play(machine("\(function),\"\(quoted),\"End\":true"), ["t": 6]) { _, input, _ in
            .success(input, after: 100)
        }
        #expect(world.types.suffix(2) == ["LambdaFunctionTimedOut", "ExecutionFailed"])
        #expect(world.details("LambdaFunctionTimedOut") == ["error": "States.Timeout"])
        #expect(world.error == "States.Timeout")
        #expect(world.cause == nil)
        #expect(world.now == ExecutionIdentity.test.startedAt.adding(seconds: seconds))
        #expect(world.open.isEmpty)
    }

    @Test(arguments: ["States.Timeout", "States.HeartbeatTimeout", "States.ALL"])
    func `a missing heartbeat is caught`(_ name: String) throws {
        let world = try play(
            machine(
                #"\#(callback),"HeartbeatSeconds":5,"Catch":[{"ErrorEquals":["\#(name)"],"Next":"C"}],"End":true"#,
                more: #""C":{"Type":"Pass","End":true}"#)
        ) { _, _, _ in .success("thanks") }
        #expect(world.output == ["Error": "States.Timeout", "Cause": ""])
        #expect(world.now == ExecutionIdentity.test.startedAt.adding(seconds: 5))
    }

    @Test func `States.TaskFailed is everything but a time-out`() throws {
        let fields =
            #""TimeoutSeconds":2,"Catch":[{"ErrorEquals":["States.TaskFailed"],"Next":"C"}],"End":true"#
        let late = try play(machine("\(function),\(fields)", more: #""C":{"Type":"Succeed"}"#)) { _, _, _ in
            .success(1, after: 5)
        }
        #expect(late.error == "States.Timeout")
        let failed = try play(machine("\(function),\(fields)", more: #""C":{"Type":"Succeed"}"#)) { _, _, _ in
            .failure("Anything", "c")
        }
        #expect(failed.output == ["Error": "Anything", "Cause": "c"])
    }

    @Test func `the machine's own time-out`() throws {
        let world = try play(
            #"{"TimeoutSeconds":5,"StartAt":"S","States":{"S":{"Type":"Wait","Seconds":60,"End":true}}}"#)
        #expect(world.execution.status == .timedOut)
        #expect(world.types.last == "ExecutionTimedOut")
        #expect(world.armed.isEmpty)
    }

    @Test func `stopping cancels what is open`() throws {
        var world = try start(#"\#(activity),"TimeoutSeconds":60,"End":true"#)
        world.handle(.stop(StateFailure(error: "Mine", cause: "enough")))
        #expect(world.execution.outcome?.status == .aborted)
        #expect(world.details("ExecutionAborted") == ["error": "Mine", "cause": "enough"])
        #expect(world.open.isEmpty && world.armed.isEmpty)
        #expect(world.problems == [])
    }

    @Test func `an unknown function`() throws {
        let world = try play(machine(#"\#(function),"End":true"#))
        #expect(world.error == "Lambda.ResourceNotFoundException")
    }

    @Test(arguments: [
        ("f", "f"), ("f:PROD", "f"), ("arn:aws:lambda:us-east-1:123456789012:function:f", "f"),
        ("arn:aws:lambda:us-east-1:123456789012:function:f:1", "f"), ("123456789012:function:f", "f"),
    ])
    func `a FunctionName has many forms`(_ text: String, _ name: String) throws {
        let world = try start(
            #""Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"\#(text)"},"End":true"#
        )
        #expect(world.scheduled.first?.target == .function(name: name))
        #expect(world.scheduled.first?.input == [:])
    }
}
