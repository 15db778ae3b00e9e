"""Limits as x tends to infinity: an expression is rewritten in an asymptotic scale, children first, and read there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

from flint import arb

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import Undefined
from dcalc.expr import ONE, ZERO, Expr, is_leaf, make, number, substitute, symbol
from dcalc.functions import Row
from dcalc.proof.budget import Budget, limit_work
from dcalc.proof.constant import Constant, NeedMoreBits, function_value, rational
from dcalc.tape import expand
from dcalc.verdict.asymptotic_scale import FinerPhase, Phase, Scale, Swinging, Tendency, Valueless
from dcalc.verdict.at_infinity import AT_INFINITY
from dcalc.verdict.coefficients import as_rational, cosine_of, minus, negative, plus, raised, sine_of, times
from dcalc.verdict.operation_rules import RELATIONS
from dcalc.verdict.oscillation import is_whole
from dcalc.verdict.scale import NeedMoreTerms, Undecidable, order_of
from dcalc.verdict.series import NoValue, OpenQuestion

# --- phases ------------------------------------------------------------------------------------
# Sines and steps of arguments that tend to infinity, in an asymptotic scale: unknown numbers within bounds.
#
# A phase is such an argument, modulo 2*pi as a sine and a cosine with their identities, or modulo 1 as a fractional
# part. What does not depend on it is a limit all the same; what does is shown to, by the values that the phase has
# again and again.


_MOST_MULTIPLE = 8
"""Multiples of an angle that are written by its sine and cosine."""


class PhasedScale(Scale):
    """A scale with the rules for functions that oscillate, choose, or go in steps."""

    def turn(self, u: Expr) -> tuple[Expr, Expr]:
        """(sin(u), cos(u)) of an argument that tends to infinity: of a phase, and of what it differs by."""
        for place, phase in enumerate(self.phases):
            ratio = self._ratio(u, phase.argument) if phase.kind == "turn" else None
            if ratio is None:
                continue
            rest = minus(u, times(number(ratio), phase.argument))
            if self.limit(rest).value is None:
                continue
            if ratio.denominator != 1:
                raise FinerPhase(place, ratio.denominator)
            sine, cosine = _multiple_angle(*self._sine_cosine_of(phase), ratio.numerator)
            if self.is_zero(rest):
                return sine, cosine
            by_sine, by_cosine = sine_of(rest), cosine_of(rest)
            return (
                plus(times(sine, by_cosine), times(cosine, by_sine)),
                minus(times(cosine, by_cosine), times(sine, by_sine)),
            )
        parts = self.parts.get(len(self.phases), 1)
        unit = times(number(Fraction(1, parts)), u)
        names = self.new_phase("turn", unit, 2)
        angle = Constant(arb(0, 1e9), None, "call", ("phase", (rational(len(self.phases)),), None))
        for name, row in zip(names, ("sin", "cos"), strict=True):
            self.values[name] = function_value(row, (angle,), arb(0, 1), 0)
        return _multiple_angle(*self._sine_cosine_of(self.phases[-1]), parts)

    def _sine_cosine_of(self, phase: Phase) -> tuple[Expr, Expr]:
        """The sine and the cosine of a phase: unknown, or those that are chosen."""
        if self.choice is None:
            return symbol(phase.names[0]), symbol(phase.names[1])
        if self.choice < len(CHOICES["turn"]):
            sine, cosine = CHOICES["turn"][self.choice]
            return sine, cosine
        small = self.chosen_distance()
        sine, cosine = sine_of(small), cosine_of(small)
        return (sine, cosine) if self.choice % 2 else (cosine, negative(sine))

    def chosen_distance(self) -> Expr:
        """How far the steps of a choice are from a phase that they tend to: at a pole all depends on it."""
        place = (self.choice or 0) - len(CHOICES["turn"])
        return (raised(self.x, -1), raised(self.x, -2), self.exponential(negative(self.exponential(self.x))))[
            place // 2
        ]

    def are_independent(self) -> bool:
        """Whether all phases together come close to all of their values: each faster than the one before, or two of
        an irrational ratio (Weyl)."""
        arguments = [phase.argument for phase in self.phases]
        if any(phase.kind != "turn" for phase in self.phases):
            return False
        sizes = [self.size(argument) for argument in arguments]
        if any(size is None or self.swings(size.factor) for size in sizes):
            return False
        known = [size for size in sizes if size is not None]
        equal = [(j, k) for k in range(len(known)) for j in range(k) if self.compare_sizes(known[j], known[k]) == 0]
        if not equal:
            return True
        if len(known) != 2:
            return False
        ratio = times(known[1].factor, raised(known[0].factor, -1))
        exact = self.is_zero(minus(arguments[1], times(ratio, arguments[0])))
        return exact and _is_irrational(ratio)

    def _ratio(self, u: Expr, unit: Expr) -> Fraction | None:
        """The simple rational that u/unit tends to; None for other limits."""
        ratio = self.limit(times(u, raised(unit, -1)))
        if ratio.value is None or self.swings(ratio.value):
            return None
        value = order_of(self.constant(ratio.value))
        if not isinstance(value, int | Fraction) or not value:
            return None
        simple = Fraction(value)
        return simple if max(abs(simple.numerator), simple.denominator) <= _MOST_MULTIPLE else None

    def new_phase(self, kind: Literal["turn", "step", "rest"], u: Expr, count: int) -> tuple[str, ...]:
        """The names of the numbers of a new phase."""
        names = tuple(f"\x00{kind}{len(self.phases)}{place}" for place in range(count))
        self.phases.append(Phase(kind, u, names))
        return names

    def unknown(self, low: float, high: float) -> Expr:
        """A function of which only bounds are known."""
        (name,) = self.new_phase("rest", ZERO, 1)
        ball = arb((low + high) / 2, (high - low) / 2)
        self.values[name] = Constant(ball, None, "call", ("rest", (rational(len(self.phases)),), None))
        return symbol(name)

    def sine_cosine(self, u: Expr) -> tuple[Expr, Expr]:
        """(sin(u), cos(u))."""
        limit = self.limit(u)
        if limit.value is not None:
            return sine_of(u), cosine_of(u)
        if self.swings(u):
            return self.unknown(-1.0, 1.0), self.unknown(-1.0, 1.0)
        if limit.sign < 0:
            sine, cosine = self.turn(negative(u))
            return negative(sine), cosine
        return self.turn(u)

    def arctangent(self, u: Expr) -> Expr:
        """atan(u)."""
        limit = self.limit(u)
        if limit.value is not None:
            return make(table.ATAN, u)
        half = times(number(Fraction(limit.sign, 2)), make(table.PI))
        return plus(half, negative(make(table.ATAN, raised(u, -1))))

    def magnitude(self, u: Expr) -> Expr:
        """abs(u)."""
        return negative(u) if self.sign(u) < 0 else u

    def choose(self, first: Expr, second: Expr, *, largest: bool) -> Expr:
        """max or min."""
        if first is second:
            return first
        return first if (self.sign(minus(first, second)) >= 0) == largest else second

    def floor(self, u: Expr) -> Expr:
        """floor(u): a whole number, or u less a fractional part."""
        limit = self.limit(u)
        if limit.value is None:
            for phase in self.phases:
                if phase.kind == "step" and self.is_zero(plus(u, negative(phase.argument))):
                    return plus(u, negative(symbol(phase.names[0])))
            if self.swings(u):
                raise Swinging("an oscillating argument")
            (name,) = self.new_phase("step", u, 1)
            if self.choice is not None:
                fixed = self.choice < len(CHOICES["step"])
                return minus(u, CHOICES["step"][self.choice][0] if fixed else self.chosen_distance())
            self.values[name] = Constant(arb(0.5, 0.5), None, "call", ("step", (rational(len(self.phases)),), None))
            return plus(u, negative(symbol(name)))
        value = self.constant(limit.value)
        if self.swings(limit.value):
            raise Swinging("a step of an oscillating argument")
        whole = value.as_integer()
        if whole is None:
            return number(value.floor())
        return number(whole - (self.sign(plus(u, number(-whole))) < 0))


def _is_irrational(node: Expr) -> bool:
    """Whether a number is irrational by the way it is written: a rational times a whole power of pi, or a root."""
    factors = [part for part in (node.args if node.op is table.MUL else (node,)) if part.op is not table.NUMBER]
    if len(factors) != 1:
        return False
    base, exponent = factors[0].args if factors[0].op is table.POW else (factors[0], ONE)
    order = as_rational(exponent)
    if order is None or not order:
        return False
    if base.op is table.PI:
        return order.denominator == 1  # pi is transcendental
    return base.op is table.NUMBER and order.denominator != 1  # a rational root would have been written as one


def _multiple_angle(sine: Expr, cosine: Expr, count: int) -> tuple[Expr, Expr]:
    """(sin(n*a), cos(n*a)) by the sine and cosine of a."""
    total_sine, total_cosine = ZERO, ONE
    for _ in range(abs(count)):
        total_sine, total_cosine = (
            plus(times(total_sine, cosine), times(total_cosine, sine)),
            plus(times(total_cosine, cosine), negative(times(total_sine, sine))),
        )
    return (total_sine if count > 0 else negative(total_sine)), total_cosine


CHOICES: Mapping[str, tuple[tuple[Expr, ...], ...]] = {
    "turn": tuple(
        (number(Fraction(sine, 5)), number(Fraction(cosine, 5)))
        for sine, cosine in ((0, 5), (5, 0), (0, -5), (-5, 0), (3, 4), (-4, 3))
    ),
    "step": tuple((number(Fraction(part, 4)),) for part in (0, 1, 2, 3, 1, 2)),
}
"""Phases along which a limit is asked for: sines and cosines that are rational, and fractional parts."""
MOVING = 6
"""Further choices, numbered after those: phases that tend to 0 and to pi/2, each at three rates."""


# --- rewriting ---------------------------------------------------------------------------------


Image: TypeAlias = "Expr | bool | NoValue | OpenQuestion"
"""A node in terms of the scale: an expression, whether a condition finally holds, why there is no value, or what is
open."""


_FARTHEST_POLE = 12
"""Poles of gamma up to minus this are reached by its recurrence, a step each."""


class Rewriting(PhasedScale):
    """The images of an expression and of all of its parts in one scale."""

    def __init__(
        self, values: Mapping[str, Constant], choice: int | None = None, parts: Mapping[int, int] | None = None
    ) -> None:
        super().__init__(values, choice, parts)
        self.images: dict[int, Image] = {}
        self._meaning: dict[int, Expr] = {}

    def image(self, root: Expr, name: str, argument: Expr) -> Image:
        """An expression in terms of the scale, ``argument`` in the place of its variable; children first."""
        stack = [root]
        while stack:
            node = stack[-1]
            if node.id in self.images:
                stack.pop()
                continue
            inner = self._meaning.get(node.id) or self._find_meaning(node)
            if inner is not None:
                self._meaning[node.id] = inner
            operands = (inner,) if inner is not None else () if is_leaf(node) else node.args
            missing = [arg for arg in operands if arg.id not in self.images]
            if missing:
                stack += missing
                continue
            stack.pop()
            self._held.append(node)
            if inner is not None:
                self.images[node.id] = self.images[inner.id]
            elif node.op is table.SYMBOL:
                self.images[node.id] = argument if node.args[0] == name else node
            else:
                self.images[node.id] = self._translate(node)
        return self.images[root.id]

    def _find_meaning(self, node: Expr) -> Expr | None:
        """What a node stands for, where it has no rule here."""
        row = node.op
        if is_leaf(node) or row in _RULES:
            return None
        inner = expand(node)
        if inner is not None:
            return inner
        if row is table.ROOT:
            return self._write_root(node)
        text = _WRITTEN.get(row, row.written)
        if row in table.CONDITIONS or row in AT_INFINITY or not text or len(row.args) != len(node.args):
            return None
        return rules.fill(text, row.args, dict(zip(row.args, node.args, strict=True)))

    def _write_root(self, node: Expr) -> Expr | None:
        degree = as_rational(node.args[1])
        text = "x**(1/n)"
        if degree is not None and degree.denominator == 1 and degree % 2:
            text = "where(x >= 0, x**(1/n), -(-x)**(1/n))"
        return rules.fill(text, node.op.args, dict(zip(node.op.args, node.args, strict=True)))

    def _translate(self, node: Expr) -> Image:
        if node.op is table.NUMBER:
            return number(node.args[0])
        args = [self.images[arg.id] for arg in node.args]
        try:
            return self._apply(node, args)
        except Undefined as error:
            return NoValue(error.message, node)
        except NeedMoreTerms:
            return OpenQuestion("all known terms of the series cancel", node)
        except Swinging as error:
            values = [arg for arg in args if isinstance(arg, Expr)]
            bound = self._bound(node.op, values) if len(values) == len(args) else None
            return OpenQuestion(str(error), node, oscillates=True) if bound is None else bound
        except Undecidable as error:
            return OpenQuestion(str(error), node)

    def _apply(self, node: Expr, args: list[Image]) -> Image:
        row = node.op
        if row is table.WHERE:
            return self._choose_branch(*args)
        if row in (table.AND, table.OR) and any(arg is (row is table.OR) for arg in args):
            return row is table.OR
        lacks = [arg for arg in args if isinstance(arg, NoValue | OpenQuestion)]
        if lacks:
            return min(lacks, key=lambda lack: isinstance(lack, OpenQuestion))
        if row in (table.AND, table.OR):
            return row is table.AND
        if row is table.NOT:
            return not args[0]
        values = [arg for arg in args if isinstance(arg, Expr)]
        if row in RELATIONS:
            return RELATIONS[row](self.sign(minus(values[0], values[1])))
        if row is table.POW and is_whole(node.args[1]) and as_rational(values[1]) is None and self.sign(values[0]) < 0:
            return times(self.unknown(-1.0, 1.0), self.power(negative(values[0]), values[1]))  # now 1, now -1
        if (rule := _RULES.get(row)) is not None:
            return rule(self, values)
        return self._call(row, values)

    def _choose_branch(self, condition: Image, first: Image, second: Image) -> Image:
        """What `where` takes; of a condition that changes again and again, now the one and now the other."""
        if isinstance(condition, bool):
            return first if condition else second
        swings = isinstance(condition, OpenQuestion) and condition.oscillates
        if swings and isinstance(first, Expr) and isinstance(second, Expr):
            return plus(second, times(self.unknown(0.0, 1.0), minus(first, second)))
        return condition

    def _bound(self, row: Row, args: list[Expr]) -> Expr | None:
        """A choice or a step whose argument changes its sign, or its step, again and again; None for other rows."""
        if row is table.MAX or row is table.MIN:
            return plus(args[1], times(self.unknown(0.0, 1.0), minus(args[0], args[1])))
        if row is table.ABS:
            return times(self.unknown(-1.0, 1.0), args[0])
        if row is table.FLOOR:
            return minus(args[0], self.unknown(0.0, 1.0))
        return self.unknown(-2.0, 2.0) if row is table.ATAN else None

    def _call(self, row: Row, args: list[Expr]) -> Expr:
        """A function of the table: at infinity by its rule, else as it is where it is analytic at the limits."""
        if all(self.largest_element(arg) is None for arg in args):
            node = make(row, *args)
            try:
                self.constant(node)  # which must have a value, whatever it is multiplied by
            except Valueless as lack:
                raise Undefined(str(lack)) from lack
            return node
        limits = [self.limit(arg) for arg in args]
        infinite = [place for place, limit in enumerate(limits) if limit.value is None]
        if infinite:
            rule = AT_INFINITY.get(row)
            if rule is None or infinite != [len(args) - 1]:
                raise Undecidable(f"{row.name} at infinity")
            return rule(self, limits[-1].sign, *args)
        moving = [place for place, arg in enumerate(args) if self.largest_element(arg) is not None]
        if len(moving) > 1:
            raise Undecidable(f"{row.name} of two arguments that vary")
        if any(self.swings(arg) for arg in args):
            raise Swinging(f"{row.name} of an oscillating argument")
        values = [self.constant(limit.value) for limit in limits if limit.value is not None]
        if row is table.GAMMA and (whole := values[0].as_integer()) is not None and whole <= 0:
            return self._gamma_at_pole(args[0], whole)
        self.require_analytic(row, values, moving[0])
        return make(row, *args)

    def _gamma_at_pole(self, u: Expr, whole: int) -> Expr:
        if self.sign(plus(u, number(-whole))) == 0:
            raise Undefined("a pole")
        if whole < -_FARTHEST_POLE:
            raise Undecidable("gamma at a far pole")
        below = [plus(u, number(k)) for k in range(1 - whole)]
        return times(make(table.GAMMA, plus(u, number(1 - whole))), raised(times(*below), -1))


_WRITTEN: Mapping[Row, str] = {
    table.get("beta", 2): "gamma(a)*gamma(b)/gamma(a + b)",
    table.get("logbeta", 2): "lgamma(a) + lgamma(b) - lgamma(a + b)",
    table.get("binomial", 2): "gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1))",
    table.get("sphericalbesselj", 2): "sqrt(pi/(2*x))*besselj(n + 1/2, x)",
    table.get("logerfc", 1): "log(erfc(x))",
    table.get("logerfcx", 1): "log(erfcx(x))",
}
"""Functions in terms of others, which have a rule at infinity. At a pole of a part the question stays open."""


def _divide(scale: PhasedScale, args: list[Expr]) -> Expr:
    if args[1] is ZERO or scale.is_zero(args[1]):
        raise Undefined("division by 0")
    return times(args[0], raised(args[1], -1))


def _tangent(scale: PhasedScale, args: list[Expr]) -> Expr:
    sine, cosine = scale.sine_cosine(args[0])
    return _divide(scale, [sine, cosine])


_RULES: Mapping[Row, Callable[[PhasedScale, list[Expr]], Expr]] = {
    table.ADD: lambda _, args: plus(*args),
    table.SUB: lambda _, args: minus(args[0], args[1]),
    table.NEG: lambda _, args: negative(args[0]),
    table.MUL: lambda _, args: times(*args),
    table.DIV: _divide,
    table.POW: lambda scale, args: scale.power(*args),
    table.SQRT: lambda scale, args: scale.power(args[0], number(Fraction(1, 2))),
    table.EXP: lambda scale, args: scale.exponential(args[0]),
    table.LOG: lambda scale, args: scale.logarithm(args[0]),
    table.SIN: lambda scale, args: scale.sine_cosine(args[0])[0],
    table.COS: lambda scale, args: scale.sine_cosine(args[0])[1],
    table.get("tan", 1): _tangent,
    table.ATAN: lambda scale, args: scale.arctangent(args[0]),
    table.ABS: lambda scale, args: scale.magnitude(args[0]),
    table.MAX: lambda scale, args: scale.choose(*args, largest=True),
    table.MIN: lambda scale, args: scale.choose(*args, largest=False),
    table.FLOOR: lambda scale, args: scale.floor(args[0]),
    table.PI: lambda _, _args: make(table.PI),
    table.E: lambda _, _args: make(table.EXP, ONE),
}


# --- the question ---------------------------------------------------------------------------------------------------


class ScaleLimit(NamedTuple):
    """What f tends to: a ``value``, or infinity of a ``sign``; or that it oscillates, or has no values, or is open."""

    tendency: Literal["finite", "infinite", "oscillation", "undefined", "open"]
    value: Constant | None = None
    sign: int = 0
    reason: str = ""


def limit_along(root: Expr, name: str, others: Mapping[str, Constant], path: Callable[[Expr], Expr]) -> ScaleLimit:
    """The limit of ``root`` as x tends to infinity, with ``path(x)`` in the place of its variable.

    ``others`` are the values of all other names. Raises NeedMoreBits. Cost: milliseconds; bounded.
    """
    with limit_work(Budget(_WORK)):
        scale, image = _rewrite(root, name, path, Rewriting(others))
        result = _decide(scale, image)
        if result.reason != _OSCILLATES:
            return result
        phases = [phase for phase in scale.phases if phase.kind != "rest"]
        if len(phases) == 1:
            leads_apart = _differs_by_phase(root, name, path, scale)
        else:
            leads_apart = isinstance(image, Expr) and _differs_on_torus(scale, image)
        return ScaleLimit("oscillation") if leads_apart else result


_WORK = 100_000
"""Products of terms that one question may cost, each counted ten times, as its factors are expressions."""
_OSCILLATES = "an oscillation of unknown size"
_MOST_RESTARTS = 4


def _rewrite(root: Expr, name: str, path: Callable[[Expr], Expr], scale: Rewriting) -> tuple[PhasedScale, Image]:
    """f in terms of the scale, which starts again where an angle that it knows must be divided."""
    for _ in range(_MOST_RESTARTS):
        try:
            return scale, scale.image(root, name, path(scale.x))
        except FinerPhase as need:
            parts = dict(scale.parts)
            parts[need.place] = parts.get(need.place, 1) * need.parts
            scale = Rewriting(scale.others, scale.choice, parts)
    return scale, OpenQuestion(_OSCILLATES, root)


def _decide(scale: PhasedScale, image: Image) -> ScaleLimit:
    """The limit of an image."""
    if isinstance(image, NoValue):
        return ScaleLimit("undefined", reason=image.reason)
    if isinstance(image, OpenQuestion):
        return ScaleLimit("open", reason=_OSCILLATES if image.oscillates else image.reason)
    assert isinstance(image, Expr)  # f is a number, not a condition
    try:
        return _read(scale, scale.limit(image))
    except Swinging:
        return ScaleLimit("open", reason=_OSCILLATES)
    except Undecidable as error:
        return ScaleLimit("open", reason=str(error))


def _read(scale: PhasedScale, limit: Tendency) -> ScaleLimit:
    """A limit as a result; open where it depends on a phase."""
    if limit.value is None:
        return ScaleLimit("infinite", sign=limit.sign)
    value = limit.value
    if scale.swings(value):
        fixed = _fix_phases(scale, value, 0)
        if fixed is None or not scale.vanishes_by_identity(minus(value, fixed)):
            return ScaleLimit("open", reason=_OSCILLATES)
        value = fixed
    return ScaleLimit("finite", scale.constant(value))


def _fix_phases(scale: PhasedScale, root: Expr, *choice: int) -> Expr | None:
    """An expression with values of its phases, each by the next choice or by the last; None where a bound is all that
    is known of one."""
    by: dict[str, Expr] = {}
    for place, phase in enumerate(scale.phases):
        if scale.names(root).isdisjoint(phase.names):
            continue
        if phase.kind == "rest":
            return None
        by.update(zip(phase.names, CHOICES[phase.kind][choice[min(place, len(choice) - 1)]], strict=True))
    return substitute(root, by)


def _differs_by_phase(root: Expr, name: str, path: Callable[[Expr], Expr], scale: PhasedScale) -> bool:
    """Whether f leads to different places along the steps at which its only phase has different values.

    A continuous argument that tends to infinity meets each phase again and again.
    """
    results: list[ScaleLimit] = []
    for choice in range(len(CHOICES["turn"]) + MOVING):
        try:
            along, image = _rewrite(root, name, path, Rewriting(scale.others, choice, scale.parts))
            result = _decide(along, image)
        except NeedMoreBits:
            continue
        held = sum(phase.kind != "rest" for phase in along.phases)
        if held != 1 or result.tendency not in ("finite", "infinite"):
            continue
        if any(_differ(result, other) for other in results):
            return True
        results.append(result)
    return False


def _differs_on_torus(scale: PhasedScale, image: Expr) -> bool:
    """Whether f, of several phases that are independent of each other, tends to what depends on them."""
    try:
        value = scale.limit(image).value
        if value is None or not scale.swings(value) or not scale.are_independent():
            return False
        values = [_fix_phases(scale, value, *choice) for choice in ((0, 1), (1, 0), (4, 5), (2, 3), (5, 1))]
        first, *rest = [ScaleLimit("finite", scale.constant(fixed)) for fixed in values if fixed is not None]
        return any(_differ(other, first) for other in rest)
    except (Undecidable, NeedMoreBits, ValueError):
        return False


def _differ(first: ScaleLimit, second: ScaleLimit) -> bool:
    if first.value is None or second.value is None:
        return first.value is not second.value or first.sign != second.sign
    try:
        return not (first.value - second.value).is_zero()
    except NeedMoreBits:
        return False
