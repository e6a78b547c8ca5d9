"""A flow document becomes one value, or a list of everything that is wrong with it."""

# ruff: noqa: E501, ISC004 -- messages are compared whole

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ascend_core.contracts import Condition, QuietHours, Text
from ascend_core.errors import FlowProblem
from ascend_core.flow.codes import CODES
from ascend_core.flow.document import Nudge
from ascend_core.flow.load import check_flow, load_flow

HEAD = "flow: tried\nsteps:\n"


def problems_of(text: str | bytes, registered: dict[str, Any]) -> list[str]:
    """What ``load_flow`` says, a problem an entry."""
    with pytest.raises(FlowProblem) as refused:
        load_flow(text, file="f.yaml", **registered)
    return str(refused.value).splitlines()


def test_the_example_of_the_language_loads(registered: dict[str, Any], example: str) -> None:
    """What the language's description shows is what the product reads; an online event has no location."""
    flow, problems = check_flow(example, file="example.yaml", **registered)

    assert flow is not None
    assert [problem.code for problem in problems] == ["F114"]
    assert (flow.name, flow.title, flow.spec) == ("register_confirmation", "Confirm a registration", 1)
    assert (flow.expires, flow.reentry, flow.stop_when) == (timedelta(days=7), "skip", ("mobilize.cancels",))
    assert flow.quiet_hours == QuietHours(start=time(20), end=time(9), zone="member", then="hold")
    assert [(step.path, step.id, step.action, step.line) for step in flow.steps] == [
        ("0", None, "send", 10),
        ("1", "can_you_make_it", "ask", 27),
        ("2", None, "wait", 43),
        ("3", None, "branch", 44),
    ]
    assert sorted(flow.steps[1].inner) == ["no_reply.then", "replies.0.then", "replies.1.then", "replies.2.then"]
    assert flow.steps[0].nudges[0] == Nudge(
        path="0.nudges.0",
        type="mobilize.link_clicked_no_submission",
        after=timedelta(days=1),
        text=Text("Looks like you opened the form but didn't finish. ${link.form} It takes a minute."),
        link="form",
        condition=Condition('event.start - now > duration("6h")'),
        expires=timedelta(days=3),
    )
    assert flow.source == example


def test_the_digest_is_of_what_a_flow_says(registered: dict[str, Any], example: str) -> None:
    """Comments, layout and defaults that are written out change nothing; a word of a text does."""
    flow = load_flow(example, file="a", **registered)
    plain = "\n".join(line.partition("  #")[0].rstrip() for line in example.splitlines())
    reordered = plain.replace("\nspec: 1", "").replace("steps:", "spec: 1\nsteps:").replace("after: 48h", "after: 2d")
    other = example.replace("It takes a minute", "It takes two minutes")

    assert len(flow.digest) == 64
    assert load_flow(plain, file="b", **registered).digest == flow.digest
    assert load_flow(reordered.replace("\nreentry: skip", ""), file="c", **registered).digest == flow.digest
    assert load_flow(other, file="d", **registered).digest != flow.digest


def test_a_nudge_may_follow_its_bot_action_as_a_step(registered: dict[str, Any]) -> None:
    """Row H1: both ways give one document."""
    nudge = "nudge: no_reply\n{0}after: 1d\n{0}text: Hello"
    under = load_flow(f"{HEAD}  - send: Hi\n    nudges:\n      - {nudge.format(' ' * 8)}", file="f", **registered)
    behind = load_flow(f"{HEAD}  - send: Hi\n  - {nudge.format(' ' * 4)}", file="f", **registered)

    assert behind.steps == under.steps
    assert behind.digest == under.digest


