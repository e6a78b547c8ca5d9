"""``ascend flows versions``, ``show``, ``diff``, ``restore``, ``retire`` and drafts: a flow through time (row E3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ascend_core.cli.documents import read_text
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import clean, counted, moment, say, show_json, show_table
from ascend_core.errors import FlowProblem
from ascend_core.operations.core import Core
from ascend_core.operations.programs import read_flow
from ascend_core.operations.versions import (
    History,
    differences,
    discard_draft,
    history,
    publish_draft,
    restore_version,
    retire_flow,
    save_draft,
    source_of,
)

__all__ = ["diff", "discard", "draft", "publish_draft_command", "restore", "retire", "show", "versions"]


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def versions(*, name: str, as_json: bool) -> None:
    """Every version of the flow NAME: which is live, how many members are inside each, and the draft."""
    with opened_core() as core:
        found = history(core, name)
    if as_json:
        show_json(_described(found))
        return
    rows = [
        (version.number, "live" if version.live else None, moment(version.published_at), version.runs, version.active)
        for version in found.versions
    ]
    show_table(("Version", "State", "Published", "Runs", "Inside now"), rows, numbers=("Version", "Runs", "Inside now"))
    if found.draft is not None:
        what = "differs from what is live" if found.dirty else "says what is live"
        broken = "" if found.draft.digest is not None else " and does not hold yet"
        say(f"The draft of {moment(found.draft.saved_at)} {what}{broken}.")
    if found.live is None:
        say("No version is live: nobody enters this flow.")


def _described(found: History) -> dict[str, Any]:
    draft = found.draft
    return {
        "flow": found.name,
        "versions": [
            {
                "version": version.number,
                "live": version.live,
                "digest": version.digest,
                "published_at": version.published_at,
                "runs": version.runs,
                "active": version.active,
            }
            for version in found.versions
        ],
        "draft": None if draft is None else {"digest": draft.digest, "saved_at": draft.saved_at},
        "dirty": found.dirty,
    }


@click.command()
@click.argument("name")
@click.argument("which", default="live", metavar="[VERSION|live|draft]")
def show(*, name: str, which: str) -> None:
    """The document of the flow NAME as it is live, or as another version or the draft has it."""
    with opened_core() as core:
        source = source_of(core, name, which)
    click.echo(source.rstrip("\n"))


@click.command()
@click.argument("name")
@click.argument("old", default="live", metavar="[OLD]")
@click.argument("new", default="draft", metavar="[NEW]")
def diff(*, name: str, old: str, new: str) -> None:
    """In what two documents of the flow NAME differ; each a version's number, live, draft or a file.

    Without OLD and NEW: what is live, and the draft. Says whether members would notice.
    """
    with opened_core() as core:
        texts = [
            read_text(Path(which)) if Path(which).is_file() else source_of(core, name, which) for which in (old, new)
        ]
        digests = [_digest(core, text, which) for text, which in zip(texts, (old, new), strict=True)]
    for line in differences(*texts, names=(f"{name} {old}", f"{name} {new}")):
        click.echo(clean(line))
    broken = [which for which, digest in zip((old, new), digests, strict=True) if digest is None]
    if broken:
        say(f"What lint says of {' and '.join(broken)} keeps it from being compared: ascend flows lint FILE")
    else:
        say("They say the same." if digests[0] == digests[1] else "They say something else.")


def _digest(core: Core, text: str, which: str) -> str | None:
    """Of what *text* says; None: it does not hold (any more)."""
    try:
        return read_flow(core.registry, text, file=which).digest
    except FlowProblem:
        return None


@click.command()
@click.argument("name")
@click.argument("number", type=int)
def restore(*, name: str, number: int) -> None:
    """Make what version NUMBER says live again, as a new version. Members inside other versions stay there."""
    with opened_core() as core:
        published = restore_version(core, name, number)
    what = "is live now" if published.new else "says the same and was live already"
    say(f"{name}: version {published.number} {what}")


@click.command()
@click.argument("name")
def retire(*, name: str) -> None:
    """Let nobody enter the flow NAME any more. Members inside it stay to its end; its versions are kept."""
    with opened_core() as core:
        inside = retire_flow(core, name)
    say(f"{name}: nobody enters any more; {counted(inside, 'member')} inside")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def draft(*, file: Path) -> None:
    """Keep FILE as the draft of the flow it names, in the place of the one there is. Nobody runs a draft."""
    with opened_core() as core:
        kept = save_draft(core, read_text(file), file=str(file))
        found = history(core, kept.name)
    state = "differs from what is live" if found.dirty else "says what is live"
    hint = "" if kept.digest is not None else f"; it does not hold yet, see: ascend flows lint {file}"
    say(f"{kept.name}: draft kept, {state}{hint}")


@click.command("publish-draft")
@click.argument("name")
def publish_draft_command(*, name: str) -> None:
    """Make the draft of the flow NAME live."""
    with opened_core() as core:
        published = publish_draft(core, name)
    say(f"{name}: version {published.number} {'is live now' if published.new else 'was live already'}")


@click.command("discard-draft")
@click.argument("name")
def discard(*, name: str) -> None:
    """Throw the draft of the flow NAME away."""
    with opened_core() as core:
        discard_draft(core, name)
    say(f"{name}: the draft is gone")
