"""``iw back``, ``deny``, ``correct``, ``regrade``, ``retract``, ``keep``, ``search``, ``gap``: facts by new records."""

from __future__ import annotations

from datetime import date

import pytest
import typer

from iw.cli.session import Session
from iw.log.records import Event, Marking, Report, Stance
from iw.workspace import Workspace
from tests.cli.conftest import Answer, Call

DENIAL = ("--source", "A ministry", "--grade", "B3", "--text", "There were no such plans.")


@pytest.fixture
def event(on_watch: Call) -> str:
    """The name of an event that counts with w 0.88."""
    return str(on_watch("events", "lethal-aid-warning", "--json").json["rows"][0]["id"])


def find(watch: Workspace, name: str, marking: Marking = Marking.RED) -> Event | None:
    view = watch.log.view(watch.now(), marking)
    return next((one for one in (*view.events, *view.readings) if one.id == name), None)


def first(watch: Workspace, name: str) -> Report:
    found = find(watch, name)
    assert found is not None
    return found.backings[0].report


def moved(answer: Answer) -> dict[str, float]:
    """By scenario the points by which the belief on the one problem moved."""
    assert answer.code == 0, answer.err
    return {row["scenario"]: row["points"] for row in answer.json["rows"]}


def test_a_denial_lowers_the_weight_and_moves_the_belief_as_what_if_says(
    on_watch: Call, watch: Workspace, event: str
) -> None:
    imagined = on_watch("whatif", "war-support", "--deny", f"{event}@B3", "--json").json
    answer = on_watch("deny", event, *DENIAL, "--json")
    assert moved(answer) == pytest.approx({row["scenario"]: row["points"] for row in imagined["rows"]}, abs=1e-9)
    (touched,) = answer.json["events"]
    assert (touched["event"], touched["before"] > touched["after"] > 0) == (event, True)
    found = find(watch, event)
    assert found is not None
    (denied,) = [one for one in found.backings if one.stance is Stance.DENIES]
    assert (denied.report.source, str(denied.report.grade), denied.report.text) == (DENIAL[1], DENIAL[3], DENIAL[5])


def test_an_expected_denial_is_recorded_and_moves_nothing(on_watch: Call, watch: Workspace, event: str) -> None:
    answer = on_watch("deny", event, *DENIAL, "--expected")
    assert answer.code == 0
    assert f"{event}: A ministry, graded B3 denies it, as was expected." in answer.out
    assert "It moves no belief. It changes nothing that the beliefs rest on." in answer.out
    found = find(watch, event)
    assert found is not None
    assert Stance.DENIES_EXPECTED in {one.stance for one in found.backings}


def test_a_further_report_of_another_origin_adds_up_and_one_of_the_same_origin_does_not(
    on_watch: Call, watch: Workspace, event: str
) -> None:
    report = ("--source", "A wire", "--grade", "C3", "--text", "Seen by us, too.")
    same = on_watch("back", event, *report, "--origin", first(watch, event).origin, "--json").json
    (before,) = same["events"]
    assert before["before"] == before["after"]
    assert same["silent"] == "It changes nothing that the beliefs rest on."
    other = on_watch("back", event, *report[:-1], "We saw it.", "--json").json["events"][0]
    w = watch.catalogue.tables.grades["C"][2]
    assert other["after"] == pytest.approx(1 - (1 - before["before"]) * (1 - w), abs=1e-12)


def test_a_correction_changes_what_is_named_and_keeps_the_rest_and_the_past(
    on_watch: Call, watch: Workspace, event: str
) -> None:
    old, position = find(watch, event), watch.log.position()
    assert old is not None
    answer = on_watch(
        *("correct", event, "--on", "2023-01", "--summary", "Plans were told of.", "--development", "plans"),
        *("--staged", "possibly", "--local", "9 in the morning", "--marking", "green", "--by", "Ann"),
        *("--reason", "it was in January"),
    )
    assert (answer.code, answer.err) == (0, "")
    assert f"{event} corrected: it was in January" in answer.out
    new = find(watch, event)
    assert new is not None
    assert (str(new.occurred), new.summary, new.development) == ("2023-01", "Plans were told of.", "plans")
    assert (str(new.staged), new.occurred_local, new.stamp.marking) == ("possibly", "9 in the morning", Marking.GREEN)
    assert (new.stamp.author, new.stamp.reason) == ("Ann", "it was in January")
    assert (new.indicator, new.backings) == (old.indicator, old.backings)
    earlier = watch.log.view(watch.now(), position=position)
    assert old in earlier.events
    emptied = on_watch("correct", event, "--development", "", "--reason", "a story of its own")
    again = find(watch, event)
    assert (emptied.code, again and again.development) == (0, None)


