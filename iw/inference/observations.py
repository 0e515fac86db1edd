"""Rates and observations in the likelihood's kernel, for one draw: their ratios, and what derivatives they pass on."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def log_rates_of(log_rate, log_mult, branching, fixed, rows, columns, followed):  # type: ignore[no-untyped-def]
    """(I, S) log rates, aftershocks left out: baseline plus fixed multiplier, plus the free multipliers."""
    log_rates = fixed.copy()
    for i in range(fixed.shape[0]):
        for s in range(fixed.shape[1]):
            log_rates[i, s] += log_rate[i] + np.log1p(-branching * followed[i])
    for k in range(rows.shape[0]):
        log_rates[rows[k], columns[k]] += log_mult[k]
    return log_rates


@njit(cache=True, nogil=True, error_model="numpy")
def observation_ratios(  # type: ignore[no-untyped-def]
    m, rates, factor, received, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio, genuine
):
    """Fill ratio (S,) with l_m and genuine (S,) with its part w prod((lambda + h) / rho)."""
    for s in range(ratio.shape[0]):
        genuine[s] = obs_weight[m]
        for j in range(obs_ptr[m], obs_ptr[m + 1]):
            i = obs_indicators[j]
            genuine[s] *= (rates[i, s] * factor[i] + received[j]) / reference_rates[i]
        ratio[s] = 1.0 - obs_weight[m] + genuine[s]


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
    d_log_ratio,
    d_log_rates,
    d_factor,
):
    """Add to d LL / d log rates and log factors what the observations pass on, given d LL / d log ratio (M, S).

    Gives d LL / d nu through the aftershocks received, and d LL / d tau through them per unit of nu.
    """
    d_branching, d_decay_days = 0.0, 0.0
    for m in range(genuine.shape[0]):
        for s in range(rates.shape[1]):
            part = d_log_ratio[m, s] * genuine[m, s] / ratio[m, s]
            for j in range(obs_ptr[m], obs_ptr[m + 1]):
                i = obs_indicators[j]
                rate = rates[i, s] * factor[obs_month[m], i]
                whole = rate + received[j]
                if entry_knot[j] < 0:
                    d_log_rates[i, s] += part
                    d_factor[obs_month[m], i] += part
                elif whole > 0.0:
                    d_log_rates[i, s] += part * rate / whole
                    d_factor[obs_month[m], i] += part * rate / whole
                    d_branching += part * per_branching[j] / whole
                    d_decay_days += part * d_per_branching[j] / whole
    return d_branching, d_decay_days
