from datetime import UTC, datetime

from iw.log.drafts import CoverageDraft, SearchDraft
from iw.log.store import Log
from iw.log.tables import coverage_rows, event_rows, report_rows
from tests.log.cast import NOW, append, denial, drill, report
from tests.log.test_store import WINDOW


def test_an_event_is_a_row_with_what_its_reports_say(log: Log) -> None:
    said = datetime(2024, 5, 21, tzinfo=UTC)
    reports = (report("a", "B2", reported_at=said), report("b", "C3", source="Reuters"), denial("c"))
    append(log, drill(on="2024-05", reports=reports))
    (row,) = event_rows(log.view(NOW))
    assert (row["id"], row["occurred_on"], row["precision"]) == ("E6", "2024-05", "month")
    assert (row["sources"], row["grades"], row["reported_at"]) == ("TASS, Reuters", "B2, C3", said)
    assert (row["reports"], row["denied_by"], row["marking"]) == (3, "R5", "clear")


def test_a_report_has_a_row_for_each_event_it_stands_to_and_one_if_for_none(log: Log) -> None:
    (position,) = append(log, report())
    append(log, drill("One.", reports=(position,)), drill("Two.", reports=(position,)), report("Loose."))
    rows = report_rows(log.view(NOW))
    assert [(row["id"], row["event"], row["stance"]) for row in rows] == [
        ("R2", "E3", "backs"),
        ("R2", "E5", "backs"),
        ("R7", None, None),
    ]


def test_coverage_and_searches_share_their_columns(log: Log) -> None:
    window = CoverageDraft("cnas-2021", "document", "*", *WINDOW, 0.5)
    append(log, window, SearchDraft("bilateral-drill", *WINDOW, 0.9))
    rows = coverage_rows(log.view(NOW))
    assert [(row["id"], row["collector"], row["kind"], row["coverage"]) for row in rows] == [
        ("C1", "cnas-2021", "document", 0.5),
        ("S2", "anna", "search", 0.9),
    ]
    assert rows[0].keys() == rows[1].keys()


def test_an_empty_view_gives_no_rows(log: Log) -> None:
    view = log.view(NOW)
    assert (event_rows(view), report_rows(view), coverage_rows(view)) == ([], [], [])
