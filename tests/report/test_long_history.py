"""The picture of beliefs over many years."""

from datetime import date
from xml.etree import ElementTree

from iw.assessment.records import Estimate, HistoryPoint
from iw.catalogue import load_catalogue
from iw.core.resources import shipped
from iw.report.long_history import long_history


def test_every_scenario_has_a_row_and_the_words_say_where_it_began_and_ended() -> None:
    problem = load_catalogue(shipped("indicators"), shipped("models"))[0].problem("war-support")
    names = [scenario.id for scenario in problem.scenarios]
    points = [
        HistoryPoint(date(year, 12, 31), {name: Estimate(0.1 * k, 0.05 * k, 0.2 * k) for name in names}, year != 2023)
        for k, year in enumerate(range(2022, 2026), start=1)
    ]
    chart = long_history(problem, points, {date(2023, 3, 5): "a warning", date(2030, 1, 1): "beyond"})
    assert ElementTree.fromstring(chart.svg).tag.endswith("svg")
    for scenario in problem.scenarios:
        assert f"{scenario.title} from 10\u00a0% to 40\u00a0%, between 10\u00a0% and 40\u00a0%" in chart.alt
    assert chart == long_history(problem, points, {date(2023, 3, 5): "a warning", date(2030, 1, 1): "beyond"})
