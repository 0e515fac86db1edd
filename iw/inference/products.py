"""Products of small matrices for one draw, four columns at a time (`iw.inference.fours`).

Rows (:, W) and matrices (:, W, W) are told by the address of all of them and a number. W is a multiple of `LANES`; a W
of 4, which is most problems, is written out.
"""

from __future__ import annotations

from numba import njit

from iw.inference.fours import (
    LANES,
    columns_of,
    four_at,
    no_four,
    number_at,
    plus,
    plus_times,
    put_four,
    sum_of,
    sums_of,
    times,
)


@njit(inline="always", error_model="numpy")
def sum_of_rows(start, left, begin, step, right, at, stride, terms):  # type: ignore[no-untyped-def]
    """start + sum over k < ``terms`` of left[begin + k step] right[at + k stride : at + k stride + 4]."""
    if terms == 4:  # two halves, which need not wait for one another
        first = plus_times(start, number_at(left, begin), four_at(right, at))
        first = plus_times(first, number_at(left, begin + step), four_at(right, at + stride))
        begin, at = begin + 2 * step, at + 2 * stride
        second = plus_times(no_four(), number_at(left, begin), four_at(right, at))
        return plus(first, plus_times(second, number_at(left, begin + step), four_at(right, at + stride)))
    total = start
    for k in range(terms):
        total = plus_times(total, number_at(left, begin + k * step), four_at(right, at + k * stride))
    return total


@njit(inline="always", error_model="numpy")
def row_product_times(width, left, i, right, j, factors, m, result, k):  # type: ignore[no-untyped-def]
    """result[k] <- left[i] right[j] diag(factors[m])."""
    for c in range(0, width, LANES):
        row = sum_of_rows(no_four(), left, i * width, 1, right, j * width * width + c, width, width)
        put_four(result, k * width + c, times(row, four_at(factors, m * width + c)))


@njit(inline="always", error_model="numpy")
def product_column(width, left, i, right, j, result, k):  # type: ignore[no-untyped-def]
    """result[k] <- left[i] right[j]^T, a matrix times a row that stands for a column."""
    for a in range(0, width, LANES):
        first = second = third = fourth = no_four()
        for c in range(0, width, LANES):
            at, column = (i * width + a) * width + c, four_at(right, j * width + c)
            first = plus(first, times(four_at(left, at), column))
            second = plus(second, times(four_at(left, at + width), column))
            third = plus(third, times(four_at(left, at + 2 * width), column))
            fourth = plus(fourth, times(four_at(left, at + 3 * width), column))
        put_four(result, k * width + a, sums_of(first, second, third, fourth))


@njit(inline="always", error_model="numpy")
def row_times(width, left, i, right, j, result, k):  # type: ignore[no-untyped-def]
    """result[k] <- left[i] right[j], rows entry by entry."""
    for c in range(0, width, LANES):
        put_four(result, k * width + c, times(four_at(left, i * width + c), four_at(right, j * width + c)))


@njit(inline="always", error_model="numpy")
def row_sum(width, rows, i):  # type: ignore[no-untyped-def]
    """The sum of rows[i]."""
    total = 0.0
    for c in range(0, width, LANES):
        total += sum_of(four_at(rows, i * width + c))
    return total


@njit(inline="always", error_model="numpy")
def add_outer(width, left, i, right, j, result, k):  # type: ignore[no-untyped-def]
    """result[k] += left[i]^T right[j], of rows."""
    for a in range(width):
        for c in range(0, width, LANES):
            to = (k * width + a) * width + c
            row = plus_times(four_at(result, to), number_at(left, i * width + a), four_at(right, j * width + c))
            put_four(result, to, row)


@njit(cache=True, nogil=True, error_model="numpy")
def set_product(width, left, i, right, j, result, k):  # type: ignore[no-untyped-def]
    """result[k] <- left[i] right[j], of matrices."""
    size = width * width
    for row in range(0, size, width):
        for c in range(0, width, LANES):
            total = sum_of_rows(no_four(), left, i * size + row, 1, right, j * size + c, width, width)
            put_four(result, k * size + row + c, total)


@njit(cache=True, nogil=True, error_model="numpy")
def add_product(width, left, i, right, j, result, k):  # type: ignore[no-untyped-def]
    """result[k] += left[i] right[j], of matrices."""
    size = width * width
    for row in range(0, size, width):
        for c in range(0, width, LANES):
            to = k * size + row + c
            total = sum_of_rows(four_at(result, to), left, i * size + row, 1, right, j * size + c, width, width)
            put_four(result, to, total)


@njit(cache=True, nogil=True, error_model="numpy")
def combine(width, weights, first, step, matrices, j, terms, result, k):  # type: ignore[no-untyped-def]
    """result[k] <- sum over t < ``terms`` of weights[first + t step] matrices[j + t]."""
    size = width * width
    for entry in range(0, size, LANES):
        total = sum_of_rows(no_four(), weights, first, step, matrices, j * size + entry, size, terms)
        put_four(result, k * size + entry, total)


@njit(cache=True, nogil=True, error_model="numpy")
def transpose(width, matrix, i, result, k):  # type: ignore[no-untyped-def]
    """result[k] <- matrix[i]^T."""
    for a in range(0, width, LANES):
        for c in range(0, width, LANES):
            at, to = (i * width + a) * width + c, (k * width + c) * width + a
            rows = four_at(matrix, at), four_at(matrix, at + width)
            more = four_at(matrix, at + 2 * width), four_at(matrix, at + 3 * width)
            first, second, third, fourth = columns_of(*rows, *more)
            put_four(result, to, first)
            put_four(result, to + width, second)
            put_four(result, to + 2 * width, third)
            put_four(result, to + 3 * width, fourth)
