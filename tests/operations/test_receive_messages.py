"""What providers tell: statuses in any order, texts more than once, keywords before everything."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from ascend_core.contracts import DeliveryState, DeliveryStatus, Inbound
from ascend_core.errors import Unsure
from ascend_core.operations.claim_messages import claim_messages
from ascend_core.operations.doubt import recover_sends, resolve_unknown
from ascend_core.operations.receive_messages import handle_inbound, receive_events
from ascend_core.operations.wording import CONFIRMATIONS

ASK = """
    flow: welcome
    steps:
      - ask: coming
        text: "Coming?"
        replies:
          - {match: ["yes"], then: [{send: "Great!"}]}
          - {match: ["no"], then: [{send: "Pity."}]}
        nudges: [{nudge: no_reply, after: 24h, text: "Well?"}]
"""


def tell(bench: Any, state: str, *, key: str | None = None, provider_id: str | None = None) -> None:
    """A delivery status of the first message, by our key unless told otherwise."""
    key = key or (None if provider_id else bench.one("SELECT min(key) FROM message"))
    status = DeliveryStatus(provider_id=provider_id, message_key=key, state=DeliveryState(state))
    receive_events(bench.core, "pigeon", [status])


def consent(bench: Any) -> str:
    """The only consent there is."""
    return bench.one("SELECT state FROM consent")


@pytest.mark.parametrize(
    "order", [*permutations(["sent", "delivered", "sent"]), ("delivered", "failed", "undelivered")]
)
def test_statuses_only_move_a_message_up(bench: Any, order: tuple[str, ...]) -> None:
    """Faults 52: duplicated and reordered; the first final one is final."""
    bench.set_up()
    bench.register(0)
    bench.drain()

    for state in order:
        tell(bench, state)

    assert bench.states() == [("delivered", None)]
    assert bench.one("SELECT count(*) FROM delivery_event") == 3


@pytest.mark.parametrize(
    "order", [*permutations(["sent", "delivered", "sent"]), ("delivered", "failed", "undelivered")]
)
def test_statuses_of_one_request_move_a_message_as_if_told_one_by_one(bench: Any, order: tuple[str, ...]) -> None:
    """Another text's among them, which takes another way."""
    bench.set_up()
    bench.register(0, 1)
    bench.drain()
    first, other = bench.column("SELECT key FROM message ORDER BY id")
    told = [DeliveryStatus(provider_id=None, message_key=first, state=DeliveryState(state)) for state in order]
    told.insert(1, DeliveryStatus(provider_id=None, message_key=other, state=DeliveryState.UNDELIVERED))

    receive_events(bench.core, "pigeon", told)

    assert bench.states() == [("delivered", None), ("undelivered", None)]
    assert bench.one("SELECT count(*) FROM delivery_event") == 4


def test_a_status_that_concerns_everybody_stops_the_channel(bench: Any) -> None:
    """An unregistered sender fails every text: the next thousand are not tried, and somebody is told."""
    bench.set_up()
    bench.register(0)
    bench.drain()
    key = bench.one("SELECT key FROM message")
    state = DeliveryState.FAILED
    status = DeliveryStatus(provider_id=None, message_key=key, state=state, problem="register the loft")

    receive_events(bench.core, "pigeon", [status])
    bench.register(1)

    assert bench.drain() == 0
    assert bench.one("SELECT problem FROM channel_account") == "register the loft"
    assert bench.states() == [("failed", None), ("ready", None)]


def test_a_status_before_our_own_result_is_not_taken_back(bench: Any) -> None:
    """Fault 51: the provider's callback overtakes the answer to our call."""
    bench.set_up()
    bench.register(0)
    send = bench.channel.send

    async def slow(settings: Any, text: Any) -> Any:
        receipt = await send(settings, text)
        tell(bench, "delivered", key=text.message_key, provider_id=receipt.provider_id)
        return receipt

    bench.channel.send = slow
    bench.drain()

    assert bench.rows("SELECT state, provider_id FROM message") == [("delivered", "P1")]


def test_a_late_status_proves_a_text_that_was_looked_up_in_vain(bench: Any) -> None:
    """It was sent after all, so it is not sent again."""
    bench.set_up()
    bench.register(0)
    claim_messages(bench.core, 1)
    recover_sends(bench.core)
    bench.wait(minutes=2)
    bench.run(resolve_unknown(bench.core))
    looked_up = bench.states()

    tell(bench, "delivered", provider_id="P9", key=bench.one("SELECT key FROM message"))
    bench.drain()

    assert (looked_up, bench.states()) == ([("ready", "looked_up")], [("delivered", None)])
    assert bench.bodies() == []


def test_a_status_settles_a_text_in_doubt(bench: Any) -> None:
    """No look-up is needed any more."""
    bench.set_up()
    bench.register(0)
    bench.channel.next_sends.append((Unsure("no answer"), "accepted"))
    bench.send()

    tell(bench, "sent", key=bench.one("SELECT key FROM message"), provider_id="P1")
    bench.wait(minutes=5)
    bench.drain()

    assert bench.states() == [("sent", None)]
    assert bench.channel.asked == []


