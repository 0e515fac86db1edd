"""Exponentials of many small matrices at once, without cancellation."""

from __future__ import annotations

import numpy as np

from iw.inference.arrays import Floats

_TAIL = 1e-18  # a series ends when the bound on its next term falls below this


def exponentials(exponents: Floats) -> Floats:
    """exp of (D, S, S) matrices whose off-diagonal entries are not negative.

    With lo the smallest diagonal entry, G - lo I has no negative entry and exp(G) = e^lo exp(G - lo I): every term of
    the series and of the squarings is non-negative, so small entries keep their relative accuracy.
    """
    size = exponents.shape[1]
    low = np.einsum("dss->ds", exponents).min(axis=1)
    shifted = exponents - low[:, None, None] * np.eye(size)
    norm = float(shifted.sum(axis=2).max())
    squarings = max(0, int(np.ceil(np.log2(max(norm, 1e-300)))))
    shifted, norm = shifted / 2.0**squarings, norm / 2.0**squarings
    term = shifted
    total = np.eye(size) + term
    bound, k = norm, 1
    while bound > _TAIL:
        k += 1
        term = term @ shifted / k
        total += term
        bound *= norm / k
    total *= np.exp(low / 2.0**squarings)[:, None, None]
    for _ in range(squarings):
        total = total @ total
    return np.asarray(total)
