"""A STIX 2.1 bundle as facts for the log: our own as what they were, those of others as ungraded reports.

Of a bundle that we wrote, everything in force comes back: events, readings, reports with their grades, denials,
searches, coverage, what was settled, reviews; beliefs are computed here and not taken over. With a fault in any of it
nothing is taken in. Of a foreign bundle each ``report`` and ``note`` is kept as a report graded F6, which backs nothing
until somebody says so; what cannot be read is listed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from iw.core.dates import parse_day, parse_moment
from iw.core.errors import DataError, Fault, UsageError, nearest
from iw.exchange.facts import EventFact, ReviewFact, claimed, event_fact
from iw.exchange.joining import Joined, join
from iw.exchange.stix_objects import EXTENSION, MARKINGS, StixObject
from iw.exchange.stix_told import Told, extension_of, what_is_wrong
from iw.log import csv_fields
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
from iw.log.fingerprints import of_report
from iw.log.grades import parse_grade
from iw.log.records import Marking, OfEvent, OfScenario, Opinion, Outcome, Stance, VisibleBasis
from iw.log.store import Log

LARGEST = 256 * 2**20
"""Bytes; a bundle is read at once."""

UNKNOWN_SOURCE = "unknown STIX producer"


@dataclass
class BundleFacts:
    """The facts of a bundle, to be joined with a log, and what could not be read of a foreign one."""

    _events: list[EventFact] = field(default_factory=list)
    _others: list[ReportDraft | CoverageDraft | SearchDraft | ResolutionDraft] = field(default_factory=list)
    _reviews: list[ReviewFact] = field(default_factory=list)
    not_read: list[Fault] = field(default_factory=list)

    def events(self) -> Sequence[EventFact]:
        """The events and readings."""
        return self._events

    def others(self) -> Sequence[ReportDraft | CoverageDraft | SearchDraft | ResolutionDraft]:
        """Unassigned reports, declared coverage, searches, scenarios that are settled."""
        return self._others

    def reviews(self) -> Sequence[ReviewFact]:
        """The reviews of any of these."""
        return self._reviews


@dataclass(frozen=True)
class Asked:
    """How a bundle is to be read: the present, the catalogue's indicators, and the marking of what has none."""

    now: datetime
    indicators: Collection[str]
    marking: Marking = Marking.CLEAR
    backfill: bool = False
    scenarios: Mapping[str, Collection[str]] | None = None  # by problem; None: any will do

    @property
    def today(self) -> date:
        """The present date in UTC."""
        return self.now.astimezone(UTC).date()


def import_bundle(
    log: Log, path: Path, asked: Asked, *, importer: str, dry_run: bool = False
) -> tuple[Joined, list[Fault]]:
    """Append what a bundle tells and the log does not hold; also what could not be read of a foreign bundle."""
    facts = read_bundle(path, asked)
    if dry_run:
        return Joined(len(facts.events()) + len(facts.others()), 0), facts.not_read
    return join(log, facts, importer=importer, now=asked.now, batch=f"import {path.name}"), facts.not_read


def read_bundle(path: Path, asked: Asked) -> BundleFacts:
    """The facts of a bundle; `DataError` with every fault of what we wrote ourselves, or where it is no bundle."""
    reading = _Reading(str(path), asked, _objects(path))
    facts = reading.facts()
    if reading.faults:
        count = f"{len(reading.faults)} fault{'s' if len(reading.faults) != 1 else ''}"
        raise DataError(reading.faults, f"Nothing was imported: {count}.")
    return facts


def _objects(path: Path) -> list[Any]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise DataError([Fault(str(path), 0, 0, f"the file cannot be read: {error.strerror}")]) from error
    if len(data) > LARGEST:
        raise DataError([Fault(str(path), 0, 0, "the bundle is too large to be read at once", "split it")])
    try:
        bundle = json.loads(data)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 0
        raise DataError([Fault(str(path), line, 0, "this is not JSON")]) from error
    if not isinstance(bundle, dict) or bundle.get("type") != "bundle" or not isinstance(bundle.get("objects"), list):
        raise DataError([Fault(str(path), 0, 0, "this is no STIX bundle", "it has a type 'bundle' and 'objects'")])
    found: list[Any] = bundle["objects"]
    return found


