"""The effective facts of the log as known at a moment and at or below a marking: one query for each kind.

A record is seen if it was visible by then and its marking is allowed, corrections and retractions like any
other: as known earlier, the old version is still there. Of a chain of versions the last one that is seen
holds, unless that very version is retracted. An event stays only while a report that is seen backs it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from functools import partial
from itertools import batched
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from iw.core.dates import PartialDate
from iw.log.products import Forecast, LevelChange, Recorded
from iw.log.records import (
    MEASURED,
    Backing,
    Coverage,
    Event,
    FitRecord,
    Grade,
    LogView,
    Marking,
    OfEvent,
    OfQuestion,
    OfScenario,
    Opinion,
    Outcome,
    Reading,
    Report,
    Resolution,
    Review,
    Search,
    Staged,
    Stamp,
    Stance,
    VisibleBasis,
)
from iw.log.schema import (
    PRODUCTS,
    TABLES,
    Kind,
    acknowledgements,
    backings,
    fits,
    forecasts,
    levels,
    records,
    reports,
    retractions,
    sources,
)

_STAMP = tuple(
    records.c[name]
    for name in (
        "position",
        "recorded_at",
        "visible_at",
        "visible_basis",
        "author",
        "reason",
        "marking",
        "batch",
    )
)
# To look members up in a dict is several times quicker than to call the enum, and every record needs it.
_BASES = {str(basis): basis for basis in VisibleBasis}
_MARKINGS = {str(marking): marking for marking in Marking}
_STANCES = {str(stance): stance for stance in Stance}
_STAGED = {str(staged): staged for staged in Staged}

_AT_ONCE = 1_000
# What a belief may depend on: a review leaves every log position where it was.
_FACT = records.c.kind.not_in([str(kind) for kind in sorted({*PRODUCTS, Kind.REVIEW})])

type Row = Any


def read_view(connection: Connection, known_at: datetime, marking: Marking, position: int | None) -> LogView:
    """The view of the log up to ``position`` (None: all of it)."""
    seen = _seen(known_at, marking, position)
    retracted = _retracted(connection, seen)

    def live(kind: Kind, *columns: ColumnElement[Any]) -> list[Row]:
        return _live(connection, kind, seen, retracted, columns or (*_STAMP, *_content(kind)))

    sent = {row.first: _report(row) for row in live(Kind.REPORT)}
    attached = live(Kind.BACKING, records.c.position, *_content(Kind.BACKING))
    events = _events(live(Kind.EVENT), attached, sent)
    in_force = {event.first_position for event in events}
    used = {row.report for row in attached if row.event in in_force}
    there = {*sent, *in_force}
    return LogView(
        known_at=known_at,
        marking=marking,
        position=_last_position(connection, seen),
        events=tuple(event for event in events if not isinstance(event, Reading)),
        unassigned=tuple(report for first, report in sent.items() if first not in used),
        coverages=tuple(_coverage(row) for row in live(Kind.COVERAGE)),
        searches=tuple(_search(row) for row in live(Kind.SEARCH)),
        readings=tuple(event for event in events if isinstance(event, Reading)),
        resolutions=tuple(_resolution(row) for row in live(Kind.RESOLUTION)),
        reviews=tuple(_review(row) for row in live(Kind.REVIEW) if row.subject in there),
    )


def read_events(connection: Connection, known_at: datetime, marking: Marking, firsts: Iterable[int]) -> list[Event]:
    """Of the events and readings with these first records those in force, as the view has them, in its order."""
    seen = _seen(known_at, marking, None)
    found: list[Event] = []
    for part in batched(sorted(set(firsts)), _AT_ONCE):

        def live(kind: Kind, among: ColumnElement[bool], *columns: ColumnElement[Any]) -> list[Row]:
            return _live(connection, kind, seen, None, columns or (*_STAMP, *_content(kind)), among)

        attached = live(Kind.BACKING, backings.c.event.in_(part), records.c.position, *_content(Kind.BACKING))
        sent = live(Kind.REPORT, records.c.first.in_({row.report for row in attached}))
        rows = live(Kind.EVENT, records.c.first.in_(part))
        found += _events(rows, attached, {row.first: _report(row) for row in sent})
    return sorted(found, key=_order)


def read_sources(connection: Connection, known_at: datetime, marking: Marking) -> dict[str, str]:
    """The sources that are seen, each with its reliability as first given."""
    query = select(sources.c.name, sources.c.reliability).join(records).where(_seen(known_at, marking, None))
    found: dict[str, str] = {}
    for name, reliability in connection.execute(query.order_by(records.c.position)):
        found.setdefault(name, reliability)
    return found


def read_versions(connection: Connection, source: str, known_at: datetime, marking: Marking) -> list[Report]:
    """Every version of the reports of ``source`` that is seen, in log order; those that were retracted, too."""
    columns = [*_STAMP, *_content(Kind.REPORT), records.c.first]
    query = select(*columns).join_from(records, reports, reports.c.position == records.c.position)
    query = query.where(_seen(known_at, marking, None), reports.c.source == source)
    return [_report(row) for row in connection.execute(query.order_by(records.c.position))]


def read_fits(connection: Connection, problem: str | None, marking: Marking | None) -> list[FitRecord]:
    """The fits of ``problem`` that were made at ``marking`` (None: of all, at any), in log order."""
    query = select(*_STAMP, *_content(Kind.FIT)).join_from(records, fits, fits.c.position == records.c.position)
    if problem is not None:
        query = query.where(fits.c.problem == problem)
    if marking is not None:
        query = query.where(records.c.marking == marking)
    return [_fit(row) for row in connection.execute(query.order_by(records.c.position))]


def read_forecasts(connection: Connection, marking: Marking, question: str | None) -> list[Recorded[Forecast]]:
    """The forecasts made at ``marking``, in log order."""
    wanted = forecasts.c.question == question if question else None
    return [Recorded(_stamp(row), _product(Forecast, row)) for row in _products(connection, forecasts, marking, wanted)]


def read_level_changes(connection: Connection, marking: Marking, problem: str | None) -> list[Recorded[LevelChange]]:
    """The changes of warning levels at ``marking``, in log order."""
    wanted = levels.c.problem == problem if problem else None
    found = [(_stamp(row), _product(LevelChange, row)) for row in _products(connection, levels, marking, wanted)]
    return [Recorded(stamp, replace(change, events=tuple(change.events))) for stamp, change in found]


def read_acknowledgements(connection: Connection) -> dict[int, list[Stamp]]:
    """The stamps of all acknowledgements, by the position of the change."""
    found: dict[int, list[Stamp]] = defaultdict(list)
    for row in _products(connection, acknowledgements, None, None):
        found[row.level].append(_stamp(row))
    return dict(found)


def _products(
    connection: Connection, table: Table, marking: Marking | None, wanted: ColumnElement[bool] | None
) -> list[Row]:
    columns = [column for column in table.c if column.name != "position"]
    query = select(*_STAMP, *columns).join_from(records, table, table.c.position == records.c.position)
    if marking is not None:
        query = query.where(records.c.marking == marking)
    if wanted is not None:
        query = query.where(wanted)
    return list(connection.execute(query.order_by(records.c.position)))


def _product[P: Forecast | LevelChange](kind: type[P], row: Row) -> P:
    return kind(**{field.name: getattr(row, field.name) for field in fields(kind)})


def last_position(connection: Connection) -> int:
    """The position of the log's last record; 0 for an empty log."""
    return int(connection.execute(select(func.coalesce(func.max(records.c.position), 0))).scalar_one())


