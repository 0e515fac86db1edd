"""The PyMC model as a graph: its free variables with distributions and dimensions, and what they are given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time

import pymc as pm

from iw.catalogue import Catalogue
from iw.evidence import build_evidence, model_spec
from iw.inference.model import build_model
from iw.log.records import LogView, Marking

_EVIDENCE = "evidence"


def mermaid(catalogue: Catalogue) -> Iterator[str]:
    """The lines of a Mermaid graph of the model of the catalogue's first problem, without any evidence."""
    model = _model(catalogue)
    yield "```mermaid"
    yield "graph LR"
    yield f'    {_EVIDENCE}[/"evidence: days, coverage, weights, indicators"/]'
    for variable in model.free_RVs:
        dims = model.named_vars_to_dims.get(variable.name, ())
        over = f"<br>each {', '.join(dims)}" if dims else ""
        yield f'    {variable.name}(["{variable.name} ~ {_distribution(variable)}{over}"])'
        if names := _priors(model, variable):
            yield f'    prior_{variable.name}[/"{", ".join(names)}"/] --> {variable.name}'
        yield f"    {variable.name} --> log_likelihood"
    yield f"    {_EVIDENCE} --> log_likelihood"
    yield '    log_likelihood{{"log_likelihood: scenarios summed out"}}'
    yield "```"


def _model(catalogue: Catalogue) -> pm.Model:
    name = next(iter(catalogue.problems))
    start: date = catalogue.problems[name].start
    nothing = LogView(datetime.combine(start, time.max), Marking.CLEAR, 0, (), (), (), ())
    spec = model_spec(catalogue, name)
    return build_model(spec, build_evidence(catalogue, spec, nothing, start).arrays)


def _distribution(variable: object) -> str:
    name: str = type(variable.owner.op).__name__  # type: ignore[attr-defined]  # PyTensor ships no types
    return name.removesuffix("RV")


def _priors(model: pm.Model, variable: object) -> list[str]:
    data = {one.name for one in model.data_vars}
    inputs = variable.owner.inputs  # type: ignore[attr-defined]
    return [one.name for one in inputs if one.name in data]
