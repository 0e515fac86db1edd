"""A made-up week: two invented states, five warning problems, and all that a report shows of them.

Nothing here is about real states; the engine knows no subject. The numbers follow the rules of the record
(beliefs sum to 1, contributions add up to the change), so that a report of them looks like a real one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from iw.assessment.records import (
    Assessment,
    ConfidenceView,
    Contribution,
    Estimate,
    EventView,
    HistoryPoint,
    LevelView,
    Provenance,
    QuestionView,
    ReportView,
    ScenarioView,
    ShiftView,
)
from iw.report.record import DocumentView, WeeklyReport

TODAY = date(2031, 11, 21)
KNOWN_AT = datetime(2031, 11, 21, 18, 0, tzinfo=UTC)
WORDS = (
    ("almost no chance", 0.01, 0.05),
    ("very unlikely", 0.05, 0.20),
    ("unlikely", 0.20, 0.45),
    ("roughly even chance", 0.45, 0.55),
    ("likely", 0.55, 0.80),
    ("very likely", 0.80, 0.95),
    ("almost certain", 0.95, 0.99),
)


@dataclass(frozen=True)
class Plot:
    """One made-up problem: scenario id, title, role, belief 30 days ago and belief today."""

    problem: str
    title: str
    question: str
    consequence: str
    decision: str
    lead_time_days: int
    horizon_days: int
    scenarios: tuple[tuple[str, str, str, float, float], ...]
    events: tuple[tuple[str, str, str], ...]  # indicator id, its title, summary
    level: tuple[str, str]
    conditional_on: str | None = None
    cautions: tuple[str, ...] = ()


PLOTS = (
    Plot(
        "war-aid",
        "Norland’s aid to Estmark’s war",
        "What level of support does Norland give to Estmark’s war today?",
        "Estmark could fight on at a faster pace, and stocks planned for the present level would fall short.",
        "Whether to prepare measures against state firms and banks before the supply arrives at the front.",
        90,
        365,
        (
            ("lethal-aid", "State-authorised lethal aid", "warned", 0.081, 0.137),
            ("lifeline", "Much larger money or inputs, still no arms", "warned", 0.112, 0.126),
            ("support-cut", "Support cut by a quarter or more", "", 0.049, 0.031),
            ("enablement", "Calibrated dual-use enablement", "status quo", 0.758, 0.706),
        ),
        (
            ("arms-shipment", "Shipment of weapons by a firm", "Customs papers show drone engines sent as pumps."),
            ("lethal-warning", "Public warning of lethal aid", "Two governments warn that shells may be sent."),
            ("dual-use-flow", "Dual-use flow exposed", "A study traces machine tools to an arms plant."),
            ("denial", "Official denial or limit", "The foreign ministry denies that weapons were sold."),
            ("bank-caution", "Banks grow cautious", "Three banks return payments for machine parts."),
            ("summit", "Leaders meet", "The two leaders meet beside a trade forum; no statement on arms."),
        ),
        ("WATCHCON 2", "Significant watch. A warned scenario may well come about within the horizon."),
        cautions=(
            "No accepted fit is newer than 60 days; the last one stays in force.",
            "Two of seven feeds have been silent for three weeks.",
        ),
    ),
    Plot(
        "joint-forces",
        "Joint military activity",
        "How closely do the forces of Norland and Estmark act together today?",
        "Planners would have to reckon with two forces that can use one another’s bases in the same theatre.",
        "Whether to change posture in the northern sea ahead of the next yearly planning cycle.",
        180,
        365,
        (
            ("joint-command", "Joint command or shared nuclear or warning systems", "warned", 0.018, 0.019),
            ("side-by-side", "Forces side by side: base access or stationing", "warned", 0.064, 0.071),
            ("missions", "Real missions in one theatre", "", 0.092, 0.101),
            ("shrinking", "Drill programme shrinks", "", 0.047, 0.034),
            ("parallel", "Drills and patrols side by side only", "status quo", 0.779, 0.775),
        ),
        (
            ("bomber-patrol", "Joint bomber patrol", "Four bombers fly together over the northern sea for six hours."),
            ("naval-patrol", "Joint naval patrol", "Nine ships pass the strait together, further south than before."),
            ("drill", "Bilateral drill", "The yearly autumn drill is held with fewer troops than announced."),
            ("base-call", "Use of a base", "A tanker refuels at the other side’s airfield for the first time."),
            ("staff-talks", "Staff talks", "The general staffs hold their yearly talks and publish a plan for drills."),
        ),
        ("WATCHCON 4", "Normal watch. No warned scenario stands out; routine collection."),
        cautions=("Two of seven feeds have been silent for three weeks.",),
    ),
    Plot(
        "relationship",
        "State of the relationship",
        "In which overall state is the relationship between Norland and Estmark today?",
        "A bound pair would force the allies to plan for two theatres as one.",
        "Which base case the yearly review of strategy rests on.",
        365,
        730,
        (
            ("alliance", "Formal alliance", "warned", 0.006, 0.006),
            ("rupture", "Rupture", "", 0.004, 0.004),
            ("step-change", "Step change short of alliance", "warned", 0.093, 0.118),
            ("loosening", "Loosening from either side", "", 0.141, 0.103),
            ("tiered", "Limited, tiered partnership goes on", "status quo", 0.756, 0.769),
        ),
        (
            ("summit", "Leaders meet", "A state visit of three days ends with a joint declaration of forty pages."),
            ("label", "Relationship label raised", "The declaration speaks of a partnership “without a ceiling”."),
            ("unease", "Unease in the elite", "A retired minister calls the trade balance humiliating on television."),
            ("pipeline", "Gas contract", "Price talks over the second pipeline end without a date."),
            ("veto", "Joint veto", "Both veto a resolution on inspections at sea."),
        ),
        ("WATCHCON 3", "Increased watch. A warned scenario has become a real possibility."),
    ),
    Plot(
        "technology",
        "Guarded military technology",
        "How far does Estmark let Norland have its most guarded military technology today?",
        "Advantages under water and in space would shrink sooner than force plans assume.",
        "Whether to move counter-measures forward in the next programme cycle.",
        365,
        730,
        (
            ("top-secret", "Top technology yielded", "warned", 0.052, 0.058),
            ("new-systems", "New-generation systems sold", "warned", 0.083, 0.080),
            ("restriction", "Open restriction", "", 0.029, 0.027),
            ("low-flow", "Neither: low flow goes on", "status quo", 0.836, 0.835),
        ),
        (
            ("ip-complaint", "Complaint over copied technology", "An arms exporter complains of 500 copied designs."),
            ("arrest", "Arrest for espionage", "A hypersonics researcher is arrested; the charge names the partner."),
            ("engine-talks", "Talks on engines", "A trade journal reports talks on quiet propulsion; no contract."),
            ("joint-project", "Joint project", "The helicopter project misses its second date for a first flight."),
        ),
        ("WATCHCON 3", "Increased watch. A warned scenario has become a real possibility."),
    ),
    Plot(
        "strait-crisis",
        "Estmark’s conduct in a strait crisis",
        "What would Estmark do if there were a crisis over the strait today?",
        "Allied forces would be pinned in a second theatre while the first is open.",
        "Which forces are kept out of the plan for the strait.",
        30,
        365,
        (
            ("opportunism", "Opportunism in its own theatre", "warned", 0.214, 0.243),
            ("material-aid", "Material aid to Norland", "", 0.388, 0.371),
            ("aloof", "Verbal support only", "status quo", 0.398, 0.386),
        ),
        (
            ("far-east", "Forces moved to the far east", "Two brigades return from the far east to their garrisons."),
            ("statement", "Statement on the strait", "The speaker says that the strait is “not Estmark’s war”."),
            ("supply-deal", "Deal on war supplies", "A framework for fuel deliveries “in special times” is signed."),
        ),
        ("WATCHCON 2", "Significant watch. A warned scenario may well come about within the horizon."),
        conditional_on="a crisis over the strait",
        cautions=("Few events speak to this problem: the belief rests mostly on elicited judgements.",),
    ),
)

SOURCES = (
    ("Northern Wire", "B2", "news agency with its own correspondent on the spot", "northern-wire"),
    ("Harbour Gazette", "C3", "trade press; relies on one unnamed official", "harbour-gazette"),
    ("Ministry of Defence", "B1", "official statement on its own forces; confirmed by photographs", "mod"),
    ("Open Ledger project", "A2", "publishes its customs data; method documented", "open-ledger"),
    ("Channel “Front Notes”", "F6", "anonymous; neither source nor content can be judged", "front-notes"),
)
DOCUMENTS = (
    DocumentView(
        "almanac-2030",
        "The Northern Partnership: An Almanac of Joint Activity",
        ("A. Lind", "K. Maro"),
        "Institute for Harbour Studies",
        "2030-04",
        "https://example.org/almanac-2030.pdf",
        "Counts drills and patrols since 2019; most dated facts carry no note of their own.",
    ),
    DocumentView("ledger-2031", "Trade in Dual-use Goods", ("Open Ledger project",), None, "2031-06-30"),
)


def word(probability: float) -> tuple[str, float, float]:
    """The word of a probability with its range."""
    return next((w for w in WORDS if probability < w[2]), WORDS[-1])


def estimate(mean: float, width: float = 1.0) -> Estimate:
    """An interval that is symmetrical in log odds."""
    odds = math.log(mean / (1 - mean))
    low, high = (1 / (1 + math.exp(-(odds + d * 0.55 * width))) for d in (-1, 1))
    return Estimate(mean, low, high)


def beliefs_between(plot: Plot, share: float) -> dict[str, float]:
    """Beliefs on the way from 30 days ago (0) to today (1)."""
    return {s[0]: s[3] + (s[4] - s[3]) * share for s in plot.scenarios}


def forecasts(today: float) -> dict[int, Estimate]:
    """The chance of a visit grows with time and never falls below the belief."""
    return {d: estimate(today + (1 - today) * (1 - math.exp(-d / 6000)), 0.9) for d in (30, 90, 365)}


def scenarios(plot: Plot) -> tuple[ScenarioView, ...]:
    """The scenarios of a plot as the record holds them."""
    week_ago = beliefs_between(plot, 0.55)
    return tuple(
        ScenarioView(
            id=name,
            title=title,
            definition=f"{title}: the made-up test for this scenario is met today, and nothing has ended it.",
            status_quo=role == "status quo",
            warned=role == "warned",
            belief=estimate(now),
            word=word(now)[0],
            word_low=word(now)[1],
            word_high=word(now)[2],
            change_7=now - week_ago[name],
            change_30=now - before,
            forecasts=forecasts(now),
        )
        for name, title, role, before, now in plot.scenarios
    )


def events(plot: Plot, random: Random, count: int = 25) -> tuple[EventView, ...]:
    """Events, newest first: some without weight, some staged, some known to the month only."""
    found = []
    day = TODAY - timedelta(days=2)
    for number in range(count, 0, -1):
        indicator, title, summary = plot.events[number % len(plot.events)]
        counts = number % 9 != 4
        found.append(
            EventView(
                id=f"E-{number + 100 * PLOTS.index(plot) if plot in PLOTS else number}",
                occurred=f"{day:%Y-%m}" if number % 8 == 3 else day.isoformat(),
                indicator=indicator,
                indicator_title=title,
                summary=summary,
                weight=round(random.uniform(0.3, 0.98), 3),
                counts=counts,
                why_not="" if counts else "nobody was looking for this indicator on that day (coverage 0)",
                staged="possibly" if number % 11 == 5 else "no",
                development="autumn-talks" if number % 10 in (6, 7) else None,
                reports=reports(number, day, random),
                effect_points=0.0,
            )
        )
        day -= timedelta(days=random.randint(2, 27))
    return tuple(found)


def reports(number: int, day: date, random: Random) -> tuple[ReportView, ...]:
    """One or two reports, now and then a denial."""
    made = []
    for k in range(1 + (number % 3 == 0)):
        source, grade, reason, origin = SOURCES[(number + 2 * k) % len(SOURCES)]
        denies = k == 1 and number % 6 == 0
        made.append(
            ReportView(
                id=f"R-{number}-{k + 1}",
                source=source,
                grade=grade,
                grade_reason=reason,
                stance="denies" if denies else "backs",
                origin=f"{origin}-{day:%Y-%m-%d}",
                reported_at=datetime(day.year, day.month, day.day, 9 + k, tzinfo=UTC) + timedelta(days=k),
                text=random.choice(
                    (
                        "Two officials who saw the papers confirm the shipment; the firm did not answer.",
                        "The statement was read out on the evening news and repeated by the ministry.",
                        "Satellite pictures of the day show the ships side by side at anchor.",
                    )
                ),
                url=f"https://example.org/{origin}/{number}" if k == 0 else None,
                document="almanac-2030" if number % 4 == 0 else None,
                contradicts="almanac-2031 dates it a month later" if number % 4 == 0 and k == 0 else None,
                section="Joint activity at sea" if number % 4 == 0 else None,
                note="17" if number % 4 == 0 else None,
                marking="green",
            )
        )
    return tuple(made)


def shift(plot: Plot, days: int, found: tuple[EventView, ...], random: Random) -> ShiftView:
    """A shift whose terms add up exactly: the last one takes what the others leave."""
    since = TODAY - timedelta(days=days)
    before, after = beliefs_between(plot, 0.55 if days == 7 else 0.0), beliefs_between(plot, 1.0)
    inside = [e for e in found if len(e.occurred) == 10 and date.fromisoformat(e.occurred) > since and e.counts]
    whole = {s: (after[s] - before[s]) * 100 for s in after}
    labels = [("event", e.summary.rstrip("."), (e.id,), date.fromisoformat(e.occurred)) for e in inside]
    labels += [("silence", f"Nothing seen: {title.lower()}", (), None) for _, title, _ in plot.events]
    labels += [("imprecise evidence", "Events known to the month", (), None)] if days == 30 else []
    labels += [("late evidence", "Report of 3 October, logged late", (), None)] if days == 30 else []
    labels += [("expected change", "Passing of time", (), None)]
    drawn = [_points(kind, before, random) for kind, *_ in labels]
    bearing = [k for k, (kind, *_) in enumerate(labels) if kind == "event"] or [len(labels) - 1]
    terms: list[Contribution] = []
    for number, (kind, label, behind, day) in enumerate(labels):
        left = {s: whole[s] - sum(points[s] for points in drawn) for s in whole}
        share = 1 / len(bearing) if number in bearing else 0
        points = {s: drawn[number][s] + share * left[s] for s in whole}
        evidence = {s: points[s] / 100 / (before[s] * (1 - before[s])) * 4.34 for s in points}
        terms.append(Contribution(kind, label, behind, day, points, evidence))
    terms.sort(key=lambda t: -max(abs(p) for p in t.points.values()))
    return ShiftView(since, TODAY, before, after, tuple(terms), 3e-10)


def _points(kind: str, before: dict[str, float], random: Random) -> dict[str, float]:
    """What a term moves before the rest of the change is spread: events much, silence little; the sum is 0."""
    scale = 8.0 if kind == "event" else 1.2
    points = {s: random.gauss(0, scale * p * (1 - p)) for s, p in before.items()}
    surplus = sum(points.values())
    return {s: value - surplus * before[s] for s, value in points.items()}


def history(plot: Plot, random: Random, weeks: int = 60) -> tuple[HistoryPoint, ...]:
    """A weekly history that ends at today's belief; its first months rest on too few draws."""
    today = beliefs_between(plot, 1.0)
    weights = dict(today)
    points: list[HistoryPoint] = []
    for week in range(weeks):
        total = sum(weights.values())
        shares = {s: w / total for s, w in weights.items()}
        reliable = not (week > weeks - 9 or 20 < week < 24)
        points.append(
            HistoryPoint(
                TODAY - timedelta(days=7 * week),
                {s: estimate(p, 1.0 if reliable else 1.8) for s, p in shares.items()},
                reliable,
            )
        )
        weights = {s: w * math.exp(random.gauss(0, 0.12)) * (today[s] / shares[s]) ** 0.05 for s, w in shares.items()}
    return tuple(reversed(points))


