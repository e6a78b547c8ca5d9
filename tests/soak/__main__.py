# ruff: noqa: TID251, T201 -- a program of the tests, which prints
"""``python -m tests.soak --minutes 10 --seed 1``: days of trouble in minutes. ``tox -e soak -- --minutes 10``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from tempfile import mkdtemp

from attrs import asdict

from tests.soak.play import Plan, Played, play


def main(arguments: list[str]) -> int:
    """Play it, print one table, write everything down; 1: something that was promised did not hold."""
    parser = argparse.ArgumentParser(prog="tox -e soak --", description="The product under load, killed all the time.")
    parser.add_argument("--minutes", type=float, default=10.0, help="of load and trouble (10); then peace")
    parser.add_argument("--seed", type=int, default=1, help="of chance (1)")
    parser.add_argument(
        "--engine",
        choices=["distributed", "local"],
        default="distributed",
        help="one web and two workers on PostgreSQL, or all in one process on SQLite",
    )
    parser.add_argument("--load", type=float, default=1.0, help="times as many people and deeds (1)")
    parser.add_argument("--output", type=Path, default=Path("soak.json"), help="every figure, as JSON (soak.json)")
    given = parser.parse_args(arguments)
    usual = Plan()
    plan = Plan(
        minutes=given.minutes,
        seed=given.seed,
        distributed=given.engine == "distributed",
        nudges=given.minutes >= 2,
        per_second={name: rate * (given.load if name != "broadcast" else 1) for name, rate in usual.per_second.items()},
    )
    folder = Path(mkdtemp(prefix="ascend-soak-"))
    print(f"in {folder}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", file=sys.stderr)
    played = play(plan, folder, lambda said: print(said, file=sys.stderr, flush=True))
    given.output.write_text(json.dumps(asdict(played) | {"load_after": os.getloadavg()}, indent=2, default=str) + "\n")
    show(played)
    return 1 if played.verdict.wrong else 0


def show(played: Played) -> None:
    """One table."""
    plan = played.plan
    engine = "one web and two workers on PostgreSQL" if plan.distributed else "one process on SQLite"
    print(f"soak of {plan.minutes:g} minutes, seed {plan.seed}, {engine}, load {os.getloadavg()[0]:.1f}")
    for name, value in played.figures.items():
        shown = ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else value
        print(f"  {name:<32}{shown}")
    for name, wrong in asdict(played.verdict).items():
        print(f"  {name:<32}{len(wrong)}")
        for each in wrong[:10]:
            print(f"      {each}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
