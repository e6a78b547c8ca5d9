"""The public surface keeps its types: what mypy accepts from a plugin, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.mark.parametrize("file", ["good_plugin.py", "bad_plugin.py"])
def test_mypy_accepts_a_right_plugin_and_finds_each_mistake_of_a_wrong_one(file: str, tmp_path: Path) -> None:
    """A plugin's author learns of a wrong signature before anything runs."""
    settings = tmp_path / "mypy.ini"
    settings.write_text("[mypy]\nstrict = True\n")

    checked = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--config-file", str(settings), "--cache-dir", str(tmp_path / "cache")),
            *("--follow-imports", "silent", str(HERE / file)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
