"""From drafts to rows: what each kind of draft adds to the log, and when it is refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import singledispatch
from typing import Any

from iw.core.dates import PartialDate
from iw.core.errors import UsageError
from iw.log import checks, fingerprints
from iw.log.chains import Chain, Chains
from iw.log.drafts import (
    Attached,
    BackingDraft,
    CorrectionDraft,
    CoverageDraft,
    Draft,
    EventDraft,
    RegradeDraft,
    ReportDraft,
    ResolutionDraft,
    RetractionDraft,
    ReviewDraft,
    SearchDraft,
)
from iw.log.records import MEASURED, Marking, OfEvent, OfQuestion, OfScenario, Stance
from iw.log.rows import Content, DuplicateError, Envelope, Rows
from iw.log.schema import PRODUCTS, Kind, resolutions


def look_up(drafts: Iterable[Draft], chains: Chains) -> None:
    """Load all that `add` will ask about these drafts, in a handful of queries."""
    positions = [number for draft in drafts for number in _named(draft)]
    reports = [report for draft in drafts for report in _new_reports(draft)]
    chains.load_positions(positions)
    chains.load_sources(report.source for report in reports)
    chains.load_fingerprints(report.fingerprint for report in reports)
    chains.load_fingerprints(fingerprints.of_coverage(draft) for draft in drafts if isinstance(draft, CoverageDraft))
    chains.load_fingerprints(fingerprints.of_search(draft) for draft in drafts if isinstance(draft, SearchDraft))
    chains.load_fingerprints(_of_event(draft, chains) for draft in drafts if isinstance(draft, EventDraft))
    settled = [draft.subject for draft in drafts if isinstance(draft, ResolutionDraft)]
    chains.load_fingerprints(fingerprints.of_subject(_by_first(subject, chains)) for subject in settled)


@singledispatch
def add(draft: Any, rows: Rows) -> int:
    """Plan one draft and give the position of its record (an event's, for an event with its reports).

    Raises `UsageError` where the log refuses it, `DuplicateError` where it holds it already; the latter
    before any row is planned, so that the draft may be skipped.
    """
    raise UsageError(f"A {type(draft).__name__} cannot be appended to the log.")


@add.register
def _(draft: ReportDraft, rows: Rows) -> int:
    rows.refuse_duplicate(draft.fingerprint)
    return _report(draft, Envelope(draft.marking or Marking.CLEAR, draft.visible, draft.reason), rows).first


@add.register
def _(draft: EventDraft, rows: Rows) -> int:
    _refuse_future(draft.occurred, rows, draft.period_days)
    fingerprint = _of_event(draft, rows.chains)
    rows.refuse_duplicate(fingerprint)
    envelope = Envelope(draft.marking, draft.visible, draft.reason)
    attached = [(_attach(item, envelope, rows), item.stance) for item in draft.attached]
    if len({report.first for report, _ in attached}) < len(attached):
        raise UsageError("The same report is attached to the event twice.")
    content = {
        "indicator": draft.indicator,
        **_occurred(draft.occurred),
        "occurred_local": draft.occurred_local or None,
        "summary": draft.summary,
        "development": draft.development or None,
        "staged": draft.staged,
        "value": draft.value,
        "period_days": draft.period_days,
        "coverage": draft.coverage,
    }
    event = rows.new(Kind.EVENT, content, fingerprint, envelope)
    rows.chains.stances[event.first] = {}
    for report, stance in attached:
        marking = _higher(event.marking, report.marking)
        _back(event, report, stance, Envelope(marking, draft.visible, draft.reason), rows)
    return event.first


@add.register
def _(draft: BackingDraft, rows: Rows) -> int:
    event = rows.chains.live(draft.event, Kind.EVENT)
    given = Envelope(draft.marking or event.marking, draft.visible, draft.reason)
    report = _attach(Attached(draft.report), given, rows)
    if report.first in (stances := rows.chains.stances_to(event)):
        stance, _ = stances[report.first]
        if stance is draft.stance:
            raise DuplicateError(f"{report.name} on {event.name}")
        message = f"{report.name} stands to {event.name} already, as '{stance}'."
        raise UsageError(message, "Retract that backing first.")
    marking = draft.marking or _higher(event.marking, report.marking)
    return _back(event, report, draft.stance, Envelope(marking, draft.visible, draft.reason), rows).first


@add.register
def _(draft: CoverageDraft, rows: Rows) -> int:
    fingerprint = fingerprints.of_coverage(draft)
    rows.refuse_duplicate(fingerprint)
    content = {
        "collector": draft.collector,
        "collector_kind": draft.kind,
        "selects": draft.selects,
        "since": draft.since,
        "until": draft.until,
        "coverage": draft.coverage,
    }
    return rows.new(Kind.COVERAGE, content, fingerprint, Envelope(draft.marking, draft.visible, draft.reason)).first


@add.register
def _(draft: SearchDraft, rows: Rows) -> int:
    fingerprint = fingerprints.of_search(draft)
    rows.refuse_duplicate(fingerprint)
    if draft.until > rows.signature.today:
        raise UsageError(f"A search until {draft.until} is not over yet.", "Record what was searched so far.")
    content = {
        "indicator": draft.indicator,
        "since": draft.since,
        "until": draft.until,
        "coverage": draft.coverage,
    }
    return rows.new(Kind.SEARCH, content, fingerprint, Envelope(draft.marking, draft.visible, draft.reason)).first


@add.register
def _(draft: CorrectionDraft, rows: Rows) -> int:
    event = rows.chains.live(draft.event, Kind.EVENT)
    old = rows.content(event)
    new = {**old, **_changes(draft)}
    if draft.occurred is not None:
        new |= _occurred(draft.occurred)
    for name in MEASURED:
        if (read := getattr(draft, name)) is not None:
            if old["value"] is None:
                raise UsageError(f"{event.name} is no reading and has no {name.replace('_days', '')}.")
            new |= {name: read}
    _refuse_no_change(event, new == old, draft.marking)
    stances = rows.chains.stances_to(event)
    rests_on = [(stance, rows.chains.known(report).fingerprint) for report, (stance, _) in stances.items()]
    occurred = PartialDate.of(new["occurred_first"], new["occurred_precision"])
    checks.period(new["period_days"], new["coverage"], new["value"], occurred)
    _refuse_future(occurred, rows, new["period_days"])
    measured = new["value"], new["period_days"]
    fingerprint = fingerprints.of_event(new["indicator"], occurred, new["summary"], rests_on, *measured)
    rows.chains.load_fingerprints([fingerprint])
    rows.refuse_duplicate(fingerprint, itself=event)
    envelope = Envelope(draft.marking or event.marking, draft.visible, draft.reason)
    return rows.supersede(event, new, fingerprint, envelope)


@add.register
def _(draft: RegradeDraft, rows: Rows) -> int:
    report = rows.chains.live(draft.report, Kind.REPORT)
    old = rows.content(report)
    new = dict(old)
    if draft.grade is not None:
        new |= {"reliability": draft.grade.reliability, "credibility": draft.grade.credibility}
    if draft.grade_reason or new != old:
        new["grade_reason"] = draft.grade_reason or draft.reason or rows.signature.reason
    _refuse_no_change(report, new == old, draft.marking)
    envelope = Envelope(draft.marking or report.marking, draft.visible, draft.reason)
    return rows.supersede(report, new, report.fingerprint, envelope)


@add.register
def _(draft: RetractionDraft, rows: Rows) -> int:
    target = rows.chains.known(draft.position)
    if target.kind in {Kind.RETRACTION, Kind.SOURCE, *PRODUCTS}:
        raise UsageError(f"{target.name} cannot be retracted.", "Append the facts anew instead.")
    if target.retracted:
        raise UsageError(f"{target.name} has been retracted already.")
    position = rows.retract(target, draft.visible, draft.reason)
    if target.kind is Kind.BACKING:
        rows.chains.detach(rows.content(target)["event"], target)
    return position


@add.register
def _(draft: ResolutionDraft, rows: Rows) -> int:
    subject = _by_first(draft.subject, rows.chains)
    fingerprint = fingerprints.of_subject(subject)
    rows.refuse_duplicate(fingerprint)
    marking = draft.marking
    match subject:
        case OfEvent():
            marking = _higher(marking, rows.chains.live(subject.event, Kind.EVENT).marking)
        case OfScenario() if subject.settled_on > rows.signature.today:
            raise UsageError(f"{subject.settled_on} lies in the future.", "Settle it when it has come about.")
        case OfQuestion():
            asked = rows.chains.live(subject.forecast, Kind.FORECAST)
            marking = _higher(marking, asked.marking)
    content = dict.fromkeys(column.name for column in resolutions.c if column.name != "position")
    content |= {"outcome": draft.outcome, "ground": draft.ground, **vars(subject)}
    return rows.new(Kind.RESOLUTION, content, fingerprint, Envelope(marking, None, draft.reason)).first


@add.register
def _(draft: ReviewDraft, rows: Rows) -> int:
    subject = rows.chains.known(draft.subject)
    if subject.kind not in (Kind.EVENT, Kind.REPORT):
        raise UsageError(f"{subject.name} cannot be reviewed.", "Review an event (E12), a reading or a report (R7).")
    rows.chains.live(draft.subject, subject.kind)
    reviewer = draft.reviewer or rows.signature.author
    content = {"subject": subject.first, "opinion": draft.opinion, "reviewer": reviewer, "ground": draft.ground}
    fingerprint = fingerprints.of_review(content)
    rows.chains.load_fingerprints([fingerprint])
    rows.refuse_duplicate(fingerprint)
    marking = _higher(draft.marking, subject.marking)
    return rows.new(Kind.REVIEW, content, fingerprint, Envelope(marking, None, draft.reason)).first


def _by_first(subject: OfEvent | OfScenario | OfQuestion, chains: Chains) -> OfEvent | OfScenario | OfQuestion:
    """The same subject; an event by its first record, whichever of its versions was named."""
    return OfEvent(chains.live(subject.event, Kind.EVENT).first) if isinstance(subject, OfEvent) else subject


def _attach(item: Attached, given: Envelope, rows: Rows) -> Chain:
    """A report that comes with an event: the known one it names or repeats, else a new one.

    A report that is repeated with the same grade, origin and marking, and was known as early, is shared: two
    events drawn from one report share its one genuineness.
    """
    draft = item.report
    if isinstance(draft, int):
        return rows.chains.live(draft, Kind.REPORT)
    envelope = Envelope(draft.marking or given.marking, draft.visible or given.visible, draft.reason or given.reason)
    wanted, _ = rows.visible(envelope.visible)
    for known in rows.chains.claiming(draft.fingerprint):
        early = known.marking is envelope.marking and known.visible_at <= wanted
        if early and _same_judgement(rows.content(known), draft):
            return known
    return _report(draft, envelope, rows)


def _same_judgement(content: Content, draft: ReportDraft) -> bool:
    names = ("reliability", "credibility", "grade_reason", "origin", "bears_on", "contradicts")
    grade = (draft.grade.reliability, draft.grade.credibility, draft.grade_reason)
    judged = (*grade, draft.origin, draft.bears_on, draft.contradicts)
    return tuple(content[name] for name in names) == judged


def _report(draft: ReportDraft, envelope: Envelope, rows: Rows) -> Chain:
    if draft.reported_at is not None and draft.reported_at.date() > rows.signature.today:
        raise UsageError(f"A report of {draft.reported_at:%Y-%m-%d} lies in the future.")
    if rows.chains.meet_source(draft.source, envelope.marking):
        source = {"name": draft.source, "reliability": draft.grade.reliability}
        rows.new(Kind.SOURCE, source, fingerprints.of_parts("source", draft.source), envelope)
    content = {
        "source": draft.source,
        "reliability": draft.grade.reliability,
        "credibility": draft.grade.credibility,
        "grade_reason": draft.grade_reason,
        "text": draft.text,
        "reported_at": draft.reported_at,
        "origin": draft.origin,
        "url": draft.url,
        "document": draft.document,
        "section": draft.section,
        "note": draft.note,
        "bears_on": draft.bears_on or None,
        "contradicts": draft.contradicts or None,
    }
    return rows.new(Kind.REPORT, content, draft.fingerprint, envelope)


def _back(event: Chain, report: Chain, stance: Stance, envelope: Envelope, rows: Rows) -> Chain:
    content = {"event": event.first, "report": report.first, "stance": stance}
    fingerprint = fingerprints.of_parts("backing", event.first, report.first, stance)
    backing = rows.new(Kind.BACKING, content, fingerprint, envelope)
    rows.chains.stances_to(event)[report.first] = (stance, backing)
    return backing


def _named(draft: Draft) -> list[int]:
    match draft:
        case EventDraft():
            return [item.report for item in draft.attached if isinstance(item.report, int)]
        case BackingDraft():
            return [draft.event, *([draft.report] if isinstance(draft.report, int) else [])]
        case CorrectionDraft():
            return [draft.event]
        case RegradeDraft():
            return [draft.report]
        case RetractionDraft():
            return [draft.position]
        case ReviewDraft():
            return [draft.subject]
        case ResolutionDraft(subject=OfEvent() as subject):
            return [subject.event]
        case ResolutionDraft(subject=OfQuestion() as subject):
            return [subject.forecast]
        case _:
            return []


def _new_reports(draft: Draft) -> list[ReportDraft]:
    match draft:
        case ReportDraft():
            return [draft]
        case EventDraft():
            return [item.report for item in draft.attached if isinstance(item.report, ReportDraft)]
        case BackingDraft(report=ReportDraft() as report):
            return [report]
        case _:
            return []


def _of_event(draft: EventDraft, chains: Chains) -> str:
    if draft.fingerprint is not None:
        return draft.fingerprint

    def of(report: ReportDraft | int) -> str:
        return chains.live(report, Kind.REPORT).fingerprint if isinstance(report, int) else report.fingerprint

    rests_on = [(item.stance, of(item.report)) for item in draft.attached]
    measured = draft.value, draft.period_days
    return fingerprints.of_event(draft.indicator, draft.occurred, draft.summary, rests_on, *measured)


def _occurred(occurred: PartialDate) -> Content:
    return {"occurred_first": occurred.first, "occurred_precision": str(occurred.precision)}


def _changes(draft: CorrectionDraft) -> Content:
    names = ("indicator", "summary", "development", "staged", "occurred_local")
    given = {name: getattr(draft, name) for name in names}
    return {name: value or None for name, value in given.items() if value is not None}


def _higher(one: Marking, other: Marking) -> Marking:
    return max(one, other, key=lambda marking: marking.rank)


def _refuse_no_change(chain: Chain, same: bool, marking: Marking | None) -> None:
    if same and marking in (None, chain.marking):
        raise UsageError(f"This would change nothing about {chain.name}.")


def _refuse_future(occurred: PartialDate, rows: Rows, period_days: int | None) -> None:
    if occurred.first > rows.signature.today:
        raise UsageError(f"An event of {occurred} lies in the future.", "Dates are in UTC.")
    last = occurred.first + timedelta(days=(period_days or 1) - 1)
    if last > rows.signature.today:
        raise UsageError(f"A period until {last} is not over yet.", "Record its count when it is.")
