"""The report as one self-contained HTML file: styles and charts inside, no scripts, nothing fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iw.core.resources import shipped
from iw.report import charts
from iw.report.canvas import Look
from iw.report.evidence_rows import slug
from iw.report.prepare import focus, prepare

if TYPE_CHECKING:
    from jinja2 import Environment

    from iw.assessment.records import Assessment
    from iw.report.canvas import Chart
    from iw.report.record import WeeklyReport

TEMPLATE = "weekly.html.j2"
_FONT = 11.0
# Characters that HTML forbids even as references: controls other than tab and line ends, and lone surrogates.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class ProblemCharts:
    """The charts of one problem; ``history`` in the order of its scenarios, ``shifts`` for 7 and 30 days."""

    history: tuple[Chart, ...]
    forecast: Chart | None
    shifts: tuple[Chart, ...]


def render(report: WeeklyReport) -> str:
    """The file's text; write it as UTF-8."""
    template = environment().get_template(TEMPLATE)
    return template.render(context(report))


def context(report: WeeklyReport) -> dict[str, Any]:
    """Exactly what the template receives: the page, and the charts of each of its problems."""
    drawn = {assessment.problem: draw(assessment) for assessment in report.assessments}
    return {"page": prepare(report), "charts": drawn}


def environment() -> Environment:
    """The shipped templates; values are escaped, and a name that the page lacks is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(shipped("reports") / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    return made


def _printable(value: Any) -> Any:
    return _FORBIDDEN.sub("\ufffd", value) if type(value) is str else value


def draw(assessment: Assessment) -> ProblemCharts:
    """The charts of one problem for the screen."""
    subject = focus(assessment)

    def look(width: float, height: float, name: str) -> Look:
        return Look(width, height, _FONT, slug("chart", assessment.problem, name), screen=True)

    width = 240 if len(assessment.scenarios) == 4 else 330  # four stand in one row, others three to a row
    panels = tuple(
        charts.history_panel(assessment, scenario, look(width, 150, scenario.id))
        for scenario in assessment.scenarios
        if assessment.history
    )
    forecast = None
    if any(scenario.forecasts for scenario in assessment.scenarios):
        height = charts.forecast_height(assessment, _FONT)
        forecast = charts.forecast_chart(assessment, look(400, height, "forecast"))
    waterfalls = tuple(
        charts.shift_waterfall(
            assessment,
            shift,
            subject,
            look(400, charts.waterfall_height(shift, subject.id, _FONT), f"shift-{days}"),
        )
        for days, shift in ((7, assessment.shift_7), (30, assessment.shift_30))
    )
    return ProblemCharts(panels, forecast, waterfalls)
