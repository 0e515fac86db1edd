"""Will a reading of a level reach a value? By seeded paths of its readings, and by how often past ones did.

Readings come as often as they came so far. The one after x, a time Delta later, is Student-t (4 degrees of freedom)
around mu + r (x - mu) with scale sigma sqrt(1 - r^2), r = exp(-Delta / memory): a first-order autoregression (Box,
Jenkins and Reinsel, *Time Series Analysis*, section 3.2). mu and sigma are those of the elicited usual interval; where
that spans more than a factor of three, in logarithms.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from datetime import date

import numpy as np

from iw.assessment.track import HALF_LIFE_YEARS
from iw.catalogue.questions import Question
from iw.inference.arrays import YEAR_DAYS, Z90, Floats
from iw.inference.question import Chance
from iw.log.records import Reading

PATHS = 10_000
_FREEDOM = 4
_RATIO = 3.0  # of the ends of an interval, from which on it is one of a factor


def level_chance(
    question: Question,
    usual: tuple[float, float],
    readings: Sequence[Reading],
    memory_years: float,
    since: date,
    until: date,
    rng: np.random.Generator,
) -> tuple[Chance, float, float] | str:
    """The chance that a reading in the window reaches the value, its base rate and decayed base rate.

    A sentence where no reading is to be expected in the window. ``readings`` are those known, in the order of their
    periods; the interval is that of the paths' own chance error, for the elicited level has no draws.
    """
    ends = [one.last for one in readings]
    gaps = [(b - a).days for a, b in itertools.pairwise(ends) if b > a]
    every = max(1, round(float(np.median(gaps)))) if gaps else round(YEAR_DAYS)
    last = ends[-1] if ends else None
    next_days = days_of_readings(last, every, since, until)
    if not next_days:
        return "no reading is to be expected in the window"
    logs = usual[0] > 0 and usual[1] / usual[0] > _RATIO
    low, high = (math.log(usual[0]), math.log(usual[1])) if logs else usual
    mean, sd = (low + high) / 2, (high - low) / (2 * Z90)
    start = mean + sd * rng.standard_normal(PATHS)
    if last is not None:
        value = readings[-1].value
        start = np.full(PATHS, math.log(value) if logs and value > 0 else mean if logs else value)
    reached = _reached(question, start, mean, sd, logs, next_days, memory_years, rng)
    share = float(reached.mean())
    error = Z90 * math.sqrt(max(share * (1 - share), 0.25 / PATHS) / PATHS)
    chance = Chance(share, max(0.0, share - error), min(1.0, share + error), True)
    return chance, past_share(question, readings, since, False), past_share(question, readings, since, True)


def days_of_readings(last: date | None, every: int, since: date, until: date) -> list[int]:
    """Days from the last reading (or from before the window, where there is none) to each one in the window."""
    if last is None:
        return list(range(every, (until - since).days + 2, every))
    first = max(1, math.ceil((since - last).days / every))
    return [k * every for k in range(first, (until - last).days // every + 1)]


def _reached(
    question: Question,
    value: Floats,
    mean: float,
    sd: float,
    logs: bool,
    days: Sequence[int],
    memory_years: float,
    rng: np.random.Generator,
) -> Floats:
    reached = np.zeros(len(value), np.bool_)
    before = 0
    for day in days:
        r = math.exp(-(day - before) / YEAR_DAYS / memory_years)
        value = mean + r * (value - mean) + sd * math.sqrt(1 - r * r) * rng.standard_t(_FREEDOM, len(value))
        shown = np.exp(value) if logs else value
        if question.above is not None:
            reached |= shown >= question.above
        elif question.below is not None:
            reached |= shown <= question.below
        before = day
    return reached.astype(np.float64)


def past_share(question: Question, readings: Sequence[Reading], today: date, decayed: bool) -> float:
    """The share of past readings that reach the value; half a reading of prior says yes and half says no."""
    fall = math.log(2) / HALF_LIFE_YEARS * decayed
    weights = [math.exp(-fall * (today - one.last).days / YEAR_DAYS) for one in readings]
    reach = [
        one.value >= question.above if question.above is not None else one.value <= (question.below or 0.0)
        for one in readings
    ]
    return (0.5 + sum(w for w, yes in zip(weights, reach, strict=True) if yes)) / (1.0 + sum(weights))
