/// Fewer indexes: what an execution and its task write is most of what a workflow costs.
///
/// `legacy_alter_table`, as SQLite would otherwise look at every view when a table is renamed, and fail at those of other
/// people that name the table which is gone just then.
let schema6 = """
    PRAGMA legacy_alter_table = ON;

    -- Executions are listed by machine and status; without a status, the lists of all of them are merged.
    DROP INDEX executions_by_machine;
    DROP INDEX executions_by_status;

    -- Open attempts of tasks. The number is execution * 16777216 + task: it finds a task without an index. Phase: pending
    -- (to be published), published (confirmed by the broker), taken (over HTTP).
    DROP VIEW IF EXISTS running;
    DROP VIEW IF EXISTS open_tasks;
    CREATE TABLE numbered_tasks (
        number INTEGER PRIMARY KEY,
        execution INTEGER NOT NULL REFERENCES executions (key),
        task INTEGER NOT NULL,
        phase TEXT NOT NULL,
        target TEXT NOT NULL,
        activity_arn TEXT,
        token TEXT NOT NULL,
        state TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        scheduled_at INTEGER NOT NULL,
        timeout_seconds INTEGER,
        heartbeat_seconds INTEGER,
        worker TEXT,
        input TEXT NOT NULL
    ) STRICT;
    INSERT INTO numbered_tasks
    SELECT execution * 16777216 + task, execution, task, phase, target, activity_arn, token, state, attempt,
        scheduled_at, timeout_seconds, heartbeat_seconds, worker, input
    FROM tasks ORDER BY execution, task;
    DROP TABLE tasks;
    ALTER TABLE numbered_tasks RENAME TO tasks;
    CREATE INDEX tasks_pending ON tasks (number, phase) WHERE phase = 'pending';
    -- For the day when the broker has lost a queue. A task that is answered at once never gets in here.
    CREATE INDEX tasks_by_target ON tasks (target, phase) WHERE phase <> 'pending';
    -- A service task's target has a colon; 'worker' is the ARN of the execution that it waits for.
    CREATE INDEX tasks_waiting_for_executions ON tasks (worker) WHERE instr(target, ':') > 0;

    CREATE VIEW running AS
    SELECT
        m.name AS state_machine, e.name, strftime('%Y-%m-%dT%H:%M:%fZ', e.started_at / 1e6, 'unixepoch') AS started_at,
        (SELECT count(*) FROM tasks t
            WHERE t.number BETWEEN e.key * 16777216 AND e.key * 16777216 + 16777215) AS open_tasks,
        (SELECT count(*) FROM timers t WHERE t.execution = e.key) AS timers,
        e.key, e.arn, e.input
    FROM state_machines m CROSS JOIN executions e ON e.state_machine = m.number AND e.status = 'RUNNING';

    CREATE VIEW open_tasks AS
    SELECT
        coalesce(t.activity_arn, t.target) AS target, m.name AS state_machine, e.name AS execution, t.state, t.attempt,
        t.phase, t.worker, strftime('%Y-%m-%dT%H:%M:%fZ', t.scheduled_at / 1e6, 'unixepoch') AS scheduled_at,
        t.timeout_seconds, t.heartbeat_seconds, t.token, t.input
    FROM tasks t JOIN executions e ON e.key = t.execution JOIN state_machines m ON m.number = e.state_machine;

    -- Messages other than tasks that have to reach the broker. Their numbers mean something to one process only.
    CREATE TABLE messages (
        number INTEGER PRIMARY KEY,
        queue TEXT NOT NULL,
        correlation_id TEXT,
        type TEXT NOT NULL,
        execution_arn TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    INSERT INTO messages SELECT number, queue, correlation_id, type, execution_arn, body FROM outbox;
    DROP TABLE outbox;
    ALTER TABLE messages RENAME TO outbox;

    PRAGMA legacy_alter_table = OFF;
    """
