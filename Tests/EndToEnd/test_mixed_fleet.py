"""Fleets of several languages, several processes, and of AMQP workers beside HTTP pollers."""

import collections
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from conftest import chain, create
from fleet import LANGUAGES, WORKERS, PolyglotWorker, build_go, tool
from harness import BINARIES, ROOT, Server, end_process, finished, wait_until, whole_history
from test_command_line import baton

MIXED = ROOT / "examples" / "mixed-fleet"


def workers_of(client, execution):
    return [
        event["activityStartedEventDetails"]["workerName"] for event in whole_history(client, execution)
        if "workerName" in event.get("activityStartedEventDetails", {})]


@pytest.fixture(scope="module")
def server(broker, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("mixed"), broker.url, "mixed").start()
    yield server
    server.stop()


@pytest.fixture
def start(server, tmp_path):
    started = []

    def start(command, *arguments, **settings):
        log = tmp_path / f"worker-{len(started)}.log"
        started.append(PolyglotWorker(command, server.broker_url, server.prefix, log, **settings).start(*arguments))
        return started[-1]

    yield start
    for worker in started:
        worker.stop()


def test_onboarding_in_four_languages(server, tmp_path):
    for language in ("ruby", "python"):
        LANGUAGES[language](tmp_path)
    build_go(tmp_path)
    client = server.client()
    environment = {
        **os.environ, "BATON_AMQP_URL": server.broker_url, "BATON_PREFIX": server.prefix, "PYTHON": sys.executable,
        "BATON_CONFIGURATION": BINARIES.name, "BILLING": "2", "GOCACHE": str(tmp_path / "go-cache")}
    with open(tmp_path / "fleet.log", "wb") as log:
        fleet = subprocess.Popen(
            [str(MIXED / "start.sh"), str(tmp_path / "fleet")], env=environment, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL)
    try:
        definition = ROOT / "examples" / "onboarding" / "onboarding.asl.json"
        code, _, errors = baton("deploy", str(definition), endpoint=server.url)
        assert code == 0, errors
        machine = next(
            item["stateMachineArn"] for item in client.list_state_machines()["stateMachines"]
            if item["name"] == "onboarding")

        def onboard(file, **changes):
            order = json.loads((definition.parent / file).read_text())
            order["user"].update(changes)
            return client.start_execution(stateMachineArn=machine, input=json.dumps(order))["executionArn"]

        succeeds, flaky, declined = (
            onboard(file) for file in ("input.json", "input-flaky.json", "input-declined.json"))
        described = finished(client, succeeds, timeout=60)
        assert described["status"] == "SUCCEEDED", (tmp_path / "fleet.log").read_text()[-3000:]
        output = json.loads(described["output"])
        assert output["billing"]["customerId"].startswith("cus_")
        assert output["analytics"]["trackingId"].startswith("trk_")
        assert (tmp_path / "fleet" / "mail" / f"{output['email']['messageId']}.eml").exists()
        kinds = [name.split("@")[0].split(":")[0] for name in workers_of(client, succeeds)]
        assert kinds == ["auth-worker", "billing-python", "go", "ruby"]
        assert finished(client, flaky, timeout=60)["status"] == "SUCCEEDED"
        described = finished(client, declined, timeout=60)
        assert (described["status"], described["error"]) == ("FAILED", "OnboardingFailed")

        many = [onboard("input.json", userId=f"user-{n}", email=f"user-{n}@example.com") for n in range(30)]
        for execution in many:
            described = finished(client, execution, timeout=60)
            assert described["status"] == "SUCCEEDED", described.get("cause")
        billing = {name for execution in many for name in workers_of(client, execution) if "billing" in name}
        assert len(billing) == 2, "both processes had some of the load"
    finally:
        end_process(fleet, signal.SIGTERM)
    assert fleet.returncode == 0


def test_processes_share_an_activity(server, start):
    """Three languages, four processes, one queue; one of them is killed over its work."""
    client = server.client()
    activity = client.create_activity(name="greet")["activityArn"]
    machine = create(client, "shared", chain(activity, HeartbeatSeconds=20))
    fleet = {}
    for language in ("python-pika", "python-asyncio", "python"):
        fleet[language] = start(LANGUAGES[language](None), prefetch=1, identity=language)
    fleet["second"] = start(LANGUAGES["python-pika"](None), prefetch=1, identity="second")
    executions = [
        client.start_execution(
            stateMachineArn=machine, input=json.dumps({"name": f"n{n}", "seconds": 0.2}))["executionArn"]
        for n in range(40)]
    wait_until("some are done", lambda: client.describe_execution(executionArn=executions[4])["status"] != "RUNNING")
    fleet["second"].kill()
    outputs = [json.loads(finished(client, execution, timeout=60)["output"]) for execution in executions]
    assert outputs == [{"text": f"Hello, n{n}!"} for n in range(40)]
    shares = collections.Counter(name for execution in executions for name in workers_of(client, execution)[-1:])
    assert set(shares) >= {"python-pika", "python-asyncio", "python"}
    assert max(shares.values()) <= 25, shares


