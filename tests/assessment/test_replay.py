"""A published belief is made again from the log position, model, fit and marking that it names, whatever came since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from iw.assessment.replay import Published
from iw.core.errors import DataError
from iw.log.drafts import CorrectionDraft, Visible
from iw.log.records import Marking, VisibleBasis
from iw.report.beliefs_file import read_beliefs, render_json
from iw.report.record import WeeklyReport
from iw.workspace import Workspace, open_workspace
from tests.assessment.dam import Clock, dam
from tests.evidence.cast import event, watch

BEGUN, DAY, LATER = date(2024, 4, 1), date(2024, 5, 10), date(2024, 5, 20)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Workspace, Clock]]:
    workspace, clock = dam(tmp_path / "dam", BEGUN)
    with workspace:
        workspace.append([watch(BEGUN, None, 0.9, collector="gauges")])
        clock.turn_to(DAY)
        workspace.append([event("crack", "2024-05-02", "A2"), event("alarm", "2024-05-08", "B2")])
        yield workspace, clock


def published(workspace: Workspace, marking: Marking = Marking.CLEAR) -> Published:
    found = workspace.assess("dam", marking=marking)
    made = found.provenance
    return Published(
        "dam", made.as_of, made.known_at, marking, made.log_position, made.model_version, made.fit,
        {scenario.id: scenario.belief.mean for scenario in found.scenarios},
    )  # fmt: skip


def report(workspace: Workspace) -> WeeklyReport:
    assessment = workspace.assess("dam")
    made = assessment.provenance
    return WeeklyReport(
        "Report", "Dam", made.as_of, made.known_at, workspace.now(), made.marking, made.log_position, "",
        workspace.catalogue.version, "0", (assessment,),
    )  # fmt: skip


def test_later_records_corrections_and_backfills_change_nothing_to_the_bit(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    before = published(workspace)
    first = workspace.log.view(workspace.now()).events[0].first_position
    clock.turn_to(LATER)
    past = Visible(datetime.fromisoformat("2024-05-04T12:00:00+00:00"), VisibleBasis.REPORTED)
    workspace.append([event("crack", "2024-05-03", "A1", visible=past)])
    workspace.append([CorrectionDraft(first, summary="A hair crack.", indicator="alarm")], reason="looked closer")
    assert workspace.belief("dam", DAY).state.mean != pytest.approx(list(before.beliefs.values()))
    assert workspace.replay(before).difference == 0.0


def test_a_number_that_was_changed_is_found(watched: tuple[Workspace, Clock]) -> None:
    workspace, _ = watched
    true = published(workspace)
    name = next(iter(true.beliefs))
    false = replace(true, beliefs={**true.beliefs, name: true.beliefs[name] + 1e-6})
    found = workspace.replay(false)
    assert not found.same
    assert found.difference == pytest.approx(1e-6)


def test_another_model_another_fit_and_other_scenarios_are_told(
    watched: tuple[Workspace, Clock], tmp_path: Path
) -> None:
    workspace, clock = watched
    true = published(workspace)
    assert "no fit named 'dam-1'" in workspace.replay(replace(true, fit="dam-1")).why_not
    assert "scenarios are not" in workspace.replay(replace(true, beliefs={"sound": 1.0})).why_not
    file = tmp_path / "dam" / "models" / "dam.yaml"
    file.write_text(file.read_text().replace("prior: 0.8", "prior: 0.7").replace("prior: 0.1", "prior: 0.15"))
    with open_workspace(tmp_path / "dam", clock) as changed:
        assert f"made with model version {true.model_version}" in changed.replay(true).why_not


def test_the_file_beside_a_report_holds_what_it_takes(watched: tuple[Workspace, Clock], tmp_path: Path) -> None:
    workspace, clock = watched
    file = tmp_path / "weekly.json"
    file.write_text(render_json(report(workspace)))
    clock.turn_to(LATER)
    workspace.append([event("crack", "2024-05-15", "A1")])
    (found,) = read_beliefs(file)
    assert workspace.replay(found).difference == 0.0


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"iw.report/1"', '"iw.report/9"', "its schema is"),
        ('"marking": "clear"', '"marking": "pink"', "'pink' is not a valid Marking"),
        ('"problems"', '"tasks"', "problems"),
        ("{", "", "not the JSON file"),
    ],
)
def test_a_file_that_is_none_is_refused(
    watched: tuple[Workspace, Clock], tmp_path: Path, old: str, new: str, fault: str
) -> None:
    workspace, _ = watched
    file = tmp_path / "weekly.json"
    file.write_text(render_json(report(workspace)).replace(old, new, 1))
    with pytest.raises(DataError, match=fault):
        read_beliefs(file)
    with pytest.raises(DataError, match="cannot be read"):
        read_beliefs(tmp_path / "none.json")


@pytest.mark.usefixtures("watched")
def test_the_command_says_same_or_other_and_ends_with_5(tmp_path: Path) -> None:
    from iw.cli import main

    settings = tmp_path / "dam" / "iw.toml"
    settings.write_text(f"{settings.read_text()}today = {DAY}\n")
    file = tmp_path / "weekly.json"
    with open_workspace(tmp_path / "dam") as frozen:
        text = render_json(report(frozen))
    file.write_text(text)
    assert main(["--workspace", str(tmp_path / "dam"), "replay", str(file)]) == 0
    content = json.loads(text)
    content["problems"][0]["scenarios"]["sound"]["mean"] += 0.01
    file.write_text(json.dumps(content))
    assert main(["--workspace", str(tmp_path / "dam"), "replay", str(file)]) == 5
