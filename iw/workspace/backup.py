"""A workspace as one file, and back.

The file is a ZIP archive: ``manifest.json`` with a SHA-256 of each file and the heads of the log, ``log.db`` with the
log as a SQLite file whatever store it is kept in, and under ``workspace/`` the folder, without the log's own files and,
unless asked for, without the key.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from iw.core.errors import StoreError, UsageError
from iw.core.resources import product_version
from iw.log.copying import copy, snapshot
from iw.log.engine import make_engine, sqlite_file
from iw.log.journal import Act
from iw.log.linking import Head
from iw.log.records import Marking
from iw.log.store import Log
from iw.log.verify import Verification
from iw.workspace.log_key import KEY_FILE, find_key, write_key
from iw.workspace.settings import CONFIG, database_url, read_settings
from iw.workspace.workspace import Workspace

FORM = 1
_MANIFEST, _LOG, _FOLDER = "manifest.json", "log.db", "workspace/"


@dataclass(frozen=True)
class Backup:
    """What a backup holds: how many files, and the log's heads by marking, each as ``DIGEST@POSITION``."""

    made_at: datetime
    files: int
    heads: dict[str, str]


def back_up(workspace: Workspace, file: Path, *, with_key: bool = False) -> Backup:
    """Write the workspace, as it is at one moment, to ``file``; there is a whole file afterwards or none.

    Raises `UsageError` where there is one already or the key is asked for and not at hand, `StoreError` where it cannot
    be written.
    """
    if file.exists():
        raise UsageError(f"There is a file already: {file}.", "Name another one.")
    if with_key and workspace.log.key is None:
        raise UsageError("There is no key to put into the backup.", "Leave out --with-key.")
    with workspace.log.giving(Act.BACKUP, [file]):
        workspace.log.hand_out_all(Marking.RED)
        return _write_whole(workspace, file, with_key)


def _write_whole(workspace: Workspace, file: Path, with_key: bool) -> Backup:
    begun = file.with_name(f"{file.name}.part")
    try:
        with _scratch(file.parent) as scratch:
            # The log before the files: a fit's file is there before its record, so none that it names can be missing.
            snapshot(workspace.log, scratch / _LOG)
            with Log.open(f"sqlite:///{scratch / _LOG}") as log:
                heads = {str(marking): str(head) for marking, head in log.heads().items()}
            members = {_LOG: scratch / _LOG, **_files(workspace, {file, begun}, scratch)}
            if with_key and workspace.log.key is not None:
                write_key(scratch, workspace.log.key)
                members[_FOLDER + KEY_FILE] = scratch / KEY_FILE
            made = Backup(workspace.now(), len(members), heads)
            _write(begun, members, made, _empty_folders(workspace.path))
        os.replace(begun, file)
    except OSError as error:
        raise StoreError(f"The backup {file} cannot be written: {error.strerror}.", "Choose another place.") from error
    finally:
        begun.unlink(missing_ok=True)
    return made


