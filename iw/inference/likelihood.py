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
* a rate has a factor for each month, the exponential of its drift, and so has d LL / d log lambda its part in each;
* the derivatives of a regime's powers run down through the squares to the first, and through its series to B; those
  of A flow to the rates (silence), to spread observations and to Q, once per regime.

Parameters (all unconstrained but ``stick`` and nu): log_rate (I,), log_mult (K,) for the pairs (row, column), log_dwell
(S,), stick (S, S - 2) in (0, 1): the odds of row r over its targets, in order, are y_1, (1 - y_1) y_2, ..., the rest;
aftershock (2,): nu in (0, 1), and log(tau - `LEAST_DECAY`); drift_step (I, Y) and log_step_size (1,), without
drift Y is 0; log_dispersion (C,) of the indicators that are counted.
Arrays may be longer than the problem needs (padding): what is not used has gradient 0.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.aftershocks import unit_aftershocks
from iw.inference.arrays import LEAST_DECAY
from iw.inference.chain import generator_adjoint, generator_of, odds_of_sticks
from iw.inference.count_kernel import count_ratios, counts_adjoint
from iw.inference.drift import factors_of_steps, steps_adjoint
from iw.inference.matrices import SERIES_NORM, digits
from iw.inference.observations import log_rates_of, observation_ratios, observations_adjoint
from iw.inference.operators import operator_of, operators_adjoint
from iw.inference.planning import planned_steps
from iw.inference.powers import (
    advance,
    advance_adjoint,
    largest_scale,
    powers_adjoint,
    powers_of,
    scale_weight,
    series_terms,
)

_SHORT = 8.0  # days ||B|| of a month up to which one series for the state is cheaper than powers
_MAX_SIZE = 1e9  # days ||B|| beyond which a sampler's wild proposal is refused (10 years at 1e5 a year are 1e6)


