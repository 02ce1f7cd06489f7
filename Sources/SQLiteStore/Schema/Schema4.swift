/// Distributed Map: its runs, their items, and the executions that are made of them.
let schema4 = """
    -- Children of a map run are executions; these say which items each of them got.
    ALTER TABLE executions ADD COLUMN map_run INTEGER;
    ALTER TABLE executions ADD COLUMN first_item INTEGER;
    ALTER TABLE executions ADD COLUMN item_count INTEGER;
    CREATE INDEX executions_by_map_run ON executions (map_run) WHERE map_run IS NOT NULL;

    -- Phase: reading (items come from an object store), running, ending (children are aborted), writing (results go to
    -- a bucket), done. Outcome: how it will end once it is done. Progress and plan are JSON.
    CREATE TABLE map_runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        arn TEXT NOT NULL UNIQUE,
        execution INTEGER NOT NULL REFERENCES executions (key),
        revision INTEGER NOT NULL REFERENCES revisions (number),
        pointer TEXT NOT NULL,
        label TEXT NOT NULL,
        execution_type TEXT NOT NULL,
        status TEXT NOT NULL,
        phase TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        stopped_at INTEGER,
        redrive_count INTEGER NOT NULL,
        redriven_at INTEGER,
        max_concurrency INTEGER NOT NULL,
        tolerated_failure_count INTEGER,
        tolerated_failure_percentage REAL,
        outcome TEXT,
        error TEXT,
        cause TEXT,
        progress TEXT NOT NULL,
        plan TEXT NOT NULL
    ) STRICT;
    CREATE INDEX map_runs_by_execution ON map_runs (execution);
    CREATE INDEX map_runs_open ON map_runs (phase) WHERE phase <> 'done';

    -- What is still to be handed to children, or may be again: JSON arrays, from the item with the number "first" on.
    CREATE TABLE map_run_items (
        number INTEGER PRIMARY KEY,
        map_run INTEGER NOT NULL REFERENCES map_runs (number),
        first INTEGER NOT NULL,
        count INTEGER NOT NULL,
        items TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX map_run_items_by_run ON map_run_items (map_run, first);
    """
