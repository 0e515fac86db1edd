"""What is in force in a log, as a STIX 2.1 bundle: the same log gives the same bytes.

| here | there |
|---|---|
| the watch, each source | ``identity`` |
| an indicator | ``indicator`` (its pattern is its id in the catalogue) |
| an event or reading | ``sighting`` of the indicator, count 1 |
| a search | ``sighting`` of the indicator, count 0 |
| a report | ``report`` about its source and the sightings it stands to |
| that a report backs or denies an event | ``opinion`` on the sighting: agree, disagree, neutral if expected |
| declared coverage, a belief | ``note`` |
| that an event or scenario is settled | ``note`` on the sighting, or the watch |
| a review | ``opinion`` on what was looked at: agree, disagree for a doubt, strongly-disagree for a rejection |

What STIX has no property for stands in our extension (`iw.exchange.stix_objects`). ``confidence`` is never used: it
would say how sure the producer is of an object, and a probability of a scenario is another thing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from iw.exchange.log_files import whole
from iw.exchange.stix_names import Names
from iw.exchange.stix_objects import (
    EPOCH,
    TLP_2,
    StixObject,
    basic,
    definitions,
    extended,
    identifier,
    moment,
    seen,
)
from iw.log.records import (
    MEASURED,
    Coverage,
    Event,
    LogView,
    Marking,
    OfEvent,
    OfScenario,
    Opinion,
    Reading,
    Report,
    Resolution,
    Review,
    Search,
    Stamp,
    Stance,
    VisibleBasis,
)
from iw.log.store import Log

REVIEWED = {Opinion.AGREE: "agree", Opinion.DOUBT: "disagree", Opinion.REJECT: "strongly-disagree"}
OPINIONS = {Stance.BACKS: "agree", Stance.DENIES: "disagree", Stance.DENIES_EXPECTED: "neutral"}


@dataclass(frozen=True)
class Meaning:
    """What an indicator's id stands for in the catalogue."""

    title: str
    definition: str


@dataclass(frozen=True)
class BeliefNote:
    """A problem's scenarios with the mean and 90 % interval of each one's probability, and what made these numbers."""

    problem: str
    title: str
    as_of: date
    known_at: datetime
    model_version: str
    fit: str | None
    scenarios: Mapping[str, tuple[float, float, float]]


@dataclass(frozen=True)
class Told:
    """How many objects a bundle has, and the SHA-256 of its file."""

    objects: int
    digest: str


