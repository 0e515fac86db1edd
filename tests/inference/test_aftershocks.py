"""Aftershocks: worked by hand, day by day against the slow reference, and what they do to a belief."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iw.inference import reference
from iw.inference.aftershocks import all_received, excitation
from iw.inference.arrays import YEAR_DAYS, Evidence
from iw.inference.filter import filter_draws
from tests.inference.cast import Problem, at_end, problem, silent, with_observation, without_aftershocks

EXACT = 1e-12


def received(one: Problem) -> np.ndarray:
    """(N, D) what each piece of an observation receives."""
    return all_received(*one)


def compensator(one: Problem) -> np.ndarray:
    """(T + 1, D) after each elapsed day."""
    return filter_draws(*one, np.arange(one.evidence.days + 1)).compensator


def quiet(days: int = 100) -> Problem:
    """A problem without events; indicators 0 and 1 are a family with aftershocks, 2 and 3 are alone."""
    one = problem(60, days=days, dated=0, spread=0, regimes=1)
    spec = replace(one.spec, family=np.array([0, 0, 1, 2]), share=np.array([0.25, 0.75, 1.0, 1.0]))
    return one._replace(
        spec=spec, evidence=replace(silent(one.evidence, 0.5), live=np.array([True, True, True, False]))
    )


def seen(one: Problem, *events: tuple[int, float, list[int]]) -> Problem:
    """The problem with observations, each of a day, a weight and indicators."""
    evidence = one.evidence
    for number, (day, weight, indicators) in enumerate(events):
        evidence = with_observation(evidence, day, weight, indicators, f"E-{number}")
    return one._replace(evidence=evidence)


def test_an_event_raises_the_rates_of_its_family_by_the_kernel() -> None:
    """h = share . 365.25 . nu / tau . w . exp(-days / tau): of what comes 30 days later."""
    one = seen(quiet(), (10, 0.8, [0]), (40, 0.9, [1]), (40, 0.9, [2]))
    d = one.draws
    expected = 0.75 * YEAR_DAYS * d.branching / d.decay_days * 0.8 * np.exp(-30 / d.decay_days)
    first, own_family, another = received(one)
    assert first == pytest.approx(np.zeros(3), abs=0)
    assert own_family == pytest.approx(expected, rel=EXACT)
    assert another == pytest.approx(np.zeros(3), abs=0)


def test_events_of_one_day_receive_half_of_the_others() -> None:
    one = seen(quiet(), (10, 0.8, [0]), (10, 0.6, [1]))
    per_event = YEAR_DAYS * one.draws.branching / one.draws.decay_days
    assert received(one)[0] == pytest.approx(0.25 * per_event * 0.3, rel=EXACT)
    assert received(one)[1] == pytest.approx(0.75 * per_event * 0.4, rel=EXACT)


def test_what_one_report_tells_of_one_day_does_not_excite_itself_but_what_follows() -> None:
    one = seen(quiet(), (10, 0.8, [0, 1]), (11, 0.6, [0]))
    d = one.draws
    assert np.all(received(one)[:2] == 0)
    both = 0.25 * YEAR_DAYS * d.branching / d.decay_days * 1.6 * np.exp(-1 / d.decay_days)
    assert received(one)[2] == pytest.approx(both, rel=EXACT)


def test_what_is_not_dated_to_the_day_neither_causes_nor_receives() -> None:
    one = seen(quiet(), (10, 0.8, [0]), (20, 0.9, [1]), (30, 0.9, [0]))
    vague = one._replace(evidence=replace(one.evidence, obs_exact=np.array([True, False, True])))
    without = one._replace(evidence=one.evidence.without({1}))
    assert np.all(received(vague)[1] == 0)
    assert np.array_equal(received(vague)[[0, 2]], received(without))


def test_a_family_without_aftershocks_has_none_and_keeps_its_rates() -> None:
    one = seen(quiet(), (10, 0.8, [3]), (20, 0.9, [3]))
    assert np.all(received(one) == 0)
    assert np.all(compensator(one) == 0)
    rates = one.draws.rates(one.spec, one.evidence)
    assert rates[:, 3] == pytest.approx(np.exp(one.draws.log_rate[:, 3, None] + one.draws.log_mult[:, 3]), rel=1e-15)
    part = 1 - one.draws.branching * one.spec.usual_coverage[0]
    whole = np.exp(one.draws.log_rate[:, 0, None] + one.draws.log_mult[:, 0])
    assert rates[:, 0] == pytest.approx(part[:, None] * whole, rel=EXACT)


def test_all_aftershocks_that_are_looked_for_are_expected_in_the_end() -> None:
    """nu times the weight times the mean coverage of the family, once the time is long against tau."""
    one = seen(quiet(days=3000), (10, 0.8, [0]))
    assert compensator(one)[-1] == pytest.approx(one.draws.branching * 0.8 * 0.5, rel=1e-9)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.integers(0, 2**20), st.integers(1, 40), st.integers(1, 12))
def test_the_compensator_is_the_sum_of_the_days_of_the_slow_reference(seed: int, dated: int, regimes: int) -> None:
    one = problem(seed, days=60, dated=dated, regimes=regimes)
    daily = [reference.expected_aftershocks(one.spec, one.draws, 1, one.evidence, day) for day in range(60)]
    assert compensator(one)[:, 1] == pytest.approx(np.cumsum([0.0, *daily]), rel=1e-11, abs=1e-13)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.integers(0, 2**20), st.integers(1, 59))
def test_what_comes_later_changes_no_bit_of_what_was_received(seed: int, day: int) -> None:
    one = problem(seed, days=60, dated=20)
    early = one._replace(evidence=one.evidence.until(day))
    assert np.array_equal(compensator(early)[day], compensator(one)[day])
    entries = int(one.evidence.obs_ptr[early.evidence.dated])
    assert np.array_equal(received(early)[:entries], received(one)[:entries])


@settings(deadline=None, max_examples=20, derandomize=True)
@given(st.integers(0, 2**20), st.integers(0, 60))
def test_the_excitation_is_the_sum_of_the_kernels(seed: int, day: int) -> None:
    spec, draws, evidence = problem(seed, days=60, dated=15)
    expected = np.zeros((len(draws), spec.families))
    for m in range(evidence.dated):
        elapsed = day - evidence.obs_day[m] - 1
        for i in evidence.indicators_of(m):
            if elapsed >= 0 and evidence.obs_exact[m] and evidence.live[i]:
                expected[:, spec.family[i]] += evidence.obs_weight[m] * np.exp(-elapsed / draws.decay_days)
    assert excitation(spec, draws, evidence, day) == pytest.approx(expected, rel=1e-12)


def test_without_a_branching_ratio_nothing_changes() -> None:
    one = problem(61)
    dead = one._replace(draws=without_aftershocks(one.draws), evidence=replace(one.evidence, live=np.zeros(4, bool)))
    alive = dead._replace(evidence=one.evidence)
    assert np.array_equal(at_end(alive)[0], at_end(dead)[0])
    assert np.array_equal(at_end(alive)[1], at_end(dead)[1])


def drills(days: list[int]) -> Problem:
    """Ten years of one indicator, once a year while quiet and three times as often in the other scenario."""
    one = problem(62, scenarios=2, indicators=1, days=3653, dated=0, spread=0, regimes=1, draws=1)
    spec = replace(
        one.spec,
        prior_probs=np.array([0.5, 0.5]),
        reference_rates=np.ones(1),
        family=np.zeros(1, np.int64),
        share=np.ones(1),
        usual_coverage=np.array([0.8]),
    )
    draws = replace(
        one.draws,
        log_rate=np.zeros((1, 1)),
        log_mult=np.log([[[1.0, 3.0]]]),
        exit_rates=np.zeros((1, 2)),
        branching=np.array([0.5]),
        decay_days=np.array([45.0]),
    )
    evidence: Evidence = replace(silent(one.evidence, 0.8), live=np.ones(1, bool))
    return seen(Problem(spec, draws, evidence), *((day, 0.95, [0]) for day in days))


def test_a_burst_counts_less_than_the_same_number_spread_over_the_years() -> None:
    burst = drills(list(range(3000, 3060, 6)))
    spread = drills(list(range(100, 3600, 350)))
    (in_burst,), (over_years,) = (at_end(one)[1][:, 1] for one in (burst, spread))
    (alone,) = at_end(drills([3000]))[1][:, 1]
    assert in_burst < over_years
    odds = [p / (1 - p) for p in (alone, in_burst, over_years)]
    assert odds[1] / odds[0] < (odds[2] / odds[0]) ** 0.5  # on the log scale less than half


def test_the_burst_itself_speaks_for_aftershocks() -> None:
    """The same draw but for nu: a burst is likelier with aftershocks, the same number evenly spread without."""
    for days, better in ((list(range(3000, 3060, 6)), True), (list(range(100, 3600, 350)), False)):
        one = drills(days)
        with_them = filter_draws(*one).log_likelihood[-1, 0]
        without = filter_draws(*one._replace(draws=without_aftershocks(one.draws))).log_likelihood[-1, 0]
        assert (with_them > without) == better
