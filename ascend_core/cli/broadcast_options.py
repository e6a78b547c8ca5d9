"""A broadcast said with options: the same document that a file would hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ascend_core.cli.documents import read_text
from ascend_core.errors import BadInput

__all__ = ["document_of"]


def document_of(file: Path | None, said: Mapping[str, Any]) -> tuple[str, str]:
    """The document and what problems call it. Raises BadInput for a file and options together, or neither."""
    given = {name: value for name, value in said.items() if value}
    if file is not None:
        if given:
            raise BadInput("give a FILE or options, not both: what is sent must be readable in one place")
        return read_text(file), str(file)
    if not given.get("name") or not given.get("to"):
        raise BadInput("give a FILE, or at least --name, --to and one of --text and --run")
    document: dict[str, Any] = {"broadcast": given["name"], "to": list(given["to"])}
    if "left_out" in given:
        document["except"] = list(given["left_out"])
    if "links" in given:
        document["links"] = {name: _link(url, given.get("track")) for name, url in map(_pair, given["links"])}
    names = {"text": "send", "run": "run", "form": "form", "expires": "expires", "links_url": "links_url"}
    document |= {key: given[name] for name, key in names.items() if name in given}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "(options)"


def _pair(written: str) -> tuple[str, str]:
    name, equals, url = written.partition("=")
    if not (name and equals and url):
        raise BadInput(f"'{written}' is no link; write --link NAME=URL and place it with ${{link.NAME}}")
    return name, url


def _link(url: str, track: str | None) -> dict[str, str]:
    return {"url": url} if track is None else {"url": url, "track": track}
