"""Forecasts: P(scenario s is visited within H days, now included), by making s absorbing. They sum to more than 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iw.inference.arrays import YEAR_DAYS, Draws, Floats
from iw.inference.belief import JointState


def visit_probs(state: JointState, draws: Draws, scenarios: Sequence[int], days: float) -> Floats:
    """(D,) each draw's probability that any of ``scenarios`` is visited within ``days``, being there now included."""
    generators = draws.generators()
    generators[:, list(scenarios), :] = 0.0
    ends = _propagate(state.probs, generators * (days / YEAR_DAYS))
    return np.asarray(ends[:, list(scenarios)].sum(axis=1))


def _propagate(probs: Floats, exponents: Floats) -> Floats:
    """probs (D, S) times exp(exponents (D, S, S)), by a Taylor series of non-negative terms and squaring.

    With lo the smallest diagonal entry, exp(G) = e^lo exp(G - lo I) and G - lo I has no negative entry.
    """
    low = np.einsum("dss->ds", exponents).min(axis=1)
    shifted = exponents - low[:, None, None] * np.eye(exponents.shape[1])
    squarings = max(0, int(np.ceil(np.log2(max(shifted.sum(axis=2).max(), 1e-300)))))
    shifted = shifted / 2.0**squarings
    total = np.broadcast_to(np.eye(exponents.shape[1]), shifted.shape).copy()
    term = total.copy()
    for k in range(1, 20):  # the row sums are at most 1 now: 1 / 20! is 4e-19
        term = term @ shifted / k
        total += term
    total *= np.exp(low / 2.0**squarings)[:, None, None]
    for _ in range(squarings):
        total = total @ total
    return np.asarray(np.einsum("ds,dst->dt", probs, total))
