"""Draws before any fit: a proposal matched to the evidence, weighted by prior x likelihood / proposal.

Plain prior draws would not do: after 16 events 300 of them were worth 9. Two stages:

1. each rate from a LogNormal matched to its prior times its own events and silence under the status quo; multipliers,
   dwell times and odds from their priors;
2. rates, free multipliers and dwell times from independent normals matched to the mean and spread of the first
   stage's weighted draws (tempered until they are worth enough), a little wider; odds from their prior. This is one
   step of population Monte Carlo (Cappe et al. 2004).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, ModelSpec
from iw.inference.belief import normalised
from iw.inference.filter import filter_draws

DRAWS = 4000
_NEWTON_STEPS = 50
_WORTH = 400.0  # the first stage's weights are tempered until they are worth so many draws
_WIDER = 1.15  # the second stage's standard deviations, against those it matches


def proposal_draws(spec: ModelSpec, evidence: Evidence, rng: np.random.Generator, count: int = DRAWS) -> Draws:
    """``count`` draws with log weights log prior - log proposal (the likelihood still to be added)."""
    first = _first_stage(spec, evidence, rng, count)
    log_weight = first.log_weight + filter_draws(spec, first, evidence).log_likelihood[-1]
    weights = _tempered(log_weight)
    return _second_stage(spec, first, weights, rng)


def _first_stage(spec: ModelSpec, evidence: Evidence, rng: np.random.Generator, count: int) -> Draws:
    mode, sd = _matched(spec, evidence)
    log_rate = mode + sd * rng.standard_normal((count, len(spec.indicators)))
    log_weight = _log_normal(log_rate, spec.log_rate_mean, spec.log_rate_sd) - _log_normal(log_rate, mode, sd)
    return replace(prior_draws(spec, rng, count), log_rate=log_rate, log_weight=log_weight.sum(axis=1))


def _second_stage(spec: ModelSpec, first: Draws, weights: Floats, rng: np.random.Generator) -> Draws:
    count = len(first)
    rows, columns = spec.departures
    ends = np.nonzero(~spec.never_ends)[0]
    fresh = prior_draws(spec, rng, count)
    log_mult, exits = fresh.log_mult, fresh.exit_rates
    log_weight = np.zeros(count)

    def matched(values: Floats, prior_mean: Floats, prior_sd: Floats) -> Floats:
        """Draw (D, N) from the matched normals and book log prior - log proposal."""
        nonlocal log_weight
        mean = weights @ values
        sd = _WIDER * np.sqrt(np.maximum(weights @ (values - mean) ** 2, (0.2 * prior_sd) ** 2))
        drawn = mean + sd * rng.standard_normal(values.shape)
        ratio = _log_normal(drawn, prior_mean, prior_sd) - _log_normal(drawn, mean, sd)
        log_weight = log_weight + ratio.sum(axis=1)
        return np.asarray(drawn)

    log_rate = matched(first.log_rate, spec.log_rate_mean, spec.log_rate_sd)
    log_mult[:, rows, columns] = matched(
        first.log_mult[:, rows, columns], spec.log_mult_mean[rows, columns], spec.log_mult_sd[rows, columns]
    )
    dwell = -np.log(first.exit_rates[:, ends])
    exits[:, ends] = np.exp(-matched(dwell, spec.log_dwell_mean[ends], spec.log_dwell_sd[ends]))
    return Draws(log_rate, log_mult, exits, fresh.odds, log_weight)


def _tempered(log_weight: Floats) -> Floats:
    """Weights raised to the largest power (1 at most, by halving) at which they are worth `_WORTH` draws."""
    power = 1.0
    while True:
        weights = normalised(power * log_weight)
        if 1.0 / np.sum(weights**2) >= min(_WORTH, 0.5 * len(weights)) or power < 1e-6:
            return weights
        power /= 2


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
