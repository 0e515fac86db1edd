"""The exact filter over many draws: belief and log-likelihood of every draw in one pass.

The definition is in `iw.inference.reference`. The pass condenses what the reference spells out: between two stops
(observations, regime changes, wanted days) the day operator A is constant, so ``n`` days are one product v exp(n A).
It is computed as a Taylor series on v (never a matrix power): with ``lo`` the smallest diagonal entry of A,
B = A - lo I has no negative entry, v exp(n A) = exp(n lo) v exp(n B), and every term of the series is non-negative, so
nothing cancels and small components keep their relative accuracy. Steps with n ||B|| > 8 are divided.

Draws are innermost (blocks of `BLOCK`), so the compiler turns every inner loop into vector instructions; there is no
sum across draws and no fast-math, so a draw's result does not depend on its neighbours, the block or the thread.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit

from iw.core.errors import InferenceError
from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, Ints, ModelSpec

BLOCK = 32
_MAX_STEP = 8.0  # largest n ||B|| of one Taylor series: below e^8 the running sum stays in range
_TAIL = 1e-17  # a series ends when the bound on its next term falls below this
_THREADS = 2


@dataclass(frozen=True)
class Filtered:
    """What the filter knows at each wanted day, for each draw."""

    days: Ints  # (K,) number of days elapsed
    log_likelihood: Floats  # (K, D)
    probs: Floats  # (K, D, S) filtered: evidence up to and including the end of that day


def filter_draws(
    spec: ModelSpec, draws: Draws, evidence: Evidence, days: Ints | None = None, threads: int = _THREADS
) -> Filtered:
    """Filter every draw; give the state at each of ``days`` (elapsed, rising; default: at the end only).

    Raises `InferenceError` naming the event that no scenario can explain.
    """
    wanted = np.array([evidence.days], np.int64) if days is None else np.asarray(days, np.int64)
    if np.any(np.diff(wanted) < 0) or (len(wanted) and (wanted[0] < 0 or wanted[-1] > evidence.days)):
        raise ValueError("the wanted days must rise and lie within the evidence")
    count, scenarios = len(draws), len(spec.scenarios)
    blocks = -(-count // BLOCK)
    rates = _draws_innermost(draws.rates(), blocks)
    generators = _draws_innermost(draws.generators(), blocks)
    log_likelihood = np.empty((blocks, len(wanted), BLOCK))
    probs = np.empty((blocks, len(wanted), scenarios, BLOCK))
    failed = np.full(blocks, -1, np.int64)
    data = (
        spec.prior_probs,
        spec.reference_rates,
        evidence.breaks,
        evidence.coverage,
        evidence.spread,
        evidence.dated,
        evidence.obs_day,
        evidence.obs_weight,
        evidence.obs_ptr,
        evidence.obs_indicators,
        wanted,
    )

    def run(first: int, last: int) -> None:
        for b in range(first, last):
            failed[b] = _filter_block(rates[b], generators[b], *data, log_likelihood[b], probs[b])

    edges = np.linspace(0, blocks, min(threads, blocks) + 1).astype(int)
    with ThreadPoolExecutor(max(1, threads)) as pool:
        list(pool.map(run, edges[:-1], edges[1:]))
    _explain_failure(int(failed.max()), evidence)
    return Filtered(
        wanted,
        log_likelihood.transpose(1, 0, 2).reshape(len(wanted), -1)[:, :count],
        probs.transpose(1, 0, 3, 2).reshape(len(wanted), -1, scenarios)[:, :count],
    )


def _draws_innermost(array: Floats, blocks: int) -> Floats:
    """(D, X, Y) -> (blocks, X, Y, BLOCK); the last block is filled up with copies of the last draw."""
    padded = np.concatenate([array, np.repeat(array[-1:], blocks * BLOCK - len(array), axis=0)])
    return np.ascontiguousarray(padded.reshape(blocks, BLOCK, *array.shape[1:]).transpose(0, 2, 3, 1))


def _explain_failure(obs: int, evidence: Evidence) -> None:
    if obs < 0:
        return
    name = ", ".join(evidence.obs_ids[obs]) if obs < len(evidence.obs_ids) else "the silence since the last event"
    raise InferenceError(
        f"No scenario can explain {name} under at least one draw of the parameters.",
        "Check its grade (a weight of 1 leaves no room for error) and the rates of its indicator.",
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _filter_block(  # type: ignore[no-untyped-def]  # compiled; shapes are in the module's docstring and arrays.py
    rates,
    generators,
    prior,
    reference_rates,
    breaks,
    coverage,
    spread,
    dated,
    obs_day,
    obs_weight,
    obs_ptr,
    obs_indicators,
    wanted,
    log_likelihood,
    probs,
):
    """One block of draws; rates (I, S, B), generators (S, S, B). Gives -1, or the observation that failed."""
    count = prior.shape[0]
    state = np.empty((count, BLOCK))
    scaled = np.ones(BLOCK)  # product of the norms since `total` was last brought up to date
    total = np.zeros(BLOCK)
    operator = np.empty((count, count, BLOCK))
    lowest = np.empty(BLOCK)
    term = np.empty((count, BLOCK))
    following = np.empty((count, BLOCK))
    ratio = np.empty((count, BLOCK))
    for s in range(count):
        state[s, :] = prior[s]
    obs, out, day = 0, 0, 0
    out = _write(out, day, wanted, state, scaled, total, log_likelihood, probs)
    for regime in range(breaks.shape[0] - 1):
        norm = _regime_operator(
            regime,
            rates,
            generators,
            reference_rates,
            coverage,
            spread,
            obs_weight,
            obs_ptr,
            obs_indicators,
            ratio,
            operator,
            lowest,
        )
        end = breaks[regime + 1]
        while day < end:
            stop = end
            if obs < dated and obs_day[obs] + 1 < stop:
                stop = obs_day[obs] + 1
            if out < wanted.shape[0] and wanted[out] < stop:
                stop = wanted[out]
            if not _advance(stop - day, norm, operator, lowest, state, term, following, scaled, total):
                return obs if obs < dated else obs_day.shape[0]
            day = stop
            while obs < dated and obs_day[obs] + 1 == day:
                _ratios(obs, rates, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio)
                for s in range(count):
                    for b in range(BLOCK):
                        state[s, b] *= ratio[s, b]
                if not _normalise(state, scaled, total):
                    return obs
                obs += 1
            out = _write(out, day, wanted, state, scaled, total, log_likelihood, probs)
    return -1


@njit(cache=True, nogil=True, error_model="numpy")
def _regime_operator(  # type: ignore[no-untyped-def]
    regime,
    rates,
    generators,
    reference_rates,
    coverage,
    spread,
    obs_weight,
    obs_ptr,
    obs_indicators,
    ratio,
    operator,
    lowest,
):
    """Fill B = A - lo I (per day) and lo; give the largest row sum of B over the block."""
    count = operator.shape[0]
    for s in range(count):
        for b in range(BLOCK):
            operator[s, s, b] = generators[s, s, b]
        for i in range(coverage.shape[1]):
            c = coverage[regime, i]
            if c > 0.0:
                for b in range(BLOCK):
                    operator[s, s, b] -= c * rates[i, s, b]
        for b in range(BLOCK):
            operator[s, s, b] /= YEAR_DAYS
        for other in range(count):
            if other != s:
                for b in range(BLOCK):
                    operator[s, other, b] = generators[s, other, b] / YEAR_DAYS
    for m in range(spread.shape[1]):
        share = spread[regime, m]
        if share > 0.0:
            _ratios(m, rates, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio)
            for s in range(count):
                for b in range(BLOCK):
                    operator[s, s, b] += share * np.log(ratio[s, b])
    norm = 0.0
    for b in range(BLOCK):
        lowest[b] = operator[0, 0, b]
    for s in range(1, count):
        for b in range(BLOCK):
            lowest[b] = min(lowest[b], operator[s, s, b])
    for s in range(count):
        for b in range(BLOCK):
            operator[s, s, b] -= lowest[b]
        for b in range(BLOCK):
            row = 0.0
            for other in range(count):
                row += operator[s, other, b]
            norm = max(norm, row)
    return norm


@njit(cache=True, nogil=True, error_model="numpy")
def _ratios(obs, rates, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio):  # type: ignore[no-untyped-def]
    """Fill (S, B) with l_m(s) = (1 - w) + w prod_i lambda[i, s] / rho_i."""
    w = obs_weight[obs]
    for s in range(ratio.shape[0]):
        for b in range(BLOCK):
            ratio[s, b] = w
        for j in range(obs_ptr[obs], obs_ptr[obs + 1]):
            i = obs_indicators[j]
            scale = 1.0 / reference_rates[i]
            for b in range(BLOCK):
                ratio[s, b] *= rates[i, s, b] * scale
        for b in range(BLOCK):
            ratio[s, b] += 1.0 - w


@njit(cache=True, nogil=True, error_model="numpy")
def _advance(days, norm, operator, lowest, state, term, following, scaled, total):  # type: ignore[no-untyped-def]
    """state <- state exp(days A), normalised; False if nothing is left of it."""
    count = state.shape[0]
    if not norm < np.inf:
        return False
    parts = max(int(np.ceil(days * norm / _MAX_STEP)), 1)
    step = days / parts
    order = series_order(step * norm)
    for _ in range(parts):
        for s in range(count):
            for b in range(BLOCK):
                term[s, b] = state[s, b]
        for k in range(1, order + 1):
            scale = step / k
            for other in range(count):
                for b in range(BLOCK):
                    following[other, b] = term[0, b] * operator[0, other, b]
                for s in range(1, count):
                    for b in range(BLOCK):
                        following[other, b] += term[s, b] * operator[s, other, b]
            for s in range(count):
                for b in range(BLOCK):
                    term[s, b] = following[s, b] * scale
                    state[s, b] += term[s, b]
        if not _normalise(state, scaled, total):
            return False
    for b in range(BLOCK):
        total[b] += days * lowest[b]
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def series_order(size):  # type: ignore[no-untyped-def]
    """Terms of exp's series until size^k / k! < 1e-17."""
    bound, order = 1.0, 0
    while bound > _TAIL:
        order += 1
        bound *= size / order
    return order


@njit(cache=True, nogil=True, error_model="numpy")
def _normalise(state, scaled, total):  # type: ignore[no-untyped-def]
    """Divide by the sums over scenarios and book them; logarithms are taken only when the product nears its range."""
    small, large = 1e300, 0.0
    for b in range(BLOCK):
        norm = state[0, b]
        for s in range(1, state.shape[0]):
            norm += state[s, b]
        if not (norm > 0.0 and norm < np.inf):
            return False
        inverse = 1.0 / norm
        for s in range(state.shape[0]):
            state[s, b] *= inverse
        scaled[b] *= norm
        small = min(small, scaled[b])
        large = max(large, scaled[b])
    if small < 1e-140 or large > 1e140:
        for b in range(BLOCK):
            total[b] += np.log(scaled[b])
            scaled[b] = 1.0
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _write(out, day, wanted, state, scaled, total, log_likelihood, probs):  # type: ignore[no-untyped-def]
    while out < wanted.shape[0] and wanted[out] == day:
        for b in range(BLOCK):
            log_likelihood[out, b] = total[b] + np.log(scaled[b])
        for s in range(state.shape[0]):
            for b in range(BLOCK):
                probs[out, s, b] = state[s, b]
        out += 1
    return out
