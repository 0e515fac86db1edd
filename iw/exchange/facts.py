"""The facts in force of one log as drafts for another: what is left when two logs are joined.

The other log appends them as its own, at the markings that they have: author and moment of recording are the
importer's, and the reason tells whose they were. Known they are from then on; only in a *backfill* does a fact that
was itself backfilled count as known from when it was reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import select

from iw.log.drafts import (
    Attached,
    BackingDraft,
    CoverageDraft,
    EventDraft,
    ReportDraft,
    ResolutionDraft,
    ReviewDraft,
    SearchDraft,
    Visible,
)
from iw.log.engine import reading
from iw.log.fingerprints import of_event
from iw.log.records import (
    MEASURED,
    Backing,
    Coverage,
    Event,
    Marking,
    OfEvent,
    OfScenario,
    Reading,
    Report,
    Resolution,
    Search,
    Stamp,
    Stance,
    VisibleBasis,
)
from iw.log.schema import Kind, records
from iw.log.store import Log


@dataclass(frozen=True)
class EventFact:
    """An event or reading with the reports that its claim rests on, and all its backings by themselves.

    ``fingerprints`` are those of all its versions: a log that holds one of them holds the event. The backings, and the
    resolution where it is settled, name 0 in place of the event, whose position only the other log knows.
    """

    draft: EventDraft
    backings: tuple[BackingDraft, ...]
    fingerprints: frozenset[str]
    resolution: ResolutionDraft | None = None


@dataclass(frozen=True)
class ReviewFact:
    """A review of an event, reading or report that any of the ``fingerprints`` claims; the draft names 0 as subject."""

    draft: ReviewDraft
    fingerprints: frozenset[str]


@dataclass(frozen=True)
class _Version:
    position: int
    recorded_at: datetime
    marking: Marking
    fingerprint: str


class FactsToJoin(Protocol):
    """Facts that can be appended to a log, wherever they come from."""

    def events(self) -> Iterable[EventFact]:
        """The events and readings."""

    def others(self) -> Iterable[ReportDraft | CoverageDraft | SearchDraft | ResolutionDraft]:
        """What stands for itself: unassigned reports, declared coverage, searches, scenarios that are settled."""

    def reviews(self) -> Iterable[ReviewFact]:
        """The reviews of any of these."""


class Facts:
    """The facts in force of a log, as known at a moment and at a marking."""

    def __init__(self, log: Log, known_at: datetime, marking: Marking, backfill: bool) -> None:
        self._view = log.view(known_at, marking)
        self._backfill = backfill
        self._settled = {
            one.subject.event: self._resolution(one, OfEvent(0))
            for one in self._view.resolutions
            if isinstance(one.subject, OfEvent)
        }
        self._versions: dict[int, list[_Version]] = {}
        columns = ("first", "position", "recorded_at", "marking", "fingerprint")
        query = select(*(records.c[name] for name in columns)).where(records.c.kind.in_([Kind.EVENT, Kind.BACKING]))
        with reading(log.engine) as connection:
            for first, position, recorded_at, mark, fingerprint in connection.execute(
                query.order_by(records.c.position)
            ):
                version = _Version(position, recorded_at, Marking(mark), fingerprint)
                self._versions.setdefault(first, []).append(version)

    def events(self) -> Iterator[EventFact]:
        """The events and readings."""
        for event in self._in_force():
            yield self._event(event)

    def others(self) -> Iterator[ReportDraft | CoverageDraft | SearchDraft | ResolutionDraft]:
        """What stands for itself: unassigned reports, declared coverage, searches, scenarios that are settled."""
        for report in self._view.unassigned:
            yield self._report(report)
        for coverage in self._view.coverages:
            yield self._coverage(coverage)
        for search in self._view.searches:
            yield self._search(search)
        for resolution in self._view.resolutions:
            if isinstance(resolution.subject, OfScenario):
                yield self._resolution(resolution, resolution.subject)

    def reviews(self) -> Iterator[ReviewFact]:
        """The reviews of any of these."""
        claims = {one.first_position: claimed(self._event(one).draft) for one in self._in_force()}
        reports = {one.report.first_position: one.report for event in self._in_force() for one in event.backings}
        reports |= {one.first_position: one for one in self._view.unassigned}
        for review in self._view.reviews:
            if review.subject in claims:
                versions = (version.fingerprint for version in self._versions[review.subject])
                prints = frozenset((claims[review.subject], *versions))
            else:
                prints = frozenset([self._report(reports[review.subject]).fingerprint])
            names = ("opinion", "ground", "reviewer")
            told = {name: getattr(review, name) for name in names}
            yield ReviewFact(ReviewDraft(0, **told, marking=review.stamp.marking, reason=_reason(review.stamp)), prints)

    def _in_force(self) -> tuple[Event, ...]:
        return (*self._view.events, *self._view.readings)

    def _event(self, event: Event) -> EventFact:
        versions = self._versions[event.first_position]
        links = [(self._backing(backing), self._is_of_the_claim(backing, versions)) for backing in event.backings]
        names = ("indicator", "occurred", "summary", "development", "staged", "occurred_local")
        claim = EventDraft(
            **{name: getattr(event, name) for name in names},
            reports=tuple(Attached(backing.report, backing.stance) for backing, _ in links),
            marking=event.stamp.marking,
            visible=self._visible(event.stamp),
            reason=_reason(event.stamp),
            **({name: getattr(event, name) for name in MEASURED} if isinstance(event, Reading) else {}),
        )
        fact = event_fact(claim, links, frozenset(version.fingerprint for version in versions))
        return replace(fact, resolution=self._settled.get(event.first_position))

    def _is_of_the_claim(self, backing: Backing, versions: list[_Version]) -> bool:
        """Does the event's last version rest on it? The first rests on what was recorded in the same moment."""
        (link,) = self._versions[backing.position]
        if len(versions) == 1:
            return link.recorded_at == versions[0].recorded_at
        return link.position < versions[-1].position

    def _backing(self, backing: Backing) -> BackingDraft:
        report = self._report(backing.report)
        marking = self._versions[backing.position][0].marking
        return BackingDraft(0, report, backing.stance, marking, report.visible, report.reason)

    def _report(self, report: Report) -> ReportDraft:
        names = ("source", "grade", "text", "origin", "grade_reason", "reported_at", "url", "document", "section")
        more = ("note", "bears_on", "contradicts")
        return ReportDraft(
            **{name: getattr(report, name) for name in (*names, *more)},
            marking=report.stamp.marking,
            visible=self._visible(report.stamp),
            reason=_reason(report.stamp),
        )

    def _coverage(self, one: Coverage) -> CoverageDraft:
        return CoverageDraft(
            collector=one.collector,
            kind=one.kind,  # type: ignore[arg-type]  # the database has no other kinds
            selects=one.selects,
            since=one.since,
            until=one.until,
            coverage=one.coverage,
            marking=one.stamp.marking,
            visible=self._visible(one.stamp),
            reason=_reason(one.stamp),
        )

    def _search(self, one: Search) -> SearchDraft:
        return SearchDraft(
            indicator=one.indicator,
            since=one.since,
            until=one.until,
            coverage=one.coverage,
            marking=one.stamp.marking,
            visible=self._visible(one.stamp),
            reason=_reason(one.stamp),
        )

    def _resolution(self, one: Resolution, subject: OfEvent | OfScenario) -> ResolutionDraft:
        return ResolutionDraft(subject, one.outcome, one.ground, one.stamp.marking, _reason(one.stamp))

    def _visible(self, stamp: Stamp) -> Visible | None:
        if not self._backfill or stamp.visible_basis is VisibleBasis.RECORDED:
            return None
        return Visible(stamp.visible_at, stamp.visible_basis)


