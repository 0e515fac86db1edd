"""What is wrong with the file of a log, line by line, all of it, before anything is imported.

Beyond its line, nine bytes for each record are kept in memory: its kind and its chain.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from iw.core.dates import PartialDate
from iw.core.errors import DataError, Fault, UsageError
from iw.exchange.lines import Header, decoded
from iw.exchange.log_forms import form_of, read_header
from iw.log import checks, csv_fields
from iw.log.drafts import EventDraft, ResolutionDraft, ReviewDraft, SearchDraft
from iw.log.records import MEASURED, Opinion, Outcome, Staged, VisibleBasis
from iw.log.restoring import LINKS, Restored, coverage_draft, product_of, report_draft, subject_of
from iw.log.schema import PRODUCTS, Kind

MOST_FAULTS = 1_000
_LINKED = {"event": Kind.EVENT, "report": Kind.REPORT, "forecast": Kind.FORECAST, "level": Kind.LEVEL}
_REVIEWED = (Kind.EVENT, Kind.REPORT)
_VERSIONED = (Kind.EVENT, Kind.REPORT)
_NEVER_RETRACTED = {Kind.RETRACTION, Kind.SOURCE, *PRODUCTS}
_KINDS = list(Kind)
_UNREADABLE = "unreadable"


def check_log_file(path: Path, now: datetime) -> Header:
    """Read the whole file and give its header; raises `DataError` with every fault, at most `MOST_FAULTS`."""
    form, check = form_of(path), _Check(str(path), now)
    header = read_header(path)
    for number, line in form.lines(path):
        check.line(number, line)
        if len(check.faults) >= MOST_FAULTS:
            check.say(number, "further lines were not looked at")
            break
    else:
        check.whole(header, form.header_line)
    if check.faults:
        raise DataError(check.faults, f"Nothing was imported: {len(check.faults)} faults." if check.faults[1:] else "")
    return header


class _Check:
    """What has been found so far."""

    def __init__(self, file: str, now: datetime) -> None:
        self._file = file
        self._now = now
        self._digest = hashlib.sha256()
        self._kinds = bytearray()  # by position, from 1: the place of its kind in the list, from 1; 0: unreadable
        self._firsts = array("q")
        self._latest: dict[int, int] = {}  # of each chain with more than one version
        self.faults: list[Fault] = []

    def say(self, line: int, message: str, hint: str = "") -> None:
        """Note a fault."""
        self.faults.append(Fault(self._file, line, 0, message.rstrip("."), hint.rstrip(".")))

    def line(self, number: int, line: bytes | UsageError) -> None:
        """Check one line, or note why there is none."""
        self._kinds.append(0)
        self._firsts.append(0)
        try:
            if isinstance(line, UsageError):
                raise line
            self._digest.update(line)
            record = decoded(line)
        except UsageError as error:
            self.say(number, error.message, error.hint)
            return
        self._kinds[-1] = 1 + _KINDS.index(record.kind)
        self._firsts[-1] = record.first
        for message in (*self._stamp(record), *self._chain(record), *self._links(record), *_content(record)):
            self.say(number, message)

    def whole(self, header: Header, place: int) -> None:
        """Check what the header, which stands at a place, says of all lines; only where each of them is sound."""
        if self.faults:
            return
        counts = Counter(str(_KINDS[kind - 1]) for kind in self._kinds)
        if (len(self._kinds), dict(counts)) != (header.records, dict(header.kinds)):
            told = f"the header counts {header.records} records, and the file has {len(self._kinds)}"
            self.say(place, told if len(self._kinds) != header.records else "the header counts other kinds of records")
        elif self._digest.hexdigest() != header.digest:
            self.say(place, "the digest is not that of the lines: the file was changed after it was written")

    def _stamp(self, record: Restored) -> Iterator[str]:
        position = len(self._kinds)
        if record.position != position:
            yield f"the record's position is {record.position}, and it is record {position} of the file"
        if record.recorded_at > self._now:
            yield f"it was recorded at {record.recorded_at.isoformat()}, which lies in the future"
        if record.visible_at > record.recorded_at:
            yield "it was known only after it was recorded"
        if (record.visible_basis is VisibleBasis.RECORDED) != (record.visible_at == record.recorded_at):
            yield f"'visible_at' does not agree with the basis '{record.visible_basis}'"
        if not record.author.strip():
            yield "the author is empty"
        if record.batch == "":
            yield "the batch is empty, and neither named nor missing"

    def _chain(self, record: Restored) -> Iterator[str]:
        if record.supersedes is None:
            if record.first != record.position:
                yield "it supersedes nothing, and yet is not the first of its chain"
            return
        if record.kind not in _VERSIONED:
            yield f"a {record.kind} is never superseded"
            return
        kind = self._kind(record.first, record.position)
        if kind is _UNREADABLE:
            return
        if kind is not record.kind or self._firsts[record.first - 1] != record.first:
            yield f"the first record of its chain, {record.first}, is no {record.kind}"
        elif self._latest.get(record.first, record.first) != record.supersedes:
            yield f"{record.supersedes} is not the last version of what it supersedes"
        elif not record.reason.strip():
            yield "a change to what the log says needs a reason"
        self._latest[record.first] = record.position

    def _links(self, record: Restored) -> Iterator[str]:
        for name in LINKS[record.kind]:
            link = record.content[name]
            if link is None:
                continue
            kind = self._kind(link, record.position)
            if kind is None:
                yield f"'{name}' is {link}, which is no earlier record"
            elif kind is _UNREADABLE:
                continue
            elif name in _LINKED and (kind is not _LINKED[name] or self._firsts[link - 1] != link):
                yield f"'{name}' is {link}, which is no {_LINKED[name]}"
            elif name == "subject" and (kind not in _REVIEWED or self._firsts[link - 1] != link):
                yield f"'subject' is {link}, which is neither event nor report"
            elif name == "target" and kind in _NEVER_RETRACTED:
                yield f"a {kind} is never retracted"

    def _kind(self, position: int, before: int) -> Kind | str | None:
        """The kind of an earlier record, `_UNREADABLE` where its own line is at fault; None where there is none."""
        if not 1 <= position < min(before, len(self._kinds)):
            return None
        found = self._kinds[position - 1]
        return _KINDS[found - 1] if found else _UNREADABLE


def _content(record: Restored) -> Iterator[str]:
    """What the log would refuse about the content, were it entered."""
    content, day = record.content, record.recorded_at.astimezone(UTC).date()
    try:
        match record.kind:
            case Kind.REPORT:
                _check_report(record)
            case Kind.EVENT:
                occurred = PartialDate.of(content["occurred_first"], content["occurred_precision"])
                if occurred.first != content["occurred_first"]:
                    yield f"no {occurred.precision} begins on {content['occurred_first']}"
                days = min(content["period_days"] or 1, checks.LONGEST_PERIOD)
                if occurred.first > day or occurred.first + timedelta(days=days - 1) > day:
                    yield f"it occurred on {occurred}, after it was recorded"
                names = ("indicator", "summary", "development", "occurred_local", *MEASURED)
                fields = {name: content[name] for name in names}
                EventDraft(occurred=occurred, staged=Staged(content["staged"]), reports=(record.first,), **fields)
            case Kind.COVERAGE:
                if coverage_draft(content).coverage != content["coverage"]:
                    yield "a gap has coverage 0"
            case Kind.SEARCH:
                if SearchDraft(**content).until > day:
                    yield f"the search until {content['until']} was not over when it was recorded"
            case Kind.SOURCE:
                checks.filled(name=content["name"])
            case Kind.FIT:
                _check_fit(record)
            case Kind.RESOLUTION:
                ResolutionDraft(subject_of(content), Outcome(content["outcome"]), content["ground"])
            case Kind.REVIEW:
                checks.filled(reviewer=content["reviewer"])
                ReviewDraft(**{**content, "opinion": Opinion(content["opinion"])})
            case Kind.FORECAST | Kind.LEVEL | Kind.ACKNOWLEDGEMENT:
                product_of(record.kind, content)
    except UsageError as error:
        yield error.message


def _check_report(record: Restored) -> None:
    draft = report_draft(record.content)
    checks.filled(origin=record.content["origin"])
    if draft.url is not None:
        csv_fields.url(draft.url)
    if draft.reported_at is not None and draft.reported_at.date() > record.recorded_at.astimezone(UTC).date():
        raise UsageError(f"it is a report of {draft.reported_at.date()}, after it was recorded")


def _check_fit(record: Restored) -> None:
    path = record.content["path"]
    # The draws are read from a folder of the workspace: nothing may point out of it.
    if Path(path).name != path or not path.endswith(".nc"):
        raise UsageError(f"'{path}' is not the name of a fit's file")
    if record.content["log_position"] >= record.position:
        raise UsageError("the fit took later records into account")
