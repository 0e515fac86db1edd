"""Fits in the whole chain: made, judged, stored, put in force, read back. One compilation serves the module."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray
from arviz_stats import psense

from iw.core.errors import Interrupted, StoreError
from iw.workspace import Workspace, open_workspace
from tests.assessment.conftest import clock

PROBLEM = "war-support"


@pytest.fixture(scope="module")
def fitted(shipped_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped workspace with one problem fitted."""
    folder = tmp_path_factory.mktemp("fitted") / "watch"
    shutil.copytree(shipped_workspace, folder)
    with open_workspace(folder, clock) as workspace:
        (summary,) = workspace.fit([PROBLEM])
        assert summary.accepted, summary.gate
    return folder


@pytest.fixture
def workspace(fitted: Path, tmp_path: Path) -> Iterator[Workspace]:
    folder = tmp_path / "watch"
    shutil.copytree(fitted, folder)
    with open_workspace(folder, clock) as workspace:
        yield workspace


def test_the_accepted_fit_is_in_force_and_named(workspace: Workspace) -> None:
    belief = workspace.belief(PROBLEM)
    assert belief.provenance.fit is not None
    assert belief.provenance.effective_draws == pytest.approx(belief.provenance.draws)
    assert not belief.refit_due


def test_the_sampler_and_the_weighted_proposal_agree(workspace: Workspace, shipped_workspace: Path) -> None:
    fit = workspace.belief(PROBLEM).state
    with open_workspace(shipped_workspace, clock) as other:
        proposal = other.belief(PROBLEM).state
    error = np.sqrt(np.var(fit.probs, axis=0) * (1 / 400 + 1 / proposal.effective_draws))
    assert np.all(np.abs(fit.mean - proposal.mean) < 5 * error)


def test_the_stored_log_likelihood_is_the_filters(workspace: Workspace) -> None:
    from iw.evidence.fit_files import read_draws
    from iw.inference.filter import filter_draws

    belief = workspace.belief(PROBLEM)
    draws, stored = read_draws(next(workspace.path.glob("fits/*.nc")), belief.spec)
    now = filter_draws(belief.spec, draws, belief.evidence.arrays).log_likelihood[-1]
    assert now == pytest.approx(stored, abs=1e-10)


def test_a_fit_opens_in_arviz_as_it_is_with_named_dimensions(workspace: Workspace) -> None:
    data = xarray.open_datatree(next(workspace.path.glob("fits/*.nc")))
    posterior = data["posterior"]
    assert posterior.sizes["chain"] == 4
    assert list(posterior["belief"].coords["scenario"].values) == list(workspace.belief(PROBLEM).spec.scenarios)
    assert "iw_fit" in data.attrs
    assert set(data["log_prior"]) == {"rates", "multipliers", "dwell_times", "odds", "branching_ratio", "decay_time"}
    sensitivity = psense(data, var_names=["belief"])
    assert np.all(np.isfinite(sensitivity["belief"]))


def test_the_same_evidence_is_not_fitted_twice(workspace: Workspace) -> None:
    told: list[str] = []
    assert workspace.fit([PROBLEM], progress=told.append) == []
    assert told == [f"{PROBLEM}: fitted on this evidence already"]


def test_a_fit_does_not_reach_back_before_its_own_date(workspace: Workspace) -> None:
    from datetime import date

    assert workspace.belief(PROBLEM, as_of=date(2023, 3, 5)).provenance.fit is None


def test_a_cancelled_fit_leaves_the_last_accepted_one(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    import nutpie

    class Cancelled:
        def wait(self) -> None:
            raise KeyboardInterrupt

        def cancel(self) -> None:
            """Nothing to cancel."""

    before, files = workspace.belief(PROBLEM), sorted(workspace.path.glob("fits/*"))
    monkeypatch.setattr(nutpie, "sample", lambda *_, **__: Cancelled())
    with pytest.raises(Interrupted, match="last accepted fit"):
        workspace.fit([PROBLEM], again=True)
    assert sorted(workspace.path.glob("fits/*")) == files
    assert workspace.belief(PROBLEM).provenance == before.provenance


def test_a_damaged_fit_says_what_to_do(workspace: Workspace) -> None:
    file = next(workspace.path.glob("fits/*.nc"))
    file.write_bytes(file.read_bytes()[:2000])
    with open_workspace(workspace.path, clock) as other, pytest.raises(StoreError, match="iw fit"):
        other.belief(PROBLEM)


def test_a_fit_whose_draws_are_not_here_is_not_in_force_and_can_be_made_again(workspace: Workspace) -> None:
    """As in a workspace whose log was imported without the folder of the fits."""
    made = workspace.belief(PROBLEM).provenance.fit
    next(workspace.path.glob("fits/*.nc")).unlink()
    with open_workspace(workspace.path, clock) as other:
        assert other.belief(PROBLEM).provenance.fit is None
        (again,) = other.fit([PROBLEM])
        assert again.fit_id == made == other.belief(PROBLEM).provenance.fit
        assert len(other.log.fits(PROBLEM)) == 1
