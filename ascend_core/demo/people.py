"""About two hundred invented supporters."""

from __future__ import annotations

from attrs import evolve, frozen

from ascend_core.contracts import SandboxPerson
from ascend_core.demo.chance import Chance

__all__ = ["PEOPLE", "Supporter", "friend_of", "invent_supporters"]

PEOPLE = 200

_FIRST = [
    "Ana",
    "Bo",
    "Carmen",
    "Dana",
    "Elif",
    "Farid",
    "Grace",
    "Hugo",
    "Ines",
    "Jamal",
    "Kira",
    "Luis",
    "Mina",
    "Noor",
    "Omar",
    "Priya",
    "Quinn",
    "Rosa",
    "Sami",
    "Tara",
    "Uma",
    "Vito",
    "Wren",
    "Ximena",
    "Yara",
    "Zane",
]
_LAST = [
    "Abara",
    "Bellweather",
    "Castellan",
    "Dunmore",
    "Estrella",
    "Fairwood",
    "Greenleaf",
    "Hollis",
    "Ibarra",
    "Juniper",
    "Kestrel",
    "Lindqvist",
    "Marlowe",
    "Nightingale",
    "Okonjo",
    "Pemberton",
    "Quillon",
    "Ravenscroft",
    "Silverton",
    "Thornbury",
    "Underhill",
    "Vasquero",
    "Whitlock",
    "Yarrow",
]
_PLACES = (
    ("212", "10001"),
    ("617", "02134"),
    ("305", "33101"),
    ("312", "60601"),
    ("214", "75201"),
    ("303", "80202"),
    ("415", "94102"),
    ("206", "98101"),
)
"""Area codes with a zip code of the same place: four time zones."""

_BAD_PHONES = ("", "555-01", "(800) 555-0134", "call me", "12345678901234567")


@frozen(kw_only=True)
class Supporter:
    """A person and their habits."""

    person: SandboxPerson
    known_before: bool
    """Was a member before the week began."""
    has_android: bool
    """Their phone's maker fetches every link once, before they do."""


def invent_supporters(seed: int) -> list[Supporter]:
    """The same people for the same seed: some without opt-in, with a bad phone, or with somebody else's phone."""
    supporters: list[Supporter] = []
    for number in range(PEOPLE):
        chance = Chance(seed, "person", number)
        person = _person(number, chance)
        if number % 40 == 7:
            person = evolve(person, phone=_BAD_PHONES[number // 40 % len(_BAD_PHONES)])
        elif number % 33 == 20:
            person = evolve(person, phone=supporters[number - 9].person.phone)  # two people, one phone
        supporters.append(Supporter(person=person, known_before=number % 9 == 4, has_android=chance.happens(0.35)))
    return supporters


def _person(number: int, chance: Chance) -> SandboxPerson:
    first, last = chance.pick(_FIRST), chance.pick(_LAST)
    area, zip_code = _PLACES[number % len(_PLACES)]
    answers: dict[str, str | bool] = {"T-shirt size": chance.pick(("S", "M", "L", "XL"))}
    if chance.happens(0.4):
        answers["Speaks Spanish"] = chance.happens(0.5)
    return SandboxPerson(
        key=f"person-{number}",
        first_name=first,
        last_name=last,
        email=f"{first}.{last}.{number}@example.org".lower(),
        phone=f"({area}) 555-01{number // len(_PLACES):02d}",
        zip=zip_code,
        opted_in=chance.happens(0.85),
        answers=answers,
    )


def friend_of(supporter: Supporter, seed: int) -> SandboxPerson:
    """Somebody a link was forwarded to: another person, with another phone."""
    chance = Chance(seed, "friend", supporter.person.key)
    key = f"friend-of-{supporter.person.key}"
    number = int(supporter.person.key.rsplit("-", 1)[1])
    area, zip_code = _PLACES[(number + 3) % len(_PLACES)]
    return SandboxPerson(
        key=key,
        first_name=chance.pick(_FIRST),
        last_name=chance.pick(_LAST),
        email=f"{key}@example.org",
        phone=f"({area}) 555-01{50 + number // len(_PLACES):02d}",
        zip=zip_code,
        opted_in=chance.happens(0.5),
    )
