"""Which runs an activity starts and stops."""

from __future__ import annotations

from typing import Any

import pytest

from ascend_core.store.flows import set_paused

GREET = """
    flow: welcome
    steps: [{send: Hi!}]
"""
ASK = """
    flow: welcome
    reentry: %s
    steps:
      - ask: coming
        text: "Coming?"
        replies: [{match: [sure], then: [{send: "Great!"}]}]
        nudges: [{nudge: no_reply, after: 24h, text: "Well?"}]
"""
EACH = """
    automation: Welcome
    trigger: box.registers
    once_per: [member, form]
    run: welcome
"""


def entries(bench: Any) -> list[tuple[str, str | None]]:
    """What the automations did, in order."""
    return bench.rows("SELECT outcome, reason FROM automation_entry ORDER BY id")


def runs(bench: Any) -> list[str | None]:
    """Why each run ended; None: it has not."""
    return bench.column("SELECT end_reason FROM run ORDER BY id")


def test_a_second_sign_up_for_the_same_form_starts_nothing(bench: Any) -> None:
    """Row D4."""
    bench.set_up(flow=GREET)
    bench.register(0)
    bench.wait(minutes=1)
    bench.register(0, key="second")

    assert entries(bench) == [("started", None), ("skipped", "once_per")]


def test_once_per_member_holds_over_all_forms(bench: Any) -> None:
    """The author's word."""
    bench.set_up(forms=2, flow=GREET, automation=EACH.replace("[member, form]", "[member]"))

    bench.register(0)
    bench.register(0, form_key="f1")

    assert entries(bench) == [("started", None), ("skipped", "once_per")]


@pytest.mark.parametrize(
    ("reentry", "ends", "made"),
    [
        ("skip", [None], [("started", None), ("skipped", "already_in_flow")]),
        ("restart", ["restarted", None], [("started", None), ("started", None)]),
        ("parallel", [None, None], [("started", None), ("started", None)]),
    ],
)
@pytest.mark.parametrize("one_page", [True, False])
def test_a_member_already_in_the_flow(
    bench: Any, reentry: str, ends: list[str | None], made: list[Any], one_page: bool
) -> None:
    """Row D6: skip, restart or parallel, whether the two sign-ups come in one page or in two."""
    bench.set_up(forms=2, flow=ASK % reentry)
    first, second = bench.submission(0), bench.submission(0, form_key="f1")

    for page in [(first, second)] if one_page else [(first,), (second,)]:
        bench.apply(*page)

    assert runs(bench) == ends
    assert entries(bench) == made
    waiting = bench.one("SELECT count(*) FROM timer WHERE settled_at IS NULL AND kind = 'nudge'")
    assert waiting == ends.count(None)


def test_a_restarted_run_does_not_text_any_more(bench: Any) -> None:
    """What the old run had not sent yet is suppressed, in whichever page it was stopped."""
    bench.set_up(forms=2, flow=ASK % "restart")

    bench.apply(bench.submission(0), bench.submission(0, form_key="f1"))
    bench.drain()

    assert bench.states() == [("suppressed", "restarted"), ("sent", None)]


def test_stop_when_ends_the_run_with_its_texts_and_nudges(bench: Any) -> None:
    """Row H6: whoever cancels hears nothing more about it."""
    bench.set_up(flow=(ASK % "skip").replace("reentry: skip", "stop_when: box.cancels"))
    bench.register(0)
    bench.wait(minutes=1)

    bench.register(0, status="cancels")
    bench.wait(days=2)
    bench.drain()

    assert runs(bench) == ["stop_when"]
    assert bench.states() == [("suppressed", "stop_when")]
    assert bench.rows("SELECT outcome, reason FROM timer") == [("cancelled", "stop_when")]


@pytest.mark.parametrize("happens", ["cancels", "confirms"])
def test_each_of_several_triggers_may_stop_a_flow(bench: Any, happens: str) -> None:
    """A reminder is over for whoever cancelled, and for whoever has done what it asks for."""
    bench.set_up(flow=(ASK % "skip").replace("reentry: skip", "stop_when: [box.cancels, box.confirms]"))
    bench.register(0)
    bench.wait(minutes=1)

    bench.register(0, status=happens)

    assert runs(bench) == ["stop_when"]


def test_stop_when_is_about_the_same_form(bench: Any) -> None:
    """Cancelling one event leaves the other's flow alone."""
    bench.set_up(forms=2, flow=(ASK % "parallel").replace("\n    steps", "\n    stop_when: box.cancels\n    steps"))
    bench.apply(bench.submission(0), bench.submission(0, form_key="f1"))
    bench.wait(minutes=1)

    bench.register(0, status="cancels")

    assert runs(bench) == ["stop_when", None]


