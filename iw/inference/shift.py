"""Why a belief moved: contributions of time, silence and events that add up exactly to the difference.

On the joint state pi over (draw d, scenario s), between events

    d pi / dt = pi Q_d - pi (Lambda - mean of Lambda under pi)
    Lambda[d, s] = sum_i c_i lambda[d, i, s] - sum_m share_m log l_m[d, s]

The belief is p_s = sum_d pi[d, s]. Its time integrals are *expected change* (the term in Q), *silence* of each
indicator and *imprecise evidence* of each spread observation; a dated observation is a jump, and same-day jumps are
averaged over their orders (Shapley 1953: exactly up to 6, beyond that over seeded orders). Each term is carried in
probability and in decibans, the integral of dp / (p (1 - p)) times 10 / ln 10, on the same nodes: Gauss-Legendre, 4 per
day.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from math import comb

import numpy as np

from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, ModelSpec
from iw.inference.belief import believe
from iw.inference.matrices import exponentials

DECIBANS = 10.0 / np.log(10.0)
EXACT_ORDERS = 6
SEEDED_STEPS, LEAST_ORDERS = 2000, 20  # beyond that: as many orders as make so many steps, at least so many
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2  # on (0, 1), one day

_PIECES = (1, 4, 16, 64, 256)  # cuts of a day that are tried
_CLOSED, _CLOSED_DECIBANS = 1e-12, 1e-9  # what a day's terms may miss
_EDGE = 1e-15  # nearer to 0 or 1 a double cannot tell: decibans end at 150

EXPECTED_CHANGE = ("expected change",)
Term = tuple[Hashable, ...]  # ("expected change",), ("silence", i), ("imprecise evidence", m), ("event", m)


@dataclass
class Contributions:
    """Sums per term, each (S,): probability and decibans."""

    size: int
    probs: dict[Term, Floats] = field(default_factory=dict)
    decibans: dict[Term, Floats] = field(default_factory=dict)

    def add(self, term: Term, probs: Floats, decibans: Floats) -> None:
        """Book a part of ``term``."""
        self.probs[term] = self.probs.get(term, np.zeros(self.size)) + probs
        self.decibans[term] = self.decibans.get(term, np.zeros(self.size)) + decibans


@dataclass(frozen=True)
class TimeShift:
    """The belief at two days and the contributions that lie between them."""

    before: Floats  # (S,)
    after: Floats  # (S,)
    contributions: Contributions

    @property
    def residual(self) -> float:
        """Largest gap, over scenarios, between the difference and the sum of its terms."""
        total = sum(self.contributions.probs.values(), np.zeros(len(self.before)))
        return float(np.abs(self.after - self.before - total).max())


def jump(before: Floats, after: Floats) -> tuple[Floats, Floats]:
    """A change at one moment: in probability, and in decibans (difference of the log odds)."""
    return after - before, DECIBANS * (_log_odds(after) - _log_odds(before))


def shift_over_time(spec: ModelSpec, draws: Draws, evidence: Evidence, first: int, last: int, seed: int) -> TimeShift:
    """Contributions between the ends of days ``first`` and ``last`` (elapsed days), on one evidence and one fit."""
    start = believe(spec, draws, evidence, np.array([first]))[0]
    terms = Contributions(len(spec.scenarios))
    rates, generators = draws.rates(), draws.generators()
    log_ratios = _log_ratios(spec, rates, evidence)
    by_day: dict[int, list[int]] = defaultdict(list)
    for m in range(evidence.dated):
        by_day[int(evidence.obs_day[m])].append(m)
    joint, flow, regime_of_flow = start.joint, None, -1
    for day in range(first, last):
        regime = int(np.searchsorted(evidence.breaks, day, side="right")) - 1
        if flow is None or regime != regime_of_flow:
            flow, regime_of_flow = _Flow.of(evidence, rates, generators, log_ratios, regime), regime
        joint = _pass_day(joint, flow, terms)
        joint = _apply_events(joint, by_day.get(day, []), log_ratios, terms, seed + day)
    return TimeShift(start.mean, joint.sum(axis=0), terms)


@dataclass
class _Flow:
    """What acts within one regime, per day; the operators at the nodes of a day cut into pieces are kept."""

    drift: Floats  # (D, S, S) Q per day
    silence: dict[int, Floats]  # indicator -> (D, S) c lambda per day
    imprecise: dict[int, Floats]  # observation -> (D, S) share log l per day
    operators: dict[int, Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, evidence: Evidence, rates: Floats, generators: Floats, log_ratios: list[Floats], regime: int) -> _Flow:
        cover, shares = evidence.coverage[regime], evidence.spread[regime]
        return cls(
            generators / YEAR_DAYS,
            {int(i): cover[i] * rates[:, i] / YEAR_DAYS for i in np.nonzero(cover)[0]},
            {int(m): shares[m] * log_ratios[m] for m in np.nonzero(shares)[0]},
        )

    def node_operators(self, pieces: int) -> Floats:
        """(5, D, S, S) exp(A tau) at the four nodes and at the end of a piece of a day."""
        if pieces not in self.operators:
            nothing = np.zeros(self.drift.shape[:2])
            rate = sum(self.imprecise.values(), nothing) - sum(self.silence.values(), nothing)
            exponent = self.drift + rate[:, :, None] * np.eye(self.drift.shape[1])
            self.operators[pieces] = np.array([exponentials(exponent * (tau / pieces)) for tau in (*_NODES, 1.0)])
        return self.operators[pieces]


def _pass_day(joint: Floats, flow: _Flow, terms: Contributions) -> Floats:
    """Book one day's terms; a day in which the belief races is cut into pieces until its terms close."""
    for pieces in _PIECES:
        booked = Contributions(terms.size)
        state = joint
        for _ in range(pieces):
            operators = flow.node_operators(pieces)
            _integrate(state, operators, flow, booked, 1.0 / pieces)
            state = _scaled(np.einsum("ds,dst->dt", state, operators[-1]))
        probs, decibans = jump(joint.sum(axis=0), state.sum(axis=0))
        if (
            np.abs(probs - sum(booked.probs.values())).max() < _CLOSED
            and np.abs(decibans - sum(booked.decibans.values())).max() < _CLOSED_DECIBANS
        ):
            break
    for term, part in booked.probs.items():
        terms.add(term, part, booked.decibans[term])
    return state


