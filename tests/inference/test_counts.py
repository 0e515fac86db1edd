"""Counts of a period: negative binomial, mixed with wrong counts, at the end of the day in the middle of the period."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from iw.inference import reference
from iw.inference.arrays import CountPrior, Counts, Evidence, Floats, ModelSpec
from iw.inference.belief import Believer, normalised
from iw.inference.counts import count_ratios, log_wrong, mean_terms, value_terms
from iw.inference.filter import filter_draws
from iw.inference.matrices import BLOCK
from iw.inference.proposal import prior_draws, proposal_draws
from iw.inference.shift import shift_over_time
from iw.inference.simulate import Marks, simulated_evidence
from tests.inference.cast import EXACT, Problem, at_end, by_reference, problem, silent
from tests.inference.test_likelihood import assert_same_gradient, drawn, kernel, point

every_problem = settings(deadline=None, max_examples=40, derandomize=True)


def log_mass(value: Floats, mean: Floats, log_dispersion: Floats) -> Floats:
    """All of log P(y)."""
    return value_terms(value, log_dispersion) + mean_terms(value, np.log(mean), log_dispersion)


def counted(
    one: Problem, value: float, days: float = 7.0, weight: float = 0.97, on: int = 20, broad: float = 2.0
) -> Evidence:
    """Only one count, of the last indicator, so many days long."""
    quiet = silent(one.evidence)
    i, year = len(one.spec.indicators) - 1, days / 365.25
    median = year * float(np.exp(one.spec.log_rate_mean[i]))
    return replace(
        quiet,
        given_day=np.array([on]),
        given_ratio=np.ones((1, len(one.spec.scenarios))),
        given_ids=("E-1",),
        live=np.zeros_like(quiet.live),
        counts=Counts(
            np.array([0]),
            np.array([i]),
            np.array([value]),
            np.array([year]),
            np.array([weight]),
            np.array([np.log(median)]),
            np.array([broad]),
        ),
    )


@every_problem
@given(
    st.integers(0, 2**20),
    st.integers(2, 6),
    st.integers(1, 6),
    st.integers(10, 60),
    st.integers(0, 12),
    st.integers(1, 15),
    st.booleans(),
)
def test_filter_and_likelihood_agree_with_the_slow_reference(
    seed: int, scenarios: int, indicators: int, days: int, dated: int, counts: int, drift: bool
) -> None:
    sizes = {"scenarios": scenarios, "indicators": indicators, "days": days, "dated": dated, "counted": counts}
    one = problem(seed, **sizes, drift=drift, draws=2)
    at = point(one.spec, seed)
    one = one._replace(draws=drawn(one.spec, at))
    log_likelihood, probs = by_reference(one, 0)
    by_filter = at_end(one)
    tolerance = EXACT * max(1.0, abs(log_likelihood))
    assert by_filter[0][0] == pytest.approx(log_likelihood, abs=tolerance)
    assert by_filter[1][0] == pytest.approx(probs[-1], abs=EXACT)
    assert kernel(one, at)[0] == pytest.approx(log_likelihood, abs=tolerance)


def test_the_sum_over_every_path_is_the_filters() -> None:
    one = problem(4, days=6, regimes=3, counted=5, dated=2)
    matrices = reference.steps(*one[:2], 0, one.evidence)
    log_likelihood, probs = reference.enumerated(one.spec.prior_probs, matrices)
    assert at_end(one)[0][0] == pytest.approx(log_likelihood, abs=EXACT)
    assert at_end(one)[1][0] == pytest.approx(probs, abs=EXACT)


@pytest.mark.parametrize(("seed", "drift"), [(71, False), (72, True), (73, True)])
def test_the_gradient_agrees_with_differences_of_the_reference(seed: int, drift: bool) -> None:
    one = problem(seed, days=20, dated=4, spread=1, regimes=4, drift=drift, counted=8)
    at = point(one.spec, seed)
    assert_same_gradient(one, at)
    assert np.all(kernel(one, at)[1][7] != 0)


@pytest.mark.parametrize("log_dispersion", [-12.0, -4.0, 0.0, 3.0])
@pytest.mark.parametrize("value", [0.0, 1.0, 33.0, 10_000.0])
def test_the_derivative_by_the_dispersion_holds_for_small_and_large_ones(log_dispersion: float, value: float) -> None:
    """Against the filter, whose sums are others: terms, Stirling's series near and far."""
    one = problem(7, given=0, counted=2, indicators=2)
    one = one._replace(evidence=counted(one, value))
    at = point(one.spec)
    at[0][-1] = np.log(max(value, 0.5) * 365.25 / 7) + 0.3
    at[7][:] = log_dispersion

    def moved(by: float) -> float:
        there = [values.copy() for values in at]
        there[7][-1] += by
        return float(at_end(one._replace(draws=drawn(one.spec, there)))[0][0])

    step = 1e-2
    expected = (8 * (moved(step) - moved(-step)) - (moved(2 * step) - moved(-2 * step))) / (12 * step)
    found, gradient = kernel(one, at)
    assert found == pytest.approx(moved(0.0), abs=EXACT * max(1.0, value / 100))
    assert gradient[7][-1] == pytest.approx(expected, rel=2e-5, abs=1e-7)


