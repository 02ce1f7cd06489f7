import GRDB
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
    private let database: DatabasePool
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
            database = try Self.open(path, schema)
        } catch {
            throw WorkerConfigurationError("the records in \(path) cannot be opened: \(error)")
        }
        self.table = table
    }

    private static func open(_ path: String, _ schema: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.write { database in
            try database.execute(sql: schema)
            try database.execute(
                sql: """
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
                    """)
        }
        return pool
    }

    /// Runs `body` in a transaction, unless this attempt was answered before: then gives that answer.
    ///
    /// A `TaskFailure` is a result like any other: what was written before it stays. Any other error undoes everything.
    package func once<Output: Codable & Sendable>(
        _ activity: String, user: String, _ context: TaskContext,
        _ body: @escaping @Sendable (Records) throws -> Output
    ) async throws -> Output {
        let result: Result<Output, TaskFailure> = try await database.write { database in
            let key = context.idempotencyKey
            if let answer = try String.fetchOne(
                database, sql: "SELECT answer FROM calls WHERE attempt_id = ? AND outcome = 'ok'", arguments: [key])
            {
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
                sql: "INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    key, activity, user, outcome, answer, context.execution, context.attempt, records.now,
                ])
            return result
        }
        return try result.get()
    }

    /// Reads without writing.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (Records) throws -> Value) async throws -> Value {
        try await database.read { database in
            try body(Records(database: database, now: WallTime.now().rfc3339, attempt: ""))
        }
    }

    /// Everything that is recorded, for `--list`.
    package func listing() throws -> Listing {
        try database.read { database in
            func rows(_ table: String) throws -> [JSONObject] {
                try Row.fetchAll(database, sql: "SELECT * FROM \(table) ORDER BY rowid").map(Records.object)
            }
            return Listing(table: table, rows: try rows(table), calls: try rows("calls"))
        }
    }
}

/// The records within one transaction.
package struct Records {
    let database: Database
    /// RFC 3339; the same throughout the transaction.
    package let now: String
    /// The attempt's idempotency key.
    package let attempt: String

    /// The first row of a query's result, as an object by column.
    package func first(_ sql: String, _ arguments: String?...) throws -> JSON? {
        try Row.fetchOne(database, sql: sql, arguments: StatementArguments(arguments)).map { .object(Self.object($0)) }
    }

    package func execute(_ sql: String, _ arguments: String?...) throws {
        try database.execute(sql: sql, arguments: StatementArguments(arguments))
    }

    /// How many rows the last `execute` changed.
    package var changes: Int { database.changesCount }

    /// How many other attempts of an activity for that user had that outcome.
    package func calls(_ activity: String, user: String, outcome: String) throws -> Int {
        try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM calls WHERE activity = ? AND user_id = ? AND outcome = ? AND attempt_id <> ?",
            arguments: [activity, user, outcome, attempt]) ?? 0
    }

    static func object(_ row: Row) -> JSONObject {
        JSONObject(
            row.map { column, value in
                switch value.storage {
                case .null: (column, .null)
                case .int64(let number): (column, .int(number))
                case .double(let number): (column, .double(number))
                case .string(let text): (column, .string(text))
                case .blob: (column, "(blob)")
                }
            })
    }
}
