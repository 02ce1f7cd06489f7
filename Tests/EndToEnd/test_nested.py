"""Executions within executions, tasks that the orchestrator carries out itself, and redrive: also under kill -9."""

import json
import subprocess
import threading
import time

import pytest

from conftest import PASS, create
from harness import BINARIES, persistently, seeded_random, wait_until, whole_history

START = "arn:aws:states:::states:startExecution"


def task(resource, parameters, **extra):
    state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **extra}
    return {"StartAt": "A", "States": {"A": state}}


def status(client, execution):
    return persistently(lambda: client.describe_execution(executionArn=execution))


def ended(client, execution, timeout=30):
    def look():
        description = status(client, execution)
        return description if description["status"] != "RUNNING" else None

    return wait_until(f"{execution} ends", look, timeout=timeout)


@pytest.mark.slow
def test_parents_hear_of_their_children_through_crashes(server, workers):
    random = seeded_random()
    client = server.client(read_timeout=70)
    activity = client.create_activity(name="leaf")["activityArn"]
    child = create(client, "child", task(activity, {"n.$": "$.n"}))
    middle = create(client, "middle", task(
        START + ".sync:2", {"StateMachineArn": child, "Input.$": "$", "Name.$": "$.name"}, OutputPath="$.Output"))
    top = create(client, "top", task(
        START + ".sync:2", {"StateMachineArn": middle, "Input.$": "$", "Name.$": "$.name"}, OutputPath="$.Output"))
    fleet = workers(server, ["leaf"], count=2, delay=0.002)
    executions = []

    def start_all():
        for n in range(100):
            def start(n=n):
                try:
                    client.start_execution(
                        stateMachineArn=top, name=f"run-{n}", input=json.dumps({"n": n, "name": f"c-{n}"}))
                except client.exceptions.ExecutionAlreadyExists:
                    pass
                return top.replace(":stateMachine:", ":execution:") + f":run-{n}"
            executions.append(persistently(start))

    starter = threading.Thread(target=start_all, daemon=True)
    starter.start()
    for _ in range(8):
        time.sleep(0.1 + random.random() * 0.5)
        server.kill()
        time.sleep(random.random() * 0.2)
        server.start(ready=False)
    starter.join(60)
    assert len(executions) == 100 and fleet
    for n, execution in enumerate(executions):
        description = ended(client, execution, timeout=60)
        assert description["status"] == "SUCCEEDED", description
        kinds = [event["type"] for event in whole_history(client, execution)]
        assert kinds == [
            "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded",
            "TaskStateExited", "ExecutionSucceeded"]
    for machine in (child, middle):
        listed = client.list_executions(stateMachineArn=machine, maxResults=1000)["executions"]
        assert sorted(item["name"] for item in listed) == sorted(f"c-{n}" for n in range(100))
        assert {item["status"] for item in listed} == {"SUCCEEDED"}


def test_a_stopped_parent_stops_its_child(client, name):
    activity = client.create_activity(name=name)["activityArn"]
    child = create(client, name + "-child", task(activity, {}))
    parent = create(client, name, task(START + ".sync", {"StateMachineArn": child, "Name": "c"}))
    execution = client.start_execution(stateMachineArn=parent)["executionArn"]
    arn = child.replace(":stateMachine:", ":execution:") + ":c"
    assert status(client, arn)["status"] == "RUNNING"
    client.stop_execution(executionArn=execution, error="Enough")
    assert status(client, arn)["status"] == "ABORTED"
    assert status(client, execution)["error"] == "Enough"


def test_an_execution_takes_and_answers_an_activitys_task_through_a_crash(server):
    client = server.client()
    activity = client.create_activity(name="work")["activityArn"]
    sdk = "arn:aws:states:::aws-sdk:sfn:"
    taker = create(client, "taker", {"StartAt": "Take", "States": {
        "Take": {"Type": "Task", "Resource": sdk + "getActivityTask", "Next": "Answer",
                 "Parameters": {"ActivityArn": activity, "WorkerName": "execution"}},
        "Answer": {"Type": "Task", "Resource": sdk + "sendTaskSuccess", "End": True,
                   "Parameters": {"TaskToken.$": "$.TaskToken", "Output.$": "$.Input"}}}})
    taking = client.start_execution(stateMachineArn=taker)["executionArn"]
    time.sleep(0.3)
    server.kill()
    server.start()
    machine = create(client, "asks", task(activity, {"x": 1}))
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    assert ended(client, execution)["output"] == '{"x":1}'
    assert ended(client, taking)["status"] == "SUCCEEDED"
    events = whole_history(client, execution)
    assert [e["activityStartedEventDetails"] for e in events if e["type"] == "ActivityStarted"] == [
        {"workerName": "execution"}]


