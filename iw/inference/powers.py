"""The powers of one day operator for one draw, scaled so that none leaves the range of a double, and their derivatives.

Power j is exp(h B) squared j times, kept as diag(exp(g_j)) P_j; what it is for stands in `iw.inference.likelihood`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.matrices import INVERSE_FACTORIALS
from iw.inference.products import add_product, combine, set_product, transpose

_PLAIN = 100.0  # step ||B|| up to which a power needs no scale: its square, exp(200), is still in range
_FACTORS = np.array(INVERSE_FACTORIALS)
_D_FIRST, _D_SECOND, _D_THIRD, _D_STAGE, _TURNED = 6, 7, 8, 9, 13  # see `_series_adjoint`
WORK = 14  # matrices that powers and their adjoint need to work with


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
            work[0, s, c] = operators[r, s, c] * h
    _series(work)
    set_product(work, 5, work, 2, powers, begin + 1)
    combine(_FACTORS, 1, 1, work, 0, 2, powers, begin + 1, False)
    _add_to_diagonal(powers, begin + 1, 1.0)
    log_size = h * size
    for j in range(begin + 2, end):
        if log_size <= _PLAIN:
            set_product(powers, j - 1, powers, j - 1, powers, j)
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
    for j in range(end - 1, begin + 1, -1):
        local = j - begin
        if scaled[j]:
            _square_adjoint_scaled(powers, scales, j, d_powers, local)
        else:
            transpose(powers, j - 1, work, _TURNED)
            add_product(d_powers, local, work, _TURNED, d_powers, local - 1)
            add_product(work, _TURNED, d_powers, local, d_powers, local - 1)
    h = 0.5**halvings
    for s in range(width):
        for c in range(width):
            work[0, s, c] = operators[r, c, s] * h
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
def _series(work):  # type: ignore[no-untyped-def]
    """Of X = work[0]: X^2, X^3, Y3, Y2 and Y1 into work[1] .. work[5].

    Y3 = c9 + c10 X + c11 X^2 + c12 X^3, Y2 = Y3 X^3 + c6 + c7 X + c8 X^2, and so on down to Y0 = exp(X), of degree 12.
    """
    set_product(work, 0, work, 0, work, 1)
    set_product(work, 1, work, 0, work, 2)
    combine(_FACTORS, 10, 1, work, 0, 3, work, 3, True)
    _add_to_diagonal(work, 3, _FACTORS[9])
    for stage in range(2, 0, -1):
        set_product(work, 5 - stage, work, 2, work, 6 - stage)
        combine(_FACTORS, 3 * stage + 1, 1, work, 0, 2, work, 6 - stage, False)
        _add_to_diagonal(work, 6 - stage, _FACTORS[3 * stage])


@njit(cache=True, nogil=True, error_model="numpy")
def _series_adjoint(d_powers, work):  # type: ignore[no-untyped-def]
    """work[_D_FIRST] <- d LL / d X of exp(X), given X^T in work[0] and d LL / d exp(X) in d_powers[1].

    The series of X^T is that of X transposed, which is what is needed. Behind it stand d LL / d X, X^2 and X^3, and
    from _D_STAGE on those of Y0 .. Y3.
    """
    width = work.shape[1]
    _series(work)
    for s in range(width):
        for c in range(width):
            work[_D_STAGE, s, c] = d_powers[1, s, c]
    for stage in range(3):
        set_product(work, _D_STAGE + stage, work, 2, work, _D_STAGE + stage + 1)
    combine(_FACTORS, 1, 3, work, _D_STAGE, 4, work, _D_FIRST, True)
    combine(_FACTORS, 2, 3, work, _D_STAGE, 4, work, _D_SECOND, True)
    combine(_FACTORS, 12, 1, work, _D_STAGE + 3, 1, work, _D_THIRD, True)
    for stage in range(3):
        add_product(work, 5 - stage, work, _D_STAGE + stage, work, _D_THIRD)
    add_product(work, _D_THIRD, work, 0, work, _D_SECOND)
    add_product(work, 1, work, _D_THIRD, work, _D_FIRST)
    add_product(work, _D_SECOND, work, 0, work, _D_FIRST)
    add_product(work, 0, work, _D_SECOND, work, _D_FIRST)


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
