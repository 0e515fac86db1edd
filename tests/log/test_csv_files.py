import csv
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iw.core.dates import end_of_day
from iw.core.errors import Fault
from iw.log import csv_files
from iw.log.csv_lines import read_table
from iw.log.drafts import CoverageDraft, EventDraft, ReportDraft
from iw.log.records import Marking, Staged, VisibleBasis
from iw.log.store import Log
from tests.log.cast import NOW, append

HEADER = (
    "indicator,occurred_on,summary,source,grade,grade_reason,origin,reported_on,development,staged,"
    "document,section,note"
)
COVERAGE = "collector,kind,selects,from,to,coverage,reason,document"
GOOD = "bilateral-drill,2023-03-05,A drill was held.,TASS,B2,own act,,2023-03-06,,no,cnas-2021,Chapter > One,7"
KNOWN: dict[str, Any] = {
    "indicators": {"bilateral-drill": 2.5, "chinese-denial-or-limit": 0.0},
    "documents": ["cnas-2021", "cepa-2026"],
    "domains": ["finance", "military-operations"],
    "today": date(2024, 6, 1),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "evidence.csv"


def read(file: Path, **known: Any) -> tuple[list[Any], list[Fault]]:
    """The drafts of a file, and its faults in order."""
    table, faults = read_table(file)
    drafts = [] if table is None else list(csv_files.drafts_of(table, faults, **known))
    return drafts, sorted(faults)


def faults(file: Path, *lines: str, header: str = HEADER, end: str = "\n") -> list[str]:
    """What is wrong with a file of these lines, without the name of the file."""
    file.write_text("\n".join([header, *lines]) + end, encoding="utf-8")
    found = [str(fault) for fault in read(file, **KNOWN)[1]]
    assert all(text.startswith(str(file)) for text in found)
    return [text.removeprefix(f"{file}:").strip() for text in found]


def events(file: Path, *lines: str, header: str = HEADER, **more: Any) -> list[EventDraft]:
    """The drafts of a file of these lines, which has no faults."""
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    drafts, found = read(file, **{**KNOWN, **more})
    assert not found
    return [draft for draft in drafts if isinstance(draft, EventDraft)]


def test_a_line_becomes_an_event_with_its_report(file: Path) -> None:
    (draft,) = events(file, GOOD)
    (report,) = draft.reports
    assert isinstance(report, ReportDraft)
    assert (draft.indicator, str(draft.occurred), draft.staged) == (
        "bilateral-drill",
        "2023-03-05",
        Staged.NO,
    )
    assert (draft.development, draft.marking, draft.visible) == (None, Marking.CLEAR, None)
    assert (report.text, report.origin, str(report.grade)) == ("A drill was held.", "tass", "B2")
    assert (report.grade_reason, report.reported_at) == ("own act", end_of_day(date(2023, 3, 6)))
    assert (report.document, report.section, report.note, report.url) == (
        "cnas-2021",
        "Chapter > One",
        "7",
        None,
    )


def test_only_five_columns_are_needed_and_others_may_be_added(file: Path) -> None:
    least = "indicator,occurred_on,summary,source,grade"
    events(file, "bilateral-drill,2023,A drill.,TASS,B2", header=least)
    (draft,) = events(
        file,
        "bilateral-drill,2023,A drill.,TASS,B2,https://a.b/c,TLP:AMBER,2023-03-06T10:00:00+01:00,Whole text.",
        header=least + ",url,marking,reported_at,text",
    )
    (report,) = draft.reports
    assert isinstance(report, ReportDraft)
    assert (report.url, report.text, draft.marking) == ("https://a.b/c", "Whole text.", Marking.AMBER)
    assert report.reported_at == datetime(2023, 3, 6, 9, tzinfo=UTC)


def test_a_backfilled_line_is_known_from_its_report_or_else_from_its_usual_lag(file: Path) -> None:
    year = GOOD.replace("2023-03-05", "2022").replace("2023-03-06", "")
    reported, lagged = events(file, GOOD, year, backfill=True)
    assert reported.visible is not None
    assert (reported.visible.moment, reported.visible.basis) == (
        end_of_day(date(2023, 3, 6)),
        VisibleBasis.REPORTED,
    )
    assert lagged.visible is not None
    assert (lagged.visible.moment, lagged.visible.basis) == (end_of_day(date(2023, 1, 3)), VisibleBasis.LAG)


def test_every_fault_of_a_file_is_reported_in_one_go(file: Path) -> None:
    bad = {
        "bilateral-drill,": "bilateral-dril,",
        "2023-03-05": "2023-02-30",
        ",B2,": ",G9,",
        "2023-03-06": "2023-03-04",
        ",no,": ",maybe,",
        "A drill was held.": "",
        "TASS": " ",
        "cnas-2021": "cnas-2022",
        "One,7": "One,7,8",
        "2023-03-05,": "2024-06-02,",
    }
    found = faults(file, *(GOOD.replace(old, new) for old, new in bad.items()))
    assert found == [
        "2:1: there is no indicator 'bilateral-dril' (did you mean bilateral-drill?)",
        "3:2: '2023-02-30' is not a date in the calendar (Write 2023-03-05, 2023-03 or 2023)",
        found[2],
        "5:8: reported on 2023-03-04, before it occurred on 2023-03-05",
        "6:10: 'maybe' does not say whether it was staged (write yes, no or possibly)",
        "7:3: 'summary' is empty",
        "8:4: 'source' is empty",
        "9:11: there is no document 'cnas-2022' (did you mean cnas-2021 or cepa-2026?)",
        "10:14: 14 fields where the header has 13",
        "11:2: 2024-06-02 lies in the future",
    ]
    assert found[2].startswith("4:5: 'G9' is not a grade (Write a letter A-F")


def test_a_line_with_two_faults_reports_both(file: Path) -> None:
    found = faults(file, GOOD.replace("B2", "Z0").replace("2023-03-06", "2025-01-01"))
    assert [text.split(":")[:2] for text in found] == [["2", "5"], ["2", "8"]]


def test_a_missing_column_is_a_fault_and_the_rest_is_still_checked(file: Path) -> None:
    found = faults(file, "bilateral-dril,2023,A drill.,TASS", header="indicator,occurred_on,summary,source")
    assert found == [
        "1: the column 'grade' is missing",
        "2:1: there is no indicator 'bilateral-dril' (did you mean bilateral-drill?)",
    ]


def test_an_unknown_or_repeated_column_is_a_fault(file: Path) -> None:
    found = faults(file, header=HEADER + ",originn,note")
    assert found == [
        "1:14: there is no column 'originn' (did you mean origin?)",
        "1:15: the column 'note' stands twice",
    ]


def test_a_repeated_line_is_a_fault_that_names_the_first(file: Path) -> None:
    assert faults(file, GOOD, "", GOOD.replace("B2", "C3")) == ["4: this repeats line 2"]


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (GOOD[:60], "3:7: the last line is half-written: 6 of 13 fields and no end of line"),
        (
            GOOD[:20] + ',"A drill',
            "3: the last line is half-written: a quotation mark is opened and never closed",
        ),
    ],
)
def test_a_half_written_last_line_is_a_fault(file: Path, cut: str, message: str) -> None:
    assert faults(file, GOOD, cut, end="") == [message]


