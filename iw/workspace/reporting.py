"""The weekly warning report of a workspace, as the one record from which all its files are made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from iw.core.dates import month_ends
from iw.core.resources import product_version
from iw.log.records import Marking
from iw.report.record import DocumentView, WeeklyReport
from iw.workspace.workspace import Workspace


def weekly_report(
    workspace: Workspace, day: date, known: datetime, marking: Marking | None, progress: Callable[[str], None]
) -> WeeklyReport:
    """The report of ``day``, from what was known at a moment and is at or below a marking."""
    assessments = []
    for name in workspace.problems():
        if workspace.catalogue.problems[name].start <= day:
            progress(f"{name}: assessing, with its history")
            assessments.append(workspace.assess(name, day, known, marking, month_ends(day)))
    seen = workspace.seen_marking(marking)
    head = workspace.log.heads().get(seen)
    scores, tally = workspace.foresight.scores(seen, known)
    documents = [
        DocumentView(d.id, d.title, tuple(d.authors), d.publisher, d.published, d.url, d.note)
        for d in workspace.catalogue.documents.values()
    ]
    return WeeklyReport(
        title="Weekly warning report",
        subject=workspace.settings.name,
        as_of=day,
        known_at=known,
        issued_at=workspace.now(),
        marking=str(seen),
        log_position=head.position if head else 0,
        chain_head=str(head) if head else "",
        catalogue_version=workspace.catalogue.version,
        product_version=product_version(),
        assessments=tuple(assessments),
        documents=tuple(documents),
        left_out=tuple(sorted(name for kind, name in workspace.catalogue.left_out if kind == "problem")),
        scores=tuple(scores),
        tally=tally,
    )
