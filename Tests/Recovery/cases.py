"""The cases of the benchmark; each puts its figures into the report."""

import datetime
import multiprocessing
import os
import signal
import statistics
import subprocess
import threading
import time

import database as db
from stage import (
    ACCOUNT, EchoWorker, Load, Stage, answer, call, connected, descriptors, percentile, processor_seconds, resident,
    wait_until)

END = {"Type": "Pass", "End": True}
DAY = 86_400


def wait_state(seconds):
    return {"A": {"Type": "Wait", "Seconds": seconds, "Next": "B"}, "B": END}


def task_state(timeout=None):
    state = {"Type": "Task", "Resource": f"{ACCOUNT}:activity:work", "Next": "B"}
    return {"A": {**state, "TimeoutSeconds": timeout} if timeout else state, "B": END}


def instant(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


# MARK: The orchestrator is killed


def restart(report, folder, broker, executions=100_000, kills=3):
    """Killed with many open executions: waits, tasks that workers have not taken, timeouts."""
    case = f"orchestrator killed with {executions:,} open executions"
    with Stage(folder, broker, "restart") as stage:
        stage.server.start()
        stage.activity()
        # Waits that end all the time: their transitions show when the engine is at work again.
        waits, tasks, timed = (
            stage.start(stage.machine("wait", wait_state(60))),
            stage.start(stage.machine("task", task_state())),
            stage.start(stage.machine("timed", task_state(timeout=DAY))))
        fast = stage.machine("fast", {"A": END}, first="A")
        time.sleep(0.5)
        stage.server.stop()
        # Dues over two hours: a part is in memory, a part is not.
        share = executions // 10
        copied = db.copy_executions(
            stage.database, {waits: (7 * share, 7200), tasks: (share, 0), timed: (2 * share, 0)})
        print(f"  {executions:,} executions were copied in {copied:.0f} s: {db.open_counts(stage.database)}", flush=True)
        stage.server.start()
        wait_until("all tasks are published", lambda: db.open_counts(stage.database)["pending"] == 0, 120)
        first, answered, armed, memory = [], [], [], []
        for _ in range(kills):
            stage.server.kill()
            time.sleep(1)
            began = time.time()
            stage.server.start(ready=False)
            live = time.time()
            call(stage.server.url, "StartExecution", {"stateMachineArn": fast, "input": "{}"})
            answered.append(time.time() - began)
            wait_until("ready", lambda: stage.server.get("/health/ready")[0] == 200, 30, interval=0.01)
            wait_until("timers are in memory", lambda: (stage.metric("baton_timers_near") or 0) > 0, 30, interval=0.01)
            armed.append(time.time() - began)
            time.sleep(2)
            row = db.rows(stage.database, "SELECT min(time) FROM journal WHERE time > ?", int(began * 1e6))[0][0]
            first.append(row / 1e6 - began)
            memory.append(resident(stage.server.process.pid) / 1e6)
            del live
        counts = db.open_counts(stage.database)
        report.add(case, "first transition on disk after the process was started, worst", max(first), "s", 1)
        report.add(case, "first StartExecution answered, worst", max(answered), "s")
        report.add(case, "queues, tasks and near timers in place, worst", max(armed), "s", 2)
        report.add(case, "resident memory after the restart", max(memory), "MB")
        report.claim(case, f"tasks that are still with the broker are not published again ({counts['tasks']:,})",
                     counts["pending"] == 0 and (stage.metric("baton_tasks_published_total") or 0) == 0)


# MARK: A worker is killed


def hold_tasks(url, queue, count, held):
    """A worker that takes as many tasks as it may and never answers."""
    with connected(url) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=count)
        for taken, _ in enumerate(channel.consume(queue), 1):
            if taken == count:
                held.set()


