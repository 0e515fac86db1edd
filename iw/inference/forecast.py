"""Forecasts from today's belief: which scenario is visited within H days.

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
