"""descend and fit from the command line: verdicts, exit codes, files, what is refused."""

from __future__ import annotations

import csv
import io
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from dcalc.analysis.fit import FitOptions
from dcalc.analysis.fit import find as find_fit
from dcalc.errors import OutOfTime
from dcalc.finding import Subject
from dcalc.io.data import DataFile
from dcalc.optimise.descent import Settings, Step
from dcalc.optimise.objective import ExpressionObjective
from dcalc.parser import parse
from tests.cli.conftest import Run, Start
from tests.waiting import PATIENCE, processes_below, seconds_computed, wait_for_end, wait_until

BOWL = "(x-3)**2+10*(y+1)**2"

VERDICTS = [
    ((BOWL, "--from", "x=0,y=0", "--lr", "0.11"), 1, "diverging: ", "the curvature 20 needs lr < 0.1, not 0.11"),
    ((BOWL, "--from", "x=0,y=0", "--lr", "0.05"), 0, "converged: a minimum: ", "eigenvalues are 2, 20"),
    (("x**4", "--from", "x=5", "--lr", "0.1"), 1, "diverging: ", "the curvature 300 needs lr < 0.00667, not 0.1"),
    (("x**4", "--from", "5", "--lr", "0.1", "--clip", "1"), 1, "not converged: ", "1,000 steps were not enough"),
    (("x**2-y**2", "--from", "x=1,y=0", "--lr", "0.1"), 1, "saddle: ", "the end is a saddle and not a minimum"),
    (("-x**2", "--from", "0"), 1, "saddle: ", "the end is a maximum and not a minimum"),
    (("log(x)", "--from", "0.5", "--lr", "1"), 1, "left the domain: ", "log(x) has no value where x is -1.5"),
    (("log(sigmoid(x))", "--from", "-800"), 1, "left the domain: ", "has no value where sigmoid(x) is 0"),
    (("abs(x)", "--from", "0.55", "--lr", "0.1"), 1, "cycling: ", "a smaller learning rate may help"),
    (("x**4-3*x**2+x", "--from", "2", "--lr", "0.01", "--starts", "5", "--seed", "1"), 0, "converged: ", "14.3"),
    (("x**2", "--from", "5", "--lr", "0.1", "--bounds", "x=1:9"), 0, "converged: ", "at a bound, x = 1, beyond which"),
    (("x**3", "--from", "1e-7"), 0, "converged: gradient norm 3e-14, certified", "that it is a minimum is not proved"),
    (("exp(x)", "--from", "-20"), 1, "stalled: gradient norm", "but f falls on"),
    (("-exp(x)", "--from", "-20"), 1, "saddle: f curves downward", "the end is not a minimum"),
    (("-exp(x)", "--from", "1", "--lr", "1"), 1, "diverging: f falls from", "and then beyond all doubles"),
    (("log(x**2)", "--from", "2", "--lr", "2"), 1, "left the domain: ", "log(x**2) has no value where x**2 is 0"),
    (("(x-3)**2", "--from", "0", "--lr", "1"), 1, "cycling: ", "the curvature 2 needs lr < 1, not 1"),
    (("x**2", "--from", "1", "--lr", "0.1", "--steps", "1"), 1, "not converged: ", "1 step was not enough"),
    ((BOWL, "--from", "x=0,y=0"), 0, "converged: a minimum: ", "eigenvalues are 2, 20"),
    ((BOWL, "--from", "x=0,y=0", "--lr", "0.001"), 1, "not converged: ", "the curvature 20 there allows lr up to 0.1"),
    ((BOWL, "--from", "x=0,y=0", "--method", "adam"), 1, "not converged: ", "more --steps may help, or "),
    ((BOWL, "--from", "x=0,y=0", "--method", "newton", "--steps", "1"), 0, "converged: a minimum: ", ""),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "begins", "says"), VERDICTS)
def test_descend_ends_with_a_verdict(run: Run, arguments: tuple[str, ...], code: int, begins: str, says: str) -> None:
    result = run("descend", *arguments)
    last = result.out.splitlines()[-1]
    assert result.code == code, result.err
    assert last.startswith(begins) and says in last


