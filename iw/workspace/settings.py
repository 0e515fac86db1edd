"""A workspace's settings: ``iw.toml``, and where the workspace and its log lie."""

from __future__ import annotations

import getpass
import os
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from iw.core.errors import DataError, Fault, UsageError

CONFIG = "iw.toml"
ENVIRONMENT = "IW_WORKSPACE"
DATABASE = "IW_DATABASE_URL"
AUTHOR = "IW_AUTHOR"
SEED = 20140101


@dataclass(frozen=True)
class Settings:
    """What ``iw.toml`` may say. ``today`` freezes the clock's date: for demonstrations and exercises only."""

    name: str
    database: str
    author: str
    today: date | None = None
    seed: int = SEED


def find_workspace(path: Path | None) -> Path:
    """``path``, else ``$IW_WORKSPACE``, else this folder or the nearest above it that is a workspace."""
    named = path or (Path(os.environ[ENVIRONMENT]) if os.environ.get(ENVIRONMENT) else None)
    if named is not None:
        if not (named / CONFIG).is_file():
            raise UsageError(f"{named} is not a workspace (it has no {CONFIG}).", f"Make one: iw init {named}.")
        return named
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / CONFIG).is_file():
            return folder
    hint = "Make one with 'iw init my-watch', or name one: iw --workspace FOLDER."
    raise UsageError("There is no workspace here.", hint)


def read_settings(folder: Path) -> Settings:
    """What ``iw.toml`` says; `DataError` with every fault in it."""
    try:
        values = tomllib.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError([Fault(CONFIG, 0, 0, f"cannot be read: {error}")]) from error
    known = sorted(Settings.__dataclass_fields__)
    faults = [
        Fault(CONFIG, 0, 0, f"unknown key '{key}'", f"known: {', '.join(known)}") for key in values if key not in known
    ]
    faults += [
        Fault(CONFIG, 0, 0, f"the key '{key}' is missing")
        for key in ("name", "database", "author")
        if key not in values
    ]
    if faults:
        raise DataError(faults)
    return Settings(**{**values, "author": os.environ.get(AUTHOR) or values["author"]})


def as_toml(settings: Settings) -> str:
    """The text of a new ``iw.toml``."""
    lines = [
        f'name = "{_escaped(settings.name)}"',
        f'database = "{settings.database}"  # a file in this folder; the variable {DATABASE} goes before it',
        f'author = "{_escaped(settings.author)}"  # who appends and reads; the variable {AUTHOR} goes before it',
        f"seed = {settings.seed}  # all randomness starts here",
    ]
    if settings.today is not None:
        lines.append(f"today = {settings.today.isoformat()}  # the clock stands still: for demonstrations only")
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def database_url(folder: Path, database: str) -> str:
    """Where the log lies: the environment goes before the file in the workspace."""
    return os.environ.get(DATABASE) or f"sqlite:///{(folder / database).resolve()}"


def user_name() -> str:
    """Who is at the keyboard, as far as the system says."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
