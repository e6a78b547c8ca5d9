"""``ascend config show`` answers: what holds, and who says so?"""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from ascend_core.cli.root import ascend


def show(environment: dict[str, str], *arguments: str) -> tuple[str, str]:
    """What the command prints, and what it tells."""
    done = CliRunner().invoke(ascend, ["config", "show", *arguments], env=environment)
    assert done.exit_code == 0, done.stderr
    return done.stdout, done.stderr


def test_every_setting_is_shown_with_its_source(tmp_path: Path) -> None:
    """The environment, the file, or neither."""
    (tmp_path / "ascend.toml").write_text('links_url = "https://l.example.org"', "utf-8")
    environment = {"ASCEND_HOME": str(tmp_path), "ASCEND_PROGRAM": "Northfield"}

    document = json.loads(show(environment, "--json")[0])

    by_key = {row["key"]: (row["value"], row["from"]) for row in document["settings"]}
    assert by_key["program"] == ("Northfield", "environment")
    assert by_key["links_url"] == ("https://l.example.org", str(tmp_path / "ascend.toml"))
    assert by_key["utm_source"] == ("none", "default")
    assert by_key["mobilize_requests_per_second"][1] == "default"


def test_secrets_stay_hidden_and_a_misspelt_variable_is_told(tmp_path: Path) -> None:
    """A database URL may hold a password."""
    environment = {
        "ASCEND_HOME": str(tmp_path),
        "ASCEND_DATABASE_URL": "postgresql://me:s3cret@db.example.org/x",
        "ASCEND_PUBLC_URL": "https://go.example.org",
    }

    shown, told = show(environment)

    assert "s3cret" not in shown + told
    assert "(hidden)" in shown
    assert "ASCEND_PUBLC_URL (environment) is no setting; did you mean ASCEND_PUBLIC_URL?" in told
