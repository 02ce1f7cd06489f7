"""How it grows: curves, each beside the ceiling where there is one, as SVG below docs/performance."""

import json
import statistics
import time

from plot import plot
from stage import ACCOUNT, ROOT, Stage, chain, eventually, task
from works import STEPS

FOLDER = ROOT / "docs/performance"


def draw(setting):
    """Draws all of them; what was measured, by name."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    return {curve.__name__: curve(setting) for curve in (open_workflows, workers, payload, history_length, database)}


def open_workflows(setting):
    opens = [1, 10, 100, 1000, 2000, 5000, 10_000]
    ours, raw, waits, raw_waits = [], [], [], []
    with Stage(setting.broker, "open") as stage:
        stage.machine("work", chain([task(step) for step in STEPS]))
        stage.start_workers(*STEPS)
        done = 0
        for count_open in opens:
            count = {1: 200, 10: 1000}.get(count_open, max(3000, 2 * count_open))
            mine = setting.load(stage, "work", count=count, open=count_open, **({"batch": True} if count_open > 1 else {}))
            theirs = setting.ceiling(steps=4, count=count, open=count_open)
            done += count
            stage.verify(done)
            ours.append((count_open, mine["per_second"]))
            raw.append((count_open, theirs["per_second"]))
            waits.append((count_open, mine["p50_ms"]))
            raw_waits.append((count_open, theirs["p50_ms"]))
    plot(FOLDER / "open.svg", "Onboarding: workflows completed", "workflows open at once", "per second",
         {"Baton": ours, "ceiling": raw})
    plot(FOLDER / "open-latency.svg", "Onboarding: latency p50", "workflows open at once", "ms",
         {"Baton": waits, "ceiling": raw_waits}, log_y=True)
    return {"baton": ours, "ceiling": raw, "baton_p50_ms": waits, "ceiling_p50_ms": raw_waits}


def workers(setting):
    points = []
    with Stage(setting.broker, "workers") as stage:
        stage.machine("work", chain([task("auth")]))
        stage.start_workers("auth")
        done = 0
        for count in range(1, 9):
            if count > 1:
                stage.add_workers("auth")
            rates = [setting.load(stage, "work", count=6000, open=2000, batch=True)["per_second"] for _ in range(3)]
            done += 18_000
            stage.verify(done)
            points.append((count, max(rates)))
    plot(FOLDER / "workers.svg", "One-task workflows completed", "worker processes, on the same two cores",
         "per second", {"Baton": points}, log_x=False)
    return {"baton": points}


def payload(setting):
    ours, raw = [], []
    with Stage(setting.broker, "payload") as stage:
        stage.machine("work", chain([task("auth")]))
        stage.start_workers("auth")
        done = 0
        for size in (200, 1024, 4096, 16_384, 65_536, 262_000):
            count = max(100, min(6000, 30_000_000 // size))
            mine = setting.load(stage, "work", count=count, open=min(1000, count), payload=size, batch=True)
            theirs = setting.ceiling(steps=1, count=count, open=min(1000, count), payload=size)
            done += count
            stage.verify(done)
            ours.append((size, mine["per_second"]))
            raw.append((size, theirs["per_second"]))
    plot(FOLDER / "payload.svg", "One-task workflows completed", "bytes of input", "per second",
         {"Baton": ours, "ceiling": raw}, log_y=True)
    return {"baton": ours, "ceiling": raw}


def history_length(setting):
    """Microseconds an event, to run an execution and to read its history, as it gets longer."""
    running, reading = [], []
    with Stage(setting.broker, "length") as stage:
        machine = stage.machine("work", {"StartAt": "M", "States": {"M": {
            "Type": "Map", "ItemsPath": "$.items", "End": True, "ResultPath": None,
            "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}}}})
        for items in (25, 100, 400, 1600, 6240):
            runs, reads = [], []
            for _ in range(5):
                began = time.monotonic()
                execution = stage.call("StartExecution", stateMachineArn=machine,
                                       input=json.dumps({"items": [0] * items}))["executionArn"]
                eventually(lambda: stage.call("DescribeExecution", executionArn=execution)["status"] != "RUNNING",
                           "no end", pause=0.001)
                runs.append(time.monotonic() - began)
                began = time.monotonic()
                events = stage.count_events(execution)
                reads.append(time.monotonic() - began)
            running.append((events, statistics.median(runs) / events * 1e6))
            reading.append((events, statistics.median(reads) / events * 1e6))
    plot(FOLDER / "history.svg", "Time of an event", "events in the history", "microseconds",
         {"running": running, "reading all pages": reading})
    return {"running_us": running, "reading_us": reading}


def database(setting):
    """Throughput as the database gets larger: executions of a hundred states fill it."""
    points = []
    with Stage(setting.broker, "database") as stage:
        stage.machine("work", chain([task(step) for step in STEPS]))
        stage.machine("fill", chain([{"Type": "Pass"}] * 100))
        stage.start_workers(*STEPS)
        done = events = 0

        def run(machine, count, most_open):
            nonlocal done, events
            result = setting.load(stage, machine, count=count, open=most_open, batch=True)
            done += count
            # Every execution of a machine has as many events as any other.
            execution = stage.call("ListExecutions", stateMachineArn=f"{ACCOUNT}:stateMachine:{machine}",
                                   maxResults=1)["executions"][0]["executionArn"]
            events += count * stage.count_events(execution)
            return result["per_second"]

        run("work", 2000, 2000)
        for size in (0, 100_000, 300_000, 1_000_000, 3_000_000, *([10_000_000] if setting.scale.pairs >= 5 else [])):
            if size > events:
                run("fill", (size - events) // 202 + 1, 500)
            at = events
            rates = [run("work", 4000, 2000) for _ in range(3)]
            points.append((at, statistics.median(rates)))
            stage.verify(done)
    plot(FOLDER / "database.svg", "Onboarding: workflows completed", "events in the database", "per second",
         {"Baton": points})
    return {"baton": points}
