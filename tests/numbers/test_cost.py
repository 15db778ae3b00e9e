"""Functions of flint that may take long: an end within bounds, and true enclosures where another way is taken."""

import math
import time

import pytest
from flint import arb, arb_series, ctx

from dcalc import functions as table
from dcalc.numbers import ball, ball_special
from dcalc.numbers import complex as complex_numbers
from dcalc.numbers.slow_functions import Costly

KEYS = {row.key: row for row in table.ROWS}


def call(key, *args):
    return ball.evaluator(KEYS[key])(*args)


@pytest.mark.parametrize(
    ("key", "args", "bits"),
    [
        ("gamma", ("0.3",), 65_536),
        ("lgamma", ("0.3",), 65_536),
        ("digamma", ("0.3",), 32_768),
        ("invdigamma", ("0.3",), 16_384),
        ("zeta", ("0.3",), 32_768),
        ("zeta", ("-1e3000",), 2_048),
        ("zeta/2", ("1e300", "1e400"), 2_048),
        ("zeta/2", ("-1000.5", "1e-300"), 1_024),
        ("polygamma", ("9999", "-0.5"), 2_048),
        ("uppergamma", ("1e-3000", "0.5"), 8_192),
        ("uppergamma", ("-1e15", "0.5"), 192),
        ("uppergamma", ("1e15", "1e15"), 8_192),
        ("lowergamma", ("1e15", "-33333.3"), 192),
        ("lowergamma", ("1e15", "1e15"), 8_192),
        ("expint/2", ("1e15", "0.5"), 192),
        ("besselk", ("1e-3000", "0.5"), 8_192),
        ("besselk", ("33333.3", "100"), 8_192),
        ("besselj", ("33333.3", "33333.3"), 8_192),
    ],
)
def test_what_would_take_too_long_is_not_begun(key, args, bits):
    with ctx.workprec(bits), pytest.raises(Costly):
        call(key, *(arb(text) for text in args))


@pytest.mark.parametrize(
    ("key", "args"),
    [
        ("uppergamma", ("1e-30", "0.5")),
        ("uppergamma", ("-33333.3", "100")),
        ("expint/2", ("1e8", "0.5")),
        ("besselk", ("33333.3", "33333.3")),
        ("besselj", ("33333", "33333.3")),
        ("polygamma", ("1000", "-0.5")),
        ("zeta/2", ("33333.3", "33333.3")),
    ],
)
def test_usual_precision_is_allowed(key, args):
    with ctx.workprec(192):
        assert call(key, *(arb(text) for text in args)).is_finite()


@pytest.mark.parametrize(
    ("s", "a"), [(1_000, "0.5"), (1_000, "3.25"), (2_000, "7999"), (900, "1e-30"), (5_000, "41.7")]
)
def test_sums_of_powers_are_the_hurwitz_zeta_function(s, a):
    with ctx.workprec(192):
        summed = ball_special._power_sum(arb(s), arb(a))
        assert summed.rel_accuracy_bits() > 150
        assert summed.overlaps(arb(s).zeta(arb(a)))


@pytest.mark.parametrize("s", [200, 333.25, 1e3])
def test_distant_zeta_encloses_zeta(s):
    with ctx.workprec(3_000):
        near = ball_special._distant_zeta(arb(s))
        assert near.overlaps(arb(s).zeta())
        assert (near - 1).rel_accuracy_bits() > s / 2 - 4
        ctx.cap = 4
        series = ball_special._distant_zeta(arb_series([s, 1], prec=4))
        for k in range(4):
            assert series[k].overlaps(arb_series([s, 1], prec=4).zeta()[k])


def test_zeta_of_immense_numbers():
    with ctx.workprec(192):
        value = call("zeta", arb(10) ** 400)
        assert value.overlaps(arb(1))
        assert value.rel_accuracy_bits() > 180


def test_methods_on_complex_numbers_do_not_begin_it_either():
    begun = time.process_time()
    for key, args in [("zeta", (1e43 + 1e-20j,)), ("zeta/2", (1e300, 2 + 1e-20j)), ("besselj", (0.5, 1e20 + 1e-10j))]:
        call = complex_numbers.evaluator(KEYS[key])
        assert call is None or math.isnan(call(*args).imag)
    assert time.process_time() - begun < 1
