"""Expected information is the mutual information of scenario and count, where silence counts."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from iw.catalogue.diagnosticity import diagnosticity, expected_bits
from tests.catalogue.cast import Folders

probabilities = st.lists(st.floats(0.01, 1), min_size=2, max_size=5).map(lambda x: [p / sum(x) for p in x])


def entropy(p: np.ndarray) -> float:
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())


def mutual_information(probs: list[float], means: list[float]) -> float:
    """H(S) + H(N) − H(S, N), from SciPy's probabilities."""
    n = np.arange(int(max(means) + 40 * math.sqrt(max(means) + 1)) + 1)
    joint = np.array([p * poisson.pmf(n, mean) for p, mean in zip(probs, means, strict=True)])
    return entropy(np.array(probs)) + entropy(joint.sum(axis=0)) - entropy(joint.ravel())


@given(probabilities, st.lists(st.floats(1e-4, 30), min_size=5, max_size=5), st.floats(0.01, 3))
def test_it_is_the_mutual_information_of_scenario_and_count(
    probs: list[float], rates: list[float], years: float
) -> None:
    rates = rates[: len(probs)]
    found = expected_bits(probs, rates, years)
    assert found == pytest.approx(mutual_information(probs, [rate * years for rate in rates]), abs=1e-9)
    assert -1e-12 <= found <= entropy(np.array(probs)) + 1e-9


def test_an_indicator_that_is_the_same_everywhere_tells_nothing() -> None:
    assert expected_bits([0.2, 0.8], [3.0, 3.0], 2.0) == pytest.approx(0, abs=1e-12)


def test_what_nobody_sees_tells_nothing() -> None:
    assert expected_bits([0.2, 0.8], [3.0, 0.1], 0.0) == 0


def test_without_silence_only_what_is_seen_tells() -> None:
    """Two scenarios with rates 1 and 2: q(n)·KL with the weights λ^n, added up by hand; beyond n = 4 it is nothing."""
    probs, rates, years = [0.5, 0.5], [1.0, 2.0], 0.01
    by_hand = 0.0
    for n in (1, 2, 3, 4):
        predictive = sum(p * poisson.pmf(n, rate * years) for p, rate in zip(probs, rates, strict=True))
        after = np.array([0.5, 0.5 * 2**n]) / (0.5 + 0.5 * 2**n)
        by_hand += predictive * float((after * np.log2(after / 0.5)).sum())
    assert expected_bits(probs, rates, years, silent=False) == pytest.approx(by_hand, rel=1e-6)


def test_a_problem_s_indicators_are_ranked_and_their_ratios_are_to_the_status_quo(folders: Folders) -> None:
    catalogue = folders.load()
    rows = diagnosticity(catalogue, catalogue.problem("closeness"), days=365.25)
    assert [row.expected_bits for row in rows] == sorted((row.expected_bits for row in rows), reverse=True)
    by_name = {row.indicator: row for row in rows}
    assert by_name["quarrel"].ratios == pytest.approx({"alliance": 1, "rupture": 10, "as-before": 1})
    assert by_name["base-accord"].ratios == pytest.approx({"alliance": 1000, "rupture": 1, "as-before": 1})
    assert by_name["base-accord"].only_then == "alliance"
    assert by_name["quarrel"].expected_bits == pytest.approx(
        mutual_information([0.1, 0.2, 0.7], [0.5 * rate for rate in (0.1, 1.0, 0.1)]), abs=1e-9
    )


def test_a_belief_can_stand_in_for_the_priors(folders: Folders) -> None:
    catalogue = folders.load()
    certain = diagnosticity(catalogue, catalogue.problem("closeness"), 365, [0.0, 1.0, 0.0])
    assert [row.expected_bits for row in certain] == pytest.approx([0, 0, 0], abs=1e-12)


def test_what_is_counted_tells_as_much_as_its_dispersion_leaves() -> None:
    """The mutual information of scenario and a negative binomial number, from SciPy's probabilities."""
    probs, means, dispersion = [0.3, 0.7], [40.0, 120.0], 0.5
    n = np.arange(6_000)
    masses = [nbinom.pmf(n, dispersion**-2, 1 / (1 + dispersion**2 * mean)) for mean in means]
    joint = np.array([p * mass for p, mass in zip(probs, masses, strict=True)])
    expected = entropy(np.array(probs)) + entropy(joint.sum(axis=0)) - entropy(joint.ravel())
    found = expected_bits(probs, means, 1.0, dispersion=dispersion)
    assert found == pytest.approx(expected, abs=1e-8)
    assert found < 0.8 * expected_bits(probs, means, 1.0)
