"""Do the entries of a catalogue fit together? Names resolve, priors sum to one, words exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import replace
from typing import TYPE_CHECKING

from iw.catalogue.schema import Citation, Listening, Note, Problem
from iw.core.errors import Fault, nearest

if TYPE_CHECKING:
    from iw.catalogue.load import Catalogue, Place


def resolve(found: Catalogue, faulty: Set[tuple[str, str]]) -> tuple[Catalogue, list[Fault]]:
    """Leave out the problems whose references do not resolve; give the rest and all faults.

    Faults in citations and cross-references do not take an entry out: its numbers stand. ``faulty`` names the
    entries (kind, id) with faults of their own: to cite one of them is no further fault, to listen to one is.
    """
    faults: list[Fault] = []
    sound: dict[str, Problem] = {}
    for problem in found.problems.values():
        broken = list(_problem_faults(found, problem, faulty))
        faults += broken
        if not broken:
            sound[problem.id] = problem
    faults += _indicator_faults(found, {*found.indicators, *_ids("indicator", faulty)})
    documents = {*found.documents, *_ids("document", faulty)}
    faults += _document_faults(found, documents)
    faults += _citation_faults(found, documents)
    return replace(found, problems=sound), faults


def _ids(kind: str, faulty: Set[tuple[str, str]]) -> set[str]:
    return {name for of, name in faulty if of == kind}


def _problem_faults(found: Catalogue, problem: Problem, faulty: Set[tuple[str, str]]) -> Iterator[Fault]:
    file, loc = found.places["problem", problem.id]
    names = [scenario.id for scenario in problem.scenarios]

    def unknown_scenario(name: str, *where: str | int) -> Iterator[Fault]:
        if name not in names:
            yield file.fault([*loc, *where], f"'{name}' is not a scenario of this problem", _near(name, names))

    if len(set(names)) < len(names):
        yield file.fault([*loc, "scenarios"], "two scenarios have the same id")
    total = sum(scenario.prior for scenario in problem.scenarios)
    if abs(total - 1) > 1e-6:
        yield file.fault([*loc, "scenarios"], f"the priors sum to {total:g}, not to 1")
    yield from unknown_scenario(problem.status_quo, "status_quo")
    for index, name in enumerate(problem.warned):
        yield from unknown_scenario(name, "warned", index)
    for index, scenario in enumerate(problem.scenarios):
        where = ("scenarios", index, "next")
        for name in scenario.next:
            yield from unknown_scenario(name, *where, name)
        if scenario.id in scenario.next:
            yield file.fault([*loc, *where], f"'{scenario.id}' cannot follow itself")
        if scenario.dwell_years != "never_ends" and not sum(scenario.next.values()) > 0:
            yield file.fault([*loc, "scenarios", index], f"'{scenario.id}' ends, but 'next' names nothing that follows")
    yield from _listening_faults(found, problem, _ids("indicator", faulty), unknown_scenario)


def _listening_faults(
    found: Catalogue, problem: Problem, faulty: set[str], unknown_scenario: Callable[..., Iterator[Fault]]
) -> Iterator[Fault]:
    file, loc = found.places["problem", problem.id]
    words = found.tables.likelihood_words
    seen: set[str] = set()
    for index, use in enumerate(problem.indicators):
        where = ("indicators", index)
        if use.indicator in faulty:
            yield file.fault([*loc, *where, "indicator"], f"the indicator '{use.indicator}' has a fault itself")
        elif use.indicator not in found.indicators:
            hint = _near(use.indicator, found.indicators)
            yield file.fault([*loc, *where, "indicator"], f"there is no indicator '{use.indicator}'", hint)
        if use.indicator in seen:
            yield file.fault([*loc, *where, "indicator"], f"the problem names '{use.indicator}' twice")
        seen.add(use.indicator)
        for name in [*use.likelihood, *([use.only_then] if use.only_then else [])]:
            key: tuple[str | int, ...] = ("likelihood", name) if name in use.likelihood else ("only_then",)
            yield from unknown_scenario(name, *where, *key)
        yield from (
            file.fault(
                [*loc, *where, "likelihood", name, "word"],
                f"'{word}' is no likelihood word",
                _near(word, words),
            )
            for name, word in _words(use)
            if word not in words
        )
        if problem.status_quo in use.likelihood:
            message = "the status quo's multiplier is always 1"
            yield file.fault(
                [*loc, *where, "likelihood", problem.status_quo], message, "set the indicator's rate instead"
            )


def _words(use: Listening) -> list[tuple[str, str]]:
    words = [(name, item.word) for name, item in use.likelihood.items()]
    return [(name, word) for name, word in words if word is not None and word != "same"]


def _indicator_faults(found: Catalogue, known: set[str]) -> Iterator[Fault]:
    for indicator in found.indicators.values():
        file, loc = found.places["indicator", indicator.id]
        for index, name in enumerate(indicator.related):
            if name not in known:
                hint = _near(name, known)
                yield file.fault([*loc, "related", index], f"there is no indicator '{name}'", hint)


def _document_faults(found: Catalogue, known: set[str]) -> Iterator[Fault]:
    for document in found.documents.values():
        file, loc = found.places["document", document.id]
        for key in ("cites", "shares_authors_with"):
            for index, name in enumerate(getattr(document, key)):
                if name not in known:
                    message = f"the document '{name}' is not in documents.yaml"
                    yield file.fault([*loc, key, index], message, _near(name, known))


def _citation_faults(found: Catalogue, known: set[str]) -> Iterator[Fault]:
    for name, (file, loc) in _cited(found):
        if name not in known:
            message = f"the document '{name}' is not in documents.yaml"
            yield file.fault(loc, message, _near(name, known))


def _cited(found: Catalogue) -> Iterator[tuple[str, Place]]:
    """The id and the place of every citation in the catalogue."""

    def cited(citations: list[Citation], kind: str, name: str, *where: str | int) -> Iterator[tuple[str, Place]]:
        file, loc = found.places[kind, name]
        for index, citation in enumerate(citations):
            yield citation.document, (file, (*loc, *where, "citations", index, "document"))

    for key, note in found.tables:
        if isinstance(note, Note):
            yield from cited(note.citations, "tables", "tables", key)
    for indicator in found.indicators.values():
        yield from cited(indicator.citations, "indicator", indicator.id)
        yield from cited(indicator.rate.citations, "indicator", indicator.id, "rate")
    for problem in found.problems.values():
        for i, scenario in enumerate(problem.scenarios):
            yield from cited(scenario.citations, "problem", problem.id, "scenarios", i)
        for i, use in enumerate(problem.indicators):
            yield from cited(use.citations, "problem", problem.id, "indicators", i)
            if use.rate:
                yield from cited(use.rate.citations, "problem", problem.id, "indicators", i, "rate")
            for name, item in use.likelihood.items():
                yield from cited(item.citations, "problem", problem.id, "indicators", i, "likelihood", name)


def _near(name: str, known: Iterable[str]) -> str:
    close = nearest(name, known)
    return f"did you mean {' or '.join(close)}?" if close else ""
