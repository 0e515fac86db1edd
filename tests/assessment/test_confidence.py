"""Analytic confidence: the published table decides, and says which condition stands in the way of more."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iw.assessment.confidence import Footing, _failed, confidence, footing_of
from iw.catalogue.tables import ConfidenceRule
from iw.evidence.grading import grade_weight
from iw.log.records import Staged
from iw.workspace import Workspace

DAY = date(2026, 4, 12)
RULE = ConfidenceRule(
    level="high", interval_points=20, origins=8, largest_share=0.34, coverage=0.5, staged_share=0.2, accepted_fit=True
)
GOOD = Footing(15, 9, 0.3, 0.6, 0.1, True)


def test_all_conditions_must_hold() -> None:
    assert _failed(RULE, GOOD) == ""


@pytest.mark.parametrize(
    ("worse", "said"),
    [
        ({"accepted_fit": False}, "an accepted fit that is not worn"),
        ({"interval_points": 35.4}, "a 90 % interval of at most 20 points, not 35"),
        ({"origins": 3}, "events of at least 8 origins, not 3"),
        ({"largest_share": 0.5}, "no origin with more than 34 % of the evidence, not 50 %"),
        ({"coverage": 0.21}, "a coverage of at least 0.50 over the last year, not 0.21"),
        ({"staged_share": 0.4}, "at most 20 % of what may be staged, not 40 %"),
    ],
)
def test_the_condition_that_fails_is_named_with_both_figures(worse: dict[str, object], said: str) -> None:
    assert _failed(RULE, replace(GOOD, **worse)) == said  # type: ignore[arg-type]


@given(st.floats(0, 100), st.integers(0, 20), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_better_footing_never_fails_where_a_worse_one_holds(
    width: float, origins: int, largest: float, coverage: float, staged: float
) -> None:
    footing = Footing(width, origins, largest, coverage, staged, True)
    better = Footing(width / 2, origins + 1, largest / 2, (1 + coverage) / 2, staged / 2, True)
    assert _failed(RULE, better) == "" or _failed(RULE, footing) != ""


def test_without_a_fit_confidence_is_low_and_the_reason_says_so(workspace: Workspace) -> None:
    found = workspace.assess("war-support", DAY).confidence
    assert (found.level, found.reason) == ("low", "moderate asks for an accepted fit that is not worn")


def test_a_table_that_asks_for_no_fit_gives_the_level_whose_conditions_hold(workspace: Workspace) -> None:
    belief = workspace.belief("war-support", DAY)
    tables = workspace.catalogue.tables
    lenient = [rule.model_copy(update={"accepted_fit": False}) for rule in tables.confidence]
    found = confidence(tables.model_copy(update={"confidence": lenient}), belief)
    assert found.level == "moderate"
    assert found.reason.startswith("high asks for")
    assert confidence(tables.model_copy(update={"confidence": []}), belief).level == "low"


def test_the_footing_is_counted_from_the_events_that_count(workspace: Workspace) -> None:
    belief, tables = workspace.belief("alignment", DAY), workspace.catalogue.tables
    footing = footing_of(tables, belief)
    counting = [item.event for item in belief.evidence.dispositions if item.counts]
    reports = [(event, backing.report) for event in counting for backing in event.backings]
    assert all(len(event.backings) == 1 for event in counting)  # else the best of each origin would have to be taken
    assert footing.origins == len({report.origin for _, report in reports})
    said = [-math.log1p(-grade_weight(tables, report.grade)) for _, report in reports]
    staged = sum(one for one, (event, _) in zip(said, reports, strict=True) if event.staged is not Staged.NO)
    assert footing.staged_share == pytest.approx(staged / sum(said))
    assert 0 < footing.largest_share < 1
    assert 0 <= footing.coverage <= 1
