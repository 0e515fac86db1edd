"""Draws before any fit: a normal approximation of the posterior, weighted by prior x likelihood / proposal.

Plain prior draws would not do: after 16 events 300 of them were worth 9. The mode of the posterior is found by
quasi-Newton steps, and its curvature by differences, both with the likelihood's exact gradient. Draws come from the
normal of that mode and curvature (Tierney and Kadane 1986) and, a share of them, from a wider one; they are weighted as
draws from the mixture of the two (Owen and Zhou 2000). Where the posterior is far from normal the weights say so: by
their effective size, and by Pareto's k. Where much is counted there may be several modes, which neither would show:
they are looked for from each scenario on, and the draws come from all of them. The odds of what follows, of which the
evidence says little, come from their prior, and stay at its means in the search for the mode.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy import optimize, special
from threadpoolctl import ThreadpoolController

from iw.inference.arrays import LEAST_DECAY, Draws, Evidence, Floats, ModelSpec
from iw.inference.drift import knots_of_steps, years
from iw.inference.kernel_data import LikelihoodData
from iw.inference.likelihood import log_likelihood_and_gradient
from iw.inference.parameters import targets_of

DRAWS = 4000
_WIDE_SHARE, _WIDE = 0.2, 1.2  # share of the draws from the wider normal, and its width against the other
_STEP = 1e-4  # of the (one-sided) differences of the gradient, in standard deviations of the prior
_LEAST_PRECISION = 0.25  # of the posterior, where the prior has 1: the curvature may be anything far from the mode
_APART = 4.0  # squared distance, in standard deviations of a mode, within which another is the same
_UNLIKELY = 1e10  # minus the log density where no scenario explains the evidence


def proposal_draws(spec: ModelSpec, evidence: Evidence, rng: np.random.Generator, count: int = DRAWS) -> Draws:
    """``count`` draws with log weights log prior - log proposal (the likelihood still to be added)."""
    # Matrices as small as these are slower on several threads, and round otherwise on another number of cores.
    with _blas().limit(limits=1, user_api="blas"):
        return _proposal_draws(spec, evidence, rng, count)


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def _proposal_draws(spec: ModelSpec, evidence: Evidence, rng: np.random.Generator, count: int) -> Draws:
    posterior = _Posterior(spec, evidence)
    parts, shares = _parts(posterior)
    wide = rng.random(count) < _WIDE_SHARE
    standard = rng.standard_normal((count, len(posterior.mean))) * np.where(wide, _WIDE, 1.0)[:, None]
    if len(parts) == 1:
        ((mode, root),) = parts
        at = mode + standard @ root.T
        log_density = _log_mixture(standard) - np.linalg.slogdet(root)[1]
    else:
        of = rng.choice(len(parts), count, p=shares)
        at = np.empty_like(standard)
        for k, (mode, root) in enumerate(parts):
            at[of == k] = mode + standard[of == k] @ root.T
        log_density = special.logsumexp(
            [
                _log_mixture(np.linalg.solve(root, (at - mode).T).T) - np.linalg.slogdet(root)[1] + math.log(share)
                for (mode, root), share in zip(parts, shares, strict=True)
            ],
            axis=0,
        )
    return posterior.draws(at, posterior.log_prior(at) - log_density, rng)


def _parts(posterior: _Posterior) -> tuple[list[tuple[Floats, Floats]], Floats]:
    """The modes with the roots of their covariances, and the share of each by its mass (Laplace), none under a tenth of
    an even one."""
    parts: list[tuple[Floats, Floats]] = []
    for start in posterior.starts():
        mode = posterior.mode(start)
        if not any(np.sum(np.linalg.solve(root, mode - other) ** 2) < _APART for other, root in parts):
            parts.append((mode, posterior.root_of_covariance(mode)))
    heights = [-posterior.minus_log_density(posterior.standard(mode))[0] for mode, _ in parts]
    masses = np.array(heights) + [np.linalg.slogdet(root)[1] for _, root in parts]
    return parts, np.asarray(0.9 * special.softmax(masses) + 0.1 / len(parts))


def _log_mixture(standard: Floats) -> Floats:
    """(D,) log density of the mixture of both normals, in standard units; without the roots of 2 pi."""
    square, size = np.sum(standard**2, axis=1), standard.shape[1]
    narrow = math.log(1 - _WIDE_SHARE) - square / 2
    return np.asarray(np.logaddexp(narrow, math.log(_WIDE_SHARE) - square / (2 * _WIDE**2) - size * math.log(_WIDE)))


class _Posterior:
    """The posterior density of one problem over log rates, free log multipliers, log dwell times of scenarios that end,
    logit nu, log(tau - 2), with drift the log of the step size and all steps, and the logs of the counts' dispersions,
    in this order: P numbers. All but logit nu have normal priors."""

    def __init__(self, spec: ModelSpec, evidence: Evidence) -> None:
        self.spec = spec
        self._data, self._counts = LikelihoodData.of(spec, evidence), evidence.counts
        self._rows, self._columns = spec.departures
        self._ends = np.nonzero(~spec.never_ends)[0]
        self._stick = _mean_sticks(spec)
        self._no_drift = np.zeros(1), np.empty((len(spec.indicators), 0))
        a, b = spec.branching_prior
        free = spec.log_mult_mean[self._rows, self._columns], spec.log_mult_sd[self._rows, self._columns]
        self.mean = np.concatenate(
            [spec.log_rate_mean, free[0], spec.log_dwell_mean[self._ends], [math.log(a / b), spec.log_decay_mean]]
        )
        self.sd = np.concatenate(
            [spec.log_rate_sd, free[1], spec.log_dwell_sd[self._ends], [math.sqrt(1 / a + 1 / b), spec.log_decay_sd]]
        )
        self._steps = len(spec.indicators), years(spec, evidence.days)
        steps = self._steps[0] * self._steps[1]
        if spec.drift is not None:
            self.mean = np.concatenate([self.mean, [spec.drift.log_step_mean], np.zeros(steps)])
            self.sd = np.concatenate([self.sd, [spec.drift.log_step_sd], np.ones(steps)])
        self.mean = np.concatenate([self.mean, spec.counts.log_dispersion_mean])
        self.sd = np.concatenate([self.sd, spec.counts.log_dispersion_sd])
        of_drift = 0 if spec.drift is None else 1 + steps
        self._cuts = np.cumsum([len(spec.indicators), len(self._rows), len(self._ends), 2, of_drift])

    def log_prior(self, at: Floats) -> Floats:
        """(D,) at (D, P), without the roots of 2 pi."""
        normal = -0.5 * ((at - self.mean) / self.sd) ** 2 - np.log(self.sd)
        logit = self._cuts[2]
        normal[:, logit] = _log_beta_of_logit(at[:, logit], self.spec.branching_prior)
        return np.asarray(normal.sum(axis=1))

    def minus_log_density(self, standard: Floats) -> tuple[float, Floats]:
        """The value (up to a constant) and the gradient at mean + sd ``standard`` (P,)."""
        at = self.mean + self.sd * standard
        log_rate, log_mult, dwell, (logit, log_decay), drift, dispersion = np.split(at, self._cuts)
        log_step_size, steps = (drift[:1], drift[1:].reshape(self._steps)) if len(drift) else self._no_drift
        log_dwell = self.spec.log_dwell_mean.copy()
        log_dwell[self._ends] = dwell
        branching = float(special.expit(logit))
        aftershock = np.array([branching, log_decay])
        value, d_rate, d_mult, d_dwell, _, d_aftershock, d_step, d_size, d_dispersion = log_likelihood_and_gradient(
            log_rate, log_mult, log_dwell, self._stick, aftershock, steps, log_step_size, dispersion, *self._data
        )
        if not np.isfinite(value):
            return _UNLIKELY, np.zeros_like(at)
        d_aftershock[0] *= branching * (1 - branching)
        parts = [d_rate, d_mult, d_dwell[self._ends], d_aftershock]
        parts += [*([d_size, d_step.ravel()] if len(drift) else []), d_dispersion]
        gradient = np.concatenate(parts) - standard / self.sd
        a, b = self.spec.branching_prior
        at_logit = self._cuts[2]
        gradient[at_logit] += standard[at_logit] / self.sd[at_logit] + a - (a + b) * branching
        return -(value + float(self.log_prior(at[None])[0])), -gradient * self.sd

    def standard(self, at: Floats) -> Floats:
        """(P,) in standard deviations of the prior from its means."""
        return np.asarray((at - self.mean) / self.sd)

    def starts(self) -> list[Floats]:
        """(P,) each: where to look for modes. The means of the prior; and with counts, for each scenario the rates that
        explain them if it held all the time: a long record tells the level, and not whether a scenario raised it."""
        found = [self.mean]
        counts, spec = self._counts, self.spec
        for s in range(len(spec.scenarios) if len(counts) else 0):
            start = self.mean.copy()
            for i in np.unique(counts.indicator):
                own = counts.indicator == i
                level = (counts.weight[own] @ counts.value[own] + 0.5) / (counts.weight[own] @ counts.years[own])
                start[i] = math.log(level) - spec.log_mult_mean[i, s]
            found.append(start)
        return found

    def mode(self, start: Floats) -> Floats:
        """(P,) where the density is highest, from ``start`` on."""
        found = optimize.minimize(self.minus_log_density, self.standard(start), jac=True, method="L-BFGS-B")
        return np.asarray(self.mean + self.sd * found.x)

    def root_of_covariance(self, mode: Floats) -> Floats:
        """(P, P) L with L L' the inverse of the curvature at ``mode``."""
        standard = self.standard(mode)
        gradient = self.minus_log_density(standard)[1]
        moved = [self.minus_log_density(standard + by)[1] for by in _STEP * np.eye(len(mode))]
        curvature = (np.array(moved) - gradient) / _STEP
        precisions, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
        return np.asarray(self.sd[:, None] * vectors / np.sqrt(np.maximum(precisions, _LEAST_PRECISION)))

    def draws(self, at: Floats, log_weight: Floats, rng: np.random.Generator) -> Draws:
        """The `Draws` at (D, P), with odds from their prior."""
        spec, count = self.spec, len(at)
        log_rate, free, dwell, aftershock, drift, dispersion = np.split(at, self._cuts, axis=1)
        log_mult = np.repeat(spec.log_mult_mean[None], count, axis=0)
        log_mult[:, self._rows, self._columns] = free
        exits = np.zeros((count, len(spec.scenarios)))
        exits[:, self._ends] = np.exp(-dwell)
        branching, decay_days = special.expit(aftershock[:, 0]), LEAST_DECAY + np.exp(aftershock[:, 1])
        size, log_drift = np.zeros(count), np.empty((*log_rate.shape, 0))
        if spec.drift is not None:
            size = np.exp(drift[:, 0])
            log_drift = knots_of_steps(spec, drift[:, 1:].reshape(count, *self._steps), size)
        odds = _prior_odds(spec, rng, count)
        return Draws(log_rate, log_mult, exits, odds, branching, decay_days, size, log_drift, dispersion, log_weight)


