"""The bottom line: which scenario leads, what needs attention, what moved."""

import re
from dataclasses import replace

from iw.assessment.records import Assessment, Contribution, Estimate, ScenarioView
from iw.report import sentences
from tests.report.examples import PLOTS, assessment, weekly


def plain(text: str) -> str:
    """Without the spaces that hold numbers and units together."""
    return text.replace("\u00a0", " ")


def quiet(made: Assessment) -> Assessment:
    """The same problem with warned scenarios that hardly ever come."""
    low = Estimate(0.02, 0.01, 0.04)
    return replace(made, scenarios=tuple(_with(s, low) if s.warned else s for s in made.scenarios))


def _with(scenario: ScenarioView, belief: Estimate) -> ScenarioView:
    return replace(scenario, belief=belief, forecasts={d: belief for d in scenario.forecasts})


def test_the_leading_scenario_comes_with_word_range_number_and_interval() -> None:
    assert plain(sentences.standing(assessment())) == (
        "“Calibrated dual-use enablement” leads: likely (55 to 80 %), 71 % with a 90 % interval of 58 to 81 %."
    )


def test_a_conditional_problem_says_so_in_its_bottom_line() -> None:
    made = assessment(PLOTS[4])
    assert plain(sentences.standing(made)).startswith("If it came to a crisis over the strait today, “Verbal")
    assert "not multiplied" in (sentences.condition(made) or "")
    assert sentences.condition(assessment()) is None


def test_no_sentence_speaks_of_confidence() -> None:
    for made in weekly().assessments:
        texts = [sentences.standing(made), sentences.warned(made), *sentences.top_sentences([made])]
        assert not any("confidence" in text for text in texts)


def test_the_warned_scenario_most_likely_within_its_lead_time_comes_first() -> None:
    top = [plain(text) for text in sentences.top_sentences(weekly().assessments)]
    assert top[0] == (
        "“Opportunism in its own theatre” (Estmark’s conduct in a strait crisis; if it came to a crisis over the "
        "strait) needs attention: 24 % today and 25 % within 30 days, while the decision needs 30 days of warning."
    )


def test_a_lead_time_between_two_forecasts_is_given_both() -> None:
    between = replace(assessment(), lead_time_days=180)
    (first, *_) = sentences.outlooks([between])
    assert first.horizons == (90, 365)
    assert first.reach == first.scenario.forecasts[365].mean


def test_a_quiet_week_names_the_nearest_scenario_and_asks_for_nothing() -> None:
    top = sentences.top_sentences([quiet(assessment())])
    assert plain(top[0]) == "No warned scenario reaches 20 % within the warning time that its decision needs."
    assert top[1].startswith("Nearest to it is “")


def test_without_problems_or_warned_scenarios_the_top_line_says_so() -> None:
    made = assessment()
    unwarned = replace(made, scenarios=tuple(replace(s, warned=False) for s in made.scenarios))
    assert sentences.top_sentences([]) == ("No warning problem is under watch.",)
    assert sentences.top_sentences([unwarned]) == ("No scenario is warned of in any problem.",)


def test_changes_are_told_in_points_and_equal_ones_once() -> None:
    lead = sentences.leading(assessment())
    told = [
        plain(sentences.changes(replace(lead, change_7=week, change_30=month)))
        for week, month in ((0.03, -0.01), (0.001, -0.002), (float("nan"), 0.02))
    ]
    assert told == [
        "Up 3 points in 7 days and down 1 point in 30 days.",
        "Unchanged in 7 and in 30 days.",
        "Not known in 7 days and up 2 points in 30 days.",
    ]


def test_the_mover_is_told_with_the_scenario_that_it_moved_most() -> None:
    made = assessment()
    term = Contribution("event", "A ship sails", ("E-1",), None, {"lethal-aid": 1.0, "enablement": -4.2}, {})
    text = plain(sentences.mover(made, term))
    assert text == "Largest single effect: A ship sails, −4.2 points on “Calibrated dual-use enablement”."
    assert plain(sentences.mover(made, None)) == "No single event stands out within 30 days."


def test_forecasts_carry_the_remark_that_they_sum_to_more_than_one() -> None:
    text = plain(sentences.sums(assessment()))
    assert "sum to more than 100 %" in text
    total = re.search(r"(\d+) % within 1 year", text)
    assert total
    assert int(total[1]) > 100
