"""What an append did: to the weights of events and to the beliefs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from iw.core.dates import end_of_day
from iw.evidence.grading import outcomes, settled_weight
from iw.log.products import LevelChange, Recorded
from iw.log.records import Event, LogView, Marking, OfEvent, OfScenario
from iw.workspace.logged import Moved

if TYPE_CHECKING:
    from iw.assessment.beliefs import Beliefs
    from iw.catalogue import Catalogue


@dataclass(frozen=True)
class Weighed:
    """An event or reading whose record, reports or settlement changed, and its P(genuine) before and after.

    None: it was not in force then.
    """

    event: str
    indicator: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Changed:
    """What came of one append: the record's position, the events that it touched, and the beliefs that moved.

    ``silent`` says why no belief moved, where none did; ``levels`` are changes of warning levels that it brought about.
    """

    position: int
    weighed: tuple[Weighed, ...]
    moved: tuple[Moved, ...]
    silent: str
    levels: tuple[Recorded[LevelChange], ...]


def changed(
    beliefs: Beliefs,
    position: int,
    since: int,
    author: str,
    today: date,
    seen: Marking,
    record_levels: Callable[[str, list[str], Marking], list[Recorded[LevelChange]]],
) -> Changed:
    """Compare what is believed ``today`` at the marking ``seen`` with what was when ``since`` was the last record."""
    known = end_of_day(today)
    before, after = beliefs.view(known, seen, since), beliefs.view(known, seen)
    concerned = _problems(beliefs.catalogue, before, after)
    concerned = [name for name in concerned if beliefs.catalogue.problems[name].start <= today]
    moved = tuple(
        Moved(name, beliefs.at(name, today, known, seen, position=since), beliefs.at(name, today, known, seen))
        for name in concerned
    )
    weighed = tuple(_weighed(beliefs.catalogue, before, after))
    levels = tuple(record_levels(author, concerned, seen))
    return Changed(position, weighed, moved, _why_silent(weighed, moved), levels)


def _weighed(catalogue: Catalogue, before: LogView, after: LogView) -> Iterator[Weighed]:
    settled = outcomes(before), outcomes(after)

    def weight(event: Event | None, place: int) -> float | None:
        return None if event is None else settled_weight(catalogue.tables, event, settled[place])

    for old, new in _touched(before, after):
        shown = new or old
        assert shown is not None
        yield Weighed(shown.id, shown.indicator, weight(old, 0), weight(new, 1))


def _touched(before: LogView, after: LogView) -> Iterator[tuple[Event | None, Event | None]]:
    """The events and readings that are not the same in both views, or not settled alike."""
    old, new = ({event.first_position: event for event in (*view.events, *view.readings)} for view in (before, after))
    settled = {
        one.subject.event
        for one in set(before.resolutions) ^ set(after.resolutions)
        if isinstance(one.subject, OfEvent)
    }
    for first in sorted({*old, *new}):
        one, other = old.get(first), new.get(first)
        if one != other or first in settled:
            yield one, other


def _problems(catalogue: Catalogue, before: LogView, after: LogView) -> list[str]:
    """The problems to which anything that differs may matter, in the catalogue's order."""
    indicators = {event.indicator for pair in _touched(before, after) for event in pair if event is not None}
    indicators |= {one.indicator for one in set(before.searches) ^ set(after.searches)}
    found = set()
    for resolution in set(before.resolutions) ^ set(after.resolutions):
        subject = resolution.subject
        if isinstance(subject, OfScenario):
            found.add(subject.problem)
        elif not isinstance(subject, OfEvent):
            indicators.add(subject.indicator)
    for coverage in set(before.coverages) ^ set(after.coverages):
        indicators |= {name for name, domain in catalogue.domains.items() if _selects(coverage.selects, name, domain)}
    found |= {problem.id for name in indicators for problem in catalogue.problems_of(name)}
    return [name for name in catalogue.problems if name in found]


def _selects(selects: str, indicator: str, domain: str) -> bool:
    return selects in {"*", indicator, f"domain:{domain}"}


def _why_silent(weighed: tuple[Weighed, ...], moved: tuple[Moved, ...]) -> str:
    """Why no belief moved; empty where one did."""
    if not moved:
        return "No problem that has begun listens to what it is about." if weighed else "No belief rests on it."
    if any((one.before.state.mean != one.after.state.mean).any() for one in moved):
        return ""
    names = {one.event for one in weighed}
    whys = {
        item.why_not
        for one in moved
        for belief in (one.before, one.after)
        for item in belief.evidence.dispositions
        if item.event.id in names and not item.counts
    }
    if whys:
        return f"What it is about has no weight: {'; '.join(sorted(whys))}."
    return "It changes nothing that the beliefs rest on."
