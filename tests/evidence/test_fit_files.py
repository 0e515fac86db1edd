"""The file of a fit is there whole or not at all, whatever becomes of who writes it."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import date
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray

from iw.core.errors import StoreError
from iw.evidence import fit_files
from iw.evidence.fit_files import FitSummary, write_fit
from tests.log.cast import NOW
from tests.log.kills import writers

SUMMARY = FitSummary("dam-1", "dam", "v", date(2024, 5, 20), NOW, "clear", 7, 1, True, "accepted", "0")


def data() -> xarray.DataTree:
    return xarray.DataTree.from_dict({"/posterior": xarray.Dataset({"draws": ("draw", np.arange(4.0))})})


def test_however_often_its_writer_is_killed_a_fit_is_whole_or_not_there(tmp_path: Path) -> None:
    chance, kept = random.Random(1), set[str]()
    with writers() as forked:
        forked.get_ready_to_keep(tmp_path)
        for _ in range(12):
            pid = forked.keep(tmp_path)
            kept.update(forked.kept() for _ in range(chance.randrange(1, 3)))
            time.sleep(chance.uniform(0, 0.03))
            os.kill(pid, signal.SIGKILL)
            forked.wait()
    found = {path.name for path in tmp_path.glob("*.nc")}
    assert kept <= found
    for name in found:
        with h5py.File(tmp_path / name) as file:
            number = float(name.removesuffix(".nc").rpartition("-")[2])
            assert np.all(file["posterior/draws"][:] == number)
            assert f'"fit_id": "{name.removesuffix(".nc")}"' in file.attrs["iw_fit"]


def test_a_part_that_a_dead_writer_left_is_removed_and_one_that_is_being_written_is_not(tmp_path: Path) -> None:
    dead, alive = tmp_path / "dam-0.11.part", tmp_path / "dam-1.12.part"
    for part in (dead, alive):
        part.write_bytes(b"half")
    os.utime(dead, (0, time.time() - 2 * 3600))
    assert write_fit(tmp_path, SUMMARY, data()).name == "dam-1.nc"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dam-1.12.part", "dam-1.nc"]


def test_a_fit_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path) -> None:
        raise OSError(5, "Input/output error")

    write_fit(tmp_path, SUMMARY, data())
    before = (tmp_path / "dam-1.nc").read_bytes()
    monkeypatch.setattr(fit_files, "_flush", broken)
    with pytest.raises(StoreError, match=r"The fit cannot be written .*Input/output error"):
        write_fit(tmp_path, SUMMARY, xarray.DataTree())
    assert [path.name for path in tmp_path.iterdir()] == ["dam-1.nc"]
    assert (tmp_path / "dam-1.nc").read_bytes() == before
