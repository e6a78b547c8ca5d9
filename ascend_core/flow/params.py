"""The generic reader of parameter classes: attrs classes of the types in ``contracts.flows``, out of YAML nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from functools import lru_cache
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import attrs
import yaml
from attrs import define, field, frozen

from ascend_core.contracts import (
    BEHIND,
    HEARD,
    KEY,
    MAIN,
    STARTS,
    WRITES,
    Condition,
    LinkSpec,
    Moment,
    QuietHours,
    StepRef,
    Steps,
    Text,
    WithSecrets,
    named,
    param,
)
from ascend_core.flow.nodes import Entry, entries, is_nothing, kind_of, scalar
from ascend_core.flow.problems import Problems, nearest, shown
from ascend_core.flow.values import SCALARS, is_zone

__all__ = ["BROKEN", "Param", "Reading", "params_of", "read_params", "read_value", "written_class"]


class _Broken:
    """What stands for a value that could not be read; the problem is noted."""


BROKEN: Final = _Broken()


@frozen(kw_only=True)
class Param:
    """One parameter of a class."""

    key: str
    attribute: str
    kind: Any
    required: bool
    main: bool
    heard: bool
    writes: bool
    starts: bool
    help: str


@define(kw_only=True)
class Reading:
    """What was met while the parameters of one step were read, for lint and for the steps nested in it."""

    problems: Problems
    texts: list[tuple[Text, yaml.Node]] = field(factory=list)
    urls: list[tuple[LinkSpec, yaml.Node]] = field(factory=list)
    expressions: list[tuple[Condition | Moment, yaml.Node]] = field(factory=list)
    flows: list[tuple[str, yaml.Node]] = field(factory=list)
    """The names of other flows that are started."""
    outward: list[tuple[str, WithSecrets, yaml.Node]] = field(factory=list)
    """What goes to other servers, with the key it stands behind."""
    inner: dict[str, yaml.Node] = field(factory=dict)
    """The lists of nested steps, by exit."""
    heard: list[tuple[str, yaml.Node]] = field(factory=list)
    """Words that replies are matched against."""
    written: set[str] = field(factory=set)
    """Member fields that are given values."""
    refs: dict[str, tuple[str, yaml.Node]] = field(factory=dict)
    """The ids of other steps, by exit."""


def params_of(cls: type[Any]) -> tuple[Param, ...]:
    """The parameters of the attrs class *cls*, in order."""
    hashable: Any = cls  # mypy takes no type[Any] for one
    return _params_of(hashable)


@lru_cache(maxsize=1024)
def _params_of(cls: Any) -> tuple[Param, ...]:
    hints = get_type_hints(cls)
    return tuple(
        Param(
            key=attribute.metadata.get(KEY, attribute.name),
            attribute=attribute.name,
            kind=hints[attribute.name],
            required=attribute.default is attrs.NOTHING,
            main=bool(attribute.metadata.get(MAIN)),
            heard=bool(attribute.metadata.get(HEARD)),
            writes=bool(attribute.metadata.get(WRITES)),
            starts=bool(attribute.metadata.get(STARTS)),
            help=attribute.metadata.get(BEHIND, ""),
        )
        for attribute in attrs.fields(cls)
        if attribute.init
    )


def read_params(
    cls: type[Any],
    given: Sequence[Entry],
    reading: Reading,
    *,
    at: tuple[str, ...] = (),
    main_key: str | None = None,
    whole: yaml.Node,
) -> Any:
    """An instance of *cls* from the entries *given*; BROKEN, with every problem noted, when they do not fit.

    *main_key* is the key of the main parameter. *at* is the path of the class inside its step, which names the exits.
    A missing key is told at *whole*.
    """
    known = {(main_key if param.main and main_key else param.key): param for param in params_of(cls)}
    values: dict[str, Any] = {}
    for key, node in given:
        param = known.get(key.value)
        if param is None:
            reading.problems.add("F012", key, f"unknown key {shown(key.value)}{nearest(key.value, known)}")
        elif param.required or not (param.main and is_nothing(node)):
            value = read_value(param.kind, node, reading, at=(*at, key.value))
            values[param.attribute] = value
            if param.heard and value is not BROKEN:
                reading.heard.extend(_words(value, node))
            if param.starts and isinstance(value, str):
                reading.flows.append((value, node))
            if param.writes and value is not BROKEN and value is not None:
                reading.written.update([value] if isinstance(value, str) else value)
    for key_word, param in known.items():
        if param.required and param.attribute not in values:
            reading.problems.add("F013", whole, f"the key '{key_word}' is missing")
            values[param.attribute] = BROKEN
    if any(value is BROKEN for value in values.values()):
        return BROKEN
    try:
        return cls(**values)
    except (ValueError, TypeError) as error:  # what a validator of the class says
        said = error.args[0] if error.args else "the values do not fit together"
        reading.problems.add("F014", whole, str(said))
        return BROKEN


def _words(value: tuple[str, ...], node: yaml.Node) -> list[tuple[str, yaml.Node]]:
    places = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return list(zip(value, places, strict=True))


def read_value(kind: Any, node: yaml.Node, reading: Reading, *, at: tuple[str, ...]) -> Any:
    """A value of *kind*; BROKEN, with the problem noted, when *node* is none. *at* ends with its key.

    Raises TypeError for a kind no parameter may have: a bug of the class, not of the file.
    """
    origin = get_origin(kind)
    if origin is Union or origin is UnionType:
        return _read_union(get_args(kind), node, reading, at)
    if origin is tuple:
        return _read_list(get_args(kind)[0], node, reading, at)
    if origin in {Mapping, dict}:
        return _read_mapping(get_args(kind)[1], node, reading, at)
    if origin is Literal:
        return _read_choice(get_args(kind), node, reading, at)
    if kind is Steps:
        return _read_steps(node, reading, at)
    if kind is StepRef:
        return _read_ref(node, reading, at)
    if kind in SCALARS:
        return _read_scalar((kind,), node, reading, at)
    if attrs.has(kind):
        return _read_class((kind,), node, reading, at)
    raise TypeError(f"a parameter cannot be of the type {kind!r}; contracts.flows holds the types to use")


def _wrong(node: yaml.Node, reading: Reading, at: tuple[str, ...], wanted: str) -> _Broken:
    reading.problems.add("F005", node, f"{_spot(at)} holds {kind_of(node)}; {wanted} belongs there")
    return BROKEN


def _spot(at: tuple[str, ...]) -> str:
    """Where a value is, as its author would say it: the key, and the number in the list behind it."""
    if at and at[-1].isdigit() and len(at) > 1:
        return f"entry {int(at[-1]) + 1} of '{at[-2]}'"
    return f"'{at[-1]}'" if at else "the file"


def _read_scalar(kinds: Sequence[Any], node: yaml.Node, reading: Reading, at: tuple[str, ...]) -> Any:
    """The first of *kinds* that takes what was written; else the problem the first one has with it."""
    written = scalar(node)
    if written is None:
        return _wrong(node, reading, at, "a single value")
    failed: ValueError | None = None
    for kind in kinds:
        try:
            value = SCALARS[kind](written)
        except ValueError as error:
            failed = failed or error
            continue
        _note(value, node, reading, at)
        return value
    reading.problems.add("F014", node, f"{_spot(at)} {failed}")
    return BROKEN


def _note(value: Any, node: yaml.Node, reading: Reading, at: tuple[str, ...]) -> None:
    """Keep for lint what must be looked at once the whole step is known."""
    match value:
        case Text():
            reading.texts.append((value, node))
        case str() if "${" in value:
            what = f"{_spot(at)} is taken as it stands: nothing is filled in for {shown(value)}"
            reading.problems.add("F111", node, what)
        case WithSecrets():
            reading.outward.append((at[-1], value, node))
        case Condition() | Moment():
            reading.expressions.append((value, node))


def _read_list(kind: Any, node: yaml.Node, reading: Reading, at: tuple[str, ...]) -> Any:
    if isinstance(node, yaml.ScalarNode) and kind is str and not is_nothing(node):
        value = read_value(kind, node, reading, at=at)
        return BROKEN if value is BROKEN else (value,)
    if not isinstance(node, yaml.SequenceNode):
        return _wrong(node, reading, at, "a list")
    values = tuple(read_value(kind, part, reading, at=(*at, str(index))) for index, part in enumerate(node.value))
    return BROKEN if any(value is BROKEN for value in values) else values


def _read_mapping(kind: Any, node: yaml.Node, reading: Reading, at: tuple[str, ...]) -> Any:
    if not isinstance(node, yaml.MappingNode):
        return _wrong(node, reading, at, "keys and values")
    values = {
        key.value: read_value(kind, part, reading, at=(*at, key.value))
        for key, part in entries(node, reading.problems)
    }  # fmt: skip
    return BROKEN if any(value is BROKEN for value in values.values()) else values


def _read_choice(choices: Sequence[str], node: yaml.Node, reading: Reading, at: tuple[str, ...]) -> Any:
    written = scalar(node)
    if written in choices:
        return written
    reading.problems.add("F014", node, f"{_spot(at)} holds {kind_of(node)}; one of {', '.join(choices)} belongs there")
    return BROKEN


def _read_steps(node: yaml.Node, reading: Reading, at: tuple[str, ...]) -> Any:
    if not isinstance(node, yaml.SequenceNode):
        return _wrong(node, reading, at, "a list of steps")
    steps = Steps(".".join(at))
    reading.inner[steps.exit] = node
    return steps


def _read_ref(node: yaml.Node, reading: Reading, at: tuple[str, ...]) -> Any:
    written = scalar(node)
    if written is None or not written.strip():
        return _wrong(node, reading, at, "the id of a step")
    ref = StepRef(id=written.strip(), exit=".".join(at))
    reading.refs[ref.exit] = (ref.id, node)
    return ref


def _read_union(kinds: Sequence[Any], node: yaml.Node, reading: Reading, at: tuple[str, ...]) -> Any:
    """What the shape of *node* calls for: a scalar type, one of the classes (by its keys), or a list."""
    if type(None) in kinds:
        if is_nothing(node):
            return None
        kinds = [kind for kind in kinds if kind is not type(None)]
    if len(kinds) == 1:
        return read_value(kinds[0], node, reading, at=at)
    scalars = [kind for kind in kinds if kind in SCALARS]
    classes = [kind for kind in kinds if kind not in SCALARS and kind not in (Steps, StepRef) and attrs.has(kind)]
    others = [kind for kind in kinds if kind not in scalars and kind not in classes]
    match node:
        case yaml.ScalarNode() if scalars:
            return _read_scalar(scalars, node, reading, at)
        case yaml.MappingNode() if classes:
            return _read_class(classes, node, reading, at)
        case _ if others:
            return read_value(others[0], node, reading, at=at)
        case yaml.ScalarNode() | yaml.MappingNode() | yaml.SequenceNode():
            return _wrong(node, reading, at, _keys_of(classes) if classes else "a single value")
    return BROKEN


def _read_class(classes: Sequence[type[Any]], node: yaml.Node, reading: Reading, at: tuple[str, ...]) -> Any:
    """An instance of the one of *classes* that has most of the keys that are there, and misses fewest."""
    if not isinstance(node, yaml.MappingNode):
        return _wrong(node, reading, at, _keys_of(classes))
    given = entries(node, reading.problems)
    words = {key.value for key, _ in given}
    cls = max(classes, key=lambda cls: _fit(cls, words))
    if cls is QuietHours:
        return _read_quiet_hours(given, node, reading, at)
    value = read_params(cls, given, reading, at=at, whole=node)
    if isinstance(value, LinkSpec):
        reading.texts[:] = [(text, place) for text, place in reading.texts if text is not value.url]
        reading.urls.append((value, node))
    return value


def _keys_of(classes: Sequence[type[Any]]) -> str:
    return " or ".join("{" + ", ".join(param.key for param in params_of(cls)) + "}" for cls in classes)


def _fit(cls: type[Any], words: set[str]) -> tuple[int, int]:
    params = params_of(cls)
    missing = sum(param.required and param.key not in words for param in params)
    return sum(param.key in words for param in params), -missing


@frozen(kw_only=True)
class _WrittenQuietHours:
    start: time = named("from", help="When they begin, where the member is.")  # noqa: RUF009 -- it makes an attrs field
    end: time = named("to", help="When they end; before 'from': the next morning.")  # noqa: RUF009 -- it makes an attrs field
    zone: str = param(default="member", help="'member', or an IANA time zone (America/New_York).")
    then: Literal["hold", "drop"] = param(default="hold", help="Send it when they are over, or never.")


def written_class(cls: type[Any]) -> type[Any]:
    """The class whose keys an author writes for *cls*: another one where the value itself has better names."""
    return _WrittenQuietHours if cls is QuietHours else cls


def _read_quiet_hours(given: Sequence[Entry], node: yaml.Node, reading: Reading, at: tuple[str, ...]) -> Any:
    written = read_params(_WrittenQuietHours, given, reading, at=at, whole=node)
    if not isinstance(written, _WrittenQuietHours):
        return BROKEN
    if written.zone != "member" and not is_zone(written.zone):
        problem = f"'zone' is {shown(written.zone)}; 'member' or an IANA name (America/New_York) belongs there"
        reading.problems.add("F014", node, problem)
        return BROKEN
    return QuietHours(start=written.start, end=written.end, zone=written.zone, then=written.then)
