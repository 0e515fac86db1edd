"""Will the log show it? The chance that a window holds so many events of an indicator that would pass as genuine.

A report of a genuine occurrence passes (has w >= 1/2) with probability kappa, and false ones pass at the rate phi. With
p_d the filtered probabilities of draw d, c the coverage in the window and A the excitation of the indicator's family
at its beginning, no event passes with probability

    sum_d W_d p_d prod exp((Q - diag(kappa c lambda_i)) length / 365.25) 1
        . exp(-sum c (phi length / 365.25 + kappa share nu A (e^(-start / tau) - e^(-end / tau))))

over the stretches of constant coverage, and months of constant rates where they drift: the chain with an absorbing
state for the first one that passes, and the aftershocks of what is known. Aftershocks of what is yet to come are left
out: where nu is not small, and where more than one event is asked for, paths are simulated instead (Hawkes and Oakes
1974, as in `iw.inference.simulate`).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import poisson

from iw.inference.aftershocks import excitation
from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, Ints, ModelSpec
from iw.inference.belief import JointState, weighted_quantile
from iw.inference.drift import drift_factors, months_ahead, rates_on
from iw.inference.matrices import exponentials

NEGLIGIBLE = 0.1  # aftershocks per event up to which those of what is yet to come are left out
DRAWS, PATHS = 500, 20  # draws taken evenly from the weighted ones, and paths of each: 10,000 in all


@dataclass(frozen=True)
class Asked:
    """What has to be shown: ``at_least`` so many events of ``indicator`` (a column) that pass.

    ``coverage`` (days, I) is that of each day of the window, which begins with the day after the evidence ends.
    """

    indicator: int
    at_least: int
    coverage: Floats
    passing: float  # kappa: share of genuine reports that pass
    false: float  # phi: passing false reports per year of full coverage
    weights: tuple[float, float]  # w of reports that pass, and of those that do not: what they set off


@dataclass(frozen=True)
class Chance:
    """The probability of yes, with its 90 % interval over draws: how far they disagree."""

    mean: float
    low: float
    high: float
    by_paths: bool


def shown(
    spec: ModelSpec,
    state: JointState,
    draws: Draws,
    evidence: Evidence,
    asked: Asked,
    rng: np.random.Generator,
) -> Chance:
    """The chance of yes: by the formula where it is exact, else by 10,000 paths from ``rng``."""
    follow_ons = float(state.weights @ draws.branching) * evidence.live[asked.indicator]
    probs = any_shown_probs(spec, state, draws, evidence, asked)
    by_paths = asked.at_least > 1 or follow_ons > NEGLIGIBLE
    if by_paths:
        counts = passing_counts(spec, state, draws, evidence, asked, rng)
        probs = _scaled(probs, state.weights, asked.at_least, float((counts >= asked.at_least).mean()))
    low, high = weighted_quantile(probs, state.weights, (0.05, 0.95))
    return Chance(float(state.weights @ probs), float(low), float(high), by_paths)


def _scaled(probs: Floats, weights: Floats, at_least: int, mean: float) -> Floats:
    """(D,) how the draws differ about a chance of ``mean`` that paths gave, few of which belong to any one draw.

    Each draw expects Lambda = -ln(1 - p) events by the formula; with Lambda scaled by one factor for all, so that the
    mean agrees with that of the paths, the chance of ``at_least`` so many is taken from the Poisson distribution.
    """
    expected = -np.log1p(-np.minimum(probs, 1 - 1e-12))
    if not 0.0 < mean < 1.0 or not expected.any():
        return np.full(len(probs), mean)

    def gap(log_factor: float) -> float:
        return float(weights @ poisson.sf(at_least - 1, np.exp(log_factor) * expected)) - mean

    return np.asarray(poisson.sf(at_least - 1, np.exp(brentq(gap, -40.0, 40.0)) * expected))


def any_shown_probs(spec: ModelSpec, state: JointState, draws: Draws, evidence: Evidence, asked: Asked) -> Floats:
    """(D,) each draw's probability that at least one event passes; the formula above."""
    i = asked.indicator
    generators = draws.generators()
    excited = excitation(spec, draws, evidence, evidence.days)[:, spec.family[i]]
    share, s = spec.share[i] * evidence.live[i], np.arange(generators.shape[1])
    none, log_none = state.probs[:, None, :], np.zeros(len(draws))
    for first, last, c in _stretches(asked.coverage[:, i]):
        for day, length in months_ahead(spec, evidence.days + first, last - first):
            operator = generators.copy()
            operator[:, s, s] -= asked.passing * c * rates_on(spec, draws, evidence, day)[:, i]
            none = none @ exponentials(operator * (length / YEAR_DAYS))
        falls = np.exp(-first / draws.decay_days) - np.exp(-last / draws.decay_days)
        log_none -= c * (asked.false * (last - first) / YEAR_DAYS)
        log_none -= c * asked.passing * share * draws.branching * excited * falls
    return np.asarray(1.0 - none.sum(axis=(1, 2)) * np.exp(log_none))


