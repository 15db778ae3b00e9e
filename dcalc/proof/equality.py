"""Whether two expressions are the same function, and where: exact arithmetic with their parts as atoms.

Richardson's theorem (J. Symbolic Logic 33, 1968) leaves no algorithm that always decides; this one proves
what `relations` imply, and never proves what is false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple, TypeVar

from flint import fmpq_mpoly

from dcalc.expr import Expr, variables
from dcalc.proof.expressions import Translator
from dcalc.proof.field import Field, FinerScale, MoreRoom, Quotient, TooLarge
from dcalc.proof.polynomials import Zero, real_zeros, univariate
from dcalc.proof.relations import Condition, SignedElementary
from dcalc.simplify import simplify

_Proof = TypeVar("_Proof")
_TRIES = 6
_NOT_PROVED = (TooLarge, MoreRoom, ZeroDivisionError, OverflowError)
"""Elements that are too large, a divisor that is 0, and exponents that flint cannot hold."""


class Equality(NamedTuple):
    """Two expressions are equal where both are defined.

    ``everywhere``: the second has no condition that the first lacks. Otherwise ``points`` are
    the values of ``name`` to look at, and ``all_points`` tells whether there are no others.
    """

    everywhere: bool
    name: str = ""
    points: tuple[Fraction, ...] = ()
    all_points: bool = False


def prove_equal(assumed: Sequence[Expr], first: Expr, second: Expr) -> Equality | None:
    """Whether ``second`` is proved to equal ``first``; None where it is not.

    ``assumed`` are expressions that are defined anyway, so that their conditions hold. Cost: milliseconds;
    bounded.
    """
    return _retry(lambda scales: _prove_equal(scales, assumed, first, second))


def prove_number(root: Expr) -> Fraction | None:
    """The rational that an expression is proved to be wherever it is defined; None where none is proved.

    Cost: milliseconds; bounded.
    """

    def prove(scales: dict[str, int]) -> Fraction | None:
        functions = SignedElementary(Field(scales), {})
        functions.has_recurrences = False  # they leave out points where a number is one all the same
        element = Translator(functions).element(root)
        # A square of a sign is 1 only where what it is of is not 0, and that may be nowhere.
        return None if functions.field.cancelled else functions.field.constant(element)

    return _retry(prove)


def _retry(prove: Callable[[dict[str, int]], _Proof | None]) -> _Proof | None:
    """The result of a proof, which starts again where a quantity must be divided more finely."""
    scales: dict[str, int] = {}
    for _ in range(_TRIES):
        try:
            return prove(scales)
        except FinerScale:
            continue
        except _NOT_PROVED:
            return None
    return None


def _prove_equal(scales: dict[str, int], assumed: Sequence[Expr], first: Expr, second: Expr) -> Equality | None:
    functions = _functions_over(scales, {}, (*assumed, first))
    translator = Translator(functions)
    for root in assumed:
        translator.element(root)
    given, given_in_branches = dict(functions.conditions), dict(functions.optional_conditions)
    truth = translator.element(first)
    excused, in_branches = functions.conditions, functions.optional_conditions
    functions.conditions, functions.optional_conditions = {}, {}
    claim = Translator(functions).element(second)  # which meets all of its conditions, shared parts or not
    needed = {**functions.optional_conditions, **functions.conditions}
    # What only branches of the second expression need may be excused by a branch of the first.
    shared = in_branches.keys() & functions.optional_conditions.keys() - functions.conditions.keys()
    excused |= {condition: in_branches[condition] for condition in shared}
    given |= {condition: in_branches[condition] for condition in shared & given_in_branches.keys()}
    cancelled = functions.field.cancelled
    if not _is_same(functions, claim, truth):
        # Where both are defined, what the second needs holds as well, and tells signs.
        functions = _functions_over(scales, functions.field.places, (*assumed, first, second))
        translator = Translator(functions)
        truth = translator.element(first)
        if not any(_is_same(functions, translator.element(way), truth) for way in (second, simplify(second))):
            return None
        cancelled = {**cancelled, **functions.field.cancelled}
    return _compare_domains(functions.field, variables(*assumed, first, second), given, excused, needed, cancelled)


def _is_same(functions: SignedElementary, first: Quotient, second: Quotient) -> bool:
    """Whether the difference of two elements is 0, also where common factors were not found."""
    return functions.field.subtract(first, second).above.is_zero()


def _functions_over(scales: dict[str, int], places: Mapping[str, int], defined: Sequence[Expr]) -> SignedElementary:
    """The functions over a new field that knows the signs which hold wherever ``defined`` have a value."""
    functions = SignedElementary(Field(scales, places), {})
    translator = Translator(functions)
    for root in defined:
        translator.element(root)
    signs = {}
    for (kind, key), poly in functions.conditions.items():
        if kind in ("positive", "nonnegative") and poly is not None:
            signs[str(poly)] = -1 if key.startswith("-(") else 1
    return SignedElementary(Field(scales, functions.field.places), signs)


_Conditions = Mapping[Condition, fmpq_mpoly | None]


def _compare_domains(
    field: Field,
    names: Sequence[str],
    given: _Conditions,
    excused: _Conditions,
    needed: _Conditions,
    cancelled: Mapping[str, fmpq_mpoly],
) -> Equality:
    """What the second expression needs beyond the first.

    ``needed`` are its conditions, ``excused`` those of the first, ``given`` those of which f itself has no
    values without; ``cancelled`` must not be 0, since squares of its sign were taken for 1.
    """
    positive = {key for kind, key in excused if kind == "positive"}
    more = {
        condition: poly
        for condition, poly in needed.items()
        if condition not in excused and not (condition.kind == "nonnegative" and condition.key in positive)
    }
    more.update((Condition("nonzero", key), poly) for key, poly in cancelled.items())
    formal = {condition: poly for condition, poly in needed.items() if condition in excused}
    more = {condition: poly for condition, poly in more.items() if condition not in given}
    if len(names) != 1:
        return Equality(not more)
    name = names[0]
    place = field.atom(f"symbol {name}")[0]
    points: set[Fraction] = set()
    complete = True
    for condition, poly in more.items():
        roots = _roots(poly, place) if poly is not None else None
        complete = complete and roots is not None and condition.kind == "nonzero"
        points.update(roots or ())
    for condition, poly in formal.items():  # the derivative's text may have gaps where there is one
        if condition not in given and poly is not None:
            points.update(_roots(poly, place) or ())
    return Equality(complete and not points, name, tuple(sorted(points)), complete)


def _roots(poly: fmpq_mpoly, place: int) -> list[Fraction] | None:
    """The real zeros of a polynomial without factors in one variable; None where they are not rational."""
    whole = univariate(poly, place)
    if whole is None:
        return None
    zeros = real_zeros(whole)
    return [zero.low for zero in zeros] if all(zero.low == zero.high for zero in zeros) else None


def zeros_of(root: Expr, name: str) -> list[Zero]:
    """The real zeros of a polynomial or quotient of polynomials in one variable; none where it is neither.

    Cost: milliseconds; bounded.
    """

    def find_zeros(scales: dict[str, int]) -> list[Zero] | None:
        functions = SignedElementary(Field(scales), {})
        place = functions.field.single(functions.symbol(name))
        element = Translator(functions).element(root)
        whole = None if place is None else univariate(element.above, place)
        return None if whole is None or not whole else real_zeros(whole)

    return _retry(find_zeros) or []
