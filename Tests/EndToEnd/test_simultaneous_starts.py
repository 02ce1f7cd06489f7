"""Starts of one name at the same instant: equal ones are one execution, of different ones a single one is made."""

import concurrent.futures
import json
import threading
import uuid

import botocore.exceptions
import pika

from conftest import PASS, create
from harness import seeded_random, wait_until

NAMES = 1500


class Mailbox:
    """Starts executions over AMQP and collects the outcomes."""

    def __init__(self, server):
        self.prefix = server.prefix
        self.connection = pika.BlockingConnection(pika.URLParameters(server.broker_url))
        self.channel = self.connection.channel()
        self.replies = self.channel.queue_declare("", exclusive=True).method.queue
        self.outcomes = {}
        self.channel.basic_consume(self.replies, self._take, auto_ack=True)

    def _take(self, channel, method, properties, body):
        self.outcomes.setdefault(properties.correlation_id, []).append(
            (properties.type, (properties.headers or {}).get("baton-execution"), json.loads(body or b"null")))

    def start(self, machine, name, text):
        tag = str(uuid.uuid4())
        self.channel.basic_publish(
            "", f"{self.prefix}.start", text.encode(),
            pika.BasicProperties(
                message_id=name, correlation_id=tag, reply_to=self.replies, delivery_mode=2,
                headers={"baton-state-machine": machine}))
        return tag

    def wait(self, tags):
        def complete():
            self.connection.process_data_events(0.1)
            return all(tag in self.outcomes for tag in tags)

        wait_until("all starts have an outcome", complete, timeout=60)
        return [self.outcomes[tag][0] for tag in tags]


def start(client, machine, name, text):
    """The ARN, or why not."""
    try:
        return client.start_execution(stateMachineArn=machine, name=name, input=text)["executionArn"]
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]


def slow(client, name):
    """A machine whose executions last: equal starts find them running."""
    return create(client, name, {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}})


def in_pairs(calls):
    """Runs pairs of calls, each pair at the same instant; returns the pairs of results."""
    barrier = threading.Barrier(2)
    results = [[], []]

    def side(number):
        for pair in calls:
            barrier.wait(60)
            results[number].append(pair[number]())

    threads = [threading.Thread(target=side, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(150)
    assert len(results[0]) == len(results[1]) == len(calls)
    return list(zip(*results))


def test_two_http_clients(server):
    random = seeded_random()
    clients = [server.client(), server.client()]
    machine = slow(clients[0], "machine")
    plan = [(f"n{number}", random.random() < 0.5) for number in range(NAMES)]
    results = in_pairs([
        (lambda name=name: start(clients[0], machine, name, '{"a":1,"b":2}'),
         # The same text: AWS compares texts.
         lambda name=name, equal=equal: start(clients[1], machine, name, '{"a":1,"b":2}' if equal else '{"a":2}'))
        for name, equal in plan
    ])
    for (name, equal), pair in zip(plan, results):
        if equal:
            assert pair[0] == pair[1] and pair[0].endswith(f":{name}"), (name, pair)
        else:
            assert sorted(pair) == sorted(["ExecutionAlreadyExists", f"{executions_of(machine)}:{name}"]), (name, pair)
    count = sum(
        len(page["executions"]) for page in clients[0].get_paginator("list_executions").paginate(
            stateMachineArn=machine, PaginationConfig={"PageSize": 1000}))
    assert count == NAMES


def executions_of(machine):
    return machine.replace(":stateMachine:", ":execution:")


def test_http_and_amqp_mixed(server):
    """Both doors at once. Over AMQP a start that finds another one's execution is told of its end."""
    random = seeded_random()
    client = server.client(max_pool_connections=8)
    machine = create(client, "machine", PASS)
    mailbox = Mailbox(server)
    plan = [(f"n{number}", random.random() < 0.5, random.random() < 0.5) for number in range(NAMES)]
    texts = {name: ('{"a":1}', '{"a":1}' if equal else '{"a":2}') for name, equal, _ in plan}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        calls, tags = [], []
        for name, _, first in plan:
            over_http, over_amqp = texts[name] if first else reversed(texts[name])
            calls.append(pool.submit(start, client, machine, name, over_http))
            tags.append(mailbox.start(machine, name, over_amqp))
        answers = [call.result(60) for call in calls]
    outcomes = mailbox.wait(tags)
    execution_of = executions_of(machine)
    for (name, equal, first), answer, (kind, execution, body) in zip(plan, answers, outcomes):
        arn = f"{execution_of}:{name}"
        amqp_won = kind == "success"
        if not amqp_won:
            assert body["error"] == "ExecutionAlreadyExists", (name, answer, kind, body)
        else:
            assert execution == arn
        if answer != arn:
            assert answer == "ExecutionAlreadyExists", (name, answer)
        # One of them made it; both were told so only if they meant the same.
        assert amqp_won or answer == arn, (name, answer, kind)
        if not equal:
            assert not (amqp_won and answer == arn), name
        made = client.describe_execution(executionArn=arn)
        over_http, over_amqp = texts[name] if first else tuple(reversed(texts[name]))
        assert made["input"] == (over_http if answer == arn else over_amqp), name
    pages = client.get_paginator("list_executions").paginate(
        stateMachineArn=machine, PaginationConfig={"PageSize": 1000})
    assert sum(len(page["executions"]) for page in pages) == NAMES
