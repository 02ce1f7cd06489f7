import GRDBSQLite
import Orchestrator

/// What copying the write-ahead log into the database came to.
struct LogCopy: Sendable {
    /// Of the log, and how many of them are in the database now.
    var frames = 0
    var copied = 0
    /// Somebody was in the way.
    var isBusy = false
    /// What else went wrong.
    var failure: StoreError?

    var isWhole: Bool { failure == nil && !isBusy && copied == frames }
}

extension Session {
    /// - Parameter mode: `SQLITE_CHECKPOINT_PASSIVE` and the like.
    func copyLog(_ mode: Int32) -> LogCopy {
        var (frames, copied): (Int32, Int32) = (0, 0)
        let code = sqlite3_wal_checkpoint_v2(database, nil, mode, &frames, &copied)
        let isBusy = code & 0xFF == SQLITE_BUSY
        // Both are -1 where SQLite could not tell.
        return LogCopy(
            frames: max(0, Int(frames)), copied: max(0, Int(copied)), isBusy: isBusy,
            failure: code == SQLITE_OK || isBusy ? nil : error(code))
    }
}
