"""YAML files with positions: every fault names file, line and column.

A file is composed once into marked nodes; data is built from the nodes, so that a fault found in the data can be
walked back to its place. Duplicate keys, which YAML readers swallow, are faults.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from iw.core.errors import Fault

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Loc = Sequence[str | int]


@dataclass(frozen=True)
class YamlFile:
    """One parsed file: its data and its marked nodes."""

    name: str
    data: Any
    root: yaml.Node | None

    def fault(self, loc: Loc, message: str, hint: str = "") -> Fault:
        """A `Fault` at the entry that ``loc`` (keys and indices from the top) leads to."""
        mark = _mark(self.root, loc)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Fault(self.name, line, column, message, hint)


def read(path: Path, name: str) -> tuple[YamlFile | None, list[Fault]]:
    """Parse one file; a file that is not YAML gives no data and one fault."""
    try:
        text = path.read_text(encoding="utf-8")
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            faults = list(_duplicate_keys(root, name)) if root else []
            data = loader.construct_document(root) if root else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return None, [Fault(name, *place, f"not valid YAML: {error.problem or error.context}")]
    except (yaml.YAMLError, ValueError) as error:
        return None, [Fault(name, 1, 1, f"not valid YAML: {error}", "Save the file as UTF-8 text.")]
    except OSError as error:
        return None, [Fault(name, 0, 0, f"cannot be read: {error.strerror}")]
    return YamlFile(name, data, root), faults


def validate[M: BaseModel](file: YamlFile, loc: Loc, data: Any, model: type[M]) -> tuple[M | None, list[Fault]]:
    """Check ``data``, found at ``loc`` in ``file``, against ``model``; give the entry, or all faults."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        return None, [
            file.fault([*loc, *item["loc"]], _sentence(item), _hint(item)) for item in error.errors()
        ]


def _sentence(item: Any) -> str:
    where = ".".join(str(part) for part in item["loc"])
    message = item["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _hint(item: Any) -> str:
    if item["type"] == "bool_type" or (item["type"] == "string_type" and isinstance(item["input"], bool)):
        return "YAML reads yes, no, on and off as true or false: put words in quotes"
    if item["type"] == "extra_forbidden":
        return "unknown key: check the spelling and the indentation"
    return ""


def _mark(node: yaml.Node | None, loc: Loc) -> Any:
    if node is None:
        return None
    mark = node.start_mark
    for key in loc:
        if isinstance(node, yaml.MappingNode):
            hit = next(((k, v) for k, v in node.value if k.value == str(key)), None)
            if hit is None:
                return mark
            mark, node = hit[0].start_mark, hit[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            mark = node.start_mark
        else:
            return mark
    return mark


def _duplicate_keys(node: yaml.Node, name: str) -> Iterator[Fault]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    mark = key.start_mark
                    yield Fault(name, mark.line + 1, mark.column + 1, f"the key '{key.value}' stands here twice")
                seen.add(key.value)
            yield from _duplicate_keys(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _duplicate_keys(child, name)
