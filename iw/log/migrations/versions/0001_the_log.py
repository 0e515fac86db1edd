"""The envelope of all records, a typed table for each kind, and the triggers that keep them append-only."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from iw.log.triggers import append_only, append_only_no_more

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FACTS = (
    "records",
    "sources",
    "reports",
    "events",
    "backings",
    "coverages",
    "searches",
    "retractions",
    "fits",
)
POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables and their triggers."""
    _records()
    _reports_and_events()
    _coverage_and_searches()
    _retractions_and_fits()
    dialect = op.get_bind().dialect.name
    for statement in append_only(dialect, FACTS):
        op.execute(statement)


def downgrade() -> None:
    """Drop all of it, with every fact in it."""
    dialect = op.get_bind().dialect.name
    for statement in append_only_no_more(dialect, FACTS):
        op.execute(statement)
    for table in reversed(FACTS):
        op.drop_table(table)


def _text(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _word(name: str, length: int = 16) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False)


def _one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(repr(value) for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))


def _refers(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["records.position"], name=op.f(f"fk_{table}_{column}"))


def _create(table: str, *parts: Any, refers: tuple[str, ...] = ("position",), index: tuple[str, ...] = ()) -> None:
    op.create_table(
        table,
        sa.Column("position", POSITION, nullable=False, autoincrement=False),
        *parts,
        sa.PrimaryKeyConstraint("position", name=op.f(f"pk_{table}")),
        *(_refers(table, column) for column in refers),
    )
    for column in index:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _records() -> None:
    kinds = ("source", "report", "event", "backing", "coverage", "search", "retraction", "fit")
    _create(
        "records",
        _word("kind"),
        sa.Column("first", POSITION, nullable=False),
        sa.Column("supersedes", POSITION),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("visible_at", MOMENT, nullable=False),
        _word("visible_basis"),
        _text("author"),
        _text("reason"),
        _word("marking"),
        _text("batch", nullable=True),
        _word("fingerprint", 64),
        _one_of("records", "kind", *kinds),
        _one_of("records", "marking", "clear", "green", "amber", "amber+strict", "red"),
        _one_of("records", "visible_basis", "recorded", "reported", "lag"),
        refers=("first", "supersedes"),
        index=("fingerprint", "first"),
    )


def _reports_and_events() -> None:
    _create(
        "sources",
        _text("name"),
        _word("reliability", 1),
        _one_of("sources", "reliability", *"ABCDEF"),
        index=("name",),
    )
    _create(
        "reports",
        _text("source"),
        _word("reliability", 1),
        _word("credibility", 1),
        _text("grade_reason"),
        _text("text"),
        sa.Column("reported_at", MOMENT),
        _text("origin"),
        *(_text(name, nullable=True) for name in ("url", "document", "section", "note")),
        _one_of("reports", "reliability", *"ABCDEF"),
        _one_of("reports", "credibility", *"123456"),
    )
    _create(
        "events",
        _text("indicator"),
        sa.Column("occurred_first", sa.Date, nullable=False),
        _word("occurred_precision", 8),
        _text("occurred_local", nullable=True),
        _text("summary"),
        _text("development", nullable=True),
        _word("staged"),
        _one_of("events", "occurred_precision", "day", "month", "year"),
        _one_of("events", "staged", "no", "possibly", "yes"),
    )
    _create(
        "backings",
        sa.Column("event", POSITION, nullable=False),
        sa.Column("report", POSITION, nullable=False),
        _word("stance"),
        _one_of("backings", "stance", "backs", "denies", "denies-expected"),
        refers=("position", "event", "report"),
        index=("event", "report"),
    )


def _window(table: str, open_end: bool) -> tuple[Any, ...]:
    ends = "until IS NULL OR since <= until" if open_end else "since <= until"
    return (
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=open_end),
        sa.Column("coverage", sa.Double, nullable=open_end),
        sa.CheckConstraint("coverage BETWEEN 0 AND 1", name=op.f(f"ck_{table}_coverage")),
        sa.CheckConstraint(ends, name=op.f(f"ck_{table}_window")),
    )


def _coverage_and_searches() -> None:
    _create(
        "coverages",
        _text("collector"),
        _word("collector_kind"),
        _text("selects"),
        *_window("coverages", open_end=True),
        _one_of("coverages", "collector_kind", "watch", "document", "gap"),
    )
    _create("searches", _text("indicator"), *_window("searches", open_end=False))


def _retractions_and_fits() -> None:
    target = sa.Column("target", POSITION, nullable=False)
    _create("retractions", target, refers=("position", "target"), index=("target",))
    _create(
        "fits",
        _text("fit_id"),
        _text("problem"),
        _text("model_version"),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("known_at", MOMENT, nullable=False),
        sa.Column("log_position", POSITION, nullable=False),
        sa.Column("accepted", sa.Boolean, nullable=False),
        _text("path"),
        sa.Column("summary", sa.JSON, nullable=False),
        index=("problem",),
    )
    op.create_index(op.f("ix_fits_fit_id"), "fits", ["fit_id"], unique=True)
