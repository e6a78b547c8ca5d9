"""The HTML of the sign-up page, and what its form fields are called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ascend_mobilize.simulator.table import Record, members

__all__ = ["BOX_FIELD", "TEXT_FIELD", "document", "form_page"]

TEXT_FIELD = "text_field:"
BOX_FIELD = "box_field:"
"""Custom sign-up fields are posted under these prefixes and their names."""

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#1c2733}"
    "label{display:block;margin:.75rem 0}input,select{font:inherit;padding:.4rem;width:100%;box-sizing:border-box}"
    "input[type=checkbox]{width:auto}button{font:inherit;padding:.6rem 1.2rem}.note{color:#56606b}"
)

_FULL = " (full: join the waitlist)"

_INPUTS = (
    ("first_name", "First name", "text", "given-name", True),
    ("last_name", "Last name", "text", "family-name", True),
    ("email", "Email", "email", "email", True),
    ("phone", "Mobile phone", "tel", "tel", False),
    ("zip", "Zip code", "text", "postal-code", False),
)


def document(title: str, body: str) -> str:
    """A whole page; *body* is HTML."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main>{body}</main>"
        '<p class="note">A simulated page. Nothing here leaves this machine.</p></body></html>'
    )


def form_page(event: Record, custom_fields: Mapping[str, tuple[int, bool]]) -> str:
    """The page on which one signs up for *event*. It posts to its own address, query and all."""
    title = str(event.get("title") or "An event")
    fields = [_input(*spec) for spec in _INPUTS]
    fields += [_custom(name, is_box) for name, (_, is_box) in custom_fields.items()]
    return document(
        title,
        f"<h1>{escape(title)}</h1><form method='post'>{_slots(event)}{''.join(fields)}"
        "<label><input type='checkbox' name='sms_opt_in' value='yes'> Text me about this and other events. "
        "Message and data rates may apply; reply STOP to end.</label>"
        "<button>Sign up</button></form>",
    )


def _slots(event: Record) -> str:
    options = "".join(
        f"<option value='{slot['id']}'>{_when(slot, event)}{_FULL if slot.get('is_full') else ''}</option>"
        for slot in members(event, "timeslots")
        if isinstance(slot.get("id"), int)
    )
    return f"<label>When <select name='slot'>{options}</select></label>" if options else ""


def _when(slot: Record, event: Record) -> str:
    try:
        zone: ZoneInfo | None = ZoneInfo(str(event.get("timezone") or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        zone = None
    start = datetime.fromtimestamp(slot.get("start_date") or 0, zone or UTC)
    return escape(start.strftime("%A, %B %d, %Y, %H:%M %Z"))


def _input(name: str, label: str, kind: str, autocomplete: str, required: bool) -> str:
    return (
        f"<label>{label} <input name='{name}' type='{kind}' autocomplete='{autocomplete}'{' required' * required}>"
        "</label>"
    )


def _custom(name: str, is_box: bool) -> str:
    if is_box:
        # The hidden "no" is what an unticked box sends; a ticked one's "yes" comes after it and counts.
        field = escape(BOX_FIELD + name)
        return (
            f'<label><input type="hidden" name="{field}" value="no">'
            f'<input type="checkbox" name="{field}" value="yes"> {escape(name)}</label>'
        )
    return f'<label>{escape(name)} <input name="{escape(TEXT_FIELD + name)}"></label>'
