"""What the options of one call ask for, checked as far as it can be without an expression."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dcalc.errors import ArityError, DcalcError, LimitError, UnknownFunction, UsageError
from dcalc.expr import likely_arguments, variables, walk
from dcalc.finding import ALONE, Setting, Subject
from dcalc.functions import BY_NAME, CONSTANTS
from dcalc.io.complaints import Voice
from dcalc.parser import parse
from dcalc.parser.builder import select_doubtful
from dcalc.problem import DOUBLE_DIGITS, Dtype
from dcalc.records import Frozen, NamedTuple
from dcalc.unknown import UNKNOWN, unknown_functions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dcalc.io.problems import Item
    from dcalc.parser import Parsed
    from dcalc.point import PointSet
    from dcalc.problem import Point

    Choice = Callable[[Parsed, tuple[str, ...], tuple[str, ...], object], "Target"]
    "Says which derivatives are meant by an expression, its variables, --wrt and --order."


DIGITS = 30
DEGREE = 5
MOST_TIMES = 10_000
_LARGEST_FILE = (4 << 20) + 16
_BREAKS = set('",\t\r\n')


def read_titles(columns: Iterable[str]) -> dict[str, str]:
    """The values of --column: the title of the column of each variable. Raises UsageError, ParseError."""
    from dcalc.point import read_name

    titles: dict[str, str] = {}
    for text in columns:
        name, equals, title = text.partition("=")
        if not equals or not title.strip():
            raise UsageError(f"--column {text} names no column", help="write --column 'x=x [m]'")
        titles[read_name(name.strip())] = title.strip()
    return titles


class Request(Frozen):
    """The options under the names that all commands use for them.

    The first ones are those of `options.Shared`. ``more`` are the further expressions of a command
    that takes ``several``, which are both sides where it takes ``equations`` and the text is one; ``choose_by`` says
    which derivatives a line of a batch means by the keys that only this command knows. Where ``reads_points`` is
    false, the `at` of a line is the command's own, and ``names`` are those that it gives values.
    """

    name: str
    format: str | None = None
    json: bool = False
    file: str | None = None
    output: str | None = None
    quiet: bool = False
    color: str = "auto"
    debug: bool = False
    notation: str = "plain"
    expression: str | None = None
    at: Sequence[str] | None = None
    wrt: Sequence[str] | None = None
    order: int | None = None
    backend: Sequence[str] | None = None
    dtype: Dtype = "float64"
    let: Sequence[str] | None = None
    digits: int | None = None
    tol: float | None = None
    at_kink: str | None = None
    verbose: bool = False
    fast: bool = False
    certify: bool = False
    jobs: int | None = None
    input_format: str | None = None
    columns: Sequence[str] | None = None
    prefix: str = ""
    more: Sequence[str] = ()
    several: bool = False
    equations: bool = False
    reads_points: bool = True
    names: Sequence[str] = ()
    choose_by: Callable[[Mapping[str, Any]], Choice | None] | None = None

    def check(self, *, streams: bool) -> None:
        """Raise UsageError or LimitError for what is wrong whatever the expression is.

        ``streams`` tells that the command has options for points on stdin.
        """
        from dcalc.cli.options import COLORS

        needless = streams and not self.points_on_stdin
        given = {"--fast": self.fast, "--certify": self.certify, "--tol": self.tol is not None, "--jobs": self.jobs,
                 "--input-format": self.input_format, "--column": self.columns, "--prefix": self.prefix}  # fmt: skip
        refusals = (
            (self.json and self.format not in (None, "json"),
             f"--json means --format json, but --format is {self.format}", "leave one out"),
            (self.color not in COLORS,
             f"--color must be auto, always or never, not {self.color}", "write --color always"),
            (self.expression is not None and self.file is not None,
             "the expression is given twice, once by --file", "leave one out"),
            (self.fast and self.certify, "--fast and --certify contradict each other", "leave one out"),
            (self.jobs == 0, "--jobs must be at least 1", "write -j 2 for two cores"),
            (_BREAKS & set(self.prefix),
             "--prefix must not contain quotes, commas, tabs or newlines", "write --prefix d_"),
            *((needless and is_given, f"{option} is for points on stdin", "write --at -")
              for option, is_given in given.items()),
        )  # fmt: skip
        for is_wrong, message, help in refusals:
            if is_wrong:
                raise UsageError(message, help=help)
        if self.points_on_stdin and (self.problems_from_stdin or self.at != ["-"]):
            fixed = next((text for text in self.at or () if "=" in text and ":" not in text), "")
            raise UsageError(
                "--at - already reads points from stdin",
                help=f"fix what is the same for all by --let: --let '{fixed}' --at -"
                if fixed and not self.problems_from_stdin
                else f"write dcalc {self.name} 'sin(x)' --at -",
            )
        if self.order is not None:
            check_order(self.order)
        if self.backend or self.dtype != "float64":
            self._check_backends()

    def _check_backends(self) -> None:
        """Raise UsageError where one is not there, or none of them computes in the precision that is asked for."""
        from dcalc.backends import check_installed, load
        from dcalc.io.limits import lift_all_limits

        for backend in self.backends:
            if not backend:
                raise UsageError("the name of a backend is missing", help="write --backend forward, or --backend all")
            if backend != "all":
                check_installed(backend)
                if load(backend).CAPABILITIES.package:
                    lift_all_limits()
        known = (load(name).CAPABILITIES.dtypes for name in self.backends if name != "all")
        if self.dtype != "float64" and not any(self.dtype in dtypes for dtypes in known):
            raise UsageError(
                f"--dtype {self.dtype} needs a backend that computes in it", help="write --backend jax, or torch"
            )

    def make_voice(self) -> Voice:
        """What says errors and notes: as JSON objects where the records are such."""
        return Voice(json=self.json or self.format in ("json", "jsonl"), quiet=self.quiet, color=self.color)

    @property
    def exact(self) -> bool:
        """True where points are taken as exact constants: more digits asked than doubles have."""
        return self.digits is not None and self.digits > DOUBLE_DIGITS

    @property
    def titles(self) -> dict[str, str]:
        """The titles of columns that have another name than their variable, by variable. Raises UsageError."""
        return read_titles(self.columns or ())

    @property
    def points_on_stdin(self) -> bool:
        """True for --at -."""
        return "-" in (self.at or ())

    @property
    def problems_from_stdin(self) -> bool:
        """True for EXPR -, or none at all."""
        return self.file == "-" or (self.file is None and self.expression in (None, "-"))

    @property
    def backends(self) -> tuple[str, ...]:
        """The backends asked for."""
        return tuple(name for text in self.backend or () for name in map(str.strip, text.split(",")))

    def read_expression(self) -> str:
        """The text of the one expression, out of its file where it is in one."""
        if self.file is None:
            return self.expression or ""
        from dcalc.io.lines import decode_file

        with open(self.file, "rb") as file:
            raw = file.read(_LARGEST_FILE)
        return decode_file(raw)


def check_order(order: object) -> int:
    """The order as a number, 1 where none is given."""
    if order is None:
        return 1
    if not isinstance(order, int) or isinstance(order, bool) or order < 0:
        raise UsageError("the order must be a non-negative integer", help="write 2 for the second derivative")
    if order > MOST_TIMES:
        raise LimitError(f"the order is above {MOST_TIMES:,}", help="ask for a lower one")
    return order


# --- From a line of input to subjects: which expression, differentiated by which names, at which points.

_LETTERS = {"beta", "gamma", "zeta", "chi"}  # functions whose names are Greek letters, as variables often are
_MEANT_ELSEWHERE = {*CONSTANTS, *BY_NAME, "I"}
_DIFFERENTIATING = ("diff", "steps", "compare")
"""Commands for which a `d/dx` before the expression names the variable."""
_LONGEST_ECHO = 200


class Target(NamedTuple):
    """Which derivatives are meant: ``wrt`` and ``order`` for the record, ``targets`` to solve."""

    wrt: tuple[str, ...]
    order: int
    targets: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


_parse_once = lru_cache(maxsize=8)(parse)
"""Lines of a batch often differ in their point or variable only."""


def _parse(
    text: str, variables: frozenset[str], let: tuple[str, ...], notation: str, operators: bool = False
) -> Parsed:
    doubtful = select_doubtful(variables, (text, *let)) if variables and notation == "plain" else variables
    try:
        return _parse_once(text, variables=doubtful, let=let, operators=operators, notation=notation)
    except DcalcError as error:
        if error.source == text and not (notation == "plain" and _is_about_a_name(error)):
            from dcalc.parser.notations import name_notation

            error.help = name_notation(text, variables, besides=notation) or error.help
        raise


def _is_about_a_name(error: DcalcError) -> bool:
    """True where a name of another language is known, and the hint says what to write for it."""
    fix = error.help or ""
    is_guess = "*(" in fix  # that f(x) is a product
    return isinstance(error, UnknownFunction | ArityError) and fix.startswith("write ") and not is_guess


class Asker(Frozen):
    """The options of a call, applied to one expression after the other.

    ``backends`` are asked unless there are more derivatives than ``most_compared``, if that is a number. A person who
    looks on is told how `2x` is read: it ``echoes`` products without their sign, too.
    """

    request: Request
    choose: Choice
    spec: PointSet | None = None
    backends: tuple[str, ...] = ()
    most_compared: int | None = None
    setting: Setting = ALONE
    written: bool = True
    echoes: bool = False

    def question(self, item: Item, at_names: Iterable[str] = ()) -> Subject:
        """The item's expression and what is asked of it, at no point yet. Raises DcalcError."""
        request = self.request
        if request.equations and not item.more:
            item = _split_sides(item, of_curve=request.name == "implicit")
        if item.more and not request.several:
            raise UsageError(f"{request.name} takes one expression", help="dcalc jacobian takes several")
        wrt = names_in(request.wrt if item.wrt is None else [item.wrt] if isinstance(item.wrt, str) else item.wrt)
        let = tuple(request.let or ())
        named = frozenset((*wrt, *at_names))
        notation = request.notation if item.notation is None else item.notation
        parsed = _parse(item.text, named, let, notation, request.name in _DIFFERENTIATING)
        others = [_parse(text, named, let, notation) for text in item.more] if item.more else []
        more = tuple([other.root for other in others]) if others else ()
        names = tuple(variables(parsed.root, *more))
        order = request.order if item.order is None else item.order
        choose = self.own_choice(item.own) if item.own else self.choose
        target = choose(parsed, names, wrt, order)
        notes = target.notes
        if not _MEANT_ELSEWHERE.isdisjoint(names):
            notes += tuple(_notes_on_names(names, named))
        if len(named.union(names)) > 1 or len("".join(names)) > 1:
            notes += tuple(_notes_on_products(names, named))
        if let and notation == "plain" and request.name != "check" and not self.setting.batch:
            notes += tuple(_notes_on_bindings(let, (item.text, *item.more)))
        if UNKNOWN and (unknown := unknown_functions(node.op for node in walk(parsed.root, *more))):
            notes += (_note_unknown(unknown),)
        for each in (parsed, *others):
            if each.readings or (self.echoes and each.is_implicit):
                notes = (*_echo(each), *notes)
        most = self.most_compared
        return Subject(
            root=parsed.root,
            names=names,
            wrt=target.wrt,
            order=target.order,
            digits=request.digits or DIGITS,
            tol=request.tol,
            let=let,
            notation=notation,
            backends=self.backends if most is None or len(target.targets) <= most else (),
            dtype=request.dtype,
            more=more,
            shown=request.digits,
            targets=target.targets,
            setting=self.setting,
            written=self.written,
            notes=notes,
        )

    def own_choice(self, own: Mapping[str, Any]) -> Choice:
        """What says which derivatives are meant by a line with keys that only this command knows."""
        return (self.request.choose_by(own) if self.request.choose_by is not None else None) or self.choose

    def subjects(self, item: Item) -> Iterator[Subject]:
        """A subject for each point, or one where there is none. Raises DcalcError."""
        spec = self.spec if item.at is None or not self.request.reads_points else self._json_points(item)
        if spec is None:
            yield self.question(item, self.request.names)
            return
        question = self.question(item, spec.names)
        order = question.names
        if spec.is_unusual:
            order = self._order(item, spec) or order
            question = question.replace(notes=(*question.notes, *spec.echo(order)))
        for point in spec.points(question.names, question.wrt, lenient=self.setting.batch, order=order):
            yield place_question(question, point, exact=self.request.exact)

    def _order(self, item: Item, spec: PointSet) -> tuple[str, ...]:
        """The variables of `g(y, x) = ...` in their order."""
        return _parse(
            item.text,
            frozenset(spec.names),
            tuple(self.request.let or ()),
            item.notation or self.request.notation,
            self.request.name in _DIFFERENTIATING,
        ).parameters

    def _json_points(self, item: Item) -> PointSet:
        """The points of a JSON problem."""
        from dcalc.point import read_json_points

        return read_json_points(item.at, exact=self.request.exact)

    def blank(self) -> Subject:
        """What is asked of an expression that is not known: it heads a table of many."""
        from dcalc.expr import ZERO

        return Subject(
            root=ZERO, names=(), wrt=names_in(self.request.wrt), backends=self.backends, setting=self.setting
        )


