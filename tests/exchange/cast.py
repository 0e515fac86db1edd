"""A log in which everything happens that can happen to facts, and how to tell two logs apart."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from iw.exchange.import_log import Imported, import_log
from iw.log.drafts import (
    Attached,
    BackingDraft,
    CorrectionDraft,
    CoverageDraft,
    FitDraft,
    RegradeDraft,
    ResolutionDraft,
    RetractionDraft,
    ReviewDraft,
    SearchDraft,
    Visible,
)
from iw.log.grades import parse_grade
from iw.log.products import Acknowledgement
from iw.log.records import (
    MEASURED,
    LogView,
    Marking,
    OfEvent,
    OfQuestion,
    OfScenario,
    Opinion,
    Outcome,
    Stance,
    VisibleBasis,
)
from iw.log.schema import TABLES, records
from iw.log.store import Log
from tests.log.cast import DAY, NOW, append, denial, drill, report
from tests.log.test_resolutions import change, forecast, held

LATER = NOW + 60 * DAY
SECOND = timedelta(seconds=1)


def told_of_everything(log: Log) -> None:
    """Appends over ten days: every kind of record, every kind of change, at several markings."""
    back = Visible(NOW - 90 * DAY, VisibleBasis.REPORTED)
    shared = report("Two drills were announced.", origin="ministry", url="https://example.org/a")
    first, second, measured, backfilled = append(
        log,
        drill(reports=(shared, denial(marking=Marking.AMBER)), development="spring", occurred_local="09:00 local"),
        drill("Another drill.", "2024-05-21", reports=(shared,), reason="told apart"),
        drill("Trade was 240.", "2023", value=240.1),
        drill("An old drill.", "2023-03", marking=Marking.GREEN, visible=back),
        batch="the first",
    )
    day = NOW + DAY
    append(log, CoverageDraft("watch", "watch", "*", date(2024, 1, 1), None, None), now=day, author="ben")
    append(log, CoverageDraft("watch", "gap", "*", date(2024, 2, 1), date(2024, 2, 3), marking=Marking.RED), now=day)
    append(log, SearchDraft("bilateral-drill", date(2024, 3, 1), date(2024, 3, 9), 1 / 3, Marking.GREEN), now=day)
    (loose,) = append(log, report("A mood.", bears_on="bilateral-drill", contradicts="cnas-2021", note="7"), now=day)
    day += DAY
    append(log, CorrectionDraft(first, summary="A drill by three.", staged=None), now=day, reason="three fleets")
    append(log, BackingDraft(second, report("No.", source="Ministry"), Stance.DENIES_EXPECTED), now=day)
    (secret,) = append(log, BackingDraft(second, report("Seen.", source="Agent"), marking=Marking.RED), now=day)
    append(log, RegradeDraft(loose, parse_grade("D4"), grade_reason="hearsay"), now=day)
    day += DAY
    append(log, CorrectionDraft(second, marking=Marking.AMBER), now=day, reason="closed")
    append(log, RetractionDraft(backfilled), now=day, reason="a mistake")
    log.record_fit(_fit(log.position()), author="anna", now=day, reason="fit")
    day += DAY
    append(log, CorrectionDraft(second, marking=Marking.GREEN, development="summer"), now=day, reason="opened")
    append(log, RetractionDraft(secret), now=day, reason="burnt")
    append(log, CorrectionDraft(measured, value=241.0), now=day, reason="revised")
    settled_and_foreseen(log, first)
    opened_up_later(log)


def settled_and_foreseen(log: Log, event: int) -> None:
    """Every kind of resolution, and every product."""
    day = NOW + 4 * DAY + timedelta(hours=1)
    append(log, ResolutionDraft(OfEvent(event), Outcome.YES, "Seen from above.", Marking.GREEN), now=day)
    append(log, held(), now=day)
    thoughts = log.view(day)
    seen = ReviewDraft(event, Opinion.DOUBT, "The film is old.", marking=Marking.GREEN)
    loose = ReviewDraft(thoughts.unassigned[0].first_position, Opinion.REJECT, "A mood.", reviewer="carla")
    behind = ReviewDraft(thoughts.events[0].backings[0].report.first_position, Opinion.AGREE, "Well placed.")
    measured = ReviewDraft(thoughts.readings[0].first_position, Opinion.AGREE, "As published.")
    append(log, seen, loose, behind, measured, now=day)
    (hasty,) = append(log, ReviewDraft(event, Opinion.REJECT, "Never."), now=day)
    append(log, RetractionDraft(hasty), now=day, reason="too hasty")
    made = forecast(log_position=log.position()), change(log_position=log.position(), events=(f"E{event}",))
    for marking in (Marking.CLEAR, Marking.AMBER):
        asked, moved = log.record(made, marking, author="clock", now=day, reason="weekly")
        log.record([Acknowledgement(moved)], marking, author="berta", now=day, reason="seen")
        subject = OfQuestion(asked, "drill-soon", "bilateral-drill", date(2024, 6, 2), date(2024, 7, 1), True)
        append(log, ResolutionDraft(subject, Outcome.VOID, "Nobody looked.", marking), now=day)


def opened_up_later(log: Log) -> None:
    """An event and a report that are first RED, are linked in the open, and are then opened: CLEAR."""
    day = NOW + 5 * DAY
    red = Marking.RED
    (event,) = append(log, drill("A secret drill.", "2024-05-02", marking=red), now=day)
    (hidden,) = append(log, report("Secret.", source="Agent", marking=red), now=day)
    (never,) = append(log, report("Never opened.", source="Agent", marking=red), now=day)
    clear = Marking.CLEAR
    (link,) = append(log, BackingDraft(event, hidden, Stance.DENIES, clear), now=day + SECOND)
    (hasty,) = append(log, BackingDraft(event, report("Open."), Stance.DENIES, clear), now=day + SECOND)
    append(log, RetractionDraft(hasty), now=day + SECOND, reason="withdrawn before anybody could see it")
    append(log, BackingDraft(event, never, Stance.DENIES, clear), now=day + SECOND)
    append(log, BackingDraft(event, report("Open, too."), marking=clear), now=day + SECOND)
    append(log, CoverageDraft("agent", "watch", "*", date(2024, 1, 1), date(2024, 4, 1), 0.5), now=day + SECOND)
    append(log, RegradeDraft(hidden, marking=clear), now=day + DAY, reason="opened")
    append(log, CorrectionDraft(event, marking=clear), now=day + DAY, reason="opened")
    append(log, RetractionDraft(link), now=day + 2 * DAY, reason="mistaken for another")
    day += 3 * DAY
    (seen,) = append(log, report("Another saw it."), now=day)
    (lone,) = append(log, drill("A lone drill.", "2024-05-05"), now=day)
    append(log, BackingDraft(lone, seen), now=day + SECOND)
    (gone,) = append(log, drill("No drill.", "2024-05-06"), now=day)
    (last,) = append(log, CorrectionDraft(gone, development="none"), now=day + SECOND, reason="told apart")
    append(log, RetractionDraft(last), now=day + 2 * SECOND, reason="never happened")
    more = Attached(report("Two drills were announced.", origin="ministry", url="https://example.org/a"))
    append(log, drill("A third drill.", "2024-05-03", reports=(more,)), now=day + 3 * SECOND)
    week = drill("34 sorties in a week.", "2024-05-06", value=34.0, period_days=7, coverage=0.8)
    (counted, _) = append(log, week, drill("5 sorties.", "2024-05-13", value=5.0), now=day + 4 * SECOND)
    append(log, CorrectionDraft(counted, period_days=6), now=day + 5 * SECOND, reason="a holiday")


def _fit(position: int) -> FitDraft:
    made = {"fit_id": "fit-1", "problem": "alignment", "model_version": "v1", "as_of": date(2024, 6, 4)}
    more = {"accepted": True, "path": "fit-1.nc", "summary": {"b": [1]}, "marking": Marking.CLEAR}
    return FitDraft(**made, known_at=NOW, log_position=position, **more)


def read_in(log: Log, path: Path, **more: Any) -> Imported:
    """Import as somebody else."""
    return import_log(log, path, **{"importer": "eva", "now": LATER, **more})


def rows(log: Log) -> list[Any]:
    """Everything that the log's tables hold, fingerprints included."""
    with log.engine.connect() as connection:
        return [
            connection.execute(select(table).order_by(table.c.position)).all() for table in (records, *TABLES.values())
        ]


