"""``python -m benchmarks``: one table, from one run, on the screen and in ``benchmarks/results.md``.

Every contender's likelihood is checked against the product's own before it is timed. A contender that is not installed
is named so. The whole takes four to seven minutes, nearly all of it to compile the scan.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import arviz as az
import numpy as np
import nutpie
import pytensor

from benchmarks import filters, scan
from benchmarks.problems import Problem, parameters, problem
from iw.inference.arrays import Evidence, Floats
from iw.inference.belief import Believer
from iw.inference.kernel_data import LikelihoodData
from iw.inference.likelihood import log_likelihood_and_gradient
from iw.inference.model import build_model

RESULTS = Path(__file__).parent / "results.md"
PACKAGES = ("numpy", "numba", "pymc", "pytensor", "nutpie", "hmmlearn", "jax")
CHAINS, DRAWS = 4, 500
PROBLEMS = 13
_COLD = "IW_BENCHMARKS_COLD"  # set in the process whose caches on disk were empty when it began


class Row(NamedTuple):
    """One line of the table: what was measured, by whom, the figure, and how many times as good the product is."""

    what: str
    contender: str
    figure: str
    ratio: str


def main() -> None:
    """Run everything; print and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--date", type=date.fromisoformat, default=date.today(), help="date to put on the results")
    parser.add_argument("--skip-fit", action="store_true", help="leave out the fits, which take minutes")
    given = parser.parse_args()
    if _COLD not in os.environ:
        raise SystemExit(_with_empty_caches())
    rows: dict[str, list[Row]] = {"filter": [], "update": [], "gradient": [], "fit": []}
    # The fit first: what it compiles must not have been compiled for another part.
    for part, measure in (
        ("fit", fit_rows),
        ("filter", filter_rows),
        ("update", update_rows),
        ("gradient", gradient_rows),
    ):
        if not (part == "fit" and given.skip_fit):
            _say(f"{part} ...")
            rows[part] = measure()
    text = _page([row for part in rows.values() for row in part], given.date)
    print(text)
    RESULTS.write_text(text, encoding="utf-8")


def _with_empty_caches() -> int:
    """Run the same command again, with caches of its own that start empty: compilation is part of what is measured."""
    with tempfile.TemporaryDirectory() as folder:
        caches = {"NUMBA_CACHE_DIR": f"{folder}/numba", "PYTENSOR_FLAGS": f"base_compiledir={folder}/pytensor"}
        command = [sys.executable, "-m", "benchmarks", *sys.argv[1:]]
        return subprocess.run(command, env=os.environ | caches | {_COLD: "1"}, check=False).returncode


def filter_rows() -> list[Row]:
    """The filter over 2,000 draws, ten years, 1,000 events, 4 scenarios, 20 indicators."""
    many = problem(scenarios=4, indicators=20, days=3653, events=1000, regimes=12, draws=2000)
    one_regime = problem(scenarios=4, indicators=20, days=3653, events=1000, regimes=1, draws=2000)
    bursts = problem(scenarios=4, indicators=20, days=3653, events=1000, regimes=12, draws=2000, aftershocks=True)
    both = problem(
        scenarios=4, indicators=20, days=3653, events=1000, regimes=12, draws=2000, aftershocks=True, drift=True
    )
    rows = []
    for what, data, contenders in (
        ("filter, 12 regimes, aftershocks, drift", both, {}),
        ("filter, 12 regimes, aftershocks", bursts, {}),
        ("filter, 12 regimes", many, {"NumPy": filters.by_numpy, "JAX": filters.by_jax}),
        ("filter, 1 regime", one_regime, {"hmmlearn": filters.by_hmmlearn}),
    ):
        work = len(data.draws) * len(data.evidence.obs_day)
        mine = filters.by_iw(data)
        expected, seconds = mine(), _best(mine, 15)
        rows.append(Row(what, "iw", f"{work / seconds / 1e6:.3g} M draw-events/s", "1"))
        for name, build in contenders.items():
            if find_spec(name.lower()) is None:
                rows.append(Row(what, name, "not installed", ""))
                continue
            run = build(data)
            _check(name, run(), expected)
            theirs = _best(run, 3)
            rows.append(Row(what, name, f"{work / theirs / 1e6:.3g} M draw-events/s", f"{theirs / seconds:.3g}"))
    return rows