def restore(file: Path, folder: Path) -> Verification:
    """Make the workspace of a backup anew in ``folder``, and walk through its log.

    The log goes to where the workspace will look for it: into the folder, or to the database that ``IW_DATABASE_URL``
    names, which must hold none. Without a key at hand only the log's order and its heads are checked. Everything is
    there afterwards, or nothing. Raises `UsageError` where the folder is not empty, `StoreError` where the backup is
    damaged, does not hold, or the place cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"The folder {folder} is not empty.", "Name a new folder.")
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        with _scratch(folder.absolute().parent) as scratch:
            manifest = _extract(file, scratch)
            made = scratch / _FOLDER
            done = _place_log(scratch / _LOG, made, folder, [Head.parse(head) for head in manifest["heads"].values()])
            if folder.exists():
                folder.rmdir()
            os.rename(made, folder)
    except OSError as error:
        message = f"The folder {folder} cannot be written: {error.strerror}."
        raise StoreError(message, "Choose another place.") from error
    return done


def _place_log(snapshot_file: Path, made: Path, folder: Path, heads: list[Head]) -> Verification:
    key = find_key(made)
    with Log.open(f"sqlite:///{snapshot_file}", key) as log:
        done = log.verify(heads)
        if done.flaw is not None:
            raise StoreError(f"The log in the backup does not hold. {done.flaw.message}", "Take an older backup.")
        settings = read_settings(made)
        url = database_url(folder, settings.database)
        if sqlite_file(make_engine(url).url) != (folder / settings.database).resolve():
            copy(log, url)
            return done
    (made / settings.database).parent.mkdir(parents=True, exist_ok=True)
    shutil.move(snapshot_file, made / settings.database)
    return done


def _files(workspace: Workspace, but: set[Path], scratch: Path) -> dict[str, Path]:
    """The files of the workspace by their names in the archive."""
    log = sqlite_file(workspace.log.engine.url)
    its_own = {Path(f"{log}{ending}").resolve() for ending in ("", "-wal", "-shm")} if log else set()
    left_out = its_own | {workspace.path.resolve() / KEY_FILE, *(path.resolve() for path in but)}
    found = (path for path in sorted(workspace.path.rglob("*")) if path.is_file() and scratch not in path.parents)
    kept = (path for path in found if path.resolve() not in left_out)
    return {_FOLDER + path.relative_to(workspace.path).as_posix(): path for path in kept}


def _empty_folders(folder: Path) -> list[str]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_dir() and not any(path.iterdir()))
    return [_FOLDER + path.relative_to(folder).as_posix() for path in found]


def _write(file: Path, members: dict[str, Path], made: Backup, folders: list[str]) -> None:
    digests = {}
    with file.open("xb") as raw:
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            for name, path in members.items():
                with path.open("rb") as content, archive.open(_entry(name, path), "w", force_zip64=True) as entry:
                    digests[name] = _pour(content, entry)
            about = {
                "form": FORM,
                "made_at": made.made_at.isoformat(),
                "made_by": f"iw-tracker {product_version()}",
                "heads": made.heads,
                "files": digests,
                "empty_folders": folders,
            }
            archive.writestr(_MANIFEST, json.dumps(about, indent=2))
        raw.flush()
        os.fsync(raw.fileno())


def _entry(name: str, path: Path) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _extract(file: Path, into: Path) -> dict[str, Any]:
    """All files of the archive, each compared with the manifest, and the manifest."""
    damaged = StoreError(f"The backup {file} is damaged.", "Take another one; nothing was restored.")
    try:
        with zipfile.ZipFile(file) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(_MANIFEST))
            if manifest["form"] != FORM:
                hint = "Please update iw-tracker; nothing was restored."
                raise StoreError(f"A newer program wrote the backup {file}.", hint)
            names = set(archive.namelist()) - {_MANIFEST}
            folders = list(manifest["empty_folders"])
            if names != set(manifest["files"]) or not {_LOG, _FOLDER + CONFIG} <= names:
                raise damaged
            if not all(_inside(name) for name in (*names, *folders)):
                raise damaged
            for name in folders:
                (into / name).mkdir(parents=True, exist_ok=True)
            for name in sorted(names):
                place = into / name
                place.parent.mkdir(parents=True, exist_ok=True)
                mode = 0o600 if name == _FOLDER + KEY_FILE else 0o666
                descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
                with os.fdopen(descriptor, "wb") as content, archive.open(name) as entry:
                    if _pour(entry, content) != manifest["files"][name]:
                        raise damaged
    except FileNotFoundError as error:
        raise StoreError(f"There is no backup {file}.", "Check the path.") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise damaged from error
    return manifest


def _inside(name: str) -> bool:
    """Does a member of an archive stay in the folder that it is unpacked to?"""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and (name == _LOG or name.startswith(_FOLDER))


def _pour(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := source.read(1 << 20):
        digest.update(block)
        target.write(block)
    return digest.hexdigest()


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    # Beside the goal, so that a rename can bring it there at once.
    with tempfile.TemporaryDirectory(prefix=".iw-", dir=parent) as folder:
        yield Path(folder)
