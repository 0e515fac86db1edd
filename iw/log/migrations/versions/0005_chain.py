"""The hash chain: a link for every record, those of records that are in the log already among them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from iw.log.linking import link_all
from iw.log.triggers import append_only
from iw.log.walk import columns_there

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HEADS = ("clear", "green", "amber", "amber_strict", "red")


def upgrade() -> None:
    """Create the table and its triggers, and link what the log holds."""
    position = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "links",
        sa.Column("position", position, nullable=False, autoincrement=False),
        sa.Column("form", sa.SmallInteger, nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in HEADS),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_links")),
        sa.ForeignKeyConstraint(["position"], ["records.position"], name=op.f("fk_links_position")),
    )
    connection = op.get_bind()
    for statement in append_only(connection.dialect.name, ["links"]):
        op.execute(statement)
    link_all(connection, context.config.attributes["key"], columns_there(connection))


def downgrade() -> None:
    """Drop the links, and with them the proof; the facts stay."""
    op.drop_table("links")
