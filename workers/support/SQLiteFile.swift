import Dispatch
import GRDBSQLite

/// One connection to an SQLite file, on SQLite's own C interface: a library on top of it would bring all of Foundation
/// with it, which is three quarters of a small worker's image.
final class SQLiteFile: Sendable {
    /// Transactions block, so they have a thread of their own; it is the only one that uses the connection.
    private let queue = DispatchQueue(label: "records")
    private let connection: SQLiteConnection

    /// - Parameter schema: statements that create what does not exist yet.
    init(path: String, schema: String) throws {
        connection = try SQLiteConnection(path: path)
        // Readers beside one writer, in any number of processes. Whoever else opens the file for the first time just now
        // may be in the way: then his transaction is waited for.
        do {
            try connection.execute("PRAGMA journal_mode = WAL")
        } catch {
            try connection.transaction { _ in }
            try connection.execute("PRAGMA journal_mode = WAL")
        }
        try connection.execute("PRAGMA synchronous = NORMAL")
        try connection.transaction { try $0.script(schema) }
    }

    /// Runs `body` in a transaction, which is undone where it throws.
    func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteConnection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [connection] in
                continuation.resume(with: Result { try connection.transaction(body) })
            }
        }
    }

    /// The same, for a program that does nothing else.
    func transactionNow<Value: Sendable>(_ body: (SQLiteConnection) throws -> Value) throws -> Value {
        try queue.sync { try connection.transaction(body) }
    }
}

struct SQLiteError: Error, CustomStringConvertible {
    let description: String
}

/// What a column holds; blobs are not read.
enum SQLiteValue {
    case null
    case int(Int64)
    case double(Double)
    case text(String)
    case blob
}

/// Used by one thread at a time.
final class SQLiteConnection: @unchecked Sendable {
    private let handle: OpaquePointer

    init(path: String) throws {
        var handle: OpaquePointer?
        let status = sqlite3_open_v2(
            path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nil)
        guard status == SQLITE_OK, let handle else {
            sqlite3_close_v2(handle)
            throw SQLiteError(description: String(cString: sqlite3_errstr(status)))
        }
        self.handle = handle
        sqlite3_busy_timeout(handle, 10_000)
    }

    deinit { sqlite3_close_v2(handle) }

    /// How many rows the last statement changed.
    var changes: Int { Int(sqlite3_changes(handle)) }

    /// Statements without arguments, and without results that matter.
    func script(_ statements: String) throws {
        guard sqlite3_exec(handle, statements, nil, nil, nil) == SQLITE_OK else { throw failure }
    }

    func execute(_ sql: String, _ arguments: [String?] = []) throws { _ = try rows(sql, arguments) }

    /// All rows of a query: names and values of their columns.
    func rows(_ sql: String, _ arguments: [String?] = []) throws -> [[(name: String, value: SQLiteValue)]] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else { throw failure }
        defer { sqlite3_finalize(statement) }
        for (index, argument) in arguments.enumerated() {
            // SQLite copies the text: it is gone when this call returns.
            let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            let status =
                argument.map { sqlite3_bind_text(statement, Int32(index + 1), $0, Int32($0.utf8.count), copied) }
                ?? sqlite3_bind_null(statement, Int32(index + 1))
            guard status == SQLITE_OK else { throw failure }
        }
        var rows: [[(name: String, value: SQLiteValue)]] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: rows.append((0..<sqlite3_column_count(statement)).map { Self.column(statement, $0) })
            case SQLITE_DONE: return rows
            default: throw failure
            }
        }
    }

    /// - Note: it begins as a writing one, so that it waits for others at its start and not in its midst.
    func transaction<Value>(_ body: (SQLiteConnection) throws -> Value) throws -> Value {
        try execute("BEGIN IMMEDIATE")
        do {
            let value = try body(self)
            try execute("COMMIT")
            return value
        } catch {
            // Some errors have ended it already.
            if sqlite3_get_autocommit(handle) == 0 { try execute("ROLLBACK") }
            throw error
        }
    }

    private static func column(_ statement: OpaquePointer?, _ index: Int32) -> (name: String, value: SQLiteValue) {
        let value: SQLiteValue =
            switch sqlite3_column_type(statement, index) {
            case SQLITE_NULL: .null
            case SQLITE_INTEGER: .int(sqlite3_column_int64(statement, index))
            case SQLITE_FLOAT: .double(sqlite3_column_double(statement, index))
            case SQLITE_TEXT: .text(sqlite3_column_text(statement, index).map { String(cString: $0) } ?? "")
            default: .blob
            }
        return (sqlite3_column_name(statement, index).map { String(cString: $0) } ?? "", value)
    }

    private var failure: SQLiteError { SQLiteError(description: String(cString: sqlite3_errmsg(handle))) }
}
