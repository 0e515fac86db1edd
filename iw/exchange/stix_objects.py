"""The vocabulary of our STIX 2.1 bundles: fixed identifiers, markings, times, and our own extension.

TLP 2.0 is said by the marking definitions that OASIS fixed for it (cti-stix-common-objects, extension
``extension-definition--60a3c5c5-...``); those of TLP 1, which the STIX standard itself has, are understood as well.
Our identifiers are UUIDs of version 5, so that the same thing has the same identifier in every bundle.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from iw.core.dates import PartialDate
from iw.log.records import Marking

type StixObject = dict[str, Any]

NAMESPACE = uuid.UUID("5c1ce7a4-53f3-5b3c-9a52-7b0d3ea1f2c6")
EPOCH = "2026-01-01T00:00:00.000Z"
"""The creation of whatever has no moment of its own: definitions, identities, indicators."""

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
TLP_2 = {
    Marking.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Marking.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Marking.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Marking.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Marking.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
TLP_1 = {
    Marking.CLEAR: "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
    Marking.GREEN: "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
    Marking.AMBER: "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
    Marking.RED: "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
}
MARKINGS = {name: marking for table in (TLP_1, TLP_2) for marking, name in table.items()}

_SCHEMA = (
    "The extension of iw-tracker, a tracker of indications and warnings. 'kind' says what an object is: event, "
    "reading, search, coverage, report, link, resolution, review or belief. Of an event or reading: 'occurred' (a day, "
    "month or year, as exactly as known), 'staged' (no, possibly, yes), 'development', 'occurred_local', 'value' (in "
    "the indicator's unit); of a count 'period_days' (from 'occurred' on) and 'coverage'. Of a report: 'reliability' "
    "(Admiralty, A-F), 'credibility' (1-6), 'grade_reason', 'origin' (where it comes from in the end), 'document', "
    "'section', 'note', 'bears_on', 'contradicts', 'reported_at', 'url', 'source', 'text'. Of a link: 'stance' of "
    "'report_ref' to the sighting (backs, denies, denies-expected). Of a search or coverage: 'coverage', the chance "
    "from 0 to 1 that an occurrence would have been seen, and the window, days included. Of a resolution: 'outcome' "
    "(yes, no, void) and 'ground'; of a scenario also 'problem', 'scenario' and the day 'settled_on' at whose end it "
    "held. Of a review: 'opinion' (agree, doubt, reject), 'reviewer' and 'ground'. Of a belief: the probabilities of "
    "the scenarios, 'mean', 'low' and 'high' (90 %), and what made them."
)


def identifier(kind: str, *key: str) -> str:
    """The identifier of an object of a STIX type, from what tells it from others of its type."""
    return f"{kind}--{uuid.uuid5(NAMESPACE, '|'.join((kind, *key)))}"


PROGRAM = identifier("identity", "iw-tracker")
EXTENSION = identifier("extension-definition", "iw-tracker", "1")


def definitions(markings: Iterable[Marking]) -> list[StixObject]:
    """What a bundle defines before it is used: the program, its extension, and the TLP markings that occur."""
    program = {**basic("identity", PROGRAM), "name": "iw-tracker", "identity_class": "system"}
    extension = {
        **basic("extension-definition", EXTENSION),
        "created_by_ref": PROGRAM,
        "name": "iw-tracker",
        "description": "Grades, precision, origins and beliefs of indications and warnings.",
        "schema": _SCHEMA,
        "version": "1.0.0",
        "extension_types": ["property-extension"],
    }
    return [program, extension, *(_tlp(marking) for marking in sorted(set(markings), key=lambda one: one.rank))]


def basic(kind: str, name: str, created: str = EPOCH, modified: str | None = None) -> StixObject:
    """What every object has."""
    return {"type": kind, "spec_version": "2.1", "id": name, "created": created, "modified": modified or created}


def extended(**content: Any) -> dict[str, Any]:
    """The property ``extensions`` with our own extension; what is None is left out."""
    told = {name: value for name, value in content.items() if value is not None}
    return {"extensions": {EXTENSION: {"extension_type": "property-extension", **told}}}


def moment(when: datetime) -> str:
    """A moment as STIX writes it, to the millisecond."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def seen(period: PartialDate | tuple[date, date]) -> dict[str, str]:
    """The window of a sighting: from the beginning of its first day to the end of its last."""
    first, last = (period.first, period.last) if isinstance(period, PartialDate) else period
    return {
        "first_seen": moment(datetime.combine(first, time(), UTC)),
        "last_seen": moment(datetime.combine(last, time.max, UTC)),
    }


def _tlp(marking: Marking) -> StixObject:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP_2[marking],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{marking.upper()}",
        "extensions": {TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": str(marking)}},
    }
