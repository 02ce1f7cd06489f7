import GRDBSQLite
import Orchestrator

/// An open connection, as whoever may use it at the moment sees it. Owns nothing.
struct Session {
    let database: OpaquePointer
    /// For messages.
    let path: String
    /// For the texts of whatever statement is running.
    let texts = TextArena()

    /// Runs a script of statements that return nothing.
    func execute(_ script: String) throws(StoreError) {
        try check(sqlite3_exec(database, script, nil, nil, nil))
    }

    /// Runs a statement that returns no rows.
    func run(_ statement: Statement, _ bind: (inout Binder) -> Void = { _ in }) throws(StoreError) {
        try forEach(statement, bind) { _ throws(StoreError) in false }
    }

    /// The first row, or nil.
    func first<Value>(
        _ statement: Statement, _ bind: (inout Binder) -> Void = { _ in },
        read: (inout RowReader) throws(StoreError) -> Value
    ) throws(StoreError) -> Value? {
        var value: Value?
        try forEach(statement, bind) { row throws(StoreError) in
            value = try read(&row)
            return false
        }
        return value
    }

    func all<Value>(
        _ statement: Statement, _ bind: (inout Binder) -> Void = { _ in },
        read: (inout RowReader) throws(StoreError) -> Value
    ) throws(StoreError) -> [Value] {
        var values: [Value] = []
        try forEach(statement, bind) { row throws(StoreError) in
            values.append(try read(&row))
            return true
        }
        return values
    }

    /// Gives rows to `body` until it returns false, and leaves the statement ready for its next use.
    func forEach(
        _ statement: Statement, _ bind: (inout Binder) -> Void,
        _ body: (inout RowReader) throws(StoreError) -> Bool
    ) throws(StoreError) {
        var binder = Binder(statement, texts)
        let mark = texts.used
        defer {
            sqlite3_reset(statement.handle)
            // A parameter that was bound without copying must not outlive its bytes.
            sqlite3_clear_bindings(statement.handle)
            texts.used = mark
        }
        bind(&binder)
        try check(binder.code)
        while true {
            switch sqlite3_step(statement.handle) {
            case SQLITE_ROW:
                var row = RowReader(statement, path: path)
                guard try body(&row) else { return }
            case SQLITE_DONE: return
            case let code: throw error(code)
            }
        }
    }

    func prepare(_ sql: String) throws(StoreError) -> Statement {
        var handle: OpaquePointer?
        // "Persistent" keeps a statement that lives as long as its connection out of the lookaside memory.
        try check(sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil))
        guard let handle else { throw StoreError(.inputOutput, "An empty statement was prepared for \(path).") }
        return Statement(handle: handle)
    }

    /// A pragma's value, as text.
    func pragma(_ name: String) throws(StoreError) -> String? {
        let statement = try prepare("PRAGMA \(name)")
        defer { statement.finalize() }
        return try first(statement) { row in row.optionalText() } ?? nil
    }

    /// Rows that the last statement inserted, changed or deleted.
    var changes: Int { Int(sqlite3_changes(database)) }

    /// The number of the row that was inserted last.
    var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(database) }

    /// SQLite itself ends a transaction on some errors, such as a full disk.
    var isInTransaction: Bool { sqlite3_get_autocommit(database) == 0 }

    func check(_ code: Int32) throws(StoreError) {
        guard code == SQLITE_OK else { throw error(code) }
    }

    func error(_ code: Int32) -> StoreError {
        StoreError(
            sqlite: code, text: String(cString: sqlite3_errmsg(database)), systemError: sqlite3_system_errno(database),
            path: path)
    }
}

extension Session {
    /// Ends the connection with all its statements.
    func close() {
        while let statement = sqlite3_next_stmt(database, nil) { sqlite3_finalize(statement) }
        sqlite3_close_v2(database)
    }
}

/// A prepared statement. Finalized by whoever prepared it.
struct Statement {
    let handle: OpaquePointer

    func finalize() { sqlite3_finalize(handle) }
}
