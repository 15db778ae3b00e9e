"""What is read though it is not quite dcalc's own language, and what is refused because it has two meanings.

The values are computed by Python's math module, by the formula on paper that each text stands for.
"""

import math

import pytest

from dcalc.errors import DcalcError
from dcalc.notation import write
from dcalc.numbers.real import evaluate
from dcalc.parser import parse

AT = {"x": 3.0, "y": 5.0, "a": 2.0, "b": 7.0, "n": 4.0, "k": 1.0, "θ": 0.5, "gamma": 2.0}
X, Y, N, K = 3.0, 5.0, 4.0, 1.0

READINGS = [
    # functions without brackets
    ("sin x", "sin(x)", math.sin(X)),
    ("sin x + 1", "sin(x) + 1", math.sin(X) + 1),
    ("-sin x", "-sin(x)", -math.sin(X)),
    ("2 sin x", "2*sin(x)", 2 * math.sin(X)),
    ("2sin x", "2*sin(x)", 2 * math.sin(X)),
    ("1/sin x", "1/sin(x)", 1 / math.sin(X)),
    ("2^sin x", "2**sin(x)", 2 ** math.sin(X)),
    ("ln|x|", "log(abs(x))", math.log(X)),
    ("ln |x|/2", "log(abs(x))/2", math.log(X) / 2),
    ("|ln x|", "abs(log(x))", math.log(X)),
    ("sqrt 2", "sqrt(2)", math.sqrt(2)),
    ("sin √x", "sin(sqrt(x))", math.sin(math.sqrt(X))),
    ("sin cos x", "sin(cos(x))", math.sin(math.cos(X))),
    ("tan θ", "tan(θ)", math.tan(0.5)),
    ("sin^2 x", "sin(x)**2", math.sin(X) ** 2),
    ("sin**2 x", "sin(x)**2", math.sin(X) ** 2),
    ("sin^2x", "sin(x)**2", math.sin(X) ** 2),
    ("sin^2(x)", "sin(x)**2", math.sin(X) ** 2),
    ("sin^2(x)cos^2(x)", "sin(x)**2*cos(x)**2", (math.sin(X) * math.cos(X)) ** 2),
    ("sin² x + cos²x", "sin(x)**2 + cos(x)**2", 1),
    ("cos³(x)", "cos(x)**3", math.cos(X) ** 3),
    ("ln^2|x|", "log(abs(x))**2", math.log(X) ** 2),
    # products before a function
    ("x sin x", "x*sin(x)", X * math.sin(X)),
    ("x sin(x)", "x*sin(x)", X * math.sin(X)),
    ("x sin(x)^2", "x*sin(x)**2", X * math.sin(X) ** 2),
    ("2x sin x", "2*x*sin(x)", 2 * X * math.sin(X)),
    ("x^2 sin x", "x**2*sin(x)", X**2 * math.sin(X)),
    ("e^x cos x", "e**x*cos(x)", math.exp(X) * math.cos(X)),
    ("1 - e^-x sin x", "1 - e**-x*sin(x)", 1 - math.exp(-X) * math.sin(X)),
    ("sin x cos x", "sin(x)*cos(x)", math.sin(X) * math.cos(X)),
    ("sin x * cos x", "sin(x)*cos(x)", math.sin(X) * math.cos(X)),
    ("sin x / cos(x)", "sin(x)/cos(x)", math.tan(X)),
    ("sin^2 x cos x", "sin(x)**2*cos(x)", math.sin(X) ** 2 * math.cos(X)),
    ("x e^x", "x*e**x", X * math.exp(X)),
    ("x^2 e^(2x)", "x**2*e**(2*x)", X**2 * math.exp(2 * X)),
    ("pi x^2", "pi*x**2", math.pi * 9),
    ("2 π x", "2*pi*x", math.pi * 6),
    ("sin^{2} x", "sin(x)**2", math.sin(X) ** 2),
    # marks
    ("x!", "factorial(x)", 6),
    ("-x!", "-factorial(x)", -6),
    ("2x!", "2*factorial(x)", 12),
    ("sin(x)!", "factorial(sin(x))", math.gamma(1 + math.sin(X))),
    ("n!/(k!(n-k)!)", "factorial(n)/(factorial(k)*factorial(n - k))", 4),
    ("x!^2", "factorial(x)**2", 36),
    ("90°", "90*deg", math.pi / 2),
    ("90° + x", "90*deg + x", math.pi / 2 + X),
    ("sin 90°", "sin(90*deg)", 1),
    ("sin(30°)", "sin(30*deg)", 0.5),
    ("∛x", "cbrt(x)", 3 ** (1 / 3)),
    ("∜(x)", "root(x, 4)", 3**0.25),
    ("7 % 3", "mod(7, 3)", 1),
    ("-7%3", "mod(-7, 3)", 2),
    ("y mod 2", "mod(y, 2)", 1),
    ("(x+1) mod (y-2)", "mod(x + 1, y - 2)", 1),
    ("[x+1]*{y-2}", "(x + 1)*(y - 2)", 12),
    ("2[x+1]", "2*(x + 1)", 8),
    ("e^{2x}", "e**(2*x)", math.exp(6)),
    ("2e^x", "2*e**x", 2 * math.exp(X)),
    ("3e^(2x)", "3*e**(2*x)", 3 * math.exp(6)),
    ("2e*x", "2*e*x", 6 * math.e),
    ("2E**x", "2*e**x", 2 * math.exp(X)),
    ("2e² + 1", "2*e**2 + 1", 2 * math.e**2 + 1),
    # constants of other systems
    ("E*x", "e*x", 3 * math.e),
    ("PI*x", "pi*x", 3 * math.pi),
    ("clip(x, 0, inf)", "max(x, 0)", 3),
    ("clip(x, -inf, 2)", "min(x, 2)", 2),
    ("max(x, -oo)", "x", 3),
    ("np.clip(x, 0, np.inf)", "max(x, 0)", 3),
    ("Math.PI*Math.E", "pi*e", math.pi * math.e),
    # choices
    ("x <= 1 ? a : b", "where(x <= 1, a, b)", 7),
    ("x<0 ? 1 : x<4 ? 2 : 3", "where(x < 0, 1, where(x < 4, 2, 3))", 2),
    ("(x > 0) ? a : b", "where(x > 0, a, b)", 2),
    ("a if x > 0 else b", "where(x > 0, a, b)", 2),
    ("x if x>0 else 0", "where(x > 0, x, 0)", 3),
    ("1 if x<0 else 2 if x<4 else 3", "where(x < 0, 1, where(x < 4, 2, 3))", 2),
    ("x if (x>0) else (0)", "where(x > 0, x, 0)", 3),
    ("1 + (a if x > 0 else b)", "1 + where(x > 0, a, b)", 3),
    ("if(x > 0, a, b)", "where(x > 0, a, b)", 2),
    ("piecewise((a, x<0), (b, True))", "where(x < 0, a, b)", 7),
    ("Piecewise((1, x<0), (2, x>1))", "where(x < 0, 1, where(x > 1, 2, 0/0))", 2),
    ("piecewise((1, x<0), (2, True), (3, x>1))", "where(x < 0, 1, 2)", 2),
    ("piecewise((x, True), (3, x>1))", "x", 3),
    ("piecewise((1, x<0), (2, x>1), (3, x>=0))", "where(x < 0, 1, where(x > 1, 2, 3))", 2),
    ("piecewise((1, x>0))", "where(x > 0, 1, 0/0)", 1),
    ("Piecewise((a, x<0), (k, x<2), (b, True))", "where(x < 0, a, where(x < 2, k, b))", 7),
    ("Piecewise((a, x<0), (b, x>=0))", "where(x < 0, a, b)", 7),
    ("piecewise(x<0, a, b)", "where(x < 0, a, b)", 7),
    # other languages
    ("np.sin(x)", "sin(x)", math.sin(X)),
    ("math.exp(x)*np.pi", "exp(x)*pi", math.exp(X) * math.pi),
    ("np.maximum(x, 0)", "max(x, 0)", 3),
    ("np.arctan2(y, x)", "atan2(y, x)", math.atan2(Y, X)),
    ("np.where(x > 0, a, b)", "where(x > 0, a, b)", 2),
    ("Math.pow(x, 2)", "pow(x, 2)", 9),
    ("torch.nn.functional.relu(x)", "relu(x)", 3),
    ("Exp[x]", "exp(x)", math.exp(X)),
    ("Sin[x]^2", "sin(x)**2", math.sin(X) ** 2),
    ("ArcTan[x]", "atan(x)", math.atan(X)),
    ("Max[x, y]", "max(x, y)", 5),
    ("Sqrt(x)", "sqrt(x)", math.sqrt(X)),
    ("SIN(x)", "sin(x)", math.sin(X)),
    ("x np.sin(x)", "x*sin(x)", X * math.sin(X)),
    ("log_2(x)", "log2(x)", math.log2(X)),
    ("log_3(x)", "log(x, 3)", 1),
    ("log_b(x)", "log(x, b)", math.log(X) / math.log(7)),
    ("lambda x: x**2", "x**2", 9),
    ("y = x^2", "x**2", 9),
]


