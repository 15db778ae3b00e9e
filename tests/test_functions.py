"""The table of functions: complete, consistent, and true to mpmath row by row."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest
from mpmath import mp, mpf

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import Expr, make, number, symbol, walk
from dcalc.functions import Row
from dcalc.parser import parse
from tests.truths import OUTSIDE, TRUTHS, Point, derivatives
from tests.truths import value as value_at

NAMES = """
sin cos tan sec csc cot asin acos atan asec acsc acot sinh cosh tanh sech csch coth asinh acosh atanh asech
acsch acoth arcsin arccos arctan arcsec arccsc arccot arcsinh arccosh arctanh arcsech arccsch arccoth sinpi
cospi exp expm1 exp2 exp10 log ln log1p log2 log10 sqrt cbrt inv abs2 abs sign step floor ceil round trunc
frac min max sinc relu leaky_relu elu sigmoid logistic softplus swish gelu logit logsumexp log1pexp log1mexp
log2mexp logexpm1 log1pmx logmxp1 log1psq xlogx erf erfc erfi erfinv erfcinv erfcx logerfc logerfcx dawson
gamma lgamma digamma trigamma polygamma1 invdigamma factorial lambertw ei expint li si ci shi chi fresnels
fresnelc besselj0 besselj1 bessely0 bessely1 airyai airybi airyaiprime airybiprime airyaix airyaiprimex zeta
elliptic_k elliptic_e sind cosd tand secd cscd cotd asind acosd atand asecd acscd acotd deg2rad rad2deg
""".split()
NAMES_OF_TWO = """
atan2 log log_base root nthRoot hypot pow mod min max leaky_relu logsumexp logaddexp logsubexp xlogy xlog1py
erf polygamma beta logbeta uppergamma lowergamma expint besselj bessely besseli besselk besseljx besselyx
besselix besselkx zeta softmax cross_entropy mse mae bce bce_logits huber
""".split()
NAMES_OF_THREE = "min max clip where logsumexp softmax cross_entropy huber".split()

FUNCTIONS = {row.key: row for row in table.functions()}
RULES = {row.key: row for row in table.ROWS if row.partials and row.key in TRUTHS and row.args}
ARGUMENTS = tuple(symbol(f"argument{i}") for i in range(4))

# Where a formula divides by 0 though the function is smooth: only the value of the limit is true.
REMOVABLE = {("shi", 0.0), ("**", 0.0)}


@pytest.fixture(autouse=True)
def digits() -> Any:
    with mp.workdps(60):
        yield


def value(root: Expr, point: Point) -> Any:
    """An expression in `argument0`, `argument1`, ... in mpmath."""
    return value_at(root, {node.args[0]: x for node, x in zip(ARGUMENTS, point, strict=False)})


def call(row: Row, point: Point) -> Expr:
    """A call of the row; an index is a number, since no variable may choose."""
    args = list(ARGUMENTS[: len(point)])
    if row.chooses:
        args[0] = number(int(point[0]))
    return make(row, *args)


def close(found: Any, wanted: Any, digits: int) -> bool:
    return bool(abs(found - wanted) <= mpf(10) ** -digits * max(abs(wanted), mpf(10) ** -digits))


# --- completeness ---------------------------------------------------------------------


@pytest.mark.parametrize("count, names", [(1, NAMES), (2, NAMES_OF_TWO), (3, NAMES_OF_THREE)])
def test_every_name_of_the_language_is_there(count: int, names: list[str]) -> None:
    assert [name for name in names if table.find(name, count) is None] == []


def test_a_name_is_found_only_with_its_arguments() -> None:
    assert table.find("sin", 2) is None
    assert table.find("sinn", 1) is None
    assert table.find("where", 2) is None
    assert table.find("max", 0) is None
    assert table.find("softmax", 1) is None
    assert table.find("log", 1) is table.LOG
    assert table.find("log", 2) is FUNCTIONS["log/2"]
    assert table.find("max", 7) is table.MAX
    assert table.find("huber", 2) is table.find("huber", 3)


def test_aliases_are_the_same_row() -> None:
    pairs = "arcsin asin, arctanh atanh, nthRoot root, ln log, logistic sigmoid, log1pexp softplus"
    for pair in pairs.split(", "):
        alias, name = pair.split()
        assert table.find(alias, 1 if alias != "nthRoot" else 2) is table.find(name, 1 if name != "root" else 2)


def test_keys_are_unique_and_functions_are_what_can_be_called() -> None:
    assert len({row.key for row in table.ROWS}) == len(table.ROWS)
    assert [row.index for row in table.ROWS] == list(range(len(table.ROWS)))
    assert {row.name for row in table.functions()} <= set(table.BY_NAME)
    assert not {table.NUMBER, table.SYMBOL, table.NEG, table.AND, table.PI} & set(table.functions())


@pytest.mark.parametrize(
    "name, count, text",
    [
        ("sin", 1, "sin(x)"),
        ("leaky_relu", 1, "leaky_relu(x, a=0.01)"),
        ("max", 2, "max(a, b, ...)"),
        ("softmax", 3, "softmax(i, z0, z1, ...)"),
    ],
)
def test_signature(name: str, count: int, text: str) -> None:
    row = table.find(name, count)
    assert row is not None and row.signature == text


def test_a_row_shows_its_key() -> None:
    assert repr(table.SIN) == "<sin>"
    assert repr(FUNCTIONS["zeta/2"]) == "<zeta/2>"


def test_the_table_imports_nothing() -> None:
    code = "import sys; a = set(sys.modules); import dcalc.functions; print(*sorted(set(sys.modules) - a))"
    run = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    allowed = {"collections.abc", "_collections_abc", "dcalc", "dcalc.functions", "__future__"}
    assert set(run.stdout.split()) <= allowed | {"abc", "_abc", "collections"} | _needed_by_collections()


def _needed_by_collections() -> set[str]:
    code = "import sys; import collections.abc; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


# --- each row -------------------------------------------------------------------------


@pytest.mark.parametrize("row", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_row_is_complete(row: Row) -> None:
    assert row.doc and row.source
    assert "\n" not in row.doc and len(row.doc) <= 60
    assert bool(row.partials) + bool(row.body) + bool(row.tangent) == 1
    if row.partials:
        assert len(row.partials) == (1 if row.variadic else len(row.args))
    assert row.parity in ("", "odd", "even")
    assert not row.parity or len(row.args) == 1
    assert inspect.cleandoc(row.doc) == row.doc


@pytest.mark.parametrize("row", FUNCTIONS.values(), ids=FUNCTIONS)
def test_texts_speak_of_the_arguments_alone(row: Row) -> None:
    names = {*row.args, *(f"{name}_i" for name in row.args if row.variadic)}
    texts = [(text, names | {"y"}) for text in row.partials if text]
    texts += [(row.tangent, names | {f"d{name}" for name in row.args})] if row.tangent else []
    texts += [(row.body, names)] if row.body else []
    texts += [(text, names) for text in (row.kinks, row.written, row.vertical) if text]
    texts += [(f"where({row.domain}, 1, 0)", names)] if row.domain else []
    texts += [(text, set()) for text in row.defaults]
    for text, allowed in texts:
        root = parse(text, variables=tuple(allowed), strict=False).root
        assert {node.args[0] for node in walk(root) if node.op is table.SYMBOL} <= allowed, text


@pytest.mark.parametrize("row", [row for row in FUNCTIONS.values() if row.latex], ids=lambda row: row.key)
def test_latex_is_a_command_or_a_template(row: Row) -> None:
    if "{" not in row.latex:
        assert row.latex.startswith("\\") and row.latex[1:].isalpha()
        return
    marks = [f"<{i}>" for i in range(len(row.args))]
    shown = row.latex.format(*marks)
    assert all(mark in shown for mark in marks)
    assert shown.count("{") == shown.count("}")


@pytest.mark.parametrize("row", [row for row in FUNCTIONS.values() if row.parity], ids=lambda row: row.key)
def test_parity(row: Row) -> None:
    truth = TRUTHS[row.key]
    for (x,) in truth.points:
        sign = -1 if row.parity == "odd" else 1
        assert close(truth.f(mpf(-x)), sign * truth.f(mpf(x)), 50)


@pytest.mark.parametrize("row", [row for row in FUNCTIONS.values() if row.domain], ids=lambda row: row.key)
def test_domain(row: Row) -> None:
    condition = parse(f"where({row.domain}, 1, 0)", variables=row.args).root
    places = {symbol(name): arg for name, arg in zip(row.args, ARGUMENTS, strict=False)}
    condition = _renamed(condition, places)
    for point in TRUTHS[row.key].points:
        assert value(condition, point) == 1, point
    for point in OUTSIDE.get(row.key, ()):
        assert value(condition, point) == 0, point


def _renamed(root: Expr, names: dict[Expr, Expr]) -> Expr:
    made: dict[int, Expr] = {}
    for node in walk(root):
        leaf = node.op in (table.NUMBER, table.SYMBOL)
        made[node.id] = names.get(node, node) if leaf else make(node.op, *[made[arg.id] for arg in node.args])
    return made[root.id]


@pytest.mark.parametrize("key", [key for key in OUTSIDE if key in FUNCTIONS])
def test_what_has_an_outside_says_so(key: str) -> None:
    assert FUNCTIONS[key].domain


# --- the derivatives ------------------------------------------------------------------


@pytest.mark.parametrize("row", RULES.values(), ids=RULES)
def test_partials_are_the_slopes(row: Row) -> None:
    truth = TRUTHS[row.key]
    asked = 0
    for point in truth.points:
        for place in range(len(point)):
            node = call(row, point)
            partial = rules.partial(node, place)
            if partial is None or (row.key, point[0]) in REMOVABLE or not _varies(row, place, point):
                continue
            wanted = derivatives(lambda x, p=point, i=place: truth.f(*_put(p, i, x)), point[place], 1)[1]
            assert close(value(partial, point), wanted, 18), (point, place, mp.nstr(wanted, 20))
            asked += 1
    assert asked or row.partials == (None,)


def _put(point: Point, place: int, x: Any) -> list[Any]:
    args = [mpf(value) for value in point]
    args[place] = x
    return args


def _varies(row: Row, place: int, point: Point) -> bool:
    """Whether the function has values on both sides in that argument."""
    if row is table.POW or row is table.ROOT:
        return place == 0 or point[0] > 0
    return True


BODIES = {key: FUNCTIONS[key] for key in TRUTHS if key in FUNCTIONS and FUNCTIONS[key].body}


@pytest.mark.parametrize("row", BODIES.values(), ids=BODIES)
def test_bodies_are_the_function(row: Row) -> None:
    truth = TRUTHS[row.key]
    for point in truth.points:
        body = rules.body(call(row, point))
        wanted = truth.f(*[mpf(x) for x in point])
        assert close(value(body, point), wanted, 25), (point, mp.nstr(wanted, 20))


def test_choices_have_tangents_that_follow_the_branch() -> None:
    assert table.WHERE.tangent == "where(cond, da, db)"
    assert table.MAX.tangent == "where(a >= b, da, db)"
    assert table.MIN.tangent == "where(a <= b, da, db)"


def test_parameters_without_a_closed_form() -> None:
    open_ = {row.key: [row.args[i] for i, text in enumerate(row.partials) if text is None] for row in RULES.values()}
    assert {key: names for key, names in open_.items() if names} == {
        "polygamma": ["n"],
        "uppergamma": ["s"],
        "lowergamma": ["s"],
        "gammap": ["s"],
        "gammaq": ["s"],
        "betainc": ["a", "b"],
        "polylog": ["s"],
        "legendre": ["n"],
        "chebyshevt": ["n"],
        "chebyshevu": ["n"],
        "gegenbauer": ["n", "a"],
        "hermite": ["n"],
        "laguerre/3": ["n", "a"],
        "lambertw/2": ["k"],
        "zeta": ["s"],
        "zeta/2": ["s"],
        "expint/2": ["n"],
        "besselj": ["n"],
        "bessely": ["n"],
        "besseli": ["n"],
        "besselk": ["n"],
        "sphericalbesselj": ["n"],
    }
