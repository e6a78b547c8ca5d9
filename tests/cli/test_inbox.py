"""Who waits for a person, at the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ascend_core.contracts import Inbound
from ascend_core.operations.core import Core
from ascend_core.operations.import_members import import_members
from ascend_core.operations.receive_messages import handle_inbound, receive_events
from ascend_core.runtime.opening import home_from, open_core


@pytest.fixture
def core(made: Any, home: Path) -> Any:
    """An installation in which Ada has written something that comes close to STOP."""
    core: Core = open_core(home_from({"ASCEND_HOME": str(home)}))
    import_members(core, [{"phone": "+12125550123", "first_name": "Ada"}], proof="a signed sheet")
    text = Inbound(provider_id="SM1", phone="+12125550123", body="stpo", keyword="doubtful")
    receive_events(core, "sms", [text])
    handle_inbound(core)
    yield core
    core.database.close()


def test_who_may_have_said_stop_is_listed_with_their_words(made: Any, core: Core) -> None:
    """And it is said what can be done."""
    listed = made("inbox", "list")
    (told,) = made("inbox", "list", "--json").json()

    assert all(word in listed.out for word in ("may have said STOP", "stpo"))
    assert "ascend inbox settle CONVERSATION" in listed.err
    assert (told["reason"], told["words"], told["member"]) == ("doubtful", "stpo", 1)


def test_settling_it_ends_the_wait(made: Any, core: Core) -> None:
    """One way or the other."""
    done = made("inbox", "settle", "1", "--unsubscribe", "--by", "Kim")

    assert done.err == "Member 1 is unsubscribed; nothing that waited for them goes out.\n"
    assert made("inbox", "list").err == "Nobody waits for a person.\n"
    again = made("inbox", "settle", "1", "--by", "Kim")
    assert (again.code, again.err) == (4, "error: there is no open conversation 1; see: ascend inbox list\n")


def test_settling_it_may_let_texts_go_on(made: Any, core: Core) -> None:
    """It meant nothing."""
    assert made("inbox", "settle", "1", "--by", "Kim").err == "Member 1 waits no more; what waited for them goes on.\n"