def test_a_status_of_somebody_elses_text_is_kept_and_harms_nobody(bench: Any) -> None:
    """Fault 53."""
    bench.set_up()
    bench.register(0)

    tell(bench, "failed", key="unheard-of")

    assert bench.states() == [("ready", None)]
    assert bench.column("SELECT message_key FROM delivery_event") == ["unheard-of"]


def test_an_inbound_text_told_twice_is_one_text(bench: Any) -> None:
    """Fault 54: one reply, one step of the flow, and the answer goes out once."""
    bench.set_up(flow=ASK)
    bench.register(0)
    bench.drain()

    for _ in range(2):
        bench.hear(0, "yes", id="SM1")
        bench.drain()
    text = Inbound(provider_id="SM2", phone="+12125550100", body="no")
    receive_events(bench.core, "pigeon", [text, text])
    bench.drain()

    assert bench.bodies() == ["Coming?", "Great!"]
    assert bench.column("SELECT outcome FROM inbound_text ORDER BY id") == ["answered", "inbox"]


def test_stop_ends_everything_and_is_confirmed_once(bench: Any) -> None:
    """Rows H6 and J2: the run, its nudge and its texts; one confirmation, with nothing else in it."""
    bench.set_up(flow=ASK)
    bench.register(0)
    bench.drain()

    bench.hear(0, "STOP", keyword="stop")
    bench.wait(days=2)
    bench.drain()

    assert bench.bodies() == ["Coming?"]
    assert bench.states()[1] == ("expired", "expired")
    assert bench.column("SELECT end_reason FROM run") == ["unsubscribed"]
    assert bench.rows("SELECT outcome, reason FROM timer") == [("cancelled", "unsubscribed")]


def test_the_confirmation_goes_to_whoever_just_left(bench: Any) -> None:
    """The one text that may follow a STOP, at any hour; START and HELP have theirs."""
    bench.set_up(flow=ASK)
    bench.register(0)
    bench.drain()
    bench.wait(hours=12)

    for word in ("stop", "start", "help"):
        bench.hear(0, word.upper(), keyword=word)
        bench.drain()

    assert bench.bodies()[1:] == [CONFIRMATIONS[word] for word in ("stop", "start", "help")]
    assert consent(bench) == "subscribed"


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["start", "stop"], "unsubscribed"),
        (["stop", "start"], "subscribed"),
        (["stop", "start", "stop"], "unsubscribed"),
        (["stop", "stop", "start", "start"], "subscribed"),
    ],
)
def test_the_last_word_counts_however_late_texts_are_handled(bench: Any, words: list[str], state: str) -> None:
    """Promise 3: a START that waited in the queue does not undo the STOP that came after it."""
    bench.set_up(flow=ASK)
    bench.register(0)

    for word in words:
        bench.keep(0, word, keyword=word)
    first = consent(bench)
    handle_inbound(bench.core)

    assert (first, consent(bench)) == (state, state)
    ledger = bench.column("SELECT state FROM consent_entry ORDER BY id")
    assert ledger[-1] == state


@pytest.mark.parametrize("keyword", [None, "start"])
def test_yes_answers_a_flow(bench: Any, keyword: str | None) -> None:
    """Whatever the provider takes it for; and whoever answered is not nudged for an answer."""
    bench.set_up(flow=ASK)
    bench.register(0)
    bench.drain()

    bench.hear(0, "YES!", keyword=keyword)
    bench.wait(hours=25)
    bench.drain()

    assert bench.bodies() == ["Coming?"]  # the answer waited a day in vain: it expired with the test's clock
    assert bench.column("SELECT outcome FROM inbound_text") == ["answered"]
    assert bench.rows("SELECT outcome, reason FROM timer") == [("skipped", "replied")]


def test_yes_of_somebody_who_left_means_in_again(bench: Any) -> None:
    """Only then."""
    bench.set_up(flow=ASK)
    bench.register(0)
    bench.hear(0, "STOP", keyword="stop")

    bench.hear(0, "yes")

    assert consent(bench) == "subscribed"
    assert bench.column("SELECT keyword FROM inbound_text ORDER BY id") == ["stop", "start"]


def test_a_reply_belongs_to_the_run_that_asked_last(bench: Any) -> None:
    """Two questions are open: people answer the last one."""
    bench.set_up(flow=ASK)
    other = ASK.replace("welcome", "second").replace("Coming?", "Bring a friend?").replace("Great!", "Even better!")
    bench.publish(other)
    bench.automate("{automation: Second, trigger: box.confirms, run: second}")
    bench.register(0, status="confirms")
    bench.drain()

    bench.hear(0, "yes")
    bench.drain()
    bench.hear(0, "yes")
    bench.drain()
    bench.hear(0, "yes")

    assert bench.bodies() == ["Coming?", "Bring a friend?", "Even better!", "Great!"]
    assert bench.column("SELECT outcome FROM inbound_text ORDER BY id") == ["answered", "answered", "inbox"]


