"""The `baton` command: what it prints for scripts, its exit codes, and the sentences with which it refuses."""

import json
import os
import socket
import statistics
import subprocess
import time

import pytest

from conftest import PASS
from harness import BINARIES, end_process, free_port, wait_until

DONE, FAILED, USAGE, UNREACHABLE, NOT_FOUND, CANNOT_START = range(6)
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Broken", "Cause": "for good"}}}
YAML = """\
StartAt: Ask
States:
  Ask:
    Type: Task
    Resource: arn:aws:states:us-east-1:000000000000:activity:ACTIVITY
    End: true
"""


def baton(*arguments, endpoint=None, stdin=None, directory=None, **environment):
    """Runs `baton`; returns (exit code, output, errors)."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("BATON_")}
    if endpoint:
        clean["BATON_ENDPOINT"] = endpoint
    done = subprocess.run(
        [str(BINARIES / "baton"), *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**clean, **environment}, timeout=60, cwd=directory)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def run(shared_server):
    """Runs a command that has to succeed, and parses its JSON."""

    def run(*arguments, code=DONE, stdin=None):
        status, output, errors = baton(*arguments, "--output", "json", endpoint=shared_server.url, stdin=stdin)
        assert status == code, errors
        return json.loads(output) if output.strip() else None

    return run


@pytest.fixture
def deployed(run, tmp_path):
    def deployed(name, definition):
        path = tmp_path / f"{name}.asl.json"
        path.write_text(json.dumps(definition))
        return run("deploy", str(path))

    return deployed


def test_deploy_creates_then_updates(deployed, run, name):
    first = deployed(name, PASS)
    assert first["created"] and first["stateMachineArn"].endswith(f":stateMachine:{name}")
    second = deployed(name, FAIL)
    assert not second["created"] and second["stateMachineArn"] == first["stateMachineArn"]
    assert "Fail" in run("describe", name)["definition"]
    assert name in [machine["name"] for machine in run("list", "machines", "--limit", "1000")]


def test_start_waits_and_tells_how_it_went(deployed, run, name):
    deployed(name, PASS)
    execution = run("start", name, "--wait", "--name", "one", "--input", '{"a": 1}')
    assert execution["status"] == "SUCCEEDED" and json.loads(execution["output"]) == {"greeting": "hello"}
    deployed(f"{name}-fail", FAIL)
    execution = run("start", f"{name}-fail", "--wait", code=FAILED)
    assert (execution["status"], execution["error"], execution["cause"]) == ("FAILED", "Broken", "for good")


def test_input_from_a_file_and_from_standard_input(deployed, run, name, tmp_path):
    deployed(name, {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    file = tmp_path / "input.json"
    file.write_text('{"from": "file"}')
    assert json.loads(run("start", name, "--wait", "--input", f"@{file}")["output"]) == {"from": "file"}
    assert json.loads(run("start", name, "--wait", "--input", "-", stdin="[1, 2]")["output"]) == [1, 2]


def test_list_history_describe(deployed, run, shared_server, name):
    deployed(name, PASS)
    run("start", name, "--wait", "--name", "first")
    run("start", name, "--wait", "--name", "second")
    listed = run("list", "--machine", name)
    assert [execution["name"] for execution in listed] == ["second", "first"]
    assert run("list", "--machine", name, "--status", "failed") == []
    types = ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    for reference in (f"{name}:second", name, listed[0]["executionArn"]):
        assert [event["type"] for event in run("history", reference)] == types
    code, output, _ = baton("history", name, "--follow", "--output", "json", endpoint=shared_server.url)
    assert code == DONE and [json.loads(line)["type"] for line in output.splitlines()] == types
    assert run("describe", f"{name}:first")["name"] == "first"


def test_plain_output_has_no_escape_sequences(deployed, shared_server, name):
    deployed(name, PASS)
    for command in (["list"], ["list", "machines"], ["start", name, "--wait"], ["queues"], ["activity", "list"]):
        code, output, errors = baton(*command, endpoint=shared_server.url)
        assert code == DONE, errors
        assert output and "\x1b" not in output


def test_colours_where_they_are_forced(deployed, shared_server, name):
    deployed(name, PASS)
    assert "\x1b[" in baton("list", "machines", endpoint=shared_server.url, CLICOLOR_FORCE="1")[1]
    assert "\x1b[" not in baton("list", "machines", endpoint=shared_server.url, CLICOLOR_FORCE="1", NO_COLOR="1")[1]


def test_a_person_completes_a_task(run, shared_server, name, tmp_path):
    path = tmp_path / f"{name}.yaml"
    path.write_text(YAML.replace("ACTIVITY", name))
    assert run("deploy", str(path))["createdActivities"] == [name]
    assert name in [activity["name"] for activity in run("activity", "list")]
    execution = f"{name}:wait"
    run("start", name, "--name", "wait")
    [task] = wait_until("the task is open", lambda: run("task", "list", "--execution", execution))
    assert (task["state"], task["name"]) == ("Ask", name)
    [queue] = wait_until(
        "the task waits in its queue",
        lambda: [q for q in run("queues")["queues"] if q["name"].endswith(f".activity.{name}") and q["messages"] == 1])
    assert queue["consumers"] == 0
    run("task", "succeed", "--execution", execution, "--result", '{"approved": true}')
    described = wait_until(
        "it ends", lambda: d if (d := run("describe", execution))["status"] != "RUNNING" else None)
    assert json.loads(described["output"]) == {"approved": True}
    code, _, errors = baton("task", "succeed", task["taskToken"], endpoint=shared_server.url)
    assert code in (FAILED, NOT_FOUND) and "Task" in errors


def test_a_person_fails_a_task_and_stops_an_execution(run, name, tmp_path):
    path = tmp_path / f"{name}.yaml"
    path.write_text(YAML.replace("ACTIVITY", name))
    run("deploy", str(path))
    run("start", name, "--name", "fails")
    wait_until("the task is open", lambda: run("task", "list", "--execution", f"{name}:fails"))
    run("task", "fail", "--execution", f"{name}:fails", "--state", "Ask", "--error", "No", "--cause", "never")
    described = wait_until(
        "it ends", lambda: d if (d := run("describe", f"{name}:fails"))["status"] != "RUNNING" else None)
    assert (described["status"], described["error"], described["cause"]) == ("FAILED", "No", "never")
    run("start", name, "--name", "stops")
    run("stop", f"{name}:stops", "--error", "Enough")
    described = run("describe", f"{name}:stops")
    assert (described["status"], described["error"]) == ("ABORTED", "Enough")


def test_validate_needs_no_server(tmp_path):
    good = tmp_path / "good.asl.json"
    good.write_text(json.dumps(PASS))
    assert baton("validate", str(good))[0] == DONE
    bad = tmp_path / "bad.yaml"
    bad.write_text("StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: Nowhere\n")
    code, output, _ = baton("validate", str(good), str(bad))
    assert code == FAILED
    assert f"{bad}:5:11: error MISSING_TRANSITION_TARGET" in output
    code, output, _ = baton("validate", "--output", "json", str(bad))
    [result] = json.loads(output)
    assert code == FAILED and not result["valid"]
    assert ("/States/A/Next", 5, 11) in [(d["pointer"], d["line"], d["column"]) for d in result["diagnostics"]]
    assert baton("validate", "-", stdin="{")[0] == FAILED


def test_an_invalid_definition_is_not_deployed(run, shared_server, name, tmp_path):
    path = tmp_path / f"{name}.json"
    path.write_text('{"StartAt": "A", "States": {}}')
    code, output, errors = baton("deploy", str(path), endpoint=shared_server.url)
    assert code == FAILED and not output and "error" in errors
    assert name not in [machine["name"] for machine in run("list", "machines", "--limit", "1000")]


@pytest.mark.parametrize("arguments, code, words", [
    (["frobnicate"], USAGE, "frobnicate"),
    (["list", "--foo"], USAGE, "--foo"),
    (["start", "m", "--input", "{"], USAGE, "--input is not JSON"),
    (["start", "m", "--input", "@/nowhere"], USAGE, "/nowhere"),
    (["deploy", "/nowhere.json"], USAGE, "/nowhere.json"),
    (["list", "--endpoint", "localhost:8083"], USAGE, "http://127.0.0.1:8083"),
    (["list", "--endpoint", "http://127.0.0.1:1"], UNREACHABLE, "baton server"),
    (["server", "--listen", "8083"], USAGE, "HOST:PORT"),
    (["server", "--amqp-url", "http://x"], USAGE, "amqp://"),
    (["server", "--config", "/nowhere.yaml"], USAGE, "/nowhere.yaml"),
    (["server", "--listen", "0.0.0.0:0"], CANNOT_START, "--allow-remote-without-credentials"),
    (["server", "--database", "/nowhere/baton.db"], CANNOT_START, "/nowhere"),
])
def test_refusals_say_what_to_do(arguments, code, words, tmp_path):
    status, output, errors = baton(*arguments, directory=tmp_path)
    assert status == code, errors
    assert words in errors and not output


def test_what_is_not_there(shared_server):
    for arguments in (["describe", "nothing"], ["history", "a:b"], ["start", "nothing"], ["activity", "delete", "no"]):
        status, _, errors = baton(*arguments, endpoint=shared_server.url)
        assert status == NOT_FOUND, errors
        assert errors.startswith("error: ")


def test_a_port_or_a_database_in_use(shared_server, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, errors = baton("server", "--listen", f"127.0.0.1:{port}", directory=tmp_path)
    assert status == CANNOT_START and "in use" in errors
    status, _, errors = baton(
        "server", "--listen", "127.0.0.1:0", "--database", str(shared_server.database), directory=tmp_path)
    assert status == CANNOT_START and "in use" in errors


def test_doctor(shared_server):
    code, output, _ = baton(
        "doctor", "--output", "json", "--amqp-url", shared_server.broker_url, endpoint=shared_server.url)
    assert code == DONE, output
    findings = {finding["check"]: finding["verdict"] for finding in json.loads(output)}
    assert {"server", "server's broker", "server's database", "broker", "limits", "clock", "disk"} <= set(findings)
    assert "fail" not in findings.values()
    code, output, _ = baton(
        "doctor", "--output", "json", "--amqp-url", f"amqp://127.0.0.1:{free_port()}", endpoint=shared_server.url)
    assert code == FAILED


def test_settings_come_from_file_environment_and_flags(tmp_path):
    (tmp_path / "settings.yaml").write_text("database: file.db\nregion: eu-central-1\naccount: '111122223333'\n")
    port = free_port()
    process = subprocess.Popen(
        [str(BINARIES / "baton"), "server", "--config", "settings.yaml", "--listen", f"127.0.0.1:{port}"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "BATON_DATABASE": "environment.db", "BATON_AMQP_URL": f"amqp://127.0.0.1:{free_port()}"})
    try:
        ready = process.stdout.readline()
        assert f"http://127.0.0.1:{port}" in ready and "environment.db" in ready
        assert not (tmp_path / "file.db").exists()
        # Without a broker: activities and starts are accepted all the same.
        code, output, errors = baton("activity", "create", "a", endpoint=f"http://127.0.0.1:{port}")
        assert code == DONE, errors
        assert output.strip() == "arn:aws:states:eu-central-1:111122223333:activity:a"
    finally:
        end_process(process)
    assert process.returncode == 0


def test_completion_scripts():
    for shell in ("bash", "zsh", "fish"):
        code, output, _ = baton("--generate-completion-script", shell)
        assert code == DONE and "history" in output


def test_starts_fast(tmp_path):
    """Measured to the line that says that it is ready. The bound is for a busy machine and a debug build."""
    took = []
    for number in range(5):
        began = time.monotonic()
        process = subprocess.Popen(
            [str(BINARIES / "baton"), "server", "--database", str(tmp_path / f"{number}.db"), "--listen", "127.0.0.1:0",
             "--amqp-url", f"amqp://127.0.0.1:{free_port()}"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert "is ready at" in process.stdout.readline()
        took.append(time.monotonic() - began)
        end_process(process)
    print("start-up:", [f"{seconds * 1000:.0f} ms" for seconds in took])
    assert statistics.median(took) < 1.0
