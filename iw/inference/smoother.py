"""What should have been believed: the state on past days given all the evidence, before and after them.

The day operators and observations of a block of `CHECKPOINT_DAYS` days make one matrix M_k for each draw, whose row s
is what the filter makes of a block that begins in scenario s. With alpha the filtered and beta the backward vector,

    beta_k = M_k beta_{k+1},    smoothed_k = alpha_k beta_k / (alpha_k beta_k summed over scenarios)

at the blocks' edges, with beta = 1 at the end (Baum, Petrie, Soules and Weiss 1970). Aftershocks enter by what the
observations of a block receive of all earlier ones; their compensator is the same in every scenario and drops out.
"""

from __future__ import annotations

import numpy as np

from iw.inference.arrays import Evidence, Floats, Ints
from iw.inference.belief import Believer, JointState
from iw.inference.filter import DrawFilter, FilterState
from iw.inference.filter_kernel import CHECKPOINT_DAYS


def smoothed(believer: Believer, evidence: Evidence) -> tuple[Ints, list[JointState]]:
    """(K,) elapsed days: every `CHECKPOINT_DAYS` from the start, and the end; and the smoothed joint state after each.

    The weights of the draws are those at the end of the evidence. Raises as the filter does.
    """
    days = np.array([*range(0, evidence.days, CHECKPOINT_DAYS), evidence.days], np.int64)
    filtered = believer.believe(evidence, days)
    draws, scenarios = filtered[-1].probs.shape
    runner = DrawFilter(believer.spec, believer.draws)
    backward = np.ones((draws, scenarios))
    states = [JointState(filtered[-1].probs, filtered[-1].weights)]
    for k in range(len(days) - 2, -1, -1):
        block = _block(runner, evidence.until(int(days[k + 1])), int(days[k]), draws, scenarios)
        backward = np.einsum("dst,dt->ds", block, backward)
        backward /= backward.max(axis=1, keepdims=True)
        joint = filtered[k].probs * backward
        states.append(JointState(joint / joint.sum(axis=1, keepdims=True), filtered[-1].weights))
    return days, states[::-1]


def _block(runner: DrawFilter, evidence: Evidence, first: int, draws: int, scenarios: int) -> Floats:
    """(D, S, S) what the days from ``first`` to the end of ``evidence`` make of each scenario; each draw's largest
    row has the sum 1."""
    rows, log_sums = np.empty((draws, scenarios, scenarios)), np.empty((draws, scenarios))
    zero = np.zeros(draws)
    for s in range(scenarios):
        start = FilterState(first, zero, zero, np.tile(np.eye(scenarios)[s], (draws, 1)))
        found = runner.run(evidence, start=start)
        rows[:, s], log_sums[:, s] = found.probs[-1], found.chain[-1]
    return np.asarray(rows * np.exp(log_sums - log_sums.max(axis=1, keepdims=True))[:, :, None])
