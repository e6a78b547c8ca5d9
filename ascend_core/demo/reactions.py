"""What people do with a text: look, click, sign up, answer, leave. Drawn per phone and text, so always the same."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal

from attrs import frozen

from ascend_core.contracts import SandboxText
from ascend_core.demo.chance import Chance
from ascend_core.demo.people import Supporter
from ascend_core.demo.week import SLOT, floor_slot

__all__ = ["PREVIEW_AGENT", "Reaction", "reactions_to"]

PREVIEW_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/56.0.2924.87 Safari/537.36 "
    "Google-PageRenderer Google (+https://developers.google.com/+/web/snippet/)"
)
"""What fetches links for Android phones, from Google's servers."""

_CODE = re.compile(r"https?://[^/\s]+/([2-9A-HJ-NP-Za-kmnp-z]{9})(?![\w])")


@frozen(kw_only=True, order=True)
class Reaction:
    """Something a person does because of a text. *code* is of the text's short link."""

    at: datetime
    key: str
    kind: Literal["preview", "click", "submit", "submit_plainly", "forward", "reply"]
    phone: str
    code: str = ""
    body: str = ""


def reactions_to(seed: int, supporter: Supporter, text: SandboxText, ordinal: int) -> list[Reaction]:
    """What *supporter* does about *text*, their *ordinal*-th one (from 0), at the earliest two slots later."""
    chance = Chance(seed, "text", supporter.person.key, ordinal)
    seen = floor_slot(text.accepted_at)
    name = f"{supporter.person.key}:text-{ordinal}"
    if chance.happens(0.025):
        body = chance.pick(("STOP", "Stop.", "unsubscribe", "STOP ALL"))
        return [_reply(seen + 3 * SLOT, name, text.phone, body)]
    found = _CODE.search(text.body)
    if found is not None:
        return _with_link(chance, supporter, name, seen, text.phone, found.group(1))
    if "YES or NO" in text.body and chance.happens(0.6):
        body = chance.pick(("Yes!!", "yes please", "no", "No thanks", "Nope", "what?", "YES"))
        return [_reply(seen + chance.between(2, 14) * SLOT, name, text.phone, body)]
    if chance.happens(0.04):
        return [_reply(seen + 4 * SLOT, name, text.phone, "Thank you, who is this?")]
    return []


def _reply(at: datetime, name: str, phone: str, body: str) -> Reaction:
    return Reaction(at=at, key=f"{name}:reply", kind="reply", phone=phone, body=body)


def _with_link(
    chance: Chance, supporter: Supporter, name: str, seen: datetime, phone: str, code: str
) -> list[Reaction]:
    done: list[Reaction] = []

    def react(at: datetime, kind: Literal["preview", "click", "submit", "submit_plainly", "forward"]) -> None:
        done.append(Reaction(at=at, key=f"{name}:{kind}", kind=kind, phone=phone, code=code))

    if supporter.has_android:
        react(seen + 2 * SLOT, "preview")
    if chance.happens(0.5):
        clicked = seen + chance.between(2, 14) * SLOT
        react(clicked, "click")
        if chance.happens(0.45):
            later = clicked + chance.between(1, 3) * SLOT
            react(later, "submit_plainly" if chance.happens(0.25) else "submit")
        elif chance.happens(0.08):
            react(clicked + timedelta(hours=1), "forward")
    return done
