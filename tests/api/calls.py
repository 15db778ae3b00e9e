"""Calls of the public names with the types that they have: read by a type checker and run by a test."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import assert_type

import numpy as np
import polars as pl
from numpy.typing import NDArray

import dcalc


def frame() -> pl.DataFrame:
    """A frame of Polars, which has types."""
    return pl.DataFrame({"x": [1.0]})


def main() -> None:
    """Everything once."""
    x, y = dcalc.symbols("x y")
    f = dcalc.parse("x**2*sin(x)")
    assert_type(f, dcalc.Expression)
    assert_type(2 * x + y / 3 - Fraction(1, 2) ** x, dcalc.Expression)
    assert_type(dcalc.sin(x) + abs(y), dcalc.Expression)
    assert_type(dcalc.where((x < 1) & (y >= 2), x, dcalc.pi), dcalc.Expression)
    assert_type(f.variables, tuple[str, ...])
    derivative = dcalc.diff(f, "x", order=1)
    assert_type(derivative, dcalc.Derivative)
    result = derivative.at(x=1.0)
    assert_type(result, dcalc.Result)
    assert_type(result.value, float | None)
    assert_type(result.enclosure, tuple[float, float] | None)
    assert_type(result.digits(50), str)
    if result.status == "not_differentiable":
        assert_type(result.left, float | None)
    gradient: dict[str, dcalc.Result] = dcalc.grad("x*y").at(x=1, y="pi/2")
    assert_type(gradient["x"], dcalc.Result)
    assert_type(dcalc.hessian("x*y")["x"]["y"], dcalc.Derivative)
    assert_type(dcalc.jacobian(["x*y", f]).at(x=1, y=2)["f1"]["x"], dcalc.Result)
    assert_type(float(dcalc.evaluate("x", x=1)), float)
    assert_type(dcalc.limit("sin(x)/x", x=0, side="right"), dcalc.Result)
    assert_type(dcalc.limit(f / x, {"x": "inf"}, wrt=x).value, float | None)
    values, slopes = dcalc.compile(f, wrt="x")(x=np.linspace(0, 1, 5))
    assert_type(values, NDArray[np.float64])
    assert_type(slopes, NDArray[np.float64])
    _, (by_x, by_y) = dcalc.compile("x*y", wrt=("x", "y"), mode="certify")(x=[1.0], y=2.0)
    assert_type(by_y, NDArray[np.float64])
    assert by_x.tolist() == [2.0]
    everything = dcalc.compile("x", wrt="x").evaluate({"x": 1.0})
    assert_type(everything.statuses, NDArray[np.str_])
    mapper = dcalc.Mapper({"f": f, "g": "x**2"}, x, value=True, mode="bound")
    assert_type(mapper.variables, tuple[str, ...])
    assert_type(mapper(frame()), dcalc.BatchStream)
    for part in mapper(frame()):
        assert_type(part, dcalc.Batch)
        assert_type(dcalc.Mapper("x", prefix="d_")(part), dcalc.Batch)
    assert_type(dcalc.from_function(lambda t: t * t + 1), dcalc.Expression)
    solutions = dcalc.solve("x**2 - 2", (0, math.inf))
    assert_type(solutions, dcalc.Solutions)
    assert_type([zero.exact for zero in solutions], list[dcalc.Expression | None])
    assert_type(solutions[0], dcalc.Zero)
    curve = dcalc.study("x**3 - x")
    assert_type(curve.extrema, tuple[dcalc.Feature, ...])
    assert_type(curve.extrema[0].f, float | None)
    assert_type(0.5 in curve.domain[0], bool)
    assert_type(dcalc.tangent(x * x, x=1).lines[0], dcalc.Line)
    measured = dcalc.propagate(x * y, {"x": (2, 0.1), "y": "3.0±1%"}, correlations={("x", "y"): 0.5})
    assert_type(measured.uncertainty, float | None)
    assert_type(dcalc.implicit("x**2 + y**2 = 25", of="y", wrt=x, at={"x": 3, "y": 4}).derivative, dcalc.Expression)
    check = dcalc.check_gradient(lambda t: t * t, lambda t: 2 * t, at={"t": 3.0})
    assert_type(check.slip, str | None)
    assert check
    try:
        float(dcalc.evaluate("log(x)", x=-1))
    except dcalc.NoValue as error:
        assert_type(error.message, str)
    problem = dcalc.Problem(f.node, ("x",), {"x": 1.0})
    assert problem.order == 1
    assert dcalc.Capabilities(orders=(1, 1)).cover(problem)


if __name__ == "__main__":
    main()
