"""Each worker of workers/ keeps the contract: by `baton worker check`, and by what that does not look at.

The cases consist of waiting, so all of them run at the same time; each test then looks at the end of one."""

import concurrent.futures
import itertools
import json
import os
import shlex
import subprocess

import pytest

from fleet import LANGUAGES, WORKERS, PolyglotWorker
from harness import BINARIES, ROOT, Broker
from protocol import StandIn


class Fleet:
    """Workers of one language on names of their own."""

    numbers = itertools.count(1)

    def __init__(self, command, broker_url, folder):
        self.prefix = f"polyglot{next(self.numbers)}"
        self.command, self.broker_url, self.folder = command, broker_url, folder
        self.workers = []
        self.orchestrator = StandIn(broker_url, self.prefix)

    def __call__(self, **settings):
        log = self.folder / f"{self.prefix}-{len(self.workers)}.log"
        self.workers.append(PolyglotWorker(self.command, self.broker_url, self.prefix, log, **settings).start())
        return self.workers[-1]

    def stop(self):
        self.orchestrator.close()
        for worker in self.workers:
            worker.stop()


def answers(fleet, orchestrator):
    fleet()
    succeeds = orchestrator.send({"name": "Zoë"})
    fails = orchestrator.send({"name": ""})
    assert orchestrator.outcome(succeeds) == ("success", {"text": "Hello, Zoë!"})
    kind, body = orchestrator.outcome(fails)
    assert (kind, body["error"]) == ("failure", "Greeting.NoName")
    for text in (b"{not json", b"\xff\xfe", b""):
        kind, body = orchestrator.outcome(orchestrator.send(text))
        assert (kind, body["error"]) == ("failure", "InvalidInput"), text
    for value in ([], None, 7, "text", {"name": 7}):
        orchestrator.outcome(orchestrator.send(value))
    kind, body = orchestrator.outcome(orchestrator.send({"name": "x"}, version=2))
    assert (kind, body["error"]) == ("failure", "InvalidTask") and "2" in body["cause"]
    large = {"name": "large", "padding": "é" * ((262_144 - 40) // 6)}
    assert orchestrator.outcome(orchestrator.send(large))[0] == "success"
    orchestrator.send({"name": "nobody"}, reply=False)
    assert orchestrator.outcome(orchestrator.send({"name": "after"}))[0] == "success"
    assert orchestrator.waiting() == 0


def prefetch(fleet, orchestrator):
    fleet(prefetch=2)
    tokens = [orchestrator.send({"name": "many", "seconds": 1.5}) for _ in range(5)]
    orchestrator.wait("two are taken", lambda: orchestrator.waiting() <= 3)
    orchestrator.listen(0.3)
    assert orchestrator.waiting() == 3
    assert {orchestrator.outcome(token)[0] for token in tokens} == {"success"}


def least_permissions(fleet, orchestrator):
    """With a user that may do no more than `deploy/rabbitmq/definitions.sh` grants."""
    fleet.broker_url = fleet.broker_url.replace("guest:guest", "least:least")
    fleet()
    token = orchestrator.send({"name": "cancelled", "seconds": 60}, heartbeat=1)
    orchestrator.wait("it begins", lambda: orchestrator.of(token))
    orchestrator.cancel(token)
    assert orchestrator.outcome(orchestrator.send({"name": "next"}))[0] == "success"
    orchestrator.listen(1)
    assert orchestrator.of(token, "success", "failure") == []


def deleted_queue(fleet, orchestrator):
    """The broker ends the consumer, and the connection stays: the worker declares its queue again."""
    fleet()
    assert orchestrator.outcome(orchestrator.send({"name": "before"}))[0] == "success"
    orchestrator.channel.queue_delete(orchestrator.queue)
    orchestrator.wait("it is served again", orchestrator.is_served, timeout=60)
    notices = []
    while (message := orchestrator.channel.basic_get(f"{orchestrator.prefix}.start", auto_ack=True))[0]:
        notices.append((message[1].type, message[1].headers["baton-queue"]))
    if "workers/python/" in fleet.command[-1]:
        # The queue of its other activity was new when it started.
        assert notices.count(("recreated", orchestrator.queue)) == 1, notices
    else:
        assert notices == [], "allowed, but none of them does"
    assert orchestrator.outcome(orchestrator.send({"name": "after"}))[0] == "success"


def check(fleet, orchestrator):
    """Everything else: heartbeats, the lease, cancellations, doubled deliveries, kills, draining."""
    lines = checked(fleet)
    assert len(lines) >= 18
    missed = {name for name, line in lines.items() if line["verdict"] != "pass" and name != "broker restart"}
    # Heartbeats are a matter of time, and a machine that does everything at once may hold one up.
    if missed == {"heartbeats"}:
        lines = checked(fleet, "--only", "heartbeats")
        missed = {name for name, line in lines.items() if line["verdict"] != "pass"}
    assert missed == set(), [lines[name] for name in missed]


def checked(fleet, *options):
    """What `baton worker check` says, by line."""
    done = subprocess.run(
        [str(BINARIES / "baton"), "worker", "check", "--activity", "check", "--json", "--amqp-url", fleet.broker_url,
         "--prefix", fleet.prefix, "--command", shlex.join([*fleet.command, "check"]), *options],
        env={**os.environ, "PYTHONPATH": str(WORKERS / "python/src")}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    return {line["line"]: line for line in json.loads(done.stdout)["lines"]}


CASES = (check, answers, prefetch, least_permissions, deleted_queue)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("polyglot")


@pytest.fixture(scope="module")
def commands(folder):
    """How to run each language's worker; for those that are not here, why not."""

    def prepare(language):
        (folder / language).mkdir()
        try:
            return LANGUAGES[language](folder / language)
        except pytest.skip.Exception as absence:
            return absence

    with concurrent.futures.ThreadPoolExecutor(len(LANGUAGES)) as pool:
        return dict(zip(LANGUAGES, pool.map(prepare, LANGUAGES)))


def rabbitmqctl(broker, *arguments):
    subprocess.run(
        [str(ROOT / "scripts" / "broker.sh"), "ctl", "--dir", str(broker.directory), *arguments],
        stdout=subprocess.DEVNULL, check=True, timeout=60)


@pytest.fixture(scope="module")
def ends(commands, broker, folder, request):
    wanted = {item.callspec.id for item in request.session.items if item.function is test_worker}

    def run(case, command):
        fleet = Fleet(command, broker.url, folder)
        try:
            case(fleet, fleet.orchestrator)
        finally:
            fleet.stop()

    own, control = r"polyglot\d+\.activity\.(greet|check)", r"polyglot\d+\.control"
    rabbitmqctl(broker, "add_user", "least", "least")
    rabbitmqctl(
        broker, "set_permissions", "least", f"^({own}|{control}\\..*)$", f"^(amq\\.default|{control}\\..*)$",
        f"^({own}|{control}(\\..*)?)$")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        yield {
            f"{case.__name__}-{language}": pool.submit(run, case, commands[language])
            for case in CASES for language in LANGUAGES
            if f"{case.__name__}-{language}" in wanted and isinstance(commands[language], list)
        }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_worker(case, language, ends, commands):
    if isinstance(commands[language], BaseException):
        raise commands[language]
    ends[f"{case.__name__}-{language}"].result(timeout=120)


def test_broker_restart(commands, folder, tmp_path_factory):
    """All at once, because it takes so long: every language is back when the broker is, and has kept what it worked on,
    also where that was past its lease, so that the broker did not know of it any more."""
    broker = Broker(tmp_path_factory.mktemp("restarted"))
    broker.start()
    workers, kept = {}, {}

    def orchestrator(language):
        return StandIn(broker.url, f"restart-{language}", results=f"restart-{language}.results")

    try:
        for language, command in commands.items():
            if isinstance(command, list):
                prefix = f"restart-{language}"
                workers[language] = PolyglotWorker(
                    command, broker.url, prefix, folder / f"{prefix}.log", lease=1).start()
        before = {language: orchestrator(language) for language in workers}
        for language, one in before.items():
            assert one.outcome(one.send({"name": "before"}))[0] == "success", language
        for language, one in before.items():
            kept[language] = one.send({"name": "kept", "seconds": 8})
        for language, one in before.items():
            one.wait("it is past its lease", lambda: len(one.of(kept[language], "heartbeat")) > 4)
            one.close()
        broker.kill()
        broker.start()
        for language, worker in workers.items():
            after = orchestrator(language)
            assert after.outcome(after.send({"name": "after"}), timeout=60)[0] == "success", language
            assert after.outcome(kept[language], timeout=60) == ("success", {"text": "Hello, kept!"}), language
            after.close()
            assert worker.terminate()[0] == 0, language
    finally:
        for worker in workers.values():
            worker.stop()
        broker.stop()
