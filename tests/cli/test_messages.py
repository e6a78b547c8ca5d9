"""What a person does about texts that nobody else can decide about, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ascend_core.operations.import_members import import_members
from ascend_core.runtime.opening import home_from, open_core
from ascend_core.store.channels import channels, save_channel, set_channel
from ascend_core.store.messages import MessageRecord, insert_messages

PHONE = "+12125550123"


@pytest.fixture
def held(made: Any, home: Path) -> Any:
    """An installation with one text that is held."""
    core = open_core(home_from({"ASCEND_HOME": str(home)}))
    now = core.clock.now()
    import_members(core, [{"phone": PHONE}], proof="invented")

    def work(tx: Any) -> None:
        member = tx.execute(text("SELECT id FROM member")).scalar_one()
        record = MessageRecord(
            id=1, key="k1", intent="i1", member_id=member, phone=PHONE, purpose=2, body="Meet at nine", state="held",
            reason="unsure", claim=1, claimed_at=now, due_at=now, created_at=now,
        )  # fmt: skip
        insert_messages(tx, [record])

    core.database.write(work)
    core.database.close()
    return made


def test_a_held_text_is_listed_shown_and_decided_about(held: Any) -> None:
    """With who and why; neither its words nor its number are shown."""
    listed, (found,) = held("messages", "held"), held("messages", "held", "--json").json()
    done = held("messages", "resend", "k1", "--by", "Noor", "--why", "it is not in their list")
    again = held("messages", "drop", "k1", "--by", "Noor", "--why", "sure")
    shown, story = held("messages", "show", "k1"), held("messages", "show", "k1", "--json").json()

    assert (found["text"], found["state"], found["reason"]) == ("k1", "held", "unsure")
    assert done.err == "The text k1 is sent once more, if nothing speaks against it. The decision is kept.\n"
    assert (again.err, again.code) == ("error: the text k1 is ready, not held: there is nothing to decide\n", 4)
    assert [(each["decision"], each["by"], each["why"]) for each in story["decisions"]] == [
        ("resend", "Noor", "it is not in their list")
    ]
    assert "ready (resend)" in shown.out
    assert "Noor" in shown.out
    told = listed.out + listed.err + shown.out + str(story) + str(found)
    assert "Meet at nine" not in told
    assert PHONE not in told
    assert held("messages", "held").err == "No text is held.\n"


def test_a_text_can_be_dropped(held: Any) -> None:
    """It says so as JSON too."""
    dropped = held("messages", "drop", "k1", "--by", "Noor", "--why", "they have it", "--json").json()

    assert (dropped["state"], dropped["reason"]) == ("suppressed", "dropped")


def test_how_much_a_member_is_texted_is_seen_and_set(made: Any) -> None:
    """``none`` takes a limit away."""
    before = made("messages", "limits", "--json").json()
    made("messages", "limits", "--per-day", "3", "--repeat-after", "none")
    after = made("messages", "limits", "--json").json()
    wrong = made("messages", "limits", "--per-day", "many")

    assert before == {"per_day": 10, "answers_per_hour": 20, "repeat_after": 600.0}
    assert after == {"per_day": 3, "answers_per_hour": 20, "repeat_after": None}
    assert (wrong.code, "neither a whole number nor 'none'" in wrong.err) == (2, True)


def test_a_channel_that_is_stopped_says_why_and_is_resumed(made: Any, home: Path) -> None:
    """In the status, until a person resumes it; one that is frozen stays so."""
    core = open_core(home_from({"ASCEND_HOME": str(home)}))
    now = core.clock.now()

    def stop(**values: Any) -> None:
        core.database.write(lambda tx: set_channel(tx, core.database.read(channels)[0].id, **values))

    settings = {"account_sid": "AC" + "0" * 32, "from_number": "+12125550100"}
    sealed = core.vault.seal({"auth_token": "invented"})
    core.database.write(lambda tx: save_channel(tx, "sms", settings=settings, sealed=sealed, now=now))
    stop(problem="the account is suspended")
    told = made("sms", "status").out + made("status").out
    resumed = made("sms", "resume")
    stop(frozen="an older copy")
    frozen = made("sms", "resume")
    made("sms", "limits", "--per-second", "5", "--per-day", "2000")
    limits = made("sms", "limits", "--json").json()
    defaults = made("sms", "limits", "--defaults", "--json").json()
    core.database.close()

    assert told.count("the account is suspended") == 2
    assert resumed.err == "Texts go out again.\n"
    assert frozen.err == "Not yet: an older copy\n"
    assert (limits["kind"], limits["per_second"], limits["per_day"], limits["burst"]) == ("long code", 5, 2000, 10)
    assert (defaults["per_second"], defaults["per_day"]) == (1, None)