def assessment(plot: Plot = PLOTS[0], seed: int = 1, event_count: int = 25) -> Assessment:
    """A whole made-up assessment."""
    random = Random(f"{plot.problem}-{seed}")
    views = scenarios(plot)
    lead = max(views, key=lambda s: s.belief.mean)
    found = events(plot, random, event_count)
    month = shift(plot, 30, found, random)
    effects = {e: term.points[lead.id] for term in month.contributions for e in term.events}
    found = tuple(replace(e, effect_points=effects.get(e.id, 0.0)) for e in found)
    warned = min(0.97, sum(s.forecasts[365].mean for s in views if s.warned) * plot.horizon_days / 365 * 0.93)
    return Assessment(
        problem=plot.problem,
        title=plot.title,
        question=plot.question,
        consequence=plot.consequence,
        decision=plot.decision,
        lead_time_days=plot.lead_time_days,
        horizon_days=plot.horizon_days,
        owner="manager of the watch",
        conditional_on=plot.conditional_on,
        provenance=provenance(plot, seed),
        scenarios=views,
        leading=lead.id,
        level=LevelView(plot.level[0].lower().replace(" ", "-"), *plot.level, warned=estimate(warned)),
        confidence=ConfidenceView("moderate", "high asks for events of at least 8 origins, not 5"),
        shift_7=shift(plot, 7, found, random),
        shift_30=month,
        history=history(plot, random),
        events=found,
        mover=next((term for term in month.contributions if term.kind == "event"), None),
        cautions=plot.cautions,
        questions=questions(plot),
    )