def workers(report, folder, broker, kills=100, tasks=10):
    """Killed with tasks in its hands, none of which has a heartbeat: when has another worker got them?"""
    case = f"worker killed {kills} times with {tasks} tasks in its hands"
    delays = []
    fork = multiprocessing.get_context("fork")
    with Stage(folder, broker, "workers") as stage:
        stage.server.start()
        stage.activity()
        machine = stage.machine("task", task_state())
        queue = f"{stage.name}.activity.work"
        for _ in range(kills):
            held = fork.Event()
            victim = fork.Process(target=hold_tasks, args=(broker.url, queue, tasks, held), daemon=True)
            victim.start()
            for _ in range(tasks):
                call(stage.server.url, "StartExecution", {"stateMachineArn": machine, "input": "{}"})
            assert held.wait(20), "the worker did not get its tasks"
            with connected(broker.url) as connection:
                channel = connection.channel()
                channel.basic_qos(prefetch_count=tasks)
                # Waits in line before the other dies.
                consumer = channel.consume(queue, inactivity_timeout=20)
                channel.queue_declare(queue, passive=True)
                killer = threading.Timer(0.1, lambda victim=victim: at_kill.append(kill(victim)))
                at_kill = []
                killer.start()
                for received, (method, properties, _) in enumerate(consumer, 1):
                    assert method is not None, "a task did not come again within 20 s"
                    moment = time.monotonic()
                    killer.join()
                    delays.append(moment - at_kill[0])
                    answer(channel, properties)
                    channel.basic_ack(method.delivery_tag)
                    if received == tasks:
                        break
                channel.cancel()
            victim.join(10)
        wait_until("all end", lambda: db.open_counts(stage.database)["executions"] == 0, 30)
        report.add(case, "tasks moved to another worker", len(delays), "tasks")
        report.add(case, "time until another worker has the task, p50", percentile(delays, 0.5), "s")
        report.add(case, "time until another worker has the task, p99", percentile(delays, 0.99), "s", 1)
        report.add(case, "time until another worker has the task, worst", max(delays), "s")


def kill(process):
    moment = time.monotonic()
    os.kill(process.pid, signal.SIGKILL)
    return moment


# MARK: The broker is wiped


def wipe(report, folder, broker, wipes=3, rate=40):
    """The broker loses everything while executions are started and done."""
    case = f"broker wiped {wipes} times under load ({rate} executions/s, two tasks each)"
    states = {
        "A": {"Type": "Task", "Resource": f"{ACCOUNT}:activity:work", "Next": "B"},
        "B": {"Type": "Task", "Resource": f"{ACCOUNT}:activity:work", "End": True}}
    with Stage(folder, broker, "wipe") as stage:
        stage.server.start()
        stage.activity()
        machine = stage.machine("steps", states)
        down, resumed = [], []
        queue = f"{stage.name}.activity.work"
        with EchoWorker(broker.url, queue) as first, EchoWorker(broker.url, queue) as second:
            with Load(stage, machine, rate) as load:
                for _ in range(wipes):
                    time.sleep(8)
                    began = time.monotonic()
                    broker.wipe()
                    back = time.monotonic()
                    down.append(back - began)
                    moments = lambda: [t for t in first.times + second.times if t > back]  # noqa: E731,B023
                    wait_until("work flows again", moments, 60, interval=0.01)
                    resumed.append(min(moments()) - back)
                time.sleep(3)
            wait_until("all end", lambda: db.open_counts(stage.database)["executions"] == 0, 120)
            ended = dict(db.rows(stage.database, "SELECT status, count(*) FROM executions GROUP BY status"))
        report.claim(case, f"all {len(load.started):,} executions succeeded, and nobody had to do anything",
                     ended == {"SUCCEEDED": len(load.started)})
        report.add(case, "the broker itself was away, worst", max(down), "s")
        report.add(case, "from the broker's return to the first task done, worst", max(resumed), "s")
        report.add(case, "StartExecution meanwhile, p99", percentile(load.latencies, 0.99) * 1000, "ms")


# MARK: Very many timers at once


