"""The steps of the likelihood's kernel, known before any parameter: powers that take each gap, and what acts then."""

from __future__ import annotations

import numpy as np
from numba import njit

from iw.inference.matrices import digits


@njit(cache=True, nogil=True, error_model="numpy")
def planned_steps(breaks, obs_day, given_day):  # type: ignore[no-untyped-def]
    """Digit and row of each step, where the steps of each regime begin (R + 1,), and its longest gap in days.

    A gap between two observations within one regime is a step for each of its binary digits that is 1: by the power of
    so many days of its regime. The last of them takes what acts at the gap's end along, as the row of an observation,
    or of a given factor, which stand behind all observations. What else acts on that day is a step of no days, whose
    digit is -1; where nothing acts, the row is the one behind the last. So no step needs to be told from another, which
    would cost more than the products.
    """
    observations, regimes = obs_day.shape[0], breaks.shape[0] - 1
    dated = 0
    while dated < observations and obs_day[dated] >= 0:
        dated += 1
    acting = dated + given_day.shape[0]
    most = acting + (regimes + acting) * digits(breaks[regimes])
    digit, row = np.empty(most, np.int64), np.empty(most, np.int64)
    first, longest = np.zeros(regimes + 1, np.int64), np.zeros(regimes, np.int64)
    nothing = observations + given_day.shape[0]
    steps, obs, given, day = 0, 0, 0, 0
    for r in range(regimes):
        while day < breaks[r + 1]:
            stop = breaks[r + 1]
            if obs < dated and obs_day[obs] + 1 < stop:
                stop = obs_day[obs] + 1
            if given < given_day.shape[0] and given_day[given] + 1 < stop:
                stop = given_day[given] + 1
            for place in range(digits(stop - day)):
                if (stop - day) >> place & 1:
                    digit[steps], row[steps] = place, nothing
                    steps += 1
            longest[r] = max(longest[r], stop - day)
            day = stop
            while True:
                if obs < dated and obs_day[obs] + 1 == day:
                    acts, obs = obs, obs + 1
                elif given < given_day.shape[0] and given_day[given] + 1 == day:
                    acts, given = observations + given, given + 1
                else:
                    break
                if row[steps - 1] != nothing:
                    digit[steps] = -1
                    steps += 1
                row[steps - 1] = acts
        first[r + 1] = steps
    return digit[:steps].copy(), row[:steps].copy(), first, longest
