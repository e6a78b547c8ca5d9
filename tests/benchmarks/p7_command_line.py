# ruff: noqa: TID251 -- tests may lean on tests; the names are ours
"""P7: what it costs to ask ``ascend`` for help, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from tests.benchmarks.harness import Aim, Benchmark, Watch

CALLS = 20

ASCEND = "import sys; sys.argv = ['ascend', '--help']; from ascend_core.cli import main; main()"
ARGPARSE = """
import argparse
parser = argparse.ArgumentParser(prog="hello", description="Greets.")
parser.add_argument("--name", default="world", help="whom to greet")
parser.parse_args(["--help"])
"""


def _call(program: str, scale: float, watch: Watch) -> Mapping[str, float]:
    calls = max(3, int(CALLS * scale))
    with watch:
        for _ in range(calls):
            subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
    return {"items": calls, "milliseconds_cpu": watch.cpu_seconds / calls * 1000}


def ascend(scale: float, watch: Watch) -> Mapping[str, float]:
    """``ascend --help``, as its entry point does it, plugins installed."""
    return _call(ASCEND, scale, watch)


def argparse(scale: float, watch: Watch) -> Mapping[str, float]:
    """The least a program can do that explains itself."""
    return _call(ARGPARSE, scale, watch)


BENCHMARK = Benchmark(
    id="P7",
    title="ascend --help, 20 times",
    sides={"ascend": ascend, "argparse": argparse},
    aims=(
        Aim(
            what="CPU of a call, of that of an argparse hello-world",
            side="ascend",
            against="argparse",
            figure="milliseconds_cpu",
            at_most=3.0,
        ),
    ),
    rounds=5,
)
