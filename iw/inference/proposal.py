"""Draws before any fit: each rate from a LogNormal matched to its prior times its own events and silence.

Weighted by prior x likelihood / proposal these give a first belief at once. Multipliers, dwell times and odds come from
their priors. Plain prior draws would not do: after 16 events 300 of them were worth 9.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, ModelSpec

DRAWS = 4000
_NEWTON_STEPS = 50


def proposal_draws(spec: ModelSpec, evidence: Evidence, rng: np.random.Generator, count: int = DRAWS) -> Draws:
    """``count`` draws with log weights log prior - log proposal."""
    mode, sd = _matched(spec, evidence)
    noise = rng.standard_normal((count, len(spec.indicators)))
    log_rate = mode + sd * noise
    log_weight = (_log_normal(log_rate, spec.log_rate_mean, spec.log_rate_sd) - _log_normal(log_rate, mode, sd)).sum(axis=1)
    return replace(prior_draws(spec, rng, count), log_rate=log_rate, log_weight=log_weight)


def prior_draws(spec: ModelSpec, rng: np.random.Generator, count: int) -> Draws:
    """``count`` draws of all parameters from their priors, equally weighted."""
    size = len(spec.scenarios)
    log_rate = spec.log_rate_mean + spec.log_rate_sd * rng.standard_normal((count, len(spec.indicators)))
    log_mult = spec.log_mult_mean + spec.log_mult_sd * rng.standard_normal((count, *spec.log_mult_mean.shape))
    log_dwell = spec.log_dwell_mean + spec.log_dwell_sd * rng.standard_normal((count, size))
    odds = np.zeros((count, size, size))
    for r in range(size):
        follow = np.nonzero(spec.odds[r] > 0)[0]
        if len(follow):
            odds[:, r, follow] = rng.dirichlet(spec.odds_concentration * spec.odds[r, follow], size=count)
    return Draws(log_rate, log_mult, np.where(spec.never_ends, 0.0, np.exp(-log_dwell)), odds, np.zeros(count))


def _matched(spec: ModelSpec, evidence: Evidence) -> tuple[Floats, Floats]:
    """Mode and curvature of prior x Poisson(sum of weights | rate x covered years), rate by rate (Newton's method)."""
    seen = np.zeros(len(spec.indicators))
    for m, weight in enumerate(evidence.obs_weight):
        for i in evidence.indicators_of(m):
            seen[i] += weight
    years = np.diff(evidence.breaks) @ evidence.coverage / YEAR_DAYS
    precision = spec.log_rate_sd**-2
    x = spec.log_rate_mean.copy()
    for _ in range(_NEWTON_STEPS):
        expected = years * np.exp(x)
        step = (seen - expected - precision * (x - spec.log_rate_mean)) / (expected + precision)
        x = x + np.clip(step, -2.0, 2.0)
    return x, (years * np.exp(x) + precision) ** -0.5


def _log_normal(x: Floats, mean: Floats, sd: Floats) -> Floats:
    return np.asarray(-0.5 * ((x - mean) / sd) ** 2 - np.log(sd))
