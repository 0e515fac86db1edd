"""A source's record learns from resolutions, and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from scipy.stats import beta

from iw.assessment.source_records import PRIOR_REPORTS, SourceRecord, source_records
from iw.core.dates import PartialDate
from iw.core.errors import NotFoundError
from iw.evidence.grading import grade_weight
from iw.log.drafts import Attached, EventDraft, RegradeDraft, ReportDraft, ResolutionDraft
from iw.log.grades import parse_grade
from iw.log.records import Marking, OfEvent, Outcome, Stance
from iw.workspace import Workspace
from tests.assessment.dam import dam

B2 = parse_grade("B2")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Workspace]:
    workspace, _ = dam(tmp_path / "dam", date(2024, 4, 1))
    with workspace:
        yield workspace


def told(workspace: Workspace, source: str, day: int, *more: Attached | ReportDraft) -> int:
    text = f"{source} on {day}"
    drafts = [
        EventDraft("crack", PartialDate.parse(f"2024-03-{day:02d}"), text, (ReportDraft(source, B2, text), *more))
    ]
    return workspace.append(drafts)[0]


def settle(workspace: Workspace, event: int, outcome: Outcome) -> None:
    workspace.append([ResolutionDraft(OfEvent(event), outcome, "It was looked into.")])


def records(workspace: Workspace) -> dict[str, SourceRecord]:
    return {one.source: one for one in source_records(workspace.catalogue.tables, workspace.log.view(workspace.now()))}


def test_without_resolutions_a_record_is_what_the_grades_say(watched: Workspace) -> None:
    told(watched, "Gauge", 1)
    one = records(watched)["Gauge"]
    assert (one.reports, one.settled, one.right) == (1, 0, 0)
    assert one.mean == one.graded == pytest.approx(grade_weight(watched.catalogue.tables, B2))
    assert one.low < one.mean < one.high


def test_of_one_source_every_grading_is_kept_with_its_time_author_and_reason(watched: Workspace) -> None:
    told(watched, "Gauge", 1)
    report = told(watched, "Other", 2) and watched.log.view(watched.now()).events[0].backings[0].report
    assert report.source == "Gauge"
    watched.append([RegradeDraft(report.first_position, parse_grade("D4"))], author="berta", reason="It was broken.")
    watched.append([RegradeDraft(report.first_position, marking=Marking.GREEN)], reason="for the team")
    rows = watched.foresight.gradings("Gauge").to_dict("records")
    assert [(row["report"], row["before"], row["grade"]) for row in rows] == [
        (report.id, "", "B2"),
        (report.id, "B2", "D4"),
    ]
    assert rows[1]["weight"] == grade_weight(watched.catalogue.tables, parse_grade("D4"))
    assert (rows[1]["author"], rows[1]["reason"]) == ("berta", "It was broken.")
    with pytest.raises(NotFoundError, match="Gauge"):
        watched.foresight.gradings("Guage")


def test_each_resolution_counts_once_for_or_against(watched: Workspace) -> None:
    first, second, third, fourth = (told(watched, "Gauge", day) for day in range(1, 5))
    settle(watched, first, Outcome.YES)
    settle(watched, second, Outcome.NO)
    settle(watched, third, Outcome.NO)
    settle(watched, fourth, Outcome.VOID)
    one = records(watched)["Gauge"]
    assert (one.settled, one.right) == (3, 1)
    w = grade_weight(watched.catalogue.tables, B2)
    a, b = PRIOR_REPORTS * w + 1, PRIOR_REPORTS * (1 - w) + 2
    assert one.mean == pytest.approx(a / (a + b))
    assert (one.low, one.high) == pytest.approx(tuple(beta.ppf((0.05, 0.95), a, b)))


def test_who_denied_what_did_not_happen_was_right_and_an_expected_denial_counts_for_nothing(watched: Workspace) -> None:
    denial = Attached(ReportDraft("Owner", B2, "There is no crack."), Stance.DENIES)
    expected = Attached(ReportDraft("Ministry", B2, "All is well."), Stance.DENIES_EXPECTED)
    settle(watched, told(watched, "Gauge", 1, denial, expected), Outcome.NO)
    found = records(watched)
    assert [(found[name].settled, found[name].right) for name in ("Gauge", "Owner", "Ministry")] == [
        (1, 0),
        (1, 1),
        (0, 0),
    ]


def test_two_reports_of_one_source_on_one_event_count_once(watched: Workspace) -> None:
    settle(watched, told(watched, "Gauge", 1, ReportDraft("Gauge", B2, "Again.")), Outcome.YES)
    one = records(watched)["Gauge"]
    assert (one.reports, one.settled, one.right) == (2, 1, 1)


def test_a_source_that_is_mostly_wrong_is_for_somebody_to_regrade(watched: Workspace) -> None:
    for day in range(1, 9):
        settle(watched, told(watched, "Gauge", day), Outcome.NO)
    one = records(watched)["Gauge"]
    assert one.regrade == "worse"
    assert replace(one, graded=one.low - 0.01).regrade == "better"
    assert replace(one, graded=one.mean).regrade == ""
