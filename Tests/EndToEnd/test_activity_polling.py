"""GetActivityTask: many pollers, nothing twice, nothing lost when a poller hangs up."""

import http.client
import json
import os
import resource
import socket
import threading
import time

import pytest

from conftest import chain, create
from harness import finished, seeded_random, wait_until


def raw_poll(server, activity):
    """Sends a poll and does not wait for its answer."""
    body = json.dumps({"activityArn": activity}).encode()
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=70)
    connection.sendall(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n"
        b"X-Amz-Target: AWSStepFunctions.GetActivityTask\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n"
        + body)
    return connection


def waiting_polls(server):
    for line in server.get("/metrics")[1].splitlines():
        if line.startswith("baton_api_long_polls "):
            return int(float(line.split()[1]))
    return 0


class Pollers:
    """Threads that poll and answer until they are told to stop."""

    def __init__(self, server, activity, count):
        self.client = server.client(max_pool_connections=count)
        self.activity = activity
        self.stopping = False
        self.tokens = []
        self.errors = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def _work(self):
        while not self.stopping:
            try:
                task = self.client.get_activity_task(activityArn=self.activity)
                if "taskToken" not in task:
                    continue
                with self.lock:
                    self.tokens.append(task["taskToken"])
                self.client.send_task_success(taskToken=task["taskToken"], output=task["input"])
            except Exception as error:  # the test shows them
                if not self.stopping:
                    self.errors.append(error)
                    return

    def wait_for(self, count, timeout=60):
        wait_until(f"{count} tasks are taken", lambda: len(self.tokens) >= count or self.errors, timeout)
        assert self.errors == []

    def stop(self, server):
        """The server's shutdown ends the polls."""
        self.stopping = True
        server.stop()
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive(), "a long poll outlived the server"


def test_hundreds_of_pollers_get_every_task_once(server):
    client = server.client()
    activity = client.create_activity(name="polled")["activityArn"]
    arn = create(client, "machine", chain(activity, activity))
    pollers = Pollers(server, activity, 200)
    wait_until("all polls wait", lambda: waiting_polls(server) >= 200)
    executions = [
        client.start_execution(stateMachineArn=arn, input=json.dumps({"n": n}))["executionArn"] for n in range(150)]
    for n, execution in enumerate(executions):
        described = finished(client, execution, timeout=60)
        assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"n": n})
    assert pollers.errors == []
    assert len(pollers.tokens) == 300
    assert len(set(pollers.tokens)) == 300, "a task was handed out twice"
    pollers.stop(server)


def test_polls_that_hang_up_take_nothing_with_them(server):
    client = server.client()
    activity = client.create_activity(name="polled")["activityArn"]
    arn = create(client, "machine", chain(activity))
    hung = [raw_poll(server, activity) for _ in range(50)]
    wait_until("all polls wait", lambda: waiting_polls(server) == 50)
    for connection in hung:
        connection.close()
    wait_until("the server has noticed", lambda: waiting_polls(server) == 0)
    executions = [client.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(50)]
    pollers = Pollers(server, activity, 10)
    for execution in executions:
        assert finished(client, execution)["status"] == "SUCCEEDED"
    assert len(pollers.tokens) == 50
    pollers.stop(server)


@pytest.mark.slow
def test_polls_that_hang_up_while_tasks_arrive_lose_nothing(server):
    """The client may be gone before, while or after the answer is written; only a task that was read is taken."""
    random = seeded_random()
    client = server.client()
    activity = client.create_activity(name="polled")["activityArn"]
    arn = create(client, "machine", chain(activity))
    executions = []
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and len(executions) < 300:
        polls = [raw_poll(server, activity) for _ in range(5)]
        executions += [client.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(5)]
        for connection in polls:
            time.sleep(random.random() * 0.01)
            connection.close()
    pollers = Pollers(server, activity, 10)
    for execution in executions:
        assert finished(client, execution, timeout=60)["status"] == "SUCCEEDED"
    pollers.stop(server)


def test_tasks_that_were_read_are_given_to_nobody_else(server):
    client = server.client()
    activity = client.create_activity(name="polled")["activityArn"]
    machine = create(client, "machine", chain(activity))
    tokens = set()
    for _ in range(40):
        client.start_execution(stateMachineArn=machine)
        connection = raw_poll(server, activity)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        tokens.add(json.loads(answer.read())["taskToken"])
        connection.close()
    assert len(tokens) == 40
    last = raw_poll(server, activity)
    last.settimeout(3)
    with pytest.raises(TimeoutError):
        last.recv(1)
    last.close()


def test_a_poll_ends_empty(server):
    client = server.client()
    activity = client.create_activity(name="polled")["activityArn"]
    answers = []
    poll = threading.Thread(target=lambda: answers.append(client.get_activity_task(activityArn=activity)))
    poll.start()
    wait_until("the poll waits", lambda: waiting_polls(server) == 1)
    began = time.monotonic()
    assert server.stop() == 0
    poll.join(20)
    assert time.monotonic() - began < 10
    assert answers and "taskToken" not in answers[0]


def ticks_of(process):
    """The CPU time that a process has used, in ticks of the kernel."""
    with open(f"/proc/{process.pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="counts ticks in /proc")
def test_two_thousand_polls_cost_nothing_while_they_wait(server):
    client = server.client()
    activity = client.create_activity(name="idle")["activityArn"]
    machine = create(client, "machine", chain(activity))
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[1] < 4096:
        pytest.skip("2,000 connections take 2,000 open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    polls = [raw_poll(server, activity) for _ in range(2000)]
    wait_until("all polls wait", lambda: waiting_polls(server) == 2000)
    before = ticks_of(server.process)
    time.sleep(5)
    used = ticks_of(server.process) - before
    print(f"{used} ticks in 5 s")
    # 500 ticks are 5 s of one core. Two readings of the clock and the broker's heartbeats are a handful.
    assert used <= 10
    # All but five hang up, at the moment when there are five tasks: each goes to somebody who is still there.
    for poll in polls[:-5]:
        poll.close()
    executions = [client.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(5)]
    for poll in polls[-5:]:
        poll.settimeout(30)
        answer = http.client.HTTPResponse(poll)
        answer.begin()
        client.send_task_success(taskToken=json.loads(answer.read())["taskToken"], output="{}")
        poll.close()
    for execution in executions:
        assert finished(client, execution)["status"] == "SUCCEEDED"
