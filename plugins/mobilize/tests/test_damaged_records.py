"""One thing broken in a record, a person, an event, a deletion or an envelope: it is set aside, the rest counts."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define, field, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascend_core.contracts import Form, Person, Rejected, Submission
from ascend_core.errors import RunTimeError
from ascend_core.store.accounts import accounts
from ascend_core.store.consents import consent_states
from ascend_core.store.forms import form_list
from ascend_core.store.members import members_by_phone
from ascend_core.store.submissions import submissions_by_key
from ascend_core.testing.world import World
from ascend_mobilize.answers import Answered, Page, read_page
from ascend_mobilize.attendances import _read_slowly, read_attendance
from ascend_mobilize.events import read_deletion, read_event
from ascend_mobilize.people import read_person
from ascend_mobilize.shapes import DECODED_ATTENDANCES, ShapedAttendance
from ascend_mobilize.simulator.damage import DAMAGES, damaged, paths_of
from ascend_mobilize.simulator.signups import SignUp

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
AREAS = (212, 312, 415, 617, 718, 202, 305, 404, 503, 512, 213, 214, 215, 216, 713, 702, 206, 303)
NAMED = re.compile(r"field (\S+|\(the record itself\)): expected [a-z 0-9]+")


ODD_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from([None, "", " confirmed ", "a\0b", "\ud800", "SOMETHING_NEW", "x" * 10_001]),
    "attended": st.sampled_from([None, True, False, 1, 0]),
    "referrer": st.sampled_from([None, {}, {"utm_content": " tok "}, {"utm_content": 5}, []]),
    "timeslot": st.sampled_from([None, {}, {"start_date": 5}, {"start_date": 2**62, "end_date": None}]),
    "created_date": st.sampled_from([0, 1_780_000_000, 253_370_764_801, -1, 1.0, True, None]),
    "custom_signup_field_values": st.sampled_from(
        [None, [], [{"custom_field_id": 5, "text_value": "", "boolean_value": False}], [{"custom_field_id": None}], [3]]
    ),
}
"""What attendances hold here and there, and what they never should."""


@frozen
class Damage:
    """What is broken, and how."""

    path: tuple[str | int, ...]
    kind: str

    def __str__(self) -> str:
        return "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in self.path)[1:]


def damages(record: Any) -> st.SearchStrategy[Damage]:
    """Everything in *record* that can be broken, in every way: containers and leaves alike."""
    return st.builds(Damage, st.sampled_from(list(paths_of(record))), st.sampled_from(list(DAMAGES)))


def personal(record: Any) -> set[str]:
    """The texts of *record* that are somebody's."""
    person = record["person"]
    texts = [person["given_name"], person["family_name"]]
    for name in ("email_addresses", "phone_numbers", "postal_addresses"):
        texts += [text for entry in person[name] for text in entry.values() if isinstance(text, str)]
    return {text for text in texts if text}


def names_what_is_broken(detail: str, damage: Damage) -> bool:
    """Whether *detail* names the broken field, or one that holds it or is held by it."""
    named = NAMED.fullmatch(detail)
    return named is not None and (str(damage).startswith(named[1]) or named[1].startswith(str(damage)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=500)
@given(data=st.data())
def test_a_damaged_attendance_is_read_or_set_aside_by_the_name_of_the_field(attendance, data: st.DataObject) -> None:
    """Never an exception, and never a word about the person."""
    record = attendance()
    damage = data.draw(damages(record))

    found = read_attendance(damaged(record, damage.path, damage.kind))

    assert isinstance(found, Submission | Rejected)
    if isinstance(found, Rejected):
        assert not [text for text in personal(record) if text in json.dumps([found.key, found.detail])]
        assert found.reason == "masked" or names_what_is_broken(found.detail, damage)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=1000)
@given(data=st.data(), breaks=st.integers(0, 2))
def test_both_ways_to_read_an_attendance_say_the_same(attendance, data: st.DataObject, breaks: int) -> None:
    """The quick one takes nothing that the careful one refuses, and understands nothing otherwise."""
    record = attendance(**{name: data.draw(values) for name, values in ODD_VALUES.items() if data.draw(st.booleans())})
    for _ in range(breaks):
        damage = data.draw(damages(record))
        record = damaged(record, damage.path, damage.kind)

    assert read_attendance(record) == _read_slowly(record)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=1000)
@given(data=st.data(), breaks=st.integers(0, 2))
def test_a_page_says_the_same_with_its_records_shaped(attendance, data: st.DataObject, breaks: int) -> None:
    """Whatever its records and its letters are: what is passed over is what nobody needs."""
    record = attendance(**{name: data.draw(values) for name, values in ODD_VALUES.items() if data.draw(st.booleans())})
    for _ in range(breaks):
        damage = data.draw(damages(record))
        record = damaged(record, damage.path, damage.kind)
    body = json.dumps({"data": [attendance(id=1), record, attendance(id=3)], "next": None, "count": 3}).encode()
    old, new = data.draw(st.sampled_from(ODD_LETTERS))
    answered = Answered(what="Mobilize", status=200, headers={}, body=body.replace(old, new))

    shaped, plain = (_read(answered, shaping) for shaping in (DECODED_ATTENDANCES, None))

    assert shaped == plain


