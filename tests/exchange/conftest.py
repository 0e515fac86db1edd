"""The logs of `tests.log`, and as many further ones as a test needs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iw.log.store import Log
from tests.log.cast import KEY
from tests.log.conftest import (  # noqa: F401  # fixtures are used by name
    log,
    postgresql,
    postgresql_log,
    sqlite_log,
    sqlite_template,
)


@pytest.fixture
def another(tmp_path: Path, sqlite_template: Path) -> Iterator[Callable[[], Log]]:  # noqa: F811
    """Makes a further empty log, in SQLite."""
    with contextlib.ExitStack() as opened:

        def make() -> Log:
            file = tmp_path / f"log-{len(list(tmp_path.glob('*.db')))}.db"
            file.write_bytes(sqlite_template.read_bytes())
            return opened.enter_context(Log.open(f"sqlite:///{file}", KEY))

        yield make


@pytest.fixture
def other(another: Callable[[], Log]) -> Log:
    """An empty log in SQLite, beside the one under test."""
    return another()


@pytest.fixture
def mine(another: Callable[[], Log]) -> Log:
    """An empty log in SQLite, where the store plays no part."""
    return another()
