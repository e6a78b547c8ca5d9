# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""A rehearsal shows what production does: the same texts at the same moments, whatever the script."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ascend_core.contracts import Form
from ascend_core.operations.due import next_due
from ascend_core.operations.programs import read_flow
from ascend_core.rehearsal.cast import Cast
from ascend_core.rehearsal.stage import Stage
from ascend_core.store.database import Database
from ascend_core.store.throwaway import throwaway_database
from tests.fakes.bench import NOON, Bench, phone

FLOWS = (
    """
    flow: welcome
    expires: 5d
    stop_when: box.cancels
    steps:
      - send: "Hi ${member.first_name|there}! ${event.title}: ${link.form} STOP to leave."
        links: {form: {url: "${event.url}", track: box}}
        nudges:
          - {nudge: no_link_click, link: form, after: 5h, text: "Look: ${link.form}"}
          - {nudge: box.no_submission, link: form, after: 1d, text: "Finish: ${link.form}", expires: 2d}
      - ask: coming
        text: "Coming?"
        no_reply: {after: 30h, then: [{send: "No answer?"}]}
        replies:
          - match: [sure]
            then: [{set: {rsvp: "sure"}}, {add_to_groups: [Sure]}, {wait: 24h}, {send: "Soon!"}]
          - {else: "Sure?", retries: 1, then: [{send: "Well."}]}
        nudges:
          - {nudge: no_reply, after: 3h, text: "Well?"}
    """,
    """
    flow: welcome
    quiet_hours: {from: "18:00", to: "11:00", then: drop}
    steps:
      - wait: {until: event.start - duration("100h")}
      - send: "First. ${link.form}"
        links: {form: {url: "${event.url}", track: box}}
        nudges:
          - {nudge: box.no_submission, link: form, after: 90m, quiet_hours: {from: "00:00", to: "00:00"}, text: "Form?"}
      - branch:
          - if: member.rsvp == "sure"
            then: [{send: "Sure."}]
          - else: [{wait: 3h}, {send: "Not sure."}, {stop: }]
    """,
)

WAITS = st.sampled_from([1, 20, 90, 60 * 5, 60 * 9, 60 * 14, 60 * 24, 60 * 50]).map(
    lambda minutes: ("wait", timedelta(minutes=minutes))
)
DOINGS = st.sampled_from(
    [("click", ""), ("submit", ""), ("submit", "form"), ("happens", "box.cancels"), ("happens", "box.confirms")]
)
REPLIES = st.sampled_from(["sure", "Sure!!", "what?", "STOP", "START", "HELP"]).map(lambda body: ("reply", body))
SCRIPTS = st.lists(st.one_of(WAITS, WAITS, DOINGS, REPLIES), max_size=10)

Script = list[tuple[str, Any]]
Story = tuple[list[tuple[datetime, str]], list[tuple[Any, ...]], list[str | None]]


def rehearsed(bench: Bench, flow: str, script: Script) -> Story:
    """The texts with their moments, the nudges, and how the runs ended, in a rehearsal."""
    document = read_flow(bench.core.registry, dedent(flow), file="flow.yaml")
    form = bench.form("f0", starts_at=NOON + timedelta(days=7))
    event = Form(
        key="f0", name=form.name, url=form.url, starts_at=form.starts_at, timezone=form.timezone, location=form.location
    )
    cast = Cast(phone=phone(0), fields={"first_name": "Ana0"}, event=event, at=NOON)
    with Stage(bench.core.registry, [document], cast) as stage:
        stage.enter()
        for word, value in script:
            if word == "wait":
                stage.go_to(stage.now + value)
            elif word == "reply":
                stage.reply(value)
            elif word == "happens":
                stage.happens(value)
            elif any("<form>" in line.text for line in stage.lines if line.who == "us"):
                stage.click() if word == "click" else stage.submit(value or None)
        texts = [(line.at, line.text) for line in stage.lines if line.who == "us"]
        return texts, _nudges(stage.core.database), [run.end_reason for run in stage.runs()]