@pytest.mark.parametrize(("text", "echo", "value"), READINGS)
def test_one_sensible_meaning_is_read_and_echoed(text: str, echo: str, value: float) -> None:
    parsed = parse(text)
    assert write(parsed.root) == echo
    assert parsed.readings, "no reading is told"
    assert evaluate(parsed.root, AT) == pytest.approx(value, rel=1e-13)
    assert parse(echo).root is parsed.root
    assert not parse(echo).readings


@pytest.mark.parametrize(
    "text",
    ["sin(x)", "2x", "|x||y|", "f(x) = x**2", "t = x; t*x", "sin (x) y", "E1 + Ex", "if1 + mod2", "2e3", "x != 3"],
)
def test_the_language_itself_is_no_reading(text: str) -> None:
    assert not parse(f"where({text}, 1, 2)" if "!=" in text else text).readings


REFUSED = [
    ("sin 2x", "write sin(2x) or sin(2)*x"),
    ("sin x y", "write sin(x)*y or sin(x*y)"),
    ("ln x y", "write ln(x)*y or ln(x*y)"),
    ("sin x*y", "write sin(x)*y or sin(x*y)"),
    ("2 sin x*y", "write sin(x)*y or sin(x*y)"),
    ("x sin x y", "write sin(x)*y or sin(x*y)"),
    ("sin x / x", "write sin(x)/x or sin(x/x)"),
    ("sin x % 2", "write mod(sin(x), 2) or sin(mod(x, 2))"),
    ("sin x^2", "write sin(x^2) or sin(x)^2"),
    ("sin^2 x^3", "write sin(x^3)**2 or sin(x)**(2*3)"),
    ("ln|x|^2", "write ln(|x|^2) or ln(|x|)^2"),
    ("sin^-1 x", "write 1/sin(x) or asin(x)"),
    ("sin⁻¹(x)", "write 1/sin(x) or asin(x)"),
    ("sin -x", "write sin(-x) or sin - x"),
    ("e^cos x sin x", "write cos(x)*sin x or cos(x*sin x)"),
    ("gamma x", "write gamma(x) or gamma*x"),
    ("sin x!", "write sin(factorial(x)) or factorial(sin(x))"),
    ("√x!", "write factorial(sqrt(x)) or sqrt(factorial(x))"),
    ("2^x!", "write 2**factorial(x) or factorial(2**x)"),
    ("x²!", "write x**factorial(2) or factorial(x**2)"),
    ("2^90°", "write 2**(90*deg) or (2**90)*deg"),
    ("sin x e^x", "write sin(x)*e^x or sin(x*e^x)"),
    ("e^x x", "write (e^x)*x or e^(x*x)"),
    ("1/pi x", "write (1/pi)*x or 1/(pi*x)"),
    ("max x", "write max(x)"),
    ("log_2 x", "write log2(x)"),
    ("∛x^2", "write cbrt(x)**2 or cbrt(x**2)"),
    ("∛2x", "write cbrt(2)*x or cbrt(2*x)"),
    ("if x > 0 then 1 else 2", "write where(x > 0, a, b)"),
    ("x=1 ? 2 : 3", "write =="),
    ("True", "write where(True, 1, 0)"),
    ("x}", "remove it"),
    ("std::sin(x)", "write sin(x)"),
    ("foo.sin(x)", "write sin(x)"),
    ("Power[x, 2]", "did you mean pow?"),
    ("D[x^2, x]", "dcalc diff takes the derivative: write x^2"),
    ("x!!", "remove it, or write factorial(x)"),
    ("x^2y", "write (x^2)*y or x^(2*y)"),
    ("x^2sin(x)", "write (x^2)*sin(x) or x^(2*sin(x))"),
    ("1/2e^x", "write (1/2)*e^x or 1/(2*e^x)"),
    ("2e", "write 2*e or 2e0"),
    ("x y", "write x*y or xy"),
    ("7 % 3 x", "write mod(7, 3)*x or mod(7, 3*x)"),
    ("5%", "write 5/100 or mod(5, y)"),
    ("5% x", "write (5/100)*x or mod(5, x)"),
    ("5% + x", "write 5/100 + x or mod(5, +x)"),
    ("5%+x", "write 5/100 + x or mod(5, +x)"),
    ("5% * x", "write (5/100)*x or mod(5, x)"),
    ("max(5%, 2)", "write 5/100 or mod(5, y)"),
    ("10% of x", "write (10/100)*x"),
    ("cos -60°", "write cos(-60°) or cos - 60°"),
    ("Sin x", "write sin(x)"),
    ("x^2 // 2", "write floor(x/y)"),
    ("where(x>0 ? 1 : 2, 3, 4)", "write (x>0 ? 1 : 2) != 0"),
    ("np.linalg.norm(x)", "see dcalc functions"),
    ("2πr", "write pi*r"),
    ("2+3i", "if i is a variable, name it: --wrt i or --at i=1"),
    ("2+3j", "if j is a variable, name it: --wrt j or --at j=1"),
    ("exp(i*x)", "if i is a variable, name it: --wrt i or --at i=1"),
    ("x + inf", "use a large number, or leave the bound out"),
    ("x ? 1 : 2", "write x != 0"),
    ("x > 0 ? 1", "write x > 0 ? 1 : 0"),
    ("x if x > 0", "write x if x > 0 else 0"),
    ("Log[2, x]", "write log_base(b, x)"),
    ("np.sinc(x)", "write sinc(pi*x)"),
    ("np.max(x, 0)", "write max(x, y)"),
    ("math.remainder(x, y)", "write x - y*round(x/y)"),
    ("Math.round(x)", "write floor(x + 1/2)"),
    ("torch.softmax(x, 0)", "write softmax(0, a, b)"),
    ("Math.LN2*x", "write log(2)"),
    ("np.foo(x)", "see dcalc functions"),
    ("Li(x)", "write li(x) or li(x) - li(2)"),
    ("x[1]", "write x_1"),
    ("[x)", "remove it"),
    ("[0", "close it, or remove it"),
    ("y = y^2", "write y - (y^2)"),
    ("x = 3", "to set x use --at x=3"),
    ("d/dx x^2", "dcalc diff takes the derivative: write x^2"),
    ("max((x, 1))", "remove it: there is one expression at a time"),
]


