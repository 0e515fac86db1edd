"""The PDF rendering: accessible, archivable, repeatable, and robust against odd input."""

import json
import re
from dataclasses import replace
from functools import cache

import page as page_validation
import pytest

from iw.core.resources import shipped
from iw.report import WeeklyReport, render_pdf
from iw.report.pdf import TEMPLATE, context, settable
from tests.report.examples import assessment, weekly
from tests.report.test_html import ODD, hostile, small


@cache
def five_problems() -> bytes:
    return render_pdf(weekly())


def complies(pdf: bytes, profile: page_validation.ValidationProfile) -> bool:
    return bool(page_validation.validate_pdf_bytes(pdf, profile=profile).is_compliant)


def test_the_report_is_accessible_by_pdf_ua_1() -> None:
    assert complies(five_problems(), page_validation.ValidationProfile.PDF_UA_1)


def test_the_same_record_gives_the_same_bytes() -> None:
    assert render_pdf(small()) == render_pdf(small())


def test_the_creation_date_is_that_of_the_report() -> None:
    assert b"2031-11-21T18:30:00" in five_problems()


def test_the_template_receives_exactly_page_charts_and_note() -> None:
    source = (shipped("reports") / "templates" / TEMPLATE).read_text(encoding="utf-8")
    made = context(small())
    assert set(re.findall(r"(?<![-.])\bdata\.([a-z]+)", source)) == set(made)
    used = set(re.findall(r"page-data\.([a-z_]+)", source))
    assert used == set(made["page"])
    assert json.dumps(made, allow_nan=False)


@pytest.mark.parametrize("kind", ODD)
def test_odd_input_gives_an_accessible_file(kind: str) -> None:
    made = replace(weekly(0), assessments=(ODD[kind](assessment(event_count=2)),))
    assert complies(render_pdf(made), page_validation.ValidationProfile.PDF_UA_1)


def test_special_characters_are_set_as_text() -> None:
    assert complies(render_pdf(hostile()), page_validation.ValidationProfile.PDF_UA_1)


def test_no_problem_gives_a_file_all_the_same() -> None:
    empty: WeeklyReport = replace(weekly(0), documents=(), notes=())
    assert complies(render_pdf(empty), page_validation.ValidationProfile.PDF_UA_1)


def test_characters_without_a_glyph_are_replaced_and_counted() -> None:
    shown, lost = settable({"title": "Łódź, Київ, 戦\ue000", "anchor": "a\x00"})
    assert shown == {"title": "Łódź, Київ, \ufffd\ufffd", "anchor": "a\x00"}
    assert lost == 2
    assert "2\u00a0characters" in context(replace(small(), notes=("戦争",)))["note"]


def test_long_words_may_break_and_short_ones_may_not() -> None:
    shown, _ = settable(("https://example.org/a/very/long/address", "word"))
    assert "\u200b" in shown[0]
    assert shown[1] == "word"
