"""The guide's steps with Mobilize, done from the command line against a served stand-in."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from ascend_core.runtime.system import SystemClock


def key_of(run: Any, event: str) -> str:
    """The key of an event, by its name."""
    events: list[dict[str, str]] = run("mobilize", "events", "--json").json()
    return next(each["key"] for each in events if each["name"] == event)


def test_a_connection_is_checked_before_it_is_saved(made: Any, mobilize: Any) -> None:
    """A typing error is found at once, and leaves nothing behind (B1)."""
    wrong_key = made("mobilize", "connect", *mobilize.connect_with(api_key="wrong"))
    wrong_org = made("mobilize", "connect", *mobilize.connect_with(org_id="999999"))
    no_number = made("mobilize", "connect", *mobilize.connect_with(org_id="ours"))
    no_network = made("mobilize", "connect", *mobilize.connect_with(base_url="http://127.0.0.1:1/v1"))

    assert [each.code for each in (wrong_key, wrong_org, no_number, no_network)] == [1, 1, 4, 1]
    assert all(each.err.startswith("error: ") for each in (wrong_key, wrong_org, no_number, no_network))
    assert "API key" in wrong_key.err
    assert "999999" in wrong_org.err
    assert "not 'ours'" in no_number.err
    assert "Nothing was saved" in no_network.err
    assert made("mobilize", "status", "--json").json() == []


def test_the_key_is_never_shown_again(made: Any, mobilize: Any, tmp_path: Path) -> None:
    """It goes in by file, and comes out nowhere (B1)."""
    key = mobilize.account["api_key"]
    (tmp_path / "key").write_text(f"{key}\n")
    arguments = ["--org", mobilize.account["org_id"], "--url", mobilize.account["base_url"]]

    shown = [
        made("mobilize", "connect", *arguments, "--key-file", tmp_path / "key"),
        made("mobilize", "settings", "--json"),
        made("mobilize", "status", "--json"),
        made("status", "--json"),
    ]

    assert [each.code for each in shown] == [0, 0, 0, 0]
    assert all(key not in each.out + each.err for each in shown)


def test_events_are_fetched_shown_and_synced(connected: Any, mobilize: Any) -> None:
    """Fetch, look, choose by key, name or URL (B4, B5)."""
    again = connected("mobilize", "fetch", "--json").json()
    table = connected("mobilize", "events").out
    by_key = connected("mobilize", "sync", key_of(connected, "Phone Bank"))
    by_url = connected("mobilize", "sync", mobilize.pages["Town Hall"])
    synced = connected("mobilize", "forms", "--synced", "--json").json()

    assert (again["new"], again["events"]) == (0, 2)
    assert "Synced" not in table
    assert "Phone Bank" in table
    assert by_key.err == "Phone Bank: Synced. Whoever signs up is in the group 'Phone Bank'.\n"
    assert by_url.code == 0
    assert [each["name"] for each in synced] == ["Phone Bank", "Town Hall"]
    assert connected("mobilize", "unsync", "Town Hall").code == 0
    assert connected("mobilize", "events", "--search", "town", "--json").json()[0]["synced"] is False
    assert "Synced" in connected("mobilize", "events", "--search", "phone").out


def test_an_unknown_event_is_told_with_the_nearest_one(connected: Any) -> None:
    """One letter wrong is one letter to correct."""
    near = connected("mobilize", "sync", "Fone Bank")
    far = connected("mobilize", "sync", "zzz")

    assert (near.err, near.code) == ("error: no Mobilize event is called 'Fone Bank'; did you mean 'Phone Bank'?\n", 4)
    assert far.err == "error: no Mobilize event is called 'zzz'; fetch the newest with: ascend mobilize fetch\n"


def test_sync_new_events_syncs_what_is_found(made: Any, mobilize: Any) -> None:
    """Chosen when connecting, under the guide's name or ours (B2)."""
    made("mobilize", "connect", *mobilize.connect_with(), "--sync-new-events")
    made("mobilize", "fetch")

    assert [each["synced"] for each in made("mobilize", "events", "--json").json()] == [True, True]


def test_sync_new_events_also_syncs_what_was_fetched_before(connected: Any, mobilize: Any) -> None:
    """Whoever looked first, and connects again to have all: still one account, however the Org Id was typed (B2)."""
    again = connected("mobilize", "connect", *mobilize.connect_with(org_id=" 4017 "), "--sync-new-events")

    assert "Mobilize 4017 is connected.\n" in again.err
    assert [each["synced"] for each in connected("mobilize", "events", "--json").json()] == [True, True]


