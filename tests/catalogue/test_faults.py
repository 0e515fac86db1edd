"""Every fault is reported with its place, all of them at once, and takes out no more than it must."""

import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iw.catalogue import load_catalogue, yaml_files
from iw.core.errors import DataError
from tests.catalogue.cast import INDICATORS, PROBLEM, Folders

DOCS, OPS, CLOSE, TABLES = (
    "indicators/documents.yaml",
    "indicators/operations.yaml",
    "models/closeness.yaml",
    "models/tables.yaml",
)


def test_the_cast_has_no_fault(folders: Folders) -> None:
    assert folders.faults() == []
    assert list(folders.load().problems) == ["closeness"]


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "says"),
    [
        (OPS, "lag_days: 3", "lag_days: -3", "lag_days", "greater than or equal to 0"),
        (OPS, "lag_days: 3", "lag_days: .inf", "lag_days", "finite"),
        (OPS, "coverage: 0.9", "coverage: 90", "coverage", "less than or equal to 1"),
        (OPS, "coverage: 0.9", "coverage: 0.9\n    covrage: 1", "covrage", "unknown"),
        (OPS, "coverage: 0.9", "coverage: 1e-1", "coverage", "YAML reads 1e-3 as text"),
        (
            OPS,
            "title: Joint drill",
            "title: no",
            "title: no",
            "YAML reads yes, no, on and off as true or false",
        ),
        (OPS, "title: Joint drill", "title: 2024", "title: 2024", "put it in quotes"),
        (OPS, "id: quarrel", "id: Open Quarrel", "id: Open Quarrel", "pattern"),
        (OPS, "kind: event", "kind: events", "kind", "'event', 'level' or 'count'"),
        (OPS, "elicited_on: 2024-01-01", "elicited_on: 2024-02-30", "elicited_on", "a day of the calendar"),
        (OPS, "elicited_on: 2024-01-01", 'elicited_on: "2024-01-01"', "elicited_on", "without quotes"),
        (OPS, "[1, 16]", "[16, 1]", "interval", "0 < low < high"),
        (OPS, "[1, 16]", "[0, 16]", "interval", "0 < low < high"),
        (OPS, "[1, 16]", "[1]", "interval", "0 < low < high"),
        (OPS, "[1, 16]", "[1, .inf]", ".inf]", "finite"),
        (OPS, "[1, 16]", "1 to 16", "interval", "0 < low < high"),
        (OPS, "      author: anna\n", "", "rate:", "rate.author: this key is missing"),
        (OPS, "related: [drill]", "related: [dril]", "dril]", "did you mean drill?"),
        (DOCS, '"2021-01"', '"2021-13"', "published", "not a date in the calendar"),
        (DOCS, "cites: [paper]", "cites: [papers]", "papers]", "did you mean paper?"),
        (DOCS, "documents:", "note: x\ndocuments:", "note", "unknown"),
        (CLOSE, "horizon_days: 365", "horizon_days: 0.5", "horizon_days", "integer"),
        (CLOSE, "prior: 0.1", "prior: 0.2", "scenarios", "the priors sum to 1.1, not to 1"),
        (CLOSE, "prior: 0.1", "prior: .nan", "prior", "finite"),
        (CLOSE, "dwell_years: [5, 50]", "dwell_years: for ever", "dwell_years", "or the word never_ends"),
        (CLOSE, "dwell_years: [5, 50]", "dwell_years: [50, 5]", "dwell_years", "0 < low < high"),
        (CLOSE, "next: {as-before: 1}", "next: {as-bevore: 1}", "as-bevore", "did you mean as-before?"),
        (CLOSE, "next: {as-before: 1}", "next: {alliance: 1}", "next: {al", "cannot follow itself"),
        (CLOSE, "    next: {as-before: 1}\n", "", "id: alliance", "names nothing that follows"),
        (CLOSE, "warned: [alliance]", "warned: [alliances]", "alliances]", "did you mean alliance?"),
        (CLOSE, "status_quo: as-before", "status_quo: before", "status_quo", "did you mean as-before?"),
        (
            CLOSE,
            "indicators:\n",
            "indicators:\n  - {indicator: base-accord}\n",
            "indicator: base-accord\n",
            "the problem names 'base-accord' twice",
        ),
        (
            TABLES,
            "rationale: A guess.",
            "rationale: G., citations: [{document: p, section: S}]",
            "document: p,",
            "not in",
        ),
        (CLOSE, "indicator: drill", "indicator: dril", "indicator: dril", "did you mean drill?"),
        (
            CLOSE,
            "indicator: quarrel",
            "indicator: drill",
            "indicator: drill\n    likelihood:\n      rupture:\n",
            "twice",
        ),
        (
            CLOSE,
            "rupture: {word",
            "as-before: {word",
            "as-before: {word",
            "status quo's multiplier is always 1",
        ),
        (CLOSE, "rupture: {word", "raptur: {word", "raptur: {word", "did you mean rupture?"),
        (CLOSE, "word: x1/8", "word: x1/9", "word: x1/9", "did you mean x1/8?"),
        (CLOSE, "word: x1/8", "word: x3, interval: [1, 9]", "rupture: {word", "either a word or an interval"),
        (CLOSE, "word: x1/8, ", "", "rupture: {rationale", "either a word or an interval"),
        (CLOSE, "then., judgement: anna", "then.", "rupture: {word", "a citation or a named judgement"),
        (CLOSE, "Nobody drills then.", "Then, nobody.", "nobody.", "put texts with commas in quotes"),
        (CLOSE, "judgement: anna", "judgement: ''", "rupture: {word", "a citation or a named judgement"),
        (CLOSE, "only_then: alliance", "only_then: aliance", "only_then", "did you mean alliance?"),
        (
            CLOSE,
            "    only_then: alliance\n",
            "    only_then: alliance\n    likelihood: {rupture: {word: x3, rationale: R., judgement: a}}\n",
            "indicator: base-accord",
            "'only_then' excludes 'likelihood'",
        ),
        (CLOSE, "    rationale: It is the alliance.\n", "", "indicator: base-accord", "needs a rationale"),
        (
            CLOSE,
            "document: paper, section: Treaties",
            "document: papyrus, section: T",
            "document: papyrus",
            "not in",
        ),
    ],
)
def test_a_fault_is_reported_once_and_at_its_place(
    folders: Folders, file: str, old: str, new: str, at: str, says: str
) -> None:
    folders.swap(file, old, new)
    # That a problem listens to a faulty indicator is told in the problem's file.
    (fault,) = [fault for fault in folders.faults() if fault.startswith(file)]
    assert fault.startswith(f"{folders.place(file, at)}: "), f"{fault} is not at {folders.place(file, at)}"
    assert says in fault


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("domain: x\nindicators:\n  - id: [unclosed\n", "4:1", "not valid YAML"),
        ("domain: x\n\ttitle: y\n", "2:1", "tab character"),
        ("domain: x\n---\ndomain: y\n", "2:1", "expected a single document"),
        ("domain: *nobody\n", "1:9", "undefined alias"),
        ("domain: x\ntitle: a\0b\n", "2:9", "control characters"),
        ("domain: x\n? [a]\n: b\n", "2:3", "unhashable"),
        ("domain: !!python/object:os.system x\n", "1:9", "could not determine a constructor"),
        ("domain: !!int ''\n", "1:1", "not valid YAML"),
        ("[" * 2_000, "2:1", "not valid YAML"),
        ("", "1:1", "empty or not a table of keys"),
        ("- a\n", "1:1", "empty or not a table of keys"),
        ("domain: x\ntitle: X\n", "1:1", "'indicators' is missing or is not a list"),
        ("domain: x\ntitle: X\nindicators: none\n", "3:1", "'indicators' is missing or is not a list"),
        ("domain: x\ntitle: X\nindicators: [drill]\n", "3:14", "a table of keys is needed here"),
    ],
)
def test_a_broken_file_is_one_fault_and_the_rest_loads(folders: Folders, text: str, place: str, says: str) -> None:
    folders.write("indicators/broken.yaml", text)
    (fault,) = folders.faults()
    assert fault.startswith(f"indicators/broken.yaml:{place}")
    assert says in fault
    assert len(folders.load().indicators) == 3


