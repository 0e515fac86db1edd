"""The log-likelihood of one draw and its exact gradient, from one compiled kernel.

Same definition and same powers as `iw.inference.filter`; here one draw at a time, with reverse-mode derivatives. In
each regime, exp(h B) and its squares are made once: h is a day, or a fraction of it that makes h ||B|| small. A gap
takes the squares of its binary digits. Power j is kept as diag(exp(g_j)) P_j; g_j is 0 until the entries near the
range of a double, and from then on the rows of P_j sum to 1. So a gap of any length at any rate, which a sampler
visits in its first steps, costs some thirty small products and no component is lost.

* The running state is normalised at each step and the norms are booked, so the adjoint vector beta obeys beta_before
  = M beta_after / norm with beta = 1 at the end (the sum beta . state stays 1);
* an observation adds beta_s state_s w prod(lambda / rho) / norm to d LL / d log lambda[i, s];
* a gap's step u = v diag(exp(g)) P / norm adds (v exp(g))^T beta / norm to d LL / d P. The scales g are held
  constant: what they take out of P they put back into the norm, so LL does not depend on them, nor on the shift lo of
  B = A - lo I;
* the derivatives of a regime's powers run down through the squares to the first, and through its series to B; those
  of A flow to the rates (silence), to spread observations and to Q, once per regime.

Parameters (all unconstrained but ``stick``): log_rate (I,), log_mult (K,) for the pairs (row, column), log_dwell
(S,), stick (S, S - 2) in (0, 1): the odds of row r over its targets, in order, are y_1, (1 - y_1) y_2, ..., the rest.
Arrays may be longer than the problem needs (padding): what is not used has gradient 0.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.arrays import YEAR_DAYS
from iw.inference.matrices import INVERSE_FACTORIALS, SERIES_NORM

_PLAIN = 100.0  # step ||B|| up to which a power needs no scale: its square, exp(200), is still in range
_MAX_SIZE = 1e9  # days ||B|| beyond which a sampler's wild proposal is refused (10 years at 1e5 a year are 1e6)


@njit(cache=True, nogil=True, error_model="numpy")
def odds_of_sticks(stick, targets):  # type: ignore[no-untyped-def]
    """(S, S) odds from sticks (S', S' - 2), S' >= S; ``targets[r, j]`` is the j-th that may follow r, or -1."""
    count = targets.shape[0]
    odds = np.zeros((count, count))
    for r in range(count):
        left = 1.0
        for j in range(count - 1):
            target = targets[r, j]
            if target < 0:
                break
            last = j == count - 2 or targets[r, j + 1] < 0
            share = left if last else left * stick[r, j]
            odds[r, target] = share
            left -= share
    return odds


@njit(cache=True, nogil=True, error_model="numpy")
def _stick_gradient(stick, targets, d_odds, out):  # type: ignore[no-untyped-def]
    """Add d LL / d stick to ``out`` given d LL / d odds."""
    count = targets.shape[0]
    for r in range(count):
        number = 0
        while number < count - 1 and targets[r, number] >= 0:
            number += 1
        if number < 2:
            continue
        left = np.empty(number)  # what remains before each break of the stick
        left[0] = 1.0
        for j in range(1, number):
            left[j] = left[j - 1] * (1.0 - stick[r, j - 1])
        d_left = d_odds[r, targets[r, number - 1]]
        for j in range(number - 2, -1, -1):
            d_share = d_odds[r, targets[r, j]]
            out[r, j] += left[j] * (d_share - d_left)
            d_left = stick[r, j] * d_share + (1.0 - stick[r, j]) * d_left


@njit(cache=True, nogil=True, error_model="numpy")
def _log_rates(log_rate, log_mult, fixed, rows, columns):  # type: ignore[no-untyped-def]
    """(I, S) log rates: baseline plus fixed multiplier, plus the free multipliers at their pairs."""
    log_rates = fixed.copy()
    for i in range(fixed.shape[0]):
        for s in range(fixed.shape[1]):
            log_rates[i, s] += log_rate[i]
    for k in range(rows.shape[0]):
        log_rates[rows[k], columns[k]] += log_mult[k]
    return log_rates


@njit(cache=True, nogil=True, error_model="numpy")
def _generator(log_dwell, never_ends, odds):  # type: ignore[no-untyped-def]
    count = odds.shape[0]
    generator = np.zeros((count, count))
    for r in range(count):
        if never_ends[r]:
            continue
        leave = np.exp(-log_dwell[r])
        for c in range(count):
            generator[r, c] = leave * odds[r, c]
        generator[r, r] = -leave
    return generator


@njit(cache=True, nogil=True, error_model="numpy")
def _observation(m, rates, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio, genuine):  # type: ignore[no-untyped-def]
    """Fill ratio (S,) with l_m and genuine (S,) with its part w prod(lambda / rho)."""
    for s in range(ratio.shape[0]):
        genuine[s] = obs_weight[m]
        for j in range(obs_ptr[m], obs_ptr[m + 1]):
            i = obs_indicators[j]
            genuine[s] *= rates[i, s] / reference_rates[i]
        ratio[s] = 1.0 - obs_weight[m] + genuine[s]


