import Interpreter
package import JSONValue
package import Orchestrator

extension SQLiteWriter {
    package func stateMachine(arn: String) throws(StoreError) -> StateMachineRecord? {
        let (session, statements) = try open()
        return try session.first(statements.stateMachine, { $0.text(arn) }) { row throws(StoreError) in
            try StateMachineRecord(&row)
        }
    }

    package func revision(number: Int64) throws(StoreError) -> StateMachineRevision? {
        let (session, statements) = try open()
        return try session.first(statements.revision, { $0.integer(number) }) { row throws(StoreError) in
            try StateMachineRevision(&row)
        }
    }

    package func activity(arn: String) throws(StoreError) -> ActivityRecord? {
        let (session, statements) = try open()
        return try session.first(statements.activity, { $0.text(arn) }) { row throws(StoreError) in
            try ActivityRecord(&row)
        }
    }

    package func execution(arn: String) throws(StoreError) -> ExecutionRecord? {
        let (session, statements) = try open()
        // Asked before every start, mostly in vain: the index alone says so.
        guard let key = try session.first(statements.executionKey, { $0.text(arn) }, read: { $0.integer() as Int64 })
        else { return nil }
        return try execution(key: key)
    }

    package func execution(key: Int64) throws(StoreError) -> ExecutionRecord? {
        let (session, statements) = try open()
        return try session.first(statements.executionByKey, { $0.integer(key) }) { row throws(StoreError) in
            try ExecutionRecord(&row)
        }
    }

    package func checkpoint(execution: Int64) throws(StoreError) -> CheckpointRow? {
        let (session, statements) = try open()
        return try session.first(statements.checkpoint, { $0.integer(execution) }) { CheckpointRow(&$0) }
    }

    package func journal(execution: Int64, after sequence: Int) throws(StoreError) -> [JournalRow] {
        let (session, statements) = try open()
        return try session.all(
            statements.journalAfter,
            {
                $0.integer(execution)
                $0.integer(sequence)
            },
            read: { JournalRow(&$0) })
    }

    /// Bytes of journals that are read together.
    private static var journalBytes: Int { 4 << 20 }

    package func storedExecutions(_ keys: [Int64]) throws(StoreError) -> [StoredExecution] {
        let (session, statements) = try open()
        var found: [Int64: StoredExecution] = [:]
        var short: [Int64] = []
        try session.forEach(statements.executionsByKeys, { $0.keys(keys) }) { row throws(StoreError) in
            let record = try ExecutionRecord(&row)
            guard record.status == .running else { return true }
            found[record.identity.key] = StoredExecution(record: record, checkpoint: nil, journal: [])
            if row.optionalInt() == nil { short.append(record.identity.key) }
            return true
        }
        var bytes = 0
        var last: Int64?
        try session.forEach(statements.journals, { $0.keys(short) }) { row in
            let step = JournalRow(&row)
            bytes += step.events.count
            found[step.execution]?.journal.append(step)
            last = step.execution
            return bytes <= Self.journalBytes
        }
        if bytes > Self.journalBytes, let last {
            // Of this one there may be more, and the later ones were not read.
            for key in short where key >= last { found[key] = nil }
        }
        // Long ones are read from their checkpoints on.
        for (key, stored) in found where stored.journal.isEmpty {
            found[key] = try storedExecution(stored.record)
        }
        return keys.compactMap { found[$0] }
    }

    package func mapRun(number: Int64) throws(StoreError) -> MapRunRecord? {
        let (session, statements) = try open()
        return try session.first(statements.mapRunByNumber, { $0.integer(number) }) { row throws(StoreError) in
            try MapRunRecord(&row)
        }
    }

    package func mapRun(arn: String) throws(StoreError) -> MapRunRecord? {
        let (session, statements) = try open()
        return try session.first(statements.mapRunByARN, { $0.text(arn) }) { row throws(StoreError) in
            try MapRunRecord(&row)
        }
    }

