"""Reads broadcast documents: a text or a flow for everybody in some groups (row I1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import yaml
from attrs import frozen

from ascend_core.contracts import LinkSpec, QuietHours, Text
from ascend_core.errors import FlowProblem
from ascend_core.flow.limits import LONGEST_NAME
from ascend_core.flow.lint import lint_address, lint_flow_names, lint_link, lint_text
from ascend_core.flow.nodes import entries, parse
from ascend_core.flow.params import Reading, read_params
from ascend_core.flow.problems import Problem, Problems, shown
from ascend_core.flow.templates import compile_template
from ascend_core.flow.written import SPEC, WrittenBroadcast

__all__ = ["Broadcast", "check_broadcast", "load_broadcast"]


@frozen(kw_only=True)
class Broadcast:
    """A broadcast as its author means it: exactly one of *text* and *run* is there."""

    name: str
    to: tuple[str, ...]
    """Names of groups; whoever is in one of them gets it, once."""
    excluded: tuple[str, ...]
    """Whoever is in one of these does not."""
    at: datetime | None
    """When it begins; None: when it is sent."""
    form: str | None
    """What ``${event…}`` speaks of: a form's key, URL or exact name."""
    text: Text | None
    links: Mapping[str, LinkSpec]
    run: str | None
    quiet_hours: QuietHours | None
    expires: timedelta | None
    """Nothing of it is begun or sent later than this after its beginning."""
    links_url: str | None = None
    """The address that its short links have, without a slash at the end; None: the product's usual one."""
    source: str


def load_broadcast(text: str, *, file: str, trackers: Collection[str]) -> Broadcast:
    """The broadcast that *text* holds. Raises FlowProblem with one line for each problem."""
    broadcast, found = check_broadcast(text, file=file, trackers=trackers)
    Problems(file, set(found)).raise_errors()
    if broadcast is None:
        raise FlowProblem(f"{file}: no broadcast could be read")
    return broadcast


def check_broadcast(
    text: str | bytes, *, file: str, trackers: Collection[str], flows: Collection[str] | None = None
) -> tuple[Broadcast | None, tuple[Problem, ...]]:
    """The broadcast that *text* holds, None when it has errors; and all problems in order, warnings included.

    *flows* are the names of those it may run; None: nobody knows.
    """
    problems = Problems(file)
    root = parse(text, problems)
    if root is None:
        return None, problems.in_order()
    reading = Reading(problems=problems)
    written = read_params(WrittenBroadcast, entries(root, problems), reading, whole=root)
    if not isinstance(written, WrittenBroadcast):
        return None, problems.in_order()
    for told, node in reading.texts:
        lint_text(told, node, written.links, problems)
    for link, node in reading.urls:
        lint_link(link, node, trackers, problems)
    lint_address(written.links_url, _at(root, "links_url"), problems)
    _check(root, written, problems)
    if written.run is not None:
        lint_flow_names([(written.run, _at(root, "run"))], flows, problems)
    if problems.any_errors():
        return None, problems.in_order()
    broadcast = Broadcast(
        name=written.broadcast,
        to=written.to,
        excluded=written.excluded,
        at=written.at,
        form=written.form,
        text=written.send,
        links=written.links,
        run=written.run,
        quiet_hours=written.quiet_hours,
        expires=None if written.expires is None else written.expires.length,
        links_url=None if written.links_url is None else written.links_url.rstrip("/"),
        source=text.decode("utf-8") if isinstance(text, bytes) else text,
    )
    return broadcast, problems.in_order()


def _check(root: yaml.MappingNode, written: WrittenBroadcast, problems: Problems) -> None:
    if written.spec != SPEC:
        problems.add("F006", _at(root, "spec"), f"'spec' is {written.spec}; this release reads {SPEC}")
    if len(written.broadcast) > LONGEST_NAME:
        name = shown(written.broadcast)
        problems.add("F014", root, f"{name} has {len(written.broadcast)} characters; a name has at most {LONGEST_NAME}")
    if not written.to:
        problems.add("F070", _at(root, "to"), "'to' names no group; a broadcast goes to at least one")
    for name in sorted(set(written.to) & set(written.excluded)):
        problems.add("F070", _at(root, "except"), f"the group {shown(name)} is under 'to' and under 'except'")
    if (written.send is None) == (written.run is None):
        problems.add("F071", root, "a broadcast has 'send' or 'run', one of them")
    if written.run is not None and (written.links or written.quiet_hours is not None or written.links_url is not None):
        problems.add("F071", root, "'links', 'links_url' and 'quiet_hours' belong to 'send'; a flow has its own")
    _check_places(root, written, problems)


def _check_places(root: yaml.MappingNode, written: WrittenBroadcast, problems: Problems) -> None:
    """A broadcast has no run to speak of, and an event only where it names one."""
    texts = [("send", text) for text in (written.send,) if text is not None]
    texts.extend(("links", link.url) for link in written.links.values())
    for key, text in texts:
        try:
            places = compile_template(text.source).places
        except FlowProblem:
            continue  # told by lint
        for place in places:
            root_word = place.path.partition(".")[0]
            if root_word == "run":
                problems.add("F021", _at(root, key), f"'{place.path}' is unknown here: a broadcast's text has no run")
            elif root_word == "event" and written.form is None:
                problems.add("F021", _at(root, key), f"'{place.path}' needs 'form:', the form that it speaks of")


def _at(root: yaml.MappingNode, key: str) -> yaml.Node:
    return next((value for word, value in root.value if word.value == key), root)
