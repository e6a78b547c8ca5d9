"""Broadcasts from the command line: previewed, sent, paused, cancelled, listed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ascend_core.runtime.system import SystemClock

DOCUMENT = """\
broadcast: June news
to: [June]
send: "Hi ${member.first_name|there}! ${link.news}"
links: {news: {url: "https://example.org/june"}}
"""


@pytest.fixture
def june(made: Any, tmp_path: Path) -> Any:
    """Two members in June, and a document for them."""
    (tmp_path / "people.csv").write_text("phone,first_name\n2125550150,Bo\n2125550151,Cy\n")
    assert made("members", "import", tmp_path / "people.csv", "--proof", "x", "--group", "June").code == 0
    (tmp_path / "june.yaml").write_text(DOCUMENT)
    return made


def test_a_preview_counts_and_sends_nothing(june: Any, tmp_path: Path) -> None:
    """As a table for people and as one document."""
    shown = june("broadcasts", "preview", tmp_path / "june.yaml")
    counted = june("broadcasts", "preview", tmp_path / "june.yaml", "--json").json()

    assert "Text             Hi Bo! http://127.0.0.1:8000/xxxxxxxxx" in shown.out
    assert {name: counted[name] for name in ("members", "reachable", "unsubscribed", "segments")} == {
        "members": 2,
        "reachable": 2,
        "unsubscribed": 0,
        "segments": 2,
    }
    assert june("broadcasts", "list").err == (
        "There is no broadcast yet; send one with: ascend broadcasts send FILE\n"
    )  # fmt: skip


def test_sending_without_a_terminal_needs_a_yes(june: Any, tmp_path: Path) -> None:
    """A script says that it means it; a second run sends nothing."""
    unsaid = june("broadcasts", "send", tmp_path / "june.yaml")
    sent = june("broadcasts", "send", tmp_path / "june.yaml", "--yes", "--json")
    again = june("broadcasts", "send", tmp_path / "june.yaml", "--yes")

    assert (unsaid.code, unsaid.err) == (4, "error: this texts 2 members; add --yes to say that it is meant\n")
    assert (sent.code, sent.json()["state"], sent.json()["members"]) == (0, "scheduled", 2)
    assert again.code == 4
    assert "nobody gets it twice" in again.err


def test_it_can_be_said_with_options(june: Any) -> None:
    """The same document, written by the command."""
    words = ["--name", "Short", "--to", "June", "--text", "Look: ${link.a}", "--link", "a=https://example.org/a"]

    assert june("broadcasts", "send", *words, "--yes", "--json").json()["broadcast"] == "Short"
    assert june("broadcasts", "send", "--name", "Short").err == (
        "error: give a FILE, or at least --name, --to and one of --text and --run\n"
    )
    wrong = june("broadcasts", "preview", *words[:-1], "https://example.org/a")
    assert (
        wrong.err == "error: 'https://example.org/a' is no link; write --link NAME=URL and place it with ${link.NAME}\n"
    )


def test_its_links_may_be_at_another_of_our_addresses(june: Any) -> None:
    """The preview shows which; one that is none of ours is refused with the nearest."""
    words = ["--name", "A", "--to", "June", "--text", "Look: ${link.a} Bye", "--link", "a=https://example.org/a"]
    ours = {"ASCEND_LINKS_URL": "https://go.example.org,https://north.example.org"}

    shown = june("broadcasts", "preview", *words, "--links-url", "https://north.example.org", "--json", **ours).json()
    wrong = june("broadcasts", "send", *words, "--links-url", "https://nort.example.org", "--yes", **ours)

    assert shown["text"] == "Look: https://north.example.org/xxxxxxxxx Bye"
    assert wrong.code == 4
    assert wrong.err == (
        "error: broadcast 'A': no short link is answered at https://nort.example.org (ASCEND_LINKS_URL); "
        "did you mean https://north.example.org?\n"
    )


def test_it_is_scheduled_for_a_moment_ahead(june: Any, tmp_path: Path) -> None:
    """Written with its offset; the past is refused."""
    ahead = (SystemClock().now() + timedelta(days=1)).isoformat(timespec="minutes")
    file = tmp_path / "june.yaml"

    assert (
        "is past; run: ascend broadcasts send" in june("broadcasts", "schedule", file, "--at", "2026-01-01T10:00Z").err
    )
    assert "is no moment; write one with its offset" in june("broadcasts", "schedule", file, "--at", "noon").err
    assert "say when it begins" in june("broadcasts", "schedule", file).err
    assert june("broadcasts", "schedule", file, "--at", ahead, "--yes").code == 0


def test_it_is_paused_resumed_and_cancelled_by_name(june: Any, tmp_path: Path) -> None:
    """And listed with what became of it."""
    june("broadcasts", "send", tmp_path / "june.yaml", "--yes")

    told = [june("broadcasts", what, "June news").err for what in ("pause", "resume", "cancel")]
    listed = june("broadcasts", "list", "--json").json()

    assert told == [
        "June news: paused\n",
        "June news: scheduled\n",
        "June news: cancelled; 0 sent, 0 not sent\n",
    ]
    assert [(each["broadcast"], each["state"]) for each in listed] == [("June news", "cancelled")]
    assert "State" in june("broadcasts", "show", "June news", "--follow").out
    assert "did you mean 'June news'?" in june("broadcasts", "pause", "June nws").err


def test_it_can_be_scheduled_for_a_group_in_which_nobody_is_yet(june: Any, tmp_path: Path) -> None:
    """Whom it reaches is settled when it begins; sent now it would reach nobody."""
    (tmp_path / "people.csv").write_text("phone\n2125550152\n")
    june("members", "import", tmp_path / "people.csv", "--proof", "x", "--group", "July")
    document = ["--name", "Later", "--to", "July", "--except", "July volunteers", "--text", "Hello"]
    june("members", "import", tmp_path / "people.csv", "--proof", "x", "--group", "July volunteers")
    ahead = (SystemClock().now() + timedelta(days=1)).isoformat(timespec="minutes")

    now = june("broadcasts", "send", *document, "--yes")
    later = june("broadcasts", "schedule", *document, "--at", ahead, "--yes", "--json").json()

    assert (now.code, now.err) == (4, "error: nobody can be reached: of 0 members none is subscribed\n")
    assert (later["state"], later["members"]) == ("scheduled", 0)
