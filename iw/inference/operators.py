"""The day operators in the likelihood's kernel, for one draw: silence, spread observations and the chain."""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.arrays import YEAR_DAYS
from iw.inference.fours import LANES, four_at, no_four, numbers_of, plus_times, put_four, sum_of, times
from iw.inference.products import sum_of_rows


@njit(cache=True, nogil=True, error_model="numpy")
def operators_of(  # type: ignore[no-untyped-def]
    rates, factor, month, coverage, generator, spread_ptr, spread_obs, spread_share, ratio, operators, lows, sizes
):
    """Fill B = A - lo I (per day) of each regime (R, W, W), lo and the largest row sum of B.

    ``rates`` (I, W) and ``ratio`` (M, W) are as wide as the operators; what is beyond the generator's S stays 0.
    """
    count, indicators, width = generator.shape[0], rates.shape[0], rates.shape[1]
    hazard, silence = np.empty(indicators), np.empty(width)
    for r in range(operators.shape[0]):
        for i in range(indicators):
            hazard[i] = coverage[r, i] * factor[month[r], i]
        _silence(hazard, rates, silence)
        low = np.inf
        for s in range(count):
            for c in range(count):
                operators[r, s, c] = generator[s, c] / YEAR_DAYS
            operators[r, s, s] -= silence[s] / YEAR_DAYS
            for k in range(spread_ptr[r], spread_ptr[r + 1]):
                operators[r, s, s] += spread_share[k] * np.log(ratio[spread_obs[k], s])
            low = min(low, operators[r, s, s])
        size = 0.0
        for s in range(count):
            operators[r, s, s] -= low
            row = 0.0
            for c in range(count):
                row += operators[r, s, c]
            size = row if not row <= size else size  # max would drop what is not a number
        lows[r], sizes[r] = low, size


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
    """Add to d LL / d Q, log ratios of spread observations, log rates and log factors, given d LL / d A (R, W, W)."""
    count, indicators, width = d_generator.shape[0], rates.shape[0], rates.shape[1]
    d_silence = np.zeros(width)  # of one regime, per year
    d_rates = np.zeros((indicators, width))
    for r in range(d_operators.shape[0]):
        for s in range(count):
            for c in range(count):
                d_generator[s, c] += d_operators[r, s, c] / YEAR_DAYS
            for k in range(spread_ptr[r], spread_ptr[r + 1]):
                d_log_ratio[spread_obs[k], s] += spread_share[k] * d_operators[r, s, s]
            d_silence[s] = -d_operators[r, s, s] / YEAR_DAYS
        for i in range(indicators):
            hazard = coverage[r, i] * factor[month[r], i]
            d_factor[month[r], i] += hazard * _silence_adjoint(d_silence, hazard, i, rates, d_rates)
    for i in range(indicators):
        for s in range(count):
            d_log_rates[i, s] += d_rates[i, s] * rates[i, s]


@njit(cache=True, nogil=True, error_model="numpy")
def _silence(hazard, rates, silence):  # type: ignore[no-untyped-def]
    """silence (W,) <- hazard (I,) times rates (I, W)."""
    width = rates.shape[1]
    at_hazard, at_rates, result = numbers_of(hazard), numbers_of(rates), numbers_of(silence)
    for s in range(0, width, LANES):
        put_four(result, s, sum_of_rows(no_four(), at_hazard, 0, 1, at_rates, s, width, rates.shape[0]))


@njit(cache=True, nogil=True, error_model="numpy")
def _silence_adjoint(d_silence, hazard, i, rates, d_rates):  # type: ignore[no-untyped-def]
    """Add to d_rates[i] what it says of silence; give the derivative in the hazard."""
    width, of_hazard = rates.shape[1], 0.0
    at_silence, at_rates, result = numbers_of(d_silence), numbers_of(rates), numbers_of(d_rates)
    for s in range(0, width, LANES):
        part, at = four_at(at_silence, s), i * width + s
        put_four(result, at, plus_times(four_at(result, at), hazard, part))
        of_hazard += sum_of(times(part, four_at(at_rates, at)))
    return of_hazard
