"""The weekly warning report: one record, rendered as a self-contained HTML file and as an accessible PDF."""

from __future__ import annotations

from iw.report.record import DocumentView, WeeklyReport

__all__ = ["DocumentView", "WeeklyReport", "render_html", "render_pdf"]


def render_html(report: WeeklyReport) -> str:
    """The report as one HTML file that needs nothing else; the same record gives the same text."""
    from iw.report.html import render

    return render(report)


def render_pdf(report: WeeklyReport) -> bytes:
    """The report as a PDF that meets PDF/UA-1 and PDF/A-2a; the same record gives the same bytes."""
    from iw.report.pdf import render

    return render(report)