def _split_sides(item: Item, *, of_curve: bool) -> Item:
    """The item with both sides of its equation as expressions; itself where it is none."""
    from dcalc.parser.definitions import split_equation

    text, *more = split_equation(item.text, of_curve=of_curve)
    return item._replace(text=text, more=tuple(more))


def _note_unknown(names: Sequence[str]) -> str:
    """What is taken for granted of unknown functions."""
    from dcalc.text import join_words

    if len(names) == 1:
        return f"{names[0]} is read as an unknown function that has all derivatives which are asked for"
    return f"{join_words(names, 'and')} are read as unknown functions that have all derivatives which are asked for"


def place_question(question: Subject, point: Point, *, exact: bool) -> Subject:
    """The question at a point, with a note where decimals are ``exact`` and not the doubles that they read as.

    In single precision the point is the nearest one there, so that its rounding is not a fault of a backend.
    """
    if question.dtype == "float32":
        return _round_point(question, point)
    if not exact:
        return question.replace(at=point)
    from dcalc.coordinates import is_exact_decimal

    notes = (_EXACT_DECIMALS,) if any(map(is_exact_decimal, point.values())) else ()
    return question.replace(at=point, notes=(*question.notes, *notes))


def _round_point(question: Subject, point: Point) -> Subject:
    from dcalc.coordinates import nearest_double, round_to_single

    rounded = {name: round_to_single(value) for name, value in point.items()}
    moved = [name for name, value in rounded.items() if value != nearest_double(point[name])]
    where = ", ".join(f"{name} = {rounded[name]!r}" for name in moved)
    notes = (f"rounded to float32: {where}",) if moved else ()
    return question.replace(at=rounded, notes=(*question.notes, *notes))


