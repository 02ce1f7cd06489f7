import Foundation
import GRDBSQLite
import Orchestrator
import Testing

@testable import SQLiteStore

/// What is refused at the door, and in which words.
@Suite struct OpeningTests {
    @Test func `a database in use is refused, with the process that has it`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/baton.db"
            let store = try SQLiteStore(path: path)
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/link.db", withDestinationPath: path)
            let detour = "\(folder)/../\(URL(filePath: folder).lastPathComponent)/baton.db"
            for name in [path, "\(folder)/link.db", detour] {
                let error = try refusal { _ = try SQLiteStore(path: name) }
                #expect(error.code == .inUse)
                #expect(error.message.contains("process \(getpid())"), "\(error.message)")
            }
            try store.close()
            // A lock file that a killed process left means nothing.
            #expect(FileManager.default.fileExists(atPath: path + "-lock"))
            let again = try SQLiteStore(path: path)
            try again.close()
        }
    }

    @Test func `a store that is dropped lets go of its lock`() async throws {
        try await withFolder { folder in
            for _ in 0..<2 {
                let store = try SQLiteStore(path: "\(folder)/baton.db")
                _ = try store.makeWriter()
            }
        }
    }

    @Test func `a newer database is refused and left alone`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/baton.db"
            try SQLiteStore(path: path).close()
            try RawDatabase(path).execute("PRAGMA user_version = 7")
            let error = try refusal { _ = try SQLiteStore(path: path) }
            #expect(error.code == .newerSchema)
            #expect(error.message.contains("schema 7") && error.message.contains("up to \(SQLiteStore.schemaVersion)"))
            #expect(try RawDatabase(path).rows("PRAGMA user_version") == [["7"]])
        }
    }

    @Test func `migrations are applied in order, each with its version, and a failed one goes back`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/baton.db"
            let store = try SQLiteStore(path: path)
            try store.makeWriter().write(
                .insertStateMachine(Sample.machine()), .insertExecution(Sample.execution(1)))
            try store.close()

            let next = Migration.all.count + 1
            let good = Migration(
                version: next, script: "ALTER TABLE executions ADD COLUMN tags TEXT; CREATE TABLE x (y);")
            let bad = Migration(version: next + 1, script: "CREATE TABLE z (y); CREATE TABLE x (y);")
            #expect(throws: StoreError.self) {
                _ = try SQLiteStore(path: path, migrations: Migration.all + [good, bad])
            }
            let shell = try RawDatabase(path)
            #expect(try shell.rows("PRAGMA user_version") == [["\(next)"]])
            #expect(try shell.rows("SELECT count(*) FROM sqlite_schema WHERE name IN ('x', 'z')") == [["1"]])

            let upgraded = try SQLiteStore(path: path, migrations: Migration.all + [good])
            #expect(try upgraded.makeWriter().execution(key: 1) == Sample.execution(1))
            try upgraded.close()
        }
    }

    @Test func `what is no database of Baton's is left as it is`() async throws {
        try await withFolder { folder in
            let text = "\(folder)/notes.txt"
            try "Dear diary, today I learnt about databases.".write(toFile: text, atomically: true, encoding: .utf8)
            #expect(try refusal { _ = try SQLiteStore(path: text) }.code == .notADatabase)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["notes.txt"])

            let other = "\(folder)/other.db"
            try RawDatabase(other).execute("CREATE TABLE songs (title TEXT)")
            let before = try Data(contentsOf: URL(filePath: other))
            #expect(try refusal { _ = try SQLiteStore(path: other) }.code == .notADatabase)
            #expect(try Data(contentsOf: URL(filePath: other)) == before)

            // An empty file is a database nobody has written to yet.
            try Data().write(to: URL(filePath: "\(folder)/empty.db"))
            try SQLiteStore(path: "\(folder)/empty.db").close()
        }
    }

    @Test func `paths that lead nowhere are refused`() async throws {
        try await withFolder { folder in
            for path in ["", folder, "\(folder)/none/baton.db", "\(folder)/none/"] {
                #expect(try refusal { _ = try SQLiteStore(path: path) }.code == .cannotOpen, "\(path)")
            }
            let error = try refusal { _ = try SQLiteStore(path: "\(folder)/none/baton.db") }
            #expect(error.message.contains("\(folder)/none does not exist") || error.message.contains("does not exist"))
        }
    }

    @Test(.enabled(if: geteuid() != 0, "the superuser may write everywhere"))
    func `a read-only file or folder is refused`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/baton.db"
            try SQLiteStore(path: path).close()
            chmod(path, 0o444)
            #expect(try refusal { _ = try SQLiteStore(path: path) }.code == .readOnly)
            chmod(path, 0o644)
            try FileManager.default.removeItem(atPath: path + "-lock")
            chmod(folder, 0o555)
            defer { chmod(folder, 0o755) }
            #expect(try refusal { _ = try SQLiteStore(path: path) }.code == .readOnly)
            #expect(try refusal { _ = try SQLiteStore(path: "\(folder)/new.db") }.code == .readOnly)
        }
    }

    @Test func `damage is found at the door or on the way, and said to be damage`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/baton.db"
            let store = try SQLiteStore(path: path)
            try store.makeWriter().write((1...200).map { .insertExecution(Sample.execution($0)) })
            try store.close()
            let sound = try Data(contentsOf: URL(filePath: path))

            // A lost table.
            try RawDatabase(path).execute("DROP TABLE timers")
            #expect(try refusal { _ = try SQLiteStore(path: path) }.code == .corrupt)

            // A file that was cut off.
            try sound.prefix(sound.count / 2).write(to: URL(filePath: path))
            #expect(try refusal { _ = try SQLiteStore(path: path) }.code == .corrupt)

            // Rubbish in the schema.
            var broken = sound
            broken.replaceSubrange(100..<4000, with: Data(repeating: 0xAA, count: 3900))
            try broken.write(to: URL(filePath: path))
            #expect(try refusal { _ = try SQLiteStore(path: path) }.code == .corrupt)

            // Rubbish in rows: opening is no place to read everything.
            broken = sound
            broken.replaceSubrange((sound.count / 2)..<sound.count, with: Data(count: sound.count - sound.count / 2))
            try broken.write(to: URL(filePath: path))
            do {
                let store = try SQLiteStore(path: path)
                #expect(try await !store.findDamage().isEmpty)
                try? store.close()
            } catch let error as StoreError {
                #expect(error.code == .corrupt)
            }

            // A foreign hand.
            try sound.write(to: URL(filePath: path))
            try RawDatabase(path).execute("UPDATE executions SET status = 'DANCING' WHERE key = 7")
            let touched = try SQLiteStore(path: path)
            let error = try refusal { _ = try touched.makeWriter().execution(key: 7) }
            #expect(error.code == .corrupt && error.message.contains("DANCING"))
            try touched.close()
        }
    }

    @Test(arguments: [
        (SQLITE_FULL, Int32(0), StoreError.Code.diskFull), (SQLITE_IOERR, ENOSPC, .diskFull),
        (SQLITE_IOERR, EIO, .inputOutput),
        (SQLITE_READONLY, 0, .readOnly), (SQLITE_CORRUPT, 0, .corrupt), (SQLITE_NOTADB, 0, .notADatabase),
        (SQLITE_BUSY, 0, .inUse), (SQLITE_LOCKED, 0, .inUse), (SQLITE_CANTOPEN, 0, .cannotOpen),
        (SQLITE_CONSTRAINT | 8 << 8, 0, .conflict), (SQLITE_IOERR | 4 << 8, EROFS, .inputOutput),
        (SQLITE_NOMEM, 0, .inputOutput),
    ])
    func `result codes become errors that name the file`(
        _ code: Int32, _ systemError: Int32, _ expected: StoreError.Code
    ) {
        let error = StoreError(sqlite: code, text: "words", systemError: systemError, path: "/x/baton.db")
        #expect(error.code == expected)
        #expect(error.message.contains("/x/baton.db"))
    }
}
