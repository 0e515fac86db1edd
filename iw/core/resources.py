"""Where the shipped catalogue, models and report templates lie: in the wheel, or beside a clone's package."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(folder: str) -> Path:
    """The shipped folder ``indicators``, ``models`` or ``reports``; a wheel has it under ``_data``."""
    packed = _PACKAGE / "_data" / folder
    return packed if packed.is_dir() else _PACKAGE.parent / folder


def product_version() -> str:
    """The installed version of the distribution; "unknown" where the package runs without being installed."""
    try:
        return version("iw-tracker")
    except PackageNotFoundError:
        return "unknown"
