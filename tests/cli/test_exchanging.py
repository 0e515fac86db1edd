"""``iw export``, and ``iw import`` and ``iw init --log`` of what it wrote."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from iw.core.dates import end_of_day
from iw.core.errors import DataError
from iw.log.records import Marking
from iw.workspace import Workspace, open_workspace
from tests.cli.conftest import TODAY, Call

FILE = "log.jsonl"
SECRET = (
    *("log", "lethal-aid-warning", "--on", "2026-04-11", "--grade", "B2", "--marking", "amber"),
    *("--source", "Example wire", "--text", "Ministers speak of plans to send arms."),
)


@pytest.fixture
def exported(on_watch: Call, tmp_path: Path) -> Path:
    assert on_watch("export", FILE).code == 0
    return tmp_path / FILE


def test_an_exported_log_goes_on_in_a_new_workspace(iw: Call, watch: Workspace, exported: Path, tmp_path: Path) -> None:
    answer = iw("init", tmp_path / "elsewhere", "--log", exported)
    assert answer.code == 0
    assert f"a log of {watch.log.position()} records" in answer.out
    with open_workspace(tmp_path / "elsewhere") as elsewhere:
        known = end_of_day(TODAY)
        assert elsewhere.log.view(known) == watch.log.view(known)


@pytest.mark.parametrize("name", ["log.csv", "log.parquet"])
def test_a_log_as_a_table_goes_on_in_a_new_workspace(
    iw: Call, on_watch: Call, watch: Workspace, tmp_path: Path, name: str
) -> None:
    count = watch.log.position()
    assert on_watch("export", name).out == f"{name}: {count} records at or below red.\n"
    assert on_watch("import", name).out == f"0 imported, {count} in the log already.\n"
    assert iw("init", tmp_path / "elsewhere", "--log", tmp_path / name).code == 0
    with open_workspace(tmp_path / "elsewhere") as elsewhere:
        assert elsewhere.log.view(end_of_day(TODAY)) == watch.log.view(end_of_day(TODAY))


def test_a_log_is_not_imported_beside_evidence(on_watch: Call, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("indicator,occurred_on,summary,source,grade\n")
    assert on_watch("export", "log.csv").code == 0
    answer = on_watch("import", "mine.csv", "log.csv")
    assert (answer.code, "Import the files one by one." in answer.err) == (2, True)


def test_a_faulty_file_makes_no_workspace(iw: Call, exported: Path, tmp_path: Path) -> None:
    exported.write_bytes(exported.read_bytes().replace(b'"marking":"clear"', b'"marking":"purple"', 3))
    answer = iw("init", tmp_path / "elsewhere", "--log", exported)
    assert (answer.code, answer.err.count("'marking' is \"purple\"")) == (3, 3)
    assert not (tmp_path / "elsewhere").exists()


def test_a_log_takes_in_its_own_file_without_a_change(on_watch: Call, watch: Workspace, exported: Path) -> None:
    before = watch.log.position()
    assert on_watch("import", exported).out == f"0 imported, {before} in the log already.\n"
    assert watch.log.position() == before


def test_an_export_says_up_to_which_marking_it_goes(on_watch: Call, watch: Workspace, exported: Path) -> None:
    before = watch.log.position()
    assert on_watch(*SECRET).code == 0
    assert on_watch("export", FILE, "--marking", "green").out == f"{FILE}: {before} records at or below green.\n"
    assert b"Ministers speak" not in exported.read_bytes()
    found = on_watch("export", FILE, "--json").json
    assert (found["schema"], found["rows"][0]["records"]) == ("iw.export/1", watch.log.position())
    assert found["rows"][0]["digest"] == json.loads(exported.read_bytes().splitlines()[0])["digest"]


def test_a_name_that_tells_no_form_is_refused(on_watch: Call, tmp_path: Path) -> None:
    answer = on_watch("export", "log.txt")
    assert (answer.code, "Name a file that ends in .jsonl or .csv or .parquet or .json" in answer.err) == (2, True)
    assert not (tmp_path / "log.txt").exists()


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (("e.parquet", "--known-at", "2023-01-01"), "A whole log has no --known-at."),
        (("e.csv", "--table", "events"), "A whole log has no --table."),
        (("e.parquet", "--table", "beliefs"), "--table is beliefs. Name one of events"),
        (("e.jsonl", "--table", "events"), "A whole log has no --table."),
        (("e.jsonl", "--known-at", "2023-01-01"), "A whole log has no --known-at."),
        (("e.parquet", "--table", "events", "--beliefs"), "A file .parquet has no --beliefs."),
        (("e.json", "--table", "events"), "A file .json has no --table."),
    ],
)
def test_an_option_that_the_form_does_not_have_is_refused(on_watch: Call, args: tuple[str, ...], hint: str) -> None:
    answer = on_watch("export", *args)
    assert (answer.code, hint in answer.err.replace("\n", " ")) == (2, True)


def test_a_table_is_written_as_known_then(on_watch: Call, watch: Workspace, tmp_path: Path) -> None:
    answer = on_watch("export", "events.parquet", "--table", "events", "--known-at", "2020-12-31")
    expected = watch.events(known_at=end_of_day(date(2020, 12, 31)))
    assert answer.out == f"events.parquet: {len(expected)} rows at or below red.\n"
    assert list(pd.read_parquet(tmp_path / "events.parquet")["id"]) == list(expected["id"])
    told = on_watch("export", "events.parquet", "--table", "events", "--json").json["rows"][0]
    assert (told["table"], told["rows"]) == ("events", len(watch.events()))


def test_parquet_is_imported_as_csv_is(on_watch: Call, watch: Workspace, tmp_path: Path) -> None:
    row = {"indicator": "bilateral-drill", "occurred_on": date(2026, 4, 1), "summary": "A drill.", "source": "Wire"}
    pd.DataFrame([{**row, "grade": "B2"}]).to_parquet(tmp_path / "mine.parquet")
    pd.DataFrame([{**row, "grade": "G9"}]).to_parquet(tmp_path / "faulty.parquet")
    assert on_watch("import", "mine.parquet").out.startswith("1 imported, 0 in the log already.\n")
    faulty = on_watch("import", "faulty.parquet")
    assert (faulty.code, "faulty.parquet:1:5: 'G9' is not a grade" in faulty.err) == (3, True)


def test_a_bundle_is_written_and_read_back(iw: Call, on_watch: Call, watch: Workspace, tmp_path: Path) -> None:
    answer = on_watch("export", "bundle.json", "--beliefs")
    found = json.loads((tmp_path / "bundle.json").read_bytes())
    assert answer.out == f"bundle.json: {len(found['objects'])} objects at or below red.\n"
    told = {one["abstract"]: one for one in found["objects"] if one["type"] == "note"}
    belief = watch.belief("war-support")
    (note,) = [one for name, one in told.items() if name.startswith("Belief on 2026-04-12: ")]
    (extension,) = note["extensions"].values()
    assert extension["model_version"] == belief.provenance.model_version
    assert {one["scenario"]: one["mean"] for one in extension["scenarios"]} == {
        name: belief.estimate(name).mean for name in belief.spec.scenarios
    }
    assert iw("init", tmp_path / "elsewhere").code == 0
    events = len(watch.events())
    answer = iw("--workspace", tmp_path / "elsewhere", "import", "bundle.json")
    assert (answer.code, answer.err) == (0, "")
    with open_workspace(tmp_path / "elsewhere") as elsewhere:
        assert len(elsewhere.log.view(elsewhere.now()).events) == events


def test_what_cannot_be_read_of_a_foreign_bundle_is_told(on_watch: Call, tmp_path: Path) -> None:
    name = "bundle--44af6c39-c09b-49c5-9de2-394224b04982"
    (tmp_path / "bundle.json").write_text(json.dumps({"type": "bundle", "id": name, "objects": [{}]}))
    answer = on_watch("import", "bundle.json")
    assert answer.out == "0 imported, 0 in the log already.\n"
    assert "objects[0]: this is no STIX object" in answer.err
    assert "objects[0]" in on_watch("import", "bundle.json", "--json").json["rows"][0]["not_read"][0]


def test_a_frame_is_appended_whole_or_not_at_all(watch: Workspace) -> None:
    row = {"indicator": "bilateral-drill", "occurred_on": 2025, "summary": "A drill.", "source": "Wire", "grade": "B2"}
    frame = pd.DataFrame([row, {**row, "occurred_on": 2024}])
    before = watch.log.position()
    with pytest.raises(DataError, match="drills:2:1: there is no indicator 'bilateral-dril'"):
        watch.exchange.append_frame(frame.assign(indicator=["bilateral-drill", "bilateral-dril"]), name="drills")
    assert watch.log.position() == before
    assert watch.exchange.append_frame(frame) == (2, 0)
    assert watch.exchange.append_frame(frame) == (0, 2)


def test_the_file_of_a_log_is_imported_by_itself(on_watch: Call, exported: Path) -> None:
    answer = on_watch("import", exported, "events.csv")
    assert (answer.code, "one by one" in answer.err) == (2, True)


def test_a_dry_run_of_a_file_of_a_log_changes_nothing(
    iw: Call, on_watch: Call, watch: Workspace, exported: Path, tmp_path: Path
) -> None:
    assert iw("init", tmp_path / "elsewhere").code == 0
    dry = iw("--workspace", tmp_path / "elsewhere", "import", exported, "--dry-run")
    assert dry.out == f"{watch.log.position()} sound lines; nothing was imported (--dry-run).\n"
    assert iw("--workspace", tmp_path / "elsewhere", "import", exported).code == 0
    with open_workspace(tmp_path / "elsewhere") as elsewhere:
        assert len(elsewhere.log.view(elsewhere.now(), Marking.RED).events) == len(watch.events())
        assert elsewhere.log.view(end_of_day(TODAY)).events == ()
