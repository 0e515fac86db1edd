"""Readings of levels, reports that bear on an indicator without a date, and what a report contradicts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS: tuple[tuple[str, str, Any], ...] = (
    ("reports", "bears_on", sa.Text()),
    ("reports", "contradicts", sa.Text()),
    ("events", "value", sa.Double()),
)


def upgrade() -> None:
    """Add the columns; what the log holds has none of it."""
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Drop the columns, with what stands in them."""
    for table, name, _ in COLUMNS:
        op.drop_column(table, name)
