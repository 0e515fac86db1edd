"""Write a report's two renderings to disk, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import date
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
    contents = (page, paper, render_json(report).encode())
    html, pdf, beliefs = files_of(report.as_of, folder)
    for path, content in zip((html, pdf, beliefs), contents, strict=True):
        _replace(path, content)
    return html, pdf


def files_of(as_of: date, folder: Path) -> tuple[Path, Path, Path]:
    """The files of a report in ``folder``: HTML, PDF, and its beliefs."""
    html, pdf, beliefs = (folder / f"weekly-{as_of}.{ending}" for ending in ("html", "pdf", "json"))
    return html, pdf, beliefs


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
