"""The arithmetic limit of the filter: what it must multiply, and how fast these cores can do so.

Two limits. *Products alone*: the very vector-matrix products of a filter's run, in the same order and layout, on the
same two threads, and nothing else. *Peak*: all its floating-point operations at the rate at which BLAS multiplies large
matrices, which no code with small matrices reaches.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit

from benchmarks.filters import by_iw
from benchmarks.measure import best
from benchmarks.problems import Problem
from iw.inference.arrays import Evidence, Floats, Ints
from iw.inference.filter_kernel import CHECKPOINT_DAYS
from iw.inference.matrices import BLOCK, product, transition

THREADS = 2


class Plan(NamedTuple):
    """The products of one filter's run: which power the state is multiplied by, and how many powers are made."""

    powers: Ints  # one for each vector-matrix product, in order
    squares: int  # matrix products: powers made from the one before
    series: int  # powers made by the exponential series

    def flops(self, evidence: Evidence, scenarios: int) -> float:
        """Additions, multiplications and divisions for one draw."""
        s, events = scenarios, len(evidence.obs_day)
        vector = s * (2 * s - 1)
        stops = len(np.unique(evidence.obs_day)) + len(evidence.breaks)
        return (
            len(self.powers) * vector
            + (self.squares + 5 * self.series) * s * vector  # the series takes five products
            + self.series * (2 * s * evidence.coverage.shape[1] + 8 * s * s)  # the silence; the series' sums
            + events * 5 * s  # each event's ratios, and the state times them
            + (events + stops) * s  # sums
        )


def plan_of(evidence: Evidence) -> Plan:
    """Every gap takes the powers of the binary digits of its days, as in `iw.inference.filter_kernel` without drift."""
    stops = {*evidence.breaks[1:].tolist(), *(evidence.obs_day + 1).tolist()}
    stops |= set(range(CHECKPOINT_DAYS, evidence.days, CHECKPOINT_DAYS))
    used: list[int] = []
    squares, made, regime, day = 0, 0, 0, 0
    for stop in sorted(stops):
        length = stop - day
        made = max(made, length.bit_length())
        used += [digit for digit in range(length.bit_length()) if length >> digit & 1]
        if stop == evidence.breaks[regime + 1]:
            squares, made, regime = squares + made - 1, 0, regime + 1
        day = stop
    return Plan(np.array(used, np.int64), squares, regime)


@njit(cache=True, nogil=True, error_model="numpy")
def multiply(used, squares, powers, state, other):  # type: ignore[no-untyped-def]
    """The products of a plan, for one block of draws."""
    for digit in used:
        transition(state, powers[digit], other)
        state, other = other, state
    for _ in range(squares):
        product(powers[0], powers[1], powers[2])
    return state


def products_alone(plan: Plan, draws: int, scenarios: int) -> Callable[[], Floats]:
    """A plan's products for so many draws, in blocks on two threads; rows of the matrices sum to 1."""
    blocks = -(-draws // BLOCK)
    g = np.random.default_rng(0)
    digits = max(int(plan.powers.max()) + 1, 3)
    powers = g.uniform(0.1, 1.0, (blocks, digits, scenarios, scenarios, BLOCK))
    powers /= powers.sum(axis=3, keepdims=True)
    state = np.full((blocks, scenarios, BLOCK), 1.0 / scenarios)
    other = np.empty_like(state)
    squares = plan.squares + 5 * plan.series

    def run() -> Floats:
        with ThreadPoolExecutor(THREADS) as pool:
            done = pool.map(
                lambda k: multiply(plan.powers, squares, powers[k], state[k].copy(), other[k]), range(blocks)
            )
            return np.concatenate(list(done), axis=1)

    return run


def peak() -> float:
    """Flops a second of BLAS on large matrices."""
    size = 1500
    matrix = np.random.default_rng(0).random((size, size))
    return 2.0 * size**3 / best(lambda: matrix @ matrix, 5)


def measured(small: bool, path: str) -> dict[str, float]:
    """The limits of one problem's filter beside the filter's own rate, in draw-events per second."""
    one: Problem = pickle.loads(Path(path).read_bytes())
    plan, scenarios, events = plan_of(one.evidence), len(one.spec.scenarios), len(one.evidence.obs_day)
    work = len(one.draws) * events
    flops = plan.flops(one.evidence, scenarios) / events
    repeats = 3 if small else 15
    rate = peak()
    return {
        "iw_rate": work / best(by_iw(one), repeats),
        "products": len(plan.powers) / events,
        "products_rate": work / best(products_alone(plan, len(one.draws), scenarios), repeats),
        "flops": flops,
        "peak": rate,
        "peak_rate": rate / flops,
    }
