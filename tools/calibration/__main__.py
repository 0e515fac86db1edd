"""``make calibration``: simulate logs, infer, and write docs/calibration.md with its picture and ranks.

Takes about half an hour on two cores, nearly all of it for the fits. ``--simulations`` and ``--logs`` make it
shorter.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
import numpy as np

from iw.inference.arrays import Floats
from iw.report.canvas import DOWN, INK, MUTED, OTHER, RULE, Look, put_text, render, standalone
from tools.calibration.study import RANKED, Ranks, Variant, simulation_based, variants

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOCS = Path(__file__).resolve().parents[2] / "docs"
FOLDER = DOCS / "calibration"
SEED = 20261125


def main() -> None:
    """Run the study and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.calibration", description=__doc__)
    parser.add_argument("--simulations", type=int, default=500, help="fits whose ranks are taken")
    parser.add_argument("--logs", type=int, default=500, help="logs of each world that is not as modelled")
    given = parser.parse_args()
    began = time.perf_counter()

    def step(message: str) -> None:
        print(f"{time.perf_counter() - began:6.1f} s  {message}", file=sys.stderr, flush=True)

    def progress(done: int) -> None:
        if done % 25 == 0:
            step(f"{done} of {given.simulations} fits")

    ranks = simulation_based(given.simulations, SEED, progress)
    worlds = []
    for world in variants(given.logs, SEED):
        step(world.name)
        worlds.append(world)
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "ranks.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ranks.by_quantity)
        writer.writerows(zip(*ranks.by_quantity.values(), strict=True))
    (FOLDER / "ranks.svg").write_text(picture(ranks), encoding="utf-8")
    (DOCS / "calibration.md").write_text(page(ranks, worlds), encoding="utf-8")
    step("done")


def page(ranks: Ranks, worlds: list[Variant]) -> str:
    """The page, from its template."""
    count = len(ranks.truths)
    band = simultaneous_band(count)
    rows = []
    for name, values in ranks.by_quantity.items():
        ranked = np.array(values)
        inside = np.mean((ranked >= 0.05 * RANKED) & (ranked <= 0.95 * RANKED))
        rows.append((name, ranked.mean() / RANKED, inside, np.abs(deviation(ranked)).max() / band))
    beliefs, truths = np.array(ranks.beliefs), np.array(ranks.truths)
    template = jinja2.Template(
        (Path(__file__).parent / "page.md.j2").read_text(encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return template.render(
        count=count,
        rows=rows,
        outside=[name for name, _, _, reach in rows if reach > 1],
        believed=beliefs[np.arange(count), truths].mean(),
        expected=(beliefs**2).sum(axis=1).mean(),
        ranked=RANKED,
        worlds=worlds,
    )


def deviation(ranked: Floats) -> Floats:
    """(RANKED + 1,) how far the share of ranks up to each value lies above that of a uniform distribution."""
    steps = np.arange(RANKED + 1)
    return np.asarray(np.searchsorted(np.sort(ranked), steps, side="right") / len(ranked) - (steps + 1) / (RANKED + 1))


def simultaneous_band(count: int) -> float:
    """What the largest deviation of uniform ranks stays below in 95 of 100 studies of this size, by simulation."""
    rng = np.random.default_rng(1)
    largest = [np.abs(deviation(rng.integers(0, RANKED + 1, count))).max() for _ in range(2000)]
    return float(np.quantile(largest, 0.95))


def picture(ranks: Ranks) -> str:
    """One line for each quantity: how far its ranks are from uniform, between the limits of chance."""
    font, width, height = 10.0, 760.0, 300.0
    look = Look(width, height, font, "ranks", screen=False)
    band = simultaneous_band(len(ranks.truths))

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.08, 0.16, 0.88, 0.78))
        axes.set_facecolor("none")
        for spine in axes.spines.values():
            spine.set_visible(False)
        share = np.arange(RANKED + 1) / RANKED
        axes.fill_between([0, 1], -band, band, color=RULE, alpha=0.6, linewidth=0)
        for name, values in ranks.by_quantity.items():
            line = deviation(np.array(values))
            odd = np.abs(line).max() > band
            axes.plot(share, line, color=DOWN if odd else OTHER, linewidth=1.2 if odd else 0.7, alpha=0.9)
            if odd:
                at = int(np.abs(line).argmax())
                put_text(axes, share[at], line[at], name, look, dx=0.5 * font, color=INK)
        axes.set_xlim(0, 1)
        axes.set_ylim(-1.8 * band, 1.8 * band)
        axes.set_xlabel("rank of the true value among the draws", color=MUTED, fontsize=font)
        axes.set_ylabel("share of ranks, less that of chance", color=MUTED, fontsize=font)
        axes.tick_params(length=0, labelsize=font * 0.9, labelcolor=MUTED)

    return standalone(render(look, draw))


if __name__ == "__main__":
    main()
