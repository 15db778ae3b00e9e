"""The order of terms and factors: structural, so that it depends on nothing but the expression.

Keys are bounded in size whatever the depth: a rank, a label cut to 40 characters, and a
digest of the whole structure to break ties.
"""

from __future__ import annotations

from functools import lru_cache

from dcalc import functions as table
from dcalc.expr import Expr, Number, exact

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
