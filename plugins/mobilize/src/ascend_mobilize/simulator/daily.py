"""What a day brings, whatever is signed up for: new people, edits, the host's morning, the jobs of the night."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen

from ascend_mobilize.simulator.chance import between, fraction, pick
from ascend_mobilize.simulator.history import History
from ascend_mobilize.simulator.signups import SignUp
from ascend_mobilize.simulator.table import Record, members, section

__all__ = ["Daily", "Doing"]

_DAY = 86_400
_NIGHT_JOBS_SECONDS = 1200
_BEFORE_SHIFT = 2 * _DAY
_AFTER_SHIFT = 3 * _DAY
# The nightly sync looks at shifts from two days before to three days after them.
_HOST_AT = 10 * 3600
_AREAS = (212, 312, 415, 617, 718, 202, 305, 404, 503, 512, 213, 214, 215, 216, 713, 702, 206, 303, 602, 615)
_FIRST_NAMES = ("Ada", "Ben", "Cleo", "Dov", "Esme", "Femi", "Gus", "Hana", "Ines", "Joon", "Kai", "Lupe", "Milo")
_LAST_NAMES = ("Sample", "Quill", "Ferndale", "Oakes", "Ñandú", "O'Mill", "van Tern", "Zhao-Reed", "Björk", "Ebele")
_ZIPS = ("10001", "60601", "90001", "85001", "96801", "80202", "")
_EXPECTED = ("REGISTERED", "CONFIRMED")


@frozen(kw_only=True)
class Doing:
    """An action of the history, and what it is called in a count."""

    what: str
    action: str
    data: Mapping[str, Any]
    then_mask: bool = False

    @classmethod
    def change(cls, row: Record, what: str, **changes: Any) -> Doing:
        """Something changes in an attendance."""
        return cls(what=what, action="change_attendance", data={"attendance_id": row["id"], "changes": changes})


class Daily:
    """Plans days and decides what they bring."""

    def __init__(self, history: History, *, after_deletion: Callable[[], str]) -> None:
        self._history = history
        self._after_deletion = after_deletion
        self._rules: Mapping[str, Callable[[int, int, int], Doing | None]] = {
            "job": self._job,
            "sign up": self._sign_up,
            "edit": self._edit,
            "rename": self._rename,
            "delete": self._delete,
            "restore": self._restore,
            "seat": self._seat,
        }

    def plan(self, day: int, begin: int, end: int) -> Iterator[tuple[int, str, int]]:
        """When what may happen on *day*, to whom. Only what was there when the day began has a part in it."""
        how, world = self._history.scenario, self._history.world
        near = range(begin - _AFTER_SHIFT, begin + _BEFORE_SHIFT)
        for place in range(world.attendances.places):
            row = world.attendances.row(place)
            if section(row, "timeslot").get("start_date") in near and _is_before(row, begin):
                yield begin + between(0, _NIGHT_JOBS_SECONDS, how.seed, "job at", day, place), "job", place
            if _begins_after(row, begin) and _is_before(row, begin):
                yield begin + _HOST_AT + place % 3600, "seat", place
        count = int(how.sign_ups_a_day)
        count += fraction(how.seed, "one more", day) < how.sign_ups_a_day - count
        for number in range(count):
            yield between(begin, end - 1, how.seed, "sign up at", day, number), "sign up", number
        for place in range(world.people.table.places):
            if self._happens(how.edits, "edit", place, day) and _is_before(world.people.table.row(place), begin):
                yield between(begin, end - 1, how.seed, "edit at", day, place), "edit", place
        for place in range(world.events.places):
            if not _is_before(world.events.row(place), begin):
                continue
            for kind, share in (("rename", how.renamed), ("delete", how.deleted), ("restore", how.restored)):
                if self._happens(share, kind, place, day):
                    yield between(begin, end - 1, how.seed, kind, "at", day, place), kind, place

    def decide(self, kind: str, subject: int, day: int, *, at: int) -> Doing | None:
        """What becomes of a planned chore now that it is due."""
        return self._rules[kind](subject, day, at)

    def row(self, place: int) -> Record | None:
        """The attendance at *place*, if it can still be changed."""
        table = self._history.world.attendances
        row = table.row(place)
        row_id = row.get("id")
        return row if isinstance(row_id, int) and table.place_of(row_id) == place else None

    def _happens(self, share: float, *name: object) -> bool:
        return fraction(self._history.scenario.seed, *name) < share

    def _job(self, place: int, day: int, at: int) -> Doing | None:
        """A nightly sync gives a row a status or a mark; or a job moves its date and nothing else."""
        row, how = self.row(place), self._history.scenario
        if row is None:
            return None
        if self._happens(how.synced, "synced", place, day) and row.get("status") in _EXPECTED:
            if section(row, "timeslot").get("end_date", at) > at:
                status = pick(("CONFIRMED", "CONFIRMED", "CANCELLED"), how.seed, "voter file", place, day)
                return Doing.change(row, "synced", status=status)
            if row.get("attended") is None:
                return Doing.change(row, "synced", attended=self._happens(how.attends, "was there", place, day))
        return Doing.change(row, "touched") if self._happens(how.touched, "touched", place, day) else None

    def _seat(self, place: int, day: int, at: int) -> Doing | None:
        """The host lets somebody in from the waitlist."""
        row, how, world = self.row(place), self._history.scenario, self._history.world
        if row is None or row.get("status") != "WAITLISTED" or world.is_full(section(row, "timeslot").get("id")):
            return None
        is_over = section(row, "timeslot").get("end_date", at) <= at
        if is_over or not self._happens(how.gets_a_seat, "seat", place, day):
            return None
        return Doing.change(row, "let in", status="REGISTERED")

    def _sign_up(self, number: int, day: int, at: int) -> Doing | None:
        how, world = self._history.scenario, self._history.world
        name = (how.seed, "sign up", day, number)
        if self._happens(how.again, "again", day, number) and len(world.attendances):
            row = self.row(between(0, world.attendances.places - 1, *name, "whose"))
            wish = _once_more(row) if row else None
            if wish is not None:
                return Doing(what="signed up again", action="sign_up", data=wish.as_data())
        coming = [event for event in world.events if _next_start(event, at) is not None]
        if not coming:
            return None
        first = pick(_FIRST_NAMES, *name, "first name")
        wish = SignUp(
            event_id=pick(coming, *name, "event")["id"],
            first_name=first,
            last_name=pick(_LAST_NAMES, *name, "last name"),
            email=f"{first.lower()}.{day}.{number}@example.org",
            phone=_phone(*name),
            zip=pick(_ZIPS, *name, "zip"),
            opted_in=self._happens(how.opts_in, "opts in", day, number),
            promoter=world.partner["slug"] if self._happens(how.promoted, "promoted", day, number) else None,
        )
        is_masked = self._happens(how.masked, "masked", day, number)
        return Doing(what="signed up", action="sign_up", data=wish.as_data(), then_mask=is_masked)

    def _edit(self, place: int, day: int, at: int) -> Doing | None:
        how, table = self._history.scenario, self._history.world.people.table
        name = (how.seed, "edit", day, place)
        new = {"phone": _phone(*name)} if fraction(*name, "what") < 0.5 else {"zip": pick(_ZIPS, *name, "zip")}
        return Doing(
            what="edited", action="change_person", data={"person_id": table.row(place).get("id"), "changes": new}
        )

    def _rename(self, place: int, day: int, at: int) -> Doing | None:
        event = self._event(place, at)
        if event is None:
            return None
        changes = {"title": f"{str(event.get('title')).partition(' (')[0]} (moved {day})"}
        return Doing(what="renamed", action="change_event", data={"event_id": event["id"], "changes": changes})

    def _delete(self, place: int, day: int, at: int) -> Doing | None:
        event = self._event(place, at)
        if event is None:
            return None
        data = {"event_id": event["id"], "attendances": self._after_deletion()}
        return Doing(what="deleted", action="delete_event", data=data)

    def _restore(self, place: int, day: int, at: int) -> Doing | None:
        events = self._history.world.events
        event_id = events.row(place).get("id")
        if not isinstance(event_id, int) or self._history.world.deleted_events.find(event_id) is None:
            return None
        return Doing(what="restored", action="restore_event", data={"event_id": event_id})

    def _event(self, place: int, at: int) -> Record | None:
        events = self._history.world.events
        event = events.row(place)
        event_id = event.get("id")
        is_there = isinstance(event_id, int) and events.place_of(event_id) == place
        return event if is_there and _next_start(event, at) is not None else None


def _is_before(row: Record, at: int) -> bool:
    made = row.get("created_date")
    return isinstance(made, int) and made < at


def _begins_after(row: Record, at: int) -> bool:
    start = section(row, "timeslot").get("start_date")
    return isinstance(start, int) and start > at


def _next_start(event: Record, at: int) -> int | None:
    starts = [slot.get("start_date") for slot in members(event, "timeslots")]
    return min((start for start in starts if isinstance(start, int) and start > at), default=None)


def _phone(*name: Any) -> str:
    seed, *rest = name
    return f"{pick(_AREAS, seed, *rest, 'area')}55501{between(0, 99, seed, *rest, 'line'):02}"


def _once_more(row: Record) -> SignUp | None:
    """The same person, shift and event as *row*; None: too little of them is known."""
    person, slot, event = section(row, "person"), section(row, "timeslot"), section(row, "event")
    email = next((each.get("address") for each in members(person, "email_addresses")), None)
    number = next((each.get("number") for each in members(person, "phone_numbers")), "")
    zip_code = next((each.get("postal_code") for each in members(person, "postal_addresses")), "")
    slot_id, event_id = slot.get("id"), event.get("id")
    if not email or not isinstance(slot_id, int) or not isinstance(event_id, int):
        return None
    return SignUp(
        event_id=event_id,
        slot_ids=(slot_id,),
        first_name=str(person.get("given_name") or ""),
        last_name=str(person.get("family_name") or ""),
        email=email,
        phone=str(number or ""),
        zip=str(zip_code or ""),
        opted_in=person.get("sms_opt_in_status") == "OPT_IN",
    )
