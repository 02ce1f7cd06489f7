import GRDBSQLite
import Orchestrator

/// Opens connections that only read, beside a running server or without one.
enum ReadingConnection {
    /// - Parameter path: An existing file.
    static func open(_ path: String) throws(StoreError) -> Session {
        var database: OpaquePointer?
        let code = sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nil)
        guard let database else { throw StoreError(.cannotOpen, "There is no memory to open the database \(path).") }
        let session = Session(database: database, path: path)
        do {
            sqlite3_extended_result_codes(database, 1)
            try session.check(code)
            try session.check(sqlite3_busy_timeout(database, WriterConnection.busyTimeout))
            // Reads the file's header, and its log's.
            _ = try session.pragma("schema_version")
            return session
        } catch {
            session.close()
            throw error
        }
    }
}
