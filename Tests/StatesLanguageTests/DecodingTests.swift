import Intrinsics
import JSONPath
import JSONValue
import StatesLanguage
import Testing

/// What comes out of valid definitions.
@Suite struct DecodingTests {
    private func state(_ fields: String, others: String = "") throws -> State {
        try #require(try StateMachineDefinition.compile(machine(fields, others: others)).states["A"])
    }

    @Test func `a machine keeps its fields`() throws {
        let definition = try StateMachineDefinition.compile(
            #"{"Comment": "c", "Version": "1.0", "TimeoutSeconds": 9, "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#
        )
        #expect(definition.comment == "c")
        #expect(definition.timeoutSeconds == 9)
        #expect(definition.queryLanguage == .jsonPath)
        #expect(definition.states.start?.name == "A")
        #expect(definition.states.start?.pointer == "/States/A")
        #expect(definition.states.start?.typeName == "Succeed")
    }

    @Test func `a Pass state has its data fields`() throws {
        let state = try state(
            """
            "Type": "Pass", "Comment": "c", "InputPath": null, "OutputPath": "$.o", "ResultPath": "$.r",
            "Result": {"x.$": 1}, "Parameters": {"p.$": "$.q", "u.$": "States.UUID()"}, "End": true
            """)
        guard case .pass(let pass) = state.kind else { return wrong("not a Pass state") }
        #expect(state.comment == "c")
        #expect(state.transition == .end)
        guard case .discard = state.inputPath, case .path(let output) = state.outputPath,
            case .path(let result) = pass.resultPath
        else { return wrong("paths got lost") }
        #expect(output.text == "$.o")
        #expect(result.text == "$.r")
        #expect(pass.result == ["x.$": 1])
        #expect(pass.parameters != nil)
    }

