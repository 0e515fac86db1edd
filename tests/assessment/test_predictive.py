"""Histories and prior predictive checks of the shipped subject."""

from datetime import date

import numpy as np
import pytest

from iw.assessment.predictive import prior_predictive
from iw.core.dates import end_of_day
from iw.log.records import Marking
from iw.workspace import Workspace
from tests.assessment.conftest import DAY


def test_a_history_is_what_was_believed_on_each_day(workspace: Workspace) -> None:
    past = workspace.history("war-support", as_of=date(2023, 3, 31), months=2)
    assert list(past["day"].unique()) == [date(2023, 1, 31), date(2023, 2, 28), date(2023, 3, 31)]
    on_day = past[past["day"] == date(2023, 2, 28)].set_index("scenario")
    belief = workspace.belief("war-support", as_of=date(2023, 2, 28))
    for name in belief.spec.scenarios:
        assert on_day.loc[name, "mean"] == belief.estimate(name).mean
    assert past.groupby("day")["mean"].sum().to_numpy() == pytest.approx(1)


def test_a_history_begins_with_its_problem(workspace: Workspace) -> None:
    past = workspace.history("war-support", as_of=date(2022, 3, 31), months=12)
    assert past["day"].min() == date(2022, 2, 28)


def test_counts_are_predicted_for_each_informative_indicator_and_seen_ones_are_the_weights(
    workspace: Workspace,
) -> None:
    rng = np.random.default_rng(1)
    rows = prior_predictive(workspace._beliefs, "crown-jewels", DAY, end_of_day(DAY), Marking.CLEAR, rng, count=500)
    evidence = workspace.belief("crown-jewels").evidence
    indicators = workspace.catalogue.indicators
    names = workspace.belief("crown-jewels").spec.indicators
    assert [row.indicator for row in rows] == [name for name in names if not indicators[name].wears_out]
    weights = {row.indicator: 0.0 for row in rows}
    for item in evidence.dispositions:
        if item.counts and item.event.indicator in weights:
            weights[item.event.indicator] += item.weight
    assert {row.indicator: row.seen for row in rows} == pytest.approx(weights)
    assert all(row.low <= row.mean + 1e-9 or row.mean < 0.1 for row in rows)
    assert all(0 <= row.tail <= 0.5 for row in rows)
