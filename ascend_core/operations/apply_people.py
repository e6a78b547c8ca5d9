"""A page of people who changed at the source after they signed up (their sign-ups may not have changed at all).

Opting out there is as strong as STOP here, also for a member who never signed up there: who has that number is not
texted. A new number takes nothing along: consent is per number, so the old one is not texted for that person any more,
and the new one counts with its own next sign-up. Other values reach the member as those of a sign-up do. Nobody becomes
a member this way, and nothing fires.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import define

from ascend_core.contracts import Person, PersonPage, Rejected
from ascend_core.engine.phones import Phone, parse_phone
from ascend_core.errors import DatabaseProblem
from ascend_core.operations.batch import Batch
from ascend_core.operations.core import Core
from ascend_core.operations.judging import FAILED
from ascend_core.operations.leaving import GivenUp, call_off_given_up, leave, person_of
from ascend_core.operations.mapping import Mapper, load_mapper
from ascend_core.operations.pieces import in_pieces
from ascend_core.store.accounts import AccountRecord, CursorRecord, account_by_id, cursor_of, move_cursor
from ascend_core.store.consents import ConsentState, NewConsent, consent_states
from ascend_core.store.database import Tx
from ascend_core.store.members import MemberRecord, members_by_id, members_by_phone
from ascend_core.store.set_aside import SetAsideRecord, forget_set_aside, keep_set_aside
from ascend_core.store.submissions import SubmissionRecord, submissions_of_people

__all__ = ["apply_people"]


def apply_people(core: Core, account_id: int, page: PersonPage, *, seen: CursorRecord) -> int | None:
    """Apply *page* and move the cursor on from where it was *seen*. Returns how many people's changes reached members;
    None: the page was not ours to apply any more. Applying it again changes nothing. Who could not be read, and whom
    something breaks on, is set aside with the reason until they are read well.
    """
    people = list({person.key: person for person in sorted(page.people, key=lambda each: each.modified_at)}.values())

    def piece(some: Sequence[Person], broke: str | None) -> int:
        aside = [Rejected(key=each.key, reason=FAILED, detail=broke) for each in some] if broke else ()
        return _apply(core, account_id, () if broke else some, seen, moves=None, aside=aside) or 0

    try:
        return _apply(core, account_id, people, seen, moves=page.cursor, aside=page.rejected)
    except DatabaseProblem:
        raise
    except Exception:
        if not people:
            raise
    changed = sum(in_pieces(people, piece))
    moved = _apply(core, account_id, (), seen, moves=page.cursor, aside=page.rejected)
    return None if moved is None else changed


def _apply(
    core: Core,
    account_id: int,
    people: Sequence[Person],
    seen: CursorRecord,
    *,
    moves: str | None,
    aside: Sequence[Rejected],
) -> int | None:
    """One transaction; *moves*: to where the cursor goes, None: it stays."""

    def work(tx: Tx) -> int | None:
        now = core.clock.now()
        account = account_by_id(tx, account_id)
        if account is None or not account.sync_accounts:
            return None
        if not (
            cursor_of(tx, account_id, "people") == seen if moves is None else move_cursor(tx, seen, moves, now=now)
        ):
            return None
        keep_set_aside(tx, [_set_aside(account_id, each, now) for each in aside])
        if not people:
            return 0
        forget_set_aside(tx, account_id, {person.key for person in people})
        batch = Batch(core, tx, now)
        changed = _Changes(batch, account).apply(people)
        batch.write()
        return changed

    return core.database.write(work)


def _set_aside(account_id: int, rejected: Rejected, now: datetime) -> SetAsideRecord:
    return SetAsideRecord(
        account_id=account_id,
        key=rejected.key,
        reason=rejected.reason,
        detail=rejected.detail or None,
        seen_at=now,
    )


@define(eq=False)
class _Known:
    """A person, the sign-ups of theirs that were applied, and the members that became of those."""

    person: Person
    records: list[SubmissionRecord]
    phone: str | None

    @property
    def member_ids(self) -> set[int]:
        return {record.member_id for record in self.records if record.member_id is not None}


class _Changes:
    def __init__(self, batch: Batch, account: AccountRecord) -> None:
        self.batch = batch
        self.tx = batch.tx
        self.account = account

    def apply(self, people: Sequence[Person]) -> int:
        found = self._found(people)
        if not found:
            return 0
        members = members_by_id(self.tx, {id_ for each in found for id_ in each.member_ids})
        here = members_by_phone(self.tx, {each.phone for each in found if each.phone is not None})
        members |= {member.id: member for member in here.values()}
        self.batch.load_members(members)
        consents = consent_states(self.tx, {member.phone for member in members.values()})
        left = self._opt_outs(found, members, here, consents)
        given_up = [gone for each in found for gone in _given_up(each, members)]
        self._fields(found, here, consents)
        leave(self.batch, left, "unsubscribed")
        call_off_given_up(self.batch, given_up)
        numbers_left = {members[id_].phone for id_ in left}
        return sum(bool(each.records) or each.phone in numbers_left for each in found)

    def _found(self, people: Sequence[Person]) -> list[_Known]:
        """Who signed up before, and who opted out: that counts for whoever has the number."""
        by_key: dict[str, list[SubmissionRecord]] = {}
        for record in submissions_of_people(self.tx, self.account.id, {person.key for person in people}):
            by_key.setdefault(record.person_key or "", []).append(record)
        return [
            _Known(person, by_key.get(person.key, []), _e164(person.phone))
            for person in people
            if person.key in by_key or person.opted_in is False
        ]

    def _opt_outs(
        self,
        found: Iterable[_Known],
        members: dict[int, MemberRecord],
        here: dict[str, MemberRecord],
        consents: dict[str, ConsentState],
    ) -> set[int]:
        left: set[int] = set()
        for each in found:
            if each.person.opted_in is not False:
                continue
            mine = {*each.member_ids, *(member.id for phone, member in here.items() if phone == each.phone)}
            for member in (members[id_] for id_ in sorted(mine) if id_ in members):
                if consents.get(member.phone) == "subscribed":
                    consents[member.phone] = "unsubscribed"
                    evidence = {"integration": self.account.integration, "person": each.person.key}
                    entry = NewConsent(phone=member.phone, state="unsubscribed", source="upstream", evidence=evidence)
                    self.batch.consents.append(entry)
                    self.batch.subscribed[member.id] = False
                    left.add(member.id)
        return left

    def _fields(
        self, found: Iterable[_Known], here: dict[str, MemberRecord], consents: dict[str, ConsentState]
    ) -> None:
        """To the member who signed up with the number that the person still has."""
        mapper: Mapper = load_mapper(self.tx, self.batch.core.registry, self.account)
        for each in found:
            member = here.get(each.phone or "")
            if member is None or member.id not in each.member_ids or each.person.opted_in is not True:
                continue
            if consents.get(member.phone) == "subscribed":
                fitted = mapper.changes(mapper.readings(each.person.fields), self.batch.members[member.id])
                self.batch.set_fields(member.id, fitted.values)


def _given_up(known: _Known, members: dict[int, MemberRecord]) -> list[GivenUp]:
    return [
        GivenUp(member_id=record.member_id, submission_id=record.id, person=person_of(record))
        for record in known.records
        if record.member_id is not None and members[record.member_id].phone != known.phone
    ]


def _e164(raw: str | None) -> str | None:
    parsed = parse_phone(raw)
    return parsed.e164 if isinstance(parsed, Phone) else None
