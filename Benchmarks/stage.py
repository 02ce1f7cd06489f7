"""What benchmarks run on: a private broker, a server, workers, and programs that make load."""

import http.client
import json
import os
import random
import resource
import shutil
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(os.environ.get("BATON_BIN_DIR", ROOT / ".build/release"))
STATE = ROOT / ".baton/bench"
ACCOUNT = "arn:aws:states:us-east-1:000000000000"
TICK = os.sysconf("SC_CLK_TCK")


def run(*command, env=None, timeout=1800):
    """What a program prints; with its complaint if it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **(env or {})})
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def free_port():
    while True:
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def build_tools():
    """The programs in C: the ceiling and the load."""
    tools = STATE / "bin"
    tools.mkdir(parents=True, exist_ok=True)
    source = ROOT / "Benchmarks/broker"
    for name, libraries in {"ceiling": ["-lrabbitmq", "-lsqlite3"], "load": ["-lrabbitmq"]}.items():
        run("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", tools / name, source / f"{name}.c", source / "link.c",
            *libraries)
    return tools


def eventually(condition, what, seconds=30, pause=0.05):
    """What the condition gives once it holds."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} within {seconds} s")
        time.sleep(pause)
    return value


class Broker:
    """A RabbitMQ node of its own for all works of one run."""

    def __init__(self):
        self.folder = STATE / f"broker-{os.getpid()}"
        self.port = free_port()

    def command(self, command, *more):
        return run(ROOT / "scripts/broker.sh", command, "--dir", self.folder, "--port", self.port, *more)

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.command("start")
        return self

    def __exit__(self, *_):
        self.command("stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self):
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    @property
    def pid(self):
        return int((self.folder / "node.pid").read_text())


class Stage:
    """A server with a database of its own on the run's broker, and workers; a context manager."""

    def __init__(self, broker, name, *options):
        self.node = broker
        self.name = f"{name}-{os.getpid()}"
        self.folder = STATE / self.name
        self.options = options
        self.http_port = free_port()
        self.server = None
        self.workers = []

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def database(self):
        return self.folder / "baton.db"

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.start_server()
        return self

    def __exit__(self, *_):
        self.stop_workers()
        self.stop_server()
        if "KEEP" not in os.environ:
            shutil.rmtree(self.folder, ignore_errors=True)

    # MARK: processes

    def start_server(self):
        log = open(self.folder / "server.log", "a")
        self.server = subprocess.Popen(
            [BIN / "baton", "server", "--database", self.database, "--amqp-url", self.node.url, "--listen",
             f"127.0.0.1:{self.http_port}", "--prefix", self.name, "--log-level", "warning", *self.options],
            stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.server.poll() is None:
            try:
                if self.get("/health/ready")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError(f"the server did not become ready: {(self.folder / 'server.log').read_text()[-2000:]}")

    def stop_server(self):
        if self.server:
            self.server.terminate()
            self.server.wait(120)
            self.server = None

    def start_workers(self, *activities):
        for activity in activities:
            self.call("CreateActivity", name=activity)
        self.add_workers(*activities)

    def add_workers(self, *activities):
        """One more process for each; back when they consume."""
        log = open(self.folder / "workers.log", "a")
        before = self.consumers()
        for activity in activities:
            self.workers.append(subprocess.Popen(
                [BIN / "bench-worker", "--amqp-url", self.node.url, "--prefix", self.name, "--activity", activity],
                stdout=log, stderr=log))
        wanted = {activity: before.get(activity, 0) + activities.count(activity) for activity in activities}

        def have_come():
            consumers = self.consumers()
            return all(consumers.get(activity, 0) >= count for activity, count in wanted.items())

        eventually(have_come, "the workers did not come", seconds=60, pause=0.3)

    def consumers(self):
        """How many workers each activity has."""
        queues = self.node.command("ctl", "list_queues", "--quiet", "--no-table-headers", "name", "consumers")
        rows = [line.split("\t") for line in queues.splitlines() if "\t" in line]
        prefix = f"{self.name}.activity."
        return {name.removeprefix(prefix): int(count) for name, count in rows if name.startswith(prefix)}

    def stop_workers(self):
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.wait(60)
        self.workers = []

    # MARK: calls

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def call(self, operation, service="AWSStepFunctions", **arguments):
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=120)
        try:
            connection.request("POST", "/", json.dumps(arguments), {
                "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"{service}.{operation}"})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status} {body[:500]!r}")
        return json.loads(body)

    def machine(self, name, definition, kind="STANDARD"):
        return self.call("CreateStateMachine", name=name, definition=json.dumps(definition), type=kind,
                         roleArn="arn:aws:iam::000000000000:role/bench")["stateMachineArn"]

    def count_events(self, execution):
        """Reads all pages of a history."""
        events, more = 0, {}
        while True:
            page = self.call("GetExecutionHistory", executionArn=execution, maxResults=1000, **more)
            events += len(page["events"])
            if not page.get("nextToken"):
                return events
            more = {"nextToken": page["nextToken"]}

    def metric(self, name, **labels):
        """The sum of a metric's series."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = [line for line in self.get("/metrics")[1].splitlines()
                 if line.split("{")[0].split(" ")[0] == name and all(part in line for part in wanted)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    # MARK: what is on disk

    def query(self, sql, *arguments):
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(sql, arguments).fetchall()
        finally:
            connection.close()

    def verify(self, completed):
        """Zero loss: so many executions are on disk, all of them succeeded, and nothing is left open."""
        def nothing_open():
            return all(self.query(f"SELECT count(*) FROM {table}")[0][0] == 0
                       for table in ("tasks", "timers", "outbox"))
        eventually(nothing_open, "tasks, timers or replies were still open")
        counts = dict(self.query("SELECT status, count(*) FROM executions GROUP BY status"))
        if counts != {"SUCCEEDED": completed}:
            raise RuntimeError(f"of {completed} executions that had to succeed the database says {counts}")

    # MARK: what it costs

    def resident_megabytes(self):
        for line in Path(f"/proc/{self.server.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return float("nan")

    def usage(self):
        """Seconds of processor, bytes handed to the disk and commits so far, by whom."""
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        pids = {"orchestrator": [self.server.pid], "workers": [worker.pid for worker in self.workers],
                "broker": [self.node.pid]}
        usage = {f"{who}_seconds": sum(map(processor_seconds, them)) for who, them in pids.items()}
        usage["load_seconds"] = children.ru_utime + children.ru_stime
        usage["orchestrator_bytes"] = written_bytes(self.server.pid)
        usage["broker_bytes"] = written_bytes(self.node.pid)
        usage["commits"] = self.metric("baton_commits_total")
        return usage


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def written_bytes(pid):
    for line in Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes"):
            return int(line.split()[1])
    return 0


def chain(states):
    """A machine of the given states, one after the other."""
    names = [f"S{number}" for number in range(len(states))]
    return {"StartAt": names[0], "States": {
        name: {**state, **({"Next": names[number + 1]} if number + 1 < len(names) else {"End": True})}
        for number, (name, state) in enumerate(zip(names, states))}}


def task(activity, **more):
    return {"Type": "Task", "Resource": f"{ACCOUNT}:activity:{activity}", **more}
