import calendar
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iw.core.dates import PartialDate, Precision, end_of_day, parse_day, parse_moment
from iw.core.errors import UsageError


@given(st.dates(), st.sampled_from(Precision))
def test_what_is_written_is_read_again(day: date, precision: Precision) -> None:
    period = PartialDate.of(day.replace(day=1) if precision == Precision.MONTH else day, precision)
    assert PartialDate.parse(str(period)) == period
    assert period.precision is precision


@given(st.dates(), st.sampled_from(Precision))
def test_a_period_holds_each_of_its_days_and_no_other(day: date, precision: Precision) -> None:
    period = PartialDate.of(day, precision)
    days = {
        Precision.DAY: 1,
        Precision.MONTH: calendar.monthrange(day.year, day.month)[1],
        Precision.YEAR: 366 if calendar.isleap(day.year) else 365,
    }
    assert period.first <= day <= period.last
    assert (period.last - period.first).days + 1 == days[precision]


@given(st.dates(), st.dates())
def test_days_are_ordered_as_in_the_calendar(one: date, other: date) -> None:
    assert (PartialDate.of_day(one) < PartialDate.of_day(other)) == (one < other)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        (" 2023-3-5 ", date(2023, 3, 5), date(2023, 3, 5)),
        ("0987-01", date(987, 1, 1), date(987, 1, 31)),
    ],
)
def test_a_date_of_lesser_precision_is_its_whole_period(text: str, first: date, last: date) -> None:
    period = PartialDate.parse(text)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "23",
        "2023-",
        "2023-13",
        "2023-00",
        "2023-02-29",
        "2023-02-30",
        "0000",
        "5 March 2023",
        "2023/03",
        "\uff12\uff10\uff12\uff13",
    ],
)
def test_what_is_no_date_is_refused_and_a_date_shown(text: str) -> None:
    with pytest.raises(UsageError, match="Write 2023-03-05") as caught:
        PartialDate.parse(text)
    assert f"'{text}'" in str(caught.value)


@given(st.text())
def test_any_text_is_a_date_or_a_usage_error(text: str) -> None:
    for read in (PartialDate.parse, parse_day, parse_moment):
        try:
            read(text)
        except UsageError:
            continue


@pytest.mark.parametrize("text", ["2023", "2023-03"])
def test_where_a_day_is_needed_a_longer_period_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="a day is needed"):
        parse_day(text)


@given(st.dates())
def test_a_day_as_a_moment_is_its_end(day: date) -> None:
    moment = parse_moment(day.isoformat())
    assert moment == end_of_day(day) == datetime(day.year, day.month, day.day, 23, 59, 59, 999999, UTC)


@pytest.mark.parametrize("text", ["2023-03-05", "20230305", "2023-W09-7"])
def test_every_way_of_writing_a_day_means_its_end(text: str) -> None:
    assert parse_moment(text) == datetime(2023, 3, 5, 23, 59, 59, 999999, UTC)


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2023-03-05T14:30", 14), ("2023-03-05 14:30Z", 14), ("2023-03-05T14:30+02:00", 12)],
)
def test_a_moment_is_utc_unless_it_names_a_zone(text: str, hour: int) -> None:
    moment = parse_moment(text)
    assert moment == datetime(2023, 3, 5, hour, 30, tzinfo=UTC)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("text", ["yesterday", "2023-03-05T25:00", "0001-01-01T00:00+05:00", "2023-03"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_moment(text)
