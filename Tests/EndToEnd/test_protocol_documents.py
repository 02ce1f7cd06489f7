"""The documents of the worker protocol: well-formed, true to each other, and true to what is on the wire."""

import copy
import json
import re
import warnings

import jsonschema
import pika
import pytest
import yaml

from conftest import chain, create
from harness import finished
from protocol import CONTRACT, as_message, complaints, examples, schemas

SCHEMA_OF = {"heartbeat-progress": "heartbeat"}
ASYNCAPI = CONTRACT / "asyncapi.yaml"


@pytest.mark.parametrize("name", schemas())
def test_schemas_are_schemas(name):
    jsonschema.Draft202012Validator.check_schema(schemas()[name])


@pytest.mark.parametrize("name", examples())
def test_examples_are_valid(name):
    assert complaints(SCHEMA_OF.get(name, name), examples()[name]) == []


def test_every_schema_has_an_example():
    assert set(schemas()) - {"common"} == {SCHEMA_OF.get(name, name) for name in examples()}


@pytest.mark.parametrize("name, path, value", [
    ("task", ("headers", "baton-protocol"), 2),
    ("task", ("headers", "baton-attempt"), "first"),
    ("task", ("properties", "correlation_id"), ""),
    ("task", ("properties", "correlation_id"), "x" * 1025),
    ("task", ("properties", "reply_to"), None),
    ("failure", ("body",), ["an", "array"]),
    ("failure", ("body", "error"), "x" * 257),
    ("failure", ("body", "cause"), 7),
    ("success", ("properties", "type"), "sucess"),
    ("success", ("exchange",), "baton.tasks"),
    ("recreated", ("headers", "baton-queue"), ""),
    ("event", ("body", "status"), "DONE"),
])
def test_schemas_can_say_no(name, path, value):
    message = copy.deepcopy(examples()[name])
    *way, last = path
    place = message
    for key in way:
        place = place[key]
    place[last] = value
    assert complaints(name, message)


def resolve(document, pointer):
    for key in pointer.strip("/").split("/"):
        document = document[key.replace("~1", "/").replace("~0", "~")]
    return document


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for child in value.values():
            yield from references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


def test_asyncapi_document():
    """By AsyncAPI 3's object model, and by what that does not look at: references, examples, all messages in use."""
    document = yaml.safe_load(ASYNCAPI.read_text())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from asyncapi3.models.asyncapi import AsyncAPI3
    AsyncAPI3.model_validate(document)
    assert document["info"]["version"].startswith("1.")
    for reference in references(document):
        file, pointer = reference.split("#")
        target = json.loads((CONTRACT / file).read_text()) if file else document
        assert resolve(target, pointer) is not None, reference
    used = set()
    for channel in document["channels"].values():
        used |= {message["$ref"].rsplit("/", 1)[1] for message in channel["messages"].values()}
    messages = document["components"]["messages"]
    assert used == set(messages)
    assert {message["name"] for message in messages.values()} == set(schemas()) - {"common"}
    shown = {path for message in messages.values() for path in message["x-examples"]}
    assert {f"./examples/{name}.json" for name in examples()} == shown


def test_the_description_names_every_header_and_type():
    text = (CONTRACT.parent / "worker-protocol.md").read_text()
    for schema in schemas().values():
        for header in schema.get("$defs", {}).get("headers", {}).get("properties", {}):
            assert f"`{header}`" in text, header
    for example in examples().values():
        if example["properties"]["type"] != "sucess":
            assert re.search(rf"`{example['properties']['type']}`", text), example["properties"]["type"]


