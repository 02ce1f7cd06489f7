import GRDBSQLite
import Interpreter
import Orchestrator
import Testing

@testable import SQLiteStore

/// What the writer's connection holds to be fast, and that it can be without it.
@Suite struct MemoryTests {
    private func cachedBytes(_ writer: SQLiteWriter) throws -> Int {
        var (now, most): (Int32, Int32) = (0, 0)
        let database = try writer.open().session.database
        #expect(sqlite3_db_status(database, SQLITE_DBSTATUS_CACHE_USED, &now, &most, 0) == SQLITE_OK)
        return Int(now)
    }

    @Test func `the writer's pages are given back, and read again`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            let large = String(repeating: "x", count: 100_000)
            try writer.write((Int64(1)...40).map { .insertExecution(Sample.execution($0, input: large)) })
            #expect(try cachedBytes(writer) > 2 << 20)

            writer.releaseMemory()
            #expect(try cachedBytes(writer) < 64 << 10)
            #expect(try writer.execution(key: 7)?.input == large)
            try writer.write(.insertExecution(Sample.execution(41)))
            #expect(try writer.execution(key: 41) != nil)

            // Readers come back as well.
            #expect(try await store.execution(arn: Sample.execution(7).identity.arn)?.input == large)
            store.releaseMemory()
            #expect(try await store.execution(arn: Sample.execution(7).identity.arn)?.input == large)
            try store.close()
            writer.releaseMemory()
        }
    }
}
