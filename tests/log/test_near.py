from collections.abc import Iterator

import pytest

from iw.core.dates import PartialDate
from iw.log.drafts import EventDraft
from iw.log.near import near_duplicates
from iw.log.records import LogView
from iw.log.store import Log
from tests.log.cast import KEY, NOW, append, drill, report

SUMMARY = "Chinese and Russian ships held live-fire gunnery in the Sea of Japan."


@pytest.fixture
def view(sqlite_url: str) -> Iterator[LogView]:
    with Log.open(sqlite_url, KEY) as log:
        append(
            log,
            drill(SUMMARY, on="2024-01-10", reports=(report(url="https://www.news.org/a/"),)),
            drill("Bombers flew a patrol.", on="2023-06", reports=(report("Bombers."),)),
        )
        yield log.view(NOW)


def near(view: LogView, draft: EventDraft) -> list[str]:
    return [str(event.occurred) for event in near_duplicates(view, draft)]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2024-01-07", ["2024-01-10"]),
        ("2024-01-13", ["2024-01-10"]),
        ("2024-01-14", []),
        ("2024-01", ["2024-01-10"]),
        ("2023-06-15", ["2023-06"]),
        ("2023-07-03", ["2023-06"]),
        ("2023-07-04", []),
        ("2023", ["2023-06"]),
    ],
)
def test_an_event_of_the_indicator_within_three_days_is_near(view: LogView, on: str, expected: list[str]) -> None:
    assert near(view, drill("Other words.", on=on)) == expected


def test_another_indicator_of_that_day_is_not_near(view: LogView) -> None:
    assert near(view, EventDraft("base-use", PartialDate.parse("2024-01-10"), "Other words.", (report("x"),))) == []


def test_the_same_address_is_near_however_it_is_written(view: LogView) -> None:
    draft = drill("Other words.", on="2020-01-01", reports=(report("x", url="http://news.org/A"),))
    assert near(view, draft) == ["2024-01-10"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Russian and Chinese ships held live-fire gunnery in the Sea of Japan", ["2024-01-10"]),
        ("Ships of both navies sailed through the Tsushima strait in the east.", []),
        ("Bombers flew.", []),
    ],
)
def test_much_the_same_words_are_near_at_any_date(view: LogView, text: str, expected: list[str]) -> None:
    assert near(view, drill(text, on="2020-01-01")) == expected


def test_the_event_with_most_signs_comes_first(view: LogView) -> None:
    draft = drill(SUMMARY, on="2023-06-30", reports=(report("x", url="https://news.org/a"),))
    assert near(view, draft) == ["2024-01-10", "2023-06"]
