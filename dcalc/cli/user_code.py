"""`dcalc check --function FILE.py:NAME`: the one place where a user's own code is run, because the user asks for it."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from dcalc.cli.request import Request, along_all
from dcalc.cli.run import Job, run
from dcalc.errors import DcalcError, Unsupported, UsageError
from dcalc.finding import Fact, Finding, Subject

if TYPE_CHECKING:
    from dcalc.api.checks import Check
    from dcalc.api.expression import Expression
    from dcalc.cli.options import Shared

_CODES = {"proved": 0, "agrees": 0, "no": 1, "inaccurate": 1, "no_derivative": 3, "unresolved": 3}


def check_function(
    shared: Shared,
    target: str,
    at: Sequence[str] | None,
    wrt: Sequence[str] | None,
    tol: float | None,
    others: Mapping[str, object],
) -> int:
    """Check the gradient of a function in a file. Returns the exit code; raises DcalcError.

    The file is run without limits of time and memory. What it prints goes to stderr.
    """
    from dcalc.api.checks import TOLERANCE
    from dcalc.io.limits import lift_all_limits

    if given := [name for name, value in others.items() if value is not None]:
        raise UsageError(f"--function and {given[0]} exclude each other", help="leave one out")
    if not at:
        raise UsageError("--function needs a point", help="write --at x=1,y=2, or --at w=[1,2]")
    path, name, gradient_name = read_target(target)
    point = read_values(at)
    lift_all_limits()
    with contextlib.redirect_stdout(sys.stderr):
        module = load_file(path)
        function = find_function(module, name, path)
        gradient = None if gradient_name is None else find_function(module, gradient_name, path)
        names = [part for text in wrt for part in text.split(",")] if wrt else None
        expression, place, verdict = _judge(function, gradient, point, names, TOLERANCE if tol is None else tol)
    request = Request("check", *shared, expression=str(expression), wrt=names)

    def find(subject: Subject) -> Finding:
        return _make_finding(subject, verdict, place, gradient_name or f"the gradient of {name}")

    return run(request, Job(find, along_all))


def _judge(
    function: Callable[..., object],
    gradient: Callable[..., object] | None,
    point: Mapping[str, Any],
    wrt: Sequence[str] | None,
    tol: float,
) -> tuple[Expression, dict[str, float], Check]:
    """The function as an expression, the point by variables, and the verdict."""
    from dcalc.api.checks import check_gradient
    from dcalc.api.gradients import ProgramGradient, framework_of
    from dcalc.api.tracing import from_function

    framework = framework_of(function)
    if framework is not None:
        read = ProgramGradient(function, gradient, point, framework, wrt)
        return read.function, read.point, read.judge(tol)
    if gradient is None:
        raise Unsupported(
            "the function mentions neither JAX nor PyTorch, so that it has no gradient of its own",
            help="name yours: FILE.py:NAME,GRADIENT",
        )
    return from_function(function), dict(point), check_gradient(function, gradient, point, wrt=wrt, tol=tol)


def _make_finding(subject: Subject, verdict: Check, point: Mapping[str, float], claim: str) -> Finding:
    example = verdict.counterexample
    lines = [("likely slip", verdict.slip)] if verdict.slip else []
    lines += [("loses digits", loss.sentence) for loss in verdict.losses]
    lines += [("stable form", verdict.stable)] if verdict.stable else []
    is_open = verdict.verdict in ("unresolved", "no_derivative")
    return Finding(
        "check",
        subject.root,
        subject.wrt,
        dict(point),
        status="ok" if not is_open else "not_differentiable" if verdict.verdict == "no_derivative" else "unresolved",
        record={
            "order": 1,
            "claim": claim,
            "verdict": None if verdict.verdict == "unresolved" else verdict.verdict,
            "points": verdict.points,
            "counterexample": None if example is None else example._asdict(),
            "slip": verdict.slip,
            "digits": dict(verdict.digits),
            "losses": [loss.sentence for loss in verdict.losses],
            "stable": verdict.stable,
        },
        plain=lines,
        facts=tuple(Fact(label, text, wraps=True) for label, text in lines),
        sentence=verdict.sentence,
        code=_CODES[verdict.verdict],
    )


# --- what is named -------------------------------------------------------------------------


def read_target(text: str) -> tuple[Path, str, str | None]:
    """The file, the name of the function, and that of a gradient, if there is one. Raises UsageError."""
    path, colon, names = text.rpartition(":")
    name, comma, gradient = names.partition(",")
    if not (colon and path and name.isidentifier()) or (comma and not gradient.isidentifier()):
        raise UsageError(f"{text} does not name a function in a file", help="write --function model.py:loss")
    if not Path(path).is_file():
        raise UsageError(f"there is no file {path}", help="write the path of a Python file before the colon")
    return Path(path), name, gradient or None


def read_values(texts: Sequence[str]) -> dict[str, Any]:
    """The point: numbers, and lists of numbers for arrays. Raises UsageError."""
    values: dict[str, Any] = {}
    for text in _split_outside_brackets(",".join(texts)):
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise UsageError(f"{text.strip()} gives no value to a parameter", help="write --at x=1,y=2, or w=[1,2]")
        if name.strip() in values:
            raise UsageError(f"{name.strip()} is given twice", help="leave one out")
        values[name.strip()] = _read_value(value.strip())
    return values


def _split_outside_brackets(text: str) -> list[str]:
    parts, depth = [""], 0
    for char in text:
        depth += (char in "[(") - (char in "])")
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _read_value(text: str) -> Any:
    """A number, or an array of numbers from nested lists."""
    if text.startswith("["):
        from json import JSONDecodeError, loads

        from dcalc.api.programs.traced_arrays import load_numpy

        try:
            return load_numpy().array(loads(text), dtype=float)
        except (JSONDecodeError, ValueError):
            raise UsageError(f"{text} is not an array of numbers", help="write w=[1,2] or A=[[1,2],[3,4]]") from None
    from dcalc.numbers.real import evaluate
    from dcalc.parser import parse

    return evaluate(parse(text).root, {})


def load_file(path: Path) -> ModuleType:
    """The module that a file is, run as an import runs it. Raises UsageError, with what the file raised."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file", help="write --function model.py:loss")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # so that its own dataclasses and pickles find it
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except DcalcError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  # the user's own code may raise anything
        raise UsageError(
            f"{path} cannot be run: {type(error).__name__}: {error}", help=f"see what python {path} says"
        ) from None
    finally:
        sys.path.remove(str(path.resolve().parent))
    return module


def find_function(module: ModuleType, name: str, path: Path) -> Callable[..., object]:
    """The function of that name. Raises UsageError, with did-you-mean."""
    function: Callable[..., object] | None = getattr(module, name, None)
    if callable(function):
        return function
    from dcalc.text import did_you_mean

    known = [each for each, value in vars(module).items() if callable(value) and not each.startswith("_")]
    otherwise = f"{path} has {', '.join(known[:10])}" if known else f"{path} has no function"
    raise UsageError(f"{path} has no function {name}", help=did_you_mean(name, known, otherwise))