def _stretches(coverage: Floats) -> list[tuple[int, int, float]]:
    """First day, day after the last, and coverage of each stretch in which it is constant."""
    edges = [0, *(np.nonzero(np.diff(coverage))[0] + 1), len(coverage)]
    return [(int(a), int(b), float(coverage[a])) for a, b in itertools.pairwise(edges)]


def passing_counts(
    spec: ModelSpec,
    state: JointState,
    draws: Draws,
    evidence: Evidence,
    asked: Asked,
    rng: np.random.Generator,
) -> Ints:
    """(`DRAWS`, `PATHS`) how many events pass in each path; draws as often as their weights say."""
    steps = (np.arange(DRAWS) + 0.5) / DRAWS
    chosen = np.minimum(np.searchsorted(np.cumsum(state.weights), steps), len(draws) - 1)
    draw = np.repeat(chosen, PATHS)
    paths = _Paths(spec, draws, evidence, asked, draw, rng)
    found = [paths.background(state), paths.of_known()]
    waiting = [_joined(found)]
    while len(waiting[-1].path):
        waiting.append(paths.set_off(waiting[-1]))
    everything = _joined(waiting)
    counts = np.zeros(len(draw), np.int64)
    np.add.at(counts, everything.path[everything.passes & (everything.member == asked.indicator)], 1)
    return counts.reshape(DRAWS, PATHS)


@dataclass(frozen=True)
class _Seen:
    """Reports that are seen, of any member of the family."""

    path: Ints
    member: Ints
    day: Floats
    passes: np.ndarray[tuple[int], np.dtype[np.bool_]]


