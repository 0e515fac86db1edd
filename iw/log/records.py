"""What the log holds, as frozen records. Facts are appended; a correction supersedes by a new record.

Three times, never mixed: ``occurred`` (UTC, with its precision), ``reported_at`` (first public report) and
``recorded_at`` (appended here). ``visible_at`` is the moment from which a record is known: ``recorded_at``,
and for imports flagged *backfill* the earliest public report, else occurrence plus the indicator's usual lag;
``visible_basis`` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from iw.core.dates import PartialDate


class Marking(StrEnum):
    """TLP 2.0 markings, in order of restriction from the most open."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"

    @property
    def rank(self) -> int:
        """0 for CLEAR up to 4 for RED."""
        return list(Marking).index(self)


class VisibleBasis(StrEnum):
    """Why a record counts as known from its ``visible_at``."""

    RECORDED = "recorded"
    REPORTED = "reported"
    LAG = "lag"


class Stance(StrEnum):
    """How a report stands to an event. An *expected* denial would be made either way and weighs nothing."""

    BACKS = "backs"
    DENIES = "denies"
    DENIES_EXPECTED = "denies-expected"

    @property
    def phrase(self) -> str:
        """What the report does to the event, in words."""
        return "denies it, as was expected" if self is Stance.DENIES_EXPECTED else f"{self} it"


class Staged(StrEnum):
    """Is the event closeness performed for onlookers?"""

    NO = "no"
    POSSIBLY = "possibly"
    YES = "yes"


@dataclass(frozen=True)
class Grade:
    """An Admiralty grade: the source's reliability A-F and the report's credibility 1-6."""

    reliability: str
    credibility: str

    def __str__(self) -> str:
        return f"{self.reliability}{self.credibility}"


@dataclass(frozen=True)
class Stamp:
    """What every record carries: its position in the log, who appended it when and why, and its marking."""

    position: int
    recorded_at: datetime
    visible_at: datetime
    visible_basis: VisibleBasis
    author: str
    reason: str
    marking: Marking
    batch: str | None


@dataclass(frozen=True)
class Report:
    """What one source sent, kept unchanged. ``document``, ``section`` and ``note`` cite where we found it.

    ``bears_on`` names the indicator that a report without a date, and so without an event, has to do with;
    ``contradicts`` says what else says otherwise.
    """

    stamp: Stamp
    source: str
    grade: Grade
    grade_reason: str
    text: str
    reported_at: datetime | None
    origin: str
    url: str | None
    document: str | None
    section: str | None
    note: str | None
    first_position: int = 0
    bears_on: str | None = None
    contradicts: str | None = None

    @property
    def id(self) -> str:
        """The short name that people use: R and the first record's position; a regrade keeps it."""
        return f"R{self.first_position or self.stamp.position}"


@dataclass(frozen=True)
class Backing:
    """That a report backs or denies an event; ``position`` is its own record, which a retraction can name."""

    report: Report
    stance: Stance
    position: int = 0


@dataclass(frozen=True)
class Event:
    """The claim that an indicator happened on a date, with the reports that back or deny it."""

    stamp: Stamp
    indicator: str
    occurred: PartialDate
    summary: str
    development: str | None
    staged: Staged
    backings: tuple[Backing, ...]

    @property
    def id(self) -> str:
        """The short name that people use: E and the position of the event's first record.

        A correction keeps the name of the event that it corrects.
        """
        return f"E{self.first_position}"

    first_position: int = 0
    occurred_local: str | None = None  # the local time as received, in the source's own words


MEASURED = "value", "period_days", "coverage"  # what a reading has and an event has not


@dataclass(frozen=True)
class Reading(Event):
    """One measured value of a level, in the indicator's unit, or one period's count.

    ``occurred`` is the period that it is about, or with ``period_days`` the day on which it begins. ``coverage`` is the
    chance with which what happened then is in a count; None: that which is declared. It is a claim with reports behind
    it like any event, and is corrected and withdrawn like one.
    """

    value: float = 0.0
    period_days: int | None = None
    coverage: float | None = None

    @property
    def first(self) -> date:
        """The first day of its period."""
        return self.occurred.first

    @property
    def last(self) -> date:
        """The last day of its period."""
        return self.occurred.last if self.period_days is None else self.first + timedelta(days=self.period_days - 1)

    @property
    def period(self) -> str:
        """Its period in words: as it was given, or "2024-03-04 to 2024-03-10"."""
        return str(self.occurred) if self.period_days in {None, 1} else f"{self.first} to {self.last}"


