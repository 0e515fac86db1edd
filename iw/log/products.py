"""What was made from the log and is kept in it: weekly forecasts, changes of warning levels, who took note of them.

They are records like any other, but no facts: no belief depends on them. Each was computed from what is at or below
its marking, and is asked for by exactly that marking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from iw.log import checks, fingerprints
from iw.log.records import Stamp
from iw.log.schema import Kind


@dataclass(frozen=True)
class Forecast:
    """What was thought of a question on the day ``as_of``: will the log show it in the window, both days inclusive?

    The log answers from ``due`` on, or as soon as it shows it. ``low`` and ``high`` are the 90 % interval over draws;
    ``base_rate`` and ``decayed_base_rate`` are what past events alone lead one to expect. ``coverage`` is the mean
    chance over the window that an occurrence is seen, as it was planned on that day. ``problem`` and what made the
    number are None where no problem forecasts it.
    """

    kind: ClassVar[Kind] = Kind.FORECAST
    question: str
    indicator: str
    problem: str | None
    since: date
    until: date
    due: date
    at_least: int | None
    above: float | None
    below: float | None
    as_of: date
    known_at: datetime
    log_position: int
    model_version: str | None
    fit: str | None
    probability: float
    low: float
    high: float
    base_rate: float
    decayed_base_rate: float
    coverage: float
    made_from: Mapping[str, Any]

    def __post_init__(self) -> None:
        checks.zoned("known_at", self.known_at)
        checks.window(self.since, self.until)
        checks.probability(self.probability, self.low, self.high, self.base_rate, self.decayed_base_rate)

    def fingerprint(self, marking: str) -> str:
        """One forecast of a question for a day and marking."""
        return fingerprints.of_parts("forecast", self.question, self.as_of.isoformat(), marking)


@dataclass(frozen=True)
class LevelChange:
    """That a problem's warning level changed: from which to which, at which probability, and what moved it.

    ``warned`` is the chance, with its 90 % interval, that a warned scenario is visited within the horizon; ``old`` is
    None for a problem's first level. ``events`` are the names of the events behind the ``cause``.
    """

    kind: ClassVar[Kind] = Kind.LEVEL
    problem: str
    as_of: date
    known_at: datetime
    log_position: int
    model_version: str
    fit: str | None
    old: str | None
    new: str
    warned: float
    low: float
    high: float
    cause: str
    events: tuple[str, ...]

    def __post_init__(self) -> None:
        checks.zoned("known_at", self.known_at)
        checks.probability(self.warned, self.low, self.high)

    def fingerprint(self, marking: str) -> str:
        """One change of a problem's level at a log position, for a day and marking."""
        parts = (self.problem, self.as_of.isoformat(), self.log_position, self.new, marking)
        return fingerprints.of_parts("level", *parts)


@dataclass(frozen=True)
class Acknowledgement:
    """That its author took note of a change of level; ``level`` is the change's position."""

    kind: ClassVar[Kind] = Kind.ACKNOWLEDGEMENT
    level: int

    def fingerprint(self, marking: str) -> str:
        """One acknowledgement of each change."""
        return fingerprints.of_parts("acknowledgement", self.level, marking)


type Product = Forecast | LevelChange | Acknowledgement


@dataclass(frozen=True)
class Recorded[P: Forecast | LevelChange | Acknowledgement]:
    """A product with the stamp of its record."""

    stamp: Stamp
    content: P
