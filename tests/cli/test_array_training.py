"""Models of vectors and matrices trained from the shell: where descents end, and what is said of the ends."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

np = pytest.importorskip("numpy")
IRIS = Path(__file__).with_name("iris.csv")
"""Fisher's irises (1936), as scikit-learn ships them: four lengths and the species, 50 flowers of each."""
LOSS = "mean(log(1 + exp(-y*(X@w))))"


def ask(run: Run, *arguments: str) -> dict[str, Any]:
    (record,) = json.loads(run(*arguments, "--json").out)["records"]
    return record


@pytest.fixture
def data(tmp_path: Path) -> list[str]:
    """A design matrix and labels of two classes that overlap, as options."""
    rng = np.random.default_rng(0)
    x = np.c_[np.ones(60), rng.normal(size=(60, 2))]
    y = np.where(rng.random(60) < 1 / (1 + np.exp(-x @ [0.5, 1, -2])), 1, -1)
    np.savetxt(tmp_path / "X.csv", x, delimiter=",")
    np.savetxt(tmp_path / "y.csv", y, delimiter=",")
    return ["--at", f"X=@{tmp_path / 'X.csv'}", "--at", f"y=@{tmp_path / 'y.csv'}"]


def test_least_squares_end_at_the_solution_of_the_normal_equations(run: Run) -> None:
    record = ask(run, "descend", "norm(A@x - b)^2", "--at", "A=[[1,2],[3,4],[5,6]],b=[1,0,1]",
                 "--from", "x=zeros(2)", "--method", "newton")  # fmt: skip
    assert record["status"] == "converged"
    assert record["message"].startswith("a minimum")
    assert record["at"]["x"] == pytest.approx([-2 / 3, 2 / 3], rel=1e-9)  # inv(A.T@A)@A.T@b
    assert record["eigenvalues"] == pytest.approx([91 - math.sqrt(91**2 - 96), 91 + math.sqrt(91**2 - 96)], rel=1e-9)


@pytest.mark.slow_cases("newton", "momentum")
@pytest.mark.parametrize("method", ["newton", "lbfgs", "momentum"])
def test_logistic_regression_is_trained(run: Run, data: list[str], method: str) -> None:
    pytest.importorskip("scipy")
    rate = ["--lr", "1"] if method == "momentum" else []
    record = ask(run, "descend", LOSS, *data, "--from", "w=zeros(3)", "--method", method, *rate)
    x, y = (np.loadtxt(text.partition("@")[2], delimiter=",") for text in data[1::2])
    w = np.array(record["at"]["w"])
    slope = x.T @ (-y / (1 + np.exp(y * (x @ w)))) / len(y)
    assert record["status"] == "converged"
    assert np.linalg.norm(slope) < 2e-6
    assert record["gradient_norm"] == pytest.approx(np.linalg.norm(slope), rel=1e-6)
    assert record["message"].startswith("a minimum")


def test_a_network_of_two_layers_learns_the_irises(run: Run, tmp_path: Path) -> None:
    table = np.loadtxt(IRIS, delimiter=",", skiprows=1)
    x = (table[:, :4] - table[:, :4].mean(axis=0)) / table[:, :4].std(axis=0)
    labels = table[:, 4].astype(int)
    np.save(tmp_path / "X.npy", x)
    np.save(tmp_path / "Y.npy", np.eye(3)[labels])
    record = ask(
        run, "descend", "cross_entropy(Y, tanh(X@W + b)@V + c)",
        "--shape", "X: 150 x 4, W: 4 x 6, b: 6, V: 6 x 3, c: 3, Y: 150 x 3",
        "--at", f"X=@{tmp_path / 'X.npy'}", "--at", f"Y=@{tmp_path / 'Y.npy'}",
        "--from", "W=0.5*normal(4,6),b=zeros(6),V=0.5*normal(6,3),c=zeros(3)", "--seed", "1",
        "--method", "momentum", "--lr", "0.1", "--steps", "300",
    )  # fmt: skip
    at = {name: np.array(record["at"][name]) for name in "WbVc"}
    scores = np.tanh(x @ at["W"] + at["b"]) @ at["V"] + at["c"]
    assert (scores.argmax(axis=1) == labels).mean() > 0.96
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    losses = -np.log(shares[range(150), labels] / shares.sum(axis=1))
    assert record["value"] == pytest.approx(losses.mean(), rel=1e-9)
    assert record["status"] == "max_steps"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("norm(x)", "--at", "x=[1,2]"), "no start is given"),
        (("norm(A@x)", "--from", "x=zeros(2)"), "A has neither a value nor a start"),
        (("norm(x)", "--from", "y=zeros(2)"), "the expression has no variable y"),
        (("2*x", "--from", "x=zeros(2)"), "a descent is that of a scalar; this is 2"),
        (("norm(x)^2", "--at", "x=[1]", "--from", "x=zeros(1)"), "x has a value and a start"),
        (("norm(x)^2", "--from", "x=zeros(2)", "--starts", "3"), "--starts does not take arrays"),
        (("x^2", "--at", "x=1", "--from", "2"), "--at is for vectors and matrices here"),
        (("norm(x)^2", "--from", "x=zeros(0)"), "zeros(0) has no shape"),
    ],
)
def test_what_does_not_fit_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("descend", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_descent_that_cannot_go_on_says_why(run: Run) -> None:
    result = run("descend", "sum(log(x))", "--from", "x=[0.1,0.1]", "--lr", "1")
    assert result.code == 1
    assert "left the domain" in result.out


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("norm(x)", "x=[0,0]", "converged: a minimum: f is nowhere smaller, and has no gradient there: kink in "),
        ("norm1(x)", "x=[0,0]", "converged: a minimum: f is nowhere smaller, and has no gradient there: kink in "),
        ("norminf(x)", "x=[0,0]", "converged: a minimum: f is nowhere smaller, and has no gradient there: kink in "),
        ("norm(x)^3", "x=[0,0]", "converged: a minimum: f is nowhere smaller: gradient norm 0, certified"),
        ("-norm(x)", "x=[0,0]", "stalled: f is smaller to the left and to the right of x[0] = 0"),
        ("norm(x) + x[0]/2", "x=[0,0]", "stalled: the start has no gradient: kink in "),  # a minimum, not proved
        ("sum(log(x))", "x=[0,1]", "left the domain: the start has no number: log(x[0]): argument is 0, needs > 0"),
        ("norm(x)", "x=[1,0]", "converged: a minimum: f is nowhere smaller, and has no gradient there: kink in "),
        ("sum(x)^2 - sum(x)^2 + prod(x)", "x=[0,0]", "saddle: "),
    ],
)
def test_a_kink_at_the_start_is_judged(run: Run, text: str, start: str, end: str) -> None:
    assert run("descend", text, "--from", start, "--lr", "1").out.splitlines()[-1].startswith(end)


