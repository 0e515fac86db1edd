"""What came of each source's reports: a record that learns from resolutions only.

A resolved event that the source reported was right or wrong of it, and a denial the other way round; several reports of
one event count once. The record is Beta, with the mean weight of the source's grades as its prior, worth four reports,
so that a few resolutions move it and none leaves it where the grades are. It changes no weight by itself: a source that
does better or worse than it is graded is for somebody to regrade.

Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 2.4 (a beta prior of binomial trials).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scipy.stats import beta

from iw.catalogue import Tables
from iw.evidence.grading import grade_weight, outcomes
from iw.log.records import Event, LogView, Outcome, Report, Stance

PRIOR_REPORTS = 4.0


@dataclass(frozen=True)
class SourceRecord:
    """One source: what its grades say, what resolutions say, and both together with a 90 % interval."""

    source: str
    reports: int
    graded: float  # mean weight of its reports
    settled: int  # of the events that it reported or denied
    right: int
    mean: float
    low: float
    high: float

    @property
    def regrade(self) -> str:
        """``better`` or ``worse`` where what its grades say lies outside of the interval, else nothing."""
        if self.low <= self.graded <= self.high:
            return ""
        return "better" if self.graded < self.low else "worse"


def source_records(tables: Tables, view: LogView) -> list[SourceRecord]:
    """The record of every source in the view, those with the most resolutions first."""
    reports: dict[str, dict[str, Report]] = defaultdict(dict)
    for report in view.unassigned:
        reports[report.source][report.id] = report
    judged: dict[str, dict[str, bool]] = defaultdict(dict)  # source -> event -> was it right?
    settled = outcomes(view)
    for event in (*view.events, *view.readings):
        for backing in event.backings:
            reports[backing.report.source][backing.report.id] = backing.report
        if event.first_position in settled:
            for source, right in _judged(event, settled[event.first_position]).items():
                judged[source][event.id] = right
    found = [_record(tables, source, list(own.values()), judged[source]) for source, own in reports.items()]
    return sorted(found, key=lambda one: (-one.settled, -one.reports, one.source))


@dataclass(frozen=True)
class Grading:
    """One grading of a report: the first, or a later one in its place."""

    report: str
    at: datetime
    before: str  # the grade in whose place it stands; nothing for the first
    grade: str
    weight: float
    author: str
    reason: str


def gradings(tables: Tables, versions: Sequence[Report]) -> list[Grading]:
    """How a source's reports were graded, in log order; a version with the grade of the one before says nothing."""
    last: dict[str, str] = {}
    found = []
    for version in versions:
        before, grade, stamp = last.get(version.id, ""), str(version.grade), version.stamp
        if grade != before:
            reason = stamp.reason if before else version.grade_reason
            weight = grade_weight(tables, version.grade)
            found.append(Grading(version.id, stamp.recorded_at, before, grade, weight, stamp.author, reason or ""))
        last[version.id] = grade
    return found


def _judged(event: Event, outcome: Outcome) -> dict[str, bool]:
    """For each source that took a stand on a settled event, whether it was right; one that took both was right."""
    found: dict[str, bool] = {}
    for backing in event.backings:
        if backing.stance is not Stance.DENIES_EXPECTED:
            right = (backing.stance is Stance.BACKS) == (outcome is Outcome.YES)
            found[backing.report.source] = found.get(backing.report.source, False) or right
    return found


def _record(tables: Tables, source: str, reports: list[Report], judged: dict[str, bool]) -> SourceRecord:
    graded = sum(grade_weight(tables, report.grade) for report in reports) / len(reports)
    right = sum(judged.values())
    a, b = PRIOR_REPORTS * graded + right, PRIOR_REPORTS * (1 - graded) + len(judged) - right
    low, high = (float(value) for value in beta.ppf((0.05, 0.95), a, b))
    return SourceRecord(source, len(reports), graded, len(judged), right, a / (a + b), low, high)
