import GRDBSQLite
import Interpreter
import JSONValue
import Orchestrator
import StatesLanguage

/// Every execution, rebuilt from its journal, held against its rows.
extension DatabaseCheck {
    private struct Statements {
        let keys, execution, mapRun, journal, checkpoint, tasks, timers, openMapRuns: Statement

        init(_ session: Session) throws(StoreError) {
            keys = try session.prepare(
                """
                SELECT key FROM executions e
                WHERE key > ? AND (map_run IS NULL OR NOT EXISTS (
                    SELECT 1 FROM map_runs r JOIN removals d ON d.execution = r.execution WHERE r.number = e.map_run))
                ORDER BY key LIMIT 1000
                """)
            execution = try session.prepare(Queries.executionByKey)
            mapRun = try session.prepare(Queries.mapRunByNumber)
            journal = try session.prepare(Queries.journalAfter)
            checkpoint = try session.prepare(Queries.checkpoint)
            tasks = try session.prepare(
                """
                SELECT task, token FROM tasks
                WHERE number >= ?1 * \(TaskKey.tasksOfExecution) AND number < (?1 + 1) * \(TaskKey.tasksOfExecution)
                """)
            timers = try session.prepare("SELECT timer, due, purpose FROM timers WHERE execution = ?")
            openMapRuns = try session.prepare("SELECT count(*) FROM map_runs WHERE execution = ? AND phase <> 'done'")
        }

        var all: [Statement] { [keys, execution, mapRun, journal, checkpoint, tasks, timers, openMapRuns] }
    }

    mutating func foldAll(_ progress: (Int, Int) -> Void) throws(StoreError) {
        let statements = try Statements(session)
        defer { for statement in statements.all { statement.finalize() } }
        let total = Int(try integers("SELECT count(*) FROM executions").first ?? 0)
        var last: Int64 = .min
        while true {
            let keys = try session.all(statements.keys, { $0.integer(last) }) { $0.integer() }
            guard let final = keys.last else { return }
            last = final
            for key in keys {
                let record = try session.first(statements.execution, { $0.integer(key) }) { row throws(StoreError) in
                    try ExecutionRecord(&row)
                }
                if let record { try fold(record, statements) }
            }
            progress(report.folded, total)
        }
    }

    private mutating func fold(_ record: ExecutionRecord, _ statements: Statements) throws(StoreError) {
        let (key, arn) = (record.identity.key, record.identity.arn)
        report.folded += 1
        guard let definition = try definition(of: record, statements) else {
            report.find(.fold, arn, "its definition is not one that this Baton understands")
            return
        }
        let checkpoint = try session.first(statements.checkpoint, { $0.integer(key) }) { CheckpointRow(&$0) }
        var execution = Execution(rebuilding: record.identity, definition: definition, from: [] as [JournalEvent])
        var audit = JournalAudit()
        var checkpointProblem = checkpoint == nil ? nil : "its checkpoint is of a step that is not there"
        try session.forEach(
            statements.journal,
            {
                $0.integer(key)
                $0.integer(-1)
            },
            { row throws(StoreError) in
                let row = JournalRow(&row)
                report.steps += 1
                do throws(JournalError) {
                    let events = try Journal.decode(row.events)
                    audit.take(row, events)
                    for event in events { execution.apply(event) }
                } catch {
                    audit.problems.append("step \(row.sequence) cannot be read: \(error.message)")
                    return false
                }
                if let checkpoint, row.sequence == checkpoint.sequence {
                    checkpointProblem = Self.problem(of: checkpoint, with: execution, definition)
                }
                return true
            })
        audit.end(record)
        for problem in audit.problems { report.find(.journal, arn, problem) }
        // What follows from a broken journal is no news.
        guard audit.problems.isEmpty else { return }
        if let checkpointProblem { report.find(.checkpoint, arn, checkpointProblem) }
        if let problem = Self.problem(of: record, with: execution) { report.find(.fold, arn, problem) }
        if record.status == .running, execution.status == .running { try checkWork(of: execution, statements) }
    }

    private static func problem(
        of checkpoint: CheckpointRow, with execution: Execution, _ definition: StateMachineDefinition
    ) -> String? {
        do throws(JournalError) {
            let saved = try Execution(
                checkpoint: checkpoint.state, identity: execution.identity, definition: definition)
            return saved == execution ? nil : "its checkpoint at step \(checkpoint.sequence) is another state"
        } catch {
            return "its checkpoint cannot be read: \(error.message)"
        }
    }

    private static func problem(of record: ExecutionRecord, with execution: Execution) -> String? {
        guard record.status == execution.status else {
            return "its row says \(record.status.rawValue), its journal \(execution.status.rawValue)"
        }
        if (try? JSON(parsing: record.input)) != execution.input {
            return "its row and its journal have different inputs"
        }
        guard let outcome = execution.outcome else { return nil }
        if record.error != outcome.failure?.error { return "its row and its journal name different errors" }
        if record.cause != outcome.failure?.cause { return "its row and its journal name different causes" }
        let output = record.output.flatMap { try? JSON(parsing: $0) }
        return output == outcome.output ? nil : "its row and its journal have different outputs"
    }

