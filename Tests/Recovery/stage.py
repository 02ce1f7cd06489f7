"""What the benchmark puts on: a server and its process, machines, workers, figures."""

import json
import os
import sys
import threading
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
os.environ.setdefault("BATON_BIN_DIR", str(ROOT / ".build" / "release"))
sys.path.insert(0, str(HERE.parent / "EndToEnd"))

import pika  # noqa: E402
from harness import ROLE, Broker, Server, wait_until  # noqa: E402,F401

ACCOUNT = "arn:aws:states:us-east-1:000000000000"


class Stage:
    """A folder, a broker and a server on them; the server's prefix is the case's name."""

    def __init__(self, folder, broker, name, *flags):
        self.broker = broker
        self.name = f"{name}-{os.getpid()}"
        self.server = Server(Path(folder) / name, broker.url, self.name, *flags)

    def __enter__(self):
        for leftover in self.server.directory.glob("baton.db*"):
            leftover.unlink()
        return self

    def __exit__(self, *_):
        if self.server.process and self.server.process.poll() is None:
            self.server.kill()
        self.drop_queues()
        if "KEEP" not in os.environ:
            for leftover in self.server.directory.glob("baton.db*"):
                leftover.unlink()

    def drop_queues(self):
        try:
            with connected(self.broker.url) as connection:
                channel = connection.channel()
                for queue in ("results.0", "results.express.0", "start", "dead", "activity.work"):
                    channel.queue_delete(f"{self.name}.{queue}")
        except pika.exceptions.AMQPError:
            pass

    @property
    def database(self):
        return str(self.server.database)

    def machine(self, name, states, first="A"):
        answer = self.server.client().create_state_machine(
            name=name, roleArn=ROLE, definition=json.dumps({"StartAt": first, "States": states}))
        return answer["stateMachineArn"]

    def activity(self, name="work"):
        return self.server.client().create_activity(name=name)["activityArn"]

    def start(self, machine, input="{}", name=None):
        arguments = {"name": name} if name else {}
        return self.server.client().start_execution(stateMachineArn=machine, input=input, **arguments)["executionArn"]

    def metric(self, name):
        """The sum of a metric's values; None where the server does not answer."""
        status, text = self.server.get("/metrics")
        if status != 200:
            return None
        values = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                  if line.startswith(name) and line[len(name)] in "{ "]
        return sum(values)


class Background:
    """What `run` does beside the case, until `over` is set at the end of the block."""

    def __enter__(self):
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(30)


class Load(Background):
    """Starts executions at a rate, over plain HTTP, and times every call."""

    def __init__(self, stage, machine, rate, input="{}"):
        self.stage, self.machine, self.rate, self.input = stage, machine, rate, input
        self.started, self.latencies, self.failures = [], [], 0

    def run(self):
        number, begin = 0, time.monotonic()
        while not self.over.is_set():
            number += 1
            # A name of its own: what is tried again starts nothing twice.
            body = {"stateMachineArn": self.machine, "input": self.input, "name": f"load-{id(self)}-{number}"}
            sent = time.monotonic()
            while not self.over.is_set():
                try:
                    answer = call(self.stage.server.url, "StartExecution", body)
                    self.started.append(answer["executionArn"])
                    break
                except OSError:
                    self.failures += 1
                    time.sleep(0.05)
            self.latencies.append(time.monotonic() - sent)
            pause = begin + number / self.rate - time.monotonic()
            if pause > 0:
                self.over.wait(pause)
            else:
                begin -= pause


def call(url, operation, body, timeout=20):
    request = urllib.request.Request(
        url, data=json.dumps(body).encode(),
        headers={"X-Amz-Target": f"AWSStepFunctions.{operation}", "Content-Type": "application/x-amz-json-1.0"})
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return json.load(response)


class connected:
    def __init__(self, url):
        self.url = url

    def __enter__(self):
        parameters = pika.URLParameters(self.url)
        parameters.socket_timeout = parameters.blocked_connection_timeout = 10
        self.connection = pika.BlockingConnection(parameters)
        return self.connection

    def __exit__(self, *_):
        if self.connection.is_open:
            self.connection.close()


def answer(channel, properties, body=b"{}"):
    channel.basic_publish(
        "", properties.reply_to, body,
        pika.BasicProperties(
            correlation_id=properties.correlation_id, type="success", delivery_mode=2,
            content_type="application/json"))


class EchoWorker(Background):
    """Answers every task of an activity with its input, and comes back after every outage, as a plain client would."""

    def __init__(self, url, queue):
        self.url, self.queue = url, queue
        self.done, self.times = 0, []

    def run(self):
        while not self.over.is_set():
            try:
                with connected(self.url) as connection:
                    self.serve(connection)
            except (pika.exceptions.AMQPError, OSError):
                self.over.wait(0.2)

    def serve(self, connection):
        channel = connection.channel()
        # Waits for the orchestrator to declare it: then nothing has to be told to it.
        channel.queue_declare(self.queue, passive=True)
        channel.basic_qos(prefetch_count=200)
        for method, properties, body in channel.consume(self.queue, inactivity_timeout=0.5):
            if self.over.is_set():
                return
            if method is None:
                continue
            answer(channel, properties, body)
            channel.basic_ack(method.delivery_tag)
            self.done += 1
            self.times.append(time.monotonic())


# MARK: A process seen from outside


def resident(pid):
    """Bytes in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# MARK: Figures


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


class Report:
    """Figures with the bar that each has to pass; None is for those that are only shown."""

    def __init__(self):
        self.rows = []

    def add(self, case, what, value, unit, bar=None):
        """`bar` is the most that the value may be."""
        verdict = "" if bar is None else "ok" if value <= bar else "MISSED"
        self.rows.append({"case": case, "figure": what, "value": value, "unit": unit, "bar": bar, "verdict": verdict})
        print("  " + self.line(self.rows[-1]), flush=True)

    def claim(self, case, what, holds):
        self.rows.append({
            "case": case, "figure": what, "value": bool(holds), "unit": "", "bar": True,
            "verdict": "ok" if holds else "MISSED"})
        print("  " + self.line(self.rows[-1]), flush=True)

    @staticmethod
    def line(row):
        value = row["value"]
        text = ("yes" if value else "no") if isinstance(value, bool) else (
            f"{value:,.0f}" if row["unit"] in ("", "tasks", "executions") or abs(value) >= 1000 else f"{value:,.3g}")
        bar = "" if row["bar"] is None or row["bar"] is True else f"≤ {row['bar']:,g} {row['unit']}"
        return f"{row['figure']:<62} {text:>12} {row['unit']:<6} {bar:<16} {row['verdict']}".rstrip()

    def print(self):
        case = None
        for row in self.rows:
            if row["case"] != case:
                case = row["case"]
                print(f"\n{case}")
            print("  " + self.line(row))

    @property
    def missed(self):
        return [row for row in self.rows if row["verdict"] == "MISSED"]
