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


def test_what_users_look_for_first_is_found_by_their_own_words(shipped_catalogue: Catalogue) -> None:
    """Interoperability drills, lethal aid, an S-500 sale, basing access, de-dollarization."""
    for words in (["interoperability"], ["lethal", "aid"], ["s-500"], ["basing"], ["de-dollarization"]):
        found = search(shipped_catalogue, words)
        kinds = {one.kind for one in found[:12]}
        assert {"indicator", "question"} <= kinds, (words, [one.id for one in found])
