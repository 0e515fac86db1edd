"""The evidence on the page: events with their reports, and the documents that these cite."""

from __future__ import annotations

import re

from iw.assessment.records import EventView, ReportView
from iw.report import numbers, sentences
from iw.report.page import DocumentRow, EventRow, Link, ReportRow
from iw.report.record import DocumentView

_STAGED = {"no": "", "possibly": "Possibly staged", "yes": "Staged"}
_STANCES = {"backs": "", "denies": "denies it", "denies-expected": "denies it, as expected either way"}


def slug(*parts: str) -> str:
    """An anchor: letters, digits and hyphens as they are, all else as its code, so that different ids stay apart."""
    return "--".join(re.sub(r"[^A-Za-z0-9-]", lambda m: f"_{ord(m[0]):x}_", part) for part in parts)


def event_row(problem: str, event: EventView, documents: set[str]) -> EventRow:
    """An event of a problem; documents that are not among those of the report are named without a link."""
    anchor = slug("event", problem, event.id)
    return EventRow(
        anchor=anchor,
        id=event.id,
        occurred=numbers.partial(event.occurred),
        indicator=event.indicator,
        indicator_title=event.indicator_title,
        summary=event.summary,
        weight=numbers.percent(event.weight),
        counts=event.counts,
        why_not=event.why_not,
        staged=_STAGED.get(event.staged, event.staged),
        development=event.development or "",
        effect=numbers.points(event.effect_points) if event.effect_points else "",
        reports=tuple(_report(anchor, n, report, documents) for n, report in enumerate(event.reports, 1)),
    )


def _report(event: str, number: int, report: ReportView, documents: set[str]) -> ReportRow:
    return ReportRow(
        anchor=f"{event}--{number}",
        id=report.id,
        source=report.source,
        grade=report.grade,
        grade_reason=report.grade_reason,
        stance=_STANCES.get(report.stance, report.stance),
        origin=report.origin,
        reported=numbers.day(report.reported_at.date()) if report.reported_at else "",
        text=report.text,
        url=_address(report.url),
        place=_place(report, documents),
        contradicts=report.contradicts or "",
        marking=numbers.marking(report.marking),
    )


def _place(report: ReportView, documents: set[str]) -> tuple[Link, ...]:
    links = []
    if report.document:
        known = report.document in documents
        links.append(Link(report.document, slug("document", report.document) if known else None))
    links += [Link(text) for text in (report.section, f"note {report.note}" if report.note else None) if text]
    return tuple(links)


def _address(url: str | None) -> Link | None:
    """A web address as a link; whatever else stands in the field as plain text, since it may be hostile."""
    if not url:
        return None
    safe = re.match(r"https?://[^\s<>\"']+$", url, re.IGNORECASE)
    return Link(url, url=url if safe else None)


def document_row(document: DocumentView) -> DocumentRow:
    """A document of the register."""
    authors = sentences.listed(document.authors) if document.authors else ""
    published = numbers.partial(document.published) if document.published else ""
    return DocumentRow(
        anchor=slug("document", document.id),
        id=document.id,
        title=document.title,
        imprint=", ".join(part for part in (authors, document.publisher, published) if part),
        url=_address(document.url),
        note=document.note or "",
    )
