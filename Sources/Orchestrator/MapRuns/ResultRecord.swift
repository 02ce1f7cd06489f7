import Interpreter
import JSONValue
import StatesLanguage

/// A child execution as a ResultWriter describes it.
///
/// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
enum ResultRecord {
    static func make(_ child: ExecutionRecord) -> JSON {
        let identity = child.identity
        var record = JSONObject([
            ("ExecutionArn", .string(identity.arn)),
            ("Input", .string(child.input)),
            ("InputDetails", JSON.object(["Included": true])),
            ("Name", .string(identity.name)),
        ])
        if let output = child.output {
            record["Output"] = .string(output)
            record["OutputDetails"] = .object(["Included": true])
        }
        record["Error"] = child.error.map(JSON.string)
        record["Cause"] = child.cause.map(JSON.string)
        record["RedriveCount"] = .int(Int64(identity.redriveCount))
        switch child.status {
        case .running, .succeeded:
            record["RedriveStatus"] = "NOT_REDRIVABLE"
            record["RedriveStatusReason"] = .string("Execution is \(child.status.rawValue) and cannot be redriven")
        case .failed, .timedOut, .aborted:
            record["RedriveStatus"] = "REDRIVABLE_BY_MAP_RUN"
        }
        record["StartDate"] = .string(identity.startedAt.rfc3339)
        record["StateMachineArn"] = .string(identity.stateMachineARN)
        record["Status"] = .string(child.status.rawValue)
        record["StopDate"] = child.stoppedAt.map { .string($0.rfc3339) }
        return .object(record)
    }

    /// What a child's output is in the results, in the form that was asked for: one value, several, or none.
    static func values(
        of child: ExecutionRecord, _ results: MapRunPlan.Results
    ) -> [JSON] {
        switch results.transformation {
        case .none: return [make(child)]
        case .compact: return child.parsedOutput.map { [$0] } ?? []
        case .flatten:
            guard let output = child.parsedOutput else { return [] }
            return output.arrayValue ?? [output]
        }
    }
}

extension ExecutionRecord {
    fileprivate var parsedOutput: JSON? { output.flatMap { try? JSON(parsing: $0) } }
}
