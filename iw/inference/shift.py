"""Why a belief moved: contributions of time, silence and events that add up exactly to the difference.

On the joint state pi over (draw d, scenario s), between events

    d pi / dt = pi Q_d - pi (Lambda - mean of Lambda under pi)
    Lambda[d, s] = sum_i c_i (lambda[d, i, s] + h[d, i]) - sum_m share_m log l_m[d, s]

Aftershocks h are the same in every scenario and differ from draw to draw, so they only weigh the draws. The belief is
p_s = sum_d pi[d, s]. Its time integrals are *expected change* (the term in Q), *silence* of each indicator, aftershocks
that did not come included, and *imprecise evidence* of each spread observation; dated observations and given factors,
counts among them, are jumps, and same-day jumps are averaged over their orders (Shapley 1953: exactly up to 6, beyond
that over seeded orders). Each term is carried in probability and in decibans, the integral of dp / (p (1 - p)) times
10 / ln 10, on the same nodes: Gauss-Legendre, 4 per day.

Here draws are innermost, (S, D); the belief at the nodes of a day comes from one series for all of them, whose terms
joint B^k / k! are made once and carry no sign (B as in `iw.inference.matrices`).
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
from numba import njit

from iw.inference.aftershocks import Knots, all_received, excitation
from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, ModelSpec
from iw.inference.belief import Believer, JointState
from iw.inference.counts import day_ratios
from iw.inference.drift import by_month, drift_factors
from iw.inference.matrices import BLOCK, draws_innermost, take_lowest_out

DECIBANS = 10.0 / np.log(10.0)
EXACT_ORDERS = 6
SEEDED_STEPS, LEAST_ORDERS = 2000, 20  # beyond that: as many orders as make so many steps, at least so many
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2  # on (0, 1), one day

_LONGEST = 64.0  # ||B|| of a piece of a day: its series has some 150 terms, none near the range of a double
_HALVINGS = 12  # of a piece, until its terms close
_CLOSED, _CLOSED_DECIBANS = 1e-13, 1e-10  # what a piece's terms may miss
_ROUNDING = 64 * np.finfo(np.float64).eps  # of a probability: near 0 and 1 decibans cannot close better than that
_TAIL = 1e-18  # a series ends when the bound on its next term falls below this
_EDGE = 1e-15  # nearer to 0 or 1 a double cannot tell: decibans end at 150

EXPECTED_CHANGE = ("expected change",)
# ("expected change",), ("silence", i), ("imprecise evidence", m), ("event", m), ("given", g)
Term = tuple[Hashable, ...]


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


def shift_over_time(
    spec: ModelSpec, draws: Draws, evidence: Evidence, start: JointState, first: int, last: int, seed: int
) -> TimeShift:
    """Contributions between the ends of days ``first`` and ``last`` (elapsed days), on one evidence and one fit.

    ``start`` is the joint state after ``first`` days, of the same draws and evidence.
    """
    terms = Contributions(len(spec.scenarios))
    elicited, chain = _scenarios_first(draws.rates(spec, evidence)), draws_innermost(draws.generators()) / YEAR_DAYS
    given = day_ratios(
        spec, evidence, elicited.transpose(1, 0, 2), draws_innermost(draws.log_drift), draws.log_dispersion, first
    )
    split, month = by_month(spec, evidence)
    rates, month_of_rates = elicited, -1
    aftershocks = _Aftershocks(spec, draws, evidence, first)
    by_day: dict[int, list[Term]] = defaultdict(list)
    for m in range(evidence.dated):
        by_day[int(evidence.obs_day[m])].append(("event", m))
    for g, day in enumerate(evidence.given_day):
        by_day[int(day)].append(("given", g))

    def ratio(term: Term, rates: Floats) -> Floats:
        number = int(str(term[1]))
        if term[0] == "given":
            return np.asarray(given[number])
        return np.asarray(np.exp(_log_ratio(spec, rates, evidence, number, aftershocks.received)))

    joint, flow, regime_of_flow = _scaled(start.joint.T), None, -1
    for day in range(first, last):
        regime = int(np.searchsorted(split.breaks, day, side="right")) - 1
        if spec.drift is not None and month[regime] != month_of_rates:
            rates, month_of_rates = elicited * drift_factors(spec, draws, day).T, month[regime]
        if flow is None or regime != regime_of_flow:
            flow, regime_of_flow = _Flow.of(spec, split, rates, chain, regime, aftershocks), regime
        joint = _pass_day(joint, flow, terms)
        joint = _apply_jumps(joint, {term: ratio(term, rates) for term in by_day.get(day, [])}, terms, seed + day)
        aftershocks.gain(day + 1)
    return TimeShift(start.mean, joint.sum(axis=1), terms)


class _Aftershocks:
    """The excitation of every family at the moment, for each draw, and what each piece of an observation receives."""

    def __init__(self, spec: ModelSpec, draws: Draws, evidence: Evidence, day: int) -> None:
        self.knots = Knots.of(spec, evidence)
        self.received = all_received(spec, draws, evidence)
        self.state = np.ascontiguousarray(excitation(spec, draws, evidence, day).T)  # (F, D)
        self.family, self.share = spec.family, spec.share * evidence.live  # (I,)
        self.branching, self.decay_days = draws.branching, draws.decay_days  # (D,)

    def pass_time(self, days: float) -> None:
        """Let the excitation fall."""
        self.state *= np.exp(-days / self.decay_days)

    def gain(self, day: int) -> None:
        """Add the events that act after ``day`` elapsed days."""
        for family, (first, last) in enumerate(itertools.pairwise(self.knots.ptr)):
            k = first + int(np.searchsorted(self.knots.day[first:last], day))
            if k < last and self.knots.day[k] == day:
                self.state[family] += self.knots.gain[k]

    def expected(self, hazard: Floats, times: Floats) -> Floats:
        """(N, D) the compensator from now until each of ``times``."""
        seen = np.bincount(self.family, hazard * YEAR_DAYS * self.share, len(self.state)) @ self.state
        return np.asarray(-np.expm1(-times[:, None] / self.decay_days) * (self.branching * seen))

    def rates(self, times: Floats, by_scenario: Floats) -> Floats:
        """(S, I, N) expected h per year at each of ``times``, from the joint belief there (S, D, N)."""
        per_event = YEAR_DAYS * self.branching / self.decay_days * np.exp(-times[:, None] / self.decay_days)
        of_families = np.matmul(self.state, by_scenario * per_event.T)  # (S, F, N)
        return np.asarray(of_families[:, self.family] * self.share[:, None])


@dataclass
class _Flow:
    """What acts within one regime, per day."""

    chain: Floats  # (S, S, D) Q per day
    rates: Floats  # (S, I, D) per year
    hazard: Floats  # (I,) c / 365.25: silence gains -hazard rates
    imprecise: dict[int, Floats]  # observation -> (S, D) share log l per day
    operator: Floats  # (S, S, D) B = A - lo I per day
    lowest: Floats  # (D,) lo
    norm: float  # the largest row sum of any draw's B
    aftershocks: _Aftershocks

    @classmethod
    def of(
        cls,
        spec: ModelSpec,
        evidence: Evidence,
        rates: Floats,
        chain: Floats,
        regime: int,
        aftershocks: _Aftershocks,
    ) -> _Flow:
        hazard, shares = evidence.coverage[regime] / YEAR_DAYS, evidence.spread[regime]
        imprecise = {
            int(m): shares[m] * _log_ratio(spec, rates, evidence, int(m), aftershocks.received)
            for m in np.nonzero(shares)[0]
        }
        gain = sum(imprecise.values(), -np.matmul(hazard, rates))
        operator = chain.copy()
        s = np.arange(len(chain))
        operator[s, s] += gain
        lowest, norms = np.empty(chain.shape[2]), np.empty(chain.shape[2])
        take_lowest_out(operator, lowest, norms)
        return cls(chain, rates, hazard, imprecise, operator, lowest, float(norms.max()), aftershocks)

    def at(self, joint: Floats, times: Floats) -> Floats:
        """(N, S, D) the joint belief after each of ``times`` (days), not normalised."""
        out = np.empty((len(times), *joint.shape))
        _series(joint, self.operator, self.lowest, self.norm * times.max(), times, out)
        out *= np.exp(-self.aftershocks.expected(self.hazard, times))[:, None]
        return out


@njit(cache=True, nogil=True, error_model="numpy")
def _series(joint, operator, lowest, size, times, out):  # type: ignore[no-untyped-def]
    """out[n] <- joint exp(A times[n]), for each draw; ``size`` bounds ||B|| max(times)."""
    count, draws = joint.shape
    term, following = np.empty((count, BLOCK)), np.empty((count, BLOCK))
    for first in range(0, draws, BLOCK):
        lanes = min(BLOCK, draws - first)
        for s in range(count):
            for b in range(lanes):
                term[s, b] = joint[s, first + b]
            for n in range(times.shape[0]):
                for b in range(lanes):
                    out[n, s, first + b] = term[s, b]
        k, bound = 0, 1.0
        while bound > _TAIL or k < size:
            k += 1
            bound *= size / k
            for c in range(count):
                for b in range(lanes):
                    following[c, b] = term[0, b] * operator[0, c, first + b]
                for s in range(1, count):
                    for b in range(lanes):
                        following[c, b] += term[s, b] * operator[s, c, first + b]
                for b in range(lanes):
                    following[c, b] /= k
            term, following = following, term
            for n in range(times.shape[0]):
                power = times[n] ** k
                for s in range(count):
                    for b in range(lanes):
                        out[n, s, first + b] += power * term[s, b]
        for n in range(times.shape[0]):
            for b in range(lanes):
                scale = np.exp(lowest[first + b] * times[n])
                for s in range(count):
                    out[n, s, first + b] *= scale


def _pass_day(joint: Floats, flow: _Flow, terms: Contributions) -> Floats:
    """Book one day's terms, in pieces: halved where the belief races, until their terms close, and then longer again.

    Lengths and ends of pieces are binary fractions of the day.
    """
    longest = 0.5 ** max(0, math.ceil(math.log2(max(flow.norm, 1.0) / _LONGEST)))
    done, length = 0.0, longest
    while done < 1.0:
        booked = Contributions(terms.size)
        *nodes, end = flow.at(joint, np.append(_NODES, 1.0) * length)
        state = _scaled(end)
        _integrate(np.array([_scaled(pi) for pi in nodes]), flow, booked, length)
        if length > longest * 0.5**_HALVINGS and not _closes(joint, state, booked):
            length /= 2
            continue
        for term, part in booked.probs.items():
            terms.add(term, part, booked.decibans[term])
        flow.aftershocks.pass_time(length)
        joint, done = state, done + length
        if length < longest and done % (2 * length) == 0.0:
            length *= 2
    return joint


def _closes(joint: Floats, state: Floats, booked: Contributions) -> bool:
    before, after = joint.sum(axis=1), state.sum(axis=1)
    probs, decibans = jump(before, after)
    odds = np.clip(np.minimum(before * (1 - before), after * (1 - after)), _EDGE, None)
    missed = np.abs(probs - sum(booked.probs.values()))
    missed_decibans = np.abs(decibans - sum(booked.decibans.values()))
    return bool(np.all(missed < _CLOSED) and np.all(missed_decibans < _CLOSED_DECIBANS + DECIBANS * _ROUNDING / odds))


def _integrate(pi: Floats, flow: _Flow, terms: Contributions, length: float) -> None:
    """Book the integrals over a piece of a day from the joint belief (4, S, D) at its nodes."""
    p = pi.sum(axis=2)
    within = np.clip(p, _EDGE, 1.0 - _EDGE)
    weight = length * _WEIGHTS
    slope = weight[:, None] * DECIBANS / (within * (1.0 - within))

    def book(term: Term, derivative: Floats) -> None:
        terms.add(term, weight @ derivative, (slope * derivative).sum(axis=0))

    def book_gain(term: Term, won: Floats) -> None:
        book(term, won - p * won.sum(axis=1, keepdims=True))

    by_scenario = pi.transpose(1, 2, 0)
    book(EXPECTED_CHANGE, np.matmul(flow.chain, by_scenario).sum(axis=0).T)
    expected = np.matmul(flow.rates, by_scenario) + flow.aftershocks.rates(length * _NODES, by_scenario)  # (S, I, 4)
    for i in np.nonzero(flow.hazard)[0]:
        book_gain(("silence", int(i)), -flow.hazard[i] * expected[:, i].T)
    for m, gain in flow.imprecise.items():
        book_gain(("imprecise evidence", m), (pi * gain).sum(axis=2))


def _apply_jumps(joint: Floats, ratios: dict[Term, Floats], terms: Contributions, seed: int) -> Floats:
    """Book the jumps of one day's observations and given factors, each with its ratios (S, D)."""
    if ratios and len(ratios) <= EXACT_ORDERS:
        _book_all_orders(joint, list(ratios), list(ratios.values()), terms)
    elif ratios:
        _book_seeded_orders(joint, list(ratios), list(ratios.values()), terms, np.random.default_rng(seed))
    return _after(joint, list(ratios.values()))