_EXACT_DECIMALS = f"with more than {DOUBLE_DIGITS} digits a decimal point is exact, not the double that it reads as"


def _notes_on_names(names: Iterable[str], meant: frozenset[str]) -> Iterator[str]:
    """A note on each name that is a variable, though it has a meaning elsewhere; ``meant``: the user named them."""
    for name in names:
        if name in CONSTANTS:
            yield f"{name} is a variable here, not the constant"
        elif name == "I" and name not in meant:
            yield "I is a variable here, not the imaginary unit"
        elif name not in meant and (len(name) > 2 or name == "ln") and name in BY_NAME and name not in _LETTERS:
            yield f"{name} is a variable here: a function needs brackets, {name}(...)"


def _notes_on_bindings(bindings: Sequence[str], texts: Sequence[str]) -> Iterator[str]:
    """A note on each name of --let that stands in no expression, and in no other binding."""
    import re

    for binding in bindings:
        name = binding.partition("=")[0].partition("(")[0].strip()
        word = re.compile(rf"(?<![^\W\d]){re.escape(name)}(?!\w)")
        if name.isascii() and not any(word.search(text) for text in (*texts, *bindings) if text is not binding):
            yield f"--let changes nothing: the expression has no {name}"


def _notes_on_products(names: Sequence[str], meant: frozenset[str]) -> Iterator[str]:
    """A note on `xy` where x and y are variables, too, on `xe` beside x, and on `ωt`."""
    letters = {name for name in (*names, *meant) if len(name) == 1}
    for name in names:
        is_product = 1 < len(name) <= len(letters) * 2 and {*letters, "e"}.issuperset(name)
        mixes_alphabets = len(name) == 2 and name.isalpha() and name[0].isascii() != name[1].isascii()
        if name not in meant and (is_product or mixes_alphabets):
            yield f"{name} is one variable; the product is {'*'.join(name)}"


