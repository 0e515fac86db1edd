"""The chain's own parameters in the likelihood's kernel: odds from broken sticks, the generator, their derivatives."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def odds_of_sticks(stick, targets):  # type: ignore[no-untyped-def]
    """(S, S) odds from sticks (S', S' - 2), S' >= S; ``targets[r, j]`` is the j-th that may follow r, or -1."""
    count = targets.shape[0]
    odds = np.zeros((count, count))
    for r in range(count):
        left = 1.0
        for j in range(count - 1):
            target = targets[r, j]
            if target < 0:
                break
            last = j == count - 2 or targets[r, j + 1] < 0
            share = left if last else left * stick[r, j]
            odds[r, target] = share
            left -= share
    return odds


@njit(cache=True, nogil=True, error_model="numpy")
def stick_gradient(stick, targets, d_odds, out):  # type: ignore[no-untyped-def]
    """Add d LL / d stick to ``out`` given d LL / d odds."""
    count = targets.shape[0]
    for r in range(count):
        number = 0
        while number < count - 1 and targets[r, number] >= 0:
            number += 1
        if number < 2:
            continue
        left = np.empty(number)  # what remains before each break of the stick
        left[0] = 1.0
        for j in range(1, number):
            left[j] = left[j - 1] * (1.0 - stick[r, j - 1])
        d_left = d_odds[r, targets[r, number - 1]]
        for j in range(number - 2, -1, -1):
            d_share = d_odds[r, targets[r, j]]
            out[r, j] += left[j] * (d_share - d_left)
            d_left = stick[r, j] * d_share + (1.0 - stick[r, j]) * d_left


@njit(cache=True, nogil=True, error_model="numpy")
def generator_of(log_dwell, never_ends, odds):  # type: ignore[no-untyped-def]
    """(S, S) Q per year from log dwell times and odds."""
    count = odds.shape[0]
    generator = np.zeros((count, count))
    for r in range(count):
        if never_ends[r]:
            continue
        leave = np.exp(-log_dwell[r])
        for c in range(count):
            generator[r, c] = leave * odds[r, c]
        generator[r, r] = -leave
    return generator


@njit(cache=True, nogil=True, error_model="numpy")
def generator_adjoint(log_dwell, never_ends, odds, stick, targets, d_generator, d_log_dwell, d_stick):  # type: ignore[no-untyped-def]
    """Fill d LL / d log dwell and add d LL / d stick, given d LL / d Q."""
    count = odds.shape[0]
    d_odds = np.zeros((count, count))
    for r in range(count):
        if never_ends[r]:
            continue
        leave = np.exp(-log_dwell[r])
        d_leave = -d_generator[r, r]
        for c in range(count):
            if c != r:
                d_leave += odds[r, c] * d_generator[r, c]
                d_odds[r, c] = leave * d_generator[r, c]
        d_log_dwell[r] = -leave * d_leave
    stick_gradient(stick, targets, d_odds, d_stick)
