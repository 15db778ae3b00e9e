"""What is true at a point: whether a derivative exists there, of which kind its failure is.

The question is answered with germs: on each side of the point the function is a generalised power
series, and the two series decide. From the bottom up:

- `dcalc.proof`: real constants, the coefficients of the series, with exact zero tests;
- `scale`: the asymptotic scale t**a * L**b, L = log(1/t), in which the series are written;
- `series`: generalised power series and their arithmetic, and what a germ carries besides its series: missing
  values, open questions, and the flags `joint` and `cont`;
- `composition`: powers, exp, log, sin, cos, atan and any other function of a series;
- `singularities`: functions at their poles, logarithms and edges of domains;
- `oscillation`: bounds on parts without a limit, and sequences of steps along which they have one;
- `operation_rules`: the rules of each function of the table, for values and for series;
- `germ`: all nodes of one expression at a point;
- `one_sided`: the derivatives of one side, read off its series;
- `joint_holes`: analytic continuation over holes on curves and surfaces;
- `judge`: the verdict, the part of the expression that is to blame, and whether f is larger or smaller beside the
  point than at it;
- `mixed_partials`: the verdict on a derivative by several variables, along steps of which each is infinitely smaller
  than the one before;
- `coefficients`: expansions by one function whose coefficients are expressions of smaller ones;
- `asymptotic_scale`, `at_infinity`: expressions as x tends to infinity, by functions each of which grows
  beyond all powers of the one before, with special functions;
- `asymptotics`: what oscillates there, and the limit that is read;
- `limit`: the limits of f from each side of a point and at infinity.
"""

from dcalc.proof import Constant, NeedMoreBits
from dcalc.verdict.judge import (
    Beside,
    Comparison,
    Verdict,
    compare_beside,
    constant_of,
    constant_of_double,
    constants_of,
    fill_hole,
    judge,
)
from dcalc.verdict.mixed_partials import judge_mixed

__all__ = [
    "Beside",
    "Comparison",
    "Constant",
    "NeedMoreBits",
    "Verdict",
    "compare_beside",
    "constant_of",
    "constant_of_double",
    "constants_of",
    "fill_hole",
    "judge",
    "judge_mixed",
]