def _echo(parsed: Parsed) -> Iterator[str]:
    """What is read where the text is not quite dcalc's own language; of a long text its first such part."""
    from dcalc.notation import write

    text = write(parsed.root)
    if len(text) <= _LONGEST_ECHO:
        yield f"read as {text}"
        yield from _note_conventions(parsed)
        return
    if not parsed.readings:
        return
    part = next((reading for reading in parsed.readings if reading.node is not None), None)
    if part is None or part.node is None:
        yield f"{parsed.source[slice(*parsed.readings[0][1:])]} is left out"
        return
    more = len(parsed.readings) - 1
    source = " ".join(parsed.source[part.start : part.end].split())
    yield f"{source} is read as {write(part.node)}{f', and so on: {more} more' if more else ''}"


_CONVENTIONS = {"acot": "atan(1/x), which jumps at 0", "asec": "acos(1/x)", "acsc": "asin(1/x)"}


def _note_conventions(parsed: Parsed) -> Iterator[str]:
    """Which branch is meant by inverse functions that books define in two ways, such as the inverse of \\cot."""
    names = {node.op.name for node in walk(parsed.root)}
    for name, meaning in _CONVENTIONS.items():
        if name in names and f"{name}(" not in parsed.source:
            yield f"{name}(x) is {meaning}"


