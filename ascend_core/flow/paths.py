"""Where a flow can go: steps nobody reaches, and loops in which a run would never rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from ascend_core.contracts import BotActionType
from ascend_core.flow.document import Step
from ascend_core.flow.problems import Problems
from ascend_core.flow.program import Node, place_steps

__all__ = ["check_paths"]

Actions = Mapping[str, BotActionType[Any]]


def check_paths(steps: tuple[Step, ...], actions: Actions, places: Mapping[str, yaml.Node], problems: Problems) -> None:
    """Note the first unreached step of each list, and each loop without a step that waits.

    *places* says where each step, by its path, stands in the file.
    """
    if not steps:
        return
    nodes = place_steps(steps)
    reached = set(_from(steps[0].path, nodes, actions))
    for listed in _lists(steps, reached):
        lost = next((step for step in listed if step.path not in reached), None)
        if lost is not None:
            problems.add("F102", places[lost.path], "this step is never reached: nothing leads to it")
    for step in _restless(nodes, actions):
        at = places[step.path]
        problem = f"'{step.action}' goes round in a loop in which no step waits; the run would never rest"
        problems.add("F043", at, problem)


def _from(first: str, nodes: Mapping[str, Node], actions: Actions) -> Iterator[str]:
    met, todo = {first}, [first]
    while todo:
        path = todo.pop()
        yield path
        new = [after for after in _after(nodes[path], actions) if after not in met]
        met.update(new)
        todo.extend(new)


def _after(node: Node, actions: Actions) -> list[str]:
    """The steps that may come right after *node*."""
    ways = list(node.exits.values())
    if actions[node.step.action].goes_on:
        ways.append(node.next)
    return [way for way in ways if way is not None]


def _lists(steps: tuple[Step, ...], reached: set[str]) -> Iterator[tuple[Step, ...]]:
    """Every list of steps, without what is inside an unreached step: one warning for it is enough."""
    yield steps
    for step in steps:
        if step.path in reached:
            for inner in step.inner.values():
                yield from _lists(inner, reached)


def _restless(nodes: Mapping[str, Node], actions: Actions) -> Iterator[Step]:
    """The jumping steps of each loop that holds no step that waits."""
    ways = {
        path: [after for after in _after(node, actions) if not actions[nodes[after].step.action].waits]
        for path, node in nodes.items()
        if not actions[node.step.action].waits
    }
    for path, node in nodes.items():
        if node.step.refs and path in ways and _comes_back(path, ways):
            yield node.step


def _comes_back(start: str, ways: Mapping[str, list[str]]) -> bool:
    met: set[str] = set()
    todo = list(ways[start])
    while todo:
        path = todo.pop()
        if path == start:
            return True
        if path not in met:
            met.add(path)
            todo.extend(ways[path])
    return False