ODD_LETTERS = [
    (b"", b""),
    (b"CONFIRMED", b"CONF\xffIRMED"),
    (b"null", b"NaN"),
    (b"null", b"1e999"),
    (b'"status": "', b'"status": "\\ud800'),
    (b'"id": 3', b'"id": ' + b"3" * 5000),
]
"""What stands in a page, and what may stand there instead, which is hardly JSON."""


def _read(answered: Answered, shaping: Any) -> list[Submission | Rejected] | None:
    try:
        return [read_attendance(record) for record in read_page(answered, now=NOW, shaping=shaping).records]
    except RunTimeError:
        return None


def test_a_record_that_is_damaged_leaves_the_others_of_its_page_shaped(attendance) -> None:
    """One odd record does not make its page slow."""
    body = json.dumps({"data": [attendance(id=1), attendance(id=2), attendance(id="3")]}).encode()
    answered = Answered(what="Mobilize", status=200, headers={}, body=body.replace(b'"id": 2,', b'"id": -2,'))

    records = read_page(answered, now=NOW, shaping=DECODED_ATTENDANCES).records

    assert [isinstance(record, ShapedAttendance) for record in records] == [True, False, False]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=500)
@given(data=st.data())
def test_a_damaged_person_is_read_or_set_aside_by_the_name_of_the_field(attendance, data: st.DataObject) -> None:
    """The same for the list of people, whose changes are not in any sign-up."""
    record = attendance()["person"]
    damage = data.draw(damages(record))

    found = read_person(damaged(record, damage.path, damage.kind))

    assert isinstance(found, Person | Rejected)
    if isinstance(found, Rejected):
        assert not [text for text in personal({"person": record}) if text in json.dumps([found.key, found.detail])]
        assert found.reason == "masked" or names_what_is_broken(found.detail, damage)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(data=st.data())
def test_a_damaged_event_or_deletion_is_read_or_set_aside(event, data: st.DataObject) -> None:
    """The same for the forms."""
    record, read = data.draw(st.sampled_from([(event(), read_event), ({"id": 7, "deleted_date": 9}, read_deletion)]))
    damage = data.draw(damages(record))

    found = read(damaged(record, damage.path, damage.kind))

    assert isinstance(found, Form | Rejected)
    if isinstance(found, Rejected):
        assert found.reason == "masked" or names_what_is_broken(found.detail, damage)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(data=st.data())
def test_a_damaged_envelope_is_a_page_or_an_error_that_says_what_happens_next(attendance, data: st.DataObject) -> None:
    """What is not needed may be anything; what is needed is never guessed."""
    envelope = {
        "count": 2,
        "next": "https://api.mobilize.us/v1/organizations/4310/attendances?cursor=c",
        "previous": None,
        "data": [attendance(), attendance(id=2)],
        "metadata": {"url_name": "public_organization_attendances", "build_commit": "0", "page_title": None},
    }
    top = [path for path in paths_of(envelope) if path[0] != "data" or len(path) == 1]
    damage = Damage(data.draw(st.sampled_from(top)), data.draw(st.sampled_from(list(DAMAGES))))
    body = json.dumps(damaged(envelope, damage.path, damage.kind)).encode()

    try:
        page: Page | None = read_page(Answered(what="Mobilize", status=200, headers={}, body=body), now=NOW)
    except RunTimeError:
        page = None

    if damage.path[0] not in {"data", "next"}:
        assert page is not None
        assert list(page.records) == envelope["data"]
    if page is not None and damage.kind != "missing" and damage.path[0] != "next":
        assert page.next == envelope["next"]


@define
class Town:
    """A world in which people sign up; everybody has a phone of their own."""

    world: World
    event_id: int
    people: int = 0
    broken_people: list[Damage] = field(factory=list)
    """All that was ever damaged: one that names no date, or a late one, is listed again and again."""

    def sign_up(self) -> tuple[int, str]:
        """Somebody new signs up. The attendance's id and the phone."""
        number, self.people = self.people, self.people + 1
        phone = f"{AREAS[number // 100]}55501{number % 100:02}"
        wish = SignUp(
            event_id=self.event_id,
            first_name="Wren",
            last_name="Quillfeather",
            email=f"wren{number}@example.org",
            phone=phone,
            zip="10001",
            opted_in=True,
            answers={"T-shirt": "M", "Can drive": True},
            referrer={"utm_content": "k3Xv9pRt"},
        )
        made = self.world.forms.history.perform("sign_up", wish.as_data())
        return made[0], f"+1{phone}"

    def ask(self, work: Any, *args: Any) -> Any:
        return self.world.core.database.read(lambda tx: work(tx, *args))

    def poll(self) -> Any:
        self.world.clock.advance(timedelta(seconds=200))
        (synced,) = self.world.poll()
        return synced


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with World(tmp_path_factory.mktemp("town"), start=NOW) as world:
        world.connect(sync_new_forms=True)
        world.forms.add_form(
            "walk", "Neighborhood Walk", starts_at=NOW + timedelta(days=9), timezone="America/Chicago",
            url_base=world.forms_url,
        )  # fmt: skip
        world.poll()
        (account,) = world.core.database.read(accounts)
        (form,) = world.core.database.read(lambda tx: form_list(tx, account.id))
        yield Town(world, int(form.key))