def test_a_file_that_is_not_utf_8_names_the_first_such_byte(folders: Folders) -> None:
    (folders.root / "models/other.yaml").write_bytes("id: x\ntitle: Übung\n".encode("latin-1"))
    assert folders.faults() == ["models/other.yaml:2:8: not UTF-8 text (save the file as UTF-8)"]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(folders: Folders) -> None:
    text = INDICATORS.replace("lag_days: 1", "lag_days: -1").replace("\n", "\r\n")
    (folders.root / OPS).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert any(fault.startswith(folders.place(OPS, "lag_days: -1")) for fault in folders.faults())
    assert set(folders.load().indicators) == {"drill", "base-accord"}


@given(st.text())
def test_any_text_is_read_or_reported(text: str) -> None:
    path = Path(tempfile.gettempdir()) / f"iw-{os.getpid()}.yaml"
    path.write_text(text, encoding="utf-8", newline="", errors="replace")
    try:
        file, faults = yaml_files.read(path, "any.yaml")
    finally:
        path.unlink()
    assert file is not None or len(faults) == 1


def test_a_file_with_ten_faults_reports_all_ten(folders: Folders) -> None:
    for old, new in [
        ("title: Operations", "title: ''"),
        ("id: drill", "id: Drill"),
        ("kind: event", "kind: happening"),
        ("polarity: confirming", "polarity: yes"),
        ("[1, 16]", "[16, 1]"),
        ("elicited_on: 2024-01-01", "elicited_on: soon"),
        ("rationale: Seen every year.", "reason: Seen every year."),  # two: one key unknown, one missing
        ("lag_days: 3", "lag_days: [3]"),
        ("coverage: 0.5", "coverage: 1.5"),
    ]:
        folders.swap(OPS, old, new)
    faults = [fault for fault in folders.faults() if fault.startswith(OPS)]
    assert len(faults) == 10, faults
    assert [int(fault.split(":")[1]) for fault in faults] == sorted(int(f.split(":")[1]) for f in faults)


