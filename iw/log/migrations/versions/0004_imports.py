"""Which records came in from the file of another log, who imported them and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from iw.log.triggers import append_only, append_only_no_more

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table, append-only like the others."""
    columns = ("position", "first_position")
    op.create_table(
        "imports",
        *(sa.Column(name, POSITION, nullable=False, autoincrement=False) for name in columns),
        sa.Column("importer", sa.Text, nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_imports")),
        *(sa.ForeignKeyConstraint([name], ["records.position"], name=op.f(f"fk_imports_{name}")) for name in columns),
    )
    for statement in _triggers():
        op.execute(statement)


def downgrade() -> None:
    """Drop the table, with what stands in it."""
    statements = append_only_no_more(op.get_bind().dialect.name, ["imports"])
    for statement in statements:
        if "FUNCTION" not in statement:  # the other tables still need it
            op.execute(statement)
    op.drop_table("imports")


def _triggers() -> list[str]:
    statements = append_only(op.get_bind().dialect.name, ["imports"])
    return [statement for statement in statements if "CREATE FUNCTION" not in statement]
