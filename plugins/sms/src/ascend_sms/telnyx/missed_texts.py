"""Texts people wrote while nobody listened, from two places of the provider's.

Its detail records tell who wrote and when, without the words; each text by itself tells the words, for ten days. One
whose words cannot be had any more may have been a STOP: it is *doubtful*, and a person decides. The records are asked
for newest first and read until they are old enough; their date filter is not relied upon, nor is their order.

https://developers.telnyx.com/api-reference/detail-records/search-detail-records
https://developers.telnyx.com/api-reference/messages/retrieve-a-message
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import evolve

from ascend_core.contracts import Inbound
from ascend_core.errors import BadInput
from ascend_sms.heard import heard
from ascend_sms.replies import ID
from ascend_sms.telnyx.settings import TelnyxSettings

__all__ = ["LISTED_AFTER", "PAGE_SIZE", "id_in", "is_last", "query_for", "text_in", "wanted_in"]

LISTED_AFTER: Final = timedelta(seconds=60)
"""The provider does not say how soon a text is among its detail records; others saw it take some seconds."""
PAGE_SIZE: Final = 50
"""The provider's largest."""
_CLOCKS_APART: Final = timedelta(minutes=5)
"""How far the provider's clock may be behind ours before we would miss a text."""


def query_for(page: int) -> dict[str, str]:
    """What to ask the detail records for; *page* counts from 1."""
    return {
        "filter[record_type]": "messaging",
        "filter[direction]": "inbound",
        "sort": "-created_at",
        "page[number]": str(page),
        "page[size]": str(PAGE_SIZE),
    }


def is_last(document: Mapping[str, Any], page: int, since: datetime) -> bool:
    """Whether nothing behind this *page* can be from *since* on: it is the last, or in order and older than that."""
    records = _records(document)
    meta = document.get("meta")
    pages = meta.get("total_pages") if isinstance(meta, Mapping) else None
    if not records or (isinstance(pages, int) and page >= pages):
        return True
    made = [_created_at(record) for record in records]
    dated = [each for each in made if each is not None]
    in_order = len(dated) == len(made) and dated == sorted(dated, reverse=True)
    return in_order and dated[-1] < since - _CLOCKS_APART


def wanted_in(settings: TelnyxSettings, since: datetime, pages: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The records of texts to our sender from *since* on, oldest first, each once. One without a date may be one."""
    found: dict[str, tuple[datetime, Mapping[str, Any]]] = {}
    newest_first = [record for page in pages for record in _records(page)]
    for record in reversed(newest_first):
        made = _created_at(record)
        if id_in(record) and _is_to_us(settings, record) and (made is None or made >= since - _CLOCKS_APART):
            found[id_in(record)] = (made or since, record)
    return [record for _, record in sorted(found.values(), key=lambda each: each[0])]


def text_in(settings: TelnyxSettings, record: Mapping[str, Any], text: Mapping[str, Any] | None) -> Inbound | None:
    """The *text* of a detail *record* as the webhook would have told it; without its words it is doubtful.

    None: nobody who can be answered wrote it.
    """
    words = None if text is None else text.get("text", "")
    kind = "" if text is None else text.get("autoresponse_type")
    try:
        told = heard(
            sid=id_in(record),
            phone=_string(record.get("cli")),
            body=_string(words),
            opt_out_type=_string(kind),
            answered=settings.answered_words,
        )
    except BadInput:
        return None
    return told if text is not None else evolve(told, keyword="doubtful", provider_answered=False)


def id_in(record: Mapping[str, Any]) -> str:
    """The id of the text that a detail *record* is about; '': it names none."""
    found = _string(record.get("uuid") or record.get("id"))
    return found if ID.fullmatch(found) else ""


def _records(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = document.get("data")
    return [record for record in found if isinstance(record, Mapping)] if isinstance(found, list) else []


def _is_to_us(settings: TelnyxSettings, record: Mapping[str, Any]) -> bool:
    """Whether *record* came in to our number, or our profile; what does not say may be ours."""
    if record.get("direction") not in (None, "inbound"):
        return False
    profile = settings.messaging_profile_id
    if profile and record.get("profile_id") == profile:
        return True
    if settings.from_number:
        return record.get("cld") in (None, "", settings.from_number)
    return record.get("profile_id") in (None, "")


def _created_at(record: Mapping[str, Any]) -> datetime | None:
    try:
        made = datetime.fromisoformat(_string(record.get("created_at")))
    except ValueError:
        return None
    return made if made.tzinfo else made.replace(tzinfo=UTC)


def _string(value: object) -> str:
    """*value* as it can be stored: no halves of characters."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore") if isinstance(value, str) else ""