@every_problem
@given(st.integers(0, 10_000), st.floats(-9, 9.3), st.floats(-4, 3))
def test_the_mass_is_scipys_negative_binomial(value: int, log_mean: float, log_dispersion: float) -> None:
    mean, size = np.exp(log_mean), np.exp(-2 * log_dispersion)
    expected = stats.nbinom.logpmf(value, size, 1 / (1 + mean / size))
    found = log_mass(np.array(float(value)), np.array(mean), np.array(log_dispersion))
    # SciPy takes 1 - p from p, and differences of log Gamma: its own error.
    assert float(found) == pytest.approx(expected, rel=1e-9, abs=1e-9 + 1e-15 * (value + 1) * size * (1 + 1 / mean))


def test_the_mass_is_that_of_a_published_example() -> None:
    """Bliss and Fisher 1953, table 1: European red mites on 150 apple leaves, mean 1.14667, k = 1.02459; the expected
    numbers of leaves with 0, 1, 2 and 3 mites are 69.49, 37.60, 20.10 and 10.70."""
    mean, size = 1.14667, 1.02459
    mass = np.exp(log_mass(np.arange(4.0), np.array(mean), np.array(-0.5 * np.log(size))))
    assert 150 * mass == pytest.approx([69.49, 37.60, 20.10, 10.70], abs=0.02)


@pytest.mark.parametrize("mean", [1e-9, 0.3, 12.0, 10_000.0])
def test_without_dispersion_it_is_a_poisson_number(mean: float) -> None:
    values = np.array([0.0, 1.0, 7.0, 9_900.0])
    found = log_mass(values, np.array(mean), np.array(-400.0))
    assert found == pytest.approx(stats.poisson.logpmf(values, mean), rel=1e-11, abs=1e-9)


def test_mean_and_variance_are_those_that_the_words_say() -> None:
    values, mean, dispersion = np.arange(4000.0), 50.0, 0.4
    mass = np.exp(log_mass(values, np.array(mean), np.array(np.log(dispersion))))
    assert mass.sum() == pytest.approx(1, abs=1e-12)
    assert mass @ values == pytest.approx(mean, rel=1e-10)
    assert mass @ (values - mean) ** 2 == pytest.approx(mean + dispersion**2 * mean**2, rel=1e-9)


def test_the_chances_of_wrong_counts_sum_to_one() -> None:
    values = np.arange(200_000.0)
    one = np.ones(len(values))
    everything = Counts(np.arange(len(one)), np.zeros(len(one), int), values, one, 0.5 * one, 1.3 * one, 0.8 * one)
    beyond = stats.t(4, 1.3, 0.8).sf(np.log(200_000))
    assert np.exp(log_wrong(everything)).sum() == pytest.approx(1 - beyond, abs=1e-12)


