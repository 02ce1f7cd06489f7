import AWSJSONAPI
import BatonTestKit
import JSONValue
import Orchestrator
import Testing

/// TestState as the API has it; what a test shows is tested with `StateTesting`.
@Suite(.timeLimit(.minutes(10))) struct TestStateTests {
    static let task = #"{"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true}"#
    static let pass = #"{"Type": "Pass", "End": true}"#

    @Test func `levels differ in what they tell`() async throws {
        try await Service.run { service in
            for (level, isTold) in [("INFO", false), ("DEBUG", true), ("TRACE", true)] {
                let answer = try await service.call(
                    "TestState",
                    [
                        "definition": .string(Self.pass), "input": #"{"a": 1}"#, "inspectionLevel": .string(level),
                    ])
                #expect(answer.status == 200)
                #expect(answer["output"] == #"{"a": 1}"#)
                #expect((answer.body["inspectionData"] != nil) == isTold)
            }
            let plain = try await service.call("TestState", ["definition": .string(Self.pass)])
            #expect(plain.body == ["output": "{}", "status": "SUCCEEDED"])
        }
    }

    static let refusals: [(request: JSON, code: String, message: String)] = [
        (
            [:], "ValidationException",
            "1 validation error detected: Value null at 'definition' failed to satisfy constraint: Member must not be "
                + "null"
        ),
        (
            ["definition": .string(pass), "inspectionLevel": "LOUD"], "ValidationException",
            "1 validation error detected: Value 'LOUD' at 'inspectionLevel' failed to satisfy constraint: Member must "
                + "satisfy enum value set: [INFO, DEBUG, TRACE]"
        ),
        (
            ["definition": .string(task), "mock": ["fieldValidationMode": "LAX", "result": "1"]],
            "ValidationException",
            "1 validation error detected: Value 'LAX' at 'mock.fieldValidationMode' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [STRICT, PRESENT, NONE]"
        ),
        (
            ["definition": .string(task), "stateConfiguration": ["retrierRetryCount": -1]], "ValidationException",
            "1 validation error detected: Value '-1' at 'stateConfiguration.retrierRetryCount' failed to satisfy "
                + "constraint: Member must have value greater than or equal to 0"
        ),
        (
            ["definition": .string(task), "mock": ["result": 5]], "SerializationException",
            "NUMBER_VALUE can not be converted to a String"
        ),
        (
            ["definition": .string(pass), "input": "x"], "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Unrecognized token 'x': was expecting (JSON String, Number, Array,"
                + " Object or token 'null', 'true' or 'false')'"
        ),
        (
            ["definition": .string(pass), "roleArn": "role"], "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: role'"
        ),
        (
            ["definition": "{"], "InvalidDefinition", ""
        ),
        (
            ["definition": .string(pass), "stateName": "A"], "InvalidDefinition", ""
        ),
        (["definition": .string(task)], "ValidationException", "RoleArn must be specified when testing a Task state"),
    ]

    @Test(arguments: refusals.indices)
    func `a request is refused`(_ index: Int) async throws {
        let (request, code, message) = Self.refusals[index]
        try await Service.run { service in
            let answer = try await service.call("TestState", request)
            #expect(answer.status == 400)
            #expect(answer.code == code)
            if message.isEmpty {
                #expect(answer.message?.hasPrefix("Invalid State Machine Definition: '") == true)
            } else {
                #expect(answer.message == message)
            }
        }
    }

    @Test func `a Wait of no time does not wait, and one whose client is gone ends`() async throws {
        try await Service.run { service in
            let brief = try await service.call(
                "TestState", ["definition": #"{"Type": "Wait", "Seconds": 0, "Next": "N"}"#])
            #expect(brief["nextState"] == "N")
            let gone = OneShot()
            gone.fire()
            let abandoned = try await service.call(
                "TestState", ["definition": #"{"Type": "Wait", "Seconds": 200, "Next": "N"}"#], hangUp: gone)
            #expect(abandoned.status == 503)
        }
    }

    @Test func `nothing is stored`() async throws {
        try await Service.run { service in
            _ = try await service.call("TestState", ["definition": .string(Self.pass)])
            let machines = try await service.call("ListStateMachines")
            #expect(machines.body["stateMachines"] == [])
        }
    }
}
