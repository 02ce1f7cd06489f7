import GRDBSQLite
import Orchestrator

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension StoreError {
    /// What a result code of SQLite means for whoever runs Baton. https://www.sqlite.org/rescode.html
    ///
    /// - Parameters:
    ///   - code: The result code, primary or extended.
    ///   - text: SQLite's own words.
    ///   - systemError: `errno` of the system call that failed, or 0.
    init(sqlite code: Int32, text: String, systemError: Int32, path: String) {
        let reason = systemError == 0 ? text : "\(text); \(String(cString: strerror(systemError)))"
        let primary = code & 0xFF
        if primary == SQLITE_FULL || primary == SQLITE_IOERR && (systemError == ENOSPC || systemError == EDQUOT) {
            self.init(
                .diskFull,
                "There is no space left for the database \(path) (\(reason)): free some on its disk, and try again; "
                    + "nothing of the refused change was kept.")
            return
        }
        switch primary {
        case SQLITE_READONLY:
            self.init(
                .readOnly,
                "The database \(path) cannot be written (\(reason)): give the user that runs Baton the right to write "
                    + "to the file and its folder.")
        case SQLITE_CORRUPT:
            self.init(
                .corrupt,
                "The database \(path) is damaged (\(reason)): see how badly with `baton check`, put a backup in its "
                    + "place with `baton restore --force`, or salvage what is left with `sqlite3 \(path) .recover`.")
        case SQLITE_NOTADB:
            self.init(notADatabase: path)
        case SQLITE_BUSY, SQLITE_LOCKED:
            self.init(
                .inUse,
                "Another program holds a lock on the database \(path) (\(reason)): end its transaction, often one in "
                    + "an open sqlite3 shell, and try again.")
        case SQLITE_CANTOPEN:
            self.init(
                .cannotOpen,
                "The database \(path) cannot be opened (\(reason)): see to it that it is a file, that its folder "
                    + "exists, and that the user that runs Baton may read and write both.")
        case SQLITE_CONSTRAINT:
            self.init(.conflict, "The change contradicts what the database \(path) holds: \(reason).")
        case SQLITE_IOERR:
            self.init(
                .inputOutput,
                "Reading or writing the database \(path) failed (\(reason)): look after its disk, and try again; "
                    + "nothing of the refused change was kept.")
        default:
            self.init(.inputOutput, "The database \(path) refused an operation: \(reason) (code \(code)).")
        }
    }

    init(notADatabase path: String) {
        self.init(
            .notADatabase,
            "\(path) is not a database of Baton's, and was left as it is: give the path of one, or one where no file "
                + "is yet, to have it created. If it was one once, its beginning is damaged: put a backup in its "
                + "place with `baton restore --force`.")
    }

    /// A file that SQLite reads, but where a table is not what its schema says.
    static func damagedSchema(_ path: String, _ reason: StoreError) -> StoreError {
        StoreError(
            .corrupt,
            "The database \(path) lacks what its schema has (\(reason.message)): restore it from a backup "
                + "(`baton restore`)."
        )
    }

    static func closed(_ path: String) -> StoreError {
        StoreError(.cannotOpen, "The database \(path) has been closed.")
    }
}
