"""The database itself refuses to change or delete what was appended, whoever asks.

The statements are those of every log that there is, so a change of their texts needs a migration of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, text

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


def missing(connection: Connection, tables: Iterable[str]) -> Iterator[str]:
    """What is wrong with the triggers of ``tables``: each that is missing, switched off or not as it should be."""
    look = _missing_on_sqlite if connection.dialect.name == "sqlite" else _missing_on_postgresql
    return look(connection, sorted(tables))


def _missing_on_sqlite(connection: Connection, tables: list[str]) -> Iterator[str]:
    found = connection.execute(text("SELECT sql FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
    for table in tables:
        if not set(_sqlite(table)) <= set(found):
            yield f"the triggers of the table {table}"


def _missing_on_postgresql(connection: Connection, tables: list[str]) -> Iterator[str]:
    query = (
        "SELECT c.relname, pg_get_triggerdef(t.oid, true) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE t.tgname = c.relname || '_append_only' AND t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid)"
    )
    found = {name: said for name, said in connection.execute(text(query))}
    for table in tables:
        # As the server says it: its own order of the operations.
        wanted = _postgresql(table).replace("UPDATE OR DELETE OR", "DELETE OR UPDATE OR")
        if found.get(table) != wanted:
            yield f"the trigger of the table {table}"
    source = "SELECT prosrc FROM pg_proc WHERE proname = 'iw_refuse_change' AND pg_function_is_visible(oid)"
    body = _POSTGRESQL_FUNCTION.split("$$")[1]
    if connection.execute(text(source)).scalars().all() != [body]:
        yield "the function of the triggers"


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
