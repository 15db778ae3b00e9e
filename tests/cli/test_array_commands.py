"""Commands that take expressions of arrays, as a shell sees them."""

import json

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (("diff", "tr(A@X@B)", "--wrt", "X"), "A.T@B.T\n"),
        (("diff", "x.T@A@x", "--wrt", "x", "-n", "2"), "A + A.T\n"),
        (("diff", "outer(x, x)"), "[i, j, k]: eye(n)[i, k]*x[j] + eye(n)[j, k]*x[i]\n"),
        (("diff", "sum(i, 1, 10, x^i)"), "sum(i, 1, 10, i*x**(i - 1))\n"),
        (("diff", "norm(x)", "--at", "x=[3,4]"), "[0.6, 0.8]\n"),
        (("diff", "gamma(x)", "--at", "x=[1,2]", "-n", "0"), "[1.0, 1.0]\n"),
        (("grad", "sum(step(x))"), "x\tzeros(n)\n"),
        (("jacobian", "tanh(A@x + b)", "--wrt", "x"), "x\tdiag(sech(A@x + b)**2)@A\n"),
        (("jacobian", "A@x", "--wrt", "x", "--at", "A=[[1,2],[3,4]],x=[1,1]"), "x\t[[1.0, 2.0], [3.0, 4.0]]\n"),
        (("hessian", "norm(A@x - b)^2", "--wrt", "x,b"), "x,x\t2*A.T@A\nx,b\t-2*A.T\nb,b\t2*eye(m)\n"),
        (("hessian", "x.T@A@x", "--wrt", "x", "--at", "A=[[1,2],[3,4]],x=[1,1]"), "x,x\t[[2.0, 5.0], [5.0, 8.0]]\n"),
        (("simplify", "(A + B)@x - A@x"), "B@x\n"),
        (("simplify", "norm(x - a)^2", "--expand", "--shape", "x: n, a: n"), "norm(x)**2 - 2*x.T@a + norm(a)**2\n"),
        (("diff", "inv(A)"), "[i, j, k, l]: -inv(A)[i, k]*inv(A)[l, j]\n"),
        (("grad", "norm(A)"), "A\tA/norm(A)\n"),
        (("grad", "norm(A - B)^2", "--wrt", "A"), "A\t2*(A - B)\n"),
        (("diff", "inv(A)", "--shape", "A: scalar"), "-1/A**2\n"),
        (("diff", "inv(R1)"), "-1/R1**2\n"),
        (("eval", "norm(V)", "--at", "V=-2"), "2.0\n"),
        (("eval", "A@x", "--at", "x=[3,4],A=[[1,2],[3,4]]"), "[11.0, 25.0]\n"),
        (("eval", "norm(x)", "--at", "x=[3,4]"), "5.0\n"),
        (("eval", "norm(x, 1)", "--at", "[3,4]"), "7.0\n"),
        (("grad", "sum(exp(A@x/tau))", "--wrt", "tau"), "tau\t-exp(A@x/tau).T@A@x/tau**2\n"),
        (("grad", "x^T Ax", "--wrt", "x", "--notation", "latex"), "x\t(A + A.T)@x\n"),
    ],
)  # fmt: skip
def test_what_a_command_prints(run: Run, arguments: tuple[str, ...], out: str) -> None:
    assert run(*arguments, "-q").out == out


def test_a_letter_that_is_a_constant_here_and_a_parameter_elsewhere_is_told(run: Run) -> None:
    note = "note: tau is 2*pi here; --shape 'tau: scalar' makes it a variable\n"
    assert note in run("grad", "sum(exp(A@x/tau))", "--wrt", "x").err
    assert note not in run("grad", "sum(exp(A@x/tau))", "--wrt", "x", "--shape", "tau: scalar").err


