"""The log-likelihood of one draw and its exact gradient, from one compiled kernel.

Same definition and same series as `iw.inference.filter`; here one draw at a time, with reverse-mode derivatives:

* the running state is normalised at each step and the norms are booked, so the adjoint vector beta obeys
  beta_before = M^T beta_after / norm with beta = 1 at the end (the sum beta . state stays 1);
* an observation adds beta_s state_s w prod(lambda / rho) / norm to d LL / d log lambda[i, s];
* a gap differentiates its Taylor series term by term: u_k = u_{k-1} B h / k has the adjoint
  a_{k-1} = beta + a_k B^T h / k and d LL / d B += (h / k) u_{k-1} a_k^T. LL does not depend on the shift lo of
  B = A - lo I, so d LL / d A = d LL / d B with lo held fixed. Long gaps with high rates, which a sampler visits in its
  first steps, go through repeated squaring of exp(h B) instead, so that no proposal is slow;
* A's derivatives flow to the rates (silence), to spread observations and to Q, once per regime.

Parameters (all unconstrained but ``stick``): log_rate (I,), log_mult (K,) for the pairs (row, column), log_dwell (S,),
stick (S, S - 2) in (0, 1): the odds of row r over its targets, in order, are y_1, (1 - y_1) y_2, ..., the rest. Arrays
may be longer than the problem needs (padding): what is not used has gradient 0.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.arrays import YEAR_DAYS
from iw.inference.filter import series_order

_MAX_SERIES = 16.0  # days ||B|| up to which a gap is one Taylor series; beyond, repeated squaring is cheaper
_MAX_SIZE = 1e9  # days ||B|| beyond which a sampler's wild proposal is refused (10 years at 1e5 a year are 1e6)


@njit(cache=True, nogil=True, error_model="numpy")
def odds_of_sticks(stick, targets):  # type: ignore[no-untyped-def]
    """(S, S) odds from sticks (S', S' - 2), S' >= S; ``targets[r, j]`` is the j-th that may follow r, or -1."""
    count = targets.shape[0]
    odds = np.zeros((count, count))
    for r in range(count):
        left = 1.0
        for j in range(count - 1):
            target = targets[r, j]
            if target < 0:
                break
            last = j == count - 2 or targets[r, j + 1] < 0
            share = left if last else left * stick[r, j]
            odds[r, target] = share
            left -= share
    return odds


@njit(cache=True, nogil=True, error_model="numpy")
def _stick_gradient(stick, targets, d_odds, out):  # type: ignore[no-untyped-def]
    """Add d LL / d stick to ``out`` given d LL / d odds."""
    count = targets.shape[0]
    for r in range(count):
        number = 0
        while number < count - 1 and targets[r, number] >= 0:
            number += 1
        if number < 2:
            continue
        left = np.empty(number)  # what remains before each break of the stick
        left[0] = 1.0
        for j in range(1, number):
            left[j] = left[j - 1] * (1.0 - stick[r, j - 1])
        d_left = d_odds[r, targets[r, number - 1]]
        for j in range(number - 2, -1, -1):
            d_share = d_odds[r, targets[r, j]]
            out[r, j] += left[j] * (d_share - d_left)
            d_left = stick[r, j] * d_share + (1.0 - stick[r, j]) * d_left


@njit(cache=True, nogil=True, error_model="numpy")
def _log_rates(log_rate, log_mult, fixed, rows, columns):  # type: ignore[no-untyped-def]
    """(I, S) log rates: baseline plus fixed multiplier, plus the free multipliers at their pairs."""
    log_rates = fixed.copy()
    for i in range(fixed.shape[0]):
        for s in range(fixed.shape[1]):
            log_rates[i, s] += log_rate[i]
    for k in range(rows.shape[0]):
        log_rates[rows[k], columns[k]] += log_mult[k]
    return log_rates


