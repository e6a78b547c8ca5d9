"""Published flow versions, compiled once each: a version never changes, so what was compiled stays true."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from threading import Lock

from attrs import frozen

from ascend_core.flow.document import Flow
from ascend_core.flow.load import load_flow, load_stored_flow
from ascend_core.flow.program import Program, compile_flow
from ascend_core.host.registry import Registry
from ascend_core.store.database import Tx
from ascend_core.store.flows import VersionRecord, live_versions, versions_by_id

__all__ = ["Programs", "Version", "read_flow"]

KEPT = 1000
"""Compiled versions held in memory; the longest unused is dropped first."""


@frozen(kw_only=True)
class Version:
    """A published version with its program."""

    record: VersionRecord
    program: Program


class Programs:
    """The compiled versions of one registry's flows."""

    def __init__(self, registry: Registry, *, known: Collection[Flow] = ()) -> None:
        """*known*: flows that were read already."""
        self._registry = registry
        self._compiled: OrderedDict[str, Program] = OrderedDict((flow.digest, compile_flow(flow)) for flow in known)
        self._versions: OrderedDict[int, Version] = OrderedDict()
        self._lock = Lock()

    def by_id(self, tx: Tx, ids: Collection[int]) -> dict[int, Version]:
        """The versions with these ids. Raises FlowProblem when one makes no sense to this release."""
        with self._lock:
            found = {id_: self._versions[id_] for id_ in ids if id_ in self._versions}
        missing = set(ids) - set(found)
        if missing:
            found |= {id_: self._version(record) for id_, record in versions_by_id(tx, missing).items()}
        return found

    def live(self, tx: Tx, names: Collection[str]) -> dict[str, Version]:
        """The live versions of these flows; those without one are left out."""
        return {name: self._version(record) for name, record in live_versions(tx, names).items()} if names else {}

    def _version(self, record: VersionRecord) -> Version:
        with self._lock:
            program = self._compiled.get(record.digest)
            if program is None:
                file = f"{record.name} v{record.number}"
                program = compile_flow(_read_stored(self._registry, record, file))
                self._compiled[record.digest] = program
                if len(self._compiled) > KEPT:
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(record.digest)
            version = self._versions[record.id] = Version(record=record, program=program)
            if len(self._versions) > KEPT:
                self._versions.popitem(last=False)
        return version


def _read_stored(registry: Registry, record: VersionRecord, file: str) -> Flow:
    return load_stored_flow(
        record.source,
        file=file,
        digest=record.digest,
        actions=registry.actions,
        nudges=registry.nudges,
        trackers=registry.link_trackers,
    )


def read_flow(registry: Registry, source: str, *, file: str) -> Flow:
    """Read a flow document with everything the installed plugins offer. Raises FlowProblem."""
    return load_flow(
        source,
        file=file,
        actions=registry.actions,
        nudges=registry.nudges,
        trackers=registry.link_trackers,
        triggers=registry.triggers,
    )
