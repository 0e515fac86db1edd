"""``iw export``, and ``iw import`` and ``iw init --log`` of what it wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iw.core.dates import end_of_day
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
    assert (answer.code, "Name a file that ends in .jsonl" in answer.err) == (2, True)
    assert not (tmp_path / "log.txt").exists()


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
