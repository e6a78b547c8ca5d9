# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Broadcasts: everybody in the groups, once; paused, resumed and cancelled at any moment (row I1)."""

from __future__ import annotations

from datetime import timedelta
from textwrap import dedent
from typing import Any

import pytest

from ascend_core.errors import BadInput, FlowProblem, NotFound
from ascend_core.operations.broadcasts import (
    broadcast_list,
    cancel_broadcast,
    make_broadcast,
    pause_broadcast,
    progress_of,
    resume_broadcast,
)
from ascend_core.operations.fan_out import advance_broadcasts
from ascend_core.operations.import_members import import_members
from ascend_core.operations.send_messages import send_messages
from tests.fakes.bench import Bench, phone

TEXT = """
    broadcast: June news
    to: [June]
    except: [Staff]
    send: "Hi ${member.first_name|there}! ${link.news}"
    links: {news: {url: "https://news.example.org/june"}}
"""
FLOW = """
    flow: invite
    steps:
      - ask: coming
        text: "Coming?"
        replies: [{match: [yes], then: [{send: "Great!"}]}]
"""
RUN = "{broadcast: Invitation, to: [June], run: invite}"


def bring(bench: Bench, *people: int, groups: tuple[str, ...] = ("June",)) -> None:
    """These people are members, in these groups."""
    rows = [{"phone": phone(person), "first_name": f"Ana{person}"} for person in people]
    import_members(bench.core, rows, proof="a signed sheet", groups=groups)


def make(bench: Bench, document: str = TEXT, **values: Any) -> str:
    """A broadcast is stored; its name."""
    return make_broadcast(bench.core, dedent(document), file="b.yaml", **values).name


@pytest.fixture
def ready(bench: Bench) -> Bench:
    """Connected, ten people in June, of whom 8 and 9 are staff."""
    bench.connect()
    bench.publish(FLOW)
    bring(bench, *range(10))
    bring(bench, 8, 9, groups=("Staff",))
    return bench


def test_everybody_in_the_groups_gets_it_once_but_who_is_left_out(ready: Bench) -> None:
    """Each with a name and a link of their own."""
    make(ready)
    ready.drain()

    assert [text.split("!")[0] for text in ready.bodies()] == [f"Hi Ana{person}" for person in range(8)]
    assert ready.one("SELECT count(DISTINCT code) FROM link") == 8
    progress = progress_of(ready.core, "June news")
    assert (progress.record.state, progress.members, progress.handed_over) == ("sent", 8, 8)


def test_who_is_in_two_of_its_groups_gets_it_once(ready: Bench) -> None:
    """Groups overlap."""
    bring(ready, 0, 1, 20, groups=("July",))
    make(ready, "{broadcast: Both, to: [June, July], send: Hello}")
    ready.drain()

    assert len(ready.bodies()) == 11
    assert ready.one("SELECT count(DISTINCT member_id) FROM message") == 11


def test_who_unsubscribed_gets_nothing_and_is_counted(ready: Bench) -> None:
    """The message is there with its reason, and holds nothing about them."""
    ready.hear(3, "STOP", keyword="stop")
    ready.drain()
    ready.channel.accepted.clear()
    make(ready)
    ready.drain()

    assert len(ready.bodies()) == 7
    assert progress_of(ready.core, "June news").record.skipped == {"unsubscribed": 1}
    assert ready.rows("SELECT body, reason FROM message WHERE state = 'suppressed'") == [("", "unsubscribed")]


def test_a_text_with_an_unset_value_is_not_sent(ready: Bench) -> None:
    """An empty fallback is the author's choice; none at all is refused when the document is read."""
    with pytest.raises(FlowProblem, match=r"F023 'member.shirt' may be unset"):
        make(ready, "{broadcast: Shirts, to: [June], send: 'Size ${member.shirt}'}")

    assert ready.one("SELECT count(*) FROM broadcast") == 0


def test_a_shortener_that_a_field_brings_is_not_sent(ready: Bench) -> None:
    """Lint sees what an author wrote; what a sign-up form was filled with is seen when the text is written."""
    import_members(ready.core, [{"phone": phone(0), "first_name": "see bit.ly/x"}], proof="a sheet", groups=["June"])
    make(ready)
    ready.drain()

    assert ready.rows("SELECT phone FROM message WHERE reason = 'public_shortener'") == [(phone(0),)]
    assert len(ready.bodies()) == 7
    assert progress_of(ready.core, "June news").record.skipped == {"public_shortener": 1}


