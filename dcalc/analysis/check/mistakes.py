"""Mistakes that people make when they differentiate: a row each."""

from __future__ import annotations

from typing import NamedTuple


class Slip(NamedTuple):
    """``wrong`` is the tangent that is taken, ``at`` the node, ``where`` which parts must vary.

    ``at`` is an operator, the name of a function, or `call` for any function of one argument;
    ``u`` and ``v`` are the arguments, ``du`` and ``dv`` their tangents, ``y`` the value and
    ``d`` the right partial derivative by u.
    """

    at: str
    wrong: str
    name: str
    where: str = "u v"


FORGOTTEN = Slip("call", "du", "the outer function was forgotten")
SLIPS = (
    Slip("call", "d", "a missing chain factor"),
    Slip("*", "du*dv", "the product of the derivatives instead of the product rule"),
    Slip("*", "du*v", "half of the product rule: the second factor was held constant"),
    Slip("*", "u*dv", "half of the product rule: the first factor was held constant"),
    Slip("*", "du*v - u*dv", "a minus in the product rule"),
    Slip("*", "u*dv - du*v", "a minus in the product rule"),
    Slip("*", "dv", "a constant factor was forgotten", "v"),
    Slip("*", "du", "a constant factor was forgotten", "u"),
    Slip("/", "du/dv", "the quotient of the derivatives instead of the quotient rule"),
    Slip("/", "(u*dv - du*v)/v**2", "the quotient rule in the wrong order"),
    Slip("/", "(du*v + u*dv)/v**2", "a plus in the quotient rule"),
    Slip("/", "(du*v - u*dv)/v", "the denominator of the quotient rule was not squared"),
    Slip("/", "du*v - u*dv", "the denominator of the quotient rule was forgotten"),
    Slip("/", "du/v", "half of the quotient rule: the denominator was held constant"),
    Slip("/", "u*dv/v**2", "the sign of the derivative of a reciprocal", "v"),
    Slip("/", "-u/v**2", "a missing chain factor: the derivative of the denominator", "v"),
    Slip("/", "u/dv", "the denominator alone was differentiated", "v"),
    Slip("/", "du", "a constant divisor was forgotten", "u"),
    Slip("**", "v*u**(v - 1)", "a missing chain factor: the derivative of the base", "u"),
    Slip("**", "u**(v - 1)*du", "the exponent was not brought down as a factor", "u"),
    Slip("**", "v*u**v*du", "a power off by one: the exponent was not lowered", "u"),
    Slip("**", "v*u**(v + 1)*du", "a power off by one: the exponent was raised", "u"),
    Slip("**", "v*u**(v - 2)*du", "a power off by one: the exponent was lowered twice", "u"),
    Slip("**", "(v - 1)*u**(v - 1)*du", "a power off by one: the factor is the lowered exponent", "u"),
    Slip("**", "(v - 1)*u**v*du", "a power off by one: exponent and factor are mixed up", "u"),
    Slip("**", "(v + 1)*u**v*du", "a power off by one: the exponent was taken one too large", "u"),
    Slip("**", "v*du**(v - 1)", "the derivative of the base was put in the place of the base", "u"),
    Slip("**", "-v*u**(v - 1)*du", "the sign of the power rule", "u"),
    Slip("**", "u**(v + 1)/(v + 1)*du", "a power was integrated", "u"),
    Slip("**", "v*u**(v - 1)*dv", "the power rule used on an exponential", "v"),
    Slip("**", "v*u**(v - 1)", "the power rule used on an exponential", "v"),
    Slip("**", "y*dv", "a forgotten log of the base", "v"),
    Slip("**", "y", "a forgotten log of the base, and a missing chain factor", "v"),
    Slip("**", "y*dv/log(u)", "divided by the log of the base instead of multiplied", "v"),
    Slip("**", "y*log(u)", "a missing chain factor: the derivative of the exponent", "v"),
    Slip("**", "v*u**(v - 1)*du", "the power rule, as if the exponent were constant"),
    Slip("**", "y*log(u)*dv", "the rule for exponentials, as if the base were constant"),
    Slip("exp", "u*exp(u - 1)*du", "the power rule used on an exponential"),
    Slip("exp", "u*exp(u - 1)", "the power rule used on an exponential"),
    Slip("log2", "du/u", "a forgotten factor 1/log(2)"),
    Slip("log10", "du/u", "a forgotten factor 1/log(10)"),
    Slip("log2", "log(2)*du/u", "multiplied by log(2) instead of divided"),
    Slip("log10", "log(10)*du/u", "multiplied by log(10) instead of divided"),
    Slip("log/2", "du/u", "a forgotten log of the base", "u"),
    Slip("sqrt", "du/sqrt(u)", "a forgotten factor 1/2 of the square root"),
    Slip("sqrt", "1/sqrt(u)", "a forgotten factor 1/2 of the square root, and a missing chain factor"),
    Slip("sqrt", "sqrt(u)*du/2", "a power off by one: the exponent of the root was not lowered"),
    Slip("sqrt", "1/(2*sqrt(du))", "the derivative of the radicand was put in its place"),
    Slip("tan", "sec(u)*du", "a forgotten square of the secant"),
    Slip("tanh", "sech(u)*du", "a forgotten square of the hyperbolic secant"),
    Slip("tanh", "1 - y", "a forgotten square of tanh"),
    Slip("tanh", "(1 - y)*du", "a forgotten square of tanh"),
    Slip("sigmoid", "(1 - y)*du", "a forgotten factor sigmoid(u)"),
    Slip("asin", "du/sqrt(1 + u**2)", "a plus for a minus under the root"),
    Slip("asin", "du/(1 - u**2)", "a forgotten root"),
    Slip("atan", "du/(1 - u**2)", "a minus for a plus in the derivative of atan"),
    Slip("atan", "du/sqrt(1 + u**2)", "a root too many in the derivative of atan"),
    Slip("sin", "sin(u)*du", "sin was taken for its own derivative"),
    Slip("abs", "du", "the sign of the argument of abs was forgotten"),
    Slip("call", "-d*du", "a wrong sign of the derivative of {name}"),
    Slip("call", "-d", "a wrong sign of the derivative of {name}, and a missing chain factor"),
    Slip("call", "f'(du)", "the derivative of the inner function was put in the place of its argument"),
    Slip("call", "f'(du)*du", "the derivative of the inner function was put in the place of its argument"),
    Slip("call", "d + du", "a sum where the chain rule has a product"),
    Slip("call", "d*du**2", "the chain factor twice"),
    Slip("call", "d/du", "divided by the chain factor"),
    FORGOTTEN,
    Slip("call", "y*du", "the outer function was not differentiated"),
    Slip("call", "d*pi/180*du", "degrees for radians in {name}"),
    Slip("call", "d*180/pi*du", "degrees for radians in {name}"),
)

WHOLE = (
    Slip("", "-D", "a wrong sign of the whole"),
    Slip("", "F", "this is the function itself, not its derivative"),
    Slip("", "D*180/pi", "degrees for radians"),
    Slip("", "D*pi/180", "degrees for radians"),
    Slip("", "1/D", "this is one over the derivative"),
)
"""Mistakes of the whole answer, from f and its derivative: ``F``, ``D``."""
