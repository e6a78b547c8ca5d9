"""``ascend flows simulate``: an author is the member for a while."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FLOW = """\
flow: hello
stop_when: mobilize.cancels
steps:
  - send: "Hi ${member.first_name|there}! See ${link.form} STOP to leave."
    links: {form: {url: "${event.url}", track: mobilize}}
    nudges:
      - {nudge: mobilize.link_clicked_no_submission, link: form, after: 1d, text: "Finish it: ${link.form} Please."}
  - ask: coming
    text: Coming?
    replies: [{match: [yes], then: [{add_to_groups: [Coming]}]}]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A flow."""
    place = tmp_path / "hello.yaml"
    place.write_text(FLOW)
    return place


def test_a_conversation_can_be_piped(run: Callable[..., Any], file: Path) -> None:
    """Replies and commands, one a line; what happens is shown after each, at the member's time."""
    talk = "/click form\nYes!\n/state\n/wait 1d\n/submit form\n/quit\nnever said\n"

    ran = run("flows", "simulate", file, "--member", "first_name=Cleo", "--at", "2026-11-05T15:00-05:00", stdin=talk)

    assert ran.code == 0
    shown = [" ".join(line.split()) for line in ran.out.splitlines()]
    wanted = [
        "Thu, Nov 5 · 3:00 PM",
        "│ Hi Cleo! See <form> STOP to leave. │",
        "│ Coming? │",
        "· opens <form> ·",
        "│ Yes! │",
        "· the run ends: finished ·",
        "first_name: Cleo",
        "groups: Coming, Saturday Canvass",
        "Fri, Nov 6 · 3:00 PM",
        "│ Finish it: <form> Please. │",
        "· submits the form behind <form> ·",
    ]
    assert [line for line in shown if line in wanted] == wanted
    assert "never said" not in ran.out


def test_what_cannot_be_done_is_said_and_the_talk_goes_on(run: Callable[..., Any], file: Path) -> None:
    """A misspelt command ends nothing."""
    ran = run("flows", "simulate", file, stdin="/click map\n/wait soon\n/jump\n/happens mobilize.cancels\n/help\n")

    assert ran.code == 0
    assert "! no text with a link 'map' has come; links that came: form" in ran.out
    assert "! the time is 'soon'; a length of time is written 15m, 48h, 1d or 2w" in ran.out
    assert "! there is no '/jump'; /help shows what there is" in ran.out
    assert "· the run ends: stop_when ·" in ran.out
    assert "/wait 1d" in ran.out


def test_a_webhook_gets_what_is_written_down_for_it(run: Callable[..., Any], file: Path) -> None:
    """Numbers are numbers; an address that nothing is written down for is not called."""
    url = "https://crm.example.org/people"
    file.write_text(
        f"flow: hello\nsteps:\n  - webhook: {url}\n    set: {{score: score}}\n    failed: [{{send: Nobody.}}]\n"
        "  - branch: [{if: member.score > 5, then: [{send: High.}]}]\n"
    )

    told = run("flows", "simulate", file, "--webhook", url, '{"score": 7}', stdin="")
    untold = run("flows", "simulate", file, stdin="")
    broken = run("flows", "simulate", file, "--webhook", url, "seven", stdin="")

    assert "│ High. │" in told.out
    assert "│ Nobody. │" in untold.out
    assert (broken.code, "takes an address and JSON" in broken.err) == (4, True)


def test_a_flow_with_mistakes_is_not_played(run: Callable[..., Any], file: Path) -> None:
    """Its problems are said with their places, as lint says them."""
    file.write_text(FLOW.replace("add_to_groups", "add_to_group"))

    ran = run("flows", "simulate", file)

    assert ran.code == 4
    assert "did you mean 'add_to_groups'?" in ran.err
