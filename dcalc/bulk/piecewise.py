"""Functions that no array library has, as piecewise polynomials with proved errors.

The doubles of a binade are cut into bins. In each bin that a number falls into, the function is its Taylor
polynomial about the middle, whose coefficients and remainder come from ball arithmetic (Lagrange's form: the next
coefficient, enclosed over the whole bin). Where the remainder is too large the bin is halved. A bin costs about a
millisecond once, a row then some 30 ns in place of 10 us. Which polynomial answers depends on the number alone, so
that neither the order of rows nor the number of threads changes a digit.
"""

from __future__ import annotations

import math
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc import functions
from dcalc.bulk.bound import LEAST, MOST, UNIT
from dcalc.derive import derivative
from dcalc.errors import DcalcError, Unsupported
from dcalc.expr import Expr, exact, walk
from dcalc.functions import Row
from dcalc.numbers import FLINT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from flint import arb
    from numpy.typing import NDArray

    from dcalc.bulk.ufunc_program import Column

    Doubles = NDArray[np.float64]
    Places = NDArray[np.intp]

_TERMS = 12
"""Terms of a polynomial. In the coarsest bins 12 leave out 2**-60 of a function with a singularity at 0."""
_COARSEST, _FINEST = 4, 11
"""Bits of the mantissa that tell the bin: of the widest bins, and of the narrowest."""
_BITS, _BITS_OF_BOUNDS = 128, 64
_REACH = 30
"""Numbers from 2**-30 to 2**30 have bins; data that spread further would fill bins with one row each."""
_REMAINDER = 2.0**-56
"""The largest remainder, relative to the largest term."""
_CELLS = 1 << _FINEST
_REFUSED, _OPEN = 0, -1
"""The bins of cells that have no polynomial, and of those that no number has fallen into yet."""
_BESSEL = ("besselj", "bessely", "besseli", "besselk")
"""Functions whose differential equation bounds them over a bin, which a ball of its width hardly does."""
_QUICK_SERIES = frozenset({functions.BY_KEY["zeta"], functions.BY_KEY["zeta/2"]})
"""Functions without a formula of a derivative whose series cost little: those of a Bessel function by its order, and
their like, are found around a circle, which takes 10 ms per bin."""
_MOST_OF_ZETA = 5
"""Beyond 2**5 the series of zeta over a bin takes 30 ms and more."""
_CHOICES = frozenset({functions.WHERE, *functions.CONDITIONS})
_UNSEEN, _FAR = 0, _CELLS
"""The cells, all open or all refused, of binades that no number has fallen into, and of those out of reach."""


class _State(NamedTuple):
    """Everything that rows read; replaced as a whole when bins are added, so that threads need no lock to read it.

    ``base`` is where the cells of a binade (sign and exponent) begin in ``bins``; a cell, the narrowest bin there may
    be, holds the number of its bin. Of each bin: the middle, the inverse of its half width, coefficients in units of
    that width, error, slope, and the largest error of an argument for which the slope holds.
    """

    base: Places
    bins: Places
    middle: Doubles
    inverse: Doubles
    coefficients: Doubles
    error: Doubles
    slope: Doubles
    room: Doubles


