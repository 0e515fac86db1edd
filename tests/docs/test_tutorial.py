"""The tutorial, followed literally: every file is saved as it says, every command run, in order."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iw.cli import main
from iw.workspace import open_workspace
from tests.docs.test_docs import ROOT

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")


def blocks() -> Iterator[tuple[str, str, str]]:
    """Language, content and the prose before each code block of the page."""
    done = 0
    for found in re.finditer(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        yield found[1], found[2], PAGE[done : found.start()]
        done = found.end()


def run(line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Run one line of a shell block; its standard output."""
    if line.startswith("export "):
        name, _, value = line.removeprefix("export ").partition("=")
        monkeypatch.setenv(name, value)
        return ""
    command, *words = shlex.split(line)
    assert command == "iw"
    capsys.readouterr()
    code = main(words)
    answer = capsys.readouterr()
    assert code == 0, f"{line}\n{answer.err}"
    return answer.out


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What each command of the tutorial printed; the last step, which samples, is left to the slow test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    for variable in ("IW_WORKSPACE", "IW_DATABASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    printed = {}
    for language, content, before in blocks():
        if language in {"yaml", "csv"}:
            path = Path(re.findall(r"as `([^`]+)`", before)[-1])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        elif language == "python":
            exec(compile(content, "tutorial.md", "exec"), {})
        else:
            lines = content.splitlines()
            printed |= {line: run(line, monkeypatch, capsys) for line in lines if not line.startswith("iw fit")}
    return printed


def test_every_step_of_the_tutorial_works_and_shows_what_it_says(outputs: dict[str, str]) -> None:
    def of(start: str) -> str:
        return next(text for line, text in outputs.items() if line.startswith(start))

    check = of("iw check")
    assert re.search(r"\d+ findings, 0 faults\.", check)
    assert set(re.findall(r"rest(?:s)? on no document", check))
    assert "no covered indicator" not in check
    assert "only" in of("iw catalogue --diagnosticity")
    assert Path("port-watch/reports/diagnosticity-port-dispute.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "ballot-in-a-quarter" in of("iw catalogue ballot")
    assert "8 imported" in of("iw import")
    assert "Slow-down" in of("iw status")
    with open_workspace("port-watch") as watch:
        assert [len(watch.events()), len(watch.readings()), len(watch.catalogue.questions)] == [3, 2, 2]
        assert watch.log.view(watch.now()).unassigned[0].bears_on == "ships-diverted"
    assert Path("port-watch/reports/weekly-2026-03-21.pdf").read_bytes().startswith(b"%PDF")
    assert Path("port-watch/indicators/copied/harbour-history.runs").stat().st_size > 0


@pytest.mark.slow
@pytest.mark.usefixtures("outputs")
def test_the_last_step_of_the_tutorial_makes_a_fit() -> None:
    lines = [line for language, content, _ in blocks() if language == "sh" for line in content.splitlines()]
    (fit,) = [line for line in lines if line.startswith("iw fit")]
    assert main(shlex.split(fit)[1:]) == 0
    with open_workspace(os.environ["IW_WORKSPACE"]) as watch:
        assert watch.log.fits("port-dispute")[-1].accepted


def test_the_engine_knows_nothing_of_the_shipped_subject() -> None:
    """No module names an indicator, scenario or problem of the catalogue; the demonstration and examples may."""
    from iw.catalogue import load_catalogue
    from iw.core.resources import shipped

    catalogue = load_catalogue(shipped("indicators"), shipped("models"))[0]
    names: set[Any] = {name for name in catalogue.indicators if "-" in name}
    names |= {
        scenario.id for problem in catalogue.problems.values() for scenario in problem.scenarios if "-" in scenario.id
    }
    for layer in ("catalogue", "log", "evidence", "inference", "assessment", "report", "workspace"):
        for path in (ROOT / "iw" / layer).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert [name for name in names if re.search(rf"['\"`]{name}['\"`]", text)] == [], path
