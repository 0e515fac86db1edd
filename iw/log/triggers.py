"""The database itself refuses to change or delete what was appended, whoever asks."""

from __future__ import annotations

from collections.abc import Iterable

_REFUSAL = "the log is append-only"


def append_only(dialect: str, tables: Iterable[str], shared: bool = True) -> list[str]:
    """The statements that make ``tables`` append-only on ``sqlite`` or ``postgresql``.

    ``shared``: with the function that all triggers of PostgreSQL call; it is there after the first tables.
    """
    if dialect == "sqlite":
        return [statement for table in tables for statement in _sqlite(table)]
    return [*([_POSTGRESQL_FUNCTION] if shared else []), *(_postgresql(table) for table in tables)]


def append_only_no_more(dialect: str, tables: Iterable[str], shared: bool = True) -> list[str]:
    """The statements that take back `append_only` before tables are dropped or changed."""
    if dialect == "sqlite":
        kinds = ("update", "delete", "replace")
        return [f"DROP TRIGGER IF EXISTS {table}_no_{kind}" for table in tables for kind in kinds]
    drops = [f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}" for table in tables]
    return [*drops, *(["DROP FUNCTION IF EXISTS iw_refuse_change()"] if shared else [])]


def _sqlite(table: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    # INSERT OR REPLACE deletes the old row without firing a delete trigger: it is caught before the insert.
    taken = f"EXISTS (SELECT 1 FROM {table} WHERE position = NEW.position)"
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} {refuse}",
    ]


_POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION iw_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{_REFUSAL}';
END
$$
"""


def _postgresql(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION iw_refuse_change()"
    )
