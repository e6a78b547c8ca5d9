"""``ascend flows``: check flow documents, publish them, list what is live."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import attrs
import click

from ascend_core.cli.documents import find_documents, is_automation, is_flow, is_flow_test, only, read_bytes, read_text
from ascend_core.cli.groups import Entry, LazyGroup, imported
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import clean, counted, say, show_json, show_table
from ascend_core.errors import BadInput
from ascend_core.flow.load import check_automation, check_flow
from ascend_core.flow.problems import Problem
from ascend_core.host.registry import Registry
from ascend_core.operations.publish import publish_flow
from ascend_core.rehearsal.load import check_tests
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness
from ascend_core.store.flows import flow_names

__all__ = ["PARTIAL", "flows", "lint", "list_flows", "publish"]

PARTIAL = 3
"""What a command ends with that did some of what it was asked to, and not all."""


class _Flows(LazyGroup):
    """Some of its commands bring much with them, and are imported when they are run."""

    def entries(self) -> Mapping[str, Entry]:
        return {
            "schema": Entry(
                "Print the JSON schema of documents, for editors.", imported("ascend_core.cli.flow_schema:schema")
            ),
            "simulate": Entry(
                "Be the member of a flow, in the terminal.", imported("ascend_core.cli.simulate:simulate")
            ),
            "test": Entry("Play flow tests.", imported("ascend_core.cli.flow_tests:test")),
        }


@click.group(cls=_Flows)
def flows() -> None:
    """Check, test and publish flows."""


@flows.command()
@click.argument("places", metavar="FILE|FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def lint(*, places: tuple[Path, ...], as_json: bool) -> None:
    """Say what is wrong with flow and automation documents, each problem with its line and column."""
    registry = open_registry(SystemClock(), SystemRandomness())
    for left_out in registry.problems:
        say(f"left out: {left_out}")
    files = find_documents(places)
    found = [problem for file in files for problem in _problems(file, registry)]
    if as_json:
        show_json([{**attrs.asdict(problem), "warning": problem.warning} for problem in found])
    else:
        for problem in found:
            click.echo(clean(str(problem)) + (" (warning)" if problem.warning else ""))
    errors = sum(not problem.warning for problem in found)
    say(f"{counted(len(files), 'file')}: {counted(errors, 'error')}, {counted(len(found) - errors, 'warning')}")
    if errors:
        sys.exit(BadInput.exit_code)


def _problems(file: Path, registry: Registry) -> tuple[Problem, ...]:
    text = read_bytes(file)
    if is_flow_test(text):
        return check_tests(text, file=str(file), triggers=registry.triggers)[1]
    if is_automation(text):
        return check_automation(text, file=str(file), triggers=registry.triggers)[1]
    return check_flow(
        text,
        file=str(file),
        actions=registry.actions,
        nudges=registry.nudges,
        trackers=registry.link_trackers,
        triggers=registry.triggers,
        channels=registry.channels.values(),
    )[1]


@flows.command()
@click.argument("places", metavar="FILE|FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
def publish(*, places: tuple[Path, ...]) -> None:
    """Make flows live. Runs that are under way stay on the version they started on.

    Automations and flow tests among the files are left out.
    """
    done, failed = 0, 0
    files = only(find_documents(places), is_flow, what="flow")
    with opened_core() as core:
        for file in files:
            try:
                published = publish_flow(core, read_text(file), file=str(file))
            except BadInput as error:
                if len(files) == 1:
                    raise
                failed += 1
                say(f"error: {error}")
                continue
            done += 1
            what = "is live now" if published.new else "was live already"
            say(f"{published.name}: version {published.number} {what}")
    if failed:
        sys.exit(PARTIAL if done else BadInput.exit_code)


@flows.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_flows(*, as_json: bool) -> None:
    """Every live flow with the number of its version."""
    with opened_core() as core:
        found = core.database.read(flow_names)
    if as_json:
        show_json([{"flow": name, "version": number} for name, number in found])
    elif found:
        show_table(("Flow", "Version"), found, numbers=("Version",))
    else:
        say("No flow is live yet; publish one with: ascend flows publish FILE")
