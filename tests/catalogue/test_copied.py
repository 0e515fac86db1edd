"""A run of eight words that stands in a document is found by its hash alone."""

import csv
from pathlib import Path

import pytest

from iw.catalogue import Catalogue
from iw.catalogue.copied import copied, copied_findings, read_runs, write_runs
from iw.core.errors import StoreError
from iw.core.resources import shipped
from tests.catalogue.cast import Folders

TEXT = "The two fleets sailed through the strait in June, said the ministry's spokesman. Nobody had asked him."


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    write_runs(TEXT, tmp_path / "copied" / "paper.runs")
    return tmp_path / "copied"


def test_eight_words_in_a_row_are_found_whatever_their_case_signs_and_accents(runs: Path) -> None:
    found = copied("As told: the FLEETS - sailed through the straït, in June, said ... nobody.", read_runs(runs))
    assert found == ("paper", "fleets sailed through the strait in june said")


def test_seven_words_in_a_row_are_no_copy(runs: Path) -> None:
    assert copied("Fleets sailed through the strait in June, says the paper of it.", read_runs(runs)) is None


def test_apostrophes_do_not_hide_a_copy(runs: Path) -> None:
    assert copied("in June, said the ministry\u2019s spokesman. Nobody had", read_runs(runs)) is not None


def test_of_the_text_only_hashes_are_kept(runs: Path) -> None:
    data = (runs / "paper.runs").read_bytes()
    assert len(data) == 5 * (17 - 7)
    assert b"fleet" not in data


def test_a_copy_in_the_catalogue_is_a_finding_at_its_place(folders: Folders, runs: Path) -> None:
    folders.swap(
        "indicators/operations.yaml",
        "definition: A drill of both forces is held.",
        "definition: The two fleets sailed through the strait in June.",
    )
    (finding,) = copied_findings(folders.load(), read_runs(runs))
    assert str(finding).startswith(folders.place("indicators/operations.yaml", "definition: The two") + ": these eight")
    assert "'paper': the two fleets sailed through the strait in" in str(finding)


def test_headings_in_citations_are_no_copies(folders: Folders, runs: Path) -> None:
    heading = "The two fleets sailed through the strait in June"
    folders.swap("indicators/operations.yaml", "section: Drills", f"section: {heading}")
    assert copied_findings(folders.load(), read_runs(runs)) == []


def test_a_damaged_file_of_hashes_is_refused(runs: Path) -> None:
    with (runs / "paper.runs").open("ab") as file:
        file.write(b"x")
    with pytest.raises(StoreError, match="damaged"):
        read_runs(runs)


def test_where_no_hashes_are_kept_nothing_is_found(folders: Folders, tmp_path: Path) -> None:
    assert copied_findings(folders.load(), read_runs(tmp_path / "none")) == []


def test_hashes_of_every_document_of_the_register_ship(shipped_catalogue: Catalogue) -> None:
    runs = read_runs(shipped("indicators") / "copied")
    assert set(runs) == set(shipped_catalogue.documents)
    assert all(len(found) > 3000 for found in runs.values())


def test_no_sentence_of_the_shipped_catalogue_is_copied(shipped_catalogue: Catalogue) -> None:
    runs = read_runs(shipped("indicators") / "copied")
    assert [str(one) for one in copied_findings(shipped_catalogue, runs)] == []


def test_no_sentence_of_the_shipped_evidence_is_copied() -> None:
    runs = read_runs(shipped("indicators") / "copied")
    found = []
    for path in sorted((shipped("indicators") / "evidence").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for number, line in enumerate(csv.DictReader(file), start=2):
                for column in {"summary", "text", "grade_reason", "reason", "contradicts"} & set(line):
                    if hit := copied(line[column], runs):
                        found.append(f"{path.name}:{number}: {column}: {hit}")
    assert found == []