def _joined(parts: list[_Seen]) -> _Seen:
    names = ("path", "member", "day", "passes")
    return _Seen(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


class _Paths:
    """Simulation of one family over the window; every path has a draw of its own."""

    def __init__(
        self, spec: ModelSpec, draws: Draws, evidence: Evidence, asked: Asked, draw: Ints, rng: np.random.Generator
    ) -> None:
        self.asked, self.draw, self.rng = asked, draw, rng
        self.days = len(asked.coverage)
        self.family = int(spec.family[asked.indicator])
        self.members = np.nonzero(spec.family == self.family)[0]
        live = bool(evidence.live[asked.indicator])
        self.branching = np.where(live, draws.branching[draw], 0.0)
        self.decay_days = draws.decay_days[draw]
        self.excited = excitation(spec, draws, evidence, evidence.days)[draw, self.family]
        self.share = spec.share[self.members] / spec.share[self.members].sum()
        self.rates, self.draws = draws.rates(spec, evidence), draws
        months = months_ahead(spec, evidence.days, self.days)
        self.begins = np.array([day - evidence.days for day, _ in months])
        self.factors = np.array([drift_factors(spec, draws, day) for day, _ in months])  # (months, D, I)

    def background(self, state: JointState) -> _Seen:
        """What is no aftershock: genuine reports along each path, and false ones of the indicator that pass."""
        path, begins, ends, scenario = self._chains(state)
        parts = []
        for member in self.members:
            most = self.factors[:, self.draw, member].max(axis=0)  # thinned to the month's own below
            rate = self.rates[self.draw[path], member, scenario] * most[path]
            number = self.rng.poisson(rate * (ends - begins) / YEAR_DAYS)
            day = self.rng.uniform(np.repeat(begins, number), np.repeat(ends, number))
            of = np.repeat(path, number)
            month = np.searchsorted(self.begins, day, side="right") - 1
            kept = self.rng.random(len(day)) * most[of] < self.factors[month, self.draw[of], member]
            parts.append(self._seen(of[kept], np.full(int(kept.sum()), member), day[kept]))
        number = self.rng.poisson(self.asked.false * self.days / YEAR_DAYS, len(self.draw))
        day = self.rng.uniform(0, self.days, number.sum())
        false = self._seen(np.repeat(np.arange(len(self.draw)), number), np.full(len(day), self.asked.indicator), day)
        return _joined([*parts, _Seen(false.path, false.member, false.day, np.ones(len(false.path), np.bool_))])

    def of_known(self) -> _Seen:
        """Aftershocks of what is known when the window begins."""
        number = self.rng.poisson(self.branching * self.excited)
        return self._aftershocks(np.repeat(np.arange(len(self.draw)), number), np.zeros(int(number.sum())))

    def set_off(self, of: _Seen) -> _Seen:
        """Aftershocks of these reports."""
        weight = np.where(of.passes, *self.asked.weights)
        number = self.rng.poisson(self.branching[of.path] * weight)
        return self._aftershocks(np.repeat(of.path, number), np.repeat(of.day, number))

    def _aftershocks(self, path: Ints, since: Floats) -> _Seen:
        day = since + self.rng.exponential(self.decay_days[path])
        member = self.rng.choice(self.members, size=len(path), p=self.share)
        return self._seen(path, member, day)

    def _seen(self, path: Ints, member: Ints, day: Floats) -> _Seen:
        within = day < self.days
        chance = np.where(within, self.asked.coverage[np.where(within, day, 0).astype(np.int64), member], 0.0)
        seen = self.rng.random(len(day)) < chance
        passes = self.rng.random(int(seen.sum())) < self.asked.passing
        return _Seen(path[seen], member[seen], day[seen], passes)

    def _chains(self, state: JointState) -> tuple[Ints, Floats, Floats, Ints]:
        """Stretches of constant scenario: path, begin and end in days, scenario."""
        path = np.arange(len(self.draw))
        scenario = _chosen(state.probs[self.draw], self.rng)
        now = np.zeros(len(path))
        stretches = []
        while len(path):
            leave = self.draws.exit_rates[self.draw[path], scenario]
            stays = self.rng.exponential(size=len(path)) * YEAR_DAYS / np.maximum(leave, 1e-300)
            ends = np.minimum(now + stays, self.days)
            stretches.append((path, now, ends, scenario))
            on = ends < self.days
            path, now, left = path[on], ends[on], scenario[on]
            scenario = _chosen(self.draws.odds[self.draw[path], left], self.rng)
        path, begins, ends, scenario = (np.concatenate(parts) for parts in zip(*stretches, strict=True))
        return path, begins, ends, scenario


def _chosen(probs: Floats, rng: np.random.Generator) -> Ints:
    """(N,) one column of each row (N, S), by its probabilities."""
    cumulative = np.cumsum(probs, axis=1)
    return np.asarray((cumulative < rng.random((len(probs), 1)) * cumulative[:, -1:]).sum(axis=1), np.int64)
