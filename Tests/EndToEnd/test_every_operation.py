"""Every operation of the service model: that it is there, through the AWS CLI, and through boto3's paginators."""

import json
import subprocess
import sys

import boto3
import pytest

from conftest import PASS, chain, create
from harness import HERE, ROLE, finished, wait_until
from test_http import post

MODEL = boto3.client("stepfunctions", region_name="us-east-1").meta.service_model


COMMANDS = sorted(
    "".join("-" + c.lower() if c.isupper() else c for c in name).lstrip("-") for name in MODEL.operation_names)


def is_missing(server, operation):
    return post(server, "{}", f"AWSStepFunctions.{operation}")[1].get("__type") == "UnknownOperationException"


def test_no_operation_is_missing(shared_server):
    assert len(MODEL.operation_names) == 37
    missing = {name for name in MODEL.operation_names if is_missing(shared_server, name)}
    assert missing == set()


class CommandLine:
    """`aws stepfunctions …`, and which commands were used."""

    def __init__(self, server):
        self.server = server
        self.used = set()
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "aws_commands.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
            env={**server.environment(), "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"})

    def run(self, command, **arguments):
        self.used.add(command)
        words = ["stepfunctions", command, "--endpoint-url", self.server.url]
        for name, value in arguments.items():
            words.append("--" + name.rstrip("_").replace("_", "-"))
            if value is not True:
                words += value if isinstance(value, list) else [value if isinstance(value, str) else json.dumps(value)]
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __call__(self, command, **arguments):
        code, output, errors = self.run(command, **arguments)
        assert code == 0, f"{command}: {errors}"
        return json.loads(output) if output.strip() else None

    def ends(self, execution):
        def over():
            described = self("describe-execution", execution_arn=execution)
            return described if described["status"] != "RUNNING" else None

        return wait_until(f"{execution} ends", over)

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)


@pytest.fixture
def aws(shared_server):
    line = CommandLine(shared_server)
    yield line
    line.close()