def test_a_reading_is_corrected_by_its_value_and_an_event_has_none(
    on_watch: Call, watch: Workspace, event: str
) -> None:
    reading = watch.log.view(watch.now()).readings[0]
    assert on_watch("correct", reading.id, "--value", "17.5", "--reason", "revised").code == 0
    assert find(watch, reading.id).value == 17.5  # type: ignore[union-attr]
    refused = on_watch("correct", event, "--value", "17.5", "--reason", "revised")
    assert (refused.code, f"{event} is no reading" in refused.err) == (2, True)
    kinds = on_watch("correct", event, "--indicator", reading.indicator, "--reason", "taken for it")
    assert (kinds.code, "is of another kind" in kinds.err) == (2, True)


def test_an_event_does_not_come_after_a_report_that_backs_it(on_watch: Call, watch: Workspace, event: str) -> None:
    report = first(watch, event)
    assert report.reported_at is not None
    moved_on = on_watch("correct", event, "--on", "2024-01-01", "--reason", "later")
    assert (moved_on.code, f"lies after the report {report.id} that backs it" in moved_on.err) == (2, True)
    told = ("--source", "A wire", "--grade", "C3", "--text", "It will be.", "--reported", "2020-01-01")
    early = on_watch("back", event, *told)
    assert (early.code, "--reported: 2020-01-01 lies before the event" in early.err) == (2, True)
    kept = on_watch("keep", *told).out.split()[0]
    held = on_watch("back", event, "--report", kept)
    assert (held.code, "--report: 2020-01-01 lies before the event" in held.err) == (2, True)
    assert on_watch("deny", event, "--report", kept).code == 0


def test_a_regrade_moves_the_belief_as_what_if_says(on_watch: Call, watch: Workspace, event: str) -> None:
    report = first(watch, event)
    imagined = on_watch("whatif", "war-support", "--regrade", f"{event}@D4", "--json").json
    answer = on_watch("regrade", report.id, "D4", "--reason", "hearsay", "--json")
    assert moved(answer) == pytest.approx({row["scenario"]: row["points"] for row in imagined["rows"]}, abs=1e-9)
    new = first(watch, event)
    assert (str(new.grade), new.grade_reason, new.text) == ("D4", "hearsay", report.text)
    assert on_watch("regrade", report.id, "--marking", "amber", "--reason", "closed").code == 0
    assert find(watch, event, Marking.GREEN) is None
    assert (str(first(watch, event).grade), first(watch, event).stamp.marking) == ("D4", Marking.AMBER)


def test_what_is_withdrawn_is_gone_from_today_and_stays_in_the_past(
    on_watch: Call, watch: Workspace, event: str
) -> None:
    imagined = on_watch("whatif", "war-support", "--drop", event, "--json").json
    position = watch.log.position()
    answer = on_watch("retract", event, "--reason", "logged by mistake", "--json")
    assert moved(answer) == pytest.approx({row["scenario"]: row["points"] for row in imagined["rows"]}, abs=1e-9)
    assert answer.json["events"][0]["after"] is None
    assert find(watch, event) is None
    assert event in {one.id for one in watch.log.view(watch.now(), position=position).events}
    again = on_watch("retract", event, "--reason", "twice")
    assert (again.code, f"{event} has been retracted already." in again.err) == (2, True)


def test_a_denial_is_taken_back_by_both_names(on_watch: Call, watch: Workspace, event: str) -> None:
    before = on_watch("events", event, "--json").json["rows"][0]["weight"]
    assert on_watch("deny", event, *DENIAL).code == 0
    found = find(watch, event)
    assert found is not None
    (denial,) = [one.report for one in found.backings if one.stance is Stance.DENIES]
    assert on_watch("retract", f"{event}@{denial.id}", "--reason", "of another event").code == 0
    assert on_watch("events", event, "--json").json["rows"][0]["weight"] == before
    assert denial.id in {one.id for one in watch.log.view(watch.now()).unassigned}
    wrong = on_watch("retract", f"{event}@{denial.id}", "--reason", "again")
    assert (wrong.code, f"{denial.id} does not stand to {event}" in wrong.err) == (2, True)


def test_a_report_that_fits_nothing_is_kept_listed_and_assigned_later(
    on_watch: Call, watch: Workspace, event: str
) -> None:
    answer = on_watch("keep", "--source", "A wire", "--grade", "C3", "--text", "An odd convoy.", "--marking", "green")
    assert (answer.code, "It moves no belief." in answer.out) == (0, True)
    name = answer.out.split()[0]
    assert f"{name}: A wire, graded C3" in on_watch("unassigned").out
    assert name not in on_watch("unassigned", "--marking", "clear").out
    assert name in {row["id"] for row in on_watch("unassigned", "--json").json["rows"]}
    assert on_watch("back", event, "--report", name).code == 0
    assert name not in on_watch("unassigned").out
    found = find(watch, event)
    assert found is not None
    assert name in {one.report.id for one in found.backings}


