"""Readings of levels, and reports without a date that bear on an indicator."""

from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import text

from iw.core.dates import PartialDate
from iw.core.errors import UsageError
from iw.log import migrate
from iw.log.drafts import CorrectionDraft, EventDraft, RegradeDraft, ReportDraft, RetractionDraft
from iw.log.engine import writing
from iw.log.grades import parse_grade
from iw.log.records import Marking
from iw.log.store import DuplicateError, Log
from iw.log.tables import event_rows, reading_rows, report_rows
from tests.log.cast import KEY, NOW, address, append, drill, events, report
from tests.log.test_csv_files import KNOWN
from tests.log.test_csv_files import read as read_file
from tests.log.test_schema import scripts as scripts

READINGS = "indicator,measured_on,value,summary,source,grade,document,contradicts"
CONTEXT = "bears_on,text,source,grade,reported_on,contradicts"


def trade(value: float = 147.0, on: str = "2021", **more: Any) -> EventDraft:
    """A reading of the volume of trade."""
    said = f"Trade came to {value} billion."
    return EventDraft("trade", PartialDate.parse(on), said, (report(said),), value=value, **more)


def read(file: Path, header: str, *lines: str, **more: Any) -> tuple[list[Any], list[str]]:
    file.write_text("\n".join([header, *lines]) + "\n")
    known = {**KNOWN, "indicators": {**KNOWN["indicators"], "trade": 30.0}, "levels": ["trade"], **more}
    drafts, faults = read_file(file, **known)
    return list(drafts), [str(fault).removeprefix(f"{file}:").strip() for fault in faults]


def test_a_reading_is_no_event_and_keeps_its_value_and_period(log: Log) -> None:
    append(log, drill(), trade(146.9, "2021"), trade(0.0, "2022-05"))
    view = log.view(NOW)
    assert [event.indicator for event in view.events] == ["bilateral-drill"]
    assert [(one.value, str(one.occurred)) for one in view.readings] == [(146.9, "2021"), (0.0, "2022-05")]
    assert view.unassigned == ()
    assert len(event_rows(view)) == 1
    assert [(row["value"], row["measured_on"], row["grades"]) for row in reading_rows(view)] == [
        (146.9, "2021", "B2"),
        (0.0, "2022-05", "B2"),
    ]
    assert [row["event"] for row in report_rows(view)] == [one.id for one in (*view.events, *view.readings)]


def test_two_readings_that_differ_in_their_value_alone_are_two(log: Log) -> None:
    said = (report("Trade grew."),)
    one, two = (EventDraft("trade", PartialDate.parse("2021"), "Trade.", said, value=v) for v in (1.0, 2.0))
    append(log, one, two)
    assert [reading.value for reading in log.view(NOW).readings] == [1.0, 2.0]
    with pytest.raises(DuplicateError):
        append(log, one)


def test_a_reading_is_corrected_and_withdrawn_like_an_event(log: Log) -> None:
    (position,) = append(log, trade(147.0))
    append(log, CorrectionDraft(position, value=0.0), reason="misread")
    (reading,) = log.view(NOW).readings
    assert (reading.value, reading.id) == (0.0, f"E{position}")
    with pytest.raises(UsageError, match="change nothing"):
        append(log, CorrectionDraft(position, value=0.0), reason="again")
    append(log, RetractionDraft(position), reason="not theirs")
    assert log.view(NOW).readings == ()


def test_an_event_has_no_value_to_correct(log: Log) -> None:
    (position,) = append(log, drill())
    with pytest.raises(UsageError, match="is no reading"):
        append(log, CorrectionDraft(position, value=3.0), reason="wrong")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_is_a_number(value: float) -> None:
    with pytest.raises(UsageError, match="not a number"):
        trade(value)


def test_a_report_keeps_what_it_bears_on_and_what_it_contradicts(log: Log) -> None:
    loose = report("They are said to talk often.", bears_on="bilateral-drill", contradicts="paper: never")
    (position,) = append(log, loose)
    (found,) = log.view(NOW).unassigned
    assert (found.bears_on, found.contradicts) == ("bilateral-drill", "paper: never")
    append(log, RegradeDraft(position, grade=parse_grade("C4")), reason="hearsay")
    (found,) = log.view(NOW).unassigned
    assert (str(found.grade), found.bears_on, found.contradicts) == ("C4", "bilateral-drill", "paper: never")