def test_a_sign_up_becomes_a_member_by_one_poll(connected: Any, mobilize: Any) -> None:
    """What the worker does all day can be done once by hand; who is ignored is listed with the reason (A1, A7)."""
    connected("mobilize", "sync", "Phone Bank")
    mobilize.sign_up("Phone Bank")
    mobilize.sign_up("Phone Bank", email="bo@example.org", phone="202-555-0143", sms_opt_in="")

    polled = connected("mobilize", "poll", "--json").json()
    (member,) = connected("members", "list", "--group", "Phone Bank", "--json").json()
    (ignored,) = connected("mobilize", "ignored", "--json").json()

    assert (polled["applied"], polled["ignored"], polled["problem"]) == (1, 1, None)
    assert (member["phone"], member["consent"], member["fields"]["first_name"]) == ("+12025550142", "subscribed", "Ana")
    assert (ignored["event"], ignored["reason"]) == ("Phone Bank", "no_opt_in")
    assert "no_opt_in" in connected("mobilize", "ignored").out
    assert connected("mobilize", "ignored", "--reason", "bad_phone").err == (
        "Nothing was ignored for the reason 'bad_phone'.\n"
    )
    assert connected("status", "--json").json()["accounts"][0]["lag_seconds"] < 60


def test_an_ignored_sign_up_says_what_is_wrong_and_what_to_do(connected: Any, mobilize: Any) -> None:
    """Both, also where the detail says what is wrong (A7)."""
    connected("mobilize", "sync", "Phone Bank")
    mobilize.sign_up("Phone Bank", phone="none")
    mobilize.sign_up("Phone Bank", email="bo@example.org", phone="202-555-0143", sms_opt_in="")
    connected("mobilize", "poll")

    table = connected("mobilize", "ignored", "--reason", "bad_phone").out

    assert "This is not a phone number. The number cannot be texted; ask the person for a mobile number" in table
    assert "no_opt_in" not in table
    assert connected("mobilize", "ignored", "--reason", "bad_phone", "--values").code == 2


def test_switches_are_shown_and_changed(connected: Any) -> None:
    """The three of the guide, by its names (B3)."""
    changed = connected("mobilize", "settings", "--sync-accounts", "off", "--create-new-members", "off").out
    polled = connected("mobilize", "poll")

    assert "Sync Accounts       OFF\nCreate New Members  OFF\nSync New Events     OFF\n" in changed
    assert polled.err == "error: Sync Accounts is OFF; run: ascend mobilize settings --sync-accounts on\n"
    assert connected("mobilize", "settings", "--sync-new-events", "on", "--json").json() == {
        "account": "4017",
        "sync_accounts": False,
        "create_new_members": False,
        "sync_new_events": True,
    }


def test_what_happened_while_sync_was_off_is_caught_up_without_a_text(
    connected: Any, mobilize: Any, documents: Path
) -> None:
    """Switched on again, the member is there, and no flow was started (B3)."""
    connected("mobilize", "sync", "Phone Bank")
    connected("flows", "publish", documents / "hello.yaml")
    connected("automations", "create", documents / "new.yml")
    connected("mobilize", "settings", "--sync-accounts", "off")
    mobilize.sign_up("Phone Bank")
    connected("mobilize", "settings", "--sync-accounts", "on")

    polled = connected("mobilize", "poll", "--json").json()

    assert (polled["applied"], polled["fired"]) == (1, 0)


def test_fields_are_shown_and_chosen(connected: Any, mobilize: Any) -> None:
    """Defaults at once, custom ones after the first submission that has them (C1 to C4)."""
    connected("mobilize", "sync", "Phone Bank")
    mobilize.sign_up("Phone Bank")
    connected("mobilize", "poll")

    chosen = connected("mobilize", "fields", "set", "shirt size", "shirt", "--mode", "overwrite")
    rows = {row["label"]: (row["target"], row["mode"], row["custom"]) for row in _fields(connected)}

    assert chosen.err == "Shirt size: overwrite shirt\n"
    assert rows["Shirt size"] == ("shirt", "overwrite", True)
    assert rows["First name"] == ("first_name", "populate", False)
    assert connected("mobilize", "fields", "set", "Email", "--mode", "ignore").code == 0
    assert "Additional" in connected("mobilize", "fields").out


