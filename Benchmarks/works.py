"""The works that are measured. Each yields rows; ratios come from runs that alternate with their baseline."""

import json
import os
import sqlite3
import statistics
import subprocess
import time
from dataclasses import dataclass, field

from stage import (
    ACCOUNT, BIN, ROOT, STATE, Stage, chain, eventually, free_port, processor_seconds, run, task, written_bytes)


@dataclass
class Row:
    """One line of the table. `least` or `most` is the bar that the median is held against."""

    name: str
    unit: str
    values: list
    least: float | None = None
    most: float | None = None
    remark: str = ""
    details: dict = field(default_factory=dict)

    @property
    def bar(self):
        if self.least is not None:
            return f">= {plain(self.least)}"
        return f"<= {plain(self.most)}" if self.most is not None else ""

    @property
    def verdict(self):
        if not self.values:
            return "failed"
        middle = statistics.median(self.values)
        if self.least is not None:
            return "reached" if middle >= self.least else "MISSED"
        if self.most is not None:
            return "reached" if middle <= self.most else "MISSED"
        return ""

    def as_json(self):
        summary = {}
        if self.values:
            summary = {"min": min(self.values), "median": statistics.median(self.values), "max": max(self.values)}
        return {"name": self.name, "unit": self.unit, **summary, "values": self.values, "bar": self.bar,
                "verdict": self.verdict, "remark": self.remark, **self.details}


def plain(number):
    return f"{number:,.0f}" if number >= 1000 else f"{number:g}"


@dataclass
class Scale:
    pairs: int
    workflows: int
    singles: int
    seconds: int
    map_items: tuple
    closed: int
    parked: int
    idle_seconds: int


FULL = Scale(pairs=5, workflows=8000, singles=400, seconds=6, map_items=(1_000, 10_000, 100_000), closed=1_000_000,
             parked=100_000, idle_seconds=20)
QUICK = Scale(pairs=3, workflows=2000, singles=50, seconds=1, map_items=(1_000, 4_000), closed=100_000,
              parked=1_000, idle_seconds=4)

STEPS = ["auth", "billing", "analytics", "email"]


@dataclass
class Setting:
    """What all works share."""

    tools: object
    broker: object
    scale: Scale

    def ceiling(self, **options):
        return json.loads(run(self.tools / "ceiling", "--port", self.broker.port, "--directory", self.tools.parent,
                              *flags(options)))

    def load(self, stage, machine, **options):
        result = json.loads(run(self.tools / "load", "--port", self.broker.port, "--machine", machine,
                                "--start-queue", f"{stage.name}.start", *flags(options)))
        if result.get("failed") or result.get("twice"):
            raise RuntimeError(f"executions failed or ended twice: {result}")
        return result

    def turns(self, baseline, mine):
        """Pairs of both, each time the other one first: what drifts meets both."""
        pairs = []
        for turn in range(self.scale.pairs):
            if turn % 2:
                second, first = mine(), baseline()
            else:
                first, second = baseline(), mine()
            pairs.append((first, second))
        return pairs


def flags(options):
    return [part for name, value in options.items()
            for part in ([f"--{name}"] if value is True else [f"--{name}", value])]


def wrk(endpoint, machine, operation, connections, seconds, threads=1):
    text = run("wrk", "--threads", threads, "--connections", connections, "--duration", f"{seconds}s", "--latency",
               "--script", ROOT / "Benchmarks/http/start.lua", endpoint,
               env={"MACHINE": machine, "OPERATION": operation})
    result = json.loads(next(line for line in text.splitlines() if line.startswith("RESULT "))[7:])
    if result["failed"]:
        raise RuntimeError(f"requests failed: {result}")
    return result


def middle(pairs, key):
    """Medians of the baseline's and of our figure."""
    return tuple(statistics.median(pair[which][key] for pair in pairs) for which in (0, 1))


# MARK: workflows of tasks

def onboarding(setting):
    """Four tasks, four worker processes, quorum queues, confirms on both sides, 2,000 open; starts in batches."""
    yield from saturation(setting, "onboarding", STEPS, setting.scale.workflows)


