"""How many axes the names of a text have, as far as they are not declared.

What a name is used for tells it: the operand of `@` is a vector or a matrix, both sides of a sum have one shape.
Surest signs come first, then what usually is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from dcalc.parser.array_syntax import CARET, IMPLIED, Item, Op, is_minus_one, is_outer
from dcalc.tensor.inference import read_subscripts
from dcalc.tensor.resolution import Resolved, find_operation, list_slices

_VECTORS = frozenset("b d f g h p q r u v w x y z".split())
"""Letters that usually are vectors; others in a product of entries are taken for scalars."""


_PARAMETERS = frozenset(
    "eps epsilon lam lambda lambda_ alpha gamma sigma tau eta rho delta kappa nu t k ε λ α γ σ τ η ρ δ".split()
)
"""Names that usually are numbers, also where they are added to an array."""


_BIAS = r"b\d*|bias|intercept"
_WEIGHTS = r"w\d*|beta|theta|β|θ"
"""Names of one weight for each column, as in X@w + b: what is added is a number."""


_MATRIX = r"W[a-z]\w*"
"""Names of matrices of weights with more than one letter."""


_MOST_AXES = 2
"""Axes that a name has at most."""


_PAIRED = frozenset(
    "mse mae huber_loss smooth_l1_loss bce bce_logits cross_entropy torch.kl_div cosine_similarity".split()
)
"""Functions whose first two arguments have one shape."""


class Ranks(NamedTuple):
    """The number of axes of each variable, and of each row."""

    names: dict[str, int]
    rows: list[int | None]


def infer_ranks(text: Resolved) -> Ranks:
    """The number of axes of each variable, 0 where nothing in the text tells it, and of each row.

    Raises ParseError where the subscripts of an einsum cannot be read. Each pass over the rows settles a name at
    least, so the cost is at most the product of both numbers.
    """
    inference = _RankInference(text)
    inference.find_ranks()
    return Ranks({name: rank or 0 for name, rank in inference.names.items()}, inference.ranks)


class _RankInference:
    def __init__(self, text: Resolved) -> None:
        self.text = text
        self.names = dict(text.variables)  # the rank of each name, None where it is still unknown
        self.ranks: list[int | None] = []  # those of the rows

    def find_ranks(self) -> None:
        """Ranks of names that are not declared: surest signs first, then what usually is meant."""
        for level in (0, 1, 2):
            while True:
                self._compute_ranks()
                if not self._push_ranks(level):
                    break
        for name, rank in self.names.items():
            if rank is None:
                self.names[name] = 0
        self._compute_ranks()
        penalties = [name for name in self.names if len(name) == 1 and name.isupper() and self._is_penalty(name)]
        if penalties:
            self.names.update(dict.fromkeys(penalties, 0))
            self._compute_ranks()

    def _is_penalty(self, name: str) -> bool:
        """Whether a name of one upper-case letter is a number: it stands before sums and norms alone."""
        if name in self.text.declared:
            return False
        places = [k for k, item in enumerate(self.text.items) if item.op is Op.NAME and item.value == name]
        uses = [item for item in self.text.items if set(item.args) & set(places)]
        return bool(uses) and all(
            item.op is Op.MUL
            and any(
                arg not in places and self.ranks[arg] == 0 and self.text.items[arg].op in (Op.CALL, Op.POW, Op.OVER)
                for arg in item.args
            )
            for item in uses
        )

    def _compute_ranks(self) -> None:
        ranks: list[int | None] = []
        for place, item in enumerate(self.text.items):
            ranks.append(0 if place in self.text.skipped else self._rank(item, ranks))
        self.ranks = ranks

    def _rank(self, item: Item, ranks: Sequence[int | None]) -> int | None:
        args = [ranks[arg] for arg in item.args]
        if item.op is Op.NAME:
            return self.names.get(str(item.value), 0)
        if item.op in (Op.NUMBER, Op.BOUND):
            return 0
        if item.op is Op.LITERAL:
            return None if args[0] is None else args[0] + 1
        if item.op is Op.INDEX:
            change = sum(part.is_new - part.is_entry for part in list_slices(item))
            return None if args[0] is None else args[0] + change
        if item.op is Op.CALL and item.value == "einsum":
            return len(read_subscripts(item, self.text.items).out)
        if item.op is Op.MATMUL and item.value == IMPLIED and 0 in args:
            return None if None in args else max(args)  # type: ignore[type-var]  # none is None
        if is_outer(self.text.items, item, args):
            return 2
        if item.op is Op.MATMUL:
            return None if None in args else args[0] + args[1] - 2  # type: ignore[operator]  # none is None
        if item.op is Op.CALL and find_operation(item) is not None:
            return self._rank_of_call(item, args)
        if None in args:
            return None
        return max((rank for rank in args if rank is not None), default=0)

    def _rank_of_call(self, item: Item, args: Sequence[int | None]) -> int | None:
        name = str(item.value)
        operation = find_operation(item)
        words = dict(item.keywords)
        if name in ("zeros", "ones", "arange"):
            return len(item.args)
        if name in ("eye", "outer"):
            return 2
        if name == "one_hot":
            return None if args[0] is None else args[0] + 1
        if name == "diag":
            return None if args[0] is None else 3 - args[0]
        if operation is not None and operation.keeps_axes:
            return args[0]
        if name == "solve":
            return args[1]
        if name == "dot":
            return None if None in args else args[0] + args[1] - 2  # type: ignore[operator]  # none is None
        if "reduction" in words and self.text.items[words["reduction"]].value == "none":
            return None if None in args else max(args) - (name in ("cross_entropy", "nll_loss"))  # type: ignore[type-var,operator]  # none is None
        if args and args[0] is not None and name != "size":
            return self._rank_of_reduction(item, args[0])
        return 0

    def _rank_of_reduction(self, item: Item, rank: int) -> int:
        """The number of axes that are left of ``rank`` ones."""
        words = dict(item.keywords)
        if "keepdims" in words:
            return rank
        if "axis" in words:
            axis = self.text.items[words["axis"]]
            return rank - (len(axis.args) if axis.op is Op.TUPLE else 1)
        operation = find_operation(item)
        return 0 if operation is None or operation.axis is None else rank - 1

    def _push_ranks(self, level: int) -> bool:
        """Give names the ranks that their places ask for; True where one was new."""
        before = dict(self.names)
        for place in reversed(range(len(self.text.items))):
            if place not in self.text.skipped:
                self._push_ranks_of(self.text.items[place], level)
        return self.names != before

    def _push_ranks_of(self, item: Item, level: int) -> None:
        """What one row asks of its arguments."""
        args = [self.ranks[arg] for arg in item.args]
        operation = find_operation(item) if item.op is Op.CALL else None
        wanted: Sequence[int] = ()
        if item.op is Op.MATMUL and item.value == IMPLIED:
            # What stands beside a matrix is a vector if nothing else is known; before it is a scalar.
            turned = self.text.items[item.args[0]].op is Op.TRANSPOSE
            wanted = (int(turned), int(bool(args[0]) or turned))
        elif item.op is Op.MATMUL:
            wanted = [1 + self._is_matrix_by_name(arg) for arg in item.args]
        elif item.op is Op.CALL and item.value == "einsum":
            wanted = (0, *map(len, read_subscripts(item, self.text.items).parts))
        elif item.op is Op.INDEX:
            wanted = (sum(not part.is_new for part in list_slices(item)),)
        elif item.op is Op.TRANSPOSE:
            wanted = (1,)
        elif item.op is Op.POW and self._is_inverse(item):
            wanted = (2,)
        elif operation is not None and item.value == "size":
            wanted = (self._count_axes(item),)
        elif operation is not None:
            known = [rank for rank in args if rank is not None]
            wanted = (known[0],) * 2 if item.value in _PAIRED and known else operation.ranks
        elif level and len(item.args) > 1 and item.op is not Op.LITERAL:
            self._push_to_partners(item, args, level)
        for arg, rank, one in zip(item.args, args, wanted, strict=False):
            if rank is None and one:
                is_label = item.value in _PAIRED and self.text.items[arg].op is Op.NAME
                self._push(arg, one, level, firm=one == 1 or is_label)

    def _is_matrix_by_name(self, place: int) -> bool:
        """Whether what is multiplied is a matrix by its name, W and what the weights are of, as in Wq."""
        item = self.text.items[place]
        if item.op is Op.TRANSPOSE:
            item = self.text.items[item.args[0]]
        return item.op is Op.NAME and re.fullmatch(_MATRIX, str(item.value)) is not None

    def _is_inverse(self, item: Item) -> bool:
        """Whether a power is the inverse of a matrix, as in Sigma^-1."""
        base, exponent = (self.text.items[arg] for arg in item.args)
        is_matrix = base.op is Op.NAME and str(base.value)[0].isupper()
        return is_matrix and item.value == CARET and is_minus_one(self.text.items, exponent)

    def _rank_of_first(self, place: int, item: Item, rank: int) -> int | None:
        """The rank that the first argument of a row has where the row has ``rank``; None where that is not sure."""
        match item.op:
            case Op.INDEX:
                return rank + sum(part.is_entry for part in list_slices(item))
            case Op.MATMUL if rank == 2 and is_outer(self.text.items, item, (1, self.ranks[item.args[1]])):
                return 1
            case Op.POW:
                return 2 if self._is_inverse(item) else rank
            case Op.CALL if place in self.text.bodies:
                return rank
            case _:
                return None

    def _count_axes(self, item: Item) -> int:
        """How many axes an array has at least of which a length is asked."""
        axis = dict(item.keywords).get("axis")
        row = None if axis is None else self.text.items[axis]
        return 1 + int(row.value) if row is not None and isinstance(row.value, Fraction) else 1

    def _push_to_partners(self, item: Item, args: Sequence[int | None], level: int) -> None:
        """Both sides of a sum have one shape; a product of entries is as often with a scalar."""
        known = [rank for rank in args if rank is not None]
        if not known or len(known) == len(args):
            return
        rank = max(known)
        if not rank:
            return  # a number says nothing of what it is joined with
        for arg, own in zip(item.args, args, strict=True):
            if own is not None:
                continue
            if item.op in (Op.ADD, Op.SUB):
                self._push(arg, 0 if self._is_parameter(arg, item) else rank, level)
            elif level == 2:
                divides = item.op is Op.DIV and arg == item.args[1] and self.text.items[arg].op is not Op.NAME
                if divides:  # X/sqrt(d)
                    self._push(arg, 0, level)
                    continue
                name = str(self.text.items[arg].value) if self.text.items[arg].op is Op.NAME else ""
                is_vector = not name or name.rstrip("0123456789_") in _VECTORS
                self._push(arg, rank if is_vector and rank == 1 else 0, level)

    def _has_one_name(self, place: int) -> bool:
        """Whether a function is one of a single array of unknown rank: then that has the rank of the function."""
        item = self.text.items[place]
        if len(item.args) == 1:
            return True
        below = range(item.first, place)
        names = {str(self.text.items[row].value) for row in below if self.text.items[row].op is Op.NAME}
        return len({name for name in names if name in self.names}) == 1

    def _is_parameter(self, place: int, item: Item) -> bool:
        """Whether what is added to an array is a number by its name: eps, lambda, the b of X@w + b."""
        inner = self.text.items[place]
        while inner.op is Op.POW:
            inner = self.text.items[inner.args[0]]
        if inner.op is not Op.NAME:
            return False
        if inner.value in _PARAMETERS:
            return True
        others = [self.text.items[arg] for arg in item.args if arg != place]
        others += [self.text.items[arg] for one in others if one.op in (Op.ADD, Op.SUB) for arg in one.args]
        products = [one for one in others if one.op is Op.MATMUL]
        if not re.fullmatch(_BIAS, str(inner.value)):
            return False
        right = [self.text.items[one.args[1]] for one in products]
        return any(one.op is Op.NAME and re.fullmatch(_WEIGHTS, str(one.value)) for one in right)

    def _push(self, place: int, rank: int, level: int, *, firm: bool = False) -> None:
        """Ask for a rank of a row: of a name, or of what a name is behind a sign or a function.

        Of a product that has the rank already another letter is asked only where that is ``firm``: in `sum(a*x)` a is
        a vector, but lambda in `A + lambda*eye(n)` a scalar.
        """
        stack = [(place, rank)]
        while stack:
            place, rank = stack.pop()
            rank = min(rank, _MOST_AXES)
            item = self.text.items[place]
            if self.ranks[place] is not None or place in self.text.skipped:
                continue
            if item.op is Op.NAME:
                name = str(item.value)
                if self.names.get(name, 0) is None:
                    self.names[name] = 0 if name in _PARAMETERS and not firm else rank
            elif item.op in (Op.NEG, Op.TRANSPOSE, Op.ADD, Op.SUB):
                stack += [(arg, rank) for arg in item.args if not self._is_parameter(arg, item)]
            elif (inner := self._rank_of_first(place, item, rank)) is not None:
                stack.append((item.args[0], inner))
            elif item.op is Op.RELATION or (
                item.op is Op.CALL and find_operation(item) is None and self._has_one_name(place)
            ):
                stack += [(arg, rank) for arg in item.args]
            elif item.op in (Op.MUL, Op.DIV) and level:
                unknown = [arg for arg in item.args if self.ranks[arg] is None]
                below = self.text.items[item.args[1]]
                if item.op is Op.DIV and not (below.op is Op.NAME and str(below.value) in _VECTORS):  # X/sqrt(d), X/n
                    unknown = unknown[:1] if item.args[0] in unknown else []
                names = [str(self.text.items[arg].value) for arg in unknown]
                is_asked = firm and all(len(name) == 1 and name not in _PARAMETERS for name in names)
                if is_asked or not any(self.ranks[arg] == rank for arg in item.args):
                    stack += [(arg, rank) for arg in unknown[-1:]]
