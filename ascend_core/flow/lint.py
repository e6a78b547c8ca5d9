"""What can be said of a step's texts, links and expressions before anybody gets them."""

from __future__ import annotations

import re
from collections.abc import Collection

import yaml

from ascend_core.contracts import LinkSpec, Text
from ascend_core.errors import FlowProblem
from ascend_core.flow.expressions import compile_condition
from ascend_core.flow.limits import LINK_CHARACTERS, MOST_CHARACTERS
from ascend_core.flow.problems import Problems, nearest
from ascend_core.flow.templates import FORMATS, Place, Template, compile_template

__all__ = ["PATHS", "lint_expression", "lint_link", "lint_text"]

PATHS = (
    "event.id",
    "event.title",
    "event.url",
    "event.start",
    "event.end",
    "event.location",
    "event.timezone",
    "run.id",
    "run.flow",
)
"""What a text may name beside the member's fields and the step's links."""

_TIMES = frozenset({"event.start", "event.end"})
_IN_URLS = frozenset({"event.url", "event.id", "run.id", "run.flow"})
"""What fits into a URL as it is. Nothing of a member belongs there: it would travel to other companies."""
_ALWAYS_SET = frozenset({"member.phone", "run.id", "run.flow", "event.id", "event.title"})

_URL_START = re.compile(r"(https?://[^\s/$?#]+|\$\{event\.url)")
_SHORTENERS = re.compile(
    r"(?<![\w.-])(bit\.ly|tinyurl\.com|t\.co|goo\.gl|ow\.ly|is\.gd|buff\.ly|rebrand\.ly|cutt\.ly|shorturl\.at)/",
    re.IGNORECASE,
)
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|€"
)
"""GSM 03.38 with its extension table: a text of these alone is sent at 7 bits a character."""
_MANY_SEGMENTS = 3
"""From here on a text is shown as long: each segment is paid."""
_TYPICAL_VALUE = 12
"""Characters a place is counted for."""


def lint_text(text: Text, at: yaml.Node, links: Collection[str] | None, problems: Problems) -> None:
    """Note what is wrong with a message. *links* are those declared on its step; None: they could not be read."""
    template = _compiled(text, at, problems)
    if template is None:
        return
    for place in template.places:
        _lint_place(place, at, problems)
    for name in template.links:
        if links is not None and name not in links:
            problem = f"the link '{name}' is not declared under 'links' of this step{nearest(name, links)}"
            problems.add("F024", at, problem)
    if template.least_length > MOST_CHARACTERS:
        problem = f"the text has {template.least_length:,} characters; at most {MOST_CHARACTERS:,} are sent"
        problems.add("F026", at, problem)
    _lint_letters(template, at, problems)


def lint_link(link: LinkSpec, at: yaml.Node, trackers: Collection[str], problems: Problems) -> None:
    """Note what is wrong with a declared link."""
    if link.track is not None and link.track not in trackers:
        problems.add("F015", at, f"there is no link tracker '{link.track}'{nearest(link.track, trackers)}")
    template = _compiled(link.url, at, problems)
    if template is None:
        return
    if not _URL_START.match(link.url.source) or any(letter.isspace() for letter in link.url.source):
        problems.add("F025", at, "'url' is no web address; it begins with https:// or is ${event.url}")
    for path in (*(place.path for place in template.places), *(f"link.{name}" for name in template.links)):
        if path not in _IN_URLS:
            problems.add("F025", at, f"'{path}' has no place in a URL; {', '.join(sorted(_IN_URLS))} have")
    _lint_shortener(link.url.source, at, problems)


def lint_expression(source: str, at: yaml.Node, problems: Problems) -> None:
    """Note what is wrong with a condition or a moment."""
    try:
        compile_condition(source)
    except FlowProblem as error:
        problems.add("F030", at, str(error))


def _compiled(text: Text, at: yaml.Node, problems: Problems) -> Template | None:
    try:
        return compile_template(text.source)
    except FlowProblem as error:
        problems.add("F020", at, str(error))
        return None


def _lint_place(place: Place, at: yaml.Node, problems: Problems) -> None:
    root, _, name = place.path.partition(".")
    if root == "member" and "." not in name:
        if place.fallback is None and place.path not in _ALWAYS_SET:
            problem = f"'{place.path}' may be unset; give it a fallback: ${{{place.path}|there}}, or an empty one"
            problems.add("F023", at, problem)
    elif place.path not in PATHS:
        near = nearest(place.path, (*PATHS, "member.first_name", "member.last_name"))
        problems.add("F021", at, f"'{place.path}' is unknown here{near}")
    _lint_format(place, at, problems)


def _lint_format(place: Place, at: yaml.Node, problems: Problems) -> None:
    """A word before a second ``|``, or behind a time and much like a format, was meant as one."""
    if place.format is not None or not place.fallback:
        return
    first, bar, _ = place.fallback.partition("|")
    near = nearest(first.strip(), FORMATS)
    if bar or (place.path in _TIMES and "did you mean" in near):
        problems.add("F022", at, f"there is no format '{first.strip()}'{near}")


def _lint_letters(template: Template, at: yaml.Node, problems: Problems) -> None:
    literal = "".join(part for part in template.parts if isinstance(part, str))
    dear = next((letter for letter in literal if letter not in _GSM), None)
    length = len(literal) + len(template.places) * _TYPICAL_VALUE + len(template.links) * LINK_CHARACTERS
    whole, part = (160, 153) if dear is None else (70, 67)
    segments = 1 if length <= whole else -(-length // part)
    if dear is not None:
        problem = f"'{dear}' (U+{ord(dear):04X}) makes every segment hold {whole} characters instead of 160"
        problems.add("F104", at, problem)
    if segments > _MANY_SEGMENTS:
        problems.add("F103", at, f"about {length} characters: {segments} segments for each member")
    _lint_shortener(literal, at, problems)


def _lint_shortener(literal: str, at: yaml.Node, problems: Problems) -> None:
    found = _SHORTENERS.search(literal)
    if found is not None:
        problem = f"carriers block texts with {found.group(1)}; put the whole URL under 'links'"
        problems.add("F105", at, problem)
