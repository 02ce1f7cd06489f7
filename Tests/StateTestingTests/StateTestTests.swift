import Interpreter
import JSONValue
import StateTesting
import StatesLanguage
import Testing

/// What a test tells of each kind of state.
@Suite struct StateTestTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var request: StateTestRequest
        var answer: JSON

        init(_ name: String, _ request: StateTestRequest, _ answer: JSON) {
            self.name = name
            self.request = request
            self.answer = answer
        }

        var testDescription: String { name }
    }

    static let order: JSON = ["order": ["id": 7, "total": 12.5], "note": "x"]
    static let orderOnly: JSON = ["id": 7, "total": 12.5]

    static let plain: [Example] = [
        Example(
            "Pass shows each path",
            StateTestRequest(
                #"""
                {"Type": "Pass", "InputPath": "$.order", "Parameters": {"n.$": "$.id"}, "ResultPath": "$.done",
                 "OutputPath": "$.done", "Next": "Elsewhere"}
                """#, order),
            [
                "status": "SUCCEEDED", "nextState": "Elsewhere", "output": ["n": 7],
                "inspectionData": [
                    "input": order, "afterInputPath": orderOnly, "afterParameters": ["n": 7],
                    "afterResultSelector": ["n": 7],
                    "afterResultPath": ["order": orderOnly, "note": "x", "done": ["n": 7]],
                ],
            ]),
        Example(
            "Pass with a Result does not look at its input",
            StateTestRequest(#"{"Type": "Pass", "Result": [1], "ResultPath": "$.r", "End": true}"#, ["a": 1]),
            [
                "status": "SUCCEEDED", "output": ["a": 1, "r": [1]],
                "inspectionData": [
                    "input": ["a": 1], "result": [1], "afterResultSelector": [1],
                    "afterResultPath": ["a": 1, "r": [1]],
                ],
            ]),
        Example(
            "with JSONata there are no paths",
            StateTestRequest(
                #"{"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.note %}", "End": true}"#,
                order),
            ["status": "SUCCEEDED", "output": "x", "inspectionData": ["input": order]]),
        Example(
            "an expression that fails is a failure",
            StateTestRequest(
                #"{"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"a": ["{% $states.input.b %}"]}, "End": true}"#
            ),
            [
                "status": "FAILED", "error": "States.QueryEvaluationError",
                "cause":
                    "The JSONata expression '$states.input.b' specified for the field 'Output/a[0]' returned nothing (undefined).",
                "inspectionData": ["input": [:]],
            ]),
        Example(
            "Choice tells where it goes",
            StateTestRequest(
                #"""
                {"Type": "Choice", "Choices": [{"Variable": "$.note", "StringEquals": "x", "Next": "X"}],
                 "Default": "Other"}
                """#, order),
            [
                "status": "SUCCEEDED", "nextState": "X", "output": order,
                "inspectionData": ["input": order, "afterInputPath": order],
            ]),
        Example(
            "Succeed ends",
            StateTestRequest(#"{"Type": "Succeed", "InputPath": "$.order"}"#, order),
            [
                "status": "SUCCEEDED", "output": orderOnly,
                "inspectionData": ["input": order, "afterInputPath": orderOnly],
            ]),
        Example(
            "Fail fails",
            StateTestRequest(#"{"Type": "Fail", "Error": "Lost", "CausePath": "$.note"}"#, order),
            ["status": "FAILED", "error": "Lost", "cause": "x", "inspectionData": ["input": order]]),
    ]

    @Test(arguments: plain)
    func `a state without a mock`(_ example: Example) throws {
        #expect(try Bench.answer(example.request) == example.answer)
        var short = example.answer.objectValue ?? JSONObject()
        short["inspectionData"] = nil
        #expect(try Bench.answer(example.request, level: .info) == .object(short))
    }

    static let send = #"""
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"MessageBody.$": "$.note"},
         "ResultSelector": {"id.$": "$.MessageId"}, "ResultPath": "$.sent", "Next": "After",
         "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 3, "MaxAttempts": 2, "BackoffRate": 3}],
         "Catch": [{"ErrorEquals": ["Never"], "Next": "A"},
                   {"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.e", "Next": "B"}]}
        """#

    static let map = #"""
        {"Type": "Map", "QueryLanguage": "JSONata", "Items": "{% $states.input.list %}", "MaxConcurrency": 4,
         "ToleratedFailurePercentage": "{% 25 * 2 %}", "ItemSelector": {"i": "{% $states.context.Map.Item.Index %}"},
         "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "Each",
                           "States": {"Each": {"Type": "Pass", "End": true}}}, "End": true}
        """#

    static let list: JSON = ["list": ["a", "b"]]

    static let mocked: [Example] = [
        Example(
            "a Task hands its result on",
            StateTestRequest(send, ["note": "n"], mock: .result(#"{"MessageId": "1"}"#)),
            [
                "status": "SUCCEEDED", "nextState": "After", "output": ["note": "n", "sent": ["id": "1"]],
                "inspectionData": [
                    "input": ["note": "n"], "afterInputPath": ["note": "n"], "afterParameters": ["MessageBody": "n"],
                    "result": ["MessageId": "1"], "afterResultSelector": ["id": "1"],
                    "afterResultPath": ["note": "n", "sent": ["id": "1"]],
                ],
            ]),
        Example(
            "a retrier takes an error first",
            StateTestRequest(send, ["note": "n"], mock: .error("Busy", "c")),
            [
                "status": "RETRIABLE", "error": "Busy", "cause": "c",
                "inspectionData": [
                    "input": ["note": "n"], "afterInputPath": ["note": "n"], "afterParameters": ["MessageBody": "n"],
                    "errorDetails": ["retryIndex": 0, "retryBackoffIntervalSeconds": 3],
                ],
            ]),
        Example(
            "a catcher takes it when the attempts are used up",
            {
                var request = StateTestRequest(send, ["note": "n"], mock: .error("Busy", "c"))
                request.configuration.retrierRetryCount = 2
                return request
            }(),
            [
                "status": "CAUGHT_ERROR", "error": "Busy", "cause": "c", "nextState": "B",
                "output": ["note": "n", "e": ["Error": "Busy", "Cause": "c"]],
                "inspectionData": [
                    "input": ["note": "n"], "afterInputPath": ["note": "n"], "afterParameters": ["MessageBody": "n"],
                    "errorDetails": ["catchIndex": 1, "retryIndex": 0],
                ],
            ]),
        Example(
            "a Map shows what its iterations begin with",
            StateTestRequest(map, list, mock: .result("[1, 2]")),
            [
                "status": "SUCCEEDED", "output": [1, 2],
                "inspectionData": [
                    "input": list, "afterItemSelector": [["i": 0], ["i": 1]], "maxConcurrency": 4,
                    "toleratedFailurePercentage": 50.0,
                ],
            ]),
        Example(
            "half of the iterations may fail",
            {
                var request = StateTestRequest(map, list, mock: .result("[1, 2]"))
                request.configuration.mapIterationFailureCount = 1
                return request
            }(),
            [
                "status": "SUCCEEDED", "output": [1, 2],
                "inspectionData": [
                    "input": list, "afterItemSelector": [["i": 0], ["i": 1]], "maxConcurrency": 4,
                    "toleratedFailurePercentage": 50.0,
                ],
            ]),
        Example(
            "not all of them",
            {
                var request = StateTestRequest(map, list, mock: .result("[1, 2]"))
                request.configuration.mapIterationFailureCount = 2
                return request
            }(),
            [
                "status": "FAILED", "error": "States.ExceedToleratedFailureThreshold",
                "cause": "The specified tolerated failure threshold was exceeded",
                "inspectionData": [
                    "input": list, "afterItemSelector": [["i": 0], ["i": 1]], "maxConcurrency": 4,
                    "toleratedFailurePercentage": 50.0,
                ],
            ]),
        Example(
            "a Parallel shows what comes after its branches",
            StateTestRequest(
                #"""
                {"Type": "Parallel", "InputPath": "$.a", "ResultSelector": {"first.$": "$[0]"}, "ResultPath": "$.p",
                 "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}], "End": true}
                """#, ["a": 1], mock: .result("[[5]]")),
            [
                "status": "SUCCEEDED", "output": ["a": 1, "p": ["first": [5]]],
                "inspectionData": [
                    "input": ["a": 1], "afterResultSelector": ["first": [5]],
                    "afterResultPath": ["a": 1, "p": ["first": [5]]],
                ],
            ]),
    ]

    @Test(arguments: mocked)
    func `a state with a mock`(_ example: Example) throws {
        #expect(try Bench.answer(example.request) == example.answer)
    }

    static let readers: [(config: String, data: String)] = [
        (#"{"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItems": 3}"#, "a\n1\n2\n3\n4\n"),
        (
            #"{"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"], "CSVDelimiter": "PIPE"}"#,
            "1|x\n2\n3"
        ),
        (#"{"InputType": "JSONL"}"#, #"{"a": "1"}"# + "\n\n" + #"{"a": "2"}"# + "\n" + #"{"a": "3"}"#),
        (#"{"InputType": "JSON", "MaxItems": 3}"#, #"[{"a": "1"}, {"a": "2"}, {"a": "3"}, {"a": "4"}]"#),
    ]

    @Test(arguments: readers)
    func `what a reader reads comes in batches`(_ config: String, _ data: String) throws {
        var request = StateTestRequest(
            """
            {"Type": "Map", "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": \(config),
               "Parameters": {"Bucket": "b", "Key": "k"}},
             "ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"x.$": "$.y"}},
             "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "E",
                               "States": {"E": {"Type": "Succeed"}}}, "End": true}
            """, ["y": 1], mock: .result("[]"))
        request.configuration.mapItemReaderData = data
        let shown = try Bench.answer(request)["inspectionData"]
        #expect(
            shown?["afterItemBatcher"] == [
                ["BatchInput": ["x": 1], "Items": [["a": "1"], ["a": "2"]]],
                ["BatchInput": ["x": 1], "Items": [["a": "3"]]],
            ])
    }

    @Test func `a state within a Map of a machine, with variables`() throws {
        var request = StateTestRequest(
            definition: #"""
                {"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {
                  "StartAt": "Inner", "States": {
                    "Inner": {"Type": "Pass", "Parameters": {"sum.$": "States.MathAdd($.n, $add)"}, "Next": "Last",
                              "Assign": {"add.$": "$.sum"}},
                    "Last": {"Type": "Succeed"}}}}}}
                """#, stateName: "Inner", input: ["n": 1])
        request.variables = #"{"add": 41}"#
        let answer = try Bench.answer(request)
        #expect(answer["output"] == ["sum": 42])
        #expect(answer["nextState"] == "Last")
        #expect(answer["inspectionData"]?["variables"] == ["add": 42])
    }

    @Test func `a Wait state says until when, and goes on`() throws {
        var random = SystemRandomNumberGenerator()
        var test = try Bench.test(StateTestRequest(#"{"Type": "Wait", "SecondsPath": "$.s", "Next": "N"}"#, ["s": 90]))
        guard case .time(let due) = test.need else {
            Issue.record("it does not wait")
            return
        }
        #expect(due == Bench.now.adding(seconds: 90))
        test.timePassed(at: due, using: &random)
        #expect(test.report.status == .succeeded)
        #expect(test.report.nextState == "N")
        test.timePassed(at: due, using: &random)
        #expect(test.report.status == .succeeded)
    }

    @Test func `a Task without a mock says what it calls`() throws {
        var random = SystemRandomNumberGenerator()
        var request = StateTestRequest(
            #"""
            {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 9, "End": true,
             "Parameters": {"FunctionName": "f", "Payload.$": "$"}}
            """#, ["a": 1])
        request.roleARN = "arn:aws:iam::111122223333:role/r"
        var test = try Bench.test(request)
        guard case .call(let call) = test.need else {
            Issue.record("it calls nothing")
            return
        }
        #expect(call.resource.arn == "arn:aws:states:::lambda:invoke")
        #expect(call.parameters == ["FunctionName": "f", "Payload": ["a": 1]])
        #expect(call.timeoutSeconds == 9)
        test.answer(.timeout, at: Bench.now, using: &random)
        #expect(test.report.status == .failed)
        #expect(test.report.error == "States.Timeout")
    }

    @Test func `the context object is made up, or handed out as given`() throws {
        let whole =
            #"{"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"c.$": "$$"}, "End": true}"#
        var request = StateTestRequest(whole, ["a": 1], mock: .result("{}"))
        let made = try Bench.answer(request)["inspectionData"]?["afterParameters"]?["c"]
        #expect(
            made == [
                "Execution": [
                    "Id": "arn:aws:states:eu-west-1:111122223333:express:M:E", "Input": ["a": 1], "Name": "E",
                    "RoleArn": nil, "StartTime": "2026-01-01T00:00:00.000Z",
                ],
                "StateMachine": ["Id": "arn:aws:states:eu-west-1:111122223333:stateMachine:M", "Name": "M"],
                "State": ["Name": "StateName", "EnteredTime": "2026-01-01T00:00:00.000Z", "RetryCount": 0],
            ])
        request.context = #"{"Execution": {"Input": [1]}, "Map": {"Item": {"Index": 3, "Value": "v"}}}"#
        let given = try Bench.answer(request)["inspectionData"]?["afterParameters"]?["c"]
        #expect(given == (try JSON(parsing: request.context ?? "")))
    }

    @Test func `values that pass unchanged keep their white space`() throws {
        var request = StateTestRequest(
            #"{"Type": "Pass", "InputPath": "$.a", "ResultPath": "$.r", "End": true}"#)
        request.inputText = #"{"a" : [ 1, "x ]" ], "b":[2]}"#
        request.input = try JSON(parsing: request.inputText ?? "")
        let answer = try Bench.test(request).report.json(level: .debug)
        #expect(answer["inspectionData"]?["input"]?.stringValue == request.inputText)
        #expect(answer["inspectionData"]?["afterInputPath"]?.stringValue == #"[ 1, "x ]" ]"#)
        #expect(answer["output"]?.stringValue == #"{"a":[ 1, "x ]" ],"b":[2],"r":[ 1, "x ]" ]}"#)
    }
}
