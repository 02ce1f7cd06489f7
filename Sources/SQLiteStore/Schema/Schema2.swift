/// Service tasks wait for executions; executions are redriven.
let schema2 = """
    -- A service task's target has a colon; 'worker' is the ARN of the execution that it waits for.
    CREATE INDEX tasks_waiting_for_executions ON tasks (worker) WHERE instr(target, ':') > 0;

    -- When the execution was last redriven, and the client tokens of its redrives: [{"token": T, "time": MICROSECONDS}].
    ALTER TABLE executions ADD COLUMN redriven_at INTEGER;
    ALTER TABLE executions ADD COLUMN redrive_tokens TEXT;
    """