def test_it_waits_for_its_time(ready: Bench) -> None:
    """And whom it reaches is settled then, not when it was scheduled."""
    make(ready, at=ready.now + timedelta(hours=2))
    bring(ready, 30)
    ready.drain()
    assert ready.bodies() == []

    ready.wait(hours=2)
    ready.drain()
    assert len(ready.bodies()) == 9


def test_who_joins_the_group_after_it_began_is_not_added(ready: Bench) -> None:
    """Though their turn would still come."""
    make(ready)
    advance_broadcasts(ready.core)
    ready.wait(seconds=1)
    bring(ready, 31)
    ready.drain()

    assert len(ready.bodies()) == 8


def test_who_leaves_the_group_before_their_turn_is_passed_over(ready: Bench) -> None:
    """And so is who is put into a group that is left out."""
    make(ready)
    advance_broadcasts(ready.core)
    bring(ready, 4, groups=("Staff",))
    ready.drain()

    assert len(ready.bodies()) == 7


def test_a_paused_one_sends_nothing_until_it_is_resumed(ready: Bench) -> None:
    """What was queued stays, and nobody gets it twice."""
    make(ready)
    advance_broadcasts(ready.core)
    advance_broadcasts(ready.core, ahead=3)
    pause_broadcast(ready.core, "June news")
    ready.drain()
    assert ready.bodies() == []
    assert progress_of(ready.core, "June news").texts == {"ready": 3}

    resume_broadcast(ready.core, "June news")
    ready.drain()
    assert len(ready.bodies()) == len(set(ready.column("SELECT member_id FROM message"))) == 8


def test_a_scheduled_one_that_was_paused_begins_when_it_is_resumed(ready: Bench) -> None:
    """Also when its time has passed meanwhile."""
    make(ready, at=ready.now + timedelta(hours=1))
    pause_broadcast(ready.core, "June news")
    ready.wait(hours=2)
    ready.drain()
    assert (ready.bodies(), resume_broadcast(ready.core, "June news").state) == ([], "scheduled")

    ready.drain()
    assert len(ready.bodies()) == 8


def test_a_cancelled_one_suppresses_what_was_not_sent(ready: Bench) -> None:
    """With a reason; what was sent stays sent, and the rest is never made."""
    make(ready)
    advance_broadcasts(ready.core)
    advance_broadcasts(ready.core, ahead=5)
    ready.run(send_messages(ready.core, 1))
    cancelled = cancel_broadcast(ready.core, "June news")
    ready.drain()

    assert (cancelled.state, cancelled.finished_at) == ("cancelled", ready.now)
    assert len(ready.bodies()) == 1
    assert ready.rows("SELECT state, reason, count(*) FROM message GROUP BY 1, 2 ORDER BY 1") == [
        ("sent", None, 1),
        ("suppressed", "broadcast_cancelled", 4),
    ]


def test_a_flow_is_started_for_everybody_and_replies_go_first(ready: Bench) -> None:
    """What its runs say unasked is bulk; an answer is an answer."""
    make(ready, RUN)
    ready.drain()
    ready.hear(2, "yes")
    ready.drain()

    assert ready.bodies().count("Coming?") == 10
    assert ready.bodies()[-1] == "Great!"
    assert ready.column("SELECT DISTINCT purpose FROM message ORDER BY 1") == [1, 3]
    assert ready.one("SELECT count(*) FROM run WHERE broadcast_id IS NOT NULL") == 10


def test_who_is_in_the_flow_already_is_passed_over_as_the_flow_says(ready: Bench) -> None:
    """``reentry: skip`` is the rule; they are counted."""
    make(ready, RUN)
    ready.drain()
    make(ready, RUN.replace("Invitation", "Again"))
    bring(ready, 40)
    ready.drain()

    assert ready.bodies().count("Coming?") == 11
    assert progress_of(ready.core, "Again").record.skipped == {"already_in_flow": 10}


