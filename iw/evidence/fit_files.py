"""Fits on disk: ArviZ data in NetCDF, opened by ArviZ as they are, and read here quickly without it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from iw.core.errors import StoreError
from iw.inference.arrays import Draws, Floats, ModelSpec
from iw.inference.parameters import draws_of_posterior, sampled

_GROUP = "posterior"
_PART = ".part"  # the ending of a file that is not yet whole
_ABANDONED = 3600.0  # seconds after which nobody goes on with one


@dataclass(frozen=True)
class FitSummary:
    """What a fit was made from and what the gate said; stands in the file's attributes and in the log."""

    fit_id: str
    problem: str
    model_version: str
    as_of: date
    known_at: datetime
    marking: str
    log_position: int
    seed: int
    accepted: bool
    gate: str
    product_version: str

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**self.__dict__, "as_of": self.as_of.isoformat(), "known_at": self.known_at.isoformat()}


def write_fit(folder: Path, summary: FitSummary, data: Any) -> Path:
    """Write ``data`` (an `xarray.DataTree`) whole or not at all; gives the file's path. Raises `StoreError`.

    When this returns the file is on the disk under its name, so that the log may name it. Parts that writers who were
    killed left behind are removed.
    """
    path = folder / f"{summary.fit_id}.nc"
    part = folder / f"{summary.fit_id}.{os.getpid()}{_PART}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        data.attrs["iw_fit"] = json.dumps(summary.as_json(), sort_keys=True)
        data.to_netcdf(part, engine="h5netcdf")
        _flush(part)
        _remove_left_behind(part)
        os.replace(part, path)
        _flush(folder)
    except OSError as error:
        raise StoreError(f"The fit cannot be written to {folder}: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _flush(path: Path) -> None:
    """Have the disk keep a file, or in which files a folder has which names (Windows does so by itself)."""
    if path.is_dir() and os.name == "nt":
        return
    opened = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _remove_left_behind(mine: Path) -> None:
    for part in mine.parent.glob(f"*{_PART}"):
        # Another process may be writing one now, but not for so long.
        if mine.stat().st_mtime - part.stat().st_mtime > _ABANDONED:
            part.unlink(missing_ok=True)


def read_draws(path: Path, spec: ModelSpec) -> tuple[Draws, Floats]:
    """The draws of a fit, their log weights set to minus the log-likelihood at the fit, and that log-likelihood (D,).

    Raises `StoreError` when the file is missing, damaged or belongs to another model.
    """
    try:
        with h5py.File(path, "r") as file:
            values = {name: _flat(file[f"{_GROUP}/{name}"]) for name in sampled(spec)}
            log_likelihood = np.asarray(file[f"{_GROUP}/log_likelihood_total"], dtype=np.float64).reshape(-1)
    except (OSError, KeyError) as error:
        raise StoreError(f"The fit {path.name} cannot be read.", "Run 'iw fit' to make it again.") from error
    if values["log_rate"].shape[1] != len(spec.indicators) or values["log_dwell"].shape[1] != len(spec.scenarios):
        raise StoreError(f"The fit {path.name} belongs to another model.", "Run 'iw fit' to make a new one.")
    return replace(draws_of_posterior(spec, values), log_weight=-log_likelihood), log_likelihood


def _flat(dataset: Any) -> Floats:
    """(chain, draw, ...) -> (chain x draw, ...)."""
    values = np.asarray(dataset, dtype=np.float64)
    return np.ascontiguousarray(values.reshape(values.shape[0] * values.shape[1], *values.shape[2:]))