def last_moment(connection: Connection) -> datetime | None:
    """When the log's last record was recorded; None for an empty log."""
    query = select(records.c.recorded_at).order_by(records.c.position.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def read_markings(connection: Connection) -> list[Marking]:
    """The markings of all facts that beliefs may depend on, each once."""
    found = connection.execute(select(records.c.marking).where(_FACT).distinct())
    return [Marking(marking) for marking in found.scalars()]


def highest_marking(connection: Connection, marking: Marking) -> Marking | None:
    """The most restricted marking of any record at or below ``marking``."""
    for allowed in sorted(Marking, key=lambda one: -one.rank):
        query = select(records.c.position).where(records.c.marking == str(allowed)).limit(1)
        if allowed.rank <= marking.rank and connection.execute(query).first() is not None:
            return allowed
    return None


def _seen(known_at: datetime, marking: Marking, position: int | None) -> ColumnElement[bool]:
    allowed = [str(other) for other in Marking if other.rank <= marking.rank]
    seen = and_(records.c.visible_at <= known_at, records.c.marking.in_(allowed))
    return seen if position is None else and_(seen, records.c.position <= position)


def _content(kind: Kind) -> list[ColumnElement[Any]]:
    return [column for column in TABLES[kind].c if column.name != "position"]


def _retracted(connection: Connection, seen: ColumnElement[bool], among: Sequence[int] | None = None) -> set[int]:
    joined = retractions.join(records, retractions.c.position == records.c.position)
    query = select(retractions.c.target).select_from(joined).where(seen)
    parts = [query] if among is None else [query.where(retractions.c.target.in_(p)) for p in batched(among, _AT_ONCE)]
    return {target for part in parts for target in connection.execute(part).scalars()}


def _events(rows: Sequence[Row], attached: Sequence[Row], reports: dict[int, Report]) -> list[Event]:
    """Those of the events that a report backs, each with its reports, in the order of dates."""
    by_event: dict[int, list[Row]] = defaultdict(list)
    for row in attached:
        if row.report in reports:
            by_event[row.event].append(row)
    backed = {first for first, rows in by_event.items() if any(row.stance == Stance.BACKS for row in rows)}
    events = [
        _event(row, tuple(_backing(backing, reports) for backing in by_event[row.first]))
        for row in rows
        if row.first in backed
    ]
    return sorted(events, key=_order)


def _order(event: Event) -> tuple[date, int]:
    return event.occurred.first, event.first_position


def _live(
    connection: Connection,
    kind: Kind,
    seen: ColumnElement[bool],
    retracted: set[int] | None,
    columns: tuple[ColumnElement[Any], ...],
    among: ColumnElement[bool] | None = None,
) -> list[Row]:
    """The last version of each chain that is seen, in the order of the first versions.

    ``columns`` begin with the position, to which the first version's is joined as ``first``. Where ``retracted`` is
    None, it is looked up for these rows alone: quicker for a few that ``among`` picks.
    """
    table = TABLES[kind]
    joined = records.join(table, table.c.position == records.c.position)
    query = select(*columns, records.c.first).select_from(joined).where(seen).order_by(records.c.position)
    query = query if among is None else query.where(among)
    last: dict[int, Row] = {row[-1]: row for row in connection.execute(query).all()}
    if retracted is None:
        retracted = _retracted(connection, seen, [row[0] for row in last.values()])
    return [last[first] for first in sorted(last) if last[first][0] not in retracted]


def _last_position(connection: Connection, seen: ColumnElement[bool]) -> int:
    query = select(func.coalesce(func.max(records.c.position), 0)).where(seen, _FACT)
    return int(connection.execute(query).scalar_one())


def _stamp(row: Row) -> Stamp:
    position, recorded_at, visible_at, basis, author, reason, marking, batch = row[:8]
    return Stamp(position, recorded_at, visible_at, _BASES[basis], author, reason, _MARKINGS[marking], batch)


def _backing(row: Row, reports: dict[int, Report]) -> Backing:
    return Backing(reports[row.report], _STANCES[row.stance], row.position)


def _report(row: Row) -> Report:
    return Report(
        stamp=_stamp(row),
        source=row.source,
        grade=Grade(row.reliability, row.credibility),
        grade_reason=row.grade_reason,
        text=row.text,
        reported_at=row.reported_at,
        origin=row.origin,
        url=row.url,
        document=row.document,
        section=row.section,
        note=row.note,
        first_position=row.first,
        bears_on=row.bears_on,
        contradicts=row.contradicts,
    )


def _event(row: Row, backings: tuple[Backing, ...]) -> Event:
    measured = {name: getattr(row, name) for name in MEASURED}
    make = Event if row.value is None else partial(Reading, **measured)
    return make(
        stamp=_stamp(row),
        indicator=row.indicator,
        occurred=PartialDate.of(row.occurred_first, row.occurred_precision),
        summary=row.summary,
        development=row.development,
        staged=_STAGED[row.staged],
        backings=backings,
        first_position=row.first,
        occurred_local=row.occurred_local,
    )


def _coverage(row: Row) -> Coverage:
    return Coverage(_stamp(row), row.collector, row.collector_kind, row.selects, row.since, row.until, row.coverage)


def _search(row: Row) -> Search:
    return Search(_stamp(row), row.indicator, row.since, row.until, row.coverage)


def _resolution(row: Row) -> Resolution:
    subject: OfEvent | OfScenario | OfQuestion
    if row.event is not None:
        subject = OfEvent(row.event)
    elif row.scenario is not None:
        subject = OfScenario(row.problem, row.scenario, row.settled_on)
    else:
        subject = OfQuestion(row.forecast, row.question, row.indicator, row.since, row.until, row.any)
    return Resolution(_stamp(row), subject, Outcome(row.outcome), row.ground)


def _review(row: Row) -> Review:
    return Review(_stamp(row), row.subject, Opinion(row.opinion), row.reviewer, row.ground)


def _fit(row: Row) -> FitRecord:
    return FitRecord(
        stamp=_stamp(row),
        fit_id=row.fit_id,
        problem=row.problem,
        model_version=row.model_version,
        as_of=row.as_of,
        known_at=row.known_at,
        log_position=row.log_position,
        accepted=row.accepted,
        path=row.path,
        summary=row.summary,
    )
