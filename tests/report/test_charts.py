"""The charts: repeatable, told in words, thin, and at home in the page."""

import xml.etree.ElementTree as ElementTree
from datetime import date
from itertools import pairwise

from iw.report.canvas import Look
from iw.report.charts import history_panel, month_marks, shift_waterfall, thinned
from iw.report.prepare import focus
from tests.report.examples import PLOTS, Random, assessment, history

SCREEN = Look(300, 150, 11, "p1", screen=True)
PRINT = Look(150, 80, 6.6, "p1", screen=False)


def test_the_same_data_give_the_same_picture() -> None:
    made = assessment()
    assert history_panel(made, made.scenarios[0], SCREEN) == history_panel(made, made.scenarios[0], SCREEN)


def test_on_screen_text_is_text_and_colours_are_those_of_the_page() -> None:
    made = assessment()
    svg = history_panel(made, made.scenarios[0], SCREEN).svg
    assert "<text" in svg
    assert "var(--warned, #b5431b)" in svg
    assert "http" not in svg
    assert "<style" not in svg


def test_for_print_text_is_paths_and_colours_are_plain() -> None:
    made = assessment()
    svg = history_panel(made, made.scenarios[0], PRINT).svg
    assert "<text" not in svg
    assert "var(" not in svg
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"


def test_ids_of_two_charts_never_meet() -> None:
    made = assessment()
    svg = history_panel(made, made.scenarios[0], SCREEN).svg
    assert svg.count(' id="') == svg.count(' id="p1-') > 0


def test_the_text_alternative_tells_first_lowest_highest_and_last() -> None:
    made = assessment()
    alt = history_panel(made, made.scenarios[0], SCREEN).alt.replace("\u00a0", " ")
    assert alt.startswith("Belief in State-authorised lethal aid from 4 Oct 2030 to 21 Nov 2031: first ")
    assert "last 14 % with a 90 % interval of 8–22 %. 11 points not reliable." in alt


def test_a_long_history_is_thinned_and_keeps_ends_and_peak() -> None:
    points = history(PLOTS[0], Random("long"), weeks=900)
    thin = thinned(points, "lethal-aid")
    days = [p.day for p in thin]
    assert len(thin) <= 120
    assert (thin[0], thin[-1]) == (points[0], points[-1])
    assert all(a < b for a, b in pairwise(days))
    assert max(points, key=lambda p: p.beliefs["lethal-aid"].mean) in thin


def test_a_waterfall_tells_its_terms_and_where_they_lead() -> None:
    made = assessment()
    alt = shift_waterfall(made, made.shift_30, focus(made), SCREEN).alt.replace("\u00a0", " ")
    assert alt.startswith("Belief in State-authorised lethal aid went from 8 % on 22 Oct 2031 to 14 % on 21 Nov 2031.")
    assert "smaller terms" in alt


def test_month_marks_fit_their_room() -> None:
    for last in (date(2031, 3, 1), date(2033, 1, 1), date(2060, 1, 1)):
        marks = month_marks(date(2031, 1, 5), last, room=3)
        assert 1 <= len(marks) <= 3
    assert month_marks(date(2031, 1, 5), date(2031, 1, 9), room=3) == []
