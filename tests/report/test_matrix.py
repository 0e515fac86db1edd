"""The picture of a likelihood matrix."""

import re
from xml.etree import ElementTree

import pytest

from iw.catalogue import Catalogue, load_catalogue
from iw.catalogue.diagnosticity import diagnosticity
from iw.core.resources import shipped
from iw.report.matrix import matrix_picture, ratio_word


@pytest.mark.parametrize(
    ("ratio", "word"),
    [
        (1.0, "="),
        (30.0, "×30"),
        (1.5, "×1.5"),
        (8.06, "×8.1"),
        (1 / 3, "÷3"),
        (1 / 30, "÷30"),
        (1000.0, "only"),
        (0.001, "~0"),
    ],
)
def test_a_ratio_is_said_as_people_say_it(ratio: float, word: str) -> None:
    assert ratio_word(ratio) == word


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(shipped("indicators"), shipped("models"))[0]


def test_the_picture_is_a_picture_of_its_own_with_every_column_and_the_same_each_time(catalogue: Catalogue) -> None:
    problem = catalogue.problem("war-support")
    rows = diagnosticity(catalogue, problem, 365)
    chart = matrix_picture(problem, rows, 365)
    root = ElementTree.fromstring(chart.svg)
    assert root.tag.endswith("svg")
    assert re.match(r"<svg[^>]*><rect width=\"100%\"", chart.svg)  # on paper, whatever page is around it
    assert chart == matrix_picture(problem, rows, 365)
    assert f"{len(rows)} indicators" in chart.alt
    assert rows[0].indicator in chart.alt
