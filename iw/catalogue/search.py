"""Find entries of the catalogue by words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from iw.catalogue.load import Catalogue


@dataclass(frozen=True)
class Found:
    """One entry: its kind, id and title, and to which domain or problem it belongs."""

    kind: str  # indicator, problem, scenario or question
    id: str
    title: str
    belongs: str
    tags: tuple[str, ...] = ()


def search(catalogue: Catalogue, words: Sequence[str], domain: str | None = None) -> list[Found]:
    """The entries that hold every word, those that hold it in id, title or tag first; all, without words.

    A word is found within longer ones and in either case; a hyphen counts as a space. ``domain`` keeps the indicators
    of one domain.
    """
    wanted = [_plain(word) for word in words]
    ranked = []
    for place, (entry, text) in enumerate(_entries(catalogue)):
        if domain is not None and not (entry.kind == "indicator" and entry.belongs == domain):
            continue
        name = _plain(" ".join((entry.id, entry.title, *entry.tags)))
        if all(word in name for word in wanted):
            ranked.append((0, place, entry))
        elif all(word in name or word in _plain(text) for word in wanted):
            ranked.append((1, place, entry))
    return [entry for _, _, entry in sorted(ranked, key=lambda one: one[:2])]


def _entries(catalogue: Catalogue) -> Iterator[tuple[Found, str]]:
    """Every entry, with its text beside id, title and tags."""
    for problem in catalogue.problems.values():
        yield Found("problem", problem.id, problem.title, problem.canonical or ""), problem.question
        for scenario in problem.scenarios:
            found = Found("scenario", scenario.id, scenario.title, problem.id)
            yield found, " ".join((scenario.definition, *scenario.canonical))
    for indicator in catalogue.indicators.values():
        found = Found(
            "indicator", indicator.id, indicator.title, catalogue.domains[indicator.id], tuple(indicator.tags)
        )
        yield found, " ".join((indicator.definition, *indicator.counts))
    for question in catalogue.questions.values():
        found = Found("question", question.id, question.title, question.home or "")
        yield found, " ".join((question.asks, question.indicator, *question.canonical))


def _plain(text: str) -> str:
    return text.casefold().replace("-", " ")
