"""The steps of the likelihood's kernel."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from iw.inference.planning import planned_steps


@given(st.integers(1, 300), st.data())
def test_steps_take_every_day_once_and_what_acts_at_the_end_of_its_own(days: int, data: st.DataObject) -> None:
    inner = data.draw(st.lists(st.integers(1, days), max_size=4))
    dated = sorted(data.draw(st.lists(st.integers(0, days - 1), max_size=12)))
    undated = data.draw(st.integers(0, 2))  # spread over days: no step of their own
    given_days = sorted(data.draw(st.lists(st.integers(0, days - 1), max_size=5)))
    breaks = np.array(sorted({0, days, *inner}))
    obs_day = np.array([*dated, *[-1] * undated], np.int64)
    digit, row, first, longest = planned_steps(breaks, obs_day, np.array(given_days, np.int64))

    nothing = len(obs_day) + len(given_days)
    acted: dict[int, list[int]] = {}
    day = 0
    for r in range(len(breaks) - 1):
        gap = 0
        for step in range(first[r], first[r + 1]):
            day += 2 ** digit[step] if digit[step] >= 0 else 0
            gap += 2 ** digit[step] if digit[step] >= 0 else 0
            if row[step] != nothing:
                acted.setdefault(day, []).append(row[step])
                gap = 0
            assert gap <= longest[r]
        assert day == breaks[r + 1]
    expected: dict[int, list[int]] = {}
    for number, when in enumerate(dated):
        expected.setdefault(when + 1, []).append(number)
    for number, when in enumerate(given_days):
        expected.setdefault(when + 1, []).append(len(obs_day) + number)
    assert acted == expected
    assert first[-1] == len(digit) == len(row)
