"""What was settled and what reviewers think, in STIX bundles and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iw.core.errors import DataError
from iw.exchange.stix_objects import EXTENSION, TLP_2
from iw.log.drafts import CorrectionDraft, ResolutionDraft, ReviewDraft
from iw.log.records import Marking, OfEvent, Opinion, Outcome
from iw.log.store import Log
from tests.exchange.cast import known, told_of_everything
from tests.exchange.test_stix import bundle, of_type, ours, read
from tests.exchange.test_stix import file as file
from tests.log.cast import append, drill


def test_what_is_settled_is_a_note_and_a_review_an_opinion_by_its_reviewer(mine: Log, file: Path) -> None:
    told_of_everything(mine)
    found = bundle(mine, file)
    notes = [one for one in of_type(found, "note") if ours(one)["kind"] == "resolution"]
    by_ground = {one["content"]: one for one in notes}
    assert set(by_ground) == {"Seen from above.", "The treaty was published."}
    event, scenario = by_ground["Seen from above."], by_ground["The treaty was published."]
    (sighting,) = [one for one in of_type(found, "sighting") if one["id"] in event["object_refs"]]
    assert (sighting["description"], ours(event)["outcome"]) == ("A drill by three.", "yes")
    assert (ours(scenario)["problem"], ours(scenario)["scenario"], ours(scenario)["settled_on"]) == (
        *("alignment", "allied"),
        "2024-05-01",
    )
    reviews = {one["explanation"]: one for one in of_type(found, "opinion") if ours(one)["kind"] == "review"}
    assert {ground: one["opinion"] for ground, one in reviews.items()} == {
        "The film is old.": "disagree",
        "A mood.": "strongly-disagree",
        "Well placed.": "agree",
        "As published.": "agree",
    }
    assert (reviews["A mood."]["authors"], reviews["The film is old."]["authors"]) == (["carla"], ["anna"])
    assert reviews["The film is old."]["object_marking_refs"] == [TLP_2[Marking.GREEN]]
    by_id = {one["id"]: one["type"] for one in found["objects"]}
    assert {by_id[one["object_refs"][0]] for one in reviews.values()} == {"sighting", "report"}


def test_importing_a_bundle_again_settles_and_reviews_nothing_twice(mine: Log, other: Log, file: Path) -> None:
    told_of_everything(mine)
    bundle(mine, file)
    read(other, file)
    position, before = other.position(), known(other)
    read(other, file)
    assert (other.position(), known(other)) == (position, before)


def test_a_review_is_no_more_open_than_what_it_is_about_has_become(mine: Log, file: Path) -> None:
    (event,) = append(mine, drill())
    append(mine, ReviewDraft(event, Opinion.DOUBT, "The film is old."))
    append(mine, ResolutionDraft(OfEvent(event), Outcome.YES, "It was seen."))
    append(mine, CorrectionDraft(event, marking=Marking.AMBER), reason="closed")
    found = bundle(mine, file)
    said = [one for one in found["objects"] if one.get("explanation") or one.get("content") == "It was seen."]
    assert [one["object_marking_refs"] for one in said] == [[TLP_2[Marking.AMBER]]] * 2
    assert "The film is old." not in json.dumps(bundle(mine, file, Marking.CLEAR))


def test_a_scenario_that_the_catalogue_does_not_have_is_a_fault(mine: Log, other: Log, file: Path) -> None:
    told_of_everything(mine)
    bundle(mine, file)
    with pytest.raises(DataError, match="there is no scenario 'allied' of a problem 'alignment'"):
        read(other, file, scenarios={"alignment": {"apart"}})
    assert read(other, file, scenarios={"alignment": {"allied"}}) == []


@pytest.mark.parametrize("kind", ["resolution", "review"])
def test_what_is_said_of_nothing_in_the_bundle_is_a_fault(mine: Log, other: Log, file: Path, kind: str) -> None:
    told_of_everything(mine)
    found = bundle(mine, file)
    for one in found["objects"]:
        if EXTENSION in one.get("extensions", {}) and ours(one)["kind"] == kind:
            one["object_refs"] = ["sighting--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061"]
    file.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(DataError, match="is not in the bundle, or is at fault"):
        read(other, file)
    assert other.position() == 0
