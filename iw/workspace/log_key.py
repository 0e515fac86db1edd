"""Where a workspace keeps the key of its log's hash chain: ``log.key`` beside ``iw.toml``, or the environment."""

from __future__ import annotations

import os
from pathlib import Path

from iw.core.errors import StoreError
from iw.log.keys import LogKey

KEY_FILE = "log.key"
KEY_VARIABLE = "IW_LOG_KEY"


def find_key(folder: Path) -> LogKey | None:
    """The key: the variable goes before the file. None where there is neither, or the file is not for this user:
    who may not read the key may still read the log. `StoreError` where what stands there is no key.
    """
    if text := os.environ.get(KEY_VARIABLE):
        return LogKey.parse(text, f"The variable {KEY_VARIABLE}")
    file = folder / KEY_FILE
    try:
        return LogKey.parse(file.read_text(encoding="ascii"), str(file)) if file.exists() else None
    except PermissionError:
        return None
    except (OSError, ValueError) as error:
        raise StoreError(f"The key {file} cannot be read: {error}.", "Restore it.") from error


def make_key(folder: Path) -> LogKey:
    """Write a new key into the folder, for its owner alone to read; `StoreError` where one is there already."""
    key = LogKey.new()
    write_key(folder, key)
    return key


def write_key(folder: Path, key: LogKey) -> None:
    """Write ``key`` into the folder, as `make_key` does."""
    file = folder / KEY_FILE
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as written:
            written.write(f"{key.text}\n")
    except OSError as error:
        raise StoreError(f"The key {file} cannot be written: {error.strerror}.", "Choose another place.") from error