def test_an_event_is_logged_from_a_report_that_was_kept_at_its_marking(on_watch: Call, watch: Workspace) -> None:
    kept = on_watch("keep", "--source", "A wire", "--grade", "C3", "--text", "An odd convoy.", "--marking", "amber")
    name = kept.out.split()[0]
    without = on_watch("log", "lethal-aid-warning", "--on", "2026-04-01", "--report", name)
    assert (without.code, "--summary: is missing" in without.err) == (2, True)
    told = ("log", "lethal-aid-warning", "--on", "2026-04-01", "--report", name, "--summary", "Arms are on the way.")
    both = on_watch(*told, "--grade", "B2")
    assert (both.code, "Leave out --grade" in both.err) == (2, True)
    answer = on_watch(*told, "--json").json
    found = find(watch, answer["event"]["id"])
    assert found is not None
    assert (found.stamp.marking, [one.report.id for one in found.backings]) == (Marking.AMBER, [name])


def test_a_search_and_a_gap_are_recorded_and_act_on_silence(on_watch: Call, watch: Workspace) -> None:
    answer = on_watch(
        *("search", "lethal-aid-delivery", "--from", "2026-01-01", "--to", "2026-03-31", "--chance", "0.9", "--json")
    )
    points = moved(answer)
    assert points["state-lethal-aid"] < 0
    assert answer.json["record"] == f"S{answer.json['position']}"
    told = on_watch("gap", "--from", "2026-03-01", "--to", "yesterday", "--reason", "Easter", "--json").json
    assert {row["problem"] for row in told["rows"]} == {"war-support"}
    view = watch.log.view(watch.now())
    search = next(one for one in view.searches if one.id == answer.json["record"])
    assert (search.since, search.until, search.coverage) == (date(2026, 1, 1), date(2026, 3, 31), 0.9)
    gap = next(one for one in view.coverages if one.id == told["record"])
    assert (gap.kind, gap.selects, gap.since, gap.until) == ("gap", "*", date(2026, 3, 1), date(2026, 4, 11))
    assert gap.stamp.reason == "Easter"
    assert on_watch("retract", told["record"], "--reason", "somebody was").code == 0
    assert gap.id not in {one.id for one in watch.log.view(watch.now()).coverages}


def test_a_review_is_shown_with_what_it_is_about_and_moves_nothing(
    on_watch: Call, watch: Workspace, event: str
) -> None:
    before = watch.log.view(watch.now())
    ground = "The officials are not named."
    answer = on_watch("review", event, "doubt", "--ground", ground, "--by", "Ann")
    assert (answer.code, answer.err) == (0, "")
    name = answer.out.split(":")[0]
    report = first(watch, event)
    assert on_watch("review", report.id, "agree", "--ground", "A good desk.", "--json").json["rows"][0]["subject"] == (
        report.id
    )
    shown = " ".join(on_watch("events", event).out.split())
    assert f"Reviewed: doubt ({name}, Ann, {watch.today}): {ground}" in shown
    assert "A good desk." in shown
    assert [row["opinion"] for row in on_watch("events", event, "--json").json["reviews"]] == ["doubt"]
    view = watch.log.view(watch.now())
    assert (view.events, view.position) == (before.events, before.position)
    assert watch.reviews()["subject"].tolist() == [event, report.id]
    kept = on_watch("keep", "--source", "A wire", "--grade", "C3", "--text", "An odd convoy.").out.split()[0]
    assert on_watch("review", kept, "reject", "--ground", "A harvest.").code == 0
    assert "A harvest." in on_watch("unassigned").out


def test_a_gap_of_a_domain_concerns_the_problems_that_listen_to_any_of_it(on_watch: Call, watch: Workspace) -> None:
    used = {use.indicator for use in watch.catalogue.problems["war-support"].indicators}
    domains = {watch.catalogue.domains[name] for name in used}
    others = sorted(set(watch.catalogue.domains.values()) - domains)
    told = on_watch("gap", f"domain:{sorted(domains)[0]}", "--from", "2026-03-01", "--json").json
    assert {row["problem"] for row in told["rows"]} == {"war-support"}
    none = on_watch("gap", f"domain:{others[0]}", "--from", "2026-03-01", "--json").json
    assert (none["rows"], none["silent"]) == ([], "No belief rests on it.")


