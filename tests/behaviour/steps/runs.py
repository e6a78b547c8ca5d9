# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Steps: Triggers, runs, nudges and reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_bdd import parsers, then, when

from ascend_core.operations.check_report import check_report
from ascend_core.operations.reclassify import reclassify_clicks
from ascend_core.operations.report import click_report
from ascend_core.operations.summary import summarize
from ascend_core.operations.timeline import run_timeline
from ascend_core.operations.versions import history
from ascend_core.store.arms import arms_of
from ascend_core.store.inbox import open_conversations
from ascend_core.store.run_history import list_runs
from ascend_core.store.runs import runs_by_id
from tests.behaviour.story import EVERYTHING, Story

__all__: list[str] = []


@then("the triggers fired are")
def _fired(story: Story, datatable: list[list[str]]) -> None:
    assert summarize(story.world.core)["triggers"] == _counts(datatable)


@then("no trigger fired")
def _nothing_fired(story: Story) -> None:
    assert summarize(story.world.core)["triggers"] == {}


@then("the runs took the arms")
def _arms(story: Story, datatable: list[list[str]]) -> None:
    assert _counted([run.arm for run in story.read(runs_by_id, EVERYTHING).values()]) == _counts(datatable)


@then(parsers.parse('the arms taken at "{test}" are'))
def _arms_taken(story: Story, test: str, datatable: list[list[str]]) -> None:
    taken = [arm.arm for arm in story.read(arms_of, EVERYTHING) if arm.test == test]
    assert _counted(taken) == _counts(datatable)


@then("the conversations that wait for a person are")
def _conversations(story: Story, datatable: list[list[str]]) -> None:
    names = {member.id: name for name in story.people if (member := story.member(name)) is not None}
    found = [[names[each.member_id], each.reason, each.note] for each in story.read(open_conversations)]
    assert found == datatable


@then("the runs ended as")
def _runs_ended(story: Story, datatable: list[list[str]]) -> None:
    found = [run.end_reason or "still running" for run in story.read(runs_by_id, EVERYTHING).values()]
    assert _counted(found) == _counts(datatable)


@then(parsers.parse('the versions of the flow "{name}" are'))
def _versions(story: Story, name: str, datatable: list[list[str]]) -> None:
    found = history(story.world.core, name).versions
    assert [[str(each.number), "live" if each.live else "", str(each.runs)] for each in found] == datatable


@then(parsers.parse("the trace of {name}'s run reads"))
def _trace(story: Story, name: str, datatable: list[list[str]]) -> None:
    member = story.member(name)
    assert member is not None
    newest = story.read(lambda tx: list_runs(tx, phone=member.phone))[0]
    moments = run_timeline(story.world.core, newest.id).moments
    assert len(moments) == len(datatable)
    for moment, (what, step, detail) in zip(moments, datatable, strict=True):
        told = ", ".join(f"{key}: {value}" for key, value in moment.detail.items())
        assert (moment.what, moment.step or "") == (what, step)
        assert all(part in told for part in detail.split(", ")), told


@then("the nudges are")
def _nudges(story: Story, datatable: list[list[str]]) -> None:
    nudges = summarize(story.world.core)["nudges"]
    skipped = {f"skipped: {reason}": count for reason, count in nudges.pop("skipped").items()}
    assert {name: count for name, count in {**nudges, **skipped}.items() if count} == _counts(datatable)


@then("the messages are")
def _messages(story: Story, datatable: list[list[str]]) -> None:
    assert summarize(story.world.core)["messages"] == _counts(datatable)


@then(parsers.re(r'the report of the (?P<by>flow|automation|broadcast) "(?P<subject>[^"]+)" shows'))
def _report(story: Story, by: Any, subject: str, datatable: list[list[str]]) -> None:
    _check_report(story, by, subject, None, datatable)


@then(parsers.parse('the report of the flow "{subject}" for the link to "{form}" shows'))
def _report_of_link(story: Story, subject: str, form: str, datatable: list[list[str]]) -> None:
    _check_report(story, "flow", subject, story.form_urls[form], datatable)


@then(parsers.re(r"the report by (?P<by>\w+?)s?(?: per (?P<per>day|url))? lists"))
def _lines(story: Story, by: Any, per: Any, datatable: list[list[str]]) -> None:
    heads, *lines = datatable
    found = [
        [str(getattr(row, head.replace(" ", "_"))) for head in heads]
        for row in click_report(story.world.core, by=by, per=per)
    ]
    assert found == lines


@then("counting everything again finds the same figures")
def _recounted(story: Story) -> None:
    counters, differences = check_report(story.world.core)
    assert counters > 0
    assert differences == []


@when("the clicks are classified again")
def _reclassified(story: Story) -> None:
    reclassify_clicks(story.world.core, everything=True)


def _check_report(story: Story, by: Any, subject: str, url: str | None, table: list[list[str]]) -> None:
    row = next(row for row in click_report(story.world.core, by=by, url=url) if row.name == subject)
    shown = {
        "recipients": str(row.recipients),
        "click-through rate": _percent(row.click_through_rate),
        "form submissions": f"{row.exact} exact, {row.estimated} estimated",
        "link clicked with no submission": str(row.clicked_no_submission),
        "messages sent with no clicks": str(row.no_clicks),
        "submission conversion rate": _percent(row.conversion_rate),
    }
    assert {figure: shown[figure] for figure, _ in table} == dict(table)


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.0%}"


def _counts(table: Sequence[Sequence[str]]) -> dict[str, int]:
    return {name: int(times) for name, times in table}


def _counted(things: Sequence[str | None]) -> dict[str, int]:
    return {str(thing): things.count(thing) for thing in things if thing is not None}
