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
    yes, y, yes yes, yess, yesss, yessir, yea, yeah, yeahh, yep, yepp
    yup, yas, yah, ok, okay, okey, sure
    of course, absolutely, definitely, certainly, affirmative, totally
    indeed, aye, correct, right on, you bet, for sure
    i'll be there, i will be there, i'll come, i will come, i can make it, i can come, i can be there
    count me in, sounds good, sounds great, will do, works for me, that works, i'm coming, see you there
    sí, sip, sii, claro, claro que sí, por supuesto, cómo no, ahí estaré, ahí estaremos
    oui, ouais, bien sûr, d'accord, claro que sim, com certeza, jawohl, klar, va bene
    dakò, vâng, đồng ý, да
    конечно, нет проблем, نعم, ايوه, 是, 是的, 好, 好的, 可以, 네, 예, 좋아요, はい
    """
)
"""Whatever else is said beside them."""
_YES_ALONE: Final = _listed(
    """
    k, kk, ya, ye, i can, i will, i do, i am, i'm in, im in, in, perfect, great
    vale, dale, bueno, sim, ja, certo, wi, oo, opo, sige, có, dạ, tak, da
    """
)
"""Only where nothing else is said: beside other words they mean something else ("I am sick", "I live in WI")."""
_POLITE: Final = _listed(
    """
    thanks, thank you, thx, ty, please, pls, hi, hello, hey, and, so much, a lot, oh, haha, lol
    gracias, muchas gracias, merci, obrigado, obrigada, danke, salamat, po
    """
)
"""What says nothing by itself."""
_NO: Final = _listed(
    """
    no, n, nope, nop, nah, naw, no no
    no thanks, no thank you, not really, negative, never, not this time, not today
    i can't, i cant, can't, cant, cannot, i cannot, can not
    won't, wont, i won't, i wont, i will not, will not, unable, not able, unfortunately
    i'm not, im not, i am not, i don't, i dont, i do not
    definitely not, absolutely not, certainly not, of course not, probably not, sure not, not ok, not okay
    can't make it, not going, not coming, count me out, i'm out, im out
    no puedo, no gracias, no podré, no voy, no creo, nunca, tampoco, no puedo ir
    non, non merci, não, nao, não posso, nein, nee, no grazie, non posso
    nan, hindi, không, nie, net, нет, не могу, لا, 不, 不是, 不行, 不可以, 不能, 아니요, 아뇨, いいえ
    """
)
_NEITHER: Final = _listed(
    """
    no problem, not a problem, no worries, no prob, no doubt, why not, don't worry, dont worry
    can't wait, cant wait, wouldn't miss it, won't miss it, no hay problema, no pasa nada, y si, no sé si, no se si
    not sure, not for sure, i'm not sure, im not sure, i am not sure, i don't know
    i dont know, i do not know, no sé, no se, no idea
    right now, is ok, ya no, ok no
    """
)
"""Phrases whose words mislead. They are taken out before anything is decided."""

_AGREES: Final = _listed(
    """
    no problem, not a problem, no worries, no prob, no doubt, why not, no hay problema, no pasa nada
    can't wait, cant wait, wouldn't miss it, won't miss it
    """
)
_REFUSES: Final = _listed("ya no, ok no")
_HEDGES: Final = _listed(
    """
    maybe, perhaps, possibly, might, i might, if i can, if possible, it depends, depends, will try, i'll try
    tal vez, quizás, quizá, a lo mejor, si puedo, peut-être, talvez, vielleicht
    """
)
"""Who says so has not decided."""
_DENIALS: Final = re.compile(r" (?:not|[a-z]+n't|didnt|doesnt|isnt|wasnt|couldnt|wouldnt|shouldnt|havent|aint) ")
"""A yes beside one of these may be its contrary, and is none."""

_SIGNS: Final[dict[str, Meaning]] = {
    "👍": "yes",
    "✅": "yes",
    "🙋": "yes",
    "👌": "yes",
    "👎": "no",
    "❌": "no",
    "🙅": "no",
}

_NUMBER: Final = re.compile(
    r"(?<![\w.,])[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d{1,3})?|\d{1,9}(?:\.\d{1,3}|,\d{1,2})?)(?![\w]|[.,]\d)"
)
"""A comma before three digits parts thousands; before fewer, whole and parts (4,5)."""
_NUMBER_WORDS: Final[dict[str, int]] = {
    **{word: value for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )},
    **{word: value for value, word in enumerate(
        ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"]
    )},
    "none": 0, "doce": 12, "una": 1, "un": 1,
}  # fmt: skip
_NO_NUMBERS: Final = _listed("no one, which one, this one, that one, the one")


def meaning_of(reply: str) -> Meaning | None:
    """Whether *reply* says yes or no; None: neither, or both at once. A question more is better than a wrong guess."""
    said = f" {spoken(reply)} "
    found: set[Meaning] = {meaning for sign, meaning in _SIGNS.items() if sign in reply}
    found |= _marks(said)
    said = _without(said, _NEITHER)
    if _holds(said, _HEDGES):
        return None
    if _holds(said, _NO):
        found.add("no")
        said = _without(said, _NO)
    if _holds(said, _YES) or _says_nothing_else(said):
        found.add("yes")
    if found == {"yes"} and _DENIALS.search(said):
        return None
    return found.pop() if len(found) == 1 else None


def _says_nothing_else(said: str) -> bool:
    """Whether there is a yes that counts alone, and nothing beside it but what is polite."""
    left = _without(said, _YES_ALONE)
    return left != said and not _without(left, _POLITE).replace("|", "").strip()


def _without(said: str, phrases: frozenset[str]) -> str:
    """*said* with a bar in the place of each of *phrases*, the longest first."""
    for phrase in sorted(phrases, key=len, reverse=True):
        while f" {phrase} " in said:  # twice in a row, they share a blank
            said = said.replace(f" {phrase} ", " | ")
    return said


def _marks(said: str) -> set[Meaning]:
    agrees: set[Meaning] = {"yes"} if _holds(said, _AGREES) else set()
    return agrees | ({"no"} if _holds(said, _REFUSES) else set())


def _holds(said: str, phrases: frozenset[str]) -> bool:
    return any(f" {phrase} " in said for phrase in phrases)


def number_in(reply: str) -> int | float | None:
    """The one number in *reply*, in digits or words; None: there is none, or more than one."""
    text = folded(reply)
    found: list[int | float] = [_value(each) for each in _NUMBER.findall(text)]
    said = _without(f" {spoken(reply)} ", _NO_NUMBERS)
    words = [_NUMBER_WORDS[word] for word in said.split() if word in _NUMBER_WORDS]
    found.extend(words if not found else [])
    return found[0] if len(found) == 1 else None


def _value(written: str) -> int | float:
    plain = re.sub(r",(?=\d{3}(?!\d))", "", written).replace(",", ".")
    return float(plain) if "." in plain else int(plain)