def test_every_command_of_the_aws_cli(shared_server, aws, name):
    """One story in which each command has its part."""
    activity = aws("create-activity", name=name, tags=["key=team,value=a"])["activityArn"]
    assert aws("describe-activity", activity_arn=activity)["name"] == name
    assert activity in [found["activityArn"] for found in aws("list-activities")["activities"]]

    definition = json.dumps(chain(activity))
    report = aws("validate-state-machine-definition", definition=definition)
    assert report["result"] == "OK"
    tested = aws(
        "test-state", definition=json.dumps({"Type": "Pass", "Result": {"a": 1}, "End": True}), input='{"b": 2}',
        inspection_level="DEBUG")
    assert (tested["status"], json.loads(tested["output"])) == ("SUCCEEDED", {"a": 1})

    machine = aws(
        "create-state-machine", name=name, definition=definition, role_arn=ROLE, tags=["key=team,value=a"],
        publish=True, version_description="first")
    arn, first = machine["stateMachineArn"], machine["stateMachineVersionArn"]
    assert aws("describe-state-machine", state_machine_arn=arn)["status"] == "ACTIVE"
    assert arn in [found["stateMachineArn"] for found in aws("list-state-machines")["stateMachines"]]
    aws("tag-resource", resource_arn=arn, tags=["key=stage,value=test"])
    assert len(aws("list-tags-for-resource", resource_arn=arn)["tags"]) == 2
    aws("untag-resource", resource_arn=arn, tag_keys=["team"])
    assert aws("list-tags-for-resource", resource_arn=arn)["tags"] == [{"key": "stage", "value": "test"}]

    revision = aws(
        "update-state-machine", state_machine_arn=arn,
        definition=json.dumps({**chain(activity), "Comment": "second"}))["revisionId"]
    second = aws(
        "publish-state-machine-version", state_machine_arn=arn, revision_id=revision)["stateMachineVersionArn"]
    versions = aws("list-state-machine-versions", state_machine_arn=arn)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in versions] == [second, first]
    alias = aws(
        "create-state-machine-alias", name="live",
        routing_configuration=[f"stateMachineVersionArn={first},weight=100"])["stateMachineAliasArn"]
    aws(
        "update-state-machine-alias", state_machine_alias_arn=alias,
        routing_configuration=[f"stateMachineVersionArn={second},weight=100"])
    described = aws("describe-state-machine-alias", state_machine_alias_arn=alias)
    assert described["routingConfiguration"] == [{"stateMachineVersionArn": second, "weight": 100}]
    assert len(aws("list-state-machine-aliases", state_machine_arn=arn)["stateMachineAliases"]) == 1

    execution = aws("start-execution", state_machine_arn=alias, name="one", input='{"order": 7}')["executionArn"]
    about = aws("describe-state-machine-for-execution", execution_arn=execution)
    assert json.loads(about["definition"])["Comment"] == "second"
    task = aws("get-activity-task", activity_arn=activity, worker_name="me")
    assert json.loads(task["input"]) == {"order": 7}
    aws("send-task-heartbeat", task_token=task["taskToken"])
    aws("send-task-failure", task_token=task["taskToken"], error="Later", cause="not now")
    assert aws.ends(execution)["status"] == "FAILED"
    aws("redrive-execution", execution_arn=execution)
    task = aws("get-activity-task", activity_arn=activity)
    aws("send-task-success", task_token=task["taskToken"], task_output='{"done": true}')
    described = aws.ends(execution)
    assert (described["status"], described["redriveCount"]) == ("SUCCEEDED", 1)
    events = aws("get-execution-history", execution_arn=execution, include_execution_data=True)["events"]
    assert [event["type"] for event in events][-1] == "ExecutionSucceeded"
    other = aws("start-execution", state_machine_arn=arn)["executionArn"]
    aws("stop-execution", execution_arn=other, error="Enough", cause="of it")
    listed = aws("list-executions", state_machine_arn=arn, status_filter="ABORTED")["executions"]
    assert [entry["executionArn"] for entry in listed] == [other]

    aws("delete-state-machine-alias", state_machine_alias_arn=alias)
    aws("delete-state-machine-version", state_machine_version_arn=first)
    aws("delete-state-machine", state_machine_arn=arn)
    aws("delete-activity", activity_arn=activity)

    express = aws(
        "create-state-machine", name=f"{name}-express", definition=json.dumps(PASS), role_arn=ROLE,
        type="EXPRESS")["stateMachineArn"]
    answer = aws("start-sync-execution", state_machine_arn=express, input="{}")
    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"greeting": "hello"})
    aws("delete-state-machine", state_machine_arn=express)
    distributed = {
        "StartAt": "M", "States": {"M": {
            "Type": "Map", "End": True, "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}}}}
    mapping = aws(
        "create-state-machine", name=f"{name}-map", definition=json.dumps(distributed),
        role_arn=ROLE)["stateMachineArn"]
    execution = aws("start-execution", state_machine_arn=mapping, input="[1, 2]")["executionArn"]
    runs = wait_until("the map runs", lambda: aws("list-map-runs", execution_arn=execution)["mapRuns"])
    aws.ends(execution)
    run = aws("describe-map-run", map_run_arn=runs[0]["mapRunArn"])
    assert (run["status"], run["itemCounts"]["succeeded"]) == ("SUCCEEDED", 2)
    code, _, errors = aws.run(
        "update-map-run", map_run_arn=runs[0]["mapRunArn"], max_concurrency="1")
    # A map run that is over cannot be changed.
    assert code == 0 or "ValidationException" in errors or "Conflict" in errors or "ResourceNotFound" in errors
    aws("delete-state-machine", state_machine_arn=mapping)

    assert [command for command in COMMANDS if command not in aws.used] == []


def test_the_sync_prefix(shared_server, client, name):
    """What docs/api.md says of host names, where this machine can show it."""
    definition = json.dumps({"Type": "Pass", "Result": 1, "End": True})
    arguments = ["stepfunctions", "test-state", "--definition", definition]

    def aws(endpoint, **environment):
        done = subprocess.run(
            [sys.executable, str(HERE / "aws_commands.py")], stdout=subprocess.PIPE, text=True, timeout=60,
            stderr=subprocess.DEVNULL, env={**shared_server.environment(), **environment},
            input=json.dumps([*arguments, "--endpoint-url", endpoint]) + "\n")
        return json.loads(done.stdout)

    assert aws(shared_server.url, AWS_DISABLE_HOST_PREFIX_INJECTION="true")[0] == 0
    code, output, errors = aws("http://baton", HTTP_PROXY=shared_server.url, http_proxy=shared_server.url)
    assert code == 0, errors
    assert json.loads(output)["output"] == "1"
    plain = shared_server.client(inject_host_prefix=False)
    assert plain.test_state(definition=definition)["output"] == "1"


def test_there_are_no_waiters(client):
    """If AWS adds some, they have to be tried."""
    assert client.waiter_names == []


def test_every_paginator(shared_server, client, name):
    paginators = {"GetExecutionHistory", "ListActivities", "ListExecutions", "ListMapRuns", "ListStateMachines"}
    model = {operation for operation in MODEL.operation_names if client.can_paginate(snake(operation))}
    assert model == paginators
    activities = {client.create_activity(name=f"{name}-{number}")["activityArn"] for number in range(5)}
    machines = [create(client, f"{name}-{number}", PASS) for number in range(5)]
    executions = {client.start_execution(stateMachineArn=machines[0])["executionArn"] for _ in range(5)}
    for execution in executions:
        finished(client, execution)

    def all_of(operation, items, page=2, **arguments):
        pages = list(client.get_paginator(snake(operation)).paginate(PaginationConfig={"PageSize": page}, **arguments))
        assert all(len(found[items]) <= page for found in pages)
        return [item for found in pages for item in found[items]]

    assert activities <= {found["activityArn"] for found in all_of("ListActivities", "activities", 3)}
    assert set(machines) <= {found["stateMachineArn"] for found in all_of("ListStateMachines", "stateMachines", 3)}
    listed = all_of("ListExecutions", "executions", stateMachineArn=machines[0])
    assert sorted(found["executionArn"] for found in listed) == sorted(executions)
    events = all_of("GetExecutionHistory", "events", executionArn=min(executions))
    assert [event["id"] for event in events] == [1, 2, 3, 4]
    events = all_of("GetExecutionHistory", "events", executionArn=min(executions), reverseOrder=True)
    assert [event["id"] for event in events] == [4, 3, 2, 1]
    assert all_of("ListMapRuns", "mapRuns", executionArn=min(executions)) == []
    for machine in machines:
        client.delete_state_machine(stateMachineArn=machine)


def snake(operation):
    return "".join("_" + c.lower() if c.isupper() else c for c in operation).lstrip("_")
