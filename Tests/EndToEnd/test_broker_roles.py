"""A broker with a user for each role and TLS with client certificates: what each may do, and what it may not."""

import json
import os
import subprocess

import pika
import pytest

from certificates import Authority
from conftest import chain, create
from harness import BINARIES, ROOT, Broker, Server, end_process, finished, free_port, wait_until

PREFIX = "roles"
PASSWORDS = {"orchestrator": "one", "own-worker": "two"}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """A broker that takes TLS on one port and, for the tests' own eyes, plain AMQP on another."""
    folder = tmp_path_factory.mktemp("roles")
    authority = Authority(folder / "tls", "throw-away")
    authority.issue("server", hosts=["localhost"])
    for client in PASSWORDS:
        authority.issue(client)
    definitions = folder / "definitions.json"
    made = subprocess.run(
        [str(ROOT / "deploy/rabbitmq/definitions.sh"), "--prefix", PREFIX, "--orchestrator", "orchestrator",
         "--worker", "own-worker", "activity:own", "function:own-function", "--admin", "guest"],
        env={**os.environ, "BATON_PASSWORD_ORCHESTRATOR": "one", "BATON_PASSWORD_OWN_WORKER": "two",
             "BATON_PASSWORD_GUEST": "guest"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
    assert made.stderr == "", "a password was made though one was given"
    assert not any(password in made.stdout for password in ['"one"', '"two"'])
    everybodys = json.loads((ROOT / "deploy/rabbitmq/definitions.json").read_text())["policies"]
    assert json.loads(made.stdout.replace(PREFIX, "baton"))["policies"] == everybodys
    definitions.write_text(made.stdout)
    broker = Broker(folder / "broker")
    broker.tls_port = free_port()
    broker.authority = authority
    broker.start("--tls", str(broker.tls_port), "--certificates", str(folder / "tls"), "--definitions", str(definitions))
    yield broker
    broker.stop()


def secure_url(broker, user, host="localhost", authority=None, certificate=True):
    tls = broker.authority.folder
    query = f"cacertfile={authority or tls / 'ca.pem'}"
    if certificate:
        query += f"&certfile={tls / (user + '.pem')}&keyfile={tls / (user + '-key.pem')}"
    return f"amqps://{user}:{PASSWORDS[user]}@{host}:{broker.tls_port}/?{query}"


def own_worker(broker, url, log):
    with open(log, "ab") as output:
        return subprocess.Popen(
            [str(BINARIES / "check-worker")], stdout=output, stderr=output, stdin=subprocess.DEVNULL,
            env={**os.environ, "BATON_AMQP_URL": url, "BATON_PREFIX": PREFIX, "BATON_ACTIVITY": "own"})


def test_a_workflow_over_tls_with_the_least_permissions(fleet, tmp_path):
    server = Server(tmp_path / "server", secure_url(fleet, "orchestrator"), PREFIX).start()
    worker = None
    try:
        client = server.client()
        own = client.create_activity(name="own")["activityArn"]
        machine = create(client, "over-tls", chain(own))
        worker = own_worker(fleet, secure_url(fleet, "own-worker"), tmp_path / "worker.log")
        body = json.dumps({"check": "echo", "payload": "x" * 200_000})
        execution = client.start_execution(stateMachineArn=machine, input=body)["executionArn"]
        ended = finished(client, execution)
        assert ended["status"] == "SUCCEEDED" and json.loads(ended["output"]) == json.loads(body)

        # It listens to cancellations as well, with no more rights than these.
        waiting = client.start_execution(
            stateMachineArn=machine, input=json.dumps({"check": "sleep", "seconds": 30}))["executionArn"]
        wait_until("the task is taken", lambda: any(
            event["type"] == "ActivityStarted"
            for event in client.get_execution_history(executionArn=waiting)["events"]))
        client.stop_execution(executionArn=waiting)
        wait_until("the worker hears of it", lambda: "outcome=cancelled" in (tmp_path / "worker.log").read_text(), 10)
    finally:
        end_process(worker)
        server.stop()


@pytest.fixture
def visitor(fleet):
    """Connects as a user, with plain AMQP, and tries things: each on a channel of its own."""
    connections = []

    def connect(user):
        connection = pika.BlockingConnection(
            pika.URLParameters(f"amqp://{user}:{PASSWORDS.get(user, user)}@127.0.0.1:{fleet.port}/"))
        connections.append(connection)

        def attempt(action):
            channel = connection.channel()
            try:
                action(channel)
                channel.close()
                return "allowed"
            except pika.exceptions.ChannelClosedByBroker as refusal:
                assert refusal.reply_code == 403, refusal
                return "refused"

        return attempt

    yield connect
    for connection in connections:
        connection.close()


QUORUM = {"x-queue-type": "quorum"}


def test_what_a_worker_may_not_do(fleet, visitor):
    admin = visitor("guest")
    for name in [f"{PREFIX}.activity.own", f"{PREFIX}.activity.others", f"{PREFIX}.activity.owner",
                 f"{PREFIX}.results.0", f"{PREFIX}.start"]:
        admin(lambda channel, name=name: channel.queue_declare(name, durable=True, arguments=QUORUM))
    admin(lambda channel: channel.exchange_declare(f"{PREFIX}.tasks", "direct", durable=True))
    admin(lambda channel: channel.exchange_declare(f"{PREFIX}.control", "fanout", durable=True))

    worker = visitor("own-worker")
    own, control = f"{PREFIX}.activity.own", f"{PREFIX}.control.own.1"
    allowed = {
        "declares its queue": lambda c: c.queue_declare(own, durable=True, arguments=QUORUM),
        "takes its tasks": lambda c: c.basic_get(own),
        "answers": lambda c: c.basic_publish("", f"{PREFIX}.results.0", b"x"),
        "listens to cancellations": lambda c: (
            c.queue_declare(control, exclusive=True), c.queue_bind(control, f"{PREFIX}.control"), c.basic_get(control)),
    }
    refused = {
        "takes others' tasks": lambda c: c.basic_get(f"{PREFIX}.activity.others"),
        "takes tasks of an activity whose name begins like its own": lambda c: c.basic_get(f"{PREFIX}.activity.owner"),
        "reads answers": lambda c: c.basic_get(f"{PREFIX}.results.0"),
        "reads starts": lambda c: c.basic_get(f"{PREFIX}.start"),
        "deletes others' queues": lambda c: c.queue_delete(f"{PREFIX}.activity.others"),
        "listens to others' tasks": lambda c: c.queue_bind(own, f"{PREFIX}.tasks", "activity.others"),
        "hands out tasks": lambda c: (c.basic_publish(f"{PREFIX}.tasks", "activity.others", b"x"), c.basic_get(own)),
        "cancels": lambda c: (c.basic_publish(f"{PREFIX}.control", "", b"x"), c.basic_get(own)),
        "deletes the exchange": lambda c: c.exchange_delete(f"{PREFIX}.tasks"),
        "declares queues of other names": lambda c: c.queue_declare("something"),
    }
    for what, action in allowed.items():
        assert worker(action) == "allowed", what
    for what, action in refused.items():
        assert worker(action) == "refused", what

    orchestrator = visitor("orchestrator")
    assert orchestrator(lambda c: c.basic_get(f"{PREFIX}.activity.others")) == "allowed"
    assert orchestrator(lambda c: c.queue_declare("elsewhere")) == "refused"


@pytest.mark.parametrize("wrong, complaint", [
    ({"host": "127.0.0.1"}, "another host"),
    ({"authority": "other"}, "not trusted"),
    ({"certificate": False}, None),
])
def test_who_is_not_who_he_should_be_is_refused(fleet, tmp_path, wrong, complaint):
    if wrong.get("authority"):
        wrong = {"authority": Authority(tmp_path / "other", "stranger").certificate}
    log = tmp_path / "worker.log"
    worker = own_worker(fleet, secure_url(fleet, "own-worker", **wrong), log)
    server = Server(tmp_path / "server", secure_url(fleet, "orchestrator", **wrong), PREFIX)
    try:
        server.start(ready=False)

        def refused():
            status, report = server.get("/health/ready")
            reasons = " ".join(json.loads(report)["reasons"]) if report else ""
            assert status != 200, "connected to a broker that it cannot trust, or that cannot trust it"
            return (complaint or "connect") in reasons and "not connected:" in reasons

        wait_until("the server says why it is not ready", refused, 20)
        assert worker.poll() is None, "it goes on trying"
        wait_until("the worker says why", lambda: (complaint or "handshake") in log.read_text(), 20)
    finally:
        end_process(worker)
        server.stop()