def test_a_whole_last_line_needs_no_line_end(file: Path) -> None:
    assert faults(file, GOOD, end="") == []


def test_after_a_broken_quotation_the_next_lines_are_read(file: Path) -> None:
    open_quote = GOOD.replace("A drill", '"A drill')
    after_quote = GOOD.replace("A drill was held.", '"A drill" was held.')
    found = faults(file, open_quote, GOOD, after_quote, GOOD.replace("B2", "G9"))
    assert [text.split(" ")[0] for text in found] == ["2:", "4:", "5:5:"]


def test_a_quoted_field_may_hold_commas_and_lines(file: Path) -> None:
    wide = GOOD.replace("A drill was held.", '"A drill, said\nto be ""joint""."')
    one, two = events(file, wide, GOOD.replace("held", "seen"))
    assert (one.summary, two.summary) == ('A drill, said\nto be "joint".', "A drill was seen.")


def test_bytes_that_are_not_utf8_are_reported_where_they_stand(file: Path) -> None:
    lines = [HEADER, GOOD, GOOD.replace("drill was", "m\xe4n\xf6ver was"), GOOD.replace("B2", "G9")]
    file.write_bytes("\r\n".join(lines).encode("latin-1"))
    drafts, found = read(file, **KNOWN)
    assert len(drafts) == 1
    assert [(fault.line, fault.column) for fault in found] == [(3, 3), (4, 5)]
    assert "0xE4 is not UTF-8" in found[0].message