class Piecewise:
    """A smooth function of one number, whose Taylor terms a subclass encloses.

    Numbers up to 2**``most`` have bins.
    """

    def __init__(self, most: int = _REACH) -> None:
        self._most = most
        self._lock = Lock()
        self._state = _start()
        self._halved: set[tuple[int, int, int]] = set()

    def evaluate(self, x: Doubles, errors: Doubles | float) -> tuple[Doubles, Doubles]:
        """(values, errors) for arguments with errors: nan where there is no bin, infinite errors where one's slope does
        not hold."""
        import numpy as np

        state, bins = self._find_bins(x)
        with np.errstate(invalid="ignore"):  # infinite arguments, which have no bin
            t = (x - state.middle[bins]) * state.inverse[bins]  # exact
        value = state.coefficients[_TERMS - 1][bins]
        for row in state.coefficients[_TERMS - 2 :: -1]:
            value = value * t + row[bins]
        error = state.error[bins]
        if not isinstance(errors, float) or errors:
            grown = error + 1.0001 * state.slope[bins] * errors
            error = np.where(errors <= state.room[bins], grown, np.inf)
        return value, error

    def _find_bins(self, x: Doubles) -> tuple[_State, Places]:
        """The state in which every number has its bin, and the bins."""
        import numpy as np

        bits = np.ascontiguousarray(x).view(np.int64)
        binade = (bits >> 52) & 0xFFF
        cell = (bits >> (52 - _FINEST)) & (_CELLS - 1)
        while True:
            state = self._state
            bins = state.bins[state.base[binade] + cell]
            if bins.min(initial=0) != _OPEN:
                return state, bins
            missing = np.unique(bits[bins == _OPEN] >> (52 - _FINEST)).tolist()
            with self._lock:
                if self._state is state:
                    self._state = self._extend(state, [((key >> _FINEST) & 0xFFF, key % _CELLS) for key in missing])

    def _extend(self, state: _State, cells: list[tuple[int, int]]) -> _State:
        """The state with the bins of these cells, each given by its binade and its place there."""
        import numpy as np

        base, bins = state.base.copy(), state.bins.tolist()
        new: list[_Bin] = []
        for binade, cell in cells:
            if base[binade] == _UNSEEN:
                near = -_REACH <= (binade & 0x7FF) - 1023 < self._most
                base[binade] = len(bins) if near else _FAR
                bins += [_OPEN] * _CELLS if near else []
            if bins[base[binade] + cell] == _OPEN:
                bits, found = self._find_bin(binade, cell)
                if found is not None:
                    new.append(found)
                first = int(base[binade]) + (cell >> (_FINEST - bits) << (_FINEST - bits))
                number = _REFUSED if found is None else len(state.error) + len(new) - 1
                bins[first : first + (1 << (_FINEST - bits))] = [number] * (1 << (_FINEST - bits))
        columns = zip(*new, strict=True) if new else [[]] * len(_Bin._fields)
        middle, inverse, coefficients, error, slope, room = (np.array(column, dtype=np.float64) for column in columns)
        wide = coefficients.reshape(len(new), _TERMS).T
        return _State(
            base,
            np.array(bins, dtype=np.intp),
            np.concatenate([state.middle, middle]),
            np.concatenate([state.inverse, inverse]),
            np.ascontiguousarray(np.concatenate([state.coefficients, wide], axis=1)),
            np.concatenate([state.error, error]),
            np.concatenate([state.slope, slope]),
            np.concatenate([state.room, room]),
        )

    def _find_bin(self, binade: int, cell: int) -> tuple[int, _Bin | None]:
        """The widest bin around a cell that has a polynomial, by its bits; None where not even the narrowest has."""
        sign = -1.0 if binade >> 11 else 1.0
        exponent = (binade & 0x7FF) - 1023
        for bits in range(_COARSEST, _FINEST + 1):
            index = cell >> (_FINEST - bits)
            if (binade, bits, index) in self._halved:
                continue
            middle = 1.0 + (2 * index + 1) * 2.0 ** -(bits + 1)
            found = self._expand(math.ldexp(sign * middle, exponent), math.ldexp(1.0, exponent - bits - 1))
            if found is not None:
                return bits, found
            self._halved.add((binade, bits, index))
        return _FINEST, None

    def _expand(self, middle: float, half: float) -> _Bin | None:
        """The polynomial about a middle; None where the function is not known to be smooth and near it everywhere."""
        from flint import arb, ctx

        with FLINT:
            try:
                with ctx.workprec(_BITS):
                    terms = self._expand_at(arb(middle), half)[:_TERMS]
                if not LEAST < max(float(abs(term).upper()) for term in terms) < MOST:
                    return _HOPELESS  # and flint takes its time over balls that are far beyond a double
                with ctx.workprec(_BITS_OF_BOUNDS):
                    return _judge(terms, self._expand_at(arb(middle, 1.5 * half), half), middle, half)
            except (DcalcError, ArithmeticError, ValueError):
                return None

    def _expand_at(self, x: arb, half: float) -> list[arb]:
        """Enclosures of `_TERMS` + 1 Taylor terms over all of a ball, in units of a width. Raises DcalcError,
        ArithmeticError or ValueError where the function is not known to be smooth there."""
        raise NotImplementedError


class Table(Piecewise):
    """A row of the table as a function of its argument at ``place``; ``fixed`` are (middle, radius) of the others."""

    def __init__(self, row: Row, place: int, fixed: tuple[tuple[float, float], ...]) -> None:
        super().__init__()
        self._row = row
        self._place = place
        self._fixed = fixed
        self._is_bessel = row.name in _BESSEL and place == 1

    def _expand_at(self, x: arb, half: float) -> list[arb]:
        from flint import arb, arb_series

        from dcalc.numbers import ball
        from dcalc.numbers.ball_bessel import expand_bessel

        args: list[arb | arb_series] = [arb(v, e) if e else arb(v) for v, e in self._fixed]
        if self._is_bessel and isinstance(order := args[0], arb):
            terms = expand_bessel(self._row.name, order, x, _TERMS + 1)
            if terms is not None:
                return [term * arb(half) ** k for k, term in enumerate(terms)]
        args.insert(self._place, arb_series([x, half], prec=_TERMS + 1))
        with ball.orders(_TERMS + 1):
            series = ball.evaluator(self._row)(*args)
            return [series[k] for k in range(_TERMS + 1)]


