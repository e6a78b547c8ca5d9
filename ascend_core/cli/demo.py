"""``ascend demo``: a week of invented supporters against simulated companies, on a virtual clock."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from ascend_core.demo.director import Tell

__all__ = ["demo"]


@click.command()
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="Play in this folder and leave it there."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of the summary.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another week.")
@click.option("--faults", is_flag=True, help="Let the simulated companies answer wrongly; the end is the same.")
@click.option("--database-url", help="Use this empty database instead of a SQLite file.")
def demo(*, keep: Path | None, as_json: bool, seed: int, faults: bool, database_url: str | None) -> None:
    """Play a week: sign-ups, texts, clicks, nudges, replies, STOP.

    Starts a simulated Mobilize and a simulated carrier on this machine; nothing leaves it. A demo that was
    interrupted goes on when it is given the same folder again.
    """
    from rich.console import Console

    from ascend_core.demo.play import play_demo
    from ascend_core.demo.summary import print_summary

    folder: AbstractContextManager[str | Path] = (
        nullcontext(keep) if keep is not None else tempfile.TemporaryDirectory(prefix="ascend-demo-")
    )
    progress = Console(stderr=True)
    with folder as place, _telling(progress) as tell:
        document = play_demo(Path(place), seed=seed, database_url=database_url, tell=tell, faults=faults)
    if as_json:
        json.dump(document, sys.stdout, indent=2)
        sys.stdout.write("\n")
        return
    print_summary(document, Console())
    if keep is not None:
        progress.print(f"The demo is in {keep}.")


@contextmanager
def _telling(console: Console) -> Iterator[Tell]:
    """Progress on stderr: a bar on a terminal, a line a day elsewhere."""
    if not console.is_terminal:
        days: set[str] = set()

        def say(share: float, moment: str) -> None:
            day = moment.split(maxsplit=1)[0]
            if day not in days:
                days.add(day)
                console.print(f"{day} ({share:.0%})", highlight=False)

        yield say
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<16}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Setting up", total=1.0)
        yield lambda share, moment: bar.update(task, completed=share, description=moment)
