import GRDBSQLite
import Orchestrator

extension Session {
    /// A connection that `prepare` has made ready; closed again where it fails.
    ///
    /// - Parameter open: A variant of `sqlite3_open_v2`.
    static func open(
        _ path: String, by open: (UnsafeMutablePointer<OpaquePointer?>) -> Int32,
        prepare: (Session) throws(StoreError) -> Void
    ) throws(StoreError) -> Session {
        var database: OpaquePointer?
        let code = open(&database)
        guard let database else { throw StoreError(.cannotOpen, "There is no memory to open the database \(path).") }
        let session = Session(database: database, path: path)
        do {
            sqlite3_extended_result_codes(database, 1)
            try session.check(code)
            try prepare(session)
            return session
        } catch {
            session.close()
            throw error
        }
    }
}
