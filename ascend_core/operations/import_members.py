"""Members that people bring along: each with the consent that they hold for it (row A8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from ascend_core.engine.field_values import fit
from ascend_core.engine.phones import BadPhone, parse_phone
from ascend_core.errors import BadInput
from ascend_core.operations.batch import Batch
from ascend_core.operations.core import Core
from ascend_core.store.consents import NewConsent, consent_states
from ascend_core.store.database import Tx
from ascend_core.store.members import MemberRecord, members_by_phone, reserve_member_ids

__all__ = ["Imported", "import_members"]


@frozen(kw_only=True)
class Imported:
    """What an import did. ``refused`` and ``kept_out``: row number (from 1) and why; of the latter only a value."""

    created: int
    updated: int
    refused: tuple[tuple[int, str], ...]
    kept_out: tuple[tuple[int, str], ...] = ()


def import_members(
    core: Core, rows: Sequence[Mapping[str, str]], *, proof: str, groups: Sequence[str] = ()
) -> Imported:
    """Add or update members from *rows* (``phone`` and any field by name), all in one transaction.

    *proof* says how they agreed to get texts; it is kept in the ledger. Whoever has unsubscribed here stays so.
    Raises BadInput without a proof.
    """
    if not proof.strip():
        raise BadInput("say how these people agreed to get texts (--proof); without consent nobody is texted")

    def work(tx: Tx) -> Imported:
        batch = Batch(core, tx, core.clock.now())
        wanted, refused = _parse(rows)
        known = members_by_phone(tx, wanted)
        batch.load_members({member.id: member for member in known.values()})
        states = consent_states(tx, wanted)
        fresh = [phone for phone in wanted if phone not in known]
        for phone, id_ in zip(fresh, reserve_member_ids(tx, len(fresh)), strict=True):
            record = MemberRecord(id=id_, phone=phone, created_at=batch.now, updated_at=batch.now)
            batch.add_member(record)
            known[phone] = record
        kept_out: list[tuple[int, str]] = []
        for phone, (number, row) in wanted.items():
            values = {name: value for name, value in row.items() if name != "phone" and value}
            fitted = fit(batch.field_rules, values)
            batch.set_fields(known[phone].id, fitted.values)
            kept_out.extend((number, problem) for problem in fitted.problems)
            for group in groups:
                batch.add_to_group(known[phone].id, group)
            if phone not in states:
                evidence = {"proof": proof}
                batch.consents.append(NewConsent(phone=phone, state="subscribed", source="operator", evidence=evidence))
        batch.write()
        return Imported(
            created=len(fresh),
            updated=len(wanted) - len(fresh),
            refused=tuple(refused),
            kept_out=tuple(kept_out),
        )

    return core.database.write(work)


def _parse(rows: Sequence[Mapping[str, str]]) -> tuple[dict[str, tuple[int, Mapping[str, str]]], list[tuple[int, str]]]:
    """By phone the number of its last row and the row; and what cannot be read."""
    wanted: dict[str, tuple[int, Mapping[str, str]]] = {}
    refused: list[tuple[int, str]] = []
    for number, row in enumerate(rows, start=1):
        phone = parse_phone(row.get("phone"))
        if isinstance(phone, BadPhone):
            refused.append((number, phone.detail))
        else:
            wanted[phone.e164] = number, row
    return wanted, refused
