"""When a number is zero: proved, never guessed from a small ball."""

from __future__ import annotations

import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from dcalc.errors import DcalcError
from dcalc.parser import parse
from dcalc.proof.budget import Budget, limit_work
from dcalc.proof.constant import Constant
from dcalc.proof.zero import Prover
from dcalc.verdict import NeedMoreBits, constant_of

ZEROS = [
    "exp(2) - e**2",
    "exp(1)*exp(-1) - 1",
    "sin(2)**2 + cos(2)**2 - 1",
    "cos(-1) - cos(1)",
    "sin(-1) + sin(1)",
    "log(8) - 3*log(2)",
    "log(6) - log(2) - log(3)",
    "sqrt(2)*sqrt(2) - 2",
    "sqrt(2)*sqrt(3) - sqrt(6)",
    "sqrt(8) - 2*sqrt(2)",
    "2**(1/3)*4**(1/3) - 2",
    "1/(sqrt(3) - sqrt(2)) - sqrt(3) - sqrt(2)",
    "sqrt(5 + 2*sqrt(6)) - sqrt(2) - sqrt(3)",
    "sqrt(3 + 2*sqrt(2)) - 1 - sqrt(2)",
    "4*atan(1) - pi",
    "4*atan(1/5) - atan(1/239) - pi/4",  # Machin 1706
    "12*atan(1/18) + 8*atan(1/57) - 5*atan(1/239) - pi/4",  # Gauss
    "atan(1/2) + atan(1/3) - pi/4",  # Euler
    "atan(-7) - atan(1/7) + pi/2",
    "sin(atan(1/5)) - 1/sqrt(26)",
    "tan(2*atan(1/3)) - 3/4",
    "sin(pi)",
    "cos(pi/2)",
    "exp(log(7)) - 7",
    "cosh(1)**2 - sinh(1)**2 - 1",
    "tanh(1) - (e**2 - 1)/(e**2 + 1)",
    "sin(1)**6 + 3*sin(1)**4*cos(1)**2 + 3*sin(1)**2*cos(1)**4 + cos(1)**6 - 1",
    "sin(pi/6) - 1/2",
    "cos(pi/4) - 1/sqrt(2)",
    "tan(pi/3) - sqrt(3)",
    "sin(2 + 3*pi) + sin(2)",
    "cos(pi/5) - (1 + sqrt(5))/4",
    "cos(pi/7) - cos(2*pi/7) + cos(3*pi/7) - 1/2",
    "sin(pi/8)**2 - (2 - sqrt(2))/4",
    "asin(1/2) - pi/6",
    "acos(-1) - pi",
    "atan(2 - sqrt(3)) - pi/12",
    "log(1/gamma(1/3)) + log(gamma(1/3))",
    "exp(log(1 + pi)/2)**2 - 1 - pi",
    "sqrt(1 + pi)*sqrt(1 + pi) - 1 - pi",
    "sqrt(1/gamma(1/3)**2) - 1/gamma(1/3)",
    "2**pi*2**(-pi) - 1",
    "(1 + e)*(1/(1 + e)) - 1",
    "1/(1 + e) + e/(1 + e) - 1",
    "log(2, 4) - 1/2",
    "log10(1000) - 3",
    "cbrt(27) - 3",
    "gamma(5) - 24",
    "erf(-1) + erf(1)",
    "erf(1) + erfc(1) - 1",
    "sin(2) - 2*sin(1)*cos(1)",
    "zeta(2) - pi**2/6",
    "sqrt(log(2)**2) - log(2)",
    "sqrt((1 - sqrt(pi))**2) + 1 - sqrt(pi)",
    "cos(pi/7)**2 - (1 + cos(2*pi/7))/2",
    "sin(asin(1/3)) - 1/3",
    "exp(0.1)*exp(0.2) - exp(0.3)",
    "sqrt(2 + sqrt(2 + sqrt(3))) - sqrt(2 + sqrt(2 + sqrt(3)) + sqrt(2)*sqrt(3) - sqrt(6))",
]
NONZERO = [
    "sqrt(2) - 1.4142135623730950488016887242096981",
    "exp(pi*sqrt(163)) - 262537412640768744",
    "sin(1e-300)",
    "cosh(1e-200) - 1",
    "cos(pi/7) - 0.9009688679024191262361023195074450511659191621318571",
    "atan(2 - sqrt(3) + 1e-60) - pi/12",
    "exp(-1e20)",
]


