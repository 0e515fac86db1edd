"""YAML files with positions: every fault names file, line and column.

A file is composed once into marked nodes; data is built from the nodes, so that a fault found in the data can
be walked back to its place. Duplicate keys, which YAML readers swallow, are faults.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from iw.core.errors import Fault

Loc = Sequence[str | int]
_Loader: Any = type("_Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})


def _date_or_text(loader: Any, node: yaml.Node) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:  # 2026-02-30 stays text, and the field that wants a date says so at its place
        return loader.construct_scalar(node)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _date_or_text)


@dataclass(frozen=True)
class YamlFile:
    """One parsed file: its data, its marked nodes, and the tables in it that have a key twice."""

    name: str
    data: Any
    root: yaml.Node | None
    doubled: tuple[Loc, ...] = ()

    def fault(self, loc: Loc, message: str, hint: str = "") -> Fault:
        """A `Fault` at the entry that ``loc`` (keys and indices from the top) leads to."""
        mark = _mark(self.root, loc)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Fault(self.name, line, column, message, hint)

    def has_doubled_keys(self, loc: Loc) -> bool:
        """Whether a key stands twice anywhere in the entry at ``loc``: nobody knows which one is meant."""
        return any(tuple(table[: len(loc)]) == tuple(loc) for table in self.doubled)


def read(path: Path, name: str) -> tuple[YamlFile | None, list[Fault]]:
    """Parse one file; a file that is not YAML gives no data and one fault."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        return None, [Fault(name, 0, 0, f"cannot be read: {error.strerror}")]
    except UnicodeDecodeError as error:
        place = _place_of_byte(error.object, error.start)
        return None, [Fault(name, *place, "not UTF-8 text", "save the file as UTF-8")]
    try:
        return _parse(text, name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = ", ".join(part for part in (error.context, error.problem) if part)
        return None, [Fault(name, *place, f"not valid YAML: {said}")]
    except yaml.reader.ReaderError as error:
        place = _place_of_byte(text.encode(), error.position)
        return None, [Fault(name, *place, f"not valid YAML: {error.reason}")]
    except (
        yaml.YAMLError,
        ValueError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        # What PyYAML lets through when a value does not suit an explicit tag, such as !!int "".
        return None, [Fault(name, 1, 1, f"not valid YAML: {error}")]


def _parse(text: str, name: str) -> tuple[YamlFile, list[Fault]]:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        # Before the construction, which writes merged keys out into the nodes.
        doubled = list(_doubled_keys(root)) if root else []
        data = loader.construct_document(root) if root else None
    finally:
        loader.dispose()
    file = YamlFile(name, data, root, tuple(table for table, _ in doubled))
    # The second of the two keys is the one that `_mark` finds.
    return file, [file.fault([*t, k.value], f"the key '{k.value}' stands here twice") for t, k in doubled]


def _place_of_byte(data: bytes, position: int) -> tuple[int, int]:
    before = data[:position].decode(errors="replace")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def validate[M: BaseModel](file: YamlFile, loc: Loc, data: Any, model: type[M]) -> tuple[M | None, list[Fault]]:
    """Check ``data``, found at ``loc`` in ``file``, against ``model``; give the entry, or all faults."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        return None, [file.fault([*loc, *item["loc"]], _sentence(item), _hint(item)) for item in error.errors()]


_KEY = "[key]"  # how pydantic ends the path of a fault in a key itself
_SENTENCES = {
    "extra_forbidden": "this key is unknown",
    "missing": "this key is missing",
    "model_type": "a table of keys is needed here",
}


def _sentence(item: Any) -> str:
    loc, message = item["loc"], _SENTENCES.get(item["type"], item["msg"].removeprefix("Value error, "))
    if loc and loc[-1] == _KEY and not isinstance(item["input"], str):
        loc, message = loc[:-2], "a key is not text"
    where = ".".join(str(part) for part in loc if part != _KEY)
    return f"{where}: {message}" if where else message


def _hint(item: Any) -> str:
    kind, value = item["type"], item["input"]
    if kind == "extra_forbidden":
        # Within {braces} the rest of a text after its comma is read as one more key, without a value.
        return "check the spelling and the indentation" if value is not None else "put texts with commas in quotes"
    if kind == "bool_type" or isinstance(value, bool):
        return "YAML reads yes, no, on and off as true or false: put words in quotes"
    if kind in {"string_type", "invalid_key", "literal_error"} and isinstance(value, int | float | date):
        return "put it in quotes"
    if kind == "date_type":
        return "write a day of the calendar, such as 2026-06-30, without quotes"
    if kind in {"float_type", "int_type"} and isinstance(value, str):
        return "a number has no quotes; write 0.001, since YAML reads 1e-3 as text"
    return ""


def _mark(node: yaml.Node | None, loc: Loc) -> Any:
    if node is None:
        return None
    mark = node.start_mark
    for depth, key in enumerate(loc):
        if isinstance(node, yaml.MappingNode):
            # The last one counts: it overrides those merged in by "<<", which stand first.
            hit = next(((k, v) for k, v in reversed(node.value) if k.value == str(key)), None)
            if hit is None and _KEY in loc[depth:]:  # YAML made something else than text of the key
                hit = next(((k, v) for k, v in node.value if k.tag != "tag:yaml.org,2002:str"), None)
            if hit is None:
                return mark
            mark, node = hit[0].start_mark, hit[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            mark = node.start_mark
        else:
            return mark
    return mark


def _doubled_keys(root: yaml.Node) -> Iterator[tuple[Loc, yaml.ScalarNode]]:
    """Every key that stands a second time in its table, and the path of that table."""
    todo: list[tuple[tuple[str | int, ...], yaml.Node]] = [((), root)]
    done: set[int] = set()
    while todo:
        loc, node = todo.pop()
        if id(node) in done:  # an alias; it may even lie within itself
            continue
        done.add(id(node))
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in seen:
                        yield loc, key
                    seen.add(key.value)
                    todo.append(((*loc, key.value), value))
        elif isinstance(node, yaml.SequenceNode):
            todo += [((*loc, index), child) for index, child in enumerate(node.value)]
