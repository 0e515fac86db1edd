"""Files of evidence (CSV, UTF-8, with a header line) as a stream of drafts, with every fault in them.

The header tells what a file holds: events, readings of levels and counts, reports without a date (*context*), or
coverage.

In a *backfill* what a line tells counts as known from when it was first reported, else from the last day of
its period and the indicator's usual lag; coverage from the day on which its window begins, so that it takes effect
day by day along with the events that were seen in it. Otherwise a line is known
from when it is recorded. A report without a date is never known before it was reported. Nothing may be appended
from a file with faults: take the drafts only where there are none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import nullcontext
from datetime import date, datetime, timedelta

from iw.core.dates import PartialDate, end_of_day
from iw.core.errors import Fault, UsageError
from iw.log import csv_coverage, csv_fields
from iw.log.claims import Claims
from iw.log.csv_lines import CsvTable, Line, header_faults
from iw.log.csv_reader import Reader
from iw.log.drafts import CoverageDraft, EventDraft, ReportDraft, Visible
from iw.log.grades import parse_grade
from iw.log.records import Marking, Staged, VisibleBasis

_REPORT = ("grade_reason", "origin", "reported_on", "document", "section", "note", "contradicts")
_MORE = ("url", "marking", "reported_at")
EVENT_COLUMNS = ("indicator", "occurred_on", "summary", "source", "grade")
EVENT_EXTRAS = (*_REPORT, *_MORE, "development", "staged", "text")
READING_COLUMNS = ("indicator", "measured_on", "value", "summary", "source", "grade")
READING_EXTRAS = (*_REPORT, *_MORE, "text", "period_days", "coverage")
CONTEXT_COLUMNS = ("bears_on", "text", "source", "grade")
CONTEXT_EXTRAS = (*_REPORT, *_MORE)


def drafts_of(
    table: CsvTable,
    faults: list[Fault],
    *,
    indicators: Mapping[str, float],
    documents: Collection[str],
    today: date,
    levels: Collection[str] = (),
    counts: Collection[str] = (),
    backfill: bool = False,
    marking: Marking = Marking.CLEAR,
    domains: Collection[str] | None = None,
    again: bool = False,
) -> Iterator[EventDraft | ReportDraft | CoverageDraft]:
    """The draft of every sound line of a table, whose header tells what it holds; its faults are added to ``faults``.

    The table is read on the way: of a file no more is in memory than the line at hand. ``indicators`` gives each
    indicator's usual lag in days; ``levels`` and ``counts`` are those that have readings and no events. ``marking`` is
    that of lines without their own. ``domains`` are those that coverage may select (None: any). ``again`` is true for a
    table that was read before and had no faults: then nobody looks for lines that repeat others.
    """
    kinds: dict[Callable[[Reader], Iterator[EventDraft | ReportDraft | CoverageDraft]], tuple[str, ...]] = {
        events: EVENT_COLUMNS,
        readings: READING_COLUMNS,
        context: CONTEXT_COLUMNS,
        csv_coverage.coverages: csv_coverage.COLUMNS,
    }
    # A header with a slip in it still resembles one kind most; events, where nothing tells.
    kind = max(kinds, key=lambda kind: len(set(kinds[kind]) & set(table.header)) / len(kinds[kind]))
    with nullcontext() if again else Claims() as claims:
        known = indicators, levels, counts, documents, domains
        yield from kind(Reader(table, *known, backfill, today, marking, faults, claims))


def events(reader: Reader) -> Iterator[EventDraft]:
    """The event of every sound line."""
    reader.faults += header_faults(reader.table, EVENT_COLUMNS, EVENT_EXTRAS)
    return _claims(reader, "occurred_on")


def readings(reader: Reader) -> Iterator[EventDraft]:
    """The reading of every sound line."""
    reader.faults += header_faults(reader.table, READING_COLUMNS, READING_EXTRAS)
    return _claims(reader, "measured_on")


def context(reader: Reader) -> Iterator[ReportDraft]:
    """The report of every sound line."""
    reader.faults += header_faults(reader.table, CONTEXT_COLUMNS, CONTEXT_EXTRAS)
    for line in reader.lines():
        before = len(reader.faults)
        filled = [reader.text(line, name) for name in CONTEXT_COLUMNS]
        bears_on = reader.known(line, "bears_on", "indicator", reader.indicators)
        draft = _report(reader, line, None, bears_on)
        if draft is not None and len(reader.faults) == before and all(filled):
            reader.new(line, draft.fingerprint)
            yield draft


def _claims(reader: Reader, dated: str) -> Iterator[EventDraft]:
    for line in reader.lines():
        draft = _claim(reader, line, dated)
        if draft is not None:
            reader.new(line, draft.fingerprint)
            yield draft


def _claim(reader: Reader, line: Line, dated: str) -> EventDraft | None:
    before = len(reader.faults)
    measured = dated == "measured_on"
    texts = {name: reader.text(line, name) for name in (READING_COLUMNS if measured else EVENT_COLUMNS)}
    _check_indicator(reader, line, measured)
    counted = measured and texts["indicator"] in reader.counts
    occurred = reader.parsed(line, dated, lambda text: csv_fields.occurred(text, reader.today))
    value = reader.parsed(line, "value", csv_fields.count if counted else csv_fields.number) if measured else None
    period_days, coverage = _of_count(reader, line, counted) if measured else (None, None)
    staged = reader.parsed(line, "staged", csv_fields.staged) or Staged.NO
    report = _report(reader, line, occurred, None)
    if len(reader.faults) > before or occurred is None or report is None or not all(texts.values()):
        return None
    last = occurred.last if period_days is None else occurred.first + timedelta(days=period_days - 1)
    if last > reader.today and period_days is not None:
        reader.say(line, "period_days", f"the period until {last} is not over yet")
        return None
    visible = _visible(reader, texts["indicator"], last, report.reported_at) if reader.backfill else None
    try:
        return EventDraft(
            indicator=texts["indicator"],
            occurred=occurred,
            summary=texts["summary"],
            reports=(report,),
            development=line.fields.get("development") or None,
            staged=staged,
            marking=reader.parsed(line, "marking", csv_fields.marking) or reader.marking,
            visible=visible,
            value=value,
            period_days=period_days,
            coverage=coverage,
        )
    except UsageError as error:
        reader.say(line, "", error.message, error.hint)
        return None


def _report(reader: Reader, line: Line, occurred: PartialDate | None, bears_on: str | None) -> ReportDraft | None:
    """The report behind a line: of an event or reading that ``occurred``, or one that bears on an indicator."""
    get = line.fields.get
    grade = reader.parsed(line, "grade", parse_grade)
    reported = _reported(reader, line, occurred)
    marking = reader.parsed(line, "marking", csv_fields.marking) or reader.marking
    url = reader.parsed(line, "url", csv_fields.url)
    document = reader.known(line, "document", "document", reader.documents)
    text, source = get("text") or get("summary", ""), get("source", "")
    if grade is None or not text or not source:
        return None
    visible = None
    if reader.backfill and bears_on and reported is not None:
        visible = Visible(reported, VisibleBasis.REPORTED)
    try:
        return ReportDraft(
            source=source,
            grade=grade,
            text=text,
            origin=get("origin", ""),
            grade_reason=get("grade_reason", ""),
            reported_at=reported,
            url=url,
            document=document,
            section=get("section") or None,
            note=get("note") or None,
            bears_on=bears_on,
            contradicts=get("contradicts") or None,
            marking=marking if bears_on else None,
            visible=visible,
        )
    except UsageError as error:
        reader.say(line, "", error.message, error.hint)
        return None


def _check_indicator(reader: Reader, line: Line, measured: bool) -> None:
    name = reader.known(line, "indicator", "indicator", reader.indicators)
    kind = "a level" if name in reader.levels else "a count" if name in reader.counts else "neither level nor count"
    if name in reader.indicators and (kind != "neither level nor count") != measured:
        message = f"'{name}' is {kind}"
        hint = "its file has the column occurred_on" if measured else "its file has the columns measured_on and value"
        reader.say(line, "indicator", message, hint)


def _of_count(reader: Reader, line: Line, counted: bool) -> tuple[int | None, float | None]:
    """How many days a count is about, and its coverage; of a level neither is asked."""
    found = reader.parsed(line, "period_days", csv_fields.days), reader.parsed(line, "coverage", csv_fields.chance)
    for name in ("period_days", "coverage"):
        if line.fields.get(name) and not counted and line.fields.get("indicator") in reader.levels:
            reader.say(line, name, f"only a count has '{name}'")
    return found


def _reported(reader: Reader, line: Line, occurred: PartialDate | None) -> datetime | None:
    """The moment of the first public report: a day means its end."""
    column = "reported_at" if line.fields.get("reported_at") else "reported_on"
    reported = reader.parsed(line, column, lambda text: csv_fields.reported(text, reader.today))
    if reported is not None and occurred is not None and reported.date() < occurred.first:
        reader.say(line, column, f"reported on {reported.date()}, before it occurred on {occurred}")
    return reported


def _visible(reader: Reader, indicator: str, last: date, reported: datetime | None) -> Visible:
    if reported is not None:
        return Visible(reported, VisibleBasis.REPORTED)
    lag = timedelta(days=math.ceil(reader.indicators[indicator]))
    return Visible(end_of_day(last + lag), VisibleBasis.LAG)
