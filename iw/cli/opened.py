"""Events in a list, and one event or reading opened: the reports behind it, and what becomes of it in each problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iw.cli.session import Session
from iw.log.records import Reading

if TYPE_CHECKING:
    from iw.log.records import Backing, Event, LogView
    from iw.workspace import Workspace


_NO_READING = "its period lies outside, or another reading of the period is graded better"


def show_event(session: Session, workspace: Workspace, view: LogView, event: Event, weight: float) -> None:
    """Print the event or reading as ``view`` knows it; ``weight`` is the chance that it is genuine."""
    from iw.log.records import OfEvent

    indicator = workspace.catalogue.indicators[event.indicator]
    session.out.print(f"{event.id}: {event.summary}", style="bold", soft_wrap=True)
    session.below(f"{event.indicator}: {indicator.title}")
    told = [f"occurred {event.occurred}", f"w {weight:.2f}", f"staged: {event.staged}"]
    if isinstance(event, Reading):
        coverage = [] if event.coverage is None else [f"coverage {event.coverage:.2f}"]
        told = [f"{event.value:g} {indicator.unit or 'counted'} in {event.period}", f"w {weight:.2f}", *coverage]
    if event.development:
        told.append(f"development '{event.development}'")
    session.below("; ".join(told))
    for one in view.resolutions:
        if one.subject == OfEvent(event.first_position):
            when = f"{one.stamp.recorded_at:%Y-%m-%d}"
            session.below(f"Settled: {one.outcome} ({one.id}, {one.stamp.author}, {when}): {one.ground}")
    show_reviews(session, view, event.first_position)
    for backing in event.backings:
        _report(session, backing, event.summary)
        show_reviews(session, view, backing.report.first_position, 4)
    for name, fate in _fates(workspace, view, event):
        session.below(f"{name}: {fate}")


def show_reviews(session: Session, view: LogView, subject: int, indent: int = 2) -> None:
    """Print what reviewers think of an event or report, by the position of its first record."""
    for one in view.reviews:
        if one.subject == subject:
            when = f"{one.stamp.recorded_at:%Y-%m-%d}"
            session.below(f"Reviewed: {one.opinion} ({one.id}, {one.reviewer}, {when}): {one.ground}", indent)


def _report(session: Session, backing: Backing, summary: str) -> None:
    report = backing.report
    reported = f", reported {report.reported_at:%Y-%m-%d}" if report.reported_at else ""
    session.below(f"{report.id} {backing.stance.phrase}: {report.source}, graded {report.grade}{reported}")
    note = f"note {report.note}" if report.note else None
    found = (
        ("Why so graded", report.grade_reason),
        ("Origin", report.origin),
        ("Document", ", ".join(part for part in (report.document, report.section, note) if part)),
        ("Contradicted", report.contradicts),
        ("Address", report.url),
        ("Text", report.text if report.text != summary else None),
    )
    for name, value in found:
        if value:
            session.below(f"{name}: {value}", 4, "dim")


def _fates(workspace: Workspace, view: LogView, event: Event) -> list[tuple[str, str]]:
    """For each problem that listens, whether the event counts there today, and if not, why."""
    from iw.evidence import build_evidence, model_spec

    fates = []
    for problem in workspace.catalogue.problems_of(event.indicator):
        evidence = build_evidence(
            workspace.catalogue, model_spec(workspace.catalogue, problem.id), view, workspace.today
        )
        everything = (*evidence.dispositions, *evidence.counted)
        found = next((one for one in everything if one.event.id == event.id), None)
        if found is None:  # the reading of a level
            counts = any(one.id == event.id for one in evidence.given)
            fates.append((problem.id, "counts" if counts else f"no weight: {_NO_READING}"))
            continue
        fates.append(
            (problem.id, f"counts with w {found.weight:.2f}" if found.counts else f"no weight: {found.why_not}")
        )
    return fates


def list_events(session: Session, rows: list[dict[str, Any]]) -> None:
    """Print the events, one row each."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "occurred", "grades", "w"):
        table.add_column(name, no_wrap=True)
    table.add_column("indicator: summary", overflow="fold")
    for row in rows:
        staged = "" if row["staged"] == "no" else " [staged]" if row["staged"] == "yes" else " [possibly staged]"
        what = f"{row['indicator']}: {row['summary']}{staged}"
        table.add_row(row["id"], row["occurred_on"], row["grades"], f"{row['weight']:.2f}", what)
    session.out.print(table)
    session.out.print(f"{len(rows)} event{'s' if len(rows) != 1 else ''}", style="dim")
