"""Small random problems, and the few ways in which tests bend them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from iw.inference import reference
from iw.inference.arrays import ONLY_THEN, CountPrior, Counts, Draws, DriftPrior, Evidence, Floats, Ints, ModelSpec
from iw.inference.belief import Believer, JointState
from iw.inference.drift import years
from iw.inference.filter import filter_draws
from iw.inference.kernel_data import LikelihoodData
from iw.inference.parameters import draws_of

EXACT = 1e-10


class Problem(NamedTuple):
    """A specification, draws of its parameters, and evidence."""

    spec: ModelSpec
    draws: Draws
    evidence: Evidence


def believe(spec: ModelSpec, draws: Draws, evidence: Evidence, days: Ints | None = None) -> list[JointState]:
    """The joint state at each of ``days``, by one who remembers nothing."""
    return Believer(spec, draws).believe(evidence, days)


def problem(
    seed: int,
    scenarios: int = 3,
    indicators: int = 4,
    days: int = 40,
    dated: int = 6,
    spread: int = 2,
    regimes: int = 6,
    draws: int = 3,
    given: int = 2,
    drift: bool = False,
    counted: int = 0,
) -> Problem:
    """A random problem: uneven odds, joint and same-day observations, days without coverage, "same" and "only then",
    families with aftershocks and one without, given factors; ``drift`` with elicited days before, within and beyond;
    ``counted`` counts of the last two indicators, of which no event is reported and no silence counts."""
    g = np.random.default_rng(seed)
    s, i = scenarios, indicators
    odds = g.random((s, s))
    np.fill_diagonal(odds, 0)
    odds /= odds.sum(axis=1, keepdims=True)
    kind = g.choice(3, (i, s), p=[0.5, 0.35, 0.15])  # free, same, only in another scenario
    spec = ModelSpec(
        "problem",
        "version",
        tuple(f"s{number}" for number in range(s)),
        tuple(f"i{number}" for number in range(i)),
        g.dirichlet(np.ones(s)),
        g.normal(0, 1, s),
        np.full(s, 0.7),
        np.zeros(s, bool),
        odds,
        20.0,
        np.log(g.uniform(0.5, 20, i)),
        np.full(i, 0.7),
        np.choose(kind, [g.normal(0, 1, (i, s)), np.zeros((i, s)), np.full((i, s), np.log(ONLY_THEN))]),
        np.where(kind == 0, 0.5, 0.0),
        g.uniform(0.3, 5, i),
        *families(g, i),
        (2.0, 5.0),
        np.log(40.0),
        0.8,
        drift_prior(seed, days, i) if drift else None,
        CountPrior(np.arange(max(0, i - 2), i), np.log([0.5, 0.2][-min(2, i) :]), np.full(min(2, i), 0.4))
        if counted
        else CountPrior(),
    )
    breaks = np.array([0, *np.sort(g.choice(np.arange(1, days), regimes - 1, replace=False)), days], np.int64)
    coverage = g.random((regimes, i)) * (g.random((regimes, i)) > 0.3)
    coverage[g.integers(regimes)] = 0.0
    spread_over = g.random((spread, regimes)) > 0.4
    spread_over[:, 0] = True
    shares = spread_over / (spread_over @ np.diff(breaks))[:, None]
    sizes = g.integers(1, 4, dated + spread)
    pointers = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    evidence = Evidence(
        days,
        breaks,
        coverage,
        np.concatenate([np.zeros((regimes, dated)), shares.T], axis=1),
        np.concatenate([np.sort(g.integers(0, days, dated)), np.full(spread, -1)]).astype(np.int64),
        g.choice([0.3, 0.7, 0.97, 0.999], dated + spread),
        pointers,
        g.integers(0, i, pointers[-1]).astype(np.int64),
        tuple((f"E-{number}",) for number in range(dated + spread)),
        np.concatenate([g.random(dated) > 0.2, np.zeros(spread, bool)]),
        (spec.family != spec.family[-1]) | (i == 1),
        **given_factors(seed, given, days, s),
    )
    evidence = with_counts(spec, evidence, counted, seed) if counted else evidence
    return Problem(spec, random_draws(spec, draws, seed), evidence)


def with_counts(spec: ModelSpec, evidence: Evidence, count: int, seed: int) -> Evidence:
    """The evidence with so many counts among its given factors, zero and large ones and some of poor grade among them;
    what is counted has no events, no silence and no aftershocks."""
    g = np.random.default_rng([seed, 4])
    is_counted = np.isin(np.arange(len(spec.indicators)), spec.counts.indicators)
    others = np.nonzero(~is_counted)[0]
    events = {m for m in range(len(evidence.obs_day)) if np.any(is_counted[evidence.indicators_of(m)])}
    days = np.concatenate([evidence.given_day, np.sort(g.integers(0, evidence.days, count))])
    order = np.argsort(days, kind="stable")
    indicator, years = g.choice(spec.counts.indicators, count), g.uniform(0.1, 1, count) * g.choice([1, 7, 30], count)
    median = years / 365.25 * np.exp(spec.log_rate_mean[indicator])
    left = evidence.without(events) if len(others) else evidence.without(set(range(len(evidence.obs_day))))
    return replace(
        left,
        coverage=np.where(is_counted, 0.0, evidence.coverage),
        live=evidence.live & ~is_counted,
        given_day=days[order],
        given_ratio=np.concatenate([evidence.given_ratio, np.ones((count, len(spec.scenarios)))])[order],
        given_ids=tuple([*evidence.given_ids, *(f"E-count-{number}" for number in range(count))][k] for k in order),
        counts=Counts(
            np.sort(np.argsort(order)[len(evidence.given_day) :]),
            indicator,
            np.floor(median * g.choice([0.0, 1.0, 3.0, 40.0], count)),
            years / 365.25,
            g.choice([0.3, 0.7, 0.97, 0.999], count),
            np.log(median),
            g.uniform(1.5, 4, count),
        ),
    )


def drift_prior(seed: int, days: int, indicators: int) -> DriftPrior:
    """Steps of some 0.3 a year, and days from two years before the start to two beyond the end."""
    g = np.random.default_rng([seed, 3])
    return DriftPrior(g.integers(-730, days + 730, indicators).astype(float), np.log(0.3), 0.4)


def given_factors(seed: int, count: int, days: int, scenarios: int) -> dict[str, Any]:
    """The fields of `Evidence` that hold given factors, the last of which all but rules out all scenarios but one."""
    g = np.random.default_rng([seed, 2])
    ratio = np.exp(g.normal(0, 1, (count, scenarios)))
    if count:
        ratio[-1] = np.where(np.arange(scenarios) == g.integers(scenarios), 1.0, 1e-3)
    names = tuple(f"R-{number}" for number in range(count))
    return {"given_day": np.sort(g.integers(0, days, count)), "given_ratio": ratio, "given_ids": names}


def families(g: np.random.Generator, indicators: int) -> tuple[Ints, Floats, Floats]:
    """Family, share and usual coverage of each indicator: the first ones together, the others mostly alone."""
    family = np.unique(
        np.where(np.arange(indicators) < 2, 0, g.integers(1, indicators + 1, indicators)), return_inverse=True
    )[1]
    share = g.random(indicators) + 0.1
    share /= np.bincount(family, share)[family]
    return family.astype(np.int64), share, g.random(indicators)[family]


def without_drift(draws: Draws) -> Draws:
    """The same draws, whose rates do not drift, for a specification in which they might."""
    return replace(draws, log_drift=np.zeros_like(draws.log_drift))


def without_aftershocks(draws: Draws) -> Draws:
    """The same draws, in which no event has aftershocks."""
    return replace(draws, branching=np.zeros(len(draws)))


def random_draws(spec: ModelSpec, count: int, seed: int) -> Draws:
    """Draws around the specification's medians, as a fit would give them."""
    return draws_of(spec, *parameters(spec, count, seed))


