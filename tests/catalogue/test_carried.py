"""Every scenario that the documents state is carried by a problem's scenario or a question, or it is a fault."""

import pytest

from iw.catalogue.carried import Carried, carried_scenarios, dead_canonicals, not_carried
from tests.catalogue.cast import Folders
from tests.catalogue.test_questions import ASK, CLOSE, DOCS
from tests.catalogue.test_questions import asking as asking

BOTH = "[alliance-of-the-paper, rupture-of-the-paper]"
SECTIONS = """\
    sections:
      - {heading: Treaties, scenarios: [alliance-of-the-paper, rupture-of-the-paper]}
      - {heading: Bases}
"""


@pytest.fixture
def stated(asking: Folders) -> Folders:
    """The cast, in which a document states two scenarios; a question carries one, a problem's scenario both."""
    asking.swap(DOCS, '    published: "2021-01"\n', '    published: "2021-01"\n' + SECTIONS)
    asking.swap(CLOSE, "    title: Rupture\n", "    title: Rupture\n    canonical: [rupture-of-the-paper]\n")
    asking.swap(
        CLOSE,
        "    title: Alliance\n",
        f"    title: Alliance\n    canonical: {BOTH}\n",
    )
    return asking


def test_each_scenario_of_each_section_has_what_carries_it(stated: Folders) -> None:
    assert carried_scenarios(stated.load()) == [
        Carried("paper", "Treaties", "alliance-of-the-paper", ("closeness/alliance", "question/accord-soon")),
        Carried("paper", "Treaties", "rupture-of-the-paper", ("closeness/alliance", "closeness/rupture")),
    ]
    assert not_carried(stated.load()) == []
    assert dead_canonicals(stated.load()) == []


def test_a_scenario_that_nothing_carries_is_a_fault_in_the_register(stated: Folders) -> None:
    stated.swap(DOCS, "rupture-of-the-paper]", "rupture-of-the-paper, accord-of-the-paper]")
    (fault,) = not_carried(stated.load())
    assert str(fault).startswith(stated.place(DOCS, "accord-of-the-paper") + ": no problem's scenario and no question")
    assert carried_scenarios(stated.load())[-1].by == ()


def test_a_canonical_name_that_no_document_states_is_a_finding(stated: Folders) -> None:
    stated.swap(CLOSE, "canonical: [rupture-of-the-paper]", "canonical: [ruptur-of-the-paper]")
    stated.swap(ASK, "canonical: [alliance-of-the-paper]", "canonical: [aliance-of-the-paper]")
    problem, question = dead_canonicals(stated.load())
    assert str(problem).startswith(stated.place(CLOSE, "ruptur-of-the-paper") + ": no document states")
    assert "did you mean alliance-of-the-paper" in str(question)


def test_where_the_register_lists_no_scenario_nothing_is_dead(asking: Folders) -> None:
    assert carried_scenarios(asking.load()) == []
    assert dead_canonicals(asking.load()) == []
