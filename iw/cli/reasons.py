"""The tables of ``iw linchpin``, ``iw collect`` and ``iw doctor``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from iw.assessment.beliefs import Belief
from iw.assessment.collection import REPORTED, Collected
from iw.assessment.dependence import Left, Linchpin
from iw.assessment.doubt import RECENT_DAYS, SURPRISING, TABLES, Doubts
from iw.cli.figures import fine_percent, share, signed
from iw.cli.session import Session
from iw.cli.shifts import show_made_from

if TYPE_CHECKING:
    from iw.catalogue import Catalogue, Problem
    from iw.workspace import Workspace

_SHOWN = 5  # surprises and silences
_NARROW = 100  # columns under which a table of so many numbers has no room for words


def _table(*columns: str, numbers: int) -> Table:
    """A table whose last ``numbers`` columns are numbers; an indicator, which is there to be typed, stays whole."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for k, name in enumerate(columns):
        number = k >= len(columns) - numbers
        whole = number or name == "indicator"
        table.add_column(name, justify="right" if number else "left", no_wrap=whole, overflow="fold")
    return table


def _title(problem: Problem, scenario: str) -> str:
    return next(one.title for one in problem.scenarios if one.id == scenario)


def show_linchpin(
    session: Session, problem: Problem, belief: Belief, rows: Sequence[Left], pin: Linchpin | None, top: int
) -> None:
    """Print the belief without each thing, and the linchpin."""
    lead, title = belief.leading, _title(problem, belief.leading)
    session.out.print(f"{problem.id}: {problem.title}", style="bold", soft_wrap=True)
    session.out.print(f"Leading: {title}, {share(belief.estimate(lead))}", soft_wrap=True)
    if not rows:
        session.out.print("It rests on no event: none counts.")
    else:
        table = _table("without", "", "points it adds", "would be", numbers=2)
        for row in rows[:top]:
            style = "bold" if row.leading != lead else None
            would = fine_percent(row.beliefs[lead])
            table.add_row(row.name, row.label, signed(row.points[lead], 2), would, style=style)
        session.out.print(table)
        if len(rows) > top:
            session.out.print(f"{len(rows) - top} more have smaller effects (--top).", style="dim")
    if pin is not None:
        session.out.print(_pin_sentence(problem, pin, title), style="yellow" if pin.events else None)
    show_made_from(session, belief)


def _pin_sentence(problem: Problem, pin: Linchpin, title: str) -> str:
    left = f"{title} would have {fine_percent(pin.probability)}"
    if not pin.events:
        return f"No linchpin: without all {pin.supporting} events that support it, it would still lead: {left}."
    names = ", ".join(pin.events)
    other = _title(problem, pin.leading)
    how = "No smaller set does that." if pin.exact else "A smaller set may do that: the largest effects were tried."
    return f"Linchpin: without {names}, {other} would lead, and {left}. {how}"


def linchpin_json(workspace: Workspace, belief: Belief, rows: Sequence[Left], pin: Linchpin | None) -> str:
    """All of it as JSON."""
    from iw.cli.answers import answer, origin

    made = origin(workspace, belief=belief.provenance)
    return answer("linchpin", made, rows, problem=belief.spec.problem, leading=belief.leading, linchpin=pin)


def show_collect(
    session: Session,
    catalogue: Catalogue,
    beliefs: Mapping[str, Belief],
    rows: Mapping[str, Sequence[Collected]],
    days: int,
    top: int,
) -> None:
    """Print the most telling indicators of each problem."""
    for name, found in rows.items():
        session.out.print(f"{name}: {catalogue.problem(name).title}", style="bold", soft_wrap=True)
        if session.out.width < _NARROW:
            for row in found[:top]:
                figures = f"{row.bits:.4f} bits ({fine_percent(row.share)} of the doubt), coverage {row.coverage:.2f}"
                session.below(f"{row.indicator}: {figures}")
            continue
        table = _table("indicator", "", "coverage", "bits", "of the doubt", numbers=3)
        for row in found[:top]:
            table.add_row(row.indicator, row.title, f"{row.coverage:.2f}", f"{row.bits:.4f}", fine_percent(row.share))
        session.out.print(table)
    session.out.print(
        f"Expected information about the scenario {days} days on, from reports graded {REPORTED} under the usual "
        "coverage of each indicator, and its share of the doubt there is now (the entropy of the belief). Aftershocks "
        "of what is yet to come are left out.",
        style="dim",
    )
    for belief in beliefs.values():
        if len(beliefs) == 1:
            show_made_from(session, belief)
        elif not belief.usable:
            session.out.print(f"{belief.spec.problem}: no belief yet, so that its figures are void.", style="yellow")


