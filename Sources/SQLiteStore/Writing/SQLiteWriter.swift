import CrashPoints
import GRDBSQLite
import JSONValue
package import Orchestrator

/// The connection that writes.
///
/// After an error, the transaction is to be rolled back; then the writer can be used again. SQLite undoes what a
/// failed operation had begun by itself.
///
/// Not thread-safe, as `StoreWriter` allows; it is sendable because the store keeps a reference, which it uses only in
/// `close`, when the engine has ended.
package final class SQLiteWriter: StoreWriter, @unchecked Sendable {
    /// Nil once closed.
    private var connection: (session: Session, statements: WriterStatements)?
    private let path: String
    private let log: LogKeeper
    /// Held as long as the connection is open.
    private var lock: DatabaseLock?
    /// The highest number of a journal row: in this transaction, and in what is committed.
    var journalNumber: Int64
    private var committedJournalNumber: Int64

    private var executionKey: Int64
    private var revisionNumber: Int64
    private var outboxNumber: Int64
    private var mapRunNumber: Int64

    /// Rows of `state_machines` by ARN, as far as they were asked for. In a transaction that is rolled back they may
    /// never have been.
    var machineNumbers: [UTF8Key: Int64] = [:]

    /// Takes over the session's connection, which must have the newest schema, and the lock.
    init(_ session: Session, _ lock: consuming DatabaseLock, _ log: LogKeeper) throws(StoreError) {
        path = session.path
        self.log = log
        self.lock = consume lock
        let journal = try session.prepare(Queries.highestJournalNumber)
        defer { journal.finalize() }
        journalNumber = try session.first(journal) { $0.integer() } ?? 0
        committedJournalNumber = journalNumber
        let highest = try session.prepare(Queries.highestNumbers)
        defer { highest.finalize() }
        let numbers = try session.first(highest) { row in
            (row.integer(), row.integer(), row.integer(), row.integer())
        }
        (executionKey, revisionNumber, outboxNumber, mapRunNumber) = numbers ?? (0, 0, 0, 0)
        connection = (session, try WriterStatements(session))
        // Until the first commit is noted it cannot be said which log it is in.
        note(.unknown)
    }

    deinit {
        log.endCopying()
        connection?.session.close()
    }

    func open() throws(StoreError) -> (session: Session, statements: WriterStatements) {
        guard let connection else { throw .closed(path) }
        return connection
    }

    /// Copies the log into the database, empties it, and closes. What was not committed is lost.
    func close() throws(StoreError) {
        guard let connection else { return }
        self.connection = nil
        let session = connection.session
        log.endCopying()
        if session.isInTransaction { try? session.run(connection.statements.rollback) }
        // A reader of another program may be in the way: the log stays then, and nothing is lost.
        let failure = session.copyLog(SQLITE_CHECKPOINT_TRUNCATE).failure
        session.close()
        // A reader may have kept the log from being removed.
        let salt = WriteAheadLogFile.salt(of: path)
        note(salt.map { $0 == log.position.salt ? log.position : LogPosition(salt: $0) } ?? LogPosition())
        lock = nil
        if let failure { throw failure }
    }

    private func note(_ position: LogPosition) {
        // Not `lock?.note`: that would copy it.
        switch lock {
        case .some(let lock): lock.note(DatabaseProgress(journal: committedJournalNumber, log: position))
        case nil: break
        }
    }

    // MARK: Transactions

    package func begin() throws(StoreError) {
        let (session, statements) = try open()
        try session.run(statements.begin)
    }

    /// Returns after the log was synced to disk. A failed commit leaves no transaction.
    package func commit() throws(StoreError) {
        let (session, statements) = try open()
        if journalNumber < committedJournalNumber {
            // The latest rows are deleted: from here on, having them is not expected.
            committedJournalNumber = journalNumber
            note(.unknown)
        }
        crashPoint(.beforeCommit)
        do {
            try session.run(statements.commit)
        } catch {
            rollback()
            throw error
        }
        crashPoint(.afterCommit)
        committedJournalNumber = journalNumber
        note(log.committed(session))
    }

    /// Does nothing outside of a transaction.
    package func rollback() {
        journalNumber = committedJournalNumber
        machineNumbers.removeAll(keepingCapacity: true)
        guard let (session, statements) = connection, session.isInTransaction else { return }
        // It can only fail where SQLite rolled back by itself.
        try? session.run(statements.rollback)
    }

    /// Drops the pages that the connection holds; the system's own cache still has the hot ones.
    package func releaseMemory() {
        guard let session = connection?.session else { return }
        sqlite3_db_release_memory(session.database)
    }

    // MARK: Numbers

    // Counted here: a number is durable with the row that carries it, and one without a row may be given out again
    // after a restart.

    package func nextExecutionKey() throws(StoreError) -> Int64 {
        executionKey += 1
        return executionKey
    }

    package func nextRevisionNumber() throws(StoreError) -> Int64 {
        revisionNumber += 1
        return revisionNumber
    }

    package func nextOutboxNumber() throws(StoreError) -> Int64 {
        outboxNumber += 1
        return outboxNumber
    }

    package func nextMapRunNumber() throws(StoreError) -> Int64 {
        mapRunNumber += 1
        return mapRunNumber
    }
}
