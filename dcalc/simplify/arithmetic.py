"""Simplified sums, products and powers.

A sum is one ADD node of unlike terms, each a number times the rest; a product is one MUL node, a number
first, of powers of unlike bases. The order of terms and factors is structural, so that it depends on nothing
but the expression; keys are bounded in size whatever the depth: a rank, a label cut to 40 characters, and a
digest of the whole structure to break ties.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from fractions import Fraction
from functools import lru_cache
from math import gcd

from dcalc import functions as table
from dcalc.expr import MINUS_ONE, ONE, UNDEFINED, ZERO, Expr, Number, exact, make, number
from dcalc.functions import Row
from dcalc.numerals import decimal, terminates, whole_root

_WIDTH = 40  # characters of a label: enough to sort by name, bounded for graphs of any depth
_PRIME = (1 << 61) - 1  # a Mersenne prime, as the modulus of digests: they fit a machine word
_CONSTANT, _VARIABLE, _SUM, _FUNCTION = range(4)


Key = bytes
"""Rank, label, a zero and digest, which sort in this order. As a tuple of the three it would take twice the memory,
and large expressions have one for each node."""
FactorKey = tuple[bytes, bytes]
TermKey = tuple[bool, list[FactorKey], Number, bytes]
_DIGEST = 8  # bytes
_RANKS = [bytes([rank]) for rank in (_CONSTANT, _VARIABLE, _SUM, _FUNCTION)]


def key(node: Expr) -> Key:
    """Rank, label and digest of a node, kept on it. Linear in the nodes that have none yet."""
    if node.key is None:
        stack = [node]
        while stack:
            top = stack[-1]
            missing = [] if top.op is table.NUMBER or top.op is table.SYMBOL else [a for a in top.args if a.key is None]
            if missing:
                stack += missing
            else:
                stack.pop()
                if top.key is None:
                    top.key = _make_key(top)
    return node.key  # type: ignore[return-value]  # set just above


def _make_key(node: Expr) -> Key:
    op = node.op
    if op is table.SYMBOL:
        label = _pad_digits(node.args[0])
        return _join(_VARIABLE, label.encode("utf-8", "surrogatepass"), _text_digest(label))
    if op is table.NUMBER:
        label = _number_label(node.args[0])
        return _join(_CONSTANT, label.encode(), _text_digest(label))
    digest = op.index + 7
    parts = b"%03d(" % op.index
    if op.orders:  # after all functions of the table, by name and order; which row was made first must not matter
        digest = _text_digest(op.key)
        parts = f"~{_pad_digits(op.function)},{sum(op.orders):08d},{','.join(map(str, op.orders))}(".encode()
    for arg in node.args:
        part: bytes = arg.key
        digest = (digest * 1_000_003 + int.from_bytes(part[-_DIGEST:], "big")) % _PRIME
        if len(parts) < _WIDTH:
            parts += part[1 : -_DIGEST - 1] + b","
    rank = _CONSTANT if not node.args else _SUM if op is table.ADD else _FUNCTION
    return _join(rank, parts[:_WIDTH], digest)


def _join(rank: int, label: bytes, digest: int) -> Key:
    return _RANKS[rank] + label + b"\0" + digest.to_bytes(_DIGEST, "big")


def _pad_digits(name: str) -> str:
    """The name with its digits padded: x2 sorts before x10."""
    if name.isalpha():
        return name
    out = run = ""
    for char in name + "\0":
        if "0" <= char <= "9":
            run += char
        else:
            out += run.rjust(8, "0") + char if run else char
            run = ""
    return out


def _number_label(value: Number) -> str:
    size = value.numerator.bit_length() - value.denominator.bit_length()
    sign = "-" if value < 0 else "+"
    return f"{sign}{size + 5000:05d}{value if size < 200 and value.denominator.bit_length() < 200 else hash(value)}"


def _text_digest(text: str) -> int:
    digest = 17
    for char in text:
        digest = (digest * 131 + ord(char)) % _PRIME
    return digest


@lru_cache(maxsize=4096)
def factor_key(factor: Expr) -> FactorKey:
    """Sorts factors: constants, variables, sums, functions and roots."""
    if factor.op is table.POW:
        base = key(factor.args[0])
        if type(exact(factor.args[1])) is not int:
            base = _RANKS[_FUNCTION] + base[1:]
        return (base, key(factor)[1:])
    return (key(factor), b"")


@lru_cache(maxsize=4096)
def term_key(term: Expr) -> TermKey:
    """Sorts terms: polynomials by falling degree first, then by the functions in them."""
    factors = term.args if term.op is table.MUL else (term,)
    degree: Number = 0
    functions = []
    for factor in factors:
        op = factor.op
        base, exponent = factor.args if op is table.POW else (factor, None)
        if base.op is table.SYMBOL:
            value = 1 if exponent is None else exact(exponent)
            if value is not None:
                degree += value
                continue
        if base.op is not table.NUMBER:
            functions.append(factor_key(factor))
    if all(first[0] == _CONSTANT for first, _ in functions):
        functions = []
    return (len(functions) > 0, functions, -degree, key(term)[1:])


# --- arithmetic --------------------------------------------------------------------------------


FLAT = 24
"""A sum or product with more parts stays whole inside another, or shared graphs would grow quadratically."""
_SHORT = 1 << 256
"""Larger constants are not multiplied out: the text would grow without getting simpler."""
_LONGEST_DECIMAL = 24
"""Characters: longer decimals, such as 1/2**40, are written as quotients even among decimals."""
_TWO = number(2)
_SQUARES = (  # f(u)**2 + sign*g(u)**2 = value
    (table.SIN, table.COS, 1, 1),
    (table.SEC, table.TAN, -1, 1),
    (table.CSC, table.COT, -1, 1),
    (table.COSH, table.SINH, -1, 1),
)
_SQUARED = {row for rows in _SQUARES for row in rows[:2]}


def quotient(value: Fraction) -> Expr:
    """A rational as p/q, never as a decimal."""
    below = make(table.POW, number(value.denominator), MINUS_ONE)
    return below if value.numerator == 1 else make(table.MUL, number(value.numerator), below)


class Sums(ABC):
    """Constructors of numbers and sums, for one expression.

    ``decimals`` is true where the input holds decimals: then rationals that terminate are
    written as decimals too (`0.3*x`), else as quotients (`3*x/10`).
    """

    def __init__(self, decimals: bool = False) -> None:
        self.decimals = decimals

    @abstractmethod
    def mul(self, factors: Iterable[Expr]) -> Expr:
        """The product."""

    @abstractmethod
    def assemble(self, value: Number, factors: tuple[Expr, ...]) -> Expr:
        """The product of a number and factors that are sorted and unlike."""

    def number(self, value: Number) -> Expr:
        """The node of a rational, in the style of the input."""
        if isinstance(value, int) or value.denominator == 1:
            return number(value.numerator)
        if self.decimals and terminates(value) and len(decimal(value)) <= _LONGEST_DECIMAL:
            return number(value)
        return quotient(value)

    def add(self, terms: Iterable[Expr]) -> Expr:
        """The sum, like terms collected, in the stable order. n log n."""
        counts: dict[Expr, Number] = {}
        constant = self._collect(counts, terms)
        while len(counts) > 1 and (replacements := self._collapse_squares(counts)):
            constant += self._collect(counts, replacements)
        return self._sum(counts, constant)

    def _collect(self, counts: dict[Expr, Number], terms: Iterable[Expr]) -> Number:
        """Add the coefficients of the terms to ``counts``, by the rest of each term; returns the constant part."""
        constant: Number = 0
        for term in terms:
            parts = term.args if term.op is table.ADD and len(term.args) <= FLAT else (term,)
            for part in parts:
                value = exact(part)
                if value is not None:
                    constant += value
                    continue
                coefficient, rest = self.split(part)
                if rest.op is table.ADD and len(rest.args) <= FLAT and _is_short(rest):
                    constant += self._distribute(counts, coefficient, rest)
                else:
                    counts[rest] = counts.get(rest, 0) + coefficient
        return constant

    def _distribute(self, counts: dict[Expr, Number], coefficient: Number, inner: Expr) -> Number:
        """`c*(a + b)` among other terms is c*a + c*b; returns what adds to the constant."""
        constant: Number = 0
        for part in inner.args:
            value = exact(part)
            if value is not None:
                constant += coefficient * value
            else:
                own, rest = self.split(part)
                counts[rest] = counts.get(rest, 0) + coefficient * own
        return constant

    def _sum(self, counts: dict[Expr, Number], constant: Number) -> Expr:
        live = [(rest, count) for rest, count in counts.items() if count]
        if not live:
            return self.number(constant)
        if len(live) == 1 and not constant:
            return self.scale(live[0][1], live[0][0])
        keyed = sorted(((term_key(rest), rest, count) for rest, count in live), key=lambda entry: entry[0])
        terms = [self.scale(count, rest) for _, rest, count in keyed]
        positive = [count > 0 for _, _, count in keyed]
        if constant:
            place = sum(1 for key, _, _ in keyed if not key[0])  # behind the polynomial terms
            terms.insert(place, self.number(constant))
            positive.insert(place, constant > 0)
        if not positive[0] and True in positive:
            terms.insert(0, terms.pop(positive.index(True)))
        return make(table.ADD, *terms)

    def _collapse_squares(self, counts: dict[Expr, Number]) -> list[Expr]:
        """`c*sin(u)**2 + c*cos(u)**2` is c: takes such pairs out of ``counts``, and returns what they add up to."""
        replacements = []
        for term in list(counts):
            square = find_square(term, _SQUARED)
            if square is None or not counts[term]:
                continue
            for first, second, sign, value in _SQUARES:
                if square.args[0].op is first:
                    others = [factor for factor in factors_of(term) if factor is not square]
                    partner = self.mul([*others, make(table.POW, make(second, *square.args[0].args), _TWO)])
                    if counts.get(partner) == sign * counts[term]:
                        replacements.append(self.mul([self.number(value * counts[term]), *others]))
                        counts[term] = counts[partner] = 0
        return replacements

    def split(self, term: Expr) -> tuple[Number, Expr]:
        """A term as number times the rest."""
        if term.op is not table.MUL:
            return 1, term
        args = term.args
        first = args[0]
        value: Number = 1
        start, end = 0, len(args)
        if first.op is table.NUMBER:
            value, start = first.args[0], 1
        last = args[-1]
        if last.op is table.POW and last.args[0].op is table.NUMBER:
            below = exact(last)
            if below is not None:
                value, end = below * value, end - 1
        if start == 0 and end == len(args):
            return 1, term
        return value, args[start] if end - start == 1 else make(table.MUL, *args[start:end])

    def split_number(self, term: Expr) -> tuple[Number, Expr]:
        """A term as number times the rest, which is 1 for a number."""
        value = exact(term)
        return self.split(term) if value is None else (value, ONE)

    def scale(self, value: Number, rest: Expr) -> Expr:
        """A number times a product that has none."""
        if value == 1:
            return rest
        if value == -1 and rest.op is table.ADD:
            return self._negate(rest)
        return self.assemble(value, rest.args if rest.op is table.MUL else (rest,))

    def _negate(self, inner: Expr) -> Expr:
        """`-(a - b)` is b - a."""
        if len(inner.args) > FLAT:
            return make(table.MUL, MINUS_ONE, inner)
        return self.add([self.mul((MINUS_ONE, part)) for part in inner.args])


def read_coefficient(term: Expr) -> Number:
    """The number in front of a term, of which a number is all there is."""
    if term.op is not table.MUL:
        value = exact(term)
        return 1 if value is None else value
    first, last = term.args[0], term.args[-1]
    number_above: Number = first.args[0] if first.op is table.NUMBER else 1
    if last.op is table.POW and last.args[0].op is table.NUMBER and (below := exact(last)) is not None:
        return below * number_above
    return number_above


def _is_short(inner: Expr) -> bool:
    """Whether a sum's constant is of a size that one would still multiply out."""
    return all(exact(arg) is None or arg.op is not table.NUMBER or abs(arg.args[0]) < _SHORT for arg in inner.args)


