"""The limit of a function at a point or at infinity, with what each side tends to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from math import inf, isinf
from typing import Literal, get_args

from flint import ctx

from dcalc import functions as table
from dcalc import reasons
from dcalc.analysis.answers import REFERENCE_KEYS, Cells, Entry, Titles, headings, point_facts, status_words
from dcalc.analysis.toolkit import require_point
from dcalc.backends.reference import MAX_BITS, Certifier
from dcalc.coordinates import decimal_point, may_matter
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import Expr, number, variables, walk
from dcalc.finding import Column, Equation, Fact, Field, Finding, Subject
from dcalc.notation import write_point
from dcalc.numbers.rounding import as_double, finite_or_none, is_beside
from dcalc.problem import VALUED, Point, Problem, Result
from dcalc.proof.constant import Constant, NeedMoreBits, write_constant
from dcalc.proof.zero import rational_value
from dcalc.verdict import constants_of
from dcalc.verdict.limit import LimitKind, LimitVerdict, Place, SideLimit, Sign, find_limit

Side = Literal["left", "right"]
SIDES = get_args(Side)
_SIGNS: Mapping[Side | None, tuple[Sign, ...]] = {None: (-1, 1), "left": (-1,), "right": (1,)}
_BOUNDS = {
    "value": Field("number | null", "the nearest double; null where it is infinite"),
    "infinite": Field("string | null", "the sign of an infinite one", values=("+", "-")),
}
RECORD = {
    "side": Field("string | null", "the side that was asked for", values=SIDES),
    "value": Field("number | null", "the limit; null where it is infinite or there is none"),
    "infinite": Field("string | null", "the sign of an infinite limit", values=("+", "-")),
    "left": Field("object | null", "the limit from the left; null where there is none", _BOUNDS),
    "right": Field("object | null", "the limit from the right; null where there is none", _BOUNDS),
    "kind": Field("string | null", "why there is no limit", values=get_args(LimitKind)),
    "exact": Field("string | null", "a finite limit in closed form, where one is known"),
    "reference": Field("object | null", "the digits behind the value", REFERENCE_KEYS),
}


def find(subject: Subject, side: Side | None = None) -> Finding:
    """The limit of the subject at its point, from one side or from both. Raises UsageError without a point,
    and UnknownVariable where it lacks the variable."""
    at = require_point(subject, "limit")
    (name,) = subject.wrt
    if name not in at:  # a variable that f lacks needs no value, but a limit needs a place
        raise UnknownVariable(f"no value is given for {name}", help=f"write --at {write_point({**at, name: 0.0})}")
    others = [other for other, value in at.items() if other != name and value in (inf, -inf)]
    if others:
        raise UsageError(
            f"only {name} may tend to infinity, and {others[0]} is infinite",
            help=f"take the limit of {others[0]}: --wrt {others[0]}",
        )
    result = solve_limit(subject.root, name, at, side, subject.digits)
    return _Limit(subject, (result,), side).finding()


def finding(subject: Subject, answers: Sequence[Result]) -> Finding:
    """The finding of a limit; without one, what stands at the head of an empty table."""
    return _Limit(subject, answers or (Result(),), None).finding()


def solve_limit(root: Expr, name: str, at: Point, side: Side | None = None, digits: int = 30) -> Result:
    """The limit of ``root`` as ``name`` tends to its coordinate, which may be infinite; the others are constant.

    An infinite limit is the value inf or -inf. ``left`` and ``right`` are the limits of the sides, None where f has
    none. Cost: milliseconds; a second at most where the series are long.
    """
    result = _LimitQuestion(root, name, at, side, digits).solve()
    decimals = decimal_point(at) if any(map(is_beside, at.values())) and may_matter(root, _finite(at)) else at
    if decimals == at:
        return result
    other = _LimitQuestion(root, name, decimals, side, digits).solve()
    if (other.status, other.kind, _rounded(other)) == (result.status, result.kind, _rounded(result)):
        return result
    said = f"the limit is {_write_limit(other.value)}" if other.value is not None else other.reason
    note = f"at exactly {write_point(decimals, named=True)}: {said}"
    return result.replace(notes=(*result.notes, note))


def _read_place(value: float | Expr) -> Place:
    """A coordinate as the place of a limit."""
    if isinstance(value, Expr):
        return value
    return (1 if value > 0 else -1) if isinf(value) else number(Fraction(value))


def _finite(at: Point) -> Point:
    """The point with a number in the place of an infinity."""
    return {name: 0.0 if value in (inf, -inf) else value for name, value in at.items()}


def _rounded(result: Result) -> str:
    return "" if result.value is None else f"{result.value:.6g}"


class _LimitQuestion:
    """One limit, asked at rising precision until its digits are decided."""

    def __init__(self, root: Expr, name: str, at: Point, side: Side | None, digits: int) -> None:
        self.root, self.name, self.at, self.side, self.digits = root, name, at, side, digits
        self.place: Place = _read_place(at[name])
        self.certifier = Certifier(Problem(root, (), _finite(at), digits), 0, None)

    def solve(self) -> Result:
        """The answer; `unresolved` where the highest precision does not decide either."""
        bits = 128 + int(3.33 * self.digits)
        cap = max(MAX_BITS, int(10 * 3.33 * self.digits))
        while True:
            more = 0
            try:
                with ctx.workprec(bits):
                    return self._read(self._judge())
            except NeedMoreBits as error:
                more = error.bits
            if bits >= cap:
                return self._result(None, "unresolved", "a number could not be told from 0")
            bits = min(max(4 * bits, more), cap)

    def _judge(self) -> LimitVerdict:
        finite = {name: value for name, value in self.at.items() if not (isinstance(value, float) and isinf(value))}
        others = constants_of(finite)
        others.pop(self.name, None)
        return find_limit(self.root, self.name, others, self.place, _SIGNS[self.side])

    def _read(self, verdict: LimitVerdict) -> Result:
        """A verdict as a result. Raises NeedMoreBits where a value is not narrow enough."""
        both = verdict.both
        if both.tendency == "finite" and both.value is not None:
            result = self._round(both.value).replace(derivative=write_constant(both.value))
        elif both.tendency == "infinite":
            result = self._result(inf * both.sign, "ok", "")
        elif verdict.kind is not None:
            result = self._result(None, "no_limit", self._explain_divergence(verdict), kind=verdict.kind)
        elif both.tendency == "undefined":
            lack = reasons.missing(both.node, both.reason, None)
            values = "single values at most" if self._may_have_single_values() else "no values"
            result = self._result(None, "undefined", f"f has {values} near {self._place()}: {lack}")
        else:
            result = self._result(None, "unresolved", reasons.question(both.node, both.reason))
        sides = {"left": _double(verdict.left), "right": _double(verdict.right)}
        refine = partial(self._refine)
        return result.replace(**sides, refine=refine, notes=(*result.notes, *self._note_domain(verdict)))

    def _may_have_single_values(self) -> bool:
        """Whether f may have values at points that no interval holds: (-1)**x has them where x is whole."""
        return any(node.op is table.POW and self.name in variables(node.args[1]) for node in walk(self.root))

    def _refine(self, digits: int) -> Result:
        return solve_limit(self.root, self.name, self.at, self.side, digits)

    def _result(self, value: float | None, status: str, reason: str, **fields: object) -> Result:
        return self.certifier.make_result(value, status, reason, **fields)  # type: ignore[arg-type]  # statuses of above

    def _round(self, value: Constant) -> Result:
        """A finite limit, to the digits that are asked."""
        value = value.snap_to_zero()
        exact = rational_value(value) if value.exact is None and ctx.prec > 4 * 128 else value.exact
        if exact is not None:
            return self.certifier.round_rational(Fraction(int(exact.numerator), int(exact.denominator)), None)
        result = self.certifier.round_ball(value.ball, None)
        if result is None:
            raise NeedMoreBits
        return result

    def _place(self) -> str:
        return write_point({self.name: self.at[self.name]}, named=True).replace("=", " = ")

    def _explain_divergence(self, verdict: LimitVerdict) -> str:
        if verdict.kind == "jump":
            left, right = (_write_limit(_double(side)) for side in (verdict.left, verdict.right))
            return f"f tends to {left} from the left and to {right} from the right"
        if verdict.left is None or verdict.right is None or verdict.left.tendency == verdict.right.tendency:
            return "f oscillates without a limit"
        side = "left" if verdict.left.tendency == "oscillation" else "right"
        return f"f oscillates without a limit on the {side}"

    def _note_domain(self, verdict: LimitVerdict) -> tuple[str, ...]:
        """A note where f has values on one side only, though both were asked for."""
        left, right = verdict.left, verdict.right
        if left is None or right is None or (left.tendency == "undefined") == (right.tendency == "undefined"):
            return ()
        side = "right" if left.tendency == "undefined" else "left"
        rest = ", single ones left out" if self._may_have_single_values() else ""
        return (f"f has values on the {side} of {self._place()} only{rest}",)


def _double(side: SideLimit | None) -> float | None:
    """A side's limit as a double, an infinity where it is infinite; None where there is none."""
    if side is None or side.tendency not in ("finite", "infinite"):
        return None
    if side.value is None:
        return inf * side.sign
    value = as_double(side.value.snap_to_zero().ball)
    if value is None:
        raise NeedMoreBits
    return value


