import GRDBSQLite
import JSONValue
import Orchestrator

/// Reads a row's columns, one after the other.
struct RowReader {
    private let statement: Statement
    private let path: String
    private var column: Int32 = 0

    init(_ statement: Statement, path: String) {
        self.statement = statement
        self.path = path
    }

    mutating func integer() -> Int64 {
        defer { column += 1 }
        return sqlite3_column_int64(statement.handle, column)
    }

    mutating func int() -> Int { Int(integer()) }

    mutating func optionalInt() -> Int? {
        guard !isNull else { return skip() }
        return int()
    }

    mutating func time() -> Timestamp { Timestamp(microseconds: integer()) }

    mutating func optionalTime() -> Timestamp? {
        guard !isNull else { return skip() }
        return time()
    }

    mutating func real() -> Double {
        defer { column += 1 }
        return sqlite3_column_double(statement.handle, column)
    }

    mutating func optionalReal() -> Double? {
        guard !isNull else { return skip() }
        return real()
    }

    mutating func text() -> String {
        defer { column += 1 }
        return String(decoding: current, as: UTF8.self)
    }

    mutating func optionalText() -> String? {
        guard !isNull else { return skip() }
        return text()
    }

    mutating func bytes() -> [UInt8] {
        defer { column += 1 }
        return Array(current)
    }

    /// A value that only a damaged file, or a foreign hand, can have put there where it is not understood.
    mutating func value<Value: RawRepresentable<String>>(
        as type: Value.Type, _ what: String
    ) throws(StoreError) -> Value {
        let text = text()
        guard let value = Value(rawValue: text) else { throw unexpected("\(what) \"\(text)\"") }
        return value
    }

    func unexpected(_ what: String) -> StoreError {
        StoreError(
            .corrupt,
            "The database \(path) holds the \(what), which Baton never writes: restore the file from a backup.")
    }

    private var isNull: Bool { sqlite3_column_type(statement.handle, column) == SQLITE_NULL }

    private mutating func skip<Value>() -> Value? {
        column += 1
        return nil
    }

    /// The current column's bytes, valid until the next step.
    private var current: UnsafeRawBufferPointer {
        // The text has to be asked for before its length.
        guard let start = sqlite3_column_text(statement.handle, column) else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement.handle, column)))
    }
}
