from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from iw.catalogue import Catalogue
from iw.log.store import Log
from tests.evidence.cast import small_catalogue
from tests.log.cast import KEY


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return small_catalogue(tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.create(f"sqlite:///{tmp_path / 'log.db'}", KEY) as log:
        yield log
