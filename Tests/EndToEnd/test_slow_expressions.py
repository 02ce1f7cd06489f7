"""Expressions that take as long as they are allowed to: everybody else goes on."""

import json
import statistics
import time
import urllib.request

import pytest

from conftest import PASS, create
from harness import wait_until

HOSTILE = {
    "sum": "$sum([1..9999999].($ * 2))",
    "recursion": "($f := function($n){$f($n + 1)}; $f(0))",
    "backtracking": "$match($join([1..40].('a')) & '!', /^(a+)+$/)",
    "sorting": "$sort([1..1000000], function($l, $r){$random() > 0.5})",
}


def machine(expression):
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "S",
        "States": {"S": {"Type": "Pass", "Output": "{% " + expression + " %}", "End": True}},
    }


def run(client, arn):
    """Seconds from the start of a quick execution until it is seen to have ended."""
    begin = time.monotonic()
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    while client.describe_execution(executionArn=execution)["status"] == "RUNNING":
        time.sleep(0.002)
    return time.monotonic() - begin


@pytest.mark.slow
def test_hostile_expressions_hold_up_nobody(server):
    client = server.client()
    quick = create(client, "quick", PASS)
    hostile = [create(client, name, machine(expression)) for name, expression in HOSTILE.items()]
    alone = [run(client, quick) for _ in range(50)]

    answers = []
    executions = []
    for _ in range(5):
        for arn in hostile:
            begin = time.monotonic()
            executions.append(client.start_execution(stateMachineArn=arn)["executionArn"])
            answers.append(time.monotonic() - begin)

    def running():
        return [e for e in executions if client.describe_execution(executionArn=e)["status"] == "RUNNING"]

    beside = []
    while running():
        beside.append(run(client, quick))
        with urllib.request.urlopen(server.url + "/health/live", timeout=2) as answer:
            assert answer.status == 200
    print(f"alone {statistics.median(alone):.4f} s, beside {statistics.median(beside):.4f} s and at most "
          f"{max(beside):.4f} s, {len(beside)} runs; starts answered within {max(answers):.4f} s")
    assert len(beside) >= 5
    assert max(answers) < 0.5
    assert max(beside) < max(10 * max(alone), 0.5)
    for execution in executions:
        described = client.describe_execution(executionArn=execution)
        assert described["status"] == "FAILED"
        assert described["error"] == "States.QueryEvaluationError"


def test_a_slow_execution_is_stopped_at_once(server):
    client = server.client()
    arn = create(client, "endless", machine("[1..1000].(" + HOSTILE["recursion"] + ")"))
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    client.stop_execution(executionArn=execution, error="Enough")
    described = client.describe_execution(executionArn=execution)
    assert (described["status"], described["error"]) == ("ABORTED", "Enough")
    kinds = [event["type"] for event in client.get_execution_history(executionArn=execution)["events"]]
    assert kinds[0] == "ExecutionStarted" and kinds[-1] == "ExecutionAborted"


def test_a_slow_execution_survives_a_kill(server):
    client = server.client()
    # Slower than a slice, and well within a second.
    arn = create(client, "long", machine("$count([1..30000][$ % 7 = 3])"))
    executions = [client.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(10)]
    server.kill()
    server.start()
    client = server.client()

    def status(execution):
        return client.describe_execution(executionArn=execution)["status"]

    wait_until("all have ended", lambda: all(status(e) != "RUNNING" for e in executions), timeout=60)
    for execution in executions:
        described = client.describe_execution(executionArn=execution)
        assert described["status"] == "SUCCEEDED", described
        assert json.loads(described["output"]) == 4286
        kinds = [event["type"] for event in client.get_execution_history(executionArn=execution)["events"]]
        assert kinds == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
