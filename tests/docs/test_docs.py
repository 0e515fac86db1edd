"""What README and docs show is true of the code: commands parse, links lead somewhere, examples run, counts agree."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.main import get_command

from iw.cli.demo import DEMO_DAY, WARNING_DAY
from iw.core.resources import shipped
from iw.workspace import init_workspace
from tools import docs_tables

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EVIDENCE = shipped("indicators") / "evidence"


def blocks(page: Path, language: str) -> list[str]:
    """The fenced code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def shown_commands() -> Iterator[tuple[str, str]]:
    """Page and text of every ``iw ...`` line in a block and of every ``iw COMMAND ...`` in a sentence."""
    for page in PAGES:
        for block in blocks(page, "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                found = re.match(r"(?:\.venv/bin/)?(?:iw|iw-tracker) (.+)", line.strip())
                if found:
                    yield page.name, found[1]
        prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for line in re.findall(r"^(?!#).*?`iw ([\w-]+ [^`]+)`", prose, re.MULTILINE):
            yield page.name, line


def named_commands() -> Iterator[tuple[str, str]]:
    """Page and name of every command that is named without arguments, as in "`iw check` says"."""
    for page in PAGES:
        for name in re.findall(r"`iw ([a-z]+)`", page.read_text(encoding="utf-8")):
            yield page.name, name


def parse(line: str) -> None:
    """Parse a command as the program would, and run nothing."""
    command: Any = get_command(_app())
    name, args, context = "iw", shlex.split(line, comments=True), None
    while True:
        context = command.make_context(name, args, parent=context)
        if not hasattr(command, "resolve_command"):
            return
        rest = [*context._protected_args, *context.args]
        if not rest:
            return
        name, command, args = command.resolve_command(context, rest)


def _app() -> Any:
    from iw.cli.app import app

    return app


@pytest.mark.parametrize(("page", "line"), sorted(set(shown_commands())))
def test_every_command_line_shown_parses(page: str, line: str) -> None:
    with contextlib.suppress(typer.Exit):  # --help and --version end the parsing
        parse(line)


def test_every_command_named_exists() -> None:
    commands = get_command(_app()).commands  # type: ignore[attr-defined]  # a group has them
    assert [(page, name) for page, name in named_commands() if name not in commands] == []


@pytest.mark.parametrize("line", ["stauts", "status --asof 2023-03-05", "explain", "log x --grade"])
def test_a_command_line_that_does_not_exist_would_be_found(line: str) -> None:
    with pytest.raises(Exception, match=r"(?i)no such|missing|requires"):
        parse(line)


def test_every_command_and_every_option_is_documented() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `iw ([\w-]+)[^`]*`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    commands: dict[str, Any] = get_command(_app()).commands  # type: ignore[attr-defined]  # a group has them
    assert set(sections) == set(commands)
    for name, command in commands.items():
        parts = [command, *getattr(command, "commands", {}).values()]
        known = {opt for part in parts for one in part.params for opt in one.opts if opt.startswith("--")}
        told = set(re.findall(r"`(--[\w-]+)", sections[name]))
        assert told == known, name


def test_every_relative_link_leads_somewhere() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if target.startswith(("https://", "http://", "mailto:")) or not re.search(r"[./#]", target):
                continue  # another site, or a formula such as c[i](t)
            path, _, anchor = target.partition("#")
            there = (page.parent / path).resolve() if path else page
            assert there.exists(), f"{page.name}: {target}"
            assert not anchor or anchor in anchors(there), f"{page.name}: {target}"


def test_every_picture_has_an_alternative_text() -> None:
    for page in PAGES:
        for text, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            assert len(text) > 20, f"{page.name}: {target}"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as hosts of Markdown make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_of_the_docs_is_reached_from_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    missing = [page.name for page in PAGES[1:] if page.name != "index.md" and f"({page.name}" not in index]
    assert missing == []


