"""The clients: they start executions over HTTP and AMQP, answer callbacks, and poll for tasks."""

import http.client
import json
import random
import sqlite3
import threading
import time

import pika

import machines
from arena import now


REPLIES = "torture.replies"


class Unavailable(Exception):
    """No answer, or one that says to try again."""


def keep_on(body, argument, stop, log):
    """Calls a client again and again, whatever happens to it, until `stop` is set."""
    while not stop.is_set():
        try:
            body(argument)
        except Unavailable:
            pass
        except Exception as error:  # noqa: BLE001 - a client that fails is tried again
            log.add(f"client {body.__name__}: {error!r}")
            time.sleep(0.2)


class API:
    """One client, one connection; the protocol as AWS's SDKs speak it, without their weight."""

    def __init__(self, port):
        self.port, self.connection = port, None

    def call(self, operation, timeout=10, **arguments):
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
            self.connection.request(
                "POST", "/", json.dumps(arguments),
                {"X-Amz-Target": f"AWSStepFunctions.{operation}", "Content-Type": "application/x-amz-json-1.0"})
            response = self.connection.getresponse()
            body = json.loads(response.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise Unavailable(repr(error)) from error
        if response.status >= 500:
            raise Unavailable(body)
        return response.status, body

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def insist(self, operation, stop=None, **arguments):
        """Until there is an answer."""
        while True:
            try:
                return self.call(operation, **arguments)
            except Unavailable:
                if stop is not None and stop.is_set():
                    raise
                time.sleep(0.1)


class Load:
    def __init__(self, arena, rate, max_open):
        self.arena, self.rate, self.max_open = arena, rate, max_open
        self.stop = threading.Event()
        # Of callers that have to go on until everything has ended.
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.number = 0
        # What was asked for, by machine and name: input. What was answered: the ARN.
        self.asked, self.answered, self.offered = {}, {}, {}
        self.refused = []
        self.effects = open(arena.directory / "records" / "clients.tsv", "a", buffering=1)
        self.open = 0
        self.answers = 0
        self.tokens, self.offsets = set(), {}
        self.threads = []

    def prepare(self):
        api = API(self.arena.orchestrator.port)
        for name in machines.ACTIVITIES + machines.OTHER_ACTIVITIES:
            api.insist("CreateActivity", name=name)
        for name, definition in machines.DEFINITIONS.items():
            status, answer = api.insist(
                "CreateStateMachine", name=name, definition=json.dumps(definition),
                roleArn="arn:aws:iam::000000000000:role/torture")
            assert status == 200, answer
        api.close()

    def begin(self):
        for body in (self._start_over_http, self._start_over_http, self._start_over_amqp, self._count):
            self._thread(body, self.stop)
        for body in (self._answer_callbacks, self._poll):
            self._thread(body, self.over)

    def _thread(self, body, stop):
        thread = threading.Thread(target=keep_on, args=(body, stop, stop, self.arena.log), daemon=True)
        thread.start()
        self.threads.append((thread, stop))

    def finish_starting(self):
        """Every start that was begun is answered."""
        self.stop.set()
        for thread, stop in self.threads:
            if stop is self.stop:
                thread.join(60)
                assert not thread.is_alive(), "a client did not end"

    # Starting

    def _next(self, dice, prefix):
        with self.lock:
            self.number += 1
            number = self.number
        kind, value = machines.pick(dice)
        return kind, f"{prefix}{number}", value

    def _pace(self, stop, dice, share):
        while not stop.is_set():
            stop.wait(dice.expovariate(self.rate * share))
            if self.open < self.max_open:
                return

    def _start_over_http(self, stop):
        dice = random.Random(self.arena.seed * 1_000 + len(self.threads))
        api = API(self.arena.orchestrator.port)
        while not stop.is_set():
            self._pace(stop, dice, 0.35)
            kind, name, value = self._next(dice, "h")
            with self.lock:
                self.asked[kind, name] = value
            status, answer = self._insist_on_start(api, kind, name, value)
            with self.lock:
                if status == 200:
                    self.answered[kind, name] = answer["executionArn"]
                elif "ExecutionAlreadyExists" in answer.get("__type", ""):
                    # The first try was taken, and is over by now.
                    self.answered[kind, name] = f"{machines.REGION}:execution:{kind}:{name}"
                else:
                    self.refused.append((kind, name, answer))
        api.close()

    def _insist_on_start(self, api, kind, name, value):
        while True:
            try:
                return api.call(
                    "StartExecution", stateMachineArn=f"{machines.REGION}:stateMachine:{kind}", name=name,
                    input=json.dumps(value))
            except Unavailable:
                time.sleep(0.1)

    def _start_over_amqp(self, stop):
        dice = random.Random(self.arena.seed * 1_000 + 999)
        try:
            connection = pika.BlockingConnection(pika.URLParameters(self.arena.broker_url.replace("?", "/?")))
            channel = connection.channel()
            channel.confirm_delivery()
            channel.queue_declare(REPLIES, durable=True, arguments={"x-queue-type": "quorum"})
            while not stop.is_set():
                self._pace(stop, dice, 0.3)
                kind, name, value = self._next(dice, "m")
                # Confirmed by the broker is not answered by Baton: a broker that is wiped forgets it.
                with self.lock:
                    self.offered[kind, name] = value
                channel.basic_publish(
                    "", "baton.start", json.dumps(value).encode(),
                    pika.BasicProperties(
                        message_id=name, delivery_mode=2, content_type="application/json", reply_to=REPLIES,
                        correlation_id=f"{kind}:{name}",
                        headers={"baton-state-machine": kind}))
            connection.close()
        except (pika.exceptions.AMQPError, OSError):
            time.sleep(0.3)

    def _count(self, stop):
        stop.wait(1)
        count = running(self.arena.orchestrator.database)
        if count is not None:
            self.open = count

    # Answering

    def _effect(self, kind):
        with self.lock:
            self.answers += 1
            return f"{kind}-{self.answers}-{self.arena.seed}"

    def _record(self, kind, message, execution, state, remark):
        self.effects.write(f"{kind}\t{now()}\t{message}\t{execution}\t{state}\t0\t{remark}\n")

    def _answer_callbacks(self, stop):
        """Workers write down the tokens that they are given; whoever answers them is somebody else."""
        api, seen, offsets = API(self.arena.orchestrator.port), self.tokens, self.offsets
        while not stop.wait(0.3):
            for worker in self.arena.workers:
                if not worker.records.exists():
                    continue
                with open(worker.records, "rb") as file:
                    file.seek(offsets.get(worker.name, 0))
                    text = file.read()
                whole = text[:text.rfind(b"\n") + 1]
                offsets[worker.name] = offsets.get(worker.name, 0) + len(whole)
                for line in whole.decode().splitlines():
                    kind, _, _, execution, state, _, token = line.split("\t")
                    if kind != "C" or token in seen:
                        continue
                    seen.add(token)
                    effect = self._effect("callback")
                    self._record("E", token[:40], execution, state, effect)
                    api.insist(
                        "SendTaskSuccess", stop=stop, taskToken=token,
                        output=json.dumps({"effect": effect, "state": state}))

    def _poll(self, stop):
        api = API(self.arena.orchestrator.port)
        while not stop.is_set():
            status, answer = api.call("GetActivityTask", timeout=70, activityArn=machines.POLLED, workerName="poller")
            token = answer.get("taskToken")
            if status != 200 or not token:
                continue
            effect = self._effect("polled")
            self._record("D", token[:60], "", "Q", "first")
            self._record("E", token[:60], "", "Q", effect)
            api.insist(
                "SendTaskSuccess", stop=stop, taskToken=token, output=json.dumps({"effect": effect, "state": "Q"}))


def running(database):
    """How many executions run; nil while the database cannot be read."""
    try:
        rows = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=1)
        try:
            return rows.execute("SELECT count(*) FROM executions WHERE status = 'RUNNING'").fetchone()[0]
        finally:
            rows.close()
    except sqlite3.Error:
        return None
