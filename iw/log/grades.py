"""Admiralty grades: a letter for the source's reliability, a digit for the report's credibility.

F and 6 mean "cannot be judged"; they are not the bottom of a scale. What a grade does to a probability is an
assumption of the models and lives there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from iw.core.errors import UsageError
from iw.log.records import Grade

RELIABILITY: Mapping[str, str] = MappingProxyType(
    {
        "A": "completely reliable",
        "B": "usually reliable",
        "C": "fairly reliable",
        "D": "not usually reliable",
        "E": "unreliable",
        "F": "reliability cannot be judged",
    }
)
CREDIBILITY: Mapping[str, str] = MappingProxyType(
    {
        "1": "confirmed by other sources",
        "2": "probably true",
        "3": "possibly true",
        "4": "doubtful",
        "5": "improbable",
        "6": "truth cannot be judged",
    }
)

_HINT = (
    "Write a letter A-F for the source (A completely reliable ... E unreliable, F cannot be judged) "
    "and a digit 1-6 for the report (1 confirmed ... 5 improbable, 6 cannot be judged), such as B2."
)


def parse_grade(text: str) -> Grade:
    """Read ``B2`` (or ``b2``); raise `UsageError` that explains the scale for anything else."""
    letters = text.strip().upper()
    if len(letters) != 2 or letters[0] not in RELIABILITY or letters[1] not in CREDIBILITY:
        raise UsageError(f"'{text}' is not a grade.", _HINT)
    return Grade(letters[0], letters[1])


def describe_grade(grade: Grade) -> str:
    """The grade in words: ``usually reliable, probably true``."""
    return f"{RELIABILITY[grade.reliability]}, {CREDIBILITY[grade.credibility]}"
