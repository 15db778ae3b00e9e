"""Hard points of all rows: large and tiny ones, both signs, close to 1 and to zeros; how far programs are off there.

The points of a row are the same for all targets and for each run. Truths are those of `tests.truths`, in mpmath, where
two precisions agree.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from itertools import product

from mpmath import mp, mpf

from dcalc import functions as table
from dcalc.functions import Row
from dcalc.parser import parse
from tests.targets.programs import Sample, arrange_samples, run_samples
from tests.truths import TRUTHS, value

_SIZES = (
    1e-300, 1e-160, 1e-20, 1e-12, 1e-8, 1e-5, 1e-3, 0.01, 0.1, 0.25, 0.3, 0.4, 0.49999, 0.5, 0.6931471805599453, 0.7,
    0.75, 0.9, 0.999, 0.9999999, 0.99999999999, 1.0000001, 1.00000000001, 1.1, 1.3, 1.5, 1.5707963267948966, 1.999,
    2.5, 3.0, 3.141592653589793, 4.4, 5.0, 6.5, 7.5, 9.0, 12.5, 18.0, 20.5, 22.0, 25.0, 36.5, 38.0, 50.0, 88.5, 100.0,
    300.5, 700.0, 710.0, 745.0, 1e4, 1e6, 1e8, 1e12, 1e16, 1e22, 1e80, 1e155, 1e300,
)  # fmt: skip
_PAIRED = (0.25, -0.25, 0.5, 1.0, -1.0, 1.5, -2.75, 3.0, 10.5, -20.0, 100.0, -300.0, 1e-8, -1e-8, 0.9999999, 1.0000001)
_EXTREME = (*_PAIRED, 1e-150, 1e150)
_ELEMENTARY = frozenset(
    "exp expm1 exp2 exp10 log log1p log2 log10 sqrt cbrt csc sec cot sin cos tan asin acos atan acsc asec acot "
    "haversin sinh cosh tanh csch sech coth asinh acosh atanh acsch asech acoth abs sign step floor ceil round trunc "
    "frac inv abs2 sinc relu elu sigmoid softplus swish softsign mish logit log1mexp log2mexp logexpm1 log1pmx "
    "logmxp1 log1psq xlogx sinpi cospi deg2rad rad2deg erf erfc erfcx normpdf normcdf lognormcdf logerfc gelu norminv "
    "erfinv erfcinv asind acosd atand asecd acscd acotd".split()
)
"""Rows that are asked at the sizes above 100 and below 1e-12 as well."""
_DEGREES = frozenset("sind cosd tand secd cscd cotd".split())
_ORDERED = frozenset("sphericalbesselj legendre chebyshevt chebyshevu gegenbauer hermite laguerre".split())
_BY_ORDER = frozenset(
    "polygamma expint/2 besselj bessely besseli besselk besseljx besselyx besselix besselkx lambertw/2 polylog".split()
)
_MODERATE = frozenset("beta logbeta gammap gammaq betainc lowerbeta binomial uppergamma lowergamma zeta/2".split())
_WITH_ZEROS = frozenset("floor ceil trunc frac round step relu sinpi cospi mod fmod".split())
_MOST = 24
_DIGITS = 60


def _candidates(row: Row) -> Iterator[tuple[float, ...]]:
    count = max(row.minimum, min(len(row.args) + row.variadic, row.maximum or 3))
    choose = random.Random(row.key)
    if row.chooses:
        logits = (-700.0, -30.5, -1.0, 0.0, 0.5, 2.0, 40.0, 800.0)
        yield from ((float(k % 2), *choose.choices(logits, k=count - 1)) for k in range(2 * _MOST))
    elif count == 1:
        most, least = (1e300, 0) if row.key in _ELEMENTARY else (1e22, 0) if row.key in _DEGREES else (100, 1e-13)
        yield from ((sign * size,) for size in _SIZES if least <= size <= most for sign in (1, -1))
        yield from ((choose.uniform(-1, 1) * 10 ** choose.uniform(-1, 1.4),) for _ in range(_MOST))
    elif row.name in _ORDERED:
        for order, x in product((0, 1, 2, 3, 5, 8, 12), (0.25, -0.75, 1e-8, 0.9999999, 3.0, -7.5, 20.5)):
            yield (float(order), *([1.5] * (count - 2)), x)
    elif row.key in _BY_ORDER:
        orders = (0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 0.5, -1.0)
        points = list(product(orders, (0.1, 0.25, -0.25, 0.9, 1.0, 2.5, -3.5, 8.0, 12.0, 20.5, 30.0, 60.0, 1e-5)))
        yield from choose.sample(points, len(points))
    else:
        values = _PAIRED if row.key in _MODERATE else _EXTREME
        yield from (tuple(choose.choices(values, k=count)) for _ in range(12 * _MOST))


def _truth(row: Row, point: tuple[float, ...]) -> object:
    """The value of a row; None where it has none there, or none within the doubles."""
    names = dict(zip(row.args, map(mpf, point), strict=False))
    if len(row.args) == len(point):
        if row.domain and value(parse(f"where({row.domain}, 1, 0)", variables=row.args).root, names) != 1:
            return None
        if row.kinks and value(parse(row.kinks, variables=row.args).root, names) == 0:
            return None
    values = []
    for digits in (_DIGITS, _DIGITS + 20):
        with mp.workdps(digits):
            values.append(TRUTHS[row.key].f(*map(mpf, point)))
    with mp.workdps(_DIGITS + 20):
        first, second = values
        if not isinstance(second, mpf) or not mp.isfinite(second) or abs(first - second) > abs(second) * mpf(10) ** -30:
            return None
        if not second:  # exactly, or a difference that no precision shows
            return second if row.key in _WITH_ZEROS else None
        return second if mpf(10) ** -290 < abs(second) < mpf(10) ** 300 else None


@cache
def find_hard_points(key: str) -> dict[tuple[float, ...], object]:
    """The truths of a row by its hard points."""
    row, truths = table.BY_KEY[key], {}
    most = _MOST if row.maximum != 1 else 6 * _MOST
    for point in _candidates(row):
        if len(truths) >= most:
            break
        if row.key in ("asecd", "acscd") and abs(point[0]) < 1:
            continue
        if row.key in ("bce", "bce_logits") and not (0 <= point[0] <= 1 and abs(point[1]) > 1e-20):
            continue
        try:
            truth = _truth(row, point)
        except (ArithmeticError, ValueError, TypeError, RecursionError, mp.NoConvergence):
            continue
        if truth is not None:
            truths[point] = truth
    return truths


def sweep_rows(target: str, *, most: int = 1000) -> dict[str, tuple[float, tuple[float, ...]]]:
    """The worst error in ulps of each row that a target has at its hard points, and the point; at ``most`` of them."""
    samples: list[Sample] = []
    for row in table.functions():
        points = list(find_hard_points(row.key)) if row is not table.WHERE else []
        chosen = points if len(points) <= most else random.Random(row.key).sample(points, most)
        samples += arrange_samples(target, row, chosen)
    return run_samples(target, samples, lambda row, point: find_hard_points(row.key)[point])
