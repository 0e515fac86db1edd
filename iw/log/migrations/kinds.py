"""The check on the kinds of records, which a migration replaces when it lets a kind in."""

from __future__ import annotations

from alembic import op


def replace_kinds(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    """Replace the check on the kinds of records. SQLite cannot, and rebuilding the table would copy the whole log:
    its manual (ALTER TABLE, section 7) has this way for a constraint that is no part of what is on disk."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_records_kind"), "records")
        op.create_check_constraint(op.f("ck_records_kind"), "records", f"kind IN {listed(new)}")
        return
    version = op.get_bind().exec_driver_sql("PRAGMA schema_version").scalar_one()
    for statement in (
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_schema SET sql = replace(sql, '{_quoted(old)}', '{_quoted(new)}') "
        "WHERE type = 'table' AND name = 'records'",
        f"PRAGMA schema_version = {version + 1}",
        "PRAGMA writable_schema = RESET",
    ):
        op.get_bind().exec_driver_sql(statement)


def listed(kinds: tuple[str, ...]) -> str:
    return f"({', '.join(repr(kind) for kind in kinds)})"


def _quoted(kinds: tuple[str, ...]) -> str:
    return listed(kinds).replace("'", "''")
