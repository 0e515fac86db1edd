"""The log-likelihood of one draw and its exact gradient, from one compiled kernel.

Same definition and same powers as `iw.inference.filter`; here one draw at a time, with reverse-mode derivatives. In
each regime, exp(h B) and its squares are made once: h is a day, or a fraction of it that makes h ||B|| small. A gap
takes the squares of its binary digits. Power j is kept as diag(exp(g_j)) P_j; g_j is 0 until the entries near the
range of a double, and from then on the rows of P_j sum to 1. So a gap of any length at any rate, which a sampler
visits in its first steps, costs some thirty small products and no component is lost.

* The steps, and how their derivatives are passed back, stand in `iw.inference.passes`;
* an observation passes w prod((lambda + h) / rho) / l of d LL / d log l on to its indicators: lambda / (lambda + h) of
  it to d LL / d log lambda[i, s], and 1 / (lambda + h) to d LL / d h_i;
* aftershocks h and their compensator come with their derivatives in nu and tau (`iw.inference.aftershocks`);
* LL does not depend on the shift lo of B = A - lo I, which is held constant;
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
from iw.inference.fours import LANES
from iw.inference.matrices import SERIES_NORM, digits
from iw.inference.observations import observation_ratios, observations_adjoint, rates_of
from iw.inference.operators import operators_adjoint, operators_of
from iw.inference.passes import backward, forward
from iw.inference.powers import WORK, local_power, powers_adjoint, powers_of

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
    step_digit,
    step_row,
    step_ptr,
    longest,
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
    gradient = d_log_rate, d_log_mult, d_log_dwell, d_stick, d_aftershock, d_step, d_size, d_dispersion
    count, indicators, observations = prior.shape[0], fixed.shape[0], obs_day.shape[0]
    width = -(-count // LANES) * LANES
    branching, decay_days = aftershock[0], LEAST_DECAY + np.exp(aftershock[1])
    step_size = np.exp(log_step_size[0])
    if not (
        branching < 1.0 and decay_days < np.inf and step_size < np.inf
    ):  # where a sampler's wild proposal is rounded to its limit
        return (-np.inf, *gradient)
    per_branching, d_per_branching, compensator, d_compensator = unit_aftershocks(
        decay_days, breaks[-1], ptr, day_of_knot, gain, coverage_of_knot, entry_knot, entry_same_day, entry_share
    )
    received = branching * per_branching
    rates = np.zeros((indicators, width))
    rates_of(log_rate, log_mult, branching, fixed, rows, columns, followed, rates)
    factor = factors_of_steps(drift_step, step_size, elicited, month[-1] + 1)
    odds = odds_of_sticks(stick, targets)
    generator = generator_of(log_dwell, never_ends, odds)

    # Given factors, counts among them, stand behind the observations; behind them that nothing acts.
    ratio = np.ones((observations + given_day.shape[0] + 1, width))
    genuine = np.empty((observations, width))
    observation_ratios(
        rates, factor, received, reference_rates, obs_month, obs_weight, obs_ptr, obs_indicators, ratio, genuine
    )
    for g in range(given_day.shape[0]):
        for s in range(count):
            ratio[observations + g, s] = given_ratio[g, s]
    count_row = observations + count_at
    genuine_count = np.empty((count_at.shape[0], width))
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
        return (-np.inf, *gradient)

    regimes, steps = breaks.shape[0] - 1, step_row.shape[0]
    operators = np.zeros((regimes, width, width))
    lows, sizes = np.empty(regimes), np.empty(regimes)
    operators_of(
        rates, factor, month, coverage, generator, spread_ptr, spread_obs, spread_share, ratio, operators, lows, sizes
    )
    begins, halvings = np.zeros(regimes + 1, np.int64), np.zeros(regimes, np.int64)  # of each regime's powers
    for r in range(regimes):
        if not sizes[r] * longest[r] < _MAX_SIZE:
            return (-np.inf, *gradient)
        step = sizes[r]
        while step > SERIES_NORM:
            step *= 0.5
            halvings[r] += 1
        begins[r + 1] = begins[r] + local_power(digits(longest[r]), halvings[r])
    powers, work = np.empty((begins[regimes], width, width)), np.empty((WORK, width, width))
    scaled, scales = np.zeros(begins[regimes], np.bool_), np.zeros((begins[regimes], width))

    total = -branching * compensator
    states, norms = np.zeros((steps + 1, width)), np.empty(steps)
    for s in range(count):
        states[0, s] = prior[s]
    most = 0
    for r in range(regimes):
        begin, end = begins[r], begins[r + 1]
        most = max(most, end - begin)
        powers_of(operators, r, sizes[r], halvings[r], begin, end, powers, scaled, scales, work)
        own = step_ptr[r], step_ptr[r + 1], step_digit, step_row
        total += lows[r] * (breaks[r + 1] - breaks[r])
        total += forward(*own, begin, halvings[r], powers, scaled, scales, ratio, states, norms)
        if total == -np.inf:
            break
    total += np.log(states[steps].sum())
    if not np.isfinite(total):
        return (-np.inf, *gradient)

    d_log_rates = np.zeros((indicators, width))
    d_factor = np.zeros_like(factor)
    d_log_ratio = np.zeros_like(ratio)  # d LL / d log l_m(s)
    d_operators = np.empty_like(operators)
    d_powers = np.empty((most, width, width))
    betas = np.full((2, width), 1.0 / states[steps].sum())
    for r in range(regimes - 1, -1, -1):
        begin, end = begins[r], begins[r + 1]
        for power in range(end - begin):
            for s in range(width):
                for c in range(width):
                    d_powers[power, s, c] = 0.0
        own = step_ptr[r], step_ptr[r + 1], step_digit, step_row
        backward(*own, begin, halvings[r], powers, scaled, scales, ratio, states, norms, betas, d_log_ratio, d_powers)
        powers_adjoint(operators, r, halvings[r], begin, end, powers, scaled, scales, d_powers, work, d_operators)

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
        count,
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
    return (total, *gradient)
