"""``specs/flow.schema.json``: what an author may write, for editors. Made from the same attrs classes that read it.

The dialect is JSON Schema 2020-12. Every scalar is a string to the reader, so that where a text belongs, numbers and
yes and no are let through as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from ascend_core.contracts import (
    BotActionType,
    Condition,
    Duration,
    Moment,
    NudgeType,
    QuietHours,
    StepRef,
    Steps,
    Text,
    TriggerType,
    WithSecrets,
)
from ascend_core.flow.limits import MOST_NUDGES
from ascend_core.flow.params import Param, params_of, written_class

__all__ = ["DIALECT", "Maker", "flow_schema"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

_WORD: Schema = {"type": ["string", "number", "boolean"]}
_SCALARS: Mapping[Any, Schema] = {
    str: _WORD,
    int: {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[+-]?[0-9]+$"}]},
    bool: {"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no", "on", "off", "true", "false"]}]},
    Text: {**_WORD, "description": "A text; ${path|fallback} is filled for each member."},
    WithSecrets: {**_WORD, "description": "A string for another server; ${secret.NAME} is filled in as it is called."},
    Condition: {"type": ["string", "boolean"], "description": "A CEL expression that says yes or no."},
    Moment: {"type": "string", "description": "A CEL expression that gives a time."},
    Duration: {"type": "string", "pattern": "^[0-9]+ *[mhdw]$", "description": "A length of time: 15m, 48h, 1d, 2w."},
    time: {"type": ["string", "integer"], "description": 'A time of day, in quotes: "20:00".'},
    datetime: {"type": "string", "description": "A moment: 2026-11-08T10:00-05:00."},
    StepRef: {**_WORD, "description": "The id of a step of this flow."},
}
_ID: Schema = {**_WORD, "description": "A name for this step, for goto and reports."}


def flow_schema(
    documents: Mapping[str, type[Any]],
    *,
    actions: Mapping[str, BotActionType[Any]],
    nudges: Mapping[str, NudgeType],
    triggers: Mapping[str, TriggerType] | None = None,
) -> Schema:
    """The schema of every kind of document. *documents* are the classes that read them, by their first key."""
    maker = Maker()
    maker.defs["steps"] = {"type": "array", "items": {"$ref": "#/$defs/step"}}
    maker.defs["step"] = {
        "anyOf": [{"$ref": f"#/$defs/step.{name}"} for name in sorted(actions)] + [{"$ref": "#/$defs/nudge"}]
    }
    for name, action in sorted(actions.items()):
        maker.defs[f"step.{name}"] = _step(maker, action)
    nudge = maker.object(documents["nudge"])
    nudge["properties"]["nudge"] = _choices({name: kind.help or kind.label for name, kind in sorted(nudges.items())})
    nudge["description"] = "A follow-up on the bot action it belongs to."
    maker.defs["nudge"] = nudge
    for name, cls in documents.items():
        if name != "nudge":
            maker.defs[name] = maker.object(cls)
    _name_triggers(maker.defs, triggers or {})
    return {
        "$schema": DIALECT,
        "title": "Ascend documents: flows, automations and flow tests",
        "type": "object",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in documents if name != "nudge"],
        "$defs": dict(sorted(maker.defs.items())),
    }


def _step(maker: Maker, action: BotActionType[Any]) -> Schema:
    made = maker.object(action.params, main_key=action.name)
    own = made["properties"]
    properties: Schema = {action.name: own.pop(action.name, {"type": "null"})}
    properties[action.name] = _optional_main(action, properties[action.name])
    properties.update(own)
    properties.setdefault("id", _ID)
    properties.setdefault(
        "nudges", {"type": "array", "items": {"$ref": "#/$defs/nudge"}, "maxItems": MOST_NUDGES}
    )  # fmt: skip
    made["properties"] = properties
    made["required"] = [action.name, *(key for key in made.get("required", []) if key != action.name)]
    made["title"] = action.label
    if action.help:
        made["description"] = action.help
    return made


def _optional_main(action: BotActionType[Any], schema: Schema) -> Schema:
    main = next((param for param in params_of(action.params) if param.main), None)
    if main is None or main.required:
        return schema
    help_ = schema.pop("description", "")
    return {"description": help_, "anyOf": [schema, {"type": "null"}]}


def _choices(described: Mapping[str, str]) -> Schema:
    return {"anyOf": [{"const": name, "description": text} for name, text in described.items()]}


def _name_triggers(defs: dict[str, Schema], triggers: Mapping[str, TriggerType]) -> None:
    """Editors offer the installed triggers; a name beyond them is for a plugin that is not installed here."""
    for document, key in (("flow", "stop_when"), ("automation", "trigger")):
        found = defs.get(document, {}).get("properties", {}).get(key)
        if found is not None and triggers:
            named = [{"const": name, "description": trigger.label} for name, trigger in sorted(triggers.items())]
            one: list[Schema] = [*named, {"type": "string"}]
            several = [{"type": "array", "items": {"anyOf": one}}] if key == "stop_when" else []
            defs[document]["properties"][key] = {
                "description": found.get("description", ""),
                "anyOf": [*one, *several],
            }


_TRUTHS: Mapping[Any, bool] = {"yes": True, "no": False}
"""Words that some readers of YAML, editors among them, take for a truth where they stand without quotes."""


class Maker:
    """Makes schemas of classes, each class once."""

    def __init__(self, defs: dict[str, Schema] | None = None) -> None:
        self.defs: dict[str, Schema] = {} if defs is None else defs

    def object(self, cls: type[Any], *, main_key: str | None = None) -> Schema:
        """A mapping with the keys of *cls* and no others."""
        properties: Schema = {}
        required: list[str] = []
        for param in params_of(written_class(cls)):
            key = main_key if param.main and main_key else param.key
            properties[key] = self.param(param)
            if param.required:
                required.append(key)
        made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**made, "required": required} if required else made

    def param(self, param: Param) -> Schema:
        """One key, with its help."""
        made = self.value(param.kind)
        if param.help:
            return {**made, "description": param.help} if "$ref" not in made else {"description": param.help, **made}
        return made

    def value(self, kind: Any) -> Schema:
        """What belongs behind a key of *kind*."""
        origin = get_origin(kind)
        if origin is Union or origin is UnionType:
            return self.union(get_args(kind))
        if origin is tuple:
            items = self.value(get_args(kind)[0])
            listed: Schema = {"type": "array", "items": items}
            return {"anyOf": [listed, items]} if get_args(kind)[0] is str else listed
        if origin in {Mapping, dict}:
            return {"type": "object", "additionalProperties": self.value(get_args(kind)[1])}
        if origin is Literal:
            return {"enum": [*get_args(kind), *(_TRUTHS[word] for word in get_args(kind) if word in _TRUTHS)]}
        if kind is Steps:
            return {"$ref": "#/$defs/steps"}
        if kind in _SCALARS:
            return dict(_SCALARS[kind])
        return self.ref(kind)

    def union(self, kinds: tuple[Any, ...]) -> Schema:
        """One of several; nothing at all where that is one of them."""
        made = [{"type": "null"} if kind is type(None) else self.value(kind) for kind in kinds]
        return made[0] if len(made) == 1 else {"anyOf": made}

    def ref(self, cls: type[Any]) -> Schema:
        """A class that may stand in several places, made once."""
        name = cls.__name__.lstrip("_") if cls is QuietHours else f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}"
        if name not in self.defs:
            self.defs[name] = {}
            made = self.object(cls)
            doc = (cls.__doc__ or "").partition("\n")[0].strip()
            self.defs[name] = {**made, "description": doc} if doc else made
        return {"$ref": f"#/$defs/{name}"}