LATE = """
    flow: welcome
    steps:
      - wait: 1d
      - ask: late
        text: "Still coming?"
        replies: [{match: ["yes"], then: [{send: "Great!"}]}]
        nudges: [{nudge: no_reply, after: 2h, text: "Yes or no?"}]
"""
EARLY = """
    flow: second
    steps:
      - ask: early
        text: "Bring a friend?"
        replies: [{match: ["yes"], then: [{send: "Even better!"}]}]
        nudges: [{nudge: no_reply, after: 27h, text: "A friend?"}]
"""


def test_an_older_run_that_asked_later_hears_the_reply(bench: Any) -> None:
    """It is not the age of the run that counts, but what the member read last: a question, or a nudge about one."""
    bench.set_up(flow=LATE)
    bench.publish(EARLY)
    bench.automate("{automation: Second, trigger: box.confirms, run: second}")
    for person in (0, 1):
        bench.register(person, status="confirms")
    bench.drain()
    bench.wait(hours=24, minutes=1)
    bench.drain()
    assert bench.bodies().count("Still coming?") == 2

    bench.hear(0, "yes")
    for _ in ("the nudge of the one", "the nudge of the other"):
        bench.wait(hours=2)
        bench.drain()
    bench.hear(1, "yes")
    bench.drain()

    assert bench.bodies().count("A friend?") == 1
    assert [body for body in bench.bodies() if body.endswith("!")] == ["Great!", "Even better!"]


def test_a_question_that_waits_for_the_morning_is_not_answered_in_the_night(bench: Any) -> None:
    """Nobody has read it: what they write is for a person, and the question comes all the same."""
    bench.set_up(flow=ASK)
    bench.wait(hours=10)
    bench.register(0)
    bench.drain()

    bench.hear(0, "yes, who is this?")
    bench.drain()
    in_the_night = bench.bodies()
    bench.wait(hours=12)
    bench.drain()
    bench.hear(0, "yes")
    bench.drain()

    assert in_the_night == []
    assert bench.bodies() == ["Coming?", "Great!"]
    assert bench.column("SELECT outcome FROM inbound_text ORDER BY id") == ["inbox", "answered"]


def test_strangers_are_heard_and_left_alone(bench: Any) -> None:
    """A STOP from a phone we do not know is in the ledger before it could ever be texted."""
    bench.set_up()

    bench.hear(7, "hello")
    bench.hear(7, "stop", keyword="stop")
    bench.register(7)

    assert bench.column("SELECT outcome FROM inbound_text ORDER BY id") == ["stranger", "keyword"]
    assert bench.states() == []
    assert bench.column("SELECT reason FROM submission") == ["unsubscribed"]


TWO_QUESTIONS = """
    flow: welcome
    steps:
      - ask: how
        text: "How was it?"
        save_as: how
      - ask: again
        text: "Again?"
        replies:
          - {match: ["yes"], then: [{send: "Great!"}]}
          - {else: "Yes or no?", retries: 1}
        no_reply: {after: 48h}
"""


def test_two_texts_at_once_are_one_answer_and_a_word_beside_it(bench: Any) -> None:
    """The second was written before the next question came; it is for a person, and answers nothing."""
    bench.set_up(flow=TWO_QUESTIONS)
    bench.register(0)
    bench.drain()

    bench.keep(0, "It was lovely")
    bench.keep(0, "yes really")
    bench.wait(seconds=1)
    bench.drain()
    bench.hear(0, "yes")
    bench.drain()

    assert bench.bodies() == ["How was it?", "Again?", "Great!"]
    assert bench.column("SELECT outcome FROM inbound_text ORDER BY id") == ["answered", "inbox", "answered"]


def test_a_second_try_at_once_counts(bench: Any) -> None:
    """Asking again is no new question."""
    bench.set_up(flow=TWO_QUESTIONS)
    bench.register(0)
    bench.drain()
    bench.hear(0, "fine")
    bench.drain()

    bench.keep(0, "hmm")
    bench.keep(0, "Yes")
    bench.wait(seconds=1)
    bench.drain()

    assert bench.bodies()[-2:] == ["Yes or no?", "Great!"]


def test_a_reply_after_the_flow_is_for_a_person(bench: Any) -> None:
    """Nothing waits for it, and nothing is lost."""
    bench.set_up(flow=TWO_QUESTIONS)
    bench.register(0)
    bench.drain()
    for text in ("fine", "yes", "one more thing"):
        bench.hear(0, text)
        bench.drain()

    assert bench.column("SELECT outcome FROM inbound_text ORDER BY id") == ["answered", "answered", "inbox"]
    assert bench.column("SELECT reason FROM conversation") == ["reply"]
