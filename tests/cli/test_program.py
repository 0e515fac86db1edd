"""The program as a whole: help, version, global options, and one shape for every error."""

from __future__ import annotations

import gc
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from iw.cli.app import app
from iw.cli.session import Session
from iw.workspace import Workspace
from tests.cli.conftest import Call

ROOT = Path(__file__).resolve().parents[2]
GROUP: Any = get_command(app)
COMMANDS: dict[str, Any] = GROUP.commands
HEAVY = {"alembic", "arviz_base", "jinja2", "matplotlib", "numba", "numpy", "pandas", "pydantic", "pymc", "sqlalchemy"}


def python(*args: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run Python beside this one."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | more.pop("env", {})
    return subprocess.run([sys.executable, *args], capture_output=True, text=True, env=environment, timeout=60, **more)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_no_engine_and_no_store(option: str) -> None:
    code = (
        f"import sys; from iw.cli import main; main([{option!r}]); print('LOADED', sorted({HEAVY} & set(sys.modules)))"
    )
    assert python("-c", code).stdout.splitlines()[-1] == "LOADED []"


def test_the_package_runs_as_a_module_and_reports_its_exit_code(folder: Path) -> None:
    assert "Tell the log" in python("-m", "iw").stdout
    done = python("-m", "iw", "-w", str(folder), "events", "nonsense")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_the_version_names_the_package_and_warns_of_the_wireless_tool(iw: Call) -> None:
    answer = iw("--version")
    assert answer.code == 0
    assert answer.out.startswith("iw-tracker ")
    assert str(ROOT / "iw") in answer.out
    assert "wireless" in answer.out


def test_without_a_command_there_is_help(iw: Call) -> None:
    answer = iw()
    assert answer.code == 0
    assert all(name in answer.out for name in COMMANDS)


@pytest.mark.parametrize("name", [*COMMANDS, "db copy"])
def test_the_help_of_a_command_explains_every_option(iw: Call, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    answer = iw(*name.split(), "--help")
    assert answer.code == 0
    first, *rest = name.split()
    command = COMMANDS[first] if not rest else COMMANDS[first].commands[rest[0]]
    for param in command.params:
        if param.name != "help":
            assert param.help, f"{name}: {param.name} says nothing"
            assert not param.opts[0].startswith("--") or param.opts[0] in answer.out


def examples(name: str) -> list[str]:
    """The commands that a command's help shows."""
    return re.findall(r"\[bold\](?:iw )(.+?)\[/bold\]", COMMANDS[name].help, re.DOTALL)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_help_of_a_command_has_an_example_that_parses(name: str) -> None:
    assert examples(name)
    for example in examples(name):
        words = shlex.split(example.replace("\n", " "))
        context = GROUP.make_context("iw", words, obj=Session())
        found, command, rest = GROUP.resolve_command(context, [*context._protected_args, *context.args])
        command.make_context(found, rest, parent=context)


@pytest.mark.parametrize("name", ["events", "explain", "log", "status", "whatif"])
def test_the_example_of_the_help_works_on_the_demonstration(iw: Call, folder: Path, tmp_path: Path, name: str) -> None:
    folder.rename(tmp_path / "iw-demo")
    answer = iw(*shlex.split(examples(name)[0].replace("\n", " ")))
    assert (answer.code, answer.err) == (0, "")


def test_a_missing_workspace_is_told_with_the_way_to_make_one(iw: Call, tmp_path: Path) -> None:
    nowhere = iw("status")
    assert (nowhere.code, nowhere.out) == (2, "")
    assert nowhere.err == (
        "Error: There is no workspace here.\nMake one with 'iw init my-watch', or name one: iw --workspace FOLDER.\n"
    )
    named = iw("-w", tmp_path / "none", "status")
    assert (named.code, f"iw init {tmp_path / 'none'}" in named.err) == (2, True)


def test_the_environment_names_a_workspace(iw: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IW_WORKSPACE", str(folder))
    assert iw("events", "--since", "2026-04-01").code == 0


def test_a_log_of_a_newer_program_is_left_alone(on_watch: Call, folder: Path) -> None:
    with sqlite3.connect(folder / "log.db") as connection:
        connection.execute("UPDATE iw_log_version SET version_num = '9999'")
    connection.close()
    answer = on_watch("events")
    assert answer.code == 4
    assert "newer program" in answer.err
    assert "update iw-tracker" in answer.err


def test_a_missing_log_and_a_file_that_is_no_log_are_told(on_watch: Call, folder: Path) -> None:
    (folder / "log.db").write_text("no log " * 100)
    assert on_watch("events").code == 4
    for path in folder.glob("log.db*"):
        path.unlink()
    answer = on_watch("events")
    assert (answer.code, "There is no log" in answer.err) == (4, True)


def test_a_folder_that_cannot_be_written_is_told(iw: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = iw("init", tmp_path / "file" / "watch")
    assert answer.code == 4
    assert "cannot be written" in answer.err


def test_a_read_only_log_is_told(on_watch: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IW_DATABASE_URL", f"sqlite:///file:{folder / 'log.db'}?mode=ro&uri=true")
    answer = on_watch(
        "log", "lethal-aid-warning", "--on", "today", "--grade", "B2", "--source", "Wire", "--text", "Read only it is."
    )
    assert answer.code == 4
    assert "read-only" in answer.err
    assert "Traceback" not in answer.err


def test_a_broken_setting_is_told_with_its_file(on_watch: Call, folder: Path) -> None:
    (folder / "iw.toml").write_text('nmae = "x"\n')
    answer = on_watch("status")
    assert answer.code == 3
    assert "iw.toml: unknown key 'nmae'" in answer.err
    assert "iw.toml: the key 'name' is missing" in answer.err


def test_an_unexpected_error_is_one_line_and_debug_shows_the_place(
    on_watch: Call, iw: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the planted one\nwith a second line")

    monkeypatch.setattr(Workspace, "check", broken)
    answer = on_watch("check")
    assert answer.code == 1
    assert answer.err == (
        "Error: ZeroDivisionError: the planted one\n"
        "This is a fault of the program; rerun with --debug for the traceback.\n"
    )
    debugged = iw("--debug", "--workspace", folder, "check")
    assert debugged.code == 1
    assert "Traceback" in debugged.err


def test_ctrl_c_ends_any_command_with_130(on_watch: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Workspace, "check", interrupted)
    answer = on_watch("check")
    assert (answer.code, answer.out, answer.err) == (130, "", "Cancelled.\n")


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    program = f"{shlex.quote(sys.executable)} -m iw -w {shlex.quote(str(folder))} events --json"
    done = subprocess.run(
        ["bash", "-c", f"{program} | head -n 1"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_a_call_leaves_the_collection_of_garbage_as_it_was(iw: Call) -> None:
    assert gc.isenabled()
    iw("--version")
    assert gc.isenabled()
    gc.disable()
    try:
        iw("--version")
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_wrong_words_name_the_help(iw: Call) -> None:
    unknown = iw("stauts")
    assert (unknown.code, "stauts" in unknown.err, "--help" in unknown.err) == (2, True, True)
    behind = iw("status", "-w", "here")
    assert (behind.code, "iw -w DIR COMMAND" in behind.err) == (2, True)


def test_init_makes_a_workspace_once(iw: Call, tmp_path: Path) -> None:
    first = iw("init", tmp_path / "new", "--author", "Ann")
    assert first.code == 0
    assert f"iw --workspace {tmp_path / 'new'} status" in first.out
    assert 'author = "Ann"' in (tmp_path / "new" / "iw.toml").read_text()
    again = iw("init", tmp_path / "new")
    assert (again.code, "is a workspace already" in again.err) == (2, True)


def test_no_colours_where_they_are_not_wanted(
    iw: Call, on_watch: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[31m" in on_watch("events", "nonsense").err or "\x1b[1;31m" in on_watch("events", "nonsense").err
    assert "31m" not in iw("--no-color", "--workspace", folder, "events", "nonsense").err
    monkeypatch.setenv("NO_COLOR", "1")
    assert "31m" not in on_watch("events", "nonsense").err
