"""Shifts: the terms add up exactly to the difference, and each means what its name says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iw.inference.arrays import Evidence
from iw.inference.belief import Believer
from iw.inference.matrices import BLOCK
from iw.inference.shift import DECIBANS, EXPECTED_CHANGE, TimeShift, replay, shift_over_time
from tests.inference.cast import Problem, believe, problem, silent, with_given

CLOSED = 1e-9


def shifted(case: Problem, first: int = 3, last: int | None = None) -> TimeShift:
    start = believe(*case, np.array([first]))[0]
    return shift_over_time(*case, start, first, last or case.evidence.days, seed=7)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.booleans())
def test_the_terms_add_up_to_the_difference(seed: int, scenarios: int, drift: bool) -> None:
    assert shifted(problem(seed, scenarios=scenarios, drift=drift)).residual < CLOSED


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
@example(732)  # a day in which the belief races from one scenario to another
def test_decibans_add_up_to_the_difference_of_the_log_odds(seed: int) -> None:
    spec, draws, evidence = problem(seed)
    calm = replace(draws, log_rate=0.3 * draws.log_rate, log_mult=0.2 * draws.log_mult)
    shift = shifted(Problem(spec, calm, evidence))
    before, after = (np.log(p) - np.log1p(-p) for p in (shift.before, shift.after))
    assert sum(shift.contributions.decibans.values()) == pytest.approx(DECIBANS * (after - before), abs=1e-7)


@pytest.mark.parametrize("drift", [False, True])
def test_its_ends_are_the_beliefs_of_the_filter(drift: bool) -> None:
    case = problem(11, days=130, drift=drift)
    shift = shifted(case, 5, 100)
    early, late = believe(case.spec, case.draws, case.evidence, np.array([5, 100]))
    assert shift.before == pytest.approx(early.mean, abs=1e-12)
    assert shift.after == pytest.approx(late.mean, abs=1e-10)


def test_each_term_sums_to_nothing_over_the_scenarios() -> None:
    for term in shifted(problem(11)).contributions.probs.values():
        assert term.sum() == pytest.approx(0, abs=1e-12)


def test_without_silence_and_events_only_time_moves_the_belief() -> None:
    spec, draws, evidence = problem(3)
    shift = shifted(Problem(spec, draws, silent(evidence)))
    assert set(shift.contributions.probs) == {EXPECTED_CHANGE}


def test_a_single_event_is_booked_as_its_jump() -> None:
    spec, draws, evidence = problem(8, dated=1, spread=0)
    day = int(evidence.obs_day[0])
    without = believe(spec, draws, evidence.without({0}), np.array([day + 1]))[0].mean
    with_it = believe(spec, draws, evidence, np.array([day + 1]))[0].mean
    assert shifted(Problem(spec, draws, evidence), 0).contributions.probs["event", 0] == pytest.approx(
        with_it - without, abs=1e-10
    )


def test_a_given_factor_is_booked_as_its_jump() -> None:
    spec, draws, evidence = problem(8, dated=0, spread=0, given=1)
    day = int(evidence.given_day[0])
    without = believe(spec, draws, with_given(evidence, []), np.array([day + 1]))[0].mean
    with_it = believe(spec, draws, evidence, np.array([day + 1]))[0].mean
    shift = shifted(Problem(spec, draws, evidence), 0)
    assert shift.contributions.probs["given", 0] == pytest.approx(with_it - without, abs=1e-10)
    assert shift.residual < CLOSED


def test_a_given_factor_shares_its_day_fairly_with_an_event_that_says_the_same() -> None:
    """The event: certain, of an indicator that nobody looks for, at the rates that give it the factor's ratio."""
    spec, draws, evidence = problem(8, dated=1, spread=0, given=1)
    i, ratio = 3, np.array([0.2, 1.0, 3.0])
    log_rate, log_mult = draws.log_rate.copy(), draws.log_mult.copy()
    log_rate[:, i], log_mult[:, i] = np.log(spec.reference_rates[i]), np.log(ratio)
    coverage = evidence.coverage.copy()
    coverage[:, i] = 0.0
    twins = replace(
        with_given(evidence, [(10, ratio)]),
        coverage=coverage,
        obs_day=np.array([10]),
        obs_weight=np.ones(1),
        obs_ptr=np.array([0, 1]),
        obs_indicators=np.array([i]),
        live=np.zeros(4, bool),
    )
    shift = shifted(Problem(spec, replace(draws, log_rate=log_rate, log_mult=log_mult), twins))
    terms = shift.contributions.probs
    assert terms["event", 0] == pytest.approx(terms["given", 0], abs=1e-12)
    assert np.abs(terms["given", 0]).max() > 1e-3
    assert shift.residual < CLOSED


