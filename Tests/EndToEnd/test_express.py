"""Express executions: in memory, fast, and gone with their process."""

import json
import threading
import time

import botocore.exceptions
import pika
import pytest

from conftest import PASS, chain
from harness import OUTAGE, ROLE, finished, wait_until
from test_command_line import baton


@pytest.fixture
def functions(broker):
    """Serves functions by the worker protocol, in a thread; counts what it was asked."""
    stops = []

    def serve(server, name, answer):
        asked = []
        connection = pika.BlockingConnection(pika.URLParameters(broker.url))
        channel = connection.channel()
        queue = f"{server.prefix}.function.{name}"
        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})

        def handle(_, method, properties, body):
            asked.append((properties, json.loads(body)))
            kind, result = answer(json.loads(body))
            if kind:
                channel.basic_publish(
                    "", properties.reply_to, json.dumps(result).encode(),
                    pika.BasicProperties(correlation_id=properties.correlation_id, type=kind, delivery_mode=2))
            channel.basic_ack(method.delivery_tag)

        channel.basic_consume(queue, handle)
        thread = threading.Thread(target=channel.start_consuming, daemon=True)
        thread.start()
        stops.append((connection, channel, thread))
        return asked

    yield serve
    for connection, channel, thread in stops:
        connection.add_callback_threadsafe(channel.stop_consuming)
        thread.join(10)
        connection.close()


def express(client, name, definition, **extra):
    return client.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE, type="EXPRESS", **extra)["stateMachineArn"]