@pytest.mark.parametrize("action, parameters, look", [
    ("describeStateMachine", {"StateMachineArn": "M"}, lambda out: out["Name"] == out["StateMachineArn"].split(":")[-1]),
    ("listExecutions", {"StateMachineArn": "M"}, lambda out: out["Executions"] == []),
    ("listStateMachines", {"MaxResults": 5}, lambda out: out["StateMachines"][0]["CreationDate"].endswith("Z")),
    ("validateStateMachineDefinition", {"Definition": json.dumps(PASS)}, lambda out: out["Result"] == "OK"),
])
def test_operations_of_the_sdk(client, name, action, parameters, look):
    target = create(client, name + "-target", PASS)
    filled = {key: target if value == "M" else value for key, value in parameters.items()}
    machine = create(client, name, task(f"arn:aws:states:::aws-sdk:sfn:{action}", filled))
    description = ended(client, client.start_execution(stateMachineArn=machine)["executionArn"])
    assert description["status"] == "SUCCEEDED", description
    assert look(json.loads(description["output"])), description["output"]


def test_refusals_of_the_sdk_have_its_names(client, name):
    machine = create(client, name, task(
        "arn:aws:states:::aws-sdk:sfn:describeExecution",
        {"ExecutionArn": "arn:aws:states:us-east-1:000000000000:execution:none:none"}))
    description = ended(client, client.start_execution(stateMachineArn=machine)["executionArn"])
    assert description["error"] == "Sfn.ExecutionDoesNotExistException"
    assert "(Service: Sfn, Status Code: 400, Request ID: " in description["cause"]


def test_redrive_goes_on_where_it_stopped_through_a_crash(server):
    client = server.client()
    activity = client.create_activity(name="flaky")["activityArn"]
    machine = create(client, "flow", {"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": True, "Branches": [
        {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "Result": 1, "End": True}}},
        {"StartAt": "Flaky", "States": {"Flaky": {"Type": "Task", "Resource": activity, "End": True}}},
        {"StartAt": "Long", "States": {"Long": {"Type": "Wait", "Seconds": 1, "End": True}}}]}}})
    execution = client.start_execution(stateMachineArn=machine, input="[2]")["executionArn"]
    taken = client.get_activity_task(activityArn=activity)
    assert client.describe_execution(executionArn=execution)["redriveStatus"] == "NOT_REDRIVABLE"
    with pytest.raises(client.exceptions.ExecutionNotRedrivable):
        client.redrive_execution(executionArn=execution)
    client.send_task_failure(taskToken=taken["taskToken"], error="E")
    assert client.describe_execution(executionArn=execution)["redriveStatus"] == "REDRIVABLE"

    redriven = client.redrive_execution(executionArn=execution, clientToken="once")["redriveDate"]
    assert client.redrive_execution(executionArn=execution, clientToken="once")["redriveDate"] == redriven
    server.kill()
    server.start()
    again = client.get_activity_task(activityArn=activity)
    assert again["taskToken"] != taken["taskToken"]
    with pytest.raises(client.exceptions.TaskTimedOut):
        client.send_task_success(taskToken=taken["taskToken"], output="0")
    client.send_task_success(taskToken=again["taskToken"], output="3")
    description = ended(client, execution)
    assert (description["output"], description["redriveCount"]) == ("[1,3,[2]]", 1)
    assert description["redriveDate"] == redriven

    history = whole_history(client, execution)
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))
    kinds = [event["type"] for event in history]
    assert kinds.count("ParallelStateStarted") == 1 and kinds.count("ExecutionRedriven") == 1
    assert {"type": "ExecutionRedriven", "executionRedrivenEventDetails": {"redriveCount": 1}}.items() <= next(
        event for event in history if event["type"] == "ExecutionRedriven").items()
    other = client.start_execution(stateMachineArn=machine)["executionArn"]
    def listed(which):
        page = client.list_executions(stateMachineArn=machine, redriveFilter=which)["executions"]
        return [item["executionArn"] for item in page]
    assert (listed("REDRIVEN"), listed("NOT_REDRIVEN")) == ([execution], [other])


def test_redrive_on_the_command_line(shared_server, client, name):
    machine = create(client, name, {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}})
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    ended(client, execution)
    command = [str(BINARIES / "baton"), "redrive", name, "--endpoint", shared_server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert "redriven" in done.stdout
    assert ended(client, execution)["redriveCount"] == 1


def test_an_integration_that_is_missing_is_named(client, name):
    machine = create(client, name, task("arn:aws:states:::sns:publish", {"TopicArn": "t", "Message": "m"}))
    description = ended(client, client.start_execution(stateMachineArn=machine)["executionArn"])
    assert description["error"] == "States.TaskFailed"
    assert "sns:publish" in description["cause"]