def test_a_byte_order_mark_and_other_line_ends_are_no_faults(file: Path) -> None:
    file.write_bytes(("\ufeff" + HEADER + "\r\n" + GOOD + "\r\n").encode())
    drafts, found = read(file, **KNOWN)
    assert (len(drafts), found) == (1, [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (HEADER.encode("utf-16"), "the file is UTF-16, not UTF-8"),
        (b'"unclosed', "the header line cannot be read"),
        (b"PK\x03\x04\xff\xfe\x00", "the byte 0xFF is not UTF-8"),
    ],
)
def test_what_is_no_csv_file_is_a_fault(file: Path, content: bytes, message: str) -> None:
    file.write_bytes(content)
    drafts, found = read(file, **KNOWN)
    assert not drafts
    assert found[0].message == message


def test_a_missing_file_is_a_fault(file: Path) -> None:
    assert "cannot be read" in read(file, **KNOWN)[1][0].message


def test_only_addresses_of_the_web_are_let_in(file: Path) -> None:
    header = "indicator,occurred_on,summary,source,grade,url"
    (found,) = faults(file, "bilateral-drill,2023,A drill.,TASS,B2,javascript:alert(1)", header=header)
    assert found.startswith("2:6: 'javascript:alert(1)' is not a web address")


def test_the_end_of_all_days_is_in_the_future(file: Path) -> None:
    assert faults(file, GOOD.replace("2023-03-06", "9999-12-31")) == ["2:8: 9999-12-31 lies in the future"]


def test_coverage_is_recognised_by_its_header(file: Path) -> None:
    lines = [
        COVERAGE,
        "cnas-2021,document,domain:finance,2010-01-01,2020-12-31,0.2,read in full,cnas-2021",
        "watch,watch,bilateral-drill,2021-01-01,,,,",
        "watch,gap,*,2022-01-01,2022-01-31,,,",
    ]
    file.write_text("\n".join(lines) + "\n")
    drafts, found = read(file, **KNOWN, backfill=True)
    assert found == []
    document, watch, gap = drafts
    assert isinstance(document, CoverageDraft)
    assert (document.coverage, document.reason) == (0.2, "read in full")
    assert document.visible is not None
    assert document.visible.moment == datetime(2010, 1, 1, tzinfo=UTC)
    assert isinstance(watch, CoverageDraft)
    assert (watch.until, watch.coverage) == (None, None)
    assert watch.visible is not None
    assert watch.visible.moment == datetime(2021, 1, 1, tzinfo=UTC)
    assert isinstance(gap, CoverageDraft)
    assert gap.coverage == 0


