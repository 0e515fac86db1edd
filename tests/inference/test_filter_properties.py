"""Rules that every belief obeys, whatever the problem."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from iw.inference.arrays import YEAR_DAYS, Floats
from iw.inference.filter import filter_draws
from tests.inference.cast import (
    Problem,
    at_end,
    from_day,
    problem,
    reordered,
    silent,
    some,
    with_given,
    with_observation,
    without_aftershocks,
    without_drift,
)

settings.register_profile("kernels", deadline=None, max_examples=60, derandomize=True)
every_problem = settings.get_profile("kernels")

seeds = st.integers(0, 2**20)
sizes = st.integers(2, 6)
weights = st.sampled_from([0.0, 1e-3, 0.3, 0.97, 1.0])


@st.composite
def problems(draw: st.DrawFn, **fixed: int) -> Problem:
    """Problems of all small sizes, some with nothing dated or nothing spread."""
    days = draw(st.integers(12, 400))
    choice = {
        "scenarios": draw(sizes),
        "indicators": draw(st.integers(1, 8)),
        "days": days,
        "dated": draw(st.integers(0, 30)),
        "spread": draw(st.integers(0, 3)),
        "regimes": draw(st.integers(1, 10)),
        "given": draw(st.integers(0, 3)),
        "drift": draw(st.booleans()),
        "counted": draw(st.integers(0, 6)),
    }
    return problem(draw(seeds), **choice | fixed)


def close(a: Floats, b: Floats, tolerance: float = 1e-11) -> bool:
    return bool(np.all(np.abs(a - b) <= tolerance * (1 + np.abs(b))))


@every_problem
@given(problems(), st.data())
def test_an_uninformative_observation_only_predicts(one: Problem, data: st.DataObject) -> None:
    """Its ratio is 1 in every scenario: either it cannot be genuine, or its indicator's rate is rho throughout."""
    i = data.draw(st.integers(0, len(one.spec.indicators) - 1))
    day = data.draw(st.integers(0, one.evidence.days - 1))
    plain = without_drift(without_aftershocks(one.draws))
    level = replace(plain, log_rate=plain.log_rate.copy(), log_mult=plain.log_mult.copy())
    level.log_rate[:, i] = np.log(one.spec.reference_rates[i])
    level.log_mult[:, i] = 0.0
    before = at_end(one._replace(draws=level))
    for weight, indicator in ((0.0, data.draw(st.integers(0, len(one.spec.indicators) - 1))), (data.draw(weights), i)):
        after = at_end(Problem(one.spec, level, with_observation(one.evidence, day, weight, [indicator])))
        assert close(after[0], before[0])
        assert close(after[1], before[1])


@every_problem
@given(problems(), st.data())
def test_stopping_and_resuming_changes_nothing(one: Problem, data: st.DataObject) -> None:
    """Without aftershocks and drift, by which what comes later depends on the date."""
    one = one._replace(draws=without_drift(without_aftershocks(one.draws)))
    day = data.draw(st.integers(1, one.evidence.days - 1))
    whole = filter_draws(*one, days=np.array([day, one.evidence.days]))
    stopped = filter_draws(one.spec, one.draws, one.evidence.until(day))
    assert close(stopped.log_likelihood[0], whole.log_likelihood[0])
    assert close(stopped.probs[0], whole.probs[0])
    for draw in range(len(one.draws)):
        there = replace(one.spec, prior_probs=stopped.probs[0, draw] / stopped.probs[0, draw].sum())
        resumed = at_end(Problem(there, some(one.draws, [draw]), from_day(one.evidence, day)))
        assert close(stopped.log_likelihood[0, draw] + resumed[0], whole.log_likelihood[1, draw])
        assert close(resumed[1][0], whole.probs[1, draw])


@every_problem
@given(problems(draws=1), st.integers(1, 399))
def test_prediction_over_a_and_b_days_is_over_a_then_over_b(one: Problem, day: int) -> None:
    """Without evidence the belief is the prior times exp(Q t), and the log-likelihood 0."""
    nothing = silent(one.evidence)
    day = min(day, nothing.days)
    result = filter_draws(one.spec, one.draws, nothing, np.array([day, nothing.days]))
    generator = one.draws.generators()[0] / YEAR_DAYS
    first = one.spec.prior_probs @ expm(generator * day)
    assert close(result.probs[0, 0], first)
    assert close(result.probs[1, 0], first @ expm(generator * (nothing.days - day)))
    assert close(result.log_likelihood, np.zeros((2, 1)))


