import Interpreter
import JSONValue
import StatesLanguage

/// The text of a step's events, as it is stored and read again: a task that succeeded, and the next one scheduled.
enum JournalWorks {
    static let all = [
        Work("journal/write", unit: "events/s", count: Double(events.count), calls: 400_000) {
            { guard Journal.encode(events).count > 500 else { throw WorkFailed("events are missing") } }
        },
        Work("journal/read", unit: "events/s", count: Double(events.count), calls: 50_000) {
            let bytes = Journal.encode(events)
            return {
                guard try Journal.decode(bytes).count == events.count else { throw WorkFailed("events are missing") }
            }
        },
    ]

    private static let events: [JournalEvent] = {
        let task = #""Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","TimeoutSeconds":60"#
        let text = #"{"StartAt":"A","States":{"A":{\#(task),"Next":"B"},"B":{\#(task),"End":true}}}"#
        guard let definition = try? StateMachineDefinition.compile(text) else { return [] }
        let identity = ExecutionIdentity(
            key: 1, partition: 0, arn: "arn:aws:states:us-east-1:000000000000:execution:m:e", name: "e",
            stateMachineARN: "arn:aws:states:us-east-1:000000000000:stateMachine:m", stateMachineName: "m",
            roleARN: "r", startedAt: Timestamp(microseconds: 0))
        var random = SplitMix(state: 1)
        let now = Timestamp(microseconds: 1_700_000_000_000_000)
        var (execution, _) = Execution.start(
            identity, definition: definition, input: ["userId": "u-12345"], at: now, using: &random)
        let output: JSON = ["userId": "u-12345", "status": "DONE", "at": "2026-01-01T00:00:00Z"]
        return execution.handle(.taskSucceeded(task: 1, output: output, worker: nil), at: now, using: &random).events
    }()
}
