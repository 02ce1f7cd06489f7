import Interpreter
import JSONValue
import StatesLanguage
import TestSupport
import Testing

@Suite struct JournalTests {
    @Test func `the stored form is for people too`() throws {
        let world = try play(machine(#""Type":"Wait","Seconds":1,"End":true"#), ["a": 1])
        let text = String(decoding: Journal.encode(world.journal), as: UTF8.self)
        #expect(
            text == #"""
                [{"id":1,"previous":0,"time":1700000000123000,"scope":0,"type":"ExecutionStarted","input":{"a":1},"roleArn":"arn:aws:iam::123456789012:role/test"},
                {"id":2,"previous":0,"time":1700000000123000,"scope":0,"type":"WaitStateEntered","state":"S","input":{"a":1}},
                {"previous":2,"time":1700000000123000,"scope":0,"type":"waitStarted","timer":{"timer":1,"due":1700000001123000}},
                {"previous":2,"time":1700000001123000,"scope":0,"type":"timerFired","fired":1},
                {"id":3,"previous":2,"time":1700000001123000,"scope":0,"type":"WaitStateExited","state":"S","output":{"a":1}},
                {"id":4,"previous":3,"time":1700000001123000,"scope":0,"type":"ExecutionSucceeded","output":{"a":1}}]
                """#)
        #expect(try Journal.decode(Array(text.utf8)) == world.journal)
        #expect(try Journal.decode(Journal.encode([])) == [])
    }

    /// Programs write them in one order, but people and their tools may not.
    @Test func `fields are read in any order`() throws {
        let states = [
            machine(#"\#(function),"TimeoutSeconds":9,"HeartbeatSeconds":3,"End":true"#),
            machine(#""Type":"Map","End":true,"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Succeed"}}}"#),
        ]
        for text in states {
            let world = try play(text, [1, 2]) { _, _, _ in .success(["x": 1]) }
            guard case .array(let events) = try JSON(parsing: Journal.encode(world.journal)) else { return }
            let turned = events.map { event -> JSON in
                guard case .object(let fields) = event else { return event }
                return .object(JSONObject(fields.members.reversed().map { ($0.key, $0.value) }))
            }
            #expect(try Journal.decode(Array(JSON.array(turned).serialized().utf8)) == world.journal)
        }
    }

    @Test(arguments: [
        "", "{}", "[1]", "[{}]", #"[{"id":1,"previous":0,"time":0,"scope":0,"type":"NoSuchEvent"}]"#,
        #"[{"id":1,"previous":0,"time":0,"scope":0,"type":"PassStateEntered","state":"S"}]"#,
        #"[{"previous":0,"time":0,"scope":0,"type":"MapStateFailed"}]"#,
        #"[{"id":"1","previous":0,"time":0,"scope":0,"type":"MapStateFailed"}]"#,
    ])
    func `what is no journal is refused`(_ text: String) {
        #expect(throws: JournalError.self) { try Journal.decode(Array(text.utf8)) }
    }

    @Test(arguments: [
        "", "[]", #"{"version":2}"#, #"{"version":1,"status":"RUNNING"}"#,
        #"{"version":1,"status":"RUNNING","lastEventId":1,"input":{},"nextTask":1,"nextTimer":1,"scopes":[{"parent":7}],"freeSlots":[],"ready":[],"tasks":[],"timers":[]}"#,
        #"{"version":1,"status":"RUNNING","lastEventId":1,"input":{},"nextTask":1,"nextTimer":1,"scopes":[],"freeSlots":[],"ready":[0],"tasks":[],"timers":[]}"#,
    ])
    func `what is no checkpoint is refused`(_ text: String) throws {
        let definition = try StateMachineDefinition.compile(machine(#""Type":"Succeed""#))
        #expect(throws: JournalError.self) {
            try Execution(checkpoint: Array(text.utf8), identity: .test, definition: definition)
        }
    }

    @Test func `an alien event does nothing`() throws {
        var world = try play(machine(#""Type":"Wait","Seconds":1,"End":true"#))
        world.handle(.resume)
        var execution = world.execution
        execution.apply(
            JournalEvent(
                id: nil, previousID: 0, time: Timestamp(microseconds: 0), scope: 99, kind: .timerFired(timer: 5)))
        #expect(execution == world.execution)
    }

    @Test func `history without execution data`() throws {
        let world = try play(machine(#"\#(function),"End":true"#)) { _, _, _ in .failure("E", "secret") }
        let events = world.journal.compactMap { History.event($0, includeExecutionData: false) }
        #expect(events.count == world.history.count)
        #expect(!events.contains { $0.serialized().contains("secret") })
        #expect(events[4]["lambdaFunctionFailedEventDetails"] == ["error": "E"])
    }

    @Test(arguments: [
        "", "a", "0.1.2", "0.1.2.3", "0.1.2.0000000000000000000000000000000g",
        "00.1.2.00000000000000000000000000000000",
        "0.1.2.0000000000000000000000000000000A",
    ])
    func `what is no token is refused`(_ text: String) { #expect(TaskToken(text) == nil) }

    @Test func `a token's text says all`() {
        var random = SeededGenerator(fixed: 5)
        for number in [0, 1, 35, 36, 1_000_000, Int.max] {
            let token = TaskToken(
                partition: number % 7, execution: Int64(number), task: number, secret: .init(using: &random))
            #expect(TaskToken(token.text) == token)
        }
    }
}
