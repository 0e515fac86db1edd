"""The likelihood of one draw and its gradient, and the broken sticks of the odds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from iw.inference.arrays import Draws, Evidence, Floats, ModelSpec
from iw.inference.likelihood import log_likelihood_and_gradient, odds_of_sticks
from iw.inference.parameters import draws_of, targets_of
from tests.inference.cast import (
    EXACT,
    Problem,
    at_end,
    by_reference,
    kernel_data,
    parameters,
    problem,
    silent,
    with_given,
    with_observation,
)

Point = list[Floats]


def point(spec: ModelSpec, seed: int = 0) -> Point:
    """One value of each parameter."""
    return [values[0] for values in parameters(spec, 1, seed)]


def drawn(spec: ModelSpec, at: Point) -> Draws:
    """The same point as the filter and the reference take it."""
    return draws_of(spec, *(values[None] for values in at))


def kernel(one: Problem, at: Point) -> tuple[float, Point]:
    """Log-likelihood and derivatives by the kernel."""
    value, *gradient = log_likelihood_and_gradient(*at, *kernel_data(one.spec, one.evidence))
    return value, gradient


def by_differences(one: Problem, at: Point, step: float = 1e-3) -> Point:
    """The derivatives of the *reference*, by central differences of fourth order."""

    def value(name: int, index: tuple[int, ...], by: float) -> float:
        moved = [values.copy() for values in at]
        moved[name][index] += by
        return by_reference(one._replace(draws=drawn(one.spec, moved)), 0)[0]

    result = [np.zeros_like(values) for values in at]
    for name, derivatives in enumerate(result):
        for index in np.ndindex(derivatives.shape):
            near = value(name, index, step) - value(name, index, -step)
            far = value(name, index, 2 * step) - value(name, index, -2 * step)
            derivatives[index] = (8 * near - far) / (12 * step)
    return result


def assert_same_gradient(one: Problem, at: Point, tolerance: float = 1e-8) -> None:
    for mine, theirs in zip(kernel(one, at)[1], by_differences(one, at), strict=True):
        scale = 1 + np.abs(theirs).max(initial=0.0)
        assert np.abs(mine - theirs).max(initial=0.0) < tolerance * scale


@pytest.mark.parametrize("scenarios", range(2, 9))
@pytest.mark.parametrize("drift", [False, True])
def test_the_log_likelihood_agrees_with_the_slow_reference(scenarios: int, drift: bool) -> None:
    one = problem(scenarios, scenarios=scenarios, drift=drift, days=100 if drift else 40)
    at = point(one.spec, scenarios)
    assert abs(kernel(one, at)[0] - by_reference(one._replace(draws=drawn(one.spec, at)), 0)[0]) < EXACT


@pytest.mark.parametrize("scenarios", [2, 3, 4, 5])
def test_the_gradient_agrees_with_differences_of_the_reference(scenarios: int) -> None:
    one = problem(20 + scenarios, scenarios=scenarios, days=15, dated=5, spread=2, regimes=4, drift=scenarios == 3)
    assert_same_gradient(one, point(one.spec))


@pytest.mark.parametrize("seed", [61, 62])
def test_the_gradient_agrees_with_drift_over_years(seed: int) -> None:
    """Months within and between years, elicited days before the start and beyond the end, spread observations across
    months."""
    one = problem(seed, days=430, dated=5, spread=2, regimes=4, drift=True)
    at = point(one.spec)

    def log_likelihood(there: Point) -> float:
        return float(at_end(one._replace(draws=drawn(one.spec, there)))[0][0])

    value, gradient = kernel(one, at)
    assert value == pytest.approx(log_likelihood(at), abs=EXACT)
    step = 1e-3
    for name, derivatives in enumerate(gradient):
        for index in np.ndindex(derivatives.shape):
            moved = []
            for by in (step, -step, 2 * step, -2 * step):
                there = [values.copy() for values in at]
                there[name][index] += by
                moved.append(log_likelihood(there))
            expected = (8 * (moved[0] - moved[1]) - (moved[2] - moved[3])) / (12 * step)
            assert derivatives[index] == pytest.approx(expected, rel=1e-7, abs=1e-7)
    assert np.count_nonzero(gradient[5]) > gradient[5].size / 4
    assert gradient[6][0] != 0


def test_the_gradient_agrees_where_a_scenario_never_ends_and_where_odds_are_zero() -> None:
    one = problem(31, scenarios=4, days=15, regimes=4)
    odds = one.spec.odds.copy()
    odds[1] = [0.5, 0, 0, 0.5]
    odds[2] = 0
    odds[3] = [0, 0, 1, 0]
    spec = replace(one.spec, odds=odds, never_ends=np.array([False, False, True, False]))
    assert_same_gradient(one._replace(spec=spec), point(spec))


@pytest.mark.parametrize(("days", "dated", "times"), [(200, 2, 10), (1500, 2, 10), (1500, 60, 30)])
def test_the_gradient_agrees_over_long_gaps_at_high_rates(days: int, dated: int, times: int) -> None:
    """days ||A|| from about 15 to 3,000: plain powers, scaled ones, and many plain ones that grow beyond a double."""
    one = problem(33, days=days, regimes=2, dated=dated)
    one = one._replace(evidence=replace(one.evidence, coverage=one.evidence.coverage * times))
    at = point(one.spec)
    value, gradient = kernel(one, at)
    log_likelihood, _ = at_end(one._replace(draws=drawn(one.spec, at)))
    assert value == pytest.approx(log_likelihood[0], rel=1e-12, abs=EXACT)
    for name, index in ((0, 1), (1, 2), (2, 0), (3, (1, 0))):
        step = 1e-4

        def moved(by: float, name: int = name, index: int | tuple[int, ...] = index) -> float:
            there = [values.copy() for values in at]
            there[name][index] += by
            return float(at_end(one._replace(draws=drawn(one.spec, there)))[0][0])

        expected = (8 * (moved(step) - moved(-step)) - (moved(2 * step) - moved(-2 * step))) / (12 * step)
        assert gradient[name][index] == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_the_gradient_agrees_where_powers_need_a_scale_and_scenarios_still_change() -> None:
    """Exits and rates of hundreds a year over four years: days ||A|| is far beyond 100, yet no scenario dies out."""
    one = problem(41, days=1500, regimes=2, dated=2, spread=0)
    one = one._replace(evidence=replace(one.evidence, coverage=np.full((2, 4), 5.0)))
    at = point(one.spec)
    at[2] = -np.log([300.0, 500.0, 200.0])

    def log_likelihood(there: Point) -> float:
        return float(at_end(one._replace(draws=drawn(one.spec, there)))[0][0])

    value, gradient = kernel(one, at)
    assert value == pytest.approx(log_likelihood(at), rel=1e-12)
    step = 1e-3
    for name, derivatives in enumerate(gradient):
        for index in np.ndindex(derivatives.shape):
            moved = []
            for by in (step, -step, 2 * step, -2 * step):
                there = [values.copy() for values in at]
                there[name][index] += by
                moved.append(log_likelihood(there))
            expected = (8 * (moved[0] - moved[1]) - (moved[2] - moved[3])) / (12 * step)
            assert derivatives[index] == pytest.approx(expected, rel=1e-6, abs=1e-6)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    st.integers(0, 2**20),
    st.integers(2, 6),
    st.integers(1, 8),
    st.integers(10, 900),
    st.integers(0, 40),
    st.floats(-2, 2),
    st.booleans(),
    st.integers(0, 30),
)
def test_fit_and_filter_give_the_same_log_likelihood(
    seed: int, scenarios: int, indicators: int, days: int, dated: int, factor: float, drift: bool, counted: int
) -> None:
    sizes = {"scenarios": scenarios, "indicators": indicators, "days": days, "dated": dated, "counted": counted}
    one = problem(seed, **sizes, drift=drift)
    at = point(one.spec, seed)
    at[0] += factor * np.log(10)
    log_likelihood, _ = at_end(one._replace(draws=drawn(one.spec, at)))
    assert kernel(one, at)[0] == pytest.approx(log_likelihood[0], rel=1e-12, abs=EXACT)


@pytest.mark.parametrize("drift", [False, True])
def test_padding_has_no_effect_and_no_gradient(drift: bool) -> None:
    """Years beyond the evidence and the elicited days have no effect either."""
    one = problem(34, drift=drift, counted=4 * drift)
    at = point(one.spec)
    padded = [
        np.concatenate([at[0], [3.0, -2.0]]),
        np.concatenate([at[1], [9.0]]),
        np.concatenate([at[2], [-4.0]]),
        np.pad(at[3], ((0, 1), (0, 1)), constant_values=0.4),
        at[4],
        np.pad(at[5], ((0, 2), (0, 3 * drift)), constant_values=5.0),
        at[6],
        np.pad(at[7], (0, 2), constant_values=1.5),
    ]
    plain, gradient = kernel(one, at)
    value, padded_gradient = kernel(one, padded)
    assert value == plain
    for mine, theirs in zip(gradient, padded_gradient, strict=True):
        inside = tuple(slice(0, length) for length in mine.shape)
        assert np.array_equal(theirs[inside], mine)
        assert np.count_nonzero(theirs) == np.count_nonzero(mine)


@pytest.mark.parametrize("scale", [1, 10, 100, 1000])
def test_no_proposal_is_slow_or_not_a_number(scale: float) -> None:
    """A sampler's first steps go far astray: a finite answer with a finite gradient, or minus infinity."""
    one = problem(35, days=3653, dated=30, drift=True, counted=20)
    g = np.random.default_rng(scale)
    for _ in range(20):
        at = point(one.spec)
        wild = [values + scale * g.normal(size=values.shape) for values in at[:3]]
        wild_steps = [values + scale * g.normal(size=values.shape) for values in at[5:]]
        at = [*wild, at[3], np.array([g.beta(1 / scale, 1 / scale), scale * g.normal()]), *wild_steps]
        value, gradient = kernel(one, at)
        assert not np.isnan(value)
        assert value < np.inf
        assert all(np.all(np.isfinite(part)) for part in gradient)


