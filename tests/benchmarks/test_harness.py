# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""What the benchmarks print can be believed."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from attrs import evolve

from tests.benchmarks.__main__ import benchmarks, main
from tests.benchmarks.harness import (
    Aim,
    Benchmark,
    Missing,
    Side,
    SideResult,
    Watch,
    is_met,
    judge,
    measure,
    show,
    write,
)


def side(*figures: float, order: list[str] | None = None, name: str = "") -> Side:
    """A side that takes these numbers of items, one a round."""
    left = list(figures)

    def work(scale: float, watch: Watch) -> Mapping[str, float]:
        if order is not None:
            order.append(name)
        with watch:
            pass
        return {"items": left.pop(0) * scale}

    return work


def absent(scale: float, watch: Watch) -> Mapping[str, float]:
    """A side that cannot run."""
    raise Missing("it is not installed")


def test_sides_take_turns_and_the_warm_up_does_not_count() -> None:
    """What drifts on the machine meets every side alike."""
    order: list[str] = []
    sides = {"ours": side(9, 1, 2, order=order, name="ours"), "theirs": side(9, 3, 4, order=order, name="theirs")}
    benchmark = Benchmark(id="P0", title="Counting", sides=sides)

    results = measure(benchmark, scale=10, rounds=2, report=io.StringIO())

    assert order == ["ours", "theirs"] * 3
    assert [each["items"] for each in results["ours"].rounds] == [10, 20]


@pytest.mark.parametrize("apart", [False, True])
def test_a_side_of_a_process_of_its_own_leaves_nothing_behind(apart: bool) -> None:
    """Its figures and its time come back, and so does what it raises; what all need is there before."""
    left: list[float] = []

    def work(scale: float, watch: Watch) -> Mapping[str, float]:
        left.append(scale)
        with watch:
            sum(range(200_000))
        return {"items": float(len(left))}

    def broken(scale: float, watch: Watch) -> Mapping[str, float]:
        raise ZeroDivisionError("a side's bug")

    asked: list[float] = []
    sides = {"ours": work, "theirs": absent}
    benchmark = Benchmark(id="P0", title="Counting", sides=sides, warmup=False, apart=apart, prepare=asked.append)
    results = measure(benchmark, scale=2, rounds=2, report=io.StringIO())

    assert asked == [2]
    assert [each["items"] for each in results["ours"].rounds] == ([1, 1] if apart else [1, 2])
    assert all(each["wall_seconds"] > 0 for each in results["ours"].rounds)
    assert left == ([] if apart else [2, 2])
    assert results["theirs"].missing == "it is not installed"
    with pytest.raises(ZeroDivisionError, match="a side's bug"):
        measure(evolve(benchmark, sides={"ours": broken}), scale=2, rounds=1, report=io.StringIO())


def test_an_aim_is_the_median_of_the_ratios_of_each_round() -> None:
    """Not the ratio of medians: the pairs were measured side by side."""
    ours = SideResult([{"items": 1}, {"items": 10}, {"items": 6}])
    theirs = SideResult([{"items": 2}, {"items": 10}, {"items": 2}])
    aim = Aim(what="items", side="ours", against="theirs", figure="items", at_most=1.0)

    value = judge(aim, {"ours": ours, "theirs": theirs})

    assert value == 1.0
    assert is_met(aim, value) == "met"
    assert is_met(aim, 1.01) == "missed"
    assert is_met(aim, None) == "not measured"


def test_a_product_that_is_missing_is_left_out_with_the_reason(tmp_path: Path) -> None:
    """The others are measured, and nothing is made up for it."""
    aims = (Aim(what="ratio", side="ours", against="theirs", at_most=1.0),)
    benchmark = Benchmark(id="P0", title="Counting", sides={"ours": side(1, 1), "theirs": absent}, aims=aims)
    results = measure(benchmark, scale=1, rounds=1, report=io.StringIO())
    out = io.StringIO()

    show(benchmark, results, out)
    write(tmp_path / "bench.json", [(benchmark, results)], scale=1, begun={})

    assert "left out: it is not installed" in out.getvalue()
    assert "not measured" in out.getvalue()
    written = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert written["benchmarks"]["P0"]["sides"]["theirs"] == {"rounds": [], "missing": "it is not installed"}


def test_every_benchmark_compares_sides_that_it_has() -> None:
    """An aim that names a side which is not there would never be measured."""
    for id_, benchmark in benchmarks().items():
        assert benchmark.id == id_
        for aim in benchmark.aims:
            assert {aim.side, aim.against or aim.side} <= set(benchmark.sides)
            assert aim.at_most is not None or aim.at_least is not None


def test_an_unknown_benchmark_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A typing error does not look like a quick run."""
    with pytest.raises(SystemExit, match="2"):
        main(["P99"])

    assert "there is no benchmark P99" in capsys.readouterr().err
