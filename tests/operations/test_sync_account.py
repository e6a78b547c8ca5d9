"""One round of one account, whatever its source does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from msgspec.structs import replace

from ascend_core.contracts import Rejected, Submission
from ascend_core.errors import NeedsAttention, Refused, TryLater
from ascend_core.operations.connect import connect_account
from ascend_core.operations.explain import explain
from ascend_core.operations.gathering import MOST_TOGETHER_ON_SQLITE as AT_ONCE
from ascend_core.operations.settings import change_settings
from ascend_core.operations.sync_account import LARGE, SWEEP_PAGES, Synced, sync_account
from ascend_core.store.accounts import accounts, cursor_of, set_account
from ascend_core.store.submissions import ignored_list
from tests.fakes.bench import phone  # noqa: TID251 -- tests may lean on tests; the ban is for the product


def position(bench: Any) -> str | None:
    """Where reading submissions goes on."""
    return bench.core.database.read(lambda tx: cursor_of(tx, bench.account.id, "submissions")).position


def sync(bench: Any) -> Any:
    """One round."""
    return bench.run(sync_account(bench.core, bench.account.id))


def test_a_source_that_fails_half_way_loses_nothing(bench: Any) -> None:
    """Fault 26: pages before the failure stay, the cursor stands behind them, and the next round goes on there."""
    bench.set_up()
    bench.source.page_size = 2
    bench.source.log = [bench.submission(person) for person in range(5)]
    bench.source.trouble = {1: TryLater("the box is jammed", after_seconds=120)}

    first = sync(bench)
    after_first = (position(bench), bench.account.failures, bench.account.retry_at)
    second = sync(bench)

    assert (first.applied, first.problem, second.applied) == (2, "the box is jammed", 3)
    assert after_first == ("2", 1, bench.now + timedelta(seconds=120))
    assert (position(bench), bench.account.failures, bench.account.retry_at) == ("5", 0, None)
    assert bench.one("SELECT count(*) FROM member") == 5


def signed_up(bench: Any, count: int) -> list[Submission]:
    """So many sign-ups of a few hundred people."""
    return [bench.submission(number % 500, key=f"k{number}") for number in range(count)]


def test_who_is_to_end_stops_behind_the_page_in_hand(bench: Any) -> None:
    """A first sync takes minutes: what was applied stays, nothing counts as a success, and it goes on from there."""
    bench.set_up()
    bench.source.page_size = AT_ONCE
    bench.source.log = signed_up(bench, AT_ONCE + 200)

    def ending() -> bool:
        return bool(bench.one("SELECT count(*) FROM member"))

    first = bench.run(sync_account(bench.core, bench.account.id, ending=ending))
    between = (position(bench), bench.account.last_success_at, bench.account.failures)
    second = sync(bench)

    assert (first.cut_short, first.problem, second.cut_short) == (True, None, False)
    assert first.applied == AT_ONCE
    assert between == (str(first.applied), None, 0)
    assert first.applied + second.applied == bench.one("SELECT count(*) FROM submission") == AT_ONCE + 200


def test_a_round_whose_time_is_up_lets_others_have_their_turn(bench: Any) -> None:
    """A first sync takes minutes, and another account waits. Each round gets on by a page at least, and none failed."""
    bench.set_up()
    bench.source.page_size = AT_ONCE
    bench.source.log = signed_up(bench, AT_ONCE + 200)

    rounds = [bench.run(sync_account(bench.core, bench.account.id, until=bench.now)) for _ in range(2)]
    last = sync(bench)

    assert [each.applied for each in rounds] == [AT_ONCE, 200]
    assert [(each.cut_short, each.problem) for each in (*rounds, last)] == [(True, None), (True, None), (False, None)]
    assert bench.account.failures == 0
    assert bench.one("SELECT count(*) FROM submission") == AT_ONCE + 200


def test_a_long_round_tells_how_far_it_is(bench: Any) -> None:
    """Of each list anew: what changed, then everything once more."""
    bench.set_up()
    bench.source.page_size = LARGE
    bench.source.log = [bench.submission(person) for person in range(LARGE + 1)]
    told: list[tuple[int, int | None]] = []

    def progress(seen: int, total: int | None) -> None:
        told.append((seen, total))

    bench.run(sync_account(bench.core, bench.account.id, sweep=True, progress=progress))

    assert told[-1] == (LARGE + 1, None)
    assert [seen for seen, _ in told].count(LARGE + 1) == 2


def test_a_key_that_was_revoked_stops_the_account(bench: Any) -> None:
    """Fault 31: nobody knocks again before a person has acted."""
    bench.set_up()
    bench.source.trouble = {0: NeedsAttention("the key was revoked; connect again")}
    bench.source.log = [bench.submission(0)]

    stopped, idle = sync(bench), sync(bench)

    assert bench.account.problem == stopped.problem == "the key was revoked; connect again"
    assert (idle.pages, bench.one("SELECT count(*) FROM member")) == (0, 0)


def test_a_bug_of_the_source_is_told_and_backs_off(bench: Any) -> None:
    """Fault 61: the account rests as after a failure, instead of being asked again at once for ever."""
    bench.set_up()
    bench.source.trouble = {0: RuntimeError("a bug")}

    with pytest.raises(RuntimeError, match="a bug"):
        sync(bench)

    assert bench.account.failures == 1
    assert bench.account.retry_at > bench.now


def test_a_long_outage_is_survived(bench: Any) -> None:
    """Ten days of failures later the source is still asked every quarter of an hour."""
    bench.set_up()
    bench.core.database.write(lambda tx: set_account(tx, bench.account.id, failures=5000))
    bench.source.trouble = {0: TryLater("still down")}

    assert sync(bench).problem == "still down"

    assert timedelta(minutes=15) <= bench.account.retry_at - bench.now < timedelta(minutes=17)


def test_with_the_master_switch_off_nothing_is_asked(bench: Any) -> None:
    """Row B3."""
    bench.set_up(sync_accounts=False)
    bench.source.log = [bench.submission(0)]

    assert sync(bench).pages == 0
    assert bench.one("SELECT count(*) FROM submission") == 0


def test_forms_synced_later_are_read_back(bench: Any) -> None:
    """Row B2: sign-ups of the last quarter of an hour, passed over before, start their flow now."""
    bench.connect(sync_new_forms=False)
    bench.source.forms_now = [bench.form("f0")]
    bench.source.log = [bench.submission(0)]
    sync(bench)
    bench.wait(minutes=5)
    bench.sync()
    bench.publish("{flow: welcome, steps: [{send: Hi}]}")
    bench.automate("{automation: Welcome, trigger: box.registers, run: welcome}")

    done = sync(bench)

    assert (done.applied, done.fired) == (1, 1)
    assert bench.column("SELECT backfill_from FROM form") == [None]


@pytest.mark.parametrize("error", [Refused, TryLater])
def test_what_is_refused_for_forms_does_not_hold_up_sign_ups(bench: Any, error: type[Exception]) -> None:
    """One list is out of order; the others go on, and the account is asked again by itself."""
    bench.set_up()
    bench.source.form_trouble = error("the list of forms has no end")
    bench.source.log = [bench.submission(0)]

    refused = sync(bench)
    troubled = (bench.account.problem, bench.account.trouble, bench.account.failures)
    bench.source.form_trouble = None
    bench.wait(minutes=1)
    mended = sync(bench)

    assert (refused.applied, refused.problem) == (1, "the list of forms has no end")
    assert troubled == (None, "the list of forms has no end", 1)
    assert (mended.problem, bench.account.trouble, bench.account.failures) == (None, None, 0)


@pytest.mark.parametrize(
    ("forms", "first_page"),
    [(TryLater("busy", after_seconds=5), None), (TryLater("no answer"), TryLater("no answer either"))],
)
def test_a_source_that_does_not_answer_is_left_alone(bench: Any, forms: TryLater, first_page: TryLater | None) -> None:
    """It named a time to wait, or two of its lists failed: nothing more is asked in this round."""
    bench.set_up()
    bench.source.log = [bench.submission(0)]
    bench.source.form_trouble = forms
    bench.source.trouble = {} if first_page is None else {0: first_page}

    done = bench.run(sync_account(bench.core, bench.account.id, sweep=True))

    assert (done.pages, done.problem) == (0, str(first_page or forms))


def test_a_new_form_counts_from_when_it_was_last_looked_for(bench: Any) -> None:
    """Forms could not be listed for an hour; who signed up for a new one meanwhile is welcomed all the same."""
    bench.set_up()
    sync(bench)
    bench.source.form_trouble = TryLater("out of order")
    bench.wait(minutes=5)
    sync(bench)
    bench.source.forms_now.append(bench.form("f1"))
    bench.source.log = [bench.submission(0, form_key="f1")]
    bench.wait(hours=1)
    bench.source.form_trouble = None

    done = sync(bench)

    assert (done.applied, done.fired) == (1, 1)


def test_what_happened_while_the_account_was_off_fires_nothing(bench: Any) -> None:
    """Not even on a form that came into being meanwhile (row B3)."""
    bench.set_up()
    sync(bench)
    change_settings(bench.core, bench.account, sync_accounts=False)
    bench.wait(minutes=5)
    bench.source.forms_now.append(bench.form("f1"))
    bench.source.log = [bench.submission(0), bench.submission(1, form_key="f1")]
    bench.wait(hours=1)
    change_settings(bench.core, bench.account, sync_accounts=True)

    done = sync(bench)

    assert (done.applied, done.fired) == (2, 0)


def test_off_means_off_at_once(bench: Any) -> None:
    """Even in the middle of a round: the pages in hand are left, and read again when the account is on (row B3)."""
    bench.set_up()
    bench.source.page_size = 1
    bench.source.log = [bench.submission(0), bench.submission(1)]
    pages = bench.source.submissions

    async def switched_off(*args: Any, **values: Any) -> Any:
        async for page in pages(*args, **values):
            yield page
            change_settings(bench.core, bench.account, sync_accounts=False)

    bench.source.submissions = switched_off
    off = sync(bench)
    bench.source.submissions = pages
    change_settings(bench.core, bench.account, sync_accounts=True)
    on = sync(bench)

    assert (off.applied, on.applied) == (0, 2)


def test_create_new_members_on_again_catches_up(bench: Any) -> None:
    """Row B3: who signed up while it was OFF is a member with the next round, and in the group; what happened meanwhile
    fires nothing, what happens from then on does."""
    bench.set_up(forms=2)
    sync(bench)
    change_settings(bench.core, bench.account, create_members=False)
    bench.source.log = [bench.submission(0), bench.submission(1, form_key="f1"), bench.submission(2, opted_in=None)]
    created = bench.now
    off = sync(bench)
    bench.wait(days=3)
    bench.unsync("f1")
    idle = sync(bench)
    change_settings(bench.core, bench.account, create_members=True)
    on = sync(bench)
    bench.wait(minutes=1)
    bench.source.log.append(bench.submission(0, created_at=created, status="confirms"))

    later, quiet = sync(bench), sync(bench)

    assert [(each.applied, each.fired) for each in (off, idle, on)] == [(0, 0), (0, 0), (1, 0)]
    assert [(each.applied, each.fired) for each in (later, quiet)] == [(1, 1), (0, 0)]
    assert bench.column("SELECT trigger FROM activity") == ["box.confirms"]
    assert bench.column("SELECT phone FROM member") == [phone(0)]
    assert bench.one("SELECT count(*) FROM group_member") == 1
    assert bench.column("SELECT reason FROM submission ORDER BY id") == [None, "form_not_synced", "no_opt_in"]
    assert bench.column("SELECT backfill_from FROM form") == [None, None]


def test_connecting_again_leaves_the_switches_alone(bench: Any) -> None:
    """Whoever brings a fresh key did not ask for everything to be switched on."""
    bench.set_up()
    change_settings(bench.core, bench.account, sync_accounts=False, create_members=False, sync_new_forms=True)

    bench.run(connect_account(bench.core, "box", {"org": "north", "key": "k-2"}))

    account = bench.account
    assert (account.sync_accounts, account.create_members, account.sync_new_forms) == (False, False, True)


def test_connecting_again_with_sync_new_forms_syncs_the_known_ones_too(bench: Any) -> None:
    """Row B2: every event, those there are and those to come; the last quarter of an hour is caught up with. Brought
    with a fresh key once more, it leaves alone what was turned off since."""
    bench.source.forms_now = [bench.form("f0"), bench.form("f1"), bench.form("gone")]
    bench.connect(sync_new_forms=False)
    bench.source.forms_now[2] = evolve(bench.source.forms_now[2], deleted=True)
    bench.source.log = [bench.submission(0)]
    sync(bench)
    bench.wait(minutes=10)
    synced = "SELECT key FROM form WHERE synced_at IS NOT NULL ORDER BY key"

    bench.run(connect_account(bench.core, "box", {"org": "north", "key": "k-2"}, sync_new_forms=True))
    at_once = bench.column(synced)
    done = sync(bench)
    bench.unsync("f1")
    bench.run(connect_account(bench.core, "box", {"org": "north", "key": "k-3"}, sync_new_forms=True))

    assert at_once == ["f0", "f1"]
    assert (done.applied, done.fired) == (1, 1)
    assert bench.column(synced) == ["f0"]


def test_a_sweep_catches_what_the_source_forgot_to_date(bench: Any) -> None:
    """A day later everything is read anew, in slices; the change fires once, and history still fires nothing."""
    bench.set_up(automation="")
    bench.source.page_size = 1
    long_ago = bench.now - timedelta(days=90)
    bench.source.log = [bench.submission(person) for person in range(SWEEP_PAGES + 3)]
    bench.source.log.append(bench.submission(99, created_at=long_ago, modified_at=long_ago))
    sync(bench)
    changed = bench.source.log[1]
    bench.source.log[1] = replace(changed, state={"status": "confirms"})

    bench.wait(hours=1)
    quiet = sync(bench)
    bench.wait(days=1)
    bench.source.asked_forms.clear()
    slices = [sync(bench), sync(bench), sync(bench)]

    assert (quiet.pages, quiet.fired) == (1, 0)
    assert [each.fired for each in slices] == [1, 0, 0]
    assert bench.source.asked_forms == [None, "1", "1"]
    assert [each.pages for each in slices] == [1 + SWEEP_PAGES, 1 + 4, 1]
    assert bench.rows("SELECT trigger, count(*) FROM activity GROUP BY trigger ORDER BY trigger") == [
        ("box.confirms", 1),
        ("box.registers", SWEEP_PAGES + 3),
    ]


def test_a_large_page_holds_up_nobody(bench: Any) -> None:
    """While a first sync applies hundreds of sign-ups, the same process serves links and hears what people text."""
    bench.set_up()
    bench.source.page_size = LARGE
    bench.source.log = [bench.submission(person) for person in range(LARGE)]
    told, served = bench.source.activities, []

    async def serve() -> str:
        return "served"

    async def go() -> Synced:
        loop = asyncio.get_running_loop()

        def activities(before: Any, after: Any) -> Any:
            if not served:  # comes to nothing, and fails, where the loop stands still
                served.append(asyncio.run_coroutine_threadsafe(serve(), loop).result(timeout=20))
            return told(before, after)

        bench.source.activities = activities
        return await sync_account(bench.core, bench.account.id)

    done = asyncio.run(go())

    assert (done.applied, done.failed, served) == (LARGE, 0, ["served"])


def test_a_sweep_that_was_interrupted_goes_on(bench: Any) -> None:
    """It does not begin anew for ever."""
    bench.set_up()
    bench.source.page_size = 1
    bench.source.log = [bench.submission(person) for person in range(4)]
    sync(bench)
    bench.source.trouble = {2: TryLater("the box is jammed")}

    first = bench.run(sync_account(bench.core, bench.account.id, sweep=True))
    bench.source.trouble = {}
    second = bench.run(sync_account(bench.core, bench.account.id, sweep=True))

    assert (first.problem, first.pages, second.pages) == ("the box is jammed", 1 + 2, 1 + 2)
    assert bench.account.swept_at == bench.now


def test_a_record_that_was_mended_is_judged_as_if_new(bench: Any) -> None:
    """It could not be read before; an old sign-up is history all the same, a fresh one is welcomed."""
    bench.set_up()
    old, fresh = bench.now - timedelta(days=90), bench.now
    bench.apply(rejected=[Rejected(key="a", reason="malformed"), Rejected(key="b", reason="malformed")])
    bench.wait(minutes=1)

    outcome = bench.apply(
        bench.submission(0, key="a", created_at=old), bench.submission(1, key="b", created_at=fresh, modified_at=fresh)
    )

    assert (outcome.applied, outcome.ignored, outcome.fired) == (1, 1, 1)
    assert bench.column("SELECT reason FROM submission WHERE key = 'a'") == ["before_sync"]


def test_a_change_that_cannot_be_read_is_listed_and_takes_nothing_back(bench: Any) -> None:
    """Row A7: what was read before counts, with the person's opt-out too; read again, the change fires."""
    bench.set_up()
    created = bench.now
    bench.register(0, 1)
    broken = [Rejected(key=f"s{person}-f0", reason="malformed", detail="field attended") for person in (0, 1)]

    def listed() -> list[tuple[str, str, str | None, str | None]]:
        found = bench.core.database.read(lambda tx: ignored_list(tx, bench.account.id))
        return sorted((each.key, each.outcome, each.reason, each.detail) for each in found)

    first = bench.apply(bench.submission(2), rejected=broken, cursor="0")
    again = bench.apply(rejected=broken, cursor="0")
    unread = listed()
    told = [fact.said for fact in explain(bench.core, "s0-f0")]
    bench.source.people_log = [bench.person(1, opted_in=False)]
    sync(bench)
    bench.wait(minutes=1)
    mended = bench.apply(bench.submission(0, created_at=created, status="confirms"))

    assert [(each.applied, each.ignored) for each in (first, again, mended)] == [(1, 2), (0, 0), (1, 0)]
    assert unread == [(f"s{person}-f0", "applied", "malformed", "field attended") for person in (0, 1)]
    assert told[1] == "Its newest version cannot be read (malformed): field attended; what was read before counts."
    assert mended.fired == 1
    assert [key for key, *_ in listed()] == ["s1-f0"]
    assert bench.column("SELECT state FROM consent ORDER BY phone") == ["subscribed", "unsubscribed", "subscribed"]


