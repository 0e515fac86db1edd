"""Charts as SVG: belief history in small panels, forecasts as dots with intervals, a shift as a waterfall.

Each function returns the SVG and its text alternative; `iw.report.canvas` says for which medium. Same input, same
bytes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from iw.assessment.records import Assessment, Contribution, Estimate, HistoryPoint, ScenarioView, ShiftView
from iw.core.dates import PartialDate, Precision
from iw.core.errors import UsageError
from iw.report import numbers
from iw.report.canvas import (
    DOWN,
    INK,
    MUTED,
    OTHER,
    PAPER,
    RULE,
    STATUS_QUO,
    UP,
    WARNED,
    Chart,
    Look,
    bare_axes,
    percent_scale,
    plain_scale,
    put_text,
    render,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_POINTS = 120  # of a history line; more cannot be told apart in a panel


def history_panel(assessment: Assessment, scenario: ScenarioView, look: Look) -> Chart:
    """The belief in one scenario over time: line, 90 % band, event ticks and today's number at the line's end."""
    points = thinned(assessment.history, scenario.id)
    colour = _role_colour(scenario)

    def draw(figure: Figure) -> None:
        axes = bare_axes(figure, look, left=3.2, right=4.2, top=0.7, bottom=1.7)
        band(axes, points, scenario.id, colour)
        line(axes, points, scenario.id, colour, look)
        top = history_top(points, scenario.id)
        _ticks_of_events(axes, assessment, top)
        _history_scales(axes, points, look, top)
        last = points[-1].beliefs[scenario.id].mean
        axes.annotate(
            numbers.percent(last),
            (points[-1].day.toordinal(), last * 100),
            xytext=(look.font * 0.45, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontsize=look.font * 1.1,
            fontweight="bold",
            annotation_clip=False,
        )

    return Chart(render(look, draw), _history_alt(points, scenario))


def forecast_chart(assessment: Assessment, look: Look) -> Chart:
    """The chance that each scenario is visited, a dot with its 90 % interval for every horizon."""
    rows = [s for s in assessment.scenarios if s.forecasts]

    def draw(figure: Figure) -> None:
        axes = bare_axes(figure, look, left=4.6, right=3.4, top=0.2, bottom=1.8)
        heights = _forecast_rows(axes, rows, look)
        axes.set_xlim(0, 100)
        axes.set_ylim(heights, -0.3)
        percent_scale(axes, look)

    return Chart(render(look, draw), _forecast_alt(rows))


def forecast_height(assessment: Assessment, font: float) -> float:
    """How tall a forecast chart must be for its rows not to touch."""
    lines = sum(1.9 + 1.35 * len(s.forecasts) for s in assessment.scenarios if s.forecasts)
    return font * (lines + 2.6)


def shift_waterfall(assessment: Assessment, shift: ShiftView, scenario: ScenarioView, look: Look) -> Chart:
    """How the terms of a shift carried one scenario from its belief then to its belief now."""
    steps = _steps(shift, scenario.id)

    def draw(figure: Figure) -> None:
        axes = bare_axes(figure, look, left=look.width / look.font * 0.5, right=0.4, top=0.2, bottom=1.8)
        _waterfall(axes, shift, scenario.id, steps, look)

    return Chart(render(look, draw), _shift_alt(shift, scenario, steps))


def waterfall_height(shift: ShiftView, scenario: str, font: float) -> float:
    """How tall a waterfall must be for its rows not to touch."""
    return font * (2.55 * (len(_steps(shift, scenario)) + 2) + 2.2)


def thinned(history: Sequence[HistoryPoint], scenario: str, most: int = MOST_POINTS) -> list[HistoryPoint]:
    """At most ``most`` points: of each stretch the one that departs furthest from its ends; first and last stay."""
    if len(history) <= most:
        return list(history)
    edges = [1 + round(k * (len(history) - 2) / (most - 2)) for k in range(most - 1)]

    def departure(first: int, last: int) -> Callable[[int], float]:
        ends = (history[first - 1].beliefs[scenario].mean + history[last].beliefs[scenario].mean) / 2
        return lambda k: abs(history[k].beliefs[scenario].mean - ends)

    inner = [max(range(a, b), key=departure(a, b)) for a, b in pairwise(edges) if b > a]
    return [history[k] for k in (0, *inner, len(history) - 1)]


# ---------------------------------------------------------------------------------------------- history


def _role_colour(scenario: ScenarioView) -> str:
    return WARNED if scenario.warned else STATUS_QUO if scenario.status_quo else OTHER


def _runs(points: Sequence[HistoryPoint]) -> Iterator[tuple[bool, list[HistoryPoint]]]:
    """Stretches of one kind that share their ends; a stretch is reliable where both ends of every step are."""
    run = [points[0]]
    kind = points[0].reliable
    for before, after in pairwise(points):
        reliable = before.reliable and after.reliable
        if len(run) > 1 and reliable != kind:
            yield kind, run
            run = [before]
        kind = reliable
        run.append(after)
    yield kind, run


def band(axes: Axes, points: Sequence[HistoryPoint], scenario: str, colour: str) -> None:
    """The 90 % band of a history, fainter where it is not reliable."""
    for reliable, run in _runs(points):
        axes.fill_between(
            [p.day.toordinal() for p in run],
            [p.beliefs[scenario].low * 100 for p in run],
            [p.beliefs[scenario].high * 100 for p in run],
            color=colour,
            alpha=0.2 if reliable else 0.08,
            linewidth=0,
        )


def line(axes: Axes, points: Sequence[HistoryPoint], scenario: str, colour: str, look: Look) -> None:
    """The line of a history, dotted with hollow points where it is not reliable."""
    for reliable, run in _runs(points):
        axes.plot(
            [p.day.toordinal() for p in run],
            [p.beliefs[scenario].mean * 100 for p in run],
            color=colour,
            linewidth=look.font * (0.15 if reliable else 0.1),
            linestyle="-" if reliable else (0, (1.5, 2)),
            solid_capstyle="round",
        )
    doubtful = [p for p in points if not p.reliable]
    axes.plot(
        [p.day.toordinal() for p in doubtful],
        [p.beliefs[scenario].mean * 100 for p in doubtful],
        linestyle="none",
        marker="o",
        markersize=look.font * 0.32,
        markerfacecolor=PAPER,
        markeredgecolor=colour,
        markeredgewidth=look.font * 0.08,
        zorder=4,
        clip_on=False,
    )
    last = points[-1]
    axes.plot(
        [last.day.toordinal()],
        [last.beliefs[scenario].mean * 100],
        marker="o",
        markersize=look.font * 0.45,
        color=colour,
        markerfacecolor=colour if last.reliable else PAPER,
        zorder=5,
        clip_on=False,
    )


def _event_days(assessment: Assessment) -> list[int]:
    """Days of the events that count and are known to the day; others would need an invented place."""
    found = set()
    for event in assessment.events:
        try:
            when = PartialDate.parse(event.occurred)
        except UsageError:
            continue
        if event.counts and when.precision is Precision.DAY:
            found.add(when.first.toordinal())
    return sorted(found)


def history_top(points: Sequence[HistoryPoint], scenario: str) -> int:
    """The upper end of a history's scale in percent: the smallest round one that holds the band, so that it shows."""
    highest = max(100 * point.beliefs[scenario].high for point in points)
    return next((top for top in (10, 20, 50) if highest <= top), 100)


