import GRDBSQLite
import Orchestrator

/// Every statement of the writer, prepared once for the life of its connection. A class, because the hundred of them are
/// passed about with every change.
final class WriterStatements {
    let begin, commit, rollback: Statement

    let insertStateMachine, updateStateMachine, deleteStateMachine, insertRevision: Statement
    let machineNumber, rememberStateMachine: Statement
    let insertVersion, deleteVersion, deleteVersions, saveAlias, deleteAlias, deleteAliases: Statement
    let insertActivity, updateActivity, deleteActivity, insertFunction: Statement
    let insertExecution, closeExecution, insertJournal, saveCheckpoint, deleteCheckpoint: Statement
    let deleteExecution, queueRemoval, removal, removalRows, deleteJournal, removalMapRun, removalItems: Statement
    let deleteItems, removalChildren, deleteMapRun, endRemoval, closedExecutions, firstClosing: Statement
    let highestJournalNumber: Statement
    let insertTask, setTaskPhase, deleteTask, republishTasks: Statement
    let saveTimer, deleteTimer: Statement
    let insertMessage, deleteMessage: Statement
    let insertMapRun, updateMapRun, insertMapItems, deleteMapItems: Statement

    let version, versionOfRevision, versionCount, alias, aliasesAfter: Statement
    let stateMachine, revision, activity, activityNames, functions: Statement
    let executionsByKeys, journals: Statement
    let executionKey, executionByKey, runningExecutions, runningExecutionCount, hasRunningExecutions: Statement
    let mapRunByNumber, mapRunByARN, openMapRuns, mapItems, children: Statement
    let checkpoint, journalAfter, task, pendingTasks, timersBetween, nextTimer, outbox: Statement
    let serviceTasks, tasksWaitingFor, reopenExecution: Statement