@pytest.mark.parametrize(
    ("arguments", "verdict", "slip"),
    [
        (("norm(A@x - b)^2", "2*A.T@(A@x - b)", "--wrt", "x"), "proved", None),
        (("norm(A@x - b)^2", "2*A.T@A@x - 2*A.T@b", "--wrt", "x"), "proved", None),
        (("a.T@X@b", "X: outer(a, b), a: X@b"), "proved", None),
        (("sum(tanh(x))", "4*exp(2*x)/(exp(2*x) + 1)^2"), "agrees", None),
        (("sum(tanh(x))", "4*exp(2*x)/(exp(2*x) + 1)^2*(1 + 1e-50)"), "no", None),  # less than doubles show
        (("norm(A@x - b)^2", "2*A.T@(A@x - b) + 1e-200*x", "--wrt", "x"), "no", None),
        (("norm(A@x - b)^2", "A.T@(A@x - b)", "--wrt", "x"), "no", "a factor 2 is missing"),
        (("x.T@x", "4*x"), "no", "there is a factor 2 too many"),
        (("norm(A@x)", "-A.T@A@x/norm(A@x)", "--wrt", "x"), "no", "the sign is wrong"),
        (
            ("norm(A@x - b)^2", "2*A@(A@x - b)", "--wrt", "x", "--shape", "A: n x n"),
            "no",
            "a transpose: the derivative is 2*A.T@(A@x - b)",
        ),
        (
            ("tr(A@X)", "A", "--wrt", "X"),
            "no",
            "a transpose is missing: the claim is the transpose of the derivative",
        ),
        (
            ("mse(y, X@w)", "2*X.T@(X@w - y)", "--wrt", "w", "--shape", "X: m x n"),
            "no",
            "the mean was taken for the sum: the claim is m times the derivative",
        ),
        (
            ("norm(X@w - y)^2", "2*X.T@(X@w - y)/m", "--wrt", "w", "--shape", "X: m x n"),
            "no",
            "the sum was taken for the mean: the derivative is m times the claim",
        ),
        (
            ("x.T@x", "outer(x, x)"),
            "no",
            "the claim is n x n, the derivative n: gradients have the shape of their variable",
        ),
        (("tr(X@X)", "2*X"), "no", "the claim is the transpose of the derivative"),
        (("c*det(outer(x, x))", "0", "--wrt", "c", "--shape", "x: n"), "no", None),  # x[0]**2 where n is 1
        (("c*norm(x, 3)", "sum(x**3)**(1/3)", "--wrt", "c", "--shape", "x: n"), "no", None),  # off for x < 0
        (("sum(x**2)", "2*(x**3)**(1/3)", "--shape", "x: n"), "agrees", None),  # no value for x < 0
    ],
)
def test_claims_about_arrays(run: Run, arguments: tuple[str, ...], verdict: str, slip: str | None) -> None:
    result = run("check", *arguments, "--json", "-q")
    (record,) = json.loads(result.out)["records"]
    assert (record["verdict"], record["slip"]) == (verdict, slip)
    assert result.code == (verdict == "no")
    text = run("check", *arguments, "-q").out
    assert text.splitlines()[-1].startswith(verdict)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "x.T@x"), "no claim is given"),
        (("check", "x.T@y", "2*z"), "the expression has several variables"),
        (("check", "x.T@x", "2*z"), "the claim has a variable z that the expression lacks"),
        (("check", "x.T@x", "w: 2*x"), "the expression has no variable w"),
        (("hessian", "A@x"), "a Hessian is that of a scalar; this is m"),
        (("diff", "a.T@b"), "the expression has several variables"),
        (("diff", "A@x", "--wrt", "z"), "the expression has no variable z"),
        (("jacobian", "A@x", "--at", "x=[1,2]"), "no value is given for A"),
        (("grad", "norm(x)", "--at", "x=[1,2]", "--backend", "forward"), "--backend does not take arrays"),
        (("diff", "norm(x)", "--at", "x=[1,2]", "--backend", "all"), "--backend does not take arrays"),
        (("diff", "sum(abs(x))", "--at", "x=[0,2]", "--at-kink", "left"), "--at-kink does not take arrays"),
        (("hessian", "norm(q*x)", "--at", "x=[1,2]", "--let", "q=2"), "--let does not take arrays"),
        (("simplify", "A@x", "--factor"), "arrays are simplified, or multiplied out by --expand"),
    ],
)
def test_what_does_not_fit_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.code == 2
    assert result.err.startswith(f"error: {message}\n")


