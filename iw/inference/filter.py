"""The exact filter over many draws: belief and log-likelihood of every draw in one pass.

The definition is in `iw.inference.reference`. Between two stops (observations, regime changes, wanted days) the day
operator A is constant, so ``n`` days are one product v exp(n A). Within a regime exp(A), exp(2 A), exp(4 A), ... are
made once, when first needed, each the square of the one before, and a gap takes those of the binary digits of n: two or
three small products a gap.

Nothing cancels: with ``lo`` the smallest diagonal entry of A, B = A - lo I has no negative entry, exp(n A) =
exp(n lo) exp(n B), and every term of the series and of the squares is non-negative. Squaring doubles the relative error
of every entry, so 4,096 days cost 12 of 52 bits, which leaves 1e-12. Where n ||B|| > `_REACH`, exp(n B) may leave the
range of a double: such a draw crosses the gap alone, through row-wise scaled squares, which have no such limit.

Draws are innermost (blocks of `BLOCK`), so the compiler turns every inner loop into vector instructions. (To compile
anew for each number of scenarios, so that the short loops unroll too, gains a tenth and costs five seconds each.)
Every `CHECKPOINT_DAYS` days from the start there is a stop and the norms are booked, so that a filter that starts from
the state on such a day ends with the same bits as one that starts at the beginning.

Aftershocks enter by what each observation receives of them, and by their compensator, which is the same in every
scenario: it is kept apart from the chain's own log-likelihood, and subtracted from it in the end.

There is no sum across draws and no fast-math, and whatever is decided (halvings, booking, who goes alone) is decided
for each draw by its own numbers: a draw's result does not depend, bit for bit, on its neighbours, block or thread.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from iw.core.errors import InferenceError
from iw.inference.aftershocks import Knots, block_aftershocks
from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, Ints, ModelSpec
from iw.inference.matrices import (
    BLOCK,
    advance_alone,
    digits,
    draws_innermost,
    exponential,
    product,
    take_lowest_out,
    transition,
)

CHECKPOINT_DAYS = 64  # a power of two, so that most gaps between stops take few products
_REACH = 200.0  # largest n ||B|| of the common way: exp(200) and a day's ratios stay in range
_IN_RANGE = 1e100  # the product of norms is booked when it leaves 1e-100 .. 1e100
_THREADS = 2


@dataclass(frozen=True)
class FilterState:
    """What the filter knows after ``day`` days, for each draw."""

    day: int
    chain: Floats  # (D,) log-likelihood but for the compensator
    compensator: Floats  # (D,) of aftershocks
    probs: Floats  # (D, S) filtered: evidence up to and including the end of that day

    @property
    def log_likelihood(self) -> Floats:
        """(D,) of all evidence up to the end of that day."""
        return self.chain - self.compensator


@dataclass(frozen=True)
class Filtered:
    """What the filter knows at each wanted day, for each draw."""

    days: Ints  # (K,) number of days elapsed
    chain: Floats  # (K, D) log-likelihood but for the compensator
    compensator: Floats  # (K, D)
    probs: Floats  # (K, D, S)

    @property
    def log_likelihood(self) -> Floats:
        """(K, D) of all evidence up to the end of each day."""
        return self.chain - self.compensator

    def state(self, day: int) -> FilterState:
        """The state after ``day`` days, one of those wanted; a copy, so that the other days can be forgotten."""
        k = int(np.searchsorted(self.days, day))
        return FilterState(day, self.chain[k].copy(), self.compensator[k].copy(), self.probs[k].copy())


class DrawFilter:
    """The filter over one set of draws; keeps their rates and generators in the kernel's layout."""

    def __init__(self, spec: ModelSpec, draws: Draws) -> None:
        self.spec, self.draws = spec, draws
        self._live: NDArray[np.bool_] | None = None
        self._blocks: list[tuple[slice, Floats, Floats]] = []

    def _laid_out(self, evidence: Evidence) -> list[tuple[slice, Floats, Floats]]:
        """Blocks of draws with their rates and generators; the rates depend on which families have aftershocks."""
        if self._live is None or not np.array_equal(self._live, evidence.live):
            rates, generators = self.draws.rates(self.spec, evidence), self.draws.generators()
            blocks = [slice(first, first + BLOCK) for first in range(0, len(self.draws), BLOCK)]
            self._blocks = [(one, draws_innermost(rates[one]), draws_innermost(generators[one])) for one in blocks]
            self._live = evidence.live
        return self._blocks

    def run(
        self,
        evidence: Evidence,
        days: Ints | None = None,
        start: FilterState | None = None,
        threads: int = _THREADS,
    ) -> Filtered:
        """The state at each of ``days`` (elapsed, rising; default: at the end only).

        ``start`` is a state on a multiple of `CHECKPOINT_DAYS`, before the end, under evidence that is the same up to
        that day. Raises `InferenceError` naming the event that no scenario can explain.
        """
        first = start.day if start else 0
        wanted = np.array([evidence.days], np.int64) if days is None else np.asarray(days, np.int64)
        if np.any(np.diff(wanted) < 0) or (len(wanted) and (wanted[0] < first or wanted[-1] > evidence.days)):
            raise ValueError("the wanted days must rise and lie within the evidence")
        if start and (first % CHECKPOINT_DAYS or first >= evidence.days):
            raise ValueError("a filter resumes on a checkpoint before the end of the evidence")
        shape = (len(wanted), len(self.draws), len(self.spec.scenarios))
        chain, compensator, probs = np.empty(shape[:2]), np.empty(shape[:2]), np.empty(shape)
        knots, branching, decay_days = Knots.of(self.spec, evidence), self.draws.branching, self.draws.decay_days
        before = np.zeros(shape[1]) if start is None else start.chain
        at_first = np.broadcast_to(self.spec.prior_probs, shape[1:]) if start is None else start.probs

        def run(block: tuple[slice, Floats, Floats]) -> int:
            own, rates, generators = block
            received, compensator[:, own] = block_aftershocks(branching[own], decay_days[own], *knots, wanted)
            failed, chain[:, own], by_scenario = _filter_block(
                rates,
                generators,
                received,
                np.int64(first),
                before[own],
                np.ascontiguousarray(at_first[own].T),
                self.spec.reference_rates,
                evidence.breaks,
                evidence.coverage,
                evidence.spread,
                evidence.dated,
                evidence.obs_day,
                evidence.obs_weight,
                evidence.obs_ptr,
                evidence.obs_indicators,
                evidence.given_day,
                evidence.given_ratio,
                wanted,
            )
            probs[:, own] = by_scenario.transpose(0, 2, 1)
            return int(failed)

        with ThreadPoolExecutor(max(1, threads)) as pool:
            failures = [obs for obs in pool.map(run, self._laid_out(evidence)) if obs >= 0]
        if failures:
            raise _unexplained(min(failures), evidence)
        return Filtered(wanted, chain, compensator, probs)


