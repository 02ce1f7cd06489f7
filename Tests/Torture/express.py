"""Express executions under the same harm: who starts them, what has to hold of them, and what is counted.

They live in the orchestrator's memory and die with it, so less is promised: an outcome that StartSyncExecution answered
with is right; one that was started is begun once and never again by itself; and while the process lives, whatever was
started comes to its end. Work happens at least once per attempt, as everywhere.
"""

import bisect
import json
import random
import re
import threading
import time
import urllib.request
from collections import Counter, defaultdict

import pika

import machines
from arena import now
from load import API, REPLIES, Unavailable, keep_on

CALLED = f"{machines.LAMBDA}:called"


def called(**fields):
    return machines.task(CALLED, **fields)


DEFINITIONS = {
    "quick": machines.machine("P", P={"Type": "Pass", "End": True}),
    "brief": machines.machine(
        "A", A=called(ResultPath="$.a", Next="W"), W={"Type": "Wait", "Seconds": 1, "Next": "B"},
        B=called(ResultPath="$.b", End=True)),
    "again": machines.machine(
        "A", A=called(Parameters={"delay.$": "$.delay", "fail": 1}, Retry=[machines.AGAIN], ResultPath="$.a", End=True)),
    "broken": machines.machine(
        "A", A=called(Parameters={"delay.$": "$.delay", "fail": 99, "error": "Torture.Fatal"}, End=True)),
    "both": machines.machine(
        "P", P={
            "Type": "Parallel", "ResultPath": "$.branches", "End": True,
            "Branches": [machines.machine(name, **{name: called(ResultPath="$.done", End=True)}) for name in ("L", "R")],
        }),
}
# Attempts that every execution makes, and effects in its output.
ATTEMPTS = {"quick": 0, "brief": 2, "again": 2, "broken": 1, "both": 2}
EFFECTS = {"quick": 0, "brief": 2, "again": 1, "broken": 0, "both": 2}


def status(kind):
    return "FAILED" if kind == "broken" else "SUCCEEDED"


def is_express(execution):
    """As workers write it down: the name that a client gave, and the execution's own identifier."""
    return re.match(r"x\d+:", execution) is not None


