"""Counts in a whole watch: questions on them, their place in the doctor and in the checks, and the command line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from iw.assessment.checks import log_findings
from iw.assessment.collection import collected
from iw.assessment.dependence import By
from iw.assessment.doubt import odd_counts
from iw.assessment.predictive import predicted_counts
from iw.assessment.questions import Refused
from iw.core.dates import end_of_day
from iw.core.errors import UsageError
from iw.inference.counts import count_tails
from iw.log.drafts import CorrectionDraft
from iw.log.products import Forecast
from iw.log.records import Outcome
from iw.workspace import Workspace, open_workspace
from tests.assessment.dam import Clock, dam
from tests.evidence.cast import event, watch
from tests.evidence.test_counts import COUNT, LISTENING, count

BEGUN = date(2024, 4, 1)
MONDAYS = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(13)]
QUESTIONS = (
    ("many-overflights", "overflights", "window_days: 28, above: 30, home: dam"),
    ("few-overflights", "overflights", "window_days: 28, below: 2, home: dam"),
    ("by-record", "overflights", "window_days: 28, above: 10"),
    ("this-week", "overflights", "window_days: 3, above: 10"),
)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Workspace, Clock]]:
    """The dam, which heard of some seven to eleven overflights a week for a quarter."""
    folder = tmp_path / "dam"
    closed, clock = dam(folder, BEGUN, QUESTIONS)
    closed.close()
    indicators, problem = folder / "indicators" / "water.yaml", folder / "models" / "dam.yaml"
    indicators.write_text(indicators.read_text() + COUNT)
    problem.write_text(problem.read_text().rstrip() + LISTENING)
    with open_workspace(folder, clock) as workspace:
        weeks = [count(7 + week % 5, str(monday)) for week, monday in enumerate(MONDAYS)]
        workspace.append([watch(date(2024, 1, 1), None, 0.9, collector="radar"), *weeks])
        yield workspace, clock


def forecast(workspace: Workspace, name: str) -> Forecast:
    found = workspace.foresight.forecast(name)
    assert isinstance(found, Forecast)
    return found


def outcome(workspace: Workspace, question: str) -> tuple[Outcome | None, str]:
    row = workspace.foresight.asked(question)[-1]
    return row.answer.outcome, row.answer.ground


def test_a_question_on_a_count_is_forecast_by_its_problem(watched: tuple[Workspace, Clock]) -> None:
    workspace, _ = watched
    many, few = forecast(workspace, "many-overflights"), forecast(workspace, "few-overflights")
    assert (many.problem, many.made_from["by"]) == ("dam", "sum over scenarios and counts")
    assert 0 < many.low <= many.probability <= many.high < 1
    assert 0 < few.probability < 0.3
    assert many.base_rate == pytest.approx(0.5 / 14)
    readings = workspace.log.view(end_of_day(BEGUN)).readings
    workspace.append([CorrectionDraft(one.first_position, value=27.0) for one in readings[-4:]])
    assert forecast(workspace, "many-overflights").probability > 2 * many.probability


def test_without_a_problem_it_is_the_share_of_past_counts(watched: tuple[Workspace, Clock]) -> None:
    found = forecast(watched[0], "by-record")
    reach = sum(7 + week % 5 >= 10 for week in range(13))
    assert found.probability == found.base_rate == pytest.approx((0.5 + reach) / 14)
    assert found.problem is None


def test_where_no_count_is_to_be_expected_the_question_is_not_opened(watched: tuple[Workspace, Clock]) -> None:
    workspace, _ = watched
    found = workspace.foresight.forecast("this-week")
    assert isinstance(found, Refused)
    assert found.why == "no count is to be expected in the window"


def test_the_log_answers_by_the_counts_whose_periods_end_in_the_window(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    workspace.foresight.ask("anna")
    clock.turn_to(date(2024, 4, 20))
    workspace.append([count(9, "2024-04-01"), count(35, "2024-04-08", grade="E5")])
    assert outcome(workspace, "many-overflights")[0] is None  # the one that reaches it is not held genuine
    workspace.append([count(33, "2024-04-08", source="eye")])
    assert outcome(workspace, "many-overflights")[0] is Outcome.YES
    clock.turn_to(date(2024, 5, 4))
    assert outcome(workspace, "few-overflights") == (Outcome.NO, "2 readings, none that reaches it")


def test_a_question_on_a_count_asks_for_a_value(tmp_path: Path) -> None:
    folder = tmp_path / "dam"
    closed, clock = dam(folder, BEGUN, (("how-many", "overflights", "window_days: 28, at_least: 2"),))
    closed.close()
    indicators = folder / "indicators" / "water.yaml"
    indicators.write_text(indicators.read_text() + COUNT)
    with open_workspace(folder, clock) as workspace:
        faults = [str(fault) for fault in workspace.faults]
    assert any("give 'above' or 'below' for a count" in fault for fault in faults)


def test_a_count_is_not_logged_as_an_event(watched: tuple[Workspace, Clock]) -> None:
    with pytest.raises(UsageError, match="is a count: it has readings"):
        watched[0].log_event(event("overflights", "2024-03-05"))


def test_the_doctor_finds_the_count_that_no_scenario_expects(watched: tuple[Workspace, Clock]) -> None:
    workspace, _ = watched
    assert all(one.chance > 0.05 for one in odd_counts(workspace.belief("dam")))
    workspace.append([count(900, "2024-03-25", grade="A1", source="eye")])
    found = odd_counts(workspace.belief("dam"))
    assert (found[0].value, found[0].indicator) == (900.0, "overflights")
    assert found[0].chance < 0.05 < found[1].chance
    concerns = [one for one in workspace.trust.doubts("dam").concerns if one.about == "odd count"]
    assert [f"as {found[0].reading} says" in one.what for one in concerns] == [True]


def test_the_tails_are_scipys(watched: tuple[Workspace, Clock]) -> None:
    belief = watched[0].belief("dam")
    arrays, spec, d = belief.evidence.arrays, belief.spec, 17
    fewer, more = count_tails(spec, belief.draws, arrays)
    i, size = spec.indicators.index("overflights"), np.exp(-2 * belief.draws.log_dispersion[d, 0])
    for h in range(len(arrays.counts)):
        mean = arrays.counts.years[h] * belief.draws.rates(spec, arrays)[d, i]
        right = stats.nbinom(size, size / (size + mean))
        assert fewer[d, h] == pytest.approx(right.cdf(arrays.counts.value[h]), rel=1e-9)
        assert more[d, h] == pytest.approx(right.sf(arrays.counts.value[h] - 1), rel=1e-9)


def test_counts_are_predicted_and_compared_with_what_was_elicited(watched: tuple[Workspace, Clock]) -> None:
    workspace, _ = watched
    belief = workspace.belief("dam")
    rng = np.random.default_rng(0)
    rows = predicted_counts(workspace.catalogue, belief.spec, belief.evidence, belief.draws, rng)
    row = next(one for one in rows if one.indicator == "overflights")
    weight = belief.evidence.arrays.counts.weight
    assert row.seen == pytest.approx(weight @ belief.evidence.arrays.counts.value)
    assert row.low < row.seen < row.high
    known = end_of_day(BEGUN)

    def findings() -> list[str]:
        found = log_findings(workspace._beliefs, BEGUN, known)
        return [str(one) for one in found if "'overflights'" in str(one)]

    assert findings() == []
    workspace.append([count(500, str(monday), grade="A1", source="eye") for monday in MONDAYS[:6]])
    assert len(findings()) == 1


def test_counts_have_no_place_in_what_to_look_out_for(watched: tuple[Workspace, Clock]) -> None:
    workspace, _ = watched
    rows = collected(workspace.catalogue, workspace.belief("dam"), 90)
    assert "overflights" not in {row.indicator for row in rows}
    assert {"crack", "alarm"} <= {row.indicator for row in rows}


def test_what_the_belief_rests_on_names_the_source_of_counts(watched: tuple[Workspace, Clock]) -> None:
    rows = watched[0].trust.left_out("dam", By.SOURCE)
    assert [(row.name, row.label) for row in rows] == [("radar", "13 counts")]
