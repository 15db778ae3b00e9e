"""Derivatives from textbooks and handbooks: an expression, where, and its derivative as a formula.

The formulas are typed in from the source named in each group, in mpmath, and never come from
dcalc. Points are exact doubles at which doubles lose no digits to cancellation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from mpmath import mp, mpf

from dcalc.parser import parse
from dcalc.problem import Problem


class Scenario(NamedTuple):
    """``formula`` is the derivative of ``text``, once by each name in ``wrt``.

    A point holds the values of ``names``, the formula's arguments, in their order.
    """

    text: str
    wrt: str
    names: str
    formula: Callable[..., Any]
    points: tuple[tuple[float, ...], ...]

    @property
    def id(self) -> str:
        return f"{self.text}|{self.wrt}".replace(" ", "")

    def problems(self) -> list[tuple[Problem, Any]]:
        """A problem for each point, with the true value of the derivative to 60 digits."""
        root = parse(self.text).root
        found = []
        for point in self.points:
            with mp.workdps(60):
                truth = mpf(self.formula(*map(mpf, point)))
            at = dict(zip(self.names.split(), map(float, point), strict=True))
            found.append((Problem(root, tuple(self.wrt.split()), at), truth))
        return found


def _by_x(rows: list[tuple[str, Callable[..., Any], tuple[float, ...]]], wrt: str = "x") -> list[Scenario]:
    return [Scenario(text, wrt, "x", formula, tuple((p,) for p in points)) for text, formula, points in rows]


# Apostol, Calculus I, ch. 4 and 6; Stewart, Calculus, ch. 3.
CALCULUS = _by_x(
    [
        ("x**2*sin(x)", lambda x: 2 * x * mp.sin(x) + x**2 * mp.cos(x), (1.0, -0.5, 3.0)),
        ("7", lambda x: 0, (1.0,)),
        ("x", lambda x: 1, (1.0, -3.0)),
        ("x**7 - 3*x**4 + x", lambda x: 7 * x**6 - 12 * x**3 + 1, (0.5, -1.5, 2.0)),
        ("1/x", lambda x: -1 / x**2, (0.25, -3.0)),
        ("(x**2 + 1)/(x - 1)", lambda x: (x**2 - 2 * x - 1) / (x - 1) ** 2, (0.5, 3.0, -2.0)),
        ("sqrt(x)", lambda x: 1 / (2 * mp.sqrt(x)), (0.25, 2.0, 1e10)),
        ("x**(2/3)", lambda x: 2 / (3 * mp.cbrt(x)), (0.5, 8.0)),
        ("cbrt(x)", lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2), (0.5, -8.0)),
        ("sqrt(x + sqrt(x))", lambda x: (1 + 1 / (2 * mp.sqrt(x))) / (2 * mp.sqrt(x + mp.sqrt(x))), (0.5, 4.0)),
        ("(x**3 + 4)**10", lambda x: 30 * x**2 * (x**3 + 4) ** 9, (0.5, -1.0)),
        ("sin(x)**3", lambda x: 3 * mp.sin(x) ** 2 * mp.cos(x), (0.5, -1.25)),
        ("sin(x**3)", lambda x: 3 * x**2 * mp.cos(x**3), (0.5, -1.25)),
        ("sin(cos(tan(x)))", lambda x: -mp.cos(mp.cos(mp.tan(x))) * mp.sin(mp.tan(x)) * mp.sec(x) ** 2, (0.5, -1.0)),
        ("tan(x)", lambda x: mp.sec(x) ** 2, (0.5, -1.25)),
        ("sec(x)", lambda x: mp.sec(x) * mp.tan(x), (0.5, -1.25)),
        ("csc(x)", lambda x: -mp.csc(x) * mp.cot(x), (0.5, -1.25)),
        ("cot(x)", lambda x: -(mp.csc(x) ** 2), (0.5, -1.25)),
        ("x*cot(x)", lambda x: mp.cot(x) - x * mp.csc(x) ** 2, (0.5, 2.0)),
        ("exp(3*x)*cos(2*x)", lambda x: mp.exp(3 * x) * (3 * mp.cos(2 * x) - 2 * mp.sin(2 * x)), (0.5, -1.0)),
        ("exp(-1/x**2)", lambda x: 2 * mp.exp(-1 / x**2) / x**3, (0.5, -2.0)),
        ("2**sin(x)", lambda x: mp.log(2) * 2 ** mp.sin(x) * mp.cos(x), (0.5, -1.0)),
        ("x**x", lambda x: x**x * (mp.log(x) + 1), (0.5, 2.0)),
        ("x**sqrt(x)", lambda x: x ** mp.sqrt(x) * (2 + mp.log(x)) / (2 * mp.sqrt(x)), (0.5, 2.0)),
        ("x**sin(x)", lambda x: x ** mp.sin(x) * (mp.cos(x) * mp.log(x) + mp.sin(x) / x), (0.5, 2.0)),
        ("log(x)**2", lambda x: 2 * mp.log(x) / x, (0.5, 3.0)),
        ("log(log(x))", lambda x: 1 / (x * mp.log(x)), (1.5, 20.0)),
        ("log(x + sqrt(x**2 + 1))", lambda x: 1 / mp.sqrt(x**2 + 1), (0.5, 3.0)),
        ("log10(x)", lambda x: 1 / (x * mp.log(10)), (0.5, 3.0)),
        ("log(x, 2)", lambda x: 1 / (x * mp.log(2)), (0.5, 3.0)),
        ("log(2, x)", lambda x: -mp.log(2) / (x * mp.log(x) ** 2), (0.5, 3.0)),
        ("log(abs(x))", lambda x: 1 / x, (0.5, -3.0)),
        ("abs(x)*x", lambda x: 2 * abs(x), (0.5, -3.0)),
        ("asin(x)", lambda x: 1 / mp.sqrt(1 - x**2), (0.5, -0.75)),
        ("acos(x)", lambda x: -1 / mp.sqrt(1 - x**2), (0.5, -0.75)),
        ("atan(x)", lambda x: 1 / (1 + x**2), (0.5, -0.75, 1e5)),
        ("x*asin(x) + sqrt(1 - x**2)", lambda x: mp.asin(x), (0.5, -0.75)),
        ("atan((x + 1)/(x - 1))", lambda x: -1 / (1 + x**2), (0.5, 3.0)),
        ("sinh(x)*cosh(x)", lambda x: mp.cosh(2 * x), (0.5, -1.25)),
        ("tanh(x)", lambda x: mp.sech(x) ** 2, (0.5, -1.25, 5.0)),
        ("asinh(x)", lambda x: 1 / mp.sqrt(1 + x**2), (0.5, -3.0)),
        ("acosh(x)", lambda x: 1 / mp.sqrt(x**2 - 1), (1.5, 3.0)),
        ("atanh(x)", lambda x: 1 / (1 - x**2), (0.5, -0.75)),
        ("exp(x)/(1 + exp(x))", lambda x: mp.exp(x) / (1 + mp.exp(x)) ** 2, (0.5, -2.0)),
        ("(sin(x) - cos(x))/(sin(x) + cos(x))", lambda x: 2 / (mp.sin(x) + mp.cos(x)) ** 2, (0.5, 1.25)),
        ("e**pi*x", lambda x: mp.exp(mp.pi), (0.5,)),
        ("-(x + 1)*(x + 1)", lambda x: -2 * (x + 1), (0.5, -3.0)),
        ("(x - 1)*(1 - x)*(2*x - 2)", lambda x: -6 * (x - 1) ** 2, (0.5, -3.0)),
        ("-(sin(x) + 4*x)*(x*4 + sin(x))", lambda x: -2 * (mp.sin(x) + 4 * x) * (mp.cos(x) + 4), (0.5, -1.0)),
        ("(2*x + 2)*(3*x + 3)*(x + 1)/6", lambda x: 3 * (x + 1) ** 2, (0.5, -3.0)),
        ("(x + 1)/(-x - 1)*x**2", lambda x: -2 * x, (0.5, -3.0)),
    ]
)

# NIST Digital Library of Mathematical Functions: the differentiation formula of each chapter.
DLMF = _by_x(
    [
        ("erf(x)", lambda x: 2 * mp.exp(-(x**2)) / mp.sqrt(mp.pi), (0.5, -1.25)),  # 7.10.1
        ("erfc(x)", lambda x: -2 * mp.exp(-(x**2)) / mp.sqrt(mp.pi), (0.5, -1.25)),  # 7.10.1
        ("erf(x, 2*x)", lambda x: (4 * mp.exp(-4 * x**2) - 2 * mp.exp(-(x**2))) / mp.sqrt(mp.pi), (0.25, -1.25)),
        ("erfi(x)", lambda x: 2 * mp.exp(x**2) / mp.sqrt(mp.pi), (0.5, -1.25)),
        ("erfinv(x)", lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2), (0.5, -0.75)),  # 7.17
        ("fresnels(x)", lambda x: mp.sin(mp.pi * x**2 / 2), (0.5, -1.25)),  # 7.2.8
        ("gamma(x)", lambda x: mp.gamma(x) * mp.psi(0, x), (0.5, 3.5, -1.25)),  # 5.2.2
        ("lgamma(x)", lambda x: mp.psi(0, x), (0.5, 3.5)),  # 5.2.2
        ("digamma(x)", lambda x: mp.psi(1, x), (0.5, 3.5)),  # 5.15.1
        ("polygamma(2, x)", lambda x: mp.psi(3, x), (0.5, 3.5)),  # 5.15.1
        ("factorial(x)", lambda x: mp.gamma(x + 1) * mp.psi(0, x + 1), (0.5, 3.5)),
        ("beta(x, 2)", lambda x: -(2 * x + 1) / (x * (x + 1)) ** 2, (0.5, 3.0)),  # 5.12.1
        ("uppergamma(2, x)", lambda x: -x * mp.exp(-x), (0.5, 3.0)),  # 8.8.13
        ("lowergamma(1/2, x)", lambda x: mp.exp(-x) / mp.sqrt(x), (0.5, 3.0)),
        ("ei(x)", lambda x: mp.exp(x) / x, (0.5, -1.25)),  # 6.2.5
        ("expint(x)", lambda x: -mp.exp(-x) / x, (0.5, 3.0)),  # 6.2.1
        ("expint(3, x)", lambda x: -mp.expint(2, x), (0.5, 3.0)),  # 8.19.13
        ("li(x)", lambda x: 1 / mp.log(x), (0.5, 3.0)),
        ("si(x)", lambda x: mp.sin(x) / x, (0.5, -1.25)),  # 6.2.9
        ("ci(x)", lambda x: mp.cos(x) / x, (0.5, 3.0)),  # 6.2.11
        ("besselj(0, x)", lambda x: -mp.besselj(1, x), (0.5, 3.0)),  # 10.6.3
        ("x*besselj(1, x)", lambda x: x * mp.besselj(0, x), (0.5, 3.0)),  # 10.6.6
        ("bessely(0, x)", lambda x: -mp.bessely(1, x), (0.5, 3.0)),  # 10.6.3
        ("besseli(0, x)", lambda x: mp.besseli(1, x), (0.5, 3.0)),  # 10.29.3
        ("besselk(0, x)", lambda x: -mp.besselk(1, x), (0.5, 3.0)),  # 10.29.3
        ("airyai(x)", lambda x: mp.airyai(x, derivative=1), (0.5, -1.25)),  # 9.2
        ("airyaiprime(x)", lambda x: x * mp.airyai(x), (0.5, -1.25)),  # 9.2.1
        ("lambertw(x)", lambda x: mp.re(mp.lambertw(x)) / (x * (1 + mp.re(mp.lambertw(x)))), (0.5, 3.0)),  # 4.13.4
        ("elliptic_k(x)", lambda x: (mp.ellipe(x) - (1 - x) * mp.ellipk(x)) / (2 * x * (1 - x)), (0.5, -0.75)),
        ("elliptic_e(x)", lambda x: (mp.ellipe(x) - mp.ellipk(x)) / (2 * x), (0.5, -0.75)),  # 19.4.2
        ("zeta(3, x)", lambda x: -3 * mp.zeta(4, x), (0.5, 3.0)),  # 25.11.17
        ("sinpi(x)", lambda x: mp.pi * mp.cospi(x), (0.25, -1.125)),
        ("hypot(x, 3)", lambda x: x / mp.sqrt(x**2 + 9), (4.0, -0.5)),
        ("atan2(x, 2)", lambda x: 2 / (x**2 + 4), (0.5, -1.25)),
    ]
)

# Choices: on each side the derivative is that of the piece.
CHOICES = _by_x(
    [
        ("where(x < 1, x**2, log(x))", lambda x: 2 * x if x < 1 else 1 / x, (0.5, 3.0, -2.0)),
        ("where(x > 0, sqrt(x), 0)", lambda x: 1 / (2 * mp.sqrt(x)) if x > 0 else 0, (4.0, -1.0)),
        ("where(x > 0 and x < 1, x, 2*x)", lambda x: 1 if 0 < x < 1 else 2, (0.5, 3.0, -2.0)),
        ("max(x, x**2)", lambda x: 2 * x if x > 1 or x < 0 else 1, (0.5, 3.0, -2.0)),
        ("max(sin(x), cos(x), x/4)", lambda x: -mp.sin(x) if x < 0.7 else mp.cos(x) if x < 2 else mpf(1) / 4,
         (0.25, 1.0, 3.0)),
        ("min(x, 2, 3 - x)", lambda x: 1 if x < 1.5 else -1, (0.5, 2.5)),
        ("clip(x**2, 1, 4)", lambda x: 2 * x if 1 < x * x < 4 else 0, (0.5, 1.5, 3.0, -1.5)),
        ("relu(x)*x", lambda x: 2 * x if x > 0 else 0, (0.5, -1.5)),
        ("leaky_relu(x)", lambda x: 1 if x > 0 else mpf(1) / 100, (0.5, -1.5)),
        ("elu(x)", lambda x: 1 if x > 0 else mp.exp(x), (0.5, -1.5)),
        ("floor(x)*x", lambda x: mp.floor(x), (2.5, -1.25)),
        ("frac(x)**2", lambda x: 2 * (x - mp.floor(x)), (2.5, -1.25)),
        ("mod(x, 3)**2", lambda x: 2 * (x - 3 * mp.floor(x / 3)), (4.0, -1.25)),
        ("huber(x, 0)", lambda x: x if abs(x) < 1 else mp.sign(x), (0.5, -1.5, 3.0)),
        ("sigmoid(x)", lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2, (0.5, -1.5)),
        ("softplus(x)", lambda x: 1 / (1 + mp.exp(-x)), (0.5, -1.5)),
        ("swish(x)", lambda x: (1 + mp.exp(-x) * (1 + x)) / (1 + mp.exp(-x)) ** 2, (0.5, -0.5)),
        ("gelu(x)", lambda x: mp.ncdf(x) + x * mp.npdf(x), (0.5, 1.5)),
        ("logsumexp(x, 1, 2*x)", lambda x: (mp.exp(x) + 2 * mp.exp(2 * x)) / (mp.exp(x) + mp.e + mp.exp(2 * x)),
         (0.5, -1.5)),
        ("softmax(0, x, 1)", lambda x: mp.exp(x + 1) / (mp.exp(x) + mp.e) ** 2, (0.5, -1.5)),
        ("cross_entropy(1, x, 2)", lambda x: mp.exp(x) / (mp.exp(x) + mp.exp(2)), (0.5, -1.5)),
        ("bce_logits(1/4, x)", lambda x: 1 / (1 + mp.exp(-x)) - mpf(1) / 4, (0.5, 2.5)),
        ("sind(x)", lambda x: mp.pi / 180 * mp.cos(mp.pi * x / 180), (30.0, -100.5)),
    ]
)  # fmt: skip

SECOND = [
    *_by_x(
        [
            ("x**2*sin(x)", lambda x: (2 - x**2) * mp.sin(x) + 4 * x * mp.cos(x), (1.0, -0.5)),
            ("exp(-x**2/2)", lambda x: (x**2 - 1) * mp.exp(-(x**2) / 2), (0.5, 2.0)),
            ("log(1 + x**2)", lambda x: 2 * (1 - x**2) / (1 + x**2) ** 2, (0.5, 3.0)),
            ("tan(x)", lambda x: 2 * mp.tan(x) * mp.sec(x) ** 2, (0.5, -1.0)),
            ("atan(x)", lambda x: -2 * x / (1 + x**2) ** 2, (0.5, -3.0)),
            ("1/(1 + exp(-x))", lambda x: -mp.sinh(x / 2) / (4 * mp.cosh(x / 2) ** 3), (0.5, -2.0)),
            ("airyai(x)", lambda x: x * mp.airyai(x), (0.5, -1.25)),
            ("abs(x)**3", lambda x: 6 * abs(x), (0.5, -1.25)),
            ("where(x < 1, x**3, 1/x)", lambda x: 6 * x if x < 1 else 2 / x**3, (0.5, 2.0)),
            ("lgamma(x)", lambda x: mp.psi(1, x), (0.5, 3.5)),
            ("hypot(x, 3)", lambda x: 9 / mp.sqrt(x**2 + 9) ** 3, (0.5, 4.0)),
            ("besselj(0, x)", lambda x: (mp.besselj(2, x) - mp.besselj(0, x)) / 2, (0.5, 1.5)),
        ],
        "x x",
    ),
]
THIRD = [
    *_by_x(
        [
            ("sin(2*x)", lambda x: -8 * mp.cos(2 * x), (0.5, -1.25)),
            ("x**5 - x**3", lambda x: 60 * x**2 - 6, (0.5, 2.0)),
            ("x*exp(x)", lambda x: (x + 3) * mp.exp(x), (0.5, -1.25)),
            ("log(x)", lambda x: 2 / x**3, (0.5, 3.0)),
            ("sqrt(x)", lambda x: 3 / (8 * mp.sqrt(x) ** 5), (0.5, 4.0)),
            ("exp(x)*sin(x)", lambda x: 2 * mp.exp(x) * (mp.cos(x) - mp.sin(x)), (0.25, -1.25)),
            ("tanh(x)", lambda x: (4 * mp.sinh(x) ** 2 - 2) / mp.cosh(x) ** 4, (0.25, 1.5)),
            ("erf(x)", lambda x: (8 * x**2 - 4) * mp.exp(-(x**2)) / mp.sqrt(mp.pi), (0.25, 1.5)),
        ],
        "x x x",
    ),
]
FOURTH = _by_x(
    [
        ("cos(x)", mp.cos, (0.5, -1.25)),
        ("x**6", lambda x: 360 * x**2, (0.5, -1.25)),
        ("exp(-x**2/2)", lambda x: (x**4 - 6 * x**2 + 3) * mp.exp(-(x**2) / 2), (0.25, 1.5)),
        ("log(x)", lambda x: -6 / x**4, (0.5, 3.0)),
    ],
    "x x x x",
)

# Feynman, Lectures on Physics; Stewart ch. 14: partial and mixed derivatives.
PARTIAL = [
    Scenario("x**2*y + sin(x*y)", "x", "x y", lambda x, y: 2 * x * y + y * mp.cos(x * y), ((1.0, 2.0), (-0.5, 3.0))),
    Scenario("x**2*y + sin(x*y)", "y", "x y", lambda x, y: x**2 + x * mp.cos(x * y), ((1.0, 2.0), (-0.5, 3.0))),
    Scenario("m*c**2/sqrt(1 - v**2/c**2)", "v", "m c v", lambda m, c, v: m * v / mp.sqrt(1 - (v / c) ** 2) ** 3,
             ((2.0, 3.0, 1.5),)),
    Scenario("exp(-theta**2/2)/sqrt(2*pi)", "theta", "theta",
             lambda t: -t * mp.exp(-(t**2) / 2) / mp.sqrt(2 * mp.pi), ((0.5,), (1.5,))),
    Scenario("p*q/(p + q)", "p", "p q", lambda p, q: q**2 / (p + q) ** 2, ((1.5, 2.5),)),
    Scenario("x**y", "y", "x y", lambda x, y: x**y * mp.log(x), ((1.5, -2.5), (0.25, 3.0))),
    Scenario("x**y", "x", "x y", lambda x, y: y * x ** (y - 1), ((1.5, -2.5), (0.25, 3.0), (-2.0, 3.0))),
    Scenario("atan2(y, x)", "x", "x y", lambda x, y: -y / (x**2 + y**2), ((1.5, 2.5), (-1.5, 0.5))),
    Scenario("max(x, y)*y", "y", "x y", lambda x, y: x if x > y else 2 * y, ((1.5, 2.5), (2.5, 1.5))),
    Scenario("log_base(b, x)", "b", "b x", lambda b, x: -mp.log(x) / (b * mp.log(b) ** 2), ((3.0, 0.5),)),
    Scenario("mse(y, p) + mae(y, p)", "p", "y p", lambda y, p: 2 * (p - y) + mp.sign(p - y), ((1.0, 0.25), (0.0, 2.0))),
    Scenario("besselj(n, x)", "x", "n x", lambda n, x: (mp.besselj(n - 1, x) - mp.besselj(n + 1, x)) / 2,
             ((2.0, 1.5), (0.5, 2.0))),
]  # fmt: skip
MIXED = [
    Scenario("x**2*y**3", "x y", "x y", lambda x, y: 6 * x * y**2, ((1.5, 2.5),)),
    Scenario("exp(x*y)", "x y", "x y", lambda x, y: (1 + x * y) * mp.exp(x * y), ((1.5, -0.5),)),
    Scenario("sin(x*y)", "y x", "x y", lambda x, y: mp.cos(x * y) - x * y * mp.sin(x * y), ((1.5, 0.5),)),
    Scenario("sin(x)*cos(y)*exp(z)", "x y z", "x y z", lambda x, y, z: -mp.cos(x) * mp.sin(y) * mp.exp(z),
             ((0.5, 1.5, -1.0),)),
    Scenario("log(x**2 + y**2)", "x y", "x y", lambda x, y: -4 * x * y / (x**2 + y**2) ** 2, ((1.5, 0.5),)),
    Scenario("x**y", "x y", "x y", lambda x, y: x ** (y - 1) * (1 + y * mp.log(x)), ((1.5, 2.5),)),
    Scenario("x**3*y**2", "x x y", "x y", lambda x, y: 12 * x * y, ((1.5, 2.5),)),
    Scenario("hypot(x, y)", "x y", "x y", lambda x, y: -x * y / mp.hypot(x, y) ** 3, ((3.0, 4.0),)),
    Scenario("where(x < y, x*y, x**2*y)", "x y", "x y", lambda x, y: 1 if x < y else 2 * x, ((1.5, 2.5), (3.0, 2.5))),
]  # fmt: skip

SCENARIOS = [*CALCULUS, *DLMF, *CHOICES, *SECOND, *THIRD, *FOURTH, *PARTIAL, *MIXED]