class Express:
    def __init__(self, arena, rate, patience):
        self.arena, self.rate, self.patience = arena, rate, patience
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.number = 0
        self.ended = []  # (kind, answer) of StartSyncExecution
        self.started = []  # (kind, ARN, microseconds) of StartExecution
        self.offered = set()  # correlations of start messages
        self.counts = Counter()
        self.wrong, self.stuck = [], []
        self.threads = []

    def prepare(self):
        api = API(self.arena.orchestrator.port)
        for name, definition in DEFINITIONS.items():
            code, answer = api.insist(
                "CreateStateMachine", name=name, definition=json.dumps(definition), type="EXPRESS",
                roleArn="arn:aws:iam::000000000000:role/torture")
            assert code == 200, answer
        api.close()

    def begin(self):
        for number, body in enumerate((self._sync, self._sync, self._async, self._messages)):
            dice = random.Random(self.arena.seed * 1_000 + 500 + number)
            thread = threading.Thread(target=keep_on, args=(body, dice, self.stop, self.arena.log), daemon=True)
            thread.start()
            self.threads.append(thread)

    def finish_starting(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(self.patience + 30)
            if thread.is_alive():
                self.stuck.append("a client of Express executions did not end")

    def calm(self):
        """Now that nothing goes wrong any more, all of them have to be answered and to end."""
        dice, api = random.Random(self.arena.seed), API(self.arena.orchestrator.port)
        for number in range(40):
            try:
                # The first one finds an orchestrator that is just starting.
                if number == 0:
                    api.insist("ListStateMachines")
                (self._call_sync if number % 2 else self._call_async)(api, dice)
            except Unavailable as error:
                self.wrong.append(f"an Express execution was not taken though nothing was wrong: {error}")
        api.close()

    def settle(self):
        """What is open has to end."""
        gives_up = time.monotonic() + self.patience
        count = None
        while time.monotonic() < gives_up:
            count = self._open()
            if count == 0:
                return
            time.sleep(0.5)
        self.stuck.append(f"{count} Express executions are open")

    def _open(self):
        try:
            with urllib.request.urlopen(
                    f"http://127.0.0.1:{self.arena.orchestrator.port}/metrics", timeout=5) as answer:
                found = re.search(rb"^baton_express_executions_cached (\d+)", answer.read(), re.M)
                return int(found.group(1)) if found else None
        except OSError:
            return None

    # Clients

    def _next(self, dice):
        with self.lock:
            self.number += 1
            number = self.number
        return dice.choice(list(DEFINITIONS)), f"x{number}", {"delay": dice.choice([0, 0, 5, 20, 60])}

    def _pace(self, dice):
        self.stop.wait(dice.expovariate(self.rate))
        return not self.stop.is_set()

    def _sync(self, dice):
        api = API(self.arena.orchestrator.port)
        while self._pace(dice):
            try:
                self._call_sync(api, dice)
            except Unavailable:
                # Gone with its process, or never begun: who wants it starts another one.
                self.counts["broken off"] += 1
        api.close()

    def _call_sync(self, api, dice):
        kind, name, value = self._next(dice)
        began = time.monotonic()
        try:
            code, answer = api.call(
                "StartSyncExecution", timeout=self.patience, name=name, input=json.dumps(value),
                stateMachineArn=f"{machines.REGION}:stateMachine:{kind}")
        except Unavailable:
            if time.monotonic() - began >= self.patience:
                self.stuck.append(f"StartSyncExecution of {kind} {name} has no answer after {self.patience} s")
            raise
        with self.lock:
            if code == 200:
                self.ended.append((kind, answer))
            else:
                self.wrong.append(f"StartSyncExecution of {kind} was refused: {answer}")

    def _async(self, dice):
        api = API(self.arena.orchestrator.port)
        while self._pace(dice):
            try:
                self._call_async(api, dice)
            except Unavailable:
                self.counts["broken off"] += 1
        api.close()

    def _call_async(self, api, dice):
        kind, name, value = self._next(dice)
        code, answer = api.call(
            "StartExecution", name=name, input=json.dumps(value),
            stateMachineArn=f"{machines.REGION}:stateMachine:{kind}")
        with self.lock:
            if code == 200:
                self.started.append((kind, answer["executionArn"], now()))
            else:
                self.wrong.append(f"StartExecution of {kind} was refused: {answer}")

    def _messages(self, dice):
        try:
            connection = pika.BlockingConnection(pika.URLParameters(self.arena.broker_url.replace("?", "/?")))
            channel = connection.channel()
            channel.confirm_delivery()
            channel.queue_declare(REPLIES, durable=True, arguments={"x-queue-type": "quorum"})
            while self._pace(dice):
                kind, name, value = self._next(dice)
                with self.lock:
                    self.offered.add(f"{kind}:{name}")
                channel.basic_publish(
                    "", "baton.start", json.dumps(value).encode(),
                    pika.BasicProperties(
                        message_id=name, delivery_mode=2, content_type="application/json", reply_to=REPLIES,
                        correlation_id=f"{kind}:{name}", headers={"baton-state-machine": kind}))
            connection.close()
        except (pika.exceptions.AMQPError, OSError):
            time.sleep(0.3)

    # Checking

    def check(self, records, effects_in):
        """What is wrong, for the checker; `records` is what workers wrote down."""
        attempts, done = defaultdict(lambda: defaultdict(set)), defaultdict(set)
        for message, (execution, state) in records.begun.items():
            if is_express(execution):
                attempts[execution][state].add(message)
        for effect, (execution, state, _) in records.effects.items():
            if is_express(execution):
                done[execution].add(state)
        self._outcomes(records, effects_in)
        self._once(attempts)
        self._completeness(done)

    def _outcomes(self, records, effects_in):
        used = Counter()
        for kind, answer in self.ended:
            arn = answer["executionArn"]
            if answer["status"] != status(kind):
                self.wrong.append(f"{arn} {answer['status']} with {answer.get('error')}: {answer.get('cause')}")
                continue
            effects = list(effects_in(json.loads(answer.get("output") or "null")))
            if len(effects) != EFFECTS[kind]:
                self.wrong.append(f"{arn} has the effects {effects}")
            for effect, state in effects:
                used[effect] += 1
                record = records.effects.get(effect)
                if record is None or record[:2] != (execution_in(arn), state):
                    self.wrong.append(f"{arn} has an effect of {record}")
        self.wrong += [f"effect {effect} was used by {count} Express executions" for effect, count in used.items()
                       if count > 1]

    def _once(self, attempts):
        kinds = {execution_in(arn): kind for kind, arn, _ in self.started}
        kinds |= {execution_in(answer["executionArn"]): kind for kind, answer in self.ended}
        for execution, states in attempts.items():
            kind = kinds.get(execution)
            # One whose answer was lost is some machine's, and none has a state with more.
            most = 2 if kind in (None, "again") else 1
            for state, messages in states.items():
                if len(messages) > most:
                    self.wrong.append(f"{kind} {execution} made {len(messages)} attempts at {state}")
            total = sum(len(messages) for messages in states.values())
            if kind is not None and total > ATTEMPTS[kind]:
                self.wrong.append(f"{kind} {execution} made {total} attempts instead of {ATTEMPTS[kind]}")

    def _completeness(self, done):
        """Where the process lived on for long enough."""
        deaths = sorted(self.arena.orchestrator.deaths)
        for kind, arn, time_started in self.started:
            index = bisect.bisect_right(deaths, time_started)
            if index < len(deaths) and deaths[index] - time_started < self.patience * 1e6:
                self.counts["may have died"] += 1
                continue
            self.counts["had to end"] += 1
            if len(done[execution_in(arn)]) < EFFECTS[kind]:
                self.stuck.append(f"{arn} was started, and its process lived, and it did only {done[execution_in(arn)]}")

    def reply(self, correlation, kind):
        """Of an outcome that somebody was sent who had started an execution by a message; whether it was one of these."""
        if correlation not in self.offered:
            return False
        self.counts["replies"] += 1
        expected = "success" if status(correlation.split(":")[0]) == "SUCCEEDED" else "failure"
        if kind != expected:
            self.wrong.append(f"Express {correlation} was replied {kind}")
        return True

    def table(self):
        return [(
            "Express: answered / started / by messages", f"{len(self.ended)} / {len(self.started)} / "
            f"{len(self.offered)}; broken off {self.counts['broken off']}, replies {self.counts['replies']}, had to end "
            f"{self.counts['had to end']}")]


def execution_in(arn):
    return ":".join(arn.split(":")[-2:])
