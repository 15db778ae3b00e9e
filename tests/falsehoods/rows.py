"""What a row holds, and the shapes of rows: a call, what its record must say, and where that is known from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tests.falsehoods.command import Record, ask, ask_record
from tests.falsehoods.constants import double

Numbers = Mapping[str, str]
Check = Callable[[Record], str]
_HOLES = ("ok", "removable")
OPEN = "open: "
"""How a fault begins that is an answer left out, and no false statement."""


def calls_minimum(said: str) -> bool:
    """Whether a message says that something is a minimum, as against "not a minimum" and "not proved"."""
    return bool(re.search(r"(?<!not )(?<!neither )(?<!nor )\ba minimum", said)) and "not proved" not in said


def denies_minimum(said: str) -> bool:
    """Whether a message says that something is not a minimum."""
    return bool(re.search(r"no minimum|(?:not|neither) a minimum", said)) and "not proved" not in said


class Question(NamedTuple):
    """A derivative that is asked, for a second judge: f, the variables in turn, the point as text."""

    f: str
    wrt: tuple[str, ...]
    at: str
    status: str
    value: str | None


class Row(NamedTuple):
    """A call, what is wrong with its record ("" where nothing is), and the source of the truth in words."""

    arguments: tuple[str, ...]
    check: Check
    source: str
    stdin: str = ""
    question: Question | None = None
    plain: bool = False
    """Whether the check is of what is printed, `out`, `err` and `code`, rather than of a record."""

    def fault(self) -> str:
        """What is false in dcalc's answer, or missing from it; "" where it is right."""
        if self.plain:
            return self.check(ask(self.arguments, self.stdin)._asdict())
        return self.check(ask_record(self.arguments, self.stdin))

    def label(self) -> str:
        """The call as it is typed."""
        return " ".join(f"'{part}'" if re.search(r"[\s*()<>|,]", part) else part for part in self.arguments)


def _named(record: Record) -> str:
    """What a record calls the place; an `unresolved` one is open."""
    said = record.get("kind") or record["status"]
    return f"{OPEN}{said}" if record["status"] == "unresolved" else str(said)


# --- derivatives at points -----------------------------------------------------------------


def _asked(f: str, at: str, wrt: str, order: int) -> tuple[str, ...]:
    options = ["--wrt", wrt] if wrt else []
    options += ["--order", str(order)] if order != 1 else []
    return ("diff", f, *options, f"--at={at}")


def _question(f: str, at: str, wrt: str, order: int, status: str, value: str | None) -> Question:
    names = tuple(wrt.split(",")) if wrt else ("x",)
    return Question(f, names * order, at, status, value)


def value(
    f: str, at: str, number: str, source: str, *, wrt: str = "", order: int = 1, status: str = "ok", note: str = ""
) -> Row:
    """f has that derivative there."""

    def check(record: Record) -> str:
        if record["status"] != status:
            return f"{_named(record)}, not {status} {number}"
        if record["value"] != double(number):
            return f"{record['value']}, not {number}"
        return "" if note in " ".join(record["notes"]) else f"no note of {note!r}: {record['notes']}"

    return Row(_asked(f, at, wrt, order), check, source, question=_question(f, at, wrt, order, status, number))


def none(
    f: str,
    at: str,
    kind: str,
    source: str,
    *,
    wrt: str = "",
    order: int = 1,
    left: str | None = "",
    right: str | None = "",
) -> Row:
    """f has no derivative there; ``kind`` is "" where the name of what happens is a matter of taste.

    The derivatives of the sides are held to ``left`` and ``right`` unless these are "".
    """

    def check(record: Record) -> str:
        if record["status"] in _HOLES:
            return f"{record['status']} {record['value']}, where there is no derivative"
        if kind and record.get("kind") not in kind.split("|"):
            return f"{_named(record)}, not {kind}"
        for side, number in (("left", left), ("right", right)):
            expected = double(number) if number else None
            if number != "" and record[side] != expected:
                return f"{side} {record[side]}, not {number}"
        return ""

    return Row(
        _asked(f, at, wrt, order), check, source, question=_question(f, at, wrt, order, "not_differentiable", None)
    )


def undefined(f: str, at: str, source: str, *, wrt: str = "", order: int = 1) -> Row:
    """f itself has no value there."""
    row = none(f, at, "", source, wrt=wrt, order=order)

    def check(record: Record) -> str:
        return "" if record["status"] == "undefined" else f"{_named(record)}, not undefined"

    return row._replace(check=check, question=_question(f, at, wrt, order, "undefined", None))


def text(f: str, numbers: Numbers, source: str, *, wrt: str = "", order: int = 1, may_lack: Sequence[str] = ()) -> Row:
    """The derivative without a point, read back at points: it has these values, or none at ``may_lack``."""
    options = ["--wrt", wrt] if wrt else []
    options += ["--order", str(order)] if order != 1 else []
    return written_as(("diff", f, *options), "derivative", numbers, source, may_lack=may_lack)