def test_cancelling_ends_the_runs_too(ready: Bench) -> None:
    """Nobody is asked further; whoever answers comes to the inbox."""
    make(ready, RUN)
    ready.drain()
    cancel_broadcast(ready.core, "Invitation")
    ready.hear(2, "yes")
    ready.drain()

    assert ready.column("SELECT DISTINCT end_reason FROM run") == ["broadcast_cancelled"]
    assert "Great!" not in ready.bodies()


def test_a_paused_one_still_answers_people(ready: Bench) -> None:
    """They wrote; silence would be rude."""
    make(ready, RUN)
    ready.drain()
    make(ready, "{broadcast: Long, to: [June], run: invite}")
    pause_broadcast(ready.core, "Long")
    ready.hear(2, "yes")
    ready.drain()

    assert ready.bodies()[-1] == "Great!"


def test_what_expires_is_not_begun_any_more(ready: Bench) -> None:
    """The rest is counted, and it is over."""
    make(ready, TEXT + "    expires: 1h\n")
    advance_broadcasts(ready.core)
    advance_broadcasts(ready.core, ahead=3)
    ready.wait(hours=1)
    ready.drain()

    progress = progress_of(ready.core, "June news")
    assert (progress.record.state, progress.record.skipped, progress.texts) == ("sent", {"expired": 5}, {"expired": 3})


def test_a_name_is_used_once(ready: Bench) -> None:
    """A second click, or a second run of the same command, sends nothing."""
    make(ready)
    with pytest.raises(BadInput, match="nobody gets it twice; give this one another name"):
        make(ready)
    ready.drain()

    assert len(ready.bodies()) == 8


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{broadcast: A, to: [Jun], send: Hi}", "there is no group 'Jun'"),
        ("{broadcast: A, to: [June], run: nothing}", "the flow 'nothing' is not live; publish it first"),
        ("{broadcast: A, to: [June], send: Hi, run: invite}", "F071 a broadcast has 'send' or 'run', one of them"),
        ("{broadcast: A, to: [June], except: [June], send: Hi}", "F070 the group 'June' is under 'to' and"),
        ("{broadcast: A, to: [], send: Hi}", "F070 'to' names no group"),
        ("{broadcast: A, to: [June], send: 'At ${event.start}'}", "F021 'event.start' needs 'form:'"),
        ("{broadcast: A, to: [June], send: '${run.id}'}", "F021 'run.id' is unknown here"),
        ("{broadcast: A, to: [June], send: '${link.x}'}", "F024 the link 'x' is not declared"),
        ("{broadcast: A, to: [June], form: f9, send: Hi}", "no form is called 'f9'"),
        ("{broadcast: A, to: [June], snd: Hi}", "did you mean 'send'"),
    ],
)
def test_a_document_that_does_not_hold_is_refused_whole(ready: Bench, document: str, told: str) -> None:
    """With what to do; nothing is stored."""
    with pytest.raises(BadInput) as refused:
        make(ready, document)

    assert told in str(refused.value)
    assert broadcast_list(ready.core) == []


def test_only_what_can_be_is_paused_resumed_and_cancelled(ready: Bench) -> None:
    """And a misspelt name leads to the right one."""
    make(ready)
    ready.drain()

    with pytest.raises(BadInput, match="is sent; only what is scheduled or sending can be paused"):
        pause_broadcast(ready.core, "June news")
    with pytest.raises(BadInput, match="is sent; only what is paused can be resumed"):
        resume_broadcast(ready.core, "June news")
    with pytest.raises(BadInput, match="is sent already; there is nothing to cancel"):
        cancel_broadcast(ready.core, "June news")
    with pytest.raises(NotFound, match="did you mean 'June news'"):
        progress_of(ready.core, "June new")


def test_a_broadcast_that_cannot_go_on_waits_with_its_reason(ready: Bench) -> None:
    """And holds up nothing else."""
    make(ready, RUN, at=ready.now + timedelta(hours=1))
    ready.core.database.write(lambda tx: tx.exec_driver_sql("UPDATE flow SET live_version_id = NULL"))
    make(ready)
    ready.wait(hours=1)
    ready.drain()

    record = progress_of(ready.core, "Invitation").record
    assert (record.state, record.problem) == (
        "paused",
        "broadcast 'Invitation': the flow 'invite' is not live; publish it",
    )
    assert len(ready.bodies()) == 8
