"""Nothing in a file of a log is trusted: every fault is told with its line, and nothing is imported."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iw.core.errors import DataError
from iw.exchange import checks, json_lines
from iw.exchange.log_files import write_log
from iw.log.drafts import CorrectionDraft, RegradeDraft, SearchDraft
from iw.log.grades import parse_grade
from iw.log.records import Marking
from iw.log.store import Log
from tests.exchange.cast import LATER, read_in, told_of_everything
from tests.log.cast import DAY, NOW, append, drill
from tests.log.test_store import WINDOW

Told = dict[str, Any]


@pytest.fixture
def file(tmp_path: Path, other: Log) -> Path:
    """A file of seven records; the event is on line 4, its correction on line 7."""
    (event,) = append(other, drill("Drill.", value=1.5))
    append(other, SearchDraft("bilateral-drill", *WINDOW, 0.5))
    append(other, CorrectionDraft(event, value=2.5), RegradeDraft(2, parse_grade("C3")), now=NOW + DAY)
    path = tmp_path / "log.jsonl"
    write_log(other, path, Marking.RED)
    return path


@pytest.fixture
def log(another: Callable[[], Log]) -> Log:
    return another()


def faults(log: Log, file: Path) -> list[str]:
    """What is wrong with the file, without its name; nothing was imported."""
    with pytest.raises(DataError) as caught:
        read_in(log, file)
    assert log.position() == 0
    return [str(fault).removeprefix(f"{file}:") for fault in caught.value.faults]


def changed(file: Path, number: int, change: Callable[[Told], object]) -> None:
    """Change one line, and the header so that it agrees with all lines again."""
    lines = file.read_bytes().splitlines(keepends=True)
    told = json.loads(lines[number - 1])
    change(told)
    lines[number - 1] = json.dumps(told).encode() + b"\n"
    header = json.loads(lines[0])
    header["digest"] = hashlib.sha256(b"".join(lines[1:])).hexdigest()
    header["records"] = len(lines) - 1
    file.write_bytes(json.dumps(header).encode() + b"\n" + b"".join(lines[1:]))


def test_a_change_that_is_no_fault_is_taken(log: Log, file: Path) -> None:
    changed(file, 4, lambda told: told["content"].update(summary="Another drill."))
    assert read_in(log, file).appended == 7


@pytest.mark.parametrize(
    ("line", "field", "value", "fault"),
    [
        (4, "position", 9, "the record's position is 9, and it is record 3 of the file"),
        (4, "position", "3", "'position' is \"3\", and no number of a record"),
        (4, "position", True, "'position' is true, and no number of a record"),
        (4, "kind", "evnt", "'kind' is \"evnt\" (known: source, report,"),
        (4, "kind", ["event"], "'kind' is [\"event\"]"),
        (4, "first", 1, "it supersedes nothing, and yet is not the first of its chain"),
        (4, "marking", "purple", "'marking' is \"purple\" (known: clear,"),
        (4, "author", " ", "the author is empty"),
        (4, "author", None, "'author' is null, and no text"),
        (4, "author", "a\0b", "'author' holds a character that cannot be stored"),
        (4, "author", "\ud800", "'author' holds a character that cannot be stored"),
        (4, "recorded_at", "2024-06-01", "'recorded_at' is \"2024-06-01\", and no moment with its zone"),
        (4, "recorded_at", "2024-06-01T12:00:00", "and no moment with its zone"),
        (4, "recorded_at", "2124-06-01T12:00:00+00:00", "which lies in the future"),
        (4, "visible_at", "2024-06-01T12:00:00+00:00", "'visible_at' does not agree with the basis 'recorded'"),
        (4, "visible_at", "2024-06-02T12:00:00+00:00", "it was known only after it was recorded"),
        (4, "visible_basis", "lag", "'visible_at' does not agree with the basis 'lag'"),
        (7, "supersedes", 2, "2 is not the last version of what it supersedes"),
        (7, "first", 2, "the first record of its chain, 2, is no event"),
        (7, "first", 7, "the first record of its chain, 7, is no event"),
        (7, "reason", "", "a change to what the log says needs a reason"),
        (6, "supersedes", 3, "a search is never superseded"),
        (4, "content", [], "'content' is no object"),
    ],
)
def test_a_fault_in_the_envelope_is_told(
    log: Log, file: Path, line: int, field: str, value: object, fault: str
) -> None:
    changed(file, line, lambda told: told.update({field: value}))
    (found,) = [one for one in faults(log, file) if one.startswith(f"{line}: ")][:1]
    assert fault in found


@pytest.mark.parametrize(
    ("line", "field", "value", "fault"),
    [
        (2, "reliability", "G", "'reliability' is \"G\" (known: A, B, C, D, E, F)"),
        (2, "name", "", "The name is empty"),
        (8, "credibility", 2, "'credibility' is 2 (known: 1, 2"),
        (3, "text", " ", "The text is empty"),
        (3, "origin", "", "The origin is empty"),
        (3, "url", "javascript:alert(1)", "'javascript:alert(1)' is not a web address"),
        (3, "reported_at", "2024-06-09T00:00:00+00:00", "it is a report of 2024-06-09, after it was recorded"),
        (4, "occurred_first", "2024-06-31", "'occurred_first' is \"2024-06-31\", and no day"),
        (4, "occurred_first", "2024-W22-1", "and no day"),
        (4, "occurred_first", "2024-06-02", "it occurred on 2024-06-02, after it was recorded"),
        (4, "occurred_precision", "month", "no month begins on 2024-05-20"),
        (4, "staged", "maybe", "'staged' is \"maybe\""),
        (4, "value", "1", "'value' is \"1\", and no number"),
        pytest.param(4, "value", 10**400, "'value' is 1000", id="value-large"),
        (4, "indicator", "", "The indicator is empty"),
        (4, "extra", 1, "there is no 'extra'"),
        (5, "event", 2, "'event' is 2, which is no event"),
        (5, "event", 9, "'event' is 9, which is no earlier record"),
        (5, "report", 0, "'report' is 0, which is no earlier record"),
        (5, "stance", "hopes", "'stance' is \"hopes\""),
        (6, "coverage", 1.5, "A coverage of 1.5 is not a chance"),
        (6, "since", "2025-01-01", "before it begins"),
        (6, "until", "2024-06-02", "the search until 2024-06-02 was not over when it was recorded"),
    ],
)
def test_a_fault_in_the_content_is_told(log: Log, file: Path, line: int, field: str, value: object, fault: str) -> None:
    changed(file, line, lambda told: told["content"].update({field: value}))
    (found,) = faults(log, file)
    assert found.startswith(f"{line}: ")
    assert fault in found


@pytest.mark.parametrize(
    ("kind", "field", "value", "fault"),
    [
        ("fit", "path", "../../secret.nc", "is not the name of a fit's file"),
        ("fit", "path", "/etc/x.nc", "is not the name of a fit's file"),
        ("fit", "log_position", 10**6, "the fit took later records into account"),
        ("fit", "accepted", 1, "'accepted' is 1, and neither true nor false"),
        ("fit", "summary", "{}", "and neither object nor list"),
        ("retraction", "target", 1, "a source is never retracted"),
        ("coverage", "coverage", 1, "A gap has coverage 0"),
    ],
)
def test_a_fault_in_what_is_not_of_an_event_is_told(
    log: Log, other: Log, file: Path, kind: str, field: str, value: object, fault: str
) -> None:
    told_of_everything(other)
    write_log(other, file, Marking.RED)
    told = [json.loads(line) for line in file.read_bytes().splitlines()]
    gap = (number for number, one in enumerate(told, 1) if one.get("content", {}).get("collector_kind") == "gap")
    first = (number for number, one in enumerate(told, 1) if one.get("kind") == kind)
    changed(file, next(gap if kind == "coverage" else first), lambda one: one["content"].update({field: value}))
    (found,) = faults(log, file)
    assert fault in found


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"{", "this is not JSON"),
        (b"[1]", "this is no JSON object"),
        (b'{"a":NaN}', "this is not JSON: NaN is no number"),
        (b'{"a":1,"a":2}', "this is not JSON: a key stands twice"),
        (b'{"a":"\xff"}', "the byte 0xFF is not UTF-8"),
        (b"[" * 100_000, "this is not JSON: it is nested too deeply"),
        (b"", "this is not JSON"),
    ],
)
def test_a_line_that_is_no_record_is_told(log: Log, file: Path, line: bytes, fault: str) -> None:
    lines = file.read_bytes().splitlines()
    lines[5] = line
    file.write_bytes(b"\n".join(lines) + b"\n")
    assert any(found.startswith("6: ") and fault in found for found in faults(log, file))


def test_all_faults_are_told_at_once(log: Log, file: Path) -> None:
    changed(file, 2, lambda told: told["content"].update(reliability="G"))
    changed(file, 4, lambda told: (told.update(author=""), told["content"].update(summary="")))
    changed(file, 6, lambda told: told.update(marking="purple"))
    assert [found.split(": ")[0] for found in faults(log, file)] == ["2", "4", "4", "6"]


def test_a_file_of_nothing_but_faults_ends_the_search_for_more(
    log: Log, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "MOST_FAULTS", 3)
    lines = file.read_bytes().splitlines()
    file.write_bytes(b"\n".join([lines[0], *[b"{"] * 50]) + b"\n")
    assert faults(log, file)[-1] == "4: further lines were not looked at"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda data: data[:-30], "8: the line is cut off: the file ends within it"),
        (lambda data: data[: data.rindex(b'{"position":7')], "1: the header counts 7 records, and the file has 6"),
        (lambda data: data.replace(b"Drill.", b"Grill."), "1: the digest is not that of the lines"),
        (lambda data: data.replace(b'"source":1', b'"source":2'), "1: the header counts other kinds of records"),
        (lambda data: data.replace(b'"version":1', b'"version":2', 1), "has version 2 of the format, and this program"),
        (lambda data: data.replace(b'"iw-log"', b'"other"', 1), "1: this is not the file of a log"),
        (lambda data: data.replace(b'"marking":"red"', b'"marking":7', 1), "'marking' is 7"),
        (lambda data: b"", "1: this is not JSON"),
    ],
)
def test_a_file_that_is_not_whole_is_told(log: Log, file: Path, change: Callable[[bytes], bytes], fault: str) -> None:
    file.write_bytes(change(file.read_bytes()))
    assert fault in faults(log, file)[0]


def test_a_line_without_end_does_not_fill_the_memory(log: Log, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "LONGEST_LINE", 2_000)
    with file.open("ab") as end:
        end.write(b"x" * 10_000)
    assert "9: the line is cut off: it is longer than any record may be" in faults(log, file)


def test_a_missing_file_is_told(log: Log, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_in(log, tmp_path / "none.jsonl")


def test_a_file_from_the_future_of_this_clock_is_refused(log: Log, file: Path) -> None:
    with pytest.raises(DataError, match="lies in the future"):
        read_in(log, file, now=NOW)
    assert read_in(log, file, now=LATER).appended == 7