def prior_draws(spec: ModelSpec, rng: np.random.Generator, count: int, days: int) -> Draws:
    """``count`` draws of all parameters from their priors, equally weighted, for evidence of so many days."""
    log_rate = spec.log_rate_mean + spec.log_rate_sd * rng.standard_normal((count, len(spec.indicators)))
    log_mult = spec.log_mult_mean + spec.log_mult_sd * rng.standard_normal((count, *spec.log_mult_mean.shape))
    log_dwell = spec.log_dwell_mean + spec.log_dwell_sd * rng.standard_normal((count, len(spec.scenarios)))
    size, log_drift = np.zeros(count), np.empty((*log_rate.shape, 0))
    if spec.drift is not None:
        size = np.exp(spec.drift.log_step_mean + spec.drift.log_step_sd * rng.standard_normal(count))
        log_drift = knots_of_steps(spec, rng.standard_normal((*log_rate.shape, years(spec, days))), size)
    noise = rng.standard_normal((count, len(spec.counts)))
    dispersion = spec.counts.log_dispersion_mean + spec.counts.log_dispersion_sd * noise
    return Draws(
        log_rate,
        log_mult,
        np.where(spec.never_ends, 0.0, np.exp(-log_dwell)),
        _prior_odds(spec, rng, count),
        rng.beta(*spec.branching_prior, size=count),
        LEAST_DECAY + np.exp(spec.log_decay_mean + spec.log_decay_sd * rng.standard_normal(count)),
        size,
        log_drift,
        dispersion,
        np.zeros(count),
    )


