"""Operations on single numbers that array libraries have under the same names."""

from __future__ import annotations

from dcalc import functions as table
from dcalc.api.programs import traced_arrays as a


def _row(name: str, count: int = 1) -> a.Operation:
    row = table.find(name, count)
    assert row is not None, name
    return a.call(row)


ELEMENTARY: dict[str, a.Operation] = {
    **{name: _row(name) for name in (
        "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log1p sqrt cbrt abs sign floor "
        "ceil erf erfc digamma lgamma sigmoid trunc log2 log10").split()},
    "atan2": _row("atan2", 2),
    "add": a.add, "sub": a.subtract, "mul": a.multiply, "neg": a.negate, "div": a.call(table.DIV), "pow": a.power,
    "square": lambda x: a.power(x, 2), "rsqrt": a.text("1/sqrt(x)", "x"), "reciprocal": a.text("1/x", "x"),
    "max": a.larger, "min": a.smaller, "maximum": a.larger, "minimum": a.smaller,
    "lt": a.compare(table.LT), "le": a.compare(table.LE), "gt": a.compare(table.GT), "ge": a.compare(table.GE),
    "eq": a.compare(table.EQ), "ne": a.compare(table.NE),
    "logical_and": a.both, "logical_or": a.either, "logical_not": a.invert,
    "fmod": _row("fmod", 2),
}  # fmt: skip
"""By names that NumPy, JAX and PyTorch share."""
