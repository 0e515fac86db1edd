"""Findings on a sound catalogue, and what rare indicators are worth; the cast has no finding."""

import math

import pytest

from iw.catalogue.checks import FloorRow, catalogue_findings, floor_table
from tests.catalogue.cast import INDICATORS, PROBLEM, Folders

OPS, CLOSE = "indicators/operations.yaml", "models/closeness.yaml"


def findings(folders: Folders) -> list[str]:
    assert folders.faults() == []
    return [str(finding) for finding in catalogue_findings(folders.load())]


def test_there_is_nothing_to_say_against_the_cast(folders: Folders) -> None:
    assert findings(folders) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "says"),
    [
        (
            OPS,
            "      citations: [{document: paper, section: Drills}]\n",
            "",
            "rate:",
            "this number rests on no document, only on the word of anna",
        ),
        (OPS, "[1, 16]", "[1, 9.9]", "interval: [1, 9.9]", "the rate [1, 9.9] spans less than x10"),
        (
            CLOSE,
            "    citations: [{document: paper, section: Treaties}]\n",
            "",
            "id: alliance",
            "prior, dwell and odds of 'alliance' rest on no document",
        ),
        (CLOSE, "[0.02, 0.5]", "[0.2, 0.5]", "interval: [0.2, 0.5]", "spans less than x10"),
        (CLOSE, "[4, 25]", "[1, 8.9]", "id: rupture", "x3 or more in 'rupture' against the status quo"),
        (
            CLOSE,
            PROBLEM[PROBLEM.index("    rate:\n") : PROBLEM.index("    rationale: It is the")],
            "",
            "only_then",
            "'base-accord' happens only in 'alliance', yet its rate is the status quo's",
        ),
    ],
)
def test_a_finding_is_located(folders: Folders, file: str, old: str, new: str, at: str, says: str) -> None:
    folders.swap(file, old, new)
    (finding,) = findings(folders)
    assert finding.startswith(folders.place(file, at) + ": ")
    assert says in finding


def test_an_indicator_that_nobody_can_see_raises_no_scenario(folders: Folders) -> None:
    folders.swap(OPS, "coverage: 0.5", "coverage: 0")
    (finding,) = findings(folders)
    assert finding.startswith(folders.place(CLOSE, "id: rupture") + ": no covered indicator is x3 or more in")


def test_the_bounds_themselves_pass(folders: Folders) -> None:
    folders.swap(OPS, "[1, 16]", "[0.3, 3]")
    folders.swap(CLOSE, "interval: [4, 25]", "word: x3")
    assert findings(folders) == []


def test_an_indicator_that_no_problem_uses_is_a_finding(folders: Folders) -> None:
    folders.swap(CLOSE, "  - indicator: drill\n", "  - indicator: quarrel\n")
    folders.swap(CLOSE, PROBLEM[PROBLEM.rindex("  - indicator: quarrel") :], "")
    folders.swap(CLOSE, "word: x1/8", "word: x3")
    (finding,) = findings(folders)
    assert finding.startswith(f"{folders.place(OPS, 'id: drill')}: no warning problem listens to 'drill'")


def test_scenarios_that_are_alike_to_every_indicator_are_a_finding(folders: Folders) -> None:
    folders.write(CLOSE, PROBLEM[: PROBLEM.index("  - indicator: drill")])
    rupture = "rupture: {word: x3, rationale: R., judgement: anna}"
    alliance = "alliance: {interval: [2, 8], rationale: R., judgement: anna}"
    for name in ("drill", "base-accord", "quarrel"):
        path = folders.root / CLOSE
        entry = f"  - indicator: {name}\n    likelihood:\n      {rupture}\n      {alliance}\n"
        path.write_text(path.read_text(encoding="utf-8") + entry, encoding="utf-8")
    (finding,) = findings(folders)
    assert finding.startswith(folders.place(CLOSE, "id: rupture") + ": ")
    assert "no covered indicator tells 'rupture' from 'alliance'" in finding


def test_findings_come_in_the_order_of_the_files(folders: Folders) -> None:
    folders.swap(CLOSE, "[4, 25]", "[1, 8.9]")
    folders.swap(OPS, "[0.01, 1]", "[0.1, 0.9]")
    folders.swap(OPS, "[1, 16]", "[3, 5]")
    assert [finding.split(":")[0] for finding in findings(folders)] == [OPS, OPS, CLOSE]


