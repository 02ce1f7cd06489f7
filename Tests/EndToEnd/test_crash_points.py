"""The orchestrator dies at each of its named points: nothing is lost, nothing is doubled.

Points exist in debug builds alone: BATON_CRASH_AT=POINT:COUNT, see Sources/CrashPoints."""

import json
import os
import signal
import sqlite3
import subprocess

import pytest

from conftest import create
from harness import BINARIES, Server, persistently, wait_until

pytestmark = pytest.mark.skipif("release" in BINARIES.parts, reason="release builds have no crash points")

ITEMS = 290

# A passage that lies in the middle of the work, by what is counted there.
POINTS = {
    "before-commit": 8, "after-commit": 8, "before-publish": 3, "after-publish": 3, "after-confirm": 3,
    "before-ack": 5, "after-ack": 5, "during-checkpoint": 1,
}


@pytest.fixture
def serving(broker, tmp_path):
    server = Server(tmp_path / "server", broker.url, f"points{tmp_path.name[-12:]}")
    yield server
    if server.process and server.process.poll() is None:
        server.kill()


def died(process, timeout=20):
    assert process.wait(timeout) == -signal.SIGKILL


def machine(activity):
    """Two tasks in a row, then a Map that is long enough to be given a checkpoint."""
    task = {"Type": "Task", "Resource": activity}
    return {
        "StartAt": "First",
        "States": {
            "First": {**task, "ResultPath": None, "Next": "Second"},
            "Second": {**task, "ResultPath": None, "Next": "Each"},
            "Each": {
                "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 40, "ResultPath": None, "End": True,
                "ItemProcessor": {"StartAt": "Item", "States": {"Item": {**task, "End": True}}},
            },
        },
    }


@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_or_doubled(serving, workers, point):
    serving.start(ready=False)
    client = serving.client()
    activity = client.create_activity(name="work")["activityArn"]
    arn = create(client, "steps", machine(activity))
    workers(serving, ["work"], count=2)
    serving.kill()

    process = serving.launch(BATON_CRASH_AT=f"{point}:{POINTS[point]}")
    wait_until("it lives", lambda: serving.get("/health/live")[0] == 200 or process.poll() is not None, timeout=20)
    inputs = {"long": {"items": [{"n": n} for n in range(ITEMS)]}, "a": {"items": []}, "b": {"items": []}}
    answered = {}
    for name, value in inputs.items():
        try:
            started = client.start_execution(stateMachineArn=arn, name=name, input=json.dumps(value))
            answered[name] = started["executionArn"]
        except Exception as error:  # whatever a dying server looks like
            print(name, repr(error))
    died(process)

    serving.start(ready=False)
    for name, value in inputs.items():
        def again(name=name, value=value):
            try:
                return client.start_execution(stateMachineArn=arn, name=name, input=json.dumps(value))["executionArn"]
            except client.exceptions.ExecutionAlreadyExists:
                return arn.replace(":stateMachine:", ":execution:") + f":{name}"

        execution = persistently(again)
        assert answered.setdefault(name, execution) == execution
    running = lambda: client.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
    wait_until("nothing runs any more", lambda: not running(), timeout=30, interval=0.2)
    check(serving, workers.ledger, answered)


def check(server, ledger, answered):
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as rows:
        ended = dict(rows.execute("SELECT arn, status FROM executions").fetchall())
        assert ended == {arn: "SUCCEEDED" for arn in answered.values()}
        for table in ("tasks", "timers", "outbox"):
            assert rows.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
        assert rows.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        twice = rows.execute(
            "SELECT execution, type, count(*) FROM history WHERE type LIKE 'Execution%' GROUP BY 1, 2"
            " HAVING count(*) > 1").fetchall()
        assert not twice, twice
        succeeded = rows.execute("SELECT count(*) FROM history WHERE type = 'ActivitySucceeded'").fetchone()[0]
    with sqlite3.connect(ledger) as rows:
        effects = rows.execute("SELECT count(*), count(DISTINCT message_id) FROM effects").fetchone()
    expected = ITEMS + 2 * len(answered)
    assert succeeded == expected and effects == (expected, expected)


def test_during_recovery(serving):
    serving.start(ready=False)
    client = serving.client()
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3, "End": True}}}
    execution = client.start_execution(stateMachineArn=create(client, "waits", wait))["executionArn"]
    serving.kill()
    # The engine of Express executions recovers as well, of nothing: two points for each start.
    for passage in (1, 2):
        died(serving.launch(BATON_CRASH_AT=f"during-recovery:{passage}"))
    serving.start(ready=False)
    ended = lambda: client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    wait_until("the wait ends", ended, timeout=20)


