"""What can be said of a step's texts, links and expressions before anybody gets them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from urllib.parse import parse_qsl, urlsplit

import yaml

from ascend_core.contracts import (
    ChannelType,
    Condition,
    LinkRef,
    LinkSpec,
    Moment,
    NudgeType,
    Segments,
    Text,
    WithSecrets,
)
from ascend_core.errors import FlowProblem
from ascend_core.flow.expressions import compile_condition
from ascend_core.flow.limits import LINK_CHARACTERS, MOST_CHARACTERS
from ascend_core.flow.problems import Problems, nearest, shown
from ascend_core.flow.shorteners import shortener_in
from ascend_core.flow.templates import FORMATS, Place, Template, compile_template
from ascend_core.flow.trial import fault_of

__all__ = [
    "PATHS",
    "lint_address",
    "lint_expression",
    "lint_flow_names",
    "lint_link",
    "lint_nudge_link",
    "lint_outward",
    "lint_text",
    "lint_words",
    "placed_links",
]

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
_OFTEN_UNSET = frozenset({"event.location", "event.end"})
"""An online event has no address, and not every event says when it ends."""
_IN_URLS = frozenset({"event.url", "event.id", "run.id", "run.flow"})
"""What fits into a URL as it is. Nothing of a member belongs there: it would travel to other companies."""
_ALWAYS_SET = frozenset({"member.phone", "run.id", "run.flow", "event.id", "event.title"})

_ADDRESS = re.compile(r"https?://[^\s/?#]+(?:/[^\s?#]*)?")
_URL_START = re.compile(r"(https?://[^\s/$?#]+|\$\{event\.url)")
_CREDENTIAL = re.compile(
    r"authori[sz]ation|\bauth\b|cookie|token|secret|password|(?:api|access|app)[-_]?key|signature", re.IGNORECASE
)
"""What names of headers and of parameters say when a key stands behind them."""
_OTHER_PLACE = re.compile(r"\{+\s*[A-Za-z_][\w. ]{0,60}\}+|\[(?:first|last)[ _-]?name\]|%[a-z]+_name%", re.IGNORECASE)
_HASHTAG = re.compile(r"[ \t]+(#[^\s#].*)")

_MANY_SEGMENTS = 3
"""From here on a text is shown as long: each segment is paid."""
_TYPICAL = "x" * 12
"""What stands in for a place when a text is measured: as long as a first name or a date, and not dearer."""
_LINK = "x" * LINK_CHARACTERS


def lint_text(
    text: Text,
    at: yaml.Node,
    links: Collection[str] | None,
    problems: Problems,
    channels: Collection[ChannelType] = (),
) -> None:
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
    _lint_cost(template, at, channels, problems)
    _lint_end(template, at, problems)
    literal = "".join(part for part in template.parts if isinstance(part, str))
    _lint_shortener(literal, at, problems)
    _lint_other_places(literal, at, problems)
    _lint_comment(at, problems)


def lint_link(link: LinkSpec, at: yaml.Node, trackers: Collection[str], problems: Problems) -> None:
    """Note what is wrong with a declared link."""
    if link.track is not None and link.track not in trackers:
        problems.add("F015", at, f"there is no link tracker '{link.track}'{nearest(link.track, trackers)}")
    template = _compiled(link.url, at, problems)
    if template is None:
        return
    if not _URL_START.match(link.url.source) or any(letter.isspace() for letter in link.url.source):
        problems.add("F025", at, "'url' is no web address; it begins with https:// or is ${event.url}")
    if "@" in link.url.source.split("://", 1)[-1].partition("/")[0]:
        problems.add("F025", at, "'url' holds a user name or a password, which everybody who gets the text could read")
    for path in (*(place.path for place in template.places), *(f"link.{name}" for name in template.links)):
        if path not in _IN_URLS:
            problems.add("F025", at, f"'{path}' has no place in a URL; {', '.join(sorted(_IN_URLS))} have")
    _lint_shortener(link.url.source, at, problems)


def lint_address(links_url: str | None, at: yaml.Node, problems: Problems) -> None:
    """Note that what short links are to begin with is no web address. Whether it is one of ours is asked later."""
    if links_url is not None and not _ADDRESS.fullmatch(links_url):
        problems.add("F025", at, "'links_url' is no web address; write one that you have, as https://go.example.org")


def lint_expression(written: Condition | Moment, at: yaml.Node, problems: Problems) -> None:
    """Note what is wrong with a condition or a moment."""
    try:
        expression = compile_condition(written.source)
    except FlowProblem as error:
        problems.add("F030", at, str(error))
        return
    fault = fault_of(expression, "yes or no" if isinstance(written, Condition) else "a time")
    if fault is not None:
        problems.add("F031", at, f"whatever the member's fields hold, {fault}")


def lint_flow_names(named: Iterable[tuple[str, yaml.Node]], flows: Collection[str] | None, problems: Problems) -> None:
    """Note the names of flows that are none of *flows*; None: nobody knows which there are."""
    for name, at in named:
        if flows is not None and name not in flows:
            problem = f"there is no flow {shown(name)} here{nearest(name, flows)}; nobody enters it until it is live"
            problems.add("F110", at, problem)


def placed_links(texts: Iterable[Text]) -> frozenset[str]:
    """The names of the links that *texts* place; of one that is malformed none."""
    found: set[str] = set()
    for text in texts:
        with suppress(FlowProblem):
            found.update(compile_template(text.source).links)
    return frozenset(found)


def lint_nudge_link(
    at: yaml.Node, kind: NudgeType, name: str, link: LinkSpec, placed: Collection[str], problems: Problems
) -> None:
    """Note a nudge about a link that nobody gets, or whose submissions nobody follows: everybody would be nudged."""
    if name not in placed:
        problem = f"no text of the step places ${{link.{name}}}: nobody can open the link that this nudge is about"
        problems.add("F113", at, problem)
    elif kind.tracker is not None and link.track != kind.tracker:
        missing = f"the link '{name}' has no 'track: {kind.tracker}'"
        problem = f"{missing}: who signs up through it would be nudged all the same"
        problems.add("F113", at, problem)


def lint_outward(key: str, written: WithSecrets, at: yaml.Node, problems: Problems) -> None:
    """Note a key for another server that stands in the file, where everybody who reads the file has it."""
    if written.secrets:
        return
    asked = [name for name, value in parse_qsl(urlsplit(written.source).query) if value and _CREDENTIAL.search(name)]
    named = [key] if _CREDENTIAL.search(key) else asked if written.source.startswith("http") else []
    for name in named[:1]:
        problem = f"the value of '{name}' stands in the file; write ${{secret.NAME}} and run: ascend secrets set NAME"
        problems.add("F109", at, problem)


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
    elif root == "secret":
        problems.add("F021", at, f"'{place.path}': a secret goes into a webhook's headers and address, nowhere else")
    elif place.path in _OFTEN_UNSET and place.fallback is None:
        problem = f"an event may have no '{place.path}', and the text is not sent then; give it a fallback"
        problems.add("F114", at, f"{problem}: ${{{place.path}|online}}" if "location" in place.path else problem)
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


def lint_words(heard: Iterable[tuple[str, yaml.Node]], channels: Collection[ChannelType], problems: Problems) -> None:
    """Note the words for replies that a channel takes for itself (row J2): no flow ever hears them."""
    for word, at in heard:
        labels: dict[str, list[str]] = {}
        for channel in channels:
            taken = channel.keyword_of(word) if channel.keyword_of is not None else None
            if taken is not None:
                labels.setdefault(taken, []).append(channel.label)
        for keyword, takers in labels.items():
            what = "may mean STOP and goes to a person" if keyword == "doubtful" else f"means {keyword.upper()}"
            problem = f"to {' and '.join(takers)}, {shown(word)} {what} before any flow hears it; choose another word"
            problems.add("F108", at, problem)


def _lint_cost(template: Template, at: yaml.Node, channels: Collection[ChannelType], problems: Problems) -> None:
    """What the text costs, by the dearest of the channels that say so."""
    filled = "".join(
        part if isinstance(part, str) else _LINK if isinstance(part, LinkRef) else _TYPICAL for part in template.parts
    )
    costs = [channel.measure(filled) for channel in channels if channel.measure is not None]
    if not costs:
        return
    cost = max(costs, key=lambda cost: cost.segments)
    for offending in cost.offending[:1]:
        other = "" if offending.suggestion is None else f"; write {shown(offending.suggestion)} instead"
        problem = (
            f"'{offending.char}' (U+{ord(offending.char):04X}) makes every segment hold "
            f"{_per_segment(cost)} characters instead of 160{other}"
        )
        problems.add("F104", at, problem)
    if cost.segments > _MANY_SEGMENTS:
        problems.add("F103", at, f"about {len(filled)} characters: {cost.segments} segments for each member")


def _per_segment(cost: Segments) -> int:
    return 70 if cost.segments == 1 else cost.per_segment


def _lint_end(template: Template, at: yaml.Node, problems: Problems) -> None:
    """Phones take a full stop behind a link for a part of it, and previews hide the words before it."""
    parts = [part for part in template.parts if not isinstance(part, str) or part.strip(" \n.!?)")]
    if parts and isinstance(parts[-1], LinkRef) and len(parts) > 1:
        problems.add("F106", at, "the text ends with a link; put a few words behind it, or phones may spoil it")


def _lint_other_places(literal: str, at: yaml.Node, problems: Problems) -> None:
    """Other products fill in ``{{first_name}}``; here a member would read it."""
    found = _OTHER_PLACE.search(literal)
    if found is not None:
        problem = f"{shown(found.group(0))} is sent as it stands; a place is written ${{member.first_name|there}}"
        problems.add("F111", at, problem)


def _lint_comment(at: yaml.Node, problems: Problems) -> None:
    """In YAML a ``#`` behind a blank begins a comment: of "Join #team now", "Join" is sent."""
    mark = at.end_mark
    if not isinstance(at, yaml.ScalarNode) or at.style is not None or mark.buffer is None:
        return
    rest = mark.buffer[mark.pointer :].partition("\n")[0]
    found = _HASHTAG.match(rest)
    if found is not None:
        cut = found.group(1).rstrip("\0\r ")
        problem = f"{shown(cut)} is a comment and is not sent; put the text in quotes, or a blank behind the '#'"
        problems.add("F112", at, problem)


def _lint_shortener(literal: str, at: yaml.Node, problems: Problems) -> None:
    found = shortener_in(literal)
    if found is not None:
        problem = f"carriers block texts with {found}; put the whole URL under 'links'"
        problems.add("F105", at, problem)
