"""Simulated counts follow the model that the filter inverts; forecasts of an occurrence are the filter's own."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from iw.inference.arrays import YEAR_DAYS, Draws
from iw.inference.simulate import simulated_counts
from tests.inference.cast import problem, silent, some, without_aftershocks


def repeated(draws: Draws, count: int) -> Draws:
    return some(draws, [0] * count)


def test_the_mean_of_the_simulated_counts_is_what_the_chain_expects() -> None:
    """Σ_t Σ_s P(X(t) = s)·c_i(t)·λ[i,s]: with daily steps of the dense exponential, half a day apart."""
    spec, draws, evidence = problem(seed=5, days=900, regimes=5)
    draws = without_aftershocks(draws)
    generator, rates = draws.generators()[0], draws.rates(spec, evidence)[0]
    step, state = expm(generator / YEAR_DAYS), spec.prior_probs @ expm(generator * 0.5 / YEAR_DAYS)
    expected = np.zeros(len(spec.indicators))
    for r, (first, last) in enumerate(zip(evidence.breaks[:-1], evidence.breaks[1:], strict=True)):
        for _ in range(first, last):
            expected += evidence.coverage[r] * (rates @ state) / YEAR_DAYS
            state = state @ step
    rng = np.random.default_rng(1)
    counts = simulated_counts(spec, repeated(draws, 10_000), evidence, rng)
    assert np.abs(counts.mean(axis=0) - expected).max() < 5 * (counts.std(axis=0) / 100).max()


def test_a_scenario_that_never_ends_gives_plain_poisson_counts() -> None:
    spec, draws, evidence = problem(seed=6, days=700)
    stays = replace(spec, prior_probs=np.array([0.0, 1.0, 0.0]))
    draws = replace(repeated(without_aftershocks(draws), 10_000), exit_rates=np.zeros((10_000, 3)))
    means = np.diff(evidence.breaks) @ evidence.coverage / YEAR_DAYS * draws.rates(spec, evidence)[0, :, 1]
    counts = simulated_counts(stays, draws, evidence, np.random.default_rng(2))
    assert np.allclose(counts.mean(axis=0), means, atol=5 * np.sqrt(means / 10_000).max())
    assert np.allclose(counts.var(axis=0), means, rtol=0.1, atol=0.02)


def test_nothing_is_seen_where_nobody_looks() -> None:
    spec, draws, evidence = problem(seed=7)
    assert not simulated_counts(spec, draws, silent(evidence), np.random.default_rng(3)).any()


def test_of_a_family_that_is_always_watched_each_event_brings_one_over_one_minus_nu() -> None:
    """Over ten years few clusters are cut off; so the counts keep the rates, of which aftershocks are a part."""
    spec, draws, evidence = problem(seed=10, indicators=2, days=3653, regimes=1)
    spec = replace(spec, prior_probs=np.array([1.0, 0.0, 0.0]), usual_coverage=np.full(2, 0.8))
    evidence = replace(evidence, live=np.ones(2, bool), coverage=np.full((1, 2), 0.8))
    draws = replace(
        repeated(draws, 4_000),
        exit_rates=np.zeros((4_000, 3)),
        branching=np.full(4_000, 0.6),
        decay_days=np.full(4_000, 20.0),
    )
    background = 0.8 * draws.rates(spec, evidence)[0, :, 0].sum() * evidence.days / YEAR_DAYS
    counts = simulated_counts(spec, draws, evidence, np.random.default_rng(4)).sum(axis=1)
    assert counts.mean() == pytest.approx(background / (1 - 0.6 * 0.8), rel=0.03)
    assert counts.var() > 2 * counts.mean()  # in bursts


def test_aftershocks_are_shared_out_within_the_family_and_to_nobody_else() -> None:
    spec, draws, evidence = problem(seed=10, days=3653, regimes=1)
    spec = replace(spec, family=np.array([0, 0, 1, 2]), share=np.array([0.2, 0.8, 1.0, 1.0]))
    evidence = replace(evidence, live=np.array([True, True, False, True]), coverage=np.ones((1, 4)))
    background = np.array([5.0, 0.0, 3.0, 0.0])
    with np.errstate(divide="ignore"):
        log_rate = np.log(background)
    draws = replace(
        repeated(draws, 4_000),
        log_rate=np.tile(log_rate, (4_000, 1)),
        log_mult=np.zeros((4_000, 4, 3)),
        branching=np.full(4_000, 0.5),
    )
    counts = simulated_counts(replace(spec, usual_coverage=np.zeros(4)), draws, evidence, np.random.default_rng(5))
    of_all = 10 * background
    assert counts.mean(axis=0) == pytest.approx(
        [of_all[0] * 1.2, of_all[0] * 0.8, of_all[2], 0], rel=0.03
    )  # 1 / (1 - nu) = 2: one aftershock an event, in fifths
