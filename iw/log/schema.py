"""The tables of the log: one envelope for every record, and one typed table for each kind, keyed by position.

The envelope says who appended what, when, why and at which marking. Positions have no gaps: the one door for
writes assigns them under a lock, so a position that is missing shows that somebody tampered with the log.
``first`` is the position of a record's first version (its own where nothing is superseded). It is stored
beside ``supersedes`` because at a low marking a version in the middle of the chain may not be seen.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    literal_column,
)
from sqlalchemy.types import TypeDecorator, TypeEngine


class Kind(StrEnum):
    """What a record is; the name of its typed table is the plural."""

    SOURCE = "source"
    REPORT = "report"
    EVENT = "event"
    BACKING = "backing"
    COVERAGE = "coverage"
    SEARCH = "search"
    RETRACTION = "retraction"
    FIT = "fit"
    RESOLUTION = "resolution"
    FORECAST = "forecast"
    LEVEL = "level"
    ACKNOWLEDGEMENT = "acknowledgement"
    REVIEW = "review"


PRODUCTS = frozenset({Kind.FIT, Kind.FORECAST, Kind.LEVEL, Kind.ACKNOWLEDGEMENT})
"""What was made from the facts and is none itself: no belief depends on it."""


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, exact to the microsecond; SQLite keeps it as text whose order is the order of time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite has no zones, so there the zone is dropped after that."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must carry its time zone")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back to UTC, whatever zone the session of the database has."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite makes only a column of type INTEGER the row's own key.
Position: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, *values: str) -> CheckConstraint:
    """The constraint that ``column`` holds one of ``values``; its ``info`` tells programs which."""
    words = tuple(str(value) for value in values)
    listed = ", ".join(repr(word) for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column, info={"column": column, "values": words})


def _link(name: str) -> Column[int]:
    return Column(name, Position, ForeignKey("records.position"), nullable=False)


def _typed(name: str, *parts: Any) -> Table:
    key = Column("position", Position, ForeignKey("records.position"), primary_key=True, autoincrement=False)
    return Table(name, metadata, key, *parts)


records = Table(
    "records",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("first", Position, ForeignKey("records.position"), nullable=False),
    Column("supersedes", Position, ForeignKey("records.position")),
    Column("recorded_at", Moment, nullable=False),
    Column("visible_at", Moment, nullable=False),
    Column("visible_basis", String(16), nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("marking", String(16), nullable=False),
    Column("batch", Text),
    Column("fingerprint", String(64), nullable=False),
    one_of("kind", *Kind),
    one_of("marking", "clear", "green", "amber", "amber+strict", "red"),
    one_of("visible_basis", "recorded", "reported", "lag"),
    Index(None, "fingerprint"),
    Index(None, "first"),
)

sources = _typed(
    "sources",
    Column("name", Text, nullable=False),
    Column("reliability", String(1), nullable=False),
    one_of("reliability", *"ABCDEF"),
    Index(None, "name"),
)

reports = _typed(
    "reports",
    Column("source", Text, nullable=False),
    Column("reliability", String(1), nullable=False),
    Column("credibility", String(1), nullable=False),
    Column("grade_reason", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("reported_at", Moment),
    Column("origin", Text, nullable=False),
    Column("url", Text),
    Column("document", Text),
    Column("section", Text),
    Column("note", Text),
    Column("bears_on", Text),
    Column("contradicts", Text),
    one_of("reliability", *"ABCDEF"),
    one_of("credibility", *"123456"),
)

# A web address as it is looked up: in small letters, without a slash at the end, and no longer than an index can keep.
ADDRESS_LENGTH = 250
ADDRESS = literal_column(f"substr(rtrim(lower(url), '/'), 1, {ADDRESS_LENGTH})", Text)
Index("ix_reports_address", ADDRESS, _table=reports)

events = _typed(
    "events",
    Column("indicator", Text, nullable=False),
    Column("occurred_first", Date, nullable=False),
    Column("occurred_precision", String(8), nullable=False),
    Column("occurred_local", Text),
    Column("summary", Text, nullable=False),
    Column("development", Text),
    Column("staged", String(16), nullable=False),
    Column("value", Double),  # of a reading; an event has none
    Column("period_days", Integer),  # of a count: its period has so many days from occurred_first on
    Column("coverage", Double),  # of a count, where its source states it
    one_of("occurred_precision", "day", "month", "year"),
    one_of("staged", "no", "possibly", "yes"),
    Index("ix_events_when", "indicator", "occurred_precision", "occurred_first"),
)

backings = _typed(
    "backings",
    _link("event"),  # the first record of the event: corrections do not detach it
    _link("report"),  # the first record of the report: a regrade does not detach it
    Column("stance", String(16), nullable=False),
    one_of("stance", "backs", "denies", "denies-expected"),
    Index(None, "event"),
    Index(None, "report"),
)

coverages = _typed(
    "coverages",
    Column("collector", Text, nullable=False),
    Column("collector_kind", String(16), nullable=False),
    Column("selects", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("coverage", Double),
    one_of("collector_kind", "watch", "document", "gap"),
    CheckConstraint("coverage BETWEEN 0 AND 1", name="coverage"),
    CheckConstraint("until IS NULL OR since <= until", name="window"),
)

searches = _typed(
    "searches",
    Column("indicator", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("coverage", Double, nullable=False),
    CheckConstraint("coverage BETWEEN 0 AND 1", name="coverage"),
    CheckConstraint("since <= until", name="window"),
)

retractions = _typed("retractions", _link("target"), Index(None, "target"))

fits = _typed(
    "fits",
    Column("fit_id", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("log_position", Position, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("path", Text, nullable=False),
    Column("summary", JSON, nullable=False),
    Index(None, "problem"),
    Index(None, "fit_id", unique=True),
)

resolutions = _typed(
    "resolutions",
    Column("outcome", String(8), nullable=False),
    Column("ground", Text, nullable=False),
    Column("event", Position, ForeignKey("records.position")),  # of an event: its first record
    Column("problem", Text),  # of a scenario
    Column("scenario", Text),
    Column("settled_on", Date),
    Column("forecast", Position, ForeignKey("records.position")),  # of a question
    Column("question", Text),
    Column("indicator", Text),
    Column("since", Date),
    Column("until", Date),
    Column("any", Boolean),
    one_of("outcome", "yes", "no", "void"),
    CheckConstraint(
        "(event IS NOT NULL AND scenario IS NULL AND question IS NULL)"
        " OR (event IS NULL AND scenario IS NOT NULL AND question IS NULL)"
        " OR (event IS NULL AND scenario IS NULL AND question IS NOT NULL)",
        name="subject",
    ),
    Index(None, "forecast"),
)

forecasts = _typed(
    "forecasts",
    Column("question", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("problem", Text),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("due", Date, nullable=False),
    Column("at_least", Integer),
    Column("above", Double),
    Column("below", Double),
    Column("as_of", Date, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("log_position", Position, nullable=False),
    Column("model_version", Text),
    Column("fit", Text),
    Column("probability", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("base_rate", Double, nullable=False),
    Column("decayed_base_rate", Double, nullable=False),
    Column("coverage", Double, nullable=False),
    Column("made_from", JSON, nullable=False),
    CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
    CheckConstraint("since <= until", name="window"),
    Index(None, "question"),
)

levels = _typed(
    "levels",
    Column("problem", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("log_position", Position, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("fit", Text),
    Column("old", Text),  # None: the first level of the problem
    Column("new", Text, nullable=False),
    Column("warned", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("cause", Text, nullable=False),
    Column("events", JSON, nullable=False),
    Index(None, "problem"),
)

acknowledgements = _typed("acknowledgements", _link("level"), Index(None, "level"))

reviews = _typed(
    "reviews",
    _link("subject"),  # the first record of an event or report
    Column("opinion", String(8), nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("ground", Text, nullable=False),
    one_of("opinion", "agree", "doubt", "reject"),
    Index(None, "subject"),
)

# The hash chain (see `iw.log.linking`): after each record its head for every marking, the record's own among them.
links = _typed(
    "links",
    Column("form", SmallInteger, nullable=False),
    Column("key_id", String(16), nullable=False),
    *(Column(name, LargeBinary, nullable=False) for name in ("clear", "green", "amber", "amber_strict", "red")),
)

# No records, but what was done with them (see `iw.log.journal`): positions and chain of its own.
journal = Table(
    "journal",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("act", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    Column("author", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("marking", String(16)),
    Column("log_position", Position, nullable=False),
    Column("first_position", Position),
    Column("digest", String(64)),
    Column("form", SmallInteger, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("head", LargeBinary, nullable=False),
    one_of("act", "read", "export", "report", "backup", "copy", "import"),
    one_of("marking", "clear", "green", "amber", "amber+strict", "red"),
)

TABLES: dict[Kind, Table] = {
    Kind.SOURCE: sources,
    Kind.REPORT: reports,
    Kind.EVENT: events,
    Kind.BACKING: backings,
    Kind.COVERAGE: coverages,
    Kind.SEARCH: searches,
    Kind.RETRACTION: retractions,
    Kind.FIT: fits,
    Kind.RESOLUTION: resolutions,
    Kind.FORECAST: forecasts,
    Kind.LEVEL: levels,
    Kind.ACKNOWLEDGEMENT: acknowledgements,
    Kind.REVIEW: reviews,
}
