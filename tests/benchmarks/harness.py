"""Times the sides of a benchmark in interleaved rounds, and says by medians how they compare."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from attrs import define, field, frozen

__all__ = ["Aim", "Benchmark", "Missing", "Side", "SideResult", "Watch", "judge", "machine", "measure", "show", "write"]


class Missing(Exception):
    """The product this side needs is not installed, or the machine lacks something it needs; the text says what."""


@define
class Watch:
    """Times what happens inside ``with watch:``; what is prepared and cleaned up outside of it costs nothing.

    CPU is this process's and that of the children it has waited for.
    """

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    _wall: float = field(default=0.0, init=False)
    _cpu: float = field(default=0.0, init=False)

    def __enter__(self) -> Self:
        gc.collect()
        self._cpu, self._wall = _cpu_seconds(), time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.wall_seconds += time.perf_counter() - self._wall
        self.cpu_seconds += _cpu_seconds() - self._cpu


Side = Callable[[float, Watch], Mapping[str, float]]
"""Does the work once, at a scale (1.0: the size the aim speaks of), timed by the watch, and returns further figures by
name: ``items``, ``peak_mib``, ``queries``. Raises Missing when it cannot run here."""


@frozen(kw_only=True)
class Aim:
    """What is aimed at: the median, over the rounds, of one side's figure divided by another's (or alone)."""

    what: str
    side: str
    against: str | None = None
    figure: str = "wall_seconds"
    at_most: float | None = None
    at_least: float | None = None


@frozen(kw_only=True)
class Benchmark:
    """Some work, and who does it."""

    id: str
    title: str
    sides: Mapping[str, Side]
    aims: tuple[Aim, ...] = ()
    rounds: int = 3
    warmup: bool = True
    """Whether each side runs once, uncounted, before the rounds."""
    apart: bool = False
    """Whether each side runs in a process of its own each time (a fork): what one leaves in memory slows no other."""
    prepare: Callable[[float], object] | None = None
    """What all sides need at a scale; done once, before them."""


@define
class SideResult:
    """One side's figures, a mapping a round; or why it did not run."""

    rounds: list[dict[str, float]] = field(factory=list)
    missing: str | None = None

    def median(self, figure: str) -> float | None:
        """The middle one of the rounds; None where no round has it."""
        values = [each[figure] for each in self.rounds if figure in each]
        return statistics.median(values) if values else None


Results = Mapping[str, SideResult]


def measure(benchmark: Benchmark, *, scale: float, rounds: int | None = None, report: TextIO = sys.stderr) -> Results:
    """Run *benchmark*: a warm-up of each side, then the rounds, all sides in each, so that drift hits them alike."""
    results = {name: SideResult() for name in benchmark.sides}
    if benchmark.prepare is not None:
        benchmark.prepare(scale)
    for number in range(0 if benchmark.warmup else 1, (rounds or benchmark.rounds) + 1):
        for name, side in benchmark.sides.items():
            result = results[name]
            if result.missing is not None:
                continue
            try:
                figures, watch = _apart(side, scale) if benchmark.apart else _here(side, scale)
            except Missing as reason:
                result.missing = str(reason)
                continue
            took = f"{watch.wall_seconds:.2f} s, {watch.cpu_seconds:.2f} s CPU"
            print(f"{benchmark.id} {name} {'round ' + str(number) if number else 'warm-up'}: {took}", file=report)
            if number:
                timed = {"wall_seconds": watch.wall_seconds, "cpu_seconds": watch.cpu_seconds}
                result.rounds.append({**timed, **figures})
    return results


Done = tuple[Mapping[str, float], Watch]


def _here(side: Side, scale: float) -> Done:
    watch = Watch()
    return side(scale, watch), watch


def _apart(side: Side, scale: float) -> Done:
    """The same in a process of its own, which has what this one has loaded by now. Raises what it raises."""
    processes = multiprocessing.get_context("fork")
    ours, its = processes.Pipe(duplex=False)
    process = processes.Process(target=_tell, args=(side, scale, its))
    process.start()
    its.close()
    try:
        told: Done | Exception = ours.recv()
    except EOFError:
        told = RuntimeError("the process of a side died without a word")
    process.join()
    if isinstance(told, Exception):
        raise told
    return told


def _tell(side: Side, scale: float, connection: Connection) -> None:
    try:
        connection.send(_here(side, scale))
    except Exception as error:  # noqa: BLE001 -- it is raised where the side was asked for
        connection.send(error)


def judge(aim: Aim, results: Results) -> float | None:
    """The figure *aim* speaks of: a ratio pair by pair where there are two sides. None: a side did not run."""
    mine = [each.get(aim.figure) for each in results[aim.side].rounds]
    if aim.against is None:
        others: list[float | None] = [1.0] * len(mine)
    else:
        others = [each.get(aim.figure) for each in results[aim.against].rounds]
    pairs = zip(mine, others, strict=False)  # a side that failed half-way has fewer rounds
    ratios = [one / other for one, other in pairs if one is not None and other]
    return statistics.median(ratios) if ratios else None


def is_met(aim: Aim, value: float | None) -> str:
    """``met``, ``missed``, or ``not measured``."""
    if value is None:
        return "not measured"
    too_much = aim.at_most is not None and value > aim.at_most
    too_little = aim.at_least is not None and value < aim.at_least
    return "missed" if too_much or too_little else "met"


def machine() -> dict[str, Any]:
    """Where and under what load this was measured."""
    return {
        "cores": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def show(benchmark: Benchmark, results: Results, out: TextIO) -> None:
    """One table: a row a side, then a row an aim."""
    figures = list(dict.fromkeys(name for result in results.values() for each in result.rounds for name in each))
    print(f"\n{benchmark.id}  {benchmark.title}", file=out)
    width = max(len(name) for name in results)
    print("  ".join([" " * width, *(f"{name:>14}" for name in figures)]), file=out)
    for name, result in results.items():
        if result.missing is not None:
            print(f"{name:<{width}}  left out: {result.missing}", file=out)
            continue
        row = [result.median(figure) for figure in figures]
        print("  ".join([f"{name:<{width}}", *(f"{_number(value):>14}" for value in row)]), file=out)
    for aim in benchmark.aims:
        value = judge(aim, results)
        bound = f"at most {aim.at_most:g}" if aim.at_most is not None else f"at least {aim.at_least:g}"
        print(f"  {aim.what}: {_number(value)}  (aim: {bound}): {is_met(aim, value)}", file=out)


def write(path: Path, measured: Sequence[tuple[Benchmark, Results]], *, scale: float, begun: Mapping[str, Any]) -> None:
    """Everything as one document: every round's figures, the aims, and the machine before and after."""
    benchmarks = {
        benchmark.id: {
            "title": benchmark.title,
            "sides": {name: {"rounds": each.rounds, "missing": each.missing} for name, each in results.items()},
            "aims": [
                {"what": aim.what, "value": value, "result": is_met(aim, value)}
                for aim in benchmark.aims
                for value in [judge(aim, results)]
            ],
        }
        for benchmark, results in measured
    }
    document = {"scale": scale, "before": dict(begun), "after": machine(), "benchmarks": benchmarks}
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
