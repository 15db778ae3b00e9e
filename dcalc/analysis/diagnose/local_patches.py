"""Series patches of sums that cancel at a point, close to where they vanish and far out."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from dcalc import functions as table
from dcalc.analysis.diagnose.rational import combine
from dcalc.expr import Expr, exact, make, number, substitute, symbol, variables
from dcalc.simplify import Build, rebuild
from dcalc.stable.polynomial_patches import NAME, find_cores, find_patch, in_terms_of, near, write_patch


def patch_sum(root: Expr, build: Build, values: dict[int, float]) -> Iterator[tuple[Expr, Expr]]:
    """(condition, polynomial) for a sum that depends on one quantity which is close to 0 or to a plain number.

    ``values`` are doubles of the nodes below the root, by id.
    """
    for core in find_cores(root, build):
        value = values.get(core.id)
        if value is None or not abs(value) <= 50:
            continue
        inner = in_terms_of(root, core, build)
        for center in dict.fromkeys((Fraction(0), Fraction(value).limit_denominator(2))):
            distance = abs(Fraction(value) - center)
            if distance > 1:
                continue
            patch = find_patch(inner, NAME, center, float(distance))
            if patch is not None:
                quantity = core if not center else build.add([core, build.number(-center)])
                yield near(quantity, patch.radius), write_patch(patch, quantity, build)


def patch_far(root: Expr, build: Build, values: dict[int, float]) -> Iterator[tuple[Expr, Expr]]:
    """(condition, form) for an expression of one variable that is large: its parts that cancel as series in 1/x."""
    names = variables(root)
    if len(names) != 1:
        return
    x, t = symbol(names[0]), symbol(NAME)
    value = values.get(x.id)
    if not value or abs(value) < 2:
        return
    inverse = make(table.POW, t, number(-1))
    whole = combine(rebuild(substitute(root, {names[0]: inverse}), build), build)
    if whole is None:
        return
    factors, radius, patched = [], Fraction(1), False
    for factor in whole.args if whole.op is table.MUL else (whole,):
        base, exponent = factor.args if factor.op is table.POW else (factor, number(1))
        patch = find_patch(base, NAME, Fraction(0), abs(1 / value)) if base.op is table.ADD else None
        if patch is not None:
            radius, patched = min(radius, patch.radius), True
            base = write_patch(patch, t, build)
        factors.append(base if exact(exponent) == 1 else make(table.POW, base, exponent))
    if not patched:
        return
    product = factors[0] if len(factors) == 1 else make(table.MUL, *factors)
    form = substitute(product, {NAME: make(table.DIV, number(1), x)})
    yield make(table.GT, make(table.ABS, x), number(1 / radius)), form


def remainder(node: Expr, value: float, build: Build) -> tuple[Expr, Expr] | None:
    """(condition, polynomial) of f(s) - s for a node f(s) with a small s of a known value; None where there is none."""
    t = symbol(NAME)
    patch = find_patch(make(table.SUB, make(node.op, t), t), NAME, Fraction(0), abs(value))
    if patch is None:
        return None
    return near(node.args[0], patch.radius), write_patch(patch, node.args[0], build)
