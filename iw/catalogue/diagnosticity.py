"""What watching an indicator is expected to tell about a problem: its likelihood ratios and its information in bits.

Let p[s] be the prior of scenario s, and let the count of occurrences seen in H years be Poisson with mean
μ[s] = c·λ[s]·H, at the elicited medians, with the scenario standing still and every report believed. With the
predictive q(n) = Σ_s p[s]·Poisson(n; μ[s]) the expected information is

    bits = Σ_n q(n)·KL( p(·|n) ‖ p )

in base 2: the mutual information of scenario and count (Lindley, "On a measure of the information provided by an
experiment", 1956). What is counted has the negative binomial number of one period as long, at the elicited median of
its dispersion. Where silence counts nothing (an indicator that wears out), p(·|0) = p and the likelihood of n > 0 is
λ[s]^n alone, as the model reads it. The believed reports make it an upper bound; it ranks, it does not promise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iw.catalogue.load import Catalogue
from iw.catalogue.medians import median, median_rates
from iw.catalogue.schema import Kind, Problem

_YEAR_DAYS = 365.25
_TAIL = 1e-12  # probability of counts left out


@dataclass(frozen=True)
class Diagnostic:
    """One indicator of a problem: how it tells the scenarios apart, and how much it is expected to tell."""

    indicator: str
    title: str
    ratios: Mapping[str, float]  # rate in each scenario over the rate under the status quo, at the medians
    only_then: str | None
    expected_bits: float


def diagnosticity(
    catalogue: Catalogue, problem: Problem, days: float, probs: Sequence[float] | None = None
) -> list[Diagnostic]:
    """The problem's indicators by what watching each for ``days`` is expected to tell, the most telling first.

    ``probs`` are the probabilities of the scenarios in the problem's order; the priors, unless given.
    """
    belief = probs or [scenario.prior for scenario in problem.scenarios]
    rows = []
    for use in problem.indicators:
        indicator = catalogue.indicators[use.indicator]
        rates = median_rates(catalogue, problem, use)
        base = rates[problem.status_quo]
        dispersion = 0.0
        if indicator.kind is Kind.COUNT:
            dispersion = median(use.dispersion.interval if use.dispersion else catalogue.tables.count_dispersion)
        years, silent = indicator.coverage * days / _YEAR_DAYS, not indicator.wears_out
        bits = expected_bits(belief, list(rates.values()), years, silent, dispersion)
        ratios = {name: rate / base for name, rate in rates.items()}
        rows.append(Diagnostic(indicator.id, indicator.title, ratios, use.only_then, bits))
    return sorted(rows, key=lambda row: (-row.expected_bits, row.indicator))


def expected_bits(
    probs: Sequence[float], rates: Sequence[float], seen_years: float, silent: bool = True, dispersion: float = 0.0
) -> float:
    """Expected information in bits of the count in ``seen_years`` (coverage times years); see the module.

    ``probs`` and ``rates`` (per year) are in one order, (S,); ``silent`` False: silence counts nothing; with a
    ``dispersion`` the count is negative binomial.
    """
    means = [rate * seen_years for rate in rates]
    total, left, n = 0.0, 1.0, 0
    while left > _TAIL:
        chances = [_mass(n, mean, dispersion) for mean in means]
        predictive = sum(p * chance for p, chance in zip(probs, chances, strict=True))
        left -= predictive
        if predictive > 0 and (n or silent):
            told = chances if silent else [rate**n for rate in rates]
            total += predictive * _divergence(probs, told)
        n += 1
        spread = math.sqrt(max(means) + 1 + (dispersion * max(means)) ** 2)
        if n > max(means) + 40 * spread:  # what is left is rounding
            break
    return total


def _mass(n: int, mean: float, dispersion: float) -> float:
    """Of a Poisson number, or of a negative binomial one with variance mean + (dispersion mean)^2."""
    if mean <= 0:
        return float(n == 0)
    if dispersion == 0:
        return math.exp(n * math.log(mean) - mean - math.lgamma(n + 1))
    size = dispersion**-2
    choose = math.lgamma(n + size) - math.lgamma(size) - math.lgamma(n + 1)
    return math.exp(choose + size * math.log(size / (size + mean)) + n * math.log(mean / (size + mean)))


def _divergence(probs: Sequence[float], likelihood: Sequence[float]) -> float:
    """KL divergence in bits of the updated probabilities from ``probs``."""
    joint = [p * one for p, one in zip(probs, likelihood, strict=True)]
    whole = sum(joint)
    return sum(j / whole * math.log2(j / whole / p) for p, j in zip(probs, joint, strict=True) if j > 0)
