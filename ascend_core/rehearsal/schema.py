"""The schema of every document there is, with everything that is installed."""

from __future__ import annotations

from typing import Any

from ascend_core.flow.schema import Maker, flow_schema
from ascend_core.flow.written import DOCUMENTS
from ascend_core.host.registry import Registry
from ascend_core.rehearsal.load import ENTRIES, WrittenStory

__all__ = ["document_schema"]


def document_schema(registry: Registry) -> dict[str, Any]:
    """Flows, automations and flow tests, with the bot actions, nudges and triggers of *registry*."""
    schema = flow_schema(DOCUMENTS, actions=registry.actions, nudges=registry.nudges, triggers=registry.triggers)
    maker = Maker(schema["$defs"])
    story = maker.object(WrittenStory)
    entries = [
        {"type": "object", "properties": {word: maker.value(kind)}, "required": [word], "additionalProperties": False}
        for word, kind in ENTRIES.items()
    ]
    story["properties"]["script"] = {"type": "array", "minItems": 1, "items": {"anyOf": entries}}
    story["required"] = [*story.get("required", []), "script"]
    word = maker.value(str)
    maker.defs["tests"] = {
        "type": "object",
        "properties": {
            "flow": {**word, "description": "The flow that is played."},
            "spec": maker.value(int),
            "fields": {
                "type": "object",
                "additionalProperties": word,
                "description": "The kinds of member fields that people defined.",
            },
            "tests": {"type": "array", "minItems": 1, "items": story},
        },
        "required": ["flow", "tests"],
        "additionalProperties": False,
    }
    schema["anyOf"].append({"$ref": "#/$defs/tests"})
    schema["$defs"] = dict(sorted(maker.defs.items()))
    return schema