def timers(report, folder, broker, count=100_000):
    """All due in the same second."""
    case = f"{count:,} timers due in the same second"
    with Stage(folder, broker, "timers") as stage:
        stage.server.start()
        machine = stage.machine("until", {
            "A": {"Type": "Wait", "TimestampPath": "$.until", "Next": "B"}, "B": END})
        fast = stage.machine("fast", {"A": END})
        # Enough time for copying them.
        due = int(time.time()) + 20 + count // 4_000
        template = stage.start(machine, f'{{"until": "{instant(due)}"}}')
        time.sleep(0.5)
        stage.server.stop()
        db.copy_executions(stage.database, {template: (count - 1, 1)})
        assert time.time() < due - 5, "copying took too long"
        stage.server.start()
        before = resident(stage.server.process.pid)
        with Load(stage, fast, rate=20) as idle:
            time.sleep(max(0, due - 1 - time.time()))
        with Load(stage, fast, rate=20) as load:
            wait_until("all fire", lambda: db.rows(
                stage.database, "SELECT count(*) FROM timers")[0][0] == 0, 300, interval=0.5)
        memory = resident(stage.server.process.pid)
        late = [
            (stopped - due_at) / 1e6 for stopped, due_at in db.rows(
                stage.database,
                f"SELECT stopped_at, {due} * 1000000 + CASE WHEN key > 1 THEN (key - 1) * 1000000 / {count - 1} ELSE 0"
                " END FROM executions WHERE state_machine = (SELECT number FROM state_machines WHERE name = 'until')"
                " AND status = 'SUCCEEDED'")]
        report.claim(case, "all fired", len(late) == count)
        report.claim(case, "none fired early", min(late) >= 0)
        report.add(case, "lateness, p50", percentile(late, 0.5), "s")
        report.add(case, "lateness, p99", percentile(late, 0.99), "s")
        report.add(case, "lateness, worst", max(late), "s")
        report.add(case, "timers fired per second", count / max(max(late), 1), "")
        report.add(case, "StartExecution before, p50", percentile(idle.latencies, 0.5) * 1000, "ms")
        report.add(case, "StartExecution meanwhile, p50", percentile(load.latencies, 0.5) * 1000, "ms")
        report.add(case, "StartExecution meanwhile, p99", percentile(load.latencies, 0.99) * 1000, "ms", 1000)
        report.add(case, "memory that it took", (memory - before) / 1e6, "MB")


# MARK: Parked executions


def parked(report, folder, broker, sizes=(1_000, 1_000_000), calls=400):
    """Executions that wait are rows: neither memory nor the loop should notice how many there are."""
    case = "executions that wait, " + " against ".join(f"{size:,}" for size in sizes)
    figures = {}
    for size in sizes:
        with Stage(folder, broker, "parked", "--limit", f"open-executions={max(sizes) * 2}") as stage:
            stage.server.start()
            stage.activity()
            fast = stage.machine("fast", {"A": END})
            waits = stage.start(stage.machine("wait", wait_state(DAY)))
            time.sleep(0.5)
            stage.server.stop()
            copied = db.copy_executions(stage.database, {waits: (size - 1, DAY * 30)})
            print(f"  {size:,} executions were copied in {copied:.0f} s, "
                  f"{os.path.getsize(stage.database) / 1e6:,.0f} MB", flush=True)
            began = time.time()
            stage.server.start()
            ready = time.time() - began
            first = timed(stage, fast, 1)[0]
            timed(stage, fast, 50)
            latencies = timed(stage, fast, calls)
            # Reads that count or list, as people do.
            for _ in range(20):
                call(stage.server.url, "ListExecutions", {"stateMachineArn": fast, "maxResults": 100})
            pid = stage.server.process.pid
            busy = processor_seconds(pid)
            time.sleep(5)
            figures[size] = {
                "ready": ready, "first": first * 1000, "p50": percentile(latencies, 0.5) * 1000,
                "p99": percentile(latencies, 0.99) * 1000, "memory": resident(pid) / 1e6,
                "idle": (processor_seconds(pid) - busy) / 5 * 100}
    small, large = (figures[size] for size in sizes)
    for size in sizes:
        at = f"{size:,}: "
        report.add(case, at + "ready after", figures[size]["ready"], "s")
        report.add(case, at + "first StartExecution", figures[size]["first"], "ms")
        report.add(case, at + "StartExecution, p50", figures[size]["p50"], "ms")
        report.add(case, at + "StartExecution, p99", figures[size]["p99"], "ms")
        report.add(case, at + "resident memory", figures[size]["memory"], "MB")
        report.add(case, at + "processor while nothing happens", figures[size]["idle"], "%")
    report.add(case, "memory of the larger, more than the smaller", large["memory"] - small["memory"], "MB", 50)
    report.add(case, "latency of the larger, times the smaller (p50)", large["p50"] / small["p50"], "×", 1.5)


