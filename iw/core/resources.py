"""Where the shipped catalogue, models and report templates lie: in the wheel, or beside the package in a clone."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(folder: str) -> Path:
    """The shipped folder ``indicators``, ``models`` or ``reports``; the wheel carries them under ``_data``."""
    packed = _PACKAGE / "_data" / folder
    return packed if packed.is_dir() else _PACKAGE.parent / folder