def invoke(name, **extra):
    return {
        "StartAt": "F", "States": {"F": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": name, "Payload.$": "$"}, "OutputPath": "$.Payload", "End": True, **extra}}}


def wait_state(seconds):
    return {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": seconds, "End": True}}}


@pytest.fixture
def sync(shared_server):
    return shared_server.client(inject_host_prefix=False)


def code(error):
    return error.value.response["Error"]["Code"]


def test_sync(sync, name):
    machine = express(sync, name, PASS)
    ended = sync.start_sync_execution(stateMachineArn=machine, name="once", input='{"a": 1}', traceHeader="Root=1")
    assert ended["status"] == "SUCCEEDED" and json.loads(ended["output"]) == {"greeting": "hello"}
    assert ended["input"] == '{"a": 1}' and ended["inputDetails"] == {"included": True}
    assert ended["name"] == "once" and ended["traceHeader"] == "Root=1"
    prefix, _, unique = ended["executionArn"].rpartition(":")
    assert prefix == machine.replace(":stateMachine:", ":express:") + ":once" and len(unique) == 36
    assert ended["billingDetails"]["billedMemoryUsedInMB"] == 64
    assert ended["billingDetails"]["billedDurationInMilliseconds"] >= 100
    assert ended["startDate"] <= ended["stopDate"]
    bare = sync.start_sync_execution(stateMachineArn=machine, includedData="METADATA_ONLY")
    assert "output" not in bare and "input" not in bare and bare["outputDetails"] == {"included": False}
    again = sync.start_sync_execution(stateMachineArn=machine, name="once", input='{"a": 2}')
    assert again["executionArn"] != ended["executionArn"]


def test_failures_are_outcomes(sync, name):
    machine = express(sync, name, {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}})
    ended = sync.start_sync_execution(stateMachineArn=machine)
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "E", "C") and "output" not in ended
    slow = express(sync, name + "-slow", {**wait_state(60), "TimeoutSeconds": 1})
    ended = sync.start_sync_execution(stateMachineArn=slow)
    assert (ended["status"], ended["error"]) == ("TIMED_OUT", "States.Timeout")


def test_what_each_type_refuses(sync, name):
    machine = express(sync, name, PASS)
    started = sync.start_execution(stateMachineArn=machine)
    execution = started["executionArn"]
    assert ":express:" in execution and started["startDate"]
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        sync.list_executions(stateMachineArn=machine)
    assert code(refusal) == "StateMachineTypeNotSupported"
    for call in [sync.describe_execution, sync.stop_execution, sync.get_execution_history]:
        with pytest.raises(botocore.exceptions.ClientError) as refusal:
            call(executionArn=execution)
        assert code(refusal) == "InvalidArn"
    standard = sync.create_state_machine(name=name + "-s", definition=json.dumps(PASS), roleArn=ROLE)
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        sync.start_sync_execution(stateMachineArn=standard["stateMachineArn"])
    assert code(refusal) == "StateMachineTypeNotSupported"
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        sync.start_sync_execution(stateMachineArn=machine, input="{")
    assert code(refusal) == "InvalidExecutionInput"
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        sync.start_sync_execution(stateMachineArn=machine + "-unknown")
    assert code(refusal) == "StateMachineDoesNotExist"
    activity = sync.create_activity(name=name)["activityArn"]
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        express(sync, name + "-a", chain(activity))
    assert code(refusal) == "InvalidDefinition"


def test_an_update_counts_from_the_next_start(sync, name):
    machine = express(sync, name, PASS)
    for value in range(5):
        definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": value, "End": True}}}
        sync.update_state_machine(stateMachineArn=machine, definition=json.dumps(definition))
        assert sync.start_sync_execution(stateMachineArn=machine)["output"] == str(value)
    sync.delete_state_machine(stateMachineArn=machine)
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        sync.start_sync_execution(stateMachineArn=machine)
    assert code(refusal) == "StateMachineDoesNotExist"


def test_tasks_of_both_kinds_of_machine(sync, shared_server, functions, name):
    asked = functions(shared_server, name, lambda value: ("success", {"doubled": value["n"] * 2}))
    machine = express(sync, name, invoke(name))
    standard = sync.create_state_machine(name=name + "-s", definition=json.dumps(invoke(name)), roleArn=ROLE)
    started = sync.start_execution(stateMachineArn=standard["stateMachineArn"], input='{"n": 5}')
    results = []

    def run(n):
        ended = sync.start_sync_execution(stateMachineArn=machine, input=json.dumps({"n": n}))
        results.append((n, ended["status"], ended.get("output")))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == [(n, "SUCCEEDED", json.dumps({"doubled": n * 2}).replace(" ", "")) for n in range(20)]
    wait_until("the standard one ends", lambda: sync.describe_execution(
        executionArn=started["executionArn"])["status"] == "SUCCEEDED")
    replies = {properties.reply_to for properties, _ in asked}
    assert replies == {f"{shared_server.prefix}.results.0", f"{shared_server.prefix}.results.express.0"}


def test_an_answer_over_http(sync, shared_server, functions, name):
    tokens = functions(shared_server, name, lambda value: (None, None))
    machine = express(sync, name, invoke(name))
    result = {}
    thread = threading.Thread(target=lambda: result.update(sync.start_sync_execution(stateMachineArn=machine)))
    thread.start()
    wait_until("the function is asked", lambda: tokens)
    sync.send_task_success(taskToken=tokens[0][0].correlation_id, output='{"over": "http"}')
    thread.join(20)
    assert json.loads(result["output"]) == {"over": "http"}


def test_a_start_over_amqp(sync, broker, shared_server, name):
    express(sync, name, PASS)
    connection = pika.BlockingConnection(pika.URLParameters(broker.url))
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.basic_publish(
        "", f"{shared_server.prefix}.start", b"{}",
        pika.BasicProperties(
            message_id="a-name", correlation_id="c", reply_to=queue, type="start",
            headers={"baton-state-machine": name}))

    def outcome():
        method, properties, body = channel.basic_get(queue, auto_ack=True)
        return (properties, body) if method else None

    properties, body = wait_until("the outcome comes", outcome)
    assert (properties.type, properties.correlation_id) == ("success", "c")
    assert json.loads(body) == {"greeting": "hello"}
    assert f":express:{name}:a-name:" in properties.headers["baton-execution"]
    connection.close()


def logged(server, group):
    path = server.directory / "baton.db-logs" / (group.lstrip("/") + ".jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def logging(group, level="ALL", data=True):
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    return {"level": level, "includeExecutionData": data,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}


def test_logs(sync, shared_server, name):
    group = f"/aws/vendedlogs/states/{name}"
    machine = express(sync, name, PASS, loggingConfiguration=logging(group))
    execution = sync.start_execution(stateMachineArn=machine, input='{"x": 1}')["executionArn"]
    events = wait_until("events are logged", lambda: len(logged(shared_server, group)) == 4 and logged(
        shared_server, group))
    assert [event["type"] for event in events] == [
        "ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    assert all(event["execution_arn"] == execution and event["redrive_count"] == "0" for event in events)
    assert events[0]["details"]["input"] == '{"x": 1}'.replace(" ", "") and events[0]["details"]["roleArn"] == ROLE
    assert abs(int(events[3]["event_timestamp"]) / 1000 - time.time()) < 60
    standard = sync.create_state_machine(
        name=name + "-s", definition=json.dumps(PASS), roleArn=ROLE,
        loggingConfiguration=logging(group + "-s", data=False))["stateMachineArn"]
    sync.start_execution(stateMachineArn=standard)
    events = wait_until("events are logged", lambda: len(logged(shared_server, group + "-s")) == 4 and logged(
        shared_server, group + "-s"))
    assert [event["details"] for event in events] == [{"roleArn": ROLE}, {"name": "P"}, {"name": "P"}, {}]


def test_the_command_line(sync, shared_server, name):
    group = f"/aws/vendedlogs/states/{name}"
    express(sync, name, PASS, loggingConfiguration=logging(group))
    for flag in ("--wait", "--sync"):
        status, output, errors = baton("start", name, flag, endpoint=shared_server.url)
        assert status == 0, errors
        assert "SUCCEEDED" in output and '"greeting": "hello"' in output
    fails = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}}
    express(sync, name + "-fails", fails)
    status, output, _ = baton("start", name + "-fails", "--wait", endpoint=shared_server.url)
    assert status == 1 and "FAILED" in output and "E: C" in output
    for command in (["describe", name + ":x"], ["history", name], ["list", "--machine", name]):
        status, _, errors = baton(*command, endpoint=shared_server.url)
        assert status in (1, 4) and errors, command
    status, _, errors = baton("history", name, endpoint=shared_server.url)
    assert status == 4 and "not kept" in errors
    status, output, _ = baton("list", endpoint=shared_server.url)
    assert status == 0 and "are not kept" in output
    status, output, errors = baton("logs", name, "--data", endpoint=shared_server.url)
    assert status == 0, errors
    assert output.count("ExecutionSucceeded") == 2 and "greeting" in output
    status, output, _ = baton("logs", group, "--last", "1", "--output", "json", endpoint=shared_server.url)
    assert [json.loads(line)["type"] for line in output.splitlines()] == ["ExecutionSucceeded"]
    status, output, _ = baton("logs", endpoint=shared_server.url)
    assert group in output.splitlines()
    status, _, errors = baton("logs", "no-such-group", endpoint=shared_server.url)
    assert status == 4 and "no-such-group" in errors


def test_one_execution_starts_another(sync, name):
    child = express(sync, name, {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    standard = sync.create_state_machine(
        name=name + "-s", definition=json.dumps(PASS), roleArn=ROLE)["stateMachineArn"]

    def starter(arn):
        return {"StartAt": "S", "States": {"S": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution",
            "Parameters": {"StateMachineArn": arn, "Input": {"from": "parent"}}, "End": True}}}

    for target, kind in [(child, ":express:"), (standard, ":execution:")]:
        parent = express(sync, name + "-to-" + kind.strip(":"), starter(target))
        ended = sync.start_sync_execution(stateMachineArn=parent)
        assert ended["status"] == "SUCCEEDED", ended
        output = json.loads(ended["output"])
        assert kind in output["ExecutionArn"] and isinstance(output["StartDate"], int)
    described = sync.describe_execution(executionArn=output["ExecutionArn"])
    assert json.loads(described["input"])["from"] == "parent"
    parent = sync.create_state_machine(
        name=name + "-p", definition=json.dumps(starter(child)), roleArn=ROLE)["stateMachineArn"]
    execution = sync.start_execution(stateMachineArn=parent)["executionArn"]
    ended = finished(sync, execution)
    assert ended["status"] == "SUCCEEDED" and ":express:" in json.loads(ended["output"])["ExecutionArn"]


def test_a_version_and_an_alias(sync, name):
    def result(value):
        return json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": value, "End": True}}})

    machine = sync.create_state_machine(
        name=name, definition=result(1), roleArn=ROLE, type="EXPRESS", publish=True)
    sync.update_state_machine(stateMachineArn=machine["stateMachineArn"], definition=result(2))
    alias = sync.create_state_machine_alias(
        name="live", routingConfiguration=[{
            "stateMachineVersionArn": machine["stateMachineVersionArn"], "weight": 100}])["stateMachineAliasArn"]
    for arn, output in [
        (machine["stateMachineArn"], "2"), (machine["stateMachineVersionArn"], "1"), (alias, "1")]:
        for _ in range(2):
            assert sync.start_sync_execution(stateMachineArn=arn)["output"] == output


def test_a_crash_leaves_nothing_and_harms_nothing(server, functions, name):
    client = server.client(inject_host_prefix=False, retries={"max_attempts": 0})
    functions(server, name, lambda value: (None, None))
    machine = express(client, name, invoke(name))
    quick = express(client, name + "-quick", PASS)
    failures = []

    def run():
        try:
            client.start_sync_execution(stateMachineArn=machine)
        except OUTAGE as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        client.start_execution(stateMachineArn=machine)
    time.sleep(0.5)
    server.kill()
    for thread in threads:
        thread.join(20)
    assert len(failures) == 5
    server.start()
    assert client.start_sync_execution(stateMachineArn=quick)["status"] == "SUCCEEDED"
    assert "baton_express_executions_cached 0" in server.get("/metrics")[1]
    assert server.stop() == 0


def test_shutdown_does_not_wait_five_minutes(server, name):
    client = server.client(inject_host_prefix=False, retries={"max_attempts": 0})
    machine = express(client, name, wait_state(200))
    brief = express(client, name + "-brief", wait_state(2))
    results = {}

    def run(key, arn):
        try:
            results[key] = client.start_sync_execution(stateMachineArn=arn)["status"]
        except (botocore.exceptions.ClientError, *OUTAGE) as error:
            results[key] = error.response["Error"]["Code"] if hasattr(error, "response") else repr(error)

    threads = [threading.Thread(target=run, args=item) for item in {"long": machine, "brief": brief}.items()]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 15
    for thread in threads:
        thread.join(10)
    assert results["brief"] == "SUCCEEDED"
    assert results["long"] in ("ServiceUnavailable", "503")
