"""Where claims are tried: at the places where f or the claim changes, beside and between them, and far out.

A guard is an expression that is 0 where a function of the table has a kink, a jump or an edge, or where the
two sides of a comparison are equal. Its zeros are solved for exactly where each step to a variable has an
inverse; they are places to try, so that one that is missed, or is none, makes no verdict false.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, pairwise, product

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import ZERO, Expr, exact, is_leaf, make, number, substitute, symbol, variables, walk
from dcalc.numbers.real import evaluate
from dcalc.proof.equality import zeros_of
from dcalc.simplify import simplify
from dcalc.tape import expand, in_order

Place = Mapping[str, "float | Expr"]

_MOST_GUARDS = 40
_MOST_ROOTS = 60
_MOST_PLACES = 160
"""Places of expressions in several variables, which combine."""
_MOST_STARTS = 48
"""Places from which zeros of guards in several variables are solved for, over all guards."""
_FEW_PLACES = 24
"""As many, where they only confirm a proof."""
_FEW_STARTS = 2
_LARGEST = Fraction(1 << 1000)
_NEAR = 1e-6
_MOST_NODES = 400
"""Guards of larger expressions are not looked for: their zeros would have no inverse."""
_SCALES = (10, 20, 100, 1e3, 1e5, 1e8, 1e12, 1e20, 1e50, 1e100, 1e200, 1e300)
_TINY = (1e-3, 1e-8, 1e-20, 1e-100, 1e-300)
_TURNS = (0, 1, -1, 2, -2)
"""How many periods away the zeros of periodic functions are looked for."""
_PART = number(Fraction(381966, 1000000))
_BESIDE = (Fraction(1, 128), Fraction(-1, 128), Fraction(1), Fraction(-1))

_INVERSES: Mapping[str, tuple[str, ...]] = {
    "exp": ("log(c)",), "log": ("exp(c)",), "sqrt": ("c**2",), "cbrt": ("c**3",), "abs": ("c", "-c"),
    "sin": ("asin(c) + 2*k*pi", "pi - asin(c) + 2*k*pi"), "cos": ("acos(c) + 2*k*pi", "-acos(c) + 2*k*pi"),
    "tan": ("atan(c) + k*pi",), "sinpi": ("asin(c)/pi + 2*k", "1 - asin(c)/pi + 2*k"),
    "cospi": ("acos(c)/pi + 2*k", "-acos(c)/pi + 2*k"), "asin": ("sin(c)",), "acos": ("cos(c)",), "atan": ("tan(c)",),
    "sinh": ("asinh(c)",), "cosh": ("acosh(c)", "-acosh(c)"), "tanh": ("atanh(c)",), "asinh": ("sinh(c)",),
    "acosh": ("cosh(c)",), "atanh": ("tanh(c)",), "sigmoid": ("logit(c)",), "logit": ("sigmoid(c)",),
    "erf": ("erfinv(c)",), "erfinv": ("erf(c)",), "softplus": ("logexpm1(c)",), "expm1": ("log1p(c)",),
    "log1p": ("expm1(c)",), "log2": ("2**c",), "log10": ("10**c",), "exp2": ("log2(c)",), "exp10": ("log10(c)",),
    "relu": ("c",), "sign": ("0",), "step": ("0",), "floor": ("c", "c + 1"), "ceil": ("c", "c - 1"),
    "frac": ("c + k",), "round": ("c - 1/2", "c + 1/2"), "trunc": ("c", "c + 1", "c - 1"),
}  # fmt: skip
"""Functions of one argument: by name, what their argument is where their value is c, with any whole k."""
_BINARY: Mapping[tuple[str, int], tuple[str, ...]] = {
    ("-", 0): ("c + v",), ("-", 1): ("v - c",), ("/", 0): ("c*v",), ("/", 1): ("v/c",),
    ("max", 0): ("c",), ("max", 1): ("c",), ("min", 0): ("c",), ("min", 1): ("c",),
    ("**", 1): ("log(c)/log(v)",), ("mod", 0): ("c + k*v",),
}  # fmt: skip
"""Functions of two arguments: by name and place, what that argument is where the other is v and the value is c."""


def find_guards(*roots: Expr) -> list[Expr]:
    """The guards of expressions: what is 0 wherever one of them may fail to be smooth or to be defined."""
    nodes, _ = in_order(*roots)
    if len(nodes) > _MOST_NODES:
        return []
    guards: dict[Expr, None] = {}
    for node in nodes:
        if is_leaf(node):
            continue
        for guard in _own_guards(node):
            simple = simplify(guard)
            if variables(simple) and len(guards) < _MOST_GUARDS:
                guards[simple] = None
    return list(guards)


def _own_guards(node: Expr) -> Iterator[Expr]:
    row = node.op
    if row is table.MUL:
        yield from node.args  # what jumps may not where its factor is 0
    names = row.args
    if len(names) != len(node.args) or row.variadic:
        return
    values = dict(zip(names, node.args, strict=True))
    texts = [row.kinks] if row.kinks else []
    for text in texts:
        yield rules.fill(text, names, values)
    if row.domain:
        choice = rules.fill(f"where({row.domain}, 0, 1)", names, values)
        for part in walk(choice):
            if part.op in _COMPARISONS:
                yield make(table.SUB, *part.args)


_COMPARISONS = frozenset((table.LT, table.LE, table.GT, table.GE, table.EQ, table.NE))


def solve_guard(guard: Expr, name: str) -> list[Expr]:
    """Exact zeros of an expression in one variable, as far as inverses lead to them."""
    roots: dict[Expr, None] = {}
    stack: list[tuple[Expr, Expr]] = [(guard, ZERO)]
    while stack and len(roots) < _MOST_ROOTS:
        node, value = stack.pop()
        if node.op is table.SYMBOL:
            roots[value] = None
            continue
        stack += [(part, simplify(one)) for part, one in _invert(node, value, name)]
    return [root for root in roots if math.isfinite(_to_double(root))]


def _invert(node: Expr, value: Expr, name: str) -> Iterator[tuple[Expr, Expr]]:
    """Pairs (argument, its value) under which a node has a value; none where its inverse is not known."""
    meaning = None if is_leaf(node) else expand(node)
    if meaning is not None:
        yield meaning, value
        return
    moving = [] if is_leaf(node) else [place for place, arg in enumerate(node.args) if name in variables(arg)]
    if len(moving) != 1:
        yield from _invert_polynomial(node, value, name) if moving else ()
        return
    (place,) = moving
    arg = node.args[place]
    others = [one for index, one in enumerate(node.args) if index != place]
    if node.op is table.WHERE and place:
        yield arg, value
    elif node.op is table.ADD or node.op is table.MUL:
        if node.op is table.MUL and any(exact(one) == 0 for one in others):
            return
        rest = others[0] if len(others) == 1 else make(node.op, *others)
        yield arg, make(table.SUB if node.op is table.ADD else table.DIV, value, rest)
    elif node.op is table.NEG:
        yield arg, make(table.NEG, value)
    elif node.op is table.POW and place == 0:
        yield from ((arg, root) for root in _roots(value, others[0]))
    else:
        texts = _INVERSES.get(node.op.key, ()) if len(node.args) == 1 else _BINARY.get((node.op.key, place), ())
        rest = others[0] if others else ZERO
        for text in texts:
            for turn in _TURNS if "k" in text else (0,):
                yield arg, rules.fill(text, ("c", "k", "v"), {"c": value, "k": number(turn), "v": rest})


def _roots(value: Expr, exponent: Expr) -> Iterator[Expr]:
    """What has a value as its power, where the exponent is a number."""
    power = exact(exponent)
    if power:
        odd = isinstance(power, int) and power % 2
        root = rules.fill("root(c, n)" if odd else "c**(1/n)", ("c", "n"), {"c": value, "n": exponent})
        yield root
        if isinstance(power, int) and not odd:
            yield make(table.NEG, root)


def _invert_polynomial(node: Expr, value: Expr, name: str) -> Iterator[tuple[Expr, Expr]]:
    """The zeros of a polynomial in the variable, or in one function of it."""
    goal = exact(value)
    if goal is None:
        return
    for atom in _atoms(node, name):
        x = symbol("argument")
        inside = _replace(node, atom, x)
        if variables(inside) != ["argument"]:
            continue
        for zero in zeros_of(make(table.SUB, inside, number(goal)), "argument"):
            yield atom, zero.expression or number(zero.middle)
        return


def _atoms(node: Expr, name: str) -> Iterator[Expr]:
    """The variable itself, and functions of one argument that hold it, smallest first."""
    yield symbol(name)
    for part in walk(node):
        if not is_leaf(part) and len(part.args) == 1 and part.op is not table.NEG and name in variables(part):
            yield part


def _replace(root: Expr, old: Expr, new: Expr) -> Expr:
    """The expression with a part of it replaced."""
    images: dict[int, Expr] = {}
    for node in walk(root):
        if node is old:
            images[node.id] = new
        else:
            images[node.id] = node if is_leaf(node) else make(node.op, *(images[arg.id] for arg in node.args))
    return images[root.id]


def _to_double(root: Expr) -> float:
    return evaluate(root)


# --- places to try ------------------------------------------------------------------------


def critical_places(
    guards: Sequence[Expr], names: Sequence[str], bases: Sequence[Place], *, few: bool = False
) -> Iterator[Place]:
    """Places on guards' zeros, beside them and between them; the same in every run.

    ``few``: of several variables some alone, to confirm what is proved.
    """
    share = max(1, len(names) - 2)  # each costs more with every variable
    most = _FEW_PLACES if few else max(1, _MOST_PLACES // share)
    if len(names) == 1:
        (name,) = names
        yield from ({name: value} for value in _critical_values(guards, name))
        return
    own = {name: [guard for guard in guards if variables(guard) == [name]] for name in names}
    values = {name: [*_critical_values(own[name], name)] for name in names}
    shared = [guard for guard in guards if len(variables(guard)) > 1]
    yield from _combine_zeros(own, bases[0])
    places = [*_combine(values, bases, names)]
    yield from _spread_out(places, most)
    if few:
        starts = list(bases[:_FEW_STARTS])
    else:
        starts = [
            *bases[: 1 + len(bases) // share],
            *_spread_out(places, max(4, _MOST_STARTS // max(share, len(shared)))),
        ]
    on = [place for guard in shared for base in starts for place in _on_surface(guard, base)]
    yield from _spread_out(on, most)


def _combine_zeros(own: Mapping[str, Sequence[Expr]], base: Place) -> Iterator[Place]:
    """The places at which guards of several single variables are 0 together: none of them is left out as too many."""
    zeros = {name: [plain_value(root) for root in _find_zeros(own[name], name)] for name in own}
    held = [name for name in own if zeros[name]]
    if len(held) > 1:
        for combination in islice(product(*(zeros[name] for name in held)), _MOST_PLACES):
            yield {**base, **dict(zip(held, combination, strict=True))}


def _combine(values: Mapping[str, list[float | Expr]], plain: Sequence[Place], names: Sequence[str]) -> Iterator[Place]:
    """Critical values of one variable with plain ones of the others, then with each other."""
    for name in names:
        for value in values[name]:
            for base in plain[:4]:
                yield {**base, name: value}
    held = [name for name in names if values[name]]
    if len(held) > 1:
        for combination in islice(product(*(values[name] for name in held)), 4 * _MOST_PLACES):
            yield {**plain[0], **dict(zip(held, combination, strict=True))}


def _spread_out(places: Sequence[Place], most: int) -> list[Place]:
    """Some of many places, evenly."""
    step = max(1, -(-len(places) // most))
    return [*places[::step]]


def _on_surface(guard: Expr, base: Place) -> Iterator[Place]:
    """Places on the zeros of a guard and beside them, one variable solved for and the others as given."""
    fixed = {name: _to_exact(value) for name, value in base.items()}
    for name in variables(guard):
        line = simplify(substitute(guard, {other: value for other, value in fixed.items() if other != name}))
        for root in solve_guard(line, name)[:8]:
            yield {**base, name: plain_value(root)}
            for beside in _beside(root):
                yield {**base, name: beside}


def _critical_values(guards: Iterable[Expr], name: str) -> list[float | Expr]:
    """Zeros of guards in one variable, then what is beside and between them."""
    zeros = _find_zeros(guards, name)
    values: list[float | Expr] = [plain_value(root) for root in zeros[:_MOST_ROOTS]]
    ordered = sorted(zeros, key=lambda root: (_to_double(root), exact(root) or 0))
    values += [_between(low, high) for low, high in pairwise(ordered)]
    values += [one for root in ordered for one in _beside(root)]
    return list(dict.fromkeys(values))


def _find_zeros(guards: Iterable[Expr], name: str) -> list[Expr]:
    """The zeros of guards in one variable, those near 0 first."""
    roots = dict.fromkeys(root for guard in guards for root in solve_guard(guard, name))
    return sorted(roots, key=lambda root: abs(_to_double(root)))


def _between(low: Expr, high: Expr) -> float | Expr:
    """The middle of two constants, exactly where doubles do not tell them apart well."""
    ends = _to_double(low), _to_double(high)
    if ends[1] - ends[0] > _NEAR * abs(ends[0]):
        return ends[0] + (ends[1] - ends[0]) / 2
    return plain_value(simplify(rules.fill("(a + b)/2", ("a", "b"), {"a": low, "b": high})))


def plain_value(value: Expr) -> float | Expr:
    """A constant as a double where that is exact, so that it reads as what was typed."""
    rational = exact(value)
    if rational is None or abs(Fraction(rational)) > _LARGEST:
        return value
    double = float(rational)
    return double if Fraction(double) == rational else value


def _beside(root: Expr) -> list[float]:
    """Doubles beside a zero, by a part of its size and by its whole size."""
    at = _to_double(root)
    size = max(abs(at), 2.0**-40) if at else 1.0
    return [one for step in _BESIDE if math.isfinite(one := at + float(step) * size)]


def move_off_steps(place: Place) -> dict[str, float | Expr]:
    """The place a part of 1 further on, exactly: large doubles are integers, at which functions of steps jump."""
    return {name: plain_value(simplify(make(table.ADD, _to_exact(value), _PART))) for name, value in place.items()}


def _to_exact(value: float | Expr) -> Expr:
    return value if isinstance(value, Expr) else number(Fraction(value))


def far_places(names: Sequence[str], base: Place) -> Iterator[Place]:
    """Places at all scales: one variable at a time, then all of them, with both signs."""
    sizes = [*_SCALES, *_TINY]
    if not names:
        return
    for size in sizes:
        for sign in (1.0, -1.0):
            if len(names) > 1:
                for name in names:
                    yield {**base, name: sign * size}
            yield dict.fromkeys(names, sign * size)
            if len(names) > 1:
                yield {name: sign * size * (-1) ** place for place, name in enumerate(names)}
