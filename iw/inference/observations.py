"""Rates and observations in the likelihood's kernel, for one draw: their ratios, and what derivatives they pass on."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def rates_of(log_rate, log_mult, branching, fixed, rows, columns, followed, rates):  # type: ignore[no-untyped-def]
    """Fill rates (I, W) up to S: baseline times multipliers, fixed or free; aftershocks left out."""
    log_rates = fixed.copy()
    for i in range(fixed.shape[0]):
        log_baseline = log_rate[i] + np.log1p(-branching * followed[i])
        for s in range(fixed.shape[1]):
            log_rates[i, s] += log_baseline
    for k in range(rows.shape[0]):
        log_rates[rows[k], columns[k]] += log_mult[k]
    for i in range(fixed.shape[0]):
        for s in range(fixed.shape[1]):
            rates[i, s] = np.exp(log_rates[i, s])


@njit(cache=True, nogil=True, error_model="numpy")
def observation_ratios(  # type: ignore[no-untyped-def]
    rates, factor, received, reference_rates, obs_month, obs_weight, obs_ptr, obs_indicators, ratio, genuine
):
    """Fill the first rows of ratio (M, W) with l_m and genuine (M, W) with its part w prod((lambda + h) / rho)."""
    width = ratio.shape[1]
    for m in range(obs_weight.shape[0]):
        for s in range(width):
            genuine[m, s] = obs_weight[m]
        for j in range(obs_ptr[m], obs_ptr[m + 1]):
            i = obs_indicators[j]
            per_rate = 1.0 / reference_rates[i]
            drifted, aftershocks = factor[obs_month[m], i] * per_rate, received[j] * per_rate
            for s in range(width):
                genuine[m, s] *= rates[i, s] * drifted + aftershocks
        wrong = 1.0 - obs_weight[m]
        for s in range(width):
            ratio[m, s] = wrong + genuine[m, s]


@njit(cache=True, nogil=True, error_model="numpy")
def observations_adjoint(  # type: ignore[no-untyped-def]
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
):
    """Add to d LL / d log rates and log factors what the observations pass on, given d LL / d log ratio (M, W),
    of the ``count`` scenarios there are.

    Gives d LL / d nu through the aftershocks received, and d LL / d tau through them per unit of nu.
    """
    d_branching, d_decay_days = 0.0, 0.0
    for m in range(genuine.shape[0]):
        for j in range(obs_ptr[m], obs_ptr[m + 1]):
            i, month = obs_indicators[j], obs_month[m]
            to_factor, to_received = 0.0, 0.0
            for s in range(count):
                part = d_log_ratio[m, s] * genuine[m, s] / ratio[m, s]
                if entry_knot[j] >= 0:
                    whole = rates[i, s] * factor[month, i] + received[j]
                    per_whole = part / whole if whole > 0.0 else 0.0
                    to_received += per_whole
                    part = per_whole * rates[i, s] * factor[month, i]
                d_log_rates[i, s] += part
                to_factor += part
            d_factor[month, i] += to_factor
            if entry_knot[j] >= 0:
                d_branching += to_received * per_branching[j]
                d_decay_days += to_received * d_per_branching[j]
    return d_branching, d_decay_days
