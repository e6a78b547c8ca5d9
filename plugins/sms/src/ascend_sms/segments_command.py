"""``ascend sms segments``: what a text costs, for authors."""

from __future__ import annotations

import click

from ascend_core.contracts import Offending
from ascend_sms.segments import count, plain

__all__ = ["segments_command"]


def segments_command() -> click.Command:
    """The command: prints encoding, parts, and the characters that make the text longer."""

    @click.command("segments")
    @click.argument("text")
    def segments(text: str) -> None:
        """Count how many SMS segments TEXT is billed as."""
        found = count(text)
        click.echo(
            f"{found.segments} × {found.encoding} ({found.units} of {found.segments * found.per_segment} units used, "
            f"{found.remaining} left in the last segment)"
        )
        for offending in found.offending:
            click.echo(_line(offending))
        shorter = count(plain(text))
        if shorter.segments < found.segments:
            click.echo(f"Written so, it is {shorter.segments} × {shorter.encoding}.")

    return segments


def _line(offending: Offending) -> str:
    """What to do about one character."""
    where = f"  {offending.char!r} at {offending.index}"
    match offending.suggestion:
        case None:
            return f"{where}: not in GSM-7"
        case "":
            return f"{where}: leave it out"
        case other:
            return f"{where}: write {other!r}"
