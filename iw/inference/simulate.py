"""What the model expects to be seen before it sees anything: paths of the chain, reports on them, aftershocks.

For each draw, X(0) is drawn from the prior probabilities and X(t) follows its generator; dwell times are exponential
(Norris, *Markov Chains*, 1997, section 2.6). Given the path, what is reported of indicator i, and is no aftershock, is
a Poisson process of rate

    c_i(t)·(λ[i,X(t)](t) + ρ_i·Σ_w g(w)·(1 − w)/w)

of genuine and of false reports, if reports have weight w with probability g(w). Each report sets off Poisson(ν·w)
aftershocks, of the indicators of its family by their shares, after exponential times of mean τ; of these, too, c_i(t)
are seen, and so on: the cluster representation of Hawkes and Oakes (1974). The likelihood of docs/mathematics.md is
that of this process, over that of the false reports alone, but for the hours of a day. Counts are drawn by
`iw.inference.counts`, wrong ones from b.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from iw.inference.arrays import MOST_COUNTED, YEAR_DAYS, Draws, Evidence, Floats, Ints, ModelSpec
from iw.inference.counts import FREEDOM, slots
from iw.inference.drift import by_month, drift_factors


class Marks(NamedTuple):
    """The weights that reports have, and how often: g(w)."""

    weights: Floats  # each above 0
    shares: Floats  # sum to 1


GENUINE = Marks(np.ones(1), np.ones(1))  # every report is right, so none is false


class _Reports(NamedTuple):
    draw: Ints
    indicator: Ints
    day: Floats  # time in days from the problem's start
    weight: Floats


_Path = tuple[Floats, Ints]  # the ends of its stretches in days, first 0 and last T, and the scenario of each


def simulated_counts(spec: ModelSpec, draws: Draws, evidence: Evidence, rng: np.random.Generator) -> Floats:
    """(D, I) occurrences seen from the problem's start to its last day, one path for each draw, none of them false.

    Of what is counted, the sum of right counts of the periods in ``evidence``, by their weights. Of ``evidence`` only
    days, coverage, the families that have aftershocks and the periods of counts are used.
    """
    numbers = np.zeros((len(draws), len(spec.indicators)))
    paths = _paths(spec, draws, evidence, rng)
    found = _reports(spec, draws, evidence, paths, GENUINE, rng)
    np.add.at(numbers, (found.draw, found.indicator), 1.0)
    counts = evidence.counts
    right = replace(evidence, counts=replace(counts, weight=np.ones(len(counts))))
    values = simulated_values(spec, draws, right, paths, rng) * counts.weight
    for h, indicator in enumerate(counts.indicator):
        numbers[:, indicator] += values[:, h]
    return numbers


def simulated_evidence(
    spec: ModelSpec, draws: Draws, evidence: Evidence, marks: Marks, rng: np.random.Generator
) -> tuple[Evidence, int]:
    """What might be known under the one of ``draws``, and the scenario that holds in the end: the ``evidence`` with its
    observations replaced by reports of one indicator each, dated to the day, its counts by others of the same periods,
    and without its other given factors."""
    paths = _paths(spec, draws, evidence, rng)
    found = _reports(spec, draws, evidence, paths, marks, rng)
    own = np.argsort(found.day)
    counted = evidence.without_given({evidence.given_ids[g] for g in _other_given(evidence)})
    values = simulated_values(spec, draws, counted, paths, rng)[0]
    known = replace(
        counted,
        spread=np.zeros((len(evidence.breaks) - 1, len(own))),
        obs_day=found.day[own].astype(np.int64),
        obs_weight=found.weight[own],
        obs_ptr=np.arange(len(own) + 1),
        obs_indicators=found.indicator[own],
        obs_ids=tuple((f"E{number}",) for number in range(1, len(own) + 1)),
        obs_exact=np.ones(len(own), np.bool_),
        counts=replace(counted.counts, value=values),
    )
    return known, int(paths[0][1][-1])


def _other_given(evidence: Evidence) -> Ints:
    return np.setdiff1d(np.arange(len(evidence.given_ids)), evidence.counts.at)


def simulated_values(
    spec: ModelSpec, draws: Draws, evidence: Evidence, paths: list[_Path], rng: np.random.Generator
) -> Floats:
    """(D, H) what the counts of ``evidence`` might have been along a path for each draw, right or wrong by weight."""
    counts = evidence.counts
    values = np.empty((len(draws), len(counts)))
    if not len(counts):
        return values
    days = evidence.given_day[counts.at]
    drift = np.array(
        [drift_factors(spec, draws, int(day))[:, i] for day, i in zip(days, counts.indicator, strict=True)]
    )
    rates, size = draws.rates(spec, evidence), np.exp(-2 * draws.log_dispersion[:, slots(spec, counts)])
    for d, (times, states) in enumerate(paths):
        state = states[np.minimum(np.searchsorted(times, days + 1, side="right") - 1, len(states) - 1)]
        mean = counts.years * rates[d, counts.indicator, state] * drift[:, d]
        right = rng.poisson(mean * rng.gamma(size[d]) / size[d])
        wrong = np.exp(counts.broad_mean + counts.broad_scale * rng.standard_t(FREEDOM, len(counts)))
        values[d] = np.where(rng.random(len(counts)) < counts.weight, right, np.floor(np.minimum(wrong, MOST_COUNTED)))
    return values


def _paths(spec: ModelSpec, draws: Draws, evidence: Evidence, rng: np.random.Generator) -> list[_Path]:
    return [_path(spec.prior_probs, draws.exit_rates[d], draws.odds[d], evidence.days, rng) for d in range(len(draws))]


def _reports(
    spec: ModelSpec, draws: Draws, evidence: Evidence, paths: list[_Path], marks: Marks, rng: np.random.Generator
) -> _Reports:
    generations = [_background(spec, draws, evidence, paths, marks, rng)]
    while len(generations[-1].draw):
        generations.append(_aftershocks(spec, draws, evidence, generations[-1], marks, rng))
    return _Reports(*(np.concatenate(parts) for parts in zip(*generations, strict=True)))


def _background(
    spec: ModelSpec, draws: Draws, evidence: Evidence, paths: list[_Path], marks: Marks, rng: np.random.Generator
) -> _Reports:
    """Reports that are no aftershocks: for each draw along one path, and for each stretch of constant rates at once."""
    genuine = draws.rates(spec, evidence)
    false_share = marks.shares * (1 - marks.weights) / marks.weights
    false = spec.reference_rates * false_share.sum()
    split = by_month(spec, evidence)[0]
    drift = np.array([drift_factors(spec, draws, int(day)) for day in split.breaks[:-1]])  # (R, D, I)
    found = []
    for d, (times, states) in enumerate(paths):
        edges = np.union1d(times, split.breaks)
        state = states[np.searchsorted(times, edges[:-1], side="right") - 1]
        regime = np.searchsorted(split.breaks, edges[:-1], side="right") - 1
        coverage = split.coverage[regime]
        years = np.diff(edges)[:, None] / YEAR_DAYS
        of_both = ((genuine[d][:, state].T * drift[regime, d], marks.shares), (false[None], false_share))
        for rates, shares in of_both if false.any() else of_both[:1]:
            number = rng.poisson(coverage * rates * years)  # (stretches, I)
            stretch, indicator = (np.repeat(index, number.ravel()) for index in np.indices(number.shape).reshape(2, -1))
            day = rng.uniform(edges[stretch], edges[stretch + 1])
            weight = _weights(marks.weights, shares, len(day), rng)
            found.append(_Reports(np.full(len(day), d), indicator, day, weight))
    return _Reports(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _weights(weights: Floats, shares: Floats, count: int, rng: np.random.Generator) -> Floats:
    return rng.choice(weights, size=count, p=shares / shares.sum()) if count else np.empty(0)


def _aftershocks(
    spec: ModelSpec, draws: Draws, evidence: Evidence, of: _Reports, marks: Marks, rng: np.random.Generator
) -> _Reports:
    """What these reports set off at once, as far as it is seen."""
    number = rng.poisson(np.where(evidence.live[of.indicator], draws.branching[of.draw] * of.weight, 0.0))
    draw, parent = np.repeat(of.draw, number), np.repeat(of.indicator, number)
    day = np.repeat(of.day, number) + rng.exponential(draws.decay_days[draw])
    child = np.empty_like(parent)
    for family in range(spec.families):
        own = np.nonzero(spec.family[parent] == family)[0]
        members = np.nonzero(spec.family == family)[0]
        child[own] = rng.choice(members, size=len(own), p=spec.share[members] / spec.share[members].sum())
    within = day < evidence.days
    regime = np.searchsorted(evidence.breaks, np.where(within, day, 0.0), side="right") - 1
    seen = within & (rng.random(len(day)) < evidence.coverage[regime, child])
    weight = _weights(marks.weights, marks.shares, int(seen.sum()), rng)
    return _Reports(draw[seen], child[seen], day[seen], weight)


def _path(prior_probs: Floats, exit_rates: Floats, odds: Floats, days: float, rng: np.random.Generator) -> _Path:
    state = int(rng.choice(len(prior_probs), p=prior_probs))
    times, states, now = [0.0], [state], 0.0
    while exit_rates[state] > 0:
        now += rng.exponential(YEAR_DAYS / exit_rates[state])
        if now >= days:
            break
        state = int(rng.choice(len(prior_probs), p=odds[state]))
        times.append(now)
        states.append(state)
    return np.array([*times, days]), np.array(states, dtype=np.int64)
