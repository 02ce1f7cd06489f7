import Foundation
import Interpreter
import JSONValue
import Logging
import Orchestrator
import StatesLanguage
import Testing

@testable import SQLiteStore

/// A sound database passes; whatever somebody breaks is found, by the check that is for it.
@Suite struct CheckTests {
    private static let fixture = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "FormerSchemas/schema4.sql")

    /// A database that real executions left, brought up to date.
    private func prepare(_ folder: String) throws -> String {
        let path = "\(folder)/baton.db"
        try RawDatabase(path).execute(try String(contentsOf: Self.fixture, encoding: .utf8))
        try SQLiteStore(path: path).close()
        return path
    }

    @Test func `a sound database passes, beside a server and without one`() async throws {
        try await withFolder { folder in
            let path = try prepare(folder)
            for _ in 0..<2 {
                let report = try DatabaseCheck.run(path)
                #expect(report.isSound && report.isReadable, "\(report.findings)")
                #expect(report.folded == 13 && report.steps > 13)
                #expect(report.counts.contains { $0.name == "executions running" && $0.count == 11 })
                #expect(report.json["sound"] == true)
            }
            let store = try SQLiteStore(path: path)
            let writer = try store.makeWriter()
            try writer.begin()
            try writer.apply(.rememberFunction(name: "f"))
            #expect(try DatabaseCheck.run(path).isSound)
            try writer.commit()
            try store.close()
        }
    }

    @Test(
        arguments: [
            ("DELETE FROM revisions WHERE number = 1", .references, "executions"),
            ("UPDATE executions SET stopped_at = 5 WHERE name = 'waiting'", .rows, "has an end"),
            ("UPDATE executions SET stopped_at = NULL WHERE name = 'done'", .rows, "nobody knows when"),
            ("INSERT INTO timers SELECT key, 9, 1, 'wait', 1.0 FROM executions WHERE name = 'done'", .rows, "a timer"),
            ("INSERT INTO checkpoints SELECT key, 0, '{}' FROM executions WHERE name = 'done'", .rows, "a checkpoint"),
            ("DELETE FROM journal WHERE number = 2", .journal, "follows"),
            ("DELETE FROM journal WHERE number = 3", .journal, "ended 0 times"),
            ("UPDATE journal SET sequence = sequence + 10 WHERE number = 2", .journal, "follows"),
            (
                "UPDATE journal SET events = replace(events, '\"id\":2', '\"id\":7') WHERE number = 1", .journal,
                "history id"
            ),
            ("UPDATE journal SET events = substr(events, 1, 60) WHERE number = 1", .journal, "cannot be read"),
            ("UPDATE journal SET first_id = 2 WHERE number = 1", .journal, "does not hold"),
            ("UPDATE executions SET redrive_count = 1 WHERE name = 'done'", .journal, "redriven"),
            ("UPDATE executions SET output = '{\"x\":2}' WHERE name = 'done'", .fold, "outputs"),
            ("UPDATE executions SET error = 'F' WHERE name = 'failed'", .fold, "errors"),
            ("UPDATE executions SET status = 'SUCCEEDED' WHERE name = 'failed'", .fold, "FAILED"),
            ("UPDATE executions SET input = '{}' WHERE name = 'waiting'", .fold, "inputs"),
            ("INSERT INTO checkpoints SELECT key, 0, '{}' FROM executions WHERE name = 'waiting'", .checkpoint, "read"),
            (
                "INSERT INTO checkpoints SELECT key, 99, '{}' FROM executions WHERE name = 'waiting'", .checkpoint,
                "step"
            ),
            ("DELETE FROM tasks WHERE execution = 5", .work, "nobody is given"),
            ("UPDATE tasks SET token = 'x' WHERE execution = 5", .work, "another token"),
            ("UPDATE tasks SET task = 9 WHERE execution = 5", .work, "does not wait for"),
            ("UPDATE tasks SET number = number + 9 WHERE execution = 5", .rows, "another number"),
            ("DELETE FROM timers WHERE purpose = 'retry'", .work, "not armed"),
            ("UPDATE timers SET due = due + 1 WHERE purpose = 'retry'", .work, "another time"),
            ("UPDATE map_runs SET phase = 'done'", .work, "stuck"),
            ("UPDATE map_runs SET progress = json_set(progress, '$.items.running', 1)", .mapRuns, "items"),
            ("UPDATE executions SET status = 'FAILED', stopped_at = 1 WHERE map_run IS NOT NULL", .mapRuns, "children"),
            ("DROP INDEX timers_by_due", .file, "timers_by_due"),
            (
                "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'due', 'timer')"
                    + " WHERE name = 'timers_by_due'", .file, "timers_by_due"
            ),
        ] as [(String, DatabaseReport.Check, String)])
    func `what is broken is found`(_ script: String, _ check: DatabaseReport.Check, _ words: String) async throws {
        try await withFolder { folder in
            let path = try prepare(folder)
            try RawDatabase(path).execute(script)
            let report = try DatabaseCheck.run(path)
            let found = report.findings.filter { $0.check == check }
            #expect(found.contains { ($0.subject + " " + $0.problem).contains(words) }, "\(report.findings)")
            #expect(!report.isSound && report.json["sound"] == false)
        }
    }

    @Test func `no more than some findings of a kind are named, and all are counted`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            try store.makeWriter().write((1...100).map { .insertExecution(Sample.execution($0)) })
            try store.close()
            let report = try DatabaseCheck.run(store.path)
            #expect(report.findings.filter { $0.check == .references }.count == DatabaseReport.most)
            #expect((report.numbers[.references] ?? 0) >= 100)
        }
    }
}
