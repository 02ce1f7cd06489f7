import GRDB
import GRDBSQLite
import Orchestrator

/// A reading connection within its transaction.
struct Reader {
    private let database: Database
    private let session: Session

    fileprivate init(_ database: Database, path: String) throws(StoreError) {
        guard let connection = database.sqliteConnection else { throw .closed(path) }
        self.database = database
        session = Session(database: connection, path: path)
    }

    func first<Value>(
        _ sql: String, _ bind: (inout Binder) -> Void = { _ in },
        read: (inout RowReader) throws(StoreError) -> Value
    ) throws(StoreError) -> Value? {
        try session.first(statement(sql), bind, read: read)
    }

    func all<Value>(
        _ sql: String, _ bind: (inout Binder) -> Void = { _ in },
        read: (inout RowReader) throws(StoreError) -> Value
    ) throws(StoreError) -> [Value] {
        try session.all(statement(sql), bind, read: read)
    }

    func forEach(
        _ sql: String, _ bind: (inout Binder) -> Void, _ body: (inout RowReader) throws(StoreError) -> Bool
    ) throws(StoreError) {
        try session.forEach(statement(sql), bind, body)
    }

    /// Prepared once per connection; GRDB owns it.
    private func statement(_ sql: String) throws(StoreError) -> Statement {
        do {
            return Statement(handle: try database.cachedStatement(sql: sql).sqliteStatement)
        } catch {
            throw StoreError(reading: session.path, error)
        }
    }
}

extension SQLiteStore {
    /// One consistent snapshot, which the writer neither blocks nor waits for. Ignores cancellation: reads are short.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Reader) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let path = path
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            readers.asyncRead { database in
                do throws(StoreError) {
                    let reader: Reader
                    switch database {
                    case .success(let database): reader = try Reader(database, path: path)
                    case .failure(let error): throw StoreError(reading: path, error)
                    }
                    continuation.resume(returning: .success(try body(reader)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        if case .failure(let error) = result { notice(error) }
        return try result.get()
    }
}

extension StoreError {
    /// From whatever GRDB throws.
    init(reading path: String, _ error: any Error) {
        switch error {
        case let error as StoreError:
            self = error
        case let error as DatabaseError where error.resultCode == .SQLITE_MISUSE:
            // GRDB's answer for a closed pool.
            self = .closed(path)
        case let error as DatabaseError:
            self.init(
                sqlite: error.extendedResultCode.rawValue, text: error.message ?? "", systemError: 0, path: path)
        default:
            self.init(.inputOutput, "Reading the database \(path) failed: \(error).")
        }
    }
}
