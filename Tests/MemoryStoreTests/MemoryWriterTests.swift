import Interpreter
import JSONValue
import MemoryStore
import Orchestrator
import Testing

@Suite struct MemoryWriterTests {
    private static let now = Timestamp(microseconds: 1_000_000)

    private static func record(_ key: Int64) -> ExecutionRecord {
        ExecutionRecord(
            identity: ExecutionIdentity(
                key: key, partition: -1, arn: "arn:\(key)", name: "n\(key)", stateMachineARN: "m",
                stateMachineName: "m", roleARN: "r", startedAt: now),
            revision: 1, status: .running, input: "{}")
    }

    private static func task(_ key: Int64) -> TaskRow {
        TaskRow(
            key: TaskKey(execution: key, task: 1), phase: .published, target: .function(name: "f"), token: "t",
            state: "S", attempt: 0, input: [], scheduledAt: now, timeoutSeconds: nil, heartbeatSeconds: nil,
            executionARN: "arn:\(key)", stateMachineARN: "m")
    }

    private static func timer(_ key: Int64) -> TimerRow {
        TimerRow(key: TimerKey(execution: key, timer: 1), due: now, purpose: "wait", interval: 1)
    }

    /// One of each kind that an engine of Express executions writes, on what `filled` made.
    private static let changes: [WriteOperation] = [
        .insertExecution(record(2)),
        .closeExecution(key: 1, status: .succeeded, stoppedAt: now, output: "1", error: nil, cause: nil),
        .appendJournal(JournalRow(execution: 1, sequence: 0, historyIDs: nil, time: now, events: [])),
        .saveCheckpoint(CheckpointRow(execution: 1, sequence: 0, state: [])), .deleteCheckpoint(execution: 1),
        .openTask(task(2)), .setTaskPhase(TaskKey(execution: 1, task: 1), .taken, worker: "w"),
        .closeTask(TaskKey(execution: 1, task: 1)), .republishTasks(.function(name: "f")),
        .armTimer(timer(2)), .armTimer(timer(1)), .clearTimer(TimerKey(execution: 1, timer: 1)),
        .enqueueMessage(
            OutboxMessage(number: 2, queue: "q", correlationID: nil, type: "success", executionARN: "a", body: [])),
        .dequeueMessage(number: 1), .rememberFunction(name: "g"), .rememberFunction(name: "f"),
        .insertActivity(ActivityRecord(arn: "b", name: "b", createdAt: now)), .deleteActivity(arn: "a"),
    ]

    private static func filled() throws -> MemoryWriter {
        let writer = try MemoryStore().makeWriter()
        try writer.begin()
        try writer.apply(.insertExecution(record(1)))
        try writer.apply(.openTask(task(1)))
        try writer.apply(.armTimer(timer(1)))
        try writer.apply(.rememberFunction(name: "f"))
        try writer.apply(.insertActivity(ActivityRecord(arn: "a", name: "a", createdAt: now)))
        try writer.apply(
            .enqueueMessage(
                OutboxMessage(number: 1, queue: "q", correlationID: nil, type: "success", executionARN: "a", body: [])))
        try writer.commit()
        return writer
    }

    private static func contents(_ writer: MemoryWriter) throws -> [String] {
        [
            "\(try writer.runningExecutions(after: 0, limit: 9))",
            "\(try writer.execution(arn: "arn:1") as Any)", "\(try writer.execution(arn: "arn:2") as Any)",
            "\(try writer.journal(execution: 1, after: -1))", "\(try writer.checkpoint(execution: 1) as Any)",
            "\(try writer.task(TaskKey(execution: 1, task: 1)) as Any)",
            "\(try writer.task(TaskKey(execution: 2, task: 1)) as Any)",
            "\(try writer.pendingTasks(after: nil, limit: 9))", "\(try writer.timers(dueBy: now))",
            "\(try writer.outbox())", "\(try writer.knownFunctions())", "\(try writer.activityNames())",
        ]
    }

    @Test(arguments: changes.indices) func `a change that is taken back leaves no trace`(index: Int) throws {
        let writer = try Self.filled()
        let before = try Self.contents(writer)
        try writer.begin()
        try writer.apply(Self.changes[index])
        writer.rollback()
        #expect(try Self.contents(writer) == before)
    }

    @Test func `a whole transaction is taken back in reverse`() throws {
        let writer = try Self.filled()
        let before = try Self.contents(writer)
        try writer.begin()
        for change in Self.changes { try writer.apply(change) }
        #expect(try Self.contents(writer) != before)
        writer.rollback()
        #expect(try Self.contents(writer) == before)
        try writer.begin()
        for change in Self.changes { try writer.apply(change) }
        try writer.commit()
        writer.rollback()
        #expect(try Self.contents(writer) != before, "a commit is final")
    }

    @Test func `what ended is forgotten`() async throws {
        let store = MemoryStore()
        let writer = try store.makeWriter()
        for key in Int64(1)...100 {
            try writer.begin()
            try writer.apply(.insertExecution(Self.record(key)))
            try writer.apply(
                .closeExecution(
                    key: key, status: .failed, stoppedAt: Self.now, output: nil, error: "e", cause: nil))
            try writer.commit()
        }
        #expect(try await store.counts().runningExecutions == 0)
        #expect(try await store.executions(ExecutionFilter(), after: nil, limit: 10).items.isEmpty)
        #expect(try writer.execution(arn: "arn:1") == nil)
    }

    @Test func `there is one writer, and changes need a transaction`() throws {
        let store = MemoryStore()
        let writer = try store.makeWriter()
        #expect(throws: StoreError.self) { try store.makeWriter() }
        #expect(throws: StoreError.self) { try writer.apply(.rememberFunction(name: "f")) }
        #expect(throws: StoreError.self) { try writer.commit() }
        try writer.begin()
        #expect(throws: StoreError.self) { try writer.begin() }
    }
}
