"""The HTML rendering: well formed, self-contained, complete, and robust against odd input."""

import json
from dataclasses import asdict, fields, replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from jinja2 import meta

from iw.assessment.records import Assessment, Estimate
from iw.report import WeeklyReport, render_html
from iw.report.evidence_rows import slug
from iw.report.html import TEMPLATE, context, environment
from iw.report.page import Page
from iw.report.prepare import prepare
from tests.report.examples import PLOTS, assessment, weekly

VOID = {"meta", "link", "br", "path", "rect", "use"}


class Checker(HTMLParser):
    """Collects tags, ids, links and text, and complains about tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute stands twice in {tag}"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def values(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.tags if name in attrs]


@cache
def page_text() -> str:
    return render_html(weekly())


@cache
def checked() -> Checker:
    return Checker(page_text())


def small(**more: object) -> WeeklyReport:
    """A report of one problem with few events."""
    return replace(weekly(0), assessments=(replace(assessment(event_count=3), **more),))  # type: ignore[arg-type]


def test_the_same_record_gives_the_same_bytes() -> None:
    assert render_html(small()) == render_html(small())


def test_the_page_is_well_formed_and_ids_are_unique() -> None:
    ids = checked().values("id")
    assert len(ids) == len(set(ids))


def test_every_inner_link_leads_somewhere() -> None:
    targets = set(checked().values("id"))
    links = [href for href in checked().values("href") if href.startswith("#")]
    assert links
    assert not [href for href in links if href[1:] not in targets]


def test_nothing_is_fetched_and_nothing_is_run() -> None:
    text = page_text()
    assert "<script" not in text
    assert "@import" not in text
    assert "url(http" not in text
    for tag, attrs in checked().tags:
        assert "src" not in attrs
        assert not [name for name in attrs if name.startswith("on")]
        if (attrs.get("href") or "").startswith("http"):
            assert tag == "a"


def test_landmarks_headings_and_captions_structure_the_page() -> None:
    tags = [tag for tag, _ in checked().tags]
    assert [tags.count(tag) for tag in ("h1", "main", "header", "nav", "footer")] == [1, 1, 1, 1, 1]
    levels = [int(tag[1]) for tag in tags if tag in {"h1", "h2", "h3", "h4"}]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    outside = tags.count("table") - tags.count("caption")
    assert outside == sum(1 for p in prepare(weekly()).problems for s in p.shifts if s.smaller)


def test_every_chart_has_a_text_alternative() -> None:
    pictures = [attrs for _, attrs in checked().tags if attrs.get("role") == "img"]
    assert len(pictures) == sum(len(a.scenarios) + 3 for a in weekly().assessments)
    assert all(attrs.get("aria-label") for attrs in pictures)


def test_the_template_receives_exactly_the_page_and_its_charts() -> None:
    made = environment()
    loader = made.loader
    assert loader is not None
    source = loader.get_source(made, TEMPLATE)[0]
    assert meta.find_undeclared_variables(made.parse(source)) == {"page", "charts"} == set(context(small()))
    assert not [field.name for field in fields(Page) if f"page.{field.name}" not in source]


def test_every_text_and_number_of_the_page_is_shown() -> None:
    """Whatever `prepare` made of the record stands on the page; the spot checks below go back to the record."""
    shown = checked().text
    for problem in asdict(prepare(weekly()))["problems"]:
        texts = [problem[k] for k in ("title", "question", "standing", "changes", "warned", "level_meaning", "sums")]
        texts += [fact["value"] for fact in (*problem["facts"], *problem["provenance"])]
        texts += [s[k] for s in problem["scenarios"] for k in ("title", "definition", "word", "word_range")]
        texts += [share["interval"] for s in problem["scenarios"] for share in s["forecasts"]]
        texts += [row["label"] for shift in problem["shifts"] for row in (*shift["rows"], *shift["smaller"])]
        texts += [event[k] for event in problem["events"] for k in ("id", "summary", "why_not", "occurred")]
        texts += [r[k] for e in problem["events"] for r in e["reports"] for k in ("grade_reason", "origin", "text")]
        missing = [text for text in texts if " ".join(text.split()) not in shown]
        assert missing == []


def test_numbers_of_the_record_are_on_the_page() -> None:
    shown = checked().text
    made = weekly()
    for text in (str(made.log_position), made.catalogue_version, made.product_version, *made.notes, "TLP:GREEN"):
        assert text in shown
    first = made.assessments[0]
    assert first.provenance.model_version in shown
    assert "1,312 of 2,000" in shown
    for caution in first.cautions:
        assert shown.count(caution) >= 2  # at the top, and with its problem


def test_a_problem_that_is_missing_for_a_fault_is_named_before_the_numbers() -> None:
    text = Checker(render_html(replace(small(), left_out=("energy",)))).text
    assert text.index("The warning problem “energy” is missing: there is a fault in its file.") < text.index("leads:")


def test_a_contribution_opens_down_to_its_event_and_its_reports() -> None:
    made = assessment(event_count=3)
    (event,) = made.mover.events if made.mover else ()
    anchor = slug("event", made.problem, event)
    page = Checker(render_html(small()))
    assert f"#{anchor}" in page.values("href")
    assert {anchor, f"{anchor}--1"} <= set(page.values("id"))


def test_unreliable_points_are_drawn_and_told_apart() -> None:
    assert "11 points where too few draws carried the weight" in checked().text
    assert "11 points not reliable" in page_text().replace("\u00a0", " ")


def test_conditional_problems_are_marked_on_board_and_in_their_section() -> None:
    text = Checker(render_html(replace(weekly(0), assessments=(assessment(PLOTS[4], event_count=2),)))).text
    assert text.count("· conditional") == 2
    assert "Conditional on a crisis over the strait" in text


HOSTILE = '<script>alert(1)</script> & "quoted" {{ 7*7 }} $x^2$ #let x\x00\u0007'


def hostile() -> WeeklyReport:
    """Special characters of every language that is rendered through, in every free text."""
    made = assessment(event_count=2)
    event = made.events[0]
    report = replace(event.reports[0], text=HOSTILE, source=HOSTILE, url="javascript:alert(1)", origin=HOSTILE)
    return small(
        title=HOSTILE,
        question=HOSTILE,
        cautions=(HOSTILE,),
        scenarios=tuple(replace(s, title=HOSTILE) for s in made.scenarios),
        events=(replace(event, id='e"1<', summary=HOSTILE, reports=(report,)), *made.events[1:]),
    )


def test_special_characters_are_text_and_nothing_else() -> None:
    text = render_html(hostile())
    page = Checker(text)
    assert "<script" not in text
    assert "javascript:" not in "".join(page.values("href"))
    assert "\x00" not in text
    assert '<script>alert(1)</script> & "quoted" {{ 7*7 }} $x^2$ #let x' in page.text


def bare(made: Assessment) -> Assessment:
    """A problem on its first day: no events, no history, no terms, no forecasts."""
    empty = replace(made.shift_7, contributions=(), before=made.shift_7.after)
    return replace(
        made,
        events=(),
        history=(),
        mover=None,
        shift_7=empty,
        shift_30=empty,
        scenarios=tuple(replace(s, forecasts={}) for s in made.scenarios),
    )


def extreme(made: Assessment) -> Assessment:
    """Probabilities of 0, 1 and next to nothing."""
    sizes = (Estimate(1.0, 1.0, 1.0), Estimate(0.0, 0.0, 0.0), Estimate(1e-9, 0.0, 1e-6), Estimate(1e-4, 1e-5, 0.02))
    scenarios = tuple(
        replace(s, belief=e, forecasts={d: e for d in s.forecasts}) for s, e in zip(made.scenarios, sizes, strict=True)
    )
    return replace(made, scenarios=scenarios, history=made.history[-1:])


def long_titles(made: Assessment) -> Assessment:
    """Titles of hundreds of letters, one of them a single word."""
    words = "A very long title that goes on and on about what might be " * 8
    scenarios = tuple(replace(s, title=words + s.id) for s in made.scenarios[:-1])
    return replace(made, title="Endless" * 60, scenarios=(*scenarios, replace(made.scenarios[-1], title="Word" * 90)))


ODD = {"bare": bare, "extreme": extreme, "long titles": long_titles}


@pytest.mark.parametrize("kind", ODD)
def test_odd_input_gives_a_whole_page(kind: str) -> None:
    made = replace(weekly(0), assessments=(ODD[kind](assessment(event_count=2)),))
    assert Checker(render_html(made)).text


def test_no_problem_gives_a_page_that_says_so() -> None:
    assert "No warning problem is under watch." in Checker(render_html(weekly(0))).text


def test_the_page_is_plain_data() -> None:
    assert json.dumps(asdict(prepare(weekly())), allow_nan=False)


def test_what_contradicts_a_report_stands_beside_it() -> None:
    assert "Contradicted: almanac-2031 dates it a month later" in render_html(weekly())
