"""Databases with very many open executions, made fast.

A server runs one execution of each kind and is stopped; then SQL copies the rows of these executions, as often as asked
for, under new keys, names and ARNs. What names an execution inside the rows (ARNs, the keys in task tokens) is replaced
in every copy, so that each of them is what the server would have written itself, but for its times and secrets.
"""

import json
import sqlite3
import time


def machine(account, definition):
    return json.dumps({"StartAt": "A", "States": {"A": {**definition, "Next": "B"}, "B": {"Type": "Pass", "End": True}}})


def open_database(path):
    database = sqlite3.connect(path, isolation_level=None, timeout=30)
    database.execute("PRAGMA synchronous=OFF")
    database.execute("PRAGMA cache_size=-262144")
    database.execute("PRAGMA temp_store=MEMORY")
    return database


def columns(database, table, without=()):
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] not in without]


def copy_executions(path, templates):
    """Copies executions: {ARN of the template: (how many copies, seconds by which the timers' dues are spread)}."""
    database = open_database(path)
    began = time.monotonic()
    try:
        database.execute("BEGIN IMMEDIATE")
        for arn, (count, spread) in templates.items():
            copy(database, arn, count, spread)
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.close()
    return time.monotonic() - began


def base36(number):
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def copy(database, arn, count, spread):
    key, name, partition = database.execute(
        "SELECT key, name, partition FROM executions WHERE arn = ?", (arn,)).fetchone()
    first = database.execute(
        "SELECT max((SELECT max(key) FROM executions), (SELECT seq FROM sqlite_sequence WHERE name = 'executions'))"
    ).fetchone()[0]
    place = arn[: -len(name)]
    # One number per copy; everything else is a SELECT over it.
    database.execute("DROP TABLE IF EXISTS temp.copies")
    database.execute("CREATE TEMP TABLE copies (key INTEGER PRIMARY KEY, name TEXT, arn TEXT)")
    database.execute(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
        " INSERT INTO copies SELECT ? + n, ? || '-' || n, ? || '-' || n FROM numbers",
        (count, first, name, place + name))

    def insert(table, order, replaced, join="", key_column="execution"):
        names = columns(database, table, without=("number",))
        values = [replaced.get(column, f"t.{column}") for column in names]
        database.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM copies c CROSS JOIN {table} t"
            f" WHERE t.{key_column} = {key} ORDER BY {order}")

    # The numbers in a task's token are in base 36.
    database.create_function("base36", 1, base36, deterministic=True)
    token = f"'{partition}.{base36(key)}.', '{partition}.' || base36(c.key) || '.'"
    renamed = lambda column: f"replace(replace(t.{column}, '{place + name}', c.arn), {token})"  # noqa: E731
    insert("executions", "c.key", {"key": "c.key", "name": "c.name", "arn": "c.arn"}, key_column="key")
    insert("journal", "c.key, t.sequence", {"execution": "c.key", "events": renamed("events")})
    insert("checkpoints", "c.key", {"execution": "c.key", "state": renamed("state")})
    # Their messages do not exist: the server that is started on this database publishes them.
    pending = {"execution": "c.key", "token": f"replace(t.token, {token})", "phase": "'pending'"}
    insert("tasks", "c.key, t.task", pending)
    moved = f"t.due + CAST((c.key - {first}) * {spread * 1e6} / {count} AS INTEGER)" if spread else "t.due"
    insert("timers", "t.due, c.key", {"execution": "c.key", "due": moved})
    database.execute("DROP TABLE copies")


def open_counts(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    try:
        return dict(zip(("executions", "tasks", "pending", "timers"), database.execute(
            "SELECT (SELECT count(*) FROM executions WHERE status = 'RUNNING'), (SELECT count(*) FROM tasks),"
            " (SELECT count(*) FROM tasks WHERE phase = 'pending'), (SELECT count(*) FROM timers)").fetchone()))
    finally:
        database.close()


def rows(path, query, *parameters):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    try:
        return database.execute(query, parameters).fetchall()
    finally:
        database.close()
