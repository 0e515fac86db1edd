from __future__ import annotations

from pathlib import Path

import pytest

from iw.catalogue import Catalogue, load_catalogue
from iw.core.resources import shipped
from tests.catalogue.cast import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """The cast's catalogue on disk, without a fault."""
    return Folders.create(tmp_path)


@pytest.fixture(scope="session")
def shipped_catalogue() -> Catalogue:
    """The shipped catalogue."""
    return load_catalogue(shipped("indicators"), shipped("models"))[0]
