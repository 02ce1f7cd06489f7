"""kill -9 of the orchestrator and of workers, at any moment: everything completes, every effect happens once."""

import json
import sqlite3
import threading
import time

import pika
import pytest

from conftest import chain, create
from harness import Server, finished, persistently, seeded_random, wait_until, whole_history

STEPS = ["first", "second", "third"]


def prepare(server):
    client = server.client()
    activities = [client.create_activity(name=step)["activityArn"] for step in STEPS]
    return create(client, "steps", chain(*activities))


def start_all(server, arn, count, results):
    """Starts executions under names, again and again where the server was away: the names make that safe.

    One whose start was not answered may be over when it is tried again, and its name is taken then."""
    client = server.client()

    def start(n):
        try:
            client.start_execution(stateMachineArn=arn, name=f"run-{n}", input=json.dumps({"n": n}))
        except client.exceptions.ExecutionAlreadyExists:
            pass
        return arn.replace(":stateMachine:", ":execution:") + f":run-{n}"

    for n in range(count):
        results.append(persistently(lambda n=n: start(n)))


def check(server, arn, executions, ledger, timeout):
    """Every execution succeeded with the right output and a whole history; every step of it took effect once."""
    client = server.client()

    def running():
        return persistently(
            lambda: client.list_executions(stateMachineArn=arn, statusFilter="RUNNING", maxResults=1000))["executions"]

    try:
        wait_until("nothing runs any more", lambda: not running(), timeout=timeout, interval=0.3)
    except AssertionError as error:
        stuck = running()
        history = whole_history(client, stuck[0]["executionArn"]) if stuck else []
        raise AssertionError(f"{len(stuck)} of {len(executions)} still run; one ends with {history[-2:]}") from error
    for n, execution in enumerate(executions):
        described = client.describe_execution(executionArn=execution)
        assert described["status"] == "SUCCEEDED", described
        assert json.loads(described["output"]) == {"n": n, "done": ["Step0", "Step1", "Step2"]}
    for execution in executions[:: max(1, len(executions) // 40)]:
        history = whole_history(client, execution)
        assert [event["id"] for event in history] == list(range(1, len(history) + 1))
        kinds = [event["type"] for event in history]
        for kind in ("TaskStateEntered", "ActivityScheduled", "ActivitySucceeded", "TaskStateExited"):
            assert kinds.count(kind) == 3, kinds
    with sqlite3.connect(ledger) as rows:
        effects = rows.execute("SELECT execution, state, count(*) FROM effects GROUP BY execution, state").fetchall()
        deliveries = rows.execute("SELECT count(*) FROM deliveries").fetchone()[0]
    print(f"{len(effects)} effects, {deliveries} deliveries")
    assert sorted(effects) == sorted((e, f"Step{i}", 1) for e in executions for i in range(3))


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["orchestrator", "workers", "both"])
def test_everything_completes_once(server, workers, victim):
    random = seeded_random()
    arn = prepare(server)
    fleet = workers(server, STEPS, count=3, delay=0.003)
    executions = []
    starter = threading.Thread(target=start_all, args=(server, arn, 200, executions), daemon=True)
    starter.start()
    kills = 0
    while kills < 8:
        time.sleep(0.1 + random.random() * 0.6)
        if victim == "orchestrator" or (victim == "both" and random.random() < 0.5):
            server.kill()
            time.sleep(random.random() * 0.3)
            server.start(ready=False)
        else:
            worker = random.choice(fleet)
            worker.kill()
            worker.start()
        kills += 1
    starter.join(90)
    assert not starter.is_alive() and len(executions) == 200
    check(server, arn, executions, workers.ledger, timeout=90)


def test_sigterm_is_graceful(server, workers):
    arn = prepare(server)
    workers(server, STEPS, count=2, delay=0.002)
    executions = []
    starter = threading.Thread(target=start_all, args=(server, arn, 100, executions), daemon=True)
    starter.start()
    for _ in range(3):
        time.sleep(0.4)
        assert server.stop() == 0
        server.start(ready=False)
    starter.join(60)
    assert len(executions) == 100
    check(server, arn, executions, workers.ledger, timeout=60)


def test_answers_outlive_a_crash_loop(broker, tmp_path, workers):
    """An orchestrator that dies again and again with the same answers in its hands loses none of them: the broker's
    limit of redeliveries, which keeps tasks from killing workers for ever, is not for answers."""
    # The policies that Baton ships are about this prefix.
    server = Server(tmp_path / "server", broker.url, "baton").start()
    client = server.client()
    activity = client.create_activity(name="looping")["activityArn"]
    arn = create(client, "looping", chain(activity))
    executions = [client.start_execution(stateMachineArn=arn, input="{}")["executionArn"] for _ in range(4)]
    confirmed = 'baton_tasks_published_total{result="confirmed"} 4'
    wait_until("the tasks are out", lambda: confirmed in server.get("/metrics")[1])
    server.kill()
    workers(server, ["looping"])
    for turn in range(30):
        connection = pika.BlockingConnection(pika.URLParameters(broker.url))
        channel = connection.channel()
        taken = []
        channel.basic_consume("baton.results.0", lambda *delivery: taken.append(delivery))
        wait_until("the answers are there", lambda: connection.process_data_events(0.1) or len(taken) >= 4)
        connection.close()
    server.start()
    try:
        for execution in executions:
            assert finished(client, execution)["status"] == "SUCCEEDED"
    finally:
        server.kill()


def test_timers_and_retries_survive(server):
    client = server.client()
    activity = client.create_activity(name="failing")["activityArn"]
    definition = {
        "StartAt": "Wait",
        "States": {
            "Wait": {"Type": "Wait", "Seconds": 2, "Next": "Try"},
            "Try": {
                "Type": "Task", "Resource": activity, "End": True,
                "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 2, "BackoffRate": 1}],
            },
        },
    }
    arn = create(client, "waits", definition)
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    time.sleep(0.5)
    server.kill()
    server.start()
    task = client.get_activity_task(activityArn=activity)
    client.send_task_failure(taskToken=task["taskToken"], error="Tests.Again")
    server.kill()
    server.start()
    second = client.get_activity_task(activityArn=activity)
    assert second["taskToken"] != task["taskToken"]
    server.kill()
    server.start()
    client.send_task_success(taskToken=second["taskToken"], output='"late"')
    history = whole_history(client, execution)
    times = {event["type"]: event["timestamp"] for event in history}
    assert (times["WaitStateExited"] - times["WaitStateEntered"]).total_seconds() >= 2
    assert [e["type"] for e in history].count("ActivityScheduled") == 2
    assert client.describe_execution(executionArn=execution)["output"] == '"late"'
