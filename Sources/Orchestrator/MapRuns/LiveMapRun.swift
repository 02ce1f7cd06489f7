package import Interpreter
import JSONValue

/// A map run that is not done, in memory: its row, and where its children come from.
final class LiveMapRun {
    var record: MapRunRecord
    let reader: MapRunPlan.ObjectRequest?
    let selectsItems: Bool
    let batching: MapRunPlan.Batching?
    let results: MapRunPlan.Results
    /// The row of items that is being handed out, decoded.
    var portion: (first: Int, items: [JSON])?
    /// What the state will make of the run; made anew where it is not known.
    var output: JSON?
    /// Children up to here have been looked at for this redrive.
    var redrivenUpTo: Int64 = 0
    /// Children up to here need not be looked at again when all are aborted.
    var abortedUpTo: Int64 = 0

    init(_ record: MapRunRecord) {
        self.record = record
        (reader, selectsItems, batching, results) = MapRunPlan.parts(stored: record.plan)
    }

    /// Whether more items failed than are tolerated.
    var exceedsTolerance: Bool {
        let items = record.progress.items
        let failed = items.failed + items.timedOut
        guard failed > 0 else { return false }
        let (count, percentage) = (record.toleratedFailureCount, record.toleratedFailurePercentage)
        guard count != nil || percentage != nil else { return true }
        if let count, failed > count { return true }
        guard let percentage else { return false }
        return Double(failed) * 100 > percentage * Double(max(record.progress.total, 1))
    }
}

/// What a map run needs of an object store; done away from the engine's thread.
package enum MapRunJob: Sendable {
    case read(mapRun: Int64, MapRunPlan.ObjectRequest)
    case write(MapRunRecord, MapRunPlan.Results, MapRunPlan.Results.Destination)
}
