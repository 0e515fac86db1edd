"""Exponentials of many small matrices at once, without cancellation."""

from __future__ import annotations

import numpy as np

from iw.inference.arrays import Floats

_TERMS = 20  # the row sums are at most 1 when the series is used: 1 / 20! is 4e-19


def exponentials(exponents: Floats) -> Floats:
    """exp of (D, S, S) matrices whose off-diagonal entries are not negative.

    With lo the smallest diagonal entry, G - lo I has no negative entry and exp(G) = e^lo exp(G - lo I): every term of
    the series and of the squarings is non-negative, so small entries keep their relative accuracy.
    """
    size = exponents.shape[1]
    low = np.einsum("dss->ds", exponents).min(axis=1)
    shifted = exponents - low[:, None, None] * np.eye(size)
    squarings = max(0, int(np.ceil(np.log2(max(float(shifted.sum(axis=2).max()), 1e-300)))))
    shifted = shifted / 2.0**squarings
    total = np.broadcast_to(np.eye(size), shifted.shape).copy()
    term = total.copy()
    for k in range(1, _TERMS):
        term = term @ shifted / k
        total += term
    total *= np.exp(low / 2.0**squarings)[:, None, None]
    for _ in range(squarings):
        total = total @ total
    return np.asarray(total)
