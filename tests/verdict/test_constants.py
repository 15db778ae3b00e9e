"""When a number is zero: proved, never guessed from a small ball."""

from __future__ import annotations

import pytest
from flint import arb, ctx

from dcalc.parse import parse
from dcalc.verdict import MorePrecision, constant_of
from dcalc.verdict.constant import Constant

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
    "sin(pi)",
    "cos(pi/2)",
    "exp(log(7)) - 7",
]
NONZERO = ["sqrt(2) - 1.4142135623730950488016887242096981", "exp(pi*sqrt(163)) - 262537412640768744", "sin(1e-300)"]


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
            except MorePrecision:
                continue
    pytest.fail(f"{text} was not decided")


@pytest.mark.parametrize("text", NONZERO)
def test_small_numbers_are_no_zeros(text: str) -> None:
    with ctx.workprec(2048):
        assert not constant_of(parse(text).root).is_zero()


def test_a_ball_that_holds_zero_asks_for_precision() -> None:
    constant = Constant(arb(0, 1e-30), None, "call", ("gamma", (), None))
    with pytest.raises(MorePrecision):
        constant.is_zero()


def test_the_double_pi_is_no_multiple_of_pi() -> None:
    with ctx.workprec(256):
        assert constant_of(parse("sin(3.141592653589793115997963468544185161590576171875)").root).sign() == 1
