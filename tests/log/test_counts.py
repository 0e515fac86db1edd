"""Counts in the log: readings with a period of days and, where its source states it, a coverage."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from iw.core.dates import PartialDate
from iw.core.errors import UsageError
from iw.log.drafts import CorrectionDraft, EventDraft, ReportDraft, RetractionDraft
from iw.log.grades import parse_grade
from iw.log.store import DuplicateError, Log
from iw.log.tables import reading_rows
from tests.log.cast import NOW, append, drill, report
from tests.log.test_readings import read

COUNTS = "indicator,measured_on,period_days,value,coverage,summary,source,grade,reported_on"
KNOWN = {"counts": ["sorties"], "indicators": {"sorties": 2.0, "trade": 30.0, "bilateral-drill": 3.0}}


def sorties(value: float = 34.0, on: str = "2024-03-04", days: int | None = 7, **more: Any) -> EventDraft:
    """A week's count."""
    said = f"{value:g} sorties in {days} days."
    return EventDraft("sorties", PartialDate.parse(on), said, (report(said),), value=value, period_days=days, **more)


def test_a_count_keeps_its_period_and_its_coverage(log: Log) -> None:
    append(log, sorties(coverage=0.8), sorties(120, "2024-04", None))
    week, month = log.view(NOW).readings
    assert (week.value, week.first, week.last, week.coverage) == (34.0, date(2024, 3, 4), date(2024, 3, 10), 0.8)
    assert (week.period, month.period) == ("2024-03-04 to 2024-03-10", "2024-04")
    assert (month.first, month.last, month.coverage) == (date(2024, 4, 1), date(2024, 4, 30), None)
    assert [(row["period_days"], row["coverage"]) for row in reading_rows(log.view(NOW))] == [(7, 0.8), (None, None)]
    assert log.verify().holds


def test_counts_of_another_period_are_others_and_another_coverage_is_a_judgement(log: Log) -> None:
    said = (report("34 sorties."),)
    day = PartialDate.parse("2024-03-04")
    week, day_alone = (EventDraft("sorties", day, "So many.", said, value=34.0, period_days=d) for d in (7, None))
    append(log, week, day_alone)
    assert len(log.view(NOW).readings) == 2
    with pytest.raises(DuplicateError):
        append(log, EventDraft("sorties", day, "So many.", said, value=34.0, period_days=7, coverage=0.5))


def test_a_count_is_corrected_and_withdrawn_like_any_reading(log: Log) -> None:
    (position,) = append(log, sorties())
    append(log, CorrectionDraft(position, value=36.0), reason="misread")
    append(log, CorrectionDraft(position, period_days=14), reason="of two weeks")
    append(log, CorrectionDraft(position, coverage=0.5), reason="half the radars")
    (count,) = log.view(NOW).readings
    assert (count.value, count.period_days, count.coverage) == (36.0, 14, 0.5)
    with pytest.raises(UsageError, match="begins on a day"):
        append(log, CorrectionDraft(position, occurred=PartialDate.parse("2024-03")), reason="vague")
    append(log, RetractionDraft(position), reason="not theirs")
    assert log.view(NOW).readings == ()


@pytest.mark.parametrize("changed", [{"period_days": 7}, {"coverage": 0.5}])
def test_an_event_has_neither_period_nor_coverage(log: Log, changed: dict[str, Any]) -> None:
    (position,) = append(log, drill())
    with pytest.raises(UsageError, match="is no reading"):
        append(log, CorrectionDraft(position, **changed), reason="wrong")
    with pytest.raises(UsageError, match="An event has no period"):
        drill(**changed)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"days": 0}, "A period of 0 days is none"),
        ({"days": 4000}, "A period of 4000 days is none"),
        ({"on": "2024-03"}, "begins on a day, and not in 2024-03"),
        ({"on": "9999-12-30"}, "lies in the future"),
        ({"coverage": 0.0}, "A count with a coverage of 0 says nothing"),
        ({"coverage": 1.2}, "is not a chance"),
    ],
)
def test_what_no_count_can_be_is_refused(more: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        sorties(**more)


def test_a_period_that_is_not_over_has_no_count_yet(log: Log) -> None:
    today = NOW.date().isoformat()
    with pytest.raises(UsageError, match="is not over yet"):
        append(log, sorties(on=today, days=2))
    append(log, sorties(on=today, days=1))


def test_no_report_can_know_the_count_before_the_period_is_over() -> None:
    from datetime import UTC, datetime

    early = ReportDraft("radar", parse_grade("B2"), "34", reported_at=datetime(2024, 3, 9, tzinfo=UTC))
    with pytest.raises(UsageError, match="a period that ended on 2024-03-10"):
        EventDraft("sorties", PartialDate.parse("2024-03-04"), "34", (early,), value=34.0, period_days=7)


def test_a_file_of_counts_is_read_and_known_from_the_end_of_its_periods(tmp_path: Path) -> None:
    lines = "sorties,2024-03-04,7,34,0.8,Sorties.,MND,B2,", "sorties,2024-04,,120,,Sorties.,MND,B2,"
    (week, month), faults = read(tmp_path / "counts.csv", COUNTS, *lines, backfill=True, **KNOWN)
    assert not faults
    assert (week.value, week.period_days, week.coverage) == (34.0, 7, 0.8)
    assert (month.value, month.period_days, month.coverage) == (120.0, None, None)
    assert [str(one.visible.moment.date()) for one in (week, month)] == ["2024-03-12", "2024-05-02"]


def test_every_fault_of_counts_is_reported_at_its_place(tmp_path: Path) -> None:
    good = "sorties,2024-03-04,7,34,0.8,Sorties.,MND,B2,2024-03-20"
    spoilt = (
        ("sorties", "bilateral-drill"),
        (",34,", ",34.5,"),
        (",34,", ",-3,"),
        (",7,", ",seven,"),
        (",7,", ",0,"),
        ("0.8", "1.8"),
        ("2024-03-20", "2024-03-05"),
        ("2024-03-04", "2024-03"),
        ("sorties", "trade"),
    )
    lines = [good.replace(old, new, 1) for old, new in spoilt]
    known = {**KNOWN, "levels": ["trade"]}
    assert read(tmp_path / "counts.csv", COUNTS, *lines, **known)[1] == [
        "2:1: 'bilateral-drill' is neither level nor count (its file has the column occurred_on)",
        "3:4: '34.5' is no count (write a whole number, 0 or more)",
        "4:4: '-3' is no count (write a whole number, 0 or more)",
        "5:3: 'seven' is no number of days (write 1 to 3660)",
        "6:3: '0' is no number of days (write 1 to 3660)",
        "7:5: a coverage of 1.8 is not a chance (write a number from 0 to 1)",
        "8: A report of 2024-03-05 cannot back a count of a period that ended on 2024-03-10.",
        "9: A period of 7 days begins on a day, and not in 2024-03. "
        "(Give its first day, or leave out how many days it has.)",
        "10:3: only a count has 'period_days'",
        "10:5: only a count has 'coverage'",
    ]


def test_a_period_of_a_file_that_is_not_over_is_a_fault(tmp_path: Path) -> None:
    from tests.log.test_csv_files import KNOWN as CSV_KNOWN

    today = CSV_KNOWN["today"]
    line = f"sorties,{today},7,34,0.8,Sorties.,MND,B2,"
    (fault,) = read(tmp_path / "counts.csv", COUNTS, line, **KNOWN)[1]
    assert fault.startswith("2:3: the period until")
