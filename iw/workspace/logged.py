"""What came of logging an event: its name, what it may repeat, what it moved, or why it moved nothing.

To enter an event takes as long in a log of a million records as in one of a thousand; what it moves is found by
reading the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from iw.catalogue import Catalogue
from iw.core.dates import end_of_day
from iw.log.products import LevelChange, Recorded
from iw.log.records import Event, Marking

if TYPE_CHECKING:
    from iw.assessment.beliefs import Belief, Beliefs


@dataclass(frozen=True)
class Entered:
    """An event that is in the log now, the near-duplicates that were there already, and the last record before it."""

    event: Event
    near: tuple[Event, ...]
    position: int


@dataclass(frozen=True)
class Moved:
    """What one logged event did to one problem: the belief just before and just after it."""

    problem: str
    before: Belief
    after: Belief


@dataclass(frozen=True)
class Logged:
    """The outcome of logging an event: its name, near-duplicates that were there already, and what it moved.

    ``changes`` are the changes of warning levels that it brought about.
    """

    event: Event
    near: tuple[Event, ...]
    moved: tuple[Moved, ...]
    silent: str = ""  # why it moved nothing, where it did not
    changes: tuple[Recorded[LevelChange], ...] = ()


def what_moved(
    beliefs: Beliefs, catalogue: Catalogue, entered: Entered, today: date, marking: Marking
) -> tuple[tuple[Moved, ...], str]:
    """What an event moved in each problem that listens to it and has begun; else why it moved nothing."""
    listening = catalogue.problems_of(entered.event.indicator)
    begun = [problem.id for problem in listening if problem.start <= today]
    known = end_of_day(today)
    before = {name: beliefs.at(name, today, known, marking, position=entered.position) for name in begun}
    after = {name: beliefs.at(name, today, known, marking) for name in begun}
    moved = tuple(Moved(name, before[name], after[name]) for name in begun)
    if not begun:
        what = "that listens to this indicator has begun" if listening else "listens to this indicator"
        return moved, f"No problem {what}."
    return moved, _why_silent(entered.event, after)


def _why_silent(event: Event, after: dict[str, Belief]) -> str:
    """Why an event moves nothing; empty where it counts in some problem."""
    found = [item for belief in after.values() for item in belief.evidence.dispositions if item.event.id == event.id]
    if any(item.counts for item in found):
        return ""
    return "It has no weight: " + "; ".join(sorted({item.why_not for item in found}))