@njit(cache=True, nogil=True, error_model="numpy")
def _generator(log_dwell, never_ends, odds):  # type: ignore[no-untyped-def]
    count = odds.shape[0]
    generator = np.zeros((count, count))
    for r in range(count):
        if never_ends[r]:
            continue
        leave = np.exp(-log_dwell[r])
        for c in range(count):
            generator[r, c] = leave * odds[r, c]
        generator[r, r] = -leave
    return generator


@njit(cache=True, nogil=True, error_model="numpy")
def _observation(m, rates, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio, genuine):  # type: ignore[no-untyped-def]
    """Fill ratio (S,) with l_m and genuine (S,) with its part w prod(lambda / rho)."""
    for s in range(ratio.shape[0]):
        genuine[s] = obs_weight[m]
        for j in range(obs_ptr[m], obs_ptr[m + 1]):
            i = obs_indicators[j]
            genuine[s] *= rates[i, s] / reference_rates[i]
        ratio[s] = 1.0 - obs_weight[m] + genuine[s]


@njit(cache=True, nogil=True, error_model="numpy")
def log_likelihood_and_gradient(  # type: ignore[no-untyped-def]
    log_rate,
    log_mult,
    log_dwell,
    stick,
    prior,
    reference_rates,
    fixed,
    rows,
    columns,
    never_ends,
    targets,
    breaks,
    coverage,
    spread,
    obs_day,
    obs_weight,
    obs_ptr,
    obs_indicators,
):
    """LL and d LL / d (log_rate, log_mult, log_dwell, stick); (-inf, zeros) where no scenario explains the evidence
    or a rate is beyond all bounds."""
    d_log_rate = np.zeros_like(log_rate)
    d_log_mult = np.zeros_like(log_mult)
    d_log_dwell = np.zeros_like(log_dwell)
    d_stick = np.zeros_like(stick)
    count, indicators, observations = prior.shape[0], fixed.shape[0], obs_day.shape[0]
    log_rates = _log_rates(log_rate, log_mult, fixed, rows, columns)
    rates = np.exp(log_rates)
    odds = odds_of_sticks(stick, targets)
    generator = _generator(log_dwell, never_ends, odds)

    ratio = np.empty((observations, count))
    genuine = np.empty((observations, count))
    for m in range(observations):
        _observation(m, rates, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio[m], genuine[m])

    # Forward. A step is a gap inside one regime (length > 0) or an observation (length 0, index in `what`).
    regimes = breaks.shape[0] - 1
    dated = 0
    while dated < observations and obs_day[dated] >= 0:
        dated += 1
    limit = regimes + 2 * dated
    what = np.empty(limit, np.int64)
    length = np.empty(limit, np.int64)
    before = np.empty((limit + 1, count))
    norms = np.ones(limit)
    operators = np.empty((regimes, count, count))
    lows = np.empty(regimes)
    sizes = np.empty(regimes)
    state = prior.copy()
    total = 0.0
    steps, obs, day = 0, 0, 0
    for r in range(regimes):
        lows[r], sizes[r] = _operator(r, rates, generator, coverage, spread, ratio, operators[r])
        if not (sizes[r] * (breaks[r + 1] - breaks[r]) < _MAX_SIZE):
            return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick
        while day < breaks[r + 1]:
            stop = breaks[r + 1]
            if obs < dated and obs_day[obs] + 1 < stop:
                stop = obs_day[obs] + 1
            what[steps], length[steps] = r, stop - day
            before[steps] = state
            log_norm = _gap(stop - day, operators[r], sizes[r], state)
            total += log_norm + (stop - day) * lows[r]
            norms[steps] = log_norm
            steps += 1
            day = stop
            while obs < dated and obs_day[obs] + 1 == day:
                what[steps], length[steps] = obs, 0
                before[steps] = state
                norm = 0.0
                for s in range(count):
                    state[s] *= ratio[obs, s]
                    norm += state[s]
                if not (norm > 0.0 and norm < np.inf):
                    return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick
                state /= norm
                total += np.log(norm)
                norms[steps] = norm
                steps += 1
                obs += 1
    if not np.isfinite(total):
        return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick

    # Backward.
    d_log_rates = np.zeros((indicators, count))
    d_log_ratio = np.zeros((observations, count))  # d LL / d log l_m(s)
    d_operators = np.zeros((regimes, count, count))
    beta = np.ones(count)
    for step in range(steps - 1, -1, -1):
        if length[step] > 0:
            r = what[step]
            _gap_adjoint(length[step], operators[r], sizes[r], before[step], beta, d_operators[r])
        else:
            m = what[step]
            for s in range(count):
                d_log_ratio[m, s] += beta[s] * before[step, s] * ratio[m, s] / norms[step]
                beta[s] *= ratio[m, s] / norms[step]

    d_generator = np.zeros((count, count))
    for r in range(regimes):
        for s in range(count):
            for c in range(count):
                d_generator[s, c] += d_operators[r, s, c] / YEAR_DAYS
            held = d_operators[r, s, s]
            for i in range(indicators):
                d_log_rates[i, s] -= coverage[r, i] * rates[i, s] * held / YEAR_DAYS
            for m in range(dated, observations):
                d_log_ratio[m, s] += spread[r, m] * held
    for m in range(observations):
        for s in range(count):
            part = d_log_ratio[m, s] * genuine[m, s] / ratio[m, s]
            for j in range(obs_ptr[m], obs_ptr[m + 1]):
                d_log_rates[obs_indicators[j], s] += part
    for i in range(indicators):
        for s in range(count):
            d_log_rate[i] += d_log_rates[i, s]
    for k in range(rows.shape[0]):
        d_log_mult[k] += d_log_rates[rows[k], columns[k]]
    d_odds = np.zeros((count, count))
    for r in range(count):
        if never_ends[r]:
            continue
        leave = np.exp(-log_dwell[r])
        d_leave = -d_generator[r, r]
        for c in range(count):
            if c != r:
                d_leave += odds[r, c] * d_generator[r, c]
                d_odds[r, c] = leave * d_generator[r, c]
        d_log_dwell[r] = -leave * d_leave
    _stick_gradient(stick, targets, d_odds, d_stick)
    return total, d_log_rate, d_log_mult, d_log_dwell, d_stick


