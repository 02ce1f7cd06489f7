import Foundation
import Interpreter
import Orchestrator
import Testing

@testable import SQLiteStore

/// Trouble in the middle: refused as a whole, and the store goes on.
@Suite struct FailureTests {
    @Test func `a full disk refuses the transaction and keeps the rest`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            try writer.write(.insertExecution(Sample.execution(1)))
            let (session, _) = try writer.open()
            let pages = Int(try session.pragma("page_count") ?? "") ?? 0
            _ = try session.pragma("max_page_count = \(pages + 3)")

            let large = String(repeating: "x", count: 100_000)
            try writer.begin()
            try writer.apply(.insertExecution(Sample.execution(2)))
            let error = try refusal { try writer.apply(.insertExecution(Sample.execution(3, input: large))) }
            #expect(error.code == .diskFull)
            writer.rollback()
            #expect(try writer.execution(key: 1) == Sample.execution(1))
            #expect(try writer.execution(key: 2) == nil)

            _ = try session.pragma("max_page_count = 1000000")
            try writer.write(.insertExecution(Sample.execution(3, input: large)))
            #expect(try await store.execution(arn: Sample.execution(3).identity.arn)?.input == large)
            try store.close()
        }
    }

    @Test func `another program's transaction is waited for, then refused, then forgotten`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            let (session, _) = try writer.open()
            _ = try session.pragma("busy_timeout = 10")
            let shell = try RawDatabase(store.path)
            try shell.execute("BEGIN IMMEDIATE")
            let error = try refusal { try writer.begin() }
            #expect(error.code == .inUse)
            writer.rollback()
            try shell.execute("ROLLBACK")
            try writer.write(.insertExecution(Sample.execution(1)))
            #expect(try writer.execution(key: 1) != nil)
            try store.close()
        }
    }

    @Test func `a database that became read-only refuses writes`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            let (session, _) = try writer.open()
            try session.execute("PRAGMA query_only = ON")
            #expect(try refusal { try writer.begin() }.code == .readOnly)
            #expect(try writer.knownFunctions().isEmpty)
            try session.execute("PRAGMA query_only = OFF")
            try writer.write(.rememberFunction(name: "f"))
            #expect(try writer.knownFunctions() == ["f"])
            try store.close()
        }
    }

    @Test func `a failed commit leaves no transaction`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            #expect(throws: StoreError.self) { try writer.commit() }
            try writer.begin()
            #expect(throws: StoreError.self) { try writer.begin() }
            try writer.apply(.rememberFunction(name: "f"))
            try writer.commit()
            #expect(try writer.knownFunctions() == ["f"])
            try store.close()
        }
    }

    @Test func `readers see whole transactions while the writer is busy`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            for key in Int64(1)...50 {
                try writer.begin()
                try writer.apply(.insertExecution(Sample.execution(key)))
                try writer.apply(.openTask(Sample.task(key, 0)))
                async let first = store.counts()
                async let second = store.counts()
                for counts in try await [first, second] {
                    #expect(counts.openTasks == Int(key) - 1 && counts.runningExecutions == Int(key) - 1)
                }
                try writer.commit()
            }
            try store.close()
        }
    }
}
