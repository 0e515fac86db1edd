"""How good the forecasts were: Brier and log scores of what was settled, against base rates and the week before.

The Brier score of a forecast p is (p - o)^2 (Brier 1950, for one of two outcomes: 0 to 1); its log score is -ln p of
what came. Lower is better. Forecasts of one question overlap in time and fail together, so standard errors are those of
means over questions (Liang and Zeger 1986), not over forecasts.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from iw.log.products import Forecast, Recorded
from iw.log.records import OfQuestion, Outcome, Resolution

_LEAST = 1e-6  # a forecast is never surer than that when logarithms are taken


@dataclass(frozen=True)
class Scored:
    """One forecast that was settled with yes or no, and each forecaster's probability of yes."""

    forecast: Recorded[Forecast]
    outcome: Outcome
    probabilities: Mapping[str, float]  # "tracker", "base rate", "decayed base rate", "a week before"


@dataclass(frozen=True)
class Score:
    """One forecaster on the forecasts that it shares with the tracker; ``gain`` is its Brier score less the tracker's.

    ``error`` is the standard error of the gain over questions, NaN for fewer than two.
    """

    forecaster: str
    forecasts: int
    questions: int
    brier: float
    log: float
    gain: float
    error: float


@dataclass(frozen=True)
class Tally:
    """What became of the forecasts that were made."""

    yes: int
    no: int
    void: int
    pending: int

    @property
    def made(self) -> int:
        """How many there are."""
        return self.yes + self.no + self.void + self.pending

    @property
    def void_share(self) -> float:
        """Of those that are settled."""
        settled = self.yes + self.no + self.void
        return self.void / settled if settled else 0.0


def tally(forecasts: Sequence[Recorded[Forecast]], resolutions: Sequence[Resolution]) -> Tally:
    """How many were answered, and how."""
    outcomes = outcomes_of(resolutions)
    counts = {outcome: 0 for outcome in Outcome}
    for one in forecasts:
        if (outcome := outcomes.get(one.stamp.position)) is not None:
            counts[outcome] += 1
    settled = sum(counts.values())
    return Tally(counts[Outcome.YES], counts[Outcome.NO], counts[Outcome.VOID], len(forecasts) - settled)


def outcomes_of(resolutions: Sequence[Resolution]) -> dict[int, Outcome]:
    """How questions were settled, by the position of the forecast."""
    return {one.subject.forecast: one.outcome for one in resolutions if isinstance(one.subject, OfQuestion)}


def scored(forecasts: Sequence[Recorded[Forecast]], resolutions: Sequence[Resolution]) -> list[Scored]:
    """The forecasts that were settled with yes or no, in log order."""
    outcomes = outcomes_of(resolutions)
    before: dict[str, float] = {}
    found = []
    for one in forecasts:
        content, outcome = one.content, outcomes.get(one.stamp.position)
        if outcome in (Outcome.YES, Outcome.NO):
            probabilities = {
                "tracker": content.probability,
                "base rate": content.base_rate,
                "decayed base rate": content.decayed_base_rate,
            }
            if content.question in before:
                probabilities["a week before"] = before[content.question]
            found.append(Scored(one, outcome, probabilities))
        before[content.question] = content.probability
    return found


def scores(rows: Sequence[Scored]) -> list[Score]:
    """One line for each forecaster, the tracker first."""
    names = dict.fromkeys(name for row in rows for name in row.probabilities)
    return [_score(name, [row for row in rows if name in row.probabilities]) for name in names]


def _score(name: str, rows: Sequence[Scored]) -> Score:
    own, tracker = _each(rows, name, _brier), _each(rows, "tracker", _brier)
    gains: dict[str, list[float]] = defaultdict(list)
    for row, mine, theirs in zip(rows, own, tracker, strict=True):
        gains[row.forecast.content.question].append(mine - theirs)
    gain = float(np.mean(own) - np.mean(tracker))
    return Score(
        name,
        len(rows),
        len(gains),
        float(np.mean(own)),
        float(np.mean(_each(rows, name, _log))),
        gain,
        _clustered_error(list(gains.values()), gain),
    )


def _clustered_error(groups: Sequence[Sequence[float]], mean: float) -> float:
    """The standard error of the mean of all values, where those of one group stand or fall together."""
    if len(groups) < 2:
        return math.nan
    total = sum(len(group) for group in groups)
    squares = sum(sum(value - mean for value in group) ** 2 for group in groups)
    return math.sqrt(squares * len(groups) / (len(groups) - 1)) / total


def _each(rows: Sequence[Scored], name: str, score: Callable[[float, bool], float]) -> list[float]:
    return [score(row.probabilities[name], row.outcome is Outcome.YES) for row in rows]


def _brier(probability: float, yes: bool) -> float:
    return (probability - yes) ** 2


def _log(probability: float, yes: bool) -> float:
    return -math.log(max(probability if yes else 1 - probability, _LEAST))