@njit(cache=True, nogil=True, error_model="numpy")
def _operator(r, rates, generator, coverage, spread, ratio, operator):  # type: ignore[no-untyped-def]
    """Fill B = A - lo I of regime r (per day); give lo and the largest row sum of B."""
    count = generator.shape[0]
    low = np.inf
    for s in range(count):
        for c in range(count):
            operator[s, c] = generator[s, c] / YEAR_DAYS
        silence = 0.0
        for i in range(rates.shape[0]):
            silence += coverage[r, i] * rates[i, s]
        operator[s, s] -= silence / YEAR_DAYS
        for m in range(spread.shape[1]):
            if spread[r, m] > 0.0:
                operator[s, s] += spread[r, m] * np.log(ratio[m, s])
        low = min(low, operator[s, s])
    size = 0.0
    for s in range(count):
        operator[s, s] -= low
        size = max(size, operator[s].sum())
    return low, size


@njit(cache=True, nogil=True, error_model="numpy")
def _gap(days, operator, size, state):  # type: ignore[no-untyped-def]
    """state <- state exp(days B), normalised in place; gives the log of the norm."""
    if days * size > _MAX_SERIES:
        powers, log_scale = _powers(days, operator, size)
        state[:] = _product(state.reshape(1, -1), powers[-1])[0]
    else:
        log_scale = 0.0
        terms = _series(state, operator, days, series_order(days * size))
        for s in range(state.shape[0]):
            state[s] = terms[:, s].sum()
    norm = state.sum()
    state /= norm
    return log_scale + np.log(norm)


