"""The likelihood as one PyTensor ``Op``: named parameters and data in, log-likelihood and exact gradient out.

One ``Op`` keeps the graph to a handful of nodes, which is what compile time hangs on. Its outputs are the
log-likelihood and its eight derivatives; the pullback only scales those, so value and gradient are one kernel call.
The kernel is `iw.inference.likelihood.log_likelihood_and_gradient`, compiled and cached on its own.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytensor.tensor as pt
from numba import njit
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from iw.inference.by_address import caller
from iw.inference.kernel_data import KINDS, LikelihoodData
from iw.inference.likelihood import log_likelihood_and_gradient

_COMPILED = "likelihood", "planning", "operators", "observations", "count_kernel", "chain", "drift", "matrices"
_SOURCES = (
    *_COMPILED,
    "powers",
    "passes",
    "products",
    "fours",
    "aftershocks",
    "counts",
    "arrays",
    "kernel_data",
    "by_address",
    "op",
)
# Type and number of dimensions of log_rate, log_mult, log_dwell, stick, aftershock, drift_step, log_step_size and
# log_dispersion.
PARAMETERS = tuple((np.float64, dims) for dims in (1, 1, 1, 2, 1, 2, 1, 1))


class MarkedProcessLikelihood(Op):  # type: ignore[misc]  # PyTensor ships no types
    """Log-likelihood of the Markov-modulated marked point process, scenarios summed out exactly."""

    __props__: ClassVar[tuple[str, ...]] = ()

    def make_node(self, *inputs: Any) -> Apply:
        """Inputs: log_rate (I,), log_mult (K,), log_dwell (S,), stick (S, S - 2), aftershock (2,), drift_step
        (I, Y), log_step_size (1,), log_dispersion (C,), then numbers and whole numbers of
        `LikelihoodData.packed`."""
        expected = len(PARAMETERS) + 2
        if len(inputs) != expected:
            raise TypeError(f"the likelihood takes {expected} inputs, got {len(inputs)}")
        variables = [pt.as_tensor_variable(value) for value in inputs]
        vector, matrix = pt.dvector, pt.dmatrix
        outputs = [pt.dscalar(), vector(), vector(), vector(), matrix(), vector(), matrix(), vector(), vector()]
        return Apply(self, variables, outputs)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Any) -> None:
        """Python's way in, for `eval` and tests; samplers use the compiled kernel."""
        *parameters, numbers, whole = (np.ascontiguousarray(value) for value in inputs)
        data = LikelihoodData.unpacked(numbers, whole)
        results = log_likelihood_and_gradient(*parameters, *data)  # type: ignore[call-arg]
        for store, value in zip(output_storage, results, strict=True):
            store[0] = np.asarray(value)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        """The scalar, and each derivative in its parameter's shape."""
        return [(), *shapes[: len(PARAMETERS)]]

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        """The kernel's own derivatives times the cotangent of the log-likelihood; there are no second derivatives."""
        if any(not isinstance(c.type, DisconnectedType) for c in cotangents[1:]):
            raise NotImplementedError("second derivatives of the likelihood")
        scale = cotangents[0]
        data = [disconnected_type() for _ in inputs[len(PARAMETERS) :]]
        return [*(scale * derivative for derivative in outputs[1:]), *data]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Only the parameters are differentiable. They reach the derivatives too, so that `pullback` can refuse: a
        second derivative declared absent would silently be taken for zero."""
        return [[k < len(PARAMETERS)] * len(node.outputs) for k in range(len(node.inputs))]


@register_funcify_default_op_cache_key(MarkedProcessLikelihood)  # type: ignore[untyped-decorator]
def _compiled(op: MarkedProcessLikelihood, **_: Any) -> tuple[Any, int]:
    version = _kernel_version()
    likelihood = caller(log_likelihood_and_gradient, PARAMETERS, KINDS, f"iw_likelihood_{version}")

    @njit
    def kernel(log_rate, log_mult, log_dwell, stick, aftershock, steps, size, dispersion, numbers, whole):  # type: ignore[no-untyped-def]
        # Steps and their size are constants where rates do not drift, dispersions where nothing is counted: copied,
        # they are of one type in every model.
        parameters = (log_rate, log_mult, log_dwell, stick, aftershock, steps.copy(), size.copy(), dispersion.copy())
        total, d_rate, d_mult, d_dwell, d_stick, d_after, d_step, d_size, d_count = likelihood(
            parameters, numbers, whole
        )
        return np.asarray(total), d_rate, d_mult, d_dwell, d_stick, d_after, d_step, d_size, d_count

    return kernel, version


def _kernel_version() -> int:
    """A number that changes with the kernel's source: PyTensor's cache on disk would go on using the old code."""
    folder = Path(__file__).parent
    return zlib.crc32(b"".join((folder / f"{name}.py").read_bytes() for name in _SOURCES))
