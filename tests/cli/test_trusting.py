"""``iw linchpin``, ``iw collect``, ``iw doctor``, and ``iw explain --by``: whether to trust a belief."""

from __future__ import annotations

import re

import pytest

from tests.cli.conftest import Call

AS_OF = ("--as-of", "2023-03-05")


def test_linchpin_shows_what_each_event_adds_and_whether_a_few_carry_the_lead(on_watch: Call) -> None:
    answer = on_watch("linchpin", "war-support", *AS_OF)
    assert (answer.code, answer.err) == (0, "")
    assert re.search(r"Leading: .+, \d\d % \(\d+–\d+ %\)", answer.out)
    assert re.search(r"E\d+ .+ [+−]\d+\.\d\d +\d+\.\d %", answer.out)
    assert "inchpin: without" in answer.out.replace("\n", " ")
    assert "As of 2023-03-05" in answer.out


@pytest.mark.parametrize("by", ["source", "origin"])
def test_linchpin_leaves_out_sources_and_origins_too(on_watch: Call, by: str) -> None:
    found = on_watch("linchpin", "war-support", "--by", by, "--json", *AS_OF).json
    assert found["schema"] == "iw.linchpin/1"
    assert found["linchpin"] is None
    assert set(found["rows"][0]) == {"name", "label", "leading", "beliefs", "points"}


def test_linchpin_in_json_names_the_set_and_how_it_was_found(on_watch: Call) -> None:
    found = on_watch("linchpin", "war-support", "--json", *AS_OF).json
    assert set(found["linchpin"]) == {"events", "exact", "leading", "probability", "supporting"}
    assert found["provenance"]["belief"]["as_of"] == "2023-03-05"


def test_collect_ranks_the_indicators_by_what_they_are_expected_to_tell(on_watch: Call) -> None:
    found = on_watch("collect", "war-support", "--days", "180", "--json", *AS_OF).json
    bits = [row["bits"] for row in found["rows"]]
    assert (found["days"], bits) == (180, sorted(bits, reverse=True))
    assert set(found["rows"][0]) == {"problem", "indicator", "title", "coverage", "bits", "share"}
    shown = on_watch("collect", "--top", "3", *AS_OF)
    assert [row["indicator"] for row in on_watch("collect", "--json", *AS_OF).json["rows"][:3]] == re.findall(
        r"^([a-z0-9-]+) +[A-Z]", shown.out, re.MULTILINE
    )[:3]


def test_doctor_puts_what_to_do_first_and_the_figures_after_it(on_watch: Call) -> None:
    answer = on_watch("doctor", "war-support", *AS_OF)
    assert answer.code == 0
    assert answer.err == ""
    for heading in ("fit: There is no accepted fit", "iw fit war-support", "Fit and weights", "Seen against expected"):
        assert heading in answer.out
    assert "under 20 tables of grades" in " ".join(answer.out.split())
    assert answer.out.index("fit: There is no") < answer.out.index("Fit and weights")


@pytest.mark.parametrize("columns", ["50", "99", "100", "160"])
def test_no_word_is_cut_at_any_width(on_watch: Call, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    collected, examined = on_watch("collect", "war-support", *AS_OF).out, on_watch("doctor", "war-support", *AS_OF).out
    for name in ("chinese-capital-market-opens", "coverage", "bits"):
        assert name in collected
    words = " ".join(examined.split())
    assert "tables of grades" in words
    assert "Calibrated dual-use enablement" in words
    assert all(len(line) <= int(columns) for line in collected.splitlines())


def test_doctor_in_json_holds_every_figure(on_watch: Call) -> None:
    found = on_watch("doctor", "war-support", "--json", *AS_OF).json
    assert found["schema"] == "iw.doctor/1"
    assert set(found) >= {"grade_band", "sensitivities", "surprises", "silences", "unexplained", "rows"}
    assert set(found["grade_band"]["state-lethal-aid"]) == {"low", "high"}


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (["linchpin", "war-support", "--by", "moon"], "event, source, origin"),
        (["explain", "war-support", "--by", "moon"], "event, indicator, family, source, origin"),
        (["doctor", "war-suport"], "war-support"),
        (["collect", "war-suport"], "war-support"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(on_watch: Call, command: list[str], hint: str) -> None:
    answer = on_watch(*command)
    assert (answer.code, answer.out) == (2, "")
    assert hint in answer.err


def test_explain_sums_the_terms_by_source(on_watch: Call) -> None:
    answer = on_watch("explain", "war-support", "--since", "2023-02-01", *AS_OF, "--by", "source")
    assert answer.code == 0
    assert "Silence" in answer.out
    assert "NBC News" in answer.out