@pytest.mark.parametrize(("text", "help"), REFUSED)
def test_two_meanings_are_refused_with_both(text: str, help: str) -> None:
    with pytest.raises(DcalcError) as caught:
        parse(text)
    assert caught.value.help == help
    assert caught.value.source == text


@pytest.mark.parametrize("name", ["e", "E", "PI", "inf", "i"])
def test_names_that_a_call_gives_values_to_are_variables(name: str) -> None:
    parsed = parse(f"2*{name}^2", variables={name})
    assert write(parsed.root) == f"2*{name}**2"
    assert not parsed.readings
    assert parse(f"f({name}) = {name}").target == name
    assert write(parse(name, let=[f"{name} = x"]).root) == "x"


@pytest.mark.parametrize(
    ("text", "names", "function"),
    [
        ("d/dx x^2", ("x",), "x**2"),
        ("d/dx(x^2 + 1)", ("x",), "x**2 + 1"),
        ("d/dx sin x", ("x",), "sin(x)"),
        ("d/dt 3t", ("t",), "3*t"),
        ("d^2/dx^2 x^3", ("x", "x"), "x**3"),
        ("d²/dx² x^3", ("x", "x"), "x**3"),
        ("∂/∂y (x*y)", ("y",), "x*y"),
        (r"\frac{d}{dx} x^2", ("x",), "x**2"),
        (r"\frac{d^2}{dx^2} [x^3]", ("x", "x"), "x**3"),
        (r"\frac{\partial}{\partial y} (x*y)", ("y",), "x*y"),
        ("d/dx", (), "d/dx"),
        ("d/dx*2", (), "d/dx*2"),
        ("d/dx + 1", (), "d/dx + 1"),
    ],
)
def test_operators_before_the_expression(text: str, names: tuple[str, ...], function: str) -> None:
    parsed = parse(text, operators=True)
    assert parsed.derive == names
    assert write(parsed.root) == function


@pytest.mark.parametrize("text", ["d/dx x^2 + 1", "d/dx x*y", "d/dx (x+1)(x-2)", "d/dx (x+1)/x"])
def test_operators_that_may_end_in_two_places(text: str) -> None:
    with pytest.raises(DcalcError, match="how far does"):
        parse(text, operators=True)


@pytest.mark.parametrize(
    "text", ["+".join(["sin x"] * 20_000), "+".join(["x!"] * 20_000), "[" * 20_000 + "x" + "]" * 20_000]
)
def test_long_texts_are_read_without_recursion(text: str) -> None:
    assert parse(text).readings


def test_runs_of_marks_are_refused_at_the_first() -> None:
    with pytest.raises(DcalcError, match="there is no double factorial"):
        parse("x" + "!" * 100_000)
