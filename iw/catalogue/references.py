"""Do the entries of a catalogue fit together? Names resolve, priors sum to one, words exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iw.catalogue.entries import Citation, Note
from iw.catalogue.questions import Question
from iw.catalogue.schema import Kind, Listening, Problem
from iw.catalogue.yaml_files import YamlFile
from iw.core.errors import Fault, nearest

if TYPE_CHECKING:
    from iw.catalogue.load import Catalogue, Place


def resolve(
    found: Catalogue, faulty: Set[tuple[str, str]], broken_problems: Sequence[YamlFile]
) -> tuple[Catalogue, list[Fault]]:
    """Leave out the problems and questions whose references do not resolve; give the rest and all faults.

    Faults in citations and cross-references do not take an entry out: its numbers stand. ``faulty`` names the
    entries (kind, id) with faults of their own: to cite one of them, or to be at home in one, is no further fault, to
    listen to one is. ``broken_problems`` are the files of problems that are left out already: the names in them are
    checked all the same.
    """
    faults = [fault for file in broken_problems for fault in _name_faults(found, file, faulty)]
    sound: dict[str, Problem] = {}
    for problem in found.problems.values():
        file, _ = found.places["problem", problem.id]
        broken = [*_name_faults(found, file, faulty), *_problem_faults(found, problem)]
        faults += broken
        if not broken:
            sound[problem.id] = problem
    asked: dict[str, Question] = {}
    unsound = faulty | {("problem", name) for name in found.problems if name not in sound}
    for question in found.questions.values():
        broken = list(_question_faults(replace(found, problems=sound), question, unsound))
        faults += broken
        if not broken and ("problem", question.home) not in unsound:
            asked[question.id] = question
    faults += _indicator_faults(found, {*found.indicators, *_ids("indicator", faulty)})
    documents = {*found.documents, *_ids("document", faulty)}
    faults += _document_faults(found, documents)
    faults += _citation_faults(found, documents)
    left_out = unsound | {("question", name) for name in found.questions if name not in asked}
    return replace(found, problems=sound, questions=asked, left_out=frozenset(left_out)), faults


def _ids(kind: str, faulty: Set[tuple[str, str]]) -> set[str]:
    return {name for of, name in faulty if of == kind}


def _name_faults(found: Catalogue, file: YamlFile, faulty: Set[tuple[str, str]]) -> Iterator[Fault]:
    """The names in a problem's file that nothing has; read as the file has them, so that no other fault hides them."""
    data = file.data
    scenarios = _tables_in(data.get("scenarios"))
    names = [str(scenario.get("id")) for _, scenario in scenarios]
    broken = _ids("indicator", faulty)

    def unknown(name: object, *where: str | int) -> Iterator[Fault]:
        if isinstance(name, str) and name not in names:
            yield file.fault(where, f"'{name}' is not a scenario of this problem", _near(name, names))

    if len(set(names)) < len(names):
        yield file.fault(["scenarios"], "two scenarios have the same id")
    yield from unknown(data.get("status_quo"), "status_quo")
    for index, name in enumerate(_of(list, data.get("warned"))):
        yield from unknown(name, "warned", index)
    for index, scenario in scenarios:
        for name in _of(dict, scenario.get("next")):
            yield from unknown(name, "scenarios", index, "next", name)
    listed = [(part, *place) for part in ("indicators", "levels") for place in _tables_in(data.get(part))]
    for part, index, use in listed:
        where = (part, index)
        name = use.get("indicator")
        if name in broken:
            yield file.fault([*where, "indicator"], f"the indicator '{name}' has a fault itself")
        elif isinstance(name, str) and name not in found.indicators:
            hint = _near(name, found.indicators)
            yield file.fault([*where, "indicator"], f"there is no indicator '{name}'", hint)
        for key in ("likelihood", "values"):
            for scenario_name in _of(dict, use.get(key)):
                yield from unknown(scenario_name, *where, key, scenario_name)
        yield from unknown(use.get("only_then"), *where, "only_then")


def _of[T](kind: type[T], value: object) -> T:
    """The value where it is of this kind, else an empty one."""
    return value if isinstance(value, kind) else kind()


def _tables_in(value: object) -> list[tuple[int, dict[str, Any]]]:
    """The tables in a list, with their places."""
    return [(index, item) for index, item in enumerate(_of(list, value)) if isinstance(item, dict)]


def _problem_faults(found: Catalogue, problem: Problem) -> Iterator[Fault]:
    file, loc = found.places["problem", problem.id]
    total = sum(scenario.prior for scenario in problem.scenarios)
    if abs(total - 1) > 1e-6:
        yield file.fault([*loc, "scenarios"], f"the priors sum to {total:g}, not to 1")
    for index, scenario in enumerate(problem.scenarios):
        if scenario.id in scenario.next:
            yield file.fault([*loc, "scenarios", index, "next"], f"'{scenario.id}' cannot follow itself")
        if scenario.dwell_years != "never_ends" and not sum(scenario.next.values()) > 0:
            yield file.fault([*loc, "scenarios", index], f"'{scenario.id}' ends, but 'next' names nothing that follows")
    yield from _listening_faults(found, problem)
    yield from _level_faults(found, problem)