class Tap:
    """Takes copies of what is on the exchanges, and what comes to a queue of its own."""

    def __init__(self, server):
        self.connection = pika.BlockingConnection(pika.URLParameters(server.broker_url))
        self.channel = self.connection.channel()
        self.reply = self.channel.queue_declare("", exclusive=True).method.queue
        self.messages = []
        self.channel.basic_consume(self.reply, self._take, auto_ack=True)
        self.prefix = server.prefix

    def bind(self, exchange, key):
        self.channel.queue_bind(self.reply, f"{self.prefix}.{exchange}", key)

    def _take(self, channel, method, properties, body):
        self.messages.append(as_message(method.exchange, method.routing_key, properties, body))

    def wait(self, kind, count=1):
        for _ in range(400):
            found = [message for message in self.messages if message["properties"].get("type") == kind]
            if len(found) >= count:
                return found
            self.connection.process_data_events(time_limit=0.05)
        raise AssertionError(f"no {kind} among {self.messages}")


def test_what_the_orchestrator_sends(server, workers):
    client = server.client()
    activity = client.create_activity(name="documented")["activityArn"]
    idle = client.create_activity(name="idle")["activityArn"]
    machine = create(client, "machine", chain(activity, TimeoutSeconds=60, HeartbeatSeconds=20))
    waiting = create(client, "waiting", chain(idle))
    tap = Tap(server)
    tap.bind("tasks", "activity.documented")
    tap.bind("events", "execution.#")
    tap.bind("control", "")
    workers(server, ["documented"])

    def start(properties, body=b"{}"):
        tap.channel.basic_publish("", f"{server.prefix}.start", body, properties)

    def headers(**more):
        return {"baton-protocol": 1, **more}

    name = {"baton-state-machine": "machine"}
    start(pika.BasicProperties(
        type="start", message_id="ada", reply_to=tap.reply, correlation_id="request-1", headers=headers(**name)))
    assert complaints("task", tap.wait("task")[0]) == []
    outcome = tap.wait("success")[0]
    assert complaints("outcome-success", outcome) == []
    assert outcome["properties"]["correlation_id"] == "request-1"
    assert outcome["body"] == {"done": ["Step0"]}
    start(pika.BasicProperties(
        type="start", reply_to=tap.reply, correlation_id="request-2",
        headers=headers(**{"baton-state-machine": "nowhere"})))
    refused = tap.wait("failure")[0]
    assert complaints("outcome-failure", refused) == []

    execution = client.start_execution(stateMachineArn=waiting)["executionArn"]
    tap.wait("execution", 3)
    client.stop_execution(executionArn=execution, error="Enough", cause="a test")
    assert finished(client, execution)["status"] == "ABORTED"
    assert complaints("cancel", tap.wait("cancel")[0]) == []
    events = tap.wait("execution", 4)
    assert [complaints("event", event) for event in events] == [[]] * 4
    assert machine in {event["headers"]["baton-state-machine"] for event in events}


def test_versions(server):
    """A message of a version that is not spoken is answered where there is somebody to answer, and kept."""
    client = server.client()
    activity = client.create_activity(name="versioned")["activityArn"]
    machine = create(client, "machine", chain(activity))
    tap = Tap(server)
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    queue = f"{server.prefix}.activity.versioned"
    for _ in range(100):
        method, task, _ = tap.channel.basic_get(queue)
        if method:
            break
        tap.connection.process_data_events(time_limit=0.05)
    tap.channel.basic_publish(
        "", task.reply_to, b'"from the future"',
        pika.BasicProperties(
            type="success", correlation_id=task.correlation_id, headers={"baton-protocol": 2}))
    tap.channel.basic_ack(method.delivery_tag)
    described = finished(client, execution)
    assert (described["status"], described["error"]) == ("FAILED", "Worker.ProtocolVersion")
    assert "version 2" in described["cause"]

    tap.channel.basic_publish(
        "", f"{server.prefix}.start", b"{}",
        pika.BasicProperties(
            type="start", reply_to=tap.reply, correlation_id="request-3",
            headers={"baton-protocol": "2", "baton-state-machine": "machine"}))
    refused = tap.wait("failure")[0]
    assert complaints("outcome-failure", refused) == []
    assert refused["body"]["error"] == "ProtocolVersion" and "version 2" in refused["body"]["cause"]
    tap.channel.basic_publish(
        "", f"{server.prefix}.start", b"{}",
        pika.BasicProperties(headers={"baton-state-machine": "machine", "of-tomorrow": True, "baton-new": 7}))
