"""The log density of draws under the priors, parameter by parameter (docs/mathematics.md section 10)."""

from __future__ import annotations

import numpy as np
from scipy import special

from iw.inference.arrays import LEAST_DECAY, Draws, Floats, ModelSpec


def log_priors(spec: ModelSpec, draws: Draws) -> dict[str, Floats]:
    """(D,) for each kind of parameter, as densities of what is sampled: logs, odds, nu. Of drift it is that of the size
    of the steps: given this, the steps themselves are no judgement."""
    rows, columns = spec.departures
    ends = np.nonzero(~spec.never_ends)[0]
    log_mult = draws.log_mult[:, rows, columns]
    log_decay = np.log(draws.decay_days - LEAST_DECAY)
    a, b = spec.branching_prior
    nu = draws.branching
    drift = {}
    if spec.drift is not None:
        mean, sd = np.array(spec.drift.log_step_mean), np.array(spec.drift.log_step_sd)
        drift["drift"] = _normal(np.log(draws.step_size)[:, None], mean, sd)
    counts = spec.counts
    dispersion = {}
    if len(counts):
        dispersion["dispersion"] = _normal(draws.log_dispersion, counts.log_dispersion_mean, counts.log_dispersion_sd)
    return (
        drift
        | dispersion
        | {
            "rates": _normal(draws.log_rate, spec.log_rate_mean, spec.log_rate_sd),
            "multipliers": _normal(log_mult, spec.log_mult_mean[rows, columns], spec.log_mult_sd[rows, columns]),
            "dwell_times": _normal(
                -np.log(draws.exit_rates[:, ends]), spec.log_dwell_mean[ends], spec.log_dwell_sd[ends]
            ),
            "odds": _dirichlets(spec, draws.odds),
            "branching_ratio": (a - 1) * np.log(nu) + (b - 1) * np.log1p(-nu) - special.betaln(a, b),
            "decay_time": _normal(log_decay[:, None], np.array(spec.log_decay_mean), np.array(spec.log_decay_sd)),
        }
    )


def _normal(values: Floats, mean: Floats, sd: Floats) -> Floats:
    return np.asarray(np.sum(-0.5 * ((values - mean) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi), axis=1))


def _dirichlets(spec: ModelSpec, odds: Floats) -> Floats:
    total = np.zeros(len(odds))
    for r, row in enumerate(spec.odds):
        follow = np.nonzero(row > 0)[0]
        if len(follow) > 1:
            alpha = spec.odds_concentration * row[follow]
            constant = special.gammaln(alpha.sum()) - special.gammaln(alpha).sum()
            total += constant + np.log(np.maximum(odds[:, r, follow], 1e-300)) @ (alpha - 1)
    return total