def questions(plot: Plot) -> tuple[QuestionView, ...]:
    """One that is open, one that was answered; none for the conditional problem."""
    if plot.conditional_on:
        return ()
    asked = date(2031, 11, 17)
    return (
        QuestionView(
            "Q4702", f"{plot.problem}-soon", f"Will {plot.title.lower()} be confirmed within a year?",
            asked, date(2032, 11, 16), Estimate(0.34, 0.18, 0.52), 0.22, 0.031, None, "",
        ),
        QuestionView(
            "Q4703", f"{plot.problem}-twice", "Will two further accords be signed within 30 days?",
            asked, date(2031, 11, 20), Estimate(0.08, 0.02, 0.19), 0.11, None, "yes", "E4690, E4699 in the window",
        ),
    )  # fmt: skip


def provenance(plot: Plot, seed: int) -> Provenance:
    """Where the numbers come from; the conditional problem has no accepted fit."""
    fitted = plot.conditional_on is None
    return Provenance(
        as_of=TODAY,
        known_at=KNOWN_AT,
        marking="green",
        log_position=4711,
        model_version="sha256:5d1f0c9a7b3e",
        fit=f"{plot.problem}-2031-11-17" if fitted else None,
        fit_as_of=date(2031, 11, 17) if fitted else None,
        fit_gate="accepted: R-hat 1.004, least ESS 812, no divergences" if fitted else "no fit has been made yet",
        effective_draws=1312.4 if fitted else 164.0,
        draws=2000,
        pareto_k=0.31 if fitted else None,
        seed=seed,
    )


def weekly(count: int = 5) -> WeeklyReport:
    """A week's report over the first ``count`` problems."""
    return WeeklyReport(
        title="Weekly warning report",
        subject="The partnership of Norland and Estmark",
        as_of=TODAY,
        known_at=KNOWN_AT,
        issued_at=datetime(2031, 11, 21, 18, 30, tzinfo=UTC),
        marking="green",
        log_position=4711,
        chain_head=f"{'0123456789abcdef' * 4}@4711",
        catalogue_version="sha256:0b6a41d7c2f8",
        product_version="0.1.0",
        assessments=tuple(assessment(plot) for plot in PLOTS[:count]),
        documents=DOCUMENTS,
        notes=("The states and all events in this report are invented; it shows what a report looks like.",),
    )
