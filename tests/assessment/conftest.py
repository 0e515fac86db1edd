from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from iw.core.resources import shipped
from iw.workspace import Workspace, init_workspace, open_workspace

DAY = date(2026, 4, 12)


def clock() -> datetime:
    return datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def shipped_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the shipped subject and evidence, without a fit; its clock stands at `DAY`."""
    folder = tmp_path_factory.mktemp("shipped") / "watch"
    with init_workspace(folder, today=DAY, author="anna", clock=clock) as workspace:
        workspace.import_files(sorted((shipped("indicators") / "evidence").glob("*.csv")), backfill=True)
    return folder


@pytest.fixture
def workspace(shipped_workspace: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy that a test may write to."""
    folder = tmp_path / "watch"
    shutil.copytree(shipped_workspace, folder)
    with open_workspace(folder, clock) as workspace:
        yield workspace