def _listening_faults(found: Catalogue, problem: Problem) -> Iterator[Fault]:
    file, loc = found.places["problem", problem.id]
    words = found.tables.likelihood_words
    seen: set[str] = set()
    for index, use in enumerate(problem.indicators):
        where = ("indicators", index)
        indicator = found.indicators.get(use.indicator)
        if indicator is not None and indicator.kind is Kind.LEVEL:
            message = f"'{use.indicator}' is a level: it has values, and no rate"
            yield file.fault([*loc, *where, "indicator"], message, "list it under 'levels'")
        if use.indicator in seen:
            yield file.fault([*loc, *where, "indicator"], f"the problem names '{use.indicator}' twice")
        seen.add(use.indicator)
        if use.dispersion and indicator is not None and indicator.kind is not Kind.COUNT:
            message = f"'{use.indicator}' is no count, and has no dispersion"
            yield file.fault([*loc, *where, "dispersion"], message, "leave it out")
        yield from (
            file.fault(
                [*loc, *where, "likelihood", name, "word"],
                f"'{word}' is no likelihood word",
                _near(word, words) or f"the words are {', '.join(words)}",
            )
            for name, word in _words(use)
            if word not in words
        )
        if problem.status_quo in use.likelihood:
            message = "the status quo's multiplier is always 1"
            yield file.fault(
                [*loc, *where, "likelihood", problem.status_quo], message, "set the indicator's rate instead"
            )


def _level_faults(found: Catalogue, problem: Problem) -> Iterator[Fault]:
    file, loc = found.places["problem", problem.id]
    seen: set[str] = set()
    for index, use in enumerate(problem.levels):
        where = [*loc, "levels", index]
        indicator = found.indicators.get(use.indicator)
        if indicator is not None and indicator.kind is not Kind.LEVEL:
            message = f"'{use.indicator}' is no level"
            yield file.fault([*where, "indicator"], message, "list it under 'indicators'")
        if use.indicator in seen:
            yield file.fault([*where, "indicator"], f"the problem names '{use.indicator}' twice")
        seen.add(use.indicator)
        if problem.status_quo in use.values:
            message = "in the status quo a level has its usual value"
            yield file.fault([*where, "values", problem.status_quo], message, "set the indicator's 'usual' instead")


def _words(use: Listening) -> list[tuple[str, str]]:
    words = [(name, item.word) for name, item in use.likelihood.items()]
    return [(name, word) for name, word in words if word is not None and word != "same"]


def _question_faults(found: Catalogue, question: Question, faulty: Set[tuple[str, str]]) -> Iterator[Fault]:
    file, loc = found.places["question", question.id]
    indicator = found.indicators.get(question.indicator)
    if indicator is None:
        broken = ("indicator", question.indicator) in faulty
        message = "has a fault itself" if broken else "is not in the catalogue"
        hint = "" if broken else _near(question.indicator, found.indicators)
        yield file.fault([*loc, "indicator"], f"the indicator '{question.indicator}' {message}", hint)
        return
    beyond = question.above is not None or question.below is not None
    if (indicator.kind is not Kind.EVENT) != beyond:
        wanted = "'at_least', since it has no readings" if beyond else f"'above' or 'below' for a {indicator.kind}"
        yield file.fault([*loc, "indicator"], f"'{indicator.id}' is asked for the wrong way", f"give {wanted}")
    if question.home is None:
        return
    home = found.problems.get(question.home)
    if ("problem", question.home) in faulty:
        return  # it is left out with its home, whose fault is the one to mend
    if home is None:
        message = f"there is no problem '{question.home}'"
        yield file.fault([*loc, "home"], message, _near(question.home, found.problems))
    elif home and not any(use.indicator == indicator.id for use in home.indicators):
        message = f"the problem '{home.id}' does not listen to '{indicator.id}'"
        others = [problem.id for problem in found.problems_of(indicator.id)]
        yield file.fault([*loc, "home"], message, f"{', '.join(others)} would do" if others else "leave 'home' out")


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
    for citation, (file, loc) in _cited(found):
        if citation.document not in known:
            message = f"the document '{citation.document}' is not in documents.yaml"
            yield file.fault([*loc, "document"], message, _near(citation.document, known))
            continue
        document = found.documents.get(citation.document)
        headings = [section.heading for section in document.sections] if document else []
        if headings and citation.section not in headings:
            message = f"'{citation.document}' has no section '{citation.section}'"
            yield file.fault([*loc, "section"], message, _near(citation.section, headings))


def _cited(found: Catalogue) -> Iterator[tuple[Citation, Place]]:
    """Every citation in the catalogue and its place."""

    def cited(citations: list[Citation], kind: str, name: str, *where: str | int) -> Iterator[tuple[Citation, Place]]:
        file, loc = found.places[kind, name]
        for index, citation in enumerate(citations):
            yield citation, (file, (*loc, *where, "citations", index))

    for key, note in found.tables:
        if isinstance(note, Note):
            yield from cited(note.citations, "tables", "tables", key)
    for indicator in found.indicators.values():
        yield from cited(indicator.citations, "indicator", indicator.id)
        for key in ("rate", "usual"):
            if (number := getattr(indicator, key)) is not None:
                yield from cited(number.citations, "indicator", indicator.id, key)
    for question in found.questions.values():
        yield from cited(question.citations, "question", question.id)
    for problem in found.problems.values():
        for i, scenario in enumerate(problem.scenarios):
            yield from cited(scenario.citations, "problem", problem.id, "scenarios", i)
        for i, level in enumerate(problem.levels):
            for name, there in level.values.items():
                yield from cited(there.citations, "problem", problem.id, "levels", i, "values", name)
        for i, use in enumerate(problem.indicators):
            yield from cited(use.citations, "problem", problem.id, "indicators", i)
            for key in ("rate", "dispersion"):
                if (number := getattr(use, key)) is not None:
                    yield from cited(number.citations, "problem", problem.id, "indicators", i, key)
            for name, item in use.likelihood.items():
                yield from cited(item.citations, "problem", problem.id, "indicators", i, "likelihood", name)


def _near(name: str, known: Iterable[str]) -> str:
    close = nearest(name, known)
    return f"did you mean {' or '.join(close)}?" if close else ""
