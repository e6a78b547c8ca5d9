"""A flow made ready to run: every step knows what follows it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ascend_core.flow.document import Flow, Step, all_steps

__all__ = ["Node", "Program", "compile_flow", "place_steps"]


@frozen(kw_only=True)
class Node:
    """A step, and the paths of the steps after it; None: nothing follows, the run is finished."""

    step: Step
    next: str | None
    exits: Mapping[str, str | None]


@frozen(kw_only=True, eq=False)
class Program:
    """A flow as the engine runs it. Make it once per flow version and keep it."""

    flow: Flow
    first: str | None
    nodes: Mapping[str, Node]


def compile_flow(flow: Flow) -> Program:
    """Work out what follows each step of *flow*; after the last nested step comes what follows its parent."""
    return Program(flow=flow, first=flow.steps[0].path if flow.steps else None, nodes=place_steps(flow.steps))


def place_steps(steps: tuple[Step, ...]) -> Mapping[str, Node]:
    """Every step of a tree by its path, with what follows it. An id that is not there leads to a path without step."""
    nodes: dict[str, Node] = {}
    _place(steps, None, nodes, {step.id: step.path for step in all_steps(steps) if step.id is not None})
    return nodes


def _place(steps: tuple[Step, ...], after: str | None, nodes: dict[str, Node], ids: Mapping[str, str]) -> None:
    for index, step in enumerate(steps, 1):
        behind = steps[index].path if index < len(steps) else after
        exits = {name: (inner[0].path if inner else behind) for name, inner in step.inner.items()}
        exits.update({name: ids.get(id_, f"#{id_}") for name, id_ in step.refs.items()})
        nodes[step.path] = Node(step=step, next=behind, exits=exits)
        for inner in step.inner.values():
            _place(inner, behind, nodes, ids)