def one_task(setting):
    """The same with one task and one worker process."""
    yield from saturation(setting, "one task", STEPS[:1], 2 * setting.scale.workflows)


def saturation(setting, name, steps, count):
    with Stage(setting.broker, name.replace(" ", "-")) as stage:
        stage.machine("work", chain([task(step) for step in steps]))
        stage.start_workers(*steps)
        done = min(count, 2000)
        setting.load(stage, "work", count=done, open=2000, batch=True)
        costs = []

        def mine():
            nonlocal done
            before = stage.usage()
            result = setting.load(stage, "work", count=count, open=2000, batch=True)
            done += count
            after = stage.usage()
            stage.verify(done)
            costs.append({key: (after[key] - before[key]) / count for key in before})
            return result

        pairs = setting.turns(lambda: setting.ceiling(steps=len(steps), count=count, open=2000), mine)
        raw, ours = middle(pairs, "per_second")
        cost = {key: statistics.median(cost[key] for cost in costs) for key in costs[0]}
        yield Row(f"{name}: completed at saturation", "x ceiling", [b["per_second"] / a["per_second"] for a, b in pairs],
                  least=0.5, remark=f"{ours:,.0f}/s; ceiling {raw:,.0f}/s",
                  details={"pairs": pairs, "cost_of_one": cost})
        shares = ", ".join(f"{who} {cost[who + '_seconds'] * 1e6:,.0f}"
                           for who in ("orchestrator", "workers", "broker", "load"))
        yield Row(f"{name}: processor time of one workflow", "us",
                  [sum(cost[key] for key in cost if key.endswith("_seconds")) * 1e6 for cost in costs],
                  remark=f"{shares}; {cost['orchestrator_bytes']:,.0f} bytes written by the orchestrator, "
                         f"{cost['broker_bytes']:,.0f} by the broker; {1 / max(cost['commits'], 1e-9):,.0f} workflows "
                         f"a commit")


