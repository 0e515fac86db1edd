"""The powers of one day operator for one draw, scaled so that none leaves the range of a double, and their derivatives.

Power j is exp(h B) squared j times, kept as diag(exp(g_j)) P_j; what it is for stands in `iw.inference.likelihood`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.fours import numbers_of
from iw.inference.matrices import INVERSE_FACTORIALS
from iw.inference.products import add_product, combine, set_product, transpose

_PLAIN = 100.0  # step ||B|| up to which a power needs no scale: its square, exp(200), is still in range
_FACTORS = np.array(INVERSE_FACTORIALS)
# The matrices that powers and their adjoint work with: X, X^2, X^3 and what the series makes of them; d LL / d X, X^2
# and X^3, and d LL / d Y0 .. Y3 from _D_STAGE on; the transpose of a power.
_X, _SQUARE, _CUBE, _Y3, _Y2, _Y1, _D_FIRST, _D_SECOND, _D_THIRD, _D_STAGE, _TURNED = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13
WORK = 14  # how many these are


@njit(cache=True, nogil=True, error_model="numpy")
def local_power(digit, halvings):  # type: ignore[no-untyped-def]
    """The number, within its regime, of the power of 2^digit days, or of none where the digit is -1."""
    return 1 + halvings + digit if digit >= 0 else 0


@njit(cache=True, nogil=True, error_model="numpy")
def powers_of(operators, r, size, halvings, begin, end, powers, scaled, scales, work):  # type: ignore[no-untyped-def]
    """Fill powers begin .. end - 1: the unit matrix, exp(h B) of regime r, and its squares.

    h is 2^-halvings of a day, and h ||B|| is small. The series has degree 12, in cubes, as in the filter.
    """
    width = operators.shape[1]
    h = 0.5**halvings
    for s in range(width):
        for c in range(width):
            powers[begin, s, c] = 1.0 if s == c else 0.0
            work[_X, s, c] = operators[r, s, c] * h
    _series(_FACTORS, work)
    at_work, at_powers = numbers_of(work), numbers_of(powers)
    combine(width, numbers_of(_FACTORS), 1, 1, at_work, _X, 2, at_powers, begin + 1)
    _add_to_diagonal(powers, begin + 1, 1.0)
    add_product(width, at_work, _Y1, at_work, _CUBE, at_powers, begin + 1)
    log_size = h * size
    for j in range(begin + 2, end):
        if log_size <= _PLAIN:
            set_product(width, at_powers, j - 1, at_powers, j - 1, at_powers, j)
        else:
            _square_scaled(powers, scales, j)
        log_size *= 2.0
        scaled[j] = log_size > _PLAIN
        if scaled[j]:
            for s in range(width):
                row = 0.0
                for c in range(width):
                    row += powers[j, s, c]
                for c in range(width):
                    powers[j, s, c] /= row
                scales[j, s] += np.log(row)


@njit(cache=True, nogil=True, error_model="numpy")
def powers_adjoint(operators, r, halvings, begin, end, powers, scaled, scales, d_powers, work, d_operators):  # type: ignore[no-untyped-def]
    """d_operators[r] <- d LL / d B, given d LL / d powers, numbered from 0 on, which are used up."""
    width = powers.shape[1]
    at_work, at_powers, at_d_powers = numbers_of(work), numbers_of(powers), numbers_of(d_powers)
    for j in range(end - 1, begin + 1, -1):
        local = j - begin
        if scaled[j]:
            _square_adjoint_scaled(powers, scales, j, d_powers, local)
        else:
            transpose(width, at_powers, j - 1, at_work, _TURNED)
            add_product(width, at_d_powers, local, at_work, _TURNED, at_d_powers, local - 1)
            add_product(width, at_work, _TURNED, at_d_powers, local, at_d_powers, local - 1)
    h = 0.5**halvings
    for s in range(width):
        for c in range(width):
            work[_X, s, c] = operators[r, c, s] * h
    _series_adjoint(d_powers, work)
    for s in range(width):
        for c in range(width):
            d_operators[r, s, c] = work[_D_FIRST, s, c] * h


@njit(cache=True, nogil=True, error_model="numpy")
def _square_scaled(powers, scales, j):  # type: ignore[no-untyped-def]
    """powers[j] and scales[j] <- the square of those before, its rows not yet normalised."""
    width = powers.shape[1]
    for s in range(width):
        largest = largest_scale(powers[j - 1], s, scales, j - 1)
        for c in range(width):
            powers[j, s, c] = 0.0
        for via in range(width):
            weight = powers[j - 1, s, via] * scale_weight(scales[j - 1, via] - largest)
            for c in range(width):
                powers[j, s, c] += weight * powers[j - 1, via, c]
        scales[j, s] = scales[j - 1, s] + largest


@njit(cache=True, nogil=True, error_model="numpy")
def _square_adjoint_scaled(powers, scales, j, d_powers, local):  # type: ignore[no-untyped-def]
    """Add to d_powers[local - 1]: power j [s, c] is the sum over via of old[s, via] weight[s, via] old[via, c], the
    weights held constant."""
    width = powers.shape[1]
    for s in range(width):
        for via in range(width):
            weight = 0.0
            if powers[j - 1, s, via] > 0.0:  # else what is not there could have a weight beyond all bounds
                log_weight = scales[j - 1, s] + scales[j - 1, via] - scales[j, s]
                weight = 1.0 if log_weight == 0.0 else np.exp(log_weight)
            entry = 0.0
            for c in range(width):
                entry += d_powers[local, s, c] * powers[j - 1, via, c]
                d_powers[local - 1, via, c] += powers[j - 1, s, via] * weight * d_powers[local, s, c]
            d_powers[local - 1, s, via] += weight * entry


@njit(cache=True, nogil=True, error_model="numpy")
def _series(factors, work):  # type: ignore[no-untyped-def]
    """From X on: X^2, X^3, Y3, Y2 and Y1, where Y3 = c9 + c10 X + c11 X^2 + c12 X^3, Y2 = Y3 X^3 + c6 + c7 X + c8 X^2,
    and so on down to Y0 = exp(X), of degree 12."""
    width, at, weights = work.shape[1], numbers_of(work), numbers_of(factors)
    for left, right, result in ((_X, _X, _SQUARE), (_SQUARE, _X, _CUBE)):
        set_product(width, at, left, at, right, at, result)
    for first, terms, result in ((10, 3, _Y3), (7, 2, _Y2), (4, 2, _Y1)):
        combine(width, weights, first, 1, at, _X, terms, at, result)
        _add_to_diagonal(work, result, factors[first - 1])
    for left, right, result in ((_Y3, _CUBE, _Y2), (_Y2, _CUBE, _Y1)):
        add_product(width, at, left, at, right, at, result)


@njit(cache=True, nogil=True, error_model="numpy")
def _series_adjoint(d_powers, work):  # type: ignore[no-untyped-def]
    """d LL / d X of exp(X) into its place, given X^T in that of X and d LL / d exp(X) in d_powers[1].

    The series of X^T is that of X transposed, which is what is needed. Loops, as Numba would compile a product anew for
    every number that is written into its call.
    """
    width, at, weights = work.shape[1], numbers_of(work), numbers_of(_FACTORS)
    _series(_FACTORS, work)
    for s in range(width):
        for c in range(width):
            work[_D_STAGE, s, c] = d_powers[1, s, c]
    for left, right in ((_D_STAGE, _CUBE), (_D_STAGE + 1, _CUBE), (_D_STAGE + 2, _CUBE)):
        set_product(width, at, left, at, right, at, left + 1)
    for first, step, stage, terms, result in (
        (1, 3, _D_STAGE, 4, _D_FIRST),
        (2, 3, _D_STAGE, 4, _D_SECOND),
        (12, 1, _D_STAGE + 3, 1, _D_THIRD),
    ):
        combine(width, weights, first, step, at, stage, terms, at, result)
    for left, right, result in (
        (_Y1, _D_STAGE, _D_THIRD),
        (_Y2, _D_STAGE + 1, _D_THIRD),
        (_Y3, _D_STAGE + 2, _D_THIRD),
        (_D_THIRD, _X, _D_SECOND),
        (_SQUARE, _D_THIRD, _D_FIRST),
        (_D_SECOND, _X, _D_FIRST),
        (_X, _D_SECOND, _D_FIRST),
    ):
        add_product(width, at, left, at, right, at, result)


@njit(cache=True, nogil=True, error_model="numpy")
def _add_to_diagonal(matrices, k, value):  # type: ignore[no-untyped-def]
    for s in range(matrices.shape[1]):
        matrices[k, s, s] += value


@njit(cache=True, nogil=True, error_model="numpy")
def largest_scale(rows, i, scales, power):  # type: ignore[no-untyped-def]
    """The largest of a power's scales among the entries of row i that are there at all."""
    largest = -np.inf
    for s in range(rows.shape[1]):
        if rows[i, s] > 0.0:
            largest = max(largest, scales[power, s])
    return largest


@njit(cache=True, nogil=True, error_model="numpy")
def scale_weight(log_weight):  # type: ignore[no-untyped-def]
    """exp, quick at 0 (no scale), and at most 1: a larger one belongs to an entry that is not there."""
    return 1.0 if log_weight >= 0.0 else np.exp(log_weight)
