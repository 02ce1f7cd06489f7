/// Versions and aliases of state machines, tags of activities, and the key that signs page tokens.
let schema3 = """
    -- The highest version ever published: deleted numbers are not given out again.
    ALTER TABLE state_machines ADD COLUMN last_version INTEGER NOT NULL DEFAULT 0;
    -- Logging, tracing and encryption as they were when the revision was made.
    ALTER TABLE revisions ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE activities ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
    -- How an execution was started; NULL for a start by the machine's plain ARN.
    ALTER TABLE executions ADD COLUMN version INTEGER;
    ALTER TABLE executions ADD COLUMN alias TEXT;
    CREATE INDEX executions_by_version ON executions (state_machine, version) WHERE version IS NOT NULL;
    CREATE INDEX executions_by_alias ON executions (state_machine, alias) WHERE alias IS NOT NULL;

    CREATE TABLE versions (
        state_machine INTEGER NOT NULL REFERENCES state_machines (number),
        version INTEGER NOT NULL,
        revision INTEGER NOT NULL REFERENCES revisions (number),
        created_at INTEGER NOT NULL,
        description TEXT,
        PRIMARY KEY (state_machine, version)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX versions_by_revision ON versions (revision);

    -- Routes is a JSON array of {"version", "weight"}; the weights are 100 together.
    CREATE TABLE aliases (
        state_machine INTEGER NOT NULL REFERENCES state_machines (number),
        name TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        description TEXT,
        routes TEXT NOT NULL,
        PRIMARY KEY (state_machine, name)
    ) STRICT, WITHOUT ROWID;

    UPDATE revisions SET settings = (
        SELECT json_remove(m.settings, '$.tags') FROM state_machines m WHERE m.number = revisions.state_machine);
    INSERT INTO meta VALUES ('page_token_key', hex(randomblob(32)));
    """
