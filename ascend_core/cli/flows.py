"""``ascend flows``: check flow documents, publish them, list what is live."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from ascend_core.cli.documents import find_documents, is_flow, only, read_text
from ascend_core.cli.groups import Entry, LazyGroup, imported
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import say, show_json, show_table
from ascend_core.errors import BadInput
from ascend_core.operations.publish import doubts, publish_flow
from ascend_core.store.flows import flow_names

__all__ = ["PARTIAL", "flows", "list_flows", "publish"]

PARTIAL = 3
"""What a command ends with that did some of what it was asked to, and not all."""


_VERSIONS = "ascend_core.cli.versions"


class _Flows(LazyGroup):
    """Some of its commands bring much with them, and are imported when they are run."""

    def entries(self) -> Mapping[str, Entry]:
        return {
            "fmt": Entry("Write documents in their one layout.", imported("ascend_core.cli.flow_fmt:fmt")),
            "lint": Entry("Say what is wrong with documents.", imported("ascend_core.cli.flow_lint:lint")),
            "schema": Entry(
                "Print the JSON schema of documents, for editors.", imported("ascend_core.cli.flow_schema:schema")
            ),
            "diff": Entry("In what two versions differ.", imported(f"{_VERSIONS}:diff")),
            "discard-draft": Entry("Throw a draft away.", imported(f"{_VERSIONS}:discard")),
            "draft": Entry("Keep a draft that nobody runs.", imported(f"{_VERSIONS}:draft")),
            "publish-draft": Entry("Make a draft live.", imported(f"{_VERSIONS}:publish_draft_command")),
            "restore": Entry("Make an old version live again.", imported(f"{_VERSIONS}:restore")),
            "retire": Entry("Let nobody enter a flow any more.", imported(f"{_VERSIONS}:retire")),
            "show": Entry("The document of a version.", imported(f"{_VERSIONS}:show")),
            "versions": Entry("Every version of a flow.", imported(f"{_VERSIONS}:versions")),
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
def publish(*, places: tuple[Path, ...]) -> None:
    """Make flows live. Runs that are under way stay on the version they started on.

    Automations, broadcasts and flow tests among the files are left out. What a flow needs and is not there yet, other
    flows and secrets, is told and stops nothing.
    """
    done, failed = 0, 0
    live: list[Path] = []
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
            live.append(file)
        for warning in (warning for file in live for warning in doubts(core, read_text(file), file=str(file))):
            say(f"warning: {warning}")
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