def _book_all_orders(joint: Floats, jumps: list[Term], ratios: list[Floats], terms: Contributions) -> None:
    """Every order of the day's jumps, through the beliefs after each subset of them."""
    count = len(ratios)
    subsets = [frozenset(s) for size in range(count + 1) for s in itertools.combinations(range(count), size)]
    beliefs = {subset: _after(joint, [ratios[k] for k in sorted(subset)]).sum(axis=1) for subset in subsets}
    for before in subsets:
        for k in set(range(count)) - before:
            weight = 1.0 / (count * math.comb(count - 1, len(before)))
            probs, decibans = jump(beliefs[before], beliefs[before | {k}])
            terms.add(jumps[k], weight * probs, weight * decibans)


def _book_seeded_orders(
    joint: Floats, jumps: list[Term], ratios: list[Floats], terms: Contributions, rng: np.random.Generator
) -> None:
    """Some orders drawn at random; each by itself adds up to the day's whole jump."""
    orders = max(LEAST_ORDERS, SEEDED_STEPS // len(ratios))
    for _ in range(orders):
        state, before = joint, joint.sum(axis=1)
        for k in rng.permutation(len(ratios)):
            state = _scaled(state * ratios[k])
            after = state.sum(axis=1)
            probs, decibans = jump(before, after)
            terms.add(jumps[k], probs / orders, decibans / orders)
            before = after


def _after(joint: Floats, ratios: list[Floats]) -> Floats:
    for ratio in ratios:
        joint = _scaled(joint * ratio)
    return joint


def _scenarios_first(rates: Floats) -> Floats:
    """(D, I, S) -> (S, I, D)."""
    return np.ascontiguousarray(rates.transpose(2, 1, 0))


def _log_ratio(spec: ModelSpec, rates: Floats, evidence: Evidence, m: int, received: Floats) -> Floats:
    """(S, D) log[(1 - w) + w prod((lambda + h) / rho)] of observation ``m``; ``received`` (N, D) holds h."""
    product = np.ones((rates.shape[0], rates.shape[2]))
    for entry in range(evidence.obs_ptr[m], evidence.obs_ptr[m + 1]):
        i = evidence.obs_indicators[entry]
        product = product * (rates[:, i] + received[entry]) / spec.reference_rates[i]
    weight = evidence.obs_weight[m]
    return np.asarray(np.log(1 - weight + weight * product))


def _scaled(joint: Floats) -> Floats:
    return np.asarray(joint / joint.sum())


def _log_odds(p: Floats) -> Floats:
    p = np.clip(p, _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(p) - np.log1p(-p))


def replay(
    believer: Believer, evidence: Evidence, late: list[int], without: JointState
) -> list[tuple[int, Floats, Floats]]:
    """Fold in observations that became known late, one by one in the given order, by filtering anew each time.

    ``evidence`` holds all of them, and ``without`` is the joint state at its end that knows none. Gives (observation,
    change in probability, change in decibans) for each.
    """
    missing = set(late)
    before = without.mean
    result = []
    for m in late:
        missing.discard(m)
        after = believer.believe(evidence.without(missing))[0].mean
        result.append((m, *jump(before, after)))
        before = after
    return result