def names_in(texts: Any) -> tuple[str, ...]:
    """The names in texts like `x,y`."""
    if texts is None:
        return ()
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise UsageError('"wrt" must be a name or a list of names', help='write "wrt": "x"')
    from dcalc.point import read_name

    names = []
    for text in texts:
        start = 0
        for piece in text.split(","):
            name = piece.strip()
            first = start + piece.index(name)
            names.append(read_name(name, text, (first, first + len(name))))
            start += len(piece) + 1
    return tuple(names)


# --- which derivatives are meant --------------------------------------------------------------


def along_one(parsed: Parsed, names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Target:
    """A derivative of some order by one variable, or a mixed partial one."""
    if parsed.derive:
        return _along_operator(parsed, names, wrt, order)
    if len(wrt) > 1:
        if order is not None:
            raise UsageError(
                "an order cannot be combined with several variables",
                help="repeat names: --wrt x,x,y has order 3",
            )
        check_order(len(wrt))
        return Target(wrt, len(wrt), (wrt,), _absent(wrt, names))
    times = 1 if order is None else check_order(order)
    if wrt:
        return Target(wrt, times, (wrt * times,), _absent(wrt, names))
    name, notes = _default(parsed, names)
    return Target((name,), times, ((name,) * times,), notes)


def _along_operator(parsed: Parsed, names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Target:
    """The derivative that a `d/dx` before the expression asks for."""
    (name, *_), times = parsed.derive, len(parsed.derive)
    operator = f"d/d{name}" if times == 1 else f"d^{times}/d{name}^{times}"
    if order is not None:
        raise UsageError(f"{operator} says the order already", help=f"leave out {operator}, or the order")
    if wrt and set(wrt) != {name}:
        raise UsageError(f"{operator} says the variable already", help=f"leave out {operator}, or --wrt")
    power = "" if times == 1 else f" of order {times}"
    note = f"{operator} is the derivative{power} that is asked for, taken once"
    return Target((name,), times, (parsed.derive,), (note, *_absent((name,), names)))


def along_a_power(parsed: Parsed, names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Target:
    """The derivatives by one variable up to an order: the powers of a polynomial."""
    if len(wrt) > 1:
        raise UsageError("a Taylor polynomial has one variable", help=f"write --wrt {wrt[0]}")
    return along_one(parsed, names, wrt, DEGREE if order is None else order)


def _default(parsed: Parsed, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The variable that is meant where none is named."""
    if parsed.target is not None:
        return parsed.target, _absent((parsed.target,), names)
    if len(names) == 1:
        return names[0], ()
    if not names:
        return "x", ("the expression has no variable, so its derivative is 0",)
    likely = likely_arguments(names)
    if len(likely) == 1:
        return likely[0], (f"by {likely[0]}; for others --wrt",)
    from dcalc.text import join_words, some

    raise UsageError(
        f"the expression has {len(names)} variables: {join_words(some(names, 6), 'and')}",
        help=f"write --wrt {likely[0] if likely else names[0]}; dcalc grad is for all of them",
    )


def _absent(wrt: Iterable[str], names: Sequence[str]) -> tuple[str, ...]:
    missing = sorted(set(wrt).difference(names))
    return tuple(f"the expression has no variable {name}, so its derivative by {name} is 0" for name in missing)


def along_all(parsed: Parsed, names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Target:
    """The first derivatives by the variables that are named, or all."""
    if order not in (None, 1):
        raise UsageError("a gradient has first derivatives only", help="dcalc diff --wrt x,y gives a mixed partial")
    if len(set(wrt)) < len(wrt):
        raise UsageError("a variable is named twice", help="name each once")
    every = wrt or names
    notes = _absent(wrt, names) if names else ("the expression has no variable",)
    return Target(every, 1, tuple((name,) for name in every), notes)


def along_one_and_all(of: Sequence[str], *, several: bool) -> Choice:
    """Two targets: what a derivative is taken by, empty where none is asked for, and the variables of a gradient."""

    def choose(parsed: Parsed, names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Target:
        is_single = "derivative" in of or (
            not of and not several and (len(names) < 2 or bool(wrt) or order is not None)
        )
        if is_single:
            target = along_one(parsed, names, wrt, order)
            among = tuple(dict.fromkeys(wrt)) or names or target.wrt
            return target._replace(targets=(*target.targets, among))
        target = along_all(parsed, names, wrt, order)
        return target._replace(targets=((), target.wrt))

    return choose


def along_claim(text: str, gradient: bool) -> Choice:
    """One derivative, or a gradient where the claim is `w: ..., b: ...`, or is said to be one."""
    if (":" not in text or "?" in text) and not gradient:  # x < 0 ? 1 : 2 is one claim
        return along_one

    def choose(parsed: Parsed, names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Target:
        from dcalc.analysis.check.claims import split_claims

        return along_all(parsed, names, wrt or tuple(name for name, _ in split_claims(text) if name), order)

    return choose


def along_given(_parsed: Parsed, _names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Target:
    """What the analysis finds out by itself, from the names and the order that are given."""
    return Target(wrt, check_order(order), ((),))


def along_a_limit(parsed: Parsed, names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Target:
    """f itself, along the one variable that tends somewhere."""
    if len(wrt) > 1:
        raise UsageError("a limit is taken along one variable", help=f"write --wrt {wrt[0]}")
    if parsed.derive:
        raise UsageError("a limit is one of a function, without d/dx", help="write the derivative out")
    if order is not None:
        raise UsageError("a limit has no order", help="leave it out")
    name, notes = (wrt[0], ()) if wrt else _default(parsed, names) if names else ("x", ())
    missing = (f"the expression has no variable {name}, so it is constant",) if name not in names else ()
    return Target((name,), 0, ((),), missing or notes)


def along_a_curve(parsed: Parsed, names: tuple[str, ...], wrt: tuple[str, ...], order: object) -> Target:
    """f itself, over x where it is constant."""
    return along_none(parsed, names, wrt, order) if names else Target(("x",), 0, ((),))


def along_none(parsed: Parsed, names: tuple[str, ...], _wrt: tuple[str, ...], _order: object) -> Target:
    """f itself."""
    return Target((), 0, ((),))