@pytest.mark.parametrize(
    ("steps", "problems"),
    [
        ("- sedn: Hi", ["3:3: F010 there is no bot action 'sedn' (did you mean 'send'?)"]),
        ("- send: Hi\n  linx: {}", ["4:3: F012 unknown key 'linx' (did you mean 'links'?)"]),
        ("- add_to_group: [A]", ["3:3: F010 there is no bot action 'add_to_group' (did you mean 'add_to_groups'?)"]),
        ("- ask: a", ["3:3: F013 the key 'text' is missing"]),
        ("- send: [Hi]", ["3:9: F005 'send' holds a list; a single value belongs there"]),
        ("- wait: 1y", ["3:9: F014 'wait' is '1y'; a length of time is written 15m, 48h, 1d or 2w"]),
        ("- wait: 99999w", ["3:9: F014 'wait' is '99999w'; from 1m to 730d is possible"]),
        ("- ask: a\n  text: b\n  replies: [{match: x, than: []}]", ["5:24: F012 unknown key 'than' (did you mean 'then'?)"]),
        (
            "- send: Hi ${event.tilte} ${member.nick} ${event.start|day_tme}",
            [
                "3:9: F021 'event.tilte' is unknown here (did you mean 'event.title'?)",
                "3:9: F022 there is no format 'day_tme' (did you mean 'day_time'?)",
                "3:9: F023 'member.nick' may be unset; give it a fallback: ${member.nick|there}, or an empty one",
            ],
        ),
        ("- send: Hi ${member}", ["3:9: F020 '${member}' is malformed; write ${path} or ${path|fallback}"]),
        ("- send: Hi ${member.a|uper|x}", ["3:9: F022 there is no format 'uper' (did you mean 'upper'?)"]),
        ("- send: Hi ${link.form}", ["3:9: F024 the link 'form' is not declared under 'links' of this step"]),
        (
            '- send: Hi\n  links: {a: {url: "http:/x", track: mobilise}, b: {url: "https://x.org/${member.zip|}"}}',
            [
                "4:14: F015 there is no link tracker 'mobilise' (did you mean 'mobilize'?)",
                "4:14: F025 'url' is no web address; it begins with https:// or is ${event.url}",
                "4:52: F025 'member.zip' has no place in a URL; event.id, event.url, run.flow, run.id have",
            ],
        ),
        (
            "- branch: [{if: memer.a, then: []}]",
            ["3:17: F030 'memer' is unknown here; an expression may use member, groups, event, run, reply, now"],
        ),
        (
            "- send: Hi\n  nudges: [{nudge: no_repli, after: 1d, text: Hi}]",
            ["4:12: F011 there is no nudge type 'no_repli' (did you mean 'no_reply'?)"],
        ),
        (
            "- send: Hi\n  nudges: [{nudge: no_link_click, after: 1d, expires: 1d, text: Hi}]",
            [
                "4:12: F050 'no_link_click' needs 'link': the name of a link of its step",
                "4:12: F051 'expires' is not later than 'after'; both count from reaching the step",
            ],
        ),
        ("- nudge: no_reply", ["3:3: F017 a nudge follows the bot action it belongs to; nothing is before this one"]),
        ("- send", ["3:3: F017 a step begins with its bot action and a colon ('send: …'); this is the value 'send'"]),
        (
            "- ask: a\n  text: b\n- ask: a\n  text: b",
            ["5:3: F018 the id 'a' is already taken on line 3"],
        ),
        ("- send: Hi\n  send: Ho", ["4:3: F004 the key 'send' is already there, on line 3"]),
        ("- send: Hi: you", ["3:11: F001 a ': ' inside a value; put the text in quotes, or on lines of its own behind '|'"]),
        ("- send: Hi\n\tlinks: {}", ["4:1: F001 a tab; YAML is indented with blanks"]),
        (
            '- send: Hi\n  quiet_hours: {from: "25:00", to: "9:00", zone: Mars/X}',
            ["4:23: F014 'from' is '25:00'; a time of day is written 20:00"],
        ),
        ("- send: &a Hi\n- send: *a", ["3:9: F003 anchors (&) and aliases (*) are not part of the language; write it out"]),
        ("- text: Hi\n  send: Ho", ["3:3: F010 there is no bot action 'text'; 'send' comes first in its step"]),
        ("- send: Go ${link.a} now\n  links: {a: {url: 'https://me:pw@example.org/'}}", ["4:14: F025 'url' holds a user name or a password, which everybody who gets the text could read"]),
        ('- send: "half \\ud800"', ["3:9: F001 half of a character, which no text can hold; leave it out"]),
        ("- {send: Hi, id: [a]}", ["3:18: F005 'id' holds a list; a single value belongs there"]),
        ("- wait: {until: event.start - 3h}", ["3:17: F030 this is not a CEL expression: at 1:16: Syntax error: extraneous input 'h' (write a length of time as duration('3h'))"]),
        ("- send: !!python/name:os.system Hi", ["3:9: F003 the tag 'tag:yaml.org,2002:python/name:os.system' is not part of the language; leave it out"]),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_with_its_place_and_the_nearest_right_name(
    steps: str, problems: list[str], registered: dict[str, Any]
) -> None:
    """An author finds it in the file, and mostly knows at once what to write."""
    assert problems_of(HEAD + steps, registered) == [f"f.yaml:{problem}" for problem in problems]


def test_all_mistakes_of_a_file_are_shown_together(registered: dict[str, Any]) -> None:
    """Nobody has to mend them one by one."""
    found = problems_of(
        "flow: a b\nstop_when: mobilize.cancel\nsteps: [{sedn: x}, {wait: x}]\nrentry: skip", registered
    )

    assert [problem.split()[0] + " " + problem.split()[1] for problem in found] == [
        "f.yaml:1:7: F014",
        "f.yaml:2:12: F016",
        "f.yaml:3:10: F010",
        "f.yaml:3:27: F014",
        "f.yaml:4:1: F012",
    ]
    assert problems_of("flow: a b\nstop_when: mobilize.cancel\nsteps: [{stop: }]", registered) == [
        "f.yaml:1:7: F014 'a b' is no name for a flow: "
        "letters, digits, - and _, at most 100, and a letter or digit first",
        "f.yaml:2:12: F016 there is no trigger 'mobilize.cancel' (did you mean 'mobilize.cancels'?)",
    ]


def test_a_nudge_comes_before_its_flow_expires(registered: dict[str, Any]) -> None:
    """Later its text would have expired before it is written."""
    flow = "flow: a\nexpires: 2d\nsteps: [{ask: b, text: Hi, nudges: [{nudge: no_reply, after: AFTER, text: Well}]}]"

    assert problems_of(flow.replace("AFTER", "2d"), registered)[0].startswith("f.yaml:3:9: F051 a nudge comes when")
    load_flow(flow.replace("AFTER", "47h"), file="f", **registered)


def test_several_triggers_may_stop_a_flow(registered: dict[str, Any]) -> None:
    """In any order; one of them may be written as a list or not."""
    flow = "flow: a\nstop_when: {}\nsteps: [{{stop: }}]"
    one, alone = (
        load_flow(flow.format(what), file="f", **registered) for what in ("mobilize.cancels", "[mobilize.cancels]")
    )
    two, turned = (
        load_flow(flow.format(what), file="f", **registered)
        for what in ("[mobilize.cancels, mobilize.registers]", "[mobilize.registers, mobilize.cancels]")
    )

    assert one.stop_when == alone.stop_when == ("mobilize.cancels",)
    assert one.digest == alone.digest
    assert two.digest == turned.digest != one.digest
    assert problems_of(flow.format("[mobilize.cancels, mobilize.attend]"), registered)[0].startswith(
        "f.yaml:2:31: F016"
    )


def test_what_stops_a_flow_has_the_digest_it_always_had(registered: dict[str, Any]) -> None:
    """A flow that was published before there could be several triggers is not taken for another one."""
    flow = load_flow("flow: a\nstop_when: mobilize.cancels\nsteps: [{stop: }]", file="f", **registered)

    assert flow.digest == "c05da60630e5b5dc9efa3be6e0bbcd5506aa80450ee53842267ac90277125fbd"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x" * 600_000, "1:1: F002 the file has 600,000 bytes; at most 524,288 are read. Split it"),
        (b"flow: \xff", "1:1: F001 byte 7 is not UTF-8; save the file as UTF-8"),
        ("flow: \0", "1:1: F001 the file is not readable: unacceptable character #x0000: special characters are not allowed"),
        ("", "1:1: F007 expected keys and values, found nothing"),
        ("- a", "1:1: F007 expected keys and values, found a list"),
        ("a: 1\n---\nb: 2", "2:1: F001 a second document ('---'); one file holds one"),
        ("a: &a [*a]", "1:4: F003 anchors (&) and aliases (*) are not part of the language; write it out"),
        ("a: " + "[" * 150 + "]" * 150, "1:123: F041 lists and mappings are nested too deep; at most 120 levels are read"),
        ("[" * 3000, "1:1: F041 lists and mappings are nested too deep; at most 120 levels are read"),
    ],
)  # fmt: skip
def test_a_hostile_file_is_a_clear_error(text: str | bytes, problem: str, registered: dict[str, Any]) -> None:
    """Whatever is uploaded, nothing breaks and nothing blows up."""
    assert problems_of(text, registered) == [f"f.yaml:{problem}"]