def parameters(spec: ModelSpec, count: int, seed: int, days: int = 800) -> tuple[Floats, ...]:
    """``count`` values of log_rate, log_mult, log_dwell, stick, aftershock, drift_step, log_step_size, log_dispersion;
    steps are there for evidence of ``days`` days."""
    g = np.random.default_rng([seed, 1])
    rows, columns = spec.departures
    s = len(spec.scenarios)
    return (
        g.normal(spec.log_rate_mean, 0.7, (count, len(spec.indicators))),
        g.normal(spec.log_mult_mean[rows, columns], 0.5, (count, len(rows))),
        g.normal(spec.log_dwell_mean, 0.7, (count, s)),
        g.uniform(0.1, 0.9, (count, s, max(s - 2, 0))),
        np.stack([g.uniform(0.05, 0.9, count), g.normal(2.0, 1.0, count)], axis=1),  # decay times of 3 to 60 days
        g.normal(size=(count, len(spec.indicators), years(spec, days))),
        g.normal(np.log(0.3), 0.3, (count, 1)),
        g.normal(spec.counts.log_dispersion_mean, 0.6, (count, len(spec.counts))),
    )


def by_reference(one: Problem, draw: int) -> tuple[float, Floats]:
    """Log-likelihood and (T, S) filtered probabilities of one draw, day by day with dense matrices."""
    spec, draws, evidence = one
    steps = reference.steps(spec, draws, draw, evidence)
    return reference.filtered(spec.prior_probs, steps)


