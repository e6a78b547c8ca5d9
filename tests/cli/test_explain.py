"""``ascend explain`` and ``ascend automations dry-run``: an operator asks, and gets sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_an_operator_asks_about_somebody(made: Any) -> None:
    """By phone, as typed; with what nobody knows said in words."""
    stranger = made("explain", "(202) 555-0142")
    machine = made("explain", "(202) 555-0142", "--json")
    unseen = made("explain", "--attendance", "4711")

    assert stranger.code == 0
    assert "No member has this phone." in stranger.out
    assert "No channel is connected: no text leaves." in stranger.out
    assert machine.json()[0] == {"at": None, "said": "No member has this phone.", "hint": None}
    assert "This attendance was never seen" in unseen.out
    assert "202" not in stranger.out


def test_one_thing_is_asked_at_a_time_and_exists(made: Any) -> None:
    """Or it is said what to write."""
    assert made("explain").code == 2
    assert made("explain", "a", "--member", "1").code == 2
    assert "there is no automation 'Nope'" in made("explain", "--automation", "Nope").err
    assert "there is no member 7" in made("explain", "--member", "7").err
    assert made("explain", "nonsense").code == 4


def test_a_dry_run_needs_no_automation_in_the_database(made: Any, tmp_path: Path) -> None:
    """A file is enough; with nothing in the past, nobody would have been texted."""
    file = tmp_path / "later.yaml"
    file.write_text("automation: Later\ntrigger: mobilize.registers\nrun: hello\n")

    ran = made("automations", "dry-run", file, "--days", "7")
    machine = made("automations", "dry-run", file, "--json")
    missing = made("automations", "dry-run", "Nope")

    assert ran.err == "'Later' would have texted 0 members in the last 7 days; its trigger fired 0 times.\n"
    assert (machine.json()["members"], machine.json()["skipped"]) == (0, {})
    assert missing.code == 4
