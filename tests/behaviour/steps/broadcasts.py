# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Steps: Broadcasts."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from pytest_bdd import given, parsers, then, when

from ascend_core.operations.broadcast_preview import preview_broadcast
from ascend_core.operations.broadcasts import (
    cancel_broadcast,
    make_broadcast,
    pause_broadcast,
    progress_of,
    resume_broadcast,
)
from ascend_core.operations.import_members import import_members
from tests.behaviour.story import Story

__all__: list[str] = []

HANDLED = {"pauses": pause_broadcast, "resumes": resume_broadcast, "cancels": cancel_broadcast}


@given(parsers.parse('the members {names} are in the group "{group}"'))
@when(parsers.parse('the operator puts {names} into the group "{group}"'))
def _in_group(story: Story, names: str, group: str) -> None:
    rows = [{"phone": story.phone(name), "first_name": name} for name in re.split(", | and ", names)]
    import_members(story.world.core, rows, proof="a signed sheet", groups=[group])


@when("the operator sends the broadcast")
def _sends(story: Story, docstring: str) -> None:
    story.attempt(lambda: make_broadcast(story.world.core, docstring, file="broadcast.yaml"))


@when(parsers.parse("the operator schedules the broadcast for {day:S} {hour:d}:{minute:d} in {place}"))
def _schedules(story: Story, day: str, hour: int, minute: int, place: str, docstring: str) -> None:
    zone = ZoneInfo(f"America/{place.replace(' ', '_')}")
    at = datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=zone)
    make_broadcast(story.world.core, docstring, file="broadcast.yaml", at=at)


@when(parsers.re(rf'the operator (?P<does>{"|".join(HANDLED)}) the broadcast "(?P<name>[^"]+)"'))
def _handles(story: Story, does: str, name: str) -> None:
    HANDLED[does](story.world.core, name)


@then("a preview of the broadcast would show")
def _preview(story: Story, datatable: list[list[str]]) -> None:
    """The last row of the table is the document, on one line."""
    *figures, (_, document) = datatable
    found = preview_broadcast(story.world.core, document, file="broadcast.yaml").to_json()
    assert {name: str(found[name.replace(" ", "_")]) for name, _ in figures} == dict(figures)


@then(parsers.parse('the broadcast "{name}" stands as'))
def _stands(story: Story, name: str, datatable: list[list[str]]) -> None:
    found = progress_of(story.world.core, name)
    shown = {"state": found.record.state, "members": str(found.members), "queued": str(found.record.queued)}
    shown |= {f"text {state}": str(count) for state, count in found.texts.items()}
    shown |= {f"not sent: {reason}": str(count) for reason, count in found.stopped.items()}
    shown |= {f"passed over: {reason}": str(count) for reason, count in found.record.skipped.items()}
    assert {figure: shown.get(figure) for figure, _ in datatable} == dict(datatable)