def views(log: Log, *markings: Marking) -> list[LogView]:
    """The views on every day, at each marking."""
    days = [NOW + number * DAY for number in (-100, -50, *range(12))]
    return [log.view(day, marking) for day in days for marking in markings]


def known(log: Log, marking: Marking = Marking.RED) -> Any:
    """What is in force, without who said so and when: the same in two logs that agree."""
    view = log.view(LATER, marking)
    of_events = {
        (
            *(one.indicator, one.occurred, one.summary, one.development, one.staged, one.occurred_local),
            *(one.stamp.marking, *(getattr(one, name, None) for name in MEASURED)),
            frozenset((backing.stance, _of_report(backing.report)) for backing in one.backings),
        )
        for one in (*view.events, *view.readings)
    }
    coverages = {
        (c.collector, c.kind, c.selects, c.since, c.until, c.coverage, c.stamp.marking) for c in view.coverages
    }
    searches = {(s.indicator, s.since, s.until, s.coverage, s.stamp.marking) for s in view.searches}
    settled = {
        (one.subject, one.outcome, one.ground) for one in view.resolutions if isinstance(one.subject, OfScenario)
    }
    indicators = {one.first_position: (one.indicator, one.summary) for one in view.events}
    settled |= {
        (indicators[one.subject.event], one.outcome, one.ground)
        for one in view.resolutions
        if isinstance(one.subject, OfEvent) and one.subject.event in indicators
    }
    names = {one.first_position: (one.indicator, one.summary) for one in (*view.events, *view.readings)}
    for one in (*view.events, *view.readings):
        names |= {backing.report.first_position: _of_report(backing.report) for backing in one.backings}
    names |= {one.first_position: _of_report(one) for one in view.unassigned}
    reviews = {(names[one.subject], one.opinion, one.reviewer, one.ground, one.stamp.marking) for one in view.reviews}
    return of_events, {_of_report(one) for one in view.unassigned}, coverages, searches, settled, reviews


def _of_report(report: Any) -> Any:
    names = ("source", "grade", "grade_reason", "text", "reported_at", "origin", "url", "document", "section", "note")
    return (*(getattr(report, name) for name in (*names, "bears_on", "contradicts")), report.stamp.marking)
