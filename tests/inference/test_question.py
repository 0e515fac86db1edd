"""What the log will show: the formula against dense matrices day by day, paths against the formula and the Poisson."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import poisson

from iw.inference import reference
from iw.inference.arrays import YEAR_DAYS, Floats, ModelSpec
from iw.inference.belief import JointState
from iw.inference.drift import rates_on
from iw.inference.question import Asked, _scaled, any_shown_probs, passing_counts, shown
from tests.inference.cast import Problem, believe, problem, random_draws, with_observation, without_aftershocks


def asked(one: Problem, days: int = 60, at_least: int = 1, indicator: int = 0, **more: float) -> Asked:
    g = np.random.default_rng(days)
    levels = g.uniform(0.3, 1, (3, len(one.spec.indicators)))
    coverage = np.repeat(levels, [days - 2 * (days // 3), days // 3, days // 3], axis=0)
    return Asked(indicator, at_least, coverage, more.get("passing", 0.8), more.get("false", 0.3), (0.9, 0.3))


def alone(one: Problem, draw: int) -> JointState:
    """The state of all draws, with all the weight on one of them."""
    (state,) = believe(*one)
    return replace(state, weights=np.eye(len(one.draws))[draw])


def day_by_day(one: Problem, state: JointState, question: Asked, draw: int) -> float:
    """The formula as docs/mathematics.md states it, with an operator for each day and the reference's aftershocks."""
    spec, draws, evidence = one
    i, generator = question.indicator, draws.generators()[draw]
    passing = np.zeros_like(question.coverage)
    passing[:, i] = question.passing * question.coverage[:, i]
    days, observations = len(passing), evidence.spread.shape[1]
    longer = replace(
        evidence,
        days=evidence.days + days,
        breaks=np.append(evidence.breaks, evidence.days + 1 + np.arange(days)),
        coverage=np.vstack([evidence.coverage, passing]),
        spread=np.vstack([evidence.spread, np.zeros((days, observations))]),
    )
    left, log_none = state.probs[draw], 0.0
    for day, c in enumerate(question.coverage[:, i]):
        rates = rates_on(spec, draws, evidence, evidence.days + day)[draw]
        left = left @ expm((generator - np.diag(question.passing * c * rates[i])) / YEAR_DAYS)
        log_none -= c * question.false / YEAR_DAYS
        log_none -= reference.expected_aftershocks(spec, draws, draw, longer, evidence.days + day)
    return float(1 - left.sum() * np.exp(log_none))


