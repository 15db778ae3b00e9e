"""Unknown functions: their derivatives, their spellings, and the values that nobody may claim of them."""

from __future__ import annotations

import pickle

import pytest

from dcalc.derive import derivative
from dcalc.errors import DcalcError, Unsupported
from dcalc.expr import make, substitute, symbol, unpack, walk
from dcalc.notation import write
from dcalc.opaque import Body, hide_calls, instantiate
from dcalc.parser import parse
from dcalc.proof.equality import prove_equal
from dcalc.simplify import simplify
from dcalc.simplify.arithmetic import key
from dcalc.tape import lower
from dcalc.unknown import UNKNOWN, read_key, unknown_row

DERIVATIVES = [  # the rules of calculus: Spivak, Calculus, chapter 10; the last three by Faà di Bruno's formula
    ("x*f(x)", "x", "f(x) + x*f'(x)"),
    ("u(x)*v(x)", "x", "u(x)*v'(x) + u'(x)*v(x)"),
    ("f(x)/g(x)", "x", "f'(x)/g(x) - f(x)*g'(x)/g(x)**2"),
    ("f(g(x))", "x", "f'(g(x))*g'(x)"),
    ("f(x**2)", "x", "2*x*f'(x**2)"),
    ("x(t)^2 + y(t)^2", "t", "2*x(t)*x'(t) + 2*y(t)*y'(t)"),
    ("log(f(x))", "x", "f'(x)/f(x)"),
    ("f(2)*x", "x", "f(2)"),
    ("f(x)", "y", "0"),
    ("f(x, y)", "x", "D(f, 1, 0)(x, y)"),
    ("f(x, y)", "xyx", "D(f, 2, 1)(x, y)"),
    ("f(x, x**2)", "x", "D(f, 1, 0)(x, x**2) + 2*x*D(f, 0, 1)(x, x**2)"),
    ("f(x - c*t)", "tt", "c**2*f''(x - c*t)"),
    ("f'(x)", "xxx", "D(f, 4)(x)"),
    ("where(x > 0, f(x), g(x))", "x", "where(x > 0, f'(x), g'(x))"),
    ("f(g(x))", "xx", "f''(g(x))*g'(x)**2 + f'(g(x))*g''(x)"),
    ("exp(f(x))", "xxx", "exp(f(x))*(f'(x)**3 + 3*f'(x)*f''(x) + f'''(x))"),
    ("f(sin(x))", "xx", "f''(sin(x))*cos(x)**2 - f'(sin(x))*sin(x)"),
]


@pytest.mark.parametrize(("text", "wrt", "expected"), DERIVATIVES)
def test_derivatives(text: str, wrt: str, expected: str) -> None:
    found, right = derivative(parse(text).root, tuple(wrt)), parse(expected).root
    assert found is right or prove_equal((), *hide_calls(found, right)) is not None, write(found)


@pytest.mark.parametrize(("text", "wrt", "expected"), DERIVATIVES[:14])
def test_sympy_says_the_same(text: str, wrt: str, expected: str) -> None:
    sympy = pytest.importorskip("sympy")
    names = {name: sympy.Symbol(name) for name in ("x", "y", "t", "c")}
    ours, root = (
        sympy.sympify(write(node, "sympy"), locals=names)
        for node in (derivative(parse(text).root, tuple(wrt)), parse(text).root)
    )
    s, r = sympy.symbols("s r")
    bodies = {1: sympy.Lambda(s, sympy.sin(s) + s**3), 2: sympy.Lambda((s, r), sympy.sin(s * r) + r**2)}
    for call in root.atoms(sympy.core.function.AppliedUndef):
        ours, root = (one.replace(call.func, bodies[len(call.args)]) for one in (ours, root))
    theirs = sympy.diff(root, *(names[name] for name in wrt))
    point = {names["x"]: 0.7, names["y"]: 1.3, names["t"]: 0.4, names["c"]: 1.1}
    assert abs((ours.doit() - theirs).subs(point).evalf()) < 1e-9


