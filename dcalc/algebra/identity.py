"""Whether two expressions are the same function: exact arithmetic with their parts as atoms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from flint import acb, fmpq, fmpq_mpoly, fmpz_poly

from dcalc import functions as table
from dcalc import rules
from dcalc.algebra.field import Beyond, Field, Finer, Quotient
from dcalc.algebra.transcendental import Condition, Functions
from dcalc.expr import Expr, symbol
from dcalc.functions import Row
from dcalc.simplify import simplify
from dcalc.tape import in_order

MOST_NODES = 2_000
_TRIES = 6

WRITTEN = {
    "tan": "sin(x)/cos(x)",
    "sec": "1/cos(x)",
    "csc": "1/sin(x)",
    "cot": "cos(x)/sin(x)",
    "sinpi": "sin(pi*x)",
    "cospi": "cos(pi*x)",
    "acos": "pi/2 - asin(x)",
    "acot": "atan(1/x)",
    "acsc": "asin(1/x)",
    "asec": "pi/2 - asin(1/x)",
    "sinh": "(exp(x) - exp(-x))/2",
    "cosh": "(exp(x) + exp(-x))/2",
    "tanh": "(exp(2*x) - 1)/(exp(2*x) + 1)",
    "sech": "2/(exp(x) + exp(-x))",
    "csch": "2/(exp(x) - exp(-x))",
    "coth": "(exp(2*x) + 1)/(exp(2*x) - 1)",
    "asinh": "log(x + sqrt(1 + x**2))",
    "acosh": "log(x + sqrt(x - 1)*sqrt(x + 1))",
    "atanh": "log((1 + x)/(1 - x))/2",
    "acoth": "log((x + 1)/(x - 1))/2",
    "exp2": "2**x",
    "expm1": "exp(x) - 1",
    "log1p": "log(1 + x)",
    "log2": "log(x)/log(2)",
    "log10": "log(x)/log(10)",
    "sqrt": "x**(1/2)",
    "hypot": "sqrt(u**2 + v**2)",
    "sigmoid": "1/(1 + exp(-x))",
    "softplus": "log(1 + exp(x))",
    "logit": "log(p/(1 - p))",
    "relu": "where(x >= 0, x, 0)",
    "step": "where(x >= 0, 1, 0)",
    "sinc": "sin(x)/x",
    "erfc": "1 - erf(x)",
    "mod": "x - y*floor(x/y)",
    "frac": "x - floor(x)",
    "ceil": "-floor(-x)",
    "xlogx": "x*log(x)",
    "xlogy": "x*log(y)",
    "xlog1py": "x*log(1 + y)",
    "max": "where(a >= b, a, b)",
    "min": "where(a <= b, a, b)",
}
"""Functions in terms of few; each line holds wherever the function is defined."""


class Equality(NamedTuple):
    """Two expressions are equal where both are defined.

    ``everywhere``: the second has no condition that the first lacks. Otherwise ``points`` are
    the values of ``name`` to look at, and ``all_points`` tells whether there are no others.
    """

    everywhere: bool
    name: str = ""
    points: tuple[Fraction, ...] = ()
    all_points: bool = False


def equality(known: Sequence[Expr], first: Expr, second: Expr) -> Equality | None:
    """Whether ``second`` is proved to equal ``first``; None where it is not.

    ``known`` are expressions whose conditions hold anyway. Cost: milliseconds; bounded.
    """
    scales: dict[str, int] = {}
    for _ in range(_TRIES):
        try:
            return _equality(scales, known, first, second)
        except Finer:
            continue
        except (Beyond, LookupError, ZeroDivisionError, OverflowError):
            return None
    return None


def _equality(scales: dict[str, int], known: Sequence[Expr], first: Expr, second: Expr) -> Equality | None:
    signs = _signs(scales, (*known, first))
    functions = Functions(Field(scales), signs)
    values = _Values(functions)
    for root in known:
        values.of(root)
    given = dict(functions.conditions)
    truth = values.of(first)
    excused = dict(functions.conditions)
    functions.conditions = {}
    claim = values.of(second, anew=True)
    needed = functions.conditions
    differ = functions.field.add(claim, functions.field.neg(truth))
    if not differ.above.is_zero():
        claim = values.of(simplify(second), anew=True)
        if not functions.field.add(claim, functions.field.neg(truth)).above.is_zero():
            return None
    return _domains(functions.field, given, excused, needed)


def _signs(scales: dict[str, int], known: Sequence[Expr]) -> dict[str, int]:
    """By polynomial the sign that it has, or is 0, wherever these expressions are defined."""
    functions = Functions(Field(scales), {})
    values = _Values(functions)
    for root in known:
        values.of(root)
    found = {}
    for (kind, key), poly in functions.conditions.items():
        if kind in ("positive", "nonnegative") and poly is not None:
            found[str(poly)] = -1 if key.startswith("-(") else 1
    return found


Conditions = Mapping[Condition, "fmpq_mpoly | None"]


def _domains(field: Field, given: Conditions, excused: Conditions, needed: Conditions) -> Equality:
    """What the second expression needs beyond the first; ``given`` is what f itself needs."""
    positive = {key for kind, key in excused if kind == "positive"}
    more = {
        condition: poly
        for condition, poly in needed.items()
        if condition not in excused and not (condition.kind == "nonnegative" and condition.key in positive)
    }
    more.update((Condition("nonzero", key), poly) for key, poly in field.cancelled.items())
    formal = {condition: poly for condition, poly in needed.items() if condition in excused}
    more = {condition: poly for condition, poly in more.items() if condition not in given}
    names = {key[len("symbol ") :]: place for key, place in field.atoms.items() if key.startswith("symbol ")}
    if not more and len(names) != 1:
        return Equality(True)
    name, place = next(iter(names.items()), ("", 0))
    points: set[Fraction] = set()
    complete = True
    for condition, poly in more.items():
        roots = _roots(poly, place) if poly is not None and len(names) == 1 else None
        complete = complete and roots is not None and condition.kind == "nonzero"
        points.update(roots or ())
    for condition, poly in formal.items():  # the derivative's text may have gaps where there is one
        if condition not in given and poly is not None:
            points.update(_roots(poly, place) or ())
    return Equality(complete and not points, name, tuple(sorted(points)), complete)


def _roots(poly: fmpq_mpoly, place: int) -> list[Fraction] | None:
    """The real zeros of a polynomial without factors in one variable; None where they are no rationals."""
    terms = poly.to_dict()
    if any(power for powers in terms for i, power in enumerate(powers) if i != place):
        return None
    degrees = {powers[place]: fmpq(value) for powers, value in terms.items()}
    if max(degrees) == 1:
        root = -degrees.get(0, fmpq(0)) / degrees[1]
        return [Fraction(int(root.p), int(root.q))]
    scale = 1
    for value in degrees.values():
        scale *= int(value.q)
    whole = fmpz_poly([int((degrees.get(k, fmpq(0)) * scale).p) for k in range(max(degrees) + 1)])
    return None if any(0 in root.imag for root in _complex_roots(whole)) else []


def _complex_roots(poly: fmpz_poly) -> list[acb]:
    """The zeros as enclosures; those of a polynomial without factors are single."""
    return [root for root, _ in poly.complex_roots()]  # type: ignore[misc,has-type]  # pairs, which the stubs do not know


class _Values:
    """Expressions to elements of one field."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self.field = functions.field
        self.done: dict[int, Quotient] = {}

    def of(self, root: Expr, *, anew: bool = False) -> Quotient:
        """The element that an expression is; ``anew`` to meet all of its conditions again."""
        if anew:
            self.done = {}
        stack = [root]
        while stack:
            node = stack[-1]
            if node.id in self.done:
                stack.pop()
                continue
            order, inner = in_order(node)
            if len(order) > MOST_NODES:
                raise Beyond
            self._run(order, inner)
        return self.done[root.id]

    def _run(self, order: Sequence[Expr], inner: dict[int, Expr]) -> None:
        for node in order:
            if node.id in self.done:
                continue
            meaning = inner.get(node.id)
            self.done[node.id] = self.done[meaning.id] if meaning is not None else self._node(node)

    def _node(self, node: Expr) -> Quotient:
        op = node.op
        if op is table.NUMBER:
            return self.field.number(node.args[0])
        if op is table.SYMBOL:
            return self.functions.symbol(node.args[0])
        args = [self.done[arg.id] for arg in node.args]
        rule = _RULES.get(op)
        if rule is not None:
            return rule(self.functions, args)
        if op.name in WRITTEN and len(op.args) == len(args):
            return self._written(op, args)
        domain = bool(op.domain)
        if op.parity and args:
            return self._with_parity(op, args[0], domain)
        return self.functions.opaque(op.key, args, domain)

    def _with_parity(self, op: Row, arg: Quotient, domain: bool) -> Quotient:
        """An odd or even function of an argument whose leading coefficient is positive."""
        negative = not arg.above.is_zero() and arg.above.leading_coefficient() < 0
        value = self.functions.opaque(op.key, [self.field.neg(arg) if negative else arg], domain)
        return self.field.neg(value) if negative and op.parity == "odd" else value

    def _written(self, op: Row, args: list[Quotient]) -> Quotient:
        """A function by its line in WRITTEN, with elements in the places of the arguments."""
        names = {name: symbol(f"argument {name}") for name in op.args}
        text = rules.filled(WRITTEN[op.name], op.args, names)
        inside = _Values(self.functions)
        for name, value in zip(op.args, args, strict=True):
            inside.done[names[name].id] = value
        return inside.of(text)


