"""Levels, questions and the sections of documents: what is a fault in them, and what it takes out."""

import pytest

from iw.catalogue.checks import catalogue_findings
from iw.core.errors import UsageError
from tests.catalogue.cast import INDICATORS, PROBLEM, Folders

DOCS, OPS, CLOSE, ASK = (
    "indicators/documents.yaml",
    "indicators/operations.yaml",
    "models/closeness.yaml",
    "models/questions/questions.yaml",
)
LEVEL = """\
  - id: trade
    title: Volume of trade
    kind: level
    unit: billions
    polarity: confirming
    definition: Trade of a year by the customs.
    usual:
      interval: [100, 300]
      elicited_on: 2024-01-01
      author: anna
      rationale: As before.
      citations: [{document: paper, section: Trade}]
    lag_days: 30
    coverage: 0.9
"""
QUESTIONS = """\
questions:
  - id: accord-soon
    title: An accord
    asks: Will an accord be signed?
    indicator: base-accord
    window_days: 365
    canonical: [alliance-of-the-paper]
    home: closeness
    author: anna
    rationale: It is what the paper means.
    citations: [{document: paper, section: Bases}]
  - id: trade-target
    title: The target
    asks: Will trade reach 200 by 2024?
    indicator: trade
    deadline: 2024-12-31
    above: 200
    author: anna
    rationale: The paper's own target.
"""


@pytest.fixture
def asking(folders: Folders) -> Folders:
    """The cast with a level and two questions."""
    folders.write(OPS, INDICATORS + LEVEL)
    folders.write(ASK, QUESTIONS)
    return folders


def test_questions_are_read_beside_the_problems(asking: Folders) -> None:
    assert asking.faults() == []
    catalogue = asking.load()
    assert list(catalogue.questions) == ["accord-soon", "trade-target"]
    assert catalogue.indicators["trade"].unit == "billions"
    assert [str(one) for one in catalogue_findings(catalogue)] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "says"),
    [
        (ASK, "indicator: base-accord", "indicator: base-acord", "indicator: base-acord", "did you mean base-accord?"),
        (ASK, "indicator: base-accord", "indicator: trade", "indicator: trade", "give 'above' or 'below' for a level"),
        (ASK, "above: 200", "at_least: 2", "indicator: trade", "give 'above' or 'below' for a level"),
        (ASK, "    above: 200\n", "    above: 200\n    below: 3\n", "id: trade-target", "exclude one another"),
        (ASK, "    deadline: 2024-12-31\n", "", "id: trade-target", "either 'window_days' or a 'deadline'"),
        (ASK, "window_days: 365", "window_days: 0", "window_days", "greater than 0"),
        (ASK, "home: closeness", "home: closness", "home: closness", "did you mean closeness?"),
        (
            ASK,
            "section: Bases",
            "section: Bases}, {document: papr, section: B",
            "document: papr",
            "did you mean paper?",
        ),
        (ASK, "id: trade-target", "id: accord-soon", "id: accord-soon\n    title: The", "stands in models/questions/"),
        (OPS, "    unit: billions\n", "", "id: trade", "a level has 'unit' and 'usual'"),
        (OPS, "    lag_days: 3\n", "    lag_days: 3\n    unit: x\n", "id: drill", "'unit' and 'usual' are for levels"),
    ],
)
def test_a_fault_is_located(asking: Folders, file: str, old: str, new: str, at: str, says: str) -> None:
    asking.swap(file, old, new)
    found = [fault for fault in asking.faults() if says in fault]
    assert len(found) == 1
    assert found[0].startswith(f"{asking.place(file, at)}: ")


def test_a_home_has_to_listen_to_the_indicator(asking: Folders) -> None:
    old = "indicator: trade\n    deadline: 2024-12-31\n    above: 200"
    asking.swap(ASK, old, "indicator: drill\n    window_days: 9")
    assert asking.faults() == []
    start, end = PROBLEM.index("  - indicator: drill"), PROBLEM.index("  - indicator: base-accord")
    asking.write(CLOSE, PROBLEM[:start] + PROBLEM[end:])
    asking.swap(ASK, "window_days: 9", "window_days: 9\n    home: closeness")
    (fault,) = asking.faults()
    assert "does not listen to 'drill' (leave 'home' out)" in fault
    assert list(asking.load().questions) == ["accord-soon"]


def test_a_question_falls_with_its_home_without_a_fault_of_its_own_and_the_others_stand(asking: Folders) -> None:
    asking.swap(CLOSE, "prior: 0.1", "prior: 0.3")
    (fault,) = asking.faults()
    assert "the priors sum to" in fault
    found = asking.load()
    assert list(found.questions) == ["trade-target"]
    assert found.left_out == {("problem", "closeness"), ("question", "accord-soon")}
    with pytest.raises(UsageError, match="'closeness' is left out: there is a fault in its file"):
        found.problem("closeness")


def test_a_file_that_cannot_be_read_is_blamed_and_not_the_questions_at_home_in_it(asking: Folders) -> None:
    asking.write(CLOSE, "id: closeness\n\ttab: no\n")
    (fault,) = asking.faults()
    assert fault.startswith(CLOSE)
    assert ("problem", "closeness") in asking.load().left_out


def test_a_level_has_no_rate_to_listen_to(asking: Folders) -> None:
    asking.swap(CLOSE, "  - indicator: drill\n", "  - indicator: trade\n")
    assert any("'trade' is a level: it has values, and no rate" in fault for fault in asking.faults())
    assert list(asking.load().problems) == []


def test_a_citation_names_a_section_of_the_register_where_it_lists_any(asking: Folders) -> None:
    sections = "    sections: [{heading: Drills}, {heading: Bases}, {heading: Treaties}, {heading: Trade}]\n"
    asking.swap(DOCS, '    published: "2021-01"\n', '    published: "2021-01"\n' + sections)
    faults = asking.faults()
    assert {fault.split(" has no section ")[1].split(" (")[0] for fault in faults} == {
        "'Quarrels'",
        "'Ruptures'",
        "'Today'",
    }
    assert faults[0].startswith(asking.place(OPS, "section: Quarrels"))
    assert list(asking.load().problems) == ["closeness"]  # its numbers stand


def test_a_question_without_a_home_is_a_finding_where_a_problem_listens(asking: Folders) -> None:
    asking.swap(ASK, "    home: closeness\n", "")
    (finding,) = (str(one) for one in catalogue_findings(asking.load()))
    assert finding.startswith("models/questions/questions.yaml:5:5: no problem is named that forecasts it")
    assert finding.endswith("(home: closeness)")


def test_an_indicator_that_a_question_asks_for_is_used(asking: Folders) -> None:
    asking.swap(ASK, QUESTIONS[QUESTIONS.index("  - id: trade-target") :], "")
    (finding,) = (str(one) for one in catalogue_findings(asking.load()))
    assert "no warning problem listens to 'trade', and no question asks for it" in finding
