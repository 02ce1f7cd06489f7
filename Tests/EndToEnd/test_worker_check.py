"""`baton worker check`: the kit passes a good worker, and finds what is wrong with a careless one."""

import json
import os
import subprocess
import sys
import threading

from harness import BINARIES, HERE, ROOT
from protocol import StandIn


def check(broker, prefix, *arguments, timeout=150):
    done = subprocess.run(
        [str(BINARIES / "baton"), "worker", "check", "--json", "--prefix", prefix, "--amqp-url", broker.url, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout, cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"})
    lines = {}
    if done.stdout:
        report = json.loads(done.stdout)
        lines = {line["line"]: line for line in report["lines"]}
        assert report["verdict"] == ("miss" if done.returncode else "pass")
    return done.returncode, lines, done.stderr


def verdicts(lines):
    return {name: line["verdict"] for name, line in lines.items()}


def test_a_swift_worker_passes_every_line(broker, name, tmp_path):
    status, lines, errors = check(
        broker, name, "--activity", "check", "--command", str(BINARIES / "check-worker"),
        "--worker-log", str(tmp_path / "worker.log"))
    assert status == 0, (lines, errors)
    seen = verdicts(lines)
    assert seen.pop("broker restart") == "not tried"
    assert set(seen.values()) == {"pass"}, lines
    assert len(seen) == 17


def test_a_business_worker_is_checked_with_inputs_of_its_own(broker, name, tmp_path):
    def file(name, value):
        path = tmp_path / name
        path.write_text(json.dumps(value))
        return str(path)

    customer = {"userId": "u-1", "email": "u@example.com", "plan": "pro"}
    status, lines, errors = check(
        broker, name, "--activity", "billing-create-customer",
        "--command", f"{BINARIES / 'billing-worker'} --data {tmp_path}",
        "--input", file("ok.json", customer),
        "--failing-input", file("declined.json", {**customer, "userId": "billing-declined"}),
        "--error", "Billing.CardDeclined")
    assert status == 0, (lines, errors)
    seen = verdicts(lines)
    for line in ["queue", "success", "named failure", "unparsable input", "later version", "many tasks",
                 "doubled delivery", "absent results queue", "form of answers"]:
        assert seen[line] == "pass", lines[line]
    assert seen["heartbeats"] == "not tried" and "--slow-input" in lines["heartbeats"]["seen"]


def test_what_is_wrong_is_found_and_told(broker, name):
    status, lines, errors = check(
        broker, name, "--activity", "careless", "--timeout", "3",
        "--command", f"{sys.executable} {HERE / 'careless_worker.py'}",
        *[word for line in ["queue", "success", "named-failure", "unparsable-input", "additions", "heartbeats", "killed",
                            "drain", "form-of-answers"] for word in ("--only", line)])
    assert status == 1, (lines, errors)
    seen = verdicts(lines)
    assert seen["queue"] == seen["success"] == seen["additions"] == "pass"
    for line in ["named failure", "unparsable input", "heartbeats", "killed", "drain", "form of answers"]:
        assert seen[line] == "miss" and lines[line]["advice"], lines[line]


def test_a_worker_that_runs_already(broker, name, tmp_path):
    """Its lease and its process are told by options: it is drained, and never killed."""
    environment = {
        **os.environ, "BATON_AMQP_URL": broker.url, "BATON_PREFIX": name, "BATON_ACTIVITY": "check", "BATON_WORKER_LEASE": "4"}
    lines_tried = [
        word for line in ["success", "past-the-lease", "killed", "acknowledged", "broker-restart", "drain"]
        for word in ("--only", line)]
    with open(tmp_path / "worker.log", "ab") as log:
        worker = subprocess.Popen([str(BINARIES / "check-worker")], env=environment, stdout=log, stderr=log)
    # One that has ended and that nobody has waited for would still count as there.
    reaper = threading.Thread(target=worker.wait)
    reaper.start()
    try:
        stand_in = StandIn(broker.url, name, "check")
        stand_in.wait("the worker consumes", stand_in.is_served, timeout=60)
        stand_in.close()
        # Without the options it is left alone, and nothing is supposed of its lease.
        status, lines, errors = check(broker, name, "--activity", "check", *lines_tried)
        assert status == 0 and worker.poll() is None, (lines, errors)
        assert verdicts(lines) == {line: "not tried" for line in lines} | {"success": "pass"}, lines
        assert "--lease" in lines["past the lease"]["seen"] and "--pid" in lines["drain"]["seen"]

        # A process that is gone.
        gone = subprocess.Popen(["true"])
        gone.wait()
        status, lines, _ = check(broker, name, "--activity", "check", "--only", "drain", "--pid", str(gone.pid))
        assert status == 0 and worker.poll() is None
        assert lines["drain"]["verdict"] == "not tried" and str(gone.pid) in lines["drain"]["seen"], lines

        status, lines, errors = check(
            broker, name, "--activity", "check", "--lease", "4", "--pid", str(worker.pid), *lines_tried)
        assert status == 0, (lines, errors)
        assert verdicts(lines) == {
            "success": "pass", "past the lease": "pass", "killed": "not tried", "acknowledged": "not tried",
            "broker restart": "not tried", "drain": "pass"}, lines
        reaper.join(30)
        assert worker.returncode == 0, "SIGTERM came to the process that --pid names"
    finally:
        worker.kill()
        reaper.join()


def test_a_lease_that_is_not_kept_is_noted(broker, name):
    status, lines, errors = check(
        broker, name, "--activity", "check", "--command", f"BATON_WORKER_LEASE=600 {BINARIES / 'check-worker'}",
        "--lease", "1", "--only", "past-the-lease")
    assert status == 0, (lines, errors)
    assert lines["past the lease"]["verdict"] == "note" and "held" in lines["past the lease"]["seen"], lines


def test_a_worker_that_is_not_there(broker, name):
    status, lines, _ = check(broker, name, "--activity", "nobody", "--only", "success")
    assert status == 1
    assert verdicts(lines) == {"queue": "miss", "success": "not tried"}


def test_words_that_are_wrong(broker, name, tmp_path):
    assert check(broker, name)[0] == 2
    assert check(broker, name, "--activity", "a", "--only", "nonsense")[0] == 2
    assert check(broker, name, "--activity", "a", "--input", str(tmp_path / "absent"))[0] == 2
    (tmp_path / "bad.json").write_text("{")
    assert check(broker, name, "--activity", "a", "--input", str(tmp_path / "bad.json"))[0] == 2
    assert check(broker, name, "--activity", "a", "--pid", "1", "--command", "true")[0] == 2
    assert check(broker, name, "--activity", "a", "--lease", "0")[0] == 2
    assert check(broker, name, "--activity", "a", "--amqp-url", "amqp://127.0.0.1:1/")[0] == 3