@pytest.mark.parametrize("rate", [1e-9, 1e-3, 1.0, 1e4])
@pytest.mark.parametrize("value", [0.0, 1.0, 10_000.0])
def test_extreme_rates_and_counts_stay_finite_and_right(rate: float, value: float) -> None:
    one = problem(8, given=0, counted=2, indicators=2, days=40)
    spec = replace(one.spec, log_rate_mean=np.full(2, np.log(rate)))
    one = Problem(spec, one.draws, counted(Problem(spec, one.draws, one.evidence), value))
    at = point(spec)
    at[0][:] = np.log(rate)
    one = one._replace(draws=drawn(spec, at))
    log_likelihood = by_reference(one, 0)[0]
    found, gradient = kernel(one, at)
    assert np.isfinite(found)
    assert found == pytest.approx(log_likelihood, rel=1e-9, abs=1e-9)
    assert at_end(one)[0][0] == pytest.approx(log_likelihood, rel=1e-9, abs=1e-9)
    assert all(np.all(np.isfinite(part)) for part in gradient)


def effect(weight: float, value: float) -> Floats:
    """(S,) log ratios of one week's count where 10, 10 and 80 a week are usual in the three scenarios."""
    spec = CountPrior(np.array([0]), np.array([np.log(0.3)]), np.array([0.3]))
    one = problem(0, indicators=1, counted=1)
    counts = counted(one, value, weight=weight, broad=4.0).counts
    counts = replace(counts, broad_mean=np.log([30.0]), indicator=np.array([0]))
    log_means = np.log([10.0, 10.0, 80.0])[None, :, None]
    return np.log(count_ratios(replace(one.spec, counts=spec), counts, log_means, np.log([[0.3]]))[0, :, 0])


def test_one_odd_count_of_a_poor_grade_does_little() -> None:
    """At w = 0.3 a count that fits one scenario alone is worth less than a factor of 8, one that fits none nothing."""
    assert np.ptp(effect(0.3, 80.0)) < np.log(8)
    assert np.ptp(effect(0.3, 3_000.0)) < 0.01
    assert np.ptp(effect(0.97, 80.0)) > np.log(50)


def test_a_better_grade_says_more() -> None:
    spreads = [np.ptp(effect(weight, 80.0)) for weight in (0.1, 0.3, 0.7, 0.97)]
    assert spreads == sorted(spreads)


def test_a_count_acts_at_the_end_of_its_day_and_not_before() -> None:
    one = problem(9, given=0, counted=3, indicators=3)
    mult = np.broadcast_to([0.0, 2.0, -2.0], one.draws.log_mult.shape)
    one = one._replace(draws=replace(one.draws, log_mult=mult), evidence=counted(one, 1.0, on=20))
    before, after = (filter_draws(*one, days=np.array([day])).probs for day in (20, 21))
    still = filter_draws(one.spec, one.draws, silent(one.evidence), np.array([20, 21])).probs
    assert before[0] == pytest.approx(still[0], abs=1e-13)
    assert np.abs(after[0] - still[1]).max() > 0.01


@pytest.mark.parametrize("counts", [3, 12])
def test_a_count_is_a_contribution_of_its_own_and_the_sum_closes(counts: int) -> None:
    one = problem(10, days=60, counted=counts, drift=True, draws=20)
    believer = Believer(one.spec, one.draws)
    start = believer.believe(one.evidence.until(5))[-1]
    shift = shift_over_time(one.spec, one.draws, one.evidence, start, 5, 60, 0)
    assert shift.residual < 1e-9
    assert shift.after == pytest.approx(believer.believe(one.evidence)[-1].mean, abs=1e-10)
    late = {("given", int(g)) for g in one.evidence.counts.at if one.evidence.given_day[g] >= 5}
    assert late
    assert late <= set(shift.contributions.probs)


def test_resuming_from_a_checkpoint_ends_with_the_same_bits() -> None:
    one = problem(11, days=400, counted=30, draws=BLOCK + 6)
    believer = Believer(one.spec, one.draws)
    believer.believe(one.evidence.until(300))
    resumed = believer.believe(one.evidence)[-1]
    anew = Believer(one.spec, one.draws).believe(one.evidence)[-1]
    assert np.array_equal(resumed.probs, anew.probs)


