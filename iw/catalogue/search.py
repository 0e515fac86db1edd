"""Find entries of the catalogue by words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

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

    A word is found at the start of longer ones, in other forms ("basing" in "bases"), in British or American spelling,
    with or without its hyphens, and in either case. ``domain`` keeps the indicators of one domain.
    """
    ranked = []
    for place, (entry, text) in enumerate(_entries(catalogue)):
        if domain is not None and not (entry.kind == "indicator" and entry.belongs == domain):
            continue
        name = _tokens(" ".join((entry.id, entry.title, *entry.tags)))
        if all(_holds(name, word) for word in words):
            ranked.append((0, place, entry))
        elif all(_holds(name | _tokens(text), word) for word in words):
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


def _tokens(text: str) -> set[str]:
    """Its words, those with hyphens both whole, without the hyphens, and in parts; in one spelling."""
    found: set[str] = set()
    for word in re.findall(r"\w+(?:-\w+)*", text.casefold()):
        parts = word.split("-")
        joined = (first + second for first, second in pairwise(parts))
        found |= {one.replace("iz", "is") for one in (*parts, *joined, "".join(parts))}
    return found


def _holds(tokens: set[str], word: str) -> bool:
    """Whether ``tokens`` have the word, whole without its hyphens or in all its parts."""
    parts = re.findall(r"\w+", word)
    asked = _tokens("".join(parts))
    if asked and all(any(token.startswith(one) or _stem(token) == _stem(one) for token in tokens) for one in asked):
        return True
    return len(parts) > 1 and all(_holds(tokens, part) for part in parts)


def _stem(token: str) -> str:
    """Without the endings of plurals and verbs; what is left has three letters at least."""
    return re.sub(r"(?<=\w{3})(?:ing|ed|es|e|s)$", "", token)
