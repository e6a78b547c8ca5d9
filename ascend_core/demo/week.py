"""What happens upstream during the week: forms, sign-ups, and what becomes of them. It is fixed by the seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from attrs import frozen

from ascend_core.demo.chance import Chance
from ascend_core.demo.people import Supporter

__all__ = ["END", "FORMS", "NEXT_FORM", "SLOT", "START", "Deed", "DemoForm", "ceil_slot", "floor_slot", "plan_week"]

START = datetime(2026, 5, 4, 14, 0, tzinfo=UTC)
"""A Monday, ten in the morning in New York."""
END = START + timedelta(days=7)
SLOT = timedelta(hours=1)
"""Everything people do, they do on the hour."""


@frozen(kw_only=True)
class DemoForm:
    """An event people sign up for. *at*: hours after the week's start."""

    key: str
    name: str
    at: int
    timezone: str = "America/New_York"
    synced: bool = True
    waitlists: float = 0.0
    """The share of sign-ups that find it full."""


FORMS = (
    DemoForm(key="phonebank", name="Thursday Phonebank", at=82),
    DemoForm(key="canvass", name="Saturday Canvass", at=122),
    DemoForm(key="textbank", name="Evening Text Bank", at=58, timezone="America/Chicago"),
    DemoForm(key="training", name="Volunteer Training", at=103, timezone="America/Los_Angeles", waitlists=0.3),
    DemoForm(key="rally", name="Sunday Rally", at=146),
    DemoForm(key="board", name="Board Meeting", at=99, synced=False),
    DemoForm(key="kickoff", name="June Kickoff", at=600),
)
NEXT_FORM = "kickoff"
"""Where people are invited to afterwards; nobody signs up for it by themselves."""


@frozen(kw_only=True, order=True)
class Deed:
    """Something that happens upstream at *at*: a sign-up, or an activity of one."""

    at: datetime
    key: str
    """Names it for ever: done twice, it is done once."""
    person: str
    form: str
    submission: str
    activity: str
    """``submits``, or one of the integration's activities."""


def floor_slot(moment: datetime) -> datetime:
    """The hour that *moment* is in."""
    return moment - (moment - START) % SLOT


def ceil_slot(moment: datetime) -> datetime:
    """The full hour at *moment* or next after it."""
    begun = floor_slot(moment)
    return begun if begun == moment else begun + SLOT


def plan_week(seed: int, supporters: Sequence[Supporter]) -> list[Deed]:
    """Every deed of the week that does not depend on our texts, in the order they happen."""
    deeds = [deed for supporter in supporters for deed in _deeds_of(seed, supporter)]
    return sorted(deed for deed in deeds if deed.at < END)


def _deeds_of(seed: int, supporter: Supporter) -> list[Deed]:
    chance = Chance(seed, "week", supporter.person.key)
    own = [form for form in FORMS if form.key != NEXT_FORM]
    forms = [chance.pick(own)]
    if chance.happens(0.15):
        forms.append(chance.pick([form for form in own if form != forms[0]]))
    return [deed for form in forms for deed in _story(chance, supporter, form)]


def _story(chance: Chance, supporter: Supporter, form: DemoForm) -> list[Deed]:
    """A sign-up on one of the first days, by daylight, and what the supporter makes of it."""
    starts_at = START + timedelta(hours=form.at)
    day = chance.between(0, max(0, form.at // 24 - 1))
    signed_up = START + timedelta(days=min(day, 4), hours=chance.between(1, 10))
    name = f"{supporter.person.key}:{form.key}"

    def deed(at: datetime, activity: str) -> Deed:
        return Deed(
            at=ceil_slot(at),
            key=f"{name}:{activity}",
            person=supporter.person.key,
            form=form.key,
            submission=f"{name}:submits",
            activity=activity,
        )

    deeds = [deed(signed_up, "submits")]
    if chance.happens(form.waitlists):
        deeds.append(deed(signed_up + SLOT, "waitlisted"))
        if chance.happens(0.5):
            deeds.append(deed(signed_up + timedelta(hours=chance.between(4, 20)), "registers"))
        return deeds
    answered = signed_up + timedelta(hours=chance.between(2, 40))
    if chance.happens(0.14):
        deeds.append(deed(answered, "cancels"))
        return deeds
    if chance.happens(0.45) and answered < starts_at:
        deeds.append(deed(answered, "confirms"))
    if chance.happens(0.6):
        deeds.append(deed(starts_at + timedelta(hours=3), "attends"))
    return deeds