def test_a_changed_count_changes_the_digest_from_its_day_on() -> None:
    one = problem(12, days=400, counted=6)
    at = int(one.evidence.given_day[one.evidence.counts.at[3]])
    value = one.evidence.counts.value.copy()
    value[3] += 1
    other = replace(one.evidence, counts=replace(one.evidence.counts, value=value))
    assert other.digest(at) == one.evidence.digest(at)
    assert other.digest(at + 1) != one.evidence.digest(at + 1)


def test_what_is_left_of_the_evidence_keeps_each_count_with_its_own_day() -> None:
    one = problem(13, days=300, counted=8, given=3)
    gone = one.evidence.given_ids[one.evidence.counts.at[2]], one.evidence.given_ids[0]
    left = one.evidence.without_given(set(gone))
    told = {
        (name, float(v)) for name, v in zip((left.given_ids[g] for g in left.counts.at), left.counts.value, strict=True)
    }
    full = one.evidence
    all_of_it = {(full.given_ids[g], float(v)) for g, v in zip(full.counts.at, full.counts.value, strict=True)}
    assert told == {pair for pair in all_of_it if pair[0] not in gone}


def test_a_count_that_no_scenario_can_explain_is_named() -> None:
    from iw.core.errors import InferenceError

    one = problem(14, given=0, counted=2, indicators=2)
    draws = replace(one.draws, log_rate=np.full_like(one.draws.log_rate, -np.inf))
    with pytest.raises(InferenceError, match="explain E-1"):
        at_end(Problem(one.spec, draws, counted(one, 4.0, weight=1.0)))


def test_simulated_counts_have_the_models_mean_and_spread() -> None:
    """4,000 paths of a chain that never leaves its first scenario, within five standard errors."""
    one = problem(15, scenarios=2, indicators=1, counted=1, days=40)
    spec = replace(one.spec, prior_probs=np.array([1.0, 0.0]), never_ends=np.ones(2, bool))
    draws = replace(
        drawn(spec, point(spec)),
        exit_rates=np.zeros((1, 2)),
        log_rate=np.log([[600.0]]),
        log_dispersion=np.log([[0.5]]),
    )
    draws = replace(draws, log_mult=np.zeros((1, 1, 2)))
    evidence = counted(one, 0.0, days=14.0, weight=1.0)
    rng = np.random.default_rng(0)
    mark = Marks(np.ones(1), np.ones(1))
    values = np.array([simulated_evidence(spec, draws, evidence, mark, rng)[0].counts.value[0] for _ in range(4000)])
    mean = 600 * 14 / 365.25
    variance = mean + 0.25 * mean**2
    assert values.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / 4000))
    assert values.var() == pytest.approx(variance, rel=0.15)


def template(seed: int, days: int = 182) -> tuple[ModelSpec, Evidence]:
    """A problem of three scenarios with one counted indicator, weekly counts of grade B2 and no event."""
    one = problem(seed, scenarios=3, indicators=2, days=days, dated=0, spread=0, regimes=1, given=0, counted=1)
    spec = replace(
        one.spec,
        log_rate_mean=np.log([500.0, 300.0]),
        log_rate_sd=np.full(2, 0.5),
        log_mult_mean=np.array([[0.0, 1.0, -1.0], [0.0, 0.0, 1.5]]),
        log_mult_sd=np.array([[0.0, 0.4, 0.4], [0.0, 0.0, 0.4]]),
        counts=CountPrior(np.array([0, 1]), np.log([0.3, 0.6]), np.full(2, 0.5)),
        never_ends=np.zeros(3, bool),
    )
    weeks = np.arange(3, days, 7)
    count = 2 * len(weeks)
    quiet = silent(one.evidence)
    evidence = replace(
        quiet,
        live=np.zeros(2, bool),
        given_day=np.repeat(weeks, 2),
        given_ratio=np.ones((count, 3)),
        given_ids=tuple(f"E{number}" for number in range(count)),
        counts=Counts(
            np.arange(count),
            np.tile([0, 1], len(weeks)),
            np.zeros(count),
            np.full(count, 7 / 365.25),
            np.full(count, 0.9),
            np.full(count, np.log(8.0)),
            np.full(count, 2.5),
        ),
    )
    return spec, evidence


