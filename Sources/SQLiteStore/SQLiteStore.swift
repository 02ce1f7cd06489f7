import GRDB
package import Orchestrator
import Synchronization

/// The store as one SQLite file: one connection that writes, and a pool of connections that read.
///
/// Opening creates or upgrades the file, and keeps every other Baton off it until `close`, or until the process ends
/// in whatever way. Next to the file lie SQLite's `-wal` and `-shm`, and `-lock`.
///
/// A commit is on disk when it returns: write-ahead log with `synchronous=FULL`.
package final class SQLiteStore: ExecutionStore {
    /// Absolute and without symbolic links.
    package let path: String
    let readers: DatabasePool
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var lock: DatabaseLock?
        let writer: SQLiteWriter
        var isWriterTaken = false
    }

    /// The schema that this Baton writes, and the newest that it reads.
    package static var schemaVersion: Int { Migration.all.last?.version ?? 0 }

    /// Opens the database, and creates it where there is none. Refusals say what is wrong, where, and what to do.
    package convenience init(path: String) throws(StoreError) {
        try self.init(path: path, migrations: Migration.all)
    }

    init(path: String, migrations: [Migration]) throws(StoreError) {
        self.path = try DatabaseFile.locate(path)
        let lock = try DatabaseLock(database: self.path)
        let session = try WriterConnection.open(self.path, migrations: migrations)
        let writer: SQLiteWriter
        do throws(StoreError) {
            writer = try SQLiteWriter(session)
        } catch {
            session.close()
            throw error.code == .inputOutput ? .damagedSchema(self.path, error) : error
        }
        readers = try Self.openReaders(self.path)
        state = Mutex(State(lock: lock, writer: writer))
    }

    /// Once; a second call is refused.
    package func makeWriter() throws(StoreError) -> SQLiteWriter {
        let path = path
        let result: Result<SQLiteWriter, StoreError> = state.withLock { state in
            guard !state.isWriterTaken else {
                return .failure(StoreError(.inUse, "The database \(path) has one writer, and it is taken."))
            }
            state.isWriterTaken = true
            return .success(state.writer)
        }
        return try result.get()
    }

    /// Empties the write-ahead log into the file, closes it, and lets others have it. The writer must no longer be in
    /// use; its calls fail from now on, as do reads. A second call does nothing.
    package func close() throws(StoreError) {
        let path = path
        // Readers first: the last connection to close is the one that can remove the log.
        let readersClosed = Result { try readers.close() }.mapError { StoreError(reading: path, $0) }
        let writerClosed: Result<Void, StoreError> = state.withLock { state in
            guard state.lock != nil else { return .success(()) }
            defer { state.lock = nil }
            do throws(StoreError) {
                return .success(try state.writer.close())
            } catch {
                return .failure(error)
            }
        }
        try writerClosed.get()
        try readersClosed.get()
    }

    private static func openReaders(_ path: String) throws(StoreError) -> DatabasePool {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "baton.reader"
        configuration.maximumReaderCount = 4
        configuration.foreignKeysEnabled = false
        do {
            return try DatabasePool(path: path, configuration: configuration)
        } catch {
            throw StoreError(reading: path, error)
        }
    }
}