SPELLINGS = ["f(x)", "f'(x)", "f''(x)", "f'''(x)", "D(f, 4)(x)", "D(f, 1, 0)(x, y)", "D(f, 0, 2)(2*x, y)", "f(x, y)",
             "φ'(x1)", "f(g'(x) + 1)**2", "f1(x)*f2(x)", "-f(x)", "2*theta'(t)"]  # fmt: skip


@pytest.mark.parametrize("text", SPELLINGS)
def test_spellings_read_back(text: str) -> None:
    root = parse(text).root
    assert write(root) == text
    assert parse(write(root)).root is root
    assert pickle.loads(pickle.dumps(root)) is root


def test_other_spellings() -> None:
    first = parse("f'(x)").root
    assert parse("f′(x)").root is first
    assert parse("D( f ,1 )( x )").root is first
    assert parse("D(f, 0)(x)").root is parse("f(x)").root
    assert parse("2x(t)").root is parse("2*x(t)").root
    assert parse("a(x+1)", let=["a(u)"]).root.op.function == "a"
    assert parse("speed'(t)", let=["speed(t)"]).root.op.orders == (1,)
    assert parse("x*f(x)", let=["f(u) = u**2 + a"]).root is parse("x*(x**2 + a)").root


@pytest.mark.parametrize("text", ["x(x+1)", "sinn(x)", "foo(x)", "a(x+1)", "f(x) + f", "J0(x)", "tan h(x)", "d(x)"])
def test_what_is_not_one(text: str) -> None:
    with pytest.raises(DcalcError, match="no function named"):
        parse(text)


def test_a_name_that_is_bound_or_a_variable_is_none() -> None:
    for more in ({"let": ["f = 2"]}, {"variables": ("f",)}):
        with pytest.raises(DcalcError, match="no function named f"):
            parse("f(x)", **more)


def test_the_order_of_terms_does_not_depend_on_what_was_made_first() -> None:
    rows = [unknown_row(name, (order,)) for name, order in (("z9", 1), ("z9", 0), ("a9", 0))]
    keys = [key(make(row, symbol("x"))) for row in rows]
    assert sorted(keys) == [keys[2], keys[1], keys[0]]


def test_rows_are_found_by_their_keys() -> None:
    row = unknown_row("q7", (1, 0))
    assert read_key(row.key) is row is UNKNOWN["D(q7, 1, 0)"]
    with pytest.raises(LookupError, match="no function nowhere"):
        unpack([("symbol", ("x",)), ("nowhere", (0,))])
    with pytest.raises(LookupError, match="no function"):
        read_key("D(f, 01)")


def test_nothing_is_evaluated() -> None:
    from dcalc.numbers import ball, real

    root = parse("x + 0*f(x)").root
    with pytest.raises(Unsupported, match="f is an unknown function"):
        lower(root)
    for system in (ball, real):
        with pytest.raises(Unsupported, match="f is an unknown"):
            system.evaluator(unknown_row("f", (0,)))


def test_hidden_and_given_a_body() -> None:
    root = parse("f(x + x) - f(2*x) + c1*f(x)").root
    (hidden,) = hide_calls(root)
    assert not any(node.op.orders for node in walk(hidden))
    assert write(simplify(hidden)) in ("c1*c2", "c1*c3")
    bodies = {"f": Body(("u",), parse("sin(u)").root), "h": Body(("a", "b"), parse("a**2*b**2").root)}
    given = instantiate(parse("f'(x)*g(x) + D(h, 1, 1)(x, 2)").root, bodies)
    assert simplify(given) is simplify(parse("cos(x)*g(x) + 8*x").root)
    assert substitute(parse("f(x)").root, {"x": symbol("t")}) is parse("f(t)").root


