import Foundation
import GRDBSQLite
import Interpreter
import Orchestrator
import TestSupport
import Testing

@testable import SQLiteStore

/// Files as bad disks, hasty people and enemies leave them: refused with words, or found by the check; never a crash, and
/// never a start on part of what was committed.
@Suite struct HostileFileTests {
    private static let keys = Int64(1)...120

    /// A database as a killed server leaves it: a file, a log with the latest changes, and the lock file.
    private func prepare(_ folder: String, _ name: String = "killed") throws -> String {
        let store = try SQLiteStore(path: "\(folder)/live-\(name).db")
        let writer = try store.makeWriter()
        for key in Self.keys {
            try writer.write(
                .insertExecution(Sample.execution(key)), .appendJournal(Sample.journal(key, 0, ids: 1...2)),
                .armTimer(Sample.timer(key, 1, due: Double(key))))
            if key == 60 {
                // Half of it is in the file, half in the log.
                let (session, _) = try writer.open()
                _ = sqlite3_wal_checkpoint_v2(session.database, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
            }
        }
        let path = "\(folder)/\(name).db"
        for suffix in ["", "-wal", "-lock"] {
            try FileManager.default.copyItem(atPath: store.path + suffix, toPath: path + suffix)
        }
        try store.close()
        return path
    }

    @Test func `as it is, it opens with everything`() async throws {
        try await withFolder { folder in
            let path = try prepare(folder)
            for _ in 0..<2 {
                let store = try SQLiteStore(path: path)
                #expect(try await store.counts().armedTimers == Self.keys.count)
                try store.close()
            }
        }
    }

    private static let cases: [(String, @Sendable (String) throws -> Void)] = [
        ("the log lost its end", { try change($0 + "-wal") { $0.removeLast($0.count / 3) } }),
        ("the log lost its last page", { try change($0 + "-wal") { $0.removeLast(4_120) } }),
        ("the log lost its last byte", { try change($0 + "-wal") { $0.removeLast(1) } }),
        ("the log is zeros", { try change($0 + "-wal") { $0 = Data(count: $0.count) } }),
        (
            "the log's header is zeros",
            { try change($0 + "-wal") { $0.replaceSubrange(0..<32, with: Data(count: 32)) } }
        ),
        (
            "the log is text",
            { try Data(String(repeating: "words ", count: 5_000).utf8).write(to: URL(filePath: $0 + "-wal")) }
        ),
        ("the log is gone", { try FileManager.default.removeItem(atPath: $0 + "-wal") }),
        ("the log is empty", { try Data().write(to: URL(filePath: $0 + "-wal")) }),
        ("a bit of the log's header flipped", { try change($0 + "-wal") { $0[17] ^= 4 } }),
        ("a bit in the middle of the log flipped", { try change($0 + "-wal") { $0[$0.count / 2] ^= 1 } }),
        ("a bit at the end of the log flipped", { try change($0 + "-wal") { $0[$0.count - 5] ^= 0x80 } }),
        ("the file is gone", { try FileManager.default.removeItem(atPath: $0) }),
        ("the file is empty", { try Data().write(to: URL(filePath: $0)) }),
        ("the file is zeros", { try change($0) { $0 = Data(count: $0.count) } }),
        ("the file is text", { try Data("Dear diary".utf8).write(to: URL(filePath: $0)) }),
        (
            "the file is a folder",
            {
                try FileManager.default.removeItem(atPath: $0)
                try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: false)
            }
        ),
        ("the file's header is zeros", { try change($0) { $0.replaceSubrange(0..<100, with: Data(count: 100)) } }),
        (
            "file and log lost their ends",
            {
                try change($0) { $0.removeLast($0.count / 2) }
                try change($0 + "-wal") { $0.removeLast($0.count / 2) }
            }
        ),
    ]

    private static func change(_ path: String, _ body: (inout Data) -> Void) throws {
        var bytes = try Data(contentsOf: URL(filePath: path))
        body(&bytes)
        try bytes.write(to: URL(filePath: path))
    }