def claimed(draft: EventDraft) -> str:
    """The fingerprint of what an event with new reports claims."""
    reports = ((item.stance, item.report) for item in draft.attached)
    rests_on = [(stance, one.fingerprint) for stance, one in reports if isinstance(one, ReportDraft)]
    measured = draft.value, draft.period_days
    return of_event(draft.indicator, draft.occurred, draft.summary, rests_on, *measured)


def event_fact(
    claim: EventDraft, links: Sequence[tuple[BackingDraft, bool]], fingerprints: frozenset[str] = frozenset()
) -> EventFact:
    """The fact of an event with these links; each says whether the claim itself rests on it.

    A link may be more restricted than both its ends: then it is drawn by itself, at its own marking. Where nothing else
    backs the event, the event is as restricted as its links.
    """
    together = [
        link
        for link, of_the_claim in links
        if of_the_claim and _rank(link.marking) <= max(claim.marking.rank, _rank(_report_marking(link)))
    ]
    marking = claim.marking
    if not any(link.stance is Stance.BACKS for link in together):
        together = [link for link, _ in links]
        marking = max([marking, *(link.marking or marking for link in together)], key=lambda one: one.rank)
    reports = tuple(Attached(link.report, link.stance) for link in together)
    return EventFact(replace(claim, reports=reports, marking=marking), tuple(link for link, _ in links), fingerprints)


def _report_marking(link: BackingDraft) -> Marking | None:
    return link.report.marking if isinstance(link.report, ReportDraft) else None


def _rank(marking: Marking | None) -> int:
    return 0 if marking is None else marking.rank


def higher(one: Marking | None, other: Marking) -> Marking:
    """The more restricted of two markings."""
    return other if one is None or one.rank < other.rank else one


def _reason(stamp: Stamp) -> str:
    said = f"{stamp.reason}; " if stamp.reason else ""
    return f"{said}recorded by {stamp.author} at {stamp.recorded_at.isoformat()}"
