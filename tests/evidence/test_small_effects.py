"""What looks like much and says little: five reports of one day, circular reporting, rumours, an unwatched window."""

from __future__ import annotations

from datetime import date
from zlib import crc32

import numpy as np
import pytest

from iw.catalogue import Catalogue
from iw.core.dates import PartialDate
from iw.evidence import build_evidence, model_spec
from iw.inference.arrays import Floats
from iw.inference.belief import Believer
from iw.inference.proposal import proposal_draws
from iw.log.drafts import Draft, EventDraft, ReportDraft
from iw.log.grades import parse_grade
from iw.log.store import Log
from tests.evidence.cast import AS_OF, START, event, view_of, watch
from tests.log.cast import KEY

LEAKING, CLOSED, SOUND = 0, 1, 2


def believed(catalogue: Catalogue, log: Log, *drafts: Draft) -> Floats:
    """(S,) the belief at the end of the year."""
    spec = model_spec(catalogue, "dam")
    arrays = build_evidence(catalogue, spec, view_of(log, *drafts), AS_OF).arrays
    draws = proposal_draws(spec, arrays, np.random.default_rng(crc32(b"dam")))
    state = Believer(spec, draws).believe(arrays)[-1]
    assert state.effective_draws > 500
    return state.mean


def odds(belief: Floats, scenario: int = LEAKING) -> float:
    return float(belief[scenario] / (1 - belief[scenario]))


@pytest.fixture
def quiet(catalogue: Catalogue, tmp_path: object) -> Floats:
    with Log.create(f"sqlite:///{tmp_path}/quiet.db", KEY) as log:
        return believed(catalogue, log, watch())


def test_five_events_of_one_day_say_less_than_five_over_the_year(catalogue: Catalogue, tmp_path: object) -> None:
    days = {"one day": ["2024-07-01"] * 5, "the year": [f"2024-{month:02}-01" for month in (1, 3, 6, 9, 12)]}
    found = {}
    for name, dates in days.items():
        with Log.create(f"sqlite:///{tmp_path}/{name}.db", KEY) as log:
            events = [event("crack", day, text=f"crack {number}") for number, day in enumerate(dates)]
            found[name] = odds(believed(catalogue, log, watch(), *events))
    assert found["one day"] < 0.5 * found["the year"]


def test_five_reports_of_one_event_count_as_one_event_with_a_better_grade(
    catalogue: Catalogue, tmp_path: object
) -> None:
    grade = parse_grade("C3")
    reports = tuple(ReportDraft(f"gauge {n}", grade, f"crack {n}", origin=f"gauge {n}") for n in range(5))
    one = EventDraft("crack", PartialDate.parse("2024-07-01"), "crack", reports)
    five = [event("crack", "2024-07-01", "C3", text=f"crack {number}") for number in range(5)]
    found = []
    for name, drafts in (("one", [one]), ("five", five), ("sure", [event("crack", "2024-07-01", "A1")])):
        with Log.create(f"sqlite:///{tmp_path}/{name}.db", KEY) as log:
            found.append(odds(believed(catalogue, log, watch(), *drafts)))
    assert found[0] == pytest.approx(found[2], rel=0.1)  # 1 - 0.5^5 = 0.97, the weight of A1
    assert found[0] == pytest.approx(found[1], rel=0.1)  # five events of one day are aftershocks of one another


def test_ten_reports_of_one_origin_are_one(catalogue: Catalogue, log: Log, tmp_path: object) -> None:
    grade = parse_grade("B3")
    told = tuple(ReportDraft(f"paper {n}", grade, f"a wire says: crack ({n})", origin="a wire") for n in range(10))
    circular = EventDraft("crack", PartialDate.parse("2024-07-01"), "crack", told)
    single = EventDraft("crack", PartialDate.parse("2024-07-01"), "crack", told[:1])
    with Log.create(f"sqlite:///{tmp_path}/single.db", KEY) as other:
        assert np.array_equal(believed(catalogue, log, watch(), circular), believed(catalogue, other, watch(), single))


def test_a_rumour_of_something_rare_stays_a_rumour(catalogue: Catalogue, log: Log, quiet: Floats) -> None:
    """E4: false in eleven cases of twelve; of an indicator that practically means that the dam is closed."""
    rumoured = believed(catalogue, log, watch(), event("sign-removed", "2024-12-20", "E4"))
    assert 1 < odds(rumoured, CLOSED) / odds(quiet, CLOSED) < 3
    assert rumoured[CLOSED] < 0.5


def test_ten_events_in_a_window_that_nobody_watched_say_nothing(
    catalogue: Catalogue, log: Log, tmp_path: object
) -> None:
    cover = watch(since=date(2024, 7, 1))
    cracks = [event("crack", f"2024-03-{day:02}", text=f"crack {day}") for day in range(1, 11)]
    with Log.create(f"sqlite:///{tmp_path}/none.db", KEY) as other:
        without = believed(catalogue, other, cover)
    assert np.array_equal(believed(catalogue, log, cover, *cracks), without)
    assert date(2024, 3, 1) > START
