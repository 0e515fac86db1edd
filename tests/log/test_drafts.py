from datetime import UTC, date, datetime

import pytest

from iw.core.errors import UsageError
from iw.log.drafts import CoverageDraft, ReportDraft, SearchDraft, position_of, slug
from iw.log.records import Grade
from tests.log.cast import denial, drill, report


def test_a_report_without_an_origin_has_its_source_as_origin() -> None:
    assert report(source="Ministry of Defence of Japan").origin == "ministry-of-defence-of-japan"
    assert report(origin="tass-2024-05-20").origin == "tass-2024-05-20"


@pytest.mark.parametrize(
    ("name", "expected"), [("Жэньминь Жибао", "жэньминь-жибао"), ("...", "..."), ("A_b C", "a-b-c")]
)
def test_a_slug_keeps_the_letters_of_every_script(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_an_event_needs_a_report_that_backs_it() -> None:
    with pytest.raises(UsageError, match="at least one report that backs it"):
        drill(reports=(denial(),))


def test_a_report_from_before_the_event_cannot_back_it_but_can_deny_it() -> None:
    early = datetime(2024, 5, 19, tzinfo=UTC)
    with pytest.raises(UsageError, match="cannot back"):
        drill(on="2024-05-20", reports=(report(reported_at=early),))
    drill(on="2024-05-20", reports=(report(), denial(reported_at=early)))


@pytest.mark.parametrize("text", ["nul \0 sign", "half a pair \ud800"])
def test_a_text_that_no_store_keeps_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be stored"):
        report(text)


def test_empty_texts_and_impossible_grades_are_refused() -> None:
    with pytest.raises(UsageError, match="source is empty"):
        report(source=" ")
    with pytest.raises(UsageError, match="summary is empty"):
        drill(" ", reports=(report(),))
    with pytest.raises(UsageError, match="not a grade"):
        ReportDraft("TASS", Grade("G", "9"), "text")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="no time zone"):
        report(reported_at=datetime(2024, 5, 20))


def test_coverage_is_a_chance_over_a_window() -> None:
    first, last = date(2024, 1, 1), date(2024, 12, 31)
    with pytest.raises(UsageError, match="from 0 to 1"):
        CoverageDraft("watch", "watch", "*", first, last, 1.5)
    with pytest.raises(UsageError, match="before it begins"):
        SearchDraft("bilateral-drill", last, first, 0.5)
    with pytest.raises(UsageError, match="nobody was looking"):
        CoverageDraft("watch", "gap", "*", first, last, 0.5)
    assert CoverageDraft("watch", "gap", "*", first, last).coverage == 0


@pytest.mark.parametrize(("name", "position"), [("E12", 12), ("r7", 7), (" 31 ", 31)])
def test_a_short_name_gives_its_position(name: str, position: int) -> None:
    assert position_of(name) == position


@pytest.mark.parametrize("name", ["", "E", "E-1", "EE1", "E1.5", "E" + "9" * 30])
def test_what_is_no_short_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="Names look like E12"):
        position_of(name)
