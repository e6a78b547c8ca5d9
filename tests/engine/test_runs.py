"""A stored run is read as it was written, or refused."""

from __future__ import annotations

import pytest

from ascend_core.engine.runs import RunState
from ascend_core.errors import BadInput

RUN = RunState(position="1", waiting=True, hears_replies=True, sprint=3, memory={"tries": 1})


def test_a_run_is_plain_values_in_the_store() -> None:
    """Names that a migration can count on."""
    assert RUN.to_json() == {
        "position": "1",
        "waiting": True,
        "hears_replies": True,
        "sprint": 3,
        "memory": {"tries": 1},
        "ended": None,
    }
    assert RunState.from_json(RUN.to_json()) == RUN


@pytest.mark.parametrize("name", list(RUN.to_json()))
@pytest.mark.parametrize("wrong", [b"", ()])
def test_a_damaged_row_is_refused_by_name(name: str, wrong: object) -> None:
    """The message says which part is wrong."""
    with pytest.raises(BadInput, match=f"no proper '{name}'"):
        RunState.from_json({**RUN.to_json(), name: wrong})
