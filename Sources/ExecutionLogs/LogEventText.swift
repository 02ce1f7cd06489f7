package import Interpreter
package import JSONValue
package import Orchestrator

/// An event as Step Functions writes it to CloudWatch Logs: the history's, with texts where that has numbers.
///
/// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
package enum LogEventText {
    /// Nil for what only the journal knows.
    package static func json(_ event: JournalEvent, of step: LoggedEvents) -> JSON? {
        guard let id = event.id, let shown = History.event(event, includeExecutionData: true) else { return nil }
        let details = shown.objectValue?.members.first { $0.key.hasSuffix("EventDetails") }?.value.objectValue
        return [
            "id": .string(String(id)),
            "type": shown["type"] ?? "",
            "details": .object(filtered(details ?? JSONObject(), step.includesData)),
            "previous_event_id": .string(String(event.previousID)),
            "event_timestamp": .string(String(event.time.milliseconds)),
            "execution_arn": .string(step.executionARN),
            "redrive_count": .string(String(step.redriveCount)),
        ]
    }

    /// What executions carry; unlike in the history, a cause is none of it.
    private static let data: Set<String> = [
        "input", "inputDetails", "output", "outputDetails", "parameters", "assignedVariables",
        "assignedVariablesDetails",
    ]

    private static func filtered(_ details: JSONObject, _ includesData: Bool) -> JSONObject {
        guard !includesData else { return details }
        return JSONObject(details.members.filter { !data.contains($0.key) }.map { ($0.key, $0.value) })
    }
}

extension LoggedEvents {
    /// Bytes that the events keep in memory while they wait, roughly: their payloads.
    var weight: Int {
        guard includesData else { return 200 * events.count }
        return events.reduce(0) { $0 + 200 + $1.kind.payload.map { Self.weight(of: $0, depth: 0) }.reduce(0, +) }
    }

    private static func weight(of value: JSON, depth: Int) -> Int {
        switch value {
        case .string(let text): return 16 + text.utf8.count
        case .array(let elements): return elements.reduce(16) { $0 + weight(of: $1, depth: depth + 1) }
        case .object(let object):
            return object.members.reduce(16) { $0 + $1.key.utf8.count + weight(of: $1.value, depth: depth + 1) }
        default: return 16
        }
    }
}

extension JournalEvent.Kind {
    fileprivate var payload: [JSON] {
        switch self {
        case .executionStarted(let input, _, _): [input]
        case .executionSucceeded(let output): [output]
        case .stateEntered(_, _, let input): [input]
        case .stateExited(_, _, let output, let assigned, _): [output, .object(assigned)]
        case .taskScheduled(let schedule): [schedule.parameters]
        case .taskSubmitted(_, _, _, let output), .taskSucceeded(_, _, _, let output): [output]
        default: []
        }
    }
}
