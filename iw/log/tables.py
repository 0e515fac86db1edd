"""A view as plain rows: lists of dicts whose keys are the columns, ready for a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from iw.log.records import Event, LogView, Reading, Report, Stamp, Stance

Row = dict[str, Any]


def event_rows(view: LogView) -> list[Row]:
    """One row for each event; ``sources`` and ``grades`` are those of the reports that back it, ``denied_by``
    the names of the reports that do not.
    """
    return [_event_row(event) for event in view.events]


def reading_rows(view: LogView) -> list[Row]:
    """One row for each reading of a level or count, by the period that it is about; ``value`` is in the indicator's
    unit, ``period_days`` and ``coverage`` are those of a count that states them."""
    return [_reading_row(reading) for reading in view.readings]


def report_rows(view: LogView) -> list[Row]:
    """One row for each report and event or reading it stands to; one that stands to none has no ``event``."""
    attached = [
        _report_row(backing.report, event.id, str(backing.stance))
        for event in (*view.events, *view.readings)
        for backing in event.backings
    ]
    return attached + [_report_row(report, None, None) for report in view.unassigned]


def coverage_rows(view: LogView) -> list[Row]:
    """One row for each declared coverage, and for each search, which is one of kind ``search``."""
    declared = [
        {
            "id": coverage.id,
            "collector": coverage.collector,
            "kind": coverage.kind,
            "selects": coverage.selects,
            "since": coverage.since,
            "until": coverage.until,
            "coverage": coverage.coverage,
            **_stamp_cells(coverage.stamp),
        }
        for coverage in view.coverages
    ]
    searched = [
        {
            "id": search.id,
            "collector": search.stamp.author,
            "kind": "search",
            "selects": search.indicator,
            "since": search.since,
            "until": search.until,
            "coverage": search.coverage,
            **_stamp_cells(search.stamp),
        }
        for search in view.searches
    ]
    return declared + searched


def review_rows(view: LogView) -> list[Row]:
    """One row for each review; ``subject`` is the name of the event, reading or report that was looked at."""
    names = {one.first_position: one.id for one in (*view.events, *view.readings)}
    return [
        {
            "id": review.id,
            "subject": names.get(review.subject, f"R{review.subject}"),
            "opinion": str(review.opinion),
            "reviewer": review.reviewer,
            "ground": review.ground,
            **_stamp_cells(review.stamp),
        }
        for review in view.reviews
    ]


def _event_row(event: Event) -> Row:
    backing = [one.report for one in event.backings if one.stance is Stance.BACKS]
    denying = [one.report for one in event.backings if one.stance is not Stance.BACKS]
    reported = [report.reported_at for report in backing if report.reported_at is not None]
    return {
        "id": event.id,
        "indicator": event.indicator,
        "occurred_on": str(event.occurred),
        "occurred_first": event.occurred.first,
        "occurred_last": event.occurred.last,
        "precision": str(event.occurred.precision),
        "occurred_local": event.occurred_local,
        "summary": event.summary,
        "development": event.development,
        "staged": str(event.staged),
        "reported_at": min(reported, default=None),
        "reports": len(event.backings),
        "sources": _joined(report.source for report in backing),
        "grades": _joined(str(report.grade) for report in backing),
        "origins": _joined(report.origin for report in backing),
        "documents": _joined(report.document for report in backing if report.document),
        "denied_by": _joined(report.id for report in denying),
        **_stamp_cells(event.stamp),
    }


def _reading_row(reading: Reading) -> Row:
    cells = _event_row(reading)
    period = {name.replace("occurred", "measured"): cells[name] for name in ("occurred_on", "occurred_first")}
    kept = ("summary", "reports", "sources", "grades", "origins", "documents", "denied_by", "reported_at")
    return {
        "id": reading.id,
        "indicator": reading.indicator,
        **period,
        "value": reading.value,
        "period_days": reading.period_days,
        "coverage": reading.coverage,
        **{name: cells[name] for name in kept},
        **_stamp_cells(reading.stamp),
    }


def _report_row(report: Report, event: str | None, stance: str | None) -> Row:
    return {
        "id": report.id,
        "event": event,
        "stance": stance,
        "source": report.source,
        "grade": str(report.grade),
        "grade_reason": report.grade_reason,
        "text": report.text,
        "reported_at": report.reported_at,
        "origin": report.origin,
        "url": report.url,
        "document": report.document,
        "section": report.section,
        "note": report.note,
        "bears_on": report.bears_on,
        "contradicts": report.contradicts,
        **_stamp_cells(report.stamp),
    }


def _stamp_cells(stamp: Stamp) -> Row:
    return {
        "position": stamp.position,
        "recorded_at": stamp.recorded_at,
        "visible_at": stamp.visible_at,
        "visible_basis": str(stamp.visible_basis),
        "author": stamp.author,
        "reason": stamp.reason,
        "marking": str(stamp.marking),
        "batch": stamp.batch,
    }


def _joined(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