def collect_json(
    workspace: Workspace, beliefs: Mapping[str, Belief], rows: Mapping[str, Sequence[Collected]], days: int
) -> str:
    """All indicators as JSON."""
    from iw.cli.answers import answer, origin

    made = origin(workspace, beliefs={name: belief.provenance for name, belief in beliefs.items()})
    flat = [{"problem": name, **vars(row)} for name, found in rows.items() for row in found]
    return answer("collect", made, flat, days=days)


def show_doctor(session: Session, problem: Problem, found: Doubts) -> None:
    """Print the concerns first, then the figures of every check."""
    out, belief = session.out, found.belief
    out.print(f"{problem.id}: {problem.title}", style="bold", soft_wrap=True)
    if not found.concerns:
        out.print("Nothing to worry about was found.")
    for concern in found.concerns:
        out.print(f"{concern.about}: {concern.what}", style="yellow")
        session.below(concern.to_do)
    made = belief.provenance
    out.print("\nFit and weights", style="bold")
    out.print(f"Fit of {made.fit_as_of}: {made.fit_gate}." if made.fit else f"{made.fit_gate.capitalize()}.")
    k = "" if made.pareto_k is None else f", Pareto k\u0302 {made.pareto_k:.2f}"
    out.print(f"{made.draws} draws, worth {made.effective_draws:.0f} under today's evidence{k}.")
    out.print("\nBelief, other grades, priors", style="bold")
    _show_scenarios(session, problem, found)
    out.print("Prior, evidence: power-scaling sensitivity; above 0.05 what the draws say leans on it.", style="dim")
    _show_counts(session, found)
    chance = fine_percent(found.unexplained)
    out.print(
        f"\nThe number of events in the last {RECENT_DAYS} days has a chance of {chance} under the best scenario."
    )
    show_made_from(session, belief)


def _show_scenarios(session: Session, problem: Problem, found: Doubts) -> None:
    table = _table("scenario", "belief", f"under {TABLES} tables of grades", "prior", "evidence", numbers=4)
    for one in found.sensitivities:
        low, high = found.grade_band[one.scenario]
        title, belief = _title(problem, one.scenario), share(found.belief.estimate(one.scenario))
        band, leans = f"{fine_percent(low)} to {fine_percent(high)}", (f"{one.prior:.2f}", f"{one.likelihood:.2f}")
        if session.out.width < _NARROW:
            grades = f"{band} under {TABLES} tables of grades"
            session.below(f"{title}: {belief}; {grades}; prior {leans[0]}, evidence {leans[1]}")
        style = "bold" if one.scenario == found.belief.leading else None
        table.add_row(title, belief, band, *leans, style=style)
    if session.out.width >= _NARROW:
        session.out.print(table)


def _show_counts(session: Session, found: Doubts) -> None:
    session.out.print("\nSeen against expected, the most surprising first", style="bold")
    table = _table("indicator", "seen", "expected", "tail", numbers=3)
    for count in found.surprises[:_SHOWN]:
        interval = f"{count.mean:.1f} ({count.low:.0f}–{count.high:.0f})"
        style = "yellow" if count.tail < SURPRISING else None
        table.add_row(count.indicator, f"{count.seen:.1f}", interval, fine_percent(count.tail), style=style)
    session.out.print(table)
    if found.odd_counts:
        session.out.print("\nCounts, the oddest first", style="bold")
        table = _table("id", "indicator", "count", "chance", numbers=2)
        for odd in found.odd_counts[:_SHOWN]:
            table.add_row(odd.reading, odd.indicator, f"{odd.value:g}", fine_percent(odd.chance))
        session.out.print(table)
    session.out.print("\nSilence, the least likely first", style="bold")
    table = _table("indicator", "watched days", "chance", numbers=2)
    for silence in found.silences[:_SHOWN]:
        table.add_row(silence.indicator, f"{silence.watched_days:.0f}", fine_percent(silence.chance))
    session.out.print(table)


def doctor_json(workspace: Workspace, found: Doubts) -> str:
    """Every figure as JSON; the rows are the concerns."""
    from iw.cli.answers import answer, origin

    made = origin(workspace, belief=found.belief.provenance)
    band = {name: {"low": low, "high": high} for name, (low, high) in found.grade_band.items()}
    return answer(
        "doctor",
        made,
        found.concerns,
        problem=found.belief.spec.problem,
        grade_band=band,
        sensitivities=found.sensitivities,
        surprises=found.surprises,
        odd_counts=found.odd_counts,
        silences=found.silences,
        unexplained=found.unexplained,
    )
