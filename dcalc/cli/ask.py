"""From a line of input to reports: which derivatives, at which points, by which names."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc import kink
from dcalc.cli.request import DEGREE, DIGITS, check_order
from dcalc.errors import DcalcError, UnknownVariable, UsageError
from dcalc.expr import variables
from dcalc.functions import BY_NAME, CONSTANTS
from dcalc.parser import parse
from dcalc.problem import Problem, Report, Result
from dcalc.solve import solve, solve_all
from dcalc.wellformed import undefined_constant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dcalc.cli.request import Request
    from dcalc.expr import Expr
    from dcalc.finding import Record
    from dcalc.io.problems import Item
    from dcalc.parser import Parsed
    from dcalc.point import Spec
    from dcalc.problem import Point

    Choice = Callable[[Parsed, tuple[str, ...], tuple[str, ...], object], "Question"]

_LETTERS = {"beta", "gamma", "zeta", "chi"}  # functions whose names are Greek letters, as variables often are


@lru_cache(maxsize=8)
def _parsed(text: str, variables: frozenset[str], let: tuple[str, ...]) -> Parsed:
    """Lines of a batch often differ in their point or variable only."""
    return parse(text, variables=variables, let=let)


class Question(NamedTuple):
    """What is asked of an expression (and of ``more``): ``wrt`` for the record, ``targets`` to solve, which
    are the names in ``wrt`` where there are several."""

    root: Expr
    names: tuple[str, ...]
    wrt: tuple[str, ...]
    order: int
    targets: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    more: tuple[Expr, ...] = ()


class Asker:
    """The options of a call, applied to one expression after the other."""

    def __init__(
        self,
        request: Request,
        *,
        backends: Sequence[str],
        batch: bool,
        spec: Spec | None,
        tell: Callable[[DcalcError, Item], None],
        expression: bool = True,
        choose: Choice | None = None,
    ) -> None:
        self.request = request
        self.expression = expression
        self.tell = tell
        self.backends = tuple(backends)
        self.batch = batch
        self.spec = spec
        self.wrt = names_in(request.wrt)
        self.let = tuple(request.let or ())
        self._choose = choose or _CHOICES[request.name]

    def question(self, item: Item, at_names: Iterable[str] = ()) -> Question:
        """The item's expression and what is asked of it. Raises DcalcError."""
        if item.more and not self.request.several:
            raise UsageError(f"{self.request.name} takes one expression", help="dcalc jacobian takes several")
        wrt = self.wrt if item.wrt is None else names_in([item.wrt] if isinstance(item.wrt, str) else item.wrt)
        meant = {*wrt, *at_names}
        parsed = _parsed(item.text, frozenset(meant), self.let)
        more = tuple(_parsed(text, frozenset(meant), self.let).root for text in item.more)
        names = tuple(variables(parsed.root, *more))
        asked = self.request.order if item.order is None else item.order
        question = self.choice(item)(parsed, names, wrt, asked)._replace(more=more)
        notes = [note for name in names if (note := _taken_for(name, name in meant))]
        return question._replace(notes=(*question.notes, *notes)) if notes else question

    def choice(self, item: Item) -> Choice:
        """What says which variables are meant."""
        return self._choose

    def reports(self, item: Item) -> Iterator[Record]:
        """A report for each point, or one where there is none. Raises DcalcError."""
        spec = self.spec if item.at is None else self._spec_of(item)
        question = self.question(item, spec.names if spec is not None else ())
        points: Iterable[Point | None] = (None,)
        if spec is not None:
            points = spec.points(question.names, question.wrt, lenient=self.batch)
        several = self.batch or (spec is not None and spec.count > 1)
        for point in points:
            yield self.report(question, point, item, several=several)

    def _spec_of(self, item: Item) -> Spec:
        """The points of a JSON problem."""
        from dcalc.at import read_json_points

        return read_json_points(item.at, exact=self.request.exact)

    def report(self, question: Question, point: Point | None, item: Item, *, several: bool) -> Record:
        """The answers at one point; with ``several`` an error is a report too."""
        try:
            answers = self._answers(question, point)
            if (how := self.request.at_kink) is not None:
                answers = tuple(kink.chosen(answer, how, first=question.order == 1) for answer in answers)
        except DcalcError as error:
            if not several:
                raise
            return self.failed(error, item)
        return Report(
            self.request.name,
            expression=question.root,
            wrt=question.wrt,
            order=question.order,
            at=point,
            answers=answers,
            line=item.line,
            id=item.id,
            notes=question.notes,
        )

    def failed(self, error: DcalcError, item: Item) -> Record:
        """The report of an item without an answer, of which the error is told as well."""
        from dcalc.cli.complain import failure

        self.tell(error, item)
        return Report(self.request.name, failure=failure(error), line=item.line, id=item.id)

    def _answers(self, question: Question, point: Point | None) -> tuple[Result, ...]:
        if self.request.name == "simplify":
            return (_simplified(question.root),)
        digits = self.request.digits or DIGITS
        at = _needed(self.request.name, self.backends, question, point)
        if len(question.targets) == 1:
            problem = Problem(question.root, question.targets[0], at, digits)
            return (solve(problem, self.backends, expression=self.expression),)
        gradient = Problem(question.root, question.wrt, at, digits, gradient=True)
        return tuple(solve_all(gradient, self.backends, expression=self.expression))


