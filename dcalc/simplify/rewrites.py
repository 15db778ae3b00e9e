"""The named rules by which an answer is rewritten, each with what makes it worth a try, and an example.

A rule makes other forms of a sum, a product or a power, equal to it wherever that is defined; which of them is
taken is decided by `cost` alone. Tests take up every rule: its example must hold, and must be used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.simplify import angles, products, sums
from dcalc.simplify.terms import Algebra
from dcalc.simplify.traits import Trait
from dcalc.tuples import NamedTuple

Rule = Callable[[Algebra, Expr], Iterator[Expr]]


class Rewrite(NamedTuple):
    """A rule for nodes of one operator that have a trait.

    ``last`` rules wait until no other applies: their forms are short, but hide what terms share. Those for ``long``
    nodes take linear time, and are tried on sums of any length.
    """

    name: str
    op: Row
    trait: Trait
    rule: Rule
    before: str
    after: str
    last: bool = False
    long: bool = False


_ADD, _MUL, _POW = table.ADD, table.MUL, table.POW
REWRITES = (
    Rewrite("common factor", _ADD, "shared", sums.factor_sum, "u*exp(v) + exp(v)", "(u + 1)*exp(v)"),
    Rewrite(
        "common denominator", _ADD, "below", sums.combine_quotients, "1/(u - 3) - (u + 2)/(u - 3)**2", "-5/(u - 3)**2"
    ),
    Rewrite(
        "like denominators", _ADD, "below some", sums.combine_like_quotients,
        "log(v) + 1/(u + 1) - u/(u + 1)**2", "1/(u + 1)**2 + log(v)", long=True,
    ),
    Rewrite("multiply out", _ADD, "products", sums.expand_sum, "(u + 1)**2 - u**2 - 1", "2*u"),
    Rewrite("collect", _ADD, "shared by some", sums.collect_terms, "u*log(v) + log(v) + u", "u + (u + 1)*log(v)"),
    Rewrite("square of a ratio", _ADD, "ratio", sums.join_ratio, "1 - u**2/v**2", "1 - (u/v)**2", last=True),
    Rewrite("square of a sum", _ADD, "square", sums.write_square, "u**2 + 2*u*v + v**2", "(u + v)**2"),
    Rewrite("one and a square", _ADD, "squares", angles.collapse_squares, "1 + tan(u)**2", "sec(u)**2"),
    Rewrite("sines and cosines", _ADD, "secants", sums.write_in_sines, "sec(u) - sin(u)*tan(u)", "cos(u)", last=True),
    Rewrite("double angle of squares", _ADD, "squares", sums.factor_doubles, "1 - 2*sin(u)**2", "cos(2*u)", last=True),
    Rewrite(
        "sum of angles", _ADD, "angle pairs", angles.add_angles,
        "cos(u)*cos(v) - sin(u)*sin(v)", "cos(u + v)", last=True,
    ),
    Rewrite("sum of exponentials", _ADD, "exponentials", angles.join_exponentials, "exp(u) + exp(-u)", "2*cosh(u)"),
    Rewrite("logarithms of numbers", _ADD, "logarithms", sums.join_logarithms, "u*log(3) - u*log(2)", "u*log(3/2)"),
    Rewrite("minus sign", _MUL, "negative", products.negate_sums, "-2*(u - 1)/v", "2*(1 - u)/v", last=True),
    Rewrite("sign and size", _MUL, "signs", products.merge_signs, "sign(u)/abs(u)", "1/u"),
    Rewrite("functions of one angle", _MUL, "angles", angles.merge_ratios, "sec(u)*cos(u)", "1"),
    Rewrite(
        "square over a sum", _MUL, "squares over sums", angles.cancel_squares, "sin(u)**2/(1 - cos(u))", "1 + cos(u)"
    ),
    Rewrite(
        "square of one, a sine and a cosine", _MUL, "squares of sums", angles.split_squares,
        "(1 + cos(u))/(1 + sin(u) + cos(u))**2", "1/(2*(1 + sin(u)))",
    ),
    Rewrite("double angle", _MUL, "angles", angles.double_angles, "2*sin(u)*cos(u)", "sin(2*u)", last=True),
    Rewrite("cancel a sum", _MUL, "sums across", products.cancel_factors, "(u**2 - 1)/(u - 1)", "u + 1"),
    Rewrite(
        "quotient inside", _MUL, "quotients inside", products.clear_inner_quotients, "1/(u**2*(1/u - v))",
        "1/(u*(1 - u*v))",
    ),
    Rewrite(
        "common factor inside", _MUL, "shared inside", products.factor_inner_sums, "(u*v + u)/(v + 1)", "u"
    ),
    Rewrite(
        "product of roots", _MUL, "roots", products.merge_roots, "sqrt(u)*sqrt(1 - u)", "sqrt(u - u**2)", last=True
    ),
    Rewrite("multiply out a product", _MUL, "meeting", products.expand_product, "u*(v/u + 1)", "u + v"),
    Rewrite(
        "product of sums", _MUL, "sums beside", products.multiply_pair, "1/((1 - u)*(1 + u))", "1/(1 - u**2)", last=True
    ),
    Rewrite(
        "quotient of exponentials", _MUL, "sums of exponentials", angles.cancel_exponentials,
        "exp(u)/(1 + exp(2*u))", "sech(u)/2",
    ),
    Rewrite(
        "powers with one exponent", _MUL, "powers below", products.join_powers,
        "1/(u**2*log(u)**2)", "1/(u*log(u))**2", last=True,
    ),
    Rewrite("powers of numbers", _MUL, "powers of numbers", products.merge_number_powers, "3**u/2**u", "(3/2)**u"),
    Rewrite("cube roots", _MUL, "cube roots", products.merge_cube_roots, "u**4/cbrt(u**5)**2", "cbrt(u)**2"),
    Rewrite("number in a root", _MUL, "root inside", products.clear_roots, "2/sqrt(4*u - 4*v)", "1/sqrt(u - v)"),
    Rewrite(
        "parts of a root", _MUL, "quotient in a root", products.split_roots,
        "sqrt((1 - u)/(1 + u))/(1 - u)", "1/(sqrt(1 - u)*sqrt(u + 1))",
    ),
    Rewrite(
        "root beside its parts", _MUL, "root of several", products.join_root,
        "sqrt(1/u - 1)/(1 - u)", "1/(u*sqrt(1/u - 1))",
    ),
    Rewrite("squares in a root", _POW, "root of a product", products.take_squares, "sqrt(u**2/v**2)", "abs(u/v)"),
    Rewrite("root of a quotient", _POW, "root of a sum", products.clear_root, "sqrt(1/4 - u**2/4)", "sqrt(1 - u**2)/2"),
    Rewrite(
        "inverse of quotients", _POW, "inverse of a sum", products.clear_inner_quotients, "1/(1/u - 1)", "u/(1 - u)"
    ),
    Rewrite("reciprocal", _POW, "reciprocal", angles.write_reciprocal, "1/cosh(u)", "sech(u)", last=True),
)  # fmt: skip
BY_OPERATOR: dict[Row, list[Rewrite]] = {}
for _rewrite in REWRITES:
    BY_OPERATOR.setdefault(_rewrite.op, []).append(_rewrite)
