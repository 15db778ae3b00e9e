"""Values of vectors and matrices, typed and from files."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.io.arrays import read_array_file, read_arrays
from dcalc.io.nested import nest

TYPED = [
    ("x=[1, 2.5, -3e2]", {"x": [1.0, 2.5, -300.0]}),
    ("c=2,x=[1],A=[[1, 2], [3, 4], [5, 6]]", {"c": 2.0, "x": [1.0], "A": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}),
    ("A=[[7]]", {"A": [[7.0]]}),
]

REFUSED = [
    ("x=[1,2", "a list ends in ]", "[1,2"),
    ("x=[1,,2]", "an entry is missing", ","),
    ("x=[]", "an entry is missing", "]"),
    ("A=[[1,2],[3]]", "the rows have different lengths", "[3]"),
    ("A=[[1],2]", "the rows have different lengths", "[[1],2]"),
    ("A=[[[1]]]", "an array has at most two axes", "[[1]]"),
    ("[1,2]", "values of arrays need names", "[1,2]"),
    ("x=[1],x=[2]", "x is given twice", "x"),
    ("x=[1, y]", "a point must be a number, not the name y", " y"),
    ("x=[1, nan]", "a point must be a finite number", " nan"),
]

FILES = [
    ("A.csv", "1,2\n3,4\n", [[1.0, 2.0], [3.0, 4.0]]),
    ("A.csv", "left,right\n1,2\n3,4\n", [[1.0, 2.0], [3.0, 4.0]]),
    ("A.csv", "1,2,3\n", [[1.0, 2.0, 3.0]]),
    ("x.csv", "1,2,3\n", [1.0, 2.0, 3.0]),
    ("x.csv", "x\n1\n2\n", [1.0, 2.0]),
    ("A.tsv", "1\t2\n\n3\t4\n", [[1.0, 2.0], [3.0, 4.0]]),
    ("x.json", "[1, 2.5]", [1.0, 2.5]),
    ("c.json", "3", 3.0),
    ("A.json", '{"A": [[1, 2]], "x": [5]}', [[1.0, 2.0]]),
]

BAD_FILES = [
    ("A.csv", "1,2\n3\n", "line 2 has 1 cells, not 2"),
    ("A.csv", "1,2\n3,x\n", "line 2 has a cell that is not a number"),
    ("A.csv", "1,x\n", "line 1 has a cell that is not a number"),
    ("A.csv", "1,inf\n", "line 1 has a number that is not finite"),
    ("A.csv", "a,b\n", "there are no rows of numbers"),
    ("A.json", "[[1], [2, 3]]", "the rows have different lengths"),
    ("A.json", '[1, "2"]', '"2" is not a number'),
    ("A.json", "[1, NaN]", "an entry is not finite, or beyond a double"),
    ("A.json", "[]", "an array has at least one entry"),
    ("A.json", '{"x": [1]}', "it is an object without A"),
    ("A.npy", "1,2", "it holds no array of real numbers"),
    ("A.txt", "1,2", "no array is read from"),
]


@pytest.mark.parametrize(("text", "expected"), TYPED)
def test_typed_lists_are_arrays(text: str, expected: object) -> None:
    assert {name: nest(value) for name, value in read_arrays([text]).items()} == expected


def test_what_is_typed_is_exact_as_points_are() -> None:
    """A decimal is a double; any other constant is exact."""
    tenth, half_turn = read_arrays(["x=[0.1, pi/2]"])["x"].entries
    assert tenth == 0.1
    assert isinstance(half_turn, Expr)
    (exact,) = read_arrays(["x=[0.1]"], exact=True)["x"].entries
    assert Fraction(exact.args[0]) == Fraction(1, 10)


@pytest.mark.parametrize(("text", "message", "place"), REFUSED)
def test_other_texts_are_refused_at_their_place(text: str, message: str, place: str) -> None:
    with pytest.raises(DcalcError) as caught:
        read_arrays([text])
    assert caught.value.message == message
    assert caught.value.source == text
    assert caught.value.span is not None and text[slice(*caught.value.span)] == place


@pytest.mark.parametrize(("name", "content", "expected"), FILES)
def test_files_are_arrays(name: str, content: str, expected: object, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    values = read_arrays([f"{name[0]}=@{tmp_path / name}"])
    assert nest(values[name[0]]) == expected


@pytest.mark.parametrize(("name", "content", "message"), BAD_FILES)
def test_other_files_are_refused(name: str, content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DcalcError) as caught:
        read_array_file(str(tmp_path / name), name[0])
    assert message in caught.value.message


def test_columns_and_binary_files_are_arrays(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    pl = pytest.importorskip("polars")
    np.save(tmp_path / "A.npy", np.asfortranarray([[1, 2], [3, 4]]))
    pl.DataFrame({"a": [1, 3], "b": [2.0, 4.0]}).write_parquet(tmp_path / "A.parquet")
    for name in ("A.npy", "A.parquet"):
        assert nest(read_array_file(str(tmp_path / name), "A")) == [[1.0, 2.0], [3.0, 4.0]]
    np.save(tmp_path / "O.npy", np.array([None]), allow_pickle=True)
    with pytest.raises(DcalcError, match=r"O\.npy"):
        read_array_file(str(tmp_path / "O.npy"), "O")
    np.save(tmp_path / "T.npy", np.zeros((2, 2, 2)))
    with pytest.raises(DcalcError, match="3 axes"):
        read_array_file(str(tmp_path / "T.npy"), "T")
    pl.DataFrame({"a": [1.0, None]}).write_parquet(tmp_path / "N.parquet")
    with pytest.raises(DcalcError, match="column a"):
        read_array_file(str(tmp_path / "N.parquet"), "N")


def test_long_lists_are_read_as_json_is() -> None:
    text = json.dumps([[float(k), k + 0.5] for k in range(1000)])
    assert nest(read_arrays([f"A={text}"])["A"]) == json.loads(text)