def test_evidence_that_no_scenario_explains_has_log_likelihood_minus_infinity() -> None:
    one = problem(36)
    at = point(one.spec)
    at[0][2] = -np.inf
    value, gradient = kernel(one._replace(evidence=with_observation(one.evidence, 20, 1.0, [2])), at)
    assert value == -np.inf
    assert all(np.all(part == 0) for part in gradient)


def test_a_given_factor_that_leaves_nothing_has_log_likelihood_minus_infinity() -> None:
    one = problem(36)
    value, gradient = kernel(one._replace(evidence=with_given(one.evidence, [(20, np.zeros(3))])), point(one.spec))
    assert value == -np.inf
    assert all(np.all(part == 0) for part in gradient)


def test_a_settled_scenario_keeps_its_likelihood_through_ten_years_that_speak_against_it() -> None:
    one = problem(37, days=3653, dated=0, spread=0, regimes=1)
    spec = replace(
        one.spec,
        prior_probs=np.array([1.0, 0.0, 0.0]),
        never_ends=np.array([True, False, False]),
        log_mult_mean=np.zeros((4, 3)),
        log_mult_sd=np.tile([1.0, 0.0, 0.0], (4, 1)),
    )
    aftershock = np.array([0.0, 3.0])
    at = [np.full(4, np.log(1.25)), np.full(4, np.log(100.0)), np.zeros(3), np.full((3, 1), 0.5), aftershock]
    at += [np.empty((4, 0)), np.zeros(1), np.empty(0)]
    value, gradient = kernel(Problem(spec, one.draws, silent(one.evidence, 1.0)), at)
    assert value == pytest.approx(-4 * 125.0 * 3653 / 365.25, rel=1e-12)
    assert gradient[0] == pytest.approx(-125.0 * 3653 / 365.25, rel=1e-9)
    assert gradient[1] == pytest.approx(-125.0 * 3653 / 365.25, rel=1e-9)
    assert np.all(gradient[2] == 0)


