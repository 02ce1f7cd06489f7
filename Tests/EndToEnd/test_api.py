"""The API as boto3 sees it: shapes, idempotency, errors."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

from conftest import PASS, chain, create
from harness import ROLE, finished, wait_until, whole_history


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    return error["Error"]["Code"], error["Error"]["Message"]


def test_state_machine_from_creation_to_deletion(client, name):
    created = client.create_state_machine(name=name, definition=json.dumps(PASS), roleArn=ROLE)
    arn = created["stateMachineArn"]
    assert arn == f"arn:aws:states:us-east-1:000000000000:stateMachine:{name}"
    assert isinstance(created["creationDate"], datetime.datetime)
    age = datetime.datetime.now(datetime.timezone.utc) - created["creationDate"]
    assert abs(age) < datetime.timedelta(minutes=1)
    again = client.create_state_machine(name=name, definition=json.dumps(PASS), roleArn=ROLE + "-2")
    assert again["stateMachineArn"] == arn and again["creationDate"] == created["creationDate"]
    assert refusal(
        client.create_state_machine, name=name, definition=json.dumps({**PASS, "Comment": "x"}), roleArn=ROLE,
    ) == ("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")

    described = client.describe_state_machine(stateMachineArn=arn)
    described.pop("ResponseMetadata")
    assert described == {
        "stateMachineArn": arn, "name": name, "status": "ACTIVE", "definition": json.dumps(PASS), "roleArn": ROLE,
        "type": "STANDARD", "creationDate": created["creationDate"],
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": {"enabled": False}, "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }

    updated = client.update_state_machine(stateMachineArn=arn, definition=json.dumps({**PASS, "Comment": "two"}))
    assert len(updated["revisionId"]) == 36
    described = client.describe_state_machine(stateMachineArn=arn)
    assert described["revisionId"] == updated["revisionId"]
    assert json.loads(described["definition"])["Comment"] == "two"
    same = client.update_state_machine(stateMachineArn=arn, definition=json.dumps({**PASS, "Comment": "two"}))
    assert same["revisionId"] == updated["revisionId"]
    assert refusal(client.update_state_machine, stateMachineArn=arn)[0] == "MissingRequiredParameter"

    client.delete_state_machine(stateMachineArn=arn)
    client.delete_state_machine(stateMachineArn=arn)
    assert refusal(client.describe_state_machine, stateMachineArn=arn) == (
        "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def test_machine_stays_until_its_executions_ended(client, name):
    activity = client.create_activity(name=name)["activityArn"]
    arn = create(client, name, chain(activity))
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    client.delete_state_machine(stateMachineArn=arn)
    assert client.describe_state_machine(stateMachineArn=arn)["status"] == "DELETING"
    assert refusal(client.start_execution, stateMachineArn=arn)[0] == "StateMachineDeleting"
    client.stop_execution(executionArn=execution)
    wait_until(
        "the machine is gone",
        lambda: arn not in [m["stateMachineArn"] for m in client.list_state_machines()["stateMachines"]])
    assert refusal(client.describe_state_machine, stateMachineArn=arn)[0] == "StateMachineDoesNotExist"
    assert client.describe_execution(executionArn=execution)["status"] == "ABORTED"
    described = client.describe_state_machine_for_execution(executionArn=execution)
    assert json.loads(described["definition"]) == chain(activity)


def test_execution_from_start_to_end(client, name):
    arn = create(client, name, PASS)
    started = client.start_execution(stateMachineArn=arn, name="first", input='{ "a" : 1 }')
    assert started["executionArn"] == arn.replace(":stateMachine:", ":execution:") + ":first"
    described = finished(client, started["executionArn"])
    described.pop("ResponseMetadata")
    stopped = described.pop("stopDate")
    assert stopped >= started["startDate"]
    assert described.pop("redriveStatusReason") == "Execution is SUCCEEDED and cannot be redriven"
    assert json.loads(described.pop("output")) == {"greeting": "hello"}
    assert described == {
        "executionArn": started["executionArn"], "stateMachineArn": arn, "name": "first", "status": "SUCCEEDED",
        "startDate": started["startDate"], "input": '{ "a" : 1 }', "inputDetails": {"included": True},
        "outputDetails": {"included": True}, "redriveCount": 0, "redriveStatus": "NOT_REDRIVABLE",
    }
    metadata = client.describe_execution(executionArn=started["executionArn"], includedData="METADATA_ONLY")
    assert "input" not in metadata and metadata["inputDetails"] == {"included": False}


def test_start_is_idempotent_by_name_and_input(client, name):
    activity = client.create_activity(name=name)["activityArn"]
    arn = create(client, name, chain(activity))
    first = client.start_execution(stateMachineArn=arn, name="one", input='{"a":1}')
    again = client.start_execution(stateMachineArn=arn, name="one", input='{"a":1}')
    assert again["executionArn"] == first["executionArn"] and again["startDate"] == first["startDate"]
    assert refusal(client.start_execution, stateMachineArn=arn, name="one", input='{"a":2}') == (
        "ExecutionAlreadyExists", f"Execution Already Exists: '{first['executionArn']}'")
    client.stop_execution(executionArn=first["executionArn"], error="Tests.Over", cause="enough")
    described = finished(client, first["executionArn"])
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Tests.Over", "enough")
    assert refusal(client.start_execution, stateMachineArn=arn, name="one", input='{"a":1}')[0] == (
        "ExecutionAlreadyExists")


def test_listing_pages_newest_first(client, name):
    arn = create(client, name, PASS)
    executions = [client.start_execution(stateMachineArn=arn, name=f"e{i}")["executionArn"] for i in range(25)]
    for execution in executions:
        finished(client, execution)
    pages = list(
        client.get_paginator("list_executions").paginate(
            stateMachineArn=arn, PaginationConfig={"PageSize": 10}))
    assert [len(page["executions"]) for page in pages] == [10, 10, 5]
    assert [e["executionArn"] for page in pages for e in page["executions"]] == executions[::-1]
    item = pages[0]["executions"][0]
    assert sorted(item) == [
        "executionArn", "name", "redriveCount", "startDate", "stateMachineArn", "status", "stopDate"]
    assert client.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"] == []
    token = client.list_executions(stateMachineArn=arn, maxResults=5)["nextToken"]
    assert refusal(client.list_executions, stateMachineArn=arn, statusFilter="FAILED", nextToken=token) == (
        "InvalidToken", "Invalid Token: 'Invalid token'")


def test_history_both_ways_and_in_pages(client, name):
    states = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(30)}
    states["S30"] = {"Type": "Succeed"}
    arn = create(client, name, {"StartAt": "S0", "States": states})
    execution = client.start_execution(stateMachineArn=arn, input='{"x":1}')["executionArn"]
    finished(client, execution)
    forward = whole_history(client, execution)
    assert [event["id"] for event in forward] == list(range(1, 65))
    assert forward[0]["type"] == "ExecutionStarted" and forward[0]["previousEventId"] == 0
    assert forward[-1]["type"] == "ExecutionSucceeded"
    assert [event["type"] for event in forward[1:3]] == ["PassStateEntered", "PassStateExited"]
    for size in (1, 7, 64):
        assert whole_history(client, execution, page=size) == forward
        assert whole_history(client, execution, reverse=True, page=size) == forward[::-1]
    bare = client.get_execution_history(executionArn=execution, includeExecutionData=False)["events"]
    assert "input" not in bare[0]["executionStartedEventDetails"]


def test_activities(client, name):
    created = client.create_activity(name=name)
    arn = created["activityArn"]
    assert arn == f"arn:aws:states:us-east-1:000000000000:activity:{name}"
    again = client.create_activity(name=name)
    assert (again["activityArn"], again["creationDate"]) == (arn, created["creationDate"])
    described = client.describe_activity(activityArn=arn)
    described.pop("ResponseMetadata")
    assert described == {
        "activityArn": arn, "name": name, "creationDate": created["creationDate"],
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }
    listed = [a for page in client.get_paginator("list_activities").paginate(
        PaginationConfig={"PageSize": 2}) for a in page["activities"]]
    assert arn in [a["activityArn"] for a in listed]
    client.delete_activity(activityArn=arn)
    client.delete_activity(activityArn=arn)
    assert refusal(client.describe_activity, activityArn=arn) == (
        "ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
    assert refusal(client.get_activity_task, activityArn=arn)[0] == "ActivityDoesNotExist"


def test_tasks_are_answered_over_http(client, name):
    activity = client.create_activity(name=name)["activityArn"]
    catch = [{"ErrorEquals": ["Tests.Broken"], "ResultPath": "$.error", "Next": "Step2"}]
    definition = chain(activity, activity, activity)
    definition["States"]["Step1"]["Catch"] = catch
    arn = create(client, name, definition)
    execution = client.start_execution(stateMachineArn=arn, input='{"n":1}')["executionArn"]
    task = client.get_activity_task(activityArn=activity, workerName="me")
    assert json.loads(task["input"]) == {"n": 1}
    client.send_task_heartbeat(taskToken=task["taskToken"])
    client.send_task_success(taskToken=task["taskToken"], output='{"n":2}')
    assert refusal(client.send_task_success, taskToken=task["taskToken"], output="{}")[0] == "TaskTimedOut"
    task = client.get_activity_task(activityArn=activity)
    client.send_task_failure(taskToken=task["taskToken"], error="Tests.Broken", cause="on purpose")
    task = client.get_activity_task(activityArn=activity)
    assert json.loads(task["input"]) == {"n": 2, "error": {"Error": "Tests.Broken", "Cause": "on purpose"}}
    client.send_task_success(taskToken=task["taskToken"], output='"done"')
    assert finished(client, execution)["output"] == '"done"'
    started = [e for e in whole_history(client, execution) if e["type"] == "ActivityStarted"]
    assert started[0]["activityStartedEventDetails"] == {"workerName": "me"}


def test_tags_of_state_machines(client, name):
    arn = client.create_state_machine(
        name=name, definition=json.dumps(PASS), roleArn=ROLE, tags=[{"key": "a", "value": "1"}])["stateMachineArn"]
    client.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": ""}, {"key": "a", "value": "2"}])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [
        {"key": "a", "value": "2"}, {"key": "b", "value": ""}]
    client.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": ""}]


def test_definitions_are_validated(client, name):
    good = client.validate_state_machine_definition(definition=json.dumps(PASS))
    assert (good["result"], good["diagnostics"], good["truncated"]) == ("OK", [], False)
    bad = client.validate_state_machine_definition(
        definition=json.dumps({"States": {"A": {"Type": "Pass", "Next": "B"}}}))
    assert bad["result"] == "FAIL"
    assert bad["diagnostics"][0]["severity"] == "ERROR"
    code, message = refusal(
        client.create_state_machine, name=name, roleArn=ROLE,
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Nonsense", "End": True}}}))
    assert code == "InvalidDefinition"
    assert message.startswith("Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED:")


ARN = "arn:aws:states:us-east-1:000000000000:"


@pytest.mark.parametrize(("operation", "arguments", "code", "message"), [
    ("describe_state_machine", {"stateMachineArn": "nonsense"}, "InvalidArn",
     "Invalid Arn: 'Invalid ARN prefix: nonsense'"),
    ("describe_activity", {"activityArn": "nonsense"}, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nonsense'"),
    ("get_activity_task", {"activityArn": "nonsense"}, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nonsense'"),
    ("describe_execution", {"executionArn": ARN + "execution:none:none"}, "ExecutionDoesNotExist",
     f"Execution Does Not Exist: '{ARN}execution:none:none'"),
    ("get_execution_history", {"executionArn": ARN + "execution:none:none"}, "ExecutionDoesNotExist",
     f"Execution Does Not Exist: '{ARN}execution:none:none'"),
    ("stop_execution", {"executionArn": ARN + "execution:none:none"}, "ExecutionDoesNotExist",
     f"Execution Does Not Exist: '{ARN}execution:none:none'"),
    ("start_execution", {"stateMachineArn": ARN + "stateMachine:none"}, "StateMachineDoesNotExist",
     f"State Machine Does Not Exist: '{ARN}stateMachine:none'"),
    ("list_executions", {"stateMachineArn": ARN + "stateMachine:none"}, "StateMachineDoesNotExist",
     f"State Machine Does Not Exist: '{ARN}stateMachine:none'"),
    ("create_activity", {"name": "no good"}, "InvalidName", "Invalid Name: 'no good'"),
    ("list_state_machines", {"maxResults": 1001}, "ValidationException",
     "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: "
     "Member must have value less than or equal to 1000"),
    ("list_activities", {"nextToken": "x" * 1025}, "ValidationException",
     f"1 validation error detected: Value '{'x' * 1025}' at 'nextToken' failed to satisfy constraint: "
     "Member must have length less than or equal to 1024"),
    ("list_activities", {"nextToken": "forged"}, "InvalidToken", "Invalid Token: 'Invalid token'"),
    ("send_task_heartbeat", {"taskToken": "forged"}, "InvalidToken", "Invalid Token: 'Invalid token'"),
])
def test_refusals(client, operation, arguments, code, message):
    assert refusal(getattr(client, operation), **arguments) == (code, message)


@pytest.mark.parametrize(("text", "message"), [
    ("not some json", "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', "
     "'true' or 'false')"),
    ("{'not': 'json'", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"),
    ("", "Invalid execution input."),
])
def test_inputs_have_to_be_json(client, name, text, message):
    arn = create(client, name, PASS)
    assert refusal(client.start_execution, stateMachineArn=arn, input=text) == (
        "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{message}'")


def test_a_payload_may_have_262144_bytes(client, name):
    arn = create(client, name, {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    largest = '"' + "ä" * 131_071 + '"'
    execution = client.start_execution(stateMachineArn=arn, input=largest)["executionArn"]
    assert finished(client, execution)["output"] == largest
    assert refusal(client.start_execution, stateMachineArn=arn, input=largest + " ")[0] == "ValidationException"
