"""From graded reports to P(genuine)."""

from __future__ import annotations

from pathlib import Path

import pytest

from iw.catalogue import Tables
from iw.evidence.grading import event_weight, grade_weight
from iw.log.grades import parse_grade
from iw.log.records import Backing, Marking, Report, Stamp, Stance, VisibleBasis
from tests.evidence.cast import NOW, small_catalogue


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return small_catalogue(tmp_path).tables


def backing(grade: str, origin: str, stance: Stance = Stance.BACKS) -> Backing:
    stamp = Stamp(1, NOW, NOW, VisibleBasis.RECORDED, "anna", "", Marking.CLEAR, None)
    return Backing(Report(stamp, "s", parse_grade(grade), "", "t", None, origin, None, None, None, None), stance)


def test_one_report_weighs_what_the_table_says(tables: Tables) -> None:
    assert event_weight(tables, [backing("B2", "x")]) == pytest.approx(tables.grades["B"][1])


def test_f_and_6_average_over_the_stated_frequencies(tables: Tables) -> None:
    frequencies = tables.grade_frequencies.reliability
    expected = sum(frequencies[letter] * tables.grades[letter][1] for letter in frequencies) / sum(frequencies.values())
    assert grade_weight(tables, parse_grade("F2")) == pytest.approx(expected)
    assert tables.grades["E"][4] < grade_weight(tables, parse_grade("F6")) < tables.grades["A"][0]


def test_ten_reports_of_one_origin_count_once(tables: Tables) -> None:
    assert event_weight(tables, [backing("C3", "wire")] * 10) == event_weight(tables, [backing("C3", "wire")])


def test_within_an_origin_the_best_report_counts(tables: Tables) -> None:
    assert event_weight(tables, [backing("D4", "wire"), backing("B2", "wire")]) == pytest.approx(tables.grades["B"][1])


def test_independent_origins_combine_as_one_minus_the_product(tables: Tables) -> None:
    b2, c3 = tables.grades["B"][1], tables.grades["C"][2]
    assert event_weight(tables, [backing("B2", "x"), backing("C3", "y")]) == pytest.approx(1 - (1 - b2) * (1 - c3))


def test_a_confirmed_report_does_not_count_its_confirmers_again(tables: Tables) -> None:
    both = event_weight(tables, [backing("B1", "x"), backing("C3", "y")])
    assert both == pytest.approx(max(tables.grades["B"][0], tables.grades["C"][2]))


def test_a_denial_multiplies_the_odds_once_per_origin(tables: Tables) -> None:
    w, d = tables.grades["B"][1], tables.grades["A"][1]
    odds = w / (1 - w) * (1 - d) / d
    denied = [backing("B2", "x"), *[backing("A2", "ministry", Stance.DENIES)] * 3]
    assert event_weight(tables, denied) == pytest.approx(odds / (1 + odds))


def test_a_weak_denial_never_strengthens_and_an_expected_one_weighs_nothing(tables: Tables) -> None:
    alone = event_weight(tables, [backing("B2", "x")])
    assert event_weight(tables, [backing("B2", "x"), backing("E5", "troll", Stance.DENIES)]) == pytest.approx(alone)
    expected = backing("A1", "m", Stance.DENIES_EXPECTED)
    assert event_weight(tables, [backing("B2", "x"), expected]) == pytest.approx(alone)


def test_an_event_that_nothing_backs_has_no_weight(tables: Tables) -> None:
    assert event_weight(tables, [backing("A1", "m", Stance.DENIES)]) == 0
