import CSQLiteShims
import Foundation
import GRDBSQLite

/// A database as the sqlite3 shell sees it.
final class RawDatabase {
    private let connection: OpaquePointer

    /// - Parameter gathers: Writes the log as the store's writer does.
    init(_ path: String, gathers: Bool = false) throws {
        var connection: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let code =
            gathers
            ? baton_sqlite_open_gathering(path, &connection, flags) : sqlite3_open_v2(path, &connection, flags, nil)
        guard code == SQLITE_OK, let connection else { throw RawError(text: "open \(path)") }
        self.connection = connection
    }

    deinit { sqlite3_close_v2(connection) }

    func execute(_ script: String) throws {
        guard sqlite3_exec(connection, script, nil, nil, nil) == SQLITE_OK else { throw failure }
    }

    /// Every row, its columns as text, NULL as "-".
    func rows(_ sql: String) throws -> [[String]] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(connection, sql, -1, &statement, nil) == SQLITE_OK else { throw failure }
        defer { sqlite3_finalize(statement) }
        var rows: [[String]] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                rows.append(
                    (0..<sqlite3_column_count(statement)).map { column in
                        sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "-"
                    })
            case SQLITE_DONE: return rows
            default: throw failure
            }
        }
    }

    private var failure: RawError { RawError(text: String(cString: sqlite3_errmsg(connection))) }
}

struct RawError: Error {
    let text: String
}

extension FileManager {
    /// Copies a database as a crash leaves it: with the log, without a clean close.
    func copyDatabase(from source: String, to target: String) throws {
        for suffix in ["", "-wal"] where fileExists(atPath: source + suffix) {
            try copyItem(atPath: source + suffix, toPath: target + suffix)
        }
    }
}
