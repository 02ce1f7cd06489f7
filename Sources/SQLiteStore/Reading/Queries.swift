import Interpreter
import Orchestrator

/// Every SELECT. Columns stand in the order in which `Records+Rows.swift` reads them.
enum Queries {
    static let stateMachine = "\(stateMachines) WHERE m.arn = ? AND m.status <> 'DELETED'"
    static let stateMachinesAfter =
        "\(stateMachines) WHERE m.arn > ? AND m.status <> 'DELETED' ORDER BY m.arn LIMIT ?"
    private static let stateMachines = """
        SELECT m.arn, m.name, m.type, m.status, m.created_at,
            r.number, r.id, r.definition, r.role_arn, r.created_at, r.settings, m.settings, m.last_version
        FROM state_machines m JOIN revisions r ON r.number = m.revision
        """

    static let revision =
        "SELECT number, id, definition, role_arn, created_at, settings FROM revisions WHERE number = ?"

    static let activity = "SELECT arn, name, created_at, settings FROM activities WHERE arn = ?"
    static let activitiesAfter =
        "SELECT arn, name, created_at, settings FROM activities WHERE arn > ? ORDER BY arn LIMIT ?"
    static let activityNames = "SELECT name FROM activities ORDER BY name"
    static let functions = "SELECT name FROM functions ORDER BY name"

    static let executionKey = "SELECT key FROM executions WHERE arn = ?"
    static let executionByARN = "\(executions(payloads: true)) WHERE e.arn = ?"
    static let executionByKey = "\(executions(payloads: true)) WHERE e.key = ?"
    /// By a JSON array of keys; in the last column the sequence of the checkpoint, where there is one.
    static let executionsByKeys = """
        \(executions(payloads: true, ", (SELECT sequence FROM checkpoints c WHERE c.execution = e.key)"))
        WHERE e.key IN (SELECT value FROM json_each(?))
        """
    /// Parameters: the state machine's ARN, the map run, the status, the version and the alias, each where it is
    /// filtered by; then a key to list below, and a limit.
    static func executionsBelow(_ filter: ExecutionFilter) -> String {
        var conditions: [String] = []
        var count = 0
        func add(_ condition: String, _ isFilteredBy: Bool) {
            guard isFilteredBy else { return }
            count += 1
            conditions.append("\(condition) ?\(count)")
        }
        if filter.stateMachineARN != nil {
            count += 1
            conditions.append("e.state_machine = (SELECT number FROM state_machines WHERE arn = ?1)")
        }
        add("e.map_run =", filter.mapRun != nil)
        add("e.status =", filter.status != nil)
        add("e.version =", filter.version != nil)
        add("e.alias =", filter.alias != nil)
        if let redriven = filter.redriven { conditions.append("e.redrive_count \(redriven ? ">" : "=") 0") }
        add("e.key <", true)
        let limit = "LIMIT ?\(count + 1)"
        let columns = executions(payloads: false)
        let hasIndex = filter.mapRun != nil || filter.version != nil || filter.alias != nil
        switch (filter.stateMachineARN, filter.status) {
        case (.some, nil) where !hasIndex:
            // One index range for every status, each newest first, read as far as the page goes.
            return ExecutionStatus.allCases.map { status in
                "\(columns) WHERE \((conditions + ["e.status = '\(status.rawValue)'"]).joined(separator: " AND "))"
            }.joined(separator: " UNION ALL ") + " ORDER BY 1 DESC \(limit)"
        case (nil, .some) where !hasIndex:
            // One index range for every machine.
            return """
                \(columns) WHERE e.key IN (
                    SELECT key FROM state_machines s CROSS JOIN executions x ON x.key IN (
                        SELECT e.key FROM executions e
                        WHERE e.state_machine = s.number AND \(conditions.joined(separator: " AND "))
                        ORDER BY e.key DESC \(limit))
                    ORDER BY key DESC \(limit))
                ORDER BY e.key DESC \(limit)
                """
        default:
            return "\(columns) WHERE \(conditions.joined(separator: " AND ")) ORDER BY e.key DESC \(limit)"
        }
    }
    private static func executions(payloads: Bool, _ more: String = "") -> String {
        """
        SELECT e.key, e.partition, e.arn, e.name, m.arn, m.name, e.role_arn, e.started_at, e.redrive_count,
            e.revision, e.status, e.stopped_at, e.trace_header, e.reply_queue, e.reply_correlation_id,
            e.error, e.cause, e.version, e.alias, e.redriven_at, e.redrive_tokens, e.map_run,
            (SELECT arn FROM map_runs WHERE number = e.map_run), e.first_item, e.item_count,
            \(payloads ? "e.input, e.output" : "'', NULL")\(more)
        FROM executions e CROSS JOIN state_machines m ON m.number = e.state_machine
        """
    }
    static let children = "\(executions(payloads: true)) WHERE e.map_run = ? AND e.key > ? ORDER BY e.key LIMIT ?"

