"""STIX bundles: accepted by the validator of OASIS, the same bytes for the same log, and read back to equal facts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import stix2
from stix2validator import ValidationOptions, validate_instance

from iw.core.errors import DataError
from iw.exchange.stix_export import BeliefNote, Meaning, write_bundle
from iw.exchange.stix_import import Asked, import_bundle
from iw.exchange.stix_objects import EXTENSION, TLP_1, TLP_2
from iw.log.drafts import BackingDraft, CorrectionDraft, RegradeDraft
from iw.log.grades import parse_grade
from iw.log.records import Marking
from iw.log.store import Log
from tests.exchange.cast import LATER, known, told_of_everything
from tests.log.cast import DAY, NOW, append, drill, events, report

MEANINGS = {"bilateral-drill": Meaning("A joint drill", "Both armies drill together.")}
BELIEF = BeliefNote(
    problem="alignment",
    title="How close are they?",
    as_of=date(2024, 6, 30),
    known_at=NOW,
    model_version="abc",
    fit=None,
    scenarios={"apart": (0.25, 0.1, 0.4), "together": (0.75, 0.6, 0.9)},
)
Bundle = dict[str, Any]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bundle.json"


def bundle(log: Log, file: Path, marking: Marking = Marking.RED, **more: Any) -> Bundle:
    """The bundle that is written of the log."""
    asked = {"watch": "Our watch", "known_at": LATER, "meanings": MEANINGS, **more}
    write_bundle(log, file, marking=marking, **asked)
    found: Bundle = json.loads(file.read_bytes())
    return found


def of_type(found: Bundle, kind: str) -> list[Any]:
    return [one for one in found["objects"] if one["type"] == kind]


def ours(one: Any) -> Any:
    return one["extensions"][EXTENSION]


def read(log: Log, file: Path, **more: Any) -> list[str]:
    """Import; gives what could not be read."""
    asked = Asked(**{"now": LATER, "indicators": {"bilateral-drill"}, **more})
    _, not_read = import_bundle(log, file, asked, importer="eva")
    return [str(fault).removeprefix(f"{file}: ") for fault in not_read]


@pytest.mark.parametrize("marking", [Marking.CLEAR, Marking.RED])
def test_the_validator_of_oasis_accepts_a_bundle_without_errors(mine: Log, file: Path, marking: Marking) -> None:
    told_of_everything(mine)
    found = bundle(mine, file, marking, beliefs=[BELIEF])
    result = validate_instance(found, ValidationOptions(version="2.1", enforce_refs=True, strict_types=True))
    assert (result.is_valid, [str(error) for error in result.errors]) == (True, [])
    # What it would have otherwise: random identifiers, a pattern in a language that it knows, hashes of web pages.
    assert {re.findall(r"{(\d+)}", str(warning))[0] for warning in result.warnings} <= {"103", "245", "302"}


def test_the_validator_finds_a_fault_where_there_is_one(mine: Log, file: Path) -> None:
    append(mine, drill())
    found = bundle(mine, file)
    of_type(found, "sighting")[0]["count"] = -1
    assert not validate_instance(found, ValidationOptions(version="2.1")).is_valid


def test_the_library_reads_a_bundle_without_allowing_anything_custom(mine: Log, file: Path) -> None:
    told_of_everything(mine)
    bundle(mine, file, beliefs=[BELIEF])
    assert stix2.parse(file.read_text(encoding="utf-8")).type == "bundle"


def test_an_event_is_one_sighting_and_a_search_none(mine: Log, file: Path) -> None:
    told_of_everything(mine)
    found = bundle(mine, file)
    sightings = {ours(one)["kind"]: one for one in of_type(found, "sighting")}
    assert {kind: one["count"] for kind, one in sightings.items()} == {"event": 1, "reading": 1, "search": 0}
    readings = {ours(one)["occurred"]: one for one in of_type(found, "sighting") if ours(one)["kind"] == "reading"}
    week = readings["2024-05-06"]
    assert (week["first_seen"], week["last_seen"]) == ("2024-05-06T00:00:00.000Z", "2024-05-11T23:59:59.999Z")
    assert (ours(week)["period_days"], ours(week)["coverage"]) == (6, 0.8)
    reading = readings["2023"]
    assert (reading["first_seen"], reading["last_seen"]) == ("2023-01-01T00:00:00.000Z", "2023-12-31T23:59:59.999Z")
    assert (ours(reading)["occurred"], ours(reading)["precision"], ours(reading)["value"]) == ("2023", "year", 241.0)
    (indicator,) = of_type(found, "indicator")
    assert (indicator["name"], indicator["pattern"]) == ("A joint drill", "bilateral-drill")
    assert {one["sighting_of_ref"] for one in of_type(found, "sighting")} == {indicator["id"]}


def test_a_denial_disagrees_and_an_expected_one_is_neutral(mine: Log, file: Path) -> None:
    told_of_everything(mine)
    links = [one for one in of_type(bundle(mine, file), "opinion") if ours(one)["kind"] == "link"]
    opinions = {ours(one)["stance"]: one["opinion"] for one in links}
    assert opinions == {"backs": "agree", "denies": "disagree", "denies-expected": "neutral"}


def test_a_grade_stands_in_the_extension(mine: Log, file: Path) -> None:
    append(mine, drill(reports=(report(grade="B2", origin="ministry"),)))
    (found,) = of_type(bundle(mine, file), "report")
    assert (ours(found)["reliability"], ours(found)["credibility"], ours(found)["origin"]) == ("B", "2", "ministry")


def test_nothing_has_a_confidence_and_beliefs_are_notes(mine: Log, file: Path) -> None:
    told_of_everything(mine)
    found = bundle(mine, file, beliefs=[BELIEF])
    assert '"confidence"' not in file.read_text(encoding="utf-8")
    (belief,) = [one for one in of_type(found, "note") if ours(one)["kind"] == "belief"]
    assert ours(belief)["scenarios"][1] == {"scenario": "together", "mean": 0.75, "low": 0.6, "high": 0.9}
    assert "together 75% (60%-90%); apart 25% (10%-40%)" in belief["content"]
    assert belief["object_marking_refs"] == [TLP_2[Marking.RED]]


def test_every_fact_has_its_own_marking_of_tlp_2(mine: Log, file: Path) -> None:
    told_of_everything(mine)
    found = bundle(mine, file)
    defined = {one["id"]: one["name"] for one in of_type(found, "marking-definition")}
    assert defined[TLP_2[Marking.GREEN]] == "TLP:GREEN"
    expected = {one.summary: TLP_2[one.stamp.marking] for one in mine.view(LATER).events}
    told = {one["description"]: one["object_marking_refs"] for one in of_type(found, "sighting")}
    assert {name: [marking] for name, marking in expected.items()}.items() <= told.items()


def test_who_reads_only_the_open_objects_of_a_bundle_learns_nothing_of_the_others(mine: Log, file: Path) -> None:
    (event,) = append(mine, drill(reports=(report("Open."), report("Hidden.", source="Agent", marking=Marking.RED))))
    loose = report("Loose.", source="Agent", marking=Marking.RED)
    append(mine, BackingDraft(event, loose, marking=Marking.CLEAR))
    found = bundle(mine, file)
    secret = [one for one in found["objects"] if one.get("object_marking_refs") == [TLP_2[Marking.RED]]]
    hidden = {one["id"] for one in secret}
    rest = [one for one in found["objects"] if one["id"] not in hidden]
    assert len(secret) == 5  # the source, two reports, two links
    assert not any(text in json.dumps(rest) for text in ("Agent", "Hidden.", "Loose.", *hidden))


def test_the_same_log_gives_the_same_bytes_in_either_store(log: Log, other: Log, tmp_path: Path) -> None:
    for number, one in enumerate((log, other, log)):
        told_of_everything(one) if number < 2 else None
        bundle(one, tmp_path / f"{number}.json", beliefs=[BELIEF])
    first, second, third = ((tmp_path / f"{number}.json").read_bytes() for number in range(3))
    assert first == second == third


@pytest.mark.parametrize("marking", [Marking.CLEAR, Marking.GREEN])
def test_changing_amber_evidence_leaves_every_byte_of_a_lower_bundle(mine: Log, file: Path, marking: Marking) -> None:
    told_of_everything(mine)
    bundle(mine, file, marking)
    before = file.read_bytes()
    open_event = next(one for one in events(mine, LATER).values() if one.summary == "A third drill.")
    append(mine, drill("Secret.", marking=Marking.AMBER), now=LATER - DAY)
    secret = report("Backed in secret.", source="Agent", marking=Marking.AMBER)
    append(mine, BackingDraft(open_event.first_position, secret), now=LATER - DAY)
    bundle(mine, file, marking)
    assert file.read_bytes() == before


def test_a_link_is_as_restricted_as_in_the_log(mine: Log, other: Log, file: Path) -> None:
    (event,) = append(mine, drill())
    append(mine, BackingDraft(event, report("Seen, too.", marking=Marking.CLEAR), marking=Marking.RED))
    found = bundle(mine, file)
    (secret,) = [one for one in of_type(found, "opinion") if one["object_marking_refs"] == [TLP_2[Marking.RED]]]
    linked = next(one for one in of_type(found, "report") if one["id"] == ours(secret)["report_ref"])
    assert secret["object_refs"][0] not in linked["object_refs"]
    read(other, file)
    assert known(other, Marking.AMBER) == known(mine, Marking.AMBER)
    assert known(other) == known(mine)


@pytest.mark.parametrize("marking", [Marking.CLEAR, Marking.GREEN, Marking.AMBER, Marking.RED])
def test_our_own_bundle_is_read_back_to_equal_facts(mine: Log, other: Log, file: Path, marking: Marking) -> None:
    told_of_everything(mine)
    bundle(mine, file, marking)
    assert read(other, file) == []
    for lower in (one for one in Marking if one.rank <= marking.rank):
        assert known(other, lower) == known(mine, lower)


def test_two_reports_alike_but_for_their_markings_are_two(mine: Log, other: Log, file: Path) -> None:
    secret = drill("A secret drill.", "2024-05-21", reports=(report("Seen."),), marking=Marking.RED)
    append(mine, drill(reports=(report("Seen."),)), secret)
    assert len(of_type(bundle(mine, file), "report")) == 2
    read(other, file)
    assert known(other) == known(mine)


def test_importing_a_bundle_again_changes_nothing(mine: Log, other: Log, file: Path) -> None:
    told_of_everything(mine)
    bundle(mine, file)
    read(other, file)
    position = other.position()
    read(other, file)
    assert other.position() == position


def test_what_is_imported_is_known_from_the_import_on(mine: Log, another: Callable[[], Log], file: Path) -> None:
    from iw.log.drafts import Visible
    from iw.log.records import VisibleBasis

    append(mine, drill("Old.", "2022", visible=Visible(NOW - 400 * DAY, VisibleBasis.REPORTED)), drill("Plain."))
    bundle(mine, file)
    for backfill, seen in ((False, set()), (True, {"Old."})):
        other = another()
        read(other, file, backfill=backfill)
        assert {one.summary for one in other.view(LATER - DAY).events} == seen
        assert len(other.view(LATER).events) == 2


def test_a_correction_and_a_regrade_keep_the_identifiers(mine: Log, file: Path) -> None:
    (event,) = append(mine, drill())
    before = {one["id"] for one in bundle(mine, file)["objects"]}
    append(mine, CorrectionDraft(event, summary="A drill by three."), now=NOW + DAY)
    append(mine, RegradeDraft(event - 1, parse_grade("D4")), now=NOW + DAY)
    found = bundle(mine, file)
    assert {one["id"] for one in found["objects"]} == before
    (sighting,) = of_type(found, "sighting")
    assert (sighting["created"], sighting["modified"]) == ("2024-06-01T12:00:00.123Z", "2024-06-02T12:00:00.123Z")


def test_an_identifier_is_the_same_at_every_marking(mine: Log, tmp_path: Path) -> None:
    append(mine, drill("Secret.", marking=Marking.RED))
    append(mine, drill())
    high, low = (bundle(mine, tmp_path / f"{mark}.json", mark) for mark in (Marking.RED, Marking.CLEAR))
    assert {one["id"] for one in low["objects"]} < {one["id"] for one in high["objects"]}


# -- bundles of others ---------------------------------------------------------------------------------------------

PRODUCER = "identity--8c6af861-7b20-41ef-9b59-6344fd872a8f"
FOREIGN: list[dict[str, Any]] = [
    {
        **{"type": "identity", "spec_version": "2.1", "id": PRODUCER, "name": "ACME", "identity_class": "organization"},
        **{"created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z"},
    },
    {
        **{"type": "report", "spec_version": "2.1", "id": "report--84e4d88f-44ea-4bcd-bbf3-b2c1c320bcb3"},
        **{"created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z", "created_by_ref": PRODUCER},
        **{"name": "Arms", "description": "Arms were sent.", "published": "2020-01-02T00:00:00Z"},
        **{"object_refs": [PRODUCER], "object_marking_refs": [TLP_1[Marking.AMBER]]},
        "external_references": [{"source_name": "web", "url": "https://example.org/arms"}],
    },
    {
        **{"type": "note", "spec_version": "2.1", "id": "note--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061"},
        **{"created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z", "authors": ["Bea"]},
        **{"content": "A mood.", "object_refs": [PRODUCER]},
    },
    {
        **{"type": "malware", "spec_version": "2.1", "id": "malware--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061"},
        **{"created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z", "is_family": False},
    },
]


def foreign(file: Path, *changes: Callable[[list[Any]], object]) -> None:
    """A bundle of somebody else, changed."""
    objects = json.loads(json.dumps(FOREIGN))
    for change in changes:
        change(objects)
    parcel = {"type": "bundle", "id": "bundle--44af6c39-c09b-49c5-9de2-394224b04982", "objects": objects}
    file.write_text(json.dumps(parcel), encoding="utf-8")


def test_a_foreign_report_is_kept_ungraded_and_unassigned(other: Log, file: Path) -> None:
    foreign(file)
    assert read(other, file) == ["1 object of type 'malware' tell nothing that a log keeps"]
    first, second = sorted(other.view(LATER).unassigned, key=lambda one: one.source)
    assert (first.source, first.text, str(first.grade)) == ("ACME", "Arms\nArms were sent.", "F6")
    assert (first.stamp.marking, first.url, first.note) == (
        *(Marking.AMBER, "https://example.org/arms"),
        "report--84e4d88f-44ea-4bcd-bbf3-b2c1c320bcb3",
    )
    assert (second.source, second.text, second.stamp.marking) == ("Bea", "A mood.", Marking.CLEAR)
    position = other.position()
    read(other, file)
    assert other.position() == position


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda objects: objects[1].pop("object_refs"),
            "objects[1]: No values for required properties for Report: (object_refs)",
        ),
        (lambda objects: objects[1].update(published="2124-01-01T00:00:00Z"), "which lies in the future"),
        (lambda objects: objects[1].update(spec_version="2.0"), "objects[1]: this is not of STIX 2.1"),
        (lambda objects: objects.insert(1, 7), "objects[1]: this is no STIX object"),
        (lambda objects: objects[1].update(id="report--7"), "objects[1]: "),
        (lambda objects: objects[1].update(description="a\0b"), "holds a character that cannot be stored"),
    ],
)
def test_what_cannot_be_read_of_a_foreign_bundle_is_listed_and_the_rest_kept(
    other: Log, file: Path, change: Callable[[list[Any]], object], fault: str
) -> None:
    foreign(file, change)
    assert any(fault in told for told in read(other, file))
    assert "A mood." in {one.text for one in other.view(LATER).unassigned}


def test_a_marking_that_is_not_known_counts_as_red(other: Log, file: Path) -> None:
    secret = "marking-definition--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061"
    foreign(file, lambda objects: objects[1].update(object_marking_refs=[TLP_2[Marking.GREEN], secret]))
    read(other, file)
    assert {one.text for one in other.view(LATER, Marking.AMBER_STRICT).unassigned} == {"A mood."}


def test_a_statement_restricts_nobody(other: Log, file: Path) -> None:
    statement = {
        **{"type": "marking-definition", "spec_version": "2.1", "created": "2020-01-01T00:00:00.000Z"},
        "id": "marking-definition--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061",
        **{"definition_type": "statement", "definition": {"statement": "Copyright ACME"}},
    }
    refs = {"object_marking_refs": [TLP_2[Marking.GREEN], statement["id"]]}
    foreign(file, lambda objects: (objects.append(statement), objects[1].update(refs)))
    read(other, file)
    assert len(other.view(LATER, Marking.GREEN).unassigned) == 2


def test_a_revoked_report_is_not_taken_in(other: Log, file: Path) -> None:
    foreign(file, lambda objects: objects[1].update(revoked=True))
    read(other, file)
    assert {one.text for one in other.view(LATER).unassigned} == {"A mood."}


@pytest.mark.parametrize(
    ("kind", "change", "fault"),
    [
        ("event", {"occurred": "2024-13"}, "'2024-13' is not a date"),
        ("event", {"occurred": "2025"}, "lies in the future"),
        ("event", {"staged": "maybe"}, "'maybe' does not say whether it was staged"),
        ("event", {"value": 1}, "a reading has a value, and an event has none"),
        ("reading", {"value": "1"}, "'value' is no number"),
        ("report", {"reliability": "G"}, "is not a grade"),
        ("report", {"url": "javascript:alert(1)"}, "is not a web address"),
        ("report", {"text": ["a"]}, "'text' is no text"),
        ("report", {"bears_on": "bilateral-dril"}, "there is no indicator 'bilateral-dril' (did you mean"),
        ("link", {"stance": "hopes"}, "'stance' is 'hopes' (known: backs, denies"),
        ("link", {"report_ref": "report--7"}, "the report that it names is not in the bundle"),
        ("search", {"coverage": 2}, "A coverage of 2 is not a chance"),
        ("coverage", {"collector_kind": "ear"}, "'ear' is not a kind of coverage"),
        ("coverage", {"since": "2025"}, "names a whole year"),
        ("resolution", {"outcome": "perhaps"}, "'outcome' is 'perhaps' (known: yes, no, void"),
        ("resolution", {"ground": " "}, "'ground' is missing"),
        ("resolution", {"settled_on": "2024-09-01"}, "2024-09-01 lies in the future"),
        ("resolution", {"problem": "alignment"}, "'scenario' is missing"),
        ("review", {"opinion": "shrug"}, "'opinion' is 'shrug' (known: agree, doubt, reject"),
        ("review", {"reviewer": ""}, "'reviewer' is missing"),
    ],
)
def test_a_fault_in_a_bundle_of_ours_is_told_and_nothing_is_taken_in(
    mine: Log, other: Log, file: Path, kind: str, change: dict[str, Any], fault: str
) -> None:
    told_of_everything(mine)
    found = bundle(mine, file)
    for one in found["objects"]:
        if one.get("extensions", {}).get(EXTENSION, {}).get("kind") == kind:
            ours(one).update(change)
    file.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read(other, file)
    assert any(fault in str(one) and "objects[" in str(one) for one in caught.value.faults)
    assert other.position() == 0


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"{", "this is not JSON"),
        (b"[" * 100_000, "this is not JSON"),
        (b"\xff", "this is not JSON"),
        (b"[]", "this is no STIX bundle"),
        (b'{"type":"bundle","objects":{}}', "this is no STIX bundle"),
    ],
)
def test_what_is_no_bundle_is_told(other: Log, file: Path, data: bytes, fault: str) -> None:
    file.write_bytes(data)
    with pytest.raises(DataError, match=fault):
        read(other, file)
