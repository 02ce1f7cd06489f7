"""Backup, restore, check and retention: beside a server under load, after a kill, and on files that somebody broke."""

import json
import os
import shutil
import sqlite3
import subprocess
import threading
import time
import urllib.request

import pytest

from conftest import PASS, chain, create, numbers
from harness import BINARIES, Server, finished, persistently, wait_until


def baton(*arguments, code=0):
    """A command on files; returns what it said."""
    done = subprocess.run(
        [str(BINARIES / "baton"), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=120)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}"
    return done.stdout


def check(database, code=0):
    return json.loads(baton("check", "--database", database, "--json", code=code))


class Load:
    """Starts executions until it is told to stop, and remembers how long each start took."""

    def __init__(self, server, machine):
        self.client = server.client()
        self.machine = machine
        self.started = []
        self.slowest = 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.over.is_set():
            began = time.monotonic()
            name = f"load-{len(self.started)}"
            answer = self.client.start_execution(stateMachineArn=self.machine, name=name, input='{"n": 1}')
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.started.append(answer["executionArn"])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(30)


def prepare(server, steps=("first", "second")):
    client = server.client()
    activities = [client.create_activity(name=step)["activityArn"] for step in steps]
    return create(client, "steps", chain(*activities))


def test_backup_and_check_under_load(server, workers, broker, tmp_path):
    machine = prepare(server)
    workers(server, ["first", "second"], count=2)
    copies = [tmp_path / f"copy{number}.db" for number in range(3)]
    with Load(server, machine) as load:
        for copy in copies:
            wait_until("load", lambda: len(load.started) > 50 * (1 + copies.index(copy)), timeout=60)
            baton("backup", "--database", server.database, "--to", copy)
            # Beside the server, in the middle of everything: no false alarm.
            report = check(server.database)
            assert report["sound"], report["findings"]
    print(f"{len(load.started)} starts, the slowest took {load.slowest:.3f} s")
    assert load.slowest < 5
    seen = 0
    for copy in copies:
        report = check(copy)
        assert report["sound"] and report["foldedExecutions"] > seen
        seen = report["foldedExecutions"]
        assert not list(tmp_path.glob(copy.name + "?*")), "a copy is one file"
    server.stop()

    # The first copy, served: what was open in it comes to its end, and what came later is unknown.
    restored = Server(tmp_path / "restored", broker.url, f"e2e{next(numbers)}")
    baton("restore", "--database", restored.database, "--from", copies[0])
    restored.start()
    try:
        workers(restored, ["first", "second"], count=1)
        client = restored.client()

        def running():
            return client.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]

        wait_until("everything of the copy ends", lambda: not running(), timeout=60)
        assert client.describe_execution(executionArn=load.started[0])["status"] == "SUCCEEDED"
        with pytest.raises(client.exceptions.ExecutionDoesNotExist):
            client.describe_execution(executionArn=load.started[-1])
        report = check(restored.database)
        assert report["sound"], report["findings"]
        assert report["counts"].get("executions running", 0) == 0
    finally:
        restored.kill()


def test_restore_goes_back_and_fences_what_came_after(server, tmp_path):
    client = server.client()
    activity = client.create_activity(name="work")["activityArn"]
    machine = create(client, "one", chain(activity))
    kept = client.start_execution(stateMachineArn=machine, name="kept")["executionArn"]
    copy = tmp_path / "copy.db"
    baton("backup", "--database", server.database, "--to", copy)
    assert "--force" in baton("backup", "--database", server.database, "--to", copy, code=1)

    task = client.get_activity_task(activityArn=activity)
    client.send_task_success(taskToken=task["taskToken"], output="1")
    finished(client, kept)
    later = client.start_execution(stateMachineArn=machine, name="later")["executionArn"]
    unknown = client.get_activity_task(activityArn=activity)["taskToken"]

    assert "in use" in baton("restore", "--database", server.database, "--from", copy, "--force", code=1)
    server.kill()
    assert "--force" in baton("restore", "--database", server.database, "--from", copy, code=1)
    told = baton("restore", "--database", server.database, "--from", copy, "--force")
    assert "before-restore" in told
    old = [path for path in server.directory.glob("baton.db.before-restore-*") if not path.name.endswith("-wal")]
    assert len(old) == 1 and check(old[0])["sound"]

    server.start()
    assert client.describe_execution(executionArn=kept)["status"] == "RUNNING"
    with pytest.raises(client.exceptions.ExecutionDoesNotExist):
        client.describe_execution(executionArn=later)
    with pytest.raises(client.exceptions.ClientError) as refused:
        client.send_task_success(taskToken=unknown, output="1")
    assert refused.value.response["Error"]["Code"] in ("TaskDoesNotExist", "TaskTimedOut", "InvalidToken")
    # The same attempt, with the same token, once more.
    client.send_task_success(taskToken=task["taskToken"], output="2")
    assert finished(client, kept)["output"] == "2"
    # And its name is free again.
    client.start_execution(stateMachineArn=machine, name="later")


