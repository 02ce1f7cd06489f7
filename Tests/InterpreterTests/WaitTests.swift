import Interpreter
import JSONValue
import StatesLanguage
import Testing

@Suite struct WaitTests {
    @Test(arguments: [
        (#""Seconds":10"#, 10.0),
        (#""SecondsPath":"$.s""#, 7),
        (#""Timestamp":"2023-11-14T22:13:25Z""#, 4.877),
        (#""TimestampPath":"$.t""#, 4.877),
        (#""Seconds":0"#, 0),
        (#""Timestamp":"2001-01-01T00:00:00Z""#, 0),
    ])
    func `waits as long as said`(_ fields: String, _ seconds: Double) throws {
        let world = try play(
            machine(#""Type":"Wait",\#(fields),"End":true"#), ["s": 7, "t": "2023-11-14T22:13:25Z"])
        #expect(world.execution.status == .succeeded)
        #expect(world.now == ExecutionIdentity.test.startedAt.adding(seconds: seconds))
        #expect(world.types == ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"])
    }

    @Test(arguments: [
        (#""SecondsPath":"$.no""#, "The SecondsPath parameter does not reference an input value: $.no"),
        (#""SecondsPath":"$.s""#, "The SecondsPath parameter references a negative value: $.s == -1"),
        (#""SecondsPath":"$.d""#, "The SecondsPath parameter cannot be parsed as a long value: $.d == 1.5"),
        (
            #""TimestampPath":"$.t""#,
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: "
                + "$.t == tomorrow"
        ),
    ])
    func `says what is wrong`(_ fields: String, _ problem: String) throws {
        let world = try play(
            machine(#""Type":"Wait",\#(fields),"End":true"#), ["s": -1, "d": 1.5, "t": "tomorrow"])
        #expect(world.error == "States.Runtime")
        #expect(
            world.cause == "An error occurred while executing the state 'S' (entered at the event id #2). " + problem)
    }

    @Test func `a waiting execution is nothing but a timer`() throws {
        var world = World(
            try StateMachineDefinition.compile(machine(#""Type":"Wait","Seconds":60,"End":true"#)), input: [:])
        #expect(world.execution.openTimers.map(\.purpose) == [.wait])
        #expect(!world.execution.wantsResume)
        world.handle(.timerFired(99))
        world.handle(.resume)
        #expect(world.types == ["ExecutionStarted", "WaitStateEntered"])
        #expect(world.problems == [])
    }
}