AT_ONCE = 8
"""So many broken records in a page, each between two whole ones."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(data=st.data())
def test_the_rest_of_a_page_applies_whatever_its_records_hold(town: Town, data: st.DataObject) -> None:
    """Over HTTP and through the core: whoever signed up beside the broken records becomes a member."""
    history, broken, whole = town.world.forms.history, {}, {town.sign_up()[1]}
    for _ in range(AT_ONCE):
        broken_id, _ = town.sign_up()
        record = history.world.attendance(broken_id)
        damage = broken[broken_id] = data.draw(damages(record))
        wish = {"list": "attendances", "id": broken_id, "path": list(damage.path), "kind": damage.kind}
        history.perform("damage", wish)
        whole.add(town.sign_up()[1])

    synced = town.poll()

    assert synced.problem is None
    assert set(town.ask(members_by_phone, whole)) == whole
    (account,) = town.ask(accounts)
    for key, known in town.ask(submissions_by_key, account.id, {str(each) for each in broken}).items():
        if known.reason == "malformed":
            assert names_what_is_broken(known.detail or "", broken[int(key)])
            assert not [text for text in personal(record) if text in str(known.detail)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(data=st.data())
def test_the_rest_of_the_people_applies_whatever_their_records_hold(town: Town, data: st.DataObject) -> None:
    """Whoever opts out beside the broken ones has left, and what was wrong with those is told."""
    history, whole = town.world.forms.history, set()
    signed = [town.sign_up() for _ in range(2 * AT_ONCE + 1)]
    town.poll()
    person_ids = [history.world.attendance(key)["person"]["id"] for key, _ in signed]
    broken: list[Damage] = []
    for number, (person_id, (_, phone)) in enumerate(zip(person_ids, signed, strict=True)):
        if number % 2 == 0:
            changes = {"sms_opt_in_status": "OPT_OUT"}
            history.perform("change_person", {"person_id": person_id, "changes": changes})
            whole.add(phone)
            continue
        drawn = data.draw(damages(history.world.people.table.find(person_id)))
        damage = drawn if broken else Damage(("sms_opt_in_status",), "in_an_object")
        wish = {"list": "people", "id": person_id, "path": list(damage.path), "kind": damage.kind}
        history.perform("damage", wish)
        broken.append(damage)
    town.broken_people += broken

    synced = town.poll()

    assert synced.problem is None
    assert town.ask(consent_states, whole) == dict.fromkeys(whole, "unsubscribed")
    assert "field sms_opt_in_status: expected a text" in synced.people_set_aside
    for detail in synced.people_set_aside:
        assert detail == "masked" or any(names_what_is_broken(detail, damage) for damage in town.broken_people)


def test_a_record_with_the_id_of_another_harms_nobody_else(town: Town) -> None:
    """One of the two counts; the others of the page do."""
    first, _ = town.sign_up()
    second, _ = town.sign_up()
    _, after = town.sign_up()
    world = town.world.forms.history.world
    world.attendances.replace(
        world.attendances.place_of(second), {**copy.deepcopy(world.attendance(second)), "id": first}
    )

    synced = town.poll()

    assert synced.problem is None
    assert set(town.ask(members_by_phone, {after})) == {after}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(data=st.data())
def test_the_rest_of_the_events_applies_whatever_they_hold(town: Town, data: st.DataObject) -> None:
    """Broken events hide no other one."""
    forms, history = town.world.forms, town.world.forms.history
    (account,) = town.ask(accounts)
    known = {form.key for form in town.ask(form_list, account.id)}
    starts_at, whole = town.world.clock.now() + timedelta(days=3), set()
    for number in range(2 * AT_ONCE + 1):
        name = f"event {history.world.events.places}"
        url = forms.add_form(name, name, starts_at=starts_at, timezone="America/Denver", url_base="")
        key = url.rstrip("/").rpartition("/")[2]
        if number % 2 == 0:
            whole.add(key)
            continue
        damage = data.draw(damages(history.world.event(int(key))))
        history.perform("damage", {"list": "events", "id": int(key), "path": list(damage.path), "kind": damage.kind})

    synced = town.poll()

    assert synced.problem is None
    assert whole <= {form.key for form in town.ask(form_list, account.id)} - known
