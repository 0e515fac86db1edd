"""Four numbers side by side in one vector register, for code that Numba compiles.

Its compiler makes vector instructions of long loops, not of a handful of columns, checks the sign of every index, and
hands an array over as ten numbers and a count of its users. The products of `iw.inference.products` are most of what a
sampler waits for; here is what they are made of, in LLVM's own terms. Arrays are taken as flat, their rows one behind
the other, by the address of their numbers, which nobody counts: take it of an argument only, which its caller keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

LANES = 4
_NUMBERS = ir.VectorType(ir.DoubleType(), LANES)


class _Four(types.Type):
    """Of a value that lives within one compiled function only."""


_FOUR = _Four("four numbers")
_ADDRESS: Any = types.CPointer(types.float64)  # type: ignore[no-untyped-call]


def _inlined(function: Callable[..., Any]) -> Any:
    """Code in place of each call."""
    return intrinsic(function)


@register_model(_Four)
class _FourModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _NUMBERS)  # type: ignore[no-untyped-call]


@_inlined
def no_four(typing_context: Any) -> Any:
    """0, 0, 0, 0."""
    return _FOUR(), lambda context, builder, signature, values: ir.Constant(_NUMBERS, [0.0] * LANES)


@_inlined
def numbers_of(typing_context: Any, array: Any) -> Any:
    """The address of the numbers of an array whose rows lie one behind the other."""

    def take(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, values[0]).data

    return _ADDRESS(array), take


@_inlined
def four_at(typing_context: Any, numbers: Any, place: Any) -> Any:
    """numbers[place : place + 4]."""

    def load(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load(_vector(builder, *values), align=8)

    return _FOUR(_ADDRESS, types.intp), load


@_inlined
def put_four(typing_context: Any, numbers: Any, place: Any, four: Any) -> Any:
    """numbers[place : place + 4] <- four."""

    def store(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        numbers, place, four = values
        builder.store(four, _vector(builder, numbers, place), align=8)
        return context.get_dummy_value()

    return types.void(_ADDRESS, types.intp, _FOUR), store


@_inlined
def number_at(typing_context: Any, numbers: Any, place: Any) -> Any:
    """numbers[place]."""

    def load(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load(builder.gep(values[0], [values[1]], inbounds=True))

    return types.float64(_ADDRESS, types.intp), load


@_inlined
def plus_times(typing_context: Any, four: Any, number: Any, other: Any) -> Any:
    """four + number other."""

    def fused(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _fused(builder, _everywhere(builder, values[1]), values[2], values[0])

    return _FOUR(_FOUR, types.float64, _FOUR), fused


@_inlined
def plus(typing_context: Any, four: Any, other: Any) -> Any:
    """four + other."""
    return _FOUR(_FOUR, _FOUR), lambda context, builder, signature, values: builder.fadd(*values)


@_inlined
def times(typing_context: Any, four: Any, other: Any) -> Any:
    """four other, entry by entry."""
    return _FOUR(_FOUR, _FOUR), lambda context, builder, signature, values: builder.fmul(*values)


@_inlined
def sum_of(typing_context: Any, four: Any) -> Any:
    """The sum of the four."""

    def add(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        a, b, c, d = (builder.extract_element(values[0], _number(k)) for k in range(LANES))
        return builder.fadd(builder.fadd(a, c), builder.fadd(b, d))

    return types.float64(_FOUR), add


@_inlined
def sums_of(typing_context: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """The sums of four fours."""

    def add(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        columns = [_column(builder, values, k) for k in range(LANES)]
        return builder.fadd(builder.fadd(columns[0], columns[2]), builder.fadd(columns[1], columns[3]))

    return _FOUR(_FOUR, _FOUR, _FOUR, _FOUR), add


@_inlined
def columns_of(typing_context: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """The four columns of four rows."""

    def turn(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        columns = [_column(builder, values, number) for number in range(LANES)]
        return context.make_tuple(builder, signature.return_type, columns)

    four: Any = types.UniTuple(_FOUR, LANES)  # type: ignore[no-untyped-call]
    return four(_FOUR, _FOUR, _FOUR, _FOUR), turn


def _vector(builder: Any, numbers: Any, place: Any) -> Any:
    return builder.bitcast(builder.gep(numbers, [place], inbounds=True), _NUMBERS.as_pointer())


def _column(builder: Any, rows: Any, number: int) -> Any:
    result = ir.Constant(_NUMBERS, ir.Undefined)
    for k, row in enumerate(rows):
        result = builder.insert_element(result, builder.extract_element(row, _number(number)), _number(k))
    return result


def _fused(builder: Any, left: Any, right: Any, addend: Any) -> Any:
    kind, name = ir.FunctionType(_NUMBERS, [_NUMBERS] * 3), f"llvm.fmuladd.v{LANES}f64"
    multiply_add = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
    return builder.call(multiply_add, [left, right, addend])


def _everywhere(builder: Any, number: Any) -> Any:
    undefined = ir.Constant(_NUMBERS, ir.Undefined)
    places = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(builder.insert_element(undefined, number, _number(0)), undefined, places)


def _number(value: int) -> Any:
    return ir.Constant(ir.IntType(32), value)
