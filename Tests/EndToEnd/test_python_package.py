"""The tests and the types of workers/python, in a process of their own."""

import os
import subprocess
import sys

import pytest

from fleet import WORKERS

PACKAGE = WORKERS / "python"


@pytest.mark.parametrize("command", [
    ["pytest", "-q", "-p", "no:cacheprovider"], ["mypy", "--cache-dir", os.devnull],
], ids=["tests", "types"])
def test_package(command):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=PACKAGE, env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