def _taken_for(name: str, meant: bool) -> str:
    """A note on a name that is a variable, though it has a meaning elsewhere; ``meant``: the user named it."""
    if name in CONSTANTS:
        return f"{name} is a variable here, not the constant"
    if meant or len(name) < 3 or name not in BY_NAME or name in _LETTERS:
        return ""
    return f"{name} is a variable here: a function needs brackets, {name}(...)"


def _simplified(root: Expr) -> Result:
    from dcalc.simplify import simplify

    if sentence := undefined_constant(root):
        return Result(status="undefined", reason=sentence)
    return Result(derivative=simplify(root))


def _needed(command: str, backends: Sequence[str], question: Question, point: Point | None) -> Point | None:
    """The point, or an error where the command cannot do without one."""
    if point is not None:
        return point
    if command == "eval":
        if not question.names:
            return {}
        from dcalc.point import example
        from dcalc.suggest import join_words, some

        shown = join_words(some(question.names), "and")
        raise UnknownVariable(f"no value is given for {shown}", help=example(question.names))
    if command == "compare":
        raise UsageError("compare needs a point", help="write --at 1, or --at x=1,y=2")
    numeric = [name for name in backends if name != "symbolic"]
    if numeric:
        raise UsageError(f"backend {numeric[0]} needs a point", help="write --at 1, or --at x=1,y=2")
    return None


def names_in(texts: Any) -> tuple[str, ...]:
    """The names in texts like `x,y`."""
    if texts is None:
        return ()
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise UsageError('"wrt" is a name or a list of names', help='write "wrt": "x"')
    from dcalc.at import read_name

    found = []
    for text in texts:
        start = 0
        for piece in text.split(","):
            name = piece.strip()
            first = start + piece.index(name)
            found.append(read_name(name, text, (first, first + len(name))))
            start += len(piece) + 1
    return tuple(found)


def along_one(parsed: Parsed, names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Question:
    """A derivative of some order by one variable, or a mixed partial one."""
    if len(wrt) > 1:
        if order is not None:
            raise UsageError(
                "an order does not go with several variables", help="repeat names instead: --wrt x,x,y is of order 3"
            )
        check_order(len(wrt))
        return Question(parsed.root, names, wrt, len(wrt), (wrt,), _absent(wrt, names))
    times = check_order(order)
    if wrt:
        return Question(parsed.root, names, wrt, times, (wrt * times,), _absent(wrt, names))
    name, notes = _default(parsed, names)
    return Question(parsed.root, names, (name,), times, ((name,) * times,), notes)


def along_a_power(parsed: Parsed, names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Question:
    """The derivatives by one variable up to an order: the powers of a polynomial."""
    if len(wrt) > 1:
        raise UsageError("a polynomial is one of one variable", help=f"write --wrt {wrt[0]}")
    return along_one(parsed, names, wrt, DEGREE if order is None else order)


def _default(parsed: Parsed, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The variable that is meant where none is named."""
    if parsed.target is not None:
        return parsed.target, _absent((parsed.target,), names)
    if len(names) == 1:
        return names[0], ()
    if not names:
        return "x", ("the expression has no variable, so its derivative is 0",)
    from dcalc.suggest import join_words, some

    raise UsageError(
        f"the expression has {len(names)} variables: {join_words(some(names, 6), 'and')}",
        help=f"write --wrt {names[0]}; dcalc grad is for all of them",
    )


def _absent(wrt: Iterable[str], names: Sequence[str]) -> tuple[str, ...]:
    missing = sorted(set(wrt).difference(names))
    return tuple(f"the expression has no variable {name}, so its derivative by {name} is 0" for name in missing)


def along_all(parsed: Parsed, names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Question:
    """The first derivatives by the variables that are named, or all."""
    if order not in (None, 1):
        raise UsageError("a gradient is of first order", help="use dcalc diff with --wrt x,y for mixed partials")
    if len(set(wrt)) < len(wrt):
        raise UsageError("a variable is named twice", help="name each once")
    every = wrt or names
    notes = _absent(wrt, names) if names else ("the expression has no variable",)
    return Question(parsed.root, names, every, 1, tuple((name,) for name in every), notes)


def along_claim(text: str, gradient: bool) -> Choice:
    """One derivative, or a gradient where the claim is `w: ..., b: ...`, or is said to be one."""
    if ":" not in text and not gradient:
        return along_one

    def chosen(parsed: Parsed, names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Question:
        from dcalc.analysis.check.claims import split_claims

        return along_all(parsed, names, wrt or tuple(name for name, _ in split_claims(text) if name), order)

    return chosen


def along_none(parsed: Parsed, names: tuple[str, ...], _wrt: tuple[str, ...], _order: object) -> Question:
    """f itself."""
    return Question(parsed.root, names, (), 0, ((),))


_CHOICES: dict[str, Choice] = {
    "diff": along_one,
    "compare": along_one,
    "grad": along_all,
    "eval": along_none,
    "simplify": along_none,
}
