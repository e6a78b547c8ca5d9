"""What the provider's own specification says of an answer (see ``tests/data/README.md``)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

__all__ = ["SPECIFICATION", "problems_of"]

SPECIFICATION: dict[str, Any] = json.loads(
    Path(__file__).parents[1].joinpath("data", "twilio-messages.openapi.json").read_text("utf-8")
)
_PATHS = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in SPECIFICATION["paths"]}


def problems_of(method: str, path: str, status: int, answer: Any) -> list[str]:
    """Where *answer* is not as the specification says; nothing for what it does not speak of (all errors).

    Also whether keys are missing or unknown, which the specification leaves open.
    """
    from openapi_schema_validator import OAS30Validator

    known = next((name for name, pattern in _PATHS.items() if pattern.fullmatch(path)), None)
    responses = SPECIFICATION["paths"][known].get(method.lower(), {}).get("responses", {}) if known else {}
    content = responses.get(str(status), {}).get("content", {}).get("application/json", {}).get("schema")
    if content is None:
        return []
    whole = {**content, "components": SPECIFICATION["components"]}
    found = [error.message for error in OAS30Validator(whole).iter_errors(answer)]
    properties = content.get("properties")
    if properties is None:
        properties = SPECIFICATION["components"]["schemas"][content["$ref"].rpartition("/")[2]]["properties"]
    return found + [f"{name} is missing or unknown" for name in sorted(set(answer) ^ set(properties))]
