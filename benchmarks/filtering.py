"""Filtering: 2,000 draws, 4 scenarios, 20 indicators, 1,000 events in ten years; and one dense sequence."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.filters import BUILDERS
from benchmarks.measure import Bench, Row, best, check, duration, installed, times
from benchmarks.problems import Problem, dense, problem


class Case(NamedTuple):
    """One problem and who filters it; the first contender is the product."""

    what: str
    problem: Problem
    contenders: dict[str, str]  # name in the table -> builder
    dense: bool = False


NEEDS = {"NumPy": "numpy", "JAX": "jax", "hmmlearn": "hmmlearn", "dynamax": "dynamax"}


def rows(bench: Bench) -> list[Row]:
    """One row for each contender of each case; then how near the arithmetic limit the product is."""
    found = [row for case in _cases(bench.small) for row in _case_rows(bench, case)]
    return found + _roof_rows(bench)


def _cases(small: bool) -> list[Case]:
    size: dict[str, Any] = {"scenarios": 4, "indicators": 20, "days": 3653, "events": 1000, "draws": 2000}
    if small:
        size |= {"days": 365, "events": 40, "draws": 130}
    return [
        Case("aftershocks, 12 regimes", problem(**size, regimes=12, aftershocks=True), {"iw": "iw"}),
        Case("aftershocks, drift, 12 regimes", problem(**size, regimes=12, aftershocks=True, drift=True), {"iw": "iw"}),
        Case("12 regimes", problem(**size, regimes=12), {"iw": "iw", "JAX": "JAX", "NumPy": "NumPy"}),
        Case(
            "1 regime",
            problem(**size, regimes=1),
            {"iw": "iw", "hmmlearn": "hmmlearn", "dynamax": "dynamax"},
        ),
        Case(
            "one dense sequence",
            dense(500 if small else 10_000),
            {
                "iw": "dense forward",
                "iw, with the gradient": "dense iw",
                "iw, as one of many draws": "iw",
                "hmmlearn": "dense hmmlearn",
            },
            dense=True,
        ),
    ]


def _case_rows(bench: Bench, case: Case) -> list[Row]:
    path = bench.folder / f"{case.what}.pickle"
    path.write_bytes(pickle.dumps(case.problem))
    result: list[Row] = []
    work = len(case.problem.draws) * max(len(case.problem.evidence.obs_day), len(case.problem.evidence.given_day))
    mine: dict[str, float] = {}
    for name, builder in case.contenders.items():
        if name in NEEDS and not installed(NEEDS[name]):
            result.append(Row(case.what, name, "not installed"))
            continue
        figures = bench.contender("filtering", "timed", path=str(path), builder=builder)
        if "failed" in figures:
            result.append(Row(case.what, name, figures["failed"]))
            continue
        seconds = figures["seconds"]
        # The second whole process finds its compiled code in the cache, whatever the first one had to compile.
        whole = min(
            bench.contender("filtering", "once", path=str(path), builder=builder)["seconds_whole"] for _ in range(2)
        )
        mine = mine or {"seconds": seconds, "whole": whole}
        unit = "M observations/s" if case.dense else "M draw-events/s"
        result.append(
            Row(
                case.what,
                name,
                f"{work / seconds / 1e6:.3g} {unit} ({duration(seconds)})",
                times(seconds, mine["seconds"]),
                duration(whole),
                times(whole, mine["whole"]),
            )
        )
    return result


def timed(small: bool, path: str, builder: str) -> dict[str, float]:
    """Seconds of the quickest filter in this process, once its log-likelihoods are those of the product."""
    one: Problem = pickle.loads(Path(path).read_bytes())
    run = BUILDERS[builder](one)
    check(builder, run(), BUILDERS["iw"](one)())
    return {"seconds": best(run, 3 if small else (15 if builder == "iw" or builder.startswith("dense") else 3))}


def once(small: bool, path: str, builder: str) -> dict[str, float]:
    """One filter and nothing else, for the whole process's time."""
    return {"sum": float(BUILDERS[builder](pickle.loads(Path(path).read_bytes()))().sum())}


def _roof_rows(bench: Bench) -> list[Row]:
    figures = bench.contender("roof", "measured", path=str(bench.folder / "12 regimes.pickle"))
    if "failed" in figures:
        return [Row("arithmetic limit", "products alone", figures["failed"])]
    what = "12 regimes, limits"
    return [
        Row(
            what,
            f"its {figures['products']:.3g} products a draw-event, alone",
            f"{figures['products_rate'] / 1e6:.3g} M draw-events/s",
            f"{figures['iw_rate'] / figures['products_rate']:.2g}",
        ),
        Row(
            what,
            f"its {figures['flops']:.3g} flops a draw-event at the peak of {figures['peak'] / 1e9:.3g} Gflop/s",
            f"{figures['peak_rate'] / 1e6:.3g} M draw-events/s",
            f"{figures['iw_rate'] / figures['peak_rate']:.2g}",
        ),
    ]