def test_an_account_that_may_not_see_people_goes_on_without(bench: Any) -> None:
    """Nothing is asked less often for it, and it is told until it is mended."""
    bench.set_up()
    bench.source.log = [bench.submission(0)]
    bench.source.people_trouble = NeedsAttention("this key may not; get another")

    done = sync(bench)
    told = bench.account
    bench.source.people_trouble = None
    sync(bench)

    assert (done.applied, done.without, done.problem) == (1, "this key may not; get another", None)
    assert (told.trouble, told.failures, told.problem) == ("this key may not; get another", 0, None)
    assert told.last_success_at == bench.now
    assert bench.account.trouble is None


def test_a_key_that_opens_nothing_stops_the_account(bench: Any) -> None:
    """Whether or not it is people that are asked for first."""
    bench.set_up()
    bench.source.log = [bench.submission(0)]
    bench.source.people_trouble = NeedsAttention("no people")
    bench.source.trouble = {0: NeedsAttention("nothing at all")}

    sync(bench)

    assert bench.account.problem == "nothing at all"


def test_a_form_that_two_accounts_show_welcomes_once(bench: Any) -> None:
    """One organization promotes another's event and both are connected: one sign-up, two rows, one text."""
    bench.set_up()
    bench.run(connect_account(bench.core, "box", {"org": "south", "key": "k-2"}, sync_new_forms=True))
    bench.source.log = [bench.submission(0)]
    both = bench.core.database.read(accounts)

    done = [bench.run(sync_account(bench.core, account.id)) for account in both]
    bench.drain()

    assert [each.applied for each in done] == [1, 1]
    assert len(bench.bodies()) == 1
    assert bench.rows("SELECT outcome, reason FROM automation_entry ORDER BY id") == [
        ("started", None),
        ("skipped", "once_per"),
    ]
