"""Products of small matrices in vector registers, against NumPy; called as compiled code calls them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

from iw.inference.fours import numbers_of
from iw.inference.products import (
    add_outer,
    add_product,
    combine,
    product_column,
    row_product_times,
    row_sum,
    row_times,
    set_product,
    transpose,
)

WIDTHS = pytest.mark.parametrize("width", [4, 8])
close = np.testing.assert_allclose


@njit
def _of_rows(width: int, rows: Any, matrices: Any, result: Any) -> float:
    left, right, out = numbers_of(rows), numbers_of(matrices), numbers_of(result)
    row_product_times(width, left, 0, right, 1, left, 1, out, 0)
    product_column(width, right, 3, left, 2, out, 1)
    row_times(width, left, 0, left, 1, out, 2)
    return row_sum(width, left, 1)


@njit
def _of_matrices(width: int, rows: Any, matrices: Any, result: Any) -> None:
    row, matrix, out = numbers_of(rows), numbers_of(matrices), numbers_of(result)
    set_product(width, matrix, 1, matrix, 2, out, 0)
    add_product(width, matrix, 2, matrix, 0, out, 1)
    add_outer(width, row, 0, row, 1, out, 2)
    transpose(width, matrix, 1, out, 3)


@njit
def _combined(width: int, weights: Any, terms: int, matrices: Any, result: Any) -> None:
    combine(width, numbers_of(weights), 1, 3, numbers_of(matrices), 0, terms, numbers_of(result), 3)


def _some(width: int) -> tuple[np.ndarray, np.ndarray]:
    g = np.random.default_rng(width)
    return g.normal(size=(3, width)), g.normal(size=(4, width, width))


@WIDTHS
def test_rows_times_matrices_and_rows(width: int) -> None:
    rows, matrices = _some(width)
    result = np.zeros_like(rows)
    total = _of_rows(width, rows, matrices, result)
    close(result[0], rows[0] @ matrices[1] * rows[1], rtol=1e-12, atol=1e-13)
    close(result[1], matrices[3] @ rows[2], rtol=1e-12, atol=1e-13)
    close(result[2], rows[0] * rows[1], rtol=1e-15)
    assert total == pytest.approx(rows[1].sum(), rel=1e-12)


@WIDTHS
def test_matrices_times_matrices(width: int) -> None:
    rows, matrices = _some(width)
    result = matrices.copy()
    _of_matrices(width, rows, matrices, result)
    close(result[0], matrices[1] @ matrices[2], rtol=1e-12, atol=1e-13)
    close(result[1], matrices[1] + matrices[2] @ matrices[0], rtol=1e-12, atol=1e-13)
    close(result[2], matrices[2] + np.outer(rows[0], rows[1]), rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(result[3], matrices[1].T)


@WIDTHS
@pytest.mark.parametrize("terms", [1, 2, 3, 4])
def test_weighted_sums_of_matrices(width: int, terms: int) -> None:
    _, matrices = _some(width)
    weights, result = np.arange(1.0, 13.0), matrices.copy()
    _combined(width, weights, terms, matrices, result)
    expected = np.einsum("t,tsc->sc", weights[1 : 1 + 3 * terms : 3], matrices[:terms])
    close(result[3], expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(result[:3], matrices[:3])
