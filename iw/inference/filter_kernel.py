"""The kernel of the filter, for one block of draws.

Between two stops (observations, regime changes, wanted days) the day operator A is constant, so ``n`` days are one
product v exp(n A). Within a regime exp(A), exp(2 A), exp(4 A), ... are made once, when first needed, each the square of
the one before, and a gap takes those of the binary digits of n: two or three small products a gap.

Nothing cancels: with ``lo`` the smallest diagonal entry of A, B = A - lo I has no negative entry, exp(n A) =
exp(n lo) exp(n B), and every term of the series and of the squares is non-negative. Squaring doubles the relative error
of every entry, so 4,096 days cost 12 of 52 bits, which leaves 1e-12. Where n ||B|| > `_REACH`, exp(n B) may leave the
range of a double: such a draw crosses the gap alone, through row-wise scaled squares, which have no such limit.

Draws are innermost (blocks of `BLOCK`), so the compiler turns every inner loop into vector instructions. (To compile
anew for each number of scenarios, so that the short loops unroll too, gains a tenth and costs five seconds each.)

The state is divided by its sum, and the logarithm of that booked, only where the sum leaves the range, on wanted days,
and every `CHECKPOINT_DAYS` days from the start: so a filter that starts from the state on such a day ends with the same
bits as one that starts at the beginning.

There is no sum across draws and no fast-math, and whatever is decided (halvings, booking, who goes alone) is decided
for each draw by its own numbers: a draw's result does not depend, bit for bit, on its neighbours, block or thread.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.arrays import YEAR_DAYS
from iw.inference.drift import go_to_month
from iw.inference.matrices import advance_alone, digits, exponential, product, take_lowest_out, transition

CHECKPOINT_DAYS = 64  # a power of two, so that most gaps between stops take few products
_REACH = 200.0  # largest n ||B|| of the common way: exp(200) and a day's ratios stay in range
_IN_RANGE = 1e30  # a state's sum is booked when it leaves 1e-30 .. 1e30


@njit(cache=True, nogil=True, error_model="numpy")
def filter_block(  # type: ignore[no-untyped-def]  # compiled; shapes are in the module's docstring and arrays.py
    rates,
    log_drift,
    generators,
    received,
    day,
    before,
    at_first,
    reference_rates,
    breaks,
    month,
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
    """One block of draws; rates (I, S, B), log drift (I, Y + 1, B), generators (S, S, B), aftershocks that each piece
    of an observation received (N, B; one row of zeros where no family has any), ratios of given factors (G, S, B); from
    ``day`` on with the state at_first (S, B).

    Gives -1 or what failed (an observation, the silence as number M, or the given factors from M + 1 on),
    log-likelihoods (K, B) and probabilities (K, S, B).
    """
    count, lanes = at_first.shape
    log_likelihood = np.empty((wanted.shape[0], lanes))
    probs = np.empty((wanted.shape[0], count, lanes))
    total = before.copy()
    sums = np.empty(lanes)
    state, other = at_first.copy(), np.empty((count, lanes))
    ratio = np.empty((count, lanes))
    log_spread = np.empty((obs_day.shape[0] - dated, count, lanes))
    spread_month = np.full(obs_day.shape[0] - dated, -1)  # the month for whose rates `log_spread` holds
    factor, pace = np.ones((rates.shape[0], lanes)), np.ones((rates.shape[0], lanes))
    now = np.int64(-1)  # the month for which `factor` holds
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
        if log_drift.shape[1] > 1 and month[regime] != now:
            go_to_month(month[regime], now, log_drift, factor, pace)
        now = month[regime]
        for m in range(dated, obs_day.shape[0]):
            if spread[regime, m] > 0.0 and spread_month[m - dated] != now:
                _ratios(m, rates, factor, received, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio)
                spread_month[m - dated] = now
                if not _logs(ratio, log_spread[m - dated]):
                    return m, log_likelihood, probs
        if not _regime_operator(
            regime, rates, factor, generators, coverage, spread, dated, log_spread, operator, lowest, norms
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
                if not (obs < dated and obs_day[obs] + 1 == day) and not _keep_in_range(state, sums, total):
                    return obs_day.shape[0], log_likelihood, probs
            while obs < dated and obs_day[obs] + 1 == day:
                _ratios(obs, rates, factor, received, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio)
                for s in range(count):
                    for b in range(lanes):
                        state[s, b] *= ratio[s, b]
                if not _keep_in_range(state, sums, total):
                    return obs, log_likelihood, probs
                obs += 1
            while given < given_day.shape[0] and given_day[given] + 1 == day:
                for s in range(count):
                    for b in range(lanes):
                        state[s, b] *= given_ratio[given, s, b]
                if not _keep_in_range(state, sums, total):
                    return obs_day.shape[0] + 1 + given, log_likelihood, probs
                given += 1
            if day == checkpoint or (out < wanted.shape[0] and wanted[out] == day):
                _sums(state, sums)
                for b in range(lanes):
                    _book(state, sums, total, b)
            if day == checkpoint:
                checkpoint += CHECKPOINT_DAYS
            while out < wanted.shape[0] and wanted[out] == day:
                for b in range(lanes):
                    log_likelihood[out, b] = total[b]
                    for s in range(count):
                        probs[out, s, b] = state[s, b]
                out += 1
    return -1, log_likelihood, probs


@njit(cache=True, nogil=True, error_model="numpy")
def _regime_operator(  # type: ignore[no-untyped-def]
    regime, rates, factor, generators, coverage, spread, dated, log_spread, operator, lowest, norms
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
                    operator[s, s, b] -= c * (rates[i, s, b] * factor[i, b])
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
def _ratios(obs, rates, factor, received, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio):  # type: ignore[no-untyped-def]
    """Fill (S, B) with l_m(s) = (1 - w) + w prod_i (lambda[i, s] + h_i) / rho_i, of one indicator or more.

    All is done in one pass over the draws for each indicator, because passes are what costs.
    """
    w = obs_weight[obs]
    first, last = obs_ptr[obs], obs_ptr[obs + 1]
    for s in range(ratio.shape[0]):
        for j in range(first, last):
            i = obs_indicators[j]
            h = j if received.shape[0] > 1 else 0
            rest = 1.0 - w if j + 1 == last else 0.0
            if j == first:
                scale = w / reference_rates[i]
                for b in range(ratio.shape[1]):
                    ratio[s, b] = rest + scale * (rates[i, s, b] * factor[i, b] + received[h, b])
            else:
                scale = 1.0 / reference_rates[i]
                for b in range(ratio.shape[1]):
                    ratio[s, b] = rest + ratio[s, b] * (scale * (rates[i, s, b] * factor[i, b] + received[h, b]))


@njit(cache=True, nogil=True, error_model="numpy")
def _logs(ratio, result):  # type: ignore[no-untyped-def]
    """result <- log ratio; False if one is not finite."""
    finite = True
    for s in range(ratio.shape[0]):
        for b in range(ratio.shape[1]):
            result[s, b] = np.log(ratio[s, b])
            finite = finite and np.isfinite(result[s, b])
    return finite


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
def _keep_in_range(state, sums, total):  # type: ignore[no-untyped-def]
    """Book the sums over scenarios (left in ``sums``) that leave the range; False if a draw has nothing left.

    Divisions and logarithms are dear, and few sums leave the range before they are booked anyway.
    """
    _sums(state, sums)
    outside = 0
    for b in range(state.shape[1]):
        outside += 0 if 1.0 / _IN_RANGE < sums[b] < _IN_RANGE else 1
    if outside == 0:
        return True
    for b in range(state.shape[1]):
        if not 0.0 < sums[b] < np.inf:
            return False
        if not 1.0 / _IN_RANGE < sums[b] < _IN_RANGE:
            _book(state, sums, total, b)
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _sums(state, sums):  # type: ignore[no-untyped-def]
    """sums <- those over scenarios, for each draw; four terms at once, as in a transition."""
    count, lanes = state.shape
    done = 4 if count >= 4 else 1
    if count >= 4:
        for b in range(lanes):
            sums[b] = state[0, b] + state[1, b] + state[2, b] + state[3, b]
    else:
        for b in range(lanes):
            sums[b] = state[0, b]
    for s in range(done, count):
        for b in range(lanes):
            sums[b] += state[s, b]


@njit(cache=True, nogil=True, error_model="numpy")
def _book(state, sums, total, b):  # type: ignore[no-untyped-def]
    """Divide the state of one draw by its sum, and book its logarithm."""
    total[b] += np.log(sums[b])
    for s in range(state.shape[0]):
        state[s, b] /= sums[b]
