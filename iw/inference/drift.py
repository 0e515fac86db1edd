"""Drift: rates that walk slowly over the years (docs/mathematics.md section 2).

log b_i keeps its elicited value on the day for which it was elicited, and walks both ways from there:

    log b_i(t) = log b_i + D_i(t) - D_i(elicited day),    D_i(end of year j) - D_i(its start) = sigma z[i, j]

with steps z ~ N(0, 1) over years of 365.25 days from the problem's start, linear in between, and constant within a
month, a twelfth of such a year, at its value in the middle. Years beyond the evidence have steps too: they are each
draw's own future, sampled with the rest. Beyond the last of them drift stays as it is.

The *knots* are the years' ends. Months are counted from the first knot, which is the problem's start or lies whole
years before it. Without drift there are no knots, no month is looked at, and nothing is split.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numba import njit

from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, Ints, ModelSpec

MONTHS = 12  # in a year
FUTURE_YEARS = 3  # at least so many years beyond the evidence have steps of their own
_SIXTEENTHS = 487  # of a day in a month of 30.4375 days: in whole numbers no day is rounded out of its month


def first_year(spec: ModelSpec) -> int:
    """The first knot, in years from the problem's start: 0, or less where a rate was elicited for an earlier day."""
    return min(0, math.floor(spec.drift.elicited_day.min(initial=0.0) / YEAR_DAYS)) if spec.drift else 0


def years(spec: ModelSpec, days: int) -> int:
    """How many yearly steps each indicator has, for evidence of so many days; 0 without drift."""
    if spec.drift is None:
        return 0
    last = max(days / YEAR_DAYS + FUTURE_YEARS, spec.drift.elicited_day.max(initial=0.0) / YEAR_DAYS)
    return math.ceil(last) - first_year(spec)


def elicited_at(spec: ModelSpec) -> Floats:
    """(I,) the elicited days, in years from the first knot; zeros without drift."""
    if spec.drift is None:
        return np.zeros(len(spec.indicators))
    return np.asarray(spec.drift.elicited_day / YEAR_DAYS - first_year(spec))


def month_of(spec: ModelSpec, days: Ints) -> Ints:
    """The month, from the first knot on, in which each day lies; zeros without drift."""
    if spec.drift is None:
        return np.zeros_like(days)
    return days * 16 // _SIXTEENTHS - first_year(spec) * MONTHS


