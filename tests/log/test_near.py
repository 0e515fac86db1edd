import random

import pytest
from sqlalchemy import text

from iw.core.dates import PartialDate
from iw.core.errors import UsageError
from iw.log.drafts import CorrectionDraft, EventDraft, RetractionDraft
from iw.log.near import near_duplicates
from iw.log.records import Marking
from iw.log.store import Log
from tests.log.cast import DAY, NOW, append, denial, drill, report
from tests.log.test_readings import trade

SUMMARY = "Chinese and Russian ships held live-fire gunnery in the Sea of Japan."


@pytest.fixture
def told(log: Log) -> Log:
    """A log with two events."""
    append(
        log,
        drill(SUMMARY, on="2024-01-10", reports=(report(url="https://www.news.org/a/"),)),
        drill("Bombers flew a patrol.", on="2023-06", reports=(report("Bombers."),)),
    )
    return log


def near(log: Log, draft: EventDraft) -> list[str]:
    return [str(event.occurred) for event in log.near(draft, NOW)]


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
def test_an_event_of_the_indicator_within_three_days_is_near(told: Log, on: str, expected: list[str]) -> None:
    assert near(told, drill("Other words.", on=on)) == expected


def test_another_indicator_of_that_day_is_not_near(told: Log) -> None:
    assert near(told, EventDraft("base-use", PartialDate.parse("2024-01-10"), "Other words.", (report("x"),))) == []


def test_the_same_address_is_near_however_it_is_written(told: Log) -> None:
    draft = drill("Other words.", on="2020-01-01", reports=(report("x", url="http://news.org/A"),))
    assert near(told, draft) == ["2024-01-10"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Russian and Chinese ships held live-fire gunnery in the Sea of Japan", ["2024-01-10"]),
        ("Ships of both navies sailed through the Tsushima strait in the east.", []),
        ("Bombers flew.", []),
    ],
)
def test_much_the_same_words_are_near_at_any_date(told: Log, text: str, expected: list[str]) -> None:
    assert near(told, drill(text, on="2020-01-01")) == expected


def test_the_event_with_most_signs_comes_first(told: Log) -> None:
    draft = drill(SUMMARY, on="2023-06-30", reports=(report("x", url="https://news.org/a"),))
    assert near(told, draft) == ["2024-01-10", "2023-06"]


@pytest.mark.parametrize("address", ["http://news.org/Straße/É", "HTTPS://WWW.News.org/straße/é/", "news.org/STRAßE/É"])
def test_addresses_beyond_ascii_are_the_same_at_least_as_typed(log: Log, address: str) -> None:
    append(log, drill("One.", on="2020-01-01", reports=(report("x", url=address),)))
    assert near(log, drill("Two.", on="2024-01-01", reports=(report("y", url=f"{address}/"),))) == ["2020-01-01"]


def test_addresses_that_differ_beyond_what_an_index_keeps_are_not_the_same(log: Log) -> None:
    address = "https://news.org/" + "a" * 5_000
    append(log, drill("One.", on="2020-01-01", reports=(report("x", url=address),)))
    assert near(log, drill("Two.", reports=(report("y", url=address),))) == ["2020-01-01"]
    assert near(log, drill("Two.", reports=(report("y", url=f"{address}b"),))) == []


