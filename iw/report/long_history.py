"""The beliefs of one problem over many years: a row for each scenario on a common axis of time, with named dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from iw.assessment.records import HistoryPoint
from iw.catalogue import Problem, Scenario
from iw.report import numbers
from iw.report.canvas import INK, MUTED, OTHER, RULE, STATUS_QUO, WARNED, Chart, Look, put_text, render, standalone
from iw.report.charts import band, history_top, line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, _FONT = 760.0, 10.0
_ROW, _TOP, _BOTTOM, _LEFT, _RIGHT = 7.4, 3.6, 2.0, 3.6, 4.4  # in font sizes


def long_history(problem: Problem, points: Sequence[HistoryPoint], marks: Mapping[date, str]) -> Chart:
    """The picture and what it shows in words; ``marks`` are the dates to be named above the rows."""
    rows = problem.scenarios
    height = _FONT * (_TOP + _ROW * len(rows) + _BOTTOM)
    look = Look(WIDTH, height, _FONT, f"history-{problem.id}", screen=False)

    def draw(figure: Figure) -> None:
        for row, scenario in enumerate(rows):
            top = _TOP + _ROW * row
            axes = figure.add_axes(
                (
                    _LEFT * _FONT / WIDTH,
                    1 - _FONT * (top + _ROW - 0.7) / height,
                    1 - _FONT * (_LEFT + _RIGHT) / WIDTH,
                    _FONT * (_ROW - 2.5) / height,
                )
            )
            _row(axes, problem, scenario, points, look, last=row == len(rows) - 1)
            for day in marks:
                axes.axvline(day.toordinal(), color=MUTED, linewidth=0.6, linestyle=(0, (2, 2)), zorder=0)
            if row == 0:
                _named(axes, marks, look)

    return Chart(standalone(render(look, draw)), _alt(problem, points))


def _row(
    axes: Axes, problem: Problem, scenario: Scenario, points: Sequence[HistoryPoint], look: Look, last: bool
) -> None:
    warned = scenario.id in problem.warned
    colour = WARNED if warned else STATUS_QUO if scenario.id == problem.status_quo else OTHER
    axes.set_facecolor("none")
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(MUTED)
        spine.set_linewidth(0.6)
    axes.tick_params(length=0, labelsize=look.font * 0.9, labelcolor=MUTED, pad=look.font * 0.3)
    band(axes, points, scenario.id, colour)
    line(axes, points, scenario.id, colour, look)
    top = history_top(points, scenario.id)
    axes.set_ylim(0, top)
    axes.set_yticks([0, top], ["0", f"{top} %"])
    axes.set_xlim(points[0].day.toordinal(), points[-1].day.toordinal())
    years = range(points[0].day.year + (points[0].day > date(points[0].day.year, 1, 1)), points[-1].day.year + 1)
    axes.set_xticks([date(y, 1, 1).toordinal() for y in years], [str(y) for y in years] if last else [""] * len(years))
    axes.grid(axis="x", color=RULE, linewidth=0.5)
    role = " (warned of)" if warned else " (status quo)" if scenario.id == problem.status_quo else ""
    title = numbers.shortened(scenario.title, 70) + role
    axes.annotate(
        title,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, look.font * 0.35),
        textcoords="offset points",
        fontsize=look.font,
        fontweight="bold",
        color=colour,
        va="bottom",
    )
    now = points[-1].beliefs[scenario.id].mean
    x = points[-1].day.toordinal()
    put_text(axes, x, 100 * now, numbers.percent(now), look, dx=look.font * 0.5, weight="bold", color=colour)


def _named(axes: Axes, marks: Mapping[date, str], look: Look) -> None:
    low, high = axes.get_xlim()
    for number, (day, name) in enumerate(sorted(marks.items())):
        if low <= day.toordinal() <= high:
            axes.annotate(
                name,
                (day.toordinal(), 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, look.font * (2.3 if number % 2 else 3.5)),
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=look.font * 0.85,
                color=INK,
                annotation_clip=False,
            )


def _alt(problem: Problem, points: Sequence[HistoryPoint]) -> str:
    parts = []
    for scenario in problem.scenarios:
        means = [point.beliefs[scenario.id].mean for point in points]
        parts.append(
            f"{scenario.title} from {numbers.percent(means[0])} to {numbers.percent(means[-1])}, between "
            f"{numbers.percent(min(means))} and {numbers.percent(max(means))}"
        )
    span = f"{numbers.day(points[0].day)} to {numbers.day(points[-1].day)}"
    return f"{problem.title}, {span}: " + "; ".join(parts) + "."