@pytest.mark.parametrize(
    ("text", "claim", "place"),
    [
        ("sum(x)", "x/x", "no entry of x is 0"),
        ("tr(A)", "inv(A)@A", "A is not singular"),
        ("prod(x)", "prod(x)/x", ""),  # as the derivative is written, too
        ("norm(x)^2", "2*x*norm(x)/norm(x)", "norm(x) != 0"),
        ("sum(x)", "sqrt(x)^2/x", "all entries of x are > 0"),
    ],
)
def test_a_proof_says_where_the_claim_has_values(run: Run, text: str, claim: str, place: str) -> None:
    """At 0, and at singular matrices, these claims have none, and the derivative has one."""
    result = run("check", text, claim, "--shape", "x: n, A: n x n" if "A" in text else "x: n")
    assert result.out.startswith("verdict\tproved")
    assert "for all lengths, wherever both have a value" in result.out
    assert (f"note: the claim has values only where {place}\n" in result.err) is bool(place)


def test_a_claim_that_needs_symmetry_says_so(run: Run) -> None:
    result = run("check", "x^T A x", "2 A x", "--wrt", "x")
    assert result.code == 1
    assert "slip\tthis is the derivative if A is symmetric: --shape 'A: n x n symmetric'\n" in result.out
    assert "slip" not in run("check", "x^T A x", "3 A x", "--wrt", "x").out


def test_numbers_alone_are_evaluated(run: Run) -> None:
    assert run("eval", "det([[1,2],[3,4]])").out == "-2.0\n"
    assert run("eval", "[[1,2],[3,4]]^-1").out == "[[-2.0, 1.0], [1.5, -0.5]]\n"
    assert run("eval", "sum(ones(n))").out == "n\n"


def test_a_claim_tells_that_arrays_are_meant(run: Run) -> None:
    result = run("check", "logsumexp(x)", "softmax(x)")
    assert (result.code, result.out.splitlines()[0]) == (0, "verdict\tproved")


def test_where_f_has_no_value_a_proof_says_so(run: Run) -> None:
    assert "note: this holds where no entry of x is 0\n" in run("check", "sum(x/x)", "0*x", "--shape", "x: n").err


def test_a_condition_is_no_claim(run: Run) -> None:
    result = run("check", "sum(relu(x))", "x > 0", "--shape", "x: n")
    assert (result.code, result.out) == (2, "")
    assert "a condition is not a number" in result.err and "write where(x > 0, 1, 0)" in result.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("diagnose", "gamma(cbrt(norm(x, 1e400))) - 1e-400", "--at", "x=[1,2]"), 0, "norm(x, 1e400) overflows"),
        (("check", "sum(x**1e400)", "1e400*x**(1e400-1)", "--wrt", "x", "--shape", "x: 2"), 0, "proved"),
        (("check", "sum((x + 1)**1e400)", "x", "--wrt", "x", "--shape", "x: 2"), 1, "no: "),
        (("trace", "(2*sum(x))**1e400", "--at", "x=[1,2]"), 3, "is beyond a double"),
        (("simplify", "(2*sum(x))**1e400", "--shape", "x: 2"), 0, "(2*sum(x))**1e400"),
        (("eval", "sum((2*x)**1e400)", "--at", "x=[1,2]"), 3, "is beyond a double"),
        (("eval", "3**1e400*sum(x)", "--at", "x=[1,2]"), 2, "a constant power of more than 131,072 bits"),
        (("descend", "sum(relu(x - 1e400))", "--from", "x=[1,2]"), 0, "f is nowhere smaller"),
        (("jacobian", "x*1e400*1e-400", "--at", "x=[1,2]"), 0, "[[1.0, 0.0], [0.0, 1.0]]"),
        (("emit", "1e400*sum(x)", "--target", "numpy", "--shape", "x: 2"), 4, "1e400 is not within the range of"),
    ],
)
def test_numbers_beyond_doubles(run: Run, arguments: tuple[str, ...], code: int, words: str) -> None:
    """(2*6)**1e400 has the logarithm 1e400*log(12), and so on: no power of this size is written out."""
    result = run(*arguments)
    assert result.code == code
    assert words in result.out + result.err
