"""What-if questions: the log's view changed in memory, the log itself untouched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from iw.assessment.beliefs import Overlay
from iw.core.dates import PartialDate
from iw.core.errors import NotFoundError
from iw.log.records import (
    Backing,
    Event,
    Grade,
    LogView,
    Marking,
    Reading,
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
    """Leave events and readings out; `NotFoundError` for one that the view does not hold."""
    wanted = list(names)

    def apply(view: LogView) -> LogView:
        for name in wanted:
            _find(view, name)
        return _each(view, lambda e: None if e.id in wanted else e)

    return apply


def without_source(source: str) -> Overlay:
    """Leave out every report of a source, and the events and readings that nothing else backs."""
    return _without_reports("source", source, lambda report: report.source)


def without_origin(origin: str) -> Overlay:
    """Leave out every report that comes from an origin, and the events and readings that nothing else backs."""
    return _without_reports("origin", origin, lambda report: report.origin)


def _without_reports(kind: str, name: str, of: Callable[[Report], str]) -> Overlay:
    def apply(view: LogView) -> LogView:
        known = {of(b.report) for e in (*view.events, *view.readings) for b in e.backings}
        if name not in known:
            raise NotFoundError(kind, name, known)

        def rest[E: Event](event: E) -> E | None:
            left = replace(event, backings=tuple(b for b in event.backings if of(b.report) != name))
            return left if any(b.stance is Stance.BACKS for b in left.backings) else None

        return _each(view, rest)

    return apply


def without_staged() -> Overlay:
    """Leave out the events that are staged or possibly staged."""
    return lambda view: replace(view, events=tuple(e for e in view.events if e.staged is Staged.NO))


def regraded(name: str, grade: Grade) -> Overlay:
    """Give every report that backs an event or reading another grade."""

    def change[E: Event](event: E) -> E:
        backings = tuple(
            Backing(replace(b.report, grade=grade), b.stance) if b.stance is Stance.BACKS else b for b in event.backings
        )
        return replace(event, backings=backings)

    return lambda view: _changed(view, name, change)


def denied(name: str, grade: Grade) -> Overlay:
    """Add a denial of an event or reading by a fresh origin of the given grade."""

    def change[E: Event](event: E) -> E:
        report = _imagined_report(grade, event.occurred, "imagined denial")
        return replace(event, backings=(*event.backings, Backing(report, Stance.DENIES)))

    return lambda view: _changed(view, name, change)


def with_event(indicator: str, occurred: PartialDate, grade: Grade) -> Overlay:
    """Add an imagined event of one report with a fresh origin."""

    def apply(view: LogView) -> LogView:
        event = Event(**_imagined(view, indicator, occurred, grade, f"What if: {indicator} on {occurred}"))
        return replace(view, events=(*view.events, event))

    return apply


def with_count(indicator: str, occurred: PartialDate, grade: Grade, value: float, period_days: int | None) -> Overlay:
    """Add an imagined count of one report with a fresh origin; it states the coverage that the last one states."""

    def apply(view: LogView) -> LogView:
        known = [one for one in view.readings if one.indicator == indicator]
        coverage = max(known, key=lambda one: one.last).coverage if known else None
        claim = _imagined(view, indicator, occurred, grade, f"What if: {value:g} of {indicator} from {occurred} on")
        imagined = Reading(**claim, value=value, period_days=period_days, coverage=coverage)
        return replace(view, readings=(*view.readings, imagined))

    return apply


def _imagined(view: LogView, indicator: str, occurred: PartialDate, grade: Grade, said: str) -> dict[str, Any]:
    position = _IMAGINED + len(view.events) + len(view.readings)
    report = replace(_imagined_report(grade, occurred, said), stamp=_stamp(position, occurred))
    return {
        "stamp": _stamp(position, occurred),
        "indicator": indicator,
        "occurred": occurred,
        "summary": f"{said}, graded {grade}",
        "development": None,
        "staged": Staged.NO,
        "backings": (Backing(report, Stance.BACKS),),
        "first_position": position,
    }


class _Step(Protocol):
    """What is left of an event or reading; None where it is left out."""

    def __call__[E: Event](self, event: E) -> E | None: ...


def _each(view: LogView, step: _Step) -> LogView:
    events, readings = (step(one) for one in view.events), (step(one) for one in view.readings)
    return replace(
        view,
        events=tuple(one for one in events if one is not None),
        readings=tuple(one for one in readings if one is not None),
    )


def _find(view: LogView, name: str) -> Event:
    everything = (*view.events, *view.readings)
    found = next((event for event in everything if event.id == name), None)
    if found is None:
        raise NotFoundError("event", name, [event.id for event in everything])
    return found


def _changed(view: LogView, name: str, change: _Step) -> LogView:
    found = _find(view, name)

    def step[E: Event](event: E) -> E | None:
        return change(event) if event is found else event

    return _each(view, step)


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