class _Reading:
    """One bundle, object by object."""

    def __init__(self, file: str, asked: Asked, objects: list[Any]) -> None:
        self._file, self._asked = file, asked
        self.faults: list[Fault] = []
        self._not_read: list[Fault] = []
        self._places: dict[str, int] = {}
        self._ours: dict[str, list[StixObject]] = {}
        self._foreign: list[StixObject] = []
        self._by_id: dict[str, StixObject] = {}
        for place, one in enumerate(objects):
            self._sort(place, one)

    def facts(self) -> BundleFacts:
        """All that can be read."""
        facts = BundleFacts(not_read=self._not_read)
        reports = {one["id"]: draft for one, draft in self._read("report", self._report)}
        links: dict[str, list[BackingDraft]] = {}
        linked: set[str] = set()
        for one, link in self._read("link", lambda one: self._link(one, reports)):
            links.setdefault(one["object_refs"][0], []).append(link)
            linked.add(extension_of(one)["report_ref"])
        events = {
            one["id"]: fact
            for kind in ("event", "reading")
            for one, fact in self._read(kind, lambda one: self._event(one, links))
        }
        settled = dict[str, ResolutionDraft]()
        for _, resolution in self._read("resolution", lambda one: self._resolution(one, events, settled)):
            if isinstance(resolution.subject, OfScenario):
                facts._others.append(resolution)
        facts._events += [replace(fact, resolution=settled.get(name)) for name, fact in events.items()]
        facts._reviews += [fact for _, fact in self._read("review", lambda one: self._review(one, events, reports))]
        facts._others += [draft for name, draft in reports.items() if name not in linked]
        facts._others += [draft for _, draft in self._read("search", self._search)]
        facts._others += [draft for _, draft in self._read("coverage", self._coverage)]
        facts._others += self._kept()
        return facts

    def _sort(self, place: int, one: Any) -> None:
        """To ours or the foreign ones, if it is a sound STIX object and not revoked."""
        name = one.get("id") if isinstance(one, dict) else None
        ours = isinstance(one, dict) and isinstance(one.get("extensions"), dict) and EXTENSION in one["extensions"]
        message = what_is_wrong(one)
        if message:
            fault = Fault(self._file, 0, 0, f"objects[{place}]: {message}")
            (self.faults if ours else self._not_read).append(fault)
            return
        self._places[str(name)] = place
        self._by_id[str(name)] = one
        if one.get("revoked"):
            return
        if ours:
            self._ours.setdefault(str(extension_of(one).get("kind")), []).append(one)
        else:
            self._foreign.append(one)

    def _read[T](self, kind: str, read: Callable[[StixObject], T]) -> Iterator[tuple[StixObject, T]]:
        """Our objects of a kind, each with what it is; faults are noted."""
        for one in self._ours.get(kind, ()):
            try:
                yield one, read(one)
            except UsageError as error:
                self.faults.append(self._fault(one, error))

    def _fault(self, one: StixObject, error: UsageError) -> Fault:
        message = f"objects[{self._places[one['id']]}] ({one['id']}): {error.message.rstrip('.')}"
        return Fault(self._file, 0, 0, message, error.hint.rstrip("."))

    def _report(self, one: StixObject) -> ReportDraft:
        told = Told(one)
        reported, url, document = told.text("reported_at"), told.text("url"), told.text("document")
        return ReportDraft(
            source=told.needed("source"),
            grade=parse_grade(f"{told.needed('reliability')}{told.needed('credibility')}"),
            text=told.needed("text"),
            origin=told.needed("origin"),
            grade_reason=told.text("grade_reason") or "",
            reported_at=csv_fields.reported(reported, self._asked.today) if reported else None,
            url=csv_fields.url(url) if url else None,
            document=document,
            section=told.text("section"),
            note=told.text("note"),
            bears_on=self._known(told.text("bears_on")),
            contradicts=told.text("contradicts"),
            marking=self._marking(one),
            visible=self._visible(told),
        )

    def _link(self, one: StixObject, reports: dict[str, ReportDraft]) -> BackingDraft:
        told = Told(one)
        report = reports.get(told.needed("report_ref"))
        if report is None:
            raise UsageError("the report that it names is not in the bundle, or is at fault")
        stance = told.one_of("stance", tuple(Stance))
        return BackingDraft(0, report, stance, self._marking(one), report.visible)

    def _event(self, one: StixObject, links: dict[str, list[BackingDraft]]) -> EventFact:
        told = Told(one)
        backings = links.get(one["id"], [])
        claim = EventDraft(
            indicator=self._indicator(one),
            occurred=csv_fields.occurred(told.needed("occurred"), self._asked.today),
            summary=one.get("description", ""),
            reports=tuple(Attached(link.report, link.stance) for link in backings),
            development=told.text("development"),
            staged=csv_fields.staged(told.needed("staged")),
            occurred_local=told.text("occurred_local"),
            marking=self._marking(one),
            visible=self._visible(told),
            value=told.number("value"),
            period_days=told.whole("period_days"),
            coverage=told.number("coverage"),
        )
        if (claim.value is None) != (told.needed("kind") == "event"):
            raise UsageError("a reading has a value, and an event has none")
        return event_fact(claim, [(link, True) for link in backings])

    def _resolution(
        self, one: StixObject, events: Mapping[str, EventFact], settled: dict[str, ResolutionDraft]
    ) -> ResolutionDraft:
        """What is settled; of an event it is noted in ``settled``, under the identifier of the sighting."""
        told = Told(one)
        outcome, ground, about = told.one_of("outcome", tuple(Outcome)), told.needed("ground"), one["object_refs"][0]
        if told.text("problem") is None:
            if about not in events:
                raise UsageError("the event that it settles is not in the bundle, or is at fault")
            if about in settled:
                raise UsageError("the event that it settles is settled twice")
            settled[about] = ResolutionDraft(OfEvent(0), outcome, ground, self._marking(one))
            return settled[about]
        problem, scenario = told.needed("problem"), told.needed("scenario")
        if self._asked.scenarios is not None and scenario not in self._asked.scenarios.get(problem, ()):
            raise UsageError(f"there is no scenario '{scenario}' of a problem '{problem}'")
        on = parse_day(told.needed("settled_on"))
        if on > self._asked.today:
            raise UsageError(f"{on} lies in the future")
        return ResolutionDraft(OfScenario(problem, scenario, on), outcome, ground, self._marking(one))

    def _review(
        self, one: StixObject, events: Mapping[str, EventFact], reports: Mapping[str, ReportDraft]
    ) -> ReviewFact:
        told, about = Told(one), one["object_refs"][0]
        if about in events:
            claim = claimed(events[about].draft)
        elif about in reports:
            claim = of_report(reports[about])
        else:
            raise UsageError("the event or report that it is about is not in the bundle, or is at fault")
        opinion = told.one_of("opinion", tuple(Opinion))
        draft = ReviewDraft(0, opinion, told.needed("ground"), told.needed("reviewer"), self._marking(one))
        return ReviewFact(draft, frozenset([claim]))

    def _search(self, one: StixObject) -> SearchDraft:
        told = Told(one)
        since, until = parse_day(told.needed("since")), parse_day(told.needed("until"))
        if until > self._asked.today:
            raise UsageError(f"a search until {until} is not over yet")
        chance = told.number("coverage")
        if chance is None:
            raise UsageError("'coverage' is missing")
        return SearchDraft(
            self._indicator(one), since, until, chance, marking=self._marking(one), visible=self._visible(told)
        )

    def _coverage(self, one: StixObject) -> CoverageDraft:
        told = Told(one)
        until = told.text("until")
        return CoverageDraft(
            collector=told.needed("collector"),
            kind=csv_fields.coverage_kind(told.needed("collector_kind")),
            selects=told.needed("selects"),
            since=parse_day(told.needed("since")),
            until=parse_day(until) if until else None,
            coverage=told.number("coverage"),
            marking=self._marking(one),
            visible=self._visible(told),
        )

    def _indicator(self, one: StixObject) -> str:
        sighted = self._by_id.get(one["sighting_of_ref"], {})
        if sighted.get("pattern_type") != "iw-indicator":
            raise UsageError("the indicator that it is a sighting of is not in the bundle")
        return self._known(sighted["pattern"]) or ""

    def _known(self, indicator: str | None) -> str | None:
        if indicator is not None and indicator not in self._asked.indicators:
            near = nearest(indicator, self._asked.indicators)
            raise UsageError(
                f"there is no indicator '{indicator}'", f"did you mean {' or '.join(near)}?" if near else ""
            )
        return indicator

    def _visible(self, told: Told) -> Visible | None:
        at, basis = told.text("visible_at"), told.text("visible_basis")
        if not self._asked.backfill or at is None or basis is None:
            return None
        return Visible(parse_moment(at), told.one_of("visible_basis", (VisibleBasis.REPORTED, VisibleBasis.LAG)))

    def _marking(self, one: StixObject) -> Marking:
        """The most restricted TLP marking on it; RED where it has one that cannot be told."""
        named = [*one.get("object_marking_refs", ())]
        named += [part["marking_ref"] for part in one.get("granular_markings", ()) if "marking_ref" in part]
        found = [mark for mark in map(self._tlp, named) if mark is not None]
        return max(found, key=lambda mark: mark.rank, default=self._asked.marking)

    def _tlp(self, name: str) -> Marking | None:
        if name in MARKINGS:
            return MARKINGS[name]
        # A statement, such as a copyright, restricts nobody's eyes; a marking that is not here may.
        is_statement = self._by_id.get(name, {}).get("definition_type") == "statement"
        return None if is_statement else Marking.RED

    def _kept(self) -> Iterator[ReportDraft]:
        """Every foreign report and note; what else there is, is counted."""
        others = Counter[str]()
        for one in self._foreign:
            if one["type"] not in ("report", "note"):
                others[one["type"]] += one["type"] not in _SILENT
                continue
            try:
                yield self._foreign_report(one)
            except UsageError as error:
                self._not_read.append(self._fault(one, error))
        for kind, count in sorted((+others).items()):
            told = f"{count} object{'s' if count > 1 else ''} of type '{kind}' tell nothing that a log keeps"
            self._not_read.append(Fault(self._file, 0, 0, told))

    def _foreign_report(self, one: StixObject) -> ReportDraft:
        parts = (one.get("name"), one.get("abstract"), one.get("description"), one.get("content"))
        urls = (part.get("url", "") for part in one.get("external_references", ()))
        moment = parse_moment(one.get("published") or one["created"])
        if moment > self._asked.now:
            raise UsageError(f"it is of {moment.date()}, which lies in the future")
        return ReportDraft(
            source=self._producer(one),
            grade=parse_grade("F6"),
            text="\n".join(part for part in parts if part and isinstance(part, str)),
            grade_reason="from a STIX bundle, not graded",
            reported_at=moment,
            url=next((url for url in urls if url.casefold().startswith(("http://", "https://"))), None),
            note=one["id"],
            marking=self._marking(one),
        )

    def _producer(self, one: StixObject) -> str:
        producer = self._by_id.get(one.get("created_by_ref", ""), {}).get("name")
        authors: Iterable[str] = one.get("authors", ())
        return producer or next(iter(authors), UNKNOWN_SOURCE)


# What every bundle brings along to make sense of the others.
_SILENT = ("identity", "marking-definition", "extension-definition", "indicator", "language-content")