    static let mapRunByNumber = "\(mapRuns) WHERE r.number = ?"
    static let mapRunByARN = "\(mapRuns) WHERE r.arn = ?"
    static let mapRunsBelow = "\(mapRuns) WHERE r.execution = ? AND r.number < ? ORDER BY r.number DESC LIMIT ?"
    static let openMapRuns = "SELECT number FROM map_runs WHERE phase <> 'done' ORDER BY number"
    static let mapRunsAfter = "\(mapRuns) WHERE r.number > ? ORDER BY r.number LIMIT ?"
    private static let mapRuns = """
        SELECT r.number, r.arn, r.execution, e.arn, m.arn, m.name, e.role_arn, r.revision, r.pointer, r.label,
            r.execution_type, r.status, r.phase, r.started_at, r.stopped_at, r.redrive_count, r.redriven_at,
            r.max_concurrency, r.tolerated_failure_count, r.tolerated_failure_percentage, r.outcome, r.error, r.cause,
            r.progress, r.plan
        FROM map_runs r CROSS JOIN executions e ON e.key = r.execution
            CROSS JOIN state_machines m ON m.number = e.state_machine
        """
    static let mapItems = """
        SELECT map_run, first, count, items FROM map_run_items WHERE map_run = ? AND first <= ?
        ORDER BY first DESC LIMIT 1
        """

    static let runningExecutions = """
        SELECT key FROM state_machines s CROSS JOIN executions x ON x.key IN (
            SELECT key FROM executions
            WHERE state_machine = s.number AND status = 'RUNNING' AND key > ?1 ORDER BY key LIMIT ?2)
        ORDER BY key LIMIT ?2
        """
    static let runningExecutionCount = "SELECT count(*) FROM executions WHERE \(isRunning)"
    /// By the index, which begins with the machine.
    static let isRunning = "state_machine IN (SELECT number FROM state_machines) AND status = 'RUNNING'"
    static let hasRunningExecutions = """
        SELECT EXISTS (
            SELECT 1 FROM executions
            WHERE state_machine = (SELECT number FROM state_machines WHERE arn = ?) AND status = 'RUNNING')
        """

    static let closedExecutions = """
        SELECT key FROM executions INDEXED BY executions_closed
        WHERE stopped_at <= ? AND stopped_at IS NOT NULL AND map_run IS NULL
            AND NOT EXISTS (SELECT 1 FROM map_runs r WHERE r.execution = executions.key AND r.phase <> 'done')
        ORDER BY stopped_at LIMIT ?
        """
    static let firstClosing = """
        SELECT stopped_at FROM executions INDEXED BY executions_closed
        WHERE stopped_at IS NOT NULL AND map_run IS NULL ORDER BY stopped_at LIMIT 1
        """

