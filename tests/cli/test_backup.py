"""``iw backup``, ``iw restore``, ``iw db copy``: the same workspace elsewhere, whole or not at all."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from iw.core.errors import StoreError
from iw.log.copying import LOG_TABLES, compare
from iw.log.engine import reading
from iw.log.records import Marking
from iw.log.store import Log
from iw.workspace import Workspace, open_workspace
from iw.workspace import backup as backups
from tests.cli.conftest import Call
from tests.log.conftest import postgresql as postgresql
from tests.log.conftest import postgresql_empty_url as postgresql_empty_url


def files(folder: Path) -> dict[str, bytes]:
    """All files of a workspace but its log, and its empty folders."""
    found = {path for path in folder.rglob("*") if not path.name.startswith(("log.db", "log.key"))}
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in found}


def equal(one: Workspace, other: Workspace) -> bool:
    with reading(one.log.engine) as here, reading(other.log.engine) as there:
        compare(here, there)
    views = [[each.log.view(each.now(), marking).events for marking in Marking] for each in (one, other)]
    return views[0] == views[1] and one.log.heads() == other.log.heads()


def tampered(file: Path, name: str, content: bytes | None, new: str = "") -> Path:
    """The archive with one file changed, taken away, or put in under another name."""
    other = file.with_name("tampered.zip")
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(other, "w") as changed:
        for one in archive.namelist():
            if one != name:
                changed.writestr(one, archive.read(one))
        if content is not None:
            changed.writestr(new or name, content)
    return other


@pytest.fixture
def made(on_watch: Call, tmp_path: Path) -> Path:
    """A backup of the watch, without the key."""
    (tmp_path / "watch" / "fits" / "one.nc").write_bytes(os.urandom(3_000))
    file = tmp_path / "watch.zip"
    assert on_watch("backup", file).code == 0
    return file


def test_a_restored_workspace_equals_the_original(iw: Call, made: Path, watch: Workspace, tmp_path: Path) -> None:
    key = (watch.path / "log.key").read_text()
    answer = iw("restore", made, tmp_path / "again")
    assert (answer.code, "its order holds" in answer.out, "put it into log.key" in answer.err) == (0, True, True)
    assert files(tmp_path / "again") == files(watch.path)
    assert not (tmp_path / "again" / "log.key").exists()
    (tmp_path / "again" / "log.key").write_text(key)
    with open_workspace(tmp_path / "again") as again:
        assert equal(watch, again)
        assert again.log.verify(watch.log.heads().values()).keyed


def test_with_its_key_a_backup_is_verified_when_it_is_restored(on_watch: Call, iw: Call, tmp_path: Path) -> None:
    assert "keep it secret" in on_watch("backup", tmp_path / "k.zip", "--with-key").out
    answer = iw("restore", tmp_path / "k.zip", tmp_path / "again")
    assert (answer.code, answer.err) == (0, "")
    assert "links and contents hold" in answer.out
    assert os.stat(tmp_path / "again" / "log.key").st_mode & 0o777 == 0o600


def test_the_key_is_in_no_backup_unless_asked_for(made: Path, watch: Workspace) -> None:
    assert watch.log.key is not None
    with zipfile.ZipFile(made) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    assert watch.log.key.text.encode() not in whole
    assert watch.log.key.secret not in whole


def test_the_manifest_names_every_file_with_its_digest_and_the_heads(made: Path, watch: Workspace) -> None:
    with zipfile.ZipFile(made) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert set(archive.namelist()) == {"manifest.json", *manifest["files"]}
    assert manifest["heads"] == {str(marking): str(head) for marking, head in watch.log.heads().items()}


def test_a_backup_in_the_workspace_itself_does_not_hold_itself(on_watch: Call, folder: Path) -> None:
    assert on_watch("backup", folder / "b.zip").code == 0
    with zipfile.ZipFile(folder / "b.zip") as archive:
        assert [name for name in archive.namelist() if "b.zip" in name or ".iw-" in name] == []


def test_nothing_is_overwritten(on_watch: Call, iw: Call, made: Path, folder: Path) -> None:
    before = made.read_bytes()
    assert on_watch("backup", made).code == 2
    assert made.read_bytes() == before
    answer = iw("restore", made, folder)
    assert (answer.code, "is not empty" in answer.err) == (2, True)
    answer = iw("restore", made, made)
    assert answer.code == 2


def test_a_backup_that_breaks_off_leaves_no_file(
    on_watch: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "_pour", fail)
    answer = on_watch("backup", tmp_path / "watch.zip")
    assert (answer.code, "No space left on device" in answer.err) == (4, True)
    assert [path.name for path in tmp_path.iterdir()] == ["watch"]


@pytest.mark.parametrize(
    ("name", "content", "new"),
    [
        ("workspace/iw.toml", b"name = 'x'", ""),
        ("workspace/fits/one.nc", None, ""),
        ("workspace/iw.toml", None, ""),
        ("manifest.json", b"{}", ""),
        ("manifest.json", b"no JSON", ""),
        ("log.db", b"no log", ""),
        ("none", b"more", "workspace/more"),
        ("none", b"outside", "workspace/../../outside"),
    ],
)
def test_a_damaged_backup_is_refused_and_leaves_nothing(
    iw: Call, made: Path, tmp_path: Path, name: str, content: bytes | None, new: str
) -> None:
    other = tampered(made, name, content, new)
    before = sorted(tmp_path.rglob("*"))
    answer = iw("restore", other, tmp_path / "again")
    assert (answer.code, "is damaged" in answer.err) == (4, True), answer.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_member_that_leads_outside_is_refused_even_where_the_manifest_names_it(
    iw: Call, made: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(made) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    manifest["empty_folders"].append("workspace/../../outside")
    other = tampered(made, "manifest.json", json.dumps(manifest).encode())
    assert iw("restore", other, tmp_path / "again").code == 4
    assert not (tmp_path.parent / "outside").exists()


def test_a_backup_whose_log_does_not_hold_is_refused(
    on_watch: Call, iw: Call, watch: Workspace, tmp_path: Path
) -> None:
    from tests.cli.test_keeping import tamper

    tamper(watch.path)
    assert on_watch("backup", tmp_path / "t.zip", "--with-key").code == 0
    answer = iw("restore", tmp_path / "t.zip", tmp_path / "again")
    assert (answer.code, "Record 3 was changed" in answer.err) == (4, True)
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("text", ["", "no archive"])
def test_what_is_no_backup_is_told(iw: Call, tmp_path: Path, text: str) -> None:
    (tmp_path / "b.zip").write_text(text)
    assert "is damaged" in iw("restore", tmp_path / "b.zip", tmp_path / "again").err
    assert "There is no backup" in iw("restore", tmp_path / "none.zip", tmp_path / "again").err


def test_the_log_is_copied_to_another_database_and_said_to_be_equal(
    on_watch: Call, watch: Workspace, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'copy.db'}"
    answer = on_watch("db", "copy", url, "--json")
    assert answer.code == 0
    assert [row["table"] for row in answer.json["rows"]] == [table.name for table in LOG_TABLES]
    with Log.open(url, watch.log.key) as copied:
        assert copied.heads() == watch.log.heads()
    answer = on_watch("db", "copy", url)
    assert (answer.code, "already" in answer.err) == (4, True)


def test_a_backup_goes_from_one_store_to_the_other(
    on_watch: Call,
    iw: Call,
    watch: Workspace,
    tmp_path: Path,
    postgresql_empty_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SQLite to PostgreSQL by a backup, and back again by another."""
    assert on_watch("backup", tmp_path / "one.zip", "--with-key").code == 0
    monkeypatch.setenv("IW_DATABASE_URL", postgresql_empty_url)
    assert iw("restore", tmp_path / "one.zip", tmp_path / "server").code == 0
    with open_workspace(tmp_path / "server") as server:
        assert server.log.engine.dialect.name == "postgresql"
        assert equal(watch, server)
    assert iw("-w", tmp_path / "server", "backup", tmp_path / "two.zip", "--with-key").code == 0
    answer = iw("restore", tmp_path / "two.zip", tmp_path / "again")
    assert (answer.code, "a log already" in answer.err) == (4, True)
    monkeypatch.delenv("IW_DATABASE_URL")
    assert iw("restore", tmp_path / "two.zip", tmp_path / "again").code == 0
    with open_workspace(tmp_path / "again") as again:
        assert equal(watch, again)
    assert files(tmp_path / "again") == files(watch.path)


def test_a_key_that_is_asked_for_and_not_there_is_told(on_watch: Call, folder: Path, tmp_path: Path) -> None:
    (folder / "log.key").unlink()
    answer = on_watch("backup", tmp_path / "b.zip", "--with-key")
    assert (answer.code, "There is no key" in answer.err) == (2, True)


def test_a_newer_backup_is_left_alone(made: Path, tmp_path: Path) -> None:
    other = tampered(made, "manifest.json", b'{"form": 99}')
    with pytest.raises(StoreError, match="A newer program"):
        backups.restore(other, tmp_path / "again")