def update_rows() -> list[Row]:
    """One more event in each of 13 problems of 2,000 draws, ten years, 100 events, 4 scenarios, 20 indicators."""
    many = [
        problem(scenarios=4, indicators=20, days=3653, events=100, regimes=12, draws=2000, seed=seed)
        for seed in range(PROBLEMS)
    ]
    seconds = {
        "iw, anew from the draws": _best(
            lambda: [Believer(one.spec, one.draws).believe(one.evidence) for one in many], 3
        )
    }
    for name, back in (("an event 1,000 days old", 1000), ("an event 60 days old", 60)):
        updates = []
        for one in many:
            m = min(int(np.searchsorted(one.evidence.obs_day, one.evidence.days - back)), len(one.evidence.obs_day) - 1)
            believer = Believer(one.spec, one.draws)
            believer.believe(one.evidence.without({m}))
            updates.append((believer, one.evidence))
        seconds[f"iw, {name}"] = _best(partial(_believe_all, updates), 5)
    quickest = min(seconds.values())
    return [
        Row("update of 13 problems", name, f"{1000 * figure:.3g} ms", f"{figure / quickest:.3g}")
        for name, figure in reversed(seconds.items())
    ]


def _believe_all(updates: list[tuple[Believer, Evidence]]) -> None:
    for believer, evidence in updates:
        believer.believe(evidence)


def gradient_rows() -> list[Row]:
    """Log-likelihood and gradient of one draw: 100 events, 20 indicators, 4 scenarios, ten years, 12 regimes."""
    what = "log-likelihood and gradient"
    one = problem(scenarios=4, indicators=20, days=3653, events=100, regimes=12, draws=1)
    at = [value[0] for value in parameters(one.spec, 1, 1, 3653)]
    data = LikelihoodData.of(one.spec, one.evidence)
    value, *gradient = log_likelihood_and_gradient(*at, *data)
    seconds = _best(partial(log_likelihood_and_gradient, *at, *data), 500)

    at = at[:4]  # the scan knows neither aftershocks nor drift, and this problem has none
    inputs = [pytensor.tensor.TensorType("float64", (None,) * part.ndim)() for part in at]
    graph = scan.log_likelihood(one, *inputs)
    compiled = pytensor.function(inputs, [graph, *pytensor.grad(graph, inputs)])
    theirs = compiled(*at)
    _check("scan", theirs[0], value)
    for mine, other in zip(gradient[:4], theirs[1:], strict=True):
        _check("scan's gradient", other, mine)
    scan_seconds = _best(lambda: compiled(*at), 50)
    return [
        Row(what, "iw", f"{seconds * 1e6:.3g} µs", "1"),
        Row(what, "PyTensor scan", f"{scan_seconds * 1e6:.3g} µs", f"{scan_seconds / seconds:.3g}"),
    ]


def fit_rows() -> list[Row]:
    """A fit by nutpie: 3 scenarios, 6 indicators, three years, 60 events, 3 regimes; 4 chains of 500 + 500."""
    one = problem(scenarios=3, indicators=6, days=1096, events=60, regimes=3, draws=1)
    models = {"iw": build_model(one.spec, one.evidence), "PyTensor scan": scan.model(one)}
    _check("the scan's model", _potential(models["PyTensor scan"], one), _potential(models["iw"], one))
    measured = {}
    for name, model in models.items():
        _say(f"fit: {name} ...")
        started = time.perf_counter()
        compiled = nutpie.compile_pymc_model(model)
        compilation = time.perf_counter() - started
        settings: dict[str, Any] = {"chains": CHAINS, "cores": 2, "target_accept": 0.9, "progress_bar": False}
        nutpie.sample(compiled, draws=1, tune=1, seed=1, **settings)  # what only the first call loads
        started = time.perf_counter()
        data = nutpie.sample(compiled, draws=DRAWS, tune=DRAWS, seed=1, **settings)
        measured[name] = compilation, time.perf_counter() - started, _least_ess(data, one)
    mine = measured["iw"]
    rows = []
    for name, (_, sampling, ess) in measured.items():
        gain = (mine[2] / mine[1]) / (ess / sampling)
        rows.append(
            Row(
                "fit, least ESS per second",
                name,
                f"{ess / sampling:.3g} (ESS {ess:.0f} in {sampling:.3g} s)",
                f"{gain:.3g}",
            )
        )
    for name, (compilation, _, _) in measured.items():
        rows.append(Row("fit, compilation", name, f"{compilation:.3g} s", f"{compilation / mine[0]:.3g}"))
    return rows


