/// Tables and views, meant to be read with the sqlite3 shell.
///
/// Times are microseconds since 1970 in UTC; views show them as text. Columns that hold JSON hold its text. Large
/// columns come last in their tables, because SQLite reads a row from its beginning.
let schema1 = """
    CREATE TABLE meta (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO meta VALUES ('created_at', strftime('%Y-%m-%dT%H:%M:%fZ'));

    -- Rows stay when a state machine is deleted (status DELETED), because executions name their machine by number.
    CREATE TABLE state_machines (
        number INTEGER PRIMARY KEY,
        arn TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        type TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        revision INTEGER REFERENCES revisions (number),
        settings TEXT NOT NULL
    ) STRICT;

    CREATE TABLE revisions (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        state_machine INTEGER NOT NULL REFERENCES state_machines (number),
        role_arn TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        definition TEXT NOT NULL
    ) STRICT;

    CREATE TABLE activities (
        arn TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE functions (
        name TEXT PRIMARY KEY
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE executions (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        arn TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        state_machine INTEGER NOT NULL REFERENCES state_machines (number),
        revision INTEGER NOT NULL REFERENCES revisions (number),
        status TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        stopped_at INTEGER,
        partition INTEGER NOT NULL,
        redrive_count INTEGER NOT NULL,
        role_arn TEXT NOT NULL,
        trace_header TEXT,
        reply_queue TEXT,
        reply_correlation_id TEXT,
        error TEXT,
        cause TEXT,
        input TEXT NOT NULL,
        output TEXT
    ) STRICT;
    -- An index ends with the row's key, so each of these lists newest first without sorting.
    CREATE INDEX executions_by_machine ON executions (state_machine);
    CREATE INDEX executions_by_status ON executions (status);
    CREATE INDEX executions_by_machine_and_status ON executions (state_machine, status);

    -- The truth: what happened, one row per step. Rows are appended, so that a commit touches few pages.
    CREATE TABLE journal (
        number INTEGER PRIMARY KEY,
        execution INTEGER NOT NULL REFERENCES executions (key),
        sequence INTEGER NOT NULL,
        first_id INTEGER,
        last_id INTEGER,
        time INTEGER NOT NULL,
        events TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX journal_by_execution ON journal (execution, sequence);

    -- A saved fold of the journal up to a step; can always be made anew.
    CREATE TABLE checkpoints (
        execution INTEGER PRIMARY KEY REFERENCES executions (key),
        sequence INTEGER NOT NULL,
        state TEXT NOT NULL
    ) STRICT;

    -- Open attempts of tasks. Phase: pending (to be published), published (confirmed by the broker), taken (over HTTP).
    CREATE TABLE tasks (
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
    CREATE UNIQUE INDEX tasks_by_execution ON tasks (execution, task);
    CREATE INDEX tasks_pending ON tasks (execution, task) WHERE phase = 'pending';
    CREATE INDEX tasks_by_target ON tasks (target);

    CREATE TABLE timers (
        execution INTEGER NOT NULL REFERENCES executions (key),
        timer INTEGER NOT NULL,
        due INTEGER NOT NULL,
        purpose TEXT NOT NULL,
        interval_seconds REAL NOT NULL,
        PRIMARY KEY (execution, timer)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX timers_by_due ON timers (due);

    -- Messages other than tasks that have to reach the broker.
    CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        correlation_id TEXT,
        type TEXT NOT NULL,
        execution_arn TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;

    CREATE VIEW running AS
    SELECT
        m.name AS state_machine, e.name, strftime('%Y-%m-%dT%H:%M:%fZ', e.started_at / 1e6, 'unixepoch') AS started_at,
        (SELECT count(*) FROM tasks t WHERE t.execution = e.key) AS open_tasks,
        (SELECT count(*) FROM timers t WHERE t.execution = e.key) AS timers,
        e.key, e.arn, e.input
    FROM executions e JOIN state_machines m ON m.number = e.state_machine
    WHERE e.status = 'RUNNING';

    CREATE VIEW open_tasks AS
    SELECT
        coalesce(t.activity_arn, t.target) AS target, m.name AS state_machine, e.name AS execution, t.state, t.attempt,
        t.phase, t.worker, strftime('%Y-%m-%dT%H:%M:%fZ', t.scheduled_at / 1e6, 'unixepoch') AS scheduled_at,
        t.timeout_seconds, t.heartbeat_seconds, t.token, t.input
    FROM tasks t JOIN executions e ON e.key = t.execution JOIN state_machines m ON m.number = e.state_machine;

    CREATE VIEW waiting_timers AS
    SELECT
        strftime('%Y-%m-%dT%H:%M:%fZ', t.due / 1e6, 'unixepoch') AS due, t.purpose, t.interval_seconds,
        m.name AS state_machine, e.name AS execution, e.arn AS execution_arn
    FROM timers t JOIN executions e ON e.key = t.execution JOIN state_machines m ON m.number = e.state_machine
    ORDER BY t.due;

    -- One row for every event, internal ones too: SELECT * FROM history WHERE execution = 'NAME'.
    CREATE VIEW history AS
    SELECT
        m.name AS state_machine, e.name AS execution, j.sequence AS step, json_extract(v.value, '$.id') AS id,
        json_extract(v.value, '$.type') AS type, json_extract(v.value, '$.state') AS state,
        strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(v.value, '$.time') / 1e6, 'unixepoch') AS time,
        json_extract(v.value, '$.error') AS error, v.value AS event, e.arn AS execution_arn
    FROM executions e JOIN state_machines m ON m.number = e.state_machine JOIN journal j ON j.execution = e.key,
        json_each(j.events) v
    ORDER BY j.execution, j.sequence, v.key;
    """