def test_a_path_has_arrays(run: Run) -> None:
    result = run(
        "descend", "norm(x)^2", "--from", "x=[1,2]", "--lr", "0.25", "--steps", "2", "--path", "--format", "jsonl"
    )
    steps = [json.loads(line) for line in result.out.splitlines()[:-1]]
    assert [step["at"]["x"] for step in steps] == [[1.0, 2.0], [0.5, 1.0], [0.25, 0.5]]


def test_batches_of_all_rows_are_descent_itself(run: Run, data: list[str]) -> None:
    plain = ask(
        run, "descend", LOSS, *data, "--from", "w=zeros(3)", "--method", "momentum", "--lr", "0.5", "--steps", "9"
    )
    whole = ask(run, "descend", LOSS, *data, "--from", "w=zeros(3)", "--method", "momentum", "--lr", "0.5",
                "--batch", "60", "--epochs", "9", "--seed", "3")  # fmt: skip
    assert whole["at"]["w"] == pytest.approx(plain["at"]["w"], rel=1e-12)


def test_batches_are_those_of_a_loop_in_numpy(run: Run, data: list[str]) -> None:
    x, y = (np.loadtxt(text.partition("@")[2], delimiter=",") for text in data[1::2])
    rng, order, w = random.Random(7), list(range(60)), np.zeros(3)
    for _ in range(2):
        rng.shuffle(order)
        for start in range(0, 60, 25):  # the last batch has 10 rows
            rows = order[start : start + 25]
            w = w + 0.3 * x[rows].T @ (y[rows] / (1 + np.exp(y[rows] * (x[rows] @ w)))) / len(rows)
    arguments = ("descend", LOSS, *data, "--from", "w=zeros(3)", "--lr", "0.3", "--batch", "25", "--epochs", "2")
    assert ask(run, *arguments, "--seed", "7")["at"]["w"] == pytest.approx(w.tolist(), rel=1e-12)
    result = run(*arguments)
    assert "f falls from 0.693147 to" in result.out
    assert "in 2 epochs" in result.out
    assert "note: each step takes 25 of 60 rows of y and X; a sum is that of the batch\n" in result.err


def test_batches_take_adam_unless_told_otherwise(run: Run, data: list[str]) -> None:
    arguments = ("descend", LOSS, *data, "--from", "w=zeros(3)", "--batch", "20", "--epochs", "3")
    result = run(*arguments)
    assert "note: without --lr batches take adam" in result.err
    assert ask(run, *arguments)["at"] == ask(run, *arguments, "--method", "adam")["at"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--method", "newton", "--batch", "5"), "newton does not work with --batch"),
        (
            ("--schedule", "backtracking", "--batch", "5"),
            "backtracking needs all rows, and --batch uses some at a time",
        ),
        (("--epochs", "5"), "--epochs counts passes over batches"),
    ],
)
def test_what_has_no_batches_is_refused(run: Run, data: list[str], arguments: tuple[str, ...], message: str) -> None:
    result = run("descend", LOSS, *data, "--from", "w=zeros(3)", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {message}\n")


def test_rows_that_are_trained_have_no_batches(run: Run) -> None:
    result = run("descend", "norm(w - y)^2", "--at", "y=[1,2]", "--from", "w=zeros(2)", "--batch", "1")
    assert result.err.startswith("error: no array of the data has rows to take batches of\n")
    result = run("descend", "(x - 1)^2", "--from", "x=3", "--batch", "1")
    assert result.err.startswith("error: batches are rows of arrays of data\n")


def test_the_name_of_the_number_of_rows_counts_the_batch(run: Run, data: list[str]) -> None:
    shapes = ("--shape", "X: m x n, y: m, w: n")
    batch = ("--from", "w=zeros(3)", "--lr", "0.1", "--batch", "40", "--epochs", "2")
    named = ask(run, "descend", "norm(X@w - y)^2/m", *shapes, *data, *batch)
    assert named["at"]["w"] == pytest.approx(ask(run, "descend", "mse(y, X@w)", *data, *batch)["at"]["w"], rel=1e-12)
