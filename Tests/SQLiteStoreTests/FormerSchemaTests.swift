import Foundation
import Interpreter
import JSONValue
import Logging
import TaskProtocol
import Telemetry
import Testing

@testable import Orchestrator
@testable import SQLiteStore

/// Files that older Batons wrote, with executions under way: they open, are sound, and come to their ends.
@Suite struct FormerSchemaTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "FormerSchemas")

    @Test(arguments: [(1, 6), (2, 8), (3, 8), (4, 11), (5, 13)])
    func `a database with open executions opens and completes`(_ schema: Int, _ open: Int) async throws {
        try await withFolder { folder in
            let path = "\(folder)/old.db"
            let script = try String(contentsOf: Self.folder.appending(path: "schema\(schema).sql"), encoding: .utf8)
            let file = try RawDatabase(path)
            try file.execute(script)
            #expect(try file.rows("PRAGMA user_version") == [["\(schema)"]])
            let latest = try file.rows("SELECT max(time) FROM journal")[0][0]

            let store = try SQLiteStore(path: path)
            let before = try DatabaseCheck.run(path)
            #expect(before.isSound, "\(before.findings)")
            #expect(before.schema == SQLiteStore.schemaVersion)
            #expect(try await store.counts().runningExecutions == open)

            var driver = try Driver(store, now: Timestamp(microseconds: try #require(Int64(latest))))
            try await driver.run(store)
            let counts = try await store.counts()
            #expect(counts.runningExecutions == 0 && counts.openTasks == 0 && counts.armedTimers == 0)
            let after = try DatabaseCheck.run(path)
            #expect(after.isSound, "\(after.findings)")
            let ends = try file.rows(
                "SELECT name, status, output FROM executions WHERE key > 4 AND name <> 'stopped' ORDER BY key")
            #expect(ends.allSatisfy { $0[1] == "SUCCEEDED" }, "\(ends)")
            #expect(ends.first { $0[0] == "items" }?[2] == #"[{"ok":true},{"ok":true},{"ok":true}]"#)
            #expect(ends.first { $0[0] == "waiting" }?[2] == #"{"ok":true}"#)
            #expect(ends.first { $0[0] == "branches" }?[2] == #"[{"ok":true},{"n":4}]"#)
            if schema > 1 {
                #expect(ends.first { $0[0] == "nested" }?[1] == "SUCCEEDED")
                #expect(try file.rows("SELECT status FROM executions WHERE name = 'taken'") == [["SUCCEEDED"]])
                #expect(try file.rows("SELECT status FROM executions WHERE name = 'retrying'") == [["SUCCEEDED"]])
            }
            if schema >= 4 {
                #expect(
                    ends.first { $0[0] == "distributed" }?[2]
                        == #"[{"ok":true},{"ok":true},{"ok":true},{"ok":true}]"#)
            }
            try store.close()
        }
    }

    @Test(arguments: ["", "DROP VIEW running;"])
    func `the step from schema 5 keeps every row, or leaves the file as it was`(_ other: String) async throws {
        try await withFolder { folder in
            let path = "\(folder)/old.db"
            let script = try String(contentsOf: Self.folder.appending(path: "schema5.sql"), encoding: .utf8)
            let file = try RawDatabase(path)
            try file.execute(script)
            // Views of other people's.
            try file.execute("CREATE VIEW mine AS SELECT t.state, o.queue FROM tasks t LEFT JOIN outbox o; \(other)")
            try file.execute("INSERT INTO outbox VALUES (7, 'answers', 'c', 'execution-result', 'arn:x', '{}')")
            let tables = try file.rows(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            ).joined().sorted()
            func everything() throws -> [String: [[String]]] {
                var rows = Dictionary(
                    uniqueKeysWithValues: try tables.map { ($0, try file.rows("SELECT * FROM \($0)")) })
                // But for their numbers, which are new.
                rows["tasks"] = rows["tasks"]?.map { Array($0.dropFirst()) }
                return rows.mapValues { $0.sorted { $0.lexicographicallyPrecedes($1) } }
            }
            func layout() throws -> [[String]] { try file.rows("SELECT name, sql FROM sqlite_schema ORDER BY name") }
            let (rows, schema) = (try everything(), try layout())
            #expect((rows["tasks"]?.count ?? 0) > 10 && rows["outbox"]?.count == 1)

            // A script that fails at its end.
            let broken = Migration(version: 6, script: schema6 + "\nINSERT INTO tasks (number) VALUES (NULL);")
            #expect(throws: StoreError.self) {
                _ = try SQLiteStore(path: path, migrations: Migration.all.dropLast() + [broken])
            }
            #expect(try file.rows("PRAGMA user_version") == [["5"]])
            #expect(try everything() == rows)
            #expect(try layout() == schema)

            try SQLiteStore(path: path).close()
            #expect(try file.rows("PRAGMA user_version") == [["6"]])
            #expect(try everything() == rows)
            #expect(
                try file.rows("SELECT count(*) FROM tasks WHERE number <> execution * 16777216 + task") == [["0"]])
            #expect(try file.rows("SELECT * FROM mine").count == rows["tasks"]?.count)
            #expect(try file.rows("SELECT count(*) FROM running") == [["13"]])
            #expect(try DatabaseCheck.run(path).isSound)
        }
    }
}

/// The engine's core over a store, under virtual time, with workers that succeed at once.
private struct Driver {
    private var core: EngineCore<SQLiteWriter, SystemRandomNumberGenerator>
    private var now: Timestamp

    init(_ store: SQLiteStore, now: Timestamp) throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        core = EngineCore(
            configuration: EngineConfiguration(), writer: try store.makeWriter(),
            metrics: EngineMetrics(MetricsRegistry()), logger: logger, random: SystemRandomNumberGenerator())
        self.now = now
        _ = try core.recover(at: now)
        _ = core.process([.brokerReady], at: now)
    }

    mutating func run(_ store: SQLiteStore) async throws {
        for round in 0..<200 {
            guard try await store.counts().runningExecutions > 0 else { return }
            let tasks = try await store.openTasks(after: nil, limit: 1_000).items.filter { !$0.target.isService }
            let answers = tasks.map { task in
                EngineEvent.answer(
                    TaskAnswer(
                        token: task.token, kind: .success(["ok": true]), worker: "w",
                        delivery: BrokerDelivery(id: UInt64(round), epoch: 0)))
            }
            if answers.isEmpty { now = max(now, core.nextDeadline(at: now) ?? now) }
            _ = core.process(answers + [.wake], at: now)
        }
    }
}
