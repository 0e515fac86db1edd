"""What looking out for an indicator is expected to tell: the mutual information, in bits, of the number of reports in a
window and the scenario at its end (Lindley 1956, "On a measure of the information provided by an experiment").

For one draw, reports of grade weight w arrive at the rate (docs/mathematics.md section 19)

    r(s) = c (lambda[i, s] + h_i + rho_i (1 - w) / w),

genuine or false, while the scenario changes by Q: a Markov-modulated Poisson process. The generating function of
their number is exp((Q - diag(r) (1 - z)) t) (Fischer and Meier-Hellstern 1993); its values at the roots of unity give
the probabilities by a discrete Fourier transform. Aftershocks h are those of what is known, at their mean over the
window; rates are those of its middle, if they drift.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import pdtrik

from iw.inference.aftershocks import excitation
from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, ModelSpec
from iw.inference.belief import JointState
from iw.inference.drift import rates_on

_BEYOND = 1e-9  # chance of more reports than are told apart, at the largest rate
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
    rates = rates_on(spec, draws, evidence, evidence.days + int(days / 2))[some]
    generators, probs = draws.generators()[some], state.probs[some]
    fall = -np.expm1(-days / draws.decay_days[some])
    excited = excitation(spec, draws, evidence, evidence.days)[some] * (draws.branching[some] * fall)[:, None]
    received = excited[:, spec.family] * (spec.share * evidence.live) * YEAR_DAYS / days
    false = spec.reference_rates * (1 - weight) / weight
    bits = np.zeros(len(spec.indicators))
    for i in np.nonzero(coverage > 0)[0]:
        arriving = coverage[i] * (rates[:, i] + received[:, i, None] + false[i])
        bits[i] = _mutual_information(number_and_scenario(generators, probs, arriving, days))
    return bits


def entropy_bits(probs: Floats) -> float:
    """The most that can be learnt of a belief (S,): its entropy."""
    some = probs[probs > 0]
    return float(-np.sum(some * np.log2(some)))


def _evenly(weights: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(`DRAWS`,) draws, each as often as its weight says, at even steps of the cumulative weights."""
    steps = (np.arange(DRAWS) + 0.5) / DRAWS
    return np.minimum(np.searchsorted(np.cumsum(weights), steps), len(weights) - 1)


def number_and_scenario(generators: Floats, probs: Floats, arriving: Floats, days: float) -> Floats:
    """(N, S) the probability of each number of reports and each scenario at the end, in the mean over draws.

    N is a power of two beyond what the largest of the rates ``arriving`` (D, S) leads one to expect.
    """
    most = pdtrik(1 - _BEYOND, arriving.max() * days / YEAR_DAYS)
    numbers = 2 ** int(np.ceil(np.log2(most + 2)))
    roots = np.exp(2j * np.pi * np.arange(numbers // 2 + 1) / numbers)  # the others are their conjugates
    exponents = np.repeat(generators[:, None].astype(np.complex128), len(roots), axis=1)
    s = np.arange(generators.shape[1])
    exponents[:, :, s, s] -= arriving[:, None] * (1 - roots)[:, None]
    ends = np.matmul(probs[:, None, None], _exponentials(exponents * (days / YEAR_DAYS)))[:, :, 0].mean(axis=0)
    return np.maximum(np.fft.irfft(ends.conj(), numbers, axis=0), 0.0)


def _exponentials(exponents: Any) -> Any:
    """exp of (..., S, S) complex matrices whose exponentials stay below 1: halved, the series to degree 12, squared."""
    size = float(np.abs(exponents).sum(axis=-1).max())
    halvings = max(0, int(np.ceil(np.log2(max(size, 1e-300) / 0.25))))
    scaled = exponents / 2**halvings
    one = np.eye(exponents.shape[-1])
    result = one + scaled / 12
    for k in range(11, 0, -1):
        result = one + np.matmul(scaled, result) / k
    for _ in range(halvings):
        result = np.matmul(result, result)
    return result


def _mutual_information(joint: Floats) -> float:
    """Bits between the rows and the columns of a table of probabilities."""
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    there = joint > 0
    return float(np.sum(joint[there] * np.log2(joint[there] / apart[there])))