def _write_limit(value: float | None) -> str:
    return "" if value is None else repr(value)


def _bound(value: float | None) -> dict[str, object] | None:
    """A one-sided limit as a record."""
    return None if value is None else {"value": finite_or_none(value), "infinite": _infinite(value)}


def _infinite(value: float | None) -> str | None:
    """The sign of an infinite limit."""
    return {inf: "+", -inf: "-"}.get(value) if value is not None else None


class _Limit(Entry):
    """A limit, which may be infinite."""

    command = "limit"

    def __init__(self, subject: Subject, answers: Sequence[Result], side: Side | None) -> None:
        super().__init__(subject, answers)
        self.side = side

    def finding(self) -> Finding:
        """The record of output."""
        subject, at = self.subject, self.subject.at or {}
        value = self.value(self.answers[0])
        if not (value and at):
            return super().finding()
        exact = self.answers[0].derivative
        equation = Equation(
            subject.root, subject.wrt[0], at[subject.wrt[0]], self.side, value if exact is None else exact
        )
        return super().finding().replace(equation=equation)

    def value(self, answer: Result) -> str:
        """The limit with the asked digits, `inf` or `-inf`; empty where there is none."""
        return repr(answer.value) if _infinite(answer.value) else super().value(answer)

    def question(self) -> Mapping[str, object]:
        return {}

    def record(self) -> Mapping[str, object]:
        answer = self.answers[0]
        return {
            "side": self.side,
            "value": finite_or_none(answer.value),
            "infinite": _infinite(answer.value),
            "left": _bound(answer.left),
            "right": _bound(answer.right),
            "kind": answer.kind,
            "exact": answer.derivative,
            "reference": answer.reference,
        }

    def titles(self, coordinates: tuple[str, ...]) -> Titles:
        return headings(("wrt",), coordinates, (), (), ("value", "status", "kind", "left", "right"))

    def facts(self) -> list[Fact]:
        subject, answer = self.subject, self.answers[0]
        at = point_facts(subject.at) if subject.at else []
        along = [Fact("along", subject.wrt[0])] if len(subject.names) > 1 else []
        return [Fact("expression", subject.root), *along, *at, *self.value_facts(answer)]

    def value_facts(self, answer: Result) -> list[Fact]:
        """The limit, its digits, and those of the sides where they differ."""
        value = self.value(answer)
        facts = [Fact("limit", value, "strong", wraps=False)] if value else []
        if answer.derivative is not None and answer.derivative.op is not table.NUMBER:
            facts.append(Fact("exact", answer.derivative))
        if answer.decimal is not None:
            if self.subject.shown is None:
                facts.append(Fact("reference", answer.decimal, wraps=False))
            facts.append(Fact("certified", f"all {answer.precision} digits" if answer.certified else "no"))
        if answer.status not in VALUED:
            facts.append(Fact("status", status_words(answer), "bad"))
            sides = (("left", answer.left), ("right", answer.right))
            facts += [Fact(label, repr(limit), wraps=False) for label, limit in sides if limit is not None]
            facts += [Fact("why", answer.reason)] if answer.reason else []
        return facts

    def answer_line(self, name: str, answer: Result) -> list[Fact]:
        """The limit; of a jump the sentence tells the sides already."""
        return super().answer_line(name, answer.replace(left=None, right=None))

    def certificate(self) -> list[Fact]:
        """The closed form, and how many digits are proved; an infinite limit has none."""
        answer = self.answers[0]
        if answer.decimal is None:
            return []
        closed = answer.derivative
        exactly = [] if closed is None or closed.op is table.NUMBER else [Fact("exactly", closed)]
        return [*exactly, *super().certificate()]

    def answer_columns(self, which: tuple[Column, ...], points: tuple[Column, ...]) -> tuple[Column, ...]:
        setting = self.subject.setting
        alone = points if not (setting.batch or setting.sweep) else ()
        return (*which, *alone, Column("value", "limit", "number"), Column("verdict", "status"))

    def answer_cells(self, answer: Result) -> Cells:
        sides = [(side, value) for side, value in (("left", answer.left), ("right", answer.right)) if value is not None]
        cells = super().answer_cells(answer)
        cells.update((side, repr(value)) for side, value in sides)
        words = "".join(f", {side} {value!r}" for side, value in sides) if answer.status not in VALUED else ""
        return {**cells, "derivative": None, "verdict": status_words(answer) + words}