def value(text: str, bits: int) -> Constant:
    with ctx.workprec(bits):
        return constant_of(parse(text).root)


@pytest.mark.parametrize("text", ZEROS)
def test_zeros_are_proved(text: str) -> None:
    for bits in (256, 1024):
        with ctx.workprec(bits):
            try:
                assert constant_of(parse(text).root).is_zero()
                return
            except NeedMoreBits:
                continue
    pytest.fail(f"{text} was not decided")


@pytest.mark.parametrize("text", NONZERO)
def test_small_numbers_are_no_zeros(text: str) -> None:
    with ctx.workprec(2048):
        assert not constant_of(parse(text).root).is_zero()


def test_a_ball_that_holds_zero_asks_for_precision() -> None:
    constant = Constant(arb(0, 1e-30), None, "call", ("gamma", (), None))
    with pytest.raises(NeedMoreBits):
        constant.is_zero()


def test_the_double_pi_is_no_multiple_of_pi() -> None:
    with ctx.workprec(256):
        assert constant_of(parse("sin(3.141592653589793115997963468544185161590576171875)").root).sign() == 1


def test_normal_forms_survive_that_atoms_are_forgotten() -> None:
    with limit_work(Budget()):
        constant = constant_of(parse("sin(2)**2 + cos(2)**2 - 1").root)
        assert constant.is_zero()
        field = constant.element[0]
    with limit_work(Budget()):
        assert constant.is_zero()
        assert constant.element[0] is not field
    assert not constant_of(parse("sin(2) + cos(2) - 1").root).is_zero()


def test_long_sums_of_constants_end() -> None:
    terms = " + ".join(f"sin({k})*exp({k})*cos({k + 1})" for k in range(1, 60))
    root = parse(f"({terms})**3*({terms}) - 1").root
    assert not constant_of(root).is_zero()


@pytest.mark.parametrize(("text", "whole"), [("2*sin(pi/6)", 1), ("log(1000)/log(10)", 3), ("pi", None), ("1/3", None)])
def test_whole_numbers_are_proved(text: str, whole: int | None) -> None:
    with ctx.workprec(256):
        assert constant_of(parse(text).root).as_integer() == whole


@pytest.mark.parametrize(
    ("text", "below"), [("-1/2", -1), ("7/2", 3), ("1e300/7", 10**300 // 7), ("exp(-1e20)", 0), ("-exp(-1e20)", -1)]
)
def test_floors(text: str, below: int) -> None:
    with ctx.workprec(128):
        assert constant_of(parse(text).root).floor() == below


def test_powers_too_large_to_be_exact_are_balls() -> None:
    assert constant_of(parse("3**100").root).exact == 3**100
    large = constant_of(parse("3**(10**12)").root)
    assert large.exact is None
    assert large.sign() == 1


LEAVES = st.sampled_from(["1", "2", "-3", "1/2", "2/3", "0.1", "pi", "e", "pi/4", "pi/7", "sqrt(2)"])
FUNCTIONS = (
    "sin cos exp log sqrt atan asin acos tan sinh tanh cbrt abs erf erfc gamma zeta asinh sigmoid log2 sinpi".split()
)
EXPONENTS = ("2", "3", "-1", "1/2", "1/3", "-2/3", "pi")


def _combine(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(FUNCTIONS), parts),
        st.builds("(({}){}({}))".format, parts, st.sampled_from("+-*/"), parts),
        st.builds("(({})**({}))".format, parts, st.sampled_from(EXPONENTS)),
    )


@given(st.recursive(LEAVES, _combine, max_leaves=8))
@settings(max_examples=300, deadline=None)
def test_an_element_has_the_value_of_its_constant(text: str) -> None:
    """Every relation and value in one: what the field makes of a constant lies in its ball."""
    with ctx.workprec(256), limit_work(Budget()) as budget:
        try:
            constant = constant_of(parse(text).root)
        except (DcalcError, NeedMoreBits):
            return
        prover = Prover(budget)
        element = prover.element(constant)
        if element is None or not constant.ball.is_finite():
            return
        ball = prover.functions.enclose(element)
        assert not ball.is_finite() or ball.overlaps(constant.ball)
