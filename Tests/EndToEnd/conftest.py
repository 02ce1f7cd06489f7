import itertools
import json

import pytest

from harness import ROLE, BINARIES, Broker, Server, Worker

numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def binaries():
    if not (BINARIES / "baton").exists():
        pytest.exit(f"there is no baton in {BINARIES}: build it, or set BATON_BIN_DIR", returncode=2)


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def shared_server(broker, tmp_path_factory):
    """For tests that leave it as they found it, but for names of their own."""
    server = Server(tmp_path_factory.mktemp("server"), broker.url, f"e2e{next(numbers)}").start()
    yield server
    server.stop()


@pytest.fixture
def server(broker, tmp_path):
    """One's own, to be killed."""
    server = Server(tmp_path / "server", broker.url, f"e2e{next(numbers)}").start()
    yield server
    if server.process.poll() is None:
        server.kill()


@pytest.fixture
def workers(tmp_path):
    """Starts workers; kills them afterwards."""
    started = []

    def start(server, activities, count=1, delay=0.0):
        for _ in range(count):
            name = f"worker-{len(started)}"
            started.append(
                Worker(server.broker_url, server.prefix, tmp_path / "ledger.db", activities, delay, name).start())
        return started

    start.ledger = tmp_path / "ledger.db"
    yield start
    for worker in started:
        worker.stop()


@pytest.fixture
def client(shared_server):
    return shared_server.client()


@pytest.fixture
def name():
    return f"n{next(numbers)}-test"


PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"greeting": "hello"}, "End": True}}}


def chain(*activity_arns, **extra):
    """A state machine of one task after another, named Step0, Step1, …"""
    states = {}
    for index, arn in enumerate(activity_arns):
        state = {"Type": "Task", "Resource": arn, **extra}
        state.update({"Next": f"Step{index + 1}"} if index + 1 < len(activity_arns) else {"End": True})
        states[f"Step{index}"] = state
    return {"StartAt": "Step0", "States": states}


def create(client, name, definition):
    return client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]