def break_log(database):
    log = database.with_name(database.name + "-wal")
    with open(log, "r+b") as file:
        file.truncate(log.stat().st_size * 2 // 3)


def lose_log(database):
    database.with_name(database.name + "-wal").unlink()


def zero_header(database):
    with open(database, "r+b") as file:
        file.write(bytes(100))


def put_text(database):
    database.write_text("Dear diary")


def put_older(database):
    shutil.copy(database.parent / "copy.db", database)


@pytest.mark.parametrize("damage", [break_log, lose_log, zero_header, put_text, put_older])
def test_a_broken_file_is_refused_and_a_restore_mends_it(server, damage):
    client = server.client()
    machine = create(client, "pass", PASS)
    copy = server.directory / "copy.db"
    baton("backup", "--database", server.database, "--to", copy)
    for number in range(20):
        client.start_execution(stateMachineArn=machine, name=f"run-{number}")
    server.kill()
    damage(server.database)
    for _ in range(2):
        done = subprocess.run(
            server.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30,
            cwd=server.directory)
        assert done.returncode == 5, done.stdout
        assert str(server.database) in done.stdout
    print(done.stdout)
    baton("restore", "--database", server.database, "--from", copy, "--force")
    server.start()
    assert persistently(lambda: client.list_executions(stateMachineArn=machine))["executions"] == []
    client.start_execution(stateMachineArn=machine, name="run-0")


def test_damage_that_shows_later_is_told_by_readiness(server):
    client = server.client()
    machine = create(client, "pass", PASS)
    executions = [
        client.start_execution(stateMachineArn=machine, name=f"run-{n}", input=json.dumps({"x": "y" * 3000}))
        for n in range(300)
    ]
    # A clean restart has everything in the file, and nothing in memory.
    server.stop()
    server.start()
    size = server.database.stat().st_size
    with open(server.database, "r+b") as file:
        file.seek(8 * 4096)
        file.write(os.urandom(size - 8 * 4096))

    def touch():
        for started in executions[::100]:
            try:
                client.describe_execution(executionArn=started["executionArn"])
            except client.exceptions.ClientError:
                pass
        try:
            client.start_execution(stateMachineArn=machine)
        except client.exceptions.ClientError:
            pass
        status, text = server.get("/health/ready")
        return text if status == 503 else None

    said = wait_until("readiness tells", touch, timeout=30)
    assert "damaged" in said and "baton restore" in said
    assert server.process.poll() is None
    report = check(server.database, code=1)
    assert not report["sound"] and report["findings"][0]["check"] == "file"
    copy = server.directory / "copy.db"
    assert "damaged" in baton("backup", "--database", server.database, "--to", copy, code=1)
    assert not list(server.directory.glob("copy.db*"))
    assert server.stop() in (0, 5)


def test_retention(broker, tmp_path):
    server = Server(tmp_path / "server", broker.url, f"e2e{next(numbers)}", "--retain-closed", "3s").start()
    try:
        client = server.client()
        machine = create(client, "pass", PASS)
        waiting = create(client, "wait", {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 900, "End": True}}})
        open_one = client.start_execution(stateMachineArn=waiting)["executionArn"]
        for number in range(150):
            client.start_execution(stateMachineArn=machine, name=f"run-{number}")
        first = client.list_executions(stateMachineArn=machine, maxResults=1)["executions"][0]

        wait_until(
            "what ended is gone", lambda: not client.list_executions(stateMachineArn=machine)["executions"], timeout=30)
        with pytest.raises(client.exceptions.ExecutionDoesNotExist):
            client.describe_execution(executionArn=first["executionArn"])
        assert client.describe_execution(executionArn=open_one)["status"] == "RUNNING"
        client.start_execution(stateMachineArn=machine, name="run-0")
        metrics = urllib.request.urlopen(server.url + "/metrics").read().decode()
        assert "\nbaton_executions_removed_total 150\n" in metrics
        server.kill()
        server.start()
        report = check(server.database)
        assert report["sound"], report["findings"]
    finally:
        server.kill()


def test_a_log_that_a_reader_holds_up_begins_anew_afterwards(server):
    client = server.client()
    machine = create(client, "pass", PASS)
    reader = sqlite3.connect(f"file:{server.database}?mode=ro", uri=True, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM executions").fetchone()
    log = server.database.with_name(server.database.name + "-wal")
    payload = json.dumps({"x": "y" * 200_000})
    count = 0
    while log.stat().st_size < 80 << 20 and count < 200:
        client.start_execution(stateMachineArn=machine, input=payload)
        count += 1
    assert "the write-ahead log grows" in wait_until(
        "the warning", lambda: server.log.read_text() if "log grows" in server.log.read_text() else None, timeout=5)
    reader.execute("COMMIT")
    for _ in range(60):
        client.start_execution(stateMachineArn=machine, input=payload)
    assert log.stat().st_size <= 100 << 20
    metrics = urllib.request.urlopen(server.url + "/metrics").read().decode()
    used = int(float(next(line for line in metrics.splitlines() if line.startswith("baton_wal_bytes")).split()[1]))
    print(f"log: {log.stat().st_size >> 20} MB, of which {used >> 20} MB are in use")
    assert used < 64 << 20
    assert server.stop() == 0
