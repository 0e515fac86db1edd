"""The counts of a problem's indicators: which readings count, for what period and coverage, and what wrong ones are.

A count has the coverage that it states, else the mean of what is declared over its period. It counts where its whole
period lies within the problem and up to the belief date. Of several whose periods share a day one counts: the best
graded, of these the shortest, of these the first in the log.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from iw.catalogue import Catalogue
from iw.evidence.coverage import Watched
from iw.evidence.disposition import Disposition
from iw.evidence.given import Given
from iw.evidence.grading import outcomes, settled_weight
from iw.inference.arrays import MOST_COUNTED, YEAR_DAYS, Counts, ModelSpec
from iw.log.records import LogView, Reading

_BROAD = 2.0  # a wrong count reaches so many times as far as the scenarios do


@dataclass(frozen=True)
class _Candidate:
    reading: Reading
    weight: float
    column: int
    coverage: float


def counts_of(
    catalogue: Catalogue, spec: ModelSpec, view: LogView, cover: Watched, start: date, as_of: date
) -> tuple[list[Given], dict[str, Counts], list[Disposition]]:
    """The counts of ``spec``'s problem as given factors, the numbers of each (one row, placed first) by its id, and
    what becomes of every reading of an indicator that is counted."""
    settled = outcomes(view)
    listened = {use.indicator for use in catalogue.problem(spec.problem).indicators}
    candidates: list[_Candidate] = []
    fates: list[Disposition] = []
    for reading in view.readings:
        if reading.indicator in listened:
            weight = settled_weight(catalogue.tables, reading, settled)
            found = _candidate(spec, cover, reading, weight, start, as_of)
            if isinstance(found, str):
                fates.append(Disposition(reading, weight, False, found))
            else:
                candidates.append(found)
    given, numbers = [], {}
    for one, outdone_by in _apart(candidates):
        why = f"{outdone_by.id} stands for a period that it shares" if outdone_by else ""
        fates.append(Disposition(one.reading, one.weight, not outdone_by, why))
        if not outdone_by:
            given.append(_given(catalogue, spec, one))
            years = one.coverage * _length(one.reading) / YEAR_DAYS
            numbers[one.reading.id] = numbers_of(spec, one.column, one.reading.value, years, one.weight)
    return given, numbers, sorted(fates, key=lambda fate: (fate.event.occurred.first, fate.event.first_position))


def _candidate(
    spec: ModelSpec, cover: Watched, reading: Reading, weight: float, start: date, as_of: date
) -> _Candidate | str:
    """The count with its coverage, or the reason why it does not count."""
    if reading.indicator not in spec.indicators:
        return "its indicator is equally likely in every scenario"
    if weight <= 0.0:
        return "no report backs it"
    if not (0 <= reading.value <= MOST_COUNTED and reading.value == math.floor(reading.value)):
        return f"{reading.value:g} is no whole number of occurrences"
    if reading.last > as_of:
        return "its period is not over on the belief date"
    if reading.first < start:
        return "its period begins before the problem's start"
    column = spec.indicators.index(reading.indicator)
    days = slice((reading.first - start).days, (reading.last - start).days + 1)
    coverage = float(cover.seen[days, column].mean()) if reading.coverage is None else reading.coverage
    if coverage <= 0.0:
        return "nobody is declared to have been looking: state the coverage of its period, or declare it"
    return _Candidate(reading, weight, column, coverage)


def _apart(candidates: list[_Candidate]) -> Iterator[tuple[_Candidate, Reading | None]]:
    """Every count, and the one that stands for its period where another does."""
    taken: dict[tuple[int, date], Reading] = {}
    for one in sorted(candidates, key=lambda c: (-c.weight, _length(c.reading), c.reading.first_position)):
        days = [(one.column, one.reading.first + timedelta(days=day)) for day in range(_length(one.reading))]
        other = next((taken[day] for day in days if day in taken), None)
        if other is None:
            taken |= dict.fromkeys(days, one.reading)
        yield one, other


def _length(reading: Reading) -> int:
    return (reading.last - reading.first).days + 1


def _given(catalogue: Catalogue, spec: ModelSpec, one: _Candidate) -> Given:
    """The count as what acts at the end of the day in the middle of its period; its ratio depends on parameters."""
    reading = one.reading
    middle = reading.first + timedelta(days=(_length(reading) - 1) // 2)
    title = catalogue.indicators[reading.indicator].title
    label = f"Count ({reading.id}) of {title}: {reading.value:g} in {reading.period}"
    return Given(reading.id, "count", middle, np.ones(len(spec.scenarios)), label)


def numbers_of(spec: ModelSpec, column: int, value: float, years: float, weight: float) -> Counts:
    """The row of one count. A wrong one lies about the middle of what the scenarios lead one to expect, in logarithms,
    and reaches twice as far as they do."""
    expected = np.log(years) + spec.log_rate_mean[column] + spec.log_mult_mean[column]  # (S,) logs
    middle = (expected.max() + expected.min()) / 2
    slot = int(np.searchsorted(spec.counts.indicators, column))
    apart = np.exp(spec.counts.log_dispersion_mean[slot]), spec.log_rate_sd[column], spec.log_mult_sd[column].max()
    width = math.sqrt(np.square(apart).sum() + 1 / max(1.0, math.exp(middle)))
    columns = value, years, weight, middle, _BROAD * (expected.max() - middle + width)
    return Counts(np.array([0]), np.array([column]), *(np.array([float(part)]) for part in columns))