def test_a_fault_of_form_hides_no_name_that_nothing_has(folders: Folders) -> None:
    for old, new in (
        ("prior: 0.7", "prior: 1.7"),
        ("lead_time_days: 90", "lead_time_days: -1"),
        ("warned: [alliance]", "warned: [aliance]"),
        ("next: {alliance: 2, rupture: 1}", "next: {alliance: 2, ruptur: 1}"),
        ("indicator: drill", "indicator: dril"),
    ):
        folders.swap("models/closeness.yaml", old, new)
    text = "\n".join(folders.faults())
    for words in ("prior", "lead_time_days", "'aliance' is not a", "'ruptur' is not a", "no indicator 'dril'"):
        assert words in text
    assert len(folders.faults()) == 5


def test_a_key_that_stands_twice_takes_its_entry_out_and_no_other(folders: Folders) -> None:
    folders.swap(OPS, "    lag_days: 1\n", "    lag_days: 1\n    lag_days: 2\n")
    folders.swap(CLOSE, "indicator: quarrel", "indicator: drill-2")
    folders.swap(OPS, "  - id: base-accord", "  - id: drill-2\n    rate: {}\n  - id: base-accord")
    place = folders.place(OPS, "lag_days: 2")
    assert f"{place}: the key 'lag_days' stands here twice" in folders.faults()
    assert set(folders.load().indicators) == {"drill", "base-accord"}


def test_a_key_that_stands_twice_deep_within_takes_the_problem_out(folders: Folders) -> None:
    folders.swap(CLOSE, "next: {as-before: 1}", "next: {as-before: 1, as-before: 3}")
    place = folders.place(CLOSE, "as-before: 3")
    assert folders.faults() == [f"{place}: the key 'as-before' stands here twice"]
    assert not folders.load().problems


def test_a_table_that_contains_itself_is_a_fault_and_no_endless_loop(folders: Folders) -> None:
    folders.swap(OPS, "    related: [drill]", "    related: &me [*me]")
    assert any("related.0" in fault for fault in folders.faults())


def test_a_merged_table_is_located_where_it_is_overridden(folders: Folders) -> None:
    rate = "rate: &rate\n      interval: [1, 16]"
    folders.swap(OPS, "rate:\n      interval: [1, 16]", rate)
    folders.swap(OPS, "      interval: [0.01, 1]\n", "      <<: *rate\n      interval: [5, 0.5]\n")
    (fault,) = [fault for fault in folders.faults() if fault.startswith(OPS)]
    assert fault.startswith(folders.place(OPS, "interval: [5, 0.5]"))


@pytest.mark.parametrize("key", ["no", "1", "2024-01-01"])
def test_a_key_that_yaml_does_not_read_as_text_is_explained(folders: Folders, key: str) -> None:
    folders.swap(CLOSE, "next: {as-before: 1}", f"next: {{{key}: 1}}")
    (fault,) = folders.faults()
    assert fault.startswith(folders.place(CLOSE, f"{key}: 1}}"))
    assert "in quotes" in fault


def test_a_faulty_problem_is_left_out_while_the_rest_loads(folders: Folders) -> None:
    folders.write("models/other.yaml", PROBLEM.replace("id: closeness", "id: other").replace("prior: 0.1", "prior: 2"))
    assert len(folders.faults()) == 1
    catalogue = folders.load()
    assert list(catalogue.problems) == ["closeness"]
    assert len(catalogue.indicators) == 3


