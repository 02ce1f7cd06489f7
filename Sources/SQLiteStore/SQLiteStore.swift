import CSQLiteShims
import GRDB
package import Logging
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
    private let noticedDamage = Mutex<StoreError?>(nil)

    private struct State {
        let writer: SQLiteWriter
        var isWriterTaken = false
        var isClosed = false
    }

    /// The schema that this Baton writes, and the newest that it reads.
    package static var schemaVersion: Int { Migration.all.last?.version ?? 0 }

    /// Opens the database, and creates it where there is none. Refusals say what is wrong, where, and what to do.
    package convenience init(
        path: String, metrics: StoreMetrics? = nil, logger: Logger? = nil
    ) throws(StoreError) {
        try self.init(path: path, migrations: Migration.all, metrics: metrics, logger: logger)
    }

    init(
        path: String, migrations: [Migration], bounds: LogBounds = .init(), metrics: StoreMetrics? = nil,
        logger: Logger? = nil
    ) throws(StoreError) {
        _ = Self.configuration
        self.path = try DatabaseFile.locate(path)
        let lock = try DatabaseLock(database: self.path)
        try DatabaseRestore.finish(at: self.path)
        // A database that was removed is begun anew; one that was emptied is not.
        let last = DatabaseFile.exists(self.path) ? lock.lastProgress : nil
        try WriteAheadLogFile.check(self.path, against: last)
        // While this one is open, a connection that is refused cannot remove the log when it closes.
        let witness = last == nil ? nil : try? ReadingConnection.open(self.path)
        defer { witness?.close() }
        let session = try WriterConnection.open(self.path, migrations: migrations, lock: lock)
        let writer: SQLiteWriter
        do throws(StoreError) {
            let log = LogKeeper(session, bounds, metrics: metrics, logger: logger)
            writer = try SQLiteWriter(session, lock, log)
        } catch {
            session.close()
            throw error.code == .inputOutput ? .damagedSchema(self.path, error) : error
        }
        readers = try Self.openReaders(self.path)
        state = Mutex(State(writer: writer))
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
            guard !state.isClosed else { return .success(()) }
            state.isClosed = true
            do throws(StoreError) {
                return .success(try state.writer.close())
            } catch {
                return .failure(error)
            }
        }
        try writerClosed.get()
        try readersClosed.get()
    }

    /// Closes the connections that read, as soon as nobody reads; the next reads open others. The writer's memory is its own.
    package func releaseMemory() { readers.releaseMemoryEventually() }

    /// What a reader found wrong with the file, since it was opened.
    package var damage: StoreError? { noticedDamage.withLock { $0 } }

    func notice(_ error: StoreError) {
        guard error.code.isDamage else { return }
        noticedDamage.withLock { $0 = $0 ?? error }
    }

    /// Of SQLite, once for the process.
    private static let configuration: Void = baton_sqlite_count_no_memory()

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