@pytest.mark.parametrize("drift", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_formula_is_the_chain_killed_at_the_first_event_that_passes_and_the_aftershocks_of_what_is_known(
    seed: int, drift: bool
) -> None:
    one = problem(seed=seed, drift=drift)
    (state,) = believe(*one)
    question = asked(one)
    probs = any_shown_probs(one.spec, state, one.draws, one.evidence, question)
    expected = [day_by_day(one, state, question, draw) for draw in range(len(one.draws))]
    assert probs == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(("seed", "drift"), [(1, False), (2, False), (3, True)])
def test_without_aftershocks_paths_agree_with_the_formula(seed: int, drift: bool) -> None:
    one = problem(seed=seed, drift=drift)
    one = one._replace(draws=without_aftershocks(one.draws))
    (state,) = believe(*one)
    question = asked(one, days=200)
    exact = float(state.weights @ any_shown_probs(one.spec, state, one.draws, one.evidence, question))
    counts = passing_counts(one.spec, state, one.draws, one.evidence, question, np.random.default_rng(seed))
    assert (counts >= 1).mean() == pytest.approx(exact, abs=4 * np.sqrt(0.25 / counts.size))


def still(one: Problem, scenario: int) -> Problem:
    """The chain stands in one scenario, known for certain."""
    spec = replace(one.spec, prior_probs=np.eye(len(one.spec.scenarios))[scenario])
    return one._replace(spec=spec, draws=replace(one.draws, exit_rates=0 * one.draws.exit_rates))


@pytest.mark.parametrize("at_least", [1, 2, 5])
def test_where_nothing_changes_and_nothing_follows_the_number_is_poisson(at_least: int) -> None:
    one = still(problem(seed=8), 1)
    one = one._replace(draws=without_aftershocks(one.draws))
    question = asked(one, days=365, at_least=at_least)
    rate = one.draws.rates(one.spec, one.evidence)[0, 0, 1] * question.passing + question.false
    mean = rate * question.coverage[:, 0].sum() / YEAR_DAYS
    counts = passing_counts(one.spec, alone(one, 0), one.draws, one.evidence, question, np.random.default_rng(4))
    expected = poisson.sf(at_least - 1, mean)
    assert (counts >= at_least).mean() == pytest.approx(expected, abs=4 * np.sqrt(0.25 / counts.size))


def test_each_event_of_a_family_that_is_watched_sets_off_nu_times_its_weight_and_so_on() -> None:
    """Mean number over a window so long that few clusters are cut: immigrants / (1 - nu w), over the whole family."""
    one = still(problem(seed=10, indicators=2), 0)
    count = len(one.draws)
    draws = replace(one.draws, branching=np.full(count, 0.5), decay_days=np.full(count, 5.0))
    evidence = replace(one.evidence.without(set(range(len(one.evidence.obs_day)))), live=np.ones(2, bool))
    question = Asked(0, 1, np.ones((5000, 2)), 1.0, 0.0, (0.8, 0.8))
    rates = draws.rates(one.spec, evidence)[0, :, 0]
    counts = passing_counts(one.spec, alone(one, 0), draws, evidence, question, np.random.default_rng(5))
    years, follow = 5000 / YEAR_DAYS, 0.5 * 0.8
    of_family = rates.sum() * years * follow / (1 - follow)
    expected = rates[0] * years + one.spec.share[0] * of_family
    assert counts.mean() == pytest.approx(expected, rel=0.02)


def test_what_has_just_happened_makes_more_of_its_family_likely_and_more_so_by_paths() -> None:
    one = still(problem(seed=11, indicators=2), 0)
    count = len(one.draws)
    draws = replace(one.draws, branching=np.full(count, 0.6), decay_days=np.full(count, 30.0))
    quiet = replace(one.evidence.without(set(range(len(one.evidence.obs_day)))), live=np.ones(2, bool))
    stirred = with_observation(quiet, quiet.days - 1, 0.97, [0])
    question = Asked(0, 1, np.ones((60, 2)), 1.0, 0.0, (1.0, 1.0))

    def chance(evidence: object) -> tuple[float, float]:
        state = alone(one, 0)
        formula = any_shown_probs(one.spec, state, draws, evidence, question)[0]  # type: ignore[arg-type]
        paths = passing_counts(one.spec, state, draws, evidence, question, np.random.default_rng(6))  # type: ignore[arg-type]
        return float(formula), float((paths >= 1).mean())

    before, after = chance(quiet), chance(stirred)
    assert after[0] > before[0] + 0.02
    assert after[1] > before[1] + 0.02
    assert after[1] >= after[0] - 0.02


def test_the_same_seed_gives_the_same_answer_and_the_interval_holds_the_mean() -> None:
    one = problem(seed=12, draws=200)
    (state,) = believe(*one)
    question = asked(one, at_least=2, days=300)
    first = shown(one.spec, state, one.draws, one.evidence, question, np.random.default_rng(7))
    assert first == shown(one.spec, state, one.draws, one.evidence, question, np.random.default_rng(7))
    assert first.by_paths
    assert first.low <= first.mean <= first.high


def test_draws_that_agree_leave_the_interval_no_width_whatever_the_scatter_of_their_paths() -> None:
    one = still(problem(seed=8, draws=50), 1)
    same = {name: np.repeat(getattr(one.draws, name)[:1], 50, axis=0) for name in one.draws.__dataclass_fields__}
    one = one._replace(draws=without_aftershocks(replace(one.draws, **same)))
    (state,) = believe(*one)
    found = shown(one.spec, state, one.draws, one.evidence, asked(one, days=365, at_least=2), np.random.default_rng(8))
    assert found.by_paths
    assert found.high - found.low < 1e-9


def test_where_paths_would_agree_with_the_formula_the_interval_is_that_of_the_formula() -> None:
    """Scaled to the mean that they have already, the draws' probabilities stay what they are."""
    one = problem(seed=14, draws=200)
    (state,) = believe(*one)
    probs = any_shown_probs(one.spec, state, one.draws, one.evidence, asked(one))
    assert _scaled(probs, state.weights, 1, float(state.weights @ probs)) == pytest.approx(probs, abs=1e-9)


def test_nothing_is_shown_where_nobody_looks() -> None:
    one = problem(seed=13)
    (state,) = believe(*one)
    nobody: Floats = np.zeros((90, len(one.spec.indicators)))
    blind = replace(asked(one), coverage=nobody)
    assert any_shown_probs(one.spec, state, one.draws, one.evidence, blind) == pytest.approx(0.0, abs=1e-12)
    counts = passing_counts(one.spec, state, one.draws, one.evidence, blind, np.random.default_rng(9))
    assert not counts.any()


def genuine(spec: ModelSpec, indicator: int, coverage: float, days: int) -> Asked:
    """Any genuine event of the indicator, all of which pass; no false one does."""
    return Asked(indicator, 1, np.full((days, len(spec.indicators)), coverage), 1.0, 0.0, (1.0, 1.0))


@pytest.mark.parametrize("days", [1, 90, 3650])
def test_the_chance_that_an_indicator_is_seen_is_that_of_its_absorbed_chain(days: int) -> None:
    """With one more state, entered at the rate of what is seen and never left."""
    spec, _, evidence = problem(seed=8, dated=0)
    draws = random_draws(spec, 4, seed=8)
    probs = np.random.default_rng(8).dirichlet(np.ones(3), size=4)
    state = JointState(probs, np.full(4, 0.25))
    found = any_shown_probs(spec, state, draws, evidence, genuine(spec, 2, 0.6, days))
    for d in range(4):
        absorbing = np.zeros((4, 4))
        absorbing[:3, :3] = draws.generators()[d]
        absorbing[:3, 3] = 0.6 * draws.rates(spec, evidence)[d, 2]
        absorbing[range(3), range(3)] -= absorbing[:3, 3]
        assert found[d] == pytest.approx((probs[d] @ expm(absorbing * days / YEAR_DAYS)[:3])[3], abs=1e-12)


def test_without_coverage_nothing_will_be_seen() -> None:
    spec, draws, evidence = problem(seed=9)
    state = JointState(np.tile(spec.prior_probs, (3, 1)), np.full(3, 1 / 3))
    assert any_shown_probs(spec, state, draws, evidence, genuine(spec, 0, 0.0, 400)) == pytest.approx(0.0, abs=1e-13)


def test_an_indicator_is_likelier_to_be_seen_while_its_family_is_excited() -> None:
    """By the chance of no aftershock: exp(-κ·share·ν·w·(1 − e^(−days/τ))) after one event of weight w at the end."""
    spec, draws, evidence = problem(seed=9, dated=0, days=40)
    state = JointState(np.tile(spec.prior_probs, (3, 1)), np.full(3, 1 / 3))
    excited = with_observation(evidence, 39, 0.7, [1])
    plain = any_shown_probs(spec, state, draws, evidence, genuine(spec, 0, 0.5, 60))
    found = any_shown_probs(spec, state, draws, excited, genuine(spec, 0, 0.5, 60))
    expected = 0.5 * spec.share[0] * draws.branching * 0.7 * (1 - np.exp(-60 / draws.decay_days))
    assert 1 - found == pytest.approx((1 - plain) * np.exp(-expected), rel=1e-12)


def test_the_chance_that_an_indicator_is_seen_follows_its_drifting_rate() -> None:
    """Day by day, with a state for having been seen."""
    spec, draws, evidence = problem(8, dated=0, drift=True)
    probs = np.random.default_rng(8).dirichlet(np.ones(3), size=3)
    found = any_shown_probs(spec, JointState(probs, np.full(3, 1 / 3)), draws, evidence, genuine(spec, 2, 0.6, 100))
    for d in range(3):
        state = np.append(probs[d], 0.0)
        for day in range(evidence.days, evidence.days + 100):
            absorbing = np.zeros((4, 4))
            absorbing[:3, :3] = draws.generators()[d]
            absorbing[:3, 3] = 0.6 * rates_on(spec, draws, evidence, day)[d, 2]
            absorbing[range(3), range(3)] -= absorbing[:3, 3]
            state = state @ expm(absorbing / YEAR_DAYS)
        assert found[d] == pytest.approx(state[3], abs=1e-11)
