import pytest

from iw.catalogue import Catalogue
from iw.catalogue.search import search
from tests.catalogue.cast import OPS_TAGGED, Folders


def test_words_are_found_in_any_order_and_case_and_the_name_counts_before_the_text(folders: Folders) -> None:
    folders.write("indicators/operations.yaml", OPS_TAGGED)
    catalogue = folders.load()
    assert [(one.kind, one.id) for one in search(catalogue, ["DRILL", "joint"])] == [("indicator", "drill")]
    assert [one.id for one in search(catalogue, ["bases"])] == ["base-accord"]
    assert [one.id for one in search(catalogue, ["treaty"])] == ["quarrel", "alliance"]  # a tag before a definition
    assert [one.id for one in search(catalogue, ["base", "accord"])] == ["base-accord"]
    assert search(catalogue, ["nothing-of-the-kind"]) == []


def test_without_words_everything_is_listed_and_a_domain_keeps_its_indicators(folders: Folders) -> None:
    catalogue = folders.load()
    assert len(search(catalogue, [])) == 1 + 3 + 3
    assert [one.id for one in search(catalogue, [], "operations")] == ["drill", "base-accord", "quarrel"]
    assert search(catalogue, [], "other") == []


@pytest.mark.parametrize("word", ["base", "bases", "basing", "BASE-ACCORD", "baseaccord", "base accord", "acc"])
def test_a_word_is_found_in_other_forms_and_with_or_without_its_hyphen(folders: Folders, word: str) -> None:
    assert "base-accord" in [one.id for one in search(folders.load(), [word])]


@pytest.mark.parametrize("word", ["ase", "ccord", "--", "bas-accord-x"])
def test_a_word_is_not_found_inside_another(folders: Folders, word: str) -> None:
    assert search(folders.load(), [word]) == []


@pytest.mark.parametrize("word", ["exercis", "dedollariz", "dedollaris"])
def test_the_start_of_a_word_is_found_in_either_spelling(shipped_catalogue: Catalogue, word: str) -> None:
    assert search(shipped_catalogue, [word])


def test_both_spellings_find_the_same(shipped_catalogue: Catalogue) -> None:
    found = [
        search(shipped_catalogue, [word])
        for word in ("de-dollarization", "dedollarisation", "De-Dollarisation", "dedollarization")
    ]
    assert len(found[0]) >= 9
    assert all(one == found[0] for one in found)


def test_what_users_look_for_first_is_found_by_their_own_words(shipped_catalogue: Catalogue) -> None:
    """Interoperability drills, lethal aid, an S-500 sale, basing access, de-dollarization."""
    for words in (
        ["interoperability"],
        ["lethal", "aid"],
        ["s-500"],
        ["S-500", "sale"],
        ["basing", "access"],
        ["interoperability", "drill"],
        ["de-dollarization"],
    ):
        found = search(shipped_catalogue, words)
        kinds = {one.kind for one in found[:12]}
        assert {"indicator", "question"} <= kinds, (words, [one.id for one in found])
