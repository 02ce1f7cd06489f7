import Foundation
import Interpreter
import JSONValue
import Orchestrator
import Testing

@testable import SQLiteStore

@Suite struct BackupTests {
    /// Everything that a database holds, to compare.
    private func contents(_ path: String) throws -> [[String]] {
        let file = try RawDatabase(path)
        return try file.rows("SELECT * FROM executions ORDER BY key")
            + file.rows("SELECT * FROM journal ORDER BY number")
            + file.rows("SELECT * FROM tasks ORDER BY number") + file.rows("PRAGMA user_version")
    }

    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private func begin(_ key: Int64) -> [WriteOperation] {
        [
            .insertExecution(Sample.execution(key)), .appendJournal(Sample.journal(key, 0, ids: 1...2)),
            .openTask(Sample.task(key, 0)),
        ]
    }

    @Test func `a backup beside a writer is one moment of the database, and the writer goes on`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            for key in Int64(1)...200 { try writer.write(begin(key)) }
            var key: Int64 = 200
            let report = try DatabaseBackup.make(of: store.path, to: "\(folder)/copy.db") { _, _ in
                // Between two portions the writer commits; the copying does not begin anew, and takes none of it.
                for _ in 0..<5 {
                    key += 1
                    #expect(throws: Never.self) { try writer.write(begin(key)) }
                }
            }
            #expect(key > 200)
            #expect(report.schema == SQLiteStore.schemaVersion && report.bytes > 0)
            // One file, without a log beside it, and without what the copying needed.
            #expect(try names(folder).filter { $0.hasPrefix("copy.db") } == ["copy.db"])
            let copy = try SQLiteStore(path: "\(folder)/copy.db")
            #expect(try await copy.counts().openTasks == 200)
            try copy.close()
            #expect(try await store.counts().openTasks == Int(key))
            try store.close()
            // And without a server.
            _ = try DatabaseBackup.make(of: store.path, to: "\(folder)/later.db")
            #expect(try contents("\(folder)/later.db") == contents(store.path))
        }
    }

    @Test func `a backup is refused where it cannot be right`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/baton.db"
            try SQLiteStore(path: path).close()
            try Data("text".utf8).write(to: URL(filePath: "\(folder)/text"))
            let before = try names(folder)
            let cases: [(String, String, StoreError.Code)] = [
                ("\(folder)/none.db", "\(folder)/copy", .cannotOpen), (path, path, .cannotOpen),
                (path, folder, .cannotOpen), (path, "\(folder)/none/copy", .cannotOpen),
                (path, "\(folder)/text", .conflict), ("\(folder)/text", "\(folder)/copy", .notADatabase),
            ]
            for (source, target, code) in cases {
                let error = try refusal { _ = try DatabaseBackup.make(of: source, to: target) }
                #expect(error.code == code, "\(source) to \(target): \(error)")
                #expect(try names(folder) == before, "\(source) to \(target)")
            }
            _ = try DatabaseBackup.make(of: path, to: "\(folder)/text", replacing: true)
            #expect(try DatabaseCheck.run("\(folder)/text").isSound)
        }
    }

    @Test func `no backup is made of a damaged database`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/baton.db"
            let store = try SQLiteStore(path: path)
            try store.makeWriter().write((1...300).flatMap { begin($0) })
            try store.close()
            var bytes = try Data(contentsOf: URL(filePath: path))
            bytes.replaceSubrange(bytes.count / 2..<bytes.count / 2 + 9_000, with: Data(count: 9_000))
            try bytes.write(to: URL(filePath: path))
            let error = try refusal { _ = try DatabaseBackup.make(of: path, to: "\(folder)/copy.db") }
            #expect(error.code == .corrupt && error.message.contains(path))
            #expect(try names(folder).filter { $0.hasPrefix("copy") } == [])
        }
    }

    // MARK: Restore

    @Test func `a restored database is the backup, and the old one is kept`() async throws {
        try await withFolder { folder in
            let (path, copy) = ("\(folder)/baton.db", "\(folder)/copy.db")
            let store = try SQLiteStore(path: path)
            let writer = try store.makeWriter()
            try writer.write(begin(1))
            _ = try DatabaseBackup.make(of: path, to: copy)
            try writer.write(begin(2))
            let refused = try refusal { _ = try DatabaseRestore.restore(from: copy, to: path, .init(stamp: "t")) }
            #expect(refused.code == .inUse)
            try store.close()

            let there = try refusal { _ = try DatabaseRestore.restore(from: copy, to: path, .init(stamp: "t")) }
            #expect(there.code == .conflict && there.message.contains("--force"))
            let lacking = try refusal {
                _ = try DatabaseRestore.restore(
                    from: copy, to: path, .init(replaces: true, stamp: "t"))
            }
            // These rows are no real journals: the check finds that out.
            #expect(lacking.code == .corrupt && lacking.message.contains("--accept-findings"))

            let report = try DatabaseRestore.restore(
                from: copy, to: path, .init(replaces: true, acceptsFindings: true, stamp: "t"))
            #expect(report.kept == "\(path).before-restore-t")
            let restored = try SQLiteStore(path: path)
            #expect(try await restored.counts().openTasks == 1)
            try restored.close()
            let kept = try SQLiteStore(path: try #require(report.kept))
            #expect(try await kept.counts().openTasks == 2)
            try kept.close()
        }
    }

    @Test func `a restore takes the log of a killed server away, and keeps it with the file`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/live.db")
            let writer = try store.makeWriter()
            try writer.write(.rememberFunction(name: "one"))
            _ = try DatabaseBackup.make(of: store.path, to: "\(folder)/copy.db")
            try writer.write(.rememberFunction(name: "two"))
            let path = "\(folder)/crashed.db"
            try FileManager.default.copyDatabase(from: store.path, to: path)
            try store.close()

            let report = try DatabaseRestore.restore(
                from: "\(folder)/copy.db", to: path, .init(replaces: true, stamp: "t"))
            #expect(report.check.isSound)
            let restored = try SQLiteStore(path: path)
            #expect(try restored.makeWriter().knownFunctions() == ["one"])
            try restored.close()
            let kept = try SQLiteStore(path: "\(path).before-restore-t")
            #expect(try kept.makeWriter().knownFunctions() == ["one", "two"])
            try kept.close()
        }
    }

    @Test func `a backup that was put in place by hand, beside a log, is refused`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/live.db")
            let writer = try store.makeWriter()
            try writer.write(.rememberFunction(name: "one"))
            _ = try DatabaseBackup.make(of: store.path, to: "\(folder)/copy.db")
            try writer.write(.rememberFunction(name: "two"))
            let path = "\(folder)/crashed.db"
            try FileManager.default.copyDatabase(from: store.path, to: path)
            try store.close()
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.copyItem(atPath: "\(folder)/copy.db", toPath: path)
            let error = try refusal { _ = try SQLiteStore(path: path) }
            #expect(error.code == .corrupt && error.message.contains("does not belong"))
            #expect(try !DatabaseCheck.run(path).isReadable)
            // The way out that is named.
            try FileManager.default.removeItem(atPath: path + "-wal")
            let opened = try SQLiteStore(path: path)
            #expect(try opened.makeWriter().knownFunctions() == ["one"])
            try opened.close()
        }
    }
}
