"""`baton queues` and the metrics: who serves a queue, what comes to it, and how many workers it needs."""

import json
import os
import re
import subprocess
import time

from conftest import chain, create
from harness import BINARIES, end_process, finished, wait_until


def queues(server, *arguments):
    done = subprocess.run(
        [str(BINARIES / "baton"), "queues", "--endpoint", server.url, *arguments], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, timeout=20, env={**os.environ, "NO_COLOR": "1"})
    assert done.returncode == 0, done.stderr
    return done


def metric(server, name, queue):
    found = re.search(rf'^{name}{{queue="{re.escape(queue)}"}} (\S+)$', server.get("/metrics")[1], re.M)
    return float(found[1]) if found else None


def start_worker(server, activity, *, log):
    with open(log, "ab") as output:
        return subprocess.Popen(
            [str(BINARIES / "check-worker")], stdout=output, stderr=output, stdin=subprocess.DEVNULL,
            env={**os.environ, "BATON_AMQP_URL": server.broker_url, "BATON_PREFIX": server.prefix,
                 "BATON_ACTIVITY": activity})


def test_tasks_without_a_worker_are_seen_within_seconds(server, tmp_path):
    client = server.client()
    arn = client.create_activity(name="lonely")["activityArn"]
    machine = create(client, "lonely", chain(arn))
    queue = f"{server.prefix}.activity.lonely"
    body = json.dumps({"check": "sleep", "seconds": 0.5})
    started = time.monotonic()
    executions = [client.start_execution(stateMachineArn=machine, input=body)["executionArn"] for _ in range(3)]

    # The log needs no asking.
    wait_until("the log tells of it", lambda: "no worker consumes this queue" in server.tail(200), 10)
    assert time.monotonic() - started < 8
    assert metric(server, "baton_queue_unserved", queue) == 1
    assert metric(server, "baton_queue_messages", queue) == 3
    assert metric(server, "baton_queue_consumers", queue) == 0
    assert metric(server, "baton_queue_oldest_waiting_seconds", queue) > 0.5
    assert metric(server, "baton_queue_workers_suggested", queue) == 1
    shown = queues(server)
    assert f"no worker consumes {queue}" in shown.stderr
    assert server.tail(200).count("no worker consumes this queue") == 1, "said once"

    worker = start_worker(server, "lonely", log=tmp_path / "worker.log")
    try:
        for execution in executions:
            assert finished(client, execution)["status"] == "SUCCEEDED"
        wait_until("the log tells that it is served", lambda: "the queue is served again" in server.tail(200), 10)
        assert metric(server, "baton_queue_unserved", queue) == 0
        assert metric(server, "baton_queue_consumers", queue) == 1
        assert 0.45 < metric(server, "baton_queue_service_seconds", queue) < 1.5
        assert metric(server, "baton_queue_arrivals_per_second", queue) > 0.01
        assert metric(server, "baton_queue_oldest_waiting_seconds", queue) == 0
        row = next(q for q in json.loads(queues(server, "--output", "json").stdout)["queues"] if q["name"] == queue)
        assert row["unserved"] is False and row["serviceSeconds"] > 0.4 and row["arrivalsPerSecond"] > 0
        assert row["concurrencyNeeded"] == row["arrivalsPerSecond"] * row["serviceSeconds"]
        assert "WORKERS" in queues(server, "--prefetch", "1").stdout
    finally:
        end_process(worker)
