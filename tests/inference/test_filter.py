"""The filter over many draws, held to the slow reference, to enumeration and to a published answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm, logm

from iw.core.errors import InferenceError
from iw.inference import reference
from iw.inference.aftershocks import block_aftershocks
from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, ModelSpec
from iw.inference.filter import DrawFilter, filter_draws
from iw.inference.filter_kernel import filter_block
from iw.inference.kernel_data import KINDS, LikelihoodData
from iw.inference.matrices import BLOCK
from tests.inference.cast import (
    EXACT,
    Problem,
    at_end,
    by_reference,
    problem,
    random_draws,
    silent,
    some,
    with_given,
    with_observation,
    without_aftershocks,
)


def constant(indicators: int) -> tuple[Floats, ...]:
    """Branching, decay time, step size, drift and dispersions of a single draw that has none of them."""
    return np.zeros(1), np.full(1, 45.0), np.zeros(1), np.empty((1, indicators, 0)), np.empty((1, 0))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("drift", [False, True])
def test_the_filter_agrees_with_the_slow_reference_on_every_day(seed: int, drift: bool) -> None:
    one = problem(seed, draws=5, drift=drift, days=450 if drift else 40)
    result = filter_draws(*one, days=np.arange(one.evidence.days + 1))
    assert np.allclose(result.probs[0], one.spec.prior_probs, atol=1e-15)
    assert np.all(result.log_likelihood[0] == 0)
    for draw in range(5):
        log_likelihood, probs = by_reference(one, draw)
        assert abs(result.log_likelihood[-1, draw] - log_likelihood) < EXACT
        assert np.abs(result.probs[1:, draw] - probs).max() < EXACT


@pytest.mark.parametrize("seed", range(4))
def test_the_filter_agrees_with_the_sum_over_every_path(seed: int) -> None:
    """3 scenarios, 5 days, a new operator every day, no coverage on some, joint and spread observations, given factors,
    rates that have drifted by then: 729 paths."""
    one = problem(seed, days=5, regimes=5, dated=3, spread=2, drift=True)
    log_likelihood, probs = at_end(one)
    for draw in range(len(one.draws)):
        steps = reference.steps(one.spec, one.draws, draw, one.evidence)
        assert np.abs(np.diff(steps, axis=0)).max(axis=(1, 2)).min() > 1e-6  # no two days alike
        expected, ends = reference.enumerated(one.spec.prior_probs, steps)
        assert abs(log_likelihood[draw] - expected) < EXACT
        assert np.abs(probs[draw] - ends).max() < EXACT


@pytest.mark.parametrize("scenarios", range(2, 9))
def test_two_to_eight_scenarios_give_the_reference_answer(scenarios: int) -> None:
    one = problem(scenarios, scenarios=scenarios, dated=8)
    log_likelihood, probs = at_end(one)
    expected, filtered = by_reference(one, 1)
    assert abs(log_likelihood[1] - expected) < EXACT
    assert np.abs(probs[1] - filtered[-1]).max() < EXACT


def test_one_day_of_two_scenarios_worked_by_hand() -> None:
    """No coverage, exits 2 and 1 a year, start in the first, one event with w = 1/2, rates 4 and 1, rho 2.

    P(first at the day's end) = 1/3 + 2/3 exp(-3/365.25); ratios 1/2 + 1/2 . 4/2 = 3/2 and 1/2 + 1/2 . 1/2 = 3/4.
    """
    one = problem(0, scenarios=2, indicators=1, days=1, dated=0, spread=0, regimes=1, draws=1)
    spec = replace(one.spec, prior_probs=np.array([1.0, 0.0]), reference_rates=np.array([2.0]))
    draws = Draws(
        np.zeros((1, 1)),
        np.log([[[4.0, 1.0]]]),
        np.array([[2.0, 1.0]]),
        np.array([[[0.0, 1.0], [1.0, 0.0]]]),
        *constant(1),
        np.zeros(1),
    )
    stay = 1 / 3 + 2 / 3 * np.exp(-3 / 365.25)
    log_likelihood, probs = at_end(Problem(spec, draws, with_observation(silent(one.evidence), 0, 0.5, [0])))
    assert log_likelihood[0] == pytest.approx(np.log(1.5 * stay + 0.75 * (1 - stay)), abs=1e-14)
    assert probs[0, 0] == pytest.approx(1.5 * stay / (1.5 * stay + 0.75 * (1 - stay)), abs=1e-14)


def test_silence_over_a_year_costs_the_covered_rate() -> None:
    one = problem(3, indicators=2, days=1461, dated=0, spread=0, regimes=1, draws=1)
    spec, draws, evidence = one
    still = replace(draws, exit_rates=np.zeros_like(draws.exit_rates))
    log_likelihood, _ = at_end(Problem(spec, still, silent(evidence, coverage=0.25)))
    rates = draws.rates(spec, evidence)[0].sum(axis=0)
    assert log_likelihood[0] == pytest.approx(np.log(spec.prior_probs @ np.exp(-rates)), rel=1e-13)  # 1,461 days / 4


def test_the_published_likelihood_of_the_earthquake_counts_comes_out() -> None:
    """Zucchini and MacDonald, Hidden Markov Models for Time Series, 2009: earthquakes of magnitude 7 and more
    in the world by year, 1900-2006, two stationary Poisson states; their maximum is log L = -342.318.

    Exact in our terms: one step is a day, Q the matrix logarithm of their transition matrix, nothing covered; a count x
    is one observation with w = 1 made of x indicators of rate mu_s and one of rate exp(-mu_s), over x!.
    """
    counts = np.array(EARTHQUAKES)
    means = np.array([15.472, 26.125])
    transition = np.array([[0.9340, 0.0660], [0.1285, 0.8715]])
    stationary = np.array([0.1285, 0.0660]) / (0.1285 + 0.0660)
    generator = np.real(logm(transition)) * YEAR_DAYS
    exits = -np.diag(generator)
    sizes = counts + 1
    one = Evidence(
        len(counts),
        np.array([0, len(counts)]),
        np.zeros((1, 2)),
        np.zeros((1, len(counts))),
        np.arange(len(counts)),
        np.ones(len(counts)),
        np.concatenate([[0], np.cumsum(sizes)]),
        np.concatenate([[0] * count + [1] for count in counts]),
        tuple((str(1900 + number),) for number in range(len(counts))),
        np.ones(len(counts), bool),
        np.zeros(2, bool),
    )
    base = problem(0, scenarios=2, indicators=2).spec
    spec = replace(base, prior_probs=stationary, reference_rates=np.ones(2))
    draws = Draws(
        np.zeros((1, 2)),
        np.array([[np.log(means), -means]]),
        exits[None],
        np.array([[[0.0, 1.0], [1.0, 0.0]]]),
        *constant(2),
        np.zeros(1),
    )
    log_factorials = np.log(np.arange(1, 51)).cumsum()[counts - 1].sum()
    log_likelihood, _ = at_end(Problem(spec, draws, one))
    assert log_likelihood[0] - log_factorials == pytest.approx(-342.318, abs=5e-4)


def test_a_scenario_that_is_settled_holds_at_that_days_end() -> None:
    """Bayes by hand: what the filter knew, with 0.001 for every other scenario."""
    one = problem(1, given=0)
    settled = np.array([1e-3, 1.0, 1e-3])
    known = one._replace(evidence=with_given(one.evidence, [(10, settled)]))
    before, after = (filter_draws(*each, days=np.array([10, 11])) for each in (one, known))
    assert np.array_equal(before.probs[0], after.probs[0])
    weighed = before.probs[1] * settled
    assert after.probs[1] == pytest.approx(weighed / weighed.sum(axis=1, keepdims=True), abs=1e-14)
    gained = after.log_likelihood[1] - before.log_likelihood[1]
    assert gained == pytest.approx(np.log(weighed.sum(axis=1)), abs=1e-13)


def test_a_given_factor_that_leaves_nothing_is_named() -> None:
    """Nothing at all, or only a scenario that cannot have been reached."""
    one = problem(2, dated=3, given=0)
    nowhere = with_given(one.evidence, [(5, np.ones(3)), (20, np.zeros(3))])
    with pytest.raises(InferenceError, match="No scenario can explain R-1 "):
        filter_draws(*one._replace(evidence=nowhere))
    still = replace(one.draws, exit_rates=np.zeros_like(one.draws.exit_rates))
    spec = replace(one.spec, prior_probs=np.array([0.5, 0.5, 0.0]))
    unreached = with_given(one.evidence, [(20, np.array([0.0, 0.0, 1.0]))])
    with pytest.raises(InferenceError, match="No scenario can explain R-0 "):
        filter_draws(spec, still, unreached)


@pytest.mark.parametrize(
    ("factors", "fault"),
    [
        ({"given_day": np.array([40])}, "before the belief date"),
        ({"given_day": np.array([-1])}, "before the belief date"),
        ({"given_day": np.array([3, 2])}, "an id each"),
        ({"given_ratio": np.array([[1.0, -1.0, 1.0]])}, "ratios of R-0"),
        ({"given_ratio": np.array([[1.0, np.nan, 1.0]])}, "ratios of R-0"),
        ({"given_ratio": np.array([[1.0, np.inf, 1.0]])}, "ratios of R-0"),
    ],
)
def test_given_factors_that_make_no_sense_are_refused(factors: dict[str, np.ndarray], fault: str) -> None:
    evidence = problem(2, given=1).evidence
    with pytest.raises(ValueError, match=fault):
        replace(evidence, **factors)  # type: ignore[arg-type]


def test_an_event_acts_after_its_own_days_silence() -> None:
    """Wanted at the end of the day before, the event does not show; at the end of its day it does."""
    one = problem(1, dated=0, spread=0)
    more = one._replace(evidence=with_observation(one.evidence, 10, 0.9, [0, 1]))
    days = np.array([10, 11])
    before, after = filter_draws(*one, days=days), filter_draws(*more, days=days)
    assert np.array_equal(before.probs[0], after.probs[0])
    assert np.abs(before.probs[1] - after.probs[1]).max() > 1e-3


def test_a_never_ending_scenario_stays_through_a_year_of_silence() -> None:
    one = problem(4, days=366, dated=0, spread=0)
    settled = np.array([0.0, 1.0, 0.0])
    exits = one.draws.exit_rates.copy()
    exits[:, 1] = 0.0
    covered = silent(one.evidence, coverage=1.0)
    _, probs = at_end(Problem(replace(one.spec, prior_probs=settled), replace(one.draws, exit_rates=exits), covered))
    assert np.array_equal(probs == 0, np.tile(settled == 0, (len(one.draws), 1)))
    assert np.abs(probs[:, 1] - 1).max() < 1e-14


def test_the_wanted_days_may_repeat_and_change_nothing() -> None:
    one = problem(5)
    every, few = (filter_draws(*one, days=np.array(days)) for days in ([0, 7, 7, 8, 21, 40], [21, 40]))
    assert np.array_equal(every.probs[1], every.probs[2])
    assert np.abs(every.probs[[4, 5]] - few.probs).max() < 1e-13
    assert np.abs(every.log_likelihood[[4, 5]] - few.log_likelihood).max() < 1e-12


def test_wanted_days_outside_the_evidence_are_refused() -> None:
    one = problem(5)
    for days in ([41], [-1], [9, 8]):
        with pytest.raises(ValueError, match="wanted days"):
            filter_draws(*one, days=np.array(days))


@pytest.mark.parametrize("block", range(2))
def test_evidence_that_no_scenario_can_explain_is_named(block: int) -> None:
    """w = 1 leaves no room for error, and a rate of 0 none for the event; also if only one draw of many says so."""
    one = problem(6, draws=BLOCK + 6)
    log_rate = one.draws.log_rate.copy()
    log_rate[block * (BLOCK + 5), 2] = -np.inf
    impossible = with_observation(one.evidence, 20, 1.0, [2], name="E-impossible")
    with pytest.raises(InferenceError, match="E-impossible"):
        filter_draws(one.spec, replace(without_aftershocks(one.draws), log_rate=log_rate), impossible)


def test_imprecise_evidence_that_no_scenario_can_explain_is_named() -> None:
    one = problem(7)
    weights = one.evidence.obs_weight.copy()
    weights[-1] = 1.0
    log_rate = one.draws.log_rate.copy()
    log_rate[:, one.evidence.indicators_of(len(weights) - 1)] = -np.inf
    with pytest.raises(InferenceError, match=r"E-7"):
        filter_draws(one.spec, replace(one.draws, log_rate=log_rate), replace(one.evidence, obs_weight=weights))


def test_an_event_impossible_in_all_but_one_scenario_settles_it() -> None:
    one = problem(8, dated=0, spread=0)
    log_mult = one.draws.log_mult.copy()
    log_mult[:, 1, [0, 2]] = -np.inf
    evidence = with_observation(one.evidence, one.evidence.days - 1, 1.0, [1])
    _, probs = at_end(Problem(one.spec, replace(one.draws, log_mult=log_mult), evidence))
    assert np.array_equal(probs, np.tile([0.0, 1.0, 0.0], (len(one.draws), 1)))


def wild(draws: Draws, *which: int) -> Draws:
    """The draws with some of them at rates hundreds of times as high."""
    log_rate = draws.log_rate.copy()
    log_rate[list(which)] += np.log(500.0)
    return replace(draws, log_rate=log_rate)


@pytest.mark.parametrize("days", [40, 900])
def test_a_draws_result_does_not_depend_on_its_neighbours_or_threads(days: int) -> None:
    """Bit for bit: alone, in reverse order, beside draws that need other step sizes, in one thread or three."""
    count = BLOCK + 11
    one = problem(9, days=days, dated=30, draws=count)
    spec, draws, evidence = one
    wanted = np.array([days // 3, days])
    together = filter_draws(spec, draws, evidence, wanted)
    for draw in (0, BLOCK - 1, BLOCK, count - 1):
        alone = filter_draws(spec, some(draws, [draw]), evidence, wanted)
        assert np.array_equal(alone.log_likelihood[:, 0], together.log_likelihood[:, draw])
        assert np.array_equal(alone.probs[:, 0], together.probs[:, draw])
    turned = filter_draws(spec, some(draws, np.arange(count)[::-1]), evidence, wanted, threads=3)
    assert np.array_equal(turned.log_likelihood[:, ::-1], together.log_likelihood)
    assert np.array_equal(turned.probs[:, ::-1], together.probs)
    beside = filter_draws(spec, wild(draws, 1, 33, BLOCK + 2), evidence, wanted, threads=1)
    tame = [draw for draw in range(count) if draw not in (1, 33, BLOCK + 2)]
    assert np.array_equal(beside.log_likelihood[:, tame], together.log_likelihood[:, tame])
    assert np.array_equal(beside.probs[:, tame], together.probs[:, tame])


@pytest.mark.parametrize("rate", [1e-9, 1e-3, 1.0, 1e2, 1e4])
def test_ten_silent_years_are_right_at_any_rate(rate: float) -> None:
    """Against one dense exponential, shifted so that it stays in range: log-likelihoods down to -40,000."""
    days, coverage = 3653, 0.37
    one = problem(10, days=days, dated=0, spread=0, regimes=1)
    draws = replace(one.draws, log_rate=one.draws.log_rate * 0.1 + np.log(rate))
    log_likelihood, probs = at_end(Problem(one.spec, draws, silent(one.evidence, coverage)))
    for draw in range(len(draws)):
        exponent = draws.generators()[draw] - np.diag(coverage * draws.rates(one.spec, one.evidence)[draw].sum(axis=0))
        shift = exponent.diagonal().max()
        end = one.spec.prior_probs @ expm((exponent - shift * np.eye(3)) * days / YEAR_DAYS)
        expected = np.log(end.sum()) + shift * days / YEAR_DAYS
        assert log_likelihood[draw] == pytest.approx(expected, rel=1e-11, abs=1e-11)
        assert probs[draw] == pytest.approx(end / end.sum(), abs=1e-9)


@pytest.mark.parametrize("rate", [1e-9, 1e4])
@pytest.mark.parametrize("exit_rate", [1e-9, 1e4])
def test_events_at_extreme_rates_give_the_reference_answer(rate: float, exit_rate: float) -> None:
    one = problem(11, days=60, dated=20)
    draws = replace(
        one.draws,
        log_rate=np.full_like(one.draws.log_rate, np.log(rate)),
        exit_rates=np.array([1.0, exit_rate, 0.5]) * np.ones_like(one.draws.exit_rates),
    )
    log_likelihood, probs = at_end(one._replace(draws=draws))
    expected, filtered = by_reference(one._replace(draws=draws), 0)
    assert log_likelihood[0] == pytest.approx(expected, rel=1e-11, abs=EXACT)
    assert probs[0] == pytest.approx(filtered[-1], abs=1e-9)


def test_a_settled_scenario_survives_ten_years_of_silence_that_speak_against_it() -> None:
    """It costs exp(-5,000) against the others, but nothing leads out of it."""
    one = problem(12, days=3653, dated=0, spread=0, regimes=1)
    log_mult = np.zeros_like(one.draws.log_mult)
    log_mult[:, :, 0] = np.log(100.0)
    draws = replace(
        without_aftershocks(one.draws),
        log_rate=np.full_like(one.draws.log_rate, np.log(1.25)),
        log_mult=log_mult,
        exit_rates=np.array([0.0, 1.0, 1.0]) * np.ones_like(one.draws.exit_rates),
    )
    spec = replace(one.spec, prior_probs=np.array([1.0, 0.0, 0.0]))
    log_likelihood, probs = at_end(Problem(spec, draws, silent(one.evidence, 1.0)))
    assert log_likelihood == pytest.approx(-4 * 125.0 * 3653 / YEAR_DAYS, rel=1e-12)
    assert np.array_equal(probs, np.tile([1.0, 0.0, 0.0], (len(draws), 1)))


def test_a_thousand_events_in_one_day_stay_in_range() -> None:
    """Their log ratios simply add up: 1,000 times the day's ratio, far beyond the range of a product."""
    one = problem(13, days=3, dated=0, spread=0, regimes=1, given=0)
    crowd = replace(
        one.evidence,
        spread=np.zeros((1, 1000)),
        obs_day=np.ones(1000, np.int64),
        obs_weight=np.full(1000, 0.999),
        obs_ptr=np.arange(1001),
        obs_indicators=np.arange(1000) % 4,
        obs_ids=(("E",),) * 1000,
        obs_exact=np.ones(1000, bool),
    )
    log_likelihood, probs = at_end(one._replace(evidence=crowd))
    for draw in range(len(one.draws)):
        day = reference.day_operator(one.spec, one.draws, draw, crowd, 0)
        after = np.exp(-reference.expected_aftershocks(one.spec, one.draws, draw, crowd, 2))
        ratios = [reference.observation_ratios(one.spec, one.draws, draw, crowd, m, 1) for m in range(4)]
        log_ratio = 250 * np.log(ratios).sum(axis=0)  # the others are alike
        end = np.exp(log_ratio - log_ratio.max()) * (one.spec.prior_probs @ day @ day) @ day * after
        assert log_likelihood[draw] == pytest.approx(np.log(end.sum()) + log_ratio.max(), rel=1e-12)
        assert probs[draw] == pytest.approx(end / end.sum(), abs=EXACT)


def test_no_draw_at_all_gives_an_empty_answer() -> None:
    one = problem(14, draws=1)
    none = some(one.draws, [])
    assert filter_draws(one.spec, none, one.evidence).probs.shape == (1, 0, 3)


def test_a_long_record_with_many_regimes_gives_the_reference_answer() -> None:
    one = problem(15, scenarios=4, indicators=10, days=2000, dated=120, spread=12, regimes=70, draws=33, drift=True)
    log_likelihood, probs = at_end(one)
    for draw in (0, 32):
        expected, filtered = by_reference(one, draw)
        assert abs(log_likelihood[draw] - expected) < EXACT
        assert np.abs(probs[draw] - filtered[-1]).max() < EXACT


def test_random_draws_are_what_the_sampler_would_hand_over() -> None:
    """Rates obey the fixed multipliers, odds sum to 1: the cast itself is sound."""
    spec = problem(16).spec
    draws = random_draws(spec, 50, 0)
    assert np.allclose(draws.odds.sum(axis=2), 1)
    fixed = spec.log_mult_sd == 0
    assert np.array_equal(draws.log_mult[:, fixed], np.tile(spec.log_mult_mean[fixed], (50, 1)))
    assert isinstance(spec, ModelSpec)


EARTHQUAKES = [
    *(13, 14, 8, 10, 16, 26, 32, 27, 18, 32, 36, 24, 22, 23, 22, 18, 25, 21, 21, 14, 8, 11, 14, 23, 18, 17, 19),
    *(20, 22, 19, 13, 26, 13, 14, 22, 24, 21, 22, 26, 21, 23, 24, 27, 41, 31, 27, 35, 26, 28, 36, 39, 21, 17, 22),
    *(17, 19, 15, 34, 10, 15, 22, 18, 15, 20, 15, 22, 19, 16, 30, 27, 29, 23, 20, 16, 21, 21, 25, 16, 18, 15, 18),
    *(14, 10, 15, 8, 15, 6, 11, 8, 7, 18, 16, 13, 12, 13, 20, 15, 16, 12, 18, 15, 16, 13, 15, 16, 11, 11),
]


def test_the_kernels_are_compiled_once_whatever_the_evidence() -> None:
    """Each further kind of array would cost a newcomer some ten seconds, and one that is not laid out in rows speed."""
    for drift in (False, True):
        for dated, spread in ((0, 0), (0, 3), (5, 0), (5, 3)):
            one = problem(16, days=200, dated=dated, spread=spread, regimes=3, drift=drift)
            engine = DrawFilter(one.spec, one.draws)
            start = engine.run(one.evidence, np.array([64]), keep=[64]).state(64)
            engine.run(one.evidence, start=start)
            kinds = [(part.dtype.type, part.ndim) for part in LikelihoodData.of(one.spec, one.evidence)]
            assert kinds == list(KINDS)
    assert [str(one) for one in filter_block.nopython_signatures[1:]] == []
    assert [str(one) for one in block_aftershocks.nopython_signatures[1:]] == []
