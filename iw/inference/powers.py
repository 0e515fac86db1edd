"""The powers of one day operator for one draw, scaled so that none leaves the range of a double, and their derivatives.

Power j is exp(h B) squared j times, kept as diag(exp(g_j)) P_j; what it is for stands in `iw.inference.likelihood`.
Where a gap is short, `advance` takes one series for the state alone.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.matrices import INVERSE_FACTORIALS

_TAIL = 1e-18
_PLAIN = 100.0  # step ||B|| up to which a power needs no scale: its square, exp(200), is still in range


@njit(cache=True, nogil=True, error_model="numpy")
def powers_of(operator, size, halvings, powers, scales, parts):  # type: ignore[no-untyped-def]
    """Fill powers and scales with exp(h B) and its squares, h = 2^-halvings; h ||B|| is at most `SERIES_NORM`.

    The series has degree 12, in cubes, as in the filter; it leaves in ``parts`` what `powers_adjoint` needs of it.
    """
    count = operator.shape[0]
    h = 0.5**halvings
    for s in range(count):
        for c in range(count):
            parts[0, s, c] = operator[s, c] * h
    _series(parts, powers[0])
    log_size = h * size
    for j in range(1, powers.shape[0]):
        old, new = powers[j - 1], powers[j]
        if log_size <= _PLAIN:
            _set_product(old, old, new)
        else:
            for s in range(count):
                largest = largest_scale(old[s], scales[j - 1])
                for c in range(count):
                    new[s, c] = 0.0
                for via in range(count):
                    weight = old[s, via] * scale_weight(scales[j - 1, via] - largest)
                    for c in range(count):
                        new[s, c] += weight * old[via, c]
                scales[j, s] = scales[j - 1, s] + largest
        log_size *= 2.0
        if log_size > _PLAIN:
            for s in range(count):
                row = 0.0
                for c in range(count):
                    row += new[s, c]
                for c in range(count):
                    new[s, c] /= row
                scales[j, s] += np.log(row)


@njit(cache=True, nogil=True, error_model="numpy")
def powers_adjoint(halvings, powers, scales, d_powers, parts, d_operator):  # type: ignore[no-untyped-def]
    """Carry the derivatives of the powers down to the first and through its series; fill d LL / d B."""
    count = d_operator.shape[0]
    for j in range(powers.shape[0] - 1, 0, -1):
        old, d_old, d_new = powers[j - 1], d_powers[j - 1], d_powers[j]
        # new[s, c] = sum over via of old[s, via] weight[s, via] old[via, c], the weights held constant
        for s in range(count):
            for via in range(count):
                weight = 0.0
                if old[s, via] > 0.0:  # else what is not there could have a weight beyond all bounds
                    log_weight = scales[j - 1, s] + scales[j - 1, via] - scales[j, s]
                    weight = 1.0 if log_weight == 0.0 else np.exp(log_weight)
                entry = 0.0
                for c in range(count):
                    entry += d_new[s, c] * old[via, c]
                    d_old[via, c] += old[s, via] * weight * d_new[s, c]
                d_old[s, via] += weight * entry
    _series_adjoint(parts, d_powers[0], d_operator)
    h = 0.5**halvings
    for s in range(count):
        for c in range(count):
            d_operator[s, c] *= h


@njit(cache=True, nogil=True, error_model="numpy")
def series_terms(size):  # type: ignore[no-untyped-def]
    """How many terms of exp(X) leave less than 1e-17 of it, for ||X|| = ``size``."""
    k, bound = 0, 1.0
    while bound > _TAIL or k < size:
        k += 1
        bound *= size / k
    return k + 1


@njit(cache=True, nogil=True, error_model="numpy")
def advance(state, operator, days, terms):  # type: ignore[no-untyped-def]
    """state <- state exp(days B), all terms of one series, which stay in ``terms`` (K, S); none of them is negative."""
    count = state.shape[0]
    for s in range(count):
        terms[0, s] = state[s]
    for k in range(1, terms.shape[0]):
        scale = days / k
        for c in range(count):
            entry = 0.0
            for s in range(count):
                entry += terms[k - 1, s] * operator[s, c]
            terms[k, c] = entry * scale
            state[c] += terms[k, c]


@njit(cache=True, nogil=True, error_model="numpy")
def advance_adjoint(beta, operator, days, terms, d_operator):  # type: ignore[no-untyped-def]
    """beta <- exp(days B) beta, and add d LL / d B to ``d_operator``, given the ``terms`` that `advance` left."""
    count = beta.shape[0]
    following, other = beta.copy(), np.empty(count)
    for k in range(terms.shape[0] - 1, 0, -1):
        scale = days / k
        for s in range(count):
            entry = 0.0
            weight = terms[k - 1, s] * scale
            for c in range(count):
                d_operator[s, c] += weight * following[c]
                entry += operator[s, c] * following[c]
            other[s] = beta[s] + scale * entry
        for s in range(count):
            following[s] = other[s]
    for s in range(count):
        beta[s] = following[s]


@njit(cache=True, nogil=True, error_model="numpy")
def _series(parts, result):  # type: ignore[no-untyped-def]
    """result <- exp(X), X = parts[0], of degree 12.

    Y3 = c9 + c10 X + c11 X^2 + c12 X^3, Y2 = Y3 X^3 + c6 + c7 X + c8 X^2, and so on down to Y0, the result.

    Leaves X^2, X^3, Y3, Y2, Y1 in parts[1] .. parts[5].
    """
    count = result.shape[0]
    _set_product(parts[0], parts[0], parts[1])
    _set_product(parts[1], parts[0], parts[2])
    for stage in range(3, -1, -1):
        target = result if stage == 0 else parts[6 - stage]
        if stage < 3:
            _set_product(parts[5 - stage], parts[2], target)
        for s in range(count):
            for c in range(count):
                entry = INVERSE_FACTORIALS[12] * parts[2, s, c] if stage == 3 else target[s, c]
                entry += (
                    INVERSE_FACTORIALS[3 * stage + 2] * parts[1, s, c]
                    + INVERSE_FACTORIALS[3 * stage + 1] * parts[0, s, c]
                )
                target[s, c] = entry + INVERSE_FACTORIALS[3 * stage] if s == c else entry


@njit(cache=True, nogil=True, error_model="numpy")
def _series_adjoint(parts, d_result, d_first):  # type: ignore[no-untyped-def]
    """d_first <- d LL / d X of what `_series` made of X, given d LL / d result (which is used up)."""
    count = d_result.shape[0]
    d_second, d_third, other = np.zeros((count, count)), np.zeros((count, count)), np.zeros((count, count))
    for s in range(count):
        for c in range(count):
            d_first[s, c] = 0.0
    d_stage = d_result
    for stage in range(4):
        for s in range(count):
            for c in range(count):
                d_first[s, c] += INVERSE_FACTORIALS[3 * stage + 1] * d_stage[s, c]
                d_second[s, c] += INVERSE_FACTORIALS[3 * stage + 2] * d_stage[s, c]
                if stage == 3:
                    d_third[s, c] += INVERSE_FACTORIALS[12] * d_stage[s, c]
        if stage < 3:
            _add_product_left_transposed(parts[5 - stage], d_stage, d_third)
            for s in range(count):
                for c in range(count):
                    other[s, c] = 0.0
            _add_product_right_transposed(d_stage, parts[2], other)
            d_stage, other = other, d_stage
    _add_product_right_transposed(d_third, parts[0], d_second)
    _add_product_left_transposed(parts[1], d_third, d_first)
    _add_product_right_transposed(d_second, parts[0], d_first)
    _add_product_left_transposed(parts[0], d_second, d_first)


@njit(cache=True, nogil=True, error_model="numpy")
def largest_scale(row, scales):  # type: ignore[no-untyped-def]
    """The largest scale among the entries of ``row`` that are there at all."""
    largest = -np.inf
    for s in range(row.shape[0]):
        if row[s] > 0.0:
            largest = max(largest, scales[s])
    return largest


@njit(cache=True, nogil=True, error_model="numpy")
def scale_weight(log_weight):  # type: ignore[no-untyped-def]
    """exp, quick at 0 (no scale), and at most 1: a larger one belongs to an entry that is not there."""
    return 1.0 if log_weight >= 0.0 else np.exp(log_weight)


# The small products are plain loops: a call into a threaded BLAS costs a thousand times as much as one of them.


@njit(cache=True, nogil=True, error_model="numpy")
def _set_product(left, right, result):  # type: ignore[no-untyped-def]
    for a in range(result.shape[0]):
        for c in range(result.shape[0]):
            entry = 0.0
            for b in range(result.shape[0]):
                entry += left[a, b] * right[b, c]
            result[a, c] = entry


@njit(cache=True, nogil=True, error_model="numpy")
def _add_product_left_transposed(left, right, result):  # type: ignore[no-untyped-def]
    for a in range(result.shape[0]):
        for c in range(result.shape[0]):
            entry = 0.0
            for b in range(result.shape[0]):
                entry += left[b, a] * right[b, c]
            result[a, c] += entry


@njit(cache=True, nogil=True, error_model="numpy")
def _add_product_right_transposed(left, right, result):  # type: ignore[no-untyped-def]
    for a in range(result.shape[0]):
        for c in range(result.shape[0]):
            entry = 0.0
            for b in range(result.shape[0]):
                entry += left[a, b] * right[c, b]
            result[a, c] += entry