def _fields(run: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = run("mobilize", "fields", "--json").json()
    return rows


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            ["Shirt size", "first_name", "--mode", "populate"],
            "'Shirt size' cannot go to first_name: the default mapping 'First name' uses it; choose another field",
        ),
        (
            ["Shirt size", "phone", "--mode", "populate"],
            "'phone' is no member field; write small letters, digits and underscores, like shirt_size",
        ),
        (["Shirt size", "--mode", "populate"], "say which member field 'Shirt size' goes to"),
        (["Email", "zip", "--mode", "populate"], "'Email' always goes to email; only its mode can be chosen"),
        (["Shirt siz", "x", "--mode", "populate"], "no field is called 'Shirt siz'; did you mean 'Shirt size'?"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_the_reason(
    connected: Any, mobilize: Any, typed: list[str], sentence: str
) -> None:
    """An additional mapping never takes a field that a default mapping uses (C4)."""
    connected("mobilize", "sync", "Phone Bank")
    mobilize.sign_up("Phone Bank")
    connected("mobilize", "poll")

    done = connected("mobilize", "fields", "set", *typed)

    assert (done.err, done.code) == (f"error: {sentence}\n", 4)


def test_without_an_account_every_command_says_how_to_connect(made: Any) -> None:
    """The next step is always named."""
    for typed in (["fetch"], ["events"], ["sync", "x"], ["settings"], ["fields"], ["ignored"], ["poll"]):
        done = made("mobilize", *typed)

        assert done.err == "error: no mobilize account is connected; run: ascend mobilize connect\n"
        assert done.code == 4


def test_a_source_that_went_away_is_a_sentence(connected: Any, mobilize: Any) -> None:
    """No traceback for somebody else's failure; nothing is lost."""
    mobilize.server.close()

    fetched = connected("mobilize", "fetch")
    polled = connected("mobilize", "poll")

    assert (fetched.code, polled.code) == (1, 1)
    assert "could not be reached" in fetched.err
    assert "could not be reached" in polled.err.splitlines()[-1]


def test_an_events_name_cannot_steer_the_terminal(connected: Any, mobilize: Any) -> None:
    """Names come from other people; escape sequences in them are not obeyed."""
    mobilize.sandbox.add_form(
        "odd",
        "Bad \x1b[2J name [red]",
        starts_at=SystemClock().now() + timedelta(days=3),
        timezone="America/New_York",
        url_base=mobilize.server.url,
    )
    connected("mobilize", "fetch")

    table = connected("mobilize", "events").out

    assert "\x1b" not in table
    assert "[red]" in table


def test_every_change_can_be_read_by_a_program(made: Any, mobilize: Any) -> None:
    """One JSON document on stdout; what is said to people goes to stderr."""
    connected = made("mobilize", "connect", *mobilize.connect_with(), "--json").json()
    made("mobilize", "fetch")
    synced = made("mobilize", "sync", "Phone Bank", "--json").json()
    field = made("mobilize", "fields", "set", "Email", "--mode", "ignore", "--json").json()
    unsynced = made("mobilize", "unsync", "Phone Bank", "--json").json()

    assert connected == {
        "account": "4017",
        "sync_accounts": True,
        "create_new_members": True,
        "sync_new_events": False,
    }
    assert (synced["name"], synced["synced"], synced["group"]) == ("Phone Bank", True, "Phone Bank")
    assert (field["source"], field["target"], field["mode"]) == ("email", "email", "ignore")
    assert (unsynced["name"], unsynced["synced"]) == ("Phone Bank", False)


def test_everything_can_be_read_anew(connected: Any, mobilize: Any) -> None:
    """For whoever does not want to wait for the daily round."""
    connected("mobilize", "sync", "Phone Bank")
    mobilize.sign_up("Phone Bank")
    connected("mobilize", "poll")

    again = connected("mobilize", "poll", "--all", "--json").json()

    assert (again["applied"], again["fired"], again["problem"]) == (0, 0, None)
    assert again["pages"] >= 2
    assert connected("mobilize", "status", "--json").json()[0]["read_anew_at"] is not None


def test_the_status_says_what_went_wrong(connected: Any, mobilize: Any) -> None:
    """In the source's words, with when it is tried again; it passes by itself."""
    mobilize.server.close()
    connected("mobilize", "poll")

    status = connected("mobilize", "status")
    (account,) = connected("mobilize", "status", "--json").json()

    assert "failed 1 time; tried again at" in status.out
    assert "could not be reached" in status.err
    assert (account["failures"], account["problem"]) == (1, None)
    assert "could not be reached" in account["trouble"]


def test_a_key_that_may_not_list_people_is_told_of_everywhere(connected: Any, mobilize: Any) -> None:
    """Everything else is read; a look, the status and the doctor say what is missed, and what to do."""
    path = f"/v1/organizations/{mobilize.account['org_id']}/people"
    fault = {"kind": "wrong_key", "times": None, "path": path}
    httpx.post(f"{mobilize.server.url}/_sim/faults", json=fault, trust_env=False).raise_for_status()
    connected("mobilize", "sync", "Phone Bank")
    mobilize.sign_up("Phone Bank")

    look = connected("mobilize", "poll")
    (account,) = connected("mobilize", "status", "--json").json()
    told = [look.err, connected("mobilize", "status").err, connected("doctor", "--json").out]
    httpx.delete(f"{mobilize.server.url}/_sim/faults", trust_env=False).raise_for_status()
    connected("mobilize", "poll")
    (mended,) = connected("mobilize", "status", "--json").json()

    assert look.code == 0
    assert "1 submission applied" in look.err
    assert all("Ask support@mobilize.us for a key that may list them (/people)" in each for each in told)
    assert account["last_success_at"] is not None
    assert (account["failures"], account["problem"]) == (0, None)
    assert mended["trouble"] is None
