"""What comes over the wire, where boto3 would not send it."""

import http.client
import json
import socket
import subprocess

import pytest

from harness import Server, free_port


def post(server, body, target="AWSStepFunctions.ListStateMachines", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = {"Content-Type": "application/x-amz-json-1.0", **headers}
    if target:
        headers["X-Amz-Target"] = target
    connection.request("POST", "/", body, headers)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, json.loads(text) if text else None, response.headers


@pytest.mark.parametrize(("target", "body", "code"), [
    ("AWSStepFunctions.ListStateMachines", "{", "SerializationException"),
    ("AWSStepFunctions.ListStateMachines", "[]", "SerializationException"),
    ("AWSStepFunctions.ListStateMachines", b"\xff\xfe", "SerializationException"),
    ("AWSStepFunctions.ListStateMachines", "[" * 100_000, "SerializationException"),
    ("AWSStepFunctions.ListStateMachines", '{"maxResults":"ten"}', "SerializationException"),
    ("AWSStepFunctions.DescribeStateMachine", '{"stateMachineArn":7}', "SerializationException"),
    ("AWSStepFunctions.DescribeStateMachine", "{}", "ValidationException"),
    ("AWSStepFunctions.Nonsense", "{}", "UnknownOperationException"),
    ("Nonsense", "{}", "UnknownOperationException"),
    (None, "{}", "UnknownOperationException"),
])
def test_bad_requests(shared_server, target, body, code):
    status, answer, headers = post(shared_server, body, target)
    assert (status, answer["__type"]) == (400, code)
    assert answer["message"]
    assert headers["x-amzn-RequestId"] and headers["Content-Type"] == "application/x-amz-json-1.0"


def test_missing_members_are_named(shared_server):
    _, answer, _ = post(shared_server, "{}", "AWSStepFunctions.CreateStateMachine")
    assert answer["message"] == (
        "3 validation errors detected: Value null at 'name' failed to satisfy constraint: Member must not be null; "
        "Value null at 'definition' failed to satisfy constraint: Member must not be null; "
        "Value null at 'roleArn' failed to satisfy constraint: Member must not be null")


def test_too_large_a_body_is_refused(shared_server):
    status, answer, _ = post(shared_server, json.dumps({"x": "y" * 3_000_000}))
    assert (status, answer["__type"]) == (400, "ValidationException")


def test_web_pages_are_not_answered(shared_server):
    status, answer, _ = post(shared_server, "{}", Origin="http://evil.example")
    assert status == 400 and "stateMachines" not in answer


def test_health_and_metrics(shared_server):
    assert shared_server.get("/health/live")[0] == 200
    status, body = shared_server.get("/health/ready")
    report = json.loads(body)
    assert (status, report["status"], report["reasons"]) == (200, "ready", [])
    post(shared_server, "{}")
    status, body = shared_server.get("/metrics")
    assert status == 200
    assert 'baton_api_requests_total{operation="AWSStepFunctions.ListStateMachines",code="OK"}' in body
    assert shared_server.get("/nowhere")[0] == 404


def test_operations_of_baton(shared_server, client, name):
    activity = client.create_activity(name=name)["activityArn"]
    definition = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity, "End": True}}}
    arn = client.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn="arn:aws:iam::0:role/x")["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    _, answer, _ = post(shared_server, "{}", "Baton.ListTasks")
    task = next(task for task in answer["tasks"] if task["executionArn"] == execution)
    assert (task["kind"], task["name"], task["state"], task["attempt"]) == ("activity", name, "T", 0)
    status, answer, _ = post(shared_server, "{}", "Baton.ListQueues")
    queue = next(q for q in answer["queues"] if q["name"] == f"{shared_server.prefix}.activity.{name}")
    assert queue["consumers"] == 0 and queue["oldestWaitingDate"] > 0
    _, answer, _ = post(shared_server, "{}", "Baton.ServerInfo")
    assert answer["version"] and answer["broker"]["status"] == "connected"
    assert answer["counts"]["runningExecutions"] >= 1
    client.send_task_success(taskToken=task["taskToken"], output="{}")


def test_connections_are_kept(shared_server):
    connection = http.client.HTTPConnection("127.0.0.1", shared_server.port, timeout=10)
    for _ in range(3):
        connection.request("POST", "/", "{}", {"X-Amz-Target": "AWSStepFunctions.ListActivities"})
        response = connection.getresponse()
        assert response.status == 200
        response.read()
        assert connection.sock is not None
    connection.close()


def test_a_port_in_use_is_a_sentence(broker, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = Server(tmp_path, broker.url, "e2e-port")
        server.port = taken.getsockname()[1]
        done = subprocess.run(server.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    assert done.returncode != 0
    assert "in use" in done.stdout


def test_strangers_are_kept_out(broker, tmp_path):
    server = Server(tmp_path, broker.url, "e2e-remote")
    command = server.command()
    command[command.index("--listen") + 1] = f"0.0.0.0:{free_port()}"
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    assert done.returncode != 0
    assert "credentials" in done.stdout


def test_second_server_on_the_database_refuses(server):
    command = server.command()
    command[command.index("--listen") + 1] = f"127.0.0.1:{free_port()}"
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
    assert done.returncode != 0
    assert "baton.db" in done.stdout
