"""An automation can be tried on the past before anybody is texted (row D7)."""

from __future__ import annotations

from datetime import timedelta
from textwrap import dedent
from typing import Any

import pytest

from ascend_core.errors import BadInput
from ascend_core.flow.load import load_automation
from ascend_core.operations.dry_run import DryRun, dry_run

AUTOMATION = """
    automation: Later
    trigger: box.registers
    run: welcome
"""


def tried(bench: Any, document: str = AUTOMATION, **since: float) -> DryRun:
    """What *document* would have done in the last hours, days, …"""
    automation = load_automation(dedent(document), file="a", triggers=bench.core.registry.triggers)
    return dry_run(bench.core, automation, since=bench.now - timedelta(**(since or {"days": 30})))


@pytest.fixture
def past(bench: Any) -> Any:
    """Four people registered for two forms, one of them twice, one without opt-in; one has left since."""
    bench.set_up(forms=2, automation="")
    bench.register(0, 1, 2)
    bench.register(0, key="again")
    bench.register(0, form_key="f1")
    bench.register(3, opted_in=None)
    bench.hear(2, "stop", keyword="stop")
    return bench


def test_it_says_whom_it_would_have_texted_and_why_not_the_others(past: Any) -> None:
    """And writes nothing at all."""
    before = past.picture()

    found = tried(past)

    assert found == DryRun(
        happened=5,
        members=2,
        started={"welcome": 3},
        skipped={"once_per": 1, "unsubscribed": 1},
        ignored={"no_opt_in": 1},
    )
    assert past.picture() == before


def test_it_agrees_with_what_production_did(bench: Any) -> None:
    """The same past, with the automation there from the start: as many runs as it says."""
    bench.set_up(forms=2)
    bench.register(0, 1, 2)
    bench.register(0, key="again")
    bench.wait(minutes=1)
    bench.drain()
    bench.register(0, 1, form_key="f1")

    found = tried(bench)

    assert found.started == {"welcome": bench.one("SELECT count(*) FROM run")}
    assert found.members == bench.one("SELECT count(DISTINCT member_id) FROM run")
    assert found.skipped == {"once_per": bench.one("SELECT count(*) FROM automation_entry WHERE reason = 'once_per'")}


def test_one_form_one_time_and_one_person(past: Any) -> None:
    """``form``, the days looked at, and ``once_per`` each narrow it."""
    assert tried(past, AUTOMATION + "    form: f1\n").started == {"welcome": 1}
    assert tried(past, AUTOMATION + "    once_per: [member]\n").skipped == {"once_per": 2, "unsubscribed": 1}
    past.wait(hours=2)
    assert tried(past, hours=1).happened == 0
    with pytest.raises(BadInput, match="no form is called"):
        tried(past, AUTOMATION + "    form: nowhere\n")


def test_the_arms_of_a_test_and_a_flow_that_is_not_live(past: Any) -> None:
    """Each person gets the arm they would get in production."""
    document = AUTOMATION.replace("run: welcome", "ab_test: {name: copy, arms: {welcome: 1, unheard: 1}}")

    found = tried(past, document)

    assert sum(found.started.values()) + sum(found.skipped.values()) == 5
    assert set(found.skipped) <= {"flow_not_live", "once_per", "unsubscribed"}
    assert found.skipped["flow_not_live"] >= 1


def test_whoever_was_shown_an_arm_stays_with_it(bench: Any) -> None:
    """As in production: changed weights move nobody."""
    several = "once_per: []\n    ab_test: {name: copy, arms: {welcome: WARM, other: COLD}}"
    test = AUTOMATION.replace("run: welcome", several)
    bench.publish("{flow: other, steps: [{send: Hi.}]}")
    bench.set_up(automation=test.replace("WARM", "1").replace("COLD", "0"))
    bench.register(0, 1)
    bench.drain()

    found = tried(bench, test.replace("WARM", "0").replace("COLD", "1"))

    assert found.started == {"welcome": 2}


def test_whoever_was_inside_the_flow_is_skipped(bench: Any) -> None:
    """By the runs that there really were."""
    bench.set_up(forms=2, flow="flow: welcome\nsteps: [{ask: a, text: Hi}]")
    bench.register(0)
    bench.wait(minutes=1)
    bench.register(0, form_key="f1")

    assert tried(bench).skipped == {"already_in_flow": 1}
