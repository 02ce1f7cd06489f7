import BatonTestKit
import Foundation
import Interpreter
import JSONValue
import Orchestrator
import Testing

@testable import SQLiteStore

/// Files that older Batons wrote.
@Suite struct SchemaHistoryTests {
    @Test func `released migrations never change`() {
        // FNV-1a of each script. A new schema adds a line; a changed line means files in the field that differ.
        let known: [Int: UInt64] = [
            1: 0x41ea_a8a2_61a9_0eef, 2: 0xd861_f876_c54e_6153, 3: 0x6177_a6ef_496c_0995, 4: 0xa3d0_39d8_bdc9_5e4b,
            5: 0x41c0_5b7e_05dc_64db, 6: 0x5b5a_90f0_8898_78ee,
        ]
        for migration in Migration.all {
            let hash = migration.script.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
                (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            }
            #expect(known[migration.version] == hash, "schema \(migration.version) is now \(String(hash, radix: 16))")
        }
        #expect(Migration.all.map(\.version) == Array(1...Migration.all.count))
    }

    @Test func `a database of schema 1 is read by this Baton`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/old.db"
            try write(schema: 1, rows: rowsOfSchema1, to: path)
            let store = try SQLiteStore(path: path)
            let writer = try store.makeWriter()

            let machine = try #require(try writer.stateMachine(arn: "arn:machine"))
            #expect(machine.name == "greet" && machine.kind == .express && machine.revision.number == 2)
            #expect(machine.settings == ["level": "ALL"] && machine.lastVersion == 0)
            #expect(machine.revision.settings == ["level": "ALL"])
            #expect(try await store.activity(arn: "arn:act")?.settings == [:])
            #expect(try await store.property("page_token_key")?.utf8.count == 64)
            #expect(try writer.revision(number: 1)?.definition == "{}")

            let running = try #require(try writer.execution(arn: "arn:run"))
            #expect(running.identity.key == 5 && running.identity.partition == 0 && running.status == .running)
            #expect(running.identity.startedAt == Timestamp(microseconds: 1_700_000_000_000_001))
            #expect(
                running.version == nil && running.input == " {} " && running.reply?.queue == "answers"
                    && running.traceHeader == "Root=1")
            #expect(try await store.execution(arn: "arn:done")?.output == "[1]")
            #expect(try writer.journal(execution: 5, after: -1).map(\.historyIDs) == [1...2, nil])
            #expect(try writer.checkpoint(execution: 5)?.state == Array("{}".utf8))

            let tasks = try await store.openTasks(after: nil, limit: 5).items
            #expect(tasks.map(\.phase) == [.published, .pending])
            #expect(try writer.task(TaskKey(execution: 5, task: 1)) == tasks[1])
            #expect(try writer.pendingTasks(after: nil, limit: 5) == [tasks[1]])
            #expect(tasks.map(\.target) == [.activity(arn: "arn:act", name: "act"), .function(name: "fun")])
            #expect(try writer.timers(dueBy: Timestamp(microseconds: .max)).map(\.purpose) == ["heartbeat"])
            #expect(try writer.outbox().map(\.number) == [8])
            #expect(try writer.knownFunctions() == ["fun"])
            #expect(try writer.activityNames() == ["act"])
            #expect(try writer.nextExecutionKey() == 7)
            #expect(try writer.nextOutboxNumber() == 9)
            try store.close()
            #expect(try RawDatabase(path).rows("PRAGMA user_version") == [["\(SQLiteStore.schemaVersion)"]])
        }
    }

    /// A file as the Baton of that schema left it.
    private func write(schema: Int, rows: String, to path: String) throws {
        let file = try RawDatabase(path)
        for migration in Migration.all.prefix(schema) { try file.execute(migration.script) }
        try file.execute("PRAGMA application_id = \(Migration.applicationID); PRAGMA user_version = \(schema)")
        try file.execute(rows)
    }

    private let rowsOfSchema1 = """
        INSERT INTO state_machines VALUES (3, 'arn:machine', 'greet', 'EXPRESS', 'ACTIVE', 7, 2, '{"level":"ALL"}');
        INSERT INTO revisions VALUES (1, 'r1', 3, 'arn:role', 7, '{}');
        INSERT INTO revisions VALUES (2, 'r2', 3, 'arn:role', 8, '{"Comment":"2"}');
        INSERT INTO activities VALUES ('arn:act', 'act', 9);
        INSERT INTO functions VALUES ('fun');
        INSERT INTO executions VALUES (5, 'arn:run', 'run', 3, 1, 'RUNNING', 1700000000000001, NULL, 0, 0, 'arn:role',
            'Root=1', 'answers', 'c', NULL, NULL, ' {} ', NULL);
        INSERT INTO executions VALUES (6, 'arn:done', 'done', 3, 2, 'SUCCEEDED', 1700000000000002, 1700000000000003, 0,
            0, 'arn:role', NULL, NULL, NULL, NULL, NULL, '{}', '[1]');
        INSERT INTO journal VALUES (1, 5, 0, 1, 2, 1700000000000001, '[]');
        INSERT INTO journal VALUES (2, 5, 1, NULL, NULL, 1700000000000001, '[]');
        INSERT INTO checkpoints VALUES (5, 0, '{}');
        INSERT INTO tasks VALUES (4, 5, 0, 'published', 'act', 'arn:act', '0.5.0.s', 'A', 0, 1, 60, NULL, NULL, '{}');
        INSERT INTO tasks VALUES (9, 5, 1, 'pending', 'fun', NULL, '0.5.1.s', 'B', 2, 1, NULL, 5, 'w', '{}');
        INSERT INTO timers VALUES (5, 0, 1700000009000000, 'heartbeat', 5.0);
        INSERT INTO outbox VALUES (8, 'answers', 'c', 'success', 'arn:done', '[1]');
        """
}
