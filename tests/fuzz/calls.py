"""Calls of the command line that nobody would make: extreme numbers and points, every function, damaged text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from dcalc import functions as table

NAMES = ("x", "y", "z", "theta", "n")
NUMBERS = (
    "0", "1", "2", "3", "10", "0.5", "0.1", "-1", "-0.0", "1/3", "pi", "e", "100", "1000", "-7.25", "1e-6", "1e15",
    "-1e15", "1e300", "1e-300", "5e-324", "1.7976931348623157e308", "1e309", "1e400", "1e-400", "1e3000", "1e-3000",
    "1e5000",
    "1e-100000", "1e100000", "1e100001", "2**63", "2**-1074", "10**10**10", "(1e3000)^(1e3000)", "1/0", "0/0", "0**0",
    "(-8)**(1/3)", "log(-1)", "123456789" * 40, "0." + "3" * 300, "9007199254740993", "1e22", "1_000", ".5", "33333.3",
)  # fmt: skip
POINTS = (
    "0", "1", "-1", "0.5", "2", "pi", "pi/2", "1/3", "sqrt(2)", "1e-6", "-1e-6", "1e15", "-1e15", "1e200", "1e300",
    "-1e300", "5e-324", "-5e-324", "1.7976931348623157e308", "2.2250738585072014e-308", "1e-300", "10**10", "exp(100)",
    "1e309", "1e400", "1e-400", "10**10**10", "100", "1000", "33333.3", "-33333.3", "nan", "inf", "e", "0.1", "-0.0",
)  # fmt: skip
ODD_POINTS = ("x=0:1:0.1", "0:1:1e-9", ",", "x=", "x=[1,2]", "@/dev/null", "x=1,x=2", "1:", "0:1e300:1e299", "y=1")
RANGES = (
    "0:1", "-1:1", "-10:10", "-1e10:1e10", "0:5e-324", "1e-300:1e300", "-1e308:1e308", "0:0", "1:0", "1e15:1e16",
    "-1e-300:1e-300", "0.9999999999:1.0000000001", "1:1e200", "-5:1e-20",
)  # fmt: skip
ORDERS = ("0", "1", "2", "3", "4", "5", "7", "10", "20", "40", "100", "1000", "10000", "10001", "-1", "1e9")
FORMATS = ("plain", "table", "json", "jsonl", "csv", "tsv", "markdown", "latex", "svg", "dot", "mermaid")
OPERATORS = ("+", "-", "*", "/", "**", "^", " - ", "*-", "%")
RELATIONS = ("<", "<=", ">", ">=", "==", "!=")
SCRAPS = (
    "(", ")", ",", ";", "=", "|", "'", '"', "\\", "\0", "\x1b[31m", "é", "θ", "²", "√", "−", "\u200b", "\U0001d465",
    "[", "{", "}", "[bold]", "$(id)", "`id`", "%s", "{0}", "..", "__import__('os')", " ", "\n", "\t", "1e", "**", "sin",
    "where(", "e", "\u202e", "not ", " and ", "==", "!", "°", "#", "-", "--", "@", "?", "&", "~", ":",
)  # fmt: skip
BACKENDS = ("all", "finite", "complex", "forward", "symbolic", "taylor", "reference")
COMMANDS = (
    "diff", "diff", "diff", "grad", "eval", "simplify", "compare", "check", "quotient", "limit", "steps", "trace",
    "taylor", "hessian", "jacobian", "diagnose", "plot", "convert", "descend",
)  # fmt: skip
_WITHOUT_POINTS = {"simplify", "steps", "convert", "check", "plot"}
_ROWS = [row for row in table.ROWS if row.name.isidentifier() and row.args and row.name not in ("number", "symbol")]


class Call(NamedTuple):
    """The arguments of one call, and what it reads on stdin."""

    arguments: tuple[str, ...]
    stdin: bytes = b""

    @property
    def questions(self) -> int:
        """How many questions it asks, each of which may take its time: lines of a stream, points of a sweep."""
        is_sweep = not {"x=0:1:0.1", "0:1:0.1", "0:1e300:1e299"}.isdisjoint(self.arguments)
        return max(1, self.stdin.count(b"\n")) * (11 if is_sweep else 1)


def draw_call(random: Random) -> Call:
    """One call: mostly one question, at times a stream of them."""
    if random.random() < 0.15:
        return _draw_stream(random)
    command, names = random.choice(COMMANDS), _draw_names(random)
    text = draw_text(random, names)
    arguments = [command, text]
    if command == "check" or (command == "jacobian" and random.random() < 0.7):
        arguments.append(draw_text(random, names))
    if command not in _WITHOUT_POINTS and random.random() < 0.85:
        arguments += ["--at", _draw_point(random, names)]
    if command == "plot" or (command in ("taylor", "compare", "check") and random.random() < 0.2):
        arguments.append(f"--over={random.choice(RANGES)}")
    if command in ("diff", "compare", "taylor", "eval", "quotient", "steps") and random.random() < 0.35:
        arguments += ["-n", random.choice(ORDERS)]
    return Call((*arguments, *_draw_options(random)))


def _draw_names(random: Random) -> Sequence[str]:
    return random.choice((NAMES[:1], NAMES[:1], NAMES[1:2], NAMES[:2], NAMES[:3]))


def _draw_options(random: Random) -> list[str]:
    options: list[str] = []
    if random.random() < 0.3:
        options += ["--format", random.choice(FORMATS)]
    if random.random() < 0.1:
        options += ["--wrt", random.choice((*NAMES, "x,y", ",", "e"))]
    if random.random() < 0.08:
        options += ["--digits", random.choice(("1", "17", "50", "1000", "20000", "100001", "x"))]
    if random.random() < 0.05:
        options += [
            "--backend",
            random.choice(BACKENDS),
        ]
    return options


def _draw_stream(random: Random) -> Call:
    names = _draw_names(random)
    if random.random() < 0.5:
        command = random.choice(("diff", "grad", "eval", "simplify", "taylor", "quotient"))
        lines = [_draw_problem(random, names) for _ in range(random.randrange(1, 4))]
        at = ["--at", _draw_point(random, names)] if random.random() < 0.4 else []
        return Call((command, "-", *at, *_draw_options(random)), _join_lines(lines))
    points = [random.choice((*POINTS, *SCRAPS, "x=1", "1,2", "x,y", '{"x": 1}')) for _ in range(random.randrange(1, 6))]
    return Call(("diff", draw_text(random), "--at", "-", *_draw_options(random)), _join_lines(points))


def _draw_problem(random: Random, names: Sequence[str]) -> str:
    text = draw_text(random, names)
    if random.random() < 0.7:
        return text.replace("\n", " ")
    problem = {"expr": text, "at": random.choice((1, {"x": 0.5}, [1, 2], "pi", None, {"x": "1/3"}, {"x": 1e308}))}
    return json.dumps(problem)


def _join_lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")


def _draw_point(random: Random, names: Sequence[str]) -> str:
    how = random.random()
    if how < 0.5:
        return random.choice(POINTS)
    if how < 0.95:
        return ",".join(f"{name}={random.choice(POINTS)}" for name in NAMES[: random.randrange(1, 4)])
    return random.choice(
        ("x=0:1:0.1", "0:1:1e-9", ",", "x=", "x=[1,2]", "@/dev/null", "x=1,x=2", "1:", "0:1e300:1e299")
    )


def draw_text(random: Random, names: Sequence[str] = NAMES[:1]) -> str:
    """The text of an expression: most are well formed, some damaged, some long."""
    how = random.random()
    if how < 0.08:
        return _draw_long(random, names)
    text = _draw_expression(random, random.randrange(1, 5), names)
    if how < 0.2:
        for _ in range(random.randrange(1, 4)):
            place = random.randrange(len(text) + 1)
            text = text[:place] + random.choice(SCRAPS) + text[place + random.randrange(3) :]
    return text.replace("\0", "") if how < 0.19 else text.replace("\0", "x")


def _draw_expression(random: Random, depth: int, names: Sequence[str]) -> str:
    if depth <= 0 or random.random() < 0.1:
        return random.choice(NUMBERS) if random.random() < 0.4 else random.choice(names)
    how = random.random()

    def part() -> str:
        return _draw_expression(random, depth - 1, names)

    if how < 0.5:
        row = random.choice(_ROWS)
        count = len(row.args) + (random.randrange(3) if row.variadic else 0)
        first = [str(random.randrange(count))] if row.name in ("softmax", "cross_entropy") else []
        return f"{row.name}({', '.join([*first, *(part() for _ in range(count - len(first)))])})"
    if how < 0.85:
        return f"({part()}){random.choice(OPERATORS)}({part()})"
    if how < 0.92:
        return f"where({part()} {random.choice(RELATIONS)} {part()}, {part()}, {part()})"
    return random.choice((f"-({part()})", f"|{part()}|", f"t = {part()}; t*sin(t)", f"({part()})!", f"f(x) = {part()}"))


def _draw_long(random: Random, names: Sequence[str]) -> str:
    count = random.choice((10, 100, 300, 1000, 3000))
    name, call = random.choice(names), random.choice(("sin", "exp", "abs", "sqrt", "gamma", "relu", "erf", "tan"))
    return random.choice(
        (
            f"{name}+" * count + name,
            f"{name}*" * count + "1",
            f"{name}**" * (count // 3) + name,
            f"{name}/" * count + "2",
            f"{call}(" * (count // 3) + name + ")" * (count // 3),
            "(" * count + name + ")" * (count - random.randrange(2)),
            "-" * count + name,
            "max(" + ", ".join(f"{name}{k}" for k in range(count // 3)) + ")",
            "+".join(f"{call}({k}*{name})" for k in range(count // 5)),
            "*".join(f"({name}+{k})" for k in range(count // 5)),
            "; ".join([f"t0 = {name}", *(f"t{k} = t{k - 1}*(1-t{k - 1})" for k in range(1, count // 10))])
            + f"; t{count // 10 - 1}",
            f"where({name}>0, {name}, " * (count // 10) + "1" + ")" * (count // 10),
            "9" * count + name,
            "1e" + "9" * count,
            f"{name}[" * count,
            "," * count,
            "|" * count,
            f"{name}" * count,
        )
    )
