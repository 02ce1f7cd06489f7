package import JSONValue
import Telemetry
package import WorkerSDK

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The records of one stub service: an SQLite file that several processes may share, and that people may read.
///
/// Besides the service's own table it has `calls`: every attempt with its outcome. An attempt that was answered is
/// answered in the same way again, however often it is delivered.
package final class Ledger: Sendable {
    private let database: SQLiteFile
    private let table: String

    /// - Parameters:
    ///   - schema: creates the service's own table, `table`, where it does not exist.
    /// - Throws: `WorkerConfigurationError` where the folder or the file cannot be used.
    package init(folder: String, file: String, table: String, schema: String) throws {
        let path = "\(folder)/\(file)"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw WorkerConfigurationError("the data folder \(folder) cannot be created; choose another with --data")
        }
        do {
            database = try SQLiteFile(path: path, schema: schema + ";" + Self.calls)
        } catch {
            throw WorkerConfigurationError("the records in \(path) cannot be opened: \(error)")
        }
        self.table = table
    }

    private static let calls = """
        CREATE TABLE IF NOT EXISTS calls (
            attempt_id TEXT PRIMARY KEY NOT NULL,
            activity   TEXT NOT NULL,
            user_id    TEXT NOT NULL,
            outcome    TEXT NOT NULL,   -- 'ok', or the name of the error
            answer     TEXT,            -- JSON, where it is ok
            execution  TEXT NOT NULL,
            retry      INTEGER NOT NULL,
            at         TEXT NOT NULL
        ) STRICT;
        CREATE INDEX IF NOT EXISTS calls_by_user ON calls (user_id, activity);
        """

    /// Runs `body` in a transaction, unless this attempt was answered before: then gives that answer.
    ///
    /// A `TaskFailure` is a result like any other: what was written before it stays. Any other error undoes everything.
    package func once<Output: Codable & Sendable>(
        _ activity: String, user: String, _ context: TaskContext,
        _ body: @escaping @Sendable (Records) throws -> Output
    ) async throws -> Output {
        let result: Result<Output, TaskFailure> = try await database.transaction { database in
            let key = context.idempotencyKey
            let known = try database.rows(
                "SELECT answer FROM calls WHERE attempt_id = ? AND outcome = 'ok'", [key])
            if case .text(let answer)? = known.first?.first?.value {
                return .success(try JSONDecoder().decode(Output.self, from: Data(answer.utf8)))
            }
            let records = Records(database: database, now: WallTime.now().rfc3339, attempt: key)
            let result: Result<Output, TaskFailure>
            do {
                result = .success(try body(records))
            } catch let failure as TaskFailure {
                result = .failure(failure)
            }
            let (outcome, answer): (String, String?) =
                switch result {
                case .success(let output): ("ok", String(decoding: try JSONEncoder().encode(output), as: UTF8.self))
                case .failure(let failure): (failure.error, nil)
                }
            try database.execute(
                "INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [key, activity, user, outcome, answer, context.execution, String(context.attempt), records.now])
            return result
        }
        return try result.get()
    }

    /// For what is only read.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (Records) throws -> Value) async throws -> Value {
        try await database.transaction { database in
            try body(Records(database: database, now: WallTime.now().rfc3339, attempt: ""))
        }
    }

    /// Everything that is recorded, for `--list`.
    package func listing() throws -> Listing {
        try database.transactionNow { database in
            func rows(_ table: String) throws -> [JSONObject] {
                try database.rows("SELECT * FROM \(table) ORDER BY rowid").map(Records.object)
            }
            return Listing(table: table, rows: try rows(table), calls: try rows("calls"))
        }
    }
}

/// The records within one transaction.
package struct Records {
    let database: SQLiteConnection
    /// RFC 3339; the same throughout the transaction.
    package let now: String
    /// The attempt's idempotency key.
    package let attempt: String

    /// The first row of a query's result, as an object by column.
    package func first(_ sql: String, _ arguments: String?...) throws -> JSON? {
        try database.rows(sql, arguments).first.map { .object(Self.object($0)) }
    }

    package func execute(_ sql: String, _ arguments: String?...) throws {
        try database.execute(sql, arguments)
    }

    /// How many rows the last `execute` changed.
    package var changes: Int { database.changes }

    /// How many other attempts of an activity for that user had that outcome.
    package func calls(_ activity: String, user: String, outcome: String) throws -> Int {
        let rows = try database.rows(
            "SELECT rowid FROM calls WHERE activity = ? AND user_id = ? AND outcome = ? AND attempt_id <> ?",
            [activity, user, outcome, attempt])
        return rows.count
    }

    static func object(_ row: [(name: String, value: SQLiteValue)]) -> JSONObject {
        JSONObject(
            row.map { column, value in
                switch value {
                case .null: (column, .null)
                case .int(let number): (column, .int(number))
                case .double(let number): (column, .double(number))
                case .text(let text): (column, .string(text))
                case .blob: (column, "(blob)")
                }
            })
    }
}
