import numpy as np
import pytest

from iw.catalogue import Catalogue
from iw.catalogue.medians import ELSEWHERE, median, median_rates
from iw.evidence.specification import model_spec
from iw.inference.arrays import ONLY_THEN
from tests.catalogue.cast import Folders


def test_the_median_of_an_interval_is_the_root_of_its_ends() -> None:
    assert median((0.5, 2)) == 1
    assert median((1, 100)) == pytest.approx(10, rel=1e-15)


def test_a_median_rate_is_the_status_quos_times_the_multiplier(folders: Folders) -> None:
    catalogue = folders.load()
    problem = catalogue.problem("closeness")
    rates = {use.indicator: median_rates(catalogue, problem, use) for use in problem.indicators}
    assert rates["drill"] == pytest.approx({"alliance": 4, "rupture": 0.4, "as-before": 4})
    assert rates["base-accord"] == pytest.approx({"alliance": 0.1, "rupture": 1e-4, "as-before": 1e-4})
    assert rates["quarrel"] == pytest.approx({"alliance": 0.1, "rupture": 1, "as-before": 0.1})


def test_the_medians_are_those_that_inference_starts_from(shipped_catalogue: Catalogue) -> None:
    assert ELSEWHERE == ONLY_THEN
    for problem in shipped_catalogue.problems.values():
        spec = model_spec(shipped_catalogue, problem.id)
        uses = {use.indicator: use for use in problem.indicators}
        rates = [median_rates(shipped_catalogue, problem, uses[name]) for name in spec.indicators]
        found = np.array([[row[scenario] for scenario in spec.scenarios] for row in rates])
        np.testing.assert_allclose(found, np.exp(spec.log_rate_mean[:, None] + spec.log_mult_mean), rtol=1e-12)