def _ticks_of_events(axes: Axes, assessment: Assessment, top: int) -> None:
    first, last = assessment.history[0].day.toordinal(), assessment.history[-1].day.toordinal()
    days = [day for day in _event_days(assessment) if first <= day <= last]
    axes.vlines(days, 0, 0.06 * top, color=MUTED, linewidth=0.7)
    moved = assessment.mover.day if assessment.mover else None
    if moved and first <= moved.toordinal() <= last:
        axes.vlines([moved.toordinal()], 0, 0.15 * top, color=INK, linewidth=1.1)


def _history_scales(axes: Axes, points: Sequence[HistoryPoint], look: Look, top: int) -> None:
    first, last = points[0].day, points[-1].day
    if first == last:
        first, last = first - timedelta(days=15), last + timedelta(days=1)
    axes.set_xlim(first.toordinal(), last.toordinal())
    axes.set_ylim(0, top)
    axes.set_yticks([0, top / 2, top], ["0", str(top // 2), f"{top} %"])
    marks = month_marks(first, last, room=look.width / look.font / 6)
    axes.set_xticks([day.toordinal() for day, _ in marks], [label for _, label in marks])
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.spines["bottom"].set_visible(True)
    axes.spines["bottom"].set_color(MUTED)
    axes.spines["bottom"].set_linewidth(0.6)


def month_marks(first: date, last: date, room: float) -> list[tuple[date, str]]:
    """First days of months, few enough for the room, with labels: ``Mar 2026``, or the year where marks are years."""
    months = range(first.year * 12 + first.month, last.year * 12 + last.month)  # counted from January of year 0
    for step in (1, 2, 3, 6, 12, 24, 60, 120):
        chosen = [m for m in months if m % step == 0]
        if len(chosen) <= max(1, int(room)):
            days = [date(m // 12, m % 12 + 1, 1) for m in chosen]
            return [(d, str(d.year) if step >= 12 else numbers.month(d)) for d in days]
    return []


def _history_alt(points: Sequence[HistoryPoint], scenario: ScenarioView) -> str:
    beliefs = [p.beliefs[scenario.id] for p in points]
    now: Estimate = beliefs[-1]
    text = (
        f"Belief in {scenario.title} from {numbers.day(points[0].day)} to {numbers.day(points[-1].day)}: first "
        f"{numbers.percent(beliefs[0].mean)}, lowest {numbers.percent(min(b.mean for b in beliefs))}, highest "
        f"{numbers.percent(max(b.mean for b in beliefs))}, last {numbers.percent(now.mean)} with a 90 % interval "
        f"of {numbers.interval(now)}."
    )
    doubtful = sum(not p.reliable for p in points)
    return text + (f" {numbers.plural(doubtful, 'point')} not reliable." if doubtful else "")


# -------------------------------------------------------------------------------------------- forecasts


def _forecast_rows(axes: Axes, rows: Sequence[ScenarioView], look: Look) -> float:
    y = 0.0
    for scenario in rows:
        colour = _role_colour(scenario)
        title = numbers.shortened(scenario.title, int(look.width / look.font * 1.6))
        left = -4.4 * look.font  # titles begin at the edge, not at the axis
        put_text(axes, 0, y + 0.55, title, look, dx=left, weight="bold", color=INK)
        y += 1.9
        for days, estimate in sorted(scenario.forecasts.items()):
            _forecast_dot(axes, y, days, estimate, colour, look)
            y += 1.35
    return y


def _forecast_dot(axes: Axes, y: float, days: int, estimate: Estimate, colour: str, look: Look) -> None:
    axes.plot([0, 100], [y, y], color=RULE, linewidth=0.6, zorder=1)
    axes.plot(
        [estimate.low * 100, estimate.high * 100],
        [y, y],
        color=colour,
        alpha=0.45,
        linewidth=look.font * 0.42,
        solid_capstyle="butt",
        zorder=2,
    )
    axes.plot([estimate.mean * 100], [y], "o", color=colour, markersize=look.font * 0.62, zorder=3, clip_on=False)
    put_text(axes, 0, y, numbers.days(days), look, dx=-0.6 * look.font, align="right", color=MUTED)
    put_text(axes, 100, y, numbers.percent(estimate.mean), look, dx=3.2 * look.font, align="right", color=INK)


def _forecast_alt(rows: Sequence[ScenarioView]) -> str:
    parts = []
    for scenario in rows:
        chances = [f"{numbers.percent(e.mean)} within {numbers.days(d)}" for d, e in sorted(scenario.forecasts.items())]
        parts.append(f"{scenario.title}: {', '.join(chances)}")
    return "Chance that each scenario is in force or visited. " + "; ".join(parts) + "."


# ------------------------------------------------------------------------------------------- waterfall


def _steps(shift: ShiftView, scenario: str, most: int = 5) -> list[tuple[str, float]]:
    """The largest terms on one scenario with their points, and the others as one; terms of no effect are left out."""
    terms = [t for t in shift.contributions if abs(t.points.get(scenario, 0.0)) >= 0.05]
    terms.sort(key=lambda t: -abs(t.points[scenario]))
    steps = [(_step_label(t), t.points[scenario]) for t in terms[:most]]
    rest = sum(t.points.get(scenario, 0.0) for t in shift.contributions) - sum(p for _, p in steps)
    left = len(shift.contributions) - len(steps)
    if left and abs(rest) >= 0.05:
        steps.append((numbers.plural(left, "smaller term"), rest))
    return steps


def _step_label(term: Contribution) -> str:
    return f"{term.label}, {numbers.short_day(term.day)}" if term.day else term.label


def _waterfall(axes: Axes, shift: ShiftView, scenario: str, steps: Sequence[tuple[str, float]], look: Look) -> None:
    level = shift.before[scenario] * 100
    levels = [level]
    axes.plot([level, level], [0.25, 0.75], color=MUTED, linewidth=0.7, zorder=1)
    _total(axes, 0, level, f"Belief on {numbers.day(shift.since)}", look)
    for row, (label, points) in enumerate(steps, 1):
        _bar(axes, row, level, points, label, look)
        level += points
        levels.append(level)
    end = shift.after[scenario] * 100
    _total(axes, len(steps) + 1, end, f"Belief on {numbers.day(shift.until)}", look)
    low, high = min(*levels, end), max(*levels, end)
    margin = max(high - low, 2.0) * 0.3  # room for the numbers beside the bars
    axes.set_xlim(low - margin, high + margin)
    axes.set_ylim(len(steps) + 1.6, -0.6)
    plain_scale(axes, low - margin, high + margin, look)


def _total(axes: Axes, row: int, level: float, label: str, look: Look) -> None:
    axes.plot([level], [row], "D", color=INK, markersize=look.font * 0.55, zorder=3)
    _label(axes, row, label, look, weight="bold", color=INK)
    put_text(axes, level, row, numbers.percent(level / 100), look, dx=look.font * 0.7, weight="bold", color=INK)


def _bar(axes: Axes, row: int, start: float, points: float, label: str, look: Look) -> None:
    end = start + points
    axes.plot([end, end], [row + 0.25, row + 0.75], color=MUTED, linewidth=0.7, zorder=1)
    axes.barh(row, points, left=start, height=0.5, color=UP if points > 0 else DOWN, zorder=2)
    rightwards = points > 0
    align, dx = ("left", 0.45) if rightwards else ("right", -0.45)
    put_text(axes, end, row, numbers.points(points), look, dx=dx * look.font, align=align, color=INK)
    _label(axes, row, label, look, color=INK)


def _label(axes: Axes, row: int, label: str, look: Look, weight: str = "normal", color: str = INK) -> None:
    room = int(look.width / look.font * 0.5 * 2.05)
    lines = textwrap.wrap(label, room, max_lines=2, placeholder="…") or [""]
    axes.annotate(
        "\n".join(lines),
        (0, row),
        xycoords=("figure fraction", "data"),
        va="center",
        ha="left",
        fontsize=look.font,
        linespacing=1.15,
        color=color,
        fontweight=weight,
        annotation_clip=False,
    )


def _shift_alt(shift: ShiftView, scenario: ScenarioView, steps: Sequence[tuple[str, float]]) -> str:
    before, after = numbers.percent(shift.before[scenario.id]), numbers.percent(shift.after[scenario.id])
    terms = "; ".join(f"{label} {numbers.points(points)}" for label, points in steps)
    return (
        f"Belief in {scenario.title} went from {before} on {numbers.day(shift.since)} to {after} on "
        f"{numbers.day(shift.until)}. In points: {terms or 'no term of any size'}."
    )
