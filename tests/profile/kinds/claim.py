# ruff: noqa: E501  # a row is a line
"""Claims about derivatives: right ones, and the same with a fault at a point, on a half line, far out, or tiny."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from flint import arb, fmpq, fmpq_mpoly, fmpq_poly, fmpz_poly

from tests.profile.formula import Foreign, read
from tests.profile.near import NoValue, number, signs_asked, step
from tests.profile.pieces import Pieces, shown
from tests.profile.question import OPEN, RIGHT, Judge, Question, Record
from tests.profile.truth import truth

PAIRS = (
    ("x**2", "2*x"), ("x**3 - x", "3*x**2 - 1"), ("3*x + 1", "3"), ("7", "0"), ("x**4/4", "x**3"), ("sin(x)", "cos(x)"),
    ("cos(2*x)", "-2*sin(2*x)"), ("exp(x)", "exp(x)"), ("exp(-x**2)", "-2*x*exp(-x**2)"), ("atan(x)", "1/(1 + x**2)"),
    ("log(1 + x**2)", "2*x/(1 + x**2)"), ("sqrt(1 + x**2)", "x/sqrt(1 + x**2)"), ("tanh(x)", "1 - tanh(x)**2"),
    ("sigmoid(x)", "sigmoid(x)*(1 - sigmoid(x))"), ("x*abs(x)", "2*abs(x)"), ("abs(x)**3", "3*x*abs(x)"),
    ("relu(x)**2", "2*relu(x)"), ("x/(1 + x**2)", "(1 - x**2)/(1 + x**2)**2"), ("sin(x)**2", "sin(2*x)"),
    ("x*sin(x)", "sin(x) + x*cos(x)"), ("max(x, 0)**2", "2*max(x, 0)"), ("erf(x)", "2*exp(-x**2)/sqrt(pi)"),
    ("where(x > 0, x**2, 0)", "where(x > 0, 2*x, 0)"), ("where(x < 1, x**2, 2*x - 1)", "where(x < 1, 2*x, 2)"),
    ("where(x >= 0, x**2, -x**2)", "2*abs(x)"), ("asinh(x)", "1/sqrt(1 + x**2)"), ("huber(x, 0)", "clip(x, -1, 1)"),
    ("softplus(x)", "sigmoid(x)"), ("cosh(x)", "sinh(x)"), ("x**2*sin(x)", "2*x*sin(x) + x**2*cos(x)"),
)  # fmt: skip
"""Functions with derivatives everywhere, which are these (tables of derivatives; the pieces by hand)."""
_ALONE = ("17", "0", "1", "3", "(1/3)", "0.37", "-2.5", "100", "1e10", "-1e-10", "0.123456789")
_FAR = ("3", "4", "10", "50", "1000", "1e5", "1e12", "1e100")
_FAR_OUT = Fraction(10**6)
"""Beyond all places where conditions of short polynomials change their signs."""
_TINY = ("1e-30", "1e-40", "1e-20*exp(-x**2)", "1e-25*x")


class _Fault(NamedTuple):
    """What is added to a claim, and what kind of mistake that makes it."""

    term: str
    kind: str


def _fault(rng: random.Random) -> _Fault:
    """A function that is not 0 everywhere, but nearly."""
    alone, far = rng.choice(_ALONE), rng.choice(_FAR)
    shape = rng.random()
    if shape < 0.3:
        size = rng.choice(("1", "1", "-2", "x + 200", "1e-9"))
        test = rng.choice((f"x == {alone}", f"not (x != {alone})", f"x >= {alone} and x <= {alone}"))
        return _Fault(f"where({test}, {size}, 0)", "point")
    if shape < 0.65:
        return _Fault(
            rng.choice(
                (
                    f"where(x > {far}, 1, 0)", f"where(x < -{far}, 1, 0)", f"relu(x - {far})", f"relu(-x - {far})", f"step(x - {far})",
                    f"max(x - {far}, 0)**2", f"where(abs(x) >= {far}, x, 0)", f"min(x + {far}, 0)", f"where(x**2 > {far}**2, 1e-6, 0)",
                    f"(max(x, {far}) - {far})", f"(x - min(x, {far}))", f"(x - clip(x, -{far}, {far}))",
                )
            ),
            "half line",
        )  # fmt: skip
    if shape < 0.85:
        return _Fault(
            rng.choice(
                (
                    f"where(x > {far} and x < {far} + 1, 1, 0)", f"where(abs(x - {far}) < 1/1000, 1, 0)", f"relu(1 - abs(x + {far}))",
                    "where(abs(x) < 1e-30, 1, 0)", "where(x > 0 and x < 1e-12, 1, 0)", f"where(abs(x - {alone}) < 1e-9, 1, 0)",
                    f"exp(-(x - {far})**2)", "relu(sin(x) - 999/1000)", "floor(abs(x)/1000)", "where(abs(x) <= 1e-200, 1, 0)",
                )
            ),
            "interval",
        )  # fmt: skip
    return _Fault(rng.choice(_TINY), "tiny")


def draw(rng: random.Random) -> Question:
    """A claim about a function of one variable."""
    shape = rng.random()
    if shape < 0.25:
        return _of_pieces(rng)
    f, right = rng.choice(PAIRS)
    if shape < 0.3:
        return _question(f, right, right_claim)
    if shape < 0.4:
        return _hole(f, right, rng)
    if shape < 0.5:
        # A fault in f itself: the value of one point, which has no slope there, or of a piece that meets smoothly.
        alone = rng.choice(_ALONE)
        bend = f"relu(x - {rng.choice(_FAR)})**2"
        return (
            _question(f"{f} + {bend}", right, wrong_claim("half line"))
            if rng.random() < 0.7
            else _same(f, right, alone)
        )
    fault = _fault(rng)
    sign = rng.choice("+-")
    return _question(f, f"{right} {sign} {fault.term}", wrong_claim(fault.kind))


def _question(f: str, claim: str, judge: Judge) -> Question:
    return Question(("check",), {"expr": f, "claim": claim}, judge)


def _same(f: str, right: str, alone: str) -> Question:
    """f with one value written as that of a second branch, which changes nothing; a claim that sees two branches."""
    return _question(
        f"where(x != {alone}, {f}, {f})", f"where(x != {alone}, {right}, {right} + 1)", wrong_claim("point")
    )


def _hole(f: str, right: str, rng: random.Random) -> Question:
    """A claim that has no value at one point, where f has a derivative."""
    alone = rng.choice(("0", "1", "17", "(1/3)", "-2.5"))
    moved = f"(x - {alone})" if "-" not in alone else f"(x + {alone[1:]})"
    claim = rng.choice(
        (f"({right})*{moved}/{moved}", f"{right} + {moved}**2/{moved} - {moved}", f"({right})/({moved}/{moved})")
    )

    def judge(record: Record) -> str:
        if record.get("verdict") in ("proved", "agrees") and not record["notes"]:
            return f"{record['verdict']}, and nothing is said of {alone}, where the claim has no value"
        return OPEN if record.get("verdict") is None else RIGHT

    return _question(f, claim, judge)


def _of_pieces(rng: random.Random) -> Question:
    """A function of random pieces; the claim is put together from its true derivative around the places."""
    corner = Fraction(rng.choice((0, 1, -1, 2, 17, Fraction(1, 2))))
    text = Pieces(rng, {"x": corner}).function()
    places = _breaks(text, corner)
    pieces = _true_pieces(text, places)
    if pieces is None:
        return _question("x**2", "2*x", right_claim)
    claim, smooth = pieces
    if rng.random() < 0.4 or not smooth:
        return _question(text, claim, right_claim)
    if rng.random() < 0.5:
        alone = shown(rng.choice(smooth))
        return _question(text, f"where(x == {alone}, 1 + ({claim}), {claim})", wrong_claim("point"))
    fault = _fault(rng)
    return _question(text, f"{claim} + {fault.term}", wrong_claim(fault.kind))


def _breaks(text: str, corner: Fraction) -> list[Fraction]:
    """Where pieces may meet: rational places near the point at which the germs of the two sides differ."""
    candidates = sorted({corner, *(Fraction(k, 4) for k in range(-24, 25)), *(Fraction(k) for k in range(-40, 41))})
    return [place for place in candidates if _germ(text, place, -1) != _germ(text, place, 1) or _odd(text, place)]


def _reaches(text: str, start: Fraction, end: Fraction) -> bool:
    """Whether f is one piece between two places: no condition changes its sign on the way."""
    with signs_asked() as polynomials:
        read(text)({"x": number(start) + step(0)})
    return not any(_has_root(polynomial, end - start) for polynomial in polynomials)


def _has_root(polynomial: fmpq_mpoly, end: Fraction) -> bool:
    """Whether a polynomial in the smallest infinitesimal has a root between 0 and an end."""
    coefficients = [fmpq(0)] * (int(polynomial.degrees()[0]) + 1)
    for powers, coefficient in zip(polynomial.monoms(), polynomial.coeffs(), strict=True):
        coefficients[int(powers[0])] = coefficient
    roots = [root for root, _ in fmpz_poly((fmpq_poly(coefficients)).numer()).complex_roots()]
    return any(
        0 in root.imag and root.real > arb(0) and root.real < arb(fmpq(end.numerator, end.denominator))
        for root in roots
    )


def _germ(text: str, place: Fraction, sign: int) -> list[Fraction] | None:
    """The polynomial that f is beside a place, by its coefficients in powers of x."""
    try:
        start, parts = read(text)({"x": number(place) + number(sign) * step(0)}).series(0, 9)
    except NoValue:
        return None
    if start < 0:
        return None
    shifted = [Fraction(0)] * start + [part.exact() * sign ** (start + k) for k, part in enumerate(parts)]
    found = [Fraction(0)] * len(shifted)
    for power, coefficient in enumerate(shifted):  # (x - place)**power by the binomial theorem
        term = Fraction(1)
        for k in range(power + 1):
            found[power - k] += coefficient * term
            term = term * -place * (power - k) / (k + 1)
    while found and not found[-1]:
        found.pop()
    return found


def _odd(text: str, place: Fraction) -> bool:
    """Whether f has another value at a place than beside it, or none."""
    germ = _germ(text, place, 1)
    try:
        value = read(text)({"x": number(place)}).exact()
    except NoValue:
        return True
    return germ is None or value != sum(c * place**k for k, c in enumerate(germ))


def _true_pieces(text: str, places: list[Fraction]) -> tuple[str, list[Fraction]] | None:
    """The derivative, a polynomial a piece; and those places at which it exists. None where breaks were overlooked."""
    if not 0 < len(places) <= 4:
        return None
    germs = [_germ(text, places[0], -1), *(_germ(text, place, 1) for place in places)]
    ends = [-_FAR_OUT, *places, _FAR_OUT]
    if None in germs or any(len(g or ()) > 8 for g in germs) or "floor" in text or "frac" in text:
        return None
    if not all(_reaches(text, start, end) for start, end in pairwise(ends)):
        return None
    slopes = [_written([k * c for k, c in enumerate(germ or [])][1:]) for germ in germs]
    claim, smooth = slopes[-1], []
    for place, slope in reversed(list(zip(places, slopes[:-1], strict=True))):
        right = truth(read(text), ("x",), {"x": place})
        if right.status == "ok":
            smooth.append(place)
            claim = f"where(x == {shown(place)}, {shown(right.value or 0)}, {claim})"
        claim = f"where(x < {shown(place)}, {slope}, {claim})"
    return claim, smooth


def _written(coefficients: list[Fraction]) -> str:
    terms = [f"{shown(c)}*x**{k}" if k else shown(c) for k, c in enumerate(coefficients) if c]
    return " + ".join(terms) or "0"


def right_claim(record: Record) -> str:
    """The judge of a claim that is right."""
    if record["status"] == "error":
        return f"{record['error']}"
    verdict = record.get("verdict")
    if verdict == "no":
        return f"no, of a right claim: {record['counterexample']}"
    return OPEN if verdict is None else RIGHT


def wrong_claim(kind: str, part: str | None = None) -> Judge:
    """The judge of a claim that is wrong; of a gradient, in that part alone."""

    def judge(record: Record) -> str:
        if record["status"] == "error":
            return f"{record['error']}"
        parts = record.get("components") or {record["wrt"] if part is None else part: record}
        for name, claim in parts.items():
            verdict = claim["verdict"]
            if part is not None and name != part:
                if verdict == "no":
                    return f"no, of the part by {name}, which is right"
                continue
            if verdict in ("proved", "agrees"):
                return f"{verdict}, of a claim that is wrong: {kind}"
            return OPEN if verdict is None else _counterexample(record["expression"], name, claim)
        return f"nothing is said of {part}"

    return judge


def _exact_at(counterexample: Record) -> Record:
    """What the point is exactly, where that is not a double."""
    return counterexample.get("exact_at") or {}


def _counterexample(f: str, name: str, claim: Record) -> str:
    """Whether the point that speaks against a claim does so, where that can be told exactly."""
    counterexample = claim["counterexample"]
    try:
        at = {name: Fraction(value) for name, value in {**counterexample["at"], **_exact_at(counterexample)}.items()}
    except ValueError:
        return RIGHT  # at a constant that is not a rational
    if counterexample["expected"] == counterexample["claimed"]:
        return f"the counterexample has {counterexample['expected']} on both sides"
    try:
        right = truth(read(f), (name,), at)
        said = truth(read(claim["claim"]), (), at)
    except (Foreign, KeyError):
        return RIGHT
    if right.status != "ok":
        return f"a counterexample where f has no derivative: {right.kind or right.status}"
    if said.value == right.value:
        return f"a counterexample where the claim is right: {dict(at)}"
    return RIGHT