class DerivativeTable(Piecewise):
    """A derivative of an expression by its only variable, where formulas of it are not known: zeta has none.

    The expression has no kinks, jumps or choices.
    """

    def __init__(self, root: Expr, name: str, order: int) -> None:
        super().__init__(_MOST_OF_ZETA)
        from dcalc.numbers.enclosure import Encloser

        self._name = name
        self._order = order
        self._encloser = Encloser(root, name, _TERMS + order)

    def _expand_at(self, x: arb, half: float) -> list[arb]:
        from dcalc.numbers.enclosure import Fault

        terms: list[arb] = []
        for k, term in enumerate(self._encloser.coefficients({self._name: lambda: x})[self._order :]):
            if isinstance(term, Fault):
                raise term.error
            terms.append(term * math.perm(k + self._order, self._order) * half**k)
        return terms


class Tables:
    """Derivatives of an expression in one variable by their tables.

    Unless there are many rows for sure (``is_long``), only tables that soon pay for themselves are made. Raises
    Unsupported for others, and where the expression may not be smooth.
    """

    def __init__(self, root: Expr, orders: Sequence[int], name: str, tolerance: float, *, is_long: bool) -> None:
        nodes = walk(root)
        if any(node.op.kinks or node.op.vertical or node.op in _CHOICES for node in nodes):
            raise Unsupported("choices and kinks have no tables")
        if not is_long and not all(_is_quick(node, name) for node in nodes):
            raise Unsupported("a table takes longer than some thousand values")
        self.tolerance = tolerance
        self.tables = [DerivativeTable(root, name, order) for order in orders]

    def run(self, columns: Sequence[Column], length: int) -> tuple[list[Any], list[int], list[int]]:
        """(values, doubtful, wide) as `Blocks.run` has them: all that is not near enough is doubtful."""
        import numpy as np

        x = np.ascontiguousarray(columns[0], dtype=np.float64)
        values = []
        sure = np.ones(length, dtype=bool)
        for table in self.tables:
            value, error = table.evaluate(x, 0.0)
            with np.errstate(invalid="ignore"):
                sure &= np.isfinite(value) & (error <= self.tolerance * np.abs(value))
            values.append(value)
        return values, np.flatnonzero(~sure).tolist(), []


def _is_quick(node: Expr, name: str) -> bool:
    """Whether the series of a function over a bin costs little: a curved argument makes that of zeta slow."""
    if node.op in _QUICK_SERIES:
        return exact(derivative(node.args[0], (name,))) is not None
    return None not in node.op.partials


class _Bin(NamedTuple):
    middle: float
    inverse: float
    coefficients: list[float]
    error: float
    slope: float
    room: float


_HOPELESS = _Bin(math.nan, math.nan, [math.nan] * _TERMS, math.inf, math.nan, math.nan)
"""The bin of numbers for which narrower bins would not help either."""


def _judge(terms: list[Any], wide: list[Any], middle: float, half: float) -> _Bin | None:
    """The bin of a polynomial; ``wide`` are the terms enclosed over one and a half bins. None where it is not good."""
    coefficients = [float(term.mid()) for term in terms]
    radii = [float(abs(term.rad()).upper()) for term in terms]
    remainder, slope = (float(abs(wide[k]).upper()) for k in (_TERMS, 1))
    sizes = [abs(value) for value in coefficients]
    largest = max(sizes)
    if not (remainder <= _REMAINDER * largest and math.isfinite(slope)):
        return None
    # Horner's rule (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 5.3), and coefficients rounded
    rounding = sum((2 * k + 2) * size for k, size in enumerate(sizes)) * UNIT
    error = 1.001 * (rounding + remainder + sum(radii)) + 2.0**-1060
    return _Bin(middle, 1 / half, coefficients, error, slope / half, half / 2)


def _start() -> _State:
    """No bin but that of the refused; every binade is unseen."""
    import numpy as np

    nothing = np.array([math.nan])
    return _State(
        np.full(1 << 12, _UNSEEN),
        np.repeat(np.array([_OPEN, _REFUSED]), _CELLS),
        nothing,
        nothing,
        np.full((_TERMS, 1), math.nan),
        np.array([math.inf]),
        nothing,
        nothing,
    )
