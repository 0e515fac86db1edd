"""Write a report's two renderings to disk, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from iw.core.errors import StoreError
from iw.report.record import WeeklyReport


def write_report(report: WeeklyReport, folder: Path, progress: Callable[[str], None]) -> tuple[Path, Path]:
    """Write ``weekly-<date>.html`` and ``.pdf`` into ``folder``, and beside them their beliefs as ``.json``.

    Gives the first two paths. Raises `StoreError`.
    """
    from iw.report import render_html, render_pdf
    from iw.report.beliefs_file import render_json

    progress("drawing charts and setting the page")
    page = render_html(report).encode()
    progress("setting the PDF")
    paper = render_pdf(report)
    paths = (folder / f"weekly-{report.as_of}.html", folder / f"weekly-{report.as_of}.pdf")
    for path, content in zip(paths, (page, paper), strict=True):
        _replace(path, content)
    _replace(paths[0].with_suffix(".json"), render_json(report).encode())
    return paths


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):  # where not even the folder could be made, there is nothing to remove
            part.unlink()
        raise StoreError(
            f"The report cannot be written to {path.parent}: {error.strerror}.", "Name another folder with --to."
        ) from error
