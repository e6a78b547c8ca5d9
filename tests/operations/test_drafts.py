"""Drafts: what an author has not made live yet."""

from __future__ import annotations

from typing import Any

import pytest

from ascend_core.operations import versions
from ascend_core.operations.publish import publish_flow
from ascend_core.operations.versions import history, publish_draft, save_draft

ONE = "{flow: hello, steps: [{send: One.}]}"
TWO = "{flow: hello, steps: [{send: Two.}]}"


def test_a_draft_that_is_saved_while_another_is_published_stays(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two authors at once: nobody's words are thrown away."""
    save_draft(bench.core, ONE, file="one.yaml")

    def publish(core: Any, text: str, *, file: str) -> Any:
        published = publish_flow(core, text, file=file)
        save_draft(core, TWO, file="two.yaml")
        return published

    monkeypatch.setattr(versions, "publish_flow", publish)
    publish_draft(bench.core, "hello")

    found = history(bench.core, "hello")
    assert found.live is not None
    assert found.draft is not None
    assert (found.live.source, found.draft.source, found.dirty) == (ONE, TWO, True)
