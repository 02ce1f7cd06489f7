import ExecutionLogs
import Interpreter
import JSONValue
import Orchestrator
import StatesLanguage
import Testing

/// What Step Functions writes to CloudWatch Logs: facts from its documentation and from logs of its own.
@Suite struct LogEventTextTests {
    private static func event(_ id: Int, _ previous: Int, _ kind: JournalEvent.Kind) -> JournalEvent {
        JournalEvent(
            id: id, previousID: previous, time: Timestamp(microseconds: 1_718_000_000_123_456), scope: 0, kind: kind)
    }

    private static let failure = StateFailure(error: "E", cause: "because")

    private static let cases: [(JournalEvent, withData: JSON, without: JSON)] = [
        (
            event(1, 0, .executionStarted(input: ["a": 1], roleARN: "role", timeout: nil)),
            ["input": #"{"a":1}"#, "inputDetails": ["truncated": false], "roleArn": "role"], ["roleArn": "role"]
        ),
        (
            event(2, 0, .stateEntered(.pass, name: "P", input: [])),
            ["name": "P", "input": "[]", "inputDetails": ["truncated": false]], ["name": "P"]
        ),
        (
            event(3, 2, .stateExited(.pass, name: "P", output: 7, assigned: ["x": 1], next: nil)),
            [
                "name": "P", "output": "7", "outputDetails": ["truncated": false], "assignedVariables": ["x": "1"],
                "assignedVariablesDetails": ["truncated": false],
            ], ["name": "P"]
        ),
        (
            event(4, 3, .executionSucceeded(output: 7)), ["output": "7", "outputDetails": ["truncated": false]],
            .object(JSONObject())
        ),
        (
            event(4, 3, .executionFailed(failure)), ["error": "E", "cause": "because"],
            ["error": "E", "cause": "because"]
        ),
        (event(5, 4, .parallelSucceeded), .object(JSONObject()), .object(JSONObject())),
    ]

    @Test(arguments: cases.indices) func `an event is logged as AWS logs it`(index: Int) throws {
        let (event, withData, without) = Self.cases[index]
        for (includesData, details) in [(true, withData), (false, without)] {
            let step = LoggedEvents(
                logGroup: "/g", executionARN: "arn:x", redriveCount: 2, includesData: includesData, events: [event])
            let text = try #require(LogEventText.json(event, of: step))
            #expect(text["details"] == details)
            #expect(text["id"] == .string(String(event.id ?? 0)))
            #expect(text["previous_event_id"] == .string(String(event.previousID)))
            #expect(text["event_timestamp"] == "1718000000123")
            #expect(text["execution_arn"] == "arn:x" && text["redrive_count"] == "2")
            #expect(text["type"]?.stringValue == History.type(of: event.kind))
            #expect(text.objectValue?.members.count == 7)
        }
    }

    @Test func `levels let through what AWS's table says`() {
        let kinds: [(JournalEvent.Kind, error: Bool, fatal: Bool)] = [
            (.executionStarted(input: 1, roleARN: "", timeout: nil), false, false),
            (.executionSucceeded(output: 1), false, false), (.executionFailed(Self.failure), true, true),
            (.executionTimedOut, true, true), (.executionAborted(Self.failure), true, true),
            (.stateEntered(.fail, name: "F", input: 1), true, false),
            (.stateEntered(.task, name: "T", input: 1), false, false), (.stateAborted(.wait), true, false),
            (.mapFailed, true, false), (.mapSucceeded, false, false), (.parallelFailed, true, false),
            (.iterationFailed(name: "M", index: 0, tolerated: false), true, false),
            (.iterationAborted(name: "M", index: 0), true, false),
            (.iterationSucceeded(name: "M", index: 0), false, false),
            (.taskFailed(task: 1, .invoke, resource: "invoke", Self.failure), true, false),
            (.taskTimedOut(task: 1, .function, resource: "f", Self.failure), true, false),
            (.taskStarted(task: 1, .invoke, resource: "invoke", worker: nil), false, false),
        ]
        for (kind, error, fatal) in kinds {
            let levels: [(LoggingSettings.Level, Bool)] = [(.all, true), (.error, error), (.fatal, fatal)]
            for (level, expected) in levels {
                let settings = LoggingSettings(level: level, includesData: false, logGroup: "g")
                #expect(settings.includes(kind) == expected, "\(History.type(of: kind)) at \(level)")
            }
        }
    }

    @Test(arguments: [
        (
            "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/orders:*",
            "/aws/vendedlogs/states/orders"
        ),
        ("arn:aws-cn:logs:cn-north-1:1:log-group:plain", "plain"),
        ("arn:aws:logs:us-east-1:1:log-group:", nil), ("arn:aws:s3:::bucket", nil), ("nonsense", nil),
    ])
    func `a destination names a group`(arn: String, group: String?) {
        #expect(LoggingSettings.logGroup(ofARN: arn) == group)
    }
}
