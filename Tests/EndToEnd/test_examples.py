"""Every example, with its inputs, through the built binaries: the server, the four workers and the command line."""

import json
import os
import subprocess

import pytest

from harness import BINARIES, ROOT, Server, end_process, wait_until

from test_command_line import baton

WORKERS = ("auth", "billing", "analytics", "email")


@pytest.fixture(scope="module")
def fleet(broker, tmp_path_factory):
    """A server of its own, because the examples' activities have fixed names, and the four workers."""
    folder = tmp_path_factory.mktemp("examples")
    server = Server(folder / "server", broker.url, "examples").start()
    environment = {**os.environ, "BATON_AMQP_URL": broker.url, "BATON_PREFIX": "examples"}
    processes = []
    for worker in WORKERS:
        with open(folder / f"{worker}.log", "wb") as log:
            processes.append(subprocess.Popen(
                [str(BINARIES / f"{worker}-worker"), "--data", str(folder / worker)],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment))
    server.folder = folder
    yield server
    for process in processes:
        end_process(process)
        assert process.returncode == 0
    server.stop()


@pytest.fixture
def play(fleet):
    """Deploys an example and runs it with one of its inputs; returns (status, output or None, description)."""

    def play(example, input_file="input.json"):
        folder = ROOT / "examples" / example
        code, _, errors = baton("deploy", str(folder / f"{example}.asl.json"), endpoint=fleet.url)
        assert code == 0, errors
        _, output, errors = baton(
            "start", example, "--wait", "--output", "json", "--input", f"@{folder / input_file}", endpoint=fleet.url)
        assert output, errors
        execution = json.loads(output)
        return execution["status"], json.loads(execution.get("output", "null")), execution

    return play


def records(fleet, worker):
    done = subprocess.run(
        [str(BINARIES / f"{worker}-worker"), "--list", "--json", "--data", str(fleet.folder / worker)],
        stdout=subprocess.PIPE, text=True, timeout=30, check=True)
    return done.stdout


def history(fleet, execution):
    code, output, errors = baton("history", execution["executionArn"], "--output", "json", endpoint=fleet.url)
    assert code == 0, errors
    return json.loads(output)


def entered(events):
    return [e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e]


def test_onboarding(fleet, play):
    status, output, _ = play("onboarding")
    assert status == "SUCCEEDED"
    assert output["auth"]["userId"] == "ada"
    assert {"billing", "analytics", "email"} <= set(output)
    assert list((fleet.folder / "email").rglob("new/*")), "the mail is in the Maildir"


def test_onboarding_recovers(fleet, play):
    status, _, execution = play("onboarding", "input-flaky.json")
    assert status == "SUCCEEDED"
    assert [e["type"] for e in history(fleet, execution)].count("ActivityFailed") == 2


def test_onboarding_rolls_back_what_was_done_and_no_more(fleet, play):
    status, _, execution = play("onboarding", "input-declined.json")
    assert (status, execution["error"]) == ("FAILED", "OnboardingFailed")
    assert entered(history(fleet, execution)) == ["CreateUser", "CreateCustomer", "DeleteUser", "OnboardingFailed"]
    assert "charles-billing-declined" not in records(fleet, "analytics")


def test_aggregator(play):
    status, output, _ = play("aggregator")
    assert status == "SUCCEEDED" and output


def test_fan_out(play):
    status, output, _ = play("fan-out")
    assert status == "SUCCEEDED"
    text = json.dumps(output)
    for user in ("katherine", "dorothy", "mary-billing-flaky", "annie", "john-billing-declined"):
        assert user in text


def test_saga(fleet, play):
    status, output, _ = play("saga")
    assert status == "SUCCEEDED" and output
    status, _, execution = play("saga", "input-declined.json")
    assert status == "FAILED"
    types = [e["type"] for e in history(fleet, execution)]
    assert "ActivityFailed" in types and types[-1] == "ExecutionFailed"


@pytest.mark.parametrize("approved, ending", [(True, "SUCCEEDED"), (False, "FAILED")])
def test_human_approval(fleet, approved, ending):
    folder = ROOT / "examples" / "human-approval"
    name = f"margaret-{approved}"
    assert baton("deploy", str(folder / "human-approval.asl.json"), endpoint=fleet.url)[0] == 0
    code, _, errors = baton(
        "start", "human-approval", "--name", name, "--input", f"@{folder / 'input.json'}", endpoint=fleet.url)
    assert code == 0, errors
    execution = f"human-approval:{name}"

    def waiting():
        return json.loads(baton(
            "task", "list", "--execution", execution, "--output", "json", endpoint=fleet.url)[1])

    wait_until("a person is asked", lambda: [t for t in waiting() if t["name"] == "human-approval"])
    code, _, errors = baton(
        "task", "succeed", "--execution", execution, "--result", json.dumps({"approved": approved}), endpoint=fleet.url)
    assert code == 0, errors

    def ended():
        described = json.loads(baton("describe", execution, "--output", "json", endpoint=fleet.url)[1])
        return described if described["status"] != "RUNNING" else None

    described = wait_until("it ends", ended)
    assert described["status"] == ending
