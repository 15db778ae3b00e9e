"""Exact zero tests: whether a real constant is zero, whether two expressions are the same function.

Both are asked of one field of rational functions over interned atoms (`field`), with one table of
relations (`relations`), one of values and recurrences (`special_functions`).
Constants (`constant`) become elements of it in `zero`, expressions in `expressions`; `equality`
compares expressions with their domains, `pieces` on each piece where their choices are `settled`.
Algebraic numbers that the relations do not decide fall to root bounds. `budget` bounds the work of
a question.
"""

from dcalc.proof.constant import Constant, NeedMoreBits
from dcalc.proof.equality import Equality, prove_equal, prove_number

__all__ = ["Constant", "Equality", "NeedMoreBits", "prove_equal", "prove_number"]
