"""Forecasts from today's belief: which scenario is visited, and whether an indicator is seen, within H days.

P(s is visited), now included, by making s absorbing: these sum to more than 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iw.inference.arrays import YEAR_DAYS, Draws, Floats
from iw.inference.belief import JointState
from iw.inference.matrices import exponentials


def visit_probs(state: JointState, draws: Draws, scenarios: Sequence[int], days: float) -> Floats:
    """(D,) each draw's probability that any of ``scenarios`` is visited within ``days``, being there now included."""
    generators = draws.generators()
    generators[:, list(scenarios), :] = 0.0
    ends = np.einsum("ds,dst->dt", state.probs, exponentials(generators * (days / YEAR_DAYS)))
    return np.asarray(ends[:, list(scenarios)].sum(axis=1))


def seen_probs(state: JointState, draws: Draws, indicator: int, coverage: float, days: float) -> Floats:
    """(D,) each draw's probability that a genuine occurrence of ``indicator`` is seen within ``days``.

    With p the probabilities now and κ the ``coverage``: 1 − p·exp((Q − diag(κ·λ[i,·]))·days/365.25)·1, the chain with
    an absorbing state for the first occurrence that is seen.
    """
    rates = np.exp(draws.log_rate[:, indicator, None] + draws.log_mult[:, indicator])
    generators = draws.generators()
    s = np.arange(generators.shape[1])
    generators[:, s, s] -= coverage * rates
    unseen = np.einsum("ds,dst->d", state.probs, exponentials(generators * (days / YEAR_DAYS)))
    return np.asarray(1.0 - unseen)