    init(_ session: Session) throws(StoreError) {
        // Should one fail, closing the connection frees the others (sqlite3_close_v2).
        begin = try session.prepare("BEGIN IMMEDIATE")
        commit = try session.prepare("COMMIT")
        rollback = try session.prepare("ROLLBACK")

        insertStateMachine = try session.prepare(Self.insertStateMachineSQL)
        updateStateMachine = try session.prepare(
            """
            UPDATE state_machines SET name = ?2, type = ?3, status = ?4, created_at = ?5, revision = ?6, settings = ?7,
                last_version = ?8
            WHERE arn = ?1 AND status <> 'DELETED'
            """)
        deleteStateMachine = try session.prepare("UPDATE state_machines SET status = 'DELETED' WHERE arn = ?")
        machineNumber = try session.prepare("SELECT number FROM state_machines WHERE arn = ?")
        // For an execution whose machine this database never saw.
        rememberStateMachine = try session.prepare(
            """
            INSERT INTO state_machines (arn, name, type, status, created_at, settings)
            VALUES (?, ?, '', 'DELETED', 0, '{}')
            """)
        insertRevision = try session.prepare(
            """
            INSERT INTO revisions (number, id, state_machine, role_arn, created_at, definition, settings)
            VALUES (?1, ?2, (SELECT number FROM state_machines WHERE arn = ?3), ?4, ?5, ?6, ?7)
            ON CONFLICT (number) DO NOTHING
            """)
        insertVersion = try session.prepare(
            """
            INSERT INTO versions (state_machine, version, revision, created_at, description)
            VALUES ((SELECT number FROM state_machines WHERE arn = ?), ?, ?, ?, ?)
            """)
        deleteVersion = try session.prepare("DELETE FROM versions WHERE \(Self.ofMachine) AND version = ?")
        deleteVersions = try session.prepare("DELETE FROM versions WHERE \(Self.ofMachine)")
        saveAlias = try session.prepare(
            """
            INSERT INTO aliases (state_machine, name, created_at, updated_at, description, routes)
            VALUES ((SELECT number FROM state_machines WHERE arn = ?1), ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (state_machine, name) DO UPDATE SET updated_at = ?4, description = ?5, routes = ?6
            """)
        deleteAlias = try session.prepare("DELETE FROM aliases WHERE \(Self.ofMachine) AND name = ?")
        deleteAliases = try session.prepare("DELETE FROM aliases WHERE \(Self.ofMachine)")
        insertActivity = try session.prepare(
            "INSERT INTO activities (arn, name, created_at, settings) VALUES (?, ?, ?, ?)")
        updateActivity = try session.prepare("UPDATE activities SET settings = ?2 WHERE arn = ?1")
        deleteActivity = try session.prepare("DELETE FROM activities WHERE arn = ?")
        insertFunction = try session.prepare("INSERT INTO functions (name) VALUES (?) ON CONFLICT DO NOTHING")

        insertExecution = try session.prepare(Self.insertExecutionSQL)
        closeExecution = try session.prepare(
            "UPDATE executions SET status = ?2, stopped_at = ?3, error = ?4, cause = ?5, output = ?6 WHERE key = ?1")
        reopenExecution = try session.prepare(
            """
            UPDATE executions SET status = 'RUNNING', stopped_at = NULL, error = NULL, cause = NULL, output = NULL,
                redrive_count = ?2, redriven_at = ?3, redrive_tokens = ?4
            WHERE key = ?1
            """)
        insertJournal = try session.prepare(
            "INSERT INTO journal (execution, sequence, first_id, last_id, time, events) VALUES (?, ?, ?, ?, ?, ?)")
        saveCheckpoint = try session.prepare(
            """
            INSERT INTO checkpoints (execution, sequence, state) VALUES (?1, ?2, ?3)
            ON CONFLICT (execution) DO UPDATE SET sequence = ?2, state = ?3
            """)
        deleteCheckpoint = try session.prepare("DELETE FROM checkpoints WHERE execution = ?")

        deleteExecution = try session.prepare("DELETE FROM executions WHERE key = ?")
        queueRemoval = try session.prepare("INSERT INTO removals VALUES (?) ON CONFLICT DO NOTHING")
        removal = try session.prepare(
            """
            SELECT execution FROM removals WHERE NOT EXISTS (
                SELECT 1 FROM map_runs r WHERE r.execution = removals.execution AND r.phase <> 'done')
            LIMIT 1
            """)
        removalRows = try session.prepare("SELECT number FROM journal WHERE execution = ? ORDER BY sequence LIMIT ?")
        deleteJournal = try session.prepare("DELETE FROM journal WHERE number = ?")
        removalMapRun = try session.prepare("SELECT number FROM map_runs WHERE execution = ? LIMIT 1")
        removalItems = try session.prepare("SELECT number FROM map_run_items WHERE map_run = ? ORDER BY first LIMIT ?")
        deleteItems = try session.prepare("DELETE FROM map_run_items WHERE number = ?")
        removalChildren = try session.prepare("SELECT key FROM executions WHERE map_run = ? LIMIT ?")
        deleteMapRun = try session.prepare("DELETE FROM map_runs WHERE number = ?")
        endRemoval = try session.prepare("DELETE FROM removals WHERE execution = ?")
        closedExecutions = try session.prepare(Queries.closedExecutions)
        firstClosing = try session.prepare(Queries.firstClosing)
        highestJournalNumber = try session.prepare(Queries.highestJournalNumber)
        insertTask = try session.prepare(Self.insertTaskSQL)
        setTaskPhase = try session.prepare(
            """
            UPDATE tasks SET phase = ?2, worker = ?3
            WHERE number = ?1 AND (?2 <> 'published' OR phase = 'pending')
            """)
        deleteTask = try session.prepare("DELETE FROM tasks WHERE number = ?")
        republishTasks = try session.prepare(Self.republishTasksSQL)
        saveTimer = try session.prepare(
            """
            INSERT INTO timers (execution, timer, due, purpose, interval_seconds) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (execution, timer) DO UPDATE SET due = ?3, purpose = ?4, interval_seconds = ?5
            """)
        deleteTimer = try session.prepare("DELETE FROM timers WHERE execution = ? AND timer = ?")
        insertMessage = try session.prepare(
            """
            INSERT INTO outbox (number, queue, correlation_id, type, execution_arn, body) VALUES (?, ?, ?, ?, ?, ?)
            """)
        deleteMessage = try session.prepare("DELETE FROM outbox WHERE number = ?")

        version = try session.prepare(Queries.version)
        versionOfRevision = try session.prepare(Queries.versionOfRevision)
        versionCount = try session.prepare(Queries.versionCount)
        alias = try session.prepare(Queries.alias)
        aliasesAfter = try session.prepare(Queries.aliasesAfter)
        insertMapRun = try session.prepare(
            """
            INSERT INTO map_runs (
                number, arn, execution, revision, pointer, label, execution_type, started_at, plan, status, phase,
                stopped_at, redrive_count, redriven_at, max_concurrency, tolerated_failure_count,
                tolerated_failure_percentage, outcome, error, cause, progress)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        updateMapRun = try session.prepare(
            """
            UPDATE map_runs
            SET status = ?2, phase = ?3, stopped_at = ?4, redrive_count = ?5, redriven_at = ?6, max_concurrency = ?7,
                tolerated_failure_count = ?8, tolerated_failure_percentage = ?9, outcome = ?10, error = ?11,
                cause = ?12, progress = ?13
            WHERE number = ?1
            """)
        insertMapItems = try session.prepare(
            "INSERT INTO map_run_items (map_run, first, count, items) VALUES (?, ?, ?, ?)")
        deleteMapItems = try session.prepare("DELETE FROM map_run_items WHERE map_run = ?")
        mapRunByNumber = try session.prepare(Queries.mapRunByNumber)
        mapRunByARN = try session.prepare(Queries.mapRunByARN)
        openMapRuns = try session.prepare(Queries.openMapRuns)
        mapItems = try session.prepare(Queries.mapItems)
        children = try session.prepare(Queries.children)

        stateMachine = try session.prepare(Queries.stateMachine)
        revision = try session.prepare(Queries.revision)
        activity = try session.prepare(Queries.activity)
        activityNames = try session.prepare(Queries.activityNames)
        functions = try session.prepare(Queries.functions)
        executionKey = try session.prepare(Queries.executionKey)
        executionByKey = try session.prepare(Queries.executionByKey)
        executionsByKeys = try session.prepare(Queries.executionsByKeys)
        journals = try session.prepare(Queries.journals)
        runningExecutions = try session.prepare(Queries.runningExecutions)
        runningExecutionCount = try session.prepare(Queries.runningExecutionCount)
        hasRunningExecutions = try session.prepare(Queries.hasRunningExecutions)
        checkpoint = try session.prepare(Queries.checkpoint)
        journalAfter = try session.prepare(Queries.journalAfter)
        task = try session.prepare(Queries.task)
        pendingTasks = try session.prepare(Queries.pendingTasks)
        serviceTasks = try session.prepare(Queries.serviceTasks)
        tasksWaitingFor = try session.prepare(Queries.tasksWaitingFor)
        timersBetween = try session.prepare(Queries.timersBetween)
        nextTimer = try session.prepare(Queries.nextTimer)
        outbox = try session.prepare(Queries.outbox)
    }

    private static let ofMachine = "state_machine = (SELECT number FROM state_machines WHERE arn = ?)"

    /// A deleted machine's row comes back to life under its number.
    private static let insertStateMachineSQL = """
        INSERT INTO state_machines (arn, name, type, status, created_at, revision, settings, last_version)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (arn) DO UPDATE
            SET name = ?2, type = ?3, status = ?4, created_at = ?5, revision = ?6, settings = ?7, last_version = ?8
            WHERE status = 'DELETED'
        """

    private static let insertExecutionSQL = """
        INSERT INTO executions (
            key, arn, name, state_machine, revision, status, started_at, stopped_at, partition, redrive_count,
            role_arn, trace_header, reply_queue, reply_correlation_id, error, cause, input, output, version, alias,
            map_run, first_item, item_count)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    static let republishTasksSQL = """
        UPDATE tasks SET phase = 'pending', worker = NULL
        WHERE target = ?1 AND (activity_arn IS NOT NULL) = ?2 AND phase = 'published' AND phase <> 'pending'
        """

    private static let insertTaskSQL = """
        INSERT INTO tasks (
            number, execution, task, phase, target, activity_arn, token, state, attempt, scheduled_at, timeout_seconds,
            heartbeat_seconds, worker, input)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
}
