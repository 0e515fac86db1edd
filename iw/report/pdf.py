"""The report as a PDF that meets PDF/UA-1 and PDF/A-2a, set by Typst with the fonts that its wheel carries.

Any warning of the compiler is an error here: a font that is missing or a label that leads nowhere would otherwise
go out unseen. The creation date is the report's own, so that the same record gives the same bytes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iw.core.errors import IwError
from iw.core.resources import shipped
from iw.report import charts, numbers
from iw.report.canvas import Look
from iw.report.evidence_rows import slug
from iw.report.prepare import focus, prepare

if TYPE_CHECKING:
    from iw.assessment.records import Assessment
    from iw.report.canvas import Chart
    from iw.report.record import WeeklyReport

TEMPLATE = "weekly.typ"
_FONT = 6.6
_TEXT_WIDTH = 493.0  # points: A4 less its margins
_REPLACEMENT = "\ufffd"
_BREAK = "\u200b"  # an invisible place where a line may end


def render(report: WeeklyReport) -> bytes:
    """The file's bytes."""
    import typst

    folder = shipped("reports") / "templates"
    pdf, warnings = typst.compile_with_warnings(
        str(folder / TEMPLATE),
        root=str(folder),
        format="pdf",
        sys_inputs={"data": json.dumps(context(report), ensure_ascii=False, allow_nan=False)},
        pdf_standards=["ua-1", "a-2a"],
        ignore_system_fonts=True,
        font_paths=[str(_font_folder())],
        timestamp=int(report.issued_at.timestamp()),
    )
    if warnings:
        raise IwError(f"The PDF could not be set cleanly: {'; '.join(w.message for w in warnings)}.")
    return bytes(pdf)


def context(report: WeeklyReport) -> dict[str, Any]:
    """Exactly what the template receives: the page, the charts of each of its problems, and a note on characters."""
    page, lost = settable(asdict(prepare(report)))
    drawn = {assessment.problem: draw(assessment) for assessment in report.assessments}
    note = ""
    if lost:
        text = numbers.plural(lost, "character")
        note = f"{text} that no font of this file has {'is' if lost == 1 else 'are'} shown as {_REPLACEMENT}."
    return {"page": page, "charts": drawn, "note": note}


def draw(assessment: Assessment) -> dict[str, Any]:
    """The charts of one problem for print; ``columns`` is how many history panels stand in a row."""
    subject = focus(assessment)

    def look(width: float, height: float, name: str) -> Look:
        return Look(width, height, _FONT, slug("chart", assessment.problem, name), screen=False)

    columns = 4 if len(assessment.scenarios) == 4 else min(3, len(assessment.scenarios))
    width = (_TEXT_WIDTH - 14 * (columns - 1)) / columns
    half = (_TEXT_WIDTH - 20) / 2
    panels = [
        charts.history_panel(assessment, scenario, look(width, 78, scenario.id))
        for scenario in assessment.scenarios
        if assessment.history
    ]
    forecast = None
    if any(scenario.forecasts for scenario in assessment.scenarios):
        height = charts.forecast_height(assessment, _FONT)
        forecast = charts.forecast_chart(assessment, look(half, height, "forecast"))
    waterfalls = [
        charts.shift_waterfall(
            assessment,
            shift,
            subject,
            look(half, charts.waterfall_height(shift, subject.id, _FONT), f"shift-{days}"),
        )
        for days, shift in ((7, assessment.shift_7), (30, assessment.shift_30))
    ]
    return {
        "columns": columns,
        "history": [_plain(panel) for panel in panels],
        "forecast": _plain(forecast) if forecast else None,
        "shifts": [_plain(waterfall) for waterfall in waterfalls],
    }


def _plain(chart: Chart) -> dict[str, str]:
    alt, _ = settable(chart.alt)
    return {"svg": chart.svg, "alt": alt}


def settable(value: Any) -> tuple[Any, int]:
    """A copy of nested data whose texts can be set, and how many characters had to be replaced.

    Controls, private and unassigned characters are forbidden in PDF/A, and so are glyphs that no font has. Words
    too long for a line get invisible places to break.
    """
    lost = 0

    def text(raw: str) -> str:
        nonlocal lost
        out = []
        for character in raw:
            known = character in " \n\u00a0" or ord(character) in _glyphs()
            if character in "\t\r":
                character, known = " ", True
            bad = unicodedata.category(character) in {"Cc", "Co", "Cn", "Cs"} and character != "\n"
            lost += bad or not known
            out.append(_REPLACEMENT if bad or not known else character)
        return _breakable("".join(out))

    return _mapped(value, text), lost


def _breakable(text: str) -> str:
    def opened(match: re.Match[str]) -> str:
        word = re.sub(r"([/._\-=&?])(?=\w)", rf"\1{_BREAK}", match[0])
        return re.sub(rf"([^{_BREAK}]{{18}})(?=[^{_BREAK}])", rf"\1{_BREAK}", word)

    return re.sub(r"[^\s\u00a0]{18,}", opened, text)


def _mapped(value: Any, change: Callable[[str], str], key: str = "") -> Any:
    """The same structure with every text changed, but for anchors and addresses, which are not set as text."""
    if isinstance(value, dict):
        return {name: _mapped(item, change, name) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, change, key) for item in value]
    return change(value) if isinstance(value, str) and key not in {"anchor", "url", "id"} else value


def _font_folder() -> Path:
    """DejaVu Sans, for charts, labels and rare characters, comes with matplotlib."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(_font_folder() / "DejaVuSans.ttf")).get_charmap())
