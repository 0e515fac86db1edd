"""What an object of a STIX bundle tells, checked: by the standard, and the values of our extension for their types."""

from __future__ import annotations

from typing import Any

from iw.core.errors import UsageError
from iw.exchange.stix_objects import EXTENSION, StixObject
from iw.log import csv_fields


class Told:
    """Our extension of an object, whose values are checked for their types."""

    def __init__(self, one: StixObject) -> None:
        self._told = extension_of(one)

    def text(self, name: str) -> str | None:
        """A text that may be missing."""
        value = self._told.get(name)
        if value is not None and not isinstance(value, str):
            raise UsageError(f"'{name}' is no text")
        return value

    def needed(self, name: str) -> str:
        """A text that must say something."""
        value = self.text(name)
        if not value or not value.strip():
            raise UsageError(f"'{name}' is missing")
        return value

    def number(self, name: str) -> float | None:
        """A number that may be missing."""
        value = self._told.get(name)
        if value is None:
            return None
        if type(value) not in (int, float):
            raise UsageError(f"'{name}' is no number")
        return csv_fields.number(repr(value))

    def whole(self, name: str) -> int | None:
        """A whole number that may be missing."""
        value = self._told.get(name)
        if value is not None and type(value) is not int:
            raise UsageError(f"'{name}' is no whole number")
        return value

    def one_of[T: str](self, name: str, choices: tuple[T, ...]) -> T:
        """One of these words."""
        value = self.needed(name)
        if value not in choices:
            raise UsageError(f"'{name}' is '{value}'", f"known: {', '.join(choices)}")
        return choices[choices.index(value)]


def extension_of(one: StixObject) -> dict[str, Any]:
    """Our extension of an object that has it."""
    found: dict[str, Any] = one["extensions"][EXTENSION]
    return found


def what_is_wrong(one: Any) -> str:
    """What is wrong with a STIX object by the standard; empty where it is sound."""
    try:
        import stix2
    except ImportError as error:
        raise UsageError("STIX bundles cannot be read without stix2.", "Install the extra 'stix'.") from error
    if not isinstance(one, dict) or not isinstance(one.get("type"), str):
        return "this is no STIX object"
    if one.get("spec_version") != "2.1":
        return "this is not of STIX 2.1"
    try:
        stix2.parse(one, allow_custom=True, version="2.1")
    except (stix2.exceptions.STIXError, ValueError, TypeError, KeyError, AttributeError) as error:
        return str(error).replace("\n", " ") or "it cannot be read"
    return ""
