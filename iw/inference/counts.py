"""Counts of a period: a negative binomial whose mean is what the rate leads one to expect (docs/mathematics.md).

A count y of indicator i over a period of n days, watched with the coverage c, has in scenario s

    mu_s = c lambda[i, s] n / 365.25,        y ~ NB(mu_s, delta):  variance mu_s + delta^2 mu_s^2,

a Poisson number whose mean is multiplied by a gamma variable of mean 1 and standard deviation delta (Greenwood and Yule
1920). With a = delta^2 and r = 1 / a,

    log P(y) = sum_{k < y} log(1 + a k) - log y! + y log mu - (y + r) log(1 + a mu),

which has the Poisson number as its limit for a -> 0 without any difference of large numbers. As with events the count
may be wrong: with w from its reports' grades its ratio is

    l(s) = (1 - w) + w P_s(y) / b(y),

b being the chance of y where the count is wrong: of the whole part of a variable whose logarithm is Student-t with 4
degrees of freedom. The scenario is that at the end of the day in the middle of the period. A count has neither silence
nor aftershocks: what it did not see is in the number.
"""

from __future__ import annotations

import numpy as np
from scipy import special
from scipy.stats import t as student

from iw.inference.arrays import Counts, Draws, Evidence, Floats, Ints, ModelSpec
from iw.inference.drift import MONTHS, month_of
from iw.inference.matrices import draws_innermost

FREEDOM = 4
LEAST_VARIANCE = 1e-100  # of the factor: below it a Poisson number
_LARGE = 16.0  # r from which on Stirling's series leaves less than 1e-13 of log Gamma


def slots(spec: ModelSpec, counts: Counts) -> Ints:
    """(H,) which of the problem's dispersions is that of each count."""
    return np.searchsorted(spec.counts.indicators, counts.indicator)


def log_wrong(counts: Counts) -> Floats:
    """(H,) log b(y)."""
    with np.errstate(divide="ignore"):
        ends = np.log(np.stack([counts.value, counts.value + 1]))
    below, above = student.sf((ends - counts.broad_mean) / counts.broad_scale, FREEDOM)
    return np.asarray(np.log(below - above))


def log_mass(value: Floats, mean: Floats, log_dispersion: Floats) -> Floats:
    """Log P(y) by broadcasting; ``mean`` may have leading axes (scenarios) that the other two need not have."""
    variance = np.maximum(np.exp(2 * log_dispersion), LEAST_VARIANCE)
    more = np.log1p(variance * mean)
    by_value = _log_rising(*np.broadcast_arrays(value, 1 / variance)) - special.gammaln(value + 1)
    return np.asarray(by_value + special.xlogy(value, mean) - value * more - more / variance)


def _log_rising(value: Floats, size: Floats) -> Floats:
    """Sum over k < y of log(1 + k / r): log Gamma(y + r) - log Gamma(r) - y log r."""
    result = np.empty(value.shape)
    large = size >= _LARGE
    y, r = value[large], size[large]
    result[large] = (y + r - 0.5) * np.log1p(y / r) - y + _stirling(y + r) - _stirling(r)
    y, r = value[~large], size[~large]
    result[~large] = special.gammaln(y + r) - special.gammaln(r) - y * np.log(r)
    return result


def _stirling(x: Floats) -> Floats:
    """log Gamma(x) less (x - 1/2) log x - x + log(2 pi) / 2."""
    inverse = 1 / (x * x)
    return (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / x


def day_ratios(
    spec: ModelSpec, evidence: Evidence, rates: Floats, log_drift: Floats, log_dispersion: Floats, first: int
) -> Floats:
    """(G, S, B) the ratios of all given factors, counts included, for one block of draws.

    ``rates`` (I, S, B) and ``log_drift`` (I, Y + 1, B) are laid out as for the filter, ``log_dispersion`` is (B, C).
    Counts before day ``first`` are not looked at.
    """
    ratios = np.repeat(evidence.given_ratio[:, :, None], rates.shape[2], axis=2)
    if len(counts := _since(evidence, first)):
        drift = _drift_factors(spec, evidence, counts, log_drift)
        means = counts.years[:, None, None] * rates[counts.indicator] * drift[:, None]
        ratios[counts.at] *= count_ratios(spec, counts, means, log_dispersion)
    return ratios


def count_ratios(spec: ModelSpec, counts: Counts, means: Floats, log_dispersion: Floats) -> Floats:
    """(H, S, B) the ratio l(s) of each count, for means mu (H, S, B) and dispersions (B, C)."""
    dispersion = log_dispersion.T[slots(spec, counts)]  # (H, B)
    log_right = log_mass(counts.value[None, :, None], means.transpose(1, 0, 2), dispersion)  # (S, H, B)
    genuine = np.exp(log_right - log_wrong(counts)[:, None]).transpose(1, 0, 2)
    weight = counts.weight[:, None, None]
    return np.asarray((1 - weight) + weight * genuine)


def count_tails(spec: ModelSpec, draws: Draws, evidence: Evidence) -> tuple[Floats, Floats]:
    """(D, H, S) each: the chance that a right count is at most, and at least, what it is."""
    counts = evidence.counts
    drift = _drift_factors(spec, evidence, counts, draws_innermost(draws.log_drift)).transpose()[:, :, None]
    means = counts.years[:, None] * draws.rates(spec, evidence)[:, counts.indicator] * drift  # (D, H, S)
    return tails(counts.value[:, None], means, draws.log_dispersion[:, slots(spec, counts), None])


def tails(value: Floats, mean: Floats, log_dispersion: Floats) -> tuple[Floats, Floats]:
    """P(Y <= value) and P(Y >= value) of the negative binomial, by broadcasting."""
    size = np.exp(-2 * log_dispersion)
    share = mean / (mean + size)  # P(Y >= y) = I_share(y, size), the regularised incomplete beta function
    at_least = np.where(value > 0, special.betainc(np.maximum(value, 1.0), size, share), 1.0)
    return special.betaincc(value + 1, size, share), at_least


def _since(evidence: Evidence, first: int) -> Counts:
    counts = evidence.counts
    late = evidence.given_day[counts.at] >= first
    return Counts(*(part[late] for part in counts.columns()))


def _drift_factors(spec: ModelSpec, evidence: Evidence, counts: Counts, log_drift: Floats) -> Floats:
    """(H, B) exp(drift) of each count's indicator in its month."""
    last = log_drift.shape[1] - 1
    if last < 1:
        return np.ones((len(counts), log_drift.shape[2]))
    month = month_of(spec, evidence.given_day[counts.at])
    year = np.minimum(month // MONTHS, last)
    into = np.where(year < last, (month % MONTHS + 0.5) / MONTHS, 0.0)[:, None]
    following = log_drift[counts.indicator, np.minimum(year + 1, last)]
    return np.asarray(np.exp((1 - into) * log_drift[counts.indicator, year] + into * following))