def test_a_log_of_the_first_schema_is_brought_up_to_date_with_all_its_facts(log: Log, scripts: ScriptDirectory) -> None:
    append(log, drill(), report("Loose."))
    before = log.view(NOW)
    with writing(log.engine) as connection:
        with Operations.context(MigrationContext.configure(connection)):
            for script in scripts.walk_revisions():
                if script.revision > "0001":
                    script.module.downgrade()
        connection.execute(text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '0001'"))
    with Log.open(address(log), KEY) as opened:
        assert opened.view(NOW) == before
        assert opened.verify().holds
        append(opened, trade())
        assert len(opened.view(NOW).readings) == 1


def test_files_of_readings_and_of_context_are_recognised_by_their_headers(tmp_path: Path) -> None:
    line = "trade,2021,146.9,Trade in billions.,TASS,A2,cnas-2021,cepa-2026 says 147"
    (reading,), faults = read(tmp_path / "readings.csv", READINGS, line, backfill=True)
    assert not faults
    assert (reading.value, str(reading.occurred), reading.reports[0].contradicts) == (
        146.9,
        "2021",
        "cepa-2026 says 147",
    )
    assert str(reading.visible.moment.date()) == "2022-01-30"
    lines = "bilateral-drill,They drill often.,TASS,C3,2020-01-05,", "bilateral-drill,Ever more.,TASS,C3,,"
    (dated, undated), faults = read(tmp_path / "context.csv", CONTEXT, *lines, backfill=True, marking=Marking.AMBER)
    assert not faults
    assert isinstance(dated, ReportDraft)
    assert (dated.bears_on, dated.marking, str(dated.visible.moment.date())) == (
        "bilateral-drill",
        Marking.AMBER,
        "2020-01-05",
    )
    assert undated.visible is None


def test_every_fault_of_readings_and_context_is_reported_at_its_place(tmp_path: Path) -> None:
    good = "trade,2021,146.9,Trade.,TASS,A2,,"
    spoilt = (("trade", "bilateral-drill"), ("146.9", "1.450,5"), ("146.9", "nan"), ("146.9", ""), ("2021", "2031"))
    lines = [good.replace(old, f'"{new}"', 1) for old, new in spoilt]
    assert read(tmp_path / "readings.csv", READINGS, *lines)[1] == [
        "2:1: 'bilateral-drill' is neither level nor count (its file has the column occurred_on)",
        "3:3: '1.450,5' is not a number (write digits with a point, such as 1450.5)",
        "4:3: The value nan is not a number that can be kept",
        "5:3: 'value' is empty",
        "6:2: 2031 lies in the future",
    ]
    wrong = "indicator,occurred_on,summary,source,grade"
    assert read(tmp_path / "events.csv", wrong, "trade,2021,Trade.,TASS,A2")[1] == [
        "2:1: 'trade' is a level (its file has the columns measured_on and value)"
    ]
    found = read(tmp_path / "context.csv", CONTEXT, "drill,,TASS,C9,2031-01-01,")[1]
    assert [text.partition(" (")[0] for text in found] == [
        "2:1: there is no indicator 'drill'",
        "2:2: 'text' is empty",
        "2:4: 'C9' is not a grade",
        "2:5: 2031-01-01 lies in the future",
    ]


def test_what_readings_and_context_are_read_can_be_appended_twice_without_harm(log: Log, tmp_path: Path) -> None:
    drafts = [
        *read(tmp_path / "r.csv", READINGS, "trade,2021,146.9,Trade.,TASS,A2,,", backfill=True)[0],
        *read(tmp_path / "c.csv", CONTEXT, "bilateral-drill,Often.,TASS,C3,,", backfill=True)[0],
    ]
    assert len(append(log, *drafts)) == 2
    assert append(log, *drafts, skip_duplicates=True) == []
    assert events(log) == {}
