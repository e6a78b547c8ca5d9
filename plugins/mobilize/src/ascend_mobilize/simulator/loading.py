"""A file of real answers, served back as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from ascend_core.errors import BadInput
from ascend_mobilize.simulator.table import Record, members, section
from ascend_mobilize.simulator.world import World

__all__ = ["Loaded", "put_into", "read_file"]

_LISTS = ("events", "attendances")


@frozen(kw_only=True)
class Loaded:
    """What a file holds, in its order."""

    events: tuple[Record, ...] = ()
    attendances: tuple[Record, ...] = ()

    @property
    def org_id(self) -> int | None:
        """The organization most likely meant: the sponsor of the first event that has one."""
        return next((sponsor["id"] for sponsor in self.sponsors()), None)

    def sponsors(self) -> Iterator[Record]:
        """Every organization that owns or promotes something, as often as it does."""
        for row in (*self.events, *self.attendances):
            sponsor = section(row, "sponsor")
            if isinstance(sponsor.get("id"), int):
                yield sponsor


def read_file(path: Path) -> Loaded:
    """Read ``{"events": [...], "attendances": [...]}``. Raises BadInput with one sentence."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict) or not any(name in content for name in _LISTS):
        raise BadInput(f'{path} has to hold {{"events": [...], "attendances": [...]}}, as the API returns them')
    return Loaded(**{name: _objects(path, name, content.get(name, [])) for name in _LISTS})


def put_into(world: World, loaded: Loaded) -> None:
    """Add everything to *world*, unchanged; ids made later begin behind those of the file."""
    for event in loaded.events:
        _reserve(world, event)
        if isinstance(event.get("id"), int):
            world.as_loaded.add(event["id"])
        world.events.add(event)
    for row in loaded.attendances:
        world.ids.reserve("attendance", row.get("id"))
        world.ids.reserve("event", section(row, "event").get("id"))
        world.ids.reserve("timeslot", section(row, "timeslot").get("id"))
        world.people.take_in(section(row, "person"))
        world.add_attendance(row)
    for sponsor in loaded.sponsors():
        world.introduce(sponsor)
    for place in range(world.attendances.places):
        world.attendances.rendered(place)  # now, so that who pulls first is not kept waiting


def _reserve(world: World, event: Record) -> None:
    world.ids.reserve("event", event.get("id"))
    for slot in members(event, "timeslots"):
        world.ids.reserve("timeslot", slot.get("id"))


def _objects(path: Path, name: str, rows: Any) -> tuple[Record, ...]:
    if not isinstance(rows, list):
        raise BadInput(f"{path}: {name} has to be a list")
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise BadInput(f"{path}: {name}[{number}] has to be an object, as the API returns it")
    return tuple(rows)