def test_a_resolution_is_withdrawn_by_its_name(on_watch: Call, event: str) -> None:
    before = on_watch("events", event, "--json").json["rows"][0]["weight"]
    settled = on_watch("resolve", event, "no", "--ground", "It was another.", "--json").json
    name = settled["rows"][0]["id"]
    (touched,) = on_watch("retract", name, "--reason", "too early", "--json").json["events"]
    assert (touched["event"], touched["before"], touched["after"]) == (event, 0.001, before)


@pytest.mark.parametrize(
    ("call", "faults"),
    [
        (
            ("deny", "E999999", "--grade", "B9"),
            ["EVENT: There is no record 999999", "--grade:", "--text:"],
        ),
        (("deny", "R1", *DENIAL), ["EVENT: There is no R1. Record 1 is of another kind"]),
        (("back", "C1", *DENIAL), ["EVENT: C1 is no event."]),
        (("correct", "E999999"), ["EVENT: There is no record", "OPTIONS: name what is", "--reason: is missing"]),
        (("correct", "E999999", "--on", "2026-04-13"), ["--on: 2026-04-13 lies in the future"]),
        (("regrade", "R999999", "B9"), ["REPORT: There is no record", "GRADE: 'B9' is not a grade", "--reason:"]),
        (("regrade", "C1", "--reason", "x"), ["REPORT: C1 is no report.", "GRADE: is missing"]),
        (("retract", "X"), ["RECORD: 'X' is not the name of a record. Names look like", "--reason:"]),
        (
            ("review", "E999999", "maybe"),
            ["RECORD: There is no record", "OPINION: 'maybe' is none. Write"],
        ),
        (("keep", "--bears-on", "nonsense"), ["--bears-on: There is no indicator", "--text: is missing"]),
        (
            ("search", "nonsense", "--from", "2026-04-09", "--to", "2026-04-08", "--chance", "2"),
            ["INDICATOR: There is no indicator", "--to: 2026-04-08 lies before", "--chance: a coverage of 2"],
        ),
        (
            ("search", "lethal-aid-delivery", "--to", "2026-05-01"),
            ["--from: is missing", "2026-05-01 is not over"],
        ),
        (("gap", "domain:nonsense"), ["INDICATOR: There is no domain named 'nonsense'.", "--from: is missing"]),
    ],
)
def test_everything_wrong_is_told_at_once_and_nothing_is_written(
    on_watch: Call, watch: Workspace, call: tuple[str, ...], faults: list[str]
) -> None:
    before = watch.log.position()
    answer = on_watch(*call)
    assert (answer.code, answer.out) == (2, "")
    for fault in faults:
        assert fault in answer.err
    assert watch.log.position() == before


def test_what_is_missing_is_asked_for_at_a_terminal(
    on_watch: Call, watch: Workspace, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"Who reports it": "A ministry", "Grade, such as B2": "D3", "What the source says": "No.", "Why": "heard"}
    answers["When it happened"] = "2026-04-01"
    monkeypatch.setattr(Session, "at_terminal", True)
    monkeypatch.setattr(typer, "prompt", lambda question, **_: answers[question])
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: True)
    assert on_watch("deny", event).code == 0
    found = find(watch, event)
    assert found is not None
    assert [(one.report.source, one.report.text) for one in found.backings if one.stance is Stance.DENIES] == [
        ("A ministry", "No.")
    ]
    assert on_watch("regrade", first(watch, event).id).code == 0
    assert (str(first(watch, event).grade), first(watch, event).grade_reason) == ("D3", "heard")
    assert "lethal-aid-warning on 2026-04-01, graded D3" in on_watch("log", "lethal-aid-warning").out


def test_a_denial_is_acknowledged_before_it_is_weighed_and_stays_whatever_becomes_of_that(
    on_watch: Call, watch: Workspace, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Workspace, "changed", broken)
    answer = on_watch("deny", event, *DENIAL)
    assert (answer.code, answer.out) == (130, f"{event}: A ministry, graded B3 denies it.\n")
    found = find(watch, event)
    assert found is not None
    assert Stance.DENIES in {one.stance for one in found.backings}


def test_the_json_of_a_change_has_one_shape(on_watch: Call, event: str) -> None:
    found = on_watch("deny", event, *DENIAL, "--json").json
    assert list(found) == [
        *("schema", "provenance", "record", "position", "events", "silent", "level_changes", "rows"),
    ]
    assert (found["schema"], found["record"]) == ("iw.deny/1", event)
    assert list(found["events"][0]) == ["event", "indicator", "before", "after"]
    assert list(found["rows"][0]) == ["problem", "scenario", "before", "after", "points"]
