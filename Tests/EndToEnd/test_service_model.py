"""Every way to break every member of every operation's request, made from the service model: too much to pick by hand.

A wrong JSON type has to be a SerializationException, a broken constraint a ValidationException that names the member.
"""

import json
import uuid

import pytest

from conftest import PASS, create
from harness import ROLE
from service_model import OPERATIONS, Connection, errors, operation

WRONG_TYPES = {
    "string": [7, True, [], {}],
    "integer": ["x", True, 1.5, [], {}],
    "long": ["x", True, 1.5, [], {}],
    "float": ["x", True, [], {}],
    "boolean": ["x", 7, [], {}],
    "list": ["x", 7, {}],
    "structure": ["x", 7, []],
}


def violations(shape, value, path):
    """Pairs of a broken value and what is to be expected of it: the kind of error, and the place it names."""
    kind, limits = shape.type_name, shape.metadata
    for wrong in WRONG_TYPES[kind]:
        yield wrong, "SerializationException", None
    if kind == "string":
        if limits.get("min", 0) > 0:
            yield "", "ValidationException", path
        if "max" in limits:
            yield "a" * (limits["max"] + 1), "ValidationException", path
        if shape.enum:
            yield "NONSENSE", "ValidationException", path
        if "pattern" in limits:
            yield "\u00e4 \u00e4", "ValidationException", path
    elif kind in ("integer", "long", "float"):
        if "min" in limits:
            yield limits["min"] - 1, "ValidationException", path
        if "max" in limits:
            yield limits["max"] + 1, "ValidationException", path
    elif kind == "list":
        if "max" in limits:
            yield [value[0]] * (limits["max"] + 1), "ValidationException", path
        if "min" in limits:
            yield [], "ValidationException", path
        for broken, error, place in violations(shape.member, value[0], f"{path}.1.member"):
            yield [broken], error, place
    elif kind == "structure":
        for name in shape.required_members:
            rest = {key: item for key, item in value.items() if key != name}
            yield rest, "ValidationException", f"{path}.{name}" if path else name
        for name, member in shape.members.items():
            given = value.get(name, sample(name, member, value))
            for broken, error, place in violations(member, given, f"{path}.{name}" if path else name):
                yield {**value, name: broken}, error, place


def sample(name, shape, known):
    """A value that the model allows; for required members one that exists."""
    if name in known:
        return known[name]
    kind = shape.type_name
    if kind == "string":
        if shape.enum:
            return shape.enum[0]
        return "{}" if name in ("input", "output") else "a"
    if kind in ("integer", "long", "float"):
        return shape.metadata.get("min", 1)
    if kind == "boolean":
        return False
    if kind == "list":
        return [sample(name, shape.member, {})]
    return {member: sample(member, shape.members[member], {}) for member in shape.required_members}


@pytest.fixture(scope="module")
def known(shared_server):
    """Values for required members, by their names."""
    client = shared_server.client()
    suffix = uuid.uuid4().hex[:8]
    made = client.create_state_machine(
        name=f"model-{suffix}", definition=json.dumps(PASS), roleArn=ROLE, publish=True)
    version = made["stateMachineVersionArn"]
    alias = client.create_state_machine_alias(
        name="model", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}])
    activity = client.create_activity(name=f"model-{suffix}")["activityArn"]
    execution = client.start_execution(stateMachineArn=made["stateMachineArn"])["executionArn"]
    prefix = made["stateMachineArn"].rpartition(":stateMachine:")[0]
    return {
        "stateMachineArn": made["stateMachineArn"], "stateMachineVersionArn": version,
        "stateMachineAliasArn": alias["stateMachineAliasArn"], "activityArn": activity, "executionArn": execution,
        "resourceArn": made["stateMachineArn"], "roleArn": ROLE, "definition": json.dumps(PASS), "taskToken": "t",
        "mapRunArn": f"{prefix}:mapRun:model-{suffix}/Map:{uuid.uuid4()}",
        "routingConfiguration": [{"stateMachineVersionArn": version, "weight": 100}], "tags": [{"key": "k"}],
        "tagKeys": ["k"],
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_broken_requests(shared_server, known, name):
    shape = operation(name).input_shape
    base = {member: sample(member, shape.members[member], known) for member in shape.required_members}
    connection = Connection(shared_server.port)
    count, wrong = 0, []
    for request, error, place in violations(shape, base, ""):
        if not isinstance(request, dict):
            continue
        count += 1
        status, answer = connection.call(name, request)
        shown = json.dumps(request)[:300]
        if status != 400 or answer["__type"] != error:
            wrong.append(f"{error} expected for {shown}, not {status} {str(answer)[:300]}")
        elif place and f"at '{place}' failed to satisfy constraint" not in answer["message"]:
            wrong.append(f"{place} not named for {shown}: {answer['message'][:300]}")
    connection.close()
    assert not wrong, f"{len(wrong)} of {count}:\n" + "\n".join(wrong[:10])
    assert count >= 4


@pytest.mark.parametrize("name", OPERATIONS)
def test_requests_that_are_no_objects(shared_server, name):
    connection = Connection(shared_server.port)
    for text in ("[]", '"x"', "7", "{", '{"a":}', "\x00"):
        status, answer = connection.call(name, text)
        assert (status, answer["__type"]) == (400, "SerializationException"), text
    connection.close()


@pytest.mark.parametrize("name", OPERATIONS)
def test_nulls_are_absent_members(shared_server, known, name):
    if name in ("GetActivityTask", "DeleteStateMachine", "DeleteActivity", "DeleteStateMachineAlias",
                "DeleteStateMachineVersion"):
        pytest.skip("waits, or takes away what the others need")
    shape = operation(name).input_shape
    base = {member: sample(member, shape.members[member], known) for member in shape.required_members}
    nulls = {member: None for member in shape.members if member not in base}
    connection = Connection(shared_server.port)
    status, answer = connection.call(name, {**base, **nulls, "unknownMember": {"a": [None]}})
    connection.close()
    if status != 200:
        assert status == 400 and answer["__type"] in errors(name) - {"SerializationException"}
        assert "failed to satisfy constraint" not in answer["message"]
