"""How the log answers a question, by rules that do not look at what one would like it to say.

yes
    as soon as the log holds enough events of the indicator, dated in the window and held genuine (w >= 1/2), or a
    reading in the window that reaches the value;
void
    where gaps that nobody had planned left a mean coverage of the window under one half: gaps that were recorded within
    a week of their end, and before anything had answered the question, so that they are blind to the outcome and void
    yes and no alike. Where no reading of a level falls into the window. Where a date that is known to the month or year
    only crosses the window and would decide, 90 days after it was due;
pending
    until the window has ended and the indicator's usual reporting lag has passed, and for such a date;
no
    otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from iw.assessment.track import passing
from iw.catalogue import Tables
from iw.core.dates import PartialDate
from iw.log.products import Forecast
from iw.log.records import Event, LogView, Outcome, Reading

LEAST_COVERAGE = 0.5  # mean chance that an occurrence is seen, under which a question says nothing
PATIENCE = timedelta(days=90)  # for a date that may still become exact
_PROMPT = timedelta(days=7)  # after its end: a gap that is recorded later may have been invented for the outcome


@dataclass(frozen=True)
class Answer:
    """What the log says today; ``outcome`` is None while it is pending."""

    outcome: Outcome | None
    ground: str
    events: tuple[str, ...] = ()


def answer(tables: Tables, view: LogView, forecast: Forecast, domain: str, today: date) -> Answer:
    """How the log, as the view knows it, answers the question of ``forecast`` on ``today``."""
    if forecast.above is not None or forecast.below is not None:
        return _of_readings(tables, view, forecast, today)
    of_it = [event for event in view.events if event.indicator == forecast.indicator]
    genuine = passing(tables, view, of_it)
    sure = [event for event in genuine if _inside(event.occurred, forecast)]
    unsure = [event for event in genuine if event not in sure and _crosses(event.occurred, forecast)]
    need = forecast.at_least or 1
    deciding = _when_enough(sure, need)
    if (coverage := _coverage(view, forecast, domain, deciding)) < LEAST_COVERAGE:
        return Answer(Outcome.VOID, f"gaps left a mean coverage of {coverage:.2f} of the window")
    if len(sure) >= need:
        return _yes(sure, need)
    if today <= forecast.due:
        return Answer(None, f"{len(sure)} of {need} so far; due after {forecast.due}")
    if len(sure) + len(unsure) >= need:
        names = _names(unsure)
        if today <= forecast.due + PATIENCE:
            return Answer(None, f"the date of {', '.join(names)} is not exact enough to tell", names)
        return Answer(Outcome.VOID, f"the date of {', '.join(names)} never became exact", names)
    return Answer(Outcome.NO, f"{len(sure)} of {need} in the window and its reporting lag")


def _of_readings(tables: Tables, view: LogView, forecast: Forecast, today: date) -> Answer:
    of_it = [reading for reading in view.readings if reading.indicator == forecast.indicator]
    genuine = [one for one in passing(tables, view, of_it) if isinstance(one, Reading)]
    inside = [one for one in genuine if forecast.since <= one.last <= forecast.until]
    reaching = [one for one in inside if reaches(forecast, one.value)]
    if reaching:
        return _yes(reaching, 1)
    if today <= forecast.due:
        return Answer(None, f"no reading that reaches it so far; due after {forecast.due}")
    if not inside:
        return Answer(Outcome.VOID, "no reading was taken in the window")
    return Answer(Outcome.NO, f"{len(inside)} reading{'s' if len(inside) > 1 else ''}, none that reaches it")


def reaches(forecast: Forecast, value: float) -> bool:
    """Does a reading reach the value that is asked for?"""
    if forecast.above is not None:
        return value >= forecast.above
    return forecast.below is not None and value <= forecast.below


def _yes(found: list[Event] | list[Reading], need: int) -> Answer:
    names = _names(found[:need])
    return Answer(Outcome.YES, f"{', '.join(names)} in the window", names)


def _names(events: list[Event] | list[Reading]) -> tuple[str, ...]:
    return tuple(event.id for event in events)


def _inside(occurred: PartialDate, forecast: Forecast) -> bool:
    return forecast.since <= occurred.first and occurred.last <= forecast.until


def _crosses(occurred: PartialDate, forecast: Forecast) -> bool:
    return occurred.first <= forecast.until and occurred.last >= forecast.since


def _when_enough(sure: list[Event], need: int) -> tuple[datetime, int] | None:
    """The moment from which on the log answers yes, and the position at which it does."""
    known = sorted((event.stamp.visible_at, event.stamp.position) for event in sure)
    return known[need - 1] if len(known) >= need else None


def _coverage(view: LogView, forecast: Forecast, domain: str, deciding: tuple[datetime, int] | None) -> float:
    """The planned mean coverage, less the days of gaps that were recorded before anything decided the question."""
    days = (forecast.until - forecast.since).days + 1
    blind = [
        gap
        for gap in view.coverages
        if gap.kind == "gap"
        and gap.selects in {"*", forecast.indicator, f"domain:{domain}"}
        and gap.stamp.position > forecast.log_position  # else it is in the planned coverage
        and (deciding is None or (gap.stamp.recorded_at, gap.stamp.position) < deciding)
        and (gap.until is None or gap.stamp.recorded_at.date() <= gap.until + _PROMPT)
    ]
    lost = {
        day
        for gap in blind
        for day in range(
            max(0, (gap.since - forecast.since).days),
            min(days, ((gap.until or forecast.until) - forecast.since).days + 1),
        )
    }
    return forecast.coverage * (1 - len(lost) / days)
