"""Reads a phone number as people type it: into E.164, or into the reason why nobody can be texted there."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

import phonenumbers
from attrs import frozen
from msgspec import Struct
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult

__all__ = ["BadPhone", "BadPhoneReason", "Phone", "parse_phone"]

BadPhoneReason = Literal[
    "missing", "unparsable", "too_short", "too_long", "not_assigned", "toll_free", "premium", "not_a_mobile"
]

_KEPT = 65_536
"""Results remembered: a pull asks for the same people again and again."""
_LONGEST_INPUT = 80
"""Characters: room for any number, its extension and a remark; nothing longer is looked at."""
_FEWEST_DIGITS = 7
"""A number that can be called from elsewhere has at least seven; 911 and short codes have three to six."""
_NANP = 1
"""The country code of the North American Numbering Plan."""
_NANP_NUMBER = re.compile(r"(?P<area>[2-9]\d\d)(?P<exchange>[2-9]\d\d)\d{4}")
_PLAIN = re.compile(
    r"(?:\+?1[ .-]?)?(?:\((?P<in_brackets>[2-9][0-9]{2})\) ?|(?P<bare>[2-9][0-9]{2})[ .-]?)"
    r"(?P<exchange>[2-9][0-9]{2})[ .-]?(?P<line>[0-9]{4})"
)
"""A North American number as nearly everybody types it."""
_SERVICE = re.compile(r"\d11")
"""N11: service codes (911), neither an area code nor an exchange."""
_TOLL_FREE = frozenset({"800", "822", "833", "844", "855", "866", "877", "888"})
_PREMIUM = frozenset({"900"})
_OTHER_ADDRESS = re.compile(r"(?!tel:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
"""``whatsapp:``, ``sip:``, ``mailto:``: an address, but none that a text can go to."""
_TEXTABLE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})

_SENTENCES: dict[BadPhoneReason, str] = {
    "missing": "There is no phone number.",
    "unparsable": "This is not a phone number.",
    "too_short": "The phone number is too short: an area code may be missing.",
    "too_long": "The phone number has too many digits.",
    "not_assigned": "The phone number cannot exist: no such area code or exchange.",
    "toll_free": "This is a toll-free number; it is not a person's mobile phone.",
    "premium": "This is a premium-rate number; it is not a person's mobile phone.",
    "not_a_mobile": "This number does not belong to a mobile phone.",
}


class Phone(Struct, frozen=True, gc=False):
    """A number that can be texted. *region* is the country (ISO 3166, ``US``), as far as the number tells."""

    e164: str
    region: str


@frozen
class BadPhone:
    """A number that cannot be texted; *reason* is one of our words. The number itself is not in here."""

    reason: BadPhoneReason

    @property
    def detail(self) -> str:
        """A sentence for people."""
        return _SENTENCES[self.reason]


def parse_phone(raw: str | None, region: str = "US") -> Phone | BadPhone:
    """Read *raw* as typed by a person in *region* (ISO 3166). Total: any text gives one of the two.

    An extension is dropped, and so is ``tel:``; an address of another kind (``whatsapp:``) is no phone number.
    In North America the form decides, not the list of assigned numbers, which lags behind new area codes and has no
    invented ones (555-01xx). Mobile and fixed cannot be told apart there; elsewhere a fixed line is refused.
    """
    if raw is None or not raw.strip():
        return BadPhone("missing")
    if len(raw) > _LONGEST_INPUT:
        return BadPhone("unparsable")
    if region == "US" and (plain := _PLAIN.fullmatch(raw)):
        in_brackets, bare, exchange, line = plain.groups()
        return _parse_plain((in_brackets or bare) + exchange, line)
    return _parse(raw, region)


def _parse_plain(prefix: str, line: str) -> Phone | BadPhone:
    """As ``_parse`` would, many times quicker: all that *prefix* decides is asked of the library once for it."""
    if line == line[0] * 4 and prefix == line[0] * 6:
        return BadPhone("not_assigned")
    known = _kind_of_exchange(prefix)
    return known if isinstance(known, BadPhone) else Phone(f"+1{prefix}{line}", known)


@lru_cache(maxsize=_KEPT)
def _kind_of_exchange(prefix: str) -> str | BadPhone:
    """The region of the North American numbers that begin with *prefix*, or what is wrong with all of them."""
    found = _parse(f"+1{prefix}0100", "US")
    return found.region if isinstance(found, Phone) else found


@lru_cache(maxsize=_KEPT)
def _parse(raw: str, region: str) -> Phone | BadPhone:
    text = _cleaned(raw)
    digits = sum(character.isdigit() for character in text)
    if not text:
        return BadPhone("missing")
    if digits == 0 or _OTHER_ADDRESS.match(text):
        return BadPhone("unparsable")
    if digits < _FEWEST_DIGITS:
        return BadPhone("too_short")
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        return BadPhone(_REFUSALS.get(error.error_type, "unparsable"))
    except (ValueError, IndexError, OverflowError):
        return BadPhone("unparsable")
    if problem := _impossible(number) or (_wrong_in_nanp if number.country_code == _NANP else _wrong_abroad)(number):
        return BadPhone(problem)
    number.extension = None
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), _region(number))


_REFUSALS: dict[int, BadPhoneReason] = {
    NumberParseException.TOO_SHORT_NSN: "too_short",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too_short",
    NumberParseException.TOO_LONG: "too_long",
}


def _cleaned(raw: str) -> str:
    """*raw* in one script of digits, without characters nobody sees."""
    plain = unicodedata.normalize("NFKC", raw)
    return "".join(character for character in plain if unicodedata.category(character) not in {"Cf", "Cc"}).strip()


def _impossible(number: PhoneNumber) -> BadPhoneReason | None:
    """What is wrong with the length of *number*."""
    match phonenumbers.is_possible_number_with_reason(number):
        case ValidationResult.IS_POSSIBLE:
            return None
        case ValidationResult.TOO_SHORT | ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return "too_short"
        case ValidationResult.TOO_LONG:
            return "too_long"
        case _:
            return "not_assigned"


def _wrong_in_nanp(number: PhoneNumber) -> BadPhoneReason | None:
    national = phonenumbers.national_significant_number(number)
    found = _NANP_NUMBER.fullmatch(national)
    if found is None or len(set(national)) == 1:
        return "not_assigned"
    if _SERVICE.fullmatch(found["area"]) or _SERVICE.fullmatch(found["exchange"]):
        return "not_assigned"
    if found["area"] in _TOLL_FREE:
        return "toll_free"
    if found["area"] in _PREMIUM:
        return "premium"
    return _wrong_kind(number, allowed=_TEXTABLE | {PhoneNumberType.UNKNOWN})


def _wrong_abroad(number: PhoneNumber) -> BadPhoneReason | None:
    if not phonenumbers.is_valid_number(number):
        return "not_assigned"
    return _wrong_kind(number, allowed=_TEXTABLE)


def _wrong_kind(number: PhoneNumber, *, allowed: frozenset[int]) -> BadPhoneReason | None:
    kind = phonenumbers.number_type(number)
    if kind in allowed:
        return None
    match kind:
        case PhoneNumberType.TOLL_FREE:
            return "toll_free"
        case PhoneNumberType.PREMIUM_RATE:
            return "premium"
        case _:
            return "not_a_mobile"


def _region(number: PhoneNumber) -> str:
    found = phonenumbers.region_code_for_number(number)
    return found or phonenumbers.region_code_for_country_code(number.country_code or 0)