def test_a_problem_that_listens_to_a_faulty_indicator_is_left_out(folders: Folders) -> None:
    folders.swap(OPS, "coverage: 0.5", "coverage: 5")
    own, missed = folders.faults()
    assert own.startswith(OPS)
    assert missed.startswith(folders.place(CLOSE, "indicator: quarrel"))
    assert "'quarrel' has a fault itself" in missed
    assert not folders.load().problems


def test_a_citation_of_an_unknown_document_is_a_fault_that_takes_nothing_out(folders: Folders) -> None:
    folders.swap(OPS, "document: paper", "document: papyr")
    assert "did you mean paper?" in folders.faults()[0]
    catalogue = folders.load()
    assert (len(catalogue.indicators), len(catalogue.problems)) == (3, 1)


@pytest.mark.parametrize("kind", ["document", "indicator", "problem"])
def test_an_id_that_is_taken_is_a_fault_and_the_first_one_stays(folders: Folders, kind: str) -> None:
    if kind == "document":
        folders.swap(DOCS, "id: reply", "id: paper")
    elif kind == "indicator":
        folders.write("indicators/second.yaml", INDICATORS.replace("id: quarrel", "id: row"))
    else:
        folders.write("models/second.yaml", PROBLEM.replace("title: Closeness", "title: Second"))
    faults = folders.faults()
    assert len(faults) == (2 if kind == "indicator" else 1)
    assert all("already" in fault for fault in faults)
    catalogue = folders.load()
    assert catalogue.documents["paper"].title == "A paper"
    assert catalogue.domains["drill"] == "operations"
    assert catalogue.problem("closeness").title == "Closeness"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  E: [0.60, 0.35, 0.18, 0.08, 0.03]\n", "", "no line for E"),
        ("0.45, 0.15]", "0.45]", "at least 5 items"),
        ("A: 0.1,", "A: 0.2,", "the numbers sum to 1.1, not to 1"),
        ('"1": 0.15, ', "", "no line for 1"),
        ('"1": 0.15', "1: 0.15", "in quotes"),
        ("leave: 0.4", "leave: 0.6", "a level is left at or below"),
        ("low: 0.0, high: 0.5", "low: 0.5, high: 0.5", "'low' is not below 'high'"),
        ("[1.8, 5]", "[5, 1.8]", "0 < low < high"),
        ("reference_rate_floor: 0.2", "reference_rate_floor: 0", "greater than 0"),
    ],
)
def test_without_sound_tables_nothing_can_be_used(folders: Folders, old: str, new: str, says: str) -> None:
    folders.swap(TABLES, old, new)
    with pytest.raises(DataError, match="shared tables cannot be used") as caught:
        folders.load()
    (fault,) = caught.value.faults
    assert says in str(fault)


def test_a_missing_folder_or_table_is_named(folders: Folders) -> None:
    with pytest.raises(DataError, match="no such folder"):
        load_catalogue(folders.root / "nowhere", folders.root / "models")
    (folders.root / TABLES).unlink()
    with pytest.raises(DataError, match=r"models/tables.yaml: cannot be read: No such file"):
        folders.load()


def test_without_a_register_every_citation_is_a_fault_but_the_catalogue_loads(folders: Folders) -> None:
    (folders.root / DOCS).unlink()
    assert len(folders.faults()) == len([*re.finditer("document: paper", INDICATORS + PROBLEM)])
    assert folders.load().problems


def test_two_scenarios_of_one_id_are_a_fault(folders: Folders) -> None:
    folders.write(CLOSE, PROBLEM.replace("id: rupture", "id: alliance"))
    says = f"{folders.place(CLOSE, 'scenarios:')}: two scenarios have the same id"
    assert says in folders.faults()


def test_to_cite_or_relate_to_a_faulty_entry_is_no_further_fault(folders: Folders) -> None:
    folders.swap(DOCS, "title: A paper", "titel: A paper")  # two: one key unknown, one missing
    folders.swap(OPS, "coverage: 0.9", "coverage: 9")
    files = [fault.split(":")[0] for fault in folders.faults()]
    assert files == [DOCS, DOCS, OPS, CLOSE]


def test_a_sound_entry_is_found_though_a_faulty_one_has_its_name(folders: Folders) -> None:
    folders.write("models/another.yaml", PROBLEM.replace("lead_time_days: 90", "lead_time_days: -1"))
    assert len(folders.faults()) == 1
    assert folders.load().problem("closeness").lead_time_days == 90
