/// Executions that are over for long enough go.
let schema5 = """
    -- Executions that are gone, and whose journals, map runs and children still go, in portions.
    CREATE TABLE removals (
        execution INTEGER PRIMARY KEY
    ) STRICT;
    -- Those that have been over the longest first. The children of map runs go with their parents.
    CREATE INDEX executions_closed ON executions (stopped_at) WHERE stopped_at IS NOT NULL AND map_run IS NULL;
    """
