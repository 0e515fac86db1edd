"""The value of collection: against the frozen chain's formula, against simulation, and at its limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from iw.catalogue.diagnosticity import expected_bits
from iw.inference.arrays import YEAR_DAYS
from iw.inference.belief import JointState
from iw.inference.collection import collection_bits, entropy_bits, number_and_scenario
from tests.inference.cast import Problem, problem, random_draws, silent, some, without_aftershocks


def one_draw(seed: int = 3) -> tuple[Problem, JointState]:
    """A single draw without events, and a belief."""
    one = problem(seed, dated=0, spread=0, regimes=1, draws=1)
    state = JointState(np.array([[0.6, 0.3, 0.1]]), np.ones(1))
    return one._replace(draws=without_aftershocks(one.draws), evidence=silent(one.evidence)), state


def test_where_nothing_changes_and_no_report_is_false_it_is_the_catalogues_formula() -> None:
    one, state = one_draw()
    still = replace(one.draws, exit_rates=np.zeros((1, 3)))
    coverage = np.full(4, 0.7)
    bits = collection_bits(one.spec, state, still, one.evidence, coverage, 1.0, 30)
    rates = still.rates(one.spec, one.evidence)[0]
    for i in range(4):
        expected = expected_bits(list(state.mean), list(rates[i]), 0.7 * 30 / YEAR_DAYS)
        assert bits[i] == pytest.approx(expected, rel=1e-3, abs=1e-7)


def test_it_is_the_mutual_information_of_a_simulation() -> None:
    """A path of small steps and reports on it, many times; three scenarios, a third of the reports false."""
    one, state = one_draw(5)
    days, coverage, weight, count = 400, 0.8, 0.7, 200_000
    spec, draws = one.spec, replace(one.draws, log_rate=np.full((1, 4), np.log(1.5)))
    bits = collection_bits(spec, state, draws, one.evidence, np.full(4, coverage), weight, days)[0]
    rng = np.random.default_rng(1)
    at = rng.choice(3, size=count, p=state.mean)
    rates = coverage * (draws.rates(spec, one.evidence)[0, 0] + spec.reference_rates[0] * (1 - weight) / weight)
    step = np.linalg.matrix_power(np.eye(3) + draws.generators()[0] / YEAR_DAYS / 64, 64 * 4)
    seen = np.zeros(count, int)
    for _ in range(days // 4):
        seen += rng.poisson(rates[at] * 4 / YEAR_DAYS)
        at = (rng.random(count)[:, None] > np.cumsum(step, axis=1)[at]).sum(axis=1).clip(0, 2)
    joint = np.zeros((seen.max() + 1, 3))
    np.add.at(joint, (seen, at), 1 / count)
    there = joint > 0
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    simulated = np.sum(joint[there] * np.log2(joint[there] / apart[there]))
    assert bits == pytest.approx(simulated, abs=0.0015)


def test_nothing_is_learnt_without_looking_or_of_an_indicator_that_is_alike_everywhere() -> None:
    one, state = one_draw()
    coverage = np.array([0.0, 0.9, 0.9, 0.9])
    alike = replace(one.draws, log_mult=np.where(np.arange(4)[:, None] == 1, 0.0, one.draws.log_mult))
    bits = collection_bits(one.spec, state, alike, one.evidence, coverage, 0.9, 90)
    assert bits[0] == 0
    assert bits[1] == pytest.approx(0, abs=1e-12)


def test_closer_watching_and_better_sources_tell_more_and_never_more_than_there_is_to_know() -> None:
    spec, _, evidence = problem(8)
    draws = random_draws(spec, 50, seed=8)
    state = JointState(np.random.default_rng(8).dirichlet(np.ones(3), size=50), np.full(50, 0.02))
    by_coverage = [collection_bits(spec, state, draws, evidence, np.full(4, c), 0.9, 90) for c in (0.2, 0.5, 0.9)]
    by_weight = [collection_bits(spec, state, draws, evidence, np.full(4, 0.9), w, 90) for w in (0.3, 0.6, 0.97)]
    for rising in (by_coverage, by_weight):
        assert np.all(np.diff(rising, axis=0) > -1e-12)
    assert np.all(by_weight[-1] < entropy_bits(state.mean))


def test_the_entropy_of_certainty_is_nothing_and_that_of_two_even_scenarios_one_bit() -> None:
    assert entropy_bits(np.array([1.0, 0.0])) == 0
    assert entropy_bits(np.array([0.5, 0.5])) == pytest.approx(1)


def test_draws_count_by_their_weights() -> None:
    one = problem(8, dated=0, draws=2)
    state = JointState(np.array([[0.6, 0.3, 0.1], [0.1, 0.1, 0.8]]), np.array([1.0, 0.0]))
    both = collection_bits(one.spec, state, one.draws, one.evidence, np.full(4, 0.5), 0.9, 90)
    alone = JointState(state.probs[:1], np.ones(1))
    first = collection_bits(one.spec, alone, some(one.draws, [0]), one.evidence, np.full(4, 0.5), 0.9, 90)
    assert both == pytest.approx(first, rel=1e-12)


@pytest.mark.parametrize(("slow", "quick", "bits"), [(5, 15, 0.814), (15, 45, 0.991), (60, 180, 1.0)])
def test_many_reports_are_told_apart_as_well_as_few(slow: float, quick: float, bits: float) -> None:
    """Two scenarios as likely as one another, that stay, and a year of reports: figures worked out by sums."""
    still, even = np.zeros((1, 2, 2)), np.array([[0.5, 0.5]])
    joint = number_and_scenario(still, even, np.array([[slow, quick]], dtype=float), 365.25)
    assert joint.sum() == pytest.approx(1, abs=1e-12)
    numbers = np.arange(len(joint))
    for column, rate in enumerate((slow, quick)):
        assert joint[:, column] == pytest.approx(stats.poisson.pmf(numbers, rate) / 2, abs=1e-10)
    apart = joint.sum(axis=1, keepdims=True) / 2
    there = joint > 0
    assert float(np.sum(joint[there] * np.log2((joint / np.maximum(apart, 1e-300))[there]))) == pytest.approx(
        bits, abs=1e-3
    )
