"""JSON answers: an interface to be relied on. Every command gives one object of one documented shape.

Each has ``schema`` (``iw.<command>/<version>``; the version rises when a key changes its meaning or goes away),
``provenance`` (what made the numbers) and ``rows``. Probabilities are 0..1, ``points`` percentage points, ``decibans``
10 log10 of odds ratios; numbers are not rounded, dates and moments are ISO 8601 in UTC, what is unknown is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iw.workspace import Workspace


def answer(command: str, provenance: Mapping[str, Any], rows: Sequence[Any], **more: Any) -> str:
    """The text of one answer."""
    content = {"schema": f"iw.{command}/1", "provenance": provenance, **more, "rows": rows}
    return json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False)


def origin(workspace: Workspace, **more: Any) -> dict[str, Any]:
    """What made an answer: the state of log and catalogue, and the program."""
    from iw.core.resources import product_version

    return {
        "workspace": workspace.settings.name,
        "today": workspace.today,
        "log_position": workspace.log.position(),
        "catalogue_version": workspace.catalogue.version,
        "product_version": product_version(),
        **more,
    }


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value
