"""What rehearsals are played with: everything that is installed."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from ascend_core.host.registry import Registry
from ascend_core.operations.programs import read_flow
from ascend_core.rehearsal.load import check_tests
from ascend_core.rehearsal.play import Played, play_test
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness

INVITE = """
    flow: invite
    stop_when: mobilize.cancels
    steps:
      - send: "Hi ${member.first_name|there}! ${event.title} is on ${event.start|day_time}: ${link.form} STOP to leave."
        links: {form: {url: "${event.url}", track: mobilize}}
        nudges:
          - {nudge: mobilize.link_clicked_no_submission, link: form, after: 1d, text: "Finish it: ${link.form} Please."}
      - ask: coming
        text: Coming? YES or NO
        replies:
          - match: [yes, si]
            then: [{set: {rsvp: confirmed}}, {add_to_groups: [Confirmed]}, {send: "See you!"}]
          - {else: "YES or NO?", retries: 1, then: [{add_to_groups: [Needs a call]}]}
"""

Play = Callable[..., Played]


@pytest.fixture(scope="session")
def registry() -> Registry:
    """All installed plugins."""
    return open_registry(SystemClock(), SystemRandomness(), environment={})


@pytest.fixture(scope="session")
def play(registry: Registry) -> Play:
    """Plays one script, given as YAML list entries, of a flow."""

    def play(script: str, *, flow: str = INVITE, head: str = "") -> Played:
        rows = "\n".join(f"      {row}" for row in dedent(script).strip().splitlines())
        begin = "\n".join(f"    {row}" for row in dedent(head).strip().splitlines())
        text = f"flow: invite\ntests:\n  - test: story\n{begin}\n    script:\n{rows}\n"
        tests, problems = check_tests(text, file="invite.test.yaml", triggers=registry.triggers)
        assert tests is not None, problems
        flows = (read_flow(registry, dedent(flow), file="invite.yaml"),)
        return play_test(registry, flows, tests.tests[0])

    return play
