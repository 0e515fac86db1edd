"""The log-likelihood of one draw and its exact gradient, from one compiled kernel.

Same definition and same powers as `iw.inference.filter`; here one draw at a time, with reverse-mode derivatives. In
each regime, exp(h B) and its squares are made once: h is a day, or a fraction of it that makes h ||B|| small. A gap
takes the squares of its binary digits. Power j is kept as diag(exp(g_j)) P_j; g_j is 0 until the entries near the
range of a double, and from then on the rows of P_j sum to 1. So a gap of any length at any rate, which a sampler
visits in its first steps, costs some thirty small products and no component is lost.

* The running state is normalised at each step and the norms are booked, so the adjoint vector beta obeys beta_before
  = M beta_after / norm with beta = 1 at the end (the sum beta . state stays 1);
* an observation adds beta_s state_s w prod((lambda + h) / rho) / norm, times lambda / (lambda + h) to d LL / d log
  lambda[i, s], times 1 / (lambda + h) to d LL / d h_i;
* aftershocks h and their compensator come with their derivatives in nu and tau (`iw.inference.aftershocks`);
* a gap's step u = v diag(exp(g)) P / norm adds (v exp(g))^T beta / norm to d LL / d P. The scales g are held
  constant: what they take out of P they put back into the norm, so LL does not depend on them, nor on the shift lo of
  B = A - lo I;
* the derivatives of a regime's powers run down through the squares to the first, and through its series to B; those
  of A flow to the rates (silence), to spread observations and to Q, once per regime.

Parameters (all unconstrained but ``stick`` and nu): log_rate (I,), log_mult (K,) for the pairs (row, column), log_dwell
(S,), stick (S, S - 2) in (0, 1): the odds of row r over its targets, in order, are y_1, (1 - y_1) y_2, ..., the rest;
aftershock (2,): nu in (0, 1), and log(tau - `LEAST_DECAY`).
Arrays may be longer than the problem needs (padding): what is not used has gradient 0.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.aftershocks import unit_aftershocks
from iw.inference.arrays import LEAST_DECAY, YEAR_DAYS
from iw.inference.matrices import SERIES_NORM, digits
from iw.inference.powers import largest_scale, powers_adjoint, powers_of, scale_weight

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
def _log_rates(log_rate, log_mult, branching, fixed, rows, columns, followed):  # type: ignore[no-untyped-def]
    """(I, S) log rates, aftershocks left out: baseline plus fixed multiplier, plus the free multipliers."""
    log_rates = fixed.copy()
    for i in range(fixed.shape[0]):
        for s in range(fixed.shape[1]):
            log_rates[i, s] += log_rate[i] + np.log1p(-branching * followed[i])
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
def _observation(m, rates, received, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio, genuine):  # type: ignore[no-untyped-def]
    """Fill ratio (S,) with l_m and genuine (S,) with its part w prod((lambda + h) / rho)."""
    for s in range(ratio.shape[0]):
        genuine[s] = obs_weight[m]
        for j in range(obs_ptr[m], obs_ptr[m + 1]):
            i = obs_indicators[j]
            genuine[s] *= (rates[i, s] + received[j]) / reference_rates[i]
        ratio[s] = 1.0 - obs_weight[m] + genuine[s]


@njit(cache=True, nogil=True, error_model="numpy")
def log_likelihood_and_gradient(  # type: ignore[no-untyped-def]
    log_rate,
    log_mult,
    log_dwell,
    stick,
    aftershock,
    prior,
    reference_rates,
    fixed,
    rows,
    columns,
    followed,
    never_ends,
    targets,
    breaks,
    coverage,
    spread,
    obs_day,
    obs_weight,
    obs_ptr,
    obs_indicators,
    given_day,
    given_ratio,
    ptr,
    day_of_knot,
    gain,
    coverage_of_knot,
    entry_knot,
    entry_same_day,
    entry_share,
):
    """LL and d LL / d (log_rate, log_mult, log_dwell, stick, aftershock); (-inf, zeros) where no scenario explains the
    evidence or a rate is beyond all bounds."""
    d_log_rate = np.zeros_like(log_rate)
    d_log_mult = np.zeros_like(log_mult)
    d_log_dwell = np.zeros_like(log_dwell)
    d_stick = np.zeros_like(stick)
    d_aftershock = np.zeros_like(aftershock)
    count, indicators, observations = prior.shape[0], fixed.shape[0], obs_day.shape[0]
    branching, decay_days = aftershock[0], LEAST_DECAY + np.exp(aftershock[1])
    if not (branching < 1.0 and decay_days < np.inf):  # where a sampler's wild proposal is rounded to its limit
        return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick, d_aftershock
    per_branching, d_per_branching, compensator, d_compensator = unit_aftershocks(
        decay_days, breaks[-1], ptr, day_of_knot, gain, coverage_of_knot, entry_knot, entry_same_day, entry_share
    )
    received = branching * per_branching
    log_rates = _log_rates(log_rate, log_mult, branching, fixed, rows, columns, followed)
    rates = np.exp(log_rates)
    odds = odds_of_sticks(stick, targets)
    generator = _generator(log_dwell, never_ends, odds)

    acting = observations + given_day.shape[0]  # given factors stand behind the observations: data, with no gradient
    ratio = np.empty((acting, count))
    genuine = np.empty((observations, count))
    for m in range(observations):
        _observation(m, rates, received, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio[m], genuine[m])
    for m in range(observations, acting):
        for s in range(count):
            ratio[m, s] = given_ratio[m - observations, s]

    # Steps, known before any number: a gap in one regime (length > 0), an observation or a given factor (length 0,
    # index in `what`).
    regimes = breaks.shape[0] - 1
    dated = 0
    while dated < observations and obs_day[dated] >= 0:
        dated += 1
    most_steps = regimes + 2 * (dated + given_day.shape[0])
    what = np.empty(most_steps, np.int64)
    length = np.empty(most_steps, np.int64)
    longest = np.zeros(regimes, np.int64)
    steps, obs, given, day = 0, 0, 0, 0
    for r in range(regimes):
        while day < breaks[r + 1]:
            stop = breaks[r + 1]
            if obs < dated and obs_day[obs] + 1 < stop:
                stop = obs_day[obs] + 1
            if given < given_day.shape[0] and given_day[given] + 1 < stop:
                stop = given_day[given] + 1
            what[steps], length[steps] = r, stop - day
            longest[r] = max(longest[r], stop - day)
            steps += 1
            day = stop
            while obs < dated and obs_day[obs] + 1 == day:
                what[steps], length[steps] = obs, 0
                steps += 1
                obs += 1
            while given < given_day.shape[0] and given_day[given] + 1 == day:
                what[steps], length[steps] = observations + given, 0
                steps += 1
                given += 1

    # The powers of all regimes, one behind the other: regime r has first[r] .. first[r + 1] - 1.
    operators = np.empty((regimes, count, count))
    lows = np.empty(regimes)
    sizes = np.empty(regimes)
    halvings = np.zeros(regimes, np.int64)
    first = np.zeros(regimes + 1, np.int64)
    for r in range(regimes):
        lows[r], sizes[r] = _operator(r, rates, generator, coverage, spread, ratio, operators[r])
        if not sizes[r] * longest[r] < _MAX_SIZE:
            return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick, d_aftershock
        step = sizes[r]
        while step > SERIES_NORM:
            step *= 0.5
            halvings[r] += 1
        first[r + 1] = first[r] + halvings[r] + digits(longest[r])
    powers = np.empty((first[regimes], count, count))
    scales = np.zeros((first[regimes], count))
    parts = np.empty((regimes, 6, count, count))  # what the series of each regime leaves for its adjoint
    for r in range(regimes):
        powers_of(
            operators[r],
            sizes[r],
            halvings[r],
            powers[first[r] : first[r + 1]],
            scales[first[r] : first[r + 1]],
            parts[r],
        )

    # Forward.
    most_digits = digits(breaks[regimes]) + 1
    before = np.empty((steps, most_digits, count))  # the state before each step, and before each power of a gap
    norms = np.ones((steps, most_digits))
    state = prior.copy()
    total = -branching * compensator
    for step in range(steps):
        norm = 0.0
        if length[step] == 0:
            for s in range(count):
                before[step, 0, s] = state[s]
                state[s] *= ratio[what[step], s]
                norm += state[s]
            if not (norm > 0.0 and norm < np.inf):
                return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick, d_aftershock
            for s in range(count):
                state[s] /= norm
            norms[step, 0] = norm
            total += np.log(norm)
        else:
            r = what[step]
            left, digit = length[step], 0
            while left > 0:
                if left % 2 == 1:
                    power = first[r] + halvings[r] + digit
                    for s in range(count):
                        before[step, digit, s] = state[s]
                    largest = largest_scale(state, scales[power])
                    norm = 0.0
                    for c in range(count):
                        state[c] = 0.0
                        for s in range(count):
                            weight = before[step, digit, s] * scale_weight(scales[power, s] - largest)
                            state[c] += weight * powers[power, s, c]
                        norm += state[c]
                    for c in range(count):
                        state[c] /= norm
                    norms[step, digit] = norm
                    total += largest + np.log(norm)
                left //= 2
                digit += 1
            total += length[step] * lows[r]
    if not np.isfinite(total):
        return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick, d_aftershock

    # Backward.
    d_log_rates = np.zeros((indicators, count))
    d_log_ratio = np.zeros((acting, count))  # d LL / d log l_m(s)
    d_operators = np.zeros((regimes, count, count))
    d_powers = np.zeros((first[regimes], count, count))
    beta = np.ones(count)
    following = np.empty(count)
    for step in range(steps - 1, -1, -1):
        if length[step] == 0:
            m = what[step]
            for s in range(count):
                beta[s] *= ratio[m, s] / norms[step, 0]
                d_log_ratio[m, s] += beta[s] * before[step, 0, s]
        else:
            r = what[step]
            for digit in range(digits(length[step]) - 1, -1, -1):
                if (length[step] >> digit) % 2 == 0:
                    continue
                power = first[r] + halvings[r] + digit
                largest = largest_scale(before[step, digit], scales[power])
                for s in range(count):
                    weight = scale_weight(scales[power, s] - largest) / norms[step, digit]
                    entry = 0.0
                    for c in range(count):
                        d_powers[power, s, c] += before[step, digit, s] * weight * beta[c]
                        entry += powers[power, s, c] * beta[c]
                    following[s] = weight * entry
                for s in range(count):
                    beta[s] = following[s]
    for r in range(regimes):
        own = slice(first[r], first[r + 1])
        powers_adjoint(halvings[r], powers[own], scales[own], d_powers[own], parts[r], d_operators[r])

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
    d_branching, d_decay_days = -compensator, -branching * d_compensator
    for m in range(observations):
        for s in range(count):
            part = d_log_ratio[m, s] * genuine[m, s] / ratio[m, s]
            for j in range(obs_ptr[m], obs_ptr[m + 1]):
                i = obs_indicators[j]
                whole = rates[i, s] + received[j]
                if entry_knot[j] < 0:
                    d_log_rates[i, s] += part
                elif whole > 0.0:
                    d_log_rates[i, s] += part * rates[i, s] / whole
                    d_branching += part * per_branching[j] / whole
                    d_decay_days += part * branching * d_per_branching[j] / whole
    for i in range(indicators):
        for s in range(count):
            d_log_rate[i] += d_log_rates[i, s]
        d_branching -= d_log_rate[i] * followed[i] / (1.0 - branching * followed[i])
    d_aftershock[0] = d_branching
    d_aftershock[1] = d_decay_days * (decay_days - LEAST_DECAY)
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
    return total, d_log_rate, d_log_mult, d_log_dwell, d_stick, d_aftershock


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
        row = 0.0
        for c in range(count):
            row += operator[s, c]
        size = row if not row <= size else size  # max would drop what is not a number
    return low, size
