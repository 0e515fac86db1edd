"""What all entries of the catalogue are made of: strict fields, intervals, citations.

The text under a field is what an editor shows when the mouse rests on its key (see `iw.catalogue.schemas`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from iw.core.dates import PartialDate
from iw.core.errors import UsageError

NEVER_ENDS = "never_ends"
NONE = "none"


_INTERVAL = "an interval is [low, high] with 0 < low < high"


def _interval(value: object) -> object:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(_INTERVAL)
    return tuple(value)


def _rising(value: tuple[float, float]) -> tuple[float, float]:
    if not 0 < value[0] < value[1]:
        raise ValueError(_INTERVAL)
    return value


def _one_fault(form: str) -> WrapValidator:
    """One fault that names ``form``, not one for each of the two forms that a value may have."""

    def check(value: object, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            raise ValueError(f"give {form}") from error

    return WrapValidator(check)


def partial_date(value: str) -> str:
    try:
        PartialDate.parse(value)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return value


_PAIR = {
    "type": "array",
    "items": {"type": "number", "exclusiveMinimum": 0},
    "minItems": 2,
    "maxItems": 2,
}
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, Field(min_length=1)]
Probability = Annotated[float, Field(ge=0, le=1)]
Interval = Annotated[tuple[float, float], BeforeValidator(_interval), AfterValidator(_rising), WithJsonSchema(_PAIR)]
Dwell = Annotated[
    Interval | Literal["never_ends"],
    _one_fault(f"[low, high] in years with 0 < low < high, or the word {NEVER_ENDS}"),
]
Step = Annotated[Interval | Literal["none"], _one_fault(f"[low, high] with 0 < low < high, or the word {NONE}")]


class Entry(BaseModel):
    """Base of all catalogue entries: strict types, no unknown keys, no infinite numbers, frozen."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Citation(Entry):
    """Where a number or a definition comes from: a document of the register and its section."""

    document: Slug
    """Id of a document in indicators/documents.yaml."""
    section: Text
    """Heading of the section exactly as in the document; "Chapter > Heading" where headings are nested."""
    note: str | None = None
    """What a reader should know who looks it up, such as the number of a footnote."""


class Note(Entry):
    """Whose judgement a table is, and why."""

    author: Text
    """Whose judgement the table is."""
    rationale: Text
    """Why these numbers."""
    citations: list[Citation] = []
    """What they rest on."""