def by_month(spec: ModelSpec, evidence: Evidence) -> tuple[Evidence, Ints]:
    """The same evidence with a regime for each month at least, and the month of each regime."""
    if spec.drift is None:
        return evidence, np.zeros(len(evidence.breaks) - 1, np.int64)
    starts = -(-np.arange(1, evidence.days * 16 // _SIXTEENTHS + 1) * _SIXTEENTHS // 16)
    breaks = np.union1d(evidence.breaks, starts[starts < evidence.days])
    regime = np.searchsorted(evidence.breaks, breaks[:-1], side="right") - 1
    split = replace(evidence, breaks=breaks, coverage=evidence.coverage[regime], spread=evidence.spread[regime])
    return split, month_of(spec, breaks[:-1])


def drift_factors(spec: ModelSpec, draws: Draws, day: int) -> Floats:
    """(D, I) by how much rates on this day differ from those elicited."""
    return np.exp(_log_drift(draws, int(month_of(spec, np.array(day)))))


def rates_on(spec: ModelSpec, draws: Draws, evidence: Evidence, day: int) -> Floats:
    """(D, I, S) lambda per year on this day."""
    return draws.rates(spec, evidence) * drift_factors(spec, draws, day)[:, :, None]


def months_ahead(spec: ModelSpec, day: int, days: float) -> list[tuple[int, float]]:
    """The time of ``days`` from ``day`` on as pieces within which rates are constant: first day and length of each."""
    if spec.drift is None:
        return [(day, days)]
    last = math.ceil(day + days)
    month = month_of(spec, np.arange(day, last + 1))
    starts = [day, *(day + 1 + np.nonzero(np.diff(month))[0])]
    ends = [*(min(float(start), day + days) for start in starts[1:]), day + days]
    return [(int(start), end - float(start)) for start, end in zip(starts, ends, strict=True) if end > start]


def watched_years(spec: ModelSpec, draws: Draws, evidence: Evidence, first: Floats) -> Floats:
    """(D, I) the years from day ``first`` (I,) on, each day times its coverage and its drift: what a constant rate is
    to be multiplied by."""
    split, month = by_month(spec, evidence)
    lengths = np.diff(np.maximum(split.breaks[:, None], first), axis=0)  # (R, I)
    total = np.zeros((len(draws), len(spec.indicators)))
    for one in np.unique(month):
        seen = (lengths * split.coverage)[month == one].sum(axis=0) / YEAR_DAYS
        total += seen * np.exp(_log_drift(draws, int(one)))
    return total


def _log_drift(draws: Draws, month: int) -> Floats:
    """(D, I) in one month."""
    last = draws.log_drift.shape[2] - 1
    if last < 1:
        return np.zeros(draws.log_rate.shape)
    year = min(month // MONTHS, last)
    into = (month % MONTHS + 0.5) / MONTHS if year < last else 0.0
    following = draws.log_drift[:, :, min(year + 1, last)]
    return np.asarray((1 - into) * draws.log_drift[:, :, year] + into * following)


def knots_of_steps(spec: ModelSpec, step: Floats, step_size: Floats) -> Floats:
    """(D, I, Y + 1) log drift at the knots, from steps (D, I, Y) and their size (D,)."""
    walk = np.cumsum(np.pad(step, ((0, 0), (0, 0), (1, 0))), axis=2) * step_size[:, None, None]
    at = np.minimum(elicited_at(spec), step.shape[2])
    year = np.minimum(at.astype(np.int64), step.shape[2] - 1)
    i, into = np.arange(len(at)), at - year
    then = (1 - into) * walk[:, i, year] + into * walk[:, i, year + 1]
    return np.asarray(walk - then[:, :, None])


@njit(cache=True, nogil=True, error_model="numpy")
def go_to_month(month, now, log_drift, factor, pace):  # type: ignore[no-untyped-def]
    """For one block of draws: fill factor (I, B) with exp(drift in ``month``), from that of month ``now`` (-1: none).

    ``log_drift`` (I, Y + 1, B). Within a year each month is the one before times ``pace``, always from the year's first
    month on, so that a month's factor does not depend, bit for bit, on where one came from.
    """
    last = log_drift.shape[1] - 1
    year = min(month // MONTHS, last)
    if now < 0 or month < now or min(now // MONTHS, last) != year:
        for i in range(factor.shape[0]):
            for b in range(factor.shape[1]):
                step = log_drift[i, year + 1, b] - log_drift[i, year, b] if year < last else 0.0
                half = np.exp(step / (2 * MONTHS))
                pace[i, b] = half * half
                factor[i, b] = np.exp(log_drift[i, year, b]) * half
        now = year * MONTHS
    while now < month and year < last:
        for i in range(factor.shape[0]):
            for b in range(factor.shape[1]):
                factor[i, b] *= pace[i, b]
        now += 1


@njit(cache=True, nogil=True, error_model="numpy")
def factors_of_steps(step, size, elicited, months):  # type: ignore[no-untyped-def]
    """For one draw: (``months``, I) exp(drift) of each month, from its steps (I, Y); ones where there are none."""
    indicators, last = elicited.shape[0], step.shape[1]
    factor = np.ones((months, indicators))
    pace, start = np.ones(indicators), np.ones(indicators)  # by month in a year, and from where it begins
    for i in range(indicators if last else 0):
        start[i] = np.exp(-_log_drift_at(step, size, i, elicited[i]))
    for month in range(months if last else 0):
        if month % MONTHS == 0:
            year = month // MONTHS
            for i in range(indicators):
                half = np.exp(size * step[i, year] / (2 * MONTHS)) if year < last else 1.0
                pace[i] = half * half
                factor[month, i] = start[i] * half
                start[i] *= pace[i] ** MONTHS
        else:
            for i in range(indicators):
                factor[month, i] = factor[month - 1, i] * pace[i]
    return factor


@njit(cache=True, nogil=True, error_model="numpy")
def steps_adjoint(step, size, elicited, d_factor, d_step):  # type: ignore[no-untyped-def]
    """Fill d LL / d step (I, Y), given d LL / d log factor (months, I); give d LL / d log size."""
    indicators, last, d_size = elicited.shape[0], step.shape[1], 0.0
    d_knots, total = np.zeros((last + 1, indicators)), np.zeros(indicators)
    for month in range(d_factor.shape[0] if last else 0):
        year, into = _place((month + 0.5) / MONTHS, last)
        following = min(year + 1, last)
        for i in range(indicators):
            total[i] += d_factor[month, i]
            d_knots[year, i] += (1.0 - into) * d_factor[month, i]
            d_knots[following, i] += into * d_factor[month, i]
    for i in range(indicators if last else 0):
        year, into = _place(elicited[i], last)
        d_knots[year, i] -= (1.0 - into) * total[i]
        d_knots[min(year + 1, last), i] -= into * total[i]
        later = 0.0
        for y in range(last - 1, -1, -1):
            later += d_knots[y + 1, i]
            d_step[i, y] = size * later
            d_size += d_step[i, y] * step[i, y]
    return d_size


@njit(cache=True, nogil=True, error_model="numpy")
def _log_drift_at(step, size, i, at):  # type: ignore[no-untyped-def]
    """The walk of one indicator, from the first knot to ``at``, in years."""
    year, into = _place(at, step.shape[1])
    total = 0.0
    for y in range(year):
        total += step[i, y]
    return size * (total + into * step[i, year] if year < step.shape[1] else total)


@njit(cache=True, nogil=True, error_model="numpy")
def _place(at, last):  # type: ignore[no-untyped-def]
    """The knot before ``at`` (in years), and the part of the year that lies between; the last knot beyond it."""
    year = min(int(at), last)
    return year, at - year if year < last else 0.0
