"""Open a workspace, or found one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from iw.catalogue import load_catalogue
from iw.core.errors import StoreError, UsageError
from iw.core.resources import shipped
from iw.exchange.checks import check_log_file
from iw.log.drafts import CoverageDraft
from iw.workspace.journaling import JournaledLog, Reader
from iw.workspace.log_key import find_key, make_key
from iw.workspace.settings import (
    CONFIG,
    Settings,
    as_toml,
    database_url,
    find_workspace,
    read_settings,
    user_name,
)
from iw.workspace.workspace import Workspace


def open_workspace(
    path: Path | str | None = None, clock: Callable[[], datetime] | None = None, purpose: str = "Python"
) -> Workspace:
    """Open the workspace at ``path``, else at ``$IW_WORKSPACE``, else in this folder or the nearest above it.

    ``purpose`` is what the journal says of reads: the command, say. Raises `UsageError` where there is none,
    `StoreError` where its log cannot be opened.
    """
    folder = find_workspace(Path(path) if path else None)
    settings = read_settings(folder)
    catalogue, faults = load_catalogue(folder / "indicators", folder / "models")
    log = _open_log(database_url(folder, settings.database), folder)
    extra = (clock,) if clock else ()
    workspace = Workspace(folder, settings, log, catalogue, tuple(faults), *extra)
    log.reader = Reader(settings.author, purpose, workspace.now)
    return workspace


def init_workspace(
    path: Path | str,
    *,
    name: str | None = None,
    today: date | None = None,
    author: str | None = None,
    bare: bool = False,
    log_file: Path | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Workspace:
    """Make a workspace: the catalogue copied for editing, an empty log, and the watch's own coverage from today on.

    ``name`` stands on reports (default: the folder's name). ``bare`` leaves the shipped subject out: of its catalogue
    only the shared tables and the editors' schemas are copied. ``log_file`` is the file of a log, which then goes on
    here as it stood there, in place of an empty one. Raises `UsageError` where one is there already, `StoreError`
    where the folder cannot be written, `DataError` where the file has faults.
    """
    folder = Path(path)
    if log_file is not None:
        # Before anything is made: a workspace without the log that was asked for would be in the way.
        check_log_file(log_file, (clock or _clock)())
    if (folder / CONFIG).exists():
        raise UsageError(f"{folder} is a workspace already.", f"Use it: iw --workspace {folder} status.")
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"The folder {folder} is not empty.", "Name a new folder.")
    settings = Settings(name or folder.resolve().name, "log.db", author or user_name(), today)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part in ("indicators", "models"):
            left_out = _but_tables if bare else shutil.ignore_patterns("__pycache__")
            shutil.copytree(shipped(part), folder / part, ignore=left_out)
        for part in ("fits", "reports", "models/questions"):
            (folder / part).mkdir(exist_ok=True)
        key = find_key(folder) or make_key(folder)
        JournaledLog.create(database_url(folder, settings.database), key).close()
        (folder / CONFIG).write_text(as_toml(settings), encoding="utf-8")
    except OSError as error:
        message = f"The folder {folder} cannot be written: {error.strerror}."
        raise StoreError(message, "Choose another place.") from error
    workspace = open_workspace(folder, clock)
    if log_file is not None:
        workspace.exchange.read_log(log_file)
        return workspace
    watch = CoverageDraft("watch", "watch", "*", since=workspace.today, reason="the watch begins")
    workspace.append([watch], reason="workspace made")
    return workspace


def _open_log(url: str, folder: Path) -> JournaledLog:
    key = find_key(folder)
    if key is None and JournaledLog.predates_chain(url):
        key = make_key(folder)  # the log gets its chain now
    return JournaledLog.open(url, key)


def _clock() -> datetime:
    return datetime.now(UTC)


def _but_tables(folder: str, names: list[str]) -> list[str]:
    """What a bare workspace does not get: every file of the subject, and the folders of its evidence and questions."""
    if Path(folder).name == "schema":
        return []
    return [name for name in names if name not in {"schema", "tables.yaml"}]