@njit(cache=True, nogil=True, error_model="numpy")
def log_likelihood_and_gradient(  # type: ignore[no-untyped-def]
    log_rate,
    log_mult,
    log_dwell,
    stick,
    prior,
    reference_rates,
    fixed,
    rows,
    columns,
    never_ends,
    targets,
    breaks,
    coverage,
    spread,
    obs_day,
    obs_weight,
    obs_ptr,
    obs_indicators,
):
    """LL and d LL / d (log_rate, log_mult, log_dwell, stick); (-inf, zeros) where no scenario explains the evidence
    or a rate is beyond all bounds."""
    d_log_rate = np.zeros_like(log_rate)
    d_log_mult = np.zeros_like(log_mult)
    d_log_dwell = np.zeros_like(log_dwell)
    d_stick = np.zeros_like(stick)
    count, indicators, observations = prior.shape[0], fixed.shape[0], obs_day.shape[0]
    log_rates = _log_rates(log_rate, log_mult, fixed, rows, columns)
    rates = np.exp(log_rates)
    odds = odds_of_sticks(stick, targets)
    generator = _generator(log_dwell, never_ends, odds)

    ratio = np.empty((observations, count))
    genuine = np.empty((observations, count))
    for m in range(observations):
        _observation(m, rates, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio[m], genuine[m])

    # Steps, known before any number: a gap in one regime (length > 0) or an observation (length 0, index in `what`).
    regimes = breaks.shape[0] - 1
    dated = 0
    while dated < observations and obs_day[dated] >= 0:
        dated += 1
    what = np.empty(regimes + 2 * dated, np.int64)
    length = np.empty(regimes + 2 * dated, np.int64)
    longest = np.zeros(regimes, np.int64)
    steps, obs, day = 0, 0, 0
    for r in range(regimes):
        while day < breaks[r + 1]:
            stop = breaks[r + 1]
            if obs < dated and obs_day[obs] + 1 < stop:
                stop = obs_day[obs] + 1
            what[steps], length[steps] = r, stop - day
            longest[r] = max(longest[r], stop - day)
            steps += 1
            day = stop
            while obs < dated and obs_day[obs] + 1 == day:
                what[steps], length[steps] = obs, 0
                steps += 1
                obs += 1

    # The powers of all regimes, one behind the other: regime r has first[r] .. first[r + 1] - 1.
    operators = np.empty((regimes, count, count))
    lows = np.empty(regimes)
    sizes = np.empty(regimes)
    halvings = np.zeros(regimes, np.int64)
    first = np.zeros(regimes + 1, np.int64)
    for r in range(regimes):
        lows[r], sizes[r] = _operator(r, rates, generator, coverage, spread, ratio, operators[r])
        if not sizes[r] * longest[r] < _MAX_SIZE:
            return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick
        step = sizes[r]
        while step > SERIES_NORM:
            step *= 0.5
            halvings[r] += 1
        first[r + 1] = first[r] + halvings[r] + _digits(longest[r])
    powers = np.empty((first[regimes], count, count))
    scales = np.zeros((first[regimes], count))
    parts = np.empty((regimes, 6, count, count))  # what the series of each regime leaves for its adjoint
    for r in range(regimes):
        _powers(
            operators[r],
            sizes[r],
            halvings[r],
            powers[first[r] : first[r + 1]],
            scales[first[r] : first[r + 1]],
            parts[r],
        )

    # Forward.
    digits = _digits(breaks[regimes]) + 1
    before = np.empty((steps, digits, count))  # the state before each step, and before each power of a gap
    norms = np.ones((steps, digits))
    state = prior.copy()
    total = 0.0
    for step in range(steps):
        norm = 0.0
        if length[step] == 0:
            for s in range(count):
                before[step, 0, s] = state[s]
                state[s] *= ratio[what[step], s]
                norm += state[s]
            if not (norm > 0.0 and norm < np.inf):
                return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick
            for s in range(count):
                state[s] /= norm
            norms[step, 0] = norm
            total += np.log(norm)
        else:
            r = what[step]
            left, digit = length[step], 0
            while left > 0:
                if left % 2 == 1:
                    power = first[r] + halvings[r] + digit
                    for s in range(count):
                        before[step, digit, s] = state[s]
                    largest = _largest(state, scales[power])
                    norm = 0.0
                    for c in range(count):
                        state[c] = 0.0
                        for s in range(count):
                            weight = before[step, digit, s] * _weight(scales[power, s] - largest)
                            state[c] += weight * powers[power, s, c]
                        norm += state[c]
                    for c in range(count):
                        state[c] /= norm
                    norms[step, digit] = norm
                    total += largest + np.log(norm)
                left //= 2
                digit += 1
            total += length[step] * lows[r]
    if not np.isfinite(total):
        return -np.inf, d_log_rate, d_log_mult, d_log_dwell, d_stick

    # Backward.
    d_log_rates = np.zeros((indicators, count))
    d_log_ratio = np.zeros((observations, count))  # d LL / d log l_m(s)
    d_operators = np.zeros((regimes, count, count))
    d_powers = np.zeros((first[regimes], count, count))
    beta = np.ones(count)
    following = np.empty(count)
    for step in range(steps - 1, -1, -1):
        if length[step] == 0:
            m = what[step]
            for s in range(count):
                beta[s] *= ratio[m, s] / norms[step, 0]
                d_log_ratio[m, s] += beta[s] * before[step, 0, s]
        else:
            r = what[step]
            for digit in range(_digits(length[step]) - 1, -1, -1):
                if (length[step] >> digit) % 2 == 0:
                    continue
                power = first[r] + halvings[r] + digit
                largest = _largest(before[step, digit], scales[power])
                for s in range(count):
                    weight = _weight(scales[power, s] - largest) / norms[step, digit]
                    entry = 0.0
                    for c in range(count):
                        d_powers[power, s, c] += before[step, digit, s] * weight * beta[c]
                        entry += powers[power, s, c] * beta[c]
                    following[s] = weight * entry
                for s in range(count):
                    beta[s] = following[s]
    for r in range(regimes):
        own = slice(first[r], first[r + 1])
        _powers_adjoint(halvings[r], powers[own], scales[own], d_powers[own], parts[r], d_operators[r])

    d_generator = np.zeros((count, count))
    for r in range(regimes):
        for s in range(count):
            for c in range(count):
                d_generator[s, c] += d_operators[r, s, c] / YEAR_DAYS
            held = d_operators[r, s, s]
            for i in range(indicators):
                d_log_rates[i, s] -= coverage[r, i] * rates[i, s] * held / YEAR_DAYS
            for m in range(dated, observations):
                d_log_ratio[m, s] += spread[r, m] * held
    for m in range(observations):
        for s in range(count):
            part = d_log_ratio[m, s] * genuine[m, s] / ratio[m, s]
            for j in range(obs_ptr[m], obs_ptr[m + 1]):
                d_log_rates[obs_indicators[j], s] += part
    for i in range(indicators):
        for s in range(count):
            d_log_rate[i] += d_log_rates[i, s]
    for k in range(rows.shape[0]):
        d_log_mult[k] += d_log_rates[rows[k], columns[k]]
    d_odds = np.zeros((count, count))
    for r in range(count):
        if never_ends[r]:
            continue
        leave = np.exp(-log_dwell[r])
        d_leave = -d_generator[r, r]
        for c in range(count):
            if c != r:
                d_leave += odds[r, c] * d_generator[r, c]
                d_odds[r, c] = leave * d_generator[r, c]
        d_log_dwell[r] = -leave * d_leave
    _stick_gradient(stick, targets, d_odds, d_stick)
    return total, d_log_rate, d_log_mult, d_log_dwell, d_stick


