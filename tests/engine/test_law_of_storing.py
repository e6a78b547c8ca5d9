"""The law of storing: a run that is written down and read again between sprints is the run that was kept in memory."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ascend_core.actions import BUILT_IN_ACTIONS
from ascend_core.contracts import Answered, FormView, MemberView, Replied, RunView, TimedOut
from ascend_core.engine.runs import RunState
from ascend_core.engine.scene import Scene
from ascend_core.engine.sprint import Sprint, resume, start
from ascend_core.flow.load import load_flow
from ascend_core.flow.program import Program, compile_flow

ACTIONS = {action.name: action for action in BUILT_IN_ACTIONS}
KNOWN: dict[str, Any] = {"actions": ACTIONS, "nudges": {}, "trackers": (), "file": "law"}

NOW = datetime(2026, 11, 5, 20, tzinfo=UTC)
SCENE = Scene(
    now=NOW,
    member=MemberView(id=1, phone="+12025550101", fields={"first_name": "Ana"}, zones=("America/New_York",)),
    form=FormView(id=1, key="e1", name="Canvass", url=None, starts_at=NOW + timedelta(days=1)),
    run=RunView(id=7, flow="law", started_at=NOW),
)

CONDITIONS = [
    'member.mood == "good"',
    "member.count > 3",
    "'Asked' in groups",
    "has(member.mood)",
    "reply == 'x'",
    "true",
]
LEAVES: list[dict[str, Any]] = [
    {"send": "Hi ${member.mood|there} on ${event.start|day_time|soon}"},
    {"set": {"mood": "good"}},
    {"set": {"count": "${member.mood|}"}},
    {"add_to_groups": ["Asked"]},
    {"remove_from_groups": ["Asked"]},
    {"wait": "2h"},
    {"wait": {"until": 'event.start - duration("1h")'}},
    {"start_flow": "other"},
    {"stop": None},
    {"handoff": None},
    {"opt_out": None},
]


def steps() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Trees of every bot action; every ask has an id, and jumps go to the first."""
    leaf = st.sampled_from([*LEAVES, {"goto": "first"}])

    def nested(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        some = st.lists(inner, max_size=3)
        branch = st.builds(
            lambda condition, then, other: {"branch": [{"if": condition, "then": then}, {"else": other}]},
            st.sampled_from(CONDITIONS), some, some,
        )  # fmt: skip
        split = st.builds(
            lambda a, b: {"split": "test", "arms": {"a": {"then": a}, "b": {"weight": 2, "then": b}}}, some, some
        )
        webhook = st.builds(
            lambda then, failed: {
                "webhook": "https://example.org/", "set": {"count": "n"}, "then": then, "failed": failed,
            },
            some, some,
        )  # fmt: skip
        return branch | split | webhook | asks(some)

    def asks(some: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.builds(
            lambda text, yes, other, late: {
                "text": text,
                "save_as": "mood",
                "replies": [
                    {"is": "yes", "then": yes},
                    {"is": "number", "from": 1, "to": 5},
                    {"else": "Again", "retries": 1, "then": other},
                ],
                "no_reply": {"after": "1d", "then": late},
            },
            st.sampled_from(["Coming?", "How many?"]), some, some, some,
        )  # fmt: skip

    tree = st.recursive(leaf, nested, max_leaves=12)
    first = {"ask": "first", "text": "First?", "no_reply": {"after": "1d"}}
    return st.lists(tree, max_size=5).map(lambda rest: _numbered([first, *rest]))


def _numbered(tree: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every ask under a name of its own, which comes first among its keys."""
    count = 0

    def visit(node: Any) -> Any:
        nonlocal count
        if isinstance(node, list):
            return [visit(part) for part in node]
        if not isinstance(node, dict):
            return node
        if "text" in node and "ask" not in node:
            count += 1
            node = {"ask": f"ask{count}", **node}
        return {key: visit(value) for key, value in node.items()}

    done: list[dict[str, Any]] = visit(tree)
    return done


HAPPENINGS = st.lists(
    st.sampled_from(
        [
            *(Replied(text) for text in ("yes", "no", "3", "hm", "👍", "")),
            TimedOut(),
            Answered(ok=True, status=200, document={"n": 7}),
            Answered(ok=False, status=503),
        ]
    ),
    max_size=8,
)


def stored(sprint: Sprint) -> tuple[RunState, MemberView]:
    """The run and the member as the database gives them back."""
    run = RunState.from_json(json.loads(json.dumps(sprint.run.to_json())))
    member = sprint.member
    fields = json.loads(json.dumps(dict(member.fields)))
    return run, replace(member, fields=fields, groups=frozenset(json.loads(json.dumps(sorted(member.groups)))))


def program_of(document: str) -> Program:
    """The flow as a process that was just started reads it."""
    return compile_flow(load_flow(document, **KNOWN))


@given(tree=steps(), happenings=HAPPENINGS)
@settings(max_examples=100)
def test_a_stored_run_goes_on_as_one_kept_in_memory(tree: list[dict[str, Any]], happenings: list[Any]) -> None:
    """Whatever the flow, whatever happens: same effects in the same order, same place, same member."""
    document = json.dumps({"flow": "law", "steps": tree}).replace(": null", ": ")
    kept_program = program_of(document)
    kept = start(kept_program, SCENE, ACTIONS)
    read = start(program_of(document), SCENE, ACTIONS)
    assert read == kept

    for hours, happened in enumerate(happenings, 1):
        later = replace(SCENE, now=SCENE.now + timedelta(hours=hours))
        run, member = stored(read)
        read = resume(program_of(document), run, happened, replace(later, member=member), ACTIONS)
        kept = resume(kept_program, kept.run, happened, replace(later, member=kept.member), ACTIONS)
        assert read == kept