@pytest.mark.slow
def test_the_ranks_of_parameters_in_simulated_logs_are_even() -> None:
    """Simulation-based calibration (Talts and others 2018) of weighted draws on 200 logs: ranks of rates, a multiplier,
    dispersions and the log-likelihood, each with p at least 1 in 1,000 against an even distribution."""
    rng = np.random.default_rng(5)
    spec, blank = template(1)
    ranks: dict[str, list[float]] = {}
    for _ in range(200):
        true = prior_draws(spec, rng, 1, blank.days)
        evidence, _ = simulated_evidence(spec, true, blank, Marks(np.ones(1), np.ones(1)), rng)
        draws = proposal_draws(spec, evidence, rng, 1000)
        log_likelihood = filter_draws(spec, draws, evidence).log_likelihood[-1]
        weights = normalised(draws.log_weight + log_likelihood)
        told = {
            "log_likelihood": (log_likelihood, float(filter_draws(spec, true, evidence).log_likelihood[-1][0])),
            **{f"rate {i}": (draws.log_rate[:, i], float(true.log_rate[0, i])) for i in range(2)},
            **{f"dispersion {i}": (draws.log_dispersion[:, i], float(true.log_dispersion[0, i])) for i in range(2)},
            "multiplier": (draws.log_mult[:, 1, 2], float(true.log_mult[0, 1, 2])),
        }
        for name, (values, value) in told.items():
            ranks.setdefault(name, []).append(float(weights @ (values < value)))
    for name, found in ranks.items():
        assert stats.kstest(found, "uniform").pvalue > 1e-3, name


def test_draws_before_any_fit_know_every_level_that_explains_a_long_record() -> None:
    """Forty weeks tell the rate, and not whether a scenario raised it: two modes. Against a sum over a grid of rates
    and dispersions, with the chain standing still."""
    one = problem(16, scenarios=2, indicators=1, days=300, dated=0, spread=0, regimes=1, given=0, counted=1)
    prior = np.array([0.6, 0.4])
    spec = replace(
        one.spec,
        prior_probs=prior,
        never_ends=np.ones(2, bool),
        log_rate_mean=np.log([400.0]),
        log_rate_sd=np.array([0.6]),
        log_mult_mean=np.array([[0.0, np.log(3.0)]]),
        log_mult_sd=np.zeros((1, 2)),
        counts=CountPrior(np.array([0]), np.log([0.3]), np.array([0.4])),
    )
    weeks = np.arange(3, 283, 7)
    count, ones = len(weeks), np.ones(len(weeks))
    values = np.random.default_rng(1).poisson(13.0, count).astype(float)
    numbers = Counts(
        np.arange(count), np.zeros(count, int), values, 7 / 365.25 * ones, 0.9 * ones, 2.5 * ones, 2 * ones
    )
    quiet = silent(one.evidence)
    evidence = replace(
        quiet,
        live=np.zeros(1, bool),
        given_day=weeks,
        given_ratio=np.ones((count, 2)),
        given_ids=tuple(f"E{number}" for number in range(count)),
        counts=numbers,
    )
    rate, dispersion = np.meshgrid(
        np.log(400) + 0.6 * np.linspace(-5, 5, 801), np.log(0.3) + 0.4 * np.linspace(-5, 5, 81)
    )
    log_prior = stats.norm.logpdf(rate, np.log(400), 0.6) + stats.norm.logpdf(dispersion, np.log(0.3), 0.4)
    total = []
    for s, multiplier in enumerate((1.0, 3.0)):
        mean = 7 / 365.25 * multiplier * np.exp(rate)
        ratio = 0.1 + 0.9 * np.exp(
            log_mass(values[:, None, None], mean, dispersion) - log_wrong(numbers)[:, None, None]
        )
        total.append(np.log(prior[s]) + np.log(ratio).sum(axis=0) + log_prior)
    masses = np.exp(np.array(total) - np.max(total)).sum(axis=(1, 2))
    draws = proposal_draws(spec, evidence, np.random.default_rng(2))
    state = Believer(spec, draws).believe(evidence)[-1]
    assert state.effective_draws > 1000
    assert 0.1 < masses[1] / masses.sum() < 0.9
    assert state.mean[1] == pytest.approx(masses[1] / masses.sum(), abs=0.03)