def test_the_floor_table_says_what_an_event_and_ten_silent_years_are_worth(folders: Folders) -> None:
    catalogue = folders.load()
    accord, quarrel = floor_table(catalogue, catalogue.problem("closeness"))
    # Only then: 0.1 a year in an alliance and 0.0001 elsewhere, against the floor of 0.2; seen with chance 0.8.
    assert (accord.indicator, accord.best, accord.worst) == ("base-accord", "alliance", "rupture")
    assert accord.median_rate == pytest.approx(0.1)
    assert accord.event_ratios == pytest.approx((0.7 / 0.4003, 0.55 / 0.10045, 0.515 / 0.030485))
    assert accord.silence_ratio == pytest.approx(math.exp(0.7992))
    # Ten times 0.1 a year in a rupture, 0.1 elsewhere; seen with chance 0.5.
    assert (quarrel.indicator, quarrel.best, quarrel.worst) == ("quarrel", "rupture", "alliance")
    assert quarrel.event_ratios == pytest.approx((3.4 / 0.7, 4.6 / 0.55, 4.88 / 0.515))
    assert quarrel.silence_ratio == pytest.approx(math.exp(4.5))


def rows(folders: Folders, **more: tuple[float, ...]) -> dict[str, FloorRow]:
    catalogue = folders.load()
    return {row.indicator: row for row in floor_table(catalogue, catalogue.problem("closeness"), **more)}


def test_an_event_that_is_certainly_genuine_is_worth_the_ratio_of_the_rates(folders: Folders) -> None:
    assert rows(folders, weights=(0.0, 1.0))["quarrel"].event_ratios == pytest.approx((1, 10))


def test_an_indicator_at_the_floor_or_alike_in_all_scenarios_has_no_row(folders: Folders) -> None:
    folders.swap(OPS, "[0.01, 1]", "[0.04, 1]")  # median 0.2: the floor itself
    assert list(rows(folders)) == ["base-accord"]
    folders.swap(OPS, "[0.04, 1]", "[0.01, 1]")
    folders.swap(CLOSE, "interval: [4, 25]", "word: same")
    assert list(rows(folders)) == ["base-accord"]


def test_the_silence_of_an_indicator_that_wears_out_is_worth_nothing(folders: Folders) -> None:
    folders.swap(OPS, "coverage: 0.5", "coverage: 0.5\n    wears_out: true")
    assert rows(folders)["quarrel"].silence_ratio == 1


def test_a_large_family_is_a_finding(folders: Folders) -> None:
    start = INDICATORS.index("  - id: quarrel")
    more = "".join(INDICATORS[start:].replace("quarrel", f"quarrel-{n}") + "    family: rows\n" for n in range(9))
    folders.write(OPS, INDICATORS + more)
    found = [finding for finding in findings(folders) if "family" in finding]
    assert len(found) == 1
    assert "the family 'rows' has 9 indicators, more than 8" in found[0]


def test_a_problem_that_nothing_can_move_is_one_finding(folders: Folders) -> None:
    folders.write(CLOSE, PROBLEM[: PROBLEM.index("  - indicator: drill")] + "  - indicator: drill\n")
    (finding,) = [finding for finding in findings(folders) if CLOSE in finding]
    assert finding.startswith(folders.place(CLOSE, "indicators:") + ": no covered indicator differs")


def test_problems_that_expect_different_numbers_of_one_event_contradict_each_other(folders: Folders) -> None:
    """The cast expects 4 drills a year at the priors: 0.8·4 + 0.2·4/10; the other problem 40 a year throughout."""
    folders.write("models/other.yaml", PROBLEM.replace("id: closeness", "id: other", 1))
    assert findings(folders) == []
    rate = "{interval: [10, 160], elicited_on: 2024-01-01, author: anna, rationale: R., citations: [" + (
        "{document: paper, section: Drills}]}"
    )
    folders.swap("models/other.yaml", "  - indicator: drill\n", f"  - indicator: drill\n    rate: {rate}\n")
    (finding,) = findings(folders)
    assert finding.startswith(folders.place("models/other.yaml", "indicator: drill") + ": 'other' expects 'drill' 33 ")
    assert "'closeness' 3.3 times" in finding
