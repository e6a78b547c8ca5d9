"""Versions and drafts of flows (row E3): whatever is done to a flow, members inside it stay on their version."""

from __future__ import annotations

import difflib
import re

from attrs import frozen

from ascend_core.errors import BadInput, NotFound
from ascend_core.flow.load import check_flow
from ascend_core.operations.core import Core
from ascend_core.operations.publish import Published, publish_flow
from ascend_core.store.database import Tx
from ascend_core.store.flows import flow_names
from ascend_core.store.versions import (
    DraftRecord,
    VersionLine,
    draft_of,
    drafts,
    drop_draft,
    keep_draft,
    retire,
    versions_of,
)

__all__ = [
    "History",
    "differences",
    "discard_draft",
    "history",
    "publish_draft",
    "restore_version",
    "retire_flow",
    "save_draft",
    "source_of",
]

DRAFT, LIVE = "draft", "live"

_NAMED = re.compile(r"^flow\s*:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)


@frozen(kw_only=True)
class History:
    """A flow's versions, the newest first, and its draft."""

    name: str
    versions: tuple[VersionLine, ...]
    draft: DraftRecord | None

    @property
    def live(self) -> VersionLine | None:
        """The version that members enter now; None: the flow is retired, or was never published."""
        return next((version for version in self.versions if version.live), None)

    @property
    def dirty(self) -> bool:
        """Whether the draft says something else than what is live."""
        return self.draft is not None and (self.live is None or self.draft.digest != self.live.digest)


def history(core: Core, name: str) -> History:
    """All there is of a flow. Raises NotFound, with the nearest name."""

    def look(tx: Tx) -> History:
        found = History(name=name, versions=tuple(versions_of(tx, name)), draft=draft_of(tx, name))
        if not found.versions and found.draft is None:
            known = [known for known, _ in flow_names(tx)] + [draft.name for draft in drafts(tx)]
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "see: ascend flows list"
            raise NotFound(f"there is no flow '{name}'; {hint}")
        return found

    return core.database.read(look)


def save_draft(core: Core, text: str, *, file: str) -> DraftRecord:
    """Keep *text* as the draft of the flow it names, whether it holds yet or not. Nobody runs it.

    Raises BadInput when it names no flow.
    """
    registry = core.registry
    flow, _ = check_flow(
        text,
        file=file,
        actions=registry.actions,
        nudges=registry.nudges,
        trackers=registry.link_trackers,
        triggers=registry.triggers,
    )
    named = _NAMED.search(text)
    if flow is None and named is None:
        raise BadInput(f"{file} names no flow; a draft begins with 'flow: name'")
    record = DraftRecord(
        name=flow.name if flow is not None else named[1] if named is not None else "",
        source=text,
        digest=None if flow is None else flow.digest,
        saved_at=core.clock.now(),
    )
    core.database.write(lambda tx: keep_draft(tx, record))
    return record


def publish_draft(core: Core, name: str) -> Published:
    """Make the draft live, and drop it, unless somebody has saved another one meanwhile.

    Raises NotFound without one, FlowProblem when it does not hold.
    """
    draft = history(core, name).draft
    if draft is None:
        raise NotFound(f"the flow '{name}' has no draft; save one with: ascend flows draft FILE")
    published = publish_flow(core, draft.source, file=f"{name} draft")
    core.database.write(lambda tx: drop_draft(tx, name, source=draft.source))
    return published


def discard_draft(core: Core, name: str) -> None:
    """Throw the draft away. Raises NotFound without one."""
    if not core.database.write(lambda tx: drop_draft(tx, name)):
        raise NotFound(f"the flow '{name}' has no draft")


def restore_version(core: Core, name: str, number: int) -> Published:
    """Publish what version *number* says as a new version. Raises as ``publish_flow``: its plugins may be gone."""
    source = source_of(core, name, str(number))
    return publish_flow(core, source, file=f"{name} v{number}")


def retire_flow(core: Core, name: str) -> int:
    """Let nobody enter the flow any more; returns how many members are still inside it, and stay there."""
    found = history(core, name)
    core.database.write(lambda tx: retire(tx, name))
    return sum(version.active for version in found.versions)


def source_of(core: Core, name: str, which: str = LIVE) -> str:
    """The document of one version: its number, ``live`` or ``draft``. Raises NotFound, saying what there is."""
    found = history(core, name)
    if which == DRAFT and found.draft is not None:
        return found.draft.source
    for version in found.versions:
        if which == str(version.number) or (which == LIVE and version.live):
            return version.source
    there = [str(version.number) for version in found.versions] + [LIVE] * (found.live is not None)
    there += [DRAFT] * (found.draft is not None)
    raise NotFound(f"the flow '{name}' has no '{which}'; it has: {', '.join(there)}")


def differences(old: str, new: str, *, names: tuple[str, str]) -> list[str]:
    """The lines in which two documents differ, as a unified diff; empty: they are the same."""
    return list(difflib.unified_diff(old.splitlines(), new.splitlines(), names[0], names[1], lineterm=""))
