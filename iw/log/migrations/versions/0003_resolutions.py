"""Resolutions; forecasts, changes of warning levels, and who took note of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from iw.log.migrations.kinds import listed, replace_kinds
from iw.log.triggers import append_only, append_only_no_more

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("resolutions", "forecasts", "levels", "acknowledgements")
OLD_KINDS = ("source", "report", "event", "backing", "coverage", "search", "retraction", "fit")
NEW_KINDS = ("resolution", "forecast", "level", "acknowledgement")
POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables and let their kinds in."""
    replace_kinds(OLD_KINDS, (*OLD_KINDS, *NEW_KINDS))
    _resolutions()
    _forecasts()
    _levels()
    dialect = op.get_bind().dialect.name
    for statement in append_only(dialect, TABLES, shared=False):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables, and the records of what stands in them."""
    dialect = op.get_bind().dialect.name
    for statement in append_only_no_more(dialect, (*TABLES, "records", "retractions"), shared=False):
        op.execute(statement)
    for table in reversed(TABLES):
        op.drop_table(table)
    gone = f"SELECT position FROM records WHERE kind IN {listed(NEW_KINDS)}"
    withdrawn = f"SELECT position FROM retractions WHERE target IN ({gone})"
    op.execute(f"CREATE TEMPORARY TABLE going AS {gone} UNION {withdrawn}")
    op.execute("DELETE FROM retractions WHERE position IN (SELECT position FROM going)")
    op.execute("DELETE FROM records WHERE position IN (SELECT position FROM going)")
    op.execute("DROP TABLE going")
    replace_kinds((*OLD_KINDS, *NEW_KINDS), OLD_KINDS)
    for statement in append_only(dialect, ("records", "retractions"), shared=False):
        op.execute(statement)


def _text(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _numbers(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Double, nullable=nullable) for name in names]


def _dates(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Date, nullable=nullable) for name in names]


def _made_from(nullable: bool) -> list[sa.Column[Any]]:
    return [
        *_dates("as_of"),
        sa.Column("known_at", MOMENT, nullable=False),
        sa.Column("log_position", POSITION, nullable=False),
        _text("model_version", nullable),
        _text("fit", True),
    ]


def _create(table: str, *parts: Any, refers: tuple[str, ...] = (), index: tuple[str, ...] = ()) -> None:
    references = [
        sa.ForeignKeyConstraint([column], ["records.position"], name=op.f(f"fk_{table}_{column}"))
        for column in ("position", *refers)
    ]
    position = sa.Column("position", POSITION, nullable=False, autoincrement=False)
    key = sa.PrimaryKeyConstraint("position", name=op.f(f"pk_{table}"))
    op.create_table(table, position, *parts, key, *references)
    for column in index:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _resolutions() -> None:
    subject = (
        "(event IS NOT NULL AND scenario IS NULL AND question IS NULL)"
        " OR (event IS NULL AND scenario IS NOT NULL AND question IS NULL)"
        " OR (event IS NULL AND scenario IS NULL AND question IS NOT NULL)"
    )
    _create(
        "resolutions",
        sa.Column("outcome", sa.String(8), nullable=False),
        _text("ground"),
        sa.Column("event", POSITION),
        _text("problem", True),
        _text("scenario", True),
        *_dates("settled_on", nullable=True),
        sa.Column("forecast", POSITION),
        _text("question", True),
        _text("indicator", True),
        *_dates("since", "until", nullable=True),
        sa.Column("any", sa.Boolean),
        _check("resolutions", "outcome", "outcome IN ('yes', 'no', 'void')"),
        _check("resolutions", "subject", subject),
        refers=("event", "forecast"),
        index=("forecast",),
    )


def _forecasts() -> None:
    _create(
        "forecasts",
        _text("question"),
        _text("indicator"),
        _text("problem", True),
        *_dates("since", "until", "due"),
        sa.Column("at_least", sa.Integer),
        *_numbers("above", "below", nullable=True),
        *_made_from(nullable=True),
        *_numbers("probability", "low", "high", "base_rate", "decayed_base_rate", "coverage"),
        sa.Column("made_from", sa.JSON, nullable=False),
        _check("forecasts", "probability", "probability BETWEEN 0 AND 1"),
        _check("forecasts", "window", "since <= until"),
        index=("question",),
    )


def _levels() -> None:
    _create(
        "levels",
        _text("problem"),
        *_made_from(nullable=False),
        _text("old", True),
        _text("new"),
        *_numbers("warned", "low", "high"),
        _text("cause"),
        sa.Column("events", sa.JSON, nullable=False),
        index=("problem",),
    )
    _create(
        "acknowledgements",
        sa.Column("level", POSITION, nullable=False),
        refers=("level",),
        index=("level",),
    )
