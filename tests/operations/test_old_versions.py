"""Members inside a version that today's lint would refuse go on in it."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import Any

import attrs
import pytest

from ascend_core.errors import FlowProblem
from ascend_core.operations.programs import Programs
from ascend_core.operations.publish import publish_flow
from ascend_core.operations.versions import restore_version
from ascend_core.store.flows import publish_version

OLD = """
    flow: welcome
    colour: blue
    steps:
      - send: "Hi ${member.first_name}! ${link.form}"
        links: {form: {url: "${event.url}", track: gone}}
        nudges:
          - {nudge: gone.nudge, link: form, after: 2h, text: "Gone"}
          - {nudge: no_link_click, link: form, after: 2h, text: "Still there, ${member.first_name}?"}
      - wait: 1h
      - send: "Almost, ${member.first_name}"
      - wait: 3h
      - kudos.give: {points: 7}
      - send: "Never"
"""


@pytest.fixture
def old(bench: Any) -> Any:
    """The bench with a flow that was published under other rules, with plugins that are gone."""
    source = dedent(OLD)
    with pytest.raises(FlowProblem):
        publish_flow(bench.core, source, file="flow.yaml")
    now = bench.now
    bench.core.database.write(lambda tx: publish_version(tx, "welcome", digest="old", source=source, now=now))
    bench.set_up(flow="")
    return bench


def test_they_get_what_they_were_promised(old: Any) -> None:
    """Texts, waits and nudges, each once; the link leads where it says, though nobody follows it any more."""
    old.register(0, 1)
    old.drain()
    old.wait(hours=1)
    old.drain()
    old.wait(hours=1)
    old.drain()

    for name in ("Ana0", "Ana1"):
        mine = [body.partition("http")[0] for body in old.bodies() if name in body]
        assert mine == [f"Hi {name}! ", f"Almost, {name}", f"Still there, {name}?"]
    assert set(old.column("SELECT location FROM link")) == {"https://box.example.org/form/f0"}
    skipped = old.rows("SELECT outcome, reason FROM timer WHERE nudge_type = 'gone.nudge'")
    assert skipped == [("skipped", "no_such_type")] * 2


def test_the_step_of_a_plugin_that_is_gone_ends_the_run_and_says_so(old: Any) -> None:
    """Nothing behind it is done as if it had been."""
    old.register(0)
    for _ in range(3):
        old.drain()
        old.wait(hours=2)
    old.drain()

    assert old.column("SELECT end_reason FROM run") == ["failed"]
    detail = old.column("SELECT detail FROM trace_line WHERE kind = 'problem'")[-1]
    detail = json.loads(detail) if isinstance(detail, str) else detail
    assert detail == {"problem": "no_such_action", "action": "kudos.give"}
    assert "Never" not in "".join(old.bodies())


def test_nobody_publishes_it_anew(old: Any) -> None:
    """Whoever restores it is an author, and is told what is wrong."""
    with pytest.raises(FlowProblem, match="F010"):
        restore_version(old.core, "welcome", 1)


def test_an_automation_that_cannot_be_read_starts_nothing_and_says_so(bench: Any) -> None:
    """The sign-up itself counts, and the other automations start."""
    bench.set_up()
    broken = "UPDATE automation SET source = 'automation: Welcome'"
    bench.core.database.write(lambda tx: tx.exec_driver_sql(broken))
    bench.automate("automation: Other\ntrigger: box.registers\nrun: welcome")

    outcome = bench.register(0)

    assert (outcome.applied, outcome.failed) == (1, 0)
    entries = bench.rows("SELECT outcome, reason FROM automation_entry ORDER BY automation_id")
    assert entries == [("skipped", "cannot_be_read"), ("started", None)]


def test_what_was_compiled_is_kept(old: Any) -> None:
    """An old version is read once, as a new one is."""
    programs = Programs(old.core.registry)
    core = attrs.evolve(old.core, programs=programs)
    first, second = (core.database.read(lambda tx: programs.live(tx, {"welcome"}))["welcome"] for _ in range(2))

    assert first.program is second.program
