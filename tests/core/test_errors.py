import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iw.core.errors import (
    DataError,
    Fault,
    InferenceError,
    Interrupted,
    IwError,
    NotFoundError,
    StoreError,
    UsageError,
    nearest,
)

FAULT = Fault("indicators/finance.yaml", 12, 5, "this key is unknown", "check the spelling")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (FAULT, "indicators/finance.yaml:12:5: this key is unknown (check the spelling)"),
        (Fault("evidence.csv", 3, 0, "it is empty"), "evidence.csv:3: it is empty"),
        (Fault("evidence.csv", 0, 0, "cannot be read"), "evidence.csv: cannot be read"),
    ],
)
def test_a_fault_names_the_place_as_exactly_as_it_is_known(fault: Fault, text: str) -> None:
    assert str(fault) == text


def test_faults_sort_by_file_line_and_column() -> None:
    places = [("b", 1, 1), ("a", 10, 1), ("a", 9, 7), ("a", 9, 5)]
    faults = sorted(Fault(file, line, column, "message") for file, line, column in places)
    assert [(fault.file, fault.line, fault.column) for fault in faults] == sorted(places)


def test_a_data_error_lists_every_fault() -> None:
    assert str(DataError([FAULT, FAULT])).splitlines() == ["2 faults found.", f"  {FAULT}", f"  {FAULT}"]
    assert str(DataError([FAULT])).startswith("1 fault found.")
    assert str(DataError([FAULT], "No tables.")).splitlines() == ["No tables.", f"  {FAULT}"]


def test_a_name_that_is_not_there_brings_the_nearest_ones() -> None:
    error = NotFoundError("indicator", "bilateral-dril", ["leader-meeting", "bilateral-drill"])
    assert str(error) == "There is no indicator named 'bilateral-dril'. Did you mean bilateral-drill?"
    assert str(NotFoundError("indicator", "zzz", ["leader-meeting"])) == "There is no indicator named 'zzz'."


@pytest.mark.parametrize(
    "error",
    [
        UsageError("It cannot be.", "Do this."),
        NotFoundError("indicator", "dril", ["drill"]),
        DataError([FAULT], "No tables."),
        StoreError("The log is locked."),
        InferenceError("No scenario explains it."),
        Interrupted("Cancelled."),
    ],
)
def test_an_error_survives_the_way_from_another_process(error: IwError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.__dict__) == (type(error), str(error), error.__dict__)
    assert again.exit_code == error.exit_code != 0


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("tass", "TASS"),
        ("People's_Daily", "people's daily"),
        ("lethal aid", "lethal-aid-delivery"),
        ("S500", "s500-contract"),
    ],
)
def test_the_nearest_name_is_found_whatever_its_case_and_separators(name: str, found: str) -> None:
    known = ["TASS", "people's daily", "lethal-aid-delivery", "s500-contract", "gas-pipeline-contract"]
    assert nearest(name, known)[0] == found


def test_a_part_of_a_name_finds_it() -> None:
    assert nearest("veto", ["joint-unsc-veto", "leader-meeting"]) == ["joint-unsc-veto"]


@given(st.text(), st.lists(st.text()), st.integers(1, 5))
def test_only_known_names_are_suggested_each_once_and_not_too_many(name: str, known: list[str], count: int) -> None:
    found = nearest(name, known, count)
    assert set(found) <= set(known)
    assert len(found) == len(set(found)) <= count


def test_the_core_imports_nothing_but_the_standard_library() -> None:
    code = (
        "import sys, iw.core.dates, iw.core.errors, iw.core.resources;"
        "print([name for name in ('numpy', 'pydantic', 'sqlalchemy', 'yaml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
