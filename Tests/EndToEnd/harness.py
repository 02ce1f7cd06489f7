"""What the end-to-end tests start, kill and wait for. Every wait has a deadline."""

import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import botocore.config
import botocore.exceptions

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BINARIES = Path(os.environ.get("BATON_BIN_DIR", ROOT / ".build" / "debug"))
ROLE = "arn:aws:iam::000000000000:role/tests"


def wait_until(what, condition, timeout=30.0, interval=0.05):
    """Polls `condition` until it is true and returns its value; fails after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(interval)


def free_port():
    """Below the ports for outgoing connections: one of those could take it while its server restarts."""
    while True:
        with socket.socket() as probe:
            port = random.randint(20000, 32000)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def end_process(process, sig=signal.SIGTERM, timeout=20.0):
    if process is None or process.poll() is not None:
        return
    process.send_signal(sig)
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
        raise AssertionError(f"{process.args[0]} did not end within {timeout} s of signal {sig}")


class Broker:
    """A private RabbitMQ node."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.port = free_port()

    @property
    def url(self):
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def _run(self, *arguments):
        command = [str(ROOT / "scripts" / "broker.sh"), *arguments, "--dir", str(self.directory)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"

    def start(self, *options):
        self._run("start", "--port", str(self.port), *options)

    def stop(self):
        self._run("stop")

    def kill(self):
        self._run("stop", "--kill")

    def wipe(self):
        self._run("wipe")


class Server:
    """A `baton server` process on a database of its own."""

    def __init__(self, directory, broker_url, prefix, *flags):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.database = self.directory / "baton.db"
        self.broker_url = broker_url
        self.prefix = prefix
        self.flags = flags
        self.scheme = "http"
        self.authority = None
        self.port = free_port()
        self.process = None
        self.log = self.directory / "server.log"

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def command(self):
        return [
            str(BINARIES / "baton"), "server", "--database", str(self.database), "--amqp-url", self.broker_url,
            "--listen", f"127.0.0.1:{self.port}", "--prefix", self.prefix, *self.flags,
        ]

    def launch(self, **environment):
        """Starts the process, and does not wait for anything."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.directory,
                env={**os.environ, **environment})
        return self.process

    def start(self, ready=True):
        self.launch()
        wait_until("the server lives", self._lives, timeout=20)
        if ready:
            wait_until("the server is ready", lambda: self.get("/health/ready")[0] == 200, timeout=30)
        return self

    def _lives(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.tail()}")
        return self.get("/health/live")[0] == 200

    def tail(self, lines=30):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def get(self, path):
        trust = ssl.create_default_context(cafile=self.authority) if self.authority else None
        try:
            with urllib.request.urlopen(self.url + path, timeout=5, context=trust) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def stop(self, timeout=30.0):
        end_process(self.process, timeout=timeout)
        return self.process.returncode

    def client(self, key="test", secret="test", token=None, **config):
        """boto3's client, as anybody uses it."""
        options = {"retries": {"max_attempts": 1}, "read_timeout": 75, "max_pool_connections": 50, **config}
        return boto3.client(
            "stepfunctions", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=key,
            aws_secret_access_key=secret, aws_session_token=token, verify=self.authority,
            config=botocore.config.Config(**options))

    def environment(self):
        """For the AWS CLI."""
        return {
            **os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "", "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def aws(self, *arguments):
        """`aws stepfunctions …`; returns (exit code, output, errors)."""
        aws = shutil.which("aws")
        assert aws, "the AWS CLI is not installed"
        done = subprocess.run(
            [aws, "stepfunctions", *arguments, "--endpoint-url", self.url], env=self.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=100)
        return done.returncode, done.stdout, done.stderr


class Worker:
    """A worker process that can be killed; see worker.py."""

    def __init__(self, broker_url, prefix, ledger, activities, delay=0.0, name="worker"):
        self.arguments = [
            sys.executable, str(HERE / "worker.py"), "--amqp-url", broker_url, "--prefix", prefix, "--ledger",
            str(ledger), "--delay", str(delay), "--name", name, *activities,
        ]
        self.log = Path(str(ledger) + f".{name}.log")
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def stop(self):
        end_process(self.process, signal.SIGKILL)


OUTAGE = (
    botocore.exceptions.EndpointConnectionError, botocore.exceptions.ConnectionClosedError,
    botocore.exceptions.ConnectTimeoutError, botocore.exceptions.ReadTimeoutError,
    botocore.exceptions.HTTPClientError,
)


def persistently(call, timeout=60.0):
    """Calls until the server answers: what a client does whose server is being restarted. Only safe for what is
    idempotent."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return call()
        except OUTAGE:
            if time.monotonic() > deadline:
                raise
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "ServiceUnavailable" or time.monotonic() > deadline:
                raise
        time.sleep(0.05)


def seeded_random():
    """Prints its seed, so that a failure can be played again with BATON_SEED."""
    seed = int(os.environ.get("BATON_SEED", random.randrange(1 << 32)))
    print(f"BATON_SEED={seed}")
    return random.Random(seed)


def whole_history(client, execution, reverse=False, page=1000):
    events, arguments = [], {"executionArn": execution, "maxResults": page, "reverseOrder": reverse}
    while True:
        answer = client.get_execution_history(**arguments)
        events += answer["events"]
        if "nextToken" not in answer:
            return events
        arguments["nextToken"] = answer["nextToken"]


def finished(client, execution, timeout=30.0):
    """Waits for an execution's end and returns its description."""

    def ended():
        described = client.describe_execution(executionArn=execution)
        return described if described["status"] != "RUNNING" else None

    return wait_until(f"{execution} ends", ended, timeout=timeout)