def _least_ess(data: Any, one: Problem) -> float:
    """The least bulk ESS of the parameters that the problem has; padding is left out."""
    rows, _ = one.spec.departures
    posterior = data["posterior"]
    values = (
        posterior["log_rate"].values[:, :, : len(one.spec.indicators)],
        posterior["log_mult"].values[:, :, : len(rows)],
        posterior["log_dwell"].values[:, :, : len(one.spec.scenarios)],
        posterior["stick"].values[:, :, : len(one.spec.scenarios), : len(one.spec.scenarios) - 2],
    )
    columns = np.concatenate([array.reshape(*array.shape[:2], -1) for array in values], axis=2)
    return min(float(az.ess(columns[:, :, k])) for k in range(columns.shape[2]))


def _potential(model: Any, one: Problem) -> Floats:
    """A model's log-likelihood at one point of its own (padded) size, whose used part is always the same."""
    g = np.random.default_rng(0)
    at = {
        "log_rate": one.spec.log_rate_mean + g.normal(0, 0.2, len(one.spec.indicators)),
        "log_mult": g.normal(0, 0.2, len(one.spec.departures[0])),
        "log_dwell": g.normal(0, 0.2, len(one.spec.scenarios)),
        "stick_logodds__": g.normal(0, 0.2, (len(one.spec.scenarios), len(one.spec.scenarios) - 2)),
    }
    variables = model.continuous_value_vars
    point = {variable.name: np.zeros(model.initial_point()[variable.name].shape) for variable in variables}
    for name, values in at.items():
        point[name][tuple(slice(0, length) for length in values.shape)] = values
    graph = model.replace_rvs_by_values(model.potentials)
    compiled = pytensor.function(variables, graph, mode="FAST_COMPILE")
    return np.asarray(compiled(*(point[variable.name] for variable in variables))[0])


def _best(run: Callable[[], object], times: int) -> float:
    """Seconds of the quickest of some runs, after one that does not count."""
    run()
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _check(name: str, theirs: Any, mine: Any) -> None:
    worst = float(np.max(np.abs(np.asarray(theirs) - np.asarray(mine)), initial=0.0))
    if not worst < 1e-8 * (1 + float(np.max(np.abs(mine), initial=0.0))):
        raise SystemExit(f"{name} disagrees by {worst:.3g}; nothing was timed")


def _page(rows: list[Row], on: date) -> str:
    head = Row("what", "by", "figure", "iw is so many times better")
    widths = [max(len(row[k]) for row in [head, *rows]) for k in range(4)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in [head, *rows]
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    notes = [
        "All contenders computed the same log-likelihoods (checked to 1e-8 first). Filter: 2,000 draws, 4 scenarios,",
        "20 indicators, 1,000 events in ten years; hmmlearn knows a single regime only and steps day by day, draw by",
        "draw. Update: 2,000 draws, 100 events, 12 regimes; each problem was believed before without the event.",
        "Gradient: 100 events, 20 indicators, 4 scenarios, ten years, 12 regimes. Fit: 3 scenarios, 6",
        f"indicators, 60 events in three years, {CHAINS} chains of {DRAWS} + {DRAWS} iterations by nutpie; the scan",
        "has the same priors and data, unpadded. Compilation starts from empty caches; iw's includes its own kernels.",
    ]
    return "\n".join(
        ["# Benchmarks", "", f"{on.isoformat()}; {_machine()}; {_versions()}.", "", *lines, "", *notes, ""]
    )


def _machine() -> str:
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        name = names[0] if names else name
    return f"{os.cpu_count()} cores of {name}, {platform.system()}"


def _versions() -> str:
    parts = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(parts)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
