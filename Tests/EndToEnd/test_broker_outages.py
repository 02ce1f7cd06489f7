"""The broker is disposable: restarted, wiped or absent, executions complete."""

import threading
import time

import pytest

from conftest import create, PASS
from harness import Server, finished, wait_until
from test_crashes import STEPS, check, prepare, start_all


@pytest.mark.slow
@pytest.mark.parametrize("outage", ["restart", "kill", "wipe"])
def test_work_goes_on(broker, server, workers, outage):
    arn = prepare(server)
    workers(server, STEPS, count=2, delay=0.01)
    executions = []
    start_all(server, arn, 1, executions)
    assert finished(server.client(), executions[0])["status"] == "SUCCEEDED"
    if outage == "kill":
        # RabbitMQ 3.10 keeps the term of a new quorum queue in memory for some seconds; killed within them, it comes
        # back with a queue that never finds a leader and answers nobody. That is not what is tested here.
        time.sleep(8)
    executions.clear()
    starter = threading.Thread(target=start_all, args=(server, arn, 150, executions), daemon=True)
    starter.start()
    wait_until("some work is under way", lambda: len(executions) > 30)
    if outage == "wipe":
        broker.wipe()
    else:
        broker.stop() if outage == "restart" else broker.kill()
        time.sleep(1)
        assert server.get("/health/live")[0] == 200
        wait_until("it is noticed", lambda: server.get("/health/ready")[0] == 503)
        broker.start()
    starter.join(60)
    assert len(executions) == 150, "starts are accepted without a broker"
    check(server, arn, executions, workers.ledger, timeout=120)
    wait_until("ready again", lambda: server.get("/health/ready")[0] == 200)


@pytest.mark.slow
def test_absent_broker_at_start(broker, tmp_path, workers):
    broker.stop()
    try:
        server = Server(tmp_path / "server", broker.url, "e2e-absent").start(ready=False)
        status, report = server.get("/health/ready")
        assert status == 503 and "broker" in report
        client = server.client()
        done = client.start_execution(stateMachineArn=create(client, "pass", PASS))["executionArn"]
        assert finished(client, done)["status"] == "SUCCEEDED", "what needs no worker runs"
        arn = prepare(server)
        executions = []
        start_all(server, arn, 20, executions)
    finally:
        broker.start()
    try:
        workers(server, STEPS)
        wait_until("ready", lambda: server.get("/health/ready")[0] == 200, timeout=60)
        check(server, arn, executions, workers.ledger, timeout=60)
    finally:
        server.kill()