# --- commands -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ("diff", "x + 0*f(x)", "--at", "1"), ("diff", "f(x)/f(x)", "--at", "1", "--backend", "all"),
        ("grad", "f(x, y)", "--at", "x=1,y=2"), ("hessian", "f(x, y)", "--at", "x=1,y=2"),
        ("limit", "f(x)/f(x)", "--at", "0"), ("limit", "0*f(x)", "--at", "0"), ("eval", "0*f(2)"),
        ("taylor", "f(x)", "--at", "0"), ("quotient", "f(x)", "--at", "1"), ("trace", "f(x)*x", "--at", "1"),
        ("diagnose", "f(x) - 1", "--at", "1"), ("compare", "f(x)", "--at", "1"), ("plot", "f(x)", "--over", "0:1"),
        ("descend", "f(x)**2", "--from", "x=1"), ("study", "f(x)"), ("solve", "f(x)"), ("tangent", "f(x)", "--at", "1"),
        ("propagate", "f(x)", "--at", "x=1±0.1"), ("implicit", "x**2 + y**2 = f(x)", "--at", "x=1,y=2"),
        ("implicit", "x(t)**2 + y(t)**2 = 1", "--of", "y", "--at", "t=1"), ("check", "f(x)", "f'(x)", "--at", "1"),
        ("emit", "x*f(x)", "--target", "c"), ("emit", "x*f(x)", "--target", "sqlite"),
        ("convert", "f(x)", "--to", "c"), ("convert", "f(x)", "--to", "python"),
    ],
)  # fmt: skip
def test_no_command_gives_a_value(run, args) -> None:
    answer = run(*args)
    assert (answer.code, answer.out) == (4, ""), answer
    assert "unknown function" in answer.err


