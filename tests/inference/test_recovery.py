"""What was put into a simulated log is found in it again, by a fit as it is made for a real one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iw.inference.arrays import YEAR_DAYS, Draws, DriftPrior, Evidence, ModelSpec
from iw.inference.drift import years
from iw.inference.fit import FitResult, Sampler
from iw.inference.model import Shape
from iw.inference.simulate import Marks, simulated_evidence
from tests.inference.cast import problem, silent

MARKS = Marks(np.array([0.6, 0.9, 0.97]), np.array([0.3, 0.5, 0.2]))
DAYS = 3653


def told(branching: float, decay_days: float, seed: int) -> tuple[ModelSpec, Evidence, Draws]:
    """Ten years of six indicators in two families and two scenarios, some 25 genuine events a year."""
    one = problem(70, scenarios=2, indicators=6, days=DAYS, dated=0, spread=0, regimes=1, draws=1)
    share = np.array([0.5, 0.3, 0.2, 0.6, 0.2, 0.2])
    log_mult = np.log([[1, 3], [1, 1], [1, 1 / 3], [1, 1], [1, 8], [1, 3.0]])
    spec = replace(
        one.spec,
        prior_probs=np.array([0.7, 0.3]),
        log_rate_mean=np.log(12 * share),
        log_rate_sd=np.full(6, 0.5),
        log_mult_mean=log_mult,
        log_mult_sd=np.where(log_mult == 0, 0, 0.3),
        log_dwell_mean=np.log([2.0, 1.0]),
        log_dwell_sd=np.full(2, 0.4),
        reference_rates=12 * share,
        family=np.array([0, 0, 0, 1, 1, 1]),
        share=share,
        usual_coverage=np.full(6, 0.8),
        log_decay_mean=float(np.log(43)),
        log_decay_sd=1.0,
    )
    true = Draws(
        spec.log_rate_mean[None],
        log_mult[None],
        np.array([[0.5, 1.0]]),
        np.array([[[0.0, 1.0], [1.0, 0.0]]]),
        np.array([branching]),
        np.array([decay_days]),
        np.zeros(1),
        np.empty((1, 6, 0)),
        np.empty((1, 0)),
        np.zeros(1),
    )
    template = replace(silent(one.evidence, 0.8), live=np.ones(6, bool))
    evidence, _ = simulated_evidence(spec, true, template, MARKS, np.random.default_rng(seed))
    return spec, evidence, true


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    return Sampler(Shape.of(told(0.4, 7.0, 0)[0], days=DAYS))


def fitted(sampler: Sampler, spec: ModelSpec, evidence: Evidence) -> FitResult:
    result = sampler.fit(spec, evidence, seed=1)
    assert result.gate.accepted, result.gate.sentence()
    return result


@pytest.mark.slow
@pytest.mark.parametrize("decay_days", [7.0, 60.0])
def test_the_branching_ratio_and_the_decay_time_are_recovered(sampler: Sampler, decay_days: float) -> None:
    """Over six logs (seeds 2 to 7) the medians of nu are 0.36 to 0.51 at 7 days and 0.31 to 0.51 at 60 days."""
    spec, evidence, _ = told(0.4, decay_days, seed=2)
    draws = fitted(sampler, spec, evidence).draws
    low, high = np.quantile(draws.branching, (0.025, 0.975))
    assert low < 0.4 < high
    assert high - low < 0.5  # the prior's is 0.6
    low, high = np.quantile(draws.decay_days, (0.025, 0.975))
    assert low < decay_days < high


@pytest.mark.slow
def test_without_aftershocks_few_are_found(sampler: Sampler) -> None:
    """The prior, with a mean of 0.29, is not overruled by ten years of some 25 events: medians of 0.10 to 0.23."""
    spec, evidence, _ = told(0.0, 30.0, seed=3)
    low, median = np.quantile(fitted(sampler, spec, evidence).draws.branching, (0.025, 0.5))
    assert low < 0.06
    assert median < 0.25


def drifting(rise: float, seed: int) -> tuple[ModelSpec, Evidence]:
    """The same ten years, elicited for their end; the log of the first indicator's rate has risen by so much."""
    spec, template, true = told(0.2, 30.0, seed)
    spec = replace(spec, drift=DriftPrior(np.full(6, float(DAYS)), np.log(0.1), 0.42))
    knots = np.zeros((1, 6, years(spec, DAYS) + 1))
    knots[0, 0] = np.minimum(rise * (np.arange(knots.shape[2]) * YEAR_DAYS / DAYS - 1), 0.0)
    known, _ = simulated_evidence(
        spec, replace(true, log_drift=knots), silent(template, 0.8), MARKS, np.random.default_rng(seed)
    )
    return spec, known


@pytest.fixture(scope="module")
def drifting_sampler() -> Sampler:
    return Sampler(Shape.of(drifting(0.0, 0)[0], days=DAYS))


@pytest.mark.slow
def test_the_indicator_that_drifted_is_told_from_the_others(drifting_sampler: Sampler) -> None:
    """Its rate has risen eightfold in ten years. A tight prior admits a part of that: over two logs (seeds 2 and 3) the
    medians at the start are -0.44 and -0.39, those of the others -0.08 to 0.17."""
    spec, evidence = drifting(np.log(8.0), seed=2)
    draws = fitted(drifting_sampler, spec, evidence).draws
    _, median, high = np.quantile(draws.log_drift[:, :, 0], (0.05, 0.5, 0.95), axis=0)
    assert median[0] < -0.25
    assert np.abs(median[1:]).max() < 0.2
    assert high[0] < 0.2 < high[1:].min()


@pytest.mark.slow
def test_without_drift_little_is_found(drifting_sampler: Sampler) -> None:
    spec, evidence = drifting(0.0, seed=3)
    draws = fitted(drifting_sampler, spec, evidence).draws
    assert np.median(draws.step_size) < 0.11  # the prior's median is 0.1
    low, median, high = np.quantile(draws.log_drift[:, :, 0], (0.05, 0.5, 0.95), axis=0)
    assert np.all((low < 0) & (high > 0))
    assert np.abs(median).max() < 0.3


@pytest.mark.slow
def test_rates_and_dwell_times_are_recovered(sampler: Sampler) -> None:
    spec, evidence, true = told(0.4, 30.0, seed=4)
    draws = fitted(sampler, spec, evidence).draws
    low, high = np.quantile(draws.log_rate, (0.005, 0.995), axis=0)
    assert np.all((low < true.log_rate[0]) & (true.log_rate[0] < high))
    assert np.all(draws.log_rate.std(axis=0) < 0.8 * spec.log_rate_sd)
    low, high = np.quantile(draws.exit_rates, (0.005, 0.995), axis=0)
    assert np.all((low < true.exit_rates[0]) & (true.exit_rates[0] < high))
