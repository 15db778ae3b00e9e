"""What is true at a point: whether a derivative exists there, of which kind its failure is.

Worked out with one-sided generalised power series, room on room: numbers with a proof of
zero (`constant`; the proofs are `atoms` with `forms` and `calls`, and `radicals`), series
(`terms`, `products`, `series`, `bounds`, `powers`), functions of them (`compose`, `taylor`,
`expansions`; at their singular points `distances`, `integrals`, `gammas`, `singular`), a
node at a point (`germ` with its rules in `values`, `sides`, `choices`, and `phase` for steps
along which nothing oscillates), the verdict (`onesided`, `regular`, `sampling`, `stepwise`,
`extension`, `blame`, `judge`, `mixed`) and how it is said (`words`).
"""

from dcalc.verdict import atoms, radicals
from dcalc.verdict.constant import PROOFS, Constant, MorePrecision
from dcalc.verdict.judge import Verdict, constant_of, judge, point
from dcalc.verdict.mixed import mixed

PROOFS[:] = [atoms.vanishes, radicals.vanishes]

__all__ = ["Constant", "MorePrecision", "Verdict", "constant_of", "judge", "mixed", "point"]
