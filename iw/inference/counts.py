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
    below, above = special.stdtr(FREEDOM, (counts.broad_mean - ends) / counts.broad_scale)
    return np.asarray(np.log(below - above))


def value_terms(value: Floats, log_dispersion: Floats) -> Floats:
    """By broadcasting, the part of log P(y) without the mean: sum_{k < y} log(1 + a k) - log y!."""
    size = 1 / _variance(log_dispersion)
    return np.asarray(_log_rising(*np.broadcast_arrays(value, size)) - special.gammaln(value + 1))


def mean_terms(value: Floats, log_mean: Floats, log_dispersion: Floats) -> Floats:
    """By broadcasting, the rest of it: y log mu - (y + r) log(1 + a mu)."""
    variance = _variance(log_dispersion)
    more = np.log1p(variance * np.exp(log_mean))
    with np.errstate(invalid="ignore"):  # 0 times the logarithm of a rate that is nothing
        of_value = value * (log_mean - more)
    return np.where(value > 0, of_value, 0.0) - more / variance


def _variance(log_dispersion: Floats) -> Floats:
    return np.maximum(np.exp(2 * log_dispersion), LEAST_VARIANCE)


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
    if len(evidence.counts) and len(counts := _since(evidence, first)):
        with np.errstate(divide="ignore"):
            log_means = np.log(rates)[counts.indicator]
        log_means += (np.log(counts.years)[:, None] + _drift(spec, evidence, counts, log_drift))[:, None]
        ratios[counts.at] *= count_ratios(spec, counts, log_means, log_dispersion)
    return ratios


def count_ratios(spec: ModelSpec, counts: Counts, log_means: Floats, log_dispersion: Floats) -> Floats:
    """(H, S, B) the ratio l(s) of each count, for log means (H, S, B) and dispersions (B, C)."""
    dispersion = log_dispersion.T  # (C, B)
    slot = slots(spec, counts)
    # What depends on the value alone is dear, and values recur: it is made once for each.
    distinct, which = np.unique(np.stack([slot, counts.value]), axis=1, return_inverse=True)
    of_value = value_terms(distinct[1][:, None], dispersion[distinct[0].astype(np.int64)])[which]  # (H, B)
    log_right = mean_terms(counts.value[:, None, None], log_means, dispersion[slot][:, None])
    log_right += (of_value - log_wrong(counts)[:, None])[:, None]
    weight = counts.weight[:, None, None]
    return np.asarray((1 - weight) + weight * np.exp(log_right))


def count_tails(spec: ModelSpec, draws: Draws, evidence: Evidence) -> tuple[Floats, Floats]:
    """(D, H, S) each: the chance that a right count is at most, and at least, what it is."""
    counts = evidence.counts
    drift = np.exp(_drift(spec, evidence, counts, draws_innermost(draws.log_drift))).T[:, :, None]
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


def _drift(spec: ModelSpec, evidence: Evidence, counts: Counts, log_drift: Floats) -> Floats:
    """(H, B) the log drift of each count's indicator in its month."""
    last = log_drift.shape[1] - 1
    if last < 1:
        return np.zeros((len(counts), log_drift.shape[2]))
    month = month_of(spec, evidence.given_day[counts.at])
    year = np.minimum(month // MONTHS, last)
    into = np.where(year < last, (month % MONTHS + 0.5) / MONTHS, 0.0)[:, None]
    following = log_drift[counts.indicator, np.minimum(year + 1, last)]
    return np.asarray((1 - into) * log_drift[counts.indicator, year] + into * following)
