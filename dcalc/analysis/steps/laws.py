"""The rules by their names, and what each says in general."""

from __future__ import annotations

from dcalc import functions as table
from dcalc.analysis.steps.told import Told
from dcalc.expr import Expr, exact


def rule(told: Told, node: Expr) -> tuple[str, str]:
    """The name of the rule that the engine applies to a node, and what it says in general."""
    op = node.op
    moving = told.moving(node)
    if not moving:
        return ("variable", "x' = 1") if told.moves(node) else ("constant rule", "c' = 0")
    if node.id in told.bodies:
        return (f"pairs of {op.name}" if op.fold else f"definition of {op.name}"), ""
    if op is table.ADD:
        return "sum rule", "(u + v)' = u' + v'"
    if op is table.MUL:
        return _of_product(node, moving)
    chain = ", chain rule" if any(arg.op is not table.SYMBOL for arg in moving) else ""
    name, formula = _of_power(told, node) if op is table.POW else (f"table rule of {op.name}", _law(node))
    return name + chain, formula


def _of_product(node: Expr, moving: list[Expr]) -> tuple[str, str]:
    if len(moving) == 1:
        return "constant multiple rule", "(c*u)' = c*u'"
    if any(_is_below(arg) for arg in moving) and not all(_is_below(arg) for arg in node.args):
        return "quotient rule", "(u/v)' = u'/v - u*v'/v**2"
    return "product rule", "(u*v)' = u'*v + u*v'"


def _is_below(factor: Expr) -> bool:
    value = exact(factor.args[1]) if factor.op is table.POW else None
    return value is not None and value < 0


def _of_power(told: Told, node: Expr) -> tuple[str, str]:
    base, exponent = node.args
    if not told.moves(exponent):
        return "power rule", "(u**n)' = n*u**(n - 1)*u'"
    if not told.moves(base):
        return "exponential rule", "(a**u)' = log(a)*a**u*u'"
    return "general power rule", "(u**v)' = v*u**(v - 1)*u' + log(u)*u**v*v'"


def _law(node: Expr) -> str:
    """What the table says of a function: `sin(x)' = cos(x)*x'`."""
    row = node.op
    called = f"{row.name}({', '.join(row.args)})"
    if row.tangent:
        return f"{called}' = {row.tangent}"
    terms = [
        f"({text})*{name}'" if "+" in text or "-" in text or "/" in text else f"{text}*{name}'"
        for text, name in zip(row.partials, row.args, strict=False)
        if text not in (None, "0")
    ]
    return f"{called}' = {' + '.join(terms)}" if terms else ""
