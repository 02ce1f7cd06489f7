import GRDBSQLite
import JSONValue

/// Gives a statement its parameters, one after the other.
struct Binder {
    private let statement: Statement
    private let texts: TextArena
    private var index: Int32 = 0
    /// The first failure, or `SQLITE_OK`.
    private(set) var code = SQLITE_OK

    /// - Parameter texts: Has to keep what is bound until the statement ran.
    init(_ statement: Statement, _ texts: TextArena) {
        self.statement = statement
        self.texts = texts
    }

    mutating func integer(_ value: Int64) {
        index += 1
        note(sqlite3_bind_int64(statement.handle, index, value))
    }

    mutating func integer(_ value: Int) { integer(Int64(value)) }

    mutating func integer(_ value: Int?) {
        guard let value else { return null() }
        integer(Int64(value))
    }

    mutating func time(_ value: Timestamp) { integer(value.microseconds) }

    mutating func time(_ value: Timestamp?) {
        guard let value else { return null() }
        integer(value.microseconds)
    }

    mutating func real(_ value: Double) {
        index += 1
        note(sqlite3_bind_double(statement.handle, index, value))
    }

    mutating func real(_ value: Double?) {
        guard let value else { return null() }
        real(value)
    }

    mutating func null() {
        // Parameters are null unless bound.
        index += 1
    }

    mutating func text(_ value: String) {
        index += 1
        var value = value
        let place = index
        note(
            value.withUTF8 { utf8 in
                if let copy = texts.copy(utf8) {
                    return sqlite3_bind_text64(
                        statement.handle, place, copy, UInt64(utf8.count), nil, UInt8(SQLITE_UTF8))
                }
                return utf8.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text64(
                        statement.handle, place, $0.baseAddress ?? Self.nothing, UInt64($0.count), Self.copied,
                        UInt8(SQLITE_UTF8))
                }
            })
    }

    mutating func text(_ value: String?) {
        guard let value else { return null() }
        text(value)
    }

    /// UTF-8 text, which is not copied: it has to stay where it is until the statement ran.
    mutating func text(borrowing utf8: UnsafeBufferPointer<UInt8>) {
        index += 1
        let place = index
        note(
            utf8.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text64(
                    statement.handle, place, $0.baseAddress ?? Self.nothing, UInt64($0.count), nil, UInt8(SQLITE_UTF8))
            })
    }

    private mutating func note(_ result: Int32) {
        if code == SQLITE_OK { code = result }
    }

    /// SQLITE_TRANSIENT, a cast that Swift does not import: SQLite makes a copy.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    /// An address for the empty string: a null pointer would be NULL. Never read, never freed.
    private nonisolated(unsafe) static let nothing = UnsafePointer<CChar>(
        UnsafeMutablePointer<CChar>.allocate(capacity: 1))
}