def test_during_migration(serving):
    """A new database is made by all migrations, one transaction each: it goes on where it was interrupted."""
    steps = 0
    while True:
        process = serving.launch(BATON_CRASH_AT="during-migration:2")
        lives = lambda: process.poll() is not None or serving.get("/health/live")[0] == 200
        wait_until("it lives or died", lives, timeout=20)
        if process.poll() is None:
            break
        died(process)
        steps += 1
        with sqlite3.connect(serving.database) as rows:
            # The second of what was left to do is not in the file, the first is.
            assert rows.execute("PRAGMA user_version").fetchone() == (steps,)
    assert steps >= 3
    serving.kill()
    client = serving.start(ready=False).client()
    assert client.list_state_machines()["stateMachines"] == []


def command(*arguments, point=None):
    """A command on files; returns its exit status and what it said."""
    done = subprocess.run(
        [str(BINARIES / "baton"), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=60, env={**os.environ, **({"BATON_CRASH_AT": f"{point}:1"} if point else {})})
    return done.returncode, done.stdout


def names(server):
    """Of the executions, as the file has them."""
    return [e["name"] for e in server.client().list_executions(stateMachineArn=server.machine)["executions"]]


@pytest.fixture
def kept(serving):
    """A server that was killed with one execution in its backup, and a second one in its log."""
    client = serving.start(ready=False).client()
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 900, "End": True}}}
    serving.machine = create(client, "waits", wait)
    serving.copy = serving.directory / "copy.db"
    client.start_execution(stateMachineArn=serving.machine, name="older")
    assert command("backup", "--database", serving.database, "--to", serving.copy)[0] == 0
    client.start_execution(stateMachineArn=serving.machine, name="newer")
    serving.kill()
    return serving


@pytest.mark.parametrize("point", ["during-copy", "before-rename", "after-rename"])
@pytest.mark.parametrize("replaces", [False, True])
def test_a_backup_is_there_or_not(kept, point, replaces):
    target = kept.copy if replaces else kept.directory / "other.db"
    before = target.read_bytes() if replaces else None
    arguments = ["backup", "--database", kept.database, "--to", target, *(["--force"] if replaces else [])]
    assert command(*arguments, point=point)[0] == -signal.SIGKILL
    if point != "after-rename":
        assert (target.read_bytes() if target.exists() else None) == before
    elif not replaces:
        target.unlink()
    status, said = command(*arguments)
    assert status == 0, said
    assert [path.name for path in kept.directory.glob(f"{target.name}*")] == [target.name]
    assert command("check", "--database", target)[0] == 0
    with sqlite3.connect(f"file:{target}?mode=ro", uri=True) as rows:
        assert rows.execute("SELECT name FROM executions ORDER BY key").fetchall() == [("older",), ("newer",)]


@pytest.mark.parametrize("point", ["during-copy", "before-rename", "after-rename"])
@pytest.mark.parametrize("again", [False, True])
def test_a_restore_has_happened_or_not(kept, point, again):
    arguments = ["restore", "--database", kept.database, "--from", kept.copy, "--force"]
    assert command(*arguments, point=point)[0] == -signal.SIGKILL
    if again:
        status, said = command(*arguments)
        assert status == 0, said
    kept.start(ready=False)
    restored = again or point == "after-rename"
    assert names(kept) == (["older"] if restored else ["newer", "older"])
    kept.kill()
    assert not list(kept.directory.glob("baton.db.restoring*"))
    assert command("check", "--database", kept.database)[0] == 0
    # What was there is whole as well, or was never moved.
    old = [path for path in kept.directory.glob("baton.db.before-restore-*") if not path.name.endswith("-wal")]
    assert len(old) == (2 if again and point == "after-rename" else 1 if restored else 0)
    if old:
        with sqlite3.connect(min(old)) as rows:
            assert rows.execute("SELECT name FROM executions ORDER BY key").fetchall() == [("older",), ("newer",)]


def test_a_first_restore_that_was_interrupted_is_no_empty_database(kept, tmp_path):
    other = tmp_path / "other.db"
    arguments = ["restore", "--database", other, "--from", kept.copy]
    assert command(*arguments, point="before-rename")[0] == -signal.SIGKILL
    done = subprocess.run(
        [str(BINARIES / "baton"), "server", "--database", str(other), "--amqp-url", "amqp://127.0.0.1:1"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
    assert done.returncode == 5 and "was interrupted" in done.stdout and "baton restore" in done.stdout, done.stdout
    status, said = command(*arguments)
    assert status == 0, said
    assert not list(tmp_path.glob("other.db.*"))


def test_a_misspelt_point_is_refused(serving):
    assert serving.launch(BATON_CRASH_AT="somewhere:1").wait(20) == 2
    assert "BATON_CRASH_AT has to be" in serving.tail()
