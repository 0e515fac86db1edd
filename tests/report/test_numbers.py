"""How numbers, dates and markings are written."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from iw.assessment.records import Estimate
from iw.report import numbers


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0.0, "<1 %"),
        (1e-12, "<1 %"),
        (0.0099, "<1 %"),
        (0.01, "1 %"),
        (0.125, "12 %"),
        (0.706, "71 %"),
        (0.99, "99 %"),
        (0.9901, ">99 %"),
        (1.0, ">99 %"),
        (float("nan"), "–"),
    ],
)
def test_a_probability_is_whole_percent_and_never_certain(probability: float, shown: str) -> None:
    assert numbers.percent(probability).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (0.05, 0.22, "5–22 %"),
        (0.001, 0.04, "<1 to 4 %"),
        (0.97, 0.999, "97 to >99 %"),
        (0.0, 0.002, "<1 %"),
        (0.031, 0.033, "3 %"),
    ],
)
def test_a_range_never_joins_a_sign_to_a_dash(low: float, high: float, shown: str) -> None:
    assert numbers.interval(Estimate(low, low, high)).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.031, "+3"), (-0.049, "−5"), (0.004, "±0"), (-0.004, "±0"), (0.0, "±0"), (float("nan"), "–")],
)
def test_a_change_is_signed_whole_points(value: float, shown: str) -> None:
    assert numbers.change(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(2.24, "+2.2"), (-0.05001, "−0.1"), (0.04, "±0.0")])
def test_a_contribution_is_signed_tenths_of_a_point(value: float, shown: str) -> None:
    assert numbers.points(value) == shown


def test_whole_years_read_as_years_and_the_rest_as_days() -> None:
    shown = [numbers.days(d).replace("\u00a0", " ") for d in (1, 90, 365, 400, 730)]
    assert shown == ["1 day", "90 days", "1 year", "400 days", "2 years"]


def test_a_date_is_as_precise_as_it_is_known() -> None:
    shown = [numbers.partial(text).replace("\u00a0", " ") for text in ("2031-11-05", "2031-11", "2031", "autumn")]
    assert shown == ["5 Nov 2031", "Nov 2031", "2031", "autumn"]


def test_moments_are_given_in_utc() -> None:
    local = datetime(2031, 11, 22, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert numbers.moment(local).replace("\u00a0", " ") == "21 Nov 2031, 23:30 UTC"
    assert numbers.moment(local) == numbers.moment(datetime(2031, 11, 21, 23, 30, tzinfo=UTC))
    assert numbers.day(date(2031, 3, 5)) == "5\u00a0Mar\u00a02031"


def test_tlp_markings_get_their_prefix_once_and_others_stay() -> None:
    shown = [numbers.marking(text) for text in ("green", "TLP:AMBER+STRICT", "amber+strict", "Office use only")]
    assert shown == ["TLP:GREEN", "TLP:AMBER+STRICT", "TLP:AMBER+STRICT", "Office use only"]


def test_titles_are_cut_at_a_word() -> None:
    assert numbers.shortened("Forces side by side: base access", 20) == "Forces side by…"
    assert numbers.shortened("short", 20) == "short"