@njit(cache=True, nogil=True, error_model="numpy")
def _gap_adjoint(days, operator, size, start, beta, d_operator):  # type: ignore[no-untyped-def]
    """Carry beta back over a gap and add d LL / d B; ``start`` is the (normalised) state before it."""
    if days * size > _MAX_SERIES:
        _gap_adjoint_of_powers(days, operator, size, start, beta, d_operator)
        return
    count = start.shape[0]
    order = series_order(days * size)
    terms = _series(start, operator, days, order)
    beta /= terms.sum()
    adjoint, following = beta.copy(), np.empty(count)
    for k in range(order, 0, -1):
        scale = days / k
        for s in range(count):
            following[s] = 0.0
            for c in range(count):
                d_operator[s, c] += scale * terms[k - 1, s] * adjoint[c]
                following[s] += adjoint[c] * operator[s, c]
        for s in range(count):
            adjoint[s] = beta[s] + scale * following[s]
    beta[:] = adjoint


@njit(cache=True, nogil=True, error_model="numpy")
def _gap_adjoint_of_powers(days, operator, size, start, beta, d_operator):  # type: ignore[no-untyped-def]
    """The same through repeated squaring: each power's adjoint is carried down to the first, then through its series.

    The powers' scales are treated as constants: LL books their logarithms, so they cancel exactly.
    """
    count = start.shape[0]
    powers, _ = _powers(days, operator, size)
    last = powers.shape[0] - 1
    row, column = start.reshape(1, -1), beta.reshape(-1, 1)
    beta /= _product(row, powers[last]).sum()
    d_power = _product(row.T, column.T)
    column[:] = _product(powers[last], column)
    for j in range(last, 0, -1):
        power = powers[j - 1]
        scale = _product(power, power).max()
        d_power = (_product(d_power, power.T) + _product(power.T, d_power)) / scale
    step = days / 2.0**last
    order = series_order(step * size)
    terms = np.empty((order + 1, count, count))
    terms[0] = np.eye(count)
    for k in range(1, order + 1):
        terms[k] = _product(terms[k - 1], operator) * (step / k)
    d_power /= terms.sum(axis=0).max()
    adjoint = d_power.copy()
    for k in range(order, 0, -1):
        d_operator += (step / k) * _product(terms[k - 1].T, adjoint)
        adjoint = d_power + (step / k) * _product(adjoint, operator.T)


@njit(cache=True, nogil=True, error_model="numpy")
def _powers(days, operator, size):  # type: ignore[no-untyped-def]
    """(J + 1, S, S): exp(days B / 2^J) and its squarings up to exp(days B), each over its maximum; log of scale."""
    count = operator.shape[0]
    squarings = int(np.ceil(np.log2(days * size / 4.0)))
    step = days / 2.0**squarings
    powers = np.empty((squarings + 1, count, count))
    term = np.eye(count)
    total = np.eye(count)
    for k in range(1, series_order(step * size) + 1):
        term = _product(term, operator) * (step / k)
        total += term
    scale = total.max()
    powers[0] = total / scale
    log_scale = np.log(scale)
    for j in range(squarings):
        square = _product(powers[j], powers[j])
        scale = square.max()
        powers[j + 1] = square / scale
        log_scale = 2.0 * log_scale + np.log(scale)
    return powers, log_scale


@njit(cache=True, nogil=True, error_model="numpy")
def _product(left, right):  # type: ignore[no-untyped-def]
    """left @ right in plain loops: a call into a threaded BLAS costs a thousand times such a small product."""
    result = np.zeros((left.shape[0], right.shape[1]))
    for a in range(left.shape[0]):
        for b in range(left.shape[1]):
            for c in range(right.shape[1]):
                result[a, c] += left[a, b] * right[b, c]
    return result


@njit(cache=True, nogil=True, error_model="numpy")
def _series(state, operator, step, order):  # type: ignore[no-untyped-def]
    """(order + 1, S) the terms of state exp(step B)."""
    count = state.shape[0]
    terms = np.empty((order + 1, count))
    terms[0] = state
    for k in range(1, order + 1):
        for c in range(count):
            terms[k, c] = 0.0
            for s in range(count):
                terms[k, c] += terms[k - 1, s] * operator[s, c]
            terms[k, c] *= step / k
    return terms
