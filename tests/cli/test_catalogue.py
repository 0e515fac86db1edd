"""``iw catalogue`` and ``iw init --bare``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call


def test_words_find_problems_scenarios_and_indicators(on_watch: Call) -> None:
    answer = on_watch("catalogue", "lethal", "aid")
    assert (answer.code, answer.err) == (0, "")
    for name in ("state-lethal-aid", "lethal-aid-warning", "lethal-aid-delivery"):
        assert name in answer.out
    assert "Scenarios (" in answer.out
    assert "Indicators (" in answer.out


def test_an_id_shows_its_entry_whole(on_watch: Call) -> None:
    out = on_watch("catalogue", "lethal-aid-delivery").out
    for words in ("Counts:", "Does not count:", "per year (90 %)", "Coverage", "war-support listens: only then:"):
        assert words in out


def test_a_level_shows_its_unit_and_usual_range(on_watch: Call) -> None:
    assert "billion US dollars (90 %)" in on_watch("catalogue", "bilateral-trade-volume").out


def test_a_domain_lists_its_indicators_alone(on_watch: Call) -> None:
    answer = on_watch("catalogue", "--domain", "energy", "--json").json
    assert {row["belongs"] for row in answer["rows"]} == {"energy"}
    assert {row["kind"] for row in answer["rows"]} == {"indicator"}
    assert on_watch("catalogue", "--domain", "enery").code == 2


def test_words_that_nothing_holds_name_the_nearest(on_watch: Call) -> None:
    answer = on_watch("catalogue", "letal-aid-warning")
    assert answer.code == 2
    assert "Did you mean lethal-aid-warning" in answer.err


def test_the_list_ends_with_an_entry_that_can_be_shown_whole(on_watch: Call) -> None:
    hint = on_watch("catalogue", "lethal").out.splitlines()[-1].split()
    assert hint[:2] == ["One", "entry"]
    assert "Counts:" in on_watch("catalogue", hint[-1]).out


@pytest.mark.parametrize("columns", ["60", "100"])
def test_an_id_stands_in_one_line_whatever_the_width(
    on_watch: Call, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert any(line.split()[:1] == ["lethal-aid-delivery"] for line in on_watch("catalogue", "lethal").out.splitlines())


def test_a_picture_is_named_svg(on_watch: Call, tmp_path: Path) -> None:
    answer = on_watch("catalogue", "--diagnosticity", "war-support", "--picture", tmp_path / "new" / "matrix.png")
    assert answer.code == 2
    assert "does not end in .svg" in answer.err
    assert not (tmp_path / "new").exists()


def test_two_questions_at_once_are_refused(on_watch: Call) -> None:
    assert on_watch("catalogue", "drill", "--coverage").code == 2
    assert on_watch("catalogue", "--days", "30").code == 2


def test_coverage_fails_with_every_scenario_that_is_not_carried(on_watch: Call) -> None:
    """The test's watch has one problem of thirteen and no question."""
    answer = on_watch("catalogue", "--coverage")
    assert answer.code == 3
    assert "lethal-aid: war-support/state-lethal-aid" in answer.out
    assert "NOT CARRIED" in answer.out
    assert "indicators/documents.yaml:" in answer.err
    assert "scenarios are not carried" in answer.err


def test_coverage_of_the_shipped_catalogue_is_whole(iw: Call, tmp_path: Path) -> None:
    assert iw("init", tmp_path / "new").code == 0
    answer = iw("--workspace", tmp_path / "new", "catalogue", "--coverage")
    assert (answer.code, answer.err) == (0, "")
    assert "184 of 184 carried (100 %): 160 scenarios" in answer.out
    rows = iw("--workspace", tmp_path / "new", "catalogue", "--coverage", "--json").json
    assert (rows["carried"], rows["of"]) == (184, 184)
    assert all(row["by"] for row in rows["rows"])


@pytest.mark.parametrize("columns", ["50", "100", "200"])
def test_the_matrix_has_scenarios_in_rows_and_fits_the_terminal(
    on_watch: Call, folder: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    answer = on_watch("catalogue", "--diagnosticity", "war-support")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert max(len(line) for line in lines if not line.startswith("Drawn in")) <= int(columns)
    assert (
        sum(line.startswith("Calibrated") for line in lines) == sum(line.startswith("scenario") for line in lines) >= 1
    )
    assert "only" in answer.out
    picture = folder / "reports" / "diagnosticity-war-support.svg"
    assert str(picture) in answer.out
    assert "<svg" in picture.read_text(encoding="utf-8")


def test_the_ranking_in_json_is_by_expected_information(on_watch: Call, tmp_path: Path) -> None:
    answer = on_watch("catalogue", "--diagnosticity", "war-support", "--days", "90", "--json").json
    bits = [row["expected_bits"] for row in answer["rows"]]
    assert bits == sorted(bits, reverse=True)
    assert (answer["days"], answer["problem"]) == (90, "war-support")


def test_the_picture_goes_where_it_is_wanted(on_watch: Call, tmp_path: Path) -> None:
    wanted = tmp_path / "pictures" / "matrix.svg"
    assert on_watch("catalogue", "--diagnosticity", "war-support", "--picture", wanted).code == 0
    assert wanted.exists()
    (tmp_path / "file").write_text("")
    answer = on_watch("catalogue", "--diagnosticity", "war-support", "--picture", tmp_path / "file" / "m.svg")
    assert answer.code == 4


def test_a_bare_workspace_has_the_tables_and_nothing_of_the_subject(iw: Call, tmp_path: Path) -> None:
    assert "0 warning problems, 0 indicators" in iw("init", tmp_path / "new", "--bare").out
    here = ["--workspace", tmp_path / "new"]
    assert "0 findings, 0 faults" in iw(*here, "check").out
    assert "The catalogue is empty" in iw(*here, "catalogue").out
    assert "lists no section" in iw(*here, "catalogue", "--coverage").out
    assert iw(*here, "status").code == 0
    assert sorted(path.name for path in (tmp_path / "new" / "models").rglob("*.yaml")) == ["tables.yaml"]


def test_an_event_of_a_level_cannot_be_logged(on_watch: Call) -> None:
    options = ("--on", "2026-04-01", "--grade", "B2", "--source", "X", "--text", "Trade.")
    answer = on_watch("log", "bilateral-trade-volume", *options)
    assert answer.code == 2
    assert "is a level" in answer.err
