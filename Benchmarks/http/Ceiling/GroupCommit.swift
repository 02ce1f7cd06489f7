import Dispatch
import GRDBSQLite
import Synchronization

/// Rows that wait while a commit is under way go into the next one: one transaction after another, on a thread of
/// its own.
final class GroupCommit: Sendable {
    private struct Entry {
        var body: [UInt8]
        var onDisk: CheckedContinuation<Int64, Never>
    }

    private struct State {
        var waiting: [Entry] = []
        var isIdle = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let database: SQLiteFile

    init(path: String) throws {
        database = try SQLiteFile(path: path)
        DispatchQueue(label: "writer").async { self.work() }
    }

    /// The row's number, once it is on disk.
    func append(_ body: [UInt8]) async -> Int64 {
        await withCheckedContinuation { continuation in
            let mustWake = state.withLock { state in
                state.waiting.append(Entry(body: body, onDisk: continuation))
                defer { state.isIdle = false }
                return state.isIdle
            }
            if mustWake { wake.signal() }
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
    }

    private func work() {
        while true {
            let (batch, isClosed) = state.withLock { state in
                let batch = state.waiting
                state.waiting.removeAll(keepingCapacity: true)
                state.isIdle = batch.isEmpty
                return (batch, state.isClosed)
            }
            if isClosed { return }
            if batch.isEmpty {
                wake.wait()
                continue
            }
            let first = database.insert(batch.lazy.map(\.body))
            for (offset, entry) in batch.enumerated() { entry.onDisk.resume(returning: first + Int64(offset)) }
        }
    }
}

struct SetUpError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The table that rows go to. Used by one thread.
final class SQLiteFile: @unchecked Sendable {
    private var database: OpaquePointer?
    private var statement: OpaquePointer?

    init(path: String) throws {
        guard sqlite3_open(path, &database) == SQLITE_OK,
            sqlite3_exec(
                database,
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                    + "CREATE TABLE starts(number INTEGER PRIMARY KEY, body BLOB NOT NULL)", nil, nil, nil)
                == SQLITE_OK,
            sqlite3_prepare_v2(database, "INSERT INTO starts(body) VALUES(?)", -1, &statement, nil) == SQLITE_OK
        else { throw SetUpError("\(path): \(String(cString: sqlite3_errmsg(database)))") }
    }

    /// Commits these rows; the first one's number.
    func insert(_ bodies: some Sequence<[UInt8]>) -> Int64 {
        var first: Int64?
        must(sqlite3_exec(database, "BEGIN IMMEDIATE", nil, nil, nil))
        for body in bodies {
            body.withUnsafeBytes { bytes in
                must(sqlite3_bind_blob(statement, 1, bytes.baseAddress, Int32(bytes.count), nil))
                must(sqlite3_step(statement))
                must(sqlite3_reset(statement))
            }
            first = first ?? sqlite3_last_insert_rowid(database)
        }
        must(sqlite3_exec(database, "COMMIT", nil, nil, nil))
        return first ?? 0
    }

    private func must(_ code: Int32) {
        precondition(code == SQLITE_OK || code == SQLITE_DONE, String(cString: sqlite3_errmsg(database)))
    }
}
