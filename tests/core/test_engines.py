"""Other people's engines: the numbers that scripts of five lines print, bit for bit, and words where there are none."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from dcalc import backends
from dcalc.cli.main import main
from dcalc.coordinates import round_to_single
from dcalc.errors import Unsupported, UsageError
from dcalc.parser import parse
from dcalc.problem import Dtype, Problem, Result
from dcalc.solver import score, solve

pytestmark = [pytest.mark.slow, pytest.mark.covers]  # torch alone takes three seconds to import

ENGINES = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed"))
    for name in backends.engine_names()
]
"""All of them, in their own environments: `.ci/run` installs each."""
HEADS = {
    "jax": "import jax\nimport jax.numpy as m\njax.config.update('jax_enable_x64', True)",
    "torch": "import torch as m",
    "autograd": "import autograd\nimport autograd.numpy as m",
    "casadi": "import casadi as m\nm.arctan, m.arcsin, m.arccos = m.atan, m.asin, m.acos\n"
    "m.arcsinh, m.arccosh, m.arctanh, m.arctan2 = m.asinh, m.acosh, m.atanh, m.atan2\n"
    "m.abs, m.maximum, m.where = m.fabs, m.fmax, m.if_else",
    "sympy": "import sympy as m\nm.arctan, m.arcsin, m.arccos = m.atan, m.asin, m.acos\n"
    "m.arcsinh, m.arccosh, m.arctanh, m.arctan2 = m.asinh, m.acosh, m.atanh, m.atan2\n"
    "m.abs, m.maximum, m.where = m.Abs, m.Max, lambda c, a, b: m.Piecewise((a, c), (b, True))\n"
    "m.log1p, m.expm1 = lambda x: m.log(1 + x), lambda x: m.exp(x) - 1",
    "numdifftools": "import numdifftools as nd\nimport numpy as m",
    "scipy": "import numpy as m\nfrom scipy.differentiate import derivative",
}
SCRIPTS = {
    "jax": "f = lambda {names}: {body}\nprint(repr(float(jax.grad(f, argnums={place})({values}))))",
    "torch": "{names}, = [m.tensor(v, dtype=m.float64, requires_grad=True) for v in ({values},)]\n"
    "({body}).backward()\nprint(repr({name}.grad.item()))",
    "autograd": "f = lambda {names}: {body}\nprint(repr(float(autograd.grad(f, {place})({values}))))",
    "casadi": "{names}, = [m.SX.sym(n) for n in '{names}'.split(',')]\nd = m.gradient({body}, {name})\n"
    "print(repr(float(m.Function('d', [{names}], [d])({values}))))",
    "sympy": "{names}, = m.symbols('{names},', real=True)\nd = m.lambdify([{names}], m.diff({body}, {name}))\n"
    "print(repr(float(d({values}))))",
    "numdifftools": "{others}\nf = lambda {name}: {body}\nprint(repr(float(nd.Derivative(f)({value}))))",
    "scipy": "{others}\nf = lambda {name}: {body}\nprint(repr(float(derivative(f, {value}).df)))",
}
LINES = [line.split("\t") for line in (Path(__file__).parent / "scripts.tsv").read_text().splitlines()[1:]]


def read_point(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in (part.split("=") for part in text.split(","))}


def write_script(engine: str, body: str, at: dict[str, float], name: str) -> str:
    names = ",".join(at)
    others = "; ".join(f"{other} = {value!r}" for other, value in at.items() if other != name)
    facts = {"names": names, "values": ", ".join(map(repr, at.values())), "place": list(at).index(name), "body": body,
             "name": name, "value": at[name], "others": others}  # fmt: skip
    return SCRIPTS[engine].format(**facts)


def ask(engine: str, text: str, *wrt: str, dtype: Dtype = "float64", **at: float) -> Result:
    return backends.load(engine).differentiate(Problem(parse(text).root, wrt, at, dtype=dtype))


@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_are_those_of_a_script_bit_for_bit(engine: str, tmp_path: Path) -> None:
    questions = [(text, body, read_point(point)) for text, body, point in LINES]
    cases = [(text, body, at, name) for text, body, at in questions for name in at]
    script = tmp_path / "script.py"
    script.write_text("\n".join([HEADS[engine], *(write_script(engine, *case[1:]) for case in cases)]))
    printed = subprocess.run([sys.executable, "-W", "ignore", script], capture_output=True, text=True, check=True)
    expected = list(map(float, printed.stdout.split()))
    assert len(expected) == len(cases) > 50
    for (text, _, at, name), value in zip(cases, expected, strict=True):
        assert ask(engine, text, name, **at).value == value, (text, at, name)


@pytest.mark.parametrize("engine", ENGINES)
def test_gradients_are_those_of_single_variables(engine: str) -> None:
    problem = Problem(parse("x**2*y + sin(x*y)").root, ("x", "y", "z"), {"x": 1.0, "y": 2.0, "z": 3.0}, gradient=True)
    results = backends.differentiate(engine, problem)
    alone = [backends.load(engine).differentiate(part) for part in problem.parts()]
    assert [result.value for result in results] == [result.value for result in alone]
    assert results[2].value == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_higher_and_mixed_orders(engine: str) -> None:
    can = backends.load(engine).CAPABILITIES
    for wrt in (("x", "x"), ("x", "y"), ("x", "y", "y"), ("x",) * 9, ("x",) * 11, ()):
        problem = Problem(parse("exp(x*y)*sin(x)").root, wrt, {"x": 0.5, "y": 1.5})
        if can.cover(problem):
            result = solve(problem, [engine, "reference"]).scores[0]
            assert result.rel_error is not None
            assert result.rel_error < 1e-5, (wrt, result)
        else:
            with pytest.raises(Unsupported, match="is asked for orders"):
                ask(engine, "exp(x*y)*sin(x)", *wrt, x=0.5, y=1.5)


CONVENTIONS = {
    ("jax", "abs(x)"): 1.0, ("torch", "abs(x)"): 0.0, ("jax", "relu(x)"): 0.0, ("torch", "relu(x)"): 0.0,
    ("jax", "max(x, 0)"): 0.5, ("torch", "max(x, 0)"): 0.5, ("autograd", "abs(x)"): 0.0, ("sympy", "abs(x)"): 0.0,
    ("casadi", "abs(x)"): 0.0, ("jax", "leaky_relu(x)"): 1.0, ("torch", "leaky_relu(x)"): 0.01,
    ("jax", "sqrt(x**2)"): None, ("casadi", "max(x, 0)"): 0.5, ("numdifftools", "abs(x)"): 0.0,
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_a_note_names_the_convention_where_there_is_no_derivative(engine: str) -> None:
    for (name, text), value in CONVENTIONS.items():
        if name != engine:
            continue
        result = solve(Problem(parse(text).root, ("x",), {"x": 0.0}), [engine])
        assert result.value == value, text
        title = backends.load(engine).CAPABILITIES.title
        assert value is None or f"is the convention of {title} at the kink of" in " ".join(result.notes), text
        both = solve(Problem(parse(text).root, ("x",), {"x": 0.0}), [engine, "reference"])
        assert both.status == "not_differentiable"
        assert value is None or "convention" in both.scores[0].estimate.note


@pytest.mark.parametrize("engine", ENGINES)
def test_nan_from_a_branch_that_is_not_taken_says_so(engine: str) -> None:
    result = solve(Problem(parse("where(x > 0, sqrt(x), 0)").root, ("x",), {"x": 0.0}), [engine, "forward"])
    said = result.scores[0].estimate
    if engine in ("jax", "torch", "autograd"):
        assert said.value is None
        assert "in the branch of where that is not taken; without it, 0.0" in said.reason
    plain = solve(Problem(parse("log(1 + exp(x))").root, ("x",), {"x": 800.0}), [engine, "forward"])
    assert plain.scores[0].estimate.reason.endswith("gives nan")


LACKING = {"jax": "fresnels(x)", "torch": "gamma(x)", "autograd": "airyai(x)", "casadi": "gamma(x)",
           "sympy": "logerfc(x)", "numdifftools": "polylog(2, x)", "scipy": "polylog(2, x)"}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_a_function_that_is_missing_is_unsupported_by_name(engine: str) -> None:
    name = LACKING[engine].partition("(")[0]
    with pytest.raises(Unsupported, match=f"has no {name}$"):
        ask(engine, LACKING[engine], "x", x=0.5)
    written = ask(engine, "sech(x)*sec(x)", "x", x=0.5)
    assert written.value == pytest.approx(-0.2 + 0.2734, abs=0.2)
    if engine != "sympy":
        assert "has no" in written.notes[0]
        assert "sec" in written.notes[0]


@pytest.mark.parametrize("engine", ENGINES)
def test_odd_expressions_have_an_answer_or_words(engine: str) -> None:
    texts = ("7", "x", "1/x", "floor(x)", "logsumexp(x, 1, 2)", "(-8)**(1/3)*x", "exp(1000*x)", "max(x, 1, 2)",
             "pi*e*x",
             "where(x > 0 and not x > 1 or x == 5, x, 2)", "where(x != 2, 1, 2)", "x**1000000", "gelu(x)",
             "polygamma(1, x)", "softplus(x)*elu(x)*swish(x)", "sin(2)*x", "+".join(["sin(x)"] * 3000))  # fmt: skip
    for text in texts:
        for point in (0.0, 0.5, -1.5, 1e300):
            (scored,) = solve(Problem(parse(text).root, ("x",), {"x": point}), [engine, "forward"]).scores[:1]
            estimate = scored.estimate
            assert estimate.status != "error", (text, point, estimate)
            assert (estimate.value is None) == (estimate.status != "ok"), text
            assert estimate.value is not None or estimate.reason, text


def test_each_spelling_of_an_engine_is_there_and_computes() -> None:
    """Every function of every library at some point: within 1e-9 of the truth, or unsupported."""
    from dcalc import spellings
    from dcalc.expr import make, symbol

    bad = []
    for engine, language in (("jax", "jax"), ("torch", "torch"), ("scipy", "scipy"), ("sympy", "sympy"),
                             ("casadi", "casadi")):  # fmt: skip
        if find_spec(engine) is None:
            continue
        for row in spellings.idioms(language):
            names = [f"x{place}" for place in range(row.minimum)]
            if not row.args or row.name.startswith(("legendre", "cheb", "hermite", "laguerre", "gegen", "poly")):
                continue
            node = make(row, *map(symbol, names))
            at = dict(zip(names, (0.6, 0.8, 0.7), strict=False))
            if row.key in ("acosh", "zeta", "zeta/2", "li", "asec", "acsc", "acoth"):
                at["x0"] = 2.5
            result = solve(Problem(node, tuple(names[-1:]), at), [engine, "reference"])
            estimate = result.scores[0].estimate
            leaves_domain = engine == "scipy" and estimate.value is None  # its first step is 1/2
            if result.status == "ok" and estimate.status != "unsupported" and not leaves_domain:
                error = result.scores[0].rel_error if result.value else result.scores[0].abs_error
                if (error is None or error > 1e-5) and row.key != "expint/2":  # whose order is a whole number
                    bad.append((engine, row.key, estimate.value, result.value, estimate.note))
    assert not bad, bad


@pytest.mark.parametrize("engine", [each for each in ENGINES if each.values[0] in ("jax", "torch")])
def test_single_precision(engine: str) -> None:
    at = {"x": round_to_single(0.1)}
    result = ask(engine, "x**2*sin(x)", "x", dtype="float32", **at)
    assert result.value is not None
    assert result.value == round_to_single(result.value)
    truth = solve(Problem(parse("x**2*sin(x)").root, ("x",), at))
    scored = score(result, truth, "float32")
    assert scored.ulps is not None
    assert scored.ulps < 3
    assert ask(engine, "x**2*sin(x)", "x", **at).value != result.value  # nothing of it stays behind
    assert ask(engine, "x**2*sin(x)", "x", "x", dtype="float32", **at).value == pytest.approx(0.59, abs=0.1)


def test_methods_in_doubles_refuse_another_precision() -> None:
    problem = Problem(parse("x**2").root, ("x",), {"x": 1.0}, dtype="float32")
    with pytest.raises(Unsupported, match="forward computes in float64 alone"):
        backends.differentiate("forward", problem)
    assert backends.differentiate("reference", problem)[0].value == 2.0
    with pytest.raises(UsageError, match="beyond float32"):
        round_to_single(1e300)


def test_a_missing_package_is_an_error_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "jax" else real(name))
    assert main(["diff", "x**2", "--at", "1", "--backend", "jax"]) == 4
    assert capsys.readouterr().err == (
        "error: JAX is not installed, and the backend jax needs it\nhelp: pip install 'dcalc[jax]'\n"
    )
    assert main(["backends"]) == 0
    assert "not installed: pip install 'dcalc[jax]'" in capsys.readouterr().out
    assert main(["backends", "--json"]) == 0
    records = {one["name"]: one for one in json.loads(capsys.readouterr().out)["records"]}
    assert records["jax"]["installed"] is False
    assert records["jax"]["install"] == "pip install 'dcalc[jax]'"
    assert records["forward"]["package"] is None
    assert main(["descend", "x**2", "--from", "1", "--engine", "jax"]) == 4


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import sys\nfrom dcalc.cli.main import main\nmain(['backends'])\nmain(['compare', 'x**2', '--at', '1'])\n"
        "print(sorted({'jax', 'torch', 'autograd', 'casadi', 'sympy', 'numdifftools', 'scipy'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == "[]"


@pytest.mark.skipif(not all(map(find_spec, ("jax", "torch", "sympy"))), reason="needs jax, torch and sympy")
def test_the_sentence_that_people_quote(capsys: pytest.CaptureFixture[str]) -> None:
    call = ["compare", "(1-cos(x))/x**2", "--at", "1e-6", "--backend", "jax,torch,sympy,reference"]
    assert main([*call, "--format", "jsonl"]) == 1
    (record,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    values = {each["backend"]: each["value"] for each in record["backends"]}
    assert list(values) == ["jax", "torch", "sympy", "reference"]
    assert values["reference"] == -8.333333333332778e-08
    assert all(abs(values[name] + 88.9) < 1 for name in ("jax", "torch", "sympy"))
    assert main(["compare", "x**2", "--points", "5", "--over", "0:1", "--backend", "jax,torch,sympy", "--json"]) == 0
    courses = json.loads(capsys.readouterr().out)["records"][0]["backends"]
    assert [course["worst_ulps"] for course in courses] == [0.0, 0.0, 0.0]
    single = ["compare", "x*sin(x)", "--at", "0.1", "--backend", "jax,torch,forward", "--dtype", "float32", "--json"]
    assert main(single) == 0
    record = json.loads(capsys.readouterr().out)["records"][0]
    assert record["at"] == {"x": 0.10000000149011612}
    assert [each["status"] for each in record["backends"]] == ["ok", "ok", "unsupported"]
    assert all(each["ulps"] < 3 for each in record["backends"][:2])
    assert main(["compare", "x", "--points", "3", "--over", "0:1", "--backend", "torch", "--dtype", "float32"]) == 0
    capsys.readouterr()
    assert main(["diff", "x", "--at", "1", "--dtype", "float32"]) == 2
    assert "needs a backend that computes in it" in capsys.readouterr().err


@pytest.mark.parametrize("engine", ENGINES)
def test_descend_follows_the_gradients_of_an_engine(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["descend", "(x-3)**2 + (y+1)**2", "--from", "x=0,y=0", "--lr", "0.3", "--engine", engine, "--json"]
    assert main(call) == 0
    record = json.loads(capsys.readouterr().out)["records"][0]
    assert record["status"] == "converged"
    assert any(engine in note for note in record["notes"])


@pytest.mark.skipif(find_spec("jax") is None, reason="needs jax")
def test_newton_by_an_engine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["descend", "(x-3)**4 + y**2", "--from", "x=2,y=1", "--method", "newton", "--engine", "jax"]) in (0, 1)
    assert "converged" in capsys.readouterr().out
    assert main(["descend", "log(x)", "--from", "1", "--lr", "3", "--engine", "jax"]) == 1
