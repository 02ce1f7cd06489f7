"""Tasks that the broker gives up, by the policies that Baton ships, come back and fail: no execution waits for ever."""

import pika
import pytest

from conftest import chain, create
from harness import Server, finished, wait_until

QUEUE = "baton.activity.deadly"


@pytest.fixture
def started(broker, tmp_path):
    # The policies are about this prefix.
    server = Server(tmp_path / "server", broker.url, "baton").start()
    client = server.client()
    activity = client.create_activity(name="deadly")["activityArn"]

    def start(name, **extra):
        execution = client.start_execution(stateMachineArn=create(client, name, chain(activity, **extra)))
        return client, execution["executionArn"]

    yield start
    client.delete_activity(activityArn=activity)
    server.kill()
    forget_answers(broker)


def forget_answers(broker):
    """An answer that was not acknowledged comes again, and the next server has another database: it would bury it."""
    connection = pika.BlockingConnection(pika.URLParameters(broker.url))
    channel = connection.channel()
    results = lambda: channel.queue_declare("baton.results.0", passive=True).method
    wait_until("the server is gone for the broker as well", lambda: results().consumer_count == 0)
    channel.queue_purge("baton.results.0")
    connection.close()


def take(broker, settle):
    connection = pika.BlockingConnection(pika.URLParameters(broker.url))
    channel = connection.channel()
    taken = wait_until("a task", lambda: next(filter(None, [channel.basic_get(QUEUE)[0]]), None))
    settle(channel, taken.delivery_tag)
    connection.close()


def test_a_task_that_kills_its_workers(broker, started):
    client, execution = started("deadly")
    for _ in range(21):
        take(broker, lambda channel, tag: None)
    described = finished(client, execution)
    assert (described["status"], described["error"]) == ("FAILED", "Worker.Died")
    assert QUEUE in described["cause"]


def test_a_task_that_is_rejected_is_retried(broker, started):
    again = {"ErrorEquals": ["Worker.Rejected"], "IntervalSeconds": 1, "MaxAttempts": 1}
    client, execution = started("rejecting", Retry=[again])
    for _ in range(2):
        take(broker, lambda channel, tag: channel.basic_reject(tag, requeue=False))
    assert finished(client, execution)["error"] == "Worker.Rejected"


def test_what_expires_unread_leaves_no_trace(broker, started):
    def dead():
        connection = pika.BlockingConnection(pika.URLParameters(broker.url))
        count = connection.channel().queue_declare("baton.dead", passive=True).method.message_count
        connection.close()
        return count

    before = dead()
    client, execution = started("expiring", TimeoutSeconds=1)
    assert finished(client, execution)["status"] == "FAILED"
    assert dead() == before