@njit(cache=True, nogil=True, error_model="numpy")
def log_likelihood_and_gradient(  # type: ignore[no-untyped-def]
    log_rate,
    log_mult,
    log_dwell,
    stick,
    aftershock,
    drift_step,
    log_step_size,
    log_dispersion,
    prior,
    reference_rates,
    fixed,
    rows,
    columns,
    followed,
    never_ends,
    targets,
    elicited,
    breaks,
    month,
    coverage,
    spread_ptr,
    spread_obs,
    spread_share,
    obs_day,
    obs_month,
    obs_weight,
    obs_ptr,
    obs_indicators,
    given_day,
    given_ratio,
    count_at,
    count_indicator,
    count_slot,
    count_month,
    count_value,
    count_years,
    count_weight,
    count_log_scale,
    ptr,
    day_of_knot,
    gain,
    coverage_of_knot,
    entry_knot,
    entry_same_day,
    entry_share,
):
    """LL and d LL / d (log_rate, log_mult, log_dwell, stick, aftershock, drift_step, log_step_size, log_dispersion);
    (-inf, zeros) where no scenario explains the evidence or a rate is beyond all bounds."""
    d_log_rate = np.zeros_like(log_rate)
    d_log_mult = np.zeros_like(log_mult)
    d_log_dwell = np.zeros_like(log_dwell)
    d_stick = np.zeros_like(stick)
    d_aftershock = np.zeros_like(aftershock)
    d_step = np.zeros_like(drift_step)
    d_size = np.zeros_like(log_step_size)
    d_dispersion = np.zeros_like(log_dispersion)
    count, indicators, observations = prior.shape[0], fixed.shape[0], obs_day.shape[0]
    branching, decay_days = aftershock[0], LEAST_DECAY + np.exp(aftershock[1])
    step_size = np.exp(log_step_size[0])
    if not (
        branching < 1.0 and decay_days < np.inf and step_size < np.inf
    ):  # where a sampler's wild proposal is rounded to its limit
        return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick, d_aftershock, d_step, d_size, d_dispersion
    per_branching, d_per_branching, compensator, d_compensator = unit_aftershocks(
        decay_days, breaks[-1], ptr, day_of_knot, gain, coverage_of_knot, entry_knot, entry_same_day, entry_share
    )
    received = branching * per_branching
    log_rates = log_rates_of(log_rate, log_mult, branching, fixed, rows, columns, followed)
    rates = np.exp(log_rates)
    factor = factors_of_steps(drift_step, step_size, elicited, month[-1] + 1)
    odds = odds_of_sticks(stick, targets)
    generator = generator_of(log_dwell, never_ends, odds)

    acting = observations + given_day.shape[0]  # given factors, counts among them, stand behind the observations
    ratio = np.empty((acting, count))
    genuine = np.empty((observations, count))
    for m in range(observations):
        observation_ratios(
            m,
            rates,
            factor[obs_month[m]],
            received,
            reference_rates,
            obs_weight,
            obs_ptr,
            obs_indicators,
            ratio[m],
            genuine[m],
        )
    for m in range(observations, acting):
        for s in range(count):
            ratio[m, s] = given_ratio[m - observations, s]
    count_row = observations + count_at
    genuine_count = np.empty((count_at.shape[0], count))
    if not count_ratios(
        count_row,
        count_indicator,
        count_slot,
        count_month,
        count_value,
        count_years,
        count_weight,
        count_log_scale,
        rates,
        factor,
        log_dispersion,
        ratio,
        genuine_count,
    ):
        return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick, d_aftershock, d_step, d_size, d_dispersion

    regimes = breaks.shape[0] - 1
    what, length, longest, steps = planned_steps(breaks, obs_day, given_day)

    # The powers of all regimes, one behind the other: regime r has first[r] .. first[r + 1] - 1.
    operators = np.empty((regimes, count, count))
    lows = np.empty(regimes)
    sizes = np.empty(regimes)
    halvings = np.zeros(regimes, np.int64)
    terms = np.zeros(regimes, np.int64)  # of the series, where one is taken; else 0
    first = np.zeros(regimes + 1, np.int64)
    for r in range(regimes):
        own = slice(spread_ptr[r], spread_ptr[r + 1])
        lows[r], sizes[r] = operator_of(
            rates, factor[month[r]], generator, coverage[r], spread_obs[own], spread_share[own], ratio, operators[r]
        )
        if not sizes[r] * longest[r] < _MAX_SIZE:
            return (
                -np.inf,
                d_log_rate,
                d_log_mult,
                d_log_dwell,
                d_stick,
                d_aftershock,
                d_step,
                d_size,
                d_dispersion,
            )
        first[r + 1] = first[r]
        if drift_step.shape[1] > 0 and sizes[r] * longest[r] <= _SHORT:
            terms[r] = series_terms(sizes[r] * longest[r])
            continue
        step = sizes[r]
        while step > SERIES_NORM:
            step *= 0.5
            halvings[r] += 1
        first[r + 1] += halvings[r] + digits(longest[r])
    powers = np.empty((first[regimes], count, count))
    scales = np.zeros((first[regimes], count))
    parts = np.empty((regimes, 6, count, count))  # what the series of each regime leaves for its adjoint
    for r in range(regimes):
        if terms[r] > 0:
            continue
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
    made = np.empty((terms.max(), count))
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
                return (
                    -np.inf,
                    d_log_rate,
                    d_log_mult,
                    d_log_dwell,
                    d_stick,
                    d_aftershock,
                    d_step,
                    d_size,
                    d_dispersion,
                )
            for s in range(count):
                state[s] /= norm
            norms[step, 0] = norm
            total += np.log(norm)
        elif terms[what[step]] > 0:
            r = what[step]
            for s in range(count):
                before[step, 0, s] = state[s]
            advance(state, operators[r], length[step], made[: terms[r]])
            for s in range(count):
                norm += state[s]
            for s in range(count):
                state[s] /= norm
            norms[step, 0] = norm
            total += length[step] * lows[r] + np.log(norm)
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
        return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick, d_aftershock, d_step, d_size, d_dispersion

    # Backward.
    d_log_rates = np.zeros((indicators, count))
    d_factor = np.zeros_like(factor)
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
        elif terms[what[step]] > 0:
            r = what[step]
            for s in range(count):
                beta[s] /= norms[step, 0]
                following[s] = before[step, 0, s]
            advance(following, operators[r], length[step], made[: terms[r]])
            advance_adjoint(beta, operators[r], length[step], made[: terms[r]], d_operators[r])
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
        if terms[r] > 0:
            continue
        own = slice(first[r], first[r + 1])
        powers_adjoint(halvings[r], powers[own], scales[own], d_powers[own], parts[r], d_operators[r])

    d_generator = np.zeros((count, count))
    operators_adjoint(
        rates,
        factor,
        month,
        coverage,
        spread_ptr,
        spread_obs,
        spread_share,
        d_operators,
        d_generator,
        d_log_ratio,
        d_log_rates,
        d_factor,
    )
    of_received, of_decay_days = observations_adjoint(
        rates,
        factor,
        received,
        per_branching,
        d_per_branching,
        obs_month,
        obs_ptr,
        obs_indicators,
        entry_knot,
        ratio,
        genuine,
        d_log_ratio,
        d_log_rates,
        d_factor,
    )
    counts_adjoint(
        count_row,
        count_indicator,
        count_slot,
        count_month,
        count_value,
        count_years,
        count_weight,
        rates,
        factor,
        log_dispersion,
        genuine_count,
        d_log_ratio,
        d_log_rates,
        d_factor,
        d_dispersion,
    )
    d_branching = of_received - compensator
    d_decay_days = branching * (of_decay_days - d_compensator)
    for i in range(indicators):
        for s in range(count):
            d_log_rate[i] += d_log_rates[i, s]
        d_branching -= d_log_rate[i] * followed[i] / (1.0 - branching * followed[i])
    d_aftershock[0] = d_branching
    d_aftershock[1] = d_decay_days * (decay_days - LEAST_DECAY)
    for k in range(rows.shape[0]):
        d_log_mult[k] += d_log_rates[rows[k], columns[k]]
    generator_adjoint(log_dwell, never_ends, odds, stick, targets, d_generator, d_log_dwell, d_stick)
    d_size[0] = steps_adjoint(drift_step, step_size, elicited, d_factor, d_step)
    return total, d_log_rate, d_log_mult, d_log_dwell, d_stick, d_aftershock, d_step, d_size, d_dispersion
