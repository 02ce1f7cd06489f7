"""A server that is killed while its disk is full or broken, and started again on it, says so, and loses nothing."""

import shutil
import struct
import subprocess
import sys

import pytest

from conftest import PASS, create
from harness import ROOT, Server

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("cc"), reason="needs a library that is preloaded")

FULL, FAILING_WRITES, FAILING_SYNCS = (3, 0), (1, 100), (2, 100)


@pytest.fixture
def disk(tmp_path):
    """Environment of a server whose writes and syncs fail as one wishes."""
    library, control = tmp_path / "io_faults.so", tmp_path / "io_faults"
    source = ROOT / "Tests" / "Torture" / "io_faults.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)

    def fail(mode, argument):
        control.write_bytes(struct.pack("ii", mode, argument))

    fail(0, 0)
    fail.environment = {"LD_PRELOAD": str(library), "BATON_IO_FAULTS": str(control)}
    return fail


@pytest.mark.parametrize("fault, words", [(FULL, "no space left"), (FAILING_WRITES, "failed"), (FAILING_SYNCS, "failed")])
def test_a_start_on_a_broken_disk_blames_the_disk(tmp_path, disk, fault, words):
    server = Server(tmp_path / "server", "amqp://guest:guest@127.0.0.1:1/", "broken")
    server.start(ready=False)
    client = server.client()
    execution = client.start_execution(stateMachineArn=create(client, "pass", PASS))["executionArn"]
    server.kill()
    disk(*fault)
    process = server.launch(**disk.environment)
    assert process.wait(30) == 5
    said = server.tail(1)
    assert words in said and "lacks" not in said and "restore" not in said, said
    disk(0, 0)
    server.start(ready=False)
    assert client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    server.kill()