PROVED = [
    ("x*f(x)", "f(x) + x*f'(x)"), ("f(x)**2", "2*f'(x)*f(x)"), ("f(g(x))", "g'(x)*f'(g(x))"),
    ("sqrt(f(x))", "f'(x)/2/sqrt(f(x))"), ("log(f(x)**2)", "2*f'(x)/f(x)"), ("f(x + x)", "2*f'(2*x)"),
]  # fmt: skip
REFUTED = [
    ("x*f(x)", "f(x) - x*f'(x)"), ("f(x)*g(x)", "f'(x)*g'(x)"), ("f(g(x))", "f'(x)*g'(x)"), ("f(2*x)", "f'(2*x)"),
    ("exp(f(x))", "exp(f'(x))"), ("f(x)", "f(x)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "claim"), PROVED)
def test_claims_that_hold_for_every_function(run, text, claim) -> None:
    answer = run("check", text, claim)
    assert answer.code == 0
    assert answer.out.splitlines()[-1] == "proved: this is the derivative wherever both have a value"
    assert "for every" in answer.err


@pytest.mark.parametrize(("text", "claim"), REFUTED)
def test_claims_that_one_function_refutes(run, text, claim) -> None:
    answer = run("check", text, claim)
    assert answer.code == 1
    assert "note: with f(u) = u**2/3 + 2 + sin(u)" in answer.err


@pytest.mark.parametrize("claim", ["f'(x) + 0*log(-1)", "f'(x) + 0*log(-1 - f(x)**2)"])
def test_a_claim_without_any_value_is_not_proved(run, claim) -> None:
    assert run("check", "f(x)", claim).code == 1


@pytest.mark.parametrize(
    ("text", "claim", "note"),
    [
        ("f(x)", "f'(x)*x/x", "the claim has a hole at x=0, which continuity fills; elsewhere it is the derivative"),
        ("f(x)", "f'(sqrt(x)^2)", "the claim has no value at x=-1.0"),
        ("f(x, y)", "D(f, 1, 0)(x, y)*y/y", "the claim has no value at x=0.0, y=0.0"),
    ],
)
def test_a_proof_tells_where_a_claim_has_no_value(run, text, claim, note) -> None:
    answer = run("check", text, claim, "--wrt", "x")
    assert answer.code == 0
    assert f"note: {note}\n" in answer.err
    assert answer.out.splitlines()[-1] == "proved: this is the derivative wherever both have a value"


def test_a_claim_with_a_kink_is_left_open(run) -> None:
    answer = run("check", "abs(f(x))", "sign(f(x))*f'(x)")
    assert answer.code == 3
    assert "neither proved for every f nor refuted" in answer.err


def test_a_claim_of_a_gradient(run) -> None:
    answer = run("check", "f(x, y)", "--grad", "x: D(f, 1, 0)(x, y), y: D(f, 1, 0)(x, y)")
    assert answer.code == 1
    assert answer.out.splitlines()[0] == "x\tproved"


COMMANDS = [
    (("diff", "x*f(x)"), "f(x) + x*f'(x)\n"),
    (("diff", "x*f(x)", "--let", "f(x) = x^2", "--at", "3"), "27.0\n"),
    (("eval", "e + f(1)", "--let", "f(e) = e^2"), "3.718281828459045\n"),  # e is the constant outside of f
    (("grad", "f(x, y)*z"), "x\tz*D(f, 1, 0)(x, y)\ny\tz*D(f, 0, 1)(x, y)\nz\tf(x, y)\n"),
    (("simplify", "f(x) + f(x) + x*f(x)/x"), "3*f(x)\n"),
    (("simplify", "sin(f(x))**2 + cos(f(x))**2"), "1\n"),
    (("implicit", "x(t)^2 + y(t)^2 = 25", "--of", "y"), "-x(t)*x'(t)/y(t)\n"),
    (("implicit", "x^2 + f(y) = 25", "--of", "y"), "-2*x/f'(y)\n"),
    (("diff", "f(x)", "--format", "latex"), "f'\\left(x\\right)\n"),
    (("convert", "f''(x) + D(h, 1, 0)(x, y)*D(f, 4)(x)", "--to", "latex"),
     "f''\\left(x\\right) + h^{(1, 0)}\\left(x, y\\right) f^{(4)}\\left(x\\right)\n"),
    (("convert", "f''(x) + f(x) + D(h, 1, 0)(x, y)", "--to", "mathematica"),
     "f''[x] + f[x] + Derivative[1, 0][h][x, y]\n"),
    (("convert", "g'(2*x)", "--to", "sympy"),
     "Subs(Derivative(Function('g')(Symbol('xi_1')), (Symbol('xi_1'), 1)), (Symbol('xi_1'),), (2*x, ))\n"),
    (("diff", "f[x]*g'[x] + Derivative[1,0][h][x,y]", "--wrt", "x", "--notation", "mathematica"),
     "f(x)*g''(x) + f'(x)*g'(x) + D(h, 2, 0)(x, y)\n"),
    (("emit", "f(x)*f'(x) + D(h, 1, 0)(x, 1)", "--target", "typst"), "f^((1, 0))(x, 1)"),
]  # fmt: skip


@pytest.mark.parametrize(("args", "expected"), COMMANDS)
def test_commands(run, args, expected) -> None:
    answer = run(*args)
    assert answer.code == 0
    assert answer.out == expected or args[0] == "emit"
    if "--let" not in args:
        assert "unknown function" in answer.err


def test_steps_name_the_rule(run) -> None:
    answer = run("steps", "x^2*f(g(x))")
    assert "derivative of f, chain rule" in answer.out
    assert answer.out.splitlines()[-1] == "2*x*f(g(x)) + x**2*f'(g(x))*g'(x)"


def test_a_batch_goes_on(run) -> None:
    answer = run("diff", "-", stdin=b"f(x)*x\nx^2\nsinn(x)\ny(t)^2\n")
    assert answer.out.splitlines()[:2] == ["f(x) + x*f'(x)", "2*x"]
    assert answer.out.splitlines()[3] == "2*y(t)*y'(t)"


def test_of_what_an_equation_makes_a_function(run) -> None:
    assert "y is a function of t alone" in run("implicit", "x(t) + y(t) = s", "--of", "y", "--wrt", "s").err
    assert "no variable y" in run("implicit", "y(t) + y(2*t) = x", "--of", "y").err
