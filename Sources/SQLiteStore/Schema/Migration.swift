import CrashPoints
import GRDBSQLite
import Orchestrator

/// One step from a schema to the next. Never changed once released; a new schema is a new step.
struct Migration {
    /// The schema that it leads to; `PRAGMA user_version` says how far a file has come.
    let version: Int
    let script: String
}

extension Migration {
    /// Every step, in order, from version 1 without a gap.
    static let all = [
        Migration(version: 1, script: schema1), Migration(version: 2, script: schema2),
        Migration(version: 3, script: schema3), Migration(version: 4, script: schema4),
        Migration(version: 5, script: schema5), Migration(version: 6, script: schema6),
    ]

    /// "Batn": tells a database of Baton's from any other SQLite file.
    static let applicationID: Int64 = 0x4261_746E
}

/// Brings a database to the newest schema.
struct Migrator {
    let session: Session
    var migrations = Migration.all

    private var newest: Int { migrations.last?.version ?? 0 }

    /// The schema of the file; 0 for an empty one. Reads only.
    ///
    /// Refuses what is not Baton's, what comes from the future, and what has lost tables.
    func inspect() throws(StoreError) -> Int {
        let applicationID = Int64(try session.pragma("application_id") ?? "") ?? 0
        let version = Int(try session.pragma("user_version") ?? "") ?? 0
        let count = try session.prepare("SELECT count(*) FROM sqlite_schema")
        defer { count.finalize() }
        let objects = try session.first(count) { row in row.integer() } ?? 0

        if applicationID == 0, version == 0, objects == 0 { return 0 }
        guard applicationID == Migration.applicationID, version > 0 else {
            throw StoreError(notADatabase: session.path)
        }
        guard version <= newest else {
            throw StoreError(
                .newerSchema,
                "The database \(session.path) has schema \(version), and this Baton knows schemas up to \(newest): "
                    + "run the newer Baton that wrote it, or restore a backup from before the upgrade.")
        }
        return version
    }

    /// Each step is one transaction with its new version number, so an interrupted upgrade goes on where it stopped.
    func migrate(from version: Int) throws(StoreError) {
        for migration in migrations where migration.version > version {
            try session.execute("BEGIN IMMEDIATE")
            do {
                if migration.version == 1 { try session.execute("PRAGMA application_id = \(Migration.applicationID)") }
                try session.execute(migration.script)
                try session.execute("PRAGMA user_version = \(migration.version)")
                crashPoint(.duringMigration)
                try session.execute("COMMIT")
            } catch {
                if session.isInTransaction { try? session.execute("ROLLBACK") }
                throw error
            }
        }
    }

    /// Refuses a file that lacks a table or an index of its schema, or has another in its place: a few milliseconds for
    /// what would otherwise show late, as slowness or wrong answers.
    func checkSchema() throws(StoreError) {
        var database: OpaquePointer?
        guard sqlite3_open_v2(":memory:", &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil) == SQLITE_OK,
            let database
        else {
            sqlite3_close_v2(database)
            return
        }
        let model = Session(database: database, path: session.path)
        defer { model.close() }
        for migration in migrations { try model.execute(migration.script) }
        let found = try Self.objects(session)
        for (name, sql) in try Self.objects(model) where found[name] != sql {
            let what = found[name] == nil ? "lacks \(name)" : "has another \(name) than its schema says"
            throw StoreError(
                .corrupt,
                "The database \(session.path) \(what): restore it from a backup (`baton restore`), or look into it "
                    + "with `baton check`.")
        }
    }

    /// The tables and indexes of a schema. Views are for people, who may have their own.
    private static func objects(_ session: Session) throws(StoreError) -> [String: String] {
        let list = try session.prepare(
            "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type IN ('table', 'index')")
        defer { list.finalize() }
        let rows = try session.all(list) { row in
            // A dump that was read back may be laid out otherwise.
            (row.text(), row.text().split { $0.isWhitespace }.joined(separator: " "))
        }
        return Dictionary(rows) { first, _ in first }
    }
}
