# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Two accounts of one integration at once: what each shows by itself, and what both show of one thing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ascend_core.contracts import Form, Submission
from ascend_core.errors import BadInput, NotFound
from ascend_core.operations.apply_submissions import apply_page
from ascend_core.operations.broadcasts import make_broadcast
from ascend_core.operations.check_report import check_report
from ascend_core.operations.connect import connect_account
from ascend_core.operations.dry_run import dry_run
from ascend_core.operations.fetch_forms import fetch_forms, find_form, find_form_anywhere
from ascend_core.operations.import_members import import_members
from ascend_core.operations.report import click_report
from ascend_core.operations.start_runs import read_automation
from ascend_core.operations.sync_forms import unsync_form
from ascend_core.store.accounts import AccountRecord, accounts, set_account
from ascend_core.store.submissions import discovered_fields, ignored_list, save_mapping
from tests.fakes.bench import phone

EVERY_TIME = """
    automation: Welcome
    trigger: box.registers
    once_per: []
    run: welcome
"""
DEFAULT = EVERY_TIME.replace("    once_per: []\n", "")


@pytest.fixture
def both(bench: Any) -> tuple[AccountRecord, AccountRecord]:
    """North and south, which promotes north's form ``f0``; each form is synced in both."""
    bench.set_up(flow="", automation="")
    bench.run(connect_account(bench.core, "box", {"org": "south", "key": "k-2"}, sync_new_forms=True))
    north, south = bench.core.database.read(accounts)
    bench.run(fetch_forms(bench.core, south, everything=True))
    bench.publish(
        """
        flow: welcome
        reentry: parallel
        steps:
          - send: "Hi!"
          - wait: 30d
        """
    )
    return north, south


def apply(bench: Any, account: AccountRecord, *submissions: Submission) -> Any:
    """What *account* shows now."""
    return apply_page(bench.core, account.id, bench.page(*submissions))


def started(bench: Any) -> int:
    """How many runs the automation has started."""
    return int(bench.one("SELECT count(*) FROM automation_entry WHERE outcome = 'started'"))


@pytest.mark.parametrize("automation", [DEFAULT, EVERY_TIME])
@pytest.mark.parametrize("first", [0, 1])
def test_one_sign_up_seen_through_two_accounts_is_welcomed_once(
    bench: Any, both: tuple[AccountRecord, AccountRecord], automation: str, first: int
) -> None:
    """Whichever account shows it first; a dry run says the same."""
    bench.automate(automation)
    sign_up = bench.submission(0)

    for account in (both[first], both[1 - first]):
        apply(bench, account, sign_up)

    assert started(bench) == 1
    document = read_automation(bench.one("SELECT source FROM automation"), "welcome.yaml")
    assert dry_run(bench.core, document, since=bench.now - timedelta(days=1)).members == 1
    assert sum(dry_run(bench.core, document, since=bench.now - timedelta(days=1)).started.values()) == 1


def test_each_change_is_answered_where_nothing_is_once_per_anything(
    bench: Any, both: tuple[AccountRecord, AccountRecord]
) -> None:
    """Who confirms twice does so twice, although both accounts tell of each; another sign-up is another."""
    bench.automate(EVERY_TIME.replace("registers", "confirms"))
    for status in ("confirms", "cancels", "confirms"):
        bench.wait(minutes=1)
        for account in both:
            apply(bench, account, bench.submission(0, status=status))
    apply(bench, both[0], bench.submission(0, key="another", status="confirms"))

    assert started(bench) == 3


def test_the_same_person_in_both_is_one_member_in_the_groups_of_both(
    bench: Any, both: tuple[AccountRecord, AccountRecord]
) -> None:
    """By phone alone (row A5); each account's form has its own group (row B6)."""
    for account in both:
        apply(bench, account, bench.submission(0))

    assert bench.one("SELECT count(*) FROM member") == 1
    assert bench.one("SELECT count(DISTINCT group_id) FROM group_member") == 2


def test_settings_fields_and_what_is_ignored_are_each_account_s_own(
    bench: Any, both: tuple[AccountRecord, AccountRecord]
) -> None:
    """A switch or a mapping of one says nothing about the other."""
    north, south = both
    bench.core.database.write(lambda tx: set_account(tx, north.id, create_members=False))
    bench.core.database.write(lambda tx: save_mapping(tx, north.id, "first_name", "first_name", "ignore"))

    apply(bench, north, bench.submission(0, fields={"first_name": "Ana", "shirt": "M"}))
    apply(bench, south, bench.submission(1, fields={"first_name": "Bea"}))
    apply(bench, north, bench.submission(1, fields={"first_name": "Zoe"}))

    def ignored(account: AccountRecord) -> list[str | None]:
        return [each.reason for each in bench.core.database.read(lambda tx: ignored_list(tx, account.id))]

    assert (ignored(north), ignored(south)) == (["create_members_off"], [])
    assert bench.column("SELECT first_name FROM member") == ["Bea"]
    found = [bench.core.database.read(lambda tx, id_=each.id: discovered_fields(tx, id_)) for each in both]
    assert [sorted(each) for each in found] == [["shirt"], []]


