"""The changes that ``iw whatif`` makes in thought, and the table of what they would do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rich.table import Table

from iw.assessment import what_if
from iw.assessment.beliefs import Belief, Overlay
from iw.catalogue import Kind
from iw.cli.figures import change, fine_percent
from iw.cli.reading import Reader, event_name, split
from iw.cli.session import Session
from iw.core.errors import UsageError
from iw.log import csv_fields
from iw.log.grades import parse_grade

if TYPE_CHECKING:
    from iw.catalogue import Problem
    from iw.workspace import Workspace

_WHO = "what-if"  # the author of imagined records


@dataclass(frozen=True)
class Change:
    """One change in thought: what it is called, what it does to the log's view, and the event that it is about."""

    name: str
    overlay: Overlay
    event: str | None = None


def changes(
    workspace: Workspace,
    problem: str,
    as_of: date,
    add: Sequence[str],
    drop: Sequence[str],
    deny: Sequence[str],
    regrade: Sequence[str],
    without_source: Sequence[str],
    without_staged: bool,
) -> list[Change]:
    """What is asked for, in the order in which it is applied; `OptionsError` with all that is wrong."""
    workspace.catalogue.problem(problem)
    reader = Reader(workspace.today)

    def graded(option: str, texts: Sequence[str], verb: str, make: Callable[..., Overlay]) -> list[Change | None]:
        def one(text: str) -> Change:
            name, grade = split(text, "E12@B2")
            event = event_name(name)
            return Change(f"{event} {verb} {parse_grade(grade)}", make(event, parse_grade(grade)), event)

        return [reader.read(option, text, one) for text in texts]

    def dropped(text: str) -> Change:
        return Change(f"without {event_name(text)}", what_if.without_events([event_name(text)]), event_name(text))

    asked = [
        *graded("--regrade", regrade, "graded", what_if.regraded),
        *graded("--deny", deny, "denied by a source graded", what_if.denied),
        *(reader.read("--drop", text, dropped) for text in drop),
        *(Change(f"without the source {name}", what_if.without_source(name)) for name in without_source),
        *([Change("without what may be staged", what_if.without_staged())] if without_staged else []),
        *(reader.read("--add", text, lambda t: _added(workspace, reader, problem, as_of, t)) for text in add),
    ]
    reader.check("This cannot be imagined.")
    found = [one for one in asked if one is not None]
    if not found:
        raise UsageError("Nothing to imagine was named.", "Use --add, --drop, --deny, --regrade or --without-...")
    return found


def _added(workspace: Workspace, reader: Reader, problem: str, as_of: date, text: str) -> Change:
    name = text.partition("@")[0].strip()
    counted = workspace.catalogue.indicator(name).kind is Kind.COUNT
    indicator, day, grade, *number = split(text, f"INDICATOR@DATE@GRADE{'@COUNT/DAYS' if counted else ''}")
    workspace.catalogue.rate(workspace.catalogue.problem(problem), indicator)  # raises where it does not listen to it
    occurred = reader.period(day)
    if occurred.first > as_of:
        raise UsageError(f"{occurred} lies after {as_of}", "The belief of a day knows nothing of later days.")
    if counted:
        value, _, days = number[0].partition("/")
        counts = csv_fields.count(value), csv_fields.days(days) if days else None
        overlay = what_if.with_count(indicator, occurred, parse_grade(grade), *counts)
        return Change(f"{value} of {indicator} from {occurred} on, graded {parse_grade(grade)}", overlay)
    overlay = what_if.with_event(indicator, occurred, parse_grade(grade))
    return Change(f"{indicator} on {occurred}, graded {parse_grade(grade)}", overlay)


def remarks(asked: Sequence[Change], before: Belief, after: Belief) -> list[str]:
    """Why some of the changes do nothing."""
    found = []
    had = {item.event.id: item for item in (*before.evidence.dispositions, *before.evidence.counted)}
    for one in asked:
        if one.event is not None and one.event not in had:
            found.append(f"{one.event} does not concern this problem.")
        elif one.event is not None and not had[one.event].counts:
            found.append(f"{one.event} has no weight as it is: {had[one.event].why_not}.")
    for item in (*after.evidence.dispositions, *after.evidence.counted):
        if item.event.stamp.author == _WHO and not item.counts:
            found.append(f"{item.event.indicator} on {item.event.occurred} has no weight: {item.why_not}.")
    return found


def show(session: Session, problem: Problem, asked: Sequence[Change], before: Belief, after: Belief) -> None:
    """Print before and after."""
    session.out.print(f"{problem.id}: {problem.title}", style="bold", soft_wrap=True)
    session.out.print("What if: " + "; ".join(one.name for one in asked), soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("scenario")
    for name in ("as it is", "what if", "points"):
        table.add_column(name, justify="right", no_wrap=True)
    for s, scenario in enumerate(problem.scenarios):
        old, new = float(before.state.mean[s]), float(after.state.mean[s])
        style = "bold" if scenario.id == after.leading else None
        table.add_row(scenario.title, fine_percent(old), fine_percent(new), change(new - old), style=style)
    session.out.print(table)
    for remark in remarks(asked, before, after):
        session.out.print(remark, style="yellow")
    if after.provenance.fit != before.provenance.fit or not after.usable:
        session.out.print(
            "The fit's draws are worn out by this evidence: others stand in, and part of the difference is theirs.",
            style="yellow",
        )
    session.out.print("The log is not touched.")


def as_json(workspace: Workspace, problem: str, asked: Sequence[Change], before: Belief, after: Belief) -> str:
    """Before and after as JSON."""
    from iw.cli.answers import answer, origin

    rows = []
    for s, name in enumerate(before.spec.scenarios):
        old, new = before.estimate(name), after.estimate(name)
        points = 100 * float(after.state.mean[s] - before.state.mean[s])
        rows.append({"scenario": name, "before": old, "after": new, "points": points})
    return answer(
        "whatif",
        origin(workspace, before=before.provenance, after=after.provenance),
        rows,
        problem=problem,
        changes=[one.name for one in asked],
        remarks=remarks(asked, before, after),
    )