def filter_draws(
    spec: ModelSpec, draws: Draws, evidence: Evidence, days: Ints | None = None, threads: int = _THREADS
) -> Filtered:
    """Filter every draw once; give the state at each of ``days`` as `DrawFilter.run` does."""
    return DrawFilter(spec, draws).run(evidence, days, threads=threads)


def _unexplained(obs: int, evidence: Evidence) -> InferenceError:
    given = obs - len(evidence.obs_ids) - 1
    if given >= 0:
        return InferenceError(
            f"No scenario can explain {evidence.given_ids[given]} under at least one draw of the parameters.",
            "It leaves a chance only to scenarios that are impossible by then: look at what it says, and at its date.",
        )
    name = ", ".join(evidence.obs_ids[obs]) if obs < len(evidence.obs_ids) else "the silence"
    return InferenceError(
        f"No scenario can explain {name} under at least one draw of the parameters.",
        "Check its grade (a weight of 1 leaves no room for error) and the rates of its indicator.",
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _filter_block(  # type: ignore[no-untyped-def]  # compiled; shapes are in the module's docstring and arrays.py
    rates,
    generators,
    received,
    day,
    before,
    at_first,
    reference_rates,
    breaks,
    coverage,
    spread,
    dated,
    obs_day,
    obs_weight,
    obs_ptr,
    obs_indicators,
    given_day,
    given_ratio,
    wanted,
):
    """One block of draws; rates (I, S, B), generators (S, S, B), aftershocks that each piece of an observation
    received (N, B); from ``day`` on with the state at_first (S, B).

    Gives -1 or what failed (an observation, the silence as number M, or the given factors from M + 1 on),
    log-likelihoods (K, B) and probabilities (K, S, B).
    """
    count, lanes = at_first.shape
    log_likelihood = np.empty((wanted.shape[0], lanes))
    probs = np.empty((wanted.shape[0], count, lanes))
    total = before.copy()
    scaled = np.ones(lanes)  # product of the norms not yet booked in `total`
    norm = np.empty(lanes)
    state, other = at_first.copy(), np.empty((count, lanes))
    ratio = np.empty((count, lanes))
    log_spread = np.empty((obs_day.shape[0] - dated, count, lanes))
    for m in range(dated, obs_day.shape[0]):
        _ratios(m, rates, received, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio)
        for s in range(count):
            for b in range(lanes):
                log_spread[m - dated, s, b] = np.log(ratio[s, b])
                if not np.isfinite(log_spread[m - dated, s, b]):
                    return m, log_likelihood, probs
    operator = np.empty((count, count, lanes))
    lowest = np.empty(lanes)
    norms = np.empty(lanes)
    powers = np.empty((digits(breaks[-1]), count, count, lanes))
    checkpoint = day + CHECKPOINT_DAYS
    obs, given, out = 0, 0, 0
    while obs < dated and obs_day[obs] < day:
        obs += 1
    while given < given_day.shape[0] and given_day[given] < day:
        given += 1
    for regime in range(breaks.shape[0] - 1):
        if breaks[regime + 1] <= day:
            continue
        if not _regime_operator(
            regime, rates, generators, coverage, spread, dated, log_spread, operator, lowest, norms
        ):
            return obs_day.shape[0], log_likelihood, probs
        made = np.int64(0)  # a bare 0 is a type of its own, for which callees would be compiled again
        end = breaks[regime + 1]
        while day < end:
            stop = min(end, checkpoint)
            if obs < dated and obs_day[obs] + 1 < stop:
                stop = obs_day[obs] + 1
            if given < given_day.shape[0] and given_day[given] + 1 < stop:
                stop = given_day[given] + 1
            if out < wanted.shape[0]:
                stop = min(stop, wanted[out])
            if stop > day:
                made, state, other = _advance(stop - day, operator, lowest, norms, powers, made, state, other, total)
                day = stop
                if not (obs < dated and obs_day[obs] + 1 == day) and not _normalise(state, norm, scaled, total):
                    return obs_day.shape[0], log_likelihood, probs
            while obs < dated and obs_day[obs] + 1 == day:
                _ratios(obs, rates, received, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio)
                for s in range(count):
                    for b in range(lanes):
                        state[s, b] *= ratio[s, b]
                if not _normalise(state, norm, scaled, total):
                    return obs, log_likelihood, probs
                obs += 1
            while given < given_day.shape[0] and given_day[given] + 1 == day:
                for s in range(count):
                    for b in range(lanes):
                        state[s, b] *= given_ratio[given, s]
                if not _normalise(state, norm, scaled, total):
                    return obs_day.shape[0] + 1 + given, log_likelihood, probs
                given += 1
            if day == checkpoint:
                for b in range(lanes):
                    total[b] += np.log(scaled[b])
                    scaled[b] = 1.0
                checkpoint += CHECKPOINT_DAYS
            while out < wanted.shape[0] and wanted[out] == day:
                for b in range(lanes):
                    log_likelihood[out, b] = total[b] + np.log(scaled[b])
                    for s in range(count):
                        probs[out, s, b] = state[s, b]
                out += 1
    return -1, log_likelihood, probs


@njit(cache=True, nogil=True, error_model="numpy")
def _regime_operator(  # type: ignore[no-untyped-def]
    regime, rates, generators, coverage, spread, dated, log_spread, operator, lowest, norms
):
    """Fill B = A - lo I (per day), lo, and the largest row sum of B, for each draw; False if one is not finite."""
    count, lanes = operator.shape[0], operator.shape[2]
    for s in range(count):
        for other in range(count):
            for b in range(lanes):
                operator[s, other, b] = generators[s, other, b]
        for i in range(coverage.shape[1]):
            c = coverage[regime, i]
            if c > 0.0:
                for b in range(lanes):
                    operator[s, s, b] -= c * rates[i, s, b]
        for other in range(count):
            for b in range(lanes):
                operator[s, other, b] /= YEAR_DAYS
        for m in range(log_spread.shape[0]):
            share = spread[regime, dated + m]
            if share > 0.0:
                for b in range(lanes):
                    operator[s, s, b] += share * log_spread[m, s, b]
    take_lowest_out(operator, lowest, norms)
    return np.all(norms < np.inf)


@njit(cache=True, nogil=True, error_model="numpy")
def _ratios(obs, rates, received, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio):  # type: ignore[no-untyped-def]
    """Fill (S, B) with l_m(s) = (1 - w) + w prod_i (lambda[i, s] + h_i) / rho_i."""
    w = obs_weight[obs]
    for s in range(ratio.shape[0]):
        for b in range(ratio.shape[1]):
            ratio[s, b] = w
        for j in range(obs_ptr[obs], obs_ptr[obs + 1]):
            i = obs_indicators[j]
            scale = 1.0 / reference_rates[i]
            for b in range(ratio.shape[1]):
                ratio[s, b] *= (rates[i, s, b] + received[j, b]) * scale
        for b in range(ratio.shape[1]):
            ratio[s, b] += 1.0 - w


@njit(cache=True, nogil=True, error_model="numpy")
def _advance(days, operator, lowest, norms, powers, made, state, other, total):  # type: ignore[no-untyped-def]
    """How many powers are made by now, state exp(days B), not normalised, and an array to spare; days lo is booked."""
    alone = False
    for b in range(state.shape[1]):
        alone = alone or days * norms[b] > _REACH
    start = state.copy() if alone else state
    left, digit = days, 0
    while left > 0:
        if digit == made:
            if digit == 0:
                exponential(operator, norms, powers[0])
            else:
                product(powers[digit - 1], powers[digit - 1], powers[digit])
            made += 1
        if left % 2 == 1:
            transition(state, powers[digit], other)
            state, other = other, state
        left //= 2
        digit += 1
    for b in range(state.shape[1]):
        if days * norms[b] > _REACH:
            total[b] += advance_alone(days, operator, norms[b], start, state, b)
        total[b] += days * lowest[b]
    return made, state, other


@njit(cache=True, nogil=True, error_model="numpy")
def _normalise(state, norms, scaled, total):  # type: ignore[no-untyped-def]
    """Divide by the sums over scenarios (left in ``norms``) and book them; False if a draw has nothing left.

    Logarithms are dear, so the norms are multiplied up, and a draw's product is booked when it leaves the range.
    """
    outside = 0
    for b in range(state.shape[1]):
        norms[b] = state[0, b]
    for s in range(1, state.shape[0]):
        for b in range(state.shape[1]):
            norms[b] += state[s, b]
    for s in range(state.shape[0]):
        for b in range(state.shape[1]):
            state[s, b] /= norms[b]
    for b in range(state.shape[1]):
        product = scaled[b] * norms[b]
        outside += 0 if 1.0 / _IN_RANGE < product < _IN_RANGE else 1
    if outside == 0:
        for b in range(state.shape[1]):
            scaled[b] *= norms[b]
        return True
    for b in range(state.shape[1]):
        if not 0.0 < norms[b] < np.inf:
            return False
        product = scaled[b] * norms[b]
        if 1.0 / _IN_RANGE < product < _IN_RANGE:
            scaled[b] = product
        else:
            total[b] += np.log(scaled[b]) + np.log(norms[b])
            scaled[b] = 1.0
    return True
