"""Derivatives of expressions with vectors and matrices, as formulas: each is read back, and checked by its entries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dcalc.analysis.array_gaps import note_lost_values
from dcalc.errors import DcalcError
from dcalc.functions import BY_NAME
from dcalc.numbers.real import evaluate_all
from dcalc.parser.array_hints import explain_array_text
from dcalc.parser.grammar import FOLDER
from dcalc.stable.array_forms import stabilise
from dcalc.tensor import latex
from dcalc.tensor.gradient import differentiate, tidy
from dcalc.tensor.lower import lower
from dcalc.tensor.operations import OPERATIONS
from dcalc.tensor.plain import write
from dcalc.tensor.reader import read
from dcalc.tensor.signs import has_arrays
from dcalc.tensor.sizes import read_shapes
from tests.tensor.test_cookbook import check_entries, choose_point, shapes_of

LINES = Path(__file__).with_name("formulas.tsv").read_text(encoding="utf-8").splitlines()[1:]
CASES = [tuple(line.split("\t")) for line in LINES]


@pytest.mark.parametrize(("text", "by", "formula", "shapes"), CASES, ids=[f"{case[0]} by {case[1]}" for case in CASES])
def test_the_formula_of_a_gradient(text: str, by: str, formula: str, shapes: str):
    reading = read(text, read_shapes(shapes))
    (gradient,) = map(tidy, differentiate(reading.root, [reading.variables[by]]))
    assert gradient.shape == reading.variables[by].shape
    assert write(gradient) == formula
    assert read(formula, shapes_of(reading), beside=reading).root is gradient


@pytest.mark.slow
@pytest.mark.parametrize(("text", "by", "_", "shapes"), CASES, ids=[f"{case[0]} by {case[1]}" for case in CASES])
def test_the_entries_of_a_gradient(text: str, by: str, _: str, shapes: str):
    reading = read(text, read_shapes(shapes))
    (gradient,) = map(tidy, differentiate(reading.root, [reading.variables[by]]))
    check_entries(reading, by, gradient, dict.fromkeys("mnkhpqdr", 2) | {"n": 3}, 1)


def test_the_grammar_names_no_function():
    text = (FOLDER / "arrays.lark").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", re.sub("//.*|->.*", "", text)))
    assert not words & ({*OPERATIONS, *BY_NAME} - {"sum"})  # a level of the grammar has that name, too


def test_names_of_unknown_shape_are_told():
    reading = read("norm(A@x - b)^2")
    assert reading.notes == ("A is a matrix (m x n), x is a vector (n), b is a vector (m); --shape declares others",)


ENTRIES = Path(__file__).with_name("entries.tsv").read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.parametrize("case", ENTRIES)
def test_what_matrices_cannot_say_is_written_with_indices(case: str):
    text, by, formula, shapes = case.split("\t")
    reading = read(text, read_shapes(shapes))
    (derivative,) = map(tidy, differentiate(reading.root, [reading.variables[by]]))
    assert derivative.shape == reading.root.shape + reading.variables[by].shape
    assert write(derivative) == formula
    assert read(formula, shapes_of(reading), beside=reading).root is derivative
    check_entries(reading, by, derivative, {"m": 2, "n": 3}, 1)


def test_indices_in_latex():
    reading = read("outer(x, x)")
    (derivative,) = differentiate(reading.root, [reading.variables["x"]])
    assert latex.write(derivative) == (
        r"\left[\delta_{i,k} \, {\mathbf{x}}_{j} + \delta_{j,k} \, {\mathbf{x}}_{i}\right]_{i,j,k}"
    )


LATEX = {
    "sum(i, 1, n, x^(12*i)*i^12/7)": r"12 \, \left(\sum_{i=1}^{n} i^{13} \, x^{12 \, i - 1}\right)/7",
    "norm(A@x - b)": r"\frac{1}{\left\lVert \mathbf{A}\, \mathbf{x} - \mathbf{b}\right\rVert_{2}} \, "
    r"\mathbf{A}^{\top}\, \left(\mathbf{A}\, \mathbf{x} - \mathbf{b}\right)",
    "x.T@A@x": r"\left(\mathbf{A} + \mathbf{A}^{\top}\right)\, \mathbf{x}",
}


@pytest.mark.parametrize("text", LATEX)
def test_formulas_in_latex(text: str):
    reading = read(text)
    (gradient,) = map(tidy, differentiate(reading.root, [reading.variables["x"]]))
    assert latex.write(gradient) == LATEX[text]


def test_formulas_in_latex_read_back():
    readings = 0
    for text, by, formula, shapes in CASES[::4]:
        reading = read(text, read_shapes(shapes))
        (gradient,) = map(tidy, differentiate(reading.root, [reading.variables[by]]))
        try:
            again = read(latex.write(gradient), shapes_of(reading), beside=reading).root
        except DcalcError:  # axes and entries are not read
            continue
        assert again is gradient, formula
        readings += 1
    assert readings > 20


def test_sums_as_others_write_them_are_looked_for_in_short_texts_alone():
    text = "sum(k=1, 3, k)"
    assert explain_array_text(text) is not None
    assert explain_array_text(f"{text}{' + x' * 1000}") is None  # the search is quadratic


BAD = Path(__file__).with_name("errors.tsv").read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.parametrize("case", BAD)
def test_what_does_not_go_together_is_told_with_its_place(case: str):
    text, shapes, message, column = case.split("\t")
    with pytest.raises(DcalcError) as caught:
        read(text, read_shapes(shapes))
    assert caught.value.message == message
    assert caught.value.span is not None
    assert caught.value.span[0] + 1 == int(column)
    assert caught.value.source == text
    assert caught.value.help


@pytest.mark.parametrize("case", CASES[::3], ids=[case[0] for case in CASES[::3]])
def test_a_stable_form_has_the_same_entries(case: tuple[str, ...]):
    text, _, _, shapes = case
    reading = read(text, read_shapes(shapes))
    sizes = dict.fromkeys("mnkhpqdr", 2) | {"n": 3}
    point = choose_point(reading, sizes, 1)
    typed, better = lower([reading.root, stabilise(reading.root)], sizes)
    assert evaluate_all(better.entries, point) == pytest.approx(evaluate_all(typed.entries, point), rel=1e-12)


def test_what_is_done_entry_by_entry_has_a_stable_form():
    assert write(stabilise(read("sum(y*log(sigmoid(X@w)))").root)) == "-y.T@softplus(-X@w)"
    assert write(stabilise(read("norm(A@x)").root)) == "norm(A@x)"


PAPERS = Path(__file__).with_name("papers.tsv").read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.parametrize("case", PAPERS)
def test_what_papers_and_libraries_write_is_read_with_a_note(case: str):
    text, shapes, formula, notes = case.split("\t")
    reading = read(text, read_shapes(shapes))
    assert write(tidy(reading.root)) == formula
    told = [note.partition(" as ")[0] for note in reading.notes if "--shape" not in note]
    assert told == (notes.split(" | ") if notes else [])
    assert has_arrays(text) or shapes or "^-1)" in text


@pytest.mark.parametrize(
    ("text", "by", "place"),
    [
        ("sum(x/x)", "x", "no entry of x is 0"),
        ("a@x/c*c", "x", "c != 0"),
        ("sum(x*x**-1*y)", "y", "no entry of x is 0"),
        ("x@inv(A)@A@x", "x", "A is not singular"),
        ("tr(inv(A)@A)", "A", "A is not singular"),
        ("x@inv(A)@x", "A", ""),
        ("sum(x/y)", "x", ""),
        ("sum(x*log(x)/x)", "x", ""),
        ("norm(x)/2", "x", ""),
        ("norm(x)/norm(x)", "", "norm(x) != 0"),
        ("prod(x)/prod(x)", "", "prod(x) != 0"),
        ("mean(X)/mean(X)*c/2/c", "", "mean(X) != 0 and c != 0"),
        ("x/norm(x)*norm(x)", "", "norm(x) != 0"),
        ("1/norm(x)*norm(x)*sum(1/x)", "", "norm(x) != 0"),
        ("(x@y)/(2*(x@y)*(a@b))", "", "x.T@y != 0"),
        ("solve(A, A@x)", "", "A is not singular"),
        ("logdet(A) - logdet(A) + tr(A)", "", "det(A) > 0"),
        ("logdet(2*pi*S)/2", "", ""),
        ("log(det(A))", "A", ""),
        ("np.linalg.slogdet(A)[1]", "", ""),
        ("log(x) - log(x) + x@x", "", "all entries of x are > 0"),
        ("sum(sqrt(x)^2) + sum(x^(1/3) - x^(1/3)) + sum(y^-0.5*y^0.5)", "",
         "all entries of x are >= 0 and all entries of y are > 0"),
        ("log(c) + sum(x)", "x", ""),
        ("exp(x)/sum(exp(x))", "", ""),
        ("sum(y*log(1 - sigmoid(X@w)))", "", ""),
        ("sum(x/sum(X, axis=1, keepdims=True)*X)", "X", ""),
        ("n/2*log(norm(y - X@b)^2/n)", "b", "n != 0"),
        ("sum(coth(x) - coth(x) + csch(y) - csch(y))", "", "no entry of x is 0 and no entry of y is 0"),
        ("sum(xlogx(x) - xlogx(x) + x) + inv(c)*c", "", "all entries of x are >= 0 and c != 0"),
        ("sum(logexpm1(x) - logexpm1(x) + ci(y) - ci(y) + x + y)", "",
         "all entries of x are > 0 and all entries of y are > 0"),
        ("sum(airyaix(x) - airyaix(x) + acot(y) - acot(y)) + ei(c) - ei(c)", "",
         "all entries of x are >= 0 and no entry of y is 0 and c != 0"),
    ],
)  # fmt: skip
def test_where_a_formula_holds_is_told_if_it_does_not_show_it(text: str, by: str, place: str):
    reading = read(text)
    formula = tidy(differentiate(reading.root, [reading.variables[by]])[0] if by else reading.root)
    notes = note_lost_values(reading.requirements, [formula], (by,) if by else ())
    assert notes == ([f"this holds where {place}"] if place else [])
