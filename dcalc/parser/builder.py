"""Reductions of the grammar to interned nodes, and the refusals with what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from dcalc import functions as table
from dcalc.errors import ParseError
from dcalc.expr import ZERO, Expr, exact, make, number, symbol, variables
from dcalc.numerals import rational
from dcalc.parser.lexer import Token
from dcalc.records import NamedTuple
from dcalc.unknown import PRIMES

if TYPE_CHECKING:
    from dcalc.parser.unknown_calls import Function

# How a piece of text looks, where that decides what may stand beside it.
PLAIN, LITERAL, CLOSED, IMPLICIT, ROOTED, CHAIN = 0, 1, 2, 4, 8, 16
RAISED, MARKED, TAIL = 32, 64, 128
"""A power; `x!` and `90°`; what ends in a function without brackets, which may reach further than it seems."""


class Extent(Protocol):
    """A stretch of text, ``start`` to ``end``, split at ``middle``."""

    @property
    def start(self) -> int:
        """The place of its first character."""

    @property
    def end(self) -> int:
        """One past the place of its last."""

    @property
    def middle(self) -> int:
        """Where its second half begins, if it has halves."""


class Piece(NamedTuple):
    """A node with the text that it came from: ``start`` to ``end``, split at ``middle``."""

    node: Expr
    start: int
    end: int
    form: int = PLAIN
    middle: int = 0


_RELATIONS = {
    "<": table.LT, "<=": table.LE, "≤": table.LE, ">": table.GT, ">=": table.GE, "≥": table.GE,
    "==": table.EQ, "!=": table.NE, "≠": table.NE,
}  # fmt: skip


class Reading(NamedTuple):
    """A node that is read where the text, ``start`` to ``end``, is not quite dcalc's own language.

    Without a node the text is left out.
    """

    node: Expr | None
    start: int
    end: int


GLUED = {
    **{
        name + letter: (name, letter)
        for name in "sin cos tan sec csc cot sinh cosh tanh asin acos atan arcsin arccos arctan ln exp sqrt".split()
        for letter in ("x", "θ", "theta")
    },
    **{f"{name}{count}x": (name, f"{count}*x") for name in ("sin", "cos", "tan", "ln") for count in range(2, 10)},
    **{f"{name}{count}": (name, f"{count}") for name in ("ln", "sqrt") for count in range(2, 101)},
}
"""`sinx`, `sin2x`, `ln2`: a function and its argument, which no variable is likely to be called."""
SPECIAL = table.RESERVED.union(table.BY_NAME, GLUED, ("j", "True", "False", "true", "false"))
"""Names that are variables only after a second look."""


def select_doubtful(names: Iterable[str], texts: Iterable[str]) -> frozenset[str]:
    """Those of the names of variables that texts might mean otherwise: constants, and functions, known or unknown.

    All others are read as variables whether one says so or not. Cost: linear in the texts.
    """
    joined = "".join("".join(texts).split())
    if "D(" in joined or any(prime in joined for prime in PRIMES):
        return frozenset(names)
    return frozenset(name for name in names if name in SPECIAL or f"{name}(" in joined)


class Condition:
    """A condition with its text: like a Piece, but refused wherever a number is expected.

    So only the rules that accept conditions know of them, and arithmetic, the bulk of every text,
    pays nothing.
    """

    __slots__ = ("end", "form", "middle", "source", "start", "truth")

    def __init__(self, truth: Expr, source: str, start: int, end: int, form: int = PLAIN, middle: int = 0) -> None:
        self.truth = truth
        self.source = source
        self.start = start
        self.end = end
        self.form = form
        self.middle = middle

    @property
    def node(self) -> Expr:
        """Raises ParseError: a condition is not a number."""
        raise _hints().stray_condition(self.source, self)


def _hints() -> Any:
    """The messages, imported when there is something to say."""
    from dcalc.parser import hints

    return hints


def _lenient() -> Any:
    """What reads other languages and handwriting, imported when there is some."""
    from dcalc.parser import lenient

    return lenient


class Builder:
    """What the automaton calls at each reduction of a text. Names that an ``earlier`` text binds stay so."""

    def __init__(
        self,
        source: str,
        *,
        variables: Collection[str] = (),
        strict: bool = True,
        operators: bool = False,
        binding: bool = False,
        earlier: Builder | None = None,
    ) -> None:
        self.source = source
        self.variables = variables
        self.strict = strict
        self.operators = operators
        self.binds = binding
        self.readings: list[Reading] = [] if earlier is None else earlier.readings
        self.bound: dict[str, Expr] = {} if earlier is None else earlier.bound
        self.functions: dict[str, Function] = {} if earlier is None else earlier.functions
        """Those that the table lacks, by name."""
        self.target: str | None = None
        self.defines = ""  # f, in `f(t) =`
        self.parameters: tuple[str, ...] = ()
        self.equation: Token | None = None  # `sin(x) =`
        self.derive: Token | None = None  # `d/dx`
        self.tails: dict[int, tuple[Token, Piece]] = {}  # functions without brackets by where they end
        self.endless = False  # is there an infinity?
        self.is_implicit = False  # is there a product without its sign?

    # --- statements -------------------------------------------------------------------

    def program(self, parts: list[Any]) -> Expr:
        """The whole text: the node of its last expression."""
        if self.binds:
            raise _hints().no_binding(self.source)
        value: Expr = parts[-1].node
        if self.derive is not None:
            _lenient().check_operand(self.source, self.derive, parts[-1])
        if self.equation is not None:
            name = self.equation.partition(",")[0]
            raise _hints().function_redefined(name, self.source, self.equation.end_pos - 1)
        return value

    def assignment(self, parts: list[Any]) -> Expr:
        """A binding that nothing follows: right for --let, refused as an expression."""
        name, equals, piece = parts[-3:]
        value: Expr = piece.node
        if self.binds:
            self.bound[str(name)] = value
            return ZERO
        names = variables(value)
        if names and name not in names and self.strict:  # `y = x**2`
            self.readings.append(Reading(None, name.start_pos, parts[-2].end_pos))
            return value
        constant = not names
        if not constant and self.strict:
            sides = self.source[name.start_pos : equals.start_pos], self.source[piece.start : piece.end]
            raise _hints().equation(*sides, (equals.start_pos, equals.end_pos))
        raise _hints().lone_assignment(str(name), self.source, piece, (name.start_pos, equals.end_pos), constant)

    def binding(self, parts: list[Any]) -> None:
        """`t1 = ...;`: a name for what follows."""
        self.bound[str(parts[0])] = parts[2].node

    def definition(self, parts: list[Token]) -> None:
        """`f(t) =`: t is the variable that is meant, even if it is called e."""
        function, *names = parts[0].split(",")
        self.defines = function
        self.equation = parts[0] if table.find(function, len(names)) else None
        self.variables = {*self.variables, *names}
        self.target = names[0] if len(names) == 1 else None
        self.parameters = tuple(names)
        if function == "lambda":
            self.readings.append(Reading(None, parts[0].start_pos, parts[0].end_pos))

    def operator(self, parts: list[Token]) -> None:
        """`d/dx`: the derivative that is asked for, where one can be."""
        self.derive = parts[0]
        names = parts[0].split(",")
        if not self.operators:
            raise _lenient().misplaced_operator(self.source, parts[0])
        self.variables = {*self.variables, names[0]}

    # --- conditions -------------------------------------------------------------------

    def _condition(
        self, op: table.Row, args: list[Expr], start: int, end: int, form: int = PLAIN, middle: int = 0
    ) -> Piece | Condition:
        """A condition, which the table's own texts may have anywhere."""
        truth = make(op, *args)
        return (
            Condition(truth, self.source, start, end, form, middle)
            if self.strict
            else Piece(truth, start, end, form, middle)
        )

    def truth(self, piece: Piece | Condition) -> Expr:
        """The node of what must be a condition."""
        if isinstance(piece, Condition):
            return piece.truth
        if self.strict:
            raise _hints().missing_condition(self.source, piece)
        return piece.node

    def either(self, parts: list[Any]) -> Piece | Condition:
        """`a or b`."""
        left, _, right = parts
        return self._condition(table.OR, [self.truth(left), self.truth(right)], left.start, right.end)

    def both(self, parts: list[Any]) -> Piece | Condition:
        """`a and b`."""
        left, _, right = parts
        return self._condition(table.AND, [self.truth(left), self.truth(right)], left.start, right.end)

    def negated(self, parts: list[Any]) -> Piece | Condition:
        """`not a`."""
        word, piece = parts
        return self._condition(table.NOT, [self.truth(piece)], word.start_pos, piece.end)

    def related(self, parts: list[Any]) -> Piece | Condition:
        """`a < b`, once."""
        left, relation, right = parts
        if left.form & CHAIN:
            raise _hints().chained_relation(self.source, left, relation, right)
        args = [left.node, right.node]
        return self._condition(_RELATIONS[relation], args, left.start, right.end, CHAIN, relation.end_pos)

    # --- arithmetic -------------------------------------------------------------------

    def add(self, parts: list[Any]) -> Piece:
        """`a + b`."""
        left, _, right = parts
        return Piece(make(table.ADD, left.node, right.node), left.start, right.end)

    def subtract(self, parts: list[Any]) -> Piece:
        """`a - b`."""
        left, _, right = parts
        return Piece(make(table.SUB, left.node, right.node), left.start, right.end)

    def multiply(self, parts: list[Any]) -> Piece:
        """`a*b`."""
        left, _, right = parts
        tail = (left.form | right.form) & TAIL
        if tail and left.form & TAIL:
            self._check_tail(parts)
        return Piece(make(table.MUL, left.node, right.node), left.start, right.end, tail)

    def divide(self, parts: list[Any]) -> Piece:
        """`a/b`, where b is not an implicit product."""
        left, _, right = parts
        if right.form & IMPLICIT:
            raise _hints().after_slash(self.source, left, right)
        tail = (left.form | right.form) & TAIL
        if tail and left.form & TAIL:
            self._check_tail(parts)
        return Piece(make(table.DIV, left.node, right.node), left.start, right.end, tail)

    def modulo(self, parts: list[Any]) -> Piece:
        """`7 % 3`, `x mod 2`."""
        left, sign, right = parts
        _lenient().check_modulo(self.source, left, sign, right)
        if left.form & TAIL:
            self._check_tail(parts)
        return self._read(make(table.MOD, left.node, right.node), left.start, right.end, right.form & TAIL)

    def _check_tail(self, parts: list[Any]) -> None:
        """Refuse `sin x*y`, but not `sin x * cos x`."""
        left, sign, right = parts
        if not _lenient().begins_with_function(self.source, right.start):
            name, argument = self.tails[left.end]
            raise _lenient().doubtful_tail(self.source, name, argument, sign, right)

    def negative(self, parts: list[Any]) -> Piece:
        """`-a`."""
        sign, piece = parts
        if self.endless and type(piece) is _lenient().Endless:
            return piece.negate(sign.start_pos)  # type: ignore[no-any-return]  # imported late
        node = make(table.NEG, piece.node)
        return Piece(node, sign.start_pos, piece.end, piece.form & (IMPLICIT | TAIL), piece.middle)

    def positive(self, parts: list[Any]) -> Piece:
        """`+a` is a."""
        sign, piece = parts
        return Piece(piece.node, sign.start_pos, piece.end, piece.form & (IMPLICIT | TAIL), piece.middle)

    def power(self, parts: list[Any]) -> Piece:
        """`a**b`; `√x**2` could mean two things."""
        base, _, exponent = parts
        if base.form & ROOTED:
            raise _hints().rooted_power(self.source, base, exponent)
        if exponent.form & MARKED:
            raise _lenient().marked_exponent(self.source, base, exponent)
        form = RAISED | (exponent.form & TAIL)
        return Piece(make(table.POW, base.node, exponent.node), base.start, exponent.end, form)

    def juxtapose(self, parts: list[Any]) -> Piece:
        """`2x`, `(x+1)(x-2)`: the left side is a number or closed, and the right side is not a number.

        Before a function it may be more, since `x sin(x)` and `e^x cos x` have one meaning.
        """
        left, right = parts
        node = make(table.MUL, left.node, right.node)
        form = IMPLICIT | (right.form & (CLOSED | TAIL))
        if not left.form & (LITERAL | CLOSED) or right.form & LITERAL or left.form & ROOTED:
            if not _lenient().is_factor(self.source, left, right):
                raise self._refuse_juxtaposition(left, right)
            return self._read(node, left.start, right.end, form, left.end)
        self.is_implicit = True
        return Piece(node, left.start, right.end, form, left.end)

    def _refuse_juxtaposition(self, left: Piece, right: Piece) -> ParseError:
        """The error for `x y`, and for `sin x y`."""
        if left.form & TAIL and left.end in self.tails:
            name, argument = self.tails[left.end]
            return _lenient().doubtful_tail(self.source, name, argument, None, right)  # type: ignore[no-any-return]
        if self.source[right.start] in "[{":
            from dcalc.parser.strangers import stranger

            return stranger(self.source, right.start)
        return _hints().juxtaposition(self.source, left, right)  # type: ignore[no-any-return]  # imported late

    def factorial(self, parts: list[Any]) -> Piece:
        """`x!`."""
        piece, sign = parts
        _lenient().check_factorial(self.source, piece, sign)
        node = make(table.get("factorial", 1), piece.node)
        return self._read(node, piece.start, sign.end_pos, CLOSED | MARKED)

    def degrees(self, parts: list[Any]) -> Piece:
        """`90°`."""
        piece, sign = parts
        return self._read(make(table.MUL, piece.node, make(table.DEG)), piece.start, sign.end_pos, MARKED)

    # --- functions without brackets -------------------------------------------------------

    def applied(self, parts: list[Any]) -> Piece:
        """`sin x`."""
        name, argument = parts
        return self._apply(name, argument)

    def raised(self, parts: list[Any]) -> Piece:
        """`sin^2 x`, `sin^2(x)`."""
        name, argument = parts[0], parts[-1]
        return self._apply(name, argument, parts[2] if len(parts) == 4 else parts[3])

    def _apply(self, name: Token, argument: Piece, exponent: Token | None = None) -> Piece:
        argument = _lenient().check_argument(self.source, name, argument, exponent)
        row = table.get(str(name), 1)
        node = make(row, argument.node)
        if exponent is not None:
            node = make(table.POW, node, number(rational(exponent)))
        self.tails[argument.end] = name, argument
        form = CLOSED if self.source[argument.start] in "(|[{" else TAIL
        return self._read(node, name.start_pos, argument.end, form)

    # --- choices --------------------------------------------------------------------------

    def ternary(self, parts: list[Any]) -> Piece:
        """`c ? a : b`."""
        condition, _, value, _, other = parts
        node = make(table.WHERE, self.truth(condition), value.node, other.node)
        return self._read(node, condition.start, other.end)

    def conditional(self, parts: list[Any]) -> Piece:
        """`a if c else b`."""
        value, _, condition, _, other = parts
        node = make(table.WHERE, self.truth(condition), value.node, other.node)
        return self._read(node, value.start, other.end)

    def pair(self, parts: list[Any]) -> Any:
        """`(a, x < 0)`, a branch of piecewise."""
        left, value, _, condition, right = parts
        return _lenient().Pair(value, condition, left.start_pos, right.end_pos)

    # --- atoms ------------------------------------------------------------------------

    def number(self, parts: list[Token]) -> Piece:
        """A decimal, exactly."""
        token = parts[0]
        node = number(int(token) if len(token) < 20 and token.isdigit() else rational(token))
        return Piece(node, token.start_pos, token.end_pos, LITERAL)

    def name(self, parts: list[Token]) -> Piece:
        """A bound name, a constant, or a variable."""
        token = parts[0]
        word = str(token)
        node = self.bound.get(word)
        if node is None:
            row = table.CONSTANTS.get(word)
            if row is None:
                if word in SPECIAL and self.strict and word not in self.variables:
                    return self._second_look(token)  # type: ignore[no-any-return]  # an infinity refuses by itself
                node = symbol(word)
            else:
                node = symbol(word) if word in self.variables else make(row)
        return Piece(node, token.start_pos, token.end_pos)

    def _second_look(self, token: Token) -> Any:
        """`E`, `inf`, `i`, and names of functions: a constant, a variable, or refused."""
        lenient = _lenient()
        if str(token) in table.INFINITIES:
            self.endless = True
            return lenient.Endless(self.source, token.start_pos, token.end_pos)
        if str(token) in GLUED:
            raise lenient.refuse_glued(self.source, token, *GLUED[str(token)])
        if (truth := lenient.TRUTHS.get(token.lower())) is not None:
            return Condition(truth, self.source, token.start_pos, token.end_pos)
        node, is_reading = lenient.read_name(self.source, token)
        return (self._read if is_reading else Piece)(node, token.start_pos, token.end_pos)

    def constant(self, parts: list[Token]) -> Piece:
        """The e of `2e^x`, and `np.pi`."""
        token = parts[0]
        word = token.rpartition(".")[2]
        if word == token and (word in self.variables or word in self.bound):
            return self.name(parts)
        if word in table.INFINITIES:
            self.endless = True
            return _lenient().Endless(self.source, token.start_pos, token.end_pos)  # type: ignore[no-any-return]  # a bound
        node = _lenient().read_constant(token, word)
        return self._read(node, token.start_pos, token.end_pos)

    def _read(self, node: Expr, start: int, end: int, form: int = PLAIN, middle: int = 0) -> Piece:
        """A piece of text that is read leniently: the reading is kept, to be told."""
        self.readings.append(Reading(node, start, end))
        return Piece(node, start, end, form, middle)

    def group(self, parts: list[Any]) -> Piece | Condition:
        """`(a)`."""
        left, piece, right = parts
        if type(piece) is Condition:
            return Condition(piece.truth, self.source, left.start_pos, right.end_pos, CLOSED)
        return Piece(piece.node, left.start_pos, right.end_pos, CLOSED)

    def absolute(self, parts: list[Any]) -> Piece:
        """`|a|`."""
        left, piece, right = parts
        return Piece(make(table.ABS, piece.node), left.start_pos, right.end_pos, CLOSED)

    def root(self, parts: list[Any]) -> Piece:
        """`√a`."""
        sign, piece = parts
        form = CLOSED if piece.form & CLOSED else ROOTED
        if sign != "√":
            return self._read(_lenient().read_root(sign, piece.node), sign.start_pos, piece.end, form)
        return Piece(make(table.SQRT, piece.node), sign.start_pos, piece.end, form)

    def bracket(self, parts: list[Any]) -> Piece | Condition:
        """`[a]`, `{a}`: brackets as on paper."""
        left, piece, right = parts
        if type(piece) is not Condition:
            self.readings.append(Reading(piece.node, left.start_pos, right.end_pos))
        return self.group(parts)

    def arguments(self, parts: list[Any]) -> list[Piece]:
        """The arguments of a call so far."""
        if len(parts) == 1:
            return [parts[0]]
        parts[0].append(parts[2])
        return parts[0]  # type: ignore[no-any-return]  # Lark hands over untyped lists

    def call(self, parts: list[Any]) -> Piece:
        """`f(a, b)`: the row of the table with that name and that many arguments."""
        name, args, right = str(parts[0]), parts[2] if len(parts) > 3 else [], parts[-1]
        span = (parts[0].start_pos, right.end_pos)
        row = table.find(name, len(args))
        if row is None or self.endless or name == "norm":
            node = _lenient().read_call(self, parts[0], args, right)
            if node is not None:
                return self._read(node, span[0], span[1], CLOSED)
        if row is None:
            return Piece(self._call_unknown(parts[0], args, right), span[0], span[1], CLOSED)
        if row is table.WHERE:
            nodes = [self.truth(args[0]), args[1].node, args[2].node]
        else:
            nodes = [piece.node for piece in args]
        if row.chooses:
            table.check_choice(row, exact(args[0].node), len(args) - 1, (args[0].start, args[0].end))
        return Piece(make(row, *nodes), span[0], span[1], CLOSED)

    def _call_unknown(self, name: Token, args: list[Piece], right: Token) -> Expr:
        """The call of a function that the table lacks. Raises DcalcError where it is none."""
        from dcalc.parser.unknown_calls import read_unknown, refuse_prime

        node = read_unknown(self, name, args, right)
        if node is None:
            from dcalc.parser.calls import no_such_call

            raise no_such_call(self.source, name, args, right) if name.isidentifier() else refuse_prime(name)
        return node

    def foreign(self, parts: list[Any]) -> Piece:
        """`np.sin(x)`, `Exp[x]`."""
        token, _, args, right = parts
        node = _lenient().read_foreign(self, token, args, right)
        return self._read(node, token.start_pos, right.end_pos, CLOSED)