def test_switching_one_off_leaves_the_other_at_work(bench: Any, both: tuple[AccountRecord, AccountRecord]) -> None:
    """*Sync Accounts* is per account (row B3)."""
    north, south = both
    bench.core.database.write(lambda tx: set_account(tx, north.id, sync_accounts=False))

    assert not apply(bench, north, bench.submission(0)).moved
    assert apply(bench, south, bench.submission(0)).applied == 1


def show(bench: Any, account: AccountRecord, *forms: Form) -> None:
    """*account* shows these forms and syncs them."""
    bench.source.forms_now = list(forms)
    bench.run(fetch_forms(bench.core, account, everything=True))


def form_id(bench: Any, account: AccountRecord, name: str) -> int:
    """The id of the form as *account* shows it."""
    found: int = bench.core.database.read(lambda tx: find_form(tx, account.id, name)).id
    return found


def anywhere(bench: Any, name: str) -> int:
    """The id of the form that a document means by *name*."""
    found: int = bench.core.database.read(lambda tx: find_form_anywhere(tx, name, integration="box")).id
    return found


def test_an_automation_may_name_a_form_of_either(bench: Any, both: tuple[AccountRecord, AccountRecord]) -> None:
    """Whichever was connected first; what neither has is an error."""
    show(bench, both[1], bench.form("s1", name="Phonebank"))

    bench.automate(DEFAULT + "    form: Phonebank\n")

    assert bench.one("SELECT form_id FROM automation") == form_id(bench, both[1], "s1")
    with pytest.raises(NotFound, match="no form is called 'Picnic'"):
        anywhere(bench, "Picnic")


def test_a_form_that_both_show_is_one_form(bench: Any, both: tuple[AccountRecord, AccountRecord]) -> None:
    """The one that was connected first stands for both, unless only the other has it synced."""
    north, south = (form_id(bench, account, "f0") for account in both)
    assert anywhere(bench, "f0") == north

    unsync_form(bench.core, bench.core.database.read(lambda tx: find_form(tx, both[0].id, "f0")))

    assert anywhere(bench, "f0") == south


def test_of_two_forms_with_one_name_the_synced_one_is_meant(
    bench: Any, both: tuple[AccountRecord, AccountRecord]
) -> None:
    """Where both are synced nobody guesses: the URL says which."""
    show(bench, both[0], bench.form("n1", name="Phonebank"))
    show(bench, both[1], bench.form("s1", name="Phonebank"))
    with pytest.raises(BadInput, match=r"say which by its URL, \S+/n1 or \S+/s1$"):
        anywhere(bench, "Phonebank")
    url = bench.form("s1").url
    assert anywhere(bench, url) == form_id(bench, both[1], "s1")

    unsync_form(bench.core, bench.core.database.read(lambda tx: find_form(tx, both[0].id, "n1")))

    assert anywhere(bench, "Phonebank") == form_id(bench, both[1], "s1")


LINKED = """
    flow: linked
    steps:
      - send: "Sign up: ${link.form} Bye"
        links: {form: {url: "https://box.example.org/form/f0", track: box}}
        nudges: [{nudge: box.no_submission, link: form, after: 24h, text: "Finish: ${link.form} Bye"}]
"""


@pytest.fixture
def linked(bench: Any, both: tuple[AccountRecord, AccountRecord]) -> tuple[AccountRecord, AccountRecord]:
    """A member was texted a link to the form that both accounts show."""
    bench.publish(LINKED)
    import_members(bench.core, [{"phone": phone(0)}], proof="a sheet", groups=["June"])
    return both


def text_everybody(bench: Any) -> int:
    """The link in the member's text, opened a minute later."""
    make_broadcast(bench.core, "{broadcast: June, to: [June], run: linked}", file="b.yaml")
    bench.drain()
    bench.wait(minutes=1)
    link = int(bench.one("SELECT max(id) FROM link"))
    bench.click(link)
    return link


@pytest.mark.parametrize("first", [0, 1])
def test_a_sign_up_that_two_accounts_tell_of_counts_once_for_its_link(
    bench: Any, linked: tuple[AccountRecord, AccountRecord], first: int
) -> None:
    """With its token in both; whichever tells first."""
    link = text_everybody(bench)
    token = bench.one("SELECT token FROM link WHERE id = :id", id=link)

    for account in (linked[first], linked[1 - first]):
        apply(bench, account, bench.submission(0, token=token))

    assert [row.exact for row in click_report(bench.core, only="linked")] == [1]
    assert check_report(bench.core)[1] == []


def test_a_link_leads_to_the_form_where_it_is_synced(bench: Any, linked: tuple[AccountRecord, AccountRecord]) -> None:
    """Though another account, which does not sync it, was connected first: who signs up is not nudged to."""
    unsync_form(bench.core, bench.core.database.read(lambda tx: find_form(tx, linked[0].id, "f0")))
    text_everybody(bench)
    bench.wait(minutes=1)

    for account in linked:
        apply(bench, account, bench.submission(0))
    bench.wait(hours=24)
    bench.drain()

    assert [row.estimated for row in click_report(bench.core, only="linked")] == [1]
    assert bench.rows("SELECT outcome, reason FROM timer WHERE kind = 'nudge'") == [("skipped", "submitted")]