def written_as(
    arguments: Sequence[str], path: str, numbers: Numbers, source: str, *, may_lack: Sequence[str] = ()
) -> Row:
    """The derivative that stands as a text somewhere in a record, `steps.-1.after`, read back at points."""

    def check(record: Record) -> str:
        derivative = _inside(record, path)
        if not isinstance(derivative, str):
            return f"no text but {derivative!r}"
        for at, number in numbers.items():
            found = _evaluated(derivative, at)
            if found is None and at in may_lack:
                continue
            if found is None:
                return f"{OPEN}{derivative} has no value at {at}, where it should be {number}"
            if abs(found - double(number)) > 1e-12 * abs(double(number)):
                return f"{derivative} is {found} at {at}, not {number}"
        return ""

    return Row(tuple(arguments), check, source)


def _evaluated(expression: str, at: str) -> float | None:
    """The value of a text at a point, of which it may use less than all."""
    parts = at.split(",") if "=" in at else [f"x={at}"]
    used = [part for part in parts if re.search(rf"\b{part.partition('=')[0]}\b", expression)]
    value: float | None = ask_record(("eval", expression, *([f"--at={','.join(used)}"] if used else []))).get("value")
    return value


def _inside(record: Record, path: str) -> object:
    """What stands at `at.x` or `steps.-1.after`; None where nothing does."""
    found: object = record
    for key in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(key)
        else:
            found = found[int(key)] if isinstance(found, list) else None
    return found


# --- claims --------------------------------------------------------------------------------


def wrong(f: str, claim: str, source: str, *options: str) -> Row:
    """A claim that is not the derivative; the counterexample speaks against it."""

    def check(record: Record) -> str:
        if record.get("verdict") != "no":
            return f"{_verdict(record)}, not no"
        against = record["counterexample"]
        return "" if against["expected"] != against["claimed"] else f"{against} is not a counterexample"

    return Row(("check", f, claim, *options), check, source)


def right(f: str, claim: str, source: str, *options: str, proved: bool = False) -> Row:
    """A claim that is the derivative."""

    def check(record: Record) -> str:
        verdicts = ("proved",) if proved else ("proved", "agrees")
        return "" if record.get("verdict") in verdicts else f"{_verdict(record)}, of a right claim"

    return Row(("check", f, claim, *options), check, source)


def gap(f: str, claim: str, place: str, source: str, *options: str, wide: bool = False) -> Row:
    """A claim without a value where f has a derivative: not the derivative, or only with a word about where.

    A ``wide`` gap is an interval, and the claim not proved even so.
    """

    def check(record: Record) -> str:
        if record.get("verdict") == "no":
            return ""
        if wide and record.get("verdict") == "proved":
            return f"proved, with a gap of an interval: {record['notes']}"
        said = any(all(part in note for part in place.split()) for note in record["notes"])
        return "" if said else f"{record.get('verdict')}, and no word of {place}: {record['notes']}"

    return Row(("check", f, claim, *options), check, source)


def _verdict(record: Record) -> str:
    """The verdict on a claim; without one the claim is open."""
    return str(record.get("verdict") or f"{OPEN}{record['status']}")


# --- what a point, an end, a picture is called ----------------------------------------------


def shape(f: str, at: str, source: str, *, never: Sequence[str] = (), says: Sequence[str] = ()) -> Row:
    """The verdict of `hessian`: phrases that would be false, and one of some that must be there."""

    def check(record: Record) -> str:
        said = f"{record.get('verdict') or ''} {record.get('definiteness') or ''}".strip()
        for phrase in never:
            if phrase in said:
                return f"{said!r}, of which {phrase!r} is false"
        return "" if not says or any(phrase in said for phrase in says) else f"{OPEN}{said!r}, without {says[0]!r}"

    return Row(("hessian", f, f"--at={at}"), check, source)


def entries(f: str, at: str, numbers: Mapping[str, str | None], source: str) -> Row:
    """Second derivatives by name, `xy` by x and then by y; None where there is none."""

    def check(record: Record) -> str:
        for names, number in numbers.items():
            first, second = names
            status = record["components"][first][second]
            found = record["value"][first][second] if record.get("value") else None
            if number is None and (status in _HOLES or found is not None):
                return f"{names}: {status} {found}, where there is none"
            if number is not None and (status not in _HOLES or found != double(number)):
                return f"{OPEN if status == 'unresolved' else ''}{names}: {status} {found}, not {number}"
        return ""

    return Row(("hessian", f, f"--at={at}"), check, source)