def factors_of(term: Expr) -> tuple[Expr, ...]:
    """The factors of a product; any other term is the only one."""
    return term.args if term.op is table.MUL else (term,)


def find_square(term: Expr, rows: Collection[Row]) -> Expr | None:
    """The factor f(u)**2 of a term with one of the functions as f; None where there is none."""
    for factor in factors_of(term):
        if factor.op is table.POW and factor.args[1] is _TWO and factor.args[0].op in rows:
            return factor
    return None


# --- products -------------------------------------------------------------------------

Exponent = Number | Expr

_RATIOS = {  # f(u)*g(u)**-1 = h(u)
    table.SIN: (table.COS, table.TAN),
    table.COS: (table.SIN, table.COT),
    table.SINH: (table.COSH, table.TANH),
    table.COSH: (table.SINH, table.COTH),
}


class Products(Sums):
    """Constructors of products, for one expression."""

    @abstractmethod
    def power(self, base: Expr, exponent: Expr) -> Expr:
        """The power."""

    def _exponent(self, exponent: Exponent) -> Expr:
        """An exponent as a node; halves are quotients even among decimals, since they print as roots."""
        if isinstance(exponent, Expr):
            return exponent
        if type(exponent) is int:
            return number(exponent)
        return quotient(Fraction(exponent)) if exponent.denominator == 2 else self.number(exponent)

    def mul(self, factors: Iterable[Expr]) -> Expr:
        """The product, powers of equal bases merged, in the stable order."""
        value: Number = 1
        powers: dict[Expr, Exponent] = {}
        single: list[Expr] = []
        merged: set[Expr] = set()
        for factor in factors:
            parts = factor.args if factor.op is table.MUL and len(factor.args) <= FLAT else (factor,)
            for part in parts:
                if part.op is table.NUMBER:
                    value *= part.args[0]
                    continue
                base, exponent = self.base_and_exponent(part)
                if base.op is table.NUMBER and exponent == -1 and base is not ZERO:
                    value = (value if type(value) is Fraction else Fraction(value)) / base.args[0]
                elif base in powers:
                    powers[base] = self._plus(powers[base], exponent)
                    merged.add(base)
                else:
                    powers[base] = exponent
                    single.append(part)
        if not value:
            return UNDEFINED if ZERO in powers or UNDEFINED in powers else ZERO
        if merged:
            return self._merge(value, powers, single, merged)
        return single[0] if value == 1 and len(single) == 1 else self._product(value, single, powers)

    def _merge(self, value: Number, powers: dict[Expr, Exponent], single: list[Expr], merged: set[Expr]) -> Expr:
        """The exponents of the ``merged`` bases have been added up, so these powers may simplify further."""
        factors: list[Expr] = []
        simple: dict[Expr, Exponent] = {}
        for (base, exponent), part in zip(powers.items(), single, strict=True):
            if base not in merged:
                simple[base] = exponent
                factors.append(part)
            elif exponent != 0:
                factor = self.power(base, self._exponent(exponent))
                own_base, own = self.base_and_exponent(factor)
                simple[own_base] = own
                factors.append(factor)
        if len(simple) < len(factors) or any(factor.op is table.MUL or exact(factor) is not None for factor in factors):
            return self.mul([self.number(value), *factors])
        return self._product(value, factors, simple)

    def _product(self, value: Number, factors: list[Expr], powers: dict[Expr, Exponent]) -> Expr:
        if len(factors) > 1:
            factors = self._ratio(factors, powers)
        if len(factors) > 1 or value != 1:
            for factor in factors:
                if factor.op is table.ADD:
                    before = list(factors)
                    value = self._extract(value, factors)
                    if factors != before:  # what has become of a sum may be the base of another factor
                        return self.mul([self.number(value), *factors])
                    break
            factors.sort(key=factor_key)
        if type(value) is Fraction and value.denominator == 1:
            value = value.numerator
        if not factors:
            return self.number(value)
        if len(factors) == 1:
            inner, rest = self.split(factors[0])
            return self.scale(value * inner, rest)
        return self.assemble(value, tuple(factors))

    def assemble(self, value: Number, factors: tuple[Expr, ...]) -> Expr:
        """The product of a number and factors that are sorted and unlike."""
        if value == 1:
            return factors[0] if len(factors) == 1 else make(table.MUL, *factors)
        coefficient = self.number(value)
        if coefficient.op is table.NUMBER:
            return make(table.MUL, coefficient, *factors)
        if coefficient.op is table.POW:
            return make(table.MUL, *factors, coefficient)
        above, below = coefficient.args
        return make(table.MUL, above, *factors, below)

    def _extract(self, value: Number, factors: list[Expr]) -> Number:
        """Pull the common whole number, negative where all terms are, out of each sum:
        `(2*x - 2)/2*y` is (x - 1)*y. Changes ``factors``; returns the new number in front."""
        for place, factor in enumerate(factors):
            if factor.op is not table.ADD or len(factor.args) > FLAT:
                continue
            counts = [read_coefficient(arg) for arg in factor.args]
            content = gcd(*[count if type(count) is int else 1 for count in counts])
            if max(counts) < 0:
                content = -content
            if (content != 1 and len(factors) > 1) or (type(value) is Fraction and gcd(content, value.denominator) > 1):
                value *= content
                # What is not a whole number has only the sign taken from it.
                shares = [count // content if type(count) is int else -count for count in counts]
                factors[place] = self.add(map(self._replace_number, factor.args, shares))
        return value

    def _replace_number(self, term: Expr, value: Number) -> Expr:
        """A term with another number in front; a number is all there is of it."""
        return self.number(value) if exact(term) is not None else self.scale(value, self.split(term)[1])

    def base_and_exponent(self, factor: Expr) -> tuple[Expr, Exponent]:
        """A factor as a power; exp(u) is e to the u."""
        if factor.op is table.POW:
            base, exponent = factor.args
            if exponent.op is table.NUMBER:  # by far the most
                return base, exponent.args[0]
            value = exact(exponent)
            return base, exponent if value is None else value
        if factor.op is table.EXP:
            exponent = factor.args[0]
            value = exact(exponent)
            return make(table.E), exponent if value is None else value
        return factor, 1

    def _plus(self, left: Exponent, right: Exponent) -> Exponent:
        if isinstance(left, Expr) or isinstance(right, Expr):
            total = self.add((self._exponent(left), self._exponent(right)))
            value = exact(total)
            return total if value is None else value
        total_number = left + right
        return total_number.numerator if total_number.denominator == 1 else total_number

    def _ratio(self, factors: list[Expr], powers: dict[Expr, Exponent]) -> list[Expr]:
        """`sin(u)/cos(u)` is tan(u), and its kin; `sign(u)*abs(u)` is u."""
        for base, exponent in list(powers.items()):
            other = _RATIOS.get(base.op)
            if other is not None and isinstance(exponent, int) and exponent > 0:
                below = make(other[0], *base.args)
                if powers.get(below) == -exponent:
                    ratio = self.power(make(other[1], *base.args), number(exponent))
                    gone = {base, below}
                    rest = [f for f in factors if self.base_and_exponent(f)[0] not in gone]
                    return [*rest, ratio]
            if base.op is table.SIGN and exponent == 1:
                size = make(table.ABS, *base.args)
                if powers.get(size) == 1 and base.args[0].op is not table.MUL and base.args[0] not in powers:
                    return [f for f in factors if f is not base and f is not size] + [base.args[0]]
        return factors


# --- powers: nested ones are merged where that holds everywhere, numbers are multiplied out ---

MAX_BITS = 1 << 17
"""Constant powers larger than this are never multiplied out."""
_LONG = 1 << 1024
"""Exponents beyond this are not multiplied any more: (x**2)**2... would be quadratic."""


class Powers(Products):
    """Constructors of powers, for one expression."""

    @abstractmethod
    def call(self, row: Row, args: tuple[Expr, ...]) -> Expr:
        """A function of simplified arguments."""

    def power(self, base: Expr, exponent: Expr) -> Expr:
        """The power, with nested powers merged where that holds everywhere."""
        value = exact(exponent)
        if value == 1:
            return base
        if value == 0 or base is ONE:
            return ONE
        if base.op is table.E:  # an argument of exp, written in the style of the input: no root of e
            return self.call(table.EXP, (exponent if value is None else self.number(value),))
        if base.op is table.EXP:
            return self.call(table.EXP, (self.mul((base.args[0], exponent)),))
        if value is None:
            if is_broken(base):
                return make(table.POW, base.args[0], self.mul((base.args[1], exponent)))
            return make(table.POW, base, exponent)
        if type(value) is int:
            return self._whole_power(base, value, exponent)
        return self._broken_power(base, Fraction(value), self._exponent(value))

    def _whole_power(self, base: Expr, value: int, exponent: Expr) -> Expr:
        number_base = exact(base)
        if number_base is not None:
            return self._number_power(base, Fraction(number_base), value, exponent)
        if base.op is table.MUL:
            return self.mul([self.power(factor, exponent) for factor in base.args])
        if base.op is table.POW and not _is_long(base.args[1]):
            return self.power(base.args[0], self.mul((base.args[1], exponent)))
        if base.op is table.ABS and value % 2 == 0:
            return self.power(base.args[0], exponent)
        return make(table.POW, base, exponent)

    def _number_power(self, base: Expr, number_base: Fraction, value: int, exponent: Expr) -> Expr:
        bits = abs(value) * max(number_base.numerator.bit_length(), number_base.denominator.bit_length())
        if (abs(number_base) != 1 and bits > MAX_BITS) or (not number_base and value < 0):
            return make(table.POW, base, exponent)
        if abs(number_base) == 1:
            value %= 2
        return self.number(number_base**value)

    def _broken_power(self, base: Expr, value: Fraction, exponent: Expr) -> Expr:
        number_base = exact(base)
        if number_base is not None:
            return self._root(base, Fraction(number_base), value, exponent)
        if base.op is table.POW:
            return self._merge_nested(base, value, exponent)
        if base.op is table.MUL:
            coefficient, rest = self.split(base)
            outside = _exact_power(abs(Fraction(coefficient)), value)
            if outside is not None and abs(coefficient) != 1:
                inside = rest if coefficient > 0 else self.mul((MINUS_ONE, rest))
                return self.mul((self.number(outside), self.power(inside, exponent)))
        return make(table.POW, base, exponent)

    def _merge_nested(self, base: Expr, value: Fraction, exponent: Expr) -> Expr:
        """(u**a)**value for a broken value: |u| where a is even, u where u >= 0 is implied."""
        inner, power = base.args
        a = exact(power)
        if a is None:
            return make(table.POW, base, exponent)
        total = Fraction(a) * value
        if max(abs(total.numerator), total.denominator) > _LONG:
            return make(table.POW, base, exponent)
        if type(a) is int and a % 2 == 0 and not (total.denominator == 1 and total % 2 == 0):
            inner = self.call(table.ABS, (inner,))
        return self.power(inner, self.number(total))

    def _root(self, base: Expr, number_base: Fraction, value: Fraction, exponent: Expr) -> Expr:
        """2**(3/2) is 2*2**(1/2); 4**(1/2) is 2; powers of negative bases are left alone."""
        if not number_base and value > 0:
            return ZERO
        if number_base < 0 or not number_base:
            return make(table.POW, base, exponent)
        result = _exact_power(number_base, value)
        if result is not None:
            return self.number(result)
        whole = value.numerator // value.denominator
        bits = max(number_base.numerator.bit_length(), number_base.denominator.bit_length())
        if not whole or abs(whole) * bits > MAX_BITS:
            return make(table.POW, base, exponent)
        rest = make(table.POW, base, self._exponent(value - whole))
        return self.mul((self.power(base, number(whole)), rest))


def is_broken(node: Expr) -> bool:
    """Whether a node is a power with a rational exponent that is not whole, which has no value below 0."""
    value = exact(node.args[1]) if node.op is table.POW else None
    return value is not None and type(value) is not int


def _is_long(exponent: Expr) -> bool:
    value = exact(exponent)
    return type(value) is int and abs(value) > _LONG


def _exact_power(base: Fraction, value: Fraction) -> Fraction | None:
    """base**value where that is rational and small, for base >= 0."""
    if max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(value.numerator) > MAX_BITS:
        return None
    above = whole_root(base.numerator, value.denominator)
    below = whole_root(base.denominator, value.denominator)
    if above is None or below is None or (not above and value < 0):
        return None
    return Fraction(above, below) ** value.numerator