def test_every_module_and_folder_named_exists() -> None:
    for page in PAGES:
        for name in re.findall(
            r"`((?:iw|indicators|models|docs|reports|tests)/[\w./-]*)`", page.read_text(encoding="utf-8")
        ):
            assert (ROOT / name).exists(), f"{page.name}: {name}"


def test_every_test_named_exists() -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for page in PAGES:
        for name in re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8")):
            assert f"def {name}(" in written, f"{page.name}: {name}"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an ``iw-demo`` of one problem and its questions, the shipped evidence, and no fit."""
    folder = tmp_path_factory.mktemp("docs")
    watch = init_workspace(folder / "iw-demo", today=DEMO_DAY, author="tests")
    watch.import_files(sorted(EVIDENCE.glob("*.csv")), backfill=True)
    watch.close()
    for path in (folder / "iw-demo" / "models").glob("*.yaml"):
        if path.name not in {"tables.yaml", "war-support.yaml"}:
            path.unlink()
    for path in (folder / "iw-demo" / "models" / "questions").glob("*.yaml"):
        asked = yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]
        kept = {"questions": [one for one in asked if one.get("home") == "war-support"]}
        path.write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["python.md", "recipes.md"])
def test_the_python_examples_run_in_order(
    name: str, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(workspace / "iw-demo", tmp_path / "iw-demo")
    monkeypatch.chdir(tmp_path)
    for variable in ("IW_WORKSPACE", "IW_DATABASE_URL", "IW_LOG_KEY"):
        monkeypatch.delenv(variable, raising=False)
    names: dict[str, Any] = {}
    for number, block in enumerate(blocks(ROOT / "docs" / name, "python"), start=1):
        exec(compile(block, f"{name}, block {number}", "exec"), names)
    names["watch"].close()


def test_the_example_of_the_readme_is_the_beginning_of_the_python_page() -> None:
    """It asks for the whole board, which is slow without fits; the same calls run on the small workspace above."""
    calls = re.findall(r"watch\.(\w+)\(", "".join(blocks(ROOT / "README.md", "python")))
    tried = "".join(blocks(ROOT / "docs" / "python.md", "python"))
    assert calls
    assert [call for call in calls if f"watch.{call}(" not in tried] == []


def test_the_tables_of_evidence_and_catalogue_are_those_of_the_files() -> None:
    found = docs_tables.tables()
    for name in docs_tables.PAGES:
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert docs_tables.filled(text, found) == text, "run: make docs"
    used = {
        table
        for name in docs_tables.PAGES
        for table in re.findall(r"<!-- table: (\w+) -->", (ROOT / "docs" / name).read_text(encoding="utf-8"))
    }
    assert used == set(found)


def test_the_words_for_probabilities_are_those_of_the_tables() -> None:
    from iw.catalogue import load_catalogue

    tables = load_catalogue(shipped("indicators"), shipped("models"))[0].tables
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for word in tables.probability_words:
        assert f"| {word.word} | {100 * word.low:.0f}-{100 * word.high:.0f} % |" in page
    for name in tables.likelihood_words:
        assert f"`{name}`" in page


def test_the_numbers_of_the_readme_are_those_of_the_catalogue() -> None:
    from iw.catalogue import load_catalogue

    catalogue, faults = load_catalogue(shipped("indicators"), shipped("models"))
    text = re.sub(r"\s+", " ", (ROOT / "README.md").read_text(encoding="utf-8"))
    events = docs_tables.Evidence(EVIDENCE, list(catalogue.documents)).events
    assert faults == []
    assert (
        f"{len(catalogue.problems)} warning problems, {len(catalogue.indicators)} indicators, "
        f"{len(catalogue.questions)} questions, and {len(events)} dated events"
    ) in text


def test_the_dates_of_the_readme_are_those_of_the_demonstration() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for day in (DEMO_DAY, WARNING_DAY):
        assert f"reports/weekly-{day}.html" in text
    assert f"{DEMO_DAY.day} {DEMO_DAY:%B} {DEMO_DAY.year}" in text
