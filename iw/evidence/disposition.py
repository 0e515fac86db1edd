"""What becomes of one event or count in one problem: nothing is dropped without a word."""

from __future__ import annotations

from dataclasses import dataclass

from iw.log.records import Event


@dataclass(frozen=True)
class Disposition:
    """An event, or a count as a reading, with its weight, and whether it counts; if not, why."""

    event: Event
    weight: float
    counts: bool
    why_not: str = ""