def test_what_the_indices_find_is_what_a_comparison_with_every_event_finds(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Corrected, withdrawn, denied, unbacked and later events, readings, and every marking among them."""
    chance = random.Random(7)
    words = ["ships", "bombers", "sailed", "flew", "jointly", "near", "the", "strait", "in", "spring"]
    days = [f"{year}-{month:02d}-{day:02d}" for year in (2022, 2023) for month in (1, 2, 12) for day in (1, 3, 28)]

    def draft() -> EventDraft:
        text = " ".join(chance.sample(words, 6))
        url = chance.choice([None, "https://a.org/1", "http://www.a.org/1/", "http://b.org"])
        on = chance.choice([*days, "2022-12", "2023-01", "2022", "2023"])
        more = [denial(f"No: {text}.")] if chance.random() < 0.3 else []
        own = chance.choice(["bilateral-drill", "base-use"])
        backing = report(f"{text}, {chance.random()}.", url=url)
        marking = chance.choice(list(Marking))
        return EventDraft(own, PartialDate.parse(on), text, (backing, *more), marking=marking)

    positions = append(log, *(draft() for _ in range(60)), trade())
    for position in positions[:30:3]:
        append(log, CorrectionDraft(position, occurred=PartialDate.parse("2021-06-02"), reason="misread"))
    for position in positions[1:20:3]:
        append(log, RetractionDraft(position, reason="withdrawn"))
    for event in log.view(NOW).events[::5]:
        append(log, RetractionDraft(event.backings[0].position, reason="not about that"))
    append(log, draft(), draft(), now=NOW + DAY)
    for moment in (NOW, NOW + DAY):
        every = log.view(moment).events
        for _ in range(30):
            one = draft()
            assert log.near(one, moment) == near_duplicates(every, one)
            short = EventDraft(one.indicator, one.occurred, "Few words.", (report("Few.", url=one.reports[0].url),))
            with monkeypatch.context() as patch:
                patch.setattr("iw.log.near.LATEST", 0)  # a few words are like no others: date and address alone count
                assert log.near(short, moment) == near_duplicates(every, short)


def test_date_and_address_are_found_however_long_ago_and_like_words_among_the_latest(
    told: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iw.log.near.LATEST", 1)
    assert near(told, drill("Other words.", on="2024-01-08")) == ["2024-01-10"]
    assert near(told, drill("Other.", on="2020-01-01", reports=(report("x", url="http://news.org/a"),))) == [
        "2024-01-10"
    ]
    assert near(told, drill(SUMMARY, on="2020-01-01")) == []
    assert near(told, drill("Bombers flew a patrol.", on="2020-01-01")) == ["2023-06"]


def steps(log: Log, draft: EventDraft) -> int:
    """How many instructions SQLite takes to find what a draft may repeat and to append it, in hundreds."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    with log.engine.connect() as connection:
        connection.connection.dbapi_connection.set_progress_handler(count, 100)  # type: ignore[union-attr]
    assert log.near(draft, NOW)
    append(log, draft)
    log.engine.dispose()
    return counted


@pytest.mark.parametrize("log", ["sqlite"], indirect=True)
def test_what_an_entry_takes_does_not_grow_with_the_log(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iw.log.near.LATEST", 20)

    def entry(number: int) -> EventDraft:
        return drill(f"Drill {number}.", on=f"{1900 + number // 336}-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}")

    append(log, *(entry(number) for number in range(100)))
    small = steps(log, entry(100))
    append(log, *(entry(number) for number in range(101, 1_500)))
    assert small * 0.5 < steps(log, entry(1_500)) < small * 1.5


@pytest.mark.parametrize("log", ["postgresql"], indirect=True)
def test_after_an_import_postgresql_knows_how_large_the_log_is(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it reads whole tables until it looks by itself, some minutes later or never."""
    monkeypatch.setattr("iw.log.store.AT_ONCE", 50)
    append(log, *(drill(f"Drill {number}.") for number in range(120)))
    with log.engine.connect() as connection:
        known = connection.execute(text("SELECT reltuples FROM pg_class WHERE relname = 'records'")).scalar_one()
    assert known == log.position()


def test_an_event_is_read_by_its_name_as_the_view_has_it(log: Log) -> None:
    positions = append(log, drill("One.", reports=(report("x"), denial())), drill("Two."), trade())
    append(log, RetractionDraft(positions[1], reason="withdrawn"))
    append(log, CorrectionDraft(positions[0], summary="Corrected.", reason="misread"))
    view = log.view(NOW)
    assert [log.event(positions[0]), log.event(positions[2])] == [*view.events, *view.readings]
    with pytest.raises(UsageError, match=f"no event E{positions[1]}"):
        log.event(positions[1])
