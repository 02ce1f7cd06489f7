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


START = ('{"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:none","name":"%d"}', "StartExecution")
LIST = ('{"maxResults":0,"x":%d}', "ListActivities")


def raw(call, number=0, headers=""):
    body, operation = call
    body %= number
    return (f"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AWSStepFunctions.{operation}\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def read_to_the_end(connection):
    text = b""
    while part := connection.recv(65536):
        text += part
    return text.decode()


def test_a_client_that_sent_everything_gets_every_answer(shared_server):
    with socket.create_connection(("127.0.0.1", shared_server.port), timeout=20) as connection:
        connection.sendall(b"".join(raw(LIST if number % 3 else START, number) for number in range(30)))
        connection.shutdown(socket.SHUT_WR)
        answers = read_to_the_end(connection).split("HTTP/1.1 ")[1:]
    assert ["StateMachineDoesNotExist" in answer for answer in answers] == [number % 3 == 0 for number in range(30)]


@pytest.mark.parametrize("call", [START, LIST])
def test_a_connection_closes_if_the_client_says_so(shared_server, call):
    with socket.create_connection(("127.0.0.1", shared_server.port), timeout=20) as connection:
        connection.sendall(raw(call, headers="Connection: close\r\n") + raw(call))
        assert read_to_the_end(connection).count("HTTP/1.1 ") == 1


def test_what_is_not_http_is_refused(shared_server):
    with socket.create_connection(("127.0.0.1", shared_server.port), timeout=20) as connection:
        connection.sendall(raw(LIST) + b"nonsense\r\n\r\n")
        answers = read_to_the_end(connection).split("HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == ["200", "400"]


def test_a_large_answer_reaches_a_slow_reader(shared_server, client, name):
    arn = client.create_state_machine(
        name=name, definition=json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}),
        roleArn="arn:aws:iam::0:role/x")["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=arn, input=json.dumps("x" * 250_000))["executionArn"]
    call = (json.dumps({"executionArn": execution}) + "%.0s", "DescribeExecution")
    with socket.create_connection(("127.0.0.1", shared_server.port), timeout=20) as connection:
        connection.sendall(raw(call) * 40)
        connection.shutdown(socket.SHUT_WR)
        answers = read_to_the_end(connection).split("HTTP/1.1 ")[1:]
    assert len(answers) == 40 and all(json.loads(answer.split("\r\n\r\n")[1])["input"] for answer in answers)


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
