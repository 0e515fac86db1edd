"""Simulated counts follow the model that the filter inverts; forecasts of an occurrence are the filter's own."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from iw.inference.arrays import YEAR_DAYS, Draws
from iw.inference.belief import JointState
from iw.inference.forecast import seen_probs
from iw.inference.simulate import simulated_counts
from tests.inference.cast import problem, random_draws, some


def repeated(draws: Draws, count: int) -> Draws:
    return some(draws, [0] * count)


def test_the_mean_of_the_simulated_counts_is_what_the_chain_expects() -> None:
    """Σ_t Σ_s P(X(t) = s)·c_i(t)·λ[i,s]: with daily steps of the dense exponential, half a day apart."""
    spec, draws, evidence = problem(seed=5, days=900, regimes=5)
    generator, rates = draws.generators()[0], draws.rates()[0]
    step, state = expm(generator / YEAR_DAYS), spec.prior_probs @ expm(generator * 0.5 / YEAR_DAYS)
    expected = np.zeros(len(spec.indicators))
    for r, (first, last) in enumerate(zip(evidence.breaks[:-1], evidence.breaks[1:], strict=True)):
        for _ in range(first, last):
            expected += evidence.coverage[r] * (rates @ state) / YEAR_DAYS
            state = state @ step
    rng = np.random.default_rng(1)
    counts = simulated_counts(spec, repeated(draws, 40_000), evidence.breaks, evidence.coverage, rng)
    assert np.abs(counts.mean(axis=0) - expected).max() < 5 * (counts.std(axis=0) / 200).max()


def test_a_scenario_that_never_ends_gives_plain_poisson_counts() -> None:
    spec, draws, evidence = problem(seed=6, days=700)
    stays = replace(spec, prior_probs=np.array([0.0, 1.0, 0.0]))
    draws = replace(repeated(draws, 40_000), exit_rates=np.zeros((40_000, 3)))
    means = np.diff(evidence.breaks) @ evidence.coverage / YEAR_DAYS * draws.rates()[0, :, 1]
    counts = simulated_counts(stays, draws, evidence.breaks, evidence.coverage, np.random.default_rng(2))
    assert np.allclose(counts.mean(axis=0), means, atol=5 * np.sqrt(means / 40_000).max())
    assert np.allclose(counts.var(axis=0), means, rtol=0.1, atol=0.02)


def test_nothing_is_seen_where_nobody_looks() -> None:
    spec, draws, evidence = problem(seed=7)
    blind = np.zeros_like(evidence.coverage)
    assert not simulated_counts(spec, draws, evidence.breaks, blind, np.random.default_rng(3)).any()


@pytest.mark.parametrize("days", [1.0, 90.0, 3650.0])
def test_the_chance_that_an_indicator_is_seen_is_that_of_its_absorbed_chain(days: float) -> None:
    """With one more state, entered at the rate of what is seen and never left."""
    spec, _, _ = problem(seed=8)
    draws = random_draws(spec, 4, seed=8)
    probs = np.random.default_rng(8).dirichlet(np.ones(3), size=4)
    state = JointState(probs, np.full(4, 0.25))
    found = seen_probs(state, draws, 2, 0.6, days)
    for d in range(4):
        absorbing = np.zeros((4, 4))
        absorbing[:3, :3] = draws.generators()[d]
        absorbing[:3, 3] = 0.6 * draws.rates()[d, 2]
        absorbing[range(3), range(3)] -= absorbing[:3, 3]
        assert found[d] == pytest.approx((probs[d] @ expm(absorbing * days / YEAR_DAYS)[:3])[3], abs=1e-12)


def test_without_coverage_nothing_will_be_seen() -> None:
    spec, draws, _ = problem(seed=9)
    state = JointState(np.tile(spec.prior_probs, (3, 1)), np.full(3, 1 / 3))
    assert seen_probs(state, draws, 0, 0.0, 400.0) == pytest.approx(0.0, abs=1e-13)
