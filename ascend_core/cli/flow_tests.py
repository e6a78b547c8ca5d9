"""``ascend flows test``: flow tests, played on a virtual clock, with the conversation wherever one fails."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import click

from ascend_core.cli.documents import find_documents, flow_documents, is_flow_test, read_bytes
from ascend_core.cli.showing import clean, counted, say, show_json
from ascend_core.errors import BadInput, FlowProblem, NotFound
from ascend_core.host.registry import Registry
from ascend_core.rehearsal.library import Library
from ascend_core.rehearsal.load import check_tests
from ascend_core.rehearsal.phone_view import drawn
from ascend_core.rehearsal.play import Played, play_test
from ascend_core.rehearsal.script import FlowTests
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness

__all__ = ["test"]


@click.command()
@click.argument("places", metavar="FILE|FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-k", "wanted", metavar="WORDS", help="Only tests with WORDS in their name or their flow's.")
@click.option("-v", "--verbose", is_flag=True, help="Name the tests that pass, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def test(*, places: tuple[Path, ...], wanted: str | None, verbose: bool, as_json: bool) -> None:
    """Play flow tests: the same engine, a clock that jumps, and nothing that leaves this machine.

    The flows are looked for among the given files and beside each file of tests.
    """
    clock = SystemClock()
    began = clock.monotonic()
    registry = open_registry(clock, SystemRandomness())
    files = find_documents(places)
    groups = [found for file in files if (found := _read(file, registry)) is not None]
    if not groups:
        raise NotFound("there is no file of flow tests here; such a file has 'flow:' and 'tests:'")
    played: list[tuple[FlowTests, Played]] = []
    for tests, each in _play(groups, files, registry, wanted):
        played.append((tests, each))
        if not as_json:
            _tell(tests, each, verbose=verbose)
    failed = sum(each.failure is not None for _, each in played)
    if as_json:
        show_json([_described(tests, each) for tests, each in played])
    seconds = clock.monotonic() - began
    say(f"{counted(len(played), 'test')}: {len(played) - failed} passed, {failed} failed, in {seconds:.1f} s")
    if failed or not played:
        sys.exit(BadInput.exit_code)


def _read(file: Path, registry: Registry) -> FlowTests | None:
    text = read_bytes(file)
    if not is_flow_test(text):
        return None
    tests, problems = check_tests(text, file=str(file), triggers=registry.triggers)
    if tests is None:
        raise FlowProblem("\n".join(str(problem) for problem in problems if not problem.warning))
    return tests


def _play(
    groups: Sequence[FlowTests], files: Sequence[Path], registry: Registry, wanted: str | None
) -> Iterator[tuple[FlowTests, Played]]:
    libraries: dict[Path, Library] = {}
    for tests in groups:
        folder = Path(tests.file).parent
        if folder not in libraries:
            libraries[folder] = Library(registry, flow_documents(folder, files))
        chosen = [
            test for test in tests.tests if wanted is None or wanted.lower() in f"{tests.flow} {test.name}".lower()
        ]
        if not chosen:
            continue
        try:
            flows = libraries[folder].flows(tests.flow)
        except NotFound as error:
            raise FlowProblem(f"{tests.file}:{tests.line}:{tests.column}: F014 {error}") from error
        for test in chosen:
            yield tests, play_test(registry, flows, test)


def _tell(tests: FlowTests, played: Played, *, verbose: bool) -> None:
    name = f"{tests.flow}: {played.test.name}"
    failure = played.failure
    if failure is None:
        if verbose:
            click.echo(f"ok    {clean(name)}")
        return
    click.echo(f"FAIL  {clean(name)}")
    marked = None if failure.got is None else _number_of(played, failure.got)
    for row in ["", *drawn(played.lines, zone=played.zone, marked=marked), ""]:
        click.echo(clean(row))
    click.echo(f"{tests.file}:{failure.entry.line}:{failure.entry.column}: {clean(failure.problem)}")
    if failure.expected is not None:
        click.echo(f"  expected  {_one_line(failure.expected)}")
    if failure.got is not None:
        click.echo(f"  got       {_one_line(failure.got)}")
    if failure.expected is not None and failure.got is not None:
        click.echo(f"            {' ' * _first_difference(failure.expected, failure.got)}^")
    for hint in failure.hints:
        click.echo(f"  {clean(hint)}")
    click.echo()


def _number_of(played: Played, text: str) -> int | None:
    """Which of our texts it is that differs: the last one of those that say so."""
    ours = [line.text for line in played.lines if line.who == "us"]
    return max((number for number, each in enumerate(ours) if each == text), default=None)


def _one_line(text: str) -> str:
    return clean(" ".join(text.split()))


def _first_difference(expected: str, got: str) -> int:
    """The column at which *got* stops to be what was expected, as far as the text before a ``*`` tells."""
    wanted, found = _one_line(expected), _one_line(got)
    for column, (one, other) in enumerate(zip(wanted, found, strict=False)):
        if one != other:
            return column
    return min(len(wanted), len(found))


def _described(tests: FlowTests, played: Played) -> dict[str, Any]:
    failure = played.failure
    return {
        "file": tests.file,
        "line": played.test.line,
        "flow": tests.flow,
        "test": played.test.name,
        "passed": failure is None,
        "failure": None
        if failure is None
        else {
            "line": failure.entry.line,
            "column": failure.entry.column,
            "problem": failure.problem,
            "expected": failure.expected,
            "got": failure.got,
            "hints": list(failure.hints),
        },
        "conversation": [attrs.asdict(line) for line in played.lines],
    }
