"""Drift: rates that walk from the day for which they were elicited, month by month, and nothing at all without it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from iw.inference import reference
from iw.inference.arrays import YEAR_DAYS, Draws, DriftPrior, Floats, ModelSpec
from iw.inference.drift import by_month, knots_of_steps, month_of, months_ahead, rates_on, watched_years, years
from iw.inference.likelihood import log_likelihood_and_gradient
from iw.inference.priors import log_priors
from iw.inference.simulate import simulated_counts
from tests.inference.cast import (
    EXACT,
    Problem,
    at_end,
    kernel_data,
    parameters,
    problem,
    silent,
    some,
    without_aftershocks,
    without_drift,
)


def elicited(spec: ModelSpec, days: list[float]) -> ModelSpec:
    """The specification with rates elicited for these days."""
    return replace(spec, drift=DriftPrior(np.array(days), np.log(0.3), 0.4))


def log_drift(draws: Draws, spec: ModelSpec, day: float) -> Floats:
    """(D, I) on the straight line between the knots, at any moment."""
    assert spec.drift is not None
    before = max(0, -int(np.floor(spec.drift.elicited_day.min() / YEAR_DAYS)))
    at = day / YEAR_DAYS + before
    return np.array([[np.interp(at, np.arange(len(knots)), knots) for knots in one] for one in draws.log_drift])


def test_on_the_elicited_day_a_rate_is_what_was_elicited_and_walks_both_ways_from_there() -> None:
    base = problem(1, days=1500)
    spec = elicited(base.spec, [-500.0, 0.0, 800.0, 2000.0])
    count = years(spec, 1500)
    step, size = np.random.default_rng(1).normal(size=(3, 4, count)), np.array([0.1, 0.2, 0.0])
    draws = replace(base.draws, log_drift=knots_of_steps(spec, step, size), step_size=size)
    for i, day in enumerate([-500.0, 0.0, 800.0, 2000.0]):
        assert log_drift(draws, spec, day)[:, i] == pytest.approx(0, abs=1e-14)
    assert np.diff(draws.log_drift, axis=2) == pytest.approx(size[:, None, None] * step, abs=1e-14)
    assert np.abs(log_drift(draws, spec, 0.0)[:2, [0, 2, 3]]).min() > 1e-3
    assert np.all(log_drift(draws, spec, 0.0)[2] == 0)


def test_there_are_steps_from_the_first_elicited_day_to_three_years_beyond_the_evidence() -> None:
    spec = problem(1).spec
    assert years(spec, 1500) == 0
    assert years(elicited(spec, [0.0, 100.0, 100.0, 100.0]), 366) == 5
    assert years(elicited(spec, [-1.0, 100.0, 100.0, 100.0]), 366) == 6
    assert years(elicited(spec, [0.0, 100.0, 100.0, 3652.0]), 366) == 10


@given(st.integers(0, 100_000))
def test_a_month_is_the_twelfth_part_of_a_year(day: int) -> None:
    spec = elicited(problem(1).spec, [0.0, 400.0, 500.0, 3.0])
    assert month_of(spec, np.array(day)) == Fraction(day) // (Fraction(36525, 100) / 12)
    earlier = elicited(spec, [0.0, -400.0, 500.0, 3.0])
    assert month_of(earlier, np.array(day)) == month_of(spec, np.array(day)) + 24


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 1000), st.integers(12, 500))
def test_evidence_is_split_by_months_and_no_day_of_it_changes(seed: int, days: int) -> None:
    spec, _, evidence = problem(seed, days=days, drift=True)
    split, month = by_month(spec, evidence)
    day = np.arange(days)
    old, new = (np.searchsorted(one.breaks, day, side="right") - 1 for one in (evidence, split))
    assert np.array_equal(month[new], month_of(spec, day))
    assert np.array_equal(split.coverage[new], evidence.coverage[old])
    assert np.array_equal(split.spread[new], evidence.spread[old])
    assert set(split.breaks) - set(evidence.breaks) <= {0, *(1 + np.nonzero(np.diff(month_of(spec, day)))[0])}


def test_without_drift_nothing_is_split_and_rates_stay() -> None:
    spec, draws, evidence = problem(1)
    split, month = by_month(spec, evidence)
    assert split is evidence
    assert not month.any()
    assert np.array_equal(rates_on(spec, draws, evidence, 17), draws.rates(spec, evidence))
    assert months_ahead(spec, 40, 90.5) == [(40, 90.5)]


def test_rates_of_a_day_are_those_of_the_middle_of_its_month() -> None:
    spec, draws, evidence = problem(2, days=800, drift=True)
    for day in (0, 30, 31, 365, 366, 799):
        middle = (int(Fraction(day) // Fraction(487, 16)) + 0.5) * 487 / 16
        expected = draws.rates(spec, evidence) * np.exp(log_drift(draws, spec, middle))[:, :, None]
        assert rates_on(spec, draws, evidence, day) == pytest.approx(expected, rel=1e-12)
        for d in range(len(draws)):
            assert reference.rates(spec, draws, d, evidence, day) == pytest.approx(expected[d], rel=1e-12)


def test_beyond_its_last_year_drift_stays_as_it_is() -> None:
    spec, draws, evidence = problem(2, days=800, drift=True)
    last = draws.rates(spec, evidence) * np.exp(draws.log_drift[:, :, -1])[:, :, None]
    assert rates_on(spec, draws, evidence, 20_000) == pytest.approx(last, rel=1e-12)
    far = problem(2, days=9000, drift=True)  # steps end some eight years before the evidence does
    late = replace(far.spec, drift=DriftPrior(np.zeros(4), 0.0, 1.0))
    draws = replace(some(far.draws, [0]), log_drift=far.draws.log_drift[:1])
    log_likelihood, _ = at_end(Problem(late, draws, silent(far.evidence, 0.5)))
    expected, _ = reference.filtered(late.prior_probs, reference.steps(late, draws, 0, silent(far.evidence, 0.5)))
    assert log_likelihood[0] == pytest.approx(expected, abs=EXACT)


def test_steps_of_nothing_leave_the_rates_constant() -> None:
    """The same likelihood as without drift, to rounding: the year is only cut into months."""
    one = problem(3, days=900, dated=20, drift=True)
    none = replace(one.draws, log_drift=np.empty((3, 4, 0)))
    constant = at_end(one._replace(spec=replace(one.spec, drift=None), draws=none))
    still = at_end(one._replace(draws=without_drift(one.draws)))
    assert still[0] == pytest.approx(constant[0], abs=EXACT)
    assert still[1] == pytest.approx(constant[1], abs=EXACT)
    at = [value[0] for value in parameters(one.spec, 1, 0)]
    value, *_ = log_likelihood_and_gradient(*at[:5], 0 * at[5], *at[6:], *kernel_data(one.spec, one.evidence))
    plain = replace(one.spec, drift=None)
    flat = np.empty((4, 0)), np.zeros(1), np.empty(0)
    expected, *_ = log_likelihood_and_gradient(*at[:5], *flat, *kernel_data(plain, one.evidence))
    assert value == pytest.approx(expected, abs=EXACT)


def test_watched_years_are_the_sum_over_days_of_coverage_and_drift() -> None:
    spec, draws, evidence = problem(4, days=500, drift=True)
    first = np.array([0.0, 17.0, 320.0, 500.0])
    expected = np.zeros((3, 4))
    for day in range(500):
        regime = np.searchsorted(evidence.breaks, day, side="right") - 1
        factor = rates_on(spec, draws, evidence, day)[:, :, 0] / draws.rates(spec, evidence)[:, :, 0]
        expected += (day >= first) * evidence.coverage[regime] * factor / YEAR_DAYS
    assert watched_years(spec, draws, evidence, first) == pytest.approx(expected, rel=1e-10)


def test_the_prior_of_drift_is_that_of_the_size_of_its_steps() -> None:
    spec, draws, _ = problem(2, drift=True)
    found = log_priors(spec, draws)["drift"]
    assert found == pytest.approx(stats.norm.logpdf(np.log(draws.step_size), np.log(0.3), 0.4))


@given(st.integers(0, 5000), st.floats(0.5, 900))
def test_the_time_ahead_falls_into_months(day: int, days: float) -> None:
    spec = elicited(problem(1).spec, [0.0, 400.0, 500.0, 3.0])
    pieces = months_ahead(spec, day, days)
    assert sum(length for _, length in pieces) == pytest.approx(days)
    for (start, length), following in zip(pieces, [*pieces[1:], (day + days, 0.0)], strict=True):
        assert start + length == pytest.approx(following[0])
        inside = np.arange(start, np.ceil(start + length), dtype=np.int64)
        assert len(set(month_of(spec, inside))) == 1


def test_simulated_counts_follow_the_drift() -> None:
    spec, draws, evidence = problem(seed=6, days=1400, drift=True)
    stays = replace(spec, prior_probs=np.array([0.0, 1.0, 0.0]))
    draws = replace(
        some(without_aftershocks(draws), [0] * 10_000),
        exit_rates=np.zeros((10_000, 3)),
        log_drift=np.repeat(draws.log_drift[:1], 10_000, axis=0),
    )
    one = some(draws, [0])
    means = watched_years(spec, one, evidence, np.zeros(4))[0] * one.rates(spec, evidence)[0, :, 1]
    counts = simulated_counts(stays, draws, evidence, np.random.default_rng(2))
    assert counts.mean(axis=0) == pytest.approx(means, abs=5 * np.sqrt(means / 10_000).max())
    assert np.abs(watched_years(spec, without_drift(one), evidence, np.zeros(4))[0] / means - 1).max() > 0.1