    /// What lets an open execution go on: a task, a timer, a map run.
    private mutating func checkWork(of execution: Execution, _ statements: Statements) throws(StoreError) {
        let (key, arn) = (execution.identity.key, execution.identity.arn)
        var tasks: [Int: String] = [:]
        try session.forEach(statements.tasks, { $0.integer(key) }) { row in
            tasks[row.int()] = row.text()
            return true
        }
        var timers: [Int: Timestamp] = [:]
        var hasResume = false
        try session.forEach(statements.timers, { $0.integer(key) }) { row in
            let (timer, due, purpose) = (row.int(), row.time(), row.text())
            if TimerPurpose(rawValue: purpose) == nil {
                // The engine's own.
                hasResume = hasResume || timer == Int.min
            } else {
                timers[timer] = due
            }
            return true
        }
        for task in execution.openTasks {
            let token = tasks.removeValue(forKey: task.task)
            if token == nil {
                report.find(.work, arn, "waits for task \(task.task) of state \(task.state), which nobody is given")
            } else if token != task.token.text {
                report.find(.work, arn, "waits for task \(task.task) of state \(task.state) with another token")
            }
        }
        for task in tasks.keys.sorted() { report.find(.work, arn, "has a task \(task) that it does not wait for") }
        for timer in execution.openTimers {
            let due = timers.removeValue(forKey: timer.timer)
            if due == nil {
                report.find(
                    .work, arn, "waits for timer \(timer.timer) (\(timer.purpose.rawValue)), which is not armed")
            } else if due != timer.due {
                report.find(
                    .work, arn, "has its timer \(timer.timer) (\(timer.purpose.rawValue)) armed for another time")
            }
        }
        for timer in timers.keys.sorted() { report.find(.work, arn, "has a timer \(timer) that it does not wait for") }
        if execution.wantsResume, !hasResume {
            report.find(.work, arn, "could go on, and nothing will wake it")
        }
        guard execution.openTasks.isEmpty, execution.openTimers.isEmpty, !execution.wantsResume else { return }
        let runs = try session.first(statements.openMapRuns, { $0.integer(key) }) { $0.int() } ?? 0
        if runs == 0, !hasResume { report.find(.work, arn, "runs, and waits for nothing: it is stuck") }
    }

    // MARK: Definitions

    private mutating func definition(
        of record: ExecutionRecord, _ statements: Statements
    ) throws(StoreError) -> StateMachineDefinition? {
        guard let machine = try definition(record.revision) else { return nil }
        guard let child = record.child else { return machine }
        let run = try session.first(statements.mapRun, { $0.integer(child.mapRun) }) { row throws(StoreError) in
            try MapRunRecord(&row)
        }
        guard let run else { return nil }
        let name = "\(record.revision)\(run.pointer)"
        if let known = childDefinitions[name] { return known }
        if childDefinitions.count >= 500 { childDefinitions.removeAll() }
        let definition = machine.child(ofMapAt: run.pointer)
        childDefinitions[name] = definition
        return definition
    }

    private mutating func definition(_ revision: Int64) throws(StoreError) -> StateMachineDefinition? {
        if let known = definitions[revision] { return known }
        let statement = try session.prepare(Queries.revision)
        defer { statement.finalize() }
        let found = try session.first(statement, { $0.integer(revision) }) { row throws(StoreError) in
            try StateMachineRevision(&row)
        }
        // Folding evaluates nothing, so it does not matter which release of JSONata the server has.
        guard let found, let definition = try? StateMachineDefinition.compile(found.definition, support: .newest) else {
            return nil
        }
        if definitions.count >= 500 { definitions.removeAll() }
        definitions[revision] = definition
        return definition
    }
}

/// What has to hold of a journal by itself.
private struct JournalAudit {
    var problems: [String] = []
    private var nextSequence = 0
    private var lastID = 0
    private var ends = 0
    private var redrives = 0

    mutating func take(_ row: JournalRow, _ events: [JournalEvent]) {
        if row.sequence != nextSequence {
            problems.append("step \(row.sequence) follows step \(nextSequence - 1)")
        }
        nextSequence = row.sequence + 1
        let first = lastID + 1
        for event in events {
            if let id = event.id {
                if id != lastID + 1 { problems.append("history id \(id) follows \(lastID)") }
                lastID = id
            }
            switch event.kind {
            case .executionSucceeded, .executionFailed, .executionTimedOut, .executionAborted: ends += 1
            case .executionRedriven: redrives += 1
            default: break
            }
        }
        let ids = lastID >= first ? first...lastID : nil
        if row.historyIDs != ids {
            problems.append("step \(row.sequence) does not hold the history ids that its row says")
        }
    }

    mutating func end(_ record: ExecutionRecord) {
        if nextSequence == 0 { problems.append("it has no journal") }
        let expected = redrives + (record.status == .running ? 0 : 1)
        if ends != expected { problems.append("it ended \(ends) times, and should have \(expected) times") }
        if redrives != record.identity.redriveCount {
            problems.append("it was redriven \(redrives) times, and its row says \(record.identity.redriveCount)")
        }
    }
}
