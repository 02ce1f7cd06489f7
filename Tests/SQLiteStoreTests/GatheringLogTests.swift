import Foundation
import TestSupport
import Testing

@testable import SQLiteStore

/// The log that is written in large pieces holds what one holds that is written page by page.
@Suite struct GatheringLogTests {
    /// Random transactions, many of them larger than the cache and the buffer, beside a model of what they leave. After
    /// each, and in the middle of each, somebody else and a copy of the files see what was committed, and nothing else.
    ///
    /// No savepoints: SQLite 3.40 leaves a log behind that cannot be read after a crash where one is rolled back that was
    /// larger than the cache, whatever the VFS.
    @Test(arguments: ["FULL", "NORMAL", "OFF"])
    func `random transactions are seen as a whole or not at all`(_ synchronous: String) async throws {
        var random = SeededGenerator(seed: .random(in: 0...UInt64.max))
        try await withFolder { folder in
            let path = "\(folder)/log.db"
            let writer = try RawDatabase(path, gathers: true)
            try writer.execute(
                """
                PRAGMA journal_mode = WAL; PRAGMA synchronous = \(synchronous); PRAGMA cache_size = 20;
                PRAGMA wal_autocheckpoint = 300;
                CREATE TABLE t (key INTEGER PRIMARY KEY, value TEXT NOT NULL)
                """)
            let other = try RawDatabase(path)
            var committed: [Int: String] = [:]
            for number in 0..<40 {
                var changed = committed
                try writer.execute("BEGIN IMMEDIATE")
                for _ in 0..<Int.random(in: 1...[10, 40, 40, 300][number % 4], using: &random) {
                    try Self.change(&changed, by: writer, using: &random)
                }
                // Not always: what is read has left the buffer.
                if Bool.random(using: &random) { #expect(try Self.contents(writer) == changed, "its own changes") }
                #expect(try Self.contents(other) == committed, "before the commit")
                if number % 5 == 0 { try Self.expect(committed, inCopyOf: path, "\(folder)/before-\(number).db") }
                if Int.random(in: 0..<3, using: &random) == 0 {
                    try writer.execute("ROLLBACK")
                } else {
                    try writer.execute("COMMIT")
                    committed = changed
                }
                #expect(try Self.contents(other) == committed, "after the end")
                if Bool.random(using: &random) {
                    // Somebody else writes where the log of a transaction that was rolled back may have been.
                    for _ in 0..<Int.random(in: 1...30, using: &random) {
                        try Self.change(&committed, by: other, using: &random)
                    }
                    #expect(try Self.contents(writer) == committed, "what another wrote")
                }
                if number % 5 == 0 { try Self.expect(committed, inCopyOf: path, "\(folder)/after-\(number).db") }
            }
            #expect(try writer.rows("PRAGMA integrity_check") == [["ok"]])
        }
    }

    private static func change(
        _ rows: inout [Int: String], by writer: RawDatabase, using random: inout SeededGenerator
    ) throws {
        let key = Int.random(in: 1...400, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
            try writer.execute("DELETE FROM t WHERE key = \(key)")
            rows[key] = nil
        default:
            let letter = String(UnicodeScalar(UInt8.random(in: 97...122, using: &random)))
            let value = String(repeating: letter, count: Int.random(in: 0...9_000, using: &random))
            try writer.execute("INSERT OR REPLACE INTO t VALUES (\(key), '\(value)')")
            rows[key] = value
        }
    }

    private static func contents(_ database: RawDatabase) throws -> [Int: String] {
        let rows = try database.rows("SELECT key, value FROM t").compactMap { row in
            Int(row[0]).map { ($0, row[1]) }
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    private static func expect(_ rows: [Int: String], inCopyOf path: String, _ copy: String) throws {
        try FileManager.default.copyDatabase(from: path, to: copy)
        let database = try RawDatabase(copy)
        #expect(try contents(database) == rows, "\(copy)")
        #expect(try database.rows("PRAGMA integrity_check") == [["ok"]])
    }
}
