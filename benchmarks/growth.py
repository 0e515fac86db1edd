"""Cost against the number of events, from 100 to 100,000 in ten years: is it linear?"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measure import Bench, Row, best, duration
from benchmarks.problems import parameters, problem
from iw.report.canvas import INK, MUTED, OTHER, RULE, WARNED, Look, bare_axes, put_text, render, standalone

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EVENTS = (100, 1_000, 10_000, 100_000)
PICTURE = Path(__file__).parent / "growth.svg"
LOOK = Look(width=480, height=300, font=11, prefix="growth-", screen=False)
WHAT = {
    "filter": "filter, 2,000 draws",
    "filter with aftershocks": "filter, 2,000 draws, aftershocks",
    "gradient": "log-likelihood and gradient, 1 draw, aftershocks",
}


def rows(bench: Bench) -> list[Row]:
    """One row for each size and kind, and the exponent of the growth; draws the picture."""
    figures = bench.contender("growth", "measured")
    if "failed" in figures:
        return [Row("events in ten years", "iw", figures["failed"])]
    sizes = figures["events"]
    found = []
    for key, what in WHAT.items():
        for events, seconds in zip(sizes, figures[key], strict=True):
            each = duration(seconds / events)
            found.append(Row(what, f"{events:,} events", f"{duration(seconds)} ({each} an event)"))
        steepest = np.log(figures[key][-1] / figures[key][-2]) / np.log(sizes[-1] / sizes[-2])
        found.append(Row(what, "exponent of the last step", f"{steepest:.2f}"))
    if not bench.small:
        PICTURE.write_text(standalone(render(LOOK, partial(_draw, figures))), encoding="utf-8")
    return found


def measured(small: bool) -> dict[str, list[float]]:
    """Seconds of the quickest run for each number of events; 12 regimes, 4 scenarios, 20 indicators."""
    from iw.inference.filter import filter_draws
    from iw.inference.kernel_data import LikelihoodData
    from iw.inference.likelihood import log_likelihood_and_gradient

    sizes = EVENTS[:2] if small else EVENTS
    found: dict[str, list[float]] = {"events": list(sizes), **{key: [] for key in WHAT}}
    for events in sizes:
        size = {"scenarios": 4, "indicators": 20, "days": 3653, "events": events, "regimes": 12}
        repeats = 10 if events < 10_000 else 3
        for key, aftershocks in (("filter", False), ("filter with aftershocks", True)):
            one = problem(**size, draws=130 if small else 2000, aftershocks=aftershocks)
            found[key].append(best(partial(filter_draws, *one), repeats))
        one = problem(**size, draws=1, aftershocks=True)
        at = [value[0] for value in parameters(one.spec, 1, 1, one.evidence.days)]
        data = LikelihoodData.of(one.spec, one.evidence)
        found["gradient"].append(best(partial(log_likelihood_and_gradient, *at, *data), repeats))
    return found


def _draw(figures: dict[str, list[float]], figure: Figure) -> None:
    """Seconds against events on logarithmic scales, with a line of slope one for comparison."""
    axes = bare_axes(figure, LOOK, left=5, right=10, top=2.2, bottom=3)
    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes = np.array(figures["events"], float)
    axes.grid(color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    linear = figures["filter"][-1] * sizes / sizes[-1] / 4
    axes.plot(sizes, linear, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    put_text(axes, sizes[-1], linear[-1], "linear", LOOK, dx=6, color=MUTED)
    names = {"filter": "filter", "filter with aftershocks": "with aftershocks", "gradient": "gradient, one draw"}
    for key, color in (("filter with aftershocks", WARNED), ("filter", OTHER), ("gradient", INK)):
        axes.plot(sizes, figures[key], color=color, linewidth=1.6, marker="o", markersize=3.5)
    last = {key: figures[key][-1] for key in names}
    apart = max(last["filter with aftershocks"], 2 * last["filter"])  # so that the two names do not touch
    for key, y, color in (
        ("filter with aftershocks", apart, WARNED),
        ("filter", last["filter"], OTHER),
        ("gradient", last["gradient"], INK),
    ):
        put_text(axes, sizes[-1], y, names[key], LOOK, dx=6, color=color)
    axes.set_xticks(sizes, [f"{size:,.0f}" for size in sizes])
    axes.set_yticks([1e-4, 1e-3, 1e-2, 1e-1, 1, 10], ["0.1 ms", "1 ms", "10 ms", "0.1 s", "1 s", "10 s"])
    axes.minorticks_off()
    axes.set_xlabel("events in ten years", color=MUTED, fontsize=LOOK.font)
    axes.set_title("Seconds for one pass", color=INK, fontsize=LOOK.font, loc="left")