def test_the_numbers_of_the_end_are_those_that_count(run: Run) -> None:
    """The gradient that bounds leave free; nothing where there is none."""

    def record(*arguments: str) -> dict[str, object]:
        (found,) = json.loads(run("descend", *arguments, "--json").out)["records"]
        assert isinstance(found, dict)
        return found

    bounded = record("(x-3)**2+(y-1)**2", "--from", "x=9,y=1", "--bounds", "x=0:2", "--lr", "0.001")
    assert (bounded["gradient_norm"], bounded["eigenvalues"], bounded["at"]) == (0.0, [2.0], {"x": 2.0, "y": 1.0})
    assert bounded["notes"] == ["the start is moved to the nearest point inside of the bounds"]
    assert record("log(x)", "--from", "-1")["gradient_norm"] is None
    assert record("abs(x)", "--from", "0")["gradient_norm"] is None


def test_ctrl_c_keeps_the_point_reached(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes while a gradient is computed, at the first step or later, in the only start or in the second."""
    of_step = ExpressionObjective.gradient

    def interrupt(after: int) -> None:
        calls = iter(range(after))

        def gradient(objective: ExpressionObjective, x: list[float]) -> tuple[float, list[float]]:
            if next(calls, None) is None:
                raise KeyboardInterrupt
            return of_step(objective, x)

        monkeypatch.setattr(ExpressionObjective, "gradient", gradient)

    interrupt(3)
    result = run("descend", "x**2", "--from", "1", "--lr", "0.25")
    assert result.code == 130
    assert result.out == "x\t0.25\nvalue\t0.0625\ngradient_norm\t0.5\nsteps\t2\n" + (
        "interrupted: at step 2: gradient norm 0.5, in doubles\n"
    )
    interrupt(30)
    result = run("descend", "x**2", "--from", "1", "--lr", "0.25", "--starts", "3", "--json")
    assert result.code == 130
    assert json.loads(result.out)["records"][0]["status"] == "converged"
    interrupt(0)
    assert run("descend", "x**2", "--from", "1") == (130, "", "")


@pytest.mark.parametrize(
    "options",
    [
        {}, {"method": "gauss-newton"}, {"method": "newton"}, {"method": "gd", "settings": Settings(lr=0.01)},
        {"method": "lbfgs"}, {"batch": 2, "epochs": 9}, {"loss": "mae"},
    ],
    ids=str,
)  # fmt: skip
def test_a_fit_that_is_interrupted_keeps_its_best_point(options: dict[str, Any]) -> None:
    data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 2.8, 7.3, 20.5]}
    subject = Subject(root=parse("a*exp(b*x)").root, names=("a", "b"), wrt=())
    losses: list[float] = []

    def interrupt(step: Step) -> None:
        losses.append(step.value)
        if len(losses) == 3:
            raise KeyboardInterrupt

    asked = FitOptions(data, "y", start={"a": 0.5, "b": 0.5}, **options)
    finding = find_fit(subject, options=asked, watch=interrupt)
    assert (finding.status, finding.code) == ("interrupted", 130)
    assert finding.sentence.startswith("interrupted: after ") and finding.sentence.endswith(", in doubles")
    assert all(parameter["stderr"] is None for parameter in finding.record["parameters"].values())
    assert finding.record["certified"] is False and finding.record["iterations"] == losses.index(min(losses))


def test_a_path_is_a_step_a_line_and_the_record_last(run: Run) -> None:
    result = run("descend", "x**2", "--from", "1", "--lr", "0.25", "--path", "--format", "jsonl")
    *steps, record = map(json.loads, result.out.splitlines())
    assert [step["at"]["x"] for step in steps[:4]] == [1.0, 0.5, 0.25, 0.125]
    assert [step["step"] for step in steps] == list(range(len(steps))) and steps[0]["lr"] is None
    assert record["status"] == "converged" and record["at"] == steps[-1]["at"] and record["path"] == steps
    rows = list(
        csv.DictReader(io.StringIO(run("descend", "x**2", "--from", "1", "--lr", "0.25", "--format", "csv").out))
    )
    assert [row["at_x"] for row in rows[:2]] == ["1.0", "0.5"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x**2",), "no start is given for x"),
        (("x*y", "--from", "x=1"), "no start is given for y"),
        (("x*y", "--from", "1"), "one value, but the expression has 2 variables"),
        (("x", "--from", "y=1"), "the expression has no variable y"),
        (("1", "--from", "1"), "the expression has no variable to descend along"),
        (("x", "--from", "0:1:0.1"), "--from must be a single point"),
        (("x", "--from", "1", "--lr", "0"), "0 is not a number above 0"),
        (("x", "--from", "1", "--lr", "nan"), "nan is not a number above 0"),
        (("x", "--from", "1", "--momentum", "1"), "1 is not a momentum"),
        (("x", "--from", "1", "--momentum", "0.5"), "gd does not use --momentum"),
        (("x", "--from", "1", "--method", "lbfgs", "--clip", "1"), "lbfgs does not use --clip"),
        (("x", "--from", "1", "--box", "x=0:1"), "--box is where --starts are drawn from"),
        (("x", "--from", "1", "--steps", "0"), "must be at least 1, not 0"),
        (("x", "--from", "1", "--method", "adma"), "no method named adma"),
        (("x", "--from", "1", "--schedule", "cosin"), "no schedule named cosin"),
        (("x", "--from", "1", "--bounds", "x=3:2"), "the range ends before it begins"),
        (("x", "--from", "1", "--starts", "2", "--box", "y=1:2"), "the expression has no variable y"),
        (("x", "--from", "1", "--plot", "path.gif"), "path.gif is not the name of a picture"),
    ],
)
def test_descend_refuses(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("descend", *arguments)
    assert result.code == 2 and result.out == ""
    assert result.err.splitlines()[0] == f"error: {message}"


# --- fit --------------------------------------------------------------------------------

LINE = "x,y\n0,1\n1,3.1\n2,4.9\n3,7\n"  # least squares: intercept 1.03, slope 1.98


def saved(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


FILES = [
    ("data.csv", LINE),
    ("quoted.csv", LINE.replace("x,y", '"x","y"').replace("\n", "\r\n")),
    ("bom.csv", "\ufeff" + LINE),
    ("more.csv", LINE.replace("x,y", "x,y,name").replace("\n1,3.1\n", "\n1,3.1,a\n").replace("0,1\n", "0,1,b\n")
        .replace("4.9", "4.9,c").replace("3,7", "3,7,d")),
    ("data.tsv", LINE.replace(",", "\t")),
    ("data.jsonl", "".join(f'{{"x": {x}, "y": {y}}}\n' for x, y in [(0, 1), (1, 3.1), (2, 4.9), (3, 7)])),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), FILES, ids=[name for name, _ in FILES])
def test_fit_reads_columns(run: Run, tmp_path: Path, name: str, text: str) -> None:
    result = run("fit", "a + b*x", "--data", saved(tmp_path, name, text), "--target", "y", "--json")
    (record,) = json.loads(result.out)["records"]
    assert (result.code, record["status"], record["rows"]) == (0, "converged", 4)
    assert record["parameters"]["a"]["value"] == pytest.approx(1.03, abs=1e-14)
    assert record["parameters"]["b"]["value"] == pytest.approx(1.98, abs=1e-14)


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_fit_reads_column_files(run: Run, tmp_path: Path, suffix: str) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.1, 4.9, 7.0]})
    path = tmp_path / f"data.{suffix}"
    (frame.write_parquet if suffix == "parquet" else frame.write_ipc)(path)
    result = run("fit", "a + b*x", "--data", str(path), "--target", "y")
    assert result.code == 0 and result.out.startswith("a\t1.03")


def test_plain_is_numbers_and_the_verdict(run: Run, tmp_path: Path) -> None:
    lines = run("fit", "a + b*x", "--data", saved(tmp_path, "d.csv", LINE), "--target", "y").out.splitlines()
    assert [line.split("\t")[0] for line in lines[:-1]] == ["a", "b", "loss", "rss", "residual_sd", "r2", "iterations"]
    assert lines[-1] == "converged: a minimum, proved; every digit of the parameters is right"


@pytest.mark.parametrize(
    ("name", "text", "arguments", "message"),
    [
        ("d.csv", "", (), "d.csv is empty"),
        ("d.csv", "x,y\n", (), "every row of the data has a missing value"),
        ("d.csv", "x,x\n1,2\n", (), "d.csv: two columns are named x"),
        ("d.csv", "x,y\n1,2,3\n", (), "d.csv, line 2: 3 cells, but the heading has 2"),
        ("d.csv", "x,y\none,2\n", (), "column x holds 'one', which is not a number"),
        ("d.jsonl", "[1]\n", (), "d.jsonl, line 1: not a JSON object"),
        ("d.xlsx", "", (), "the format of d.xlsx is not known"),
        ("d.csv", LINE, ("--loss", "nonsense("), "this bracket is not closed"),
    ],
)
def test_fit_refuses(run: Run, tmp_path: Path, name: str, text: str, arguments: tuple[str, ...], message: str) -> None:
    path = saved(tmp_path, name, text)
    result = run("fit", "a + b*x", "--data", path, "--target", "y", *arguments)
    assert result.code == 2 and result.out == ""
    assert result.err.splitlines()[0].replace(f"{tmp_path}/", "") == f"error: {message}"


@pytest.mark.parametrize("model", ["y = a + b*x", "y~a + b*x", " z ~ a + b*x"])
def test_the_left_side_of_a_model_names_the_target(run: Run, tmp_path: Path, model: str) -> None:
    path = saved(tmp_path, "d.csv", "x,y,z\n1,2,3\n2,3,5\n3,4,7\n")
    values = [float(line.split("\t")[1]) for line in run("fit", model, path).out.splitlines()[:2]]
    assert values == ([1.0, 1.0] if "y" in model else [1.0, 2.0])
    assert "the model holds x, which is to be fitted" in run("fit", model, path, "--target", "x").err


@pytest.mark.parametrize(("option", "message"), [("--data", "no data are given"), ("--target", "no target is given")])
def test_fit_needs_data_and_a_target(run: Run, tmp_path: Path, option: str, message: str) -> None:
    given = {"--data": saved(tmp_path, "d.csv", "x,y,z\n1,2,3\n2,3,4\n"), "--target": "y"}
    given.pop(option)
    result = run("fit", "a + b*x", *(word for pair in given.items() for word in pair))
    assert result.code == 2 and result.err.startswith(f"error: {message}\n")


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("d.csv", LINE, ()),
        ("d.txt", LINE.replace(",", "  "), ()),
        (
            "d.json",
            str([dict(zip("xy", map(float, row.split(",")), strict=True)) for row in LINE.split()[1:]]).replace(
                "'", '"'
            ),
            (),
        ),
        ("d.csv", LINE.replace(",", ";").replace(".", ","), ("--input-format", "decimal-comma")),
        ("d.csv", LINE.replace("x,y", "x [m],y", 1), ("--column", "x=x [m]")),
    ],
)
def test_the_data_may_stand_behind_the_model(
    run: Run, tmp_path: Path, name: str, text: str, options: tuple[str, ...]
) -> None:
    usual = run("fit", "a + b*x", "--data", saved(tmp_path, "usual.csv", LINE), "--target", "y")
    result = run("fit", "a + b*x", saved(tmp_path, name, text), *options)
    assert (result.code, result.out, result.err) == (0, usual.out, "")


def test_each_expression_is_the_logit_of_a_class(run: Run) -> None:
    data = "x,kind\n0,ash\n1,ash\n2,oak\n1.5,oak\n3,yew\n2.5,oak\n2.8,yew\n0.5,oak\n2.2,yew\n"
    result = run(
        "fit", "0", "a0 + a1*x", "b0 + b1*x", "--data", "-", "--target", "kind", "--loss", "cross_entropy", "--json",
        stdin=data.encode(),
    )  # fmt: skip
    (record,) = json.loads(result.out)["records"]
    assert result.code == 0 and record["certified"] and set(record["parameters"]) == {"a0", "a1", "b0", "b1"}
    assert record["notes"] == ["kind: 0 is ash, 1 is oak, 2 is yew"]


def test_fit_reads_stdin(run: Run) -> None:
    for text in (LINE, LINE.replace(",", "\t"), '{"x": 0, "y": 1}\n{"x": 1, "y": 3}\n{"x": 2, "y": 5}\n'):
        assert run("fit", "a + b*x", "--data", "-", "--target", "y", stdin=text.encode()).code == 0
    bad = run("fit", "a + b*x", "--data", "-", "--target", "y", stdin=b"x,y\n\xff,1\n")
    assert (bad.code, bad.err) == (2, "error: stdin: byte 0xff is not UTF-8\nhelp: save it as UTF-8\n")


def test_a_constant_part_without_a_value_leaves_nothing_to_do(run: Run) -> None:
    for arguments in (("descend", "1/0*x", "--from", "1"), ("fit", "log(-1)*a", "--data", "-", "--target", "y")):
        result = run(*arguments, stdin=b"y\n1\n")
        assert (result.code, result.out) == (3, "") and result.err.startswith("error: ")
    result = run("plot", "log(-1-x**2)")
    assert (result.code, result.out) == (3, "")


def test_a_stable_form_is_offered_and_used(run: Run) -> None:
    arguments = ("descend", "-log(sigmoid(x)) + (x/100)**2", "--from", "-800", "--method", "newton")
    lost = run(*arguments)
    assert lost.code == 1 and "--stable takes" in lost.out and "softplus(-x)" in lost.out
    found = run(*arguments, "--stable")
    # Where 1/(1 + exp(x)) = x/5000, by mpmath at 30 digits: 6.6250147...
    assert found.code == 0 and found.out.startswith("x\t6.62")


def test_a_stable_loss_is_offered_and_used(run: Run) -> None:
    data = b"x,y\n-1000,0\n-1,1\n1,0\n2,1\n1000,1\n"
    arguments = (
        "fit",
        "sigmoid(a*x)",
        "--data",
        "-",
        "--target",
        "y",
        "--loss",
        "-y*log(p) - (1-y)*log(1-p)",
        "--from",
        "1",
    )
    lost = run(*arguments, stdin=data)
    assert lost.code == 1 and "row 1 of the data" in lost.out and "--stable takes" in lost.out
    assert run(*arguments, "--stable", stdin=data).code == 0


def test_descend_leaves_the_methods_for_data_to_fit(run: Run) -> None:
    assert run("descend", "x**2", "--from", "1", "--method", "lm").err.startswith("error: lm is for data\n")


def test_a_file_that_is_not_there(run: Run) -> None:
    result = run("fit", "a + b*x", "--data", "nowhere.csv", "--target", "y")
    assert (result.code, result.err) == (2, "error: nowhere.csv: No such file or directory\n")


def test_a_derivative_without_a_closed_form_is_followed_too(run: Run) -> None:
    result = run("descend", "(zeta(x)-1.3)**2", "--from", "2", "--method", "newton", "--json")
    (record,) = json.loads(result.out)["records"]
    # zeta(2.61656659...) = 1.3, by mpmath at 30 digits
    assert result.code == 0 and record["at"]["x"] == pytest.approx(2.6165659511106549, abs=1e-6)
    unknown = run("descend", "sphericalbesselj(n, x)", "--from", "n=1,x=2")
    assert unknown.code == 4 and unknown.err.endswith("help: hold that variable fixed: --wrt names the others\n")


def test_a_run_that_takes_too_long_says_how_far_it_came(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0

    def end_after_two_steps() -> None:
        nonlocal steps
        steps += 1
        if steps > 1:
            raise OutOfTime(3.5)

    monkeypatch.setattr("dcalc.cli.run.limit_step", end_after_two_steps)
    result = run("descend", BOWL, "--from", "x=0,y=0", "--lr", "0.01", "--steps", "100")
    assert (result.code, result.out) == (2, "")
    assert "no answer within 3.5 seconds of computing, at step 1: f 15.0436" in result.err
    monkeypatch.setattr("dcalc.optimise.descent.has_grown", lambda *_: end_after_two_steps())
    result = run("descend", BOWL, "--from", "x=0,y=0", "--lr", "0.01")
    assert result.code == 2
    assert "at step 1: f 15.0" in result.err
    assert "help: with --steps 1000 each step has so long" in result.err


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "sigtimedwait"), reason="no limits")
def test_hostile_descents_and_fits_end(start: Start, tmp_path: Path) -> None:
    slow = "besselk(x,y)+zeta(x+3,y+2)*expint(x,y)*uppergamma(x,y)*polygamma(3,y)*besselj(x,y)*bessely(x,y)"
    child = start("descend", slow, "--from", "x=1.5,y=2", "--lr", "1e-7")
    _, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 2
    assert b"no answer within 3.5 seconds of computing, at step " in err
    data = tmp_path / "data.csv"
    data.write_text("x,y\n" + "".join(f"{k / 10},{1 + k}\n" for k in range(30)))
    start_from = ("--from", "a=1,b=1,c=1", "--method", "gd", "--lr", "1e-9")
    child = start("fit", "besselk(a,x+1)+zeta(b+2,x+1)+c", "--data", str(data), "--target", "y", *start_from)
    _, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 2
    assert b"no answer within 3.8 seconds of computing, at step " in err
    child = start("descend", slow, "--from", "x=1.5,y=2", "--lr", "1e-7", "--steps", "10000000")
    wait_until(lambda: seconds_computed(*processes_below(child.pid)) > 5 or child.poll() is not None)
    below = processes_below(child.pid)
    child.send_signal(signal.SIGINT)
    wait_for_end(below, 1)
    assert child.wait(PATIENCE) == 130


def test_the_line_of_a_run_is_gone_before_anything_is_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class View:
        def __enter__(self) -> View:
            return self

        def __call__(self, _step: object) -> None:
            """Show nothing."""

        def __exit__(self, *_: object) -> None:
            print("<gone>")

    monkeypatch.setattr("dcalc.cli.run.is_terminal", lambda stream: stream is sys.stderr)
    monkeypatch.setattr("dcalc.io.progress.View", View)
    result = run("descend", "x**2", "--from", "1", "--method", "newton")
    assert result.out.splitlines()[0] == "<gone>" and result.out.splitlines()[1].startswith("x\t")


def test_a_fit_draws_its_data_with_the_model_and_the_residuals(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("x,z,y\n0,1,1\n1,0,3.1\n2,1,4.9\n3,0,7.2\n", encoding="utf-8")

    def names(model: str) -> tuple[list[str], list[list[str]]]:
        subject = Subject(root=parse(model).root, names=("a", "b"), wrt=())
        options = FitOptions(DataFile(str(data), None, {}), "y")
        pictures = find_fit(subject, options=options).pictures
        return [picture.x_label for picture in pictures], [[c.name for c in picture.curves] for picture in pictures]

    assert names("a + b*x") == (["x", "x"], [["model", "95% band", "data"], ["", "residual"]])
    assert names("a*z + b*x")[0] == ["prediction", "prediction"]
    assert names("a*z + b*x")[1][0] == ["y = prediction", "data"]
    shown = run("fit", "a + b*x", str(data), "--target", "y", "--format", "table").out
    assert shown.startswith("converged: a minimum, proved") and "Residuals" not in shown and "Data and model" in shown
    assert "\na  0.99" in shown and " ± 0." in shown
    assert "Residuals" in run("fit", "a + b*x", str(data), "--target", "y", "--format", "table", "-v").out
    many = "x,y\n" + "".join(f"{k},{2 * k + k % 3}\n" for k in range(4001))
    data.write_text(many, encoding="utf-8")
    assert names("a + b*x")[1][0] == ["model", "95% band", "data, 1 of 3 rows"]


DOUBLE_WELL = "x**4 - 3*x**2 + x"

METHODS_REFUSED = [
    (("--from", "2", "--methods", "gd,adm"), "error: no method named adm\nhelp: did you mean adam"),
    (("--from", "2", "--methods", "gd,adam,gd"), "error: --methods names gd twice\n"),
    (("--from", "2", "--methods", "gd", "--method", "adam"), "error: --method and --methods contradict each other\n"),
    (("--from", "2", "--methods", "gd,lm"), "error: lm is for data\n"),
    (("--from", "2", "--methods", "gd,newton", "--momentum", "0.5"), "error: none of gd and newton uses --momentum\n"),
    (("--from", "2", "--method", "newton", "--momentum", "0.5"), "error: newton does not use --momentum\n"),
    (("--from", "2", "--method", "evolution", "--lr", "0.1"), "error: evolution does not use --lr\n"),
    (("--from", "2", "--from", "y=2"), "error: several --from must name the same variables"),
    (("--from", "2", "--from", "3", "--starts", "2"), "error: --starts draws starts beside a single one\n"),
    (("--bounds", "y=0:1", "--method", "evolution"), "error: the expression has no variable y\n"),
    (("--method", "evolution"), "error: no start is given for x\n"),
]


@pytest.mark.parametrize(("arguments", "message"), METHODS_REFUSED, ids=[" ".join(row[0]) for row in METHODS_REFUSED])
def test_methods_and_starts_that_are_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("descend", DOUBLE_WELL, *arguments)
    assert result.code == 2 and result.err.startswith(message), result.err


def test_methods_that_are_for_functions_of_numbers_alone(run: Run) -> None:
    arrays = ("descend", "norm(x)^2", "--from", "x=[1,2]")
    assert run(*arrays, "--method", "evolution").err.startswith("error: evolution does not take arrays\n")
    assert run(*arrays, "--methods", "gd,adam").err.startswith("error: --methods does not take arrays\n")
    assert run(*arrays, "--from", "y=[1]").err.startswith("error: a descent in arrays has one start\n")
    fit = run("fit", "a*x", "--data", "-", "--target", "y", "--method", "evolution", stdin=b"x,y\n1,2\n2,4\n3,7\n")
    assert fit.err.startswith("error: evolution is not for data\n")
    apart = ("descend", "x^2*y", "--wrt", "x", "--from", "x=1,y=1", "--from", "x=2,y=2")
    assert run(*apart).err.startswith("error: variables that --wrt does not name must have one value\n")


def test_methods_are_compared_in_every_format(run: Run) -> None:
    pytest.importorskip("scipy")
    call = ("descend", DOUBLE_WELL, "--from", "2", "--from", "-1", "--methods", "gd,newton,evolution", "--lr", "0.02")
    (record,) = json.loads(run(*call, "--json").out)["records"]
    outcomes = ["trapped", "trapped", "lowest", "lowest", "lowest", "lowest"]
    assert [one["outcome"] for one in record["runs"]] == outcomes and "seconds" not in json.dumps(record)
    assert record["at"]["x"] == pytest.approx(-1.3008395659415772)  # a root of 4*x^3 - 6*x + 1 (mpmath, 50 digits)
    table = list(csv.DictReader(io.StringIO(run(*call, "--format", "csv").out)))
    assert [row["outcome"] for row in table] == outcomes and {row["from_x"] for row in table} == {"2.0", "-1.0"}
    assert [line.split("\t")[6] for line in run(*call).out.splitlines()[:-1]] == outcomes
    path = run(*call, "--path", "--format", "csv").out.splitlines()
    assert path[0] == "step,at_x,value,gradient_norm,lr" and len(path) == record["steps"] + 2
    assert "from start 1 gd (f = -1.07023) and newton (f = -1.07023) are trapped" in run(*call, "--format", "table").out


def test_parts_of_a_start_in_several_options_are_one(run: Run) -> None:
    together = run("descend", BOWL, "--from", "x=0,y=0", "--lr", "0.05")
    assert run("descend", BOWL, "--from", "x=0", "--from", "y=0", "--lr", "0.05").out == together.out
