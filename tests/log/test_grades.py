import pytest

from iw.core.errors import UsageError
from iw.log.grades import describe_grade, parse_grade
from iw.log.records import Grade


@pytest.mark.parametrize(("text", "grade"), [("B2", Grade("B", "2")), (" f6 ", Grade("F", "6"))])
def test_a_grade_is_a_letter_and_a_digit(text: str, grade: Grade) -> None:
    assert parse_grade(text) == grade


@pytest.mark.parametrize("text", ["G9", "B7", "B0", "2B", "B", "", "B22", "ß1"])
def test_what_is_no_grade_is_refused_and_the_scale_explained(text: str) -> None:
    with pytest.raises(UsageError, match=r"A-F.*1-6") as caught:
        parse_grade(text)
    assert f"'{text}' is not a grade." in caught.value.message


def test_f6_is_not_called_bad_but_not_judged() -> None:
    assert describe_grade(parse_grade("F6")) == "reliability cannot be judged, truth cannot be judged"
