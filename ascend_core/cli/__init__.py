"""The command line: ``ascend``. Each file holds one command or a small group; none is imported before it is used."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run ``ascend`` with the arguments of this process, and end the process."""
    from ascend_core.cli.root import ascend

    ascend.main(prog_name="ascend")
