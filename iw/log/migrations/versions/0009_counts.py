"""Counts of a period: how many days a reading is about, and what share of what happened its source would have seen."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS: tuple[tuple[str, Any], ...] = (("period_days", sa.Integer()), ("coverage", sa.Double()))


def upgrade() -> None:
    """Add the columns; what the log holds has neither."""
    for name, kind in COLUMNS:
        op.add_column("events", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Drop the columns, with what stands in them."""
    for name, _ in COLUMNS:
        op.drop_column("events", name)
