"""One process per SQLite file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ascend_core.errors import DatabaseProblem
from ascend_core.runtime.file_lock import only_one

HOLD = """
import sys
from pathlib import Path
from ascend_core.runtime.file_lock import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    """However the first one ends: here it is killed."""
    lock = tmp_path / "ascend.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

        with pytest.raises(DatabaseProblem, match="another process works on this database already"), only_one(lock):
            pass
        holder.kill()
        holder.wait()

    with only_one(lock):
        pass


def test_the_lock_is_given_back(tmp_path: Path) -> None:
    """Also when the work fails; and two hands of one process do not share it."""
    lock = tmp_path / "ascend.lock"
    with pytest.raises(RuntimeError, match="a bug"), only_one(lock):
        raise RuntimeError("a bug")

    with only_one(lock), pytest.raises(DatabaseProblem), only_one(lock):
        pass
