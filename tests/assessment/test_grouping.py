"""Shifts summed by indicator, family, source and origin still add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from iw.assessment.grouping import By, _of_reports
from iw.assessment.records import ShiftView
from iw.evidence.grading import event_weight, grade_weight
from iw.log.records import Backing, Grade, Stance
from iw.workspace import Workspace

SINCE, UNTIL = date(2023, 2, 1), date(2023, 3, 5)


def shift(workspace: Workspace, by: By) -> ShiftView:
    return workspace.explain("war-support", SINCE, UNTIL, by=by)


def total(found: ShiftView, scenario: str) -> float:
    return sum(part.points[scenario] for part in found.contributions)


@pytest.mark.parametrize("by", list(By))
def test_the_sums_add_up_to_the_same_difference_in_points_and_decibans(workspace: Workspace, by: By) -> None:
    plain, summed = shift(workspace, By.EVENT), shift(workspace, by)
    for scenario in plain.before:
        difference = 100 * (plain.after[scenario] - plain.before[scenario])
        assert total(summed, scenario) == pytest.approx(difference, abs=1e-9)
        decibans = [sum(part.decibans[scenario] for part in one.contributions) for one in (plain, summed)]
        assert decibans[0] == pytest.approx(decibans[1], abs=1e-9)


def test_a_family_takes_its_indicators_events_and_their_silence_together(workspace: Workspace) -> None:
    by_indicator = {part.label: part for part in shift(workspace, By.INDICATOR).contributions}
    by_family = {part.label: part for part in shift(workspace, By.FAMILY).contributions}
    families = {one.title: one.family for one in workspace.catalogue.indicators.values() if one.title in by_indicator}
    family = next(name for name in families.values() if name and list(families.values()).count(name) > 1)
    members = [title for title, name in families.items() if name == family]
    for scenario, points in by_family[family].points.items():
        assert points == pytest.approx(sum(by_indicator[name].points[scenario] for name in members), abs=1e-12)


def test_an_event_of_two_origins_is_shared_by_what_each_leaves_of_the_doubt(workspace: Workspace) -> None:
    tables = workspace.catalogue.tables
    event = next(e for e in workspace.log.view(workspace.now()).events if e.backings[0].report.grade.credibility != "1")
    first = replace(event.backings[0].report, origin="one", grade=Grade("B", "2"))
    second = replace(first, origin="two", grade=Grade("D", "3"))
    echo = replace(first, grade=Grade("E", "4"))
    event = replace(event, backings=tuple(Backing(report, Stance.BACKS) for report in (first, second, echo)))
    doubt = np.log1p(-event_weight(tables, event.backings))
    said = [np.log1p(-grade_weight(tables, report.grade)) for report in (first, second)]
    assert sum(said) == pytest.approx(doubt)
    assert _of_reports(tables, event, By.ORIGIN) == pytest.approx({"one": said[0] / doubt, "two": said[1] / doubt})