def timed(stage, machine, count):
    latencies = []
    for _ in range(count):
        began = time.monotonic()
        call(stage.server.url, "StartExecution", {"stateMachineArn": machine, "input": "{}"}, timeout=60)
        latencies.append(time.monotonic() - began)
    return latencies


# MARK: An hour


def soak(report, folder, broker, minutes=60, rate=8):
    """Moderate load for long: nothing may grow."""
    case = f"{minutes:g} minutes at {rate} executions/s (two tasks and a wait each)"
    states = {
        "A": {"Type": "Task", "Resource": f"{ACCOUNT}:activity:work", "TimeoutSeconds": 600, "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 2, "Next": "B"},
        "B": {"Type": "Task", "Resource": f"{ACCOUNT}:activity:work", "HeartbeatSeconds": 300, "Next": "C"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "D"}], "Default": "D"},
        "D": END}
    with Stage(folder, broker, "soak") as stage:
        stage.server.start()
        stage.activity()
        machine = stage.machine("soak", states)
        pid = stage.server.process.pid
        wal = stage.database + "-wal"
        samples = []
        with EchoWorker(broker.url, f"{stage.name}.activity.work"):
            with Load(stage, machine, rate, '{"n": 1}') as load:
                began, busy = time.monotonic(), processor_seconds(pid)
                while time.monotonic() - began < minutes * 60:
                    time.sleep(min(10, minutes * 60 / 30))
                    status = stage.server.process.poll()
                    assert status is None, f"the server ended with {status}:\n{stage.server.tail()}"
                    samples.append({
                        "seconds": time.monotonic() - began, "memory": resident(pid), "descriptors": descriptors(pid),
                        "sockets": sockets(pid), "wal": os.path.getsize(wal) if os.path.exists(wal) else 0,
                        "database": os.path.getsize(stage.database), "started": len(load.started)})
                    if len(samples) % 6 == 0:
                        print("  " + "  ".join(f"{name} {value:,.0f}" for name, value in samples[-1].items()), flush=True)
                busy = processor_seconds(pid) - busy
            wait_until("all end", lambda: db.open_counts(stage.database)["executions"] == 0, 60)
            ended = dict(db.rows(stage.database, "SELECT status, count(*) FROM executions GROUP BY status"))

        def mean(name, begin, end):
            part = samples[int(len(samples) * begin):max(int(len(samples) * end), int(len(samples) * begin) + 1)]
            return statistics.mean(sample[name] for sample in part)

        # The first sixth fills caches.
        before, after = mean("memory", 1 / 6, 1 / 3), mean("memory", 5 / 6, 1)
        report.claim(case, f"all {len(load.started):,} executions succeeded", ended == {"SUCCEEDED": len(load.started)})
        report.add(case, "resident memory, second sixth", before / 1e6, "MB")
        report.add(case, "resident memory, last sixth", after / 1e6, "MB")
        report.add(case, "drift of the memory", (after / before - 1) * 100, "%", 5)
        for name in ("descriptors", "sockets"):
            report.add(case, f"{name}, growth", mean(name, 5 / 6, 1) - mean(name, 1 / 6, 1 / 3), "", 1)
        report.add(case, "write-ahead log, largest", max(sample["wal"] for sample in samples) / 1e6, "MB", 68)
        report.add(case, "database at the end", samples[-1]["database"] / 1e6, "MB")
        report.add(case, "processor", busy / samples[-1]["seconds"] * 100, "%")
        report.add(case, "StartExecution, p50", percentile(load.latencies, 0.5) * 1000, "ms")
        report.add(case, "StartExecution, p99", percentile(load.latencies, 0.99) * 1000, "ms")
        report.rows[-1]["samples"] = samples


def sockets(pid):
    count = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            count += os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:")
        except OSError:
            pass
    return count


def machine_description():
    model = subprocess.run(
        ["sh", "-c", "grep -m1 'model name' /proc/cpuinfo | cut -d: -f2"], stdout=subprocess.PIPE, text=True).stdout
    return f"{os.cpu_count()} cores{',' if model.strip() else ''} {model.strip()}".strip()


ALL = {"restart": restart, "workers": workers, "wipe": wipe, "timers": timers, "parked": parked, "soak": soak}
