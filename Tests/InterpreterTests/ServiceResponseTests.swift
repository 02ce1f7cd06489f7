import Interpreter
import JSONValue
import StatesLanguage
import TestSupport
import Testing

/// How the answers of services look, in history and to the states after them.
@Suite struct ServiceResponseTests {
    private func machine(_ resource: String, _ parameters: String) -> String {
        """
        {"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::\(resource)",
        "Parameters":\(parameters),"End":true}}}
        """
    }

    @Test func `the optimized integration shows the response around the answer, the SDK's does not`() throws {
        for (resource, isOptimized) in [("states:startExecution", true), ("aws-sdk:sfn:startExecution", false)] {
            var world = try play(machine(resource, #"{"StateMachineArn":"m"}"#))
            let task = try #require(world.scheduled.first)
            let name = isOptimized ? "states" : "aws-sdk:sfn"
            #expect(task.target == .service(name: name, action: "startExecution"))
            world.handle(.taskReturned(task: task.task, output: ["ExecutionArn": "a"], worker: nil))
            #expect(world.output?["ExecutionArn"] == "a")
            #expect((world.output?["SdkHttpMetadata"]?["HttpStatusCode"] == 200) == isOptimized)
            #expect(world.details("TaskScheduled")?["resourceType"] == .string(name))
            #expect(world.details("TaskScheduled")?["resource"] == "startExecution")
            #expect(world.problems == [])
        }
    }

    @Test(arguments: [TaskResource.Pattern.sync, .sync2, .waitForTaskToken])
    func `a task that waits for more is submitted first`(_ pattern: TaskResource.Pattern) throws {
        let token = #""Input":{"token.$":"$$.Task.Token"}"#
        var world = try play(
            machine("states:startExecution\(pattern.suffix)", #"{"StateMachineArn":"m",\#(token)}"#))
        let task = try #require(world.scheduled.first)
        #expect(task.pattern == pattern && task.input["Input"]?["token"] == .string(task.token.text))
        world.handle(.taskReturned(task: task.task, output: ["ExecutionArn": "a"], worker: nil))
        #expect(world.types.last == "TaskSubmitted")
        #expect(world.details("TaskSubmitted")?["resource"] == .string("startExecution" + pattern.suffix))
        world.handle(.taskSucceeded(task: task.task, output: "end", worker: nil))
        #expect(world.output == "end")
        #expect(world.problems == [])
    }

    @Test func `a function that is called as an event ends its task once it is delivered`() throws {
        for resource in ["lambda:invoke", "aws-sdk:lambda:invoke"] {
            let parameters = #"{"FunctionName":"g","InvocationType":"Event","Payload":{"x":1}}"#
            let text = machine(resource, parameters)
            for isFailure in [false, true] {
                var world = World(try StateMachineDefinition.compile(text), input: [:])
                let task = try #require(world.scheduled.first)
                #expect(task.input == ["x": 1] && world.execution.endsWhenDelivered(task.task))
                world.handle(
                    isFailure
                        ? .taskFailed(task: task.task, failure: StateFailure(error: "E", cause: nil), worker: "w")
                        : .taskSucceeded(task: task.task, output: .null, worker: nil))
                #expect(world.output?["StatusCode"] == 202 && world.output?["Payload"] == "")
                #expect(world.problems == [])
            }
        }
    }

    @Test func `the SDK's integration answers with a function's failure`() throws {
        let text = machine("aws-sdk:lambda:invoke", #"{"FunctionName":"f:7"}"#)
        let failed = try play(text) { _, _, _ in .failure("E", #"{"errorMessage": "m"}"#) }
        #expect(
            failed.output == [
                "ExecutedVersion": "7", "FunctionError": "Unhandled", "Payload": #"{"errorMessage": "m"}"#,
                "StatusCode": 200,
            ])
        let succeeded = try play(text) { _, _, _ in .success([1]) }
        #expect(succeeded.output == ["ExecutedVersion": "7", "Payload": "[1]", "StatusCode": 200])
        #expect(try play(text).error == "Lambda.ResourceNotFoundException")
    }
}