Rule = Callable[[Functions, list[Quotient]], Quotient]


def _sum(functions: Functions, args: list[Quotient]) -> Quotient:
    total = functions.field.zero
    for arg in args:
        total = functions.field.add(total, arg)
    return total


def _product(functions: Functions, args: list[Quotient]) -> Quotient:
    total = functions.field.one
    for arg in args:
        total = functions.field.mul(total, arg)
    return total


def _difference(functions: Functions, args: list[Quotient]) -> Quotient:
    return functions.field.add(args[0], functions.field.neg(args[1]))


def _chosen(functions: Functions, args: list[Quotient]) -> Quotient:
    field, (condition, first, second) = functions.field, args
    return field.add(second, field.mul(condition, field.add(first, field.neg(second))))


def _not(functions: Functions, value: Quotient) -> Quotient:
    return functions.field.add(functions.field.one, functions.field.neg(value))


def _less(functions: Functions, args: list[Quotient]) -> Quotient:
    return functions.choice("negative", _difference(functions, args))


def _equal(functions: Functions, args: list[Quotient]) -> Quotient:
    return functions.choice("zero", _difference(functions, args))


def _log_sum(functions: Functions, args: list[Quotient]) -> Quotient:
    return functions.log(_sum(functions, [functions.exp(arg) for arg in args]))


