"""Calls of the likelihood by its address, with its data taken out of two packed arrays.

Numba links a function's code into each of its callers and optimises the whole anew. PyTensor and nutpie wrap the
likelihood in four functions, two of them in every process: with the code linked in, each took as long to compile as the
likelihood itself. A call by address costs some nanoseconds a call, and the wrappers are compiled as if it were not
there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import llvmlite.binding
from llvmlite.ir import Constant
from numba import from_dtype
from numba.core import cgutils, types
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

Kind = tuple[type, int]  # of an array: what its elements are, and how many dimensions it has


def array_type(kind: Kind, readonly: bool) -> types.Array:
    """The compiled type of an array whose rows lie one behind the other."""
    return types.Array(from_dtype(kind[0]), kind[1], "C", readonly=readonly)


def caller(function: Dispatcher, parameters: Sequence[Kind], parts: Sequence[Kind], symbol: str) -> Any:
    """What compiled code calls with a tuple of parameters, and the packed numbers and whole numbers of the parts.

    They are packed as `iw.inference.kernel_data.LikelihoodData.packed` does, and not copied. Compiles ``function``,
    unless it is compiled by now or in the cache on disk. Code that is cached knows it by its ``symbol`` alone: the same
    one must mean the same code in every process.
    """
    data_types = tuple(array_type(kind, readonly=True) for kind in parts)
    wanted = (*(array_type(kind, readonly=False) for kind in parameters), *data_types)
    function.compile(wanted)
    compiled: Any = function.overloads[wanted]
    result = compiled.signature.return_type
    llvmlite.binding.add_symbol(symbol, compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        given = cgutils.unpack_tuple(builder, values[0])
        cast = [context.cast(builder, *one) for one in zip(given, signature.args[0], wanted, strict=False)]
        arrays = _parts(context, builder, data_types, signature.args[1:], values[1:])
        kind = context.call_conv.get_function_type(result, wanted)
        outside = cgutils.get_or_insert_function(builder.module, kind, symbol)
        status, answer = context.call_conv.call_function(builder, outside, result, wanted, [*cast, *arrays])
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return answer

    @intrinsic
    def call(typing_context: Any, given: Any, numbers: Any, whole: Any) -> Any:
        return result(given, numbers, whole), generate

    return call


def _parts(context: Any, builder: Any, wanted: Sequence[types.Array], packed_types: Any, packed: Any) -> list[Any]:
    """The parts as arrays that point into the packed ones."""
    numbers, whole = (
        context.make_array(kind)(context, builder, value) for kind, value in zip(packed_types, packed, strict=True)
    )
    arrays = []
    for k, kind in enumerate(wanted):
        first, *shape = (
            builder.sext(builder.load(cgutils.gep(builder, whole.data, 3 * k + j)), cgutils.intp_t) for j in range(3)
        )
        shape = shape[: kind.ndim]
        size = Constant(cgutils.intp_t, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
        strides = [size] if kind.ndim == 1 else [builder.mul(size, shape[1]), size]
        array = context.make_array(kind)(context, builder)
        data = cgutils.gep(builder, (numbers if kind.dtype == types.float64 else whole).data, first)
        populate_array(array, data=data, shape=shape, strides=strides, itemsize=size, meminfo=None)
        arrays.append(array._getvalue())
    return arrays
