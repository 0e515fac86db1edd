"""Exponentials of many small matrices at once, without cancellation.

With lo the smallest diagonal entry of G, B = G - lo I has no negative entry and exp(G) = e^lo exp(B): every term of the
series and of the squares is non-negative, so small entries keep their relative accuracy.

Kernels have draws innermost (blocks of `BLOCK`), so that the compiler turns every inner loop into vector instructions;
nothing is summed across draws.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from iw.inference.arrays import Floats

BLOCK = 256  # draws; fewer cost more calls and loops, and loops over 32 and fewer are unrolled and not vectorised
SERIES_NORM = 0.25  # ||B|| up to which the series of degree 12 leaves less than 1e-17
INVERSE_FACTORIALS = tuple(1.0 / math.factorial(k) for k in range(13))
_MOST_HALVINGS = 10  # brings ||B|| = 256 down to that
_REACH = 200.0  # ||B|| that exp can take without leaving the range of a double


def exponentials(exponents: Floats) -> Floats:
    """exp of (D, S, S) matrices whose off-diagonal entries are not negative."""
    result = np.empty(exponents.shape)
    for first in range(0, len(exponents), BLOCK):
        block = slice(first, first + BLOCK)
        result[block] = _shifted(draws_innermost(exponents[block])).transpose(2, 0, 1)
    return result


def draws_innermost(array: Floats) -> Floats:
    """(B, X, Y) -> (X, Y, B)."""
    return np.ascontiguousarray(array.transpose(1, 2, 0))


@njit(cache=True, nogil=True, error_model="numpy")
def take_lowest_out(operator, lowest, norms):  # type: ignore[no-untyped-def]
    """B <- G - lo I in ``operator``; fill lo and the largest row sum of B, for each draw."""
    for b in range(operator.shape[2]):
        lowest[b] = operator[0, 0, b]
        for s in range(1, operator.shape[0]):
            lowest[b] = min(lowest[b], operator[s, s, b])
        norms[b] = 0.0
        for s in range(operator.shape[0]):
            operator[s, s, b] -= lowest[b]
            row = 0.0
            for other in range(operator.shape[0]):
                row += operator[s, other, b]
            norms[b] = row if not row <= norms[b] else norms[b]  # max would drop what is not a number


@njit(cache=True, nogil=True, error_model="numpy")
def _shifted(operator):  # type: ignore[no-untyped-def]
    """exp(G) of one block (S, S, B), which is used up; e^lo is multiplied in before anything can overflow."""
    lowest, norms = np.empty(operator.shape[2]), np.empty(operator.shape[2])
    take_lowest_out(operator, lowest, norms)
    largest = 0.0
    for b in range(norms.shape[0]):
        largest = max(largest, norms[b])
    halvings = max(int(np.ceil(np.log2(max(largest, 1.0) / _REACH))), 0)
    scale = 0.5**halvings
    for b in range(norms.shape[0]):
        norms[b] *= scale
    result, other = np.empty_like(operator), np.empty_like(operator)
    exponential(operator * scale, norms, result)
    for s in range(operator.shape[0]):
        for c in range(operator.shape[0]):
            for b in range(norms.shape[0]):
                result[s, c, b] *= np.exp(lowest[b] * scale)
    for _ in range(halvings):
        product(result, result, other)
        result, other = other, result
    return result


@njit(cache=True, nogil=True, error_model="numpy")
def transition(state, matrix, following):  # type: ignore[no-untyped-def]
    """following <- state matrix, for each draw; four terms at once, because each pass over the draws costs a load."""
    count, lanes = state.shape
    done = 4 if count >= 4 else 1
    for c in range(count):
        if count >= 4:
            for b in range(lanes):
                following[c, b] = (
                    state[0, b] * matrix[0, c, b]
                    + state[1, b] * matrix[1, c, b]
                    + state[2, b] * matrix[2, c, b]
                    + state[3, b] * matrix[3, c, b]
                )
        else:
            for b in range(lanes):
                following[c, b] = state[0, b] * matrix[0, c, b]
        for s in range(done, count):
            for b in range(lanes):
                following[c, b] += state[s, b] * matrix[s, c, b]


@njit(cache=True, nogil=True, error_model="numpy")
def product(left, right, result):  # type: ignore[no-untyped-def]
    """result <- left right, for each draw."""
    for s in range(left.shape[0]):
        transition(left[s], right, result[s])


@njit(cache=True, nogil=True, error_model="numpy")
def exponential(operator, norms, result):  # type: ignore[no-untyped-def]
    """result <- exp(B), for each draw: B halved until its norm is small, the series of degree 12, squared back.

    ``norms`` are the largest row sums of B >= 0; beyond 2^`_MOST_HALVINGS` `SERIES_NORM` a draw's result is void.

    The series is taken in cubes, ((c12 B^3 + c11 B^2 + c10 B + c9) B^3 + c8 B^2 + c7 B + c6) B^3 + ..., five products
    instead of twelve (Paterson and Stockmeyer 1973).
    """
    count, lanes = operator.shape[0], operator.shape[2]
    halvings = np.zeros(lanes, np.int64)
    scale = np.ones(lanes)
    most = 0
    for b in range(lanes):
        while norms[b] * scale[b] > SERIES_NORM and halvings[b] < _MOST_HALVINGS:
            halvings[b] += 1
            scale[b] *= 0.5
        most = max(most, halvings[b])
    first, second, third = np.empty_like(operator), np.empty_like(operator), np.empty_like(operator)
    other = np.empty_like(operator)
    for s in range(count):
        for c in range(count):
            for b in range(lanes):
                first[s, c, b] = operator[s, c, b] * scale[b]
    product(first, first, second)
    product(second, first, third)
    for s in range(count):
        for c in range(count):
            for b in range(lanes):
                other[s, c, b] = INVERSE_FACTORIALS[12] * third[s, c, b]
    for group in range(9, -1, -3):
        if group < 9:
            product(result, third, other)
        c0, c1, c2 = INVERSE_FACTORIALS[group], INVERSE_FACTORIALS[group + 1], INVERSE_FACTORIALS[group + 2]
        for s in range(count):
            for c in range(count):
                one = c0 if s == c else 0.0
                for b in range(lanes):
                    result[s, c, b] = one + c1 * first[s, c, b] + c2 * second[s, c, b] + other[s, c, b]
    for done in range(most):
        product(result, result, other)
        for s in range(count):
            for c in range(count):
                for b in range(lanes):
                    result[s, c, b] = other[s, c, b] if halvings[b] > done else result[s, c, b]


@njit(cache=True, nogil=True, error_model="numpy")
def advance_alone(days, operator, norm, start, state, b):  # type: ignore[no-untyped-def]
    """state <- start exp(days B) of draw ``b``, normalised; gives the logarithm of the norm. Any days ||B|| will do.

    exp(h B) = diag(exp(g)) P with rows of P that sum to 1, and so for its squares: a row may be exp(-1,000) of another
    and still count, where its scenario is the only one that is left.
    """
    count = operator.shape[0]
    squarings = max(int(np.ceil(np.log2(days * norm / SERIES_NORM))), 0)
    step = days / 2.0**squarings
    matrix, previous = np.zeros((count, count)), np.zeros((count, count))
    log_rows, previous_log_rows = np.zeros(count), np.zeros(count)
    row = np.empty(count)
    for s in range(count):
        matrix[s, s] = 1.0
    for k in range(12, 0, -1):  # Horner's rule: 1 + B (1 + B / 2 (1 + B / 3 (...)))
        matrix, previous = previous, matrix
        for s in range(count):
            for c in range(count):
                entry = 0.0
                for via in range(count):
                    entry += previous[s, via] * operator[via, c, b]
                matrix[s, c] = entry * step / k
            matrix[s, s] += 1.0
    for squared in range(squarings + 1):
        matrix, previous = previous, matrix
        log_rows, previous_log_rows = previous_log_rows, log_rows
        for s in range(count):
            if squared == 0:  # no square yet: only take the rows' sums out
                for c in range(count):
                    row[c] = 1.0 if c == s else 0.0
            else:
                for c in range(count):
                    row[c] = previous[s, c]
            log_rows[s] = previous_log_rows[s] * (squared > 0) + _weighted_row(
                row, previous_log_rows, previous, matrix[s]
            )
    for s in range(count):
        row[s] = start[s, b]
    log_norm = _weighted_row(row, log_rows, matrix, previous[0])
    for s in range(count):
        state[s, b] = previous[0, s]
    return log_norm


@njit(cache=True, nogil=True, error_model="numpy")
def _weighted_row(row, log_rows, matrix, result):  # type: ignore[no-untyped-def]
    """result <- row diag(exp(log_rows)) matrix, normalised; gives the logarithm of the norm."""
    largest = -np.inf
    for via in range(row.shape[0]):
        if row[via] > 0.0:
            largest = max(largest, log_rows[via])
    norm = 0.0
    for c in range(row.shape[0]):
        result[c] = 0.0
    for via in range(row.shape[0]):
        weight = row[via] * np.exp(min(log_rows[via] - largest, 0.0))
        for c in range(row.shape[0]):
            result[c] += weight * matrix[via, c]
            norm += weight * matrix[via, c]
    for c in range(row.shape[0]):
        result[c] /= norm
    return largest + np.log(norm)


@njit(cache=True, nogil=True, error_model="numpy")
def digits(days):  # type: ignore[no-untyped-def]
    """How many binary digits a number of days has."""
    digits = 0
    while days > 0:
        days //= 2
        digits += 1
    return digits
