import JSONValue
import Testing

@testable import baton

@Suite struct ExecutionProgressTests {
    /// Events as GetExecutionHistory returns them: id, previous id, type, time, details.
    private func event(
        _ id: Int64, _ previous: Int64, _ type: String, at time: Double, _ details: JSONObject = [:]
    ) -> JSON {
        .object([
            "id": .int(id), "previousEventId": .int(previous), "type": .string(type), "timestamp": .double(time),
            "someEventDetails": .object(details),
        ])
    }

    @Test func `a retry and a recovery are told`() {
        var progress = ExecutionProgress(style: Style(isOn: false))
        let events = [
            event(1, 0, "ExecutionStarted", at: 10),
            event(2, 1, "TaskStateEntered", at: 10, ["name": "Pay"]),
            event(3, 2, "ActivityScheduled", at: 10),
            event(4, 3, "ActivityStarted", at: 10),
            event(5, 4, "ActivityFailed", at: 10.1, ["error": "Down", "cause": "no answer"]),
            event(6, 5, "ActivityScheduled", at: 11.1),
            event(7, 6, "ActivityStarted", at: 11.2),
            event(8, 7, "ActivitySucceeded", at: 11.5),
            event(9, 8, "TaskStateExited", at: 11.5, ["name": "Pay"]),
            event(10, 9, "ExecutionSucceeded", at: 11.5),
        ]
        let name = "Pay".padded(to: 24)
        #expect(
            events.compactMap { progress.line(for: $0) } == [
                "    100 ms ✗ \(name) Down: no answer",
                "     1.1 s ↻ \(name) attempt 2",
                "     1.5 s ✓ \(name) 1.5 s",
            ])
        #expect(progress.current.isEmpty)
    }

    @Test func `a caught failure is not a success`() {
        var progress = ExecutionProgress(style: Style(isOn: false))
        let events = [
            event(1, 0, "ExecutionStarted", at: 0),
            event(2, 1, "TaskStateEntered", at: 0, ["name": "Pay"]),
            event(3, 2, "ActivityScheduled", at: 0),
            event(4, 3, "ActivityTimedOut", at: 5, ["error": "States.Timeout"]),
            event(5, 4, "TaskStateExited", at: 5, ["name": "Pay"]),
        ]
        #expect(events.compactMap { progress.line(for: $0) }.last?.contains("caught") == true)
    }

    @Test func `branches are told apart, and the state around them ends last`() {
        var progress = ExecutionProgress(style: Style(isOn: false))
        let events = [
            event(1, 0, "ExecutionStarted", at: 0),
            event(2, 1, "ParallelStateEntered", at: 0, ["name": "Both"]),
            event(3, 2, "ParallelStateStarted", at: 0),
            event(4, 3, "TaskStateEntered", at: 0, ["name": "Left"]),
            event(5, 3, "TaskStateEntered", at: 0, ["name": "Right"]),
        ]
        for event in events { #expect(progress.line(for: event) == nil) }
        #expect(progress.current == ["Both", "Left", "Right"])
        #expect(progress.line(for: event(6, 5, "TaskStateExited", at: 1, ["name": "Right"]))?.contains("Right") == true)
        #expect(progress.current == ["Both", "Left"])
        _ = progress.line(for: event(7, 4, "TaskStateExited", at: 2, ["name": "Left"]))
        _ = progress.line(for: event(8, 7, "ParallelStateSucceeded", at: 2))
        #expect(
            progress.line(for: event(9, 8, "ParallelStateExited", at: 2, ["name": "Both"]))?.contains("✓ Both") == true)
    }

    @Test func `what is no event is ignored`() {
        var progress = ExecutionProgress(style: Style(isOn: false))
        #expect(progress.line(for: [:]) == nil)
        #expect(progress.line(for: event(9, 8, "TaskStateExited", at: 0, ["name": "Unknown"])) == nil)
    }
}