    static let checkpoint = "SELECT execution, sequence, state FROM checkpoints WHERE execution = ?"

    static let journalAfter = "\(journal) WHERE execution = ? AND sequence > ? ORDER BY sequence"
    /// By a JSON array of keys.
    static let journals = """
        \(journal) WHERE execution IN (SELECT value FROM json_each(?)) ORDER BY execution, sequence
        """
    static let journalForward = """
        \(journal) WHERE execution = ? AND sequence >= ? AND last_id IS NOT NULL ORDER BY sequence
        """
    static let journalBackward = """
        \(journal) WHERE execution = ? AND sequence < ? AND last_id IS NOT NULL ORDER BY sequence DESC
        """
    /// The first row at or after a sequence that holds history ids.
    static let journalProbe = """
        SELECT sequence, first_id, last_id FROM journal
        WHERE execution = ? AND sequence >= ? AND last_id IS NOT NULL ORDER BY sequence LIMIT 1
        """
    static let journalLength = "SELECT ifnull(max(sequence) + 1, 0) FROM journal WHERE execution = ?"
    private static let journal = "SELECT execution, sequence, first_id, last_id, time, events FROM journal"

    static let task = "\(tasks) WHERE t.number = ?"
    static let pendingTasks = """
        \(tasks) WHERE t.phase = 'pending' AND instr(t.target, ':') = 0 AND t.number > ? ORDER BY t.number LIMIT ?
        """
    /// By the partial index that has none but these: the planner would rather read every open task in their order.
    static let serviceTasks = """
        \(tasks) WHERE t.number IN (
            SELECT number FROM tasks INDEXED BY tasks_waiting_for_executions WHERE instr(target, ':') > 0)
        ORDER BY t.number
        """
    static let tasksWaitingFor = """
        SELECT execution, task FROM tasks WHERE worker = ? AND instr(target, ':') > 0 ORDER BY number
        """
    static let openTasksAfter = "\(tasks) WHERE t.number > ? ORDER BY t.number LIMIT ?"
    private static let tasks = """
        SELECT t.number, t.execution, t.task, t.phase, t.activity_arn, t.target, t.token, t.state, t.attempt, t.input,
            t.scheduled_at, t.timeout_seconds, t.heartbeat_seconds, e.arn, m.arn, t.worker
        FROM tasks t CROSS JOIN executions e ON e.key = t.execution
            CROSS JOIN state_machines m ON m.number = e.state_machine
        """

    static let timersBetween = """
        SELECT execution, timer, due, purpose, interval_seconds FROM timers
        WHERE (due, execution, timer) > (?, ?, ?) AND due <= ? ORDER BY due, execution, timer LIMIT ?
        """
    static let nextTimer = """
        SELECT due FROM timers WHERE (due, execution, timer) > (?, ?, ?) ORDER BY due, execution, timer LIMIT 1
        """

    static let outbox = "SELECT number, queue, correlation_id, type, execution_arn, body FROM outbox ORDER BY number"

    static let counts = """
        SELECT (\(runningExecutionCount)),
            (SELECT count(*) FROM tasks WHERE phase = 'pending')
                + (SELECT count(*) FROM tasks WHERE phase <> 'pending'),
            (SELECT count(*) FROM tasks WHERE phase = 'pending'), (SELECT count(*) FROM timers)
        """

    static let highestJournalNumber = "SELECT ifnull(max(number), 0) FROM journal"

    /// The highest numbers that were ever given out, also to rows that are gone; of messages, those that are there.
    static let highestNumbers = """
        SELECT
            max((SELECT ifnull(max(key), 0) FROM executions),
                ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'executions'), 0)),
            max((SELECT ifnull(max(number), 0) FROM revisions),
                ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'revisions'), 0)),
            (SELECT ifnull(max(number), 0) FROM outbox),
            max((SELECT ifnull(max(number), 0) FROM map_runs),
                ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'map_runs'), 0))
        """
}
