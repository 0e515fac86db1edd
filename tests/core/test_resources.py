from pathlib import Path

import pytest

from iw.core import resources
from iw.core.resources import shipped


def test_a_clone_finds_the_folders_beside_the_package() -> None:
    assert (shipped("indicators") / "documents.yaml").is_file()
    assert (shipped("models") / "tables.yaml").is_file()


def test_a_wheel_finds_the_folders_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_data" / "models").mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path)
    assert shipped("models") == tmp_path / "_data" / "models"
    assert shipped("indicators") == tmp_path.parent / "indicators"
