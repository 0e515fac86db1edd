"""Indices by which an entry finds what it may repeat: events by indicator and date, reports by address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the indices; no fact changes."""
    op.create_index("ix_events_when", "events", ["indicator", "occurred_precision", "occurred_first"])
    op.create_index("ix_reports_address", "reports", [sa.text("substr(rtrim(lower(url), '/'), 1, 250)")])


def downgrade() -> None:
    """Drop the indices."""
    op.drop_index("ix_reports_address", "reports")
    op.drop_index("ix_events_when", "events")
