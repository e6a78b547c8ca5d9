# ruff: noqa: TID251, T201 -- a program of the tests, which prints
"""``python -m tests.benchmarks [P2 …] [--scale 0.1] [--rounds 3] [--output bench.json]``."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from tests.benchmarks.harness import Benchmark, machine, measure, show, write


def benchmarks() -> dict[str, Benchmark]:
    """Every benchmark of this folder, by id."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("p[0-9]*_*.py"))
    found = [importlib.import_module(f"tests.benchmarks.{name}").BENCHMARK for name in names]
    return {each.id: each for each in found}


def main(arguments: list[str]) -> int:
    """Run what was asked for; the status tells of a failure to measure, never of a time."""
    known = benchmarks()
    parser = argparse.ArgumentParser(prog="tox -e bench --", description="Times the product against others.")
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"which: {', '.join(known)} (all, without one)")
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full size (1.0)")
    parser.add_argument("--rounds", type=int, help="counted rounds of each side (as the benchmark says)")
    parser.add_argument("--output", type=Path, default=Path("bench.json"), help="every figure, as JSON (bench.json)")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.ids) - set(known))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    begun = machine()
    cores, load = begun["cores"], begun["load"][0]
    print(f"{cores} cores, load {load}, Python {begun['python']}, {begun['system']}", file=sys.stderr)
    measured = []
    for id_ in given.ids or known:
        results = measure(known[id_], scale=given.scale, rounds=given.rounds)
        measured.append((known[id_], results))
        write(given.output, measured, scale=given.scale, begun=begun)
    print(f"{cores} cores, load {load} before and {machine()['load'][0]} after, scale {given.scale:g}")
    for benchmark, results in measured:
        show(benchmark, results, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
