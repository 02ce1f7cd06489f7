import JSONValue
import StateTesting
import Testing

/// Requests that are refused, and with which words.
@Suite struct RefusalTests {
    static let task = #"{"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true}"#
    static let map = #"""
        {"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}, "End": true}
        """#

    static func changed(
        _ definition: String = task, mock: StateTestRequest.Mock? = .result("{}"),
        _ change: (inout StateTestRequest) -> Void = { _ in }
    ) -> StateTestRequest {
        var request = StateTestRequest(definition, [1], mock: mock)
        change(&request)
        return request
    }

    static let cases: [(StateTestRequest, StateTestError.Code, String)] = [
        (
            changed(mock: .init(result: "1", error: .init(error: "E", cause: nil))), .invalidRequest,
            "A test mock should have only one of the following fields: [result, errorOutput]."
        ),
        (
            changed { $0.revealSecrets = true }, .invalidRequest,
            "TestState does not support RevealSecrets when a mock is specified."
        ),
        (
            changed(#"{"Type": "Wait", "Seconds": 1, "End": true}"#), .invalidRequest,
            "State type 'Wait' is not supported when a mock is specified"
        ),
        (
            changed(map, mock: nil), .invalidDefinition,
            "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, "
                + "Succeed, Fail, Choice]"
        ),
        (changed(mock: nil), .invalidRequest, "RoleArn must be specified when testing a Task state"),
        (
            changed(mock: nil) { $0.configuration.retrierRetryCount = 1 }, .invalidRequest,
            "TestState does not support RetrierRetryCount when a mock is not specified."
        ),
        (changed(map), .invalidRequest, "Mocked result must be an array."),
        (changed(mock: .result("{")), .invalidRequest, "Mocked result must be valid JSON"),
        (
            changed { $0.context = #"{"Execution": {"Nmae": "x"}}"# }, .invalidRequest,
            "Invalid Context object provided: Field 'Nmae' is not allowed"
        ),
        (
            changed { $0.context = #"{"Task": {"Token": "t"}}"# }, .invalidRequest,
            "Invalid Context object provided: Context object contains 'Task' when state is not a Task state with a "
                + "'.sync' or '.waitForTaskToken' service integration pattern"
        ),
        (
            changed(map, mock: .result("[]")) { $0.configuration.mapIterationFailureCount = 2 }, .invalidRequest,
            "MapIterationFailureCount (2) exceeds the number of items of the Map state (1)"
        ),
        (
            changed(map, mock: .error("E")) { $0.configuration.errorCausedByState = "J" }, .invalidRequest,
            "The state in ErrorCausedByState is not a state within the Map state"
        ),
        (
            changed(#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#, mock: nil) { $0.stateName = "B" },
            .invalidRequest, "State not found in definition"
        ),
        (
            changed(#"{"Type": "Pass"}"#, mock: nil), .invalidDefinition,
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: This object should have only one of the "
                + "following fields: [Next, End] at /States/StateName'"
        ),
    ]

    @Test(arguments: cases.indices)
    func `a request is refused`(_ index: Int) {
        let (request, code, message) = Self.cases[index]
        let error = Bench.refusal(request)
        #expect(error?.code == code)
        #expect(error?.message == message)
    }

    /// What a mocked result may be, by the service's own model.
    static let results: [(resource: String, result: String, mode: StateTestRequest.Validation, problem: String?)] = [
        ("sns:publish", #"{"MessageId": 5}"#, .strict, "Field 'MessageId' must be a string"),
        ("sns:publish", #"{"MessageId": 5}"#, .none, nil),
        ("sns:publish", #"{"Anything": 5}"#, .strict, nil),
        ("sns:publish", "[]", .strict, "Mocked result must be a JSON object"),
        ("sqs:sendMessage", #"{"MD5OfMessageBody": []}"#, .strict, "Field 'MD5OfMessageBody' must be a string"),
        ("aws-sdk:sfn:createActivity", "{}", .strict, "Required field 'ActivityArn' is missing"),
        ("aws-sdk:sfn:createActivity", "{}", .present, nil),
        (
            "aws-sdk:sfn:createActivity", #"{"ActivityArn": "", "CreationDate": "x"}"#, .present,
            "Field 'ActivityArn' is smaller than the minimum length"
        ),
        (
            "aws-sdk:sfn:listExecutions", #"{"Executions": [{"Status": "BORED"}]}"#, .present,
            "Field 'Status' is not an expected value"
        ),
        (
            "aws-sdk:dynamodb:getItem", #"{"Item": {"k": {"BOOL": 1}}}"#, .present, "Field 'BOOL' must be a boolean"
        ),
        ("aws-sdk:dynamodb:getItem", #"{"Item": {"k": 1}}"#, .present, "Field 'k' must be an object"),
        ("aws-sdk:dynamodb:getItem", #"{"Item": [1]}"#, .present, "Field 'Item' must be an object"),
        ("aws-sdk:kms:decrypt", #"{"KeyId": {}}"#, .present, "Field 'KeyId' must be a string"),
        (
            "aws-sdk:lambda:getFunctionConfiguration", #"{"Timeout": 0}"#, .present,
            "Field 'Timeout' is smaller than the minimum value"
        ),
        ("lambda:invoke", #"{"Payload": {"any": 1}, "StatusCode": 200}"#, .strict, nil),
        ("lambda:invoke.waitForTaskToken", "[1]", .strict, nil),
        ("states:startExecution.sync:2", #"{"Output": {"a": 1}}"#, .present, nil),
        ("http:invoke", "[1]", .strict, nil),
    ]

    @Test(arguments: results.indices)
    func `a mocked result is held against the model`(_ index: Int) {
        let (resource, result, mode, problem) = Self.results[index]
        let definition = """
            {"Type": "Task", "Resource": "arn:aws:states:::\(resource)", "End": true, "Parameters": {
              "FunctionName": "f", "StateMachineArn": "a", "ApiEndpoint": "e", "Method": "GET"}}
            """
        let error = Bench.refusal(StateTestRequest(definition, mock: .result(result, mode)))
        #expect(error?.message == problem.map { "Mock result schema validation error: \($0)" })
    }
}
