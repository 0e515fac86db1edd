"""What a record claims, as one hash, whoever recorded it and whenever: two alike are one fact entered twice.

Judgements of the claim (grade, origin, development, staged, marking) are left out: a row that is imported
again with another grade is not a second event. They are changed by a regrade or a correction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC
from json.encoder import encode_basestring_ascii as _text
from typing import TYPE_CHECKING, Any

from iw.core.dates import PartialDate
from iw.log.records import OfEvent, OfQuestion, OfScenario, Stance

if TYPE_CHECKING:
    from iw.log.drafts import CoverageDraft, ReportDraft, SearchDraft


def of_report(draft: ReportDraft) -> str:
    """The fingerprint of what a source sent."""
    reported = draft.reported_at.astimezone(UTC).isoformat() if draft.reported_at else None
    return of_parts("report", draft.source, draft.text, reported, draft.url, draft.document, draft.section, draft.note)


def of_event(
    indicator: str,
    occurred: PartialDate,
    summary: str,
    reports: Iterable[tuple[Stance, str]],
    value: float | None = None,
    period_days: int | None = None,
) -> str:
    """The fingerprint of a claim together with those of the reports it rests on; ``value`` and
    ``period_days`` are a reading's."""
    rests_on = sorted([str(stance), fingerprint] for stance, fingerprint in reports)
    measured = () if value is None else (float(value), *(() if period_days is None else (period_days,)))
    return of_parts("event", indicator, str(occurred), summary, json.dumps(rests_on), *measured)


def of_coverage(draft: CoverageDraft) -> str:
    """The fingerprint of a collector's window."""
    until = draft.until.isoformat() if draft.until else None
    chance = None if draft.coverage is None else float(draft.coverage)
    return of_parts("coverage", draft.collector, draft.kind, draft.selects, draft.since.isoformat(), until, chance)


def of_search(draft: SearchDraft) -> str:
    """The fingerprint of a search."""
    window = (draft.since.isoformat(), draft.until.isoformat())
    return of_parts("search", draft.indicator, *window, float(draft.coverage))


def of_subject(subject: OfEvent | OfScenario | OfQuestion) -> str:
    """The fingerprint of what is settled: one thing is settled once, and one scenario of a problem holds on a day."""
    match subject:
        case OfEvent():
            return of_parts("resolution", "event", subject.event)
        case OfScenario():
            return of_parts("resolution", "scenario", subject.problem, subject.settled_on.isoformat())
        case OfQuestion():
            return of_parts("resolution", "question", subject.forecast)


def of_review(content: Mapping[str, Any]) -> str:
    """The fingerprint of a review: the same reviewer may think of the same thing again, but not say the same twice."""
    return of_parts("review", content["subject"], content["reviewer"], str(content["opinion"]), content["ground"])


def of_parts(*parts: str | float | None) -> str:
    """SHA-256 over the parts in order, as JSON in ASCII; runs of white space count as one space."""
    return hashlib.sha256(f"[{', '.join(map(_plain, parts))}]".encode("ascii")).hexdigest()


def _plain(part: str | float | None) -> str:
    if isinstance(part, str):
        return _text(" ".join(part.split()))
    return "null" if part is None else json.dumps(part)
