"""Questions on counts: which periods are to be expected in a window, and the chance that one of them reaches a value.

Counts come as they came so far: every so many days (the median), over periods as long as the last one, graded and
covered like it. What is known of a problem's scenarios enters by `iw.inference.count_forecast`; where no problem
forecasts the question, it is how often past counts reached the value. A period that has begun counts as one of which
the middle is still to come.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from iw.assessment.beliefs import Belief
from iw.assessment.level_paths import days_of_readings, past_share
from iw.catalogue.questions import Question
from iw.evidence.counted import numbers_of
from iw.inference.arrays import YEAR_DAYS, Floats
from iw.inference.count_forecast import ComingCount, reached
from iw.inference.question import Chance
from iw.log.records import Reading


@dataclass(frozen=True)
class Window:
    """The days of a question, both included, and the coverage that is planned for each (T,)."""

    since: date
    until: date
    coverage: Floats


def count_chance(
    question: Question, belief: Belief | None, readings: Sequence[Reading], weight: float, window: Window
) -> tuple[Chance, float, float] | str:
    """The chance that a count in the window reaches the value, its base rate and decayed base rate.

    A sentence where no count is to be expected. ``readings`` are those held genuine, in the order of their periods;
    ``weight`` is that of the last.
    """
    if not readings:
        return "nothing was counted so far, so that no count is to be expected"
    ends = [one.last for one in readings]
    gaps = [(b - a).days for a, b in itertools.pairwise(ends) if b > a]
    length = (readings[-1].last - readings[-1].first).days + 1
    every = max(1, round(float(np.median(gaps)))) if gaps else length
    coming = [ends[-1] + timedelta(days=d) for d in days_of_readings(ends[-1], every, window.since, window.until)]
    if not coming:
        return "no count is to be expected in the window"
    base, decayed = (past_share(question, readings, window.since, one) for one in (False, True))
    if belief is None:
        return Chance(base, base, base, False), base, decayed
    periods = [_coming(question, belief, readings[-1], last, length, weight, window) for last in coming]
    arrays = belief.evidence.arrays
    chance = reached(belief.spec, belief.state, belief.draws, arrays, periods, question.above, question.below)
    return chance, base, decayed


def _coming(
    question: Question, belief: Belief, before: Reading, last: date, length: int, weight: float, window: Window
) -> ComingCount:
    first = max(last - timedelta(days=length - 1), window.since)
    planned = window.coverage[(first - window.since).days : (last - window.since).days + 1]
    coverage = float(planned.mean()) if before.coverage is None else before.coverage
    middle = last - timedelta(days=length - 1 - (length - 1) // 2)
    column = belief.spec.indicators.index(question.indicator)
    numbers = numbers_of(belief.spec, column, 0.0, coverage * length / YEAR_DAYS, weight)
    return ComingCount(max(0, (middle - window.since).days + 1), numbers)
