"""What the log says of one indicator so far: how its reports pass, how often it was seen, for how long it was watched.

These few numbers stand behind the forecast of a question and behind the base rates that it is scored against.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy.stats import nbinom

from iw.catalogue import Tables
from iw.core.dates import PartialDate
from iw.evidence.grading import outcomes, settled_weight
from iw.inference.arrays import YEAR_DAYS, Floats
from iw.log.records import Event, LogView

PASSES = 0.5  # least w with which an event answers a question
HALF_LIFE_YEARS = 2.0  # of what the decayed base rate remembers


@dataclass(frozen=True)
class Track:
    """The events of one indicator that happened while it was watched, and the chance of each day to be seen."""

    first: date
    seen: Floats  # (T,) from ``first`` to the day of asking
    days: tuple[date, ...]  # of the events, the last of its period for each
    weights: tuple[float, ...]

    @property
    def passing_share(self) -> float:
        """kappa: the share of genuine events that pass (w >= 1/2); two events' worth of prior say 0.8."""
        passing = sum(w for w in self.weights if w >= PASSES)
        return (1.6 + passing) / (2.0 + sum(self.weights))

    @property
    def false_rate(self) -> float:
        """phi: false events that pass, per year of full coverage; a year's worth of prior says 0.05."""
        false = sum(1.0 - w for w in self.weights if w >= PASSES)
        return (0.05 + false) / (1.0 + float(self.seen.sum()) / YEAR_DAYS)

    @property
    def usual_weights(self) -> tuple[float, float]:
        """The mean w of events that pass and of those that do not; an event's worth of prior says 0.9 and 0.3."""
        passing = [w for w in self.weights if w >= PASSES]
        others = [w for w in self.weights if w < PASSES]
        return (0.9 + sum(passing)) / (1 + len(passing)), (0.3 + sum(others)) / (1 + len(others))

    def base_rate(self, at_least: int, elicited: float, exposure_years: float, decayed: bool = False) -> float:
        """The chance of so many passing events in a window, from what has been seen alone.

        Rates with a Gamma(1, 1 / ``elicited``) prior, updated by the events that passed and the years watched, give a
        negative binomial number (Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 2.6). ``decayed`` halves
        what lies two years back.
        """
        ages = np.arange(len(self.seen))[::-1] / YEAR_DAYS
        last = self.first + timedelta(days=len(self.seen) - 1)
        ages_of_events = np.array(
            [(last - day).days / YEAR_DAYS for day, w in zip(self.days, self.weights, strict=True) if w >= PASSES]
        )
        fall = math.log(2) / HALF_LIFE_YEARS * decayed
        events = float(np.exp(-fall * ages_of_events).sum())
        years = float((self.seen * np.exp(-fall * ages)).sum()) / YEAR_DAYS
        rate = years + 1.0 / elicited
        return float(nbinom.sf(at_least - 1, 1.0 + events, rate / (rate + exposure_years)))


def track(tables: Tables, view: LogView, indicator: str, first: date, seen: Floats) -> Track:
    """The track of ``indicator``, watched as ``seen`` (T,) says from ``first`` on."""
    settled = outcomes(view)
    last = first + timedelta(days=len(seen) - 1)
    found: list[tuple[date, float]] = []
    for event in view.events:
        day = min(event.occurred.last, last)
        if event.indicator == indicator and event.occurred.first <= last and _watched(event.occurred, first, seen):
            found.append((day, settled_weight(tables, event, settled)))
    return Track(first, seen, tuple(day for day, _ in found), tuple(w for _, w in found))


def _watched(occurred: PartialDate, first: date, seen: Floats) -> bool:
    begin, end = (occurred.first - first).days, (occurred.last - first).days
    return bool(np.any(seen[max(begin, 0) : end + 1] > 0)) if end >= 0 else False


def passing(tables: Tables, view: LogView, events: Sequence[Event]) -> list[Event]:
    """Those of the events that are held genuine: w >= 1/2."""
    settled = outcomes(view)
    return [event for event in events if settled_weight(tables, event, settled) >= PASSES]