def ending(f: str, start: str, minima: Sequence[str], source: str, *options: str) -> Row:
    """The end of a descent in x: called a minimum only where one is, with its value (`place:value`)."""
    true = [(double(place), double(height)) for place, height in (pair.split(":") for pair in minima)]

    def check(record: Record) -> str:
        said = record["message"]
        x, height = record["at"]["x"], record["value"]
        named = re.search(r"a minimum at x = (\S+), next to the end", said)
        if named and not any(abs(double(named[1]) - place) <= 1e-5 * (1 + abs(place)) for place, _ in true):
            return f"a minimum is said to be at {named[1]}: {said}"
        there = bool(named) or any(
            abs(x - place) <= 1e-4 * (1 + abs(place)) and abs(height - low) <= 1e-4 * (1 + abs(low))
            for place, low in true
        )
        if calls_minimum(said) and not there:
            return f"called a minimum at {x}, where f is {height}: {said}"
        if denies_minimum(said) and there:
            return f"called no minimum at {x}: {said}"
        return "" if there or record["status"] != "converged" or "not proved" in said else f"converged to {x}: {said}"

    return Row(("descend", f, f"--from={start}", *options), check, source)


def drawn(f: str, over: str, marks: Sequence[str], source: str, *, never: Sequence[str] = ()) -> Row:
    """The marks of a plot, `kind:place`, all there unless a note says that not all could be found; and kinds of
    which there is none."""
    expected = [(kind, double(place)) for kind, place in (mark.split(":") for mark in marks)]

    def check(record: Record) -> str:
        found = [(mark["kind"], mark["x"]) for mark in record["marks"]]
        for kind, place in expected:
            there = any(k in kind.split("|") and abs(x - place) <= 1e-6 * (1 + abs(place)) for k, x in found)
            if not there and not any("not all" in note or "too much happens" in note for note in record["notes"]):
                return f"no {kind} at {place}: {found[:6]} {record['notes']}"
        return next((f"a {kind} at {x}" for kind, x in found if kind in never), "")

    return Row(("plot", f, f"--over={over}"), check, source)


def series(f: str, at: str, coefficients: Sequence[str], source: str) -> Row:
    """The coefficients of a Taylor polynomial; `unresolved` is an answer too."""

    def check(record: Record) -> str:
        if record["status"] == "unresolved":
            return ""
        found = record.get("coefficients")
        if record["status"] != "ok" or found is None:
            return f"{record['status']} without coefficients: {record.get('reason')}"
        return "" if found == [double(c) for c in coefficients] else f"{found}, not {list(coefficients)}"

    return Row(("taylor", f, f"--at={at}", "--order", str(len(coefficients) - 1)), check, source)


def evaluated(f: str, at: str, number: str | None, source: str) -> Row:
    """The value of f, None where it has none."""

    def check(record: Record) -> str:
        if number is None:
            return "" if record["status"] == "undefined" else f"{record['status']} {record.get('value')}, not undefined"
        return (
            "" if record.get("value") == double(number) else f"{record['status']} {record.get('value')}, not {number}"
        )

    return Row(("eval", f, f"--at={at}"), check, source)


def noted(arguments: Sequence[str], words: Sequence[str], source: str, *, status: str = "") -> Row:
    """A note (or the verdict's sentence) holds one of these words; the status is that, unless it is ""."""

    def check(record: Record) -> str:
        said = " ".join((*record.get("notes", ()), str(record.get("message") or ""), str(record.get("verdict") or "")))
        if status and record["status"] != status:
            return f"{record['status']}, not {status}"
        return "" if any(word in said for word in words) else f"no note of {words[0]!r}: {said!r}"

    return Row(tuple(arguments), check, source)


def told(arguments: Sequence[str], fields: Mapping[str, object], source: str, *, stdin: str = "") -> Row:
    """Fields of the record, `at.x` for one inside of another; a number exactly."""

    def check(record: Record) -> str:
        for path, expected in fields.items():
            found = _inside(record, path)
            if found != expected:
                return f"{path} is {found!r}, not {expected!r}"
        return ""

    return Row(tuple(arguments), check, source, stdin)


def written(arguments: Sequence[str], stdin: str, lines: Sequence[str], source: str) -> Row:
    """The lines on stdout, exactly."""

    def check(record: Record) -> str:
        found = record["out"].splitlines()
        return "" if found == list(lines) else f"{found}, not {list(lines)}"

    return Row(tuple(arguments), check, source, stdin, plain=True)


def fitted(model: str, data: str, best: Numbers, source: str, *options: str, zeros: int | None = None) -> Row:
    """The end of a fit to least absolute deviations: what is called a minimum is the best corner.

    ``zeros`` residuals are 0 there, so no other number may be named.
    """

    def check(record: Record) -> str:
        said = record["message"]
        for name, number in best.items() if calls_minimum(said) else ():
            found = record["parameters"][name]["value"]
            if abs(found - double(number)) > 1e-14 * (1 + abs(double(number))):
                return f"{name} is {found}, not {number}: {said}"
        counted = re.search(r"(\d+) residuals? (?:is|are) 0", said)
        return "" if zeros is None or counted is None or int(counted[1]) == zeros else f"not {zeros} residuals: {said}"

    arguments = ("fit", model, "--data", "-", "--target", "y", "--loss", "mae", *options)
    return Row(arguments, check, source, data)
