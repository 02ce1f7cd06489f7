import BatonTestKit
import Foundation
import GRDBSQLite
import Interpreter
import JSONValue
import Orchestrator
import Testing

@testable import SQLiteStore

/// Durability, and what people see in the file.
@Suite struct SQLiteStoreTests {
    @Test func `a store that is closed and opened again has everything`() async throws {
        try await withFolder { folder in
            let path = "\(folder)/baton.db"
            let store = try SQLiteStore(path: path)
            let writer = try store.makeWriter()
            try writer.write(everything)
            for _ in 0..<5 {
                _ = try writer.nextExecutionKey()
                _ = try writer.nextOutboxNumber()
            }
            try store.close()
            #expect(!FileManager.default.fileExists(atPath: path + "-wal"), "the log was emptied into the file")

            let again = try SQLiteStore(path: path)
            try await expectEverything(in: again)
            try again.close()
        }
    }

    @Test func `what was committed survives a crash, what was not is gone`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            try writer.write(everything)
            try writer.begin()
            try writer.apply(.insertExecution(Sample.execution(99)))
            try FileManager.default.copyDatabase(from: store.path, to: "\(folder)/crashed.db")
            writer.rollback()

            let crashed = try SQLiteStore(path: "\(folder)/crashed.db")
            try await expectEverything(in: crashed)
            try crashed.close()
            try store.close()
        }
    }

    @Test func `numbers are never given out twice, even when their rows are gone`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            let key = try writer.nextExecutionKey()
            try writer.write(.insertExecution(Sample.execution(key)))
            try writer.write(.removeExecution(key: key))
            try store.close()
            let again = try SQLiteStore(path: "\(folder)/baton.db")
            #expect(try again.makeWriter().nextExecutionKey() == key + 1)
            try again.close()
        }
    }

    @Test func `commits are synced, and nothing is written while nothing happens`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            let (session, _) = try writer.open()
            #expect(try session.pragma("synchronous") == "2")
            #expect(try session.pragma("journal_mode") == "wal")
            #expect(try session.pragma("user_version") == String(SQLiteStore.schemaVersion))
            try writer.write(everything)
            let before = try size(of: store.path + "-wal")
            try writer.write([])
            try writer.begin()
            _ = try writer.execution(key: 1)
            try writer.commit()
            _ = try await store.counts()
            #expect(try size(of: store.path + "-wal") == before)
            try store.close()
        }
    }

    @Test func `a closed store refuses instead of crashing`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            try writer.begin()
            try store.close()
            try store.close()
            writer.rollback()
            #expect(try refusal { try writer.begin() }.code == .cannotOpen)
            #expect(try refusal { _ = try writer.outbox() }.code == .cannotOpen)
            await #expect(throws: StoreError.self) { _ = try await store.counts() }
        }
    }

    @Test func `people read the file with plain SQL`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            try writer.write(everything)
            try writer.write(
                .closeExecution(
                    key: 2, status: .failed, stoppedAt: Sample.at(9), output: nil, error: "E", cause: "why"))
            let shell = try RawDatabase(store.path)
            #expect(
                try shell.rows("SELECT state_machine, name, started_at, open_tasks, timers FROM running") == [
                    ["onboarding", "run-1", "2025-01-01T00:00:01.123Z", "1", "1"]
                ])
            #expect(
                try shell.rows("SELECT name, status, error, cause FROM executions ORDER BY key") == [
                    ["run-1", "RUNNING", "-", "-"], ["run-2", "FAILED", "E", "why"],
                ])
            #expect(
                try shell.rows(
                    "SELECT step, time, id, type, state, error FROM history WHERE execution = 'run-1'") == [
                        ["0", "2025-01-01T00:00:00.123Z", "1", "PassStateEntered", "A", "-"],
                        ["0", "2025-01-01T00:00:00.123Z", "2", "PassStateEntered", "A", "-"],
                        ["2", "2025-01-01T00:00:02.123Z", "3", "PassStateEntered", "A", "-"],
                    ])
            #expect(
                try shell.rows("SELECT target, state_machine, execution, state, phase, worker FROM open_tasks") == [
                    ["resize", "onboarding", "run-1", "Resize", "pending", "-"],
                    [Sample.activity("approve").arn, "onboarding", "run-2", "Resize", "taken", "w"],
                ])
            #expect(
                try shell.rows("SELECT due, purpose, state_machine, execution FROM waiting_timers") == [
                    ["2025-01-01T00:00:30.123Z", "wait", "onboarding", "run-1"]
                ])
            #expect(
                try shell.rows("SELECT name, type, status, json_extract(settings, '$.tracing') FROM state_machines")
                    == [["onboarding", "STANDARD", "ACTIVE", "0"]])
            #expect(try shell.rows("PRAGMA integrity_check") == [["ok"]])
            #expect(try await store.findDamage().isEmpty)
            try store.close()
        }
    }

    @Test func `listings and scans use indices and never sort`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let shell = try RawDatabase(store.path)
            var queries = [
                Queries.runningExecutions, Queries.hasRunningExecutions, Queries.pendingTasks, Queries.task,
                Queries.openTasksAfter, Queries.timersBetween, Queries.nextTimer, Queries.journalAfter,
                Queries.executionByKey, Queries.executionsByKeys, Queries.journals, Queries.journalForward,
                Queries.journalBackward, Queries.journalProbe, Queries.journalLength,
                Queries.stateMachinesAfter, Queries.activitiesAfter, Queries.executionByARN, Queries.executionKey,
                Queries.outbox,
                Queries.runningExecutionCount, Queries.tasksWaitingFor, Queries.closedExecutions,
                Queries.firstClosing, WriterStatements.republishTasksSQL, Queries.counts,
                "SELECT * FROM running WHERE key < 1",
            ]
            for machine in ["m", nil] {
                for status in [ExecutionStatus.running, nil] {
                    queries.append(
                        Queries.executionsBelow(ExecutionFilter(stateMachineARN: machine, status: status)))
                }
            }
            queries += [
                Queries.executionsBelow(ExecutionFilter(stateMachineARN: "m", version: 1)),
                Queries.executionsBelow(ExecutionFilter(stateMachineARN: "m", alias: "a")),
                Queries.version, Queries.versionOfRevision, Queries.versionsBelow, Queries.versionCount,
                Queries.alias, Queries.aliasesAfter,
            ]
            // What a page of every machine gives is sorted.
            let sorted = [
                Queries.runningExecutions, Queries.executionsBelow(ExecutionFilter(status: .running)),
            ]
            // The outbox, state machines and, to be counted, open work are read as a whole.
            let whole = [
                "SCAN outbox", "SCAN s", "SCAN m", "SCAN state_machines", "SCAN tasks USING COVERING",
                "SCAN timers USING COVERING",
            ]
            for query in queries {
                let plan = try shell.rows("EXPLAIN QUERY PLAN \(query)").compactMap(\.last)
                #expect(
                    sorted.contains(query) || !plan.contains { $0.contains("TEMP B-TREE") }, "\(query): \(plan)")
                let scans = plan.filter { line in
                    line.hasPrefix("SCAN") && !line.contains("CONSTANT ROW") && !line.contains("json_each")
                        && !whole.contains(where: line.hasPrefix)
                }
                #expect(scans.isEmpty, "\(query): \(plan)")
            }
            for (query, index) in [
                (Queries.pendingTasks, "tasks_pending (number>?)"),
                (WriterStatements.republishTasksSQL, "tasks_by_target (target=? AND phase=?)"),
                (Queries.tasksWaitingFor, "tasks_waiting_for_executions"),
                (Queries.runningExecutionCount, "executions_by_machine_and_status (state_machine=? AND status=?)"),
                (
                    Queries.executionsBelow(ExecutionFilter(stateMachineARN: "m")),
                    "executions_by_machine_and_status (state_machine=? AND status=? AND rowid<?)"
                ),
                (
                    Queries.executionsBelow(ExecutionFilter(status: .failed)),
                    "executions_by_machine_and_status (state_machine=? AND status=? AND rowid<?)"
                ),
            ] {
                let plan = try shell.rows("EXPLAIN QUERY PLAN \(query)").compactMap(\.last)
                #expect(plan.contains { $0.contains(index) }, "\(query): \(plan)")
            }
            try store.close()
        }
    }

    // MARK: A bit of everything

    private var everything: [WriteOperation] {
        [
            .insertStateMachine(Sample.machine()), .insertActivity(Sample.activity("approve")),
            .rememberFunction(name: "resize"), .insertExecution(Sample.execution(1)),
            .insertExecution(Sample.execution(2)), .appendJournal(Sample.journal(1, 0, ids: 1...2)),
            .appendJournal(Sample.journal(1, 1, ids: nil)), .appendJournal(Sample.journal(1, 2, ids: 3...3)),
            .saveCheckpoint(CheckpointRow(execution: 1, sequence: 1, state: Array("{}".utf8))),
            .openTask(Sample.task(1, 0)), .openTask(Sample.task(2, 0, target: Sample.target("approve"))),
            .setTaskPhase(TaskKey(execution: 2, task: 0), .taken, worker: "w"),
            .armTimer(Sample.timer(1, 0, due: 30)), .enqueueMessage(Sample.message(4)),
        ]
    }

    private func expectEverything(in store: SQLiteStore) async throws {
        let writer = try store.makeWriter()
        #expect(try writer.stateMachine(arn: Sample.machineARN) == Sample.machine())
        #expect(try writer.activity(arn: Sample.activity("approve").arn) == Sample.activity("approve"))
        #expect(try writer.knownFunctions() == ["resize"])
        #expect(try writer.execution(key: 1) == Sample.execution(1))
        #expect(try writer.runningExecutions(after: 0, limit: 10) == [1, 2])
        #expect(try writer.journal(execution: 1, after: -1).map(\.sequence) == [0, 1, 2])
        #expect(try writer.checkpoint(execution: 1)?.sequence == 1)
        #expect(try writer.pendingTasks(after: nil, limit: 10) == [Sample.task(1, 0)])
        #expect(try writer.task(TaskKey(execution: 2, task: 0))?.worker == "w")
        #expect(try writer.timers(dueBy: Sample.at(100)) == [Sample.timer(1, 0, due: 30)])
        #expect(try writer.outbox() == [Sample.message(4)])
        #expect(try writer.nextExecutionKey() == 3)
        #expect(try writer.nextRevisionNumber() == 2)
        #expect(try writer.nextOutboxNumber() == 5)
        let counts = StoreCounts(runningExecutions: 2, openTasks: 2, pendingTasks: 1, armedTimers: 1)
        #expect(try await store.counts() == counts)
    }

    private func size(of path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? -1
    }
}
