"""What is true at a point: whether a derivative exists there, of which kind its failure is.

Worked out with one-sided generalised power series: `constant` (numbers with a proof of
zero), `series` (their arithmetic), `compose` (functions of them), `germ` (a node at a
point), `judge` (the verdict), `words` (how it is said).
"""

from dcalc.verdict.constant import Constant, MorePrecision
from dcalc.verdict.judge import Verdict, constant_of, judge, point

__all__ = ["Constant", "MorePrecision", "Verdict", "constant_of", "judge", "point"]
