"""What the model expects to be seen before it sees anything: paths of the chain, and counts of occurrences on them.

For each draw, X(0) is drawn from the prior probabilities and X(t) follows its generator; dwell times are exponential
(Norris, *Markov Chains*, 1997, section 2.6). Given the path, the genuine occurrences of indicator i that are seen are
Poisson with mean

    Σ_s λ[i,s] · ∫ c_i(t)·1[X(t) = s] dt / 365.25

False reports are not simulated, and nothing is an aftershock.
"""

from __future__ import annotations

import numpy as np

from iw.inference.arrays import YEAR_DAYS, Draws, Floats, Ints, ModelSpec


def simulated_counts(spec: ModelSpec, draws: Draws, breaks: Ints, coverage: Floats, rng: np.random.Generator) -> Ints:
    """(D, I) occurrences seen from the problem's start to its last day, one path for each draw.

    ``breaks`` (R + 1,) and ``coverage`` (R, I) are those of `Evidence`: constant within a regime of days.
    """
    seen_days = np.vstack([np.zeros(coverage.shape[1]), np.cumsum(np.diff(breaks)[:, None] * coverage, axis=0)])
    rates = draws.rates()
    means = np.zeros((len(draws), len(spec.indicators)))
    for d in range(len(draws)):
        times, states = _path(spec.prior_probs, draws.exit_rates[d], draws.odds[d], float(breaks[-1]), rng)
        exposure = np.diff(_interpolated(times, breaks, seen_days), axis=0) / YEAR_DAYS  # (stretches, I)
        means[d] = np.einsum("ji,ij->i", exposure, rates[d][:, states])
    return np.asarray(rng.poisson(means))


def _path(
    prior_probs: Floats, exit_rates: Floats, odds: Floats, days: float, rng: np.random.Generator
) -> tuple[Floats, Ints]:
    """The ends of the stretches in days, first 0 and last ``days``, and the scenario of each stretch."""
    state = int(rng.choice(len(prior_probs), p=prior_probs))
    times, states, now = [0.0], [state], 0.0
    while exit_rates[state] > 0:
        now += rng.exponential(YEAR_DAYS / exit_rates[state])
        if now >= days:
            break
        state = int(rng.choice(len(prior_probs), p=odds[state]))
        times.append(now)
        states.append(state)
    return np.array([*times, days]), np.array(states, dtype=np.int64)


def _interpolated(times: Floats, breaks: Ints, cumulative: Floats) -> Floats:
    """(N, I) the cumulative values at ``times``, linear between ``breaks``."""
    left = np.clip(np.searchsorted(breaks, times, side="right") - 1, 0, len(breaks) - 2)
    share = (times - breaks[left]) / np.diff(breaks)[left]
    return np.asarray(cumulative[left] + share[:, None] * (cumulative[left + 1] - cumulative[left]))
