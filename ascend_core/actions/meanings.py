"""What a reply means, however it is put: yes, no or a number. Spellings people use in texts, in several languages."""

from __future__ import annotations

import re
from typing import Final, Literal

from ascend_core.actions.matching import folded, spoken

__all__ = ["Meaning", "meaning_of", "number_in"]

Meaning = Literal["yes", "no"]


def _listed(text: str) -> frozenset[str]:
    """The phrases of *text*, parted by commas and lines, as replies are compared."""
    return frozenset(spoken(entry) for line in text.splitlines() for entry in line.split(",") if entry.strip())


_YES: Final = _listed(
    """
    yes, y, yes yes, yess, yesss, yea, yeah, yeahh, yep, yepp
    yup, yas, ya, yah, ye, ok, okay, okey, k, kk, sure
    of course, absolutely, definitely, certainly, affirmative, totally
    indeed, aye, correct, right on, you bet, for sure
    i can, i will, i'll be there, i will be there, i'm in, im in
    count me in, sounds good, will do, i do, i am, i'm coming
    si, sí, sip, sii, claro, claro que sí, por supuesto, vale, dale, bueno, cómo no, ahí estaré, ahí estaremos
    oui, ouais, bien sûr, d'accord, sim, claro que sim, com certeza, ja, jawohl, klar, certo, va bene
    wi, dakò, oo, opo, sige, vâng, dạ, có, đồng ý, tak, da, да
    конечно, нет проблем, نعم, ايوه, 是, 是的, 好, 好的, 可以, 네, 예, 좋아요, はい
    """
)
_NO: Final = _listed(
    """
    no, n, nope, nop, nah, naw, no no
    no thanks, no thank you, not really, negative, never, not this time, not today
    i can't, i cant, can't, cant, cannot, i cannot, can not
    won't, wont, i won't, i wont, unable, not able, unfortunately
    i'm not, im not, i am not, i don't, i dont, i do not
    can't make it, not going, not coming, count me out, i'm out, im out
    no puedo, no gracias, no podré, no voy, no creo, nunca, tampoco, no puedo ir
    non, non merci, não, nao, não posso, nein, nee, no grazie, non posso
    nan, hindi, không, nie, net, нет, не могу, لا, 不, 不是, 不行, 不可以, 不能, 아니요, 아뇨, いいえ
    """
)
_NEITHER: Final = _listed(
    """
    no problem, no worries, no prob, no doubt, why not, no hay problema, no pasa nada, y si, no sé si, no se si
    not sure, i'm not sure, im not sure, i am not sure, i don't know
    i dont know, i do not know, no sé, no se, no idea
    right now, is ok, ya no, ok no
    """
)
"""Phrases whose words mislead. They are taken out before anything is decided."""

_AGREES: Final = _listed("no problem, no worries, no prob, no doubt, why not, no hay problema, no pasa nada")
_REFUSES: Final = _listed("ya no, ok no")

_SIGNS: Final[dict[str, Meaning]] = {
    "👍": "yes",
    "✅": "yes",
    "🙋": "yes",
    "👌": "yes",
    "👎": "no",
    "❌": "no",
    "🙅": "no",
}

_NUMBER: Final = re.compile(r"(?<![\w.,])[+-]?\d{1,9}(?:[.,]\d{1,3})?(?![\w]|[.,]\d)")
_NUMBER_WORDS: Final[dict[str, int]] = {
    **{word: value for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )},
    **{word: value for value, word in enumerate(
        ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce"]
    )},
    "none": 0, "una": 1, "un": 1,
}  # fmt: skip


def meaning_of(reply: str) -> Meaning | None:
    """Whether *reply* says yes or no; None: neither, or both at once."""
    said = f" {spoken(reply)} "
    found: set[Meaning] = {meaning for sign, meaning in _SIGNS.items() if sign in reply}
    found |= _marks(said)
    for phrase in sorted(_NEITHER, key=len, reverse=True):
        said = said.replace(f" {phrase} ", " | ")
    if _holds(said, _NO):
        found.add("no")
        for phrase in sorted(_NO, key=len, reverse=True):
            said = said.replace(f" {phrase} ", " | ")
    if _holds(said, _YES):
        found.add("yes")
    return found.pop() if len(found) == 1 else None


def _marks(said: str) -> set[Meaning]:
    agrees: set[Meaning] = {"yes"} if _holds(said, _AGREES) else set()
    return agrees | ({"no"} if _holds(said, _REFUSES) else set())


def _holds(said: str, phrases: frozenset[str]) -> bool:
    return any(f" {phrase} " in said for phrase in phrases)


def number_in(reply: str) -> int | float | None:
    """The one number in *reply*, in digits or words; None: there is none, or more than one."""
    text = folded(reply)
    found: list[int | float] = [_value(each) for each in _NUMBER.findall(text)]
    words = [_NUMBER_WORDS[word] for word in spoken(reply).split() if word in _NUMBER_WORDS]
    found.extend(words if not found else [])
    return found[0] if len(found) == 1 else None


def _value(written: str) -> int | float:
    plain = written.replace(",", ".")
    return float(plain) if "." in plain else int(plain)
