"""Reviews: that somebody looked at an event or report, and what he thinks of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from iw.core.errors import StoreError
from iw.log.migrations.kinds import replace_kinds
from iw.log.triggers import append_only

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OLD_KINDS = (
    *("source", "report", "event", "backing", "coverage", "search", "retraction", "fit"),
    *("resolution", "forecast", "level", "acknowledgement"),
)


def upgrade() -> None:
    """Create the table and let its kind in."""
    replace_kinds(OLD_KINDS, (*OLD_KINDS, "review"))
    position = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "reviews",
        sa.Column("position", position, nullable=False, autoincrement=False),
        sa.Column("subject", position, nullable=False),
        sa.Column("opinion", sa.String(8), nullable=False),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("ground", sa.Text, nullable=False),
        sa.CheckConstraint("opinion IN ('agree', 'doubt', 'reject')", name=op.f("ck_reviews_opinion")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_reviews")),
        *(
            sa.ForeignKeyConstraint([name], ["records.position"], name=op.f(f"fk_reviews_{name}"))
            for name in ("position", "subject")
        ),
    )
    op.create_index(op.f("ix_reviews_subject"), "reviews", ["subject"])
    for statement in append_only(op.get_bind().dialect.name, ["reviews"], shared=False):
        op.execute(statement)


def downgrade() -> None:
    """Drop the table; `StoreError` where it holds anything, because the hash chain runs over every record."""
    if op.get_bind().execute(sa.text("SELECT count(*) FROM reviews")).scalar_one():
        message = "This log holds reviews, which the older schema has no place for, and its hash chain runs over them."
        raise StoreError(message, "Nothing was changed: restore a backup from before, or keep this program.")
    op.drop_table("reviews")
    replace_kinds((*OLD_KINDS, "review"), OLD_KINDS)
