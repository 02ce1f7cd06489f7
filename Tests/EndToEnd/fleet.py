"""The workers of workers/ in other languages, and how to run them."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import ROOT, end_process

WORKERS = ROOT / "workers"
JAVA_LIBRARIES = [f"/usr/share/java/{name}.jar" for name in ("amqp-client", "slf4j-api", "slf4j-nop", "gson")]
GO_LIBRARIES = Path("/usr/share/gocode")


def _python(*names):
    def command(_):
        for name in names:
            pytest.importorskip(name)
        return [sys.executable]

    return command


def _ruby(_):
    tool("ruby", "ruby")
    if subprocess.run(["ruby", "-e", "require 'bunny'"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no bunny for Ruby: scripts/deps.sh polyglot")
    return ["ruby"]


def tool(name, language):
    if shutil.which(name) is None:
        pytest.skip(f"no {language} here: scripts/deps.sh polyglot installs it")
    return name


def build_go(folder):
    tool("go", "Go")
    if not (GO_LIBRARIES / "src/github.com/rabbitmq/amqp091-go").exists():
        pytest.skip("no amqp091-go for Go: scripts/deps.sh polyglot")
    binary = folder / "go-worker"
    _build(
        ["go", "build", "-o", str(binary), "."], WORKERS / "go",
        {"GO111MODULE": "off", "GOPATH": str(GO_LIBRARIES), "GOCACHE": str(folder / "go-cache")})
    return binary


def _java(folder):
    tool("javac", "Java")
    if not all(os.path.exists(path) for path in JAVA_LIBRARIES):
        pytest.skip("no RabbitMQ client for Java: scripts/deps.sh polyglot")
    path = ":".join([*JAVA_LIBRARIES, str(folder)])
    _build(["javac", "-cp", path, "-d", str(folder), "Worker.java", "Task.java", "Handlers.java"], WORKERS / "java")
    return ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", path, "Worker"]


def _build(command, folder, environment=()):
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **dict(environment)}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=180)
    assert done.returncode == 0, done.stdout


LANGUAGES = {
    "python-pika": lambda folder: [*_python("pika")(folder), str(WORKERS / "python-pika/worker.py")],
    "python-asyncio": lambda folder: [*_python("aio_pika")(folder), str(WORKERS / "python-asyncio/worker.py")],
    "python": lambda folder: [*_python("aio_pika")(folder), str(WORKERS / "python/examples/greeter.py")],
    "javascript": lambda folder: [tool("node", "Node"), str(WORKERS / "javascript/worker.mjs")],
    "go": lambda folder: [str(build_go(folder))],
    "ruby": lambda folder: [*_ruby(folder), str(WORKERS / "ruby/worker.rb")],
    "java": _java,
}


class PolyglotWorker:
    """A worker process of any language."""

    def __init__(self, command, broker_url, prefix, log, **settings):
        self.command = command
        self.environment = {
            **os.environ, "BATON_AMQP_URL": broker_url, "BATON_PREFIX": prefix,
            "PYTHONPATH": str(WORKERS / "python/src"),
            **{f"BATON_WORKER_{key.upper()}": str(value) for key, value in settings.items()},
        }
        self.log = Path(log)
        self.process = None

    def start(self, *arguments):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.command, *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self.environment)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def terminate(self, timeout=20.0):
        """Asks it to end and returns (exit code, seconds)."""
        before = time.monotonic()
        end_process(self.process, signal.SIGTERM, timeout)
        return self.process.returncode, time.monotonic() - before

    def stop(self):
        end_process(self.process, signal.SIGKILL)
