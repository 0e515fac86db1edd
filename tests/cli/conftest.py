"""A small watch (one problem, the shipped evidence, no fit) and a way to call the program on it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from iw.cli import main
from iw.core.resources import shipped
from iw.workspace import Workspace, init_workspace, open_workspace

TODAY = date(2026, 4, 12)


@dataclass(frozen=True)
class Answer:
    """What one call gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The answer's JSON; nothing else may stand on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Call = Callable[..., Answer]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The watch as it is before every test; it is copied, since to make it takes a second."""
    folder = tmp_path_factory.mktemp("cli") / "watch"
    with init_workspace(folder, today=TODAY, author="tests") as workspace:
        workspace.import_files(sorted((shipped("indicators") / "evidence").glob("*.csv")), backfill=True)
    for path in (folder / "models").glob("*.yaml"):
        if path.name not in {"tables.yaml", "war-support.yaml"}:
            path.unlink()
    shutil.rmtree(folder / "models" / "questions")
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """A watch of the test's own."""
    return Path(shutil.copytree(template, tmp_path / "watch"))


@pytest.fixture
def watch(folder: Path) -> Iterator[Workspace]:
    """The same watch, opened, to look at what a command left."""
    with open_workspace(folder) as workspace:
        yield workspace


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No workspace is found by chance; the terminal has 100 columns and no colours."""
    for name in ("IW_WORKSPACE", "IW_DATABASE_URL", "IW_LOG_KEY", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def iw(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the program in this process."""

    def call(*args: str | Path) -> Answer:
        capsys.readouterr()
        code = main([str(arg) for arg in args])
        return Answer(code, *capsys.readouterr())

    return call


@pytest.fixture
def on_watch(iw: Call, folder: Path) -> Call:
    """Call the program on the watch."""
    return lambda *args: iw("--workspace", folder, *args)
