"""The table of ``iw explain``: before, the terms, after; as it is printed, the column adds up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table

from iw.assessment.records import Contribution, Provenance, ShiftView
from iw.cli.figures import digits_for, plain, signed
from iw.cli.session import Session
from iw.report import numbers

if TYPE_CHECKING:
    from iw.assessment.beliefs import Belief
    from iw.assessment.grouping import By
    from iw.catalogue import Problem
    from iw.workspace import Workspace

ORDER = (
    "Order of the terms, which the sizes depend on: the new fit; then what became known late or was corrected, at the "
    "earlier date, in the order of the log; then time, day by day: silence, expected change, imprecise evidence, and "
    "each day's events averaged over their orders. Listed by size."
)


@dataclass(frozen=True)
class Line:
    """One line of the table; numbers are as they are printed."""

    what: str
    points: float
    decibans: float


@dataclass(frozen=True)
class Column:
    """One scenario's column: ``before`` and ``after`` in percent and decibans, and lines that add up to their gap."""

    before: tuple[float, float]
    lines: tuple[Line, ...]
    after: tuple[float, float]
    digits: int


def column(shift: ShiftView, scenario: str, top: int) -> Column:
    """The ``top`` largest terms and one line for the others, which takes up what rounding leaves over."""
    terms = sorted(shift.contributions, key=lambda part: -abs(part.points[scenario]))
    before, after = shift.before[scenario], shift.after[scenario]
    change = 100 * (after - before)
    digits = digits_for([change, *(part.points[scenario] for part in terms)])
    first = (round(100 * before, digits), round(_decibans(before), 2))
    last = (round(100 * after, digits), round(_decibans(after), 2))
    lines = [
        Line(_what(part), round(part.points[scenario], digits), round(part.decibans[scenario], 2))
        for part in terms[:top]
    ]
    points = round(last[0] - first[0] - sum(line.points for line in lines), digits)
    decibans = round(last[1] - first[1] - sum(line.decibans for line in lines), 2)
    others = len(terms) - len(lines)
    if others or points or decibans:
        name = f"{others} smaller term{'s' if others != 1 else ''}, and rounding" if others else "Rounding"
        lines.append(Line(name, points, decibans))
    return Column(first, tuple(lines), last, digits)


def _decibans(probability: float) -> float:
    if not 0 < probability < 1:
        return math.inf if probability >= 1 else -math.inf
    return 10 * math.log10(probability / (1 - probability))


def _what(part: Contribution) -> str:
    names = "+".join(part.events)
    day = f"{part.day} " if part.day else ""
    kind = f"{part.kind}: " if part.kind in {"late evidence", "imprecise evidence"} else ""
    return f"{day}{names + ' ' if names else ''}{kind}{part.label}"


def by_of(text: str) -> By:
    """What the terms are summed by; `UsageError` with what there is."""
    from iw.assessment.grouping import By
    from iw.core.errors import UsageError

    if text not in list(By):
        raise UsageError(f"Terms cannot be summed by '{text}'.", f"Use --by with {', '.join(By)}.")
    return By(text)


def show(session: Session, problem: Problem, scenario: str, shift: ShiftView, top: int) -> None:
    """Print the table and the order that it rests on."""
    title = next(one.title for one in problem.scenarios if one.id == scenario)
    found = column(shift, scenario, top)
    session.out.print(f"{problem.id}: {problem.title}", style="bold", soft_wrap=True)
    session.out.print(
        f"Scenario “{title}” ({scenario}), {plain(numbers.day(shift.since))} to {plain(numbers.day(shift.until))}",
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("term", overflow="fold")
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("decibans", justify="right", no_wrap=True)
    table.add_row("before", f"{found.before[0]:.{found.digits}f} %", signed(found.before[1], 2), style="bold")
    for line in found.lines:
        table.add_row(line.what, signed(line.points, found.digits), signed(line.decibans, 2))
    table.add_row("after", f"{found.after[0]:.{found.digits}f} %", signed(found.after[1], 2), style="bold")
    session.out.print(table)
    session.out.print(f"Unrounded, the terms miss the difference by {shift.residual:.0e} points.", style="dim")
    session.out.print(ORDER, style="dim")
    others = [one.id for one in problem.scenarios if one.id != scenario]
    session.out.print(f"Other scenarios (--scenario): {', '.join(others)}.", style="dim")


def as_json(workspace: Workspace, problem: str, scenario: str, shift: ShiftView, made: Provenance) -> str:
    """All terms as JSON, for every scenario."""
    from iw.cli.answers import answer, origin

    return answer(
        "explain",
        origin(workspace, belief=made),
        shift.contributions,
        problem=problem,
        scenario=scenario,
        since=shift.since,
        until=shift.until,
        before=shift.before,
        after=shift.after,
        residual=shift.residual,
        order=ORDER,
    )


def show_made_from(session: Session, belief: Belief) -> None:
    """Print what made the numbers above, and a warning where they are none."""
    made = belief.provenance
    if not belief.usable:
        session.out.print(
            f"No belief yet: the weighted draws are worth only {made.effective_draws:.0f}. Run "
            f"{session.command(f'fit {belief.spec.problem}')}.",
            style="yellow",
        )
    fit = f"fit {made.fit}" if made.fit else "no accepted fit (weighted proposal draws)"
    session.out.print(
        f"As of {made.as_of}, as known at {made.known_at:%Y-%m-%d %H:%M} UTC, marking {made.marking}, log position "
        f"{made.log_position}, model {made.model_version}, {fit}.",
        style="dim",
    )