_RULES: dict[Row, Rule] = {
    table.ADD: _sum,
    table.SUB: _difference,
    table.NEG: lambda functions, args: functions.field.neg(args[0]),
    table.MUL: _product,
    table.DIV: lambda functions, args: functions.divide(*args),
    table.POW: lambda functions, args: functions.power(*args),
    table.E: lambda functions, _: functions.exp(functions.field.one),
    table.PI: lambda functions, _: functions.pi,
    table.EXP: lambda functions, args: functions.exp(args[0]),
    table.LOG: lambda functions, args: functions.log(args[0]),
    table.SIN: lambda functions, args: functions.turn(args[0])[1],
    table.COS: lambda functions, args: functions.turn(args[0])[0],
    table.ABS: lambda functions, args: functions.abs(args[0]),
    table.SIGN: lambda functions, args: functions.sign(args[0]),
    table.CBRT: lambda functions, args: functions.cube_root(args[0]),
    table.LOGSUMEXP: _log_sum,
    table.WHERE: _chosen,
    table.LT: _less,
    table.GT: lambda functions, args: _less(functions, args[::-1]),
    table.GE: lambda functions, args: _not(functions, _less(functions, args)),
    table.LE: lambda functions, args: _not(functions, _less(functions, args[::-1])),
    table.EQ: _equal,
    table.NE: lambda functions, args: _not(functions, _equal(functions, args)),
    table.AND: _product,
    table.OR: lambda functions, args: _not(functions, _product(functions, [_not(functions, arg) for arg in args])),
    table.NOT: lambda functions, args: _not(functions, args[0]),
}
