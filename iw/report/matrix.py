"""The likelihood matrix of a problem as a picture: scenarios in rows, indicators in columns, the most telling first."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from iw.catalogue import Problem
from iw.catalogue.diagnosticity import Diagnostic
from iw.report.canvas import DOWN, INK, MUTED, PAPER, RULE, UP, Chart, Look, bare_axes, put_text, render, standalone

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FONT = 9.0
_CELL = 3.5  # width and height of a cell, in font sizes
_NAMES = 15.0  # room for the scenarios' names
_HEADS = 20.0  # room above for the indicators' names, which stand aslant
_ASIDE = 10.5  # and on their right
_BARS = 4.2  # room for the bars of expected information
_STRONGEST = math.log(30)
_KEY = """Cells: times the rate under
the status quo (grey name);
= the same; only, ~0: in one
scenario only. Bold: warned of."""


def ratio_word(ratio: float) -> str:
    """A ratio as a cell shows it: ``×30``, ``×1.5``, ``÷3``, ``=``; ``only`` and ``~0`` for "only then"."""
    if abs(math.log(ratio)) < 0.02:
        return "="
    if ratio <= 1.01e-3:
        return "~0"
    if ratio >= 990:
        return "only"
    sign, size = ("×", ratio) if ratio > 1 else ("÷", 1 / ratio)
    return f"{sign}{size:.0f}" if size >= 9.5 else f"{sign}{size:.2g}"


def matrix_picture(problem: Problem, rows: Sequence[Diagnostic], days: float) -> Chart:
    """The SVG and what it shows, in words; ``rows`` as `iw.catalogue.diagnosticity` ranks them."""
    width = _FONT * (_NAMES + _CELL * len(rows) + _ASIDE)
    height = _FONT * (_HEADS + _CELL * len(problem.scenarios) + _BARS + 3.2)

    def draw(figure: Figure) -> None:
        look = Look(width, height, _FONT, "matrix", screen=False)
        axes = bare_axes(figure, look, left=_NAMES, right=_ASIDE, top=_HEADS, bottom=_BARS + 3.2)
        _cells(axes, problem, rows, look)
        bars = bare_axes(figure, look, left=_NAMES, right=_ASIDE, top=look.height / _FONT - _BARS - 2.6, bottom=2.6)
        _bars(bars, rows, look, days)

    return Chart(standalone(render(Look(width, height, _FONT, "matrix", screen=False), draw)), _alt(problem, rows))


def _cells(axes: Axes, problem: Problem, rows: Sequence[Diagnostic], look: Look) -> None:
    from matplotlib.patches import Rectangle

    for x, row in enumerate(rows):
        for y, scenario in enumerate(problem.scenarios):
            strength = max(-1.0, min(1.0, math.log(row.ratios[scenario.id]) / _STRONGEST))
            colour = UP if strength > 0 else DOWN
            box = Rectangle((x + 0.04, y + 0.04), 0.92, 0.92, linewidth=0)
            box.set_facecolor((*_rgb(colour), 0.75 * abs(strength)) if strength else (*_rgb(RULE), 0.35))
            axes.add_patch(box)
            ink = PAPER if abs(strength) > 0.75 else INK if strength else MUTED
            put_text(axes, x + 0.5, y + 0.5, ratio_word(row.ratios[scenario.id]), look, align="center", color=ink)
        axes.annotate(
            row.indicator,
            (x + 0.5, -0.12),
            rotation=60,
            rotation_mode="anchor",
            ha="left",
            va="center",
            fontsize=look.font * 0.95,
            color=INK,
            annotation_clip=False,
        )
    for y, scenario in enumerate(problem.scenarios):
        title = "\n".join(textwrap.wrap(scenario.title, 23, max_lines=2, placeholder="…"))
        weight = "bold" if scenario.id in problem.warned else "normal"
        ink = MUTED if scenario.id == problem.status_quo else INK
        put_text(axes, 0, y + 0.5, title, look, dx=-0.6 * look.font, align="right", weight=weight, color=ink)
    left = -(_NAMES - 0.6) * look.font
    heading = "\n".join(textwrap.wrap(problem.title, 24, max_lines=3, placeholder="…"))
    put_text(axes, 0, 0.8 - _HEADS / _CELL, heading, look, dx=left, weight="bold")
    put_text(axes, 0, 2.6 - _HEADS / _CELL, _KEY, look, dx=left, color=MUTED)
    axes.set_xlim(0, len(rows))
    axes.set_ylim(len(problem.scenarios), 0)
    axes.set_xticks([])
    axes.set_yticks([])


def _bars(axes: Axes, rows: Sequence[Diagnostic], look: Look, days: float) -> None:
    tallest = max((row.expected_bits for row in rows), default=0.0) or 1.0
    for x, row in enumerate(rows):
        axes.bar(x + 0.5, row.expected_bits / tallest, width=0.6, color=MUTED)
        label = f"{1000 * row.expected_bits:.2g}" if row.expected_bits < 0.1 else f"{1000 * row.expected_bits:.0f}"
        axes.annotate(
            label, (x + 0.5, 0), xytext=(0, -look.font * 0.9), textcoords="offset points", ha="center", va="center",
            fontsize=look.font * 0.9, color=MUTED, annotation_clip=False,
        )  # fmt: skip
    title = f"expected information\nin {days:.0f} days, millibits"
    put_text(axes, 0, 0.35, title, look, dx=-0.6 * look.font, align="right", color=MUTED)
    axes.set_xlim(0, len(rows))
    axes.set_ylim(0, 1.05)
    axes.set_xticks([])
    axes.set_yticks([])


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue


def _alt(problem: Problem, rows: Sequence[Diagnostic]) -> str:
    best = ", ".join(row.indicator for row in rows[:3])
    return (
        f"How many times the status quo's rate each of {len(rows)} indicators has in each of "
        f"{len(problem.scenarios)} scenarios of {problem.title}; most telling: {best}."
    )
