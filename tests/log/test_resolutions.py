from datetime import date, timedelta
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from iw.core.errors import UsageError
from iw.log import migrate
from iw.log.drafts import CorrectionDraft, ResolutionDraft, RetractionDraft
from iw.log.engine import writing
from iw.log.products import Acknowledgement, Forecast, LevelChange
from iw.log.records import Marking, OfEvent, OfQuestion, OfScenario, Outcome
from iw.log.store import DuplicateError, Log
from tests.log.cast import DAY, KEY, NOW, address, append, drill
from tests.log.test_schema import scripts  # noqa: F401  # a fixture


def held(on: date = date(2024, 5, 1), scenario: str = "allied") -> ResolutionDraft:
    return ResolutionDraft(OfScenario("alignment", scenario, on), Outcome.YES, "The treaty was published.")


def forecast(**more: Any) -> Forecast:
    content: dict[str, Any] = {
        "question": "drill-soon",
        "indicator": "bilateral-drill",
        "problem": "alignment",
        "since": date(2024, 6, 2),
        "until": date(2024, 7, 1),
        "due": date(2024, 7, 5),
        "at_least": None,
        "above": None,
        "below": None,
        "as_of": NOW.date(),
        "known_at": NOW,
        "log_position": 3,
        "model_version": "0" * 12,
        "fit": None,
        "probability": 0.4,
        "low": 0.3,
        "high": 0.55,
        "base_rate": 0.2,
        "decayed_base_rate": 0.25,
        "coverage": 0.8,
        "made_from": {"paths": 10_000},
    }
    return Forecast(**(content | more))


def change(**more: Any) -> LevelChange:
    content: dict[str, Any] = {
        "problem": "alignment",
        "as_of": NOW.date(),
        "known_at": NOW,
        "log_position": 3,
        "model_version": "0" * 12,
        "fit": None,
        "old": "watchcon-4",
        "new": "watchcon-3",
        "warned": 0.3,
        "low": 0.2,
        "high": 0.4,
        "cause": "A joint drill was held.",
        "events": ("E3",),
    }
    return LevelChange(**(content | more))


def test_a_resolution_comes_back_as_it_was_given_and_says_who_and_when(log: Log) -> None:
    (event,) = append(log, drill())
    (first,) = append(log, ResolutionDraft(OfEvent(event), Outcome.NO, "The film was of another drill."))
    append(log, held())
    one, other = log.view(NOW).resolutions
    assert (one.subject, one.outcome, one.ground) == (OfEvent(event), Outcome.NO, "The film was of another drill.")
    assert (one.id, one.stamp.author, one.stamp.recorded_at) == (f"V{first}", "anna", NOW)
    assert (other.subject, other.outcome) == (OfScenario("alignment", "allied", date(2024, 5, 1)), Outcome.YES)


def test_a_resolution_is_not_known_before_it_was_recorded(log: Log) -> None:
    append(log, held(), now=NOW)
    assert not log.view(NOW - timedelta(microseconds=1)).resolutions
    assert len(log.view(NOW).resolutions) == 1


def test_a_thing_is_settled_once_until_that_is_withdrawn(log: Log) -> None:
    (event,) = append(log, drill())
    (position,) = append(log, ResolutionDraft(OfEvent(event), Outcome.NO, "It was another one."))
    with pytest.raises(DuplicateError, match=f"V{position}"):
        append(log, ResolutionDraft(OfEvent(event), Outcome.YES, "It was seen."))
    append(log, RetractionDraft(position), reason="it was that one after all")
    append(log, ResolutionDraft(OfEvent(event), Outcome.YES, "It was seen."))
    assert [one.outcome for one in log.view(NOW).resolutions] == [Outcome.YES]


def test_of_the_scenarios_of_a_problem_one_is_settled_for_a_day(log: Log) -> None:
    append(log, held(scenario="allied"))
    with pytest.raises(DuplicateError):
        append(log, held(scenario="apart"))
    append(log, held(date(2024, 5, 2), scenario="apart"))
    assert len(log.view(NOW).resolutions) == 2


def test_an_event_is_settled_whichever_of_its_versions_is_named(log: Log) -> None:
    (event,) = append(log, drill())
    (version,) = append(log, CorrectionDraft(event, summary="A larger drill was held."), reason="recount")
    append(log, ResolutionDraft(OfEvent(version), Outcome.YES, "Both sides published films."))
    assert log.view(NOW).resolutions[0].subject == OfEvent(event)


def test_a_resolution_is_marked_at_least_as_what_it_settles(log: Log) -> None:
    (event,) = append(log, drill(marking=Marking.AMBER))
    append(log, ResolutionDraft(OfEvent(event), Outcome.YES, "Both sides published films."))
    assert not log.view(NOW, Marking.GREEN).resolutions
    assert len(log.view(NOW, Marking.AMBER).resolutions) == 1