def same_day(count: int) -> Problem:
    spec, draws, evidence = problem(8, dated=count, spread=0, given=1)
    return Problem(spec, draws, replace(evidence, obs_day=np.full(count, 10, np.int64), given_day=np.array([10])))


def relabelled(evidence: Evidence) -> Evidence:
    """The same same-day observations in the reverse order."""
    order = list(range(len(evidence.obs_day)))[::-1]
    return evidence._select(order)


@pytest.mark.parametrize("count", [2, 4])
def test_same_day_events_share_fairly_whatever_their_order(count: int) -> None:
    case = same_day(count)
    one = shifted(case).contributions.probs
    two = shifted(Problem(case.spec, case.draws, relabelled(case.evidence))).contributions.probs
    for m in range(count):
        assert one["event", m] == pytest.approx(two["event", count - 1 - m], abs=1e-12)


def test_twin_events_of_one_day_get_equal_shares() -> None:
    spec, draws, evidence = same_day(2)
    twins = replace(
        evidence,
        obs_weight=np.full(2, 0.9),
        obs_ptr=np.array([0, 1, 2]),
        obs_indicators=np.array([1, 1]),
    )
    terms = shifted(Problem(spec, draws, twins)).contributions.probs
    assert terms["event", 0] == pytest.approx(terms["event", 1], abs=1e-12)


def test_eight_events_of_one_day_still_close_with_seeded_orders() -> None:
    shift = shifted(same_day(8))
    assert shift.residual < CLOSED
    again = shifted(same_day(8))
    assert np.array_equal(shift.contributions.probs["event", 3], again.contributions.probs["event", 3])


def test_late_events_are_folded_in_one_by_one_and_add_up() -> None:
    spec, draws, evidence = problem(8, dated=5, spread=1)
    late = [4, 1, 5]
    without = believe(spec, draws, evidence.without(set(late)))[0]
    parts = replay(Believer(spec, draws), evidence, late, without)
    assert [m for m, _, _ in parts] == late
    after = believe(spec, draws, evidence)[0].mean
    assert sum(probs for _, probs, _ in parts) == pytest.approx(after - without.mean, abs=1e-12)


def test_a_belief_that_has_become_certain_still_has_finite_decibans() -> None:
    spec, draws, evidence = problem(8, dated=1, spread=0)
    many = 400
    flood = replace(
        evidence,
        obs_day=np.full(many, 10, np.int64),
        obs_weight=np.full(many, 0.999),
        obs_ptr=np.arange(many + 1),
        obs_indicators=np.zeros(many, np.int64),
        obs_ids=tuple((f"E{m}",) for m in range(many)),
        obs_exact=np.ones(many, bool),
        spread=np.zeros((len(evidence.breaks) - 1, many)),
    )
    shift = shifted(Problem(spec, draws, flood))
    assert all(np.all(np.isfinite(part)) for part in shift.contributions.decibans.values())
    assert shift.residual < CLOSED


@pytest.mark.parametrize("factor", [1e-9, 1e4])
def test_rates_of_any_size_close_and_end_where_the_filter_does(factor: float) -> None:
    spec, draws, evidence = problem(5, days=12, draws=BLOCK + 6)
    case = Problem(spec, replace(draws, log_rate=np.full_like(draws.log_rate, np.log(factor))), evidence)
    shift = shifted(case, 1, 8)
    assert shift.residual < CLOSED
    assert shift.after == pytest.approx(believe(*case, np.array([8]))[0].mean, abs=1e-9)
