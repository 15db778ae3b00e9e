"""Other notations: what each is read as, what is refused, and that what dcalc writes is read back."""

from __future__ import annotations

import ast
import math
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

import dcalc.parser.notations
from dcalc import functions as table
from dcalc import notation, spellings
from dcalc.derive import derivative
from dcalc.errors import DcalcError, LimitError, ParseError, Unsupported, UsageError
from dcalc.expr import ONE, walk
from dcalc.functions import MUL
from dcalc.notation import write
from dcalc.numbers.real import evaluate
from dcalc.parser import notations, parse
from dcalc.simplify import simplify
from tests.cli.conftest import run
from tests.notation.test_notation import PARSED
from tests.registries import add_file
from tests.shapes import expressions

__all__ = ["run"]

OTHERS = [name for name in notations.names() if name != notations.PLAIN]
FOLDER = Path(__file__).parent / "notations"


def cases(name: str) -> list[tuple[str, str]]:
    """The pairs of a file: a text, then what it means, or `refused: ` and a part of the message."""
    lines = [line for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines() if line.strip()]
    return [(text, meaning.strip()) for text, meaning in zip(lines[::2], lines[1::2], strict=True)]


CASES = [(name, text, meaning) for name in OTHERS if (FOLDER / f"{name}.txt").exists() for text, meaning in cases(name)]


@pytest.mark.parametrize(("name", "text", "meaning"), CASES)
def test_what_a_text_means(name, text, meaning):
    text = text.replace("\\n ", "\n")
    if meaning.startswith("refused: "):
        with pytest.raises(DcalcError, match=meaning.removeprefix("refused: ")) as caught:
            parse(text, notation=name)
        assert caught.value.help
        assert caught.value.source == text
        return
    assert write(parse(text, notation=name).root) == write(parse(meaning).root)


# --- what dcalc writes --------------------------------------------------------------------

CALLS = []
for row in table.functions():
    first = "x0 < 1" if row is table.WHERE else "0" if row.chooses else "x0"
    count = max(row.minimum, len(row.args) - len(row.defaults))
    call = f"{row.name}({', '.join([first, *(f'x{place}' for place in range(1, count))])})"
    CALLS += [call, f"2*{call}**2*(x + 1)"]
MORE = (
    "x1 + x_1 + x_max + x_ + _x + x1_2", "f*(x + 1)", "gamma*(x + 1)", "d*x", "speed*x", "x*-2", "2*(1/3)", "10**3",
    "10**-3", "2*1e30*x", "exp(1)", "deg**2", "tau*x", "2*3*4", "--x", "-(-x)", "x**(1/3)", "x**(1/2)", "-2**2",
    "lambda + double", "sin(x)**2*(x + 1)", "log(x + 1)**-1", "2**0.5*x", "where(x == y, 1, where(x < 0, 2, 3)) + 1",
)  # fmt: skip


@pytest.mark.parametrize("text", [*PARSED, *MORE, *CALLS])
def test_what_is_written_is_read_back(text):
    root = parse(text).root
    for name in OTHERS:
        try:
            written = write(root, name)
        except Unsupported:
            continue
        assert write(parse(written, notation=name).root, name) == written, name


NOT_THEMSELVES = {"latex": {"exp2", "exp10", "log_base", "root", "pow", "inv", "expint/2"}}
"""Functions that look like others: `2^{x}`, `\\frac{1}{x}`."""


@pytest.mark.parametrize("name", OTHERS)
def test_functions_with_a_spelling_are_read_as_themselves(name):
    native = set(spellings.native(name)) if name != "latex" else set(table.functions())
    for row in native:
        if row.name in table.BY_NAME and row.key not in NOT_THEMSELVES.get(name, ()) and row is not table.WHERE:
            count = max(row.minimum, len(row.args) - len(row.defaults))
            first = "0" if row.chooses else "x0"
            call = f"{row.name}({', '.join([first, *(f'x{place}' for place in range(1, count))])})"
            root = parse(call).root
            read = parse(write(root, name), notation=name).root
            assert read is root or row.body or row.fold or "pow" in row.name, call


@pytest.mark.slow
@pytest.mark.covers
@given(expressions())
@settings(deadline=None, max_examples=60)
def test_random_expressions_are_read_back(node):
    for form in (node, simplify(node), derivative(node, ("x",))):
        root = parse(write(form)).root
        for name in OTHERS:
            try:
                written = write(root, name)
            except Unsupported:
                continue
            read = parse(written, notation=name).root
            assert write(read, name) == written, name
            if name == "latex":
                assert write(parse(write(read), notation="plain").root) == write(read)