def write_bundle(
    log: Log,
    path: Path,
    *,
    watch: str,
    known_at: datetime,
    marking: Marking,
    meanings: Mapping[str, Meaning],
    beliefs: Sequence[BeliefNote] = (),
) -> Told:
    """Write what is in force, as known at a moment and at a marking; ``watch`` names who tells it.

    ``beliefs`` must have been computed from what is at or below the marking. Raises `StoreError` where the file cannot
    be written.
    """
    view = log.view(known_at, marking)
    telling = _Telling(view, Names(log, view, watch), watch, meanings)
    found = {one["id"]: one for one in (*telling.facts(), *(telling.belief(belief) for belief in beliefs))}
    used = [
        mark for mark in Marking if any(TLP_2[mark] in one.get("object_marking_refs", ()) for one in found.values())
    ]
    found |= {one["id"]: one for one in definitions(used)}
    # A bundle is no fact but a parcel: its identifier is that of what is in it.
    objects = [found[name] for name in sorted(found)]
    content = json.dumps(objects, sort_keys=True).encode()
    parcel = {"type": "bundle", "id": identifier("bundle", hashlib.sha256(content).hexdigest()), "objects": objects}
    data = json.dumps(parcel, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n"
    with whole(path) as file:
        file.write(data)
    return Told(len(objects), hashlib.sha256(data).hexdigest())


class _Telling:
    """The objects of one view."""

    def __init__(self, view: LogView, names: Names, watch: str, meanings: Mapping[str, Meaning]) -> None:
        self._view, self._names, self._meanings = view, names, meanings
        self._watch = {**basic("identity", names.watch), "name": watch, "identity_class": "organization"}

    def facts(self) -> Iterator[StixObject]:
        """Every fact of the view, and what it refers to; what is referred to often comes often."""
        yield self._watch
        stands_to: dict[int, list[str]] = {}
        for event in self._events():
            yield self._indicator(event.indicator)
            yield self._event(event)
            for backing in event.backings:
                link = self._names.link(backing.position)
                if link.marking.rank <= backing.report.stamp.marking.rank:
                    stands_to.setdefault(backing.report.first_position, []).append(self._names.event(event))
                # It names both its ends, and so is no less restricted than they are.
                ends = (event.stamp.marking, backing.report.stamp.marking)
                marking = max(link.marking, *ends, key=lambda one: one.rank)
                yield self._opinion(event, backing.report, backing.stance, marking, link.recorded_at)
        attached = {one.report.first_position: one.report for event in self._events() for one in event.backings}
        reports = (*attached.values(), *self._view.unassigned)
        # A source is as open as what is told of it: the most open one is told last, and stays.
        for report in sorted(reports, key=lambda one: -one.stamp.marking.rank):
            yield self._source(report.source, report.stamp.marking)
            if report.bears_on:
                yield self._indicator(report.bears_on)
            yield self._report(report, stands_to.get(report.first_position, []))
        for search in self._view.searches:
            yield self._indicator(search.indicator)
            yield self._search(search)
        for coverage in self._view.coverages:
            yield self._coverage(coverage)
        yield from self._said([*attached.values(), *self._view.unassigned])

    def belief(self, one: BeliefNote) -> StixObject:
        """A belief as a note about the watch: its numbers in the extension, and in words for people."""
        made = (
            one.as_of.isoformat(),
            one.known_at.isoformat(),
            one.model_version,
            str(one.fit),
            str(self._view.marking),
        )
        name = identifier("note", self._names.watch, "belief", one.problem, *made)
        told = "; ".join(
            f"{scenario} {mean:.0%} ({low:.0%}-{high:.0%})" for scenario, (mean, low, high) in _by_mean(one)
        )
        numbers = [
            {"scenario": scenario, "mean": mean, "low": low, "high": high}
            for scenario, (mean, low, high) in one.scenarios.items()
        ]
        return {
            **self._by_watch("note", name, moment(one.known_at)),
            "abstract": f"Belief on {one.as_of}: {one.title}",
            "content": f"Probabilities with 90 % intervals, as of {one.as_of}: {told}.",
            "object_refs": [self._names.watch],
            "object_marking_refs": [TLP_2[self._view.marking]],
            **extended(
                kind="belief",
                problem=one.problem,
                as_of=one.as_of.isoformat(),
                known_at=one.known_at.isoformat(),
                model_version=one.model_version,
                fit=one.fit,
                scenarios=numbers,
            ),
        }

    def _said(self, reports: Sequence[Report]) -> Iterator[StixObject]:
        """What was settled, and what reviewers think; each at least as restricted as what it is about."""
        about = {one.first_position: (self._names.event(one), one.stamp.marking) for one in self._events()}
        reported = {one.first_position: (self._names.report(one), one.stamp.marking) for one in reports}
        for resolution in self._view.resolutions:
            subject = resolution.subject
            if isinstance(subject, OfEvent) and subject.event in about:
                yield self._resolution(resolution, *about[subject.event])
            elif isinstance(subject, OfScenario):
                yield self._resolution(resolution, self._names.watch, Marking.CLEAR)
        for review in self._view.reviews:
            yield self._review(review, *(about | reported)[review.subject])

    def _resolution(self, one: Resolution, about: str, least: Marking) -> StixObject:
        held = one.subject if isinstance(one.subject, OfScenario) else None
        told = {"outcome": str(one.outcome), "ground": one.ground}
        scenario = (
            {"problem": held.problem, "scenario": held.scenario, "settled_on": str(held.settled_on)} if held else {}
        )
        what = f"{held.problem}: {held.scenario} held on {held.settled_on}" if held else f"Settled: {one.outcome}"
        key = ("resolution", about, one.stamp.recorded_at.isoformat(), *told.values(), *scenario.values())
        return {
            **self._by_watch("note", identifier("note", *key), moment(one.stamp.recorded_at)),
            "object_marking_refs": [TLP_2[_higher(one.stamp.marking, least)]],
            "abstract": what,
            "content": one.ground,
            "object_refs": [about],
            **extended(kind="resolution", **told, **scenario),
        }

    def _review(self, one: Review, about: str, least: Marking) -> StixObject:
        told = {"opinion": str(one.opinion), "reviewer": one.reviewer, "ground": one.ground}
        key = ("review", about, one.stamp.recorded_at.isoformat(), *told.values())
        return {
            **self._by_watch("opinion", identifier("opinion", *key), moment(one.stamp.recorded_at)),
            "object_marking_refs": [TLP_2[_higher(one.stamp.marking, least)]],
            "opinion": REVIEWED[one.opinion],
            "explanation": one.ground,
            "authors": [one.reviewer],
            "object_refs": [about],
            **extended(kind="review", **told),
        }

    def _events(self) -> Iterator[Event]:
        yield from (*self._view.events, *self._view.readings)

    def _by_watch(self, kind: str, name: str, created: str, modified: str | None = None) -> StixObject:
        return {**basic(kind, name, created, modified), "created_by_ref": self._names.watch}

    def _fact(self, kind: str, name: str, first: int, stamp: Stamp) -> StixObject:
        created = self._names.recorded_at(first)
        return {
            **self._by_watch(kind, name, moment(created), moment(max(created, stamp.recorded_at))),
            "object_marking_refs": [TLP_2[stamp.marking]],
        }

    def _source(self, name: str, marking: Marking) -> StixObject:
        return {
            **basic("identity", self._names.source(name)),
            "name": name,
            "identity_class": "unknown",
            "object_marking_refs": [TLP_2[marking]],
        }

    def _indicator(self, name: str) -> StixObject:
        meaning = self._meanings.get(name)
        return {
            **self._by_watch("indicator", self._names.indicator(name), EPOCH),
            "name": meaning.title if meaning else name,
            **({"description": meaning.definition} if meaning else {}),
            "pattern": name,
            "pattern_type": "iw-indicator",
            "valid_from": EPOCH,
        }

    def _event(self, event: Event) -> StixObject:
        reading = isinstance(event, Reading)
        return {
            **self._fact("sighting", self._names.event(event), event.first_position, event.stamp),
            "description": event.summary,
            "sighting_of_ref": self._names.indicator(event.indicator),
            "where_sighted_refs": [self._names.watch],
            "count": 1,
            **seen((event.first, event.last) if isinstance(event, Reading) else event.occurred),
            **extended(
                kind="reading" if reading else "event",
                occurred=str(event.occurred),
                precision=str(event.occurred.precision),
                staged=str(event.staged),
                development=event.development,
                occurred_local=event.occurred_local,
                **({name: getattr(event, name) for name in MEASURED} if isinstance(event, Reading) else {}),
                **_visible(event.stamp),
            ),
        }

    def _opinion(self, event: Event, report: Report, stance: Stance, marking: Marking, at: datetime) -> StixObject:
        about, by = self._names.event(event), self._names.report(report)
        return {
            **self._by_watch("opinion", identifier("opinion", about, by, str(stance)), moment(at)),
            "object_marking_refs": [TLP_2[marking]],
            "opinion": OPINIONS[stance],
            "authors": [report.source],
            "object_refs": [about],
            **extended(kind="link", stance=str(stance), report_ref=by),
        }

    def _report(self, report: Report, stands_to: list[str]) -> StixObject:
        about = [self._names.source(report.source), *sorted(stands_to)]
        if report.bears_on:
            about.append(self._names.indicator(report.bears_on))
        address = {"external_references": [{"source_name": report.source, "url": report.url}]} if report.url else {}
        names = ("source", "text", "grade_reason", "origin", "url", "document", "section", "note", "bears_on")
        return {
            **self._fact("report", self._names.report(report), report.first_position, report.stamp),
            "name": f"{report.source}, graded {report.grade}",
            "description": report.text,
            "published": moment(report.reported_at or self._names.recorded_at(report.first_position)),
            "object_refs": about,
            **address,
            **extended(
                kind="report",
                **{name: getattr(report, name) for name in names},
                contradicts=report.contradicts,
                reliability=report.grade.reliability,
                credibility=report.grade.credibility,
                reported_at=report.reported_at.isoformat() if report.reported_at else None,
                **_visible(report.stamp),
            ),
        }

    def _search(self, search: Search) -> StixObject:
        return {
            **self._fact("sighting", self._names.search(search), search.stamp.position, search.stamp),
            "description": "Looked for and not seen.",
            "sighting_of_ref": self._names.indicator(search.indicator),
            "where_sighted_refs": [self._names.watch],
            "count": 0,
            **seen((search.since, search.until)),
            **extended(
                kind="search",
                since=search.since.isoformat(),
                until=search.until.isoformat(),
                coverage=search.coverage,
                **_visible(search.stamp),
            ),
        }

    def _coverage(self, one: Coverage) -> StixObject:
        end = f"to {one.until}" if one.until else "on"
        return {
            **self._fact("note", self._names.coverage(one), one.stamp.position, one.stamp),
            "abstract": f"Coverage by {one.collector}",
            "content": f"{one.collector} ({one.kind}) covers {one.selects} from {one.since} {end}.",
            "object_refs": [self._names.watch],
            **extended(
                kind="coverage",
                collector=one.collector,
                collector_kind=one.kind,
                selects=one.selects,
                since=one.since.isoformat(),
                until=one.until.isoformat() if one.until else None,
                coverage=one.coverage,
                **_visible(one.stamp),
            ),
        }


def _visible(stamp: Stamp) -> dict[str, Any]:
    """From when a backfilled fact counts as known, and why from then."""
    if stamp.visible_basis is VisibleBasis.RECORDED:
        return {}
    return {"visible_at": stamp.visible_at.isoformat(), "visible_basis": str(stamp.visible_basis)}


def _higher(one: Marking, other: Marking) -> Marking:
    return max(one, other, key=lambda marking: marking.rank)


def _by_mean(one: BeliefNote) -> list[tuple[str, tuple[float, float, float]]]:
    return sorted(one.scenarios.items(), key=lambda pair: (-pair[1][0], pair[0]))