def test_broken_sticks_are_a_dirichlet() -> None:
    """First and second moments of 200,000 rows against Dirichlet(20 . odds), within five standard errors."""
    spec = problem(38, scenarios=4).spec
    odds = spec.odds[0, 1:]
    alpha = spec.odds_concentration * odds
    g = np.random.default_rng(0)
    count = 200_000
    sticks = np.stack([g.beta(alpha[0], alpha[1:].sum(), count), g.beta(alpha[1], alpha[2], count)], axis=1)
    stick = np.full((4, 2), 0.5)
    targets = targets_of(spec)
    rows = np.empty((count, 4))
    for number, one in enumerate(sticks):
        stick[0] = one
        rows[number] = odds_of_sticks(stick, targets)[0]
    expected = stats.dirichlet(alpha)
    assert np.all(rows[:, 0] == 0)
    error = np.sqrt(np.diag(expected.cov()) / count)
    assert np.all(np.abs(rows[:, 1:].mean(axis=0) - expected.mean()) < 5 * error)
    assert np.allclose(np.cov(rows[:, 1:].T), expected.cov(), atol=5 * np.sqrt(2 / count) * expected.cov().max())


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.integers(2, 8), st.integers(0, 2**20))
def test_the_odds_of_what_follows_sum_to_one_over_the_allowed_scenarios(scenarios: int, seed: int) -> None:
    g = np.random.default_rng(seed)
    base = problem(0, scenarios=scenarios).spec
    allowed = (g.random((scenarios, scenarios)) < 0.7) & ~np.eye(scenarios, dtype=bool)
    targets = targets_of(replace(base, odds=allowed * 1.0))
    odds = odds_of_sticks(g.random((scenarios + 1, scenarios - 1)), targets)
    assert np.all(odds[~allowed] == 0)
    assert np.all(odds >= 0)
    assert odds.sum(axis=1) == pytest.approx(allowed.any(axis=1) * 1.0, abs=1e-14)


def test_evidence_with_nothing_in_it_has_likelihood_one_and_no_gradient() -> None:
    one = problem(39)
    quiet: Evidence = silent(one.evidence)
    value, gradient = kernel(one._replace(evidence=quiet), point(one.spec))
    assert value == pytest.approx(0.0, abs=1e-13)
    assert all(np.abs(part).max(initial=0.0) < 1e-13 for part in gradient)
