"""Readings of levels in the evidence: an autoregression in each scenario, mixed with a broad density by the grade."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t as student

from iw.catalogue import Catalogue, load_catalogue
from iw.core.dates import PartialDate
from iw.evidence import EvidenceSet, build_evidence, model_spec
from iw.evidence.grading import grade_weight
from iw.inference.arrays import YEAR_DAYS, Z90
from iw.log.drafts import Draft, EventDraft, ReportDraft
from iw.log.grades import parse_grade
from iw.log.store import Log
from tests.assessment.dam import LEVEL
from tests.evidence.cast import AS_OF, START, small_catalogue, view_of

LISTENING = """
levels:
  - indicator: water-mark
    values:
      leaking: {interval: [2, 4], rationale: it runs out, judgement: us}
"""
USUAL, LOW = (4.0, 8.0), (2.0, 4.0)  # in metres; of the level, and while it leaks
MEMORY = 3.0


@pytest.fixture
def heard(tmp_path: Path) -> Catalogue:
    """The dam, which listens to the water mark."""
    return altered(tmp_path)


def altered(folder: Path, usual: str = "[4, 8]", listening: str = LISTENING) -> Catalogue:
    small_catalogue(folder)
    indicators, problem = folder / "indicators" / "water.yaml", folder / "models" / "dam.yaml"
    indicators.write_text(indicators.read_text() + LEVEL.replace("[4, 8]", usual))
    problem.write_text(problem.read_text() + listening)
    catalogue, faults = load_catalogue(folder / "indicators", folder / "models")
    assert not [fault for fault in faults if "document" not in fault.message]
    return catalogue


def reading(value: float, on: str, grade: str = "B2") -> EventDraft:
    report = ReportDraft("gauge", parse_grade(grade), f"{value} m on {on}", origin=f"{on} {value}")
    return EventDraft("water-mark", PartialDate.parse(on), f"{value} m", (report,), value=value)


def built(catalogue: Catalogue, log: Log, *drafts: Draft) -> EvidenceSet:
    return build_evidence(catalogue, model_spec(catalogue, "dam"), view_of(log, *drafts), AS_OF)


def density(value: float, interval: tuple[float, float], before: tuple[float, float] | None = None) -> float:
    """As docs/mathematics.md says it, for one scenario; ``before`` is the last value and the years since."""
    mean, scale = sum(interval) / 2, (interval[1] - interval[0]) / (2 * Z90)
    if before:
        r = math.exp(-before[1] / MEMORY)
        mean, scale = mean + r * (before[0] - mean), scale * math.sqrt(1 - r**2)
    return float(student.pdf(value, 4, mean, scale))


def test_the_first_reading_is_judged_by_the_scenarios_values(heard: Catalogue, log: Log) -> None:
    evidence = built(heard, log, reading(3.2, "2024-05-05", "A1"))
    (ratio,) = evidence.arrays.given_ratio
    assert list(evidence.arrays.given_day) == [(date(2024, 5, 5) - START).days]
    w = grade_weight(heard.tables, parse_grade("A1"))
    broad = 2 * (2.0 + 4 / (2 * Z90))  # the middle of 3, 6 and 6 metres is 5; the furthest lies 2 from it
    reference = float(student.pdf(3.2, 4, 5.0, broad))
    expected = [(1 - w) + w * density(3.2, interval) / reference for interval in (LOW, USUAL, USUAL)]
    assert ratio == pytest.approx(expected, rel=1e-12)


def test_a_later_reading_is_judged_by_the_one_before_and_the_time_between(heard: Catalogue, log: Log) -> None:
    arrays = built(heard, log, reading(6.0, "2024-03-01", "A1"), reading(5.5, "2024-09-01", "A1")).arrays
    years = (date(2024, 9, 1) - date(2024, 3, 1)).days / YEAR_DAYS
    leaking, _, sound = arrays.given_ratio[1]
    w = grade_weight(heard.tables, parse_grade("A1"))
    genuine = [one - (1 - w) for one in (leaking, sound)]
    expected = density(5.5, LOW, (6.0, years)) / density(5.5, USUAL, (6.0, years))
    assert genuine[0] / genuine[1] == pytest.approx(expected, rel=1e-9)


def test_a_reading_of_a_poor_grade_says_less(heard: Catalogue, log: Log) -> None:
    good = built(heard, log, reading(2.5, "2024-02-01", "A1")).arrays.given_ratio[0]
    both = built(heard, log, reading(2.5, "2024-12-30", "E5")).arrays.given_ratio
    assert len(both) == 2
    assert both[0] == pytest.approx(good)
    assert float(np.ptp(np.log(both[1]))) < 0.1 * float(np.ptp(np.log(good)))


def test_of_two_readings_of_one_period_the_better_counts(heard: Catalogue, log: Log) -> None:
    arrays = built(heard, log, reading(2.5, "2024-02", "D4"), reading(6.1, "2024-02", "A1")).arrays
    assert len(arrays.given_day) == 1
    assert list(arrays.given_day) == [(date(2024, 2, 29) - START).days]
    assert arrays.given_ratio[0].argmin() == 0


def test_where_an_interval_is_one_of_a_factor_logarithms_are_taken(tmp_path: Path, log: Log) -> None:
    catalogue = altered(tmp_path, usual="[1, 16]")
    ratio = built(catalogue, log, reading(4.0, "2024-05-05", "A1")).arrays.given_ratio[0]
    w = grade_weight(catalogue.tables, parse_grade("A1"))
    logs = [tuple(math.log(end) for end in interval) for interval in (LOW, (1.0, 16.0))]
    genuine = [ratio[0] - (1 - w), ratio[1] - (1 - w)]
    expected = density(math.log(4.0), logs[0]) / density(math.log(4.0), logs[1])  # type: ignore[arg-type]
    assert genuine[0] / genuine[1] == pytest.approx(expected, rel=1e-9)


def test_readings_outside_the_problem_and_of_other_levels_do_not_count(heard: Catalogue, log: Log) -> None:
    assert len(built(heard, log, reading(5.0, "2023-12-31"), reading(5.0, "2024-12-31")).arrays.given_day) == 1


def test_a_low_mark_moves_the_belief_towards_the_leak_and_is_named(heard: Catalogue, log: Log) -> None:
    from iw.assessment.beliefs import Beliefs
    from iw.assessment.shifts import shift_between
    from iw.core.dates import end_of_day
    from iw.log.records import Marking

    view_of(log, reading(2.5, "2024-06-10", "A1"))
    beliefs = Beliefs(heard, log, Path("/nowhere"), 1)
    known = end_of_day(date(2025, 1, 9))
    before, after = (beliefs.at("dam", day, known, Marking.CLEAR) for day in (date(2024, 6, 1), date(2024, 6, 30)))
    shift = shift_between(beliefs, before, after)
    term = next(part for part in shift.contributions if part.kind == "reading")
    assert term.label.endswith("of water mark: 2.5 metres")
    assert term.points["leaking"] > 10
    assert shift.residual < 1e-7


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("water-mark\n    values", "crack\n    values", "'crack' is no level"),
        ("leaking: {interval: [2, 4]", "leeking: {interval: [2, 4]", "'leeking' is not a scenario"),
        ("leaking: {interval: [2, 4]", "sound: {interval: [2, 4]", "in the status quo a level has its usual value"),
        (", judgement: us}", "}", "needs a citation or a named judgement"),
        ("water-mark\n    values", "water-marks\n    values", "there is no indicator 'water-marks'"),
    ],
)
def test_a_fault_in_what_is_listened_to_is_located(tmp_path: Path, old: str, new: str, fault: str) -> None:
    small_catalogue(tmp_path)
    indicators, problem = tmp_path / "indicators" / "water.yaml", tmp_path / "models" / "dam.yaml"
    indicators.write_text(indicators.read_text() + LEVEL)
    assert old in LISTENING
    problem.write_text(problem.read_text() + LISTENING.replace(old, new))
    _, faults = load_catalogue(tmp_path / "indicators", tmp_path / "models")
    found = [str(one) for one in faults if fault in one.message]
    assert len(found) == 1
    assert "dam.yaml" in found[0]


def test_the_model_version_changes_with_what_a_level_is_there(tmp_path: Path) -> None:
    versions = set()
    for number, interval in enumerate(("[2, 4]", "[2, 5]")):
        folder = tmp_path / str(number)
        folder.mkdir()
        versions.add(altered(folder, listening=LISTENING.replace("[2, 4]", interval)).model_version("dam"))
    assert len(versions) == 2
