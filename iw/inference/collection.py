"""What looking out for an indicator is expected to tell: the mutual information, in bits, of the number of reports in a
window and the scenario at its end (Lindley 1956, "On a measure of the information provided by an experiment").

For one draw, reports of grade weight w arrive at the rate (docs/mathematics.md section 16)

    r(s) = c (lambda[i, s] + h_i + rho_i (1 - w) / w),

genuine or false, while the scenario changes by Q: a Markov-modulated Poisson process, whose number of arrivals is
counted by levels above one another in one large generator (Fischer and Meier-Hellstern 1993). The last level, with "so
many or more", is hardly ever reached, or the `MOST_LEVELS`th. Aftershocks h are those of what is known, at their mean
over the window.
"""

from __future__ import annotations

import numpy as np
from scipy.special import pdtrc

from iw.inference.aftershocks import excitation
from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, ModelSpec
from iw.inference.belief import JointState
from iw.inference.matrices import exponentials

LEAST_LEVELS, MOST_LEVELS = 3, 16
_BEYOND = 1e-4  # chance of the last level, under the mean rate of the scenario with most reports
DRAWS = 200  # taken evenly from the weighted draws


def collection_bits(
    spec: ModelSpec,
    state: JointState,
    draws: Draws,
    evidence: Evidence,
    coverage: Floats,
    weight: float,
    days: float,
) -> Floats:
    """(I,) expected bits about the scenario after ``days``, from reports of ``weight`` under ``coverage`` (I,).

    With coverage 0 there is nothing to be learnt: 0 bits.
    """
    some = _evenly(state.weights)
    rates = draws.rates(spec, evidence)[some]
    generators, probs = draws.generators()[some], state.probs[some]
    fall = -np.expm1(-days / draws.decay_days[some])
    excited = excitation(spec, draws, evidence, evidence.days)[some] * (draws.branching[some] * fall)[:, None]
    received = excited[:, spec.family] * (spec.share * evidence.live) * YEAR_DAYS / days
    false = spec.reference_rates * (1 - weight) / weight
    bits = np.zeros(len(spec.indicators))
    for i in np.nonzero(coverage > 0)[0]:
        arriving = coverage[i] * (rates[:, i] + received[:, i, None] + false[i])
        joint = number_and_scenario(generators, probs, arriving, days, _levels(arriving.mean(axis=0).max(), days))
        bits[i] = _mutual_information(joint)
    return bits


def _levels(rate: float, days: float) -> int:
    numbers = np.arange(LEAST_LEVELS, MOST_LEVELS)
    enough = numbers[pdtrc(numbers - 2, rate * days / YEAR_DAYS) < _BEYOND]
    return int(enough[0]) if len(enough) else MOST_LEVELS


def entropy_bits(probs: Floats) -> float:
    """The most that can be learnt of a belief (S,): its entropy."""
    some = probs[probs > 0]
    return float(-np.sum(some * np.log2(some)))


def _evenly(weights: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(`DRAWS`,) draws, each as often as its weight says, at even steps of the cumulative weights."""
    steps = (np.arange(DRAWS) + 0.5) / DRAWS
    return np.minimum(np.searchsorted(np.cumsum(weights), steps), len(weights) - 1)


def number_and_scenario(generators: Floats, probs: Floats, arriving: Floats, days: float, levels: int) -> Floats:
    """(levels, S) the probability of each number of reports and each scenario at the end, in the mean over draws."""
    count, size = probs.shape
    whole = np.zeros((count, levels * size, levels * size))
    s = np.arange(size)
    for level in range(levels):
        own = level * size
        whole[:, own : own + size, own : own + size] = generators
        if level + 1 < levels:
            whole[:, own + s, own + s] -= arriving
            whole[:, own + s, own + size + s] = arriving
    first = np.zeros((count, levels * size))
    first[:, :size] = probs
    ends = np.einsum("dk,dkl->dl", first, exponentials(whole * (days / YEAR_DAYS)))
    return np.asarray(ends.mean(axis=0).reshape(levels, size))


def _mutual_information(joint: Floats) -> float:
    """Bits between the rows and the columns of a table of probabilities."""
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    there = joint > 0
    return float(np.sum(joint[there] * np.log2(joint[there] / apart[there])))