def test_a_paused_automation_starts_nothing_and_says_so(bench: Any) -> None:
    """Row D2; let go on, it starts for whoever comes next."""
    bench.set_up(flow=GREET)
    bench.core.database.write(lambda tx: set_paused(tx, "Welcome", True))
    bench.register(0)
    bench.core.database.write(lambda tx: set_paused(tx, "Welcome", False))
    bench.register(1)

    assert entries(bench) == [("skipped", "paused"), ("started", None)]


def test_an_automation_for_one_form_leaves_the_others_alone(bench: Any) -> None:
    """By the form's key, URL or name; and members join the automation's groups."""
    automation = "\n".join((*EACH.rstrip().splitlines(), '    form: "Canvass f1"', "    add_to_groups: [June]"))
    bench.set_up(forms=2, flow=GREET, automation=automation)

    bench.register(0)
    bench.register(1, form_key="f1")

    assert entries(bench) == [("started", None)]
    assert bench.column(
        "SELECT m.phone FROM member m JOIN group_member i ON i.member_id = m.id "
        "JOIN member_group g ON g.id = i.group_id WHERE g.name = 'June'"
    ) == ["+12125550101"]


def test_the_arm_of_an_ab_test_is_sticky_weighted_and_recorded(bench: Any) -> None:
    """Row D3: it hangs on the phone, so that a member who signs up for the next form gets the same arm."""
    bench.set_up(forms=2, flow="", automation="")
    for name in ("long", "short", "never"):
        bench.publish(GREET.replace("welcome", name))
    bench.automate(
        """
        automation: Test
        trigger: box.registers
        ab_test: {name: copy, arms: {long: 70, short: 30, never: 0}}
        """
    )
    people = range(300)

    bench.register(*people)
    first = dict(bench.rows("SELECT member_id, arm FROM run WHERE arm IS NOT NULL"))
    bench.register(*people, form_key="f1")
    arms = bench.rows("SELECT member_id, arm, f.name FROM run JOIN flow f ON f.id = run.flow_id ORDER BY run.id")

    assert all(first[member] == arm == flow for member, arm, flow in arms)
    assert len(arms) == 600
    assert 180 < list(first.values()).count("long") < 240
    assert set(first.values()) == {"long", "short"}


def test_a_run_stays_on_the_version_it_started_on(bench: Any) -> None:
    """Row E3: publishing changes nothing for whoever is on the way."""
    bench.set_up(flow=ASK % "skip")
    bench.register(0)
    bench.publish((ASK % "skip").replace("Great!", "Wonderful!").replace("Coming?", "Will you come?"))
    bench.register(1)
    bench.drain()

    bench.hear(0, "sure")
    bench.hear(1, "sure")
    bench.drain()

    assert sorted(bench.bodies()) == ["Coming?", "Great!", "Will you come?", "Wonderful!"]
    assert bench.column("SELECT number FROM flow_version v JOIN run r ON r.version_id = v.id ORDER BY r.id") == [1, 2]


def test_changed_weights_move_nobody_who_was_shown_an_arm(bench: Any) -> None:
    """Row D3: the arm that was shown is recorded, and stays theirs; new members follow the new weights."""
    document = "automation: Test\ntrigger: box.registers\nab_test: {name: copy, arms: {welcome: WEIGHT, other: REST}}\n"
    bench.set_up(forms=2, automation="")
    bench.publish("flow: other\nsteps: [{send: Other.}]")
    bench.automate(document.replace("WEIGHT", "1").replace("REST", "0"))
    bench.register(0)
    bench.automate(document.replace("WEIGHT", "0").replace("REST", "1"))
    bench.register(0, form_key="f1")
    bench.register(1)

    assert bench.rows("SELECT member_id, arm FROM run ORDER BY id") == [(1, "welcome"), (1, "welcome"), (2, "other")]


def test_a_shortener_that_an_event_brings_is_not_sent(bench: Any) -> None:
    """Its URL is the source's, so that nobody could lint it; what is not sent is kept, with the reason."""
    flow = """
        flow: welcome
        steps:
          - send: "Sign up: ${link.form} Thanks!"
            links: {form: {url: "${event.url}"}}
          - send: "See you"
    """
    bench.set_up(flow=flow)
    bench.source.forms_now = [bench.form("f0", url="https://bit.ly/f0")]
    bench.fetch()
    bench.register(0)
    bench.drain()

    assert bench.states() == [("suppressed", "public_shortener"), ("sent", None)]
    assert bench.bodies() == ["See you"]