def produced(bench: Bench, flow: str, script: Script) -> Story:
    """The same in the product, with its own sources, channel and database."""
    bench.set_up(flow=flow)
    bench.register(0)
    seen: list[tuple[datetime, str]] = []
    _drain(bench, seen)
    current = bench.submission(0)
    for number, (word, value) in enumerate(script):
        if word == "wait":
            _go_to(bench, bench.now + value, seen)
        elif word == "reply":
            meant = value.lower() if value in ("STOP", "START", "HELP") else None
            bench.hear(0, value, keyword=meant)
        elif word == "happens":
            status = value.removeprefix("box.")
            current = replace(current, state={"status": status, "count": str(number)}, modified_at=bench.now)
            bench.apply(current)
        elif (links := bench.rows(_ARRIVED)) and word == "click":
            bench.click(links[-1][0])
        elif links:
            link_id, token, clicked = links[-1]
            if value and clicked is None:
                bench.click(link_id)
            again = bench.submission(0, key=f"again{number}", token=token if value else None)
            bench.apply(again)
        _drain(bench, seen)
    return seen, _nudges(bench.core.database), bench.column("SELECT end_reason FROM run ORDER BY id")


_ARRIVED = """
    SELECT l.id, l.token, l.first_click_at FROM link l JOIN message m ON m.id = l.message_id
    WHERE m.state = 'sent' ORDER BY l.id
"""


def _drain(bench: Bench, seen: list[tuple[datetime, str]]) -> None:
    bench.drain()
    fresh = bench.bodies()[len(seen) :]
    seen.extend((bench.now, re.sub(r"https://go.example.org/\w+", "<form>", body)) for body in fresh)


def _go_to(bench: Bench, moment: datetime, seen: list[tuple[datetime, str]]) -> None:
    while (due := next_due(bench.core)) is not None and due <= moment:
        bench.clock.set(max(due, bench.now))
        _drain(bench, seen)
    bench.clock.set(moment)


def _nudges(database: Database) -> list[tuple[Any, ...]]:
    from sqlalchemy import text

    query = text("SELECT nudge_type, outcome, reason, due_at FROM timer WHERE kind = 'nudge' ORDER BY id")
    return database.read(lambda tx: [tuple(row) for row in tx.execute(query)])


LONG: Script = [("click", ""), ("wait", timedelta(hours=50)), ("reply", "sure"), ("wait", timedelta(hours=50))]
LEFT: Script = [("reply", "STOP"), ("reply", "START"), ("wait", timedelta(hours=50))]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example(flow=FLOWS[0], script=LONG)
@example(flow=FLOWS[0], script=LEFT)
@given(flow=st.sampled_from(FLOWS), script=SCRIPTS)
def test_a_rehearsal_and_the_product_tell_one_story(tmp_path: Path, flow: str, script: Script) -> None:
    """Random scripts, among them STOP, nights and cancellations: every text, nudge and end at its moment."""
    bench = Bench(throwaway_database(), tmp_path)

    expected = produced(bench, flow, script)
    shown = rehearsed(bench, flow, script)

    bench.core.database.close()
    assert shown == expected


@pytest.mark.parametrize("flow", FLOWS)
def test_they_agree_on_every_database(make_bench: Callable[..., Bench], flow: str) -> None:
    """What is rehearsed in memory is what happens on disk."""
    bench = make_bench()

    assert produced(bench, flow, LONG) == rehearsed(bench, flow, LONG)


def test_the_stories_compared_are_rich(tmp_path: Path) -> None:
    """The comparison would be worth little if nothing happened in it."""
    texts, nudges, ends = rehearsed(Bench(throwaway_database(), tmp_path), FLOWS[0], LONG)

    assert [text for _, text in texts] == [
        "Hi Ana0! Canvass f0: <form> STOP to leave.",
        "Coming?",
        "Well?",
        "Finish: <form>",
        "No answer?",
    ]
    assert [(outcome, reason) for _, outcome, reason, _ in nudges] == [
        ("skipped", "clicked"),
        ("sent", None),
        ("sent", None),
    ]
    assert ends == ["finished"]
