"""TestState through boto3, and `baton test-state`."""

import json
import subprocess
import threading

import pika
import pytest
from botocore.exceptions import ClientError

from harness import BINARIES, ROLE

DONE, FAILED, USAGE = range(3)

ORDER = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"MessageBody.$": "$.total"}, "ResultPath": "$.sent", "Next": "Done",
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refund"}],
        },
        "Refund": {"Type": "Fail", "Error": "Refunded"},
        "Done": {"Type": "Succeed"},
    },
}


@pytest.fixture
def test_state(shared_server):
    # The service model asks for a host of its own.
    client = shared_server.client(inject_host_prefix=False)

    def call(**arguments):
        answer = client.test_state(**arguments)
        answer.pop("ResponseMetadata")
        return answer

    return call


def test_a_state_of_a_machine_with_a_mock(test_state):
    answer = test_state(
        definition=json.dumps(ORDER), stateName="Charge", input='{"total": "12"}', inspectionLevel="DEBUG",
        mock={"result": '{"MessageId": "m"}'})
    data = answer["inspectionData"]
    assert (answer["status"], answer["nextState"]) == ("SUCCEEDED", "Done")
    assert json.loads(data["afterParameters"]) == {"MessageBody": "12"}
    assert json.loads(answer["output"]) == {"total": "12", "sent": {"MessageId": "m"}}
    for retries, status, details in [
        (0, "RETRIABLE", {"retryIndex": 0, "retryBackoffIntervalSeconds": 2}),
        (1, "CAUGHT_ERROR", {"retryIndex": 0, "catchIndex": 0}),
    ]:
        answer = test_state(
            definition=json.dumps(ORDER), stateName="Charge", input='{"total": "12"}', inspectionLevel="TRACE",
            mock={"errorOutput": {"error": "Busy", "cause": "c"}}, stateConfiguration={"retrierRetryCount": retries})
        assert (answer["status"], answer["error"], answer["cause"]) == (status, "Busy", "c")
        assert answer["inspectionData"]["errorDetails"] == details


def test_a_mock_that_the_service_would_never_answer(test_state):
    with pytest.raises(ClientError) as caught:
        test_state(
            definition=json.dumps(ORDER), stateName="Charge", input='{"total": "12"}',
            mock={"result": '{"MessageId": 5}'})
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "Mock result schema validation error: Field 'MessageId' must be a string"}


@pytest.fixture
def doubler(shared_server, broker, name):
    """A function that doubles `n`, or fails where there is none."""
    ready, over = threading.Event(), threading.Event()

    def serve():
        connection = pika.BlockingConnection(pika.URLParameters(broker.url))
        channel = connection.channel()
        queue = f"{shared_server.prefix}.function.{name}"
        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
        ready.set()
        for method, properties, body in channel.consume(queue, inactivity_timeout=0.5):
            if over.is_set():
                break
            if method is None:
                continue
            number = json.loads(body).get("n")
            kind, answer = "success", {"n": (number or 0) * 2}
            if number is None:
                kind, answer = "failure", {"error": "NoNumber", "cause": "there is no n"}
            channel.basic_publish(
                "", properties.reply_to, json.dumps(answer).encode(),
                pika.BasicProperties(correlation_id=properties.correlation_id, type=kind))
            channel.basic_ack(method.delivery_tag)
        connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    assert ready.wait(20)
    yield name
    over.set()
    thread.join()


def test_a_task_without_a_mock_makes_its_call(test_state, doubler):
    invoke = {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        # What looks like an expression in the payload is data.
        "Parameters": {"FunctionName": doubler, "Payload": {"n.$": "$.n", "text": "$.n", "it's": "{% 1 %}"}},
        "ResultSelector": {"twice.$": "$.Payload.n"}, "End": True,
    }
    answer = test_state(definition=json.dumps(invoke), roleArn=ROLE, input='{"n": 21}', inspectionLevel="TRACE")
    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"twice": 42})
    result = json.loads(answer["inspectionData"]["result"])
    assert (result["Payload"], result["StatusCode"]) == ({"n": 42}, 200)

    direct = {
        "Type": "Task", "Resource": f"arn:aws:lambda:us-east-1:000000000000:function:{doubler}", "End": True,
        "Catch": [{"ErrorEquals": ["NoNumber"], "Next": "Ask"}]}
    answer = test_state(definition=json.dumps(direct), roleArn=ROLE)
    assert (answer["status"], answer["error"], answer["cause"]) == ("CAUGHT_ERROR", "NoNumber", "there is no n")

    unknown = {**direct, "Resource": direct["Resource"] + "-unknown"}
    assert test_state(definition=json.dumps(unknown), roleArn=ROLE)["status"] == "FAILED"


def run(*arguments, stdin=None):
    done = subprocess.run(
        [str(BINARIES / "baton"), "test-state", *arguments], input=stdin, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def order(tmp_path):
    path = tmp_path / "order.asl.json"
    path.write_text(json.dumps(ORDER))
    return str(path)


def test_the_command_shows_what_comes_of_a_state(order):
    code, output, errors = run(order, "--input", '{"total": "12"}', "--mock", '{"MessageId": "m"}')
    assert (code, errors) == (DONE, "")
    assert output.splitlines()[0] == "Charge: SUCCEEDED → Done"
    assert '  afterParameters      {"MessageBody":"12"}' in output.splitlines()
    code, output, _ = run(order, "--input", '{"total": "12"}', "--mock-error", "Busy", "--output", "json")
    assert (code, json.loads(output)["status"]) == (FAILED, "RETRIABLE")
    code, output, _ = run(
        order, "--input", '{"total": "12"}', "--mock-error", "Busy", "--retries", "1", "--inspection-level", "info")
    assert (code, output.splitlines()[:2]) == (DONE, ["Charge: CAUGHT_ERROR → Refund", "  Busy"])


def test_the_command_says_what_is_missing(order):
    code, output, errors = run(order, "--input", '{"total": "12"}')
    assert (code, output) == (FAILED, "")
    assert errors.strip() == (
        'error: The state would call arn:aws:states:::sqs:sendMessage with {"MessageBody":"12"}: say what comes of it, '
        "with --mock JSON or --mock-error NAME.")
    assert run(order, "--state", "Nowhere")[2].strip() == "error: State not found in definition"
    assert run(order, "--input", "{")[0] == USAGE
    assert run("-", stdin='{"Type": "Succeed"}')[0] == DONE
