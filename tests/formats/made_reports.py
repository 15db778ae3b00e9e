"""Questions with results made by hand, so that no backend has to be right for a format to be tested."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dcalc.analysis import compare as compare_analysis
from dcalc.analysis import diff as diff_analysis
from dcalc.analysis import eval as eval_analysis
from dcalc.analysis import grad as grad_analysis
from dcalc.analysis import simplify as simplify_analysis
from dcalc.expr import ONE, Expr, number, symbol, variables
from dcalc.finding import ALONE, Failure, Finding, Setting, Subject
from dcalc.parser import parse
from dcalc.problem import Point, Result, Score

ANALYSES = {
    "diff": diff_analysis,
    "grad": grad_analysis,
    "eval": eval_analysis,
    "simplify": simplify_analysis,
    "compare": compare_analysis,
}


@dataclass(frozen=True)
class Report:
    """What a command is asked, and what it found: a result a variable, or a failure."""

    command: str
    expression: Expr | None = None
    wrt: tuple[str, ...] = ()
    order: int = 1
    at: Point | None = None
    answers: tuple[Result, ...] = ()
    failure: Failure | None = None
    line: int | None = None
    id: object = None
    notes: tuple[str, ...] = ()

    def finding(self, setting: Setting = ALONE, **fields: object) -> Finding:
        """What the analysis of the command makes of the results."""
        if self.failure is not None:
            return Finding(self.command, failure=self.failure, line=self.line, id=self.id)
        root = ONE if self.expression is None else self.expression
        subject = Subject(
            root=root,
            names=tuple(variables(root)),
            wrt=self.wrt,
            order=self.order,
            at=self.at,
            setting=setting,
            **fields,
        )  # type: ignore[arg-type]  # fields by name
        finding: Finding = ANALYSES[self.command].finding(subject, self.answers)
        return finding.replace(line=self.line, id=self.id, notes=(*self.notes, *finding.notes))


def heading(command: str, setting: Setting, **fields: object) -> Finding:
    """What stands at the head of an empty table."""
    empty: Mapping[str, object] = {"setting": setting, **fields}
    return ANALYSES[command].finding(Subject(root=ONE, names=(), wrt=setting.wrt or (), **empty), ())  # type: ignore[arg-type]  # fields by name


HOSTILE = "[bold]x[/] | `y` \\ & % $ {z} \"q\" 'p' <b> # ~ ^\n\r\t\x1b[31m\x00\u202e end"


def expr(text: str) -> Expr:
    return parse(text).root


# sin(1) + ... : 2*sin(1) + cos(1), to 30 digits, from any table of sines and cosines.
TRUTH = Result("reference", 2.2232442754839328, decimal="2.22324427548393273070594125070", precision=30, certified=True)


def scores() -> tuple[Score, ...]:
    forward = Result("forward", 2.223244275483933, evaluations=1, seconds=1.23e-5)
    exact = Result("symbolic", 2.2232442754839328, evaluations=1, seconds=3.3e-5)
    central = Result("central", 2.22324427549, error_bound=1e-9, evaluations=2, notes=("h = 6.1e-06",))
    cannot = Result("complex_step", None, status="unsupported", reason="abs is not analytic")
    return (
        Score(forward, 4.9e-16, 2.2e-16, 1.1, 15.65),
        Score(exact, 0.0, 0.0, 0.0, math.inf),
        Score(central, 6.07e-12, 2.7e-12, 13666.4, 11.6),
        Score(cannot),
    )


def diff(*scored: Score, command: str = "diff", **rest: object) -> Report:
    derivative = expr("2*x*sin(x) + x**2*cos(x)")
    answer = TRUTH.replace(f=0.8414709848078965, derivative=derivative, scores=scored)
    return Report(command, expr("x**2*sin(x)"), ("x",), 1, {"x": 1.0}, (answer,), line=1, **rest)  # type: ignore[arg-type]  # fields by name


def free() -> Report:
    answer = Result(derivative=expr("2*x*sin(x) + x**2*cos(x)"))
    return Report("diff", expr("x**2*sin(x)"), ("x",), answers=(answer,), line=1)


def kink() -> Report:
    answer = Result(
        status="not_differentiable",
        f=0.0,
        kind="kink",
        left=-1.0,
        right=1.0,
        derivative=expr("sign(x)"),
        reason="abs(x): its argument changes sign at x = 0",
    )
    return Report("diff", expr("abs(x)"), ("x",), at={"x": 0.0}, answers=(answer,), line=2)


def undefined() -> Report:
    answer = Result(status="undefined", derivative=expr("1/x"), reason="log(x): argument is -1, needs > 0")
    return Report("diff", expr("log(x)"), ("x",), at={"x": -1.0}, answers=(answer,), line=3)


def nowhere() -> Report:
    """Undefined whatever the point."""
    answer = Result(status="undefined", reason="log(-1): no real value")
    return Report("diff", expr("log(-1)*x"), ("x",), answers=(answer,), line=5)


def failed(message: str = "no function named sinn") -> Report:
    failure = Failure("unknown_function", message, 6, 10, "did you mean sin, sinh or asin?")
    return Report("diff", failure=failure, line=4, id="d")


def grad() -> Report:
    answers = (
        Result(value=4.0, f=2.0, derivative=expr("2*x*y")),
        Result(value=1.0, f=2.0, derivative=expr("x**2")),
    )
    return Report("grad", expr("x**2*y"), ("x", "y"), at={"x": 1.0, "y": 2.0}, answers=answers, line=1)


def grad_free() -> Report:
    answers = (Result(derivative=expr("2*x*y")), Result(derivative=expr("x**2")))
    return Report("grad", expr("x**2*y"), ("x", "y"), answers=answers, line=1)


def grad_part() -> Report:
    """One partial derivative has a value and one has none."""
    answers = (
        Result(status="not_differentiable", kind="kink", left=-1.0, right=1.0, f=2.0, reason="abs(x): a kink at x = 0"),
        Result(value=1.0, f=2.0),
    )
    return Report("grad", expr("abs(x) + y"), ("x", "y"), at={"x": 0.0, "y": 2.0}, answers=answers, line=1)


def evaluated() -> Report:
    answer = Result("reference", 0.5, decimal="0.5", precision=30, certified=True)
    return Report("eval", expr("x/2"), at={"x": 1.0}, answers=(answer,), line=1)


def simplified() -> Report:
    return Report("simplify", expr("x + x"), answers=(Result(derivative=expr("2*x")),), line=1)


def hostile() -> list[Report]:
    """Everything that a user can spell, in every place where it can stand."""
    name = symbol("v" * 5000)
    strange = Result(
        status="undefined", reason=HOSTILE, notes=(HOSTILE,), scores=(Score(Result("b", None, reason=HOSTILE)),)
    )
    long = Result(value=1.0, f=1.0, derivative=name, notes=(HOSTILE,))
    return [
        Report("diff", failure=Failure("parse", HOSTILE, 1, 2, HOSTILE), line=1, id=HOSTILE),
        Report("diff", expr("x"), ("x",), at={"x": 1.0}, answers=(strange,), line=2, id={HOSTILE: [HOSTILE]}),
        Report("diff", name, (name.args[0],), at={name.args[0]: 1.0}, answers=(long,), line=3, id=math.nan),
        Report("diff", expr("θ_1"), ("θ_1",), at={"θ_1": number(3)}, answers=(long,), line=4, id="\ud800"),
    ]
