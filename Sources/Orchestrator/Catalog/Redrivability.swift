import Interpreter
package import JSONValue

/// Whether an execution can be redriven, with AWS's reasons where it cannot.
///
/// The reasons are those that the service model lists for `redriveStatusReason`:
/// https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html.
package struct Redrivability: Sendable, Hashable {
    /// Nil where it can be.
    package var obstacle: String?

    /// Redriven with its map run, and never by itself.
    private var isByMapRun = false

    package var status: String {
        if isByMapRun { return "REDRIVABLE_BY_MAP_RUN" }
        return obstacle == nil ? "REDRIVABLE" : "NOT_REDRIVABLE"
    }

    /// - Parameters:
    ///   - machine: as it is now; nil where it was deleted.
    ///   - lastEventID: how many events the history has.
    ///   - limit: how many it may have. There has to be room for the redrive's own event and one more.
    package init(
        of record: ExecutionRecord, machine: StateMachineRecord.Status?, lastEventID: Int, limit: Int,
        at now: Timestamp
    ) {
        let day: Int64 = 86_400_000_000
        switch record.status {
        case .running, .succeeded:
            obstacle = "Execution is \(record.status.rawValue) and cannot be redriven"
        case _ where record.child != nil:
            isByMapRun = true
            obstacle = "Execution was started by a Map Run: redrive the execution that the Map Run belongs to"
        case _ where machine != .active:
            obstacle = "State machine is in DELETING status"
        case _ where lastEventID >= limit - 1:
            obstacle = "Execution history event limit exceeded"
        case _ where now.microseconds - record.identity.startedAt.microseconds > 365 * day:
            obstacle = "Execution has exceeded the max execution time"
        case _ where now.microseconds - (record.stoppedAt ?? now).microseconds > 14 * day:
            obstacle = "Execution redrivable period exceeded"
        default: obstacle = nil
        }
    }
}

extension Catalog {
    /// Whether an execution that was just read can be redriven.
    package func redrivability(of record: ExecutionRecord) async throws(ServiceError) -> Redrivability {
        let (key, arn) = (record.identity.key, record.identity.stateMachineARN)
        let (machine, rows) = try await read { store throws(StoreError) in
            (
                try await store.stateMachine(arn: arn),
                try await store.journal(execution: key, after: nil, reversed: true, limit: 1)
            )
        }
        return Redrivability(
            of: record, machine: machine?.status, lastEventID: rows.first?.historyIDs?.upperBound ?? 0,
            limit: InterpreterLimits().events, at: clock())
    }
}
