"""Beliefs over weighted draws, the proposal before any fit, and forecasts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from iw.inference.arrays import YEAR_DAYS
from iw.inference.belief import JointState, normalised, pareto_shape, weighted_quantile
from iw.inference.filter import filter_draws
from iw.inference.forecast import visit_probs
from iw.inference.matrices import exponentials
from iw.inference.proposal import prior_draws, proposal_draws
from tests.inference.cast import believe, problem


def test_the_belief_is_the_weighted_mean_over_draws() -> None:
    probs, weights = np.array([[0.2, 0.8], [0.6, 0.4]]), np.array([0.25, 0.75])
    assert JointState(probs, weights).mean == pytest.approx([0.5, 0.5])


def test_equal_weights_are_worth_all_draws_and_one_weight_is_worth_one() -> None:
    probs = np.full((8, 2), 0.5)
    assert JointState(probs, np.full(8, 1 / 8)).effective_draws == pytest.approx(8)
    assert JointState(probs, np.eye(8)[3]).effective_draws == pytest.approx(1)


@given(st.integers(0, 2**32 - 1))
def test_with_equal_weights_weighted_quantiles_are_those_of_the_sample(seed: int) -> None:
    values = np.random.default_rng(seed).standard_normal(101)
    got = weighted_quantile(values, np.full(101, 1 / 101), (0.05, 0.5, 0.95))
    assert got == pytest.approx(np.quantile(values, (0.05, 0.5, 0.95), method="hazen"), abs=1e-9)


def test_weighting_a_draw_twice_is_having_it_twice() -> None:
    values = np.array([1.0, 2.0, 3.0])
    twice = weighted_quantile(np.array([1.0, 2.0, 2.0, 3.0]), np.full(4, 0.25), (0.5,))
    assert weighted_quantile(values, np.array([0.25, 0.5, 0.25]), (0.5,)) == pytest.approx(twice)


def test_fit_draws_seen_with_the_evidence_of_the_fit_weigh_alike() -> None:
    spec, draws, evidence = problem(1, draws=40)
    at_fit = filter_draws(spec, draws, evidence).log_likelihood[-1]
    state = believe(spec, replace(draws, log_weight=-at_fit), evidence)[-1]
    assert state.effective_draws == pytest.approx(40)


def test_pareto_shape_recovers_a_known_tail() -> None:
    rng = np.random.default_rng(3)
    shapes = [pareto_shape(k * rng.standard_exponential(20_000)) for k in (0.3, 0.6, 0.9)]  # exp of it: Pareto tail k
    assert shapes == pytest.approx([0.3, 0.6, 0.9], abs=0.12)
    assert pareto_shape(np.zeros(1000)) < 0


@pytest.mark.parametrize("drift", [False, True])
def test_proposal_draws_give_the_posterior_of_plain_importance_sampling(drift: bool) -> None:
    spec, _, evidence = problem(5, days=60, dated=3, spread=1, drift=drift)
    rng = np.random.default_rng(1)
    plain = believe(spec, prior_draws(spec, rng, 60_000, evidence.days), evidence)[-1]
    state = believe(spec, proposal_draws(spec, evidence, rng), evidence)[-1]
    error = np.sqrt(plain.mean * (1 - plain.mean) * (1 / plain.effective_draws + 1 / state.effective_draws))
    assert np.all(np.abs(plain.mean - state.mean) < 4 * error)


def test_the_same_seed_gives_the_same_draws() -> None:
    spec, _, evidence = problem(5)
    one, two = (proposal_draws(spec, evidence, np.random.default_rng(9), 100) for _ in range(2))
    assert np.array_equal(one.log_rate, two.log_rate)
    assert np.array_equal(one.log_weight, two.log_weight)


def test_normalised_weights_survive_any_offset() -> None:
    assert normalised(np.array([-1e6, -1e6 + np.log(3)])) == pytest.approx([0.25, 0.75])


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 40.0])
def test_exponentials_are_those_of_scipy(scale: float) -> None:
    _, draws, _ = problem(4, scenarios=4)
    generators = draws.generators() * scale
    for ours, generator in zip(exponentials(generators), generators, strict=True):
        assert ours == pytest.approx(expm(generator), abs=1e-12)


def test_exponentials_of_wild_matrices_neither_overflow_nor_lose_a_draw() -> None:
    _, draws, _ = problem(4, scenarios=3, draws=150)
    generators = draws.generators() * 3e4  # row sums up to some 1e5: exp(B) alone would be beyond any double
    s = np.arange(3)
    generators[100:, s, s] -= 5.0
    for ours, generator in zip(exponentials(generators), generators, strict=True):
        assert ours == pytest.approx(expm(generator), abs=1e-9)


def test_a_forecast_is_one_minus_the_chance_of_never_having_been_there() -> None:
    spec, draws, evidence = problem(4, scenarios=3)
    state = believe(spec, draws, evidence)[-1]
    got = visit_probs(state, draws, [1], 90)
    for d, generator in enumerate(draws.generators()):
        others = [0, 2]
        stay = expm(generator[np.ix_(others, others)] * 90 / YEAR_DAYS).sum(axis=1)
        assert got[d] == pytest.approx(1 - state.probs[d, others] @ stay, abs=1e-12)


def test_a_forecast_of_no_days_is_the_belief_and_grows_with_its_horizon() -> None:
    spec, draws, evidence = problem(4, scenarios=3)
    state = believe(spec, draws, evidence)[-1]
    horizons = [visit_probs(state, draws, [2], days) for days in (0, 30, 90, 365)]
    assert horizons[0] == pytest.approx(state.probs[:, 2])
    assert np.all(np.diff(horizons, axis=0) >= 0)
