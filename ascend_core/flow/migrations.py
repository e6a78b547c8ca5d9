"""From one version of the language to the next: one function a step, each with its golden file.

A document says which version it is written in (``spec: 1``; without it, 1). Older ones are brought up to date as they
are read, so that published flows and files of long ago keep their meaning; ``ascend flows fmt`` writes them anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import yaml

from ascend_core.flow.written import SPEC

__all__ = ["FIRST_SPEC", "MIGRATIONS", "Migration", "migrate"]

Migration = Callable[[yaml.MappingNode], None]
"""Changes the nodes of a document of one version into those of the next, in place: marks stay where they were."""

FIRST_SPEC = 1
"""What a document without ``spec`` is written in, whatever the newest version is."""

MIGRATIONS: Final[Mapping[int, Migration]] = {}
"""By the version they start from. There has been one version so far."""


def migrate(root: yaml.MappingNode, migrations: Mapping[int, Migration] = MIGRATIONS, *, newest: int = SPEC) -> bool:
    """Bring the document *root* up to date; False, and nothing changed, when there is no way from its version."""
    spec = next((value for key, value in root.value if key.value == "spec"), None)
    found = _number(spec)
    if found is None or found >= newest or any(step not in migrations for step in range(found, newest)):
        return False
    for step in range(found, newest):
        migrations[step](root)
    if spec is None:
        key = yaml.ScalarNode("tag:yaml.org,2002:str", "spec", root.start_mark, root.start_mark)
        spec = yaml.ScalarNode("tag:yaml.org,2002:int", "", root.start_mark, root.start_mark)
        root.value.insert(1, (key, spec))
    spec.value = str(newest)
    return True


def _number(spec: yaml.Node | None) -> int | None:
    if spec is None:
        return FIRST_SPEC
    written = str(spec.value).strip() if isinstance(spec, yaml.ScalarNode) else ""
    return int(written) if written.isdecimal() and len(written) < 6 else None
