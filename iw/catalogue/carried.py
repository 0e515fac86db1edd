"""Which scenario that the documents state is carried by what: a problem's scenario or a question."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from iw.catalogue.load import Catalogue
from iw.core.errors import Fault, nearest


@dataclass(frozen=True)
class Carried:
    """One scenario in one section of a document, and what carries it."""

    document: str
    section: str
    scenario: str
    by: tuple[str, ...]  # "problem/scenario" and "question/id"; empty where nothing does


def carriers(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """What carries each of the documents' scenarios, by its canonical name."""
    found: dict[str, list[str]] = defaultdict(list)
    for problem in catalogue.problems.values():
        for scenario in problem.scenarios:
            for name in scenario.canonical:
                found[name].append(f"{problem.id}/{scenario.id}")
    for question in catalogue.questions.values():
        for name in question.canonical:
            found[name].append(f"question/{question.id}")
    return {name: tuple(by) for name, by in found.items()}


def carried_scenarios(catalogue: Catalogue) -> list[Carried]:
    """Every scenario of every section of the register, in its order."""
    by = carriers(catalogue)
    return [
        Carried(document.id, section.heading, name, by.get(name, ()))
        for document in catalogue.documents.values()
        for section in document.sections
        for name in section.scenarios
    ]


def not_carried(catalogue: Catalogue) -> list[Fault]:
    """A fault for each scenario of the register that nothing carries."""
    by = carriers(catalogue)
    faults = []
    for document in catalogue.documents.values():
        file, loc = catalogue.places["document", document.id]
        for s, section in enumerate(document.sections):
            for k, name in enumerate(section.scenarios):
                if name not in by:
                    message = f"no problem's scenario and no question carries '{name}'"
                    hint = f"name it under 'canonical'{_near(name, by)}"
                    faults.append(file.fault([*loc, "sections", s, "scenarios", k], message, hint))
    return sorted(faults)


def dead_canonicals(catalogue: Catalogue) -> list[Fault]:
    """Findings: canonical names that no section of the register states. None where the register lists no scenario."""
    stated = {row.scenario for row in carried_scenarios(catalogue)}
    if not stated:
        return []
    found = []
    for problem in catalogue.problems.values():
        for s, scenario in enumerate(problem.scenarios):
            for k, name in enumerate(scenario.canonical):
                if name not in stated:
                    found.append(
                        _dead(catalogue, "problem", problem.id, ("scenarios", s, "canonical", k), name, stated)
                    )
    for question in catalogue.questions.values():
        for k, name in enumerate(question.canonical):
            if name not in stated:
                found.append(_dead(catalogue, "question", question.id, ("canonical", k), name, stated))
    return found


def _dead(
    catalogue: Catalogue, kind: str, name: str, where: tuple[str | int, ...], canonical: str, stated: set[str]
) -> Fault:
    file, loc = catalogue.places[kind, name]
    return file.fault([*loc, *where], f"no document states a scenario '{canonical}'{_near(canonical, stated)}")


def _near(name: str, known: set[str] | dict[str, tuple[str, ...]]) -> str:
    close = nearest(name, known)
    return f"; did you mean {' or '.join(close)}?" if close else ""
