"""The flows of a folder by name, each read once: those that tests are about, and those that these may start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from ascend_core.errors import NotFound
from ascend_core.flow.document import Flow
from ascend_core.flow.problems import nearest
from ascend_core.host.registry import Registry
from ascend_core.operations.programs import read_flow

__all__ = ["Library"]

_NAMED = re.compile(r"^flow\s*:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z0-9_-]+")


class Library:
    """Flow documents, by file, and the flows in them, by name."""

    def __init__(self, registry: Registry, documents: Mapping[str, str]) -> None:
        """*documents*: the texts of flow documents, by the name of their file."""
        self._registry = registry
        self._documents = documents
        self._read: dict[str, Flow] = {}

    @cached_property
    def _files(self) -> Mapping[str, str]:
        """The file of each flow; the first of several."""
        files: dict[str, str] = {}
        for file, text in self._documents.items():
            if found := _NAMED.search(text):
                files.setdefault(found[1], file)
        return files

    def flows(self, name: str) -> tuple[Flow, ...]:
        """The flow of that name, and behind it every flow whose name it mentions, and so on.

        Raises NotFound when there is none of that name, FlowProblem when one of them does not hold.
        """
        found: dict[str, Flow] = {}
        todo = [name]
        while todo:
            wanted = todo.pop()
            if wanted in found:
                continue
            flow = found[wanted] = self._flow(wanted)
            todo.extend(word for word in _WORD.findall(flow.source) if word in self._files)
        return tuple(found.values())

    def _flow(self, name: str) -> Flow:
        if name not in self._files:
            raise NotFound(f"no flow '{name}' is among these files{nearest(name, self._files)}")
        if name not in self._read:
            file = self._files[name]
            self._read[name] = read_flow(self._registry, self._documents[file], file=file)
        return self._read[name]
