import CrashPoints
import GRDBSQLite
import Orchestrator

/// Copies a database as it is at one moment, beside whoever writes to it.
///
/// The copy is a file by itself, without a log. The source is read in one transaction: so nothing that is committed
/// meanwhile makes the copying begin anew, and the writer, whose commits go to the log, does not wait. The log keeps
/// what was there when the copying began, and so grows until it ends.
enum SnapshotCopy {
    /// Pages between two reports: 4 MB.
    private static let pagesPerStep: Int32 = 1_000

    /// - Parameters:
    ///   - target: A path where nothing is. What a failed copy leaves there is for the caller to remove.
    ///   - progress: Told the pages that were copied, and all of them.
    /// - Returns: The schema of the database, and its pages.
    static func make(
        of source: String, at target: String, progress: (Int, Int) -> Void
    ) throws(StoreError) -> (schema: Int, pages: Int) {
        let session = try ReadingConnection.open(source)
        defer { session.close() }
        try session.execute("BEGIN")
        // A transaction begins with its first read.
        let schema = try Migrator(session: session).inspect()
        guard schema > 0 else { throw StoreError(notADatabase: source) }
        try FileSystem.create(target, like: source)
        let pages = try copy(session, to: target, progress)
        // Bytes 18 and 19: a file without a log. https://www.sqlite.org/fileformat2.html#file_format_version_numbers
        try FileSystem.overwrite(target, at: 18, with: [1, 1])
        try FileSystem.sync(target)
        return (schema, pages)
    }

    private static func copy(
        _ source: Session, to target: String, _ progress: (Int, Int) -> Void
    ) throws(StoreError) -> Int {
        var database: OpaquePointer?
        let code = sqlite3_open_v2(target, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
        guard let database else { throw StoreError(.cannotOpen, "There is no memory to open \(target).") }
        let session = Session(database: database, path: target)
        defer { session.close() }
        sqlite3_extended_result_codes(database, 1)
        try session.check(code)
        // Nobody uses the copy before all of it is there and synced.
        try session.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        guard let backup = sqlite3_backup_init(database, "main", source.database, "main") else {
            throw session.error(sqlite3_errcode(database))
        }
        var result = SQLITE_OK
        repeat {
            result = sqlite3_backup_step(backup, pagesPerStep)
            let (all, left) = (Int(sqlite3_backup_pagecount(backup)), Int(sqlite3_backup_remaining(backup)))
            progress(all - left, all)
            crashPoint(.duringCopy)
        } while result == SQLITE_OK
        let pages = Int(sqlite3_backup_pagecount(backup))
        // Tells of the error that ended the copying, if one did.
        let finished = sqlite3_backup_finish(backup)
        guard result == SQLITE_DONE, finished == SQLITE_OK else {
            let code = result == SQLITE_DONE ? finished : result
            // Either side may have failed, and only the target's connection has the words.
            guard code & 0xFF != SQLITE_CORRUPT else {
                throw StoreError(sqlite: code, text: "found while copying", systemError: 0, path: source.path)
            }
            throw session.error(code)
        }
        return pages
    }

    /// What SQLite finds wrong with a file that nobody uses.
    static func integrityProblems(of path: String) -> [String] {
        do throws(StoreError) {
            let session = try ReadingConnection.open(path)
            defer { session.close() }
            let check = try session.prepare("PRAGMA integrity_check(20)")
            defer { check.finalize() }
            let lines = try session.all(check) { $0.text() }
            return lines == ["ok"] ? [] : lines
        } catch {
            return [error.message]
        }
    }
}