def test_every_fault_of_a_coverage_file_is_reported(file: Path) -> None:
    found = faults(
        file,
        "cnas-2020,document,*,2010-01-01,2020-12-31,0.2,,",
        "watch,radar,*,2010-01-01,2020-12-31,0.2,,",
        "watch,watch,domain:finanse,2010-01-01,2020-12-31,0.2,,",
        "watch,watch,bilateral,2010-01-01,2020-12-31,0.2,,",
        "watch,watch,*,2010-01,2020-12-31,0.2,,",
        "watch,watch,*,2010-01-01,2009-12-31,0.2,,",
        "watch,watch,*,2010-01-01,2020-12-31,20%,,",
        "watch,watch,*,2010-01-01,2020-12-31,1.2,,",
        "watch,gap,*,2010-01-01,2020-12-31,nan,,",
        "watch,gap,*,2010-01-01,2020-12-31,0.5,,",
        header=COVERAGE,
    )
    places = ["2:1:", "3:2:", "4:3:", "5:3:", "6:4:", "7:5:", "8:6:", "9:6:", "10:6:", "11:6:"]
    assert [text.split(" ")[0] for text in found] == places
    assert "did you mean domain:finance?" in found[2]
    assert "did you mean bilateral-drill?" in found[3]


def test_what_is_read_can_be_appended_twice_without_harm(file: Path, log: Log) -> None:
    drafts = events(file, GOOD, GOOD.replace("2023-03-05", "2023-03").replace("TASS", "Reuters"), backfill=True)
    assert len(append(log, *drafts)) == 2
    assert append(log, *drafts, skip_duplicates=True) == []
    assert len(log.view(NOW).events) == 2


def test_a_quotation_that_is_never_closed_far_from_the_end_is_told_and_the_next_lines_are_read(file: Path) -> None:
    lines = [GOOD.replace("A drill", '"A drill'), *(GOOD.replace("held", f"held {n}") for n in range(1_500))]
    assert len("\n".join(lines)) > csv.field_size_limit()
    broken, graded = faults(file, *lines, GOOD.replace("B2", "G9"))
    assert broken == "2: a field has more than 131,072 characters; is a quotation mark not closed?"
    assert graded.startswith("1503:5: 'G9' is not a grade")


def test_lines_that_end_as_on_old_machines_count_like_others(file: Path) -> None:
    for end in ("\r", "\r\n", "\n"):
        file.write_bytes(end.join([HEADER, GOOD, GOOD.replace("B2", "G9"), ""]).encode())
        drafts, found = read(file, **KNOWN)
        assert (len(drafts), [(fault.line, fault.column) for fault in found]) == (1, [(3, 5)])


def test_a_table_is_read_as_often_as_it_is_asked_for(file: Path) -> None:
    file.write_text(f"{HEADER}\n{GOOD}\n{GOOD.replace('A drill', 'x')},8\n", encoding="utf-8")
    table, _ = read_table(file)
    assert table is not None
    one: list[Fault] = []
    two: list[Fault] = []
    assert list(table.lines(one)) == list(table.lines(two))
    assert [fault.line for fault in one] == [fault.line for fault in two] == [3]


# A reference that holds the whole file: split into lines at once, and each record read by a reader of its own.
def whole(text: str) -> list[tuple[int, list[str]]]:
    lines, found, at = text.splitlines(keepends=True), [], 0
    width = 0
    while at < len(lines):
        reader = csv.reader(lines[at:], strict=True)
        try:
            fields = next(reader)
        except csv.Error:
            at += 1
            continue
        width = width or len(fields)
        if fields:
            found.append((at + 1, fields))
        at += reader.line_num if reader.line_num == 1 or len(fields) == width else 1
    return found


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='ab," \n', max_size=60))
def test_a_file_read_line_by_line_gives_the_lines_of_one_that_is_read_whole(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_text(f"h,i\n{text}", encoding="utf-8")
    table, _ = read_table(file)
    assert table is not None
    expected = [(number, fields) for number, fields in whole(f"h,i\n{text}")[1:] if len(fields) == 2]
    assert [(line.number, list(line.fields.values())) for line in table.lines([])] == [
        (number, [field.strip() for field in fields]) for number, fields in expected
    ]
