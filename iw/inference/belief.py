"""Beliefs from draws: exact filter per draw, weights over draws, means and credible intervals.

A draw's weight W_d is proportional to exp(base_d + LL_d(evidence now)): for the draws of a fit base_d is minus LL_d at
the fit's evidence; for proposal draws it is log prior - log proposal (importance sampling).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from iw.inference.arrays import Draws, Evidence, Floats, Ints, ModelSpec
from iw.inference.filter import DrawFilter, FilterState
from iw.inference.filter_kernel import CHECKPOINT_DAYS

_RECENT, _SPARSE = 4 * CHECKPOINT_DAYS, 8 * CHECKPOINT_DAYS  # days: checkpoints kept before the first wanted day
_MOST_KEPT = 24


@dataclass(frozen=True)
class JointState:
    """The joint belief over draws and scenarios at one day."""

    probs: Floats  # (D, S) filtered, given each draw
    weights: Floats  # (D,) sum to 1

    @property
    def mean(self) -> Floats:
        """(S,) the belief: weighted mean over draws."""
        return np.asarray(self.weights @ self.probs)

    @property
    def effective_draws(self) -> float:
        """Effective sample size of the weights, 1 / sum of squares (Kish)."""
        return float(1.0 / np.sum(self.weights**2))

    def interval(self, level: float = 0.9) -> tuple[Floats, Floats]:
        """(S,), (S,) the equal-tailed credible interval of each scenario's probability."""
        tail = (1.0 - level) / 2
        bounds = [
            weighted_quantile(self.probs[:, s], self.weights, (tail, 1 - tail)) for s in range(self.probs.shape[1])
        ]
        return np.array([b[0] for b in bounds]), np.array([b[1] for b in bounds])

    @property
    def joint(self) -> Floats:
        """(D, S) joint probabilities of draw and scenario; all sum to 1."""
        return self.weights[:, None] * self.probs


class Believer:
    """Joint states under one set of draws; remembers states on checkpoints, and resumes from the last that holds.

    A state holds for any evidence that is the same up to its day. The result does not depend, bit for bit, on what is
    remembered.
    """

    def __init__(self, spec: ModelSpec, draws: Draws) -> None:
        self.spec, self.draws = spec, draws
        self._filter = DrawFilter(spec, draws)
        self._kept: OrderedDict[tuple[int, bytes], FilterState] = OrderedDict()

    def believe(self, evidence: Evidence, days: Ints | None = None) -> list[JointState]:
        """The joint state at each of ``days`` (elapsed, rising; default: at the end); raises as the filter does."""
        wanted = [evidence.days] if days is None else [int(day) for day in days]
        start = self._resume(evidence, wanted[0])
        grid = range((start.day if start else 0) + CHECKPOINT_DAYS, wanted[0], CHECKPOINT_DAYS)
        keep = [day for day in grid if day % _SPARSE == 0 or day >= wanted[0] - _RECENT]
        found = self._filter.run(evidence, np.array(sorted({*keep, *wanted})), start, keep=keep)
        for day in keep:
            self._kept[day, evidence.digest(day)] = found.state(day)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return [self._joint(found.state(day)) for day in wanted]

    def log_likelihood(self, evidence: Evidence) -> Floats:
        """(D,) of all the evidence; raises as the filter does."""
        return np.asarray(self._filter.run(evidence, start=self._resume(evidence, evidence.days)).log_likelihood[-1])

    def _resume(self, evidence: Evidence, day: int) -> FilterState | None:
        for kept in sorted({one for one, _ in self._kept if one <= day and one < evidence.days}, reverse=True):
            key = (kept, evidence.digest(kept))
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        return None

    def _joint(self, state: FilterState) -> JointState:
        return JointState(state.probs, normalised(self.draws.log_weight + state.log_likelihood))


def normalised(log_weights: Floats) -> Floats:
    """Weights that sum to 1."""
    weights = np.exp(log_weights - log_weights.max())
    return np.asarray(weights / weights.sum())


def weighted_quantile(values: Floats, weights: Floats, probs: tuple[float, ...]) -> Floats:
    """Quantiles of weighted draws: linear between the midpoints of the draws' shares of probability."""
    order = np.argsort(values, kind="stable")
    shares = weights[order]
    midpoints = np.cumsum(shares) - shares / 2
    return np.interp(probs, midpoints, values[order])


def pareto_shape(log_weights: Floats) -> float:
    """k-hat of the largest weights: above 0.7 the weighted draws are not to be trusted.

    Generalised Pareto fit to the M = min(0.2 D, 3 sqrt(D)) largest ratios (Vehtari et al. 2024, Pareto smoothed
    importance sampling, section 2.3) by the estimator of Zhang and Stephens (2009) with their weak prior on k.
    """
    ratios = np.sort(np.exp(log_weights - log_weights.max()))
    tail = int(min(0.2 * len(ratios), 3 * np.sqrt(len(ratios))))
    if tail < 5 or ratios[-1] <= ratios[-tail - 1] * (1 + 1e-12):
        return -np.inf  # equal weights have no tail
    excess = ratios[-tail:] - ratios[-tail - 1]
    grid = 30 + int(np.sqrt(tail))
    quarter = excess[int(tail / 4 + 0.5) - 1]
    theta = 1 / excess[-1] + (1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))) / (3 * quarter)
    shape = np.log1p(-theta[:, None] * excess[None, :]).mean(axis=1)
    profile = tail * (np.log(-theta / shape) - shape - 1)
    posterior = 1 / np.exp(profile[None, :] - profile[:, None]).sum(axis=1)
    best = float(np.sum(theta * posterior) / posterior.sum())
    k = float(np.log1p(-best * excess).mean())
    return (k * tail + 0.5 * 10) / (tail + 10)