def at_end(one: Problem) -> tuple[Floats, Floats]:
    """(D,) log-likelihood and (D, S) probabilities at the end of the evidence, by the filter."""
    result = filter_draws(*one)
    return result.log_likelihood[-1], result.probs[-1]


def kernel_data(spec: ModelSpec, evidence: Evidence) -> LikelihoodData:
    """What the likelihood's kernel takes after the parameters."""
    return LikelihoodData.of(spec, evidence)


def some(draws: Draws, which: list[int] | Ints) -> Draws:
    """Some of the draws, in this order."""
    return draws[np.asarray(which, np.int64)]


def with_observation(
    evidence: Evidence, day: int, weight: float, indicators: list[int], name: str = "E-new"
) -> Evidence:
    """The evidence with one more dated observation, after those of its day."""
    at = int(np.searchsorted(evidence.obs_day[: evidence.dated], day, side="right"))
    pointer = evidence.obs_ptr[at]
    return replace(
        evidence,
        spread=np.insert(evidence.spread, at, 0.0, axis=1),
        obs_day=np.insert(evidence.obs_day, at, day),
        obs_weight=np.insert(evidence.obs_weight, at, weight),
        obs_ptr=np.insert(evidence.obs_ptr, at, pointer)
        + len(indicators) * (np.arange(len(evidence.obs_ptr) + 1) > at),
        obs_indicators=np.insert(evidence.obs_indicators, pointer, indicators),
        obs_ids=(*evidence.obs_ids[:at], (name,), *evidence.obs_ids[at:]),
        obs_exact=np.insert(evidence.obs_exact, at, True),
    )


def from_day(evidence: Evidence, day: int) -> Evidence:
    """What is left of the evidence from ``day`` on: the other half of ``evidence.until(day)``."""
    keep = [m for m in range(len(evidence.obs_day)) if evidence.obs_day[m] < 0 or evidence.obs_day[m] >= day]
    first = int(np.searchsorted(evidence.breaks, day, side="right")) - 1
    rest = evidence.without(set(range(len(evidence.obs_day))) - set(keep))
    given = int(np.searchsorted(evidence.given_day, day))
    return replace(
        rest,
        days=evidence.days - day,
        breaks=np.concatenate([[0], evidence.breaks[first + 1 :] - day]).astype(np.int64),
        coverage=rest.coverage[first:],
        spread=rest.spread[first:],
        obs_day=np.where(rest.obs_day < 0, -1, rest.obs_day - day),
        given_day=rest.given_day[given:] - day,
        given_ratio=rest.given_ratio[given:],
        given_ids=rest.given_ids[given:],
        counts=left_counts(rest.counts, given),
    )


def left_counts(counts: Counts, first: int) -> Counts:
    """The counts from this given factor on, which is then the first."""
    at, *columns = (part[counts.at >= first] for part in counts.columns())
    return Counts(at - first, *columns)


def reordered(evidence: Evidence, order: list[int]) -> Evidence:
    """The evidence with its observations in another order."""
    return evidence._select(order)


def silent(evidence: Evidence, coverage: float = 0.0) -> Evidence:
    """No observation and no given factor at all, and the same coverage throughout."""
    nothing = with_given(evidence.without(set(range(len(evidence.obs_day)))), [])
    return replace(nothing, coverage=np.full_like(evidence.coverage, coverage))


def with_given(evidence: Evidence, factors: list[tuple[int, Floats]]) -> Evidence:
    """The evidence with these given factors (day, ratios) instead of its own."""
    factors = sorted(factors, key=lambda factor: factor[0])
    return replace(
        evidence,
        given_day=np.array([day for day, _ in factors], np.int64),
        given_ratio=np.array([ratio for _, ratio in factors]).reshape(len(factors), evidence.given_ratio.shape[1]),
        given_ids=tuple(f"R-{number}" for number in range(len(factors))),
        counts=Counts(),
    )
