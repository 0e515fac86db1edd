"""The journal of reads, exports and imports, in a chain of its own; the imports so far become its first entries."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from iw.core.errors import StoreError
from iw.log.journal import chained, first_head
from iw.log.keys import LogKey
from iw.log.schema import Moment
from iw.log.triggers import append_only

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ACTS = ("read", "export", "report", "backup", "copy", "import")
MARKINGS = ("clear", "green", "amber", "amber+strict", "red")
OF_IMPORT = {"log_position": "position", "first_position": "first_position", "author": "importer", "at": "imported_at"}
OF_IMPORT |= {"what": "file", "digest": "digest"}


def upgrade() -> None:
    """Create the journal, move the imports into it, and drop their table."""
    op.create_table(
        "journal",
        sa.Column("position", POSITION, nullable=False, autoincrement=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("marking", sa.String(16)),
        sa.Column("log_position", POSITION, nullable=False),
        sa.Column("first_position", POSITION),
        sa.Column("digest", sa.String(64)),
        sa.Column("form", sa.SmallInteger, nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        _one_of("act", ACTS),
        _one_of("marking", MARKINGS),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_journal")),
    )
    connection = op.get_bind()
    journal, imports = _tables()
    rows = connection.execute(sa.select(imports).order_by(imports.c.position)).mappings().all()
    if rows:
        key = context.config.attributes["key"]
        if key is None:
            message = "This log says who imported records, and there is no key to protect that with."
            raise StoreError(message, "Put the key into log.key beside iw.toml or into the variable IW_LOG_KEY.")
        connection.execute(sa.insert(journal), _entries(key, rows))
    for statement in append_only(connection.dialect.name, ["journal"], shared=False):
        op.execute(statement)
    op.drop_table("imports")


def downgrade() -> None:
    """Drop the journal; its imports get their table back, and what was read and given away is forgotten."""
    columns = ("position", "first_position")
    op.create_table(
        "imports",
        *(sa.Column(name, POSITION, nullable=False, autoincrement=False) for name in columns),
        sa.Column("importer", sa.Text, nullable=False),
        sa.Column("imported_at", Moment, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_imports")),
        *(sa.ForeignKeyConstraint([name], ["records.position"], name=op.f(f"fk_imports_{name}")) for name in columns),
    )
    connection = op.get_bind()
    journal, imports = _tables()
    found = connection.execute(sa.select(journal).where(journal.c.act == "import")).mappings()
    rows = [{old: row[new] for new, old in OF_IMPORT.items()} for row in found]
    if rows:
        connection.execute(sa.insert(imports), rows)
    for statement in append_only(connection.dialect.name, ["imports"], shared=False):
        op.execute(statement)
    op.drop_table("journal")


def _entries(key: LogKey, rows: Any) -> list[dict[str, Any]]:
    head, entries = first_head(key), []
    for position, row in enumerate(rows, start=1):
        told = {"position": position, "act": "import", **{new: row[old] for new, old in OF_IMPORT.items()}}
        entries.append(chained(key, head, told))
        head = entries[-1]["head"]
    return entries


def _tables() -> tuple[sa.TableClause, sa.TableClause]:
    names = ("position", "act", "author", "what", "log_position", "first_position", "digest", "form", "key_id", "head")
    at, imported_at = sa.column("at", Moment), sa.column("imported_at", Moment)
    journal = sa.table("journal", *(sa.column(name) for name in names), at)
    kept = ("position", "first_position", "importer", "file", "digest")
    return journal, sa.table("imports", *(sa.column(name) for name in kept), imported_at)


def _one_of(column: str, words: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(repr(word) for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_journal_{column}"))
