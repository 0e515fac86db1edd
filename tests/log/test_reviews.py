"""Reviews: what somebody thinks of an event, reading or report; they act on nothing."""

from dataclasses import replace
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import text

from iw.core.errors import StoreError, UsageError
from iw.log import migrate
from iw.log.drafts import CorrectionDraft, CoverageDraft, RetractionDraft, ReviewDraft
from iw.log.engine import writing
from iw.log.records import Marking, Opinion
from iw.log.store import DuplicateError, Log
from tests.log.cast import DAY, KEY, NOW, address, append, drill, report
from tests.log.test_schema import scripts as scripts


def doubt(subject: int, **more: Any) -> ReviewDraft:
    return ReviewDraft(subject, Opinion.DOUBT, "The film is of another year.", **more)


def test_a_review_comes_back_as_it_was_given_with_who_and_when(log: Log) -> None:
    (event,) = append(log, drill())
    (loose,) = append(log, report("A mood."))
    first, second = append(log, doubt(event), ReviewDraft(loose, Opinion.REJECT, "A mood.", reviewer="carla"))
    one, other = log.view(NOW).reviews
    assert (one.id, one.subject, one.opinion, one.reviewer, one.ground) == (
        *(f"J{first}", event, Opinion.DOUBT, "anna"),
        "The film is of another year.",
    )
    assert (one.stamp.author, one.stamp.recorded_at) == ("anna", NOW)
    assert (other.id, other.subject, other.reviewer, other.stamp.author) == (f"J{second}", loose, "carla", "anna")


def test_a_review_changes_nothing_that_a_belief_depends_on(log: Log) -> None:
    (event,) = append(log, drill())
    before = log.view(NOW)
    append(log, doubt(event, marking=Marking.RED))
    assert replace(log.view(NOW), reviews=()) == before
    assert log.markings() == [Marking.CLEAR]
    assert log.verify().holds


def test_an_event_is_reviewed_whichever_of_its_versions_is_named(log: Log) -> None:
    (event,) = append(log, drill())
    (version,) = append(log, CorrectionDraft(event, summary="A larger drill was held."), reason="recount")
    append(log, doubt(version))
    assert [one.subject for one in log.view(NOW).reviews] == [event]


def test_a_review_is_marked_at_least_as_what_it_is_about_and_goes_where_that_goes(log: Log) -> None:
    (event,) = append(log, drill(marking=Marking.GREEN))
    append(log, doubt(event))
    assert not log.view(NOW, Marking.CLEAR).reviews
    assert len(log.view(NOW, Marking.GREEN).reviews) == 1
    append(log, CorrectionDraft(event, marking=Marking.AMBER), reason="closed")
    assert not log.view(NOW, Marking.GREEN).reviews
    append(log, RetractionDraft(event), reason="never happened")
    assert not log.view(NOW).reviews


def test_the_same_is_said_once_by_one_reviewer_until_he_takes_it_back(log: Log) -> None:
    (event,) = append(log, drill())
    (position,) = append(log, doubt(event))
    with pytest.raises(DuplicateError, match=f"J{position}"):
        append(log, doubt(event))
    append(log, doubt(event), author="berta")
    append(log, ReviewDraft(event, Opinion.AGREE, "On second thoughts."))
    append(log, RetractionDraft(position), reason="on second thoughts")
    append(log, doubt(event))
    assert [one.reviewer for one in log.view(NOW).reviews] == ["berta", "anna", "anna"]


@pytest.mark.parametrize(
    ("draft", "fault"),
    [
        (lambda: doubt(99), "no record 99"),
        (lambda: ReviewDraft(1, Opinion.AGREE, " "), "ground is empty"),
        (lambda: doubt(1), "C1 cannot be reviewed"),
        (lambda: doubt(2), "The source 2 cannot be reviewed"),
        (lambda: doubt(3), "R3 has been retracted"),
    ],
)
def test_what_cannot_be_reviewed_is_refused(log: Log, draft: Any, fault: str) -> None:
    append(log, CoverageDraft("watch", "watch", "*", NOW.date()), report("Gone."))
    append(log, RetractionDraft(3), reason="gone")
    with pytest.raises(UsageError, match=fault):
        append(log, draft())
    assert log.position() == 4


def back_to(log: Log, scripts: ScriptDirectory, version: str) -> None:
    """Take the schema back to a version."""
    with writing(log.engine) as connection:
        with Operations.context(MigrationContext.configure(connection)):
            for script in scripts.walk_revisions():
                if script.revision > version:
                    script.module.downgrade()
        connection.execute(text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '{version}'"))


def test_the_schema_before_reviews_keeps_all_else_and_is_brought_up_again(log: Log, scripts: ScriptDirectory) -> None:
    append(log, drill())
    before, heads = log.view(NOW), log.heads()
    back_to(log, scripts, "0005")
    with Log.open(address(log), KEY) as opened:
        assert (opened.view(NOW), opened.heads()) == (before, heads)
        append(opened, doubt(before.events[0].first_position), now=NOW + DAY)
        assert opened.verify(heads.values()).holds


def test_the_schema_is_not_taken_back_under_reviews_because_the_chain_runs_over_them(
    log: Log, scripts: ScriptDirectory
) -> None:
    (event,) = append(log, drill())
    append(log, doubt(event))
    before = log.view(NOW)
    with pytest.raises(StoreError, match="holds reviews"):
        back_to(log, scripts, "0005")
    assert log.view(NOW) == before
    assert log.verify().holds
