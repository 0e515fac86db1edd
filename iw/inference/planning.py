"""The steps of the likelihood's kernel, known before any number: gaps within one regime, and what acts between them."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def planned_steps(breaks, obs_day, given_day):  # type: ignore[no-untyped-def]
    """What each step is and its length in days, the longest gap of each regime, and the number of steps.

    A gap has its regime in ``what``; an observation or a given factor has length 0 and its number, given factors behind
    all observations.
    """
    observations, regimes = obs_day.shape[0], breaks.shape[0] - 1
    dated = 0
    while dated < observations and obs_day[dated] >= 0:
        dated += 1
    most_steps = regimes + 2 * (dated + given_day.shape[0])
    what = np.empty(most_steps, np.int64)
    length = np.empty(most_steps, np.int64)
    longest = np.zeros(regimes, np.int64)
    steps, obs, given, day = 0, 0, 0, 0
    for r in range(regimes):
        while day < breaks[r + 1]:
            stop = breaks[r + 1]
            if obs < dated and obs_day[obs] + 1 < stop:
                stop = obs_day[obs] + 1
            if given < given_day.shape[0] and given_day[given] + 1 < stop:
                stop = given_day[given] + 1
            what[steps], length[steps] = r, stop - day
            longest[r] = max(longest[r], stop - day)
            steps += 1
            day = stop
            while obs < dated and obs_day[obs] + 1 == day:
                what[steps], length[steps] = obs, 0
                steps += 1
                obs += 1
            while given < given_day.shape[0] and given_day[given] + 1 == day:
                what[steps], length[steps] = observations + given, 0
                steps += 1
                given += 1
    return what, length, longest, steps