def test_the_limits_say_which_and_where(registered: dict[str, Any]) -> None:
    """A thousand steps, sixteen hundred characters, twenty levels, twenty nudges."""
    nested = "stop: "
    for _ in range(21):
        nested = f"branch: [{{if: 'true', then: [{{{nested}}}]}}]"
    nudges = "[" + ", ".join(["{nudge: no_reply, after: 1d, text: Hi}"] * 21) + "]"

    assert len(load_flow(HEAD + "- send: Hi\n" * 1000, file="f", **registered).steps) == 1000
    assert problems_of(HEAD + "- send: Hi\n" * 1001, registered) == [
        "f.yaml:1003:3: F040 a flow has at most 1,000 steps; this is one more"
    ]
    assert problems_of(HEAD + "- send: " + "a" * 1601, registered) == [
        "f.yaml:3:9: F026 the text has 1,601 characters; at most 1,600 are sent"
    ]
    assert [problem.split()[1] for problem in problems_of(f"{HEAD}- {{{nested}}}", registered)] == ["F041"]
    assert [problem.split()[1] for problem in problems_of(f"{HEAD}- send: Hi\n  nudges: {nudges}", registered)] == ["F042"]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "codes"),
    [
        ("- send: 'Hi 👍'", ["F104"]),
        ("- send: '" + "a" * 500 + "'", ["F103"]),
        ("- send: Go to https://bit.ly/abc", ["F105"]),
        ("- stop:\n- send: Hi", ["F102"]),
        ("- send: 'Sign up: ${link.a}.'\n  links: {a: {url: 'https://example.org'}}", ["F106"]),
        ("- send: Hi ${member.fist_name|you}", ["F107"]),
        ("- set: {rsvp: x}\n- branch: [{if: member.rvsp == 'x', then: []}]", ["F107"]),
        ("- ask: a\n  text: b\n  replies: [{match: [ok, Cancel]}, {match: 'end?'}]", ["F108", "F108"]),
        (
            "- send: Hi ${link.a} you\n  links: {a: {url: 'https://example.org'}}\n  nudges:\n"
            "    - {nudge: mobilize.link_clicked_no_submission, link: a, after: 2h, text: Hi}",
            ["F101"],
        ),
    ],
)
def test_a_warning_stops_nothing(steps: str, codes: list[str], registered: dict[str, Any]) -> None:
    """Rows E2 and H5: what costs more or works worse is shown, and published all the same."""
    flow, problems = check_flow(HEAD + steps, file="f", **registered)

    assert flow is not None
    assert [problem.code for problem in problems] == codes
    assert all(problem.warning for problem in problems)


