"""Products of small matrices in vector registers, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from iw.inference import products

WIDTHS = pytest.mark.parametrize("width", [4, 8])


def _some(width: int) -> tuple[np.ndarray, np.ndarray]:
    g = np.random.default_rng(width)
    return g.normal(size=(3, width)), g.normal(size=(4, width, width))


@WIDTHS
def test_rows_times_matrices(width: int) -> None:
    rows, matrices = _some(width)
    result = rows.copy()
    products.row_product_times(rows, 0, matrices, 1, rows, 1, result, 2)
    np.testing.assert_allclose(result[2], rows[0] @ matrices[1] * rows[1], rtol=1e-13)
    products.product_column(matrices, 3, rows, 1, result, 0)
    np.testing.assert_allclose(result[0], matrices[3] @ rows[1], rtol=1e-13)
    np.testing.assert_array_equal(result[1], rows[1])


@WIDTHS
def test_rows_entry_by_entry(width: int) -> None:
    rows, _ = _some(width)
    result = rows.copy()
    products.row_times(rows, 0, rows, 1, result, 2)
    np.testing.assert_array_equal(result[2], rows[0] * rows[1])
    np.testing.assert_allclose(products.row_sum(rows, 1), rows[1].sum(), rtol=1e-13)


@WIDTHS
def test_matrices_times_matrices(width: int) -> None:
    rows, matrices = _some(width)
    result = matrices.copy()
    products.set_product(matrices, 1, matrices, 2, result, 3)
    np.testing.assert_allclose(result[3], matrices[1] @ matrices[2], rtol=1e-13, atol=1e-13)
    products.add_product(matrices, 2, matrices, 0, result, 3)
    np.testing.assert_allclose(result[3], matrices[1] @ matrices[2] + matrices[2] @ matrices[0], atol=1e-13)
    products.add_outer(rows, 0, rows, 1, result, 0)
    np.testing.assert_allclose(result[0], matrices[0] + np.outer(rows[0], rows[1]), rtol=1e-13)
    products.transpose(matrices, 1, result, 2)
    np.testing.assert_array_equal(result[2], matrices[1].T)
    np.testing.assert_array_equal(result[1], matrices[1])


@WIDTHS
@pytest.mark.parametrize("terms", [1, 2, 3, 4])
def test_weighted_sums_of_matrices(width: int, terms: int) -> None:
    _, matrices = _some(width)
    weights, result = np.arange(1.0, 13.0), matrices.copy()
    products.combine(weights, 1, 3, matrices, 0, terms, result, 3)
    expected = np.einsum("t,tsc->sc", weights[1 : 1 + 3 * terms : 3], matrices[:terms])
    np.testing.assert_allclose(result[3], expected, rtol=1e-12, atol=1e-12)
