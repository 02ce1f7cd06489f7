"""A short torture, so that it works when it is wanted: kills, crash points and cheap faults for some seconds.

The long one is `make torture`; see Tests/Torture."""

import os
import subprocess
import sys

import pytest

from harness import ROOT


@pytest.mark.slow
def test_short_torture(tmp_path):
    torture = [
        sys.executable, str(ROOT / "Tests" / "Torture" / "torture.py"), "--minutes", "0.25", "--dear-pause", "0",
        "--pause", "2", "--workers", "3", "--kills-per-second", "2", "--dir", str(tmp_path / "torture"),
    ]
    if "BATON_SEED" in os.environ:
        torture += ["--seed", os.environ["BATON_SEED"]]
    done = subprocess.run(torture, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    print(done.stdout)
    assert done.returncode == 0, done.stdout