    @Test func `paths that change nothing are no paths`() throws {
        let state = try state(
            #""Type": "Pass", "InputPath": "$", "ResultPath": "$", "Next": "B""#,
            others: #", "B": {"Type": "Succeed"}"#)
        guard case .whole = state.inputPath, case .whole = state.outputPath, case .pass(let pass) = state.kind,
            case .replace = pass.resultPath
        else { return wrong("$ is the whole") }
        #expect(state.transition == .next("B"))
    }

    @Test func `a Task has its resource, limits and error handling`() throws {
        let state = try state(
            """
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "Next": "B",
            "TimeoutSecondsPath": "$.t", "HeartbeatSeconds": 3, "ResultSelector": {"a": 1}, "ResultPath": null,
            "Credentials": {"RoleArn": "r"},
            "Retry": [
              {"ErrorEquals": ["E"], "IntervalSeconds": 0, "MaxAttempts": 0, "BackoffRate": 1.5, "MaxDelaySeconds": 7,
               "JitterStrategy": "FULL"},
              {"ErrorEquals": ["States.ALL"]}
            ],
            "Catch": [{"ErrorEquals": ["States.TaskFailed", "F"], "Next": "B", "ResultPath": "$.error"}]
            """, others: #", "B": {"Type": "Succeed"}"#)
        guard case .task(let task) = state.kind else { return wrong("not a Task state") }
        #expect(task.resource.target == .function(name: "f"))
        guard case .path(let timeout) = task.timeout, case .constant(3) = task.heartbeat,
            case .discard = task.resultPath
        else { return wrong("fields got lost") }
        #expect(timeout.text == "$.t")
        #expect(task.resultSelector != nil && task.credentials != nil && task.parameters == nil)
        let first = task.retry[0]
        #expect(first.errors == ["E"])
        #expect(first.intervalSeconds == 0 && first.maxAttempts == 0 && first.backoffRate == 1.5)
        #expect(first.maxDelaySeconds == 7 && first.fullJitter)
        let second = task.retry[1]
        #expect(second.intervalSeconds == 1 && second.maxAttempts == 3 && second.backoffRate == 2)
        #expect(second.maxDelaySeconds == nil && !second.fullJitter)
        #expect(task.catchers.map(\.errors) == [["States.TaskFailed", "F"]])
        guard case .path(let place) = task.catchers[0].resultPath else {
            return wrong("the Catcher's ResultPath got lost")
        }
        #expect(place.text == "$.error")
    }

    @Test func `the four forms of Wait`() throws {
        func until(_ field: String) throws -> WaitState.Until? {
            guard case .wait(let wait) = try state(#""Type": "Wait", "End": true, \#(field)"#).kind else { return nil }
            return wait.until
        }
        guard case .seconds(5) = try until(#""Seconds": 5"#),
            case .secondsPath(let seconds) = try until(#""SecondsPath": "$.s""#),
            case .timestamp(let time) = try until(#""Timestamp": "1970-01-01T01:00:01+01:00""#),
            case .timestampPath(let place) = try until(#""TimestampPath": "$.t""#)
        else { return wrong("a form of Wait got lost") }
        #expect(seconds.text == "$.s")
        #expect(time.milliseconds == 1_000)
        #expect(place.text == "$.t")
    }

    @Test func `Fail takes texts, paths and intrinsic functions`() throws {
        func fail(_ fields: String) throws -> FailState? {
            guard case .fail(let fail) = try state(#""Type": "Fail"\#(fields)"#).kind else { return nil }
            return fail
        }
        let plain = try #require(try fail(""))
        guard case .none = plain.error, case .none = plain.cause else {
            return wrong("nothing is given")
        }
        let texts = try fail(#", "Error": "e", "Cause": "c""#)
        guard case .constant("e") = texts?.error, case .constant("c") = texts?.cause else {
            return wrong("texts got lost")
        }
        let paths = try fail(#", "ErrorPath": "$.e", "CausePath": "States.Format('{}', $.c)""#)
        guard case .path(let path) = paths?.error, case .intrinsic = paths?.cause else {
            return wrong("paths got lost")
        }
        #expect(path.text == "$.e")
    }

    @Test func `conditions nest`() throws {
        let state = try state(
            """
            "Type": "Choice", "Default": "B", "Choices": [
              {"And": [
                {"Not": {"Variable": "$.a", "IsPresent": false}},
                {"Or": [{"Variable": "$.b", "NumericEquals": 1.0}, {"Variable": "$.c", "StringMatches": "x*"}]}
              ], "Next": "B"},
              {"Variable": "$.d", "TimestampLessThanEqualsPath": "$.e", "Next": "C"}
            ]
            """, others: #", "B": {"Type": "Succeed"}, "C": {"Type": "Succeed"}"#)
        guard case .choice(let choice) = state.kind else { return wrong("not a Choice state") }
        #expect(choice.defaultNext == "B")
        #expect(choice.rules.map(\.next) == ["B", "C"])
        #expect(state.transition == nil)
        guard case .and(let parts) = choice.rules[0].condition, parts.count == 2, case .not(let inner) = parts[0],
            case .test(let variable, .isPresent(false), "IsPresent") = inner, case .or(let either) = parts[1],
            case .test(_, .numeric(.equals, .constant(let number)), _) = either[0],
            case .test(_, .stringMatches(let pattern), _) = either[1],
            case .test(_, .timestamp(.lessThanEquals, .path(let path)), let name) = choice.rules[1].condition
        else { return wrong("conditions got lost") }
        #expect(variable.text == "$.a" && path.text == "$.e" && name == "TimestampLessThanEqualsPath")
        #expect(number == .double(1))
        #expect(pattern.matches("xyz"))
    }

    @Test(arguments: [
        "StringEquals", "StringLessThan", "StringGreaterThan", "StringLessThanEquals", "StringGreaterThanEquals",
        "NumericEquals", "NumericLessThan", "NumericGreaterThan", "NumericLessThanEquals", "NumericGreaterThanEquals",
        "BooleanEquals", "TimestampEquals", "TimestampLessThan", "TimestampGreaterThan", "TimestampLessThanEquals",
        "TimestampGreaterThanEquals", "StringMatches", "IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean",
        "IsTimestamp",
    ])
    func `every operator is known`(name: String) throws {
        let isUnary = name.hasPrefix("Is")
        let constant =
            if isUnary || name.hasPrefix("Boolean") {
                "true"
            } else if name.hasPrefix("Numeric") {
                "1"
            } else if name.hasPrefix("Timestamp") {
                #""2024-01-01T00:00:00Z""#
            } else {
                #""x""#
            }
        let hasPath = !isUnary && name != "StringMatches"
        for (key, value) in [(name, constant)] + (hasPath ? [(name + "Path", #""$.other""#)] : []) {
            let state = try state(
                #""Type": "Choice", "Choices": [{"Variable": "$.v", "\#(key)": \#(value), "Next": "B"}]"#,
                others: #", "B": {"Type": "Succeed"}"#)
            guard case .choice(let choice) = state.kind, case .test(_, _, key) = choice.rules[0].condition else {
                return wrong("\(key) got lost")
            }
        }
    }

    @Test func `containers hold blocks, and all of them are found`() throws {
        let text = machine(
            """
            "Type": "Parallel", "Next": "M", "Branches": [
              {"StartAt": "P1", "States": {"P1": {"Type": "Succeed"}}},
              {"Comment": "c", "StartAt": "P2", "States": {"P2": {"Type": "Pass", "End": true}}}
            ]
            """,
            others: """
                , "M": {
                  "Type": "Map", "End": true, "ItemsPath": "$.items", "MaxConcurrency": 4, "Label": "l",
                  "ItemSelector": {"i.$": "$$.Map.Item.Index"}, "ToleratedFailureCount": 1,
                  "ToleratedFailurePercentagePath": "$.p",
                  "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "I", "States": {
                    "I": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:a", "End": true}
                  }}
                }
                """)
        let definition = try StateMachineDefinition.compile(text)
        guard case .parallel(let parallel) = definition.states["A"]?.kind,
            case .map(let map) = definition.states["M"]?.kind
        else { return wrong("containers got lost") }
        #expect(parallel.branches.map(\.startAt) == ["P1", "P2"])
        #expect(map.itemsPath?.text == "$.items" && map.label == "l" && map.itemSelector != nil)
        guard case .constant(4) = map.maxConcurrency, case .constant(1) = map.toleratedFailureCount,
            case .path(let percentage) = map.toleratedFailurePercentage
        else { return wrong("numbers got lost") }
        #expect(percentage.text == "$.p")
        #expect(definition.blocks.map(\.startAt) == ["A", "P1", "P2", "I"])
        #expect(map.processor.start?.pointer == "/States/M/ItemProcessor/States/I")
        #expect(definition.resources.map(\.target) == [.activity(name: "a")])
    }

    @Test func `the older names of Map are understood`() throws {
        let state = try state(
            #""Type": "Map", "End": true, "Parameters": {"x": 1}, "Iterator": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}"#
        )
        guard case .map(let map) = state.kind else { return wrong("not a Map state") }
        #expect(map.itemSelector != nil)
        #expect(map.processor.startAt == "I")
        #expect(map.maxConcurrency == nil)
    }
}
