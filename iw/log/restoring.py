"""Records of another log as rows of this one: the same log moved, record by record, to another place.

Everything is kept as it stood there: position, author, reason, marking and all times. What the log works out for
itself, the fingerprints, is worked out anew and never taken from a file.

The fingerprint of an event's first version rests on the reports that came with it: those of the backings that follow
it directly with the same author, reason and moment. A batch must not end between an event and these backings.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from iw.core.dates import PartialDate
from iw.core.errors import UsageError
from iw.log import fingerprints
from iw.log.chains import Chain
from iw.log.drafts import CoverageDraft, ReportDraft, SearchDraft, Visible
from iw.log.products import Acknowledgement, Forecast, LevelChange, Product
from iw.log.records import Grade, Marking, OfEvent, OfQuestion, OfScenario, Stance, VisibleBasis
from iw.log.rows import Content, Envelope, Rows, Signature
from iw.log.schema import TABLES, Kind

LINKS: dict[Kind, tuple[str, ...]] = {
    kind: tuple(column.name for column in table.c if column.foreign_keys and column.name != "position")
    for kind, table in TABLES.items()
}
"""For each kind the fields of its content that are positions of other records."""


@dataclass(frozen=True)
class Restored:
    """One record as it stood in another log, or stands in its file."""

    position: int
    kind: Kind
    first: int
    supersedes: int | None
    recorded_at: datetime
    visible_at: datetime
    visible_basis: VisibleBasis
    author: str
    reason: str
    marking: Marking
    batch: str | None
    content: Content

    @property
    def links(self) -> list[int]:
        """The positions of the other records that it refers to."""
        versions = [self.first, self.supersedes or self.first]
        named = (self.content[name] for name in LINKS[self.kind])
        return [one for one in (*versions, *named) if one is not None and one != self.position]

    def came_with(self, other: Restored) -> bool:
        """Is it of the same append as ``other``, as far as can be told?"""
        mine, theirs = ((one.recorded_at, one.visible_at, one.author, one.reason, one.batch) for one in (self, other))
        return mine == theirs


def restore(batch: Sequence[Restored], rows: Rows) -> None:
    """Plan the rows of a batch; `UsageError` unless its first record comes next in the log."""
    if batch[0].position != rows.next_position:
        message = f"Record {batch[0].position} does not follow on the log, which ends at {rows.next_position - 1}."
        raise UsageError(message, "Somebody appended to the log meanwhile; import the file again.")
    rows.chains.load_positions(link for record in batch for link in record.links if link < batch[0].position)
    for place, record in enumerate(batch):
        rows.signature = Signature(record.author, record.recorded_at, record.reason, record.batch)
        visible = None
        if record.visible_basis is not VisibleBasis.RECORDED:
            visible = Visible(record.visible_at, record.visible_basis)
        envelope = Envelope(record.marking, visible, record.reason)
        if record.supersedes is None:
            chain = rows.new(record.kind, record.content, _fingerprint(batch, place, rows), envelope)
            _take_note(record, chain, rows)
        else:
            chain = rows.chains.known(record.first)
            rows.add_version(chain, record.content, _of_version(record, chain, rows), envelope)


def _take_note(record: Restored, chain: Chain, rows: Rows) -> None:
    """Keep the chains up to date, so that what follows in the batch sees it."""
    content = record.content
    if record.kind is Kind.EVENT:
        rows.chains.stances[chain.first] = {}
    elif record.kind is Kind.BACKING:
        event = rows.chains.known(content["event"])
        rows.chains.stances_to(event)[content["report"]] = (Stance(content["stance"]), chain)
    elif record.kind is Kind.RETRACTION:
        target = rows.chains.known(content["target"])
        if target.kind is Kind.BACKING:
            rows.chains.detach(rows.content(target)["event"], target)


def _fingerprint(batch: Sequence[Restored], place: int, rows: Rows) -> str:
    record, content = batch[place], batch[place].content
    match record.kind:
        case Kind.EVENT:
            return _of_event(content, _rests_on(batch, place, rows))
        case Kind.REPORT:
            return report_draft(content).fingerprint
        case Kind.COVERAGE:
            return fingerprints.of_coverage(coverage_draft(content))
        case Kind.SEARCH:
            return fingerprints.of_search(SearchDraft(**content))
        case Kind.BACKING:
            return fingerprints.of_parts("backing", content["event"], content["report"], content["stance"])
        case Kind.RETRACTION:
            return fingerprints.of_parts("retraction", content["target"])
        case Kind.SOURCE:
            return fingerprints.of_parts("source", content["name"])
        case Kind.FIT:
            return fingerprints.of_parts("fit", content["fit_id"])
        case Kind.RESOLUTION:
            return fingerprints.of_subject(subject_of(content))
        case Kind.REVIEW:
            return fingerprints.of_review(content)
        case Kind.FORECAST | Kind.LEVEL | Kind.ACKNOWLEDGEMENT:
            return product_of(record.kind, content).fingerprint(str(record.marking))


def _of_version(record: Restored, chain: Chain, rows: Rows) -> str:
    """A regrade claims what the report claimed; a correction rests on what backs the event by then."""
    if record.kind is Kind.REPORT:
        return chain.fingerprint
    stances = rows.chains.stances_to(chain)
    rests_on = [(stance, rows.chains.known(report).fingerprint) for report, (stance, _) in stances.items()]
    return _of_event(record.content, rests_on)


def _rests_on(batch: Sequence[Restored], place: int, rows: Rows) -> list[tuple[Stance, str]]:
    event, found = batch[place], []
    for record in batch[place + 1 :]:
        if record.kind is not Kind.BACKING or record.content["event"] != event.first or not record.came_with(event):
            break
        report = rows.chains.known(record.content["report"])
        found.append((Stance(record.content["stance"]), report.fingerprint))
    return found


def _of_event(content: Content, rests_on: list[tuple[Stance, str]]) -> str:
    occurred = PartialDate.of(content["occurred_first"], content["occurred_precision"])
    measured = content["value"], content["period_days"]
    return fingerprints.of_event(content["indicator"], occurred, content["summary"], rests_on, *measured)


def subject_of(content: Content) -> OfEvent | OfScenario | OfQuestion:
    """What a resolution with this content settles."""
    if content["event"] is not None:
        return OfEvent(content["event"])
    kind: type[OfScenario] | type[OfQuestion] = OfScenario if content["scenario"] is not None else OfQuestion
    return kind(**{field.name: content[field.name] for field in dataclasses.fields(kind)})


def product_of(kind: Kind, content: Content) -> Product:
    """The product with this content; raises `UsageError` as every product does."""
    types: dict[Kind, type[Forecast] | type[LevelChange] | type[Acknowledgement]] = {
        Kind.FORECAST: Forecast,
        Kind.LEVEL: LevelChange,
        Kind.ACKNOWLEDGEMENT: Acknowledgement,
    }
    return types[kind](**content)


def report_draft(content: Content) -> ReportDraft:
    """The draft of a report with this content; raises `UsageError` as every draft does."""
    rest = {name: value for name, value in content.items() if name not in ("reliability", "credibility")}
    return ReportDraft(grade=Grade(content["reliability"], content["credibility"]), **rest)


def coverage_draft(content: Content) -> CoverageDraft:
    """The draft of a coverage with this content; raises `UsageError` as every draft does."""
    rest = {name: value for name, value in content.items() if name != "collector_kind"}
    return CoverageDraft(kind=content["collector_kind"], **rest)