@dataclass(frozen=True)
class Coverage:
    """That a collector watched for indicators over a window; dates inclusive, ``until`` None: still open.

    ``selects`` is an indicator's id, ``domain:<domain>`` or ``*``. ``coverage`` is the chance that an
    occurrence would be seen; None takes each indicator's default from the catalogue. ``kind`` is ``watch``
    (independent collectors), ``document`` (they cite one another) or ``gap`` (nobody looks: 0).
    """

    stamp: Stamp
    collector: str
    kind: str
    selects: str
    since: date
    until: date | None
    coverage: float | None

    @property
    def id(self) -> str:
        """The short name that people use: C and the log position."""
        return f"C{self.stamp.position}"


@dataclass(frozen=True)
class Search:
    """Looked for over a window and not seen; ``coverage`` is the chance that it would have been."""

    stamp: Stamp
    indicator: str
    since: date
    until: date
    coverage: float

    @property
    def id(self) -> str:
        """The short name that people use: S and the log position."""
        return f"S{self.stamp.position}"


class Outcome(StrEnum):
    """How something was settled; *void*: it cannot be told, whatever came of it."""

    YES = "yes"
    NO = "no"
    VOID = "void"


@dataclass(frozen=True)
class OfEvent:
    """An event, by the position of its first record: did it happen as claimed?"""

    event: int


@dataclass(frozen=True)
class OfScenario:
    """A scenario of a problem, which held at the end of the day ``settled_on`` (yes is the only outcome)."""

    problem: str
    scenario: str
    settled_on: date


@dataclass(frozen=True)
class OfQuestion:
    """A question over a window of days, both inclusive, by the position of the forecast that asked it.

    ``any`` is true where a single event would have answered it: then a no says that none was to be seen.
    """

    forecast: int
    question: str
    indicator: str
    since: date
    until: date
    any: bool


@dataclass(frozen=True)
class Resolution:
    """That an event, a scenario or a question is settled: by whom and when (the stamp), how, and on what ground.

    It acts from its ``recorded_at`` on.
    """

    stamp: Stamp
    subject: OfEvent | OfScenario | OfQuestion
    outcome: Outcome
    ground: str

    @property
    def id(self) -> str:
        """The short name that people use: V (verdict) and the log position."""
        return f"V{self.stamp.position}"


class Opinion(StrEnum):
    """What a reviewer thinks of a record."""

    AGREE = "agree"
    DOUBT = "doubt"
    REJECT = "reject"


@dataclass(frozen=True)
class Review:
    """That somebody looked at an event, reading or report, and what he thinks of it. No belief depends on it.

    ``subject`` is the position of the first record of what was looked at. ``reviewer`` is who did, which is the author
    unless the review came in from elsewhere.
    """

    stamp: Stamp
    subject: int
    opinion: Opinion
    reviewer: str
    ground: str

    @property
    def id(self) -> str:
        """The short name that people use: J (judgement) and the log position."""
        return f"J{self.stamp.position}"


@dataclass(frozen=True)
class LogView:
    """The effective facts of the log as known at a moment, at or below a marking.

    Superseded and retracted records are gone from it; reports that back nothing are in ``unassigned``. Readings
    are not among the events. Reviews are those of what is in the view.
    ``position`` is the last record on which beliefs may depend that the view took into account.
    """

    known_at: datetime
    marking: Marking
    position: int
    events: tuple[Event, ...]
    unassigned: tuple[Report, ...]
    coverages: tuple[Coverage, ...]
    searches: tuple[Search, ...]
    readings: tuple[Reading, ...] = ()
    resolutions: tuple[Resolution, ...] = ()
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True)
class FitRecord:
    """That a problem's parameters were fitted: from what, whether it was accepted, where the draws lie.

    ``log_position`` is the last record that the fit took into account; ``stamp.position`` is the fit's own.
    """

    stamp: Stamp
    fit_id: str
    problem: str
    model_version: str
    as_of: date
    known_at: datetime
    log_position: int
    accepted: bool
    path: str
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class ImportRecord:
    """That records came in from the file of another log, with the positions, authors and times that they had there.

    An entry of the journal (`iw.log.journal`). They are the records from ``first_position`` to ``position``;
    ``digest`` is the file's.
    """

    first_position: int
    position: int
    importer: str
    imported_at: datetime
    file: str
    digest: str
