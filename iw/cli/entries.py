"""Entries of the catalogue in the terminal: lists of what was found, and one entry whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table

from iw.cli.session import Session
from iw.core.errors import UsageError, nearest

if TYPE_CHECKING:
    from iw.catalogue import Catalogue, Indicator, Question
    from iw.catalogue.entries import Citation
    from iw.catalogue.schema import Elicited
    from iw.catalogue.search import Found
    from iw.workspace import Workspace

_PLURALS = {"problem": "Problems", "scenario": "Scenarios", "indicator": "Indicators", "question": "Questions"}


def show(session: Session, workspace: Workspace, words: Sequence[str], domain: str | None, as_json: bool) -> None:
    """What holds the words; an indicator or a question whole, where one word is its id."""
    from iw.catalogue.search import search

    catalogue = workspace.catalogue
    found = search(catalogue, words, domain)
    if as_json:
        from iw.cli.answers import answer, origin

        print(answer("catalogue", origin(workspace), found))
    elif len(words) == 1 and words[0] in catalogue.indicators:
        _indicator(session, catalogue, catalogue.indicators[words[0]])
    elif len(words) == 1 and words[0] in catalogue.questions:
        _question(session, catalogue, catalogue.questions[words[0]])
    elif not found and not words:
        session.out.print("The catalogue is empty.")
    elif not found:
        names = [*catalogue.indicators, *catalogue.problems, *catalogue.questions]
        near = [close for word in words for close in nearest(word, names)]
        hint = f"Did you mean {' or '.join(near[:3])}?" if near else "Try fewer or shorter words."
        raise UsageError(f"No entry has all of these words: {' '.join(words)}.", hint)
    else:
        _list(session, found)


def _list(session: Session, found: Sequence[Found]) -> None:
    order = list(_PLURALS)
    ranked = sorted(found, key=lambda one: order.index(one.kind))  # stable: the best of each kind stay first
    for kind, rows in groupby(ranked, key=lambda one: one.kind):
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(ratio=1)
        table.add_column(style="dim")
        listed = list(rows)
        for one in listed:
            table.add_row(one.id, one.title, one.belongs)
        session.out.print(f"{_PLURALS[kind]} ({len(listed)})", style="bold")
        session.out.print(table)
    whole = next((one.id for one in ranked if one.kind in {"indicator", "question"}), None)
    if whole:
        session.out.print(f"One entry whole: {session.command(f'catalogue {whole}')}", style="dim", soft_wrap=True)


def _indicator(session: Session, catalogue: Catalogue, indicator: Indicator) -> None:
    domain = catalogue.domains[indicator.id]
    session.out.print(f"{indicator.id}: {indicator.title}", style="bold", soft_wrap=True)
    session.below(f"{indicator.kind}, {indicator.polarity}, domain {domain}", style="dim")
    session.below(indicator.definition)
    _listed(session, "Counts", indicator.counts)
    _listed(session, "Does not count", indicator.excludes)
    if indicator.rate is not None:
        _number(session, "Rate under the status quo", "per year", indicator.rate)
    if indicator.usual is not None:
        _number(session, "Usual value", indicator.unit or "", indicator.usual)
    silence = "; it wears out, so its silence counts nothing" if indicator.wears_out else ""
    session.below(f"Coverage {indicator.coverage:g}, usual lag {_days(indicator.lag_days)}{silence}.")
    for problem in catalogue.problems_of(indicator.id):
        use = next(use for use in problem.indicators if use.indicator == indicator.id)
        heard = [f"{name} {_multiplier(item)}" for name, item in use.likelihood.items()]
        said = f"only then: {use.only_then}" if use.only_then else ", ".join(heard)
        session.below(f"{problem.id} listens: {said}")
    for question in catalogue.questions.values():
        if question.indicator == indicator.id:
            session.below(f"Question {question.id}: {question.asks}")
    _cited(session, indicator.citations)
    if indicator.related or indicator.tags:
        session.below(" ".join([*(f"→ {name}" for name in indicator.related), *indicator.tags]), style="dim")


def _question(session: Session, catalogue: Catalogue, question: Question) -> None:
    session.out.print(f"{question.id}: {question.title}", style="bold", soft_wrap=True)
    session.below(question.asks)
    within = f"until {question.deadline}" if question.deadline else f"within {question.window_days} days of asking"
    unit = catalogue.indicators[question.indicator].unit
    if question.above is not None or question.below is not None:
        side, value = ("at least", question.above) if question.above is not None else ("at most", question.below)
        needed = f"a reading of {side} {value:g} {unit}"
    else:
        count = question.at_least or 1
        needed = f"{count} event{'s' if count > 1 else ''}"
    session.below(f"Yes on {needed} of {question.indicator} {within}; else no.")
    session.below(f"At home in {question.home}." if question.home else "At home in no problem.")
    session.below(question.rationale)
    if question.canonical:
        session.below(f"Carries: {', '.join(question.canonical)}")
    _cited(session, question.citations)


def _number(session: Session, name: str, unit: str, number: Elicited) -> None:
    low, high = number.interval
    session.below(f"{name}: {low:g} to {high:g} {unit} (90 %), judged for {number.elicited_on} by {number.author}.")
    session.below(number.rationale, 4)


def _days(number: float) -> str:
    return f"{number:g} day{'s' if number != 1 else ''}"


def _multiplier(item: object) -> str:
    word, interval = getattr(item, "word", None), getattr(item, "interval", None)
    return str(word) if word else f"x{interval[0]:g} to x{interval[1]:g}" if interval else ""


def _listed(session: Session, name: str, texts: Sequence[str]) -> None:
    if texts:
        session.below(f"{name}:")
        for text in texts:
            session.below(f"- {text}", 4)


def _cited(session: Session, citations: Iterable[Citation]) -> None:
    for citation in citations:
        session.below(f"{citation.document}, {citation.section}", style="dim")