    package func mapItems(mapRun: Int64, containing index: Int) throws(StoreError) -> MapItemsRow? {
        let (session, statements) = try open()
        let row = try session.first(
            statements.mapItems,
            {
                $0.integer(mapRun)
                $0.integer(index)
            },
            read: { MapItemsRow(&$0) })
        return row.flatMap { index < $0.first + $0.count ? $0 : nil }
    }

    package func children(mapRun: Int64, after key: Int64, limit: Int) throws(StoreError) -> [ExecutionRecord] {
        let (session, statements) = try open()
        return try session.all(
            statements.children,
            {
                $0.integer(mapRun)
                $0.integer(key)
                $0.integer(limit)
            },
            read: { row throws(StoreError) in try ExecutionRecord(&row) })
    }

    package func openMapRuns() throws(StoreError) -> [Int64] {
        let (session, statements) = try open()
        return try session.all(statements.openMapRuns) { $0.integer() }
    }

    package func hasRunningExecutions(stateMachineARN: String) throws(StoreError) -> Bool {
        let (session, statements) = try open()
        return try session.first(statements.hasRunningExecutions, { $0.text(stateMachineARN) }) { $0.int() } == 1
    }

    package func runningExecutions(after key: Int64, limit: Int) throws(StoreError) -> [Int64] {
        let (session, statements) = try open()
        return try session.all(
            statements.runningExecutions,
            {
                $0.integer(key)
                $0.integer(limit)
            },
            read: { $0.integer() })
    }

    package func runningExecutionCount() throws(StoreError) -> Int {
        let (session, statements) = try open()
        return try session.first(statements.runningExecutionCount) { $0.int() } ?? 0
    }

    package func task(_ key: TaskKey) throws(StoreError) -> TaskRow? {
        let (session, statements) = try open()
        // Whoever sends answers can make up keys.
        guard let number = key.number else { return nil }
        return try session.first(statements.task, { $0.integer(number) }) { row throws(StoreError) in
            try NumberedTask(&row).task
        }
    }

    package func pendingTasks(after key: TaskKey?, limit: Int) throws(StoreError) -> [TaskRow] {
        let (session, statements) = try open()
        return try session.all(
            statements.pendingTasks,
            {
                $0.integer(key?.number ?? Int64.min)
                $0.integer(limit)
            },
            read: { row throws(StoreError) in try NumberedTask(&row).task })
    }

    package func serviceTasks() throws(StoreError) -> [TaskRow] {
        let (session, statements) = try open()
        return try session.all(statements.serviceTasks) { row throws(StoreError) in try NumberedTask(&row).task }
    }

    package func tasks(waitingFor executionARN: String) throws(StoreError) -> [TaskKey] {
        let (session, statements) = try open()
        return try session.all(statements.tasksWaitingFor, { $0.text(executionARN) }) {
            TaskKey(execution: $0.integer(), task: $0.int())
        }
    }

    package func timers(
        after position: TimerPosition, dueBy until: Timestamp, limit: Int
    ) throws(StoreError) -> [TimerRow] {
        let (session, statements) = try open()
        return try session.all(
            statements.timersBetween,
            {
                $0.position(position)
                $0.time(until)
                $0.integer(limit)
            }
        ) { TimerRow(&$0) }
    }

    package func nextTimer(after position: TimerPosition) throws(StoreError) -> Timestamp? {
        let (session, statements) = try open()
        return try session.first(statements.nextTimer, { $0.position(position) }) { $0.time() }
    }

    package func outbox() throws(StoreError) -> [OutboxMessage] {
        let (session, statements) = try open()
        return try session.all(statements.outbox) { OutboxMessage(&$0) }
    }

    package func knownFunctions() throws(StoreError) -> [String] {
        let (session, statements) = try open()
        return try session.all(statements.functions) { $0.text() }
    }

    package func activityNames() throws(StoreError) -> [String] {
        let (session, statements) = try open()
        return try session.all(statements.activityNames) { $0.text() }
    }
}
