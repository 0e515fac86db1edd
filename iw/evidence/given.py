"""What says something of the scenarios by a known ratio, without any parameter: settled scenarios, readings of levels.

A reading x of a level, a time Delta after the one before, is in scenario s Student-t (4 degrees of freedom) around
mu_s + r (x_before - mu_s) with scale sigma_s sqrt(1 - r^2), r = exp(-Delta / memory), a first-order autoregression; the
first one around mu_s with scale sigma_s. mu_s and sigma_s come from the elicited interval, in logarithms where any of
the intervals of the level spans more than a factor of three. As with events, a reading may be wrong: with w from its
reports' grades its ratio is

    (1 - w) + w t_s(x) / b(x),

where b is broad: Student-t around the middle of the scenarios, twice as wide as they reach.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.stats import t as student

from iw.catalogue import Catalogue, Problem
from iw.catalogue.schema import LevelListening
from iw.evidence.grading import outcomes, settled_weight
from iw.inference.arrays import YEAR_DAYS, Z90, Floats
from iw.log.records import LogView, OfScenario, Outcome, Reading

ELSEWHERE = 0.001  # what settles a scenario may be wrong, too
FREEDOM = 4
RATIO = 3.0  # of the ends of an interval, from which on it is one of a factor
_BROAD = 2.0


@dataclass(frozen=True)
class Given:
    """One ratio over a problem's scenarios, which acts at the end of a day; ``label`` names it on pages."""

    id: str
    kind: str  # resolution | reading | count
    day: date
    ratio: Floats  # (S,) that of a count is 1: it has one of its own, by the parameters (`iw.evidence.counted`)
    label: str


def given(catalogue: Catalogue, problem: Problem, view: LogView, as_of: date) -> tuple[Given, ...]:
    """All of it that the view knows about ``problem`` up to ``as_of``, by day and then in log order."""
    found = [*_settled_scenarios(problem, view)]
    for use in problem.levels:
        found += _readings(catalogue, problem, use, view)
    return tuple(sorted((one for one in found if problem.start <= one.day <= as_of), key=lambda one: one.day))


def _settled_scenarios(problem: Problem, view: LogView) -> Iterator[Given]:
    titles = {scenario.id: scenario.title for scenario in problem.scenarios}
    names = list(titles)
    for one in view.resolutions:
        subject = one.subject
        if (
            isinstance(subject, OfScenario)
            and one.outcome is Outcome.YES
            and subject.problem == problem.id
            and subject.scenario in titles
        ):
            ratio = np.full(len(names), ELSEWHERE)
            ratio[names.index(subject.scenario)] = 1.0
            label = f"Settled ({one.id}): {titles[subject.scenario]}"
            yield Given(one.id, "resolution", subject.settled_on, ratio, label)


def _readings(catalogue: Catalogue, problem: Problem, use: LevelListening, view: LogView) -> Iterator[Given]:
    """The readings of one level; one of a period acts on its last day. Of several for one period the best counts."""
    settled = outcomes(view)
    indicator = catalogue.indicators[use.indicator]
    weights = {
        one.id: settled_weight(catalogue.tables, one, settled)
        for one in view.readings
        if one.indicator == use.indicator
    }
    best: dict[date, Reading] = {}
    for one in view.readings:
        if weights.get(one.id, 0.0) > 0:
            day = one.occurred.last
            if day not in best or weights[one.id] > weights[best[day].id]:
                best[day] = one
    mean, scale, logs = _scales(catalogue, problem, use)
    memory = catalogue.tables.level_memory_years
    before: tuple[date, float] | None = None
    for day in sorted(best):
        one = best[day]
        value = math.log(one.value) if logs else one.value
        ratio = _ratio(value, weights[one.id], mean, scale, before and (_fall(before[0], day, memory), before[1]))
        before = (day, value)
        label = f"Reading ({one.id}) of {indicator.title}: {one.value:g} {indicator.unit}"
        yield Given(one.id, "reading", day, ratio, label)


def _fall(first: date, last: date, memory_years: float) -> float:
    return math.exp(-(last - first).days / YEAR_DAYS / memory_years)


def _scales(catalogue: Catalogue, problem: Problem, use: LevelListening) -> tuple[Floats, Floats, bool]:
    """(S,) mu and sigma, and whether they are those of the logarithm. The usual value is the status quo's."""
    usual = catalogue.indicators[use.indicator].usual
    assert usual is not None  # a level has one
    intervals = [
        use.values[scenario.id].interval if scenario.id in use.values else usual.interval
        for scenario in problem.scenarios
    ]
    logs = any(high / low > RATIO for low, high in intervals)
    ends = np.array(intervals)
    ends = np.log(ends) if logs else ends
    return ends.mean(axis=1), (ends[:, 1] - ends[:, 0]) / (2 * Z90), logs


def _ratio(value: float, weight: float, mean: Floats, scale: Floats, before: tuple[float, float] | None) -> Floats:
    center, width = mean, scale
    if before is not None:
        fall, last = before
        center, width = mean + fall * (last - mean), scale * math.sqrt(1 - fall * fall)
    middle = float(center.mean())
    broad = _BROAD * (float(np.abs(center - middle).max()) + float(width.max()))
    density = student.pdf((value - center) / width, FREEDOM) / width
    reference = student.pdf((value - middle) / broad, FREEDOM) / broad
    return np.asarray((1 - weight) + weight * density / reference)