@pytest.mark.parametrize(
    ("draft", "fault"),
    [
        (lambda: held(NOW.date() + DAY), "lies in the future"),
        (lambda: ResolutionDraft(OfEvent(99), Outcome.YES, "Seen."), "no record 99"),
        (lambda: ResolutionDraft(OfEvent(1), Outcome.YES, " "), "ground is empty"),
        (lambda: ResolutionDraft(OfScenario("a", "b", NOW.date()), Outcome.NO, "No."), "only be settled that it holds"),
    ],
)
def test_what_cannot_be_settled_is_refused(log: Log, draft: Any, fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        append(log, draft())
    assert log.position() == 0


def test_a_forecast_comes_back_at_exactly_its_marking(log: Log) -> None:
    (position,) = log.record([forecast()], Marking.GREEN, author="clock", now=NOW, reason="weekly")
    (found,) = log.forecasts(Marking.GREEN)
    assert (found.content, found.stamp.position) == (forecast(), position)
    assert not log.forecasts(Marking.RED)
    assert not log.forecasts(Marking.GREEN, "another")


def test_a_question_is_asked_once_a_day_and_marking(log: Log) -> None:
    log.record([forecast()], Marking.GREEN, author="clock", now=NOW, reason="weekly")
    with pytest.raises(DuplicateError, match="Q1"):
        log.record([forecast(probability=0.5)], Marking.GREEN, author="clock", now=NOW, reason="weekly")
    log.record([forecast()], Marking.RED, author="clock", now=NOW, reason="weekly")
    assert log.position() == 2


def test_a_question_is_settled_at_the_marking_of_its_forecast(log: Log) -> None:
    (asked,) = log.record([forecast()], Marking.AMBER, author="clock", now=NOW, reason="weekly")
    subject = OfQuestion(asked, "drill-soon", "bilateral-drill", date(2024, 6, 2), date(2024, 7, 1), True)
    append(log, ResolutionDraft(subject, Outcome.NO, "None was logged."), now=NOW + 40 * DAY)
    assert not log.view(NOW + 40 * DAY, Marking.GREEN).resolutions
    assert log.view(NOW + 40 * DAY, Marking.AMBER).resolutions[0].subject == subject
    with pytest.raises(DuplicateError):
        append(log, ResolutionDraft(subject, Outcome.YES, "One was."), now=NOW + 41 * DAY)


def test_products_are_no_facts(log: Log) -> None:
    append(log, drill())
    before = log.view(NOW, Marking.RED)
    log.record([forecast(), change()], Marking.RED, author="clock", now=NOW, reason="weekly")
    assert log.view(NOW, Marking.RED) == before
    assert log.markings() == [Marking.CLEAR]
    with pytest.raises(UsageError, match="cannot be retracted"):
        append(log, RetractionDraft(log.position()), reason="wrong")


def test_a_change_of_level_is_acknowledged_by_name(log: Log) -> None:
    (position,) = log.record([change()], Marking.RED, author="clock", now=NOW, reason="evidence")
    (found,) = log.level_changes(Marking.RED, "alignment")
    assert found.content == change()
    assert log.acknowledgements() == {}
    log.record([Acknowledgement(position)], Marking.RED, author="berta", now=NOW + DAY, reason="told the minister")
    (stamp,) = log.acknowledgements()[position]
    assert (stamp.author, stamp.reason) == ("berta", "told the minister")


def test_the_schema_before_resolutions_keeps_all_else_and_refuses_changes_as_before(
    log: Log,
    scripts: ScriptDirectory,  # noqa: F811
) -> None:
    (event,) = append(log, drill())
    before = log.view(NOW)
    (verdict,) = append(log, ResolutionDraft(OfEvent(event), Outcome.NO, "It was another one."))
    append(log, RetractionDraft(verdict), reason="it was that one")
    with writing(log.engine) as connection:
        with Operations.context(MigrationContext.configure(connection)):
            for script in scripts.walk_revisions():
                if script.revision > "0002":
                    script.module.downgrade()
        connection.execute(text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '0002'"))
    for statement in ("DELETE FROM records", "UPDATE retractions SET position = 1"):
        if "retractions" not in statement or log.engine.dialect.name == "postgresql":
            with pytest.raises(DBAPIError, match="append-only"), log.engine.begin() as connection:
                connection.execute(text(statement))
    with Log.open(address(log), KEY) as opened:
        assert opened.view(NOW) == before
        append(opened, ResolutionDraft(OfEvent(event), Outcome.YES, "It was that one."))
        assert len(opened.view(NOW).resolutions) == 1