def test_what_a_text_costs_is_the_channels_business(registered: dict[str, Any]) -> None:
    """The core counts nothing itself; without a channel that says so, no cost is told."""
    dear = HEAD + "- send: '👍 " + "a" * 50 + "'"
    _, told = check_flow(dear, file="f", **registered)
    _, untold = check_flow(dear, file="f", **{**registered, "channels": ()})

    assert [str(problem) for problem in told] == [
        "f:3:9: F103 about 52 characters: 6 segments for each member",
        "f:3:9: F104 '👍' (U+1F44D) makes every segment hold 10 characters instead of 160",
    ]
    assert untold == ()


def test_scalars_are_strings_until_a_type_says_otherwise(registered: dict[str, Any]) -> None:
    """yes, 02134 and 21:00 survive."""
    flow = load_flow(HEAD + "- set: {a: yes, b: 02134, c: 21:00, d: null, e: 1e3}", file="f", **registered)

    values: dict[str, Text] = flow.steps[0].params.values  # type: ignore[attr-defined]  # -- the parameters of 'set'
    assert {name: text.source for name, text in values.items()} == {
        "a": "yes", "b": "02134", "c": "21:00", "d": "null", "e": "1e3",
    }  # fmt: skip


def test_a_nudge_may_expire_at_a_moment(registered: dict[str, Any]) -> None:
    """A date says after which it is never sent; without an offset it would be anybody's guess."""
    step = "- send: Hi\n  nudges: [{nudge: no_reply, after: 1d, text: Hi, expires: 2026-11-08T10:00%s}]"

    flow = load_flow(HEAD + step % "-05:00", file="f", **registered)
    assert flow.steps[0].nudges[0].expires == datetime(2026, 11, 8, 15, tzinfo=UTC)
    assert "F014" in problems_of(HEAD + step % "", registered)[0]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_flow_is_read_or_refused(data: st.DataObject, registered: dict[str, Any], example: str) -> None:
    """Whatever happens to a file, the answer is a flow or lines with known codes."""
    lines = example.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        column = data.draw(st.integers(0, len(lines[at])))
        match data.draw(st.sampled_from(["drop", "double", "cut", "insert", "indent"])):
            case "drop":
                lines[at] = ""
            case "double":
                lines[at] *= 2
            case "cut":
                lines[at] = lines[at][:column] + "\n"
            case "insert":
                piece = data.draw(
                    st.sampled_from(["${", "}", "[", "]", "{", ":", ": ", "#", "'", '"', "\t", "é", "&a ", "*a"])
                )
                lines[at] = lines[at][:column] + piece + lines[at][column:]
            case "indent":
                lines[at] = "  " + lines[at]
    flow, problems = check_flow("".join(lines), file="f", **registered)

    assert (flow is None) == any(not problem.warning for problem in problems)
    assert all(problem.code in CODES and problem.message for problem in problems)
