"""Evidence and coverage files (CSV, UTF-8, with a header line) as drafts, with every fault in them.

In a *backfill* what a line tells counts as known from when it was first reported, else from the last day of
its period and the indicator's usual lag; the coverage of a document from the day on which its window begins,
so that it takes effect day by day along with the events that the document tells. Otherwise a line is known
from when it is recorded. Nothing may be appended from a file with faults: take the drafts only where there
are none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import cast

from iw.core.dates import PartialDate, end_of_day, parse_day
from iw.core.errors import Fault, UsageError, nearest
from iw.log import csv_fields, fingerprints
from iw.log.csv_lines import CsvTable, Line, header_faults, read_table
from iw.log.drafts import CoverageDraft, EventDraft, ReportDraft, Visible
from iw.log.grades import parse_grade
from iw.log.records import Marking, Staged, VisibleBasis

EVENT_COLUMNS = ("indicator", "occurred_on", "summary", "source", "grade")
EVENT_EXTRAS = (
    *("grade_reason", "origin", "reported_on", "development", "staged", "document", "section", "note"),
    *("text", "url", "marking", "reported_at"),
)
COVERAGE_COLUMNS = ("collector", "kind", "selects", "from", "to", "coverage")
COVERAGE_EXTRAS = ("reason", "document", "marking")


@dataclass
class _Reader:
    """Reads the fields of one line at a time and collects what is wrong with them."""

    table: CsvTable
    indicators: Mapping[str, float]
    documents: Collection[str]
    domains: Collection[str] | None
    backfill: bool
    today: date
    marking: Marking
    faults: list[Fault] = field(default_factory=list)
    claimed: dict[str, int] = field(default_factory=dict)

    def text(self, line: Line, column: str) -> str:
        """A field that must not be empty."""
        found = line.fields.get(column, "")
        if not found and column in line.fields:
            self.say(line, column, f"'{column}' is empty")
        return found

    def parsed[T](self, line: Line, column: str, parse: Callable[[str], T]) -> T | None:
        """A field as ``parse`` reads it; None where it is empty or faulty."""
        found = line.fields.get(column, "")
        if not found:
            return None
        try:
            return parse(found)
        except UsageError as error:
            self.say(line, column, error.message.rstrip("."), error.hint.rstrip("."))
            return None

    def known(self, line: Line, column: str, what: str, names: Collection[str]) -> str | None:
        """A field that, unless empty, is one of ``names``."""
        found = line.fields.get(column, "")
        if found and found not in names:
            near = nearest(found, names)
            hint = f"did you mean {' or '.join(near)}?" if near else ""
            self.say(line, column, f"there is no {what} '{found}'", hint)
        return found or None

    def new(self, line: Line, fingerprint: str) -> None:
        """Note what the line claims; a line that claims the same as an earlier one is a fault."""
        first = self.claimed.setdefault(fingerprint, line.number)
        if first != line.number:
            self.faults.append(Fault(self.table.file, line.number, 0, f"this repeats line {first}"))

    def say(self, line: Line, column: str, message: str, hint: str = "") -> None:
        """Note a fault."""
        self.faults.append(self.table.fault(line, column, message, hint))


def read(
    path: Path,
    *,
    indicators: Mapping[str, float],
    documents: Collection[str],
    today: date,
    backfill: bool = False,
    marking: Marking = Marking.CLEAR,
    domains: Collection[str] | None = None,
) -> tuple[list[EventDraft] | list[CoverageDraft], list[Fault]]:
    """The drafts of an evidence or coverage file, which its header tells apart, and its faults.

    ``indicators`` gives each indicator's usual lag in days. ``marking`` is that of lines without their own.
    ``domains`` are those that coverage may select (None: any).
    """
    table, faults = read_table(path)
    if table is None:
        return [], faults
    reader = _Reader(table, indicators, documents, domains, backfill, today, marking, faults)
    if len(set(COVERAGE_COLUMNS) & set(table.header)) > len(set(EVENT_COLUMNS) & set(table.header)):
        return _coverages(reader)
    return _events(reader)


def read_events(
    path: Path,
    *,
    indicators: Mapping[str, float],
    documents: Collection[str],
    today: date,
    backfill: bool = False,
    marking: Marking = Marking.CLEAR,
) -> tuple[list[EventDraft], list[Fault]]:
    """The event of every line of an evidence file, and all its faults; see `read`."""
    table, faults = read_table(path)
    if table is None:
        return [], faults
    return _events(_Reader(table, indicators, documents, None, backfill, today, marking, faults))


def read_coverage(
    path: Path,
    *,
    indicators: Mapping[str, float],
    documents: Collection[str],
    today: date,
    backfill: bool = False,
    marking: Marking = Marking.CLEAR,
    domains: Collection[str] | None = None,
) -> tuple[list[CoverageDraft], list[Fault]]:
    """The coverage of every line of a coverage file, and all its faults; see `read`."""
    table, faults = read_table(path)
    if table is None:
        return [], faults
    return _coverages(_Reader(table, indicators, documents, domains, backfill, today, marking, faults))


def _events(reader: _Reader) -> tuple[list[EventDraft], list[Fault]]:
    reader.faults += header_faults(reader.table, EVENT_COLUMNS, EVENT_EXTRAS)
    drafts: list[EventDraft] = []
    for line in reader.table.lines:
        draft = _event(reader, line)
        if draft is not None:
            drafts.append(draft)
            report = cast(ReportDraft, draft.reports[0])
            rests_on = [(draft.attached[0].stance, fingerprints.of_report(report))]
            reader.new(line, fingerprints.of_event(draft.indicator, draft.occurred, draft.summary, rests_on))
    return drafts, sorted(reader.faults)


def _event(reader: _Reader, line: Line) -> EventDraft | None:
    before = len(reader.faults)
    get = line.fields.get
    texts = {name: reader.text(line, name) for name in EVENT_COLUMNS}
    reader.known(line, "indicator", "indicator", reader.indicators)
    occurred = reader.parsed(line, "occurred_on", lambda text: csv_fields.occurred(text, reader.today))
    grade = reader.parsed(line, "grade", parse_grade)
    reported = _reported(reader, line, occurred)
    staged = reader.parsed(line, "staged", csv_fields.staged) or Staged.NO
    marking = reader.parsed(line, "marking", csv_fields.marking) or reader.marking
    url = reader.parsed(line, "url", csv_fields.url)
    document = reader.known(line, "document", "document", reader.documents)
    if len(reader.faults) > before or occurred is None or grade is None or not all(texts.values()):
        return None
    visible = _visible(reader, texts["indicator"], occurred, reported) if reader.backfill else None
    try:
        report = ReportDraft(
            source=texts["source"],
            grade=grade,
            text=get("text") or texts["summary"],
            origin=get("origin", ""),
            grade_reason=get("grade_reason", ""),
            reported_at=reported,
            url=url,
            document=document,
            section=get("section") or None,
            note=get("note") or None,
        )
        return EventDraft(
            indicator=texts["indicator"],
            occurred=occurred,
            summary=texts["summary"],
            reports=(report,),
            development=get("development") or None,
            staged=staged,
            marking=marking,
            visible=visible,
        )
    except UsageError as error:
        reader.say(line, "", error.message, error.hint)
        return None


def _reported(reader: _Reader, line: Line, occurred: PartialDate | None) -> datetime | None:
    """The moment of the first public report: a day means its end."""
    column = "reported_at" if line.fields.get("reported_at") else "reported_on"
    reported = reader.parsed(line, column, lambda text: csv_fields.reported(text, reader.today))
    if reported is not None and occurred is not None and reported.date() < occurred.first:
        reader.say(line, column, f"reported on {reported.date()}, before it occurred on {occurred}")
    return reported


def _visible(reader: _Reader, indicator: str, occurred: PartialDate, reported: datetime | None) -> Visible:
    if reported is not None:
        return Visible(reported, VisibleBasis.REPORTED)
    lag = timedelta(days=math.ceil(reader.indicators[indicator]))
    return Visible(end_of_day(occurred.last + lag), VisibleBasis.LAG)


def _coverages(reader: _Reader) -> tuple[list[CoverageDraft], list[Fault]]:
    reader.faults += header_faults(reader.table, COVERAGE_COLUMNS, COVERAGE_EXTRAS)
    drafts: list[CoverageDraft] = []
    for line in reader.table.lines:
        draft = _coverage(reader, line)
        if draft is not None:
            drafts.append(draft)
            reader.new(line, fingerprints.of_coverage(draft))
    return drafts, sorted(reader.faults)


def _coverage(reader: _Reader, line: Line) -> CoverageDraft | None:
    before = len(reader.faults)
    collector, selects = reader.text(line, "collector"), reader.text(line, "selects")
    reader.text(line, "kind")
    reader.text(line, "from")
    kind = reader.parsed(line, "kind", csv_fields.coverage_kind)
    if kind == "document":
        reader.known(line, "collector", "document", reader.documents)
    _check_selects(reader, line)
    since = reader.parsed(line, "from", parse_day)
    until = reader.parsed(line, "to", parse_day)
    if since is not None and until is not None and until < since:
        reader.say(line, "to", f"the window ends on {until}, before it begins on {since}")
    chance = reader.parsed(line, "coverage", csv_fields.chance)
    if kind == "gap" and chance:
        reader.say(line, "coverage", "a gap has coverage 0: nobody was looking")
    marking = reader.parsed(line, "marking", csv_fields.marking) or reader.marking
    reader.known(line, "document", "document", reader.documents)
    if len(reader.faults) > before or kind is None or since is None or not (collector and selects):
        return None
    visible = None
    if reader.backfill and kind == "document":
        visible = Visible(datetime.combine(since, time(), UTC), VisibleBasis.LAG)
    reason = line.fields.get("reason", "")
    try:
        return CoverageDraft(collector, kind, selects, since, until, chance, marking, visible, reason)
    except UsageError as error:
        reader.say(line, "", error.message, error.hint)
        return None


def _check_selects(reader: _Reader, line: Line) -> None:
    selects = line.fields.get("selects", "")
    if selects == "*":
        return
    if not selects.startswith("domain:"):
        reader.known(line, "selects", "indicator", reader.indicators)
    elif reader.domains is not None and selects.removeprefix("domain:") not in reader.domains:
        near = nearest(selects.removeprefix("domain:"), reader.domains)
        hint = f"did you mean domain:{' or domain:'.join(near)}?" if near else ""
        reader.say(line, "selects", f"there is no domain '{selects.removeprefix('domain:')}'", hint)