def _prior_odds(spec: ModelSpec, rng: np.random.Generator, count: int) -> Floats:
    size = len(spec.scenarios)
    odds = np.zeros((count, size, size))
    for r in range(size):
        follow = np.nonzero(spec.odds[r] > 0)[0]
        if len(follow):
            odds[:, r, follow] = rng.dirichlet(spec.odds_concentration * spec.odds[r, follow], size=count)
    return odds


def _mean_sticks(spec: ModelSpec) -> Floats:
    """(S, S - 2) the sticks of the elicited odds."""
    sticks = np.full((len(spec.scenarios), max(len(spec.scenarios) - 2, 0)), 0.5)
    for r, follow in enumerate(targets_of(spec)):
        odds = spec.odds[r, follow[follow >= 0]]
        for j in range(len(odds) - 1):
            sticks[r, j] = odds[j] / odds[j:].sum()
    return sticks


def _log_beta_of_logit(x: Floats, prior: tuple[float, float]) -> Floats:
    """Log density of x = logit nu, nu ~ Beta(a, b); the root of 2 pi that normals are written without is put back."""
    a, b = prior
    root = 0.5 * math.log(2 * math.pi)
    return np.asarray(a * special.log_expit(x) + b * special.log_expit(-x) - special.betaln(a, b) + root)
