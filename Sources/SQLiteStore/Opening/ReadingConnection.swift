import GRDBSQLite
import Orchestrator

/// Opens connections that only read, beside a running server or without one.
enum ReadingConnection {
    /// - Parameter path: An existing file.
    static func open(_ path: String) throws(StoreError) -> Session {
        let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX
        return try Session.open(path, by: { sqlite3_open_v2(path, $0, flags, nil) }) { session throws(StoreError) in
            try session.check(sqlite3_busy_timeout(session.database, WriterConnection.busyTimeout))
            // Reads the file's header, and its log's.
            _ = try session.pragma("schema_version")
        }
    }
}
