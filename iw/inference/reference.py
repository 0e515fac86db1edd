"""The slow reference: what the formulas of docs/mathematics.md say, with dense matrices, loops and enumeration.

Nothing here is fast or shared with the kernels; tests hold the kernels to it at 1e-10. The definition, for one draw
with rates lambda[i, s] and generator Q per year:

    LL = log E[ prod_m l_m(X(t_m)) . exp( sum_{m spread} int l*_m - int sum_i c_i lambda[i, X] dt / 365.25 ) ]
    l_m(s) = (1 - w_m) + w_m . prod_{i in m} lambda[i, s] / rho_i

A dated observation acts at the end of its day; a spread one adds log l_m(s) / n_m to the day operator of each of its
n_m covered days.
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy.linalg import expm

from iw.inference.arrays import YEAR_DAYS, Evidence, Floats


def observation_ratios(evidence: Evidence, rates: Floats, reference_rates: Floats, obs: int) -> Floats:
    """(S,) the likelihood ratio l_m(s) of one observation for one draw's ``rates`` (I, S)."""
    product = np.ones(rates.shape[1])
    for i in evidence.indicators_of(obs):
        product = product * rates[i] / reference_rates[i]
    w = evidence.obs_weight[obs]
    return np.asarray((1 - w) + w * product)


def day_operator(evidence: Evidence, rates: Floats, reference_rates: Floats, generator: Floats, day: int) -> Floats:
    """(S, S) the operator of one day, before the observations at its end."""
    regime = int(np.searchsorted(evidence.breaks, day, side="right")) - 1
    silence = np.zeros(rates.shape[1])
    for i in range(rates.shape[0]):
        silence += evidence.coverage[regime, i] * rates[i]
    exponent = (generator - np.diag(silence)) / YEAR_DAYS
    for m in range(len(evidence.obs_day)):
        share = evidence.spread[regime, m]
        if share:
            exponent = exponent + np.diag(np.log(observation_ratios(evidence, rates, reference_rates, m)) * share)
    return np.asarray(expm(exponent))


def steps(evidence: Evidence, rates: Floats, reference_rates: Floats, generator: Floats) -> list[Floats]:
    """One (S, S) matrix per day: the day operator times the observations at the day's end."""
    result = []
    for day in range(evidence.days):
        step = day_operator(evidence, rates, reference_rates, generator, day)
        for m in range(evidence.dated):
            if evidence.obs_day[m] == day:
                step = step * observation_ratios(evidence, rates, reference_rates, m)[None, :]
        result.append(step)
    return result


def filtered(prior_probs: Floats, matrices: list[Floats]) -> tuple[float, Floats]:
    """Log-likelihood and (T, S) filtered probabilities at each day's end, day by day."""
    state, log_likelihood, out = prior_probs.copy(), 0.0, []
    for matrix in matrices:
        state = state @ matrix
        total = state.sum()
        log_likelihood += float(np.log(total))
        state = state / total
        out.append(state)
    return log_likelihood, np.array(out)


def enumerated(prior_probs: Floats, matrices: list[Floats]) -> tuple[float, Floats]:
    """Log-likelihood and final probabilities (S,) by summing over every path of states at the days' ends."""
    count = len(prior_probs)
    ends = np.zeros(count)
    for path in itertools.product(range(count), repeat=len(matrices) + 1):
        weight = prior_probs[path[0]]
        for step, matrix in enumerate(matrices):
            weight = weight * matrix[path[step], path[step + 1]]
        ends[path[-1]] += weight
    return float(np.log(ends.sum())), ends / ends.sum()
