"""Many messages in one: starts, answers and replies, as any client in any language can send them."""

import json
import signal

import pika
import pytest

from conftest import chain, create
from harness import BINARIES, Server, wait_until
from protocol import complaints, examples

COUNT = 50
FAILING = 7
TOGETHER = 17


def pack(elements):
    """By the protocol's description: pairs of a head and a body, one after the other."""
    parts = []
    for head, body in elements:
        head = json.dumps(head).encode()
        parts.append(b"%d %d\n%s%s" % (len(head), len(body), head, body))
    return b"".join(parts)


def unpack(body):
    messages = []
    while body:
        lengths, rest = body.split(b"\n", 1)
        head, size = map(int, lengths.split(b" "))
        messages.append((json.loads(rest[:head]), rest[head:head + size]))
        body = rest[head + size:]
    return messages


def properties(**more):
    return pika.BasicProperties(type="batch", content_type="application/octet-stream", delivery_mode=2, **more)


def test_the_example_is_one():
    example = examples()["batch"]
    messages = unpack(example["body"].encode())
    assert [head["type"] for head, _ in messages] == ["success", "failure", "started"]
    for head, body in messages:
        headers = {**example["headers"], **head.pop("headers", {})}
        message = {**example, "headers": headers, "properties": {"delivery_mode": 2, **head}}
        message.pop("body")
        if body:
            message["body"] = json.loads(body)
        assert complaints(head["type"], message) == []


class Peer:
    """A client and a worker that know batches, on one connection."""

    def __init__(self, server):
        self.connection = pika.BlockingConnection(pika.URLParameters(server.broker_url))
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()
        self.prefix = server.prefix
        self.replies = self.channel.queue_declare("", exclusive=True).method.queue

    def take(self, queue, count):
        """So many messages, acknowledged by whoever calls."""
        taken = []

        def enough():
            while len(taken) < count:
                method, found, body = self.channel.basic_get(queue)
                if method is None:
                    return False
                taken.append((method.delivery_tag, found, body))
            return True

        wait_until(f"{count} messages in {queue}", enough)
        return taken

    def start(self, machine):
        starts = [({"message_id": f"n{number}", "correlation_id": f"c{number}"}, json.dumps({"n": number}).encode())
                  for number in range(COUNT)]
        headers = {"baton-protocol": 1, "baton-state-machine": machine}
        self.channel.basic_publish(
            "", f"{self.prefix}.start", pack(starts), properties(reply_to=self.replies, headers=headers))

    def work(self, activity):
        tasks = self.take(f"{self.prefix}.activity.{activity}", COUNT)
        answers = []
        for _, task, body in tasks:
            assert task.headers["baton-batch"] == 1000
            number = json.loads(body)["n"]
            head = {"type": "success", "correlation_id": task.correlation_id}
            outcome = {"doubled": 2 * number}
            if number == FAILING:
                head["type"], outcome = "failure", {"error": "Unlucky", "cause": "seven"}
            answers.append((head, json.dumps(outcome).encode()))
        answers.insert(TOGETHER // 2, ({"type": "nonsense", "correlation_id": "whose?"}, b"{"))
        for first in range(0, len(answers), TOGETHER):
            self.channel.basic_publish(
                "", tasks[0][1].reply_to, pack(answers[first:first + TOGETHER]),
                properties(headers={"baton-worker": "batcher"}))
        self.channel.basic_ack(tasks[-1][0], multiple=True)

    def outcomes(self):
        """By correlation id; a crash may double them."""
        found = {}

        def all_there():
            method, reply, body = self.channel.basic_get(self.replies, auto_ack=True)
            if method and reply.type == "batch":
                for head, part in unpack(body):
                    found[head["correlation_id"]] = head["type"], json.loads(part)
            elif method:
                found[reply.correlation_id] = reply.type, json.loads(body)
            return len(found) == COUNT

        wait_until("all replies", all_there, interval=0.01)
        return found

    def waiting(self, queue):
        return self.channel.queue_declare(f"{self.prefix}.{queue}", passive=True).method.message_count


@pytest.fixture
def batched(broker, tmp_path):
    server = Server(tmp_path / "server", broker.url, f"batches{tmp_path.name[-8:]}")
    yield server
    if server.process and server.process.poll() is None:
        server.kill()


# The second acknowledgement is that of the first answers: they are on disk, and all of their batch comes again.
@pytest.mark.parametrize("crash", [None, "before-ack:2"])
def test_a_batch_is_its_messages_one_after_the_other(batched, crash):
    if crash and "release" in BINARIES.parts:
        pytest.skip("release builds have no crash points")
    batched.start()
    client = batched.client()
    activity = client.create_activity(name="batched")["activityArn"]
    machine = create(client, "machine", chain(activity))
    if crash:
        batched.stop()
        batched.launch(BATON_CRASH_AT=crash)
        wait_until("it is ready", lambda: batched.get("/health/ready")[0] == 200)
    peer = Peer(batched)
    peer.start("machine")
    peer.work("batched")
    if crash:
        assert batched.process.wait(30) == -signal.SIGKILL
        batched.start()

    expected = {f"c{number}": ("success", {"doubled": 2 * number}) for number in range(COUNT)}
    expected[f"c{FAILING}"] = "failure", {"error": "Unlucky", "cause": "seven"}
    assert peer.outcomes() == expected

    listed = client.list_executions(stateMachineArn=machine, maxResults=1000)["executions"]
    assert {execution["name"]: execution["status"] for execution in listed} == {
        f"n{number}": "FAILED" if number == FAILING else "SUCCEEDED" for number in range(COUNT)}
    events = client.get_execution_history(executionArn=listed[0]["executionArn"])["events"]
    ends = [event["type"] for event in events if event["type"] in ("ActivitySucceeded", "ActivityFailed")]
    assert len(ends) == 1

    _, letter, body = peer.take(f"{peer.prefix}.dead", 1)[0]
    assert (letter.type, letter.correlation_id, body) == ("nonsense", "whose?", b"{")
    assert letter.headers["baton-dead-reason"] == 'unknown type "nonsense"'
    assert letter.headers["baton-worker"] == "batcher"
    assert batched.stop() == 0
    # What was unacknowledged would be back by now.
    wait_until("nothing is left", lambda: peer.waiting("results.0") == peer.waiting("start") == 0)
    if not crash:  # Tasks that were with the broker for less than a moment are published again.
        assert peer.waiting("activity.batched") == 0