def test_http_pollers_beside_amqp_workers(server, start):
    client = server.client()
    activity = client.create_activity(name="both")["activityArn"]
    machine = create(client, "both", chain(activity))
    polled = []
    stopping = threading.Event()

    def poll():
        poller = server.client()
        while not stopping.is_set():
            task = poller.get_activity_task(activityArn=activity, workerName="poller")
            if task.get("taskToken"):
                polled.append(task["taskToken"])
                name = json.loads(task["input"])["name"]
                poller.send_task_success(taskToken=task["taskToken"], output=json.dumps({"text": f"Hello, {name}!"}))

    # Any handler of the worker may serve an activity of that name.
    script = "import handlers, runpy, sys; handlers.HANDLERS['both'] = handlers.greet; sys.argv = ['worker.py', 'both']; " \
        "runpy.run_path(sys.path[0] + '/worker.py', run_name='__main__')"
    source = WORKERS / "python-pika"
    start([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(source)!r}); {script}"], prefetch=1, identity="amqp")
    pollers = [threading.Thread(target=poll, daemon=True) for _ in range(2)]
    for thread in pollers:
        thread.start()
    executions = [
        client.start_execution(
            stateMachineArn=machine, input=json.dumps({"name": f"n{n}", "seconds": 0.05}))["executionArn"]
        for n in range(60)]
    outputs = [json.loads(finished(client, execution, timeout=60)["output"]) for execution in executions]
    assert outputs == [{"text": f"Hello, n{n}!"} for n in range(60)]
    stopping.set()
    # One more each, so that their polls come back.
    for _ in pollers:
        client.start_execution(stateMachineArn=machine, input='{"name": "last"}')
    shares = collections.Counter(name for execution in executions for name in workers_of(client, execution)[-1:])
    assert len(polled) == len(set(polled))
    assert shares["amqp"] > 0 and shares["poller"] > 0 and sum(shares.values()) == 60, shares


def test_shell(server, tmp_path):
    tool("amqp-consume", "amqp-tools")
    tool("jq", "jq")
    folder = WORKERS / "shell"
    client = server.client()
    code, _, errors = baton(
        "deploy", str(folder / "welcome.asl.json"), "--name", "welcome-shell", endpoint=server.url)
    assert code == 0, errors
    machine = next(
        item["stateMachineArn"] for item in client.list_state_machines()["stateMachines"]
        if item["name"] == "welcome-shell")

    def begin(**value):
        return client.start_execution(stateMachineArn=machine, input=json.dumps(value))["executionArn"]

    with open(tmp_path / "shell.log", "wb") as log:
        worker = subprocess.Popen(
            [str(folder / "worker.sh"), "greet-shell", str(folder / "greet.sh")], stdout=log, stderr=log,
            env={**os.environ, "BATON_AMQP_URL": server.broker_url, "BATON_PREFIX": server.prefix,
                 "BATON": str(BINARIES / "baton"), "BATON_ENDPOINT": server.url, "HEARTBEAT": "1"})
    try:
        succeeds, fails = begin(name="Zoë"), begin(name="")
        described = finished(client, succeeds)
        assert described.get("output") and json.loads(described["output"]) == {"text": "Hello, Zoë!"}
        described = finished(client, fails)
        assert (described["error"], described["cause"]) == ("Greeting.NoName", "a greeting needs a name")
        stopped = begin(name="slow", seconds=300)

        def types():
            return [event["type"] for event in whole_history(client, stopped)]

        wait_until("it begins", lambda: "ActivityStarted" in types())
        client.stop_execution(executionArn=stopped)
        assert finished(client, begin(name="after"))["status"] == "SUCCEEDED"
        last = begin(name="last", seconds=3)
        wait_until("it begins", lambda: "ActivityStarted" in [e["type"] for e in whole_history(client, last)])
    finally:
        end_process(worker, signal.SIGTERM)
    assert worker.returncode == 0
    assert finished(client, last)["status"] == "SUCCEEDED", (tmp_path / "shell.log").read_text()
