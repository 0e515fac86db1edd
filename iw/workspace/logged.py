"""What came of logging an event: its name, what it may repeat, what it moved, or why it moved nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iw.log.products import LevelChange, Recorded
from iw.log.records import Event

if TYPE_CHECKING:
    from iw.assessment.beliefs import Belief


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


def why_silent(event: Event, concerned: list[str], after: dict[str, Belief]) -> str:
    """Why an event moves nothing; empty where it counts in some problem."""
    if not concerned:
        return "No problem listens to this indicator."
    whys = {
        item.why_not
        for belief in after.values()
        for item in belief.evidence.dispositions
        if item.event.id == event.id and not item.counts
    }
    counts = any(item.counts for b in after.values() for item in b.evidence.dispositions if item.event.id == event.id)
    return "" if counts else "It has no weight: " + "; ".join(sorted(whys))
