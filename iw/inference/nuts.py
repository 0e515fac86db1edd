"""What nutpie samples from a PyMC model, compiled in a tenth of the time that nutpie takes.

nutpie hands the model's shared data to its compiled functions through one record of addresses and shapes. The code with
which it takes them out again is typed and compiled anew in every process, for 15 seconds on the generic model. Here the
same is written in LLVM's own terms; all else is nutpie's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numba
import numpy as np
import nutpie
import pymc as pm
from llvmlite.ir import Constant, IntType
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array
from nutpie import compile_pymc

carray: Any = numba.carray  # type: ignore[attr-defined]  # not exported
_NUMBERS: Any = types.CPointer(types.double)  # type: ignore[no-untyped-call]
_FAILED, _NOT_FINITE_GRADIENT, _NOT_FINITE = 1, 3, 4  # what nutpie's own functions answer


def compiled_model(model: pm.Model) -> Any:
    """nutpie's compiled model, with data that may be swapped (`with_data`)."""
    with _quick_wrappers():
        return nutpie.compile_pymc_model(model)


@contextmanager
def _quick_wrappers() -> Iterator[None]:
    kept = compile_pymc._make_c_logp_func, compile_pymc._make_c_expand_func
    compile_pymc._make_c_logp_func, compile_pymc._make_c_expand_func = _log_density, _expansion
    try:
        yield
    finally:
        compile_pymc._make_c_logp_func, compile_pymc._make_c_expand_func = kept


def _log_density(size: int, function: Any, record: Any, keys: Any, shared: Any) -> tuple[Any, Any]:
    """The log density and its gradient, as nuts-rs calls it; and its signature."""
    data = _taken_out(record.dtype, keys, shared)

    def call(dim, point, gradient, log_density, user_data):  # type: ignore[no-untyped-def]
        if dim != size:
            return -1
        arrays = (carray(point, (size,)), *data(user_data))
        try:
            value, derivative = function(*arrays)
        except Exception:  # nothing may be raised into Rust
            return _FAILED
        total = np.asarray(value).item()
        log_density[0] = total
        finite = True
        for k in range(size):
            gradient[k] = derivative[k]
            finite = finite and np.isfinite(derivative[k])
        if not finite:
            return _NOT_FINITE_GRADIENT
        return 0 if np.isfinite(total) else _NOT_FINITE

    return call, types.int64(types.uint64, _NUMBERS, _NUMBERS, _NUMBERS, types.voidptr)


def _expansion(size: int, expanded: int, function: Any, record: Any, keys: Any, shared: Any) -> tuple[Any, Any]:
    """All variables that are kept of a draw, as nuts-rs calls it; and its signature."""
    data = _taken_out(record.dtype, keys, shared)

    def call(dim, wanted, point, result, user_data):  # type: ignore[no-untyped-def]
        if dim != size or wanted != expanded:
            return -1
        arrays = (carray(point, (size,)), *data(user_data))
        try:
            (values,) = function(*arrays)
        except Exception:  # nothing may be raised into Rust
            return -2
        for k in range(expanded):
            result[k] = values[k]
        return 0

    return call, types.int64(types.uint64, types.uint64, _NUMBERS, _NUMBERS, types.voidptr)


def _taken_out(record: Any, keys: Any, shared: Any) -> Any:
    """What gives the arrays of these keys, as a tuple, out of the record at an address."""
    fields = record.fields["shared"][0].fields
    kinds: Any = [types.Array(numba.from_dtype(shared[key].dtype), shared[key].ndim, "C") for key in keys]

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        def word(field: str, key: str, number: int = 0) -> Any:
            inner, begin = fields[field][:2]
            place = begin + inner.fields[key][1] + number * np.dtype(np.uintp).itemsize
            address = builder.gep(values[0], [Constant(IntType(32), place)])
            return builder.load(builder.bitcast(address, cgutils.intp_t.as_pointer()))

        arrays = [_array(context, builder, kind, key, word) for kind, key in zip(kinds, keys, strict=True)]
        return context.make_tuple(builder, signature.return_type, arrays)

    @intrinsic
    def taken(typing_context: Any, user_data: Any) -> Any:
        return types.Tuple(kinds)(types.voidptr), generate  # type: ignore[no-untyped-call]

    return taken


def _array(context: Any, builder: Any, kind: types.Array, key: str, word: Any) -> Any:
    data_type = context.get_data_type(kind.dtype)
    size = Constant(cgutils.intp_t, context.get_abi_sizeof(data_type))
    shape = [word("shape", key, number) for number in range(kind.ndim)]
    strides = [size]
    for length in shape[:0:-1]:
        strides.insert(0, builder.mul(strides[0], length))
    array = context.make_array(kind)(context, builder)
    data = builder.inttoptr(word("data", key), data_type.as_pointer())
    fields = {"shape": shape, "strides": strides[: kind.ndim], "itemsize": size, "meminfo": None}
    populate_array(array, data=data, **fields)  # type: ignore[no-untyped-call]
    return array._getvalue()
