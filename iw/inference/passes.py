"""The forward and the backward pass of the likelihood's kernel: one draw's state through all steps, and back.

States are rows of ``states`` (steps + 1, W). W is the number of scenarios, rounded up to whole vectors of `LANES`: the
scenarios beyond have no probability, and stay without. A step (`iw.inference.planning`) takes the state v to
v diag(exp(g)) P diag(l) / norm, with a power diag(exp(g)) P of a regime's operator, and the ratios l of what acts then.

* A state is normalised only when its sum leaves a wide range, and the norm is booked; so the adjoint vector beta obeys
  beta_before = diag(exp(g)) P diag(l) beta_after / norm, and begins as 1 / (sum of the last state): beta . state is 1.
* What acts adds beta_s state_s, both of after it, to d LL / d log l_s.
* A step adds (v exp(g))^T (l beta) / norm to d LL / d P. The scales g of a power are held constant: what they take out
  of P they put back into the norm, so LL does not depend on them.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.fours import numbers_of
from iw.inference.powers import largest_scale, local_power, scale_weight
from iw.inference.products import add_outer, product_column, row_product_times, row_sum, row_times

_LEAST, _MOST = 1e-30, 1e30  # between which a state's sum is left as it is; a plain power multiplies it by 1e44 at most


@njit(cache=True, nogil=True, error_model="numpy")
def forward(first, end, step_digit, step_row, begin, halvings, powers, scaled, scales, ratio, states, norms):  # type: ignore[no-untyped-def]
    """Steps ``first`` .. ``end - 1``, those of one regime: fill states from ``first + 1`` on, and norms (steps,).

    Gives the log of what was booked; -inf where no scenario explains the evidence. The regime's powers are numbered as
    `iw.inference.powers.powers_of` says.
    """
    width, total = states.shape[1], 0.0
    at_states, at_powers, at_ratio = numbers_of(states), numbers_of(powers), numbers_of(ratio)
    for step in range(first, end):
        power, row = begin + local_power(step_digit[step], halvings), step_row[step]
        if scaled[power]:
            total += _through_scaled(states, step, powers, scales, power)
            row_times(width, at_states, step + 1, at_ratio, row, at_states, step + 1)
        else:
            row_product_times(width, at_states, step, at_powers, power, at_ratio, row, at_states, step + 1)
        norm = row_sum(width, at_states, step + 1)
        norms[step] = 1.0
        if scaled[power] or not (norm > _LEAST and norm < _MOST):
            if not (norm > 0.0 and norm < np.inf):
                return -np.inf
            for s in range(width):
                states[step + 1, s] /= norm
            norms[step] = norm
            total += np.log(norm)
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def backward(  # type: ignore[no-untyped-def]
    first,
    end,
    step_digit,
    step_row,
    begin,
    halvings,
    powers,
    scaled,
    scales,
    ratio,
    states,
    norms,
    betas,
    d_log_ratio,
    d_powers,
):
    """The same steps back: betas[0] from the adjoint vector after them to that before; betas[1] is used up.

    Fills d LL / d log ratio (M, W) of these steps, and adds to d LL / d powers, numbered from 0 on.
    """
    width = states.shape[1]
    at_states, at_powers, at_ratio = numbers_of(states), numbers_of(powers), numbers_of(ratio)
    at_betas, at_d_log_ratio, at_d_powers = numbers_of(betas), numbers_of(d_log_ratio), numbers_of(d_powers)
    for step in range(end - 1, first - 1, -1):
        local, row = local_power(step_digit[step], halvings), step_row[step]
        row_times(width, at_betas, 0, at_states, step + 1, at_d_log_ratio, row)
        row_times(width, at_betas, 0, at_ratio, row, at_betas, 1)
        if norms[step] != 1.0:
            for s in range(width):
                betas[1, s] /= norms[step]
        if scaled[begin + local]:
            _back_scaled(states, step, betas, powers, scales, begin + local, d_powers, local)
        else:
            add_outer(width, at_states, step, at_betas, 1, at_d_powers, local)
            product_column(width, at_powers, begin + local, at_betas, 1, at_betas, 0)


@njit(cache=True, nogil=True, error_model="numpy")
def _through_scaled(states, step, powers, scales, power):  # type: ignore[no-untyped-def]
    """states[step + 1] <- states[step] diag(exp(g - largest)) powers[power]; gives the largest."""
    width = states.shape[1]
    largest = largest_scale(states, step, scales, power)
    for c in range(width):
        states[step + 1, c] = 0.0
    for s in range(width):
        weight = states[step, s] * scale_weight(scales[power, s] - largest)
        for c in range(width):
            states[step + 1, c] += weight * powers[power, s, c]
    return largest


@njit(cache=True, nogil=True, error_model="numpy")
def _back_scaled(states, step, betas, powers, scales, power, d_powers, local):  # type: ignore[no-untyped-def]
    """betas[0] <- the adjoint vector before the step of `_through_scaled`; add to d_powers[local]."""
    width = states.shape[1]
    largest = largest_scale(states, step, scales, power)
    for s in range(width):
        weight = scale_weight(scales[power, s] - largest)
        entry = 0.0
        for c in range(width):
            d_powers[local, s, c] += states[step, s] * weight * betas[1, c]
            entry += powers[power, s, c] * betas[1, c]
        betas[0, s] = weight * entry
