import CSQLiteShims
import GRDBSQLite
import Orchestrator

/// Opens the connection that writes, and makes sure of what durability rests on.
enum WriterConnection {
    /// Milliseconds. Readers never block the writer; this is for people who write with the sqlite3 shell.
    static let busyTimeout: Int32 = 5_000

    /// Opens or creates the database, upgraded to the newest schema.
    ///
    /// - Parameter lock: Knows how far the database had come when its last Baton ended: it is refused where it lacks
    ///   something of that.
    static func open(
        _ path: String, migrations: [Migration], lock: borrowing DatabaseLock
    ) throws(StoreError) -> Session {
        let last = DatabaseFile.exists(path) ? lock.lastProgress : nil
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        return try Session.open(path, by: { baton_sqlite_open_gathering(path, $0, flags) }) {
            session throws(StoreError) in
            try prepare(session, migrations, last, lock)
        }
    }

    /// Opens a second one, which copies the log into the database while the first writes.
    ///
    /// - Parameter path: A database that is open already.
    static func openBeside(_ path: String) throws(StoreError) -> Session {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
        return try Session.open(path, by: { sqlite3_open_v2(path, $0, flags, nil) }) { session throws(StoreError) in
            try session.execute("PRAGMA synchronous = FULL")
            // SQLite looks at a log only once the database was read.
            _ = try session.pragma("schema_version")
        }
    }

    private static func prepare(
        _ session: Session, _ migrations: [Migration], _ last: DatabaseProgress?, _ lock: borrowing DatabaseLock
    ) throws(StoreError) {
        // SQLite falls back to reading alone, without a word, where it may not write the file.
        guard sqlite3_db_readonly(session.database, "main") == 0 else {
            throw StoreError(sqlite: SQLITE_READONLY, text: "the file is read-only", systemError: 0, path: session.path)
        }
        try session.check(sqlite3_busy_timeout(session.database, busyTimeout))
        let migrator = Migrator(session: session, migrations: migrations)
        let version = try migrator.inspect()

        guard try session.pragma("journal_mode = WAL") == "wal" else {
            throw StoreError(
                .cannotOpen,
                "The database \(session.path) cannot use a write-ahead log: put it on a local disk, network file "
                    + "systems will not do.")
        }
        if let last {
            try checkProgress(session, version, last)
            // What is written from now on begins a log, or goes on with one, that nobody has noted yet.
            lock.note(DatabaseProgress(journal: last.journal, log: .unknown))
        }
        // What `commit` promises, "on disk", is this setting: never take it on trust.
        try session.execute("PRAGMA synchronous = FULL")
        guard try session.pragma("synchronous") == "2" else {
            throw StoreError(.cannotOpen, "SQLite would not set synchronous=FULL on \(session.path).")
        }
        // `LogKeeper` looks after the log; what it grew beyond this is cut off when it begins anew.
        _ = try session.pragma("journal_size_limit = 67108864")
        try session.execute("PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY")
        // Some builds of SQLite overwrite what is deleted with zeros, and so write pages that nobody will read.
        _ = try session.pragma("secure_delete = OFF")
        // Every row is written by one program in one order; the checks would cost a lookup each.
        try session.execute("PRAGMA foreign_keys = OFF")

        try migrator.migrate(from: version)
        try migrator.checkSchema()
    }

    private static func checkProgress(
        _ session: Session, _ version: Int, _ last: DatabaseProgress
    ) throws(StoreError) {
        let copy = session.copyLog(SQLITE_CHECKPOINT_PASSIVE)
        // Busy is somebody else's checkpoint; the number of frames is right then, too. After any other failure there is
        // none: a full disk must not look like a log that was cut off.
        if let failure = copy.failure { throw failure }
        var journal: Int64 = 0
        if version > 0 {
            let highest = try session.prepare(Queries.highestJournalNumber)
            defer { highest.finalize() }
            journal = try session.first(highest) { $0.integer() } ?? 0
        }
        try WriteAheadLogFile.check(session.path, journal: journal, frames: copy.frames, against: last)
    }
}
