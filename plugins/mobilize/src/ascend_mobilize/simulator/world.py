"""The simulated Mobilize without its network: events, people, attendances and the rules they follow. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from ascend_core.errors import BadInput, NotFound
from ascend_mobilize.simulator import payloads
from ascend_mobilize.simulator.damage import damaged
from ascend_mobilize.simulator.ids import Ids
from ascend_mobilize.simulator.people import People, person_changes
from ascend_mobilize.simulator.signups import SignUp
from ascend_mobilize.simulator.table import Record, Table, members, section

__all__ = ["World"]

_AFTER_DELETION = ("keep", "cancel", "vanish")
_PARTNER_AFTER = 1
"""The partner organization's id is the home organization's plus this."""


class World:
    """Everything one organization's key can see. Times are Unix seconds, handed in as *at*."""

    def __init__(self, *, org_id: int, seed: int, made_at: int) -> None:
        self.ids = Ids(seed)
        self.organizations = Table()
        self.events = Table()
        self.attendances = Table()
        self.deleted_events = Table()
        self.deleted_privates: set[int] = set()
        """Ids of deleted events that had been private."""
        self.people = People(self.ids)
        self.as_loaded: set[int] = set()
        """Ids of events that came from a file: they are shown as they are, to everybody."""
        self.capacities: dict[int, int] = {}
        """The most people a timeslot takes, by its id; other slots take everybody."""
        self.custom_fields: dict[str, tuple[int, bool]] = {}
        """Custom sign-up questions by name: id, and whether it is a box to tick."""
        self._rows_of_event: defaultdict[int, list[int]] = defaultdict(list)
        self._rows_of_person: defaultdict[int, list[int]] = defaultdict(list)
        self._seats: defaultdict[int, set[int]] = defaultdict(set)
        self.org = payloads.organization(org_id, "Northfield Action", "northfield-action", made_at)
        self.partner = payloads.organization(
            org_id + _PARTNER_AFTER, "Lakeside Neighbors", "lakeside-neighbors", made_at
        )
        self.organizations.add(self.org)
        self.organizations.add(self.partner)

    def introduce(self, organization: Record) -> None:
        """An organization of a loaded file. The home organization and its partner take on what it says of them."""
        organization_id = organization["id"]
        place = self.organizations.place_of(organization_id)
        if place is None:
            self.organizations.add(organization)
        elif organization_id in {self.org["id"], self.partner["id"]}:
            told = {name: value for name, value in organization.items() if value is not None}
            record = {**self.organizations.row(place), **told}
            self.organizations.replace(place, record)
            if organization_id == self.org["id"]:
                self.org = record
            else:
                self.partner = record

    # Events

    def add_event(self, title: str, slots: Sequence[tuple[int, int]], *, at: int, **fields: Any) -> int:
        """Publish an event with slots from/to; *fields* override the API's fields. Returns the event's id.

        ``url_base`` is where its page is; ``timezone`` an IANA name.
        """
        event_id = self.ids.take("event")
        made = [payloads.timeslot(self.ids.take("timeslot"), start, end) for start, end in slots]
        sponsor = fields.pop("sponsor", self.org)
        url = f"{fields.pop('url_base', '')}/{sponsor['slug']}/event/{event_id}/"
        zone = fields.pop("timezone", "America/New_York")
        record = payloads.event(event_id, title, sponsor=sponsor, slots=made, timezone=zone, url=url, at=at)
        self.events.add({**record, **fields})
        return event_id

    def event(self, event_id: int) -> Record:
        """The event with that id. Raises NotFound."""
        found = self.events.find(event_id)
        if found is None:
            raise NotFound(f"there is no event {event_id}; the control page /_sim/state lists them")
        return found

    def change_event(self, event_id: int, changes: Mapping[str, Any]) -> None:
        """Set fields of an event, also where attendances show it."""
        _keep_id(changes)
        record = {**self.event(event_id), **changes}
        place = self.events.place_of(event_id)
        if place is not None:
            self.events.replace(place, record)
        shown = payloads.embedded_event(record)
        for row in self.rows_of_event(event_id):
            self.attendances.replace(row, {**self.attendances.row(row), "event": shown})

    def delete_event(self, event_id: int, *, attendances: str, at: int) -> None:
        """Take an event away; its *attendances* ``keep`` as they are, ``cancel``, or ``vanish``."""
        if attendances not in _AFTER_DELETION:
            raise BadInput(f"attendances of a deleted event can {', '.join(_AFTER_DELETION)}, not {attendances!r}")
        if self.event(event_id).get("visibility") == "PRIVATE":
            self.deleted_privates.add(event_id)
        place = self.events.place_of(event_id)
        if place is not None:
            self.events.remove(place)
        self.deleted_events.add({"id": event_id, "deleted_date": at})
        for row in self.rows_of_event(event_id):
            if attendances == "cancel":
                self._store(row, {**self.attendances.row(row), "status": "CANCELLED", "modified_date": at})
            elif attendances == "vanish":
                self.attendances.remove(row)

    def restore_event(self, event_id: int, *, at: int) -> None:
        """Bring a deleted event back, as an organizer does on the dashboard. Raises NotFound.

        Those of its attendances that had vanished come with it; cancelled ones stay so.
        """
        deletion, place = self.deleted_events.place_of(event_id), self.events.last_place_of(event_id)
        if deletion is None or place is None:
            raise NotFound(f"no event {event_id} was deleted")
        self.deleted_events.forget(deletion)
        self.deleted_privates.discard(event_id)
        self.events.restore(place)
        self.events.replace(place, {**self.events.row(place), "modified_date": at})
        for row in self._rows_of_event.get(event_id, ()):
            self.attendances.restore(row)

    def limit_slots(self, event_id: int, capacity: int) -> None:
        """From now on each slot of the event takes *capacity* people; others are wait-listed."""
        for slot in members(self.event(event_id), "timeslots"):
            self.capacities[slot["id"]] = capacity
            self._show_whether_full(event_id, slot["id"])

    # Attendances

    def sign_up(self, given: SignUp, *, at: int) -> tuple[int, ...]:
        """Somebody signs up: a new attendance for each slot, also when they signed up before. Returns their ids."""
        event = self.event(given.event_id)
        sponsor = self._sponsor(given, event)
        slots = _chosen_slots(event, given.slot_ids, at)
        person = self._person(given, at)
        ours = sponsor.get("id") in {self.org["id"], section(event, "sponsor").get("id")}
        made: list[int] = []
        for slot in slots:
            row: Record = {
                "id": self.ids.take("attendance"),
                "created_date": at,
                "modified_date": at,
                "person": person,
                "event": payloads.embedded_event(event),
                "timeslot": {**slot, "is_full": False},
                "sponsor": sponsor,
                "status": "WAITLISTED" if self.is_full(slot.get("id")) else "REGISTERED",
                "attended": None,
                "referrer": payloads.referrer(given.referrer) if ours else None,
                "custom_signup_field_values": [self._custom_value(n, a) for n, a in given.answers.items()],
                "rating": None,
                "feedback": None,
            }
            self.add_attendance(row)
            made.append(row["id"])
        return tuple(made)

    def attendance(self, attendance_id: int) -> Record:
        """The attendance with that id. Raises NotFound."""
        found = self.attendances.find(attendance_id)
        if found is None:
            raise NotFound(f"there is no attendance {attendance_id}")
        return found

    def change_attendance(self, attendance_id: int, changes: Mapping[str, Any], *, at: int) -> None:
        """Set fields of an attendance, and under ``person`` those of its person (everywhere they appear)."""
        _keep_id(changes)
        row = self.attendance(attendance_id)
        edited = changes.get("person")
        plain = {name: value for name, value in changes.items() if name != "person"}
        self.store_attendance(attendance_id, {**row, "modified_date": at, **plain})
        if isinstance(edited, Mapping):
            person_id = section(row, "person").get("id")
            changed = self.people.change(person_id, person_changes(edited), at) if person_id is not None else None
            if changed is not None:
                self._show_person(changed)

    def change_person(self, person_id: int, changes: Mapping[str, Any], *, at: int) -> None:
        """Somebody edits their profile; their attendances show it, and are not dated anew. Raises NotFound."""
        _keep_id(changes)
        changed = self.people.change(person_id, person_changes(changes), at)
        if changed is None:
            raise NotFound(f"there is no person {person_id}")
        self._show_person(changed)

    def mask(self, attendance_id: int) -> None:
        """The attendance is seen from the other side of the firewall from now on."""
        self.store_attendance(attendance_id, payloads.masked(self.attendance(attendance_id)))

    def store_attendance(self, attendance_id: int, row: Record) -> None:
        """*row* takes the place of the attendance with that id."""
        place = self.attendances.place_of(attendance_id)
        if place is not None:
            self._store(place, row)

    def add_attendance(self, row: Record) -> None:
        """Put *row* last, whatever it looks like."""
        place = self.attendances.add(row)
        event_id, person_id = section(row, "event").get("id"), section(row, "person").get("id")
        if isinstance(event_id, int):
            self._rows_of_event[event_id].append(place)
        if isinstance(person_id, int):
            self._rows_of_person[person_id].append(place)
        self._seat(place, row)

    def damage(self, name: str, row_id: int, path: Sequence[str | int], kind: str, *, at: int) -> None:
        """Break one thing in the row *row_id* of ``attendances``, ``events`` or ``people``, changed *at*."""
        table = {"attendances": self.attendances, "events": self.events, "people": self.people.table}[name]
        place = table.place_of(row_id)
        if place is None:
            raise NotFound(f"there is no row {row_id} among the {name}")
        table.replace(place, damaged(_changed_at(table.row(place), at), path, kind))

    def rows_of_event(self, event_id: int) -> Sequence[int]:
        """The places of an event's attendances, ascending."""
        return self.attendances.visible(self._rows_of_event.get(event_id, ()))

    def _store(self, place: int, row: Record) -> None:
        self.attendances.replace(place, row)
        self._seat(place, row)

    def _seat(self, place: int, row: Record) -> None:
        slot_id, event_id = section(row, "timeslot").get("id"), section(row, "event").get("id")
        if not isinstance(slot_id, int):
            return
        if row.get("status") in ("REGISTERED", "CONFIRMED"):
            self._seats[slot_id].add(place)
        else:
            self._seats[slot_id].discard(place)
        if isinstance(event_id, int):
            self._show_whether_full(event_id, slot_id)

    def is_full(self, slot_id: Any) -> bool:
        """Whether a shift takes nobody more."""
        return slot_id in self.capacities and len(self._seats[slot_id]) >= self.capacities[slot_id]

    def _show_whether_full(self, event_id: int, slot_id: int) -> None:
        place = self.events.place_of(event_id) if slot_id in self.capacities else None
        if place is None:
            return
        event, full = self.events.row(place), self.is_full(slot_id)
        old = members(event, "timeslots")
        slots = [{**slot, "is_full": full} if slot.get("id") == slot_id else slot for slot in old]
        if slots != old:
            self.events.replace(place, {**event, "timeslots": slots})

    def _person(self, given: SignUp, at: int) -> Record:
        said = {"given_name": given.first_name, "family_name": given.last_name, "phone": given.phone, "zip": given.zip}
        # An unticked box does not take an earlier consent back.
        consent = {"sms_opt_in_status": "OPT_IN"} if given.opted_in else {}
        person = self.people.sign(given.email, {**said, **consent}, at)
        self._show_person(person)
        return person

    def _show_person(self, person: Record) -> None:
        for place in self._rows_of_person.get(person["id"], ()):
            self.attendances.replace(place, {**self.attendances.row(place), "person": person})

    def _custom_value(self, name: str, answer: str | bool) -> Record:
        if name not in self.custom_fields:
            self.custom_fields[name] = (self.ids.take("field"), isinstance(answer, bool))
        return payloads.custom_value(self.custom_fields[name][0], name, answer)

    def _sponsor(self, given: SignUp, event: Record) -> Record:
        owner = section(event, "sponsor") or self.org
        if given.promoter is None or given.promoter == owner.get("slug"):
            return owner
        return next((org for org in self.organizations if org.get("slug") == given.promoter), owner)


def _changed_at(row: Record, at: int) -> Record:
    return {**row, "modified_date": at}


def _keep_id(changes: Mapping[str, Any]) -> None:
    if "id" in changes:
        raise BadInput("an id cannot be changed; the oddity 'masked' makes a row without one")


def _chosen_slots(event: Record, slot_ids: Sequence[int], at: int) -> list[Record]:
    slots = members(event, "timeslots")
    if slot_ids:
        chosen = [slot for slot in slots if slot.get("id") in slot_ids]
        if len(chosen) < len(slot_ids):
            raise BadInput(f"event {event['id']} does not have all of the timeslots {list(slot_ids)}")
        return chosen
    if not slots:
        raise BadInput(f"event {event['id']} has no timeslots to sign up for")
    return [
        next((slot for slot in slots if isinstance(slot.get("start_date"), int) and slot["start_date"] > at), slots[-1])
    ]
