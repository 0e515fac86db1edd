"""Forecasts from today's belief: which scenario is visited, and whether an indicator is seen, within H days.

P(s is visited), now included, by making s absorbing: these sum to more than 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iw.inference.aftershocks import excitation
from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, ModelSpec
from iw.inference.belief import JointState
from iw.inference.drift import months_ahead, rates_on
from iw.inference.matrices import exponentials


def visit_probs(state: JointState, draws: Draws, scenarios: Sequence[int], days: float) -> Floats:
    """(D,) each draw's probability that any of ``scenarios`` is visited within ``days``, being there now included."""
    generators = draws.generators()
    generators[:, list(scenarios), :] = 0.0
    ends = np.einsum("ds,dst->dt", state.probs, exponentials(generators * (days / YEAR_DAYS)))
    return np.asarray(ends[:, list(scenarios)].sum(axis=1))


def seen_probs(
    spec: ModelSpec,
    state: JointState,
    draws: Draws,
    evidence: Evidence,
    indicator: int,
    coverage: float,
    days: float,
) -> Floats:
    """(D,) each draw's probability that a genuine occurrence of ``indicator`` is seen within ``days``.

    With p the probabilities now, κ the ``coverage``, λ the rates as they drift from month to month, and A the
    excitation at the end of the evidence, 1 − p·Π exp((Q − diag(κ·λ[i,·]))·days/365.25)·1 ·
    exp(−κ·share·ν·A·(1 − e^(−days/τ))): the chain with an absorbing state for the first occurrence that is seen, and
    none of the aftershocks of what is known. Aftershocks of what is yet to come are left out, so that it is somewhat
    low for a family.
    """
    s, probs = np.arange(len(spec.scenarios)), state.probs
    for day, length in months_ahead(spec, evidence.days, days):
        generators = draws.generators()
        generators[:, s, s] -= coverage * rates_on(spec, draws, evidence, day)[:, indicator]
        probs = np.einsum("ds,dst->dt", probs, exponentials(generators * (length / YEAR_DAYS)))
    unseen = probs.sum(axis=1)
    excited = excitation(spec, draws, evidence, evidence.days)[:, spec.family[indicator]]
    share = coverage * spec.share[indicator] * evidence.live[indicator]
    aftershocks = share * draws.branching * excited * -np.expm1(-days / draws.decay_days)
    return np.asarray(1.0 - unseen * np.exp(-aftershocks))
