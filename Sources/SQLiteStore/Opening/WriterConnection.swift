import GRDBSQLite
import Orchestrator

/// Opens the connection that writes, and makes sure of what durability rests on.
enum WriterConnection {
    /// Opens or creates the database, upgraded to the newest schema.
    static func open(_ path: String, migrations: [Migration]) throws(StoreError) -> Session {
        var database: OpaquePointer?
        let code = sqlite3_open_v2(
            path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
        guard let database else { throw StoreError(.cannotOpen, "There is no memory to open the database \(path).") }
        let session = Session(database: database, path: path)
        do {
            sqlite3_extended_result_codes(database, 1)
            try session.check(code)
            try prepare(session, migrations)
            return session
        } catch {
            session.close()
            throw error
        }
    }

    private static func prepare(_ session: Session, _ migrations: [Migration]) throws(StoreError) {
        // SQLite falls back to reading alone, without a word, where it may not write the file.
        guard sqlite3_db_readonly(session.database, "main") == 0 else {
            throw StoreError(sqlite: SQLITE_READONLY, text: "the file is read-only", systemError: 0, path: session.path)
        }
        // Readers never block the writer; this is for people who write with the sqlite3 shell.
        try session.check(sqlite3_busy_timeout(session.database, 5_000))
        let migrator = Migrator(session: session, migrations: migrations)
        let version = try migrator.inspect()

        guard try session.pragma("journal_mode = WAL") == "wal" else {
            throw StoreError(
                .cannotOpen,
                "The database \(session.path) cannot use a write-ahead log: put it on a local disk, network file "
                    + "systems will not do.")
        }
        // What `commit` promises, "on disk", is this setting: never take it on trust.
        try session.execute("PRAGMA synchronous = FULL")
        guard try session.pragma("synchronous") == "2" else {
            throw StoreError(.cannotOpen, "SQLite would not set synchronous=FULL on \(session.path).")
        }
        // Larger checkpoints write a page that changed often only once; a WAL of 16 MB is read fast enough.
        _ = try session.pragma("wal_autocheckpoint = 4000")
        _ = try session.pragma("journal_size_limit = 67108864")
        try session.execute("PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY")
        // Every row is written by one program in one order; the checks would cost a lookup each.
        try session.execute("PRAGMA foreign_keys = OFF")

        try migrator.migrate(from: version)
    }
}
