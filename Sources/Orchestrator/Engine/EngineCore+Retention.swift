import JSONValue
import Telemetry

/// Executions that ended long enough ago go: a few at a time, in the transactions of whatever else happens.
extension EngineCore {
    /// Seconds between two passes, so that a steady trickle of executions does not mean a steady trickle of commits.
    private var secondsBetweenRemovals: Double { min(60, (configuration.retainClosed ?? 0) / 10) }

    mutating func recoverRemovals(at now: Timestamp) throws(StoreError) {
        guard configuration.retainClosed != nil else { return }
        // What was removed before the engine ended may have left rows behind: the first pass looks.
        removalDue = now
    }

    mutating func removeExpired(at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        guard let seconds = configuration.retainClosed, let due = removalDue, due <= now else { return }
        try beginWriting()
        if try writer.purge(limit: configuration.rowsPurgedPerBatch) > 0 { return }
        let keys = try writer.closedExecutions(
            until: now.adding(seconds: -seconds), limit: configuration.removalsPerBatch)
        for key in keys {
            try apply(.removeExecution(key: key))
            effects.counted.append(metrics.removed)
        }
        guard keys.isEmpty else { return }
        let next = try writer.firstClosing()?.adding(seconds: seconds)
        effects.removalDue = .some(next.map { max($0, now.adding(seconds: secondsBetweenRemovals)) })
    }

    /// The transaction is on disk.
    mutating func settleRemovals(_ effects: Effects, at now: Timestamp) {
        guard let seconds = configuration.retainClosed else { return }
        if let due = effects.removalDue { removalDue = due }
        if effects.hasClosed, removalDue == nil { removalDue = now.adding(seconds: seconds) }
    }
}
