"""The published contract: its schemas, and a stand-in for the orchestrator that speaks it to a worker."""

import itertools
import json
import time

import jsonschema
import pika
import referencing
import referencing.jsonschema

from harness import ROOT

CONTRACT = ROOT / "docs" / "protocol"
ARN = "arn:aws:states:us-east-1:000000000000"
PROPERTIES = (
    "type", "content_type", "delivery_mode", "correlation_id", "message_id", "reply_to", "timestamp", "expiration",
    "app_id",
)


def schemas():
    return {path.stem: json.loads(path.read_text()) for path in sorted((CONTRACT / "schemas").glob("*.json"))}


def examples():
    return {path.stem: json.loads(path.read_text()) for path in sorted((CONTRACT / "examples").glob("*.json"))}


def validator(name):
    known = schemas()
    registry = referencing.Registry().with_resources(
        (schema["$id"], referencing.Resource.from_contents(schema)) for schema in known.values())
    return jsonschema.Draft202012Validator(
        known[name], registry=registry, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def complaints(name, message):
    """What is wrong with a message, by the schema of that name."""
    return [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator(name).iter_errors(message)]


def as_message(exchange, routing_key, properties, body, limit=262_144):
    """A message from the wire, in the form of the schemas."""
    message = {
        "exchange": exchange, "routingKey": routing_key, "headers": properties.headers or {},
        "properties": {key: getattr(properties, key) for key in PROPERTIES if getattr(properties, key) is not None},
    }
    if body:
        assert len(body) <= limit
        message["body"] = json.loads(body)
    return message


class StandIn:
    """Plays the orchestrator for one activity: publishes tasks, takes answers, and holds each against its schema."""

    numbers = itertools.count(1)

    def __init__(self, broker_url, prefix, activity="greet", results=None):
        """`results` names a queue for answers that stays, also when the broker is restarted."""
        self.prefix, self.activity = prefix, activity
        self.connection = pika.BlockingConnection(pika.URLParameters(broker_url))
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()
        self.queue = f"{prefix}.activity.{activity}"
        self.channel.exchange_declare(f"{prefix}.tasks", "direct", durable=True)
        self.channel.exchange_declare(f"{prefix}.control", "fanout", durable=True)
        quorum = {"x-queue-type": "quorum"}
        for queue in (self.queue, f"{prefix}.dead", f"{prefix}.start"):
            self.channel.queue_declare(queue, durable=True, arguments=quorum)
        self.channel.queue_bind(self.queue, f"{prefix}.tasks", f"activity.{activity}")
        self.results = self.channel.queue_declare(
            results or "", durable=results is not None, exclusive=results is None).method.queue
        self.channel.basic_consume(self.results, self._take, auto_ack=True)
        self.answers = []

    def close(self):
        self.connection.close()

    def _take(self, channel, method, properties, body):
        message = as_message(method.exchange, method.routing_key, properties, body, limit=600_000)
        wrong = complaints(properties.type, message)
        assert wrong == [], (message, wrong)
        self.answers.append((time.monotonic(), properties.correlation_id, properties.type, message.get("body")))

    def send(self, body, heartbeat=None, token=None, version=1, reply=True):
        """Publishes a task and returns its token."""
        number = next(self.numbers)
        token = token or f"token-{number}"
        headers = {
            "baton-protocol": version, "baton-execution": f"{ARN}:execution:machine:e{number}",
            "baton-state-machine": f"{ARN}:stateMachine:machine", "baton-state": "Greet", "baton-attempt": 0,
            "a-header-of-tomorrow": "unknown",
        }
        if heartbeat:
            headers["baton-heartbeat-seconds"] = heartbeat
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.channel.basic_publish(
            f"{self.prefix}.tasks", f"activity.{self.activity}", body,
            pika.BasicProperties(
                type="task", content_type="application/json", delivery_mode=2, correlation_id=token,
                message_id=f"{headers['baton-execution']}#1", reply_to=self.results if reply else None,
                timestamp=int(time.time()), app_id="baton", headers=headers),
            mandatory=True)
        return token

    def cancel(self, token):
        self.channel.basic_publish(
            f"{self.prefix}.control", "", b"",
            pika.BasicProperties(
                type="cancel", correlation_id=token, delivery_mode=1, app_id="baton", headers={"baton-protocol": 1}))

    def listen(self, seconds):
        """Takes what comes for that long."""
        self.connection.process_data_events(time_limit=seconds)

    def wait(self, what, condition, timeout=20.0):
        deadline = time.monotonic() + timeout
        while not (found := condition()):
            assert time.monotonic() < deadline, f"not within {timeout} s: {what}; answers: {self.answers}"
            self.connection.process_data_events(time_limit=0.05)
        return found

    def of(self, token, *types):
        return [answer for answer in self.answers if answer[1] == token and (not types or answer[2] in types)]

    def outcome(self, token, timeout=20.0):
        """Waits for the end of a task: (type, body)."""
        answers = self.wait(f"{token} is answered", lambda: self.of(token, "success", "failure"), timeout)
        return answers[0][2:]

    def waiting(self, queue=None):
        """Messages that nobody has taken."""
        return self.channel.queue_declare(queue or self.queue, passive=True).method.message_count

    def is_served(self):
        """Whether the activity's queue is there and has a consumer."""
        try:
            with self.connection.channel() as channel:
                return channel.queue_declare(self.queue, passive=True).method.consumer_count > 0
        except pika.exceptions.ChannelClosedByBroker:
            return False