@given(expressions())
@settings(deadline=None, max_examples=100)
def test_latex_of_what_is_typed_is_read_as_the_same_node(node):
    """Nobody writes a factor 1 in LaTeX, nor does dcalc."""
    root = parse(write(node)).root
    assume(not any(part.op is MUL and ONE in part.args for part in walk(root)))
    assert parse(write(root, "latex"), notation="latex").root is root


def test_what_is_read_and_what_is_written_are_the_same_notations():
    assert notations.names() == notation.names()


# --- independent evaluation ---------------------------------------------------------------


PYTHON = (
    "math.exp(-x**2)/math.sqrt(2*math.pi)", "x**2*math.sin(x) + 3", "1/(1 + math.exp(-x))", "abs(x - 2)**1.5",
    "math.log(x, 3)*math.log10(x)", "(x if x > 1 else 2*x) - min(x, 0.5)", "x//0.3 + x % 0.3", "-x**-2",
    "2**x**0.5", "math.hypot(x, 2)*math.atan2(x, 3)", "math.fmod(-x, 0.4)", "math.remainder(x, 0.7)",
    "math.copysign(x, -3)", "round(x*3)", "int(-x*3)", "math.degrees(x) - math.radians(x)", "0 < x < 1",
    "(x > 1)*x", "math.gamma(x) + math.erfc(x)", "sum([x, 2*x, 3])", "math.prod([x, x + 1])", "not x > 1",
    "max(x, 1, 2*x)", "pow(x, 3)", "math.expm1(x)*math.log1p(x)", "math.cbrt(x)", "x.__abs__() if False else x",
)  # fmt: skip


@pytest.mark.parametrize("text", PYTHON[:-1])
@pytest.mark.parametrize("x", [0.35, 1.6])
def test_python_is_read_as_python_computes_it(text, x):
    truth = eval(text, {"math": math, "x": x})  # a text of our own
    assert evaluate(parse(text, notation="python").root, {"x": x}) == pytest.approx(float(truth), rel=1e-12)


# --- the registry -------------------------------------------------------------------------

ROMAN = '''"""Whole numbers, and a sum of them, as the Romans wrote them."""

from dcalc.errors import ParseError
from dcalc.expr import number
from dcalc.parser.notations import Reading

TITLE = "Latin"


def resembles(text):
    """True for their letters."""
    return set(text) <= set("IVX")


def read(text, context):
    """The number."""
    if not resembles(text):
        raise ParseError("this is not a number", span=(0, len(text)), help="write XII")
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in text]
    return Reading(number(sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0]))), {})
'''


def test_a_reader_is_one_file(tmp_path, monkeypatch, run):
    add_file(monkeypatch, tmp_path, dcalc.parser.notations, "roman", ROMAN)
    assert "roman" in notations.names()
    assert run("eval", "XIV", "--notation", "roman").out == "14.0\n"
    assert run("eval", "14", "--notation", "roman").err.startswith("error: this is not a number")
    assert run("eval", "XIV", "--notation", "romn").err.endswith("help: did you mean roman?\n")


@pytest.mark.parametrize("name", OTHERS)
def test_every_reader(name):
    reader = notations.load(name)
    assert reader.TITLE
    assert not reader.resembles("x**2 + 1")
    with pytest.raises(ParseError):
        parse("", notation=name)
    with pytest.raises(DcalcError) as caught:
        parse("x + ", notation=name)
    assert caught.value.span
    assert caught.value.help


def test_an_unknown_notation_gets_a_fix():
    with pytest.raises(UsageError, match="no notation named latx") as caught:
        parse("x", notation="latx")
    assert caught.value.help == "did you mean latex?"


@pytest.mark.parametrize("name", [name for name in OTHERS if name != "latex"])
def test_every_spelling_means_something(name):
    for entries in spellings.calls(name).values():
        for entry in entries:
            if entry.row is None:
                root = parse(entry.text, variables=entry.parameters).root
                assert root
                assert len(entry.defaults) <= len(entry.parameters)
    for text in spellings.constants(name).values():
        parse(text)
    assert all(spellings.refused_names(name).values())


# --- hostile input ------------------------------------------------------------------------


def test_no_reader_evaluates_text():
    package = Path(dcalc.parser.__file__).parent
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile", "__import__"), file


