"""What may be appended to the log. A draft is checked when it is made; the log adds its position and times.

``visible`` says from when a backfilled record counts as known, and on what ground; without it a record is
known from the moment when it is appended. ``reason`` overrides the reason of the whole append.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Literal

from iw.core.dates import PartialDate
from iw.core.errors import UsageError
from iw.log import checks, fingerprints
from iw.log.grades import parse_grade
from iw.log.records import (
    Grade,
    Marking,
    OfEvent,
    OfQuestion,
    OfScenario,
    Opinion,
    Outcome,
    Staged,
    Stance,
    VisibleBasis,
)


@dataclass(frozen=True)
class Visible:
    """From when a backfilled record counts as known, and why from then."""

    moment: datetime
    basis: VisibleBasis

    def __post_init__(self) -> None:
        checks.zoned("visible", self.moment)


@dataclass(frozen=True)
class ReportDraft:
    """What one source sent. ``origin`` is the source's own slug unless said otherwise.

    Without a marking of its own it takes that of the event it comes with, else CLEAR; ``visible`` likewise.
    Raises `UsageError` for an empty source or text or an impossible grade.
    """

    source: str
    grade: Grade
    text: str
    origin: str = ""
    grade_reason: str = ""
    reported_at: datetime | None = None
    url: str | None = None
    document: str | None = None
    section: str | None = None
    note: str | None = None
    marking: Marking | None = None
    visible: Visible | None = None
    reason: str = ""
    bears_on: str | None = None
    contradicts: str | None = None

    def __post_init__(self) -> None:
        checks.filled(source=self.source, text=self.text)
        checks.storable(self)
        parse_grade(str(self.grade))
        if self.reported_at is not None:
            checks.zoned("reported_at", self.reported_at)
            object.__setattr__(self, "reported_at", self.reported_at.astimezone(UTC))
        if not self.origin:
            object.__setattr__(self, "origin", slug(self.source))

    @cached_property
    def fingerprint(self) -> str:
        """What the source sent, as one hash."""
        return fingerprints.of_report(self)


@dataclass(frozen=True)
class Attached:
    """A report, new or known by its position, and how it stands to the event that it comes with."""

    report: ReportDraft | int
    stance: Stance = Stance.BACKS


@dataclass(frozen=True)
class EventDraft:
    """The claim that an indicator happened on a date. A bare report or position among ``reports`` backs it.

    With a ``value`` it is a reading: the claim that a level had this value, or that so many were counted, in that
    period: that of ``occurred``, or ``period_days`` from its day on. Raises `UsageError` where the indicator or summary
    is empty, the value is no number, period or coverage are not those of a reading, no report backs the event, or a
    backing report was reported before the event occurred or the period was over.
    """

    indicator: str
    occurred: PartialDate
    summary: str
    reports: tuple[ReportDraft | int | Attached, ...]
    development: str | None = None
    staged: Staged = Staged.NO
    occurred_local: str | None = None
    marking: Marking = Marking.CLEAR
    visible: Visible | None = None
    reason: str = ""
    value: float | None = None
    period_days: int | None = None
    coverage: float | None = None

    def __post_init__(self) -> None:
        checks.filled(indicator=self.indicator, summary=self.summary)
        checks.storable(self)
        checks.number(self.value)
        checks.period(self.period_days, self.coverage, self.value, self.occurred)
        if not any(item.stance is Stance.BACKS for item in self.attached):
            raise UsageError("An event needs at least one report that backs it.")
        for item in self.attached:
            if item.stance is Stance.BACKS and isinstance(item.report, ReportDraft):
                checks.not_before(item.report.reported_at, self.occurred, self.period_days)

    @cached_property
    def attached(self) -> tuple[Attached, ...]:
        """The reports, each with its stance."""
        return tuple(item if isinstance(item, Attached) else Attached(item) for item in self.reports)

    @cached_property
    def fingerprint(self) -> str | None:
        """What is claimed, as one hash; None where it rests on a report that only the log knows."""
        rests_on = [
            (one.stance, one.report.fingerprint) for one in self.attached if isinstance(one.report, ReportDraft)
        ]
        if len(rests_on) < len(self.attached):
            return None
        measured = self.value, self.period_days
        return fingerprints.of_event(self.indicator, self.occurred, self.summary, rests_on, *measured)


@dataclass(frozen=True)
class BackingDraft:
    """A further report that backs or denies an event in the log.

    Without a marking it takes the higher one of the event's and the report's; a new report takes the event's.
    """

    event: int
    report: ReportDraft | int
    stance: Stance = Stance.BACKS
    marking: Marking | None = None
    visible: Visible | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        checks.storable(self)


@dataclass(frozen=True)
class CoverageDraft:
    """That a collector watched over a window; see `iw.log.records.Coverage` for the fields.

    Raises `UsageError` for a coverage outside 0..1, a window that ends before it begins, a gap that covers.
    """

    collector: str
    kind: Literal["watch", "document", "gap"]
    selects: str
    since: date
    until: date | None = None
    coverage: float | None = None
    marking: Marking = Marking.CLEAR
    visible: Visible | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        checks.filled(collector=self.collector, selects=self.selects)
        checks.storable(self)
        if self.kind not in ("watch", "document", "gap"):
            raise UsageError(f"'{self.kind}' is not a kind of coverage.", "Use watch, document or gap.")
        if self.kind == "gap":
            if self.coverage not in (None, 0):
                raise UsageError("A gap has coverage 0: nobody was looking.", "Use the kind 'watch' instead.")
            object.__setattr__(self, "coverage", 0.0)
        checks.chance(self.coverage)
        checks.window(self.since, self.until)


@dataclass(frozen=True)
class SearchDraft:
    """That somebody looked for an indicator over a window and did not see it.

    Raises `UsageError` for a coverage outside 0..1 or a window that ends before it begins.
    """

    indicator: str
    since: date
    until: date
    coverage: float
    marking: Marking = Marking.CLEAR
    visible: Visible | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        checks.filled(indicator=self.indicator)
        checks.storable(self)
        checks.chance(self.coverage)
        checks.window(self.since, self.until)


@dataclass(frozen=True)
class CorrectionDraft:
    """New values for an event's fields; None leaves a field as it is, and '' empties an optional one.

    A marking that is raised also withdraws the old version where the lower marking was allowed.
    """

    event: int
    indicator: str | None = None
    occurred: PartialDate | None = None
    summary: str | None = None
    development: str | None = None
    staged: Staged | None = None
    occurred_local: str | None = None
    marking: Marking | None = None
    visible: Visible | None = None
    reason: str = ""
    value: float | None = None
    period_days: int | None = None
    coverage: float | None = None

    def __post_init__(self) -> None:
        checks.number(self.value)
        checks.chance(self.coverage)
        checks.filled(**{name: text for name in ("indicator", "summary") if (text := getattr(self, name)) is not None})
        checks.storable(self)


@dataclass(frozen=True)
class RegradeDraft:
    """A new judgement of a report: its grade, or its marking; what the source sent stays as it is."""

    report: int
    grade: Grade | None = None
    grade_reason: str = ""
    marking: Marking | None = None
    visible: Visible | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        checks.storable(self)
        if self.grade is not None:
            parse_grade(str(self.grade))


@dataclass(frozen=True)
class RetractionDraft:
    """That an event, report, backing, coverage, search, resolution or review is withdrawn, at its own marking."""

    position: int
    visible: Visible | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        checks.storable(self)


@dataclass(frozen=True)
class ResolutionDraft:
    """That something is settled; see `iw.log.records.Resolution`. It has no ``visible``: it acts from when it is
    recorded.

    Raises `UsageError` where the ground is empty, or a scenario is settled other than by a yes.
    """

    subject: OfEvent | OfScenario | OfQuestion
    outcome: Outcome
    ground: str
    marking: Marking = Marking.CLEAR
    reason: str = ""

    def __post_init__(self) -> None:
        checks.filled(ground=self.ground)
        checks.storable(self)
        checks.storable(self.subject)
        if isinstance(self.subject, OfScenario) and self.outcome is not Outcome.YES:
            raise UsageError("Of a scenario it can only be settled that it holds.", "Settle the one that does.")
        if isinstance(self.subject, OfQuestion):
            checks.window(self.subject.since, self.subject.until)


@dataclass(frozen=True)
class ReviewDraft:
    """That somebody looked at an event, reading or report; see `iw.log.records.Review`.

    ``reviewer`` is the author unless said otherwise. It is marked at least as what it is about, and acts on nothing.
    Raises `UsageError` where the ground is empty.
    """

    subject: int
    opinion: Opinion
    ground: str
    reviewer: str = ""
    marking: Marking = Marking.CLEAR
    reason: str = ""

    def __post_init__(self) -> None:
        checks.filled(ground=self.ground)
        checks.storable(self)


@dataclass(frozen=True)
class FitDraft:
    """A fit to be recorded; see `iw.log.records.FitRecord`."""

    fit_id: str
    problem: str
    model_version: str
    as_of: date
    known_at: datetime
    log_position: int
    accepted: bool
    path: str
    summary: Mapping[str, Any] = field(default_factory=dict)
    marking: Marking = Marking.RED

    def __post_init__(self) -> None:
        checks.filled(fit_id=self.fit_id, problem=self.problem)
        checks.zoned("known_at", self.known_at)


type Draft = (
    ReportDraft
    | EventDraft
    | BackingDraft
    | CoverageDraft
    | SearchDraft
    | CorrectionDraft
    | RegradeDraft
    | RetractionDraft
    | ResolutionDraft
    | ReviewDraft
)


def slug(name: str) -> str:
    """Lower-case words joined by hyphens; a name without any letter or digit is kept as it is."""
    words = re.findall(r"\w+", name.casefold().replace("_", " "))
    return "-".join(words) or name.strip()


def position_of(name: str) -> int:
    """The log position in a short name (``E12``, ``R7``) or a bare number; `UsageError` otherwise."""
    match = re.fullmatch(r"[A-Za-z]?(\d+)", name.strip(), re.ASCII)
    if not match or len(match[1]) > 18:
        raise UsageError(f"'{name}' is not the name of a record.", "Names look like E12, R7, C3, S5 or V9.")
    return int(match[1])