def latency(setting):
    """Onboarding with one open; and on schedule at a quarter of what it can do, counted from when each was due."""
    with Stage(setting.broker, "latency") as stage:
        stage.machine("work", chain([task(step) for step in STEPS]))
        stage.start_workers(*STEPS)
        count, done = setting.scale.singles, 0

        def mine(**options):
            nonlocal done
            done += options["count"]
            return setting.load(stage, "work", **options)

        mine(count=count, open=1)
        pairs = setting.turns(lambda: setting.ceiling(steps=4, count=count, open=1), lambda: mine(count=count, open=1))
        for key, most in (("p50_ms", 1.5), ("p99_ms", 3)):
            raw, ours = middle(pairs, key)
            yield Row(f"onboarding: latency {key[:3]}, one open", "x ceiling", [b[key] / a[key] for a, b in pairs],
                      most=most, remark=f"{ours:.1f} ms; ceiling {raw:.1f} ms", details={"pairs": pairs})
        able = mine(count=setting.scale.workflows // 4, open=500)["per_second"]
        rate = max(1, round(able / 4))
        paced = [mine(count=rate * setting.scale.seconds, rate=rate) for _ in range(setting.scale.pairs)]
        yield Row(f"onboarding: latency p99 at {rate}/s, open loop", "ms", [result["p99_ms"] for result in paced],
                  remark=f"p50 {statistics.median(result['p50_ms'] for result in paced):.1f} ms; from when it was due")
        stage.verify(done)


def distributed_map(setting):
    """A Map with one task for each item, beside as many workflows of one task."""
    with Stage(setting.broker, "map") as stage:
        stage.machine("one", chain([task("auth")]))
        each = {"StartAt": "T", "States": {"T": task("auth", End=True)}}
        machine = stage.machine("map", {"StartAt": "M", "States": {"M": {
            "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1000, "End": True, "ResultPath": None,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **each}}}})
        stage.start_workers("auth")
        done = 0

        def workflows(items):
            nonlocal done
            done += items
            return setting.load(stage, "one", count=items, open=1000)

        def map_run(items):
            nonlocal done
            began = time.monotonic()
            execution = stage.call("StartExecution", stateMachineArn=machine,
                                   input=json.dumps({"items": [0] * items}, separators=(",", ":")))["executionArn"]
            eventually(lambda: stage.call("DescribeExecution", executionArn=execution)["status"] != "RUNNING",
                       "the Map did not end", seconds=900, pause=0.02)
            done += items + 1
            return {"seconds": time.monotonic() - began}

        workflows(1000)
        compared = 10_000 if 10_000 in setting.scale.map_items else setting.scale.map_items[-1]
        pairs = setting.turns(lambda: workflows(compared), lambda: map_run(compared))
        stage.verify(done)
        raw, ours = middle(pairs, "seconds")
        yield Row(f"distributed Map, {compared:,} items of one task", "x workflows",
                  [b["seconds"] / a["seconds"] for a, b in pairs], most=1.3,
                  remark=f"{ours:.2f} s; as many workflows {raw:.2f} s", details={"pairs": pairs})
        for items in setting.scale.map_items:
            seconds = map_run(items)["seconds"]
            stage.verify(done)
            yield Row(f"distributed Map, {items:,} items", "us an item", [seconds / items * 1e6],
                      remark=f"{seconds:.1f} s, {stage.resident_megabytes():.0f} MB resident")


# MARK: workflows without tasks

def standard(setting):
    """Ten Pass states, journaled."""
    with Stage(setting.broker, "standard") as stage:
        stage.machine("work", chain([{"Type": "Pass"}] * 10))
        setting.load(stage, "work", count=1000, open=1000)
        rates = []
        for turn in range(setting.scale.pairs):
            rates.append(setting.load(stage, "work", count=setting.scale.workflows, open=2000)["per_second"] * 10)
            stage.verify(1000 + (turn + 1) * setting.scale.workflows)
        yield Row("Standard, 10 Pass states", "transitions/s", rates, least=20_000,
                  remark=f"{statistics.median(rates) / 10:,.0f} workflows/s")


def express(setting):
    """Ten Pass and Choice states, synchronously over HTTP with keep-alive."""
    states = {}
    for number in range(5):
        following = {"Next": f"C{number + 1}"} if number < 4 else {"End": True}
        states[f"C{number}"] = {"Type": "Choice", "Default": f"P{number}", "Choices": [
            {"Variable": "$.payload", "StringEquals": "y", "Next": f"P{number}"}]}
        states[f"P{number}"] = {"Type": "Pass", **following}
    with Stage(setting.broker, "express") as stage:
        machine = stage.machine("work", {"StartAt": "C0", "States": states}, kind="EXPRESS")
        rates, latencies, asked = [], [], 0
        for _ in range(setting.scale.pairs):
            many = wrk(stage.endpoint, machine, "StartSyncExecution", 16, setting.scale.seconds)
            single = wrk(stage.endpoint, machine, "StartSyncExecution", 1, setting.scale.seconds)
            asked += many["requests"] + single["requests"]
            rates.append(many["per_second"] * 10)
            latencies.append(single["p50_ms"])
        succeeded = stage.metric("baton_express_executions_finished_total", status="SUCCEEDED")
        if stage.metric("baton_express_executions_finished_total") != succeeded or succeeded < asked:
            raise RuntimeError(f"{asked} were answered and {succeeded} succeeded")
        yield Row("Express, synchronous, 10 states over HTTP", "transitions/s", rates, least=20_000,
                  remark=f"{statistics.median(rates) / 10:,.0f} requests/s, 16 clients")
        yield Row("Express, one client: latency p50", "ms", latencies, most=2)


def start_http(setting):
    """StartExecution by 64 clients, answered only when on disk; beside a bare handler with one insert, group-committed.
    The machine waits, so that nothing but the start is done."""
    with Stage(setting.broker, "start") as stage:
        machine = stage.machine("work", chain([{"Type": "Wait", "Seconds": 86400}]))
        port = free_port()
        bare = subprocess.Popen([BIN / "bench-http-ceiling", "--database", stage.folder / "bare.db", "--port",
                                 str(port)], stdout=subprocess.DEVNULL)
        asked = 0

        def measure(endpoint):
            return wrk(endpoint, machine, "StartExecution", 64, setting.scale.seconds)

        def mine():
            nonlocal asked
            result = measure(stage.endpoint)
            asked += result["requests"]
            return result

        try:
            time.sleep(1)
            pairs = setting.turns(lambda: measure(f"http://127.0.0.1:{port}"), mine)
        finally:
            bare.terminate()
            bare.wait(30)
        running = stage.query("SELECT count(*) FROM executions WHERE status = 'RUNNING'")[0][0]
        if running < asked:
            raise RuntimeError(f"{asked} starts were acknowledged and {running} are on disk")
        raw, ours = middle(pairs, "per_second")
        yield Row("StartExecution over HTTP, 64 clients", "x bare handler",
                  [b["per_second"] / a["per_second"] for a, b in pairs], least=0.5,
                  remark=f"{ours:,.0f}/s, p99 {middle(pairs, 'p99_ms')[1]:.0f} ms; bare handler {raw:,.0f}/s",
                  details={"pairs": pairs})


# MARK: reading

def history(setting):
    """All pages of a history of nearly 25,000 events."""
    with Stage(setting.broker, "history") as stage:
        machine = stage.machine("work", {"StartAt": "M", "States": {"M": {
            "Type": "Map", "ItemsPath": "$.items", "End": True,
            "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}}}})
        execution = stage.call("StartExecution", stateMachineArn=machine,
                               input=json.dumps({"items": [0] * 6_240}))["executionArn"]
        eventually(lambda: stage.call("DescribeExecution", executionArn=execution)["status"] != "RUNNING",
                   "the Map did not end", seconds=120)
        times = []
        for _ in range(setting.scale.pairs):
            began = time.monotonic()
            events = stage.count_events(execution)
            times.append(time.monotonic() - began)
        stage.verify(1)
        yield Row("GetExecutionHistory, all pages", "s", times, most=1, remark=f"{events:,} events, 1,000 a page")


def listing(setting):
    """ListExecutions with a status filter, over many closed executions and over a tenth of them.
    The rows are written straight into the database, while no server runs."""
    few, many = setting.scale.closed // 10, setting.scale.closed
    with Stage(setting.broker, "few") as small, Stage(setting.broker, "many") as large:
        machine = {}
        for stage, count in ((small, few), (large, many)):
            machine[stage] = stage.machine("work", chain([{"Type": "Pass"}]))
            stage.call("StartExecution", stateMachineArn=machine[stage], name="first")
            eventually(lambda: stage.query("SELECT count(*) FROM executions WHERE status = 'SUCCEEDED'")[0][0], "no end")
            stage.stop_server()
            add_closed(stage, count)
            stage.start_server()

        def ask(stage, status):
            began = time.monotonic()
            page = stage.call("ListExecutions", stateMachineArn=machine[stage], statusFilter=status, maxResults=100)
            if len(page["executions"]) != 100 or "nextToken" not in page:
                raise RuntimeError(f"{len(page['executions'])} executions {status} were listed")
            return (time.monotonic() - began) * 1e3

        turns = [(ask(small, status), ask(large, status)) for _ in range(10) for status in ("SUCCEEDED", "FAILED")]
        # The first ones open the file.
        small_times, large_times = zip(*turns[4:])
        yield Row(f"ListExecutions by status over {many:,} closed", "ms", list(large_times), most=20,
                  remark=f"over {few:,}: {statistics.median(small_times):.1f} ms")
        yield Row(f"ListExecutions: {many:,} beside {few:,} closed", "x",
                  [large / small for small, large in turns[4:]], most=1.5)


def add_closed(stage, count):
    """Copies of the execution that is there until there are `count`, one in fifty of them failed."""
    connection = sqlite3.connect(stage.database)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(executions)")]
    there = connection.execute("SELECT count(*) FROM executions").fetchone()[0]
    instead = {"key": "number + 10", "arn": "e.arn || '-' || number", "name": "e.name || '-' || number",
               "status": "CASE number % 50 WHEN 0 THEN 'FAILED' ELSE 'SUCCEEDED' END",
               "started_at": "e.started_at + number", "stopped_at": "e.stopped_at + number"}
    values = ", ".join(instead.get(column, f"e.{column}") for column in columns)
    connection.execute(
        f"WITH RECURSIVE numbers(number) AS (SELECT {there} UNION ALL SELECT number + 1 FROM numbers "
        f"WHERE number < {count - 1}) "
        f"INSERT INTO executions ({', '.join(columns)}) SELECT {values} FROM numbers, executions e "
        f"WHERE e.name = 'first'")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


# MARK: doing nothing

def idle(setting):
    """Many parked executions: what the orchestrator does while nothing is due."""
    with Stage(setting.broker, "idle") as stage:
        stage.machine("work", chain([{"Type": "Wait", "Seconds": 86400}]))
        setting.load(stage, "work", count=setting.scale.parked, park=True)
        eventually(lambda: stage.metric("baton_executions_started_total") == setting.scale.parked,
                   "not all were started", seconds=600, pause=0.5)
        yield from idling(setting, stage, "just started")
        stage.stop_server()
        stage.start_server()
        yield from idling(setting, stage, "after a restart")
        count = dict(stage.query("SELECT status, count(*) FROM executions GROUP BY status"))
        if count != {"RUNNING": setting.scale.parked}:
            raise RuntimeError(f"of {setting.scale.parked} executions that wait the database says {count}")


def idling(setting, stage, when):
    pid, parked, seconds = stage.server.pid, setting.scale.parked, setting.scale.idle_seconds
    # What the starts left behind: a last checkpoint, and executions that leave memory when nothing happens to them.
    eventually(lambda: stage.metric("baton_executions_cached") <= 1000, "the executions stayed in memory", seconds=60)
    time.sleep(5)
    before = processor_seconds(pid), written_bytes(pid), syncs_and_writes(pid)
    time.sleep(seconds)
    after = processor_seconds(pid), written_bytes(pid), syncs_and_writes(pid)
    cached = stage.metric("baton_executions_cached")
    name = f"idle, {parked:,} parked, {when}"
    yield Row(f"{name}: processor", "%", [(after[0] - before[0]) / seconds * 100], most=0.5)
    yield Row(f"{name}: bytes written", "bytes/s", [(after[1] - before[1]) / seconds], most=0,
              remark=f"{(after[2] - before[2]) / seconds:.1f} calls of write a second, to sockets as well")
    yield Row(f"{name}: resident beyond 1 KB each in memory", "MB", [stage.resident_megabytes() - cached / 1000],
              most=50, remark=f"{stage.resident_megabytes():.0f} MB, {cached:,.0f} executions in memory")


def syncs_and_writes(pid):
    with open(f"/proc/{pid}/io") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("syscw"))


# MARK: in process

def in_process(setting):
    """What needs neither broker nor disk, of one core's time. See InProcess/Works."""
    for tool in ("baton-bench", "in-process", "BenchmarkTool"):
        if not (BIN / tool).exists():
            raise RuntimeError(f"there is no {tool} in {BIN}: build it as scripts/bench.sh does, with BATON_BENCHMARKS=1")
    environment = {"BATON_BENCHMARK_SAMPLES": "3"} if setting.scale is QUICK else {}
    for line in run(BIN / "baton-bench", "--list").splitlines():
        name, count, unit, calls, least = line.split("\t")
        if setting.scale is QUICK and not least:
            continue
        # What `swift package benchmark` calls, too; here with what is built already, and for one work at a time.
        said = run(BIN / "BenchmarkTool", "--command", "run", "--targets", "in-process", "--benchmark-executable-paths",
                   BIN / "in-process", "--filter", name, "--metrics", "cpuTotal", "--time-units", "microseconds",
                   "--format", "histogramSamples", "--path", "stdout", "--grouping", "benchmark",
                   "--baseline-storage-path", STATE, "--quiet", "--no-progress", env=environment)
        samples = [int(text) for text in said.splitlines() if text.isdecimal()]
        rates = [float(count) * int(calls) / (microseconds / 1e6) for microseconds in samples]
        yield Row(name, unit, rates, least=float(least) if least else None,
                  remark="of one core's time" if rates else said.strip())


ALL = [onboarding, latency, one_task, start_http, express, standard, history, listing, distributed_map, idle,
       in_process]
NAMES = {work.__name__.replace("_", "-"): work for work in ALL}
