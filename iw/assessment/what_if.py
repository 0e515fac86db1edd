"""What-if questions: the log's view changed in memory, the log itself untouched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from iw.assessment.beliefs import Overlay
from iw.core.dates import PartialDate
from iw.core.errors import NotFoundError
from iw.log.records import (
    Backing,
    Event,
    Grade,
    LogView,
    Marking,
    Report,
    Staged,
    Stamp,
    Stance,
    VisibleBasis,
)

_IMAGINED = 10**12  # positions of imagined events lie beyond those of any log


def combined(overlays: Iterable[Overlay]) -> Overlay:
    """One overlay that applies all of them in order."""
    steps = list(overlays)

    def apply(view: LogView) -> LogView:
        for step in steps:
            view = step(view)
        return view

    return apply


def without_events(names: Iterable[str]) -> Overlay:
    """Leave events out; `NotFoundError` for one that the view does not hold."""
    wanted = list(names)

    def apply(view: LogView) -> LogView:
        for name in wanted:
            _find(view, name)
        return replace(view, events=tuple(e for e in view.events if e.id not in wanted))

    return apply


def without_source(source: str) -> Overlay:
    """Leave out every report of a source, and the events that nothing else backs."""
    return _without_reports("source", source, lambda report: report.source)


def without_origin(origin: str) -> Overlay:
    """Leave out every report that comes from an origin, and the events that nothing else backs."""
    return _without_reports("origin", origin, lambda report: report.origin)


def _without_reports(kind: str, name: str, of: Callable[[Report], str]) -> Overlay:
    def apply(view: LogView) -> LogView:
        known = {of(b.report) for e in view.events for b in e.backings}
        if name not in known:
            raise NotFoundError(kind, name, known)
        kept = (replace(e, backings=tuple(b for b in e.backings if of(b.report) != name)) for e in view.events)
        return replace(view, events=tuple(e for e in kept if any(b.stance is Stance.BACKS for b in e.backings)))

    return apply


def without_staged() -> Overlay:
    """Leave out the events that are staged or possibly staged."""
    return lambda view: replace(view, events=tuple(e for e in view.events if e.staged is Staged.NO))


def regraded(name: str, grade: Grade) -> Overlay:
    """Give every report that backs an event another grade."""

    def change(event: Event) -> Event:
        backings = tuple(
            Backing(replace(b.report, grade=grade), b.stance) if b.stance is Stance.BACKS else b for b in event.backings
        )
        return replace(event, backings=backings)

    return lambda view: _changed(view, name, change)


def denied(name: str, grade: Grade) -> Overlay:
    """Add a denial of an event by a fresh origin of the given grade."""

    def change(event: Event) -> Event:
        report = _imagined_report(grade, event.occurred, "imagined denial")
        return replace(event, backings=(*event.backings, Backing(report, Stance.DENIES)))

    return lambda view: _changed(view, name, change)


def with_event(indicator: str, occurred: PartialDate, grade: Grade) -> Overlay:
    """Add an imagined event of one report with a fresh origin."""

    def apply(view: LogView) -> LogView:
        report = _imagined_report(grade, occurred, f"imagined event of {indicator}")
        position = _IMAGINED + len(view.events)
        event = Event(
            stamp=_stamp(position, occurred),
            indicator=indicator,
            occurred=occurred,
            summary=f"What if: {indicator} on {occurred}, graded {grade}",
            development=None,
            staged=Staged.NO,
            backings=(Backing(replace(report, stamp=_stamp(position, occurred)), Stance.BACKS),),
            first_position=position,
        )
        return replace(view, events=(*view.events, event))

    return apply


def _find(view: LogView, name: str) -> Event:
    found = next((event for event in view.events if event.id == name), None)
    if found is None:
        raise NotFoundError("event", name, [event.id for event in view.events])
    return found


def _changed(view: LogView, name: str, change: object) -> LogView:
    event = _find(view, name)
    assert callable(change)
    return replace(view, events=tuple(change(e) if e is event else e for e in view.events))


def _imagined_report(grade: Grade, occurred: PartialDate, text: str) -> Report:
    return Report(
        stamp=_stamp(_IMAGINED, occurred),
        source="what-if",
        grade=grade,
        grade_reason="imagined",
        text=text,
        reported_at=None,
        origin=f"what-if-{occurred}",
        url=None,
        document=None,
        section=None,
        note=None,
    )


def _stamp(position: int, occurred: PartialDate) -> Stamp:
    moment = datetime(occurred.last.year, occurred.last.month, occurred.last.day, tzinfo=UTC)
    return Stamp(position, moment, moment, VisibleBasis.RECORDED, "what-if", "imagined", Marking.CLEAR, None)
