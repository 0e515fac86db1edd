"""Counts of a period in the likelihood's kernel, for one draw: their ratios, and what derivatives they pass on.

The definition is that of `iw.inference.counts`. With x = a mu, a = delta^2 = exp(2 log delta), r = 1 / a,

    d log P / d log mu    = (y - mu) / (1 + x)
    d log P / d log a     = sum_{k < y} k / (r + k) - y x / (1 + x) + (log(1 + x) - x / (1 + x)) / a

The sum over k, and that of log(1 + k / r), are taken term by term for small y, and else by Stirling's series.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.counts import LEAST_VARIANCE

_DIRECT, _SHIFT = 32.0, 16.0  # terms up to which a sum is short; least argument of Stirling's series
_SMALL = 1e-2  # x below which log(1 + x) - x / (1 + x) is a series


@njit(cache=True, nogil=True, error_model="numpy")
def count_ratios(  # type: ignore[no-untyped-def]
    at, indicator, slot, month, value, years, weight, log_scale, rates, factor, log_dispersion, ratio, genuine
):
    """Multiply the rows ``at`` of ratio by l_h(s), and fill genuine (H, S) with w P(y) / b(y); False where a dispersion
    is beyond all bounds. ``log_scale`` holds -log y! - log b(y)."""
    for d in range(log_dispersion.shape[0]):
        if not abs(log_dispersion[d]) < 300.0:
            return False
    for h in range(at.shape[0]):
        variance = max(np.exp(2.0 * log_dispersion[slot[h]]), LEAST_VARIANCE)
        log_rising, _ = _rising(value[h], 1.0 / variance)
        for s in range(rates.shape[1]):
            mean = years[h] * rates[indicator[h], s] * factor[month[h], indicator[h]]
            more = np.log1p(variance * mean)
            log_right = log_rising + log_scale[h] - value[h] * more - more / variance
            if value[h] > 0.0:
                log_right += value[h] * np.log(mean)
            genuine[h, s] = weight[h] * np.exp(log_right)
            ratio[at[h], s] *= 1.0 - weight[h] + genuine[h, s]
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def counts_adjoint(  # type: ignore[no-untyped-def]
    at,
    indicator,
    slot,
    month,
    value,
    years,
    weight,
    rates,
    factor,
    log_dispersion,
    genuine,
    d_log_ratio,
    d_log_rates,
    d_factor,
    d_log_dispersion,
):
    """Add to d LL / d log rates, log factors and log dispersions, given d LL / d log ratio of the rows ``at``."""
    for h in range(at.shape[0]):
        i, y = indicator[h], value[h]
        variance = max(np.exp(2.0 * log_dispersion[slot[h]]), LEAST_VARIANCE)
        _, d_rising = _rising(y, 1.0 / variance)
        for s in range(rates.shape[1]):
            if genuine[h, s] == 0.0:
                continue
            part = d_log_ratio[at[h], s] * genuine[h, s] / (1.0 - weight[h] + genuine[h, s])
            mean = years[h] * rates[i, s] * factor[month[h], i]
            x = variance * mean
            d_log_mean = part * (y - mean) / (1.0 + x)
            d_log_rates[i, s] += d_log_mean
            d_factor[month[h], i] += d_log_mean
            d_log_variance = d_rising - y * x / (1.0 + x) + _excess(x) / variance
            d_log_dispersion[slot[h]] += 2.0 * part * d_log_variance


@njit(cache=True, nogil=True, error_model="numpy")
def _rising(y, r):  # type: ignore[no-untyped-def]
    """Sums over k < y of log(1 + k / r) and of k / (r + k)."""
    direct = y if y <= _DIRECT else (0.0 if r >= _SHIFT else _SHIFT)
    total, d_total, k = 0.0, 0.0, 0.0
    while k < direct:
        total += np.log1p(k / r)
        d_total += k / (r + k)
        k += 1.0
    if direct < y:
        low, high, left = r + direct, r + y, y - direct
        log_ratio = np.log1p(left / low)
        total += (high - 0.5) * log_ratio - left + left * np.log1p(direct / r)
        total += _log_gamma_rest(high) - _log_gamma_rest(low)
        d_total += left - r * (log_ratio + _digamma_rest(high) - _digamma_rest(low))
    return total, d_total


@njit(cache=True, nogil=True, error_model="numpy")
def _log_gamma_rest(x):  # type: ignore[no-untyped-def]
    """log Gamma(x) less (x - 1/2) log x - x + log(2 pi) / 2."""
    inverse = 1.0 / (x * x)
    return (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / x


@njit(cache=True, nogil=True, error_model="numpy")
def _digamma_rest(x):  # type: ignore[no-untyped-def]
    """The derivative of log Gamma less log x."""
    inverse = 1.0 / (x * x)
    return -0.5 / x - inverse * (
        1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132)))
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _excess(x):  # type: ignore[no-untyped-def]
    """log(1 + x) - x / (1 + x), without a difference where x is small: x^2 / 2 - 2 x^3 / 3 + 3 x^4 / 4 - ..."""
    if x > _SMALL:
        return np.log1p(x) - x / (1.0 + x)
    total, power = 0.0, x
    for n in range(2, 10):
        power *= -x
        total -= power * (n - 1) / n
    return total