HOSTILE = (
    "__import__('os').system('true')", "(" * 100_000, "(" * 5_000 + "x" + ")" * 5_000, "-" * 20_000 + "x",
    "x**" * 3_000 + "x", "x^{" * 3_000 + "x" + "}" * 3_000, "[" * 3_000 + "]" * 3_000, "lambda: " * 2_000 + "x",
    "x if x else " * 2_000 + "x", "9" * 10_000, "1e999999999", "\\frac{" * 5_000, "\0", "é\u202ex", "x" * 100_000,
    "+".join(["x"] * 20_000), "x ? " * 3_000 + "x", "\\left" * 3_000, "{" * 3_000, "x_{" * 2_000, "$" * 3_000,
    "Sin[" * 3_000 + "x" + "]" * 3_000, "|" * 3_001, "\\begin{cases}" * 1_000, "not " * 3_000 + "x", "x!" * 2_000,
)  # fmt: skip


def parse_seconds(text, name):
    start = time.process_time()
    with suppress(DcalcError):
        parse(text, notation=name)
    return time.process_time() - start


@cache
def usual_seconds(name):
    """What a character of good text takes."""
    text = write(parse("+".join(["sin(x)*(y - 2)**3"] * 50)).root, name)
    return min(parse_seconds(text, name) for _ in range(3)) / len(text)


@pytest.mark.slow_cases(fast_every=4)
@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_read_or_refused_in_no_time(name, text):
    """Sooner than good text of that length would be read, or of 600,000 characters: two seconds."""
    assert parse_seconds(text, name) < usual_seconds(name) * max(len(text), 600_000)


@pytest.mark.slow_cases("latex", "c")
@pytest.mark.parametrize("name", ["latex", "c", "matlab", "mathematica"])
def test_deep_and_long_texts_are_read(name):
    opening, closing = ("[", "]") if name == "mathematica" else ("(", ")")
    sine = {"latex": r"\sin", "mathematica": "Sin"}.get(name, "sin")
    deep = parse(f"{sine}{opening}" * 5_000 + "x" + closing * 5_000, notation=name).root
    assert write(deep) == "sin(" * 5_000 + "x" + ")" * 5_000
    assert write(parse(" + ".join(["x"] * 20_000), notation=name).root) == " + ".join(["x"] * 20_000)


def test_what_python_cannot_nest_is_refused():
    with pytest.raises(LimitError, match="nested too deeply"):
        parse("+".join(["x"] * 20_000), notation="python")


# --- the command line ---------------------------------------------------------------------


def test_batches_are_read_in_the_notation(run):
    lines = b'\\sin x\n{"expr": "x^{2}", "at": 1}\n{"expr": "x.pow(3)", "notation": "python"}\nx(t)\n'
    answer = run("diff", "-", "--notation", "latex", stdin=lines)
    assert answer.out.splitlines()[:3] == ["cos(x)", "2.0", "3*x**2"]
    assert "ambiguous: x before a bracket" in answer.err


def test_claims_bindings_and_rows_are_in_the_notation(run):
    assert run("check", r"\sin^2 x", r"2 \sin x \cos x", "--notation", "latex").code == 0
    assert run("diff", "k*x", "--let", "k = np.pi", "--notation", "python", "--wrt", "x").out == "pi\n"
    table_of_rows = run("map", r"x^{2}", "--notation", "latex", stdin=b"x\n3\n")
    assert "6.0" in table_of_rows.out


def test_a_derivative_before_a_formula_is_what_diff_takes(run):
    assert run("diff", r"\frac{d}{dx} x^2 \sin x", "--notation", "latex").out == "2*x*sin(x) + x**2*cos(x)\n"
    assert run("diff", r"\frac{d^2}{dt^2}\left(t^3 + a\right)", "--notation", "latex").out == "6*t\n"
    assert "ambiguous: where the derivative ends" in run("diff", r"\frac{d}{dx} x + 1", "--notation", "latex").err
    assert "a derivative is not read" in run("eval", r"\frac{d}{dx} x", "--notation", "latex", "--at", "1").err


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (r"\frac{x}{2}\cos x", "latex"), ("lambda x: x**2", "python"), ("x.^2 + 1", "matlab"),
        ("fabs(x) + std::exp(x)", "c"), ("ArcTan[x, y]", "mathematica"), ("torch.where(x > 0, x, 0*x).exp()", "python"),
    ],
)  # fmt: skip
def test_hints_name_the_notation(run, text, name):
    answer = run("grad", text)
    if answer.code:
        assert answer.err.endswith(f"add --notation {name}\n")
    assert run("grad", text, "--notation", name).code == 0


@pytest.mark.parametrize("name", OTHERS)
def test_conversion_from_each_to_each(run, name):
    typed = write(parse("x**2*sin(x)/(x + 1)").root, name)
    for other in notations.names():
        answer = run("convert", typed, "--notation", name, "--to", other)
        assert answer.out == write(parse("x**2*sin(x)/(x + 1)").root, other) + "\n"
