"""The day operators in the likelihood's kernel, for one draw: silence, spread observations and the chain."""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.arrays import YEAR_DAYS


@njit(cache=True, nogil=True, error_model="numpy")
def operator_of(rates, factor, generator, coverage, spread_obs, spread_share, ratio, operator):  # type: ignore[no-untyped-def]
    """Fill B = A - lo I of one regime (per day); give lo and the largest row sum of B."""
    count = generator.shape[0]
    low = np.inf
    silence = np.zeros(count)
    for i in range(rates.shape[0]):
        hazard = coverage[i] * factor[i]
        if hazard > 0.0:
            for s in range(count):
                silence[s] += hazard * rates[i, s]
    for s in range(count):
        for c in range(count):
            operator[s, c] = generator[s, c] / YEAR_DAYS
        operator[s, s] -= silence[s] / YEAR_DAYS
        for k in range(spread_obs.shape[0]):
            operator[s, s] += spread_share[k] * np.log(ratio[spread_obs[k], s])
        low = min(low, operator[s, s])
    size = 0.0
    for s in range(count):
        operator[s, s] -= low
        row = 0.0
        for c in range(count):
            row += operator[s, c]
        size = row if not row <= size else size  # max would drop what is not a number
    return low, size


@njit(cache=True, nogil=True, error_model="numpy")
def operators_adjoint(  # type: ignore[no-untyped-def]
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
):
    """Add to d LL / d Q, log ratios of spread observations, log rates and log factors, given d LL / d A (R, S, S)."""
    count = d_generator.shape[0]
    for r in range(d_operators.shape[0]):
        for s in range(count):
            for c in range(count):
                d_generator[s, c] += d_operators[r, s, c] / YEAR_DAYS
            for k in range(spread_ptr[r], spread_ptr[r + 1]):
                d_log_ratio[spread_obs[k], s] += spread_share[k] * d_operators[r, s, s]
        for i in range(rates.shape[0]):
            hazard = coverage[r, i] * factor[month[r], i]
            if hazard > 0.0:
                for s in range(count):
                    silence = hazard * rates[i, s] * d_operators[r, s, s] / YEAR_DAYS
                    d_log_rates[i, s] -= silence
                    d_factor[month[r], i] -= silence