@njit(cache=True, nogil=True, error_model="numpy")
def _operator(r, rates, generator, coverage, spread, ratio, operator):  # type: ignore[no-untyped-def]
    """Fill B = A - lo I of regime r (per day); give lo and the largest row sum of B."""
    count = generator.shape[0]
    low = np.inf
    for s in range(count):
        for c in range(count):
            operator[s, c] = generator[s, c] / YEAR_DAYS
        silence = 0.0
        for i in range(rates.shape[0]):
            silence += coverage[r, i] * rates[i, s]
        operator[s, s] -= silence / YEAR_DAYS
        for m in range(spread.shape[1]):
            if spread[r, m] > 0.0:
                operator[s, s] += spread[r, m] * np.log(ratio[m, s])
        low = min(low, operator[s, s])
    size = 0.0
    for s in range(count):
        operator[s, s] -= low
        row = 0.0
        for c in range(count):
            row += operator[s, c]
        size = row if not row <= size else size  # max would drop what is not a number
    return low, size


@njit(cache=True, nogil=True, error_model="numpy")
def _powers(operator, size, halvings, powers, scales, parts):  # type: ignore[no-untyped-def]
    """Fill powers and scales with exp(h B) and its squares, h = 2^-halvings; h ||B|| is at most `SERIES_NORM`.

    The series has degree 12, in cubes, as in the filter; it leaves in ``parts`` what `_powers_adjoint` needs of it.
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
                largest = _largest(old[s], scales[j - 1])
                for c in range(count):
                    new[s, c] = 0.0
                for via in range(count):
                    weight = old[s, via] * _weight(scales[j - 1, via] - largest)
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
def _powers_adjoint(halvings, powers, scales, d_powers, parts, d_operator):  # type: ignore[no-untyped-def]
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
def _largest(row, scales):  # type: ignore[no-untyped-def]
    """The largest scale among the entries of ``row`` that are there at all."""
    largest = -np.inf
    for s in range(row.shape[0]):
        if row[s] > 0.0:
            largest = max(largest, scales[s])
    return largest


@njit(cache=True, nogil=True, error_model="numpy")
def _weight(log_weight):  # type: ignore[no-untyped-def]
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


@njit(cache=True, nogil=True, error_model="numpy")
def _digits(days):  # type: ignore[no-untyped-def]
    """How many binary digits a number of days has."""
    digits = 0
    while days > 0:
        days //= 2
        digits += 1
    return digits
