"""The small fixed cast of the log's tests: one moment, one source, one drill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from iw.core.dates import PartialDate
from iw.log.drafts import Attached, Draft, EventDraft, ReportDraft
from iw.log.grades import parse_grade
from iw.log.keys import LogKey
from iw.log.records import Event, Marking, Stance
from iw.log.store import Log

KEY = LogKey(bytes(range(32)))
NOW = datetime(2024, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
DAY = timedelta(days=1)


def report(text: str = "Two fleets sailed together.", grade: str = "B2", **more: Any) -> ReportDraft:
    """A report by TASS."""
    return ReportDraft(**{"source": "TASS", "grade": parse_grade(grade), "text": text, **more})


def drill(summary: str = "A joint drill was held.", on: str = "2024-05-20", **more: Any) -> EventDraft:
    """A drill that a report of the same words backs."""
    reports = more.pop("reports", None) or (report(summary),)
    return EventDraft("bilateral-drill", PartialDate.parse(on), summary, reports, **more)


def denial(text: str = "No drill was held.", **more: Any) -> Attached:
    """A report that denies the event it comes with."""
    return Attached(report(text, **more), Stance.DENIES)


def append(log: Log, *drafts: Draft, now: datetime = NOW, **more: Any) -> list[int]:
    """Append as the watch officer of these tests."""
    return log.append(drafts, **{"author": "anna", "now": now, "reason": "seen on watch", **more})


def events(log: Log, known_at: datetime = NOW, marking: Marking = Marking.RED) -> dict[str, Event]:
    """The events of a view by their names."""
    return {event.id: event for event in log.view(known_at, marking).events}


def address(log: Log) -> str:
    """Where another program finds the log."""
    return log.engine.url.render_as_string(hide_password=False)
