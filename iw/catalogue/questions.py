"""The typed form of the files in ``models/questions/``: what the log will be asked to show.

A question is a forecast that the log later resolves: will it hold so many events of an indicator, or a reading beyond
a value, dated in the window? What a document says will or will not happen becomes a question on its resolving
indicator.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from iw.catalogue.entries import Citation, Entry, Slug, Text


class Question(Entry):
    """One question, asked anew each week over a window, or once until a deadline."""

    id: Slug
    """Short name, unique in the catalogue: small letters, digits, hyphens."""
    title: Text
    """The question's name in tables."""
    asks: Text
    """The question as a sentence that ends with a question mark."""
    indicator: Slug
    """Id of the indicator whose events or readings resolve it."""
    window_days: Annotated[int, Field(gt=0)] | None = None
    """Days from the day of asking within which it has to happen. Give this or a deadline."""
    deadline: date | None = None
    """Last day on which it can happen, such as 2024-12-31, without quotes. Give this or window_days."""
    at_least: Annotated[int, Field(gt=0)] | None = None
    """Of an event: how many have to be dated in the window. Left out, it is one."""
    above: float | None = None
    """Of a level or a count: a reading in the window has to reach this value."""
    below: float | None = None
    """Of a level or a count: a reading in the window has to fall to this value."""
    canonical: list[Slug] = []
    """Names under which the documents know what this question carries."""
    home: Slug | None = None
    """The problem that forecasts it: one that listens to the indicator. Left out where no problem does."""
    author: Text
    """Whose wording it is."""
    rationale: Text
    """Why this indicator resolves it, and what is lost in saying it so."""
    citations: list[Citation] = []
    """Where the documents state what it asks."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.window_days is None) == (self.deadline is None):
            raise ValueError("give either 'window_days' or a 'deadline'")
        if sum(value is not None for value in (self.at_least, self.above, self.below)) > 1:
            raise ValueError("'at_least', 'above' and 'below' exclude one another")
        return self


class QuestionFile(Entry):
    """One file of ``models/questions/``."""

    questions: list[Question]
    """The questions of one field."""