    @Test(arguments: cases.indices)
    func `damage is refused, with the file, what is wrong, and the way forward`(_ index: Int) async throws {
        let (name, damage) = Self.cases[index]
        try await withFolder { folder in
            let path = try prepare(folder)
            try damage(path)
            // Again and again: a refusal does not make the next one forget.
            for attempt in 1...2 {
                do {
                    let store = try SQLiteStore(path: path)
                    Issue.record("\(name): opened, attempt \(attempt), with \(try await store.counts())")
                    try store.close()
                } catch let error as StoreError {
                    #expect([.corrupt, .notADatabase, .cannotOpen].contains(error.code), "\(name): \(error)")
                    #expect(error.message.contains(path), "\(name): \(error)")
                }
            }
        }
    }

    @Test func `a log of another database is refused`() async throws {
        try await withFolder { folder in
            let path = try prepare(folder)
            let other = try prepare(folder, "other")
            try FileManager.default.removeItem(atPath: path + "-wal")
            try FileManager.default.copyItem(atPath: other + "-wal", toPath: path + "-wal")
            let error = try refusal { _ = try SQLiteStore(path: path) }
            #expect(error.code == .corrupt && error.message.contains("-wal"))
            #expect(try !DatabaseCheck.run(path).isSound)

            // Beside a database that was closed well, there is no log.
            let closed = "\(folder)/live-killed.db"
            try FileManager.default.copyItem(atPath: other + "-wal", toPath: closed + "-wal")
            #expect(try refusal { _ = try SQLiteStore(path: closed) }.code == .corrupt)
        }
    }

    @Test func `to go on with what is there is possible, and has to be said`() async throws {
        try await withFolder { folder in
            let path = try prepare(folder)
            try FileManager.default.removeItem(atPath: path + "-wal")
            let error = try refusal { _ = try SQLiteStore(path: path) }
            #expect(error.message.contains("\(path)-lock") && error.message.contains("baton restore"))
            try FileManager.default.removeItem(atPath: path + "-lock")
            let store = try SQLiteStore(path: path)
            #expect(try await store.counts().armedTimers == 60)
            try store.close()
        }
    }

    @Test func `a database that was removed is begun anew`() async throws {
        try await withFolder { folder in
            let path = try prepare(folder)
            for suffix in ["", "-wal"] { try FileManager.default.removeItem(atPath: path + suffix) }
            let store = try SQLiteStore(path: path)
            #expect(try await store.counts().runningExecutions == 0)
            try store.close()
        }
    }

    /// What SQLite's own checks do not see may be a byte of a value: then it reads as another value, or the check finds
    /// it. What must not be is a crash, or a database that lost rows without a word.
    @Test(arguments: [UInt64](1...40))
    func `flipped bits are refused, found, or change no more than a value`(_ seed: UInt64) async throws {
        var random = SeededGenerator(fixed: seed)
        try await withFolder { folder in
            let path = try prepare(folder)
            let isLog = Bool.random(using: &random)
            let file = isLog ? path + "-wal" : path
            var bytes = try Data(contentsOf: URL(filePath: file))
            let place = Int.random(in: 0..<bytes.count, using: &random)
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try bytes.write(to: URL(filePath: file))
            do {
                let store = try SQLiteStore(path: path)
                // A flip in the log cuts it there: that is always seen.
                #expect(!isLog, "seed \(seed): byte \(place) of \(file)")
                let damage = try await store.findDamage()
                let counts = try? await store.counts()
                #expect(
                    !damage.isEmpty || counts?.armedTimers == Self.keys.count,
                    "seed \(seed): byte \(place) of \(file): \(String(describing: counts))")
                try? store.close()
            } catch let error as StoreError {
                #expect([.corrupt, .notADatabase, .inputOutput].contains(error.code), "seed \(seed): \(error)")
                #expect(error.message.contains(path))
            }
            do {
                _ = try DatabaseCheck.run(path)
            } catch let error as StoreError {
                #expect(
                    [.corrupt, .notADatabase, .newerSchema, .cannotOpen].contains(error.code), "seed \(seed): \(error)")
            }
        }
    }
}
