"""The slow reference: what the formulas of docs/mathematics.md say, with dense matrices, loops and enumeration.

Nothing here is fast or shared with the kernels; tests hold the kernels to it at 1e-10. The definition, for one draw
with rates lambda[i, s] and generator Q per year:

    LL = log E[ prod_m l_m(X(t_m)) . prod_g given_g(X(t_g))
                . prod_c l_c(X(t_c)) . exp( sum_{m spread} int l*_m - int sum_i c_i (lambda[i, X] + h_i) dt / 365.25 ) ]
    l_m(s) = (1 - w_m) + w_m . prod_{i in m} (lambda[i, s] + h_i) / rho_i
    l_c(s) = (1 - w_c) + w_c . NB(y_c) / b(y_c), NB of mean mu = years_c . lambda[i, s] and variance mu + delta_i^2 mu^2
    h_i(t) = share_i . 365.25 . nu / tau . sum_e w_e exp(-(t - t_e) / tau)     over earlier events of i's family

A dated observation acts at the end of its day; a spread one adds log l_m(s) / n_m to the day operator of each of its
n_m covered days, and has no aftershocks. Given factors are data, and act at the end of their day; so do counts, where
b(y) = P(log(y) <= m + scale T < log(y + 1)), T being Student-t with 4 degrees of freedom.
With drift, lambda[i, s] is that of the day: times exp(drift), linear between the years' ends, as in its month's middle.
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy import stats
from scipy.linalg import expm
from scipy.special import gammaln

from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, ModelSpec


def received(spec: ModelSpec, draws: Draws, draw: int, evidence: Evidence, obs: int, indicator: int) -> float:
    """h, per year, of ``indicator`` in observation ``obs``: of each earlier event of its family its kernel, of each
    other one of the same day half."""
    if not (evidence.live[indicator] and evidence.obs_exact[obs] and evidence.obs_day[obs] >= 0):
        return 0.0
    total, decay = 0.0, draws.decay_days[draw]
    for other in range(evidence.dated):
        elapsed = int(evidence.obs_day[obs] - evidence.obs_day[other])
        if other == obs or elapsed < 0 or not evidence.obs_exact[other]:
            continue
        for member in evidence.indicators_of(other):
            if spec.family[member] == spec.family[indicator]:
                total += evidence.obs_weight[other] * (np.exp(-elapsed / decay) if elapsed else 0.5)
    return float(spec.share[indicator] * YEAR_DAYS * draws.branching[draw] / decay * total)


def expected_aftershocks(spec: ModelSpec, draws: Draws, draw: int, evidence: Evidence, day: int) -> float:
    """The compensator of one day: how many aftershocks of all events before it are expected to be seen during it."""
    regime = int(np.searchsorted(evidence.breaks, day, side="right")) - 1
    total, decay = 0.0, draws.decay_days[draw]
    for m in range(evidence.dated):
        elapsed = day - int(evidence.obs_day[m]) - 1  # from the end of the event's day to the beginning of this one
        if elapsed < 0 or not evidence.obs_exact[m]:
            continue
        within = np.exp(-elapsed / decay) - np.exp(-(elapsed + 1) / decay)
        for member in evidence.indicators_of(m):
            for i in range(len(spec.indicators)):
                if spec.family[i] == spec.family[member] and evidence.live[i]:
                    total += evidence.coverage[regime, i] * spec.share[i] * evidence.obs_weight[m] * within
    return float(draws.branching[draw] * total)


def rates(spec: ModelSpec, draws: Draws, draw: int, evidence: Evidence, day: int) -> Floats:
    """(I, S) lambda per year on one day."""
    result = np.asarray(draws.rates(spec, evidence)[draw])
    if spec.drift is None:
        return result
    before = int(np.ceil(max(0.0, *(-spec.drift.elicited_day / YEAR_DAYS))))  # years, from the first knot to the start
    middle = before + (np.floor(day / (YEAR_DAYS / 12)) + 0.5) / 12
    for i, knots in enumerate(draws.log_drift[draw]):
        result[i] *= np.exp(np.interp(middle, np.arange(len(knots)), knots))
    return result


def observation_ratios(spec: ModelSpec, draws: Draws, draw: int, evidence: Evidence, obs: int, day: int) -> Floats:
    """(S,) the likelihood ratio l_m(s) of one observation, at the rates of ``day``."""
    of_day = rates(spec, draws, draw, evidence, day)
    product = np.ones(of_day.shape[1])
    for i in evidence.indicators_of(obs):
        product = product * (of_day[i] + received(spec, draws, draw, evidence, obs, i)) / spec.reference_rates[i]
    w = evidence.obs_weight[obs]
    return np.asarray((1 - w) + w * product)


def count_ratios(spec: ModelSpec, draws: Draws, draw: int, evidence: Evidence, count: int, day: int) -> Floats:
    """(S,) the likelihood ratio l_c(s) of one count, at the rates of ``day``."""
    counts = evidence.counts
    i, y, w = int(counts.indicator[count]), int(counts.value[count]), counts.weight[count]
    mean = counts.years[count] * rates(spec, draws, draw, evidence, day)[i]
    size = np.exp(-2 * draws.log_dispersion[draw, list(spec.counts.indicators).index(i)])
    log_choose = gammaln(y + size) - gammaln(size) - gammaln(y + 1)
    right = np.exp(log_choose + size * np.log(size / (size + mean)) + y * np.log(mean / (size + mean)))
    wrong = stats.t(4, counts.broad_mean[count], counts.broad_scale[count])
    return np.asarray((1 - w) + w * right / (wrong.sf(np.log(y) if y else -np.inf) - wrong.sf(np.log(y + 1))))


def day_operator(spec: ModelSpec, draws: Draws, draw: int, evidence: Evidence, day: int) -> Floats:
    """(S, S) the operator of one day, before the observations at its end."""
    of_day, generator = rates(spec, draws, draw, evidence, day), draws.generators()[draw]
    regime = int(np.searchsorted(evidence.breaks, day, side="right")) - 1
    silence = np.zeros(of_day.shape[1])
    for i in range(of_day.shape[0]):
        silence += evidence.coverage[regime, i] * of_day[i]
    exponent = (generator - np.diag(silence)) / YEAR_DAYS
    for m in range(len(evidence.obs_day)):
        share = evidence.spread[regime, m]
        if share:
            exponent = exponent + np.diag(np.log(observation_ratios(spec, draws, draw, evidence, m, day)) * share)
    return np.asarray(expm(exponent) * np.exp(-expected_aftershocks(spec, draws, draw, evidence, day)))


def steps(spec: ModelSpec, draws: Draws, draw: int, evidence: Evidence) -> list[Floats]:
    """One (S, S) matrix per day: the day operator times the observations at the day's end."""
    result = []
    for day in range(evidence.days):
        step = day_operator(spec, draws, draw, evidence, day)
        for m in range(evidence.dated):
            if evidence.obs_day[m] == day:
                step = step * observation_ratios(spec, draws, draw, evidence, m, day)[None, :]
        for g in range(len(evidence.given_day)):
            if evidence.given_day[g] == day:
                step = step * evidence.given_ratio[g][None, :]
                for count in np.nonzero(evidence.counts.at == g)[0]:
                    step = step * count_ratios(spec, draws, draw, evidence, int(count), day)[None, :]
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