def _integrate(joint: Floats, operators: Floats, flow: _Flow, terms: Contributions, length: float) -> None:
    for node, node_weight in enumerate(_WEIGHTS):
        pi = _scaled(np.einsum("ds,dst->dt", joint, operators[node]))
        p = pi.sum(axis=0)
        weight = length * node_weight
        within = np.clip(p, _EDGE, 1.0 - _EDGE)
        slope = weight * DECIBANS / (within * (1.0 - within))

        def book(term: Term, derivative: Floats, weight: float = weight, slope: Floats = slope) -> None:
            terms.add(term, weight * derivative, slope * derivative)

        book(EXPECTED_CHANGE, np.einsum("ds,dst->t", pi, flow.drift))
        for i, hazard in flow.silence.items():
            lost = (pi * hazard).sum(axis=0)
            book(("silence", i), p * lost.sum() - lost)
        for m, gain in flow.imprecise.items():
            won = (pi * gain).sum(axis=0)
            book(("imprecise evidence", m), won - p * won.sum())


def _apply_events(
    joint: Floats, observations: list[int], log_ratios: list[Floats], terms: Contributions, seed: int
) -> Floats:
    if not observations:
        return joint
    ratios = [np.exp(log_ratios[m]) for m in observations]
    if len(ratios) <= EXACT_ORDERS:
        _book_all_orders(joint, observations, ratios, terms)
    else:
        _book_seeded_orders(joint, observations, ratios, terms, np.random.default_rng(seed))
    return _after(joint, ratios)


def _book_all_orders(joint: Floats, observations: list[int], ratios: list[Floats], terms: Contributions) -> None:
    """Every order of the day's events, through the beliefs after each subset of them."""
    count = len(ratios)
    subsets = [frozenset(s) for size in range(count + 1) for s in itertools.combinations(range(count), size)]
    beliefs = {subset: _after(joint, [ratios[k] for k in sorted(subset)]).sum(axis=0) for subset in subsets}
    for before in subsets:
        for k in set(range(count)) - before:
            weight = 1.0 / (count * comb(count - 1, len(before)))
            probs, decibans = jump(beliefs[before], beliefs[before | {k}])
            terms.add(("event", observations[k]), weight * probs, weight * decibans)


def _book_seeded_orders(
    joint: Floats, observations: list[int], ratios: list[Floats], terms: Contributions, rng: np.random.Generator
) -> None:
    """Some orders drawn at random; each by itself adds up to the day's whole jump."""
    orders = max(LEAST_ORDERS, SEEDED_STEPS // len(ratios))
    for _ in range(orders):
        state, before = joint, joint.sum(axis=0)
        for k in rng.permutation(len(ratios)):
            state = _scaled(state * ratios[k])
            after = state.sum(axis=0)
            probs, decibans = jump(before, after)
            terms.add(("event", observations[k]), probs / orders, decibans / orders)
            before = after


def _after(joint: Floats, ratios: list[Floats]) -> Floats:
    for ratio in ratios:
        joint = _scaled(joint * ratio)
    return joint


def _log_ratios(spec: ModelSpec, rates: Floats, evidence: Evidence) -> list[Floats]:
    """For each observation (D, S): log[(1 - w) + w prod(lambda / rho)]."""
    result = []
    for m, weight in enumerate(evidence.obs_weight):
        product = np.ones((rates.shape[0], rates.shape[2]))
        for i in evidence.indicators_of(m):
            product = product * rates[:, i] / spec.reference_rates[i]
        result.append(np.log(1 - weight + weight * product))
    return result


def _scaled(joint: Floats) -> Floats:
    return np.asarray(joint / joint.sum())


def _log_odds(p: Floats) -> Floats:
    p = np.clip(p, _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(p) - np.log1p(-p))


def replay(spec: ModelSpec, draws: Draws, evidence: Evidence, late: list[int]) -> list[tuple[int, Floats, Floats]]:
    """Fold in observations that became known late, one by one in the given order, by filtering anew each time.

    Gives (observation, change in probability, change in decibans) for each; ``evidence`` holds all of them.
    """
    missing = set(late)
    before = believe(spec, draws, evidence.without(missing))[0].mean
    result = []
    for m in late:
        missing.discard(m)
        after = believe(spec, draws, evidence.without(missing))[0].mean
        result.append((m, *jump(before, after)))
        before = after
    return result
