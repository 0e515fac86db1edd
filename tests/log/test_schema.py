from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

import iw.log.migrations
from iw.log.engine import reading, writing
from iw.log.migrate import KNOWN_VERSIONS, VERSION_TABLE
from iw.log.schema import metadata
from iw.log.store import Log
from tests.log.cast import NOW, append, drill, report


@pytest.fixture
def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(next(iter(iw.log.migrations.__path__)))))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def _checks(connection: Any) -> set[tuple[str, str, str]]:
    found = inspect(connection)
    tables = [table for table in found.get_table_names() if table in metadata.tables]
    return {(table, str(one["name"]), one["sqltext"]) for table in tables for one in found.get_check_constraints(table)}


# Indices of expressions are compared by the test after the next.
@pytest.mark.filterwarnings("ignore:.*expression-based index.*ix_reports_address")
def test_the_migrations_make_the_tables_that_the_program_uses(log: Log, tmp_path: Path) -> None:
    options = {"include_name": lambda name, kind, _: not (kind == "table" and name == VERSION_TABLE)}
    with reading(log.engine) as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_the_migrations_make_the_checks_that_the_program_states(sqlite_url: str, tmp_path: Path) -> None:
    plain = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    metadata.create_all(plain)
    with Log.open(sqlite_url) as log, reading(log.engine) as made, plain.connect() as stated:
        assert _checks(made) == _checks(stated)
    plain.dispose()


def test_the_migrations_make_the_indices_that_the_program_states(sqlite_url: str, tmp_path: Path) -> None:
    plain = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    metadata.create_all(plain)
    query = text(
        "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND name LIKE 'ix_%' ORDER BY name"
    )
    with Log.open(sqlite_url) as log, reading(log.engine) as made, plain.connect() as stated:
        assert made.execute(query).all() == stated.execute(query).all()
    plain.dispose()


def test_the_program_knows_every_migration_in_order(scripts: ScriptDirectory) -> None:
    in_order = [script.revision for script in scripts.walk_revisions()][::-1]
    assert tuple(in_order) == KNOWN_VERSIONS == tuple(sorted(KNOWN_VERSIONS))


def test_every_migration_can_be_taken_back(sqlite_url: str, scripts: ScriptDirectory) -> None:
    with Log.open(sqlite_url) as log, writing(log.engine) as connection:
        with Operations.context(MigrationContext.configure(connection)):
            for script in scripts.walk_revisions():
                script.module.downgrade()
        assert inspect(connection).get_table_names() == [VERSION_TABLE]


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_the_database_itself_refuses_to_change_what_was_appended(log: Log, table: str) -> None:
    append(log, drill())
    before = log.view(NOW)
    changes = [f"UPDATE {table} SET position = position", f"DELETE FROM {table}"]
    row = f"SELECT * FROM {table} LIMIT 1"
    changes += [f"TRUNCATE {table} CASCADE"] if log.engine.dialect.name == "postgresql" else []
    with log.engine.connect() as connection:
        has_rows = connection.execute(text(row)).first() is not None
    if log.engine.dialect.name == "sqlite":
        # Its triggers act on rows; a table without any has nothing to lose.
        changes = [*changes, f"INSERT OR REPLACE INTO {table} {row}"] if has_rows else []
    for change in changes:
        with pytest.raises(DBAPIError, match="append-only"), log.engine.begin() as connection:
            connection.execute(text(change))
    assert log.view(NOW) == before


def test_the_database_refuses_words_that_the_program_does_not_know(log: Log) -> None:
    append(log, report())
    insert = (
        "INSERT INTO records SELECT 99, kind, 99, NULL, recorded_at, visible_at, visible_basis, author, "
        "reason, 'secret', batch, fingerprint FROM records WHERE position = 1"
    )
    with pytest.raises(DBAPIError, match="ck_records_marking"), log.engine.begin() as connection:
        connection.execute(text(insert))
