"""Priors against what the documents report, and what the tracker would have said of what has since been settled."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from iw.assessment.predictive import PredictedCount, prior_predictive
from iw.core.dates import end_of_day
from iw.inference.belief import weighted_quantile
from iw.inference.question import Asked, any_shown_probs
from iw.log.records import Marking
from iw.report.canvas import DOWN, INK, MUTED, OTHER, RULE, Look, put_text, render, standalone
from iw.workspace import Workspace
from tools.case_study.episodes import LAST

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OUTCOMES = Path(__file__).with_name("outcomes.csv")
SURPRISING = 0.05


def predictions(watch: Workspace) -> dict[str, list[PredictedCount]]:
    """Simulated and reported counts of every problem's indicators, from its start to the end of the evidence."""
    return {
        name: prior_predictive(
            watch._beliefs, name, LAST, end_of_day(LAST), Marking.CLEAR, np.random.default_rng(crc32(name.encode()))
        )
        for name in watch.problems()
    }


def prediction_rows(predicted: Mapping[str, Sequence[PredictedCount]]) -> Iterable[Sequence[object]]:
    """The table that is kept beside the page."""
    yield "problem", "indicator", "seen", "mean", "low", "high", "tail"
    for name, rows in predicted.items():
        for row in rows:
            yield name, row.indicator, f"{row.seen:.2f}", f"{row.mean:.2f}", row.low, row.high, f"{row.tail:.4f}"


def prediction_picture(predicted: Mapping[str, Sequence[PredictedCount]]) -> str:
    """One row for each problem: where each indicator's reported count lies among its simulated ones."""
    names = list(predicted)
    font, width = 10.0, 760.0
    height = font * (2.0 * len(names) + 5)
    look = Look(width, height, font, "predictive", screen=False)

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.2, 3.6 * font / height, 0.77, 1 - 4.2 * font / height))
        axes.set_facecolor("none")
        for spine in axes.spines.values():
            spine.set_visible(False)
        for y, name in enumerate(names):
            rows = predicted[name]
            below = np.array([row.tail if row.seen < row.mean else 1 - row.tail for row in rows])
            odd = np.array([row.tail < SURPRISING for row in rows])
            offset = np.linspace(-0.22, 0.22, len(rows))
            axes.axhline(y, color=RULE, linewidth=0.6, zorder=0)
            axes.scatter(below[~odd], y + offset[~odd], s=14, color=OTHER, alpha=0.7, linewidths=0)
            axes.scatter(below[odd], y + offset[odd], s=22, color=DOWN, linewidths=0)
            put_text(axes, 0, y, name, look, dx=-0.8 * font, align="right", color=INK)
        for edge in (SURPRISING, 1 - SURPRISING):
            axes.axvline(edge, color=MUTED, linewidth=0.6, linestyle=(0, (2, 2)))
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks([])
        labels = ["5 %\nfewer than expected", "as expected", "95 %\nmore than expected"]
        axes.set_xticks([SURPRISING, 0.5, 1 - SURPRISING], labels)
        axes.tick_params(length=0, labelsize=font * 0.9, labelcolor=MUTED)

    return standalone(render(look, draw))


@dataclass(frozen=True)
class Settled:
    """A scenario that the documents stated, what the tracker would have said of it, and what came of it."""

    subject: str
    document: str
    asked_on: date
    until: date
    chance: float
    low: float
    high: float
    outcome: str  # yes or no
    ground: str

    @property
    def brier(self) -> float:
        """Squared distance of the chance from what came: 0 to 1."""
        return (self.chance - (self.outcome == "yes")) ** 2


def settled(watch: Workspace) -> list[Settled]:
    """Every line of outcomes.csv: a question's chance of being answered yes, or a scenario's of being visited."""
    with OUTCOMES.open(encoding="utf-8", newline="") as file:
        return [_settled(watch, line) for line in csv.DictReader(file)]


def _settled(watch: Workspace, line: Mapping[str, str]) -> Settled:
    asked_on, until = date.fromisoformat(line["asked_on"]), date.fromisoformat(line["until"])
    belief = watch.belief(line["problem"], as_of=asked_on)
    days = (until - asked_on).days
    if line["scenario"]:
        found = belief.visited([line["scenario"]], days)
        chance, low, high = found.mean, found.low, found.high
    else:
        column = belief.spec.indicators.index(line["indicator"])
        coverage = watch.catalogue.indicator(line["indicator"]).coverage
        known = (belief.spec, belief.state, belief.draws, belief.evidence.arrays)
        every_day = np.full((days, len(belief.spec.indicators)), coverage)
        probs = any_shown_probs(*known, Asked(column, 1, every_day, 1.0, 0.0, (1.0, 1.0)))
        chance = float(belief.state.weights @ probs)
        low, high = weighted_quantile(probs, belief.state.weights, (0.05, 0.95))
    asked = (line["subject"], line["document"], asked_on, until)
    return Settled(*asked, chance, float(low), float(high), line["outcome"], line["ground"])
