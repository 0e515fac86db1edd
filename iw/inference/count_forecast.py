"""Will a count of a coming period reach a value? Exact, by a chain that the reaching counts kill.

With p the probabilities now, periods k = 1, 2, ... whose middles lie Delta_k days apart, and R_k[s] the chance that the
count of period k does not reach the value while scenario s holds in its middle,

    P = 1 - p . prod_k exp(Q Delta_k / 365.25) diag(R_k) . 1

for each draw: given the scenarios, counts of different periods are independent. A count is right with the weight w, and
else drawn as `iw.inference.counts` says of wrong ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from iw.inference.arrays import YEAR_DAYS, Counts, Draws, Evidence, Floats, ModelSpec
from iw.inference.belief import JointState, weighted_quantile
from iw.inference.counts import FREEDOM, tails
from iw.inference.drift import rates_on
from iw.inference.matrices import exponentials
from iw.inference.question import Chance


@dataclass(frozen=True)
class ComingCount:
    """A period to come: ``ahead`` days from the end of the evidence to the end of the day in its middle."""

    ahead: int
    numbers: Counts  # one row; its value is not looked at


def reached(
    spec: ModelSpec,
    state: JointState,
    draws: Draws,
    evidence: Evidence,
    coming: Sequence[ComingCount],
    above: float | None,
    below: float | None,
) -> Chance:
    """The chance that one of the ``coming`` counts (in order of time) is at least ``above``, or at most ``below``."""
    probs, before = state.probs, 0
    for one in coming:
        if one.ahead > before:
            step = exponentials(draws.generators() * ((one.ahead - before) / YEAR_DAYS))
            probs, before = np.einsum("ds,dst->dt", probs, step), one.ahead
        probs = probs * (1 - _reaching(spec, draws, evidence, one, above, below))
    each = 1 - probs.sum(axis=1)
    low, high = weighted_quantile(each, state.weights, (0.05, 0.95))
    return Chance(float(state.weights @ each), float(low), float(high), False)


def _reaching(
    spec: ModelSpec, draws: Draws, evidence: Evidence, one: ComingCount, above: float | None, below: float | None
) -> Floats:
    """(D, S) the chance that the count reaches the value."""
    i, weight = int(one.numbers.indicator[0]), float(one.numbers.weight[0])
    day = evidence.days - 1 + one.ahead
    mean = one.numbers.years[0] * rates_on(spec, draws, evidence, day)[:, i]
    slot = int(np.searchsorted(spec.counts.indicators, i))
    wrong = student(FREEDOM, one.numbers.broad_mean[0], one.numbers.broad_scale[0])
    dispersion = draws.log_dispersion[:, slot, None]
    if above is not None:
        least = max(0, math.ceil(above))
        right = tails(np.array(float(least)), mean, dispersion)[1]
        return np.asarray(weight * right + (1 - weight) * (wrong.sf(math.log(least)) if least else 1.0))
    most = math.floor(below or 0.0)
    if most < 0:
        return np.zeros_like(mean)
    right = tails(np.array(float(most)), mean, dispersion)[0]
    return np.asarray(weight * right + (1 - weight) * wrong.cdf(math.log(most + 1)))
