"""Each worker of workers/ keeps the contract: a stand-in for the orchestrator tries it with what can go wrong.

The cases consist of waiting, so all of them run at the same time; each test then looks at the end of one."""

import concurrent.futures
import itertools

import pytest

from fleet import LANGUAGES, PolyglotWorker
from harness import Broker
from protocol import StandIn

LEASE = 2


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
        settings = {"lease": LEASE, "drain_timeout": 10, **settings}
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


def heartbeats_in_time(fleet, orchestrator):
    fleet(lease=600)
    token = orchestrator.send({"name": "slow", "seconds": 4}, heartbeat=3)
    orchestrator.wait("it begins", lambda: orchestrator.of(token))
    assert orchestrator.outcome(token)[0] == "success"
    times = [time for time, *_ in orchestrator.of(token)]
    assert len(times) >= 4 and max(after - before for before, after in zip(times, times[1:])) < 3, times


def past_the_lease(fleet, orchestrator):
    """The task is not the broker's any more, and is answered all the same."""
    worker = fleet()
    short = orchestrator.send({"name": "slow", "seconds": LEASE + 1.5})
    assert orchestrator.outcome(short)[0] == "success"
    token = orchestrator.send({"name": "slow", "seconds": 60}, heartbeat=3)
    orchestrator.wait("the lease is over", lambda: len(orchestrator.of(token, "heartbeat")) >= 4)
    worker.kill()
    orchestrator.listen(0.5)
    assert orchestrator.waiting() == 0


def killed_before_its_lease(fleet, orchestrator):
    worker = fleet()
    token = orchestrator.send({"name": "killed", "seconds": 1.9}, heartbeat=1)
    orchestrator.wait("it begins", lambda: orchestrator.of(token))
    worker.kill()
    fleet(lease=30)
    assert orchestrator.outcome(token)[0] == "success"


def cancellation(fleet, orchestrator):
    worker = fleet(prefetch=1)
    token = orchestrator.send({"name": "cancelled", "seconds": 60}, heartbeat=1)
    orchestrator.wait("it begins", lambda: orchestrator.of(token))
    orchestrator.cancel("another-token")
    orchestrator.cancel(token)
    assert orchestrator.outcome(orchestrator.send({"name": "next"}))[0] == "success"
    assert worker.terminate()[0] == 0
    orchestrator.listen(0.3)
    assert orchestrator.of(token, "success", "failure") == []
    assert orchestrator.waiting() == 0


def doubled_delivery(fleet, orchestrator):
    worker = fleet(prefetch=2)
    token = orchestrator.send({"name": "twice", "seconds": 0.5})
    assert orchestrator.send({"name": "twice", "seconds": 0.5}, token=token) == token
    assert orchestrator.outcome(token)[0] == "success"
    assert orchestrator.outcome(orchestrator.send({"name": "next"}))[0] == "success"
    assert worker.terminate()[0] == 0
    orchestrator.listen(0.3)
    assert orchestrator.waiting() == 0, "both copies are acknowledged"


def drain(fleet, orchestrator):
    worker = fleet(prefetch=1)
    token = orchestrator.send({"name": "drained", "seconds": 1.5}, heartbeat=1)
    orchestrator.wait("it begins", lambda: orchestrator.of(token))
    left = orchestrator.send({"name": "left", "seconds": 0})
    code, seconds = worker.terminate()
    assert code == 0 and seconds < 8
    assert orchestrator.outcome(token, timeout=1)[0] == "success"
    orchestrator.listen(0.3)
    assert orchestrator.of(left) == []
    assert orchestrator.waiting() == 1


def prefetch(fleet, orchestrator):
    fleet(prefetch=2)
    tokens = [orchestrator.send({"name": "many", "seconds": 1.5}) for _ in range(5)]
    orchestrator.wait("two are taken", lambda: orchestrator.waiting() <= 3)
    orchestrator.listen(0.3)
    assert orchestrator.waiting() == 3
    assert {orchestrator.outcome(token)[0] for token in tokens} == {"success"}


CASES = (
    answers, heartbeats_in_time, past_the_lease, killed_before_its_lease, cancellation, doubled_delivery, drain, prefetch)


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


@pytest.fixture(scope="module")
def ends(commands, broker, folder, request):
    wanted = {item.callspec.id for item in request.session.items if item.function is test_worker}

    def run(case, command):
        fleet = Fleet(command, broker.url, folder)
        try:
            case(fleet, fleet.orchestrator)
        finally:
            fleet.stop()

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
    """All at once, because it takes so long: every language is back when the broker is."""
    broker = Broker(tmp_path_factory.mktemp("restarted"))
    broker.start()
    workers = {}
    try:
        for language, command in commands.items():
            if isinstance(command, list):
                prefix = f"restart-{language}"
                workers[language] = PolyglotWorker(command, broker.url, prefix, folder / f"{prefix}.log").start()
        for language in workers:
            orchestrator = StandIn(broker.url, f"restart-{language}")
            assert orchestrator.outcome(orchestrator.send({"name": "before"}))[0] == "success"
            orchestrator.close()
        broker.kill()
        broker.start()
        for language, worker in workers.items():
            orchestrator = StandIn(broker.url, f"restart-{language}")
            assert orchestrator.outcome(orchestrator.send({"name": "after"}))[0] == "success", language
            orchestrator.close()
            assert worker.terminate()[0] == 0, language
    finally:
        for worker in workers.values():
            worker.stop()
        broker.stop()