@every_problem
@given(problems(counted=0), st.data())
def test_a_given_factor_is_an_observation_that_says_as_much(one: Problem, data: st.DataObject) -> None:
    """An observation with w = 1 of an indicator that nobody looks for, at the rates that make its ratio; no draw knows
    another."""
    day = data.draw(st.integers(0, one.evidence.days - 1))
    ratio = np.array(data.draw(st.lists(st.floats(0.01, 10), min_size=(s := len(one.spec.scenarios)), max_size=s)))
    i = len(one.spec.indicators) - 1  # of a family without aftershocks, but where it is the only indicator
    plain = without_drift(without_aftershocks(one.draws))
    log_rate, log_mult = plain.log_rate.copy(), plain.log_mult.copy()
    log_rate[:, i], log_mult[:, i] = np.log(one.spec.reference_rates[i]), np.log(ratio)
    coverage = one.evidence.coverage.copy()
    coverage[:, i] = 0.0
    draws, quiet = replace(plain, log_rate=log_rate, log_mult=log_mult), replace(one.evidence, coverage=coverage)
    factors = [*zip(quiet.given_day, quiet.given_ratio, strict=True), (day, ratio)]
    given_it = at_end(Problem(one.spec, draws, with_given(quiet, factors)))
    seen = at_end(Problem(one.spec, draws, with_observation(quiet, day, 1.0, [i])))
    assert close(given_it[0], seen[0])
    assert close(given_it[1], seen[1])


@every_problem
@given(problems(), st.randoms(use_true_random=False))
def test_relabelling_the_scenarios_relabels_the_beliefs(one: Problem, random: object) -> None:
    order = list(range(len(one.spec.scenarios)))
    random.shuffle(order)  # type: ignore[attr-defined]
    spec = replace(one.spec, prior_probs=one.spec.prior_probs[order])
    d = one.draws
    draws = replace(
        d,
        log_mult=d.log_mult[:, :, order],
        exit_rates=d.exit_rates[:, order],
        odds=d.odds[:, order][:, :, order],
    )
    evidence = replace(one.evidence, given_ratio=one.evidence.given_ratio[:, order])
    before, after = at_end(one), at_end(Problem(spec, draws, evidence))
    assert close(after[0], before[0])
    assert close(after[1], before[1][:, order])


@every_problem
@given(problems(dated=30), st.randoms(use_true_random=False))
def test_observations_of_one_day_commute(one: Problem, random: object) -> None:
    crowded = replace(one.evidence, obs_day=np.where(one.evidence.obs_day >= 0, one.evidence.obs_day // 9 * 9, -1))
    order = list(range(len(crowded.obs_day)))
    random.shuffle(order)  # type: ignore[attr-defined]
    order.sort(key=lambda m: (crowded.obs_day[m] < 0, crowded.obs_day[m]))
    before = at_end(one._replace(evidence=crowded))
    after = at_end(one._replace(evidence=reordered(crowded, order)))
    assert close(after[0], before[0])
    assert close(after[1], before[1])


@every_problem
@given(problems(), st.data())
def test_a_break_that_changes_nothing_changes_nothing(one: Problem, data: st.DataObject) -> None:
    """A regime cut in two with the same coverage on both sides."""
    day = data.draw(st.integers(1, one.evidence.days - 1).filter(lambda day: day not in one.evidence.breaks))
    at = int(np.searchsorted(one.evidence.breaks, day))
    cut = replace(
        one.evidence,
        breaks=np.insert(one.evidence.breaks, at, day),
        coverage=np.insert(one.evidence.coverage, at, one.evidence.coverage[at - 1], axis=0),
        spread=np.insert(one.evidence.spread, at, one.evidence.spread[at - 1], axis=0),
    )
    before, after = at_end(one), at_end(one._replace(evidence=cut))
    assert close(after[0], before[0])
    assert close(after[1], before[1])


@every_problem
@given(problems(), st.floats(-9, 4), st.floats(-9, 4))
def test_beliefs_are_probabilities_at_any_rates(one: Problem, rate: float, exit_rate: float) -> None:
    """Baselines and exits from 1e-9 to 1e4 a year, each with its own scatter."""
    draws = replace(
        one.draws,
        log_rate=one.draws.log_rate * 0.3 + rate * np.log(10),
        exit_rates=one.draws.exit_rates * 10.0**exit_rate,
    )
    log_likelihood, probs = at_end(one._replace(draws=draws))
    assert np.all(np.isfinite(log_likelihood))
    assert np.all(probs >= 0)
    assert np.abs(probs.sum(axis=1) - 1).max() < 1e-12
