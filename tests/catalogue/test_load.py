"""What a catalogue answers, and when its content counts as changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from iw.catalogue import Catalogue, content_hash
from iw.core.errors import NotFoundError
from tests.catalogue.cast import PROBLEM, Folders


def variants(value: Any) -> Iterator[Any]:
    """All copies of ``value`` in which exactly one number, date or switch differs."""
    if isinstance(value, BaseModel):
        for key, child in value:
            yield from (value.model_copy(update={key: one}) for one in variants(child))
    elif isinstance(value, Mapping):
        for key, child in value.items():
            yield from ({**value, key: one} for one in variants(child))
    elif isinstance(value, list | tuple):
        for index, child in enumerate(value):
            yield from (type(value)([*value[:index], one, *value[index + 1 :]]) for one in variants(child))
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, float):
        yield value + 0.001
    elif isinstance(value, date):
        yield value + timedelta(days=1)


# Parts of the tables that no belief depends on, where nothing is counted.
RENDERED = {"probability_words", "warning_levels", "confidence", "count_dispersion"}


def test_both_hashes_change_with_every_number_that_a_belief_depends_on(folders: Folders) -> None:
    catalogue = folders.load()
    problem = catalogue.problem("closeness")
    tables = [
        one
        for one in variants(catalogue.tables)
        if all(getattr(one, name) == getattr(catalogue.tables, name) for name in RENDERED)
    ]
    changed = [
        *(replace(catalogue, problems={"closeness": one}) for one in variants(problem)),
        *(replace(catalogue, indicators=dict(one)) for one in variants(catalogue.indicators)),
        *(replace(catalogue, tables=one) for one in tables),
        replace(catalogue, domains={**catalogue.domains, "drill": "elsewhere"}),
    ]
    assert len(changed) > 80
    for hashes in (
        [one.model_version("closeness") for one in (catalogue, *changed)],
        [one.version for one in (catalogue, *changed)],
    ):
        assert len(set(hashes)) == len(hashes)


def test_words_levels_and_rules_of_confidence_make_another_catalogue_and_no_other_model(folders: Folders) -> None:
    catalogue = folders.load()
    changed = [
        replace(catalogue, tables=one)
        for one in variants(catalogue.tables)
        if any(getattr(one, name) != getattr(catalogue.tables, name) for name in RENDERED)
    ]
    assert len(changed) > 5
    assert {one.model_version("closeness") for one in changed} == {catalogue.model_version("closeness")}
    assert len({one.version for one in (catalogue, *changed)}) == len(changed) + 1


def test_the_hashes_do_not_change_with_comments_layout_or_the_order_of_keys(folders: Folders) -> None:
    before = folders.load()
    for path in folders.root.glob("*/*.yaml"):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        for sort_keys in (True, False):
            text = "# A comment.\n" + yaml.safe_dump(data, sort_keys=sort_keys, indent=7, width=40)
            path.write_text(text, encoding="utf-8")
            assert folders.faults() == []
            after = folders.load()
            assert (after.version, after.model_version("closeness")) == (
                before.version,
                before.model_version("closeness"),
            )


def test_whole_numbers_may_be_written_without_a_point(folders: Folders) -> None:
    before = folders.load().version
    folders.swap("indicators/operations.yaml", "[1, 16]", "[1.0, 16.00]")
    assert folders.load().version == before


def test_a_problem_does_not_change_with_indicators_that_it_does_not_listen_to(folders: Folders) -> None:
    before = folders.load()
    folders.swap("models/closeness.yaml", PROBLEM[PROBLEM.index("  - indicator: quarrel") :], "")
    less = folders.load()
    folders.swap("indicators/operations.yaml", "coverage: 0.5", "coverage: 0.4")
    after = folders.load()
    assert less.model_version("closeness") == after.model_version("closeness") != before.model_version("closeness")
    assert less.version != after.version


def test_a_content_hash_is_twelve_hex_digits_of_canonical_json() -> None:
    assert content_hash({"b": 1, "a": [1.5, "ü"]}) == content_hash({"a": [1.5, "ü"], "b": 1})
    assert len(content_hash(None)) == 12
    assert int(content_hash(json.loads("{}")), 16) >= 0


def test_a_name_that_is_not_in_the_catalogue_brings_the_nearest(folders: Folders) -> None:
    catalogue = folders.load()
    with pytest.raises(NotFoundError, match=r"Did you mean quarrel\?"):
        catalogue.indicator("quarel")
    with pytest.raises(NotFoundError, match=r"Did you mean closeness\?"):
        catalogue.problem("closenes")
    with pytest.raises(NotFoundError, match="no indicator of the problem 'closeness' named 'veto'"):
        catalogue.rate(catalogue.problem("closeness"), "veto")


def test_a_problems_own_rate_goes_before_the_indicators(folders: Folders) -> None:
    catalogue = folders.load()
    problem = catalogue.problem("closeness")
    assert catalogue.rate(problem, "base-accord").interval == (0.02, 0.5)
    assert catalogue.indicator("base-accord").rate.interval == (0.05, 0.8)
    assert catalogue.rate(problem, "drill").interval == (1, 16)


def test_a_catalogue_knows_which_problems_listen_to_an_indicator(folders: Folders) -> None:
    folders.write("models/again.yaml", PROBLEM.replace("id: closeness", "id: again"))
    catalogue = folders.load()
    assert [problem.id for problem in catalogue.problems_of("drill")] == ["again", "closeness"]
    assert catalogue.problems_of("veto") == []


def test_what_is_loaded_cannot_be_changed(folders: Folders) -> None:
    catalogue: Catalogue = folders.load()
    with pytest.raises(ValueError, match="frozen"):
        catalogue.indicator("drill").coverage = 1.0  # type: ignore[misc]  # that is the test
